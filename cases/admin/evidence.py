from django.contrib import admin
from django.db.models import URLField
from django.utils.translation import gettext as _

from cases.admin.site import RecordAdmin, TrackerAdmin, TrackerForm, TrackerInline
from cases.models import Citation, Note, Source, SourceKeeper
from cases.models.evidence import CITABLE


class KeeperInline(TrackerInline):
    model = SourceKeeper
    autocomplete_fields = ["user"]


@admin.register(Source)
class SourceAdmin(TrackerAdmin):
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    inlines = [KeeperInline]
    list_display = ["title", "reference", "published", "publisher", "kind", "reliability", "protected"]
    list_filter = ["kind", "reliability", "protected"]
    search_fields = ["key"]


@admin.register(Note)
class NoteAdmin(RecordAdmin):
    list_display = ["case", "date", "kind", "standing"]
    list_select_related = ["case", "kind"]
    autocomplete_fields = ["case", "kind"]


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
    list_display = ["source", "case", "field", "value_as_reported", "said_by"]
    list_select_related = ["source", "case"]
    search_fields = ["source__key", "case__key"]
    autocomplete_fields = ["source", "cites", *CITABLE]

    def get_readonly_fields(self, request, obj=None):
        return CITABLE if obj else []
