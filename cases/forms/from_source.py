"""Where a new case comes from: a source that was chosen first, perhaps some words of it, and what is typed once for all."""

from copy import deepcopy
from dataclasses import dataclass

from crispy_forms.layout import Div
from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cases.dates import PartialDate
from cases.forms.evidence import EvidenceForm, place_in_text
from cases.forms.matches import is_address
from cases.forms.page import laid_out
from cases.forms.picker import PickField, prepare_pickers
from cases.models import Arrest, Charge, Citation, Detention, JointProceeding, Representation, Source
from cases.passages import Passage

# What the next person from the same source keeps, by the parts of the form; the proceeding comes with the case.
KEPT = {
    "arrest": (Arrest, ["date", "place", "authority"]),
    "stay": (Detention, ["kind", "place"]),
    "charge": (Charge, ["provision"]),
    "lawyer": (Representation, ["lawyer", "role"]),
}
KEPT_OF_CASE = ["country", "territory_note", "access"]
WORDS = "evidence-words"  # those of the passage, with which the form was opened


@dataclass(frozen=True)
class Origin:
    """What the address of the page says: the source, or the title or web address of a new one, and a passage of its text."""

    source: Source | None = None
    new: str = ""
    passage: Passage | None = None
    quote: str = ""

    def evidence(self, data, user):
        """Return the form of what the source says: with the source fixed, or to be picked or described."""
        if self.source is None:
            return AnySource(data, user=user)
        return FromSource(data, user=user, origin=self)

    @property
    def typed(self):
        """Return what the form of a new source begins with."""
        if not self.new:
            return {}
        return {"evidence-title": self.new} | ({"evidence-url": self.new} if is_address(self.new) else {})


class AnySource(EvidenceForm):
    """A source that is picked or described on the page itself."""

    def citation(self, record, source):
        said = {name: self.cleaned_data.get(name) for name in self.of_citation}
        return citation_of(record, source, self.user, said | place_in_text(source, said["quote"]))


class FromSource(forms.Form):
    """What the source that was chosen first says. Everything may stay empty; each record that is written cites it.

    With a passage, its `words` come back with what is sent: the text may be another one by then.
    """

    of_citation = ["value_as_reported", "said_by", "cites", "locator", "quote"]
    opens_new = False

    def __init__(self, data=None, *, user, origin):
        super().__init__(data, prefix="evidence", initial={"quote": origin.quote, "words": origin.quote})
        self.user, self.origin, self.use_required_attribute = user, origin, False
        for name in self.of_citation:
            self.fields[name] = deepcopy(EvidenceForm.base_fields[name])
        self.is_lost = bool(data is not None and data.get(WORDS, "").strip() and not origin.passage)
        if origin.passage:
            del self.fields["quote"]
        if origin.passage or (data is not None and WORDS in data):
            self.fields["words"] = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
        if self.is_lost:  # the words are kept as a quote, which is tied to no place
            self.data = data.copy()
            self.data["evidence-quote"], self.data[WORDS] = data.get("evidence-quote") or data[WORDS], ""
        prepare_pickers(self, user)

    def clean(self):
        if self.is_lost:
            self.add_error(
                "quote",
                _(
                    "The text was changed while you were writing, and these words are not in it any more. Save again to "
                    "keep them as a quote, or select others."
                ),
            )
        return super().clean()

    @property
    def is_given(self):
        return True

    def save_source(self):
        return self.origin.source

    def citation(self, record, source):
        """Return the unsaved citation that ties a record to the source, and to the passage if there is one."""
        said = {name: self.cleaned_data[name] for name in self.of_citation if name in self.fields}
        if self.origin.passage:
            start, end = self.origin.passage
            said |= {"quote": self.words, "range_start": start, "range_end": end}
        return citation_of(record, source, self.user, said)

    @cached_property
    def words(self):
        """The words of the passage."""
        start, end = self.origin.passage
        return self.origin.source.captured_text[start:end]

    @property
    def body(self):
        return laid_out(self, "words", Div("value_as_reported", "said_by", css_class="two"))

    @property
    def more(self):
        return laid_out(self, Div("locator", "cites", css_class="two"), "quote")

    @property
    def opens_more(self):
        return any(self[name].value() for name in ["locator", "cites", "quote"] if name in self.fields)


def citation_of(record, source, user, said):
    """Return an unsaved citation with all that saving one by one would fill in, so that many can be written at once."""
    by = {"created_by": user, "updated_by": user, "case_id": getattr(record, "case_id", None)}
    return Citation(source=source, **{record._meta.model_name: record}, **said, **by)


# What the page begins with


def as_typed(form, given):
    """Return the data of the whole page as if somebody had typed what is given into it, to be shown without errors."""
    data = QueryDict(mutable=True)
    for part in form.everything:
        for name, field in part.fields.items():
            value = None if isinstance(field, PickField) else part[name].value()
            if value not in (None, "", []) and not isinstance(value, bool):
                data.setlist(
                    part.add_prefix(name), [str(one) for one in value] if isinstance(value, list) else [str(value)]
                )
    for name, value in given.items():
        data[name] = value
    data["find"] = ""
    return data


def kept_from(case, user, form):
    """Return {field of the page: text} of what the next person from the same source shares with those of this case."""
    kept = {}
    for name, (model, fields) in KEPT.items():
        record = model.objects.visible_to(user).filter(case=case).order_by("pk").first()
        if record is not None:
            kept |= typed_for(getattr(form, name), record, fields)
    kept |= typed_for(form.case, case, KEPT_OF_CASE)
    proceeding = JointProceeding.objects.visible_to(user).filter(cases=case).order_by("pk").first()
    return kept | (picked(form.case, "proceeding", proceeding) if proceeding else {})


def typed_for(part, record, fields):
    """Return what somebody would type into a part of the form for these fields of a record."""
    typed = {}
    for name in fields:
        value, field = getattr(record, name), part.fields[name]
        if not value:
            continue
        if isinstance(field, PickField):
            typed |= picked(part, name, value)
        else:
            typed[part.add_prefix(name)] = str(field.prepare_value(value) if isinstance(value, PartialDate) else value)
    return typed


def picked(part, name, row):
    """Return what a picker sends when this row is chosen."""
    label, box = part.fields[name].label_of(row), part.add_prefix(name)
    return {box: label, f"{box}_choice": str(row.pk), f"{box}_for": label}
