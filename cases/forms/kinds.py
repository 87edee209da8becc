"""The kinds of case record by their slugs in addresses."""

from cases.forms.records import (
    ArrestForm,
    ChargeForm,
    DetentionForm,
    HearingForm,
    InterventionForm,
    ListingForm,
    NoteForm,
    ReleaseForm,
    RepresentationForm,
    RestrictionForm,
    ViolationForm,
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
    "violations": ViolationForm,
    "interventions": InterventionForm,
    "listings": ListingForm,
    "notes": NoteForm,
}
