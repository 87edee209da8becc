from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin.site import RecordAdmin, TrackerAdmin, TrackerForm
from cases.forms.things import LinesField
from cases.models import Arrest, Detention, Place, Release, Restriction


class PlaceForm(TrackerForm):
    aliases = LinesField(label=_("Other names"), required=False, help_text=_("One in each line."))


@admin.register(Place)
class PlaceAdmin(TrackerAdmin):
    form = PlaceForm
    list_display = ["name", "kind", "locality", "country", "controlling_power"]
    list_filter = ["kind"]
    search_fields = ["key"]


@admin.register(Arrest)
class ArrestAdmin(RecordAdmin):
    list_display = ["case", "date", "place", "authority", "standing"]
    list_select_related = ["case", "place"]
    autocomplete_fields = ["case", "place"]


@admin.register(Detention)
class DetentionAdmin(RecordAdmin):
    list_display = ["case", "kind", "place", "began", "ended", "ending", "standing"]
    list_filter = ["kind", "ending", "standing"]
    list_select_related = ["case", "place"]
    autocomplete_fields = ["case", "place"]


@admin.register(Restriction)
class RestrictionAdmin(RecordAdmin):
    list_display = ["case", "kind", "began", "ended", "ending", "standing"]
    list_filter = ["kind", "ending", "standing"]
    autocomplete_fields = ["case"]


@admin.register(Release)
class ReleaseAdmin(RecordAdmin):
    list_display = ["case", "date", "kind", "authority", "standing"]
    list_filter = ["kind", "standing"]
    autocomplete_fields = ["case", "stay"]
