"""The kinds of case record by their slugs in addresses."""

from cases.forms.records import (
    ArrestForm,
    ChargeForm,
    DetentionForm,
    HearingForm,
    NoteForm,
    ReleaseForm,
    RepresentationForm,
    RestrictionForm,
)
from cases.forms.sentences import SentenceForm

RECORD_FORMS = {
    "arrests": ArrestForm,
    "detentions": DetentionForm,
    "restrictions": RestrictionForm,
    "charges": ChargeForm,
    "hearings": HearingForm,
    "sentences": SentenceForm,
    "releases": ReleaseForm,
    "lawyers": RepresentationForm,
    "notes": NoteForm,
}
