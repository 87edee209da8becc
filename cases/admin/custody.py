from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin.facts import date_column
from cases.admin.lists import ByConfidentiality, by_choice, by_link, by_long_choice, by_year
from cases.admin.site import CitationInline, RecordAdmin, TrackerAdmin, TrackerForm
from cases.forms.things import LinesField
from cases.models import Arrest, Detention, Place, Release, Restriction

STANDING, CASE = by_choice("standing"), by_link("case")


class PlaceForm(TrackerForm):
    aliases = LinesField(label=_("Other names"), required=False, help_text=_("One in each line."))


@admin.register(Place)
class PlaceAdmin(TrackerAdmin):
    form = PlaceForm
    ordering = ["name", "pk"]
    sortable_by = ["name"]
    list_display = ["name", "kind", "locality", "region", "country", "controlling_power"]
    list_filter = [by_choice("kind"), by_long_choice("country"), by_long_choice("controlling_power")]
    search_fields = ["key"]
    parts = [
        (_("Where it is"), ["locality", "region", "country", "controlling_power", "address", "latitude", "longitude"]),
    ]


@admin.register(Arrest)
class ArrestAdmin(RecordAdmin):
    inlines = [CitationInline]
    arrested = date_column("date", _("date"), sorted_by_index=True)
    list_display = ["case_named", arrested, "place", "authority", "warrant_shown", "standing"]
    sortable_by = [arrested]
    list_filter = [STANDING, ByConfidentiality, by_year("date"), by_link("place"), CASE]
    list_select_related = ["case__detainee", "place"]
    autocomplete_fields = ["case", "place"]


@admin.register(Detention)
class DetentionAdmin(RecordAdmin):
    inlines = [CitationInline]
    from_day = date_column("began", _("began"), sorted_by_index=True)
    list_display = ["case_named", "kind", "place", from_day, date_column("ended", _("ended")), "ending", "standing"]
    sortable_by = [from_day]
    list_filter = [
        by_choice("kind"), by_choice("ending"), STANDING, ByConfidentiality, by_year("began"), by_link("place"), CASE,
    ]  # fmt: skip
    list_select_related = ["case__detainee", "place"]
    autocomplete_fields = ["case", "place"]


@admin.register(Restriction)
class RestrictionAdmin(RecordAdmin):
    inlines = [CitationInline]
    from_day = date_column("began", _("began"), sorted_by_index=True)
    list_display = ["case_named", "kind", from_day, date_column("ended", _("ended")), "ending", "standing"]
    sortable_by = [from_day]
    list_filter = [by_choice("kind"), by_choice("ending"), STANDING, ByConfidentiality, by_year("began"), CASE]
    autocomplete_fields = ["case"]


@admin.register(Release)
class ReleaseAdmin(RecordAdmin):
    inlines = [CitationInline]
    released = date_column("date", _("date"), sorted_by_index=True)
    list_display = ["case_named", released, "kind", "authority", "published", "standing"]
    sortable_by = [released]
    list_filter = [by_choice("kind"), by_choice("published"), STANDING, ByConfidentiality, by_year("date"), CASE]
    autocomplete_fields = ["case", "stay"]
