"""The forms of the reading desk: which words, of whom, what kind of fact; and what is said of the words beside the fact."""

from dataclasses import dataclass

import pghistory
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms.models import apply_limit_choices_to_to_formfield
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.chronology import problems
from cases.forms.kinds import RECORD_FORMS
from cases.forms.page import Together, laid_out, two
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field, remember
from cases.forms.records import in_a_line
from cases.forms.wording import as_reported
from cases.models import (
    Affiliation,
    Arrest,
    Citation,
    Detainee,
    Detention,
    Hearing,
    Intervention,
    Listing,
    Note,
    Release,
    Representation,
    Sentence,
    Sex,
    Standing,
    Ternary,
    Violation,
)
from cases.passages import anchored, occurrences, snapped

PERSON, ROLE, SUPPORT, NEW_CASE = "person", "affiliations", "record", "new"
LONGEST_QUOTE = 20_000
PERSON_FIELDS = ["born", "birth_place", "sex", "ethnicity", "religion", "occupation", "deceased", "died"]
SHORT = 90  # letters of a record's text that tell it from others

# Letter that chooses the kind while words are selected -> word in the address
LETTERS = {
    "arrests": "a", "detentions": "d", "restrictions": "b", "charges": "c", "hearings": "h", "sentences": "s",
    "releases": "r", "lawyers": "l", "violations": "v", "interventions": "i", "listings": "p", "notes": "n",
    PERSON: "f", ROLE: "o", SUPPORT: "e", NEW_CASE: "w",
}  # fmt: skip
SHORT_LABELS = {
    "lawyers": gettext_lazy("lawyer"),
    PERSON: gettext_lazy("fact of the person"),
    ROLE: gettext_lazy("role, membership"),
    SUPPORT: gettext_lazy("supports a record that is there"),
    NEW_CASE: gettext_lazy("new person and case"),
}


@dataclass
class KindButton:
    """One way on from a passage: its word in the address, its words on the page, and its key."""

    name: str
    label: str
    letter: str


def kind_buttons(names):
    return [KindButton(name, kind_in_words(name), LETTERS[name]) for name in names]


def kind_in_words(name):
    """Return what is added, such as "arrest"."""
    return str(SHORT_LABELS.get(name) or RECORD_FORMS[name]._meta.model._meta.verbose_name)


class DeskForm(forms.Form):
    """Words of the text, the case that they are about, and the kind of fact. `passages` are the places that can be meant."""

    quote = forms.CharField(
        label=gettext_lazy("Words of the text"), required=False, strip=True, max_length=LONGEST_QUOTE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "class": "form-control", "aria-describedby": "words-help"}),
        error_messages={"max_length": gettext_lazy("These are more words than one fact needs: at most %(limit_value)d letters.")},
    )  # fmt: skip
    start = forms.IntegerField(required=False, min_value=0, max_value=10**9, widget=forms.HiddenInput)
    end = forms.IntegerField(required=False, min_value=0, max_value=10**9, widget=forms.HiddenInput)
    case = forms.CharField(required=False, max_length=20)
    other = PickField(
        "case", label=gettext_lazy("Another case"), required=False, may_add=False,
        help_text=gettext_lazy("Part of the person's name, or the reference."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        choices=[(name, name) for name in LETTERS], required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no kind of fact of this name.")},
    )  # fmt: skip

    def __init__(self, data=None, *, source, cases, user, **kwargs):
        super().__init__(data, auto_id="desk_%s", **kwargs)
        self.source, self.cases = source, cases
        self.use_required_attribute = False
        self.fields["other"].widget.attrs["class"] = "form-control"
        self.passages = []
        prepare_pickers(self, user)

    def clean_case(self):
        reference = self.cleaned_data["case"]
        if not reference:
            return None
        found = next((case for case in self.cases if case.reference == reference), None)
        if found is None:  # from the address: one that has no fact from this source yet
            rows = self.fields["other"].thing.rows(self.fields["other"].user)
            found = rows.filter(reference=reference).first()
        if found is None:
            raise ValidationError(_("Choose one of these cases, or find another one."))
        return found

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("other"):
            cleaned["case"] = cleaned["other"]
        self.find_passages(cleaned)
        if not self.errors and cleaned.get("kind") and cleaned["kind"] != NEW_CASE and not cleaned.get("case"):
            self.add_error("other", _("Say which case this is about."))
        return cleaned

    def find_passages(self, cleaned):
        """Take the range that was selected, if the words are still there; else look for the words that were typed."""
        text, quote, start, end = self.source.captured_text, *map(cleaned.get, ("quote", "start", "end"))
        if self.has_error("quote") or self.has_error("start") or self.has_error("end"):
            return
        if start is not None and end is not None:
            self.take_range(text, quote, start, end)
        elif quote:
            self.passages = occurrences(text, quote)
            if not self.passages:
                self.add_error("quote", _("These words are not in the text. Copy them from it as they stand there."))
        else:
            self.add_error("quote", _("Select words in the text, or type some of it."))

    def take_range(self, text, quote, start, end):
        try:
            found = anchored(text, start, end, quote) if quote else snapped(text, start, end)
            if found is None:
                raise ValueError(_("These words are not in the text any more. Select them again."))
        except ValueError as error:
            self.add_error("quote", str(error))
        else:
            self.passages = [found]

    @property
    def chosen(self):
        """The reference of the case that is preselected: the one that was sent, else the one used last."""
        sent = self["case"].value()
        return sent or (self.cases[0].reference if self.cases else "")


class PassageEvidence(forms.Form):
    """What a citation says beside its source and its words, which are fixed. Takes the place of a record's source box."""

    words = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, widget=forms.HiddenInput)  # the same page sent twice is saved once
    value_as_reported = forms.CharField(
        label=gettext_lazy("As reported"), required=False, max_length=500,
        help_text=gettext_lazy("The words or the date as the source gives them."),
    )  # fmt: skip
    said_by = forms.CharField(
        label=gettext_lazy("Said by"), required=False, max_length=200,
        help_text=gettext_lazy("If the source quotes somebody."),
    )  # fmt: skip
    cites = PickField(
        "source", label=gettext_lazy("Which itself cites"), required=False, may_add=False,
        help_text=gettext_lazy("Another source, from which this one has it."),
    )  # fmt: skip
    locator = forms.CharField(
        label=gettext_lazy("Where in the source"), required=False, max_length=100,
        help_text=gettext_lazy("Page, paragraph, minute."),
    )  # fmt: skip

    def __init__(self, data=None, *, user, source, passage):
        super().__init__(data, prefix="evidence")
        self.use_required_attribute = False
        self.user, self.source, self.passage = user, source, passage
        prepare_pickers(self, user)
        if data is not None:  # the text may have been changed since the form was opened
            sent = data.get(self.add_prefix("words"), "")
            self.passage = anchored(source.captured_text, *passage, sent) if sent.strip() else None
        self.initial = {"words": self.quote, "value_as_reported": as_reported(self.quote), "page": get_random_string(8)}
        self.citation = None

    @property
    def quote(self):
        return self.source.captured_text[slice(*self.passage)] if self.passage else ""

    def clean(self):
        cleaned = super().clean()
        if self.passage is None:
            raise ValidationError(
                _(
                    "The text was changed while you were writing, and these words are not in it any more. Select them again."
                )
            )
        if cleaned.get("cites") == self.source:
            self.add_error("cites", _("This is the source itself."))
        return cleaned

    def save_source(self):
        return self.source

    def cite(self, record, source, field=""):
        """Tie a record to the passage."""
        said = {name: self.cleaned_data[name] for name in ["value_as_reported", "said_by", "cites", "locator"]}
        place = {"quote": self.quote, "range_start": self.passage.start, "range_end": self.passage.end}
        by = {"created_by": self.user, "updated_by": self.user}
        self.citation = Citation.objects.create(
            source=source, field=field, **{record._meta.model_name: record}, **said, **place, **by
        )
        return self.citation

    @property
    def body(self):
        return laid_out(self, "words", "page", two("value_as_reported", "said_by"))

    @property
    def more(self):
        return laid_out(self, two("locator", "cites"))

    @property
    def opens_more(self):
        return any(self[name].value() for name in ["locator", "cites"]) or bool(self.errors)


def in_short(record):
    """Return a record in a few words that tell it from others of its kind: "arrest, 12 March 2019, Remand prison"."""
    match record:
        case Arrest() | Detention():
            more = record.place
        case Hearing() | Sentence():
            more = record.court
        case Representation():
            more = record.lawyer
        case Release():
            more = record.get_kind_display()
        case Violation():
            more = record.what_happened
        case Intervention():
            more = f"{record.get_kind_display()}, {record.by_whom}"
        case Listing():
            more = f"{record.list}: {record.get_decision_display()}"
        case Note():
            more = record.text
        case Affiliation() | Detainee():
            return str(record)
        case _:
            more = ""
    text = ", ".join(filter(None, [in_a_line(record), str(more or "")]))
    return text if len(text) <= SHORT else text[: SHORT - 1].rstrip() + "…"


def in_words(person, name):
    """Return what is recorded of a person in this field; empty if nothing is."""
    value = getattr(person, name)
    if not value or value in (Sex.UNKNOWN, Ternary.UNKNOWN):
        return ""
    display = getattr(person, f"get_{name}_display", None)
    return str(display() if display else value)


class FactForm(forms.Form):
    """What forms of a fact have in common that is not a whole record: why, and the source box."""

    reason = reason_field()

    def __init__(self, data=None, *, user, evidence):
        super().__init__(data)
        self.user, self.evidence = user, evidence
        self.use_required_attribute = False
        offer_reasons(self, user)
        self.warnings, self.version, self.conflict = [], "", None

    @cached_property
    def together(self):
        return Together(self, self.evidence)

    def is_complete(self):
        return self.together.is_valid()

    def save_all(self):
        """Write what is to be written, or nothing. Return what is cited."""
        reason = self.cleaned_data["reason"]
        with transaction.atomic(), pghistory.context(**({"reason": reason} if reason else {})):
            record = self.save()
            remember(self.user, reason, record)
        return record

    @property
    def why(self):
        return laid_out(self, "reason")


class SupportForm(FactForm):
    """The passage supports a record that is there, or one field of it."""

    record = forms.ChoiceField(
        label=gettext_lazy("Record"), widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a record.")},
    )  # fmt: skip
    field = forms.ChoiceField(
        label=gettext_lazy("Field"), required=False, help_text=gettext_lazy("If the words say only this."),
    )  # fmt: skip

    def __init__(self, data=None, *, records, **kwargs):
        super().__init__(data, **kwargs)
        self.records = {f"{record.slug}-{record.pk}": record for record in records}
        self.fields["record"].choices = [(key, self.label_of(record)) for key, record in self.records.items()]
        self.fields["field"].choices = [("", _("the whole record")), *self.fields_by_kind()]

    @staticmethod
    def label_of(record):
        words = capfirst(in_short(record))
        aside = getattr(record, "standing", Standing.ACCEPTED)
        return words if aside == Standing.ACCEPTED else f"{words} ({record.get_standing_display()})"

    def fields_by_kind(self):
        for slug in dict.fromkeys(record.slug for record in self.records.values()):
            form = RECORD_FORMS[slug]
            names = [name for name in form._meta.fields if name != "remark"]
            labels = [
                (f"{slug}-{name}", capfirst(form._meta.model._meta.get_field(name).verbose_name)) for name in names
            ]
            yield capfirst(form._meta.model._meta.verbose_name), labels

    def clean(self):
        cleaned = super().clean()
        slug, _dash, name = cleaned.get("field", "").partition("-")
        record = self.records.get(cleaned.get("record", ""))
        if record is not None and slug and slug != record.slug:
            self.add_error("field", _("This is a field of another kind of record."))
        cleaned["name"] = name
        return cleaned

    def save(self):
        record = self.records[self.cleaned_data["record"]]
        self.evidence.cite(record, self.evidence.source, self.cleaned_data["name"])
        return record

    @property
    def body(self):
        return laid_out(self, "record", "field")


class PersonFactForm(FactForm):
    """One fact about the person: it is set if nothing is recorded, else only what the source says is kept beside it."""

    def __init__(self, data=None, *, person, name, **kwargs):
        super().__init__(data, **kwargs)
        self.person, self.name = person, name
        self.known = in_words(person, name)  # what is recorded already: before what is typed is set for its check
        self.fields[name] = Detainee._meta.get_field(name).formfield(required=False)
        apply_limit_choices_to_to_formfield(self.fields[name])
        self.order_fields([name, "reason"])
        if self.known:
            del self.fields[name]

    def clean(self):
        cleaned = super().clean()
        value = cleaned.get(self.name)
        if self.name not in self.fields or self.errors:
            return cleaned
        if not value or value in (Sex.UNKNOWN, Ternary.UNKNOWN):
            self.add_error(self.name, _("Say what the words tell."))
            return cleaned
        setattr(self.person, self.name, value)
        if self.name == "died":
            self.person.deceased = Ternary.YES
        for problem in problems([], saving=self.person):
            if problem.level == "error":
                self.add_error(self.name, problem.message)
            elif not cleaned.get("reason"):
                self.add_error(
                    "reason", _("%(problem)s Say why it is right all the same.") % {"problem": problem.message}
                )
        return cleaned

    def save(self):
        if self.name in self.fields:
            stored = Detainee.objects.select_for_update().get(pk=self.person.pk)
            if in_words(stored, self.name):  # a colleague was quicker: nothing is overwritten
                raise IntegrityError(self.name)
            changed = {self.name, "deceased"} if self.name == "died" else {self.name}
            for name in changed:
                setattr(stored, name, getattr(self.person, name))
            stored.updated_by = self.user
            stored.save(update_fields=[*changed, "updated_by"])
        self.evidence.cite(self.person, self.evidence.source, self.name)
        return self.person

    @property
    def body(self):
        return laid_out(self, self.name)
