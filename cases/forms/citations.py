"""Forms of a citation by itself: one more source for a record or one field of it, and changing what is said of a citation."""

import pghistory
from django import forms
from django.db import transaction
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.forms.evidence import EvidenceForm
from cases.forms.page import Together, laid_out, two
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field, remember
from cases.forms.stale import StaleMixin
from cases.models import Citation, Source
from cases.models.evidence import citable_fields
from cases.passages import anchored, occurrences

SAID = ["value_as_reported", "said_by", "cites", "locator", "quote"]


class FieldChoice(forms.ChoiceField):
    """Which part of a record is meant; empty for all of it."""

    def offer(self, record, stored=""):
        named = citable_fields(type(record))
        if stored and stored not in named:  # as an import or raw SQL may have written it
            named[stored] = stored
        self.choices = [("", _("the whole record")), *((name, capfirst(words)) for name, words in named.items())]


def field_choice():
    return FieldChoice(
        label=gettext_lazy("For"), required=False,
        help_text=gettext_lazy("One field, if the source says only that."),
    )  # fmt: skip


class CitationAddForm(EvidenceForm):
    """One more citation of a record: the source box of its form, with the field that is meant, and why."""

    field = field_choice()
    reason = reason_field()

    of_citation = ["field", *SAID]

    def __init__(self, data=None, *, record, user, field=""):
        super().__init__(data, user=user)
        self.record = record
        self.fields["field"].offer(record)
        if field in dict(self.fields["field"].choices):
            self.initial["field"] = field
        offer_reasons(self, user)
        self.words_for_user = ""

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.is_given:
            self.add_error("source", _("Say which source this comes from."))
        return cleaned

    @property
    def together(self):
        return Together(self)

    def is_complete(self):
        return self.is_valid()

    def save_all(self):
        reason = self.cleaned_data["reason"]
        with transaction.atomic(), pghistory.context(**({"reason": reason} if reason else {})):
            source = self.save_source()
            place = place_of(source, self.cleaned_data["quote"])
            citation = self.cite(self.record, source)
            if place.start is not None:
                citation.range_start, citation.range_end = place.start, place.end
                citation.save()
            remember(self.user, reason, citation)
        self.words_for_user = place.words
        return citation

    @property
    def what(self):
        return laid_out(self, "field")

    @property
    def why(self):
        return laid_out(self, "reason")


class CitationForm(StaleMixin, forms.ModelForm):
    """What is said of a citation that is there. What it cites, and who said it, stays if that is hidden from the user."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    source = PickField(
        "source", label=gettext_lazy("Source"), may_add=False,
        help_text=gettext_lazy("Part of its title, or its web address."),
    )  # fmt: skip
    field = field_choice()
    cites = PickField(
        "source", label=gettext_lazy("Which itself cites"), required=False, may_add=False,
        help_text=gettext_lazy("Another source, from which this one has it."),
    )  # fmt: skip
    quote = forms.CharField(
        label=gettext_lazy("Quote"), required=False, max_length=20000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The words of the source. They are looked for in its captured text."),
    )  # fmt: skip
    reason = reason_field()

    class Meta:
        model = Citation
        fields = ["source", "field", *SAID]

    def __init__(self, data=None, *, instance, user):
        super().__init__(data, instance=instance, prefix="evidence")
        self.user = user
        self.use_required_attribute = False
        prepare_pickers(self, user, instance)
        offer_reasons(self, user)
        self.fields["field"].offer(instance.record, instance.field)
        if instance.cites_id and not Source.objects.visible_to(user).filter(pk=instance.cites_id).exists():
            del self.fields["cites"], self.fields["said_by"]
        self.initial["version"] = self.stored_version()
        self.words_for_user = ""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("source") is not None and cleaned.get("source") == cleaned.get("cites"):
            self.add_error("cites", _("A source does not cite itself."))
        return cleaned

    @cached_property
    def together(self):
        return Together(self)

    def is_complete(self):
        return self.is_valid()

    def save_all(self):
        citation, reason = self.instance, self.cleaned_data["reason"]
        with transaction.atomic(), pghistory.context(**({"reason": reason} if reason else {})):
            if {"quote", "source"} & set(self.changed_data):
                same = "source" not in self.changed_data
                place = place_of(citation.source, citation.quote, citation if same else None)
                citation.range_start, citation.range_end = place.start, place.end
                self.words_for_user = place.words
            citation.updated_by = self.user
            citation.save()
            remember(self.user, reason, citation)
        return citation

    @property
    def body(self):
        return laid_out(
            self, "source", two("field", "value_as_reported"), two("said_by", "cites"), "locator", "quote", "reason"
        )


class Place:
    """Where a quote stands in a captured text, and what to tell the user about it."""

    def __init__(self, passage=None, words=""):
        self.start, self.end = passage or (None, None)
        self.words = words


def place_of(source, quote, before=None):
    """Return the Place of a quote in the text of a source: nearest to where the citation `before` has it, else the first."""
    text = source.captured_text
    if not text or not quote.strip():
        return Place()
    start, end = (before.range_start, before.range_end) if before else (None, None)
    passage = anchored(text, start, end, quote)
    if passage is None:
        return Place(words=_("The quote is not in the captured text of the source: no words are marked there."))
    times = len(occurrences(text, quote))
    if start is not None or times < 2:
        return Place(passage)
    said = ngettext(
        "The quote stands %(times)s time in the text.", "The quote stands %(times)s times in the text.", times
    ) % {"times": times}
    return Place(passage, f"{said} {_('The first one is marked: quote more words if another is meant.')}")
