from django.contrib import admin
from django.db.models import Q, URLField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.facts import date_column, in_admin, words_for
from cases.admin.lists import (
    ByConfidentiality,
    by_choice,
    by_link,
    by_yes_no,
    cases_named,
    people_named,
    some_of,
    with_words,
)
from cases.admin.site import CitationInline, RecordAdmin, TrackerAdmin, TrackerForm, TrackerInline
from cases.models import Citation, Note, Source, SourceKeeper
from cases.models.evidence import CITABLE


class KeeperInline(TrackerInline):
    model = SourceKeeper
    autocomplete_fields = ["user"]


@admin.register(Source)
class SourceAdmin(TrackerAdmin):
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    inlines = [KeeperInline]
    list_display = [
        "title", "reference", date_column("published", gettext_lazy("published")), "publisher", "kind", "reliability",
        "protected",
    ]  # fmt: skip
    sortable_by = ["reference"]
    list_filter = [by_choice("kind"), by_choice("reliability"), by_yes_no("protected")]
    search_fields = ["key", "reference"]
    parts = [
        (gettext_lazy("Where it is"), ["url", "archived_url", "captured_on", "captured_text"]),
        (gettext_lazy("What it is worth"), ["reliability", "protected"]),
    ]

    def search(self, rows, sought, user):
        return with_words(rows, "key", sought)

    def get_search_results(self, request, queryset, search_term):
        """A reference finds its source, too: it isn't among the folded words."""
        if reference := queryset.filter(reference=search_term.strip().upper()[:8]):
            return reference, False
        return super().get_search_results(request, queryset, search_term)


@admin.register(Note)
class NoteAdmin(RecordAdmin):
    inlines = [CitationInline]
    list_display = ["case_named", date_column("date", gettext_lazy("date")), "kind", "beginning", "standing"]
    list_filter = [by_link("kind"), by_choice("standing"), ByConfidentiality, by_link("case")]
    list_select_related = ["case__detainee", "kind"]
    autocomplete_fields = ["case", "kind"]

    @admin.display(description=gettext_lazy("text"))
    def beginning(self, note):
        return note.text if len(note.text) <= 80 else f"{note.text[:80]}…"


class CitationForm(TrackerForm):
    def clean(self):
        cleaned = super().clean()
        if sum(cleaned.get(name) is not None for name in CITABLE) != 1 and not self.instance.pk:
            self.add_error(None, _("Choose exactly one record that the source supports."))
        return cleaned

    def look_at_case(self):
        """A citation takes its case from its record."""


@admin.register(Citation)
class CitationAdmin(TrackerAdmin):
    """What it supports stays the same; another record gets a citation of its own."""

    form = CitationForm
    list_display = ["source", "about", "field", "value_as_reported", "said_by"]
    list_filter = [by_link("source"), by_link("case"), by_link("detainee")]
    list_select_related = ["source", "case__detainee", "detainee"]
    search_fields = ["source", "case", "detainee"]
    autocomplete_fields = ["source", "cites", *CITABLE]

    def with_related(self, rows):
        rows = super().with_related(rows).defer("source__captured_text")
        return rows.prefetch_related("case__detainee__names", "detainee__names")

    def search(self, rows, sought, user):
        """By the source, by the case, or by the person: each has an index, so their keys are asked for one by one."""
        found = Q()
        sources = with_words(Source.objects.all(), "key", sought).order_by().values_list("pk", flat=True)
        for path, keys in [
            ("source", sources),
            ("case", cases_named(sought)),
            ("detainee", people_named(sought, user)),
        ]:
            if (some := some_of(keys)) != []:
                found |= Q(**{f"{path}__in": keys if some is None else some})
        return rows.filter(found) if found else rows.none()

    @admin.display(description=gettext_lazy("about"))
    def about(self, citation):
        return words_for(citation.case) if citation.case_id else str(citation.detainee)

    @admin.display(description=gettext_lazy("record"))
    def record_told(self, citation):
        return in_admin(citation.record, words_for(citation.record))

    def get_exclude(self, request, obj=None):
        return [*super().get_exclude(request, obj), *(CITABLE if obj else [])]

    def get_readonly_fields(self, request, obj=None):
        return [*(["record_told"] if obj else []), *super().get_readonly_fields(request, obj)]
