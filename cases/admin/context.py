from django.contrib import admin
from django.db.models import Q, URLField
from django.utils.translation import gettext_lazy as _

from cases.admin.facts import date_column
from cases.admin.lists import (
    ByConfidentiality,
    by_choice,
    by_link,
    by_long_choice,
    by_year,
    people_named,
    some_of,
    with_words,
)
from cases.admin.site import CitationInline, RecordAdmin, TrackerAdmin, TrackerForm
from cases.forms.things import LinesField
from cases.models import Affiliation, Intervention, Listing, Organisation, PrisonerList, Right, Violation

STANDING, CASE = by_choice("standing"), by_link("case")


class OrganisationForm(TrackerForm):
    aliases = LinesField(label=_("Other names"), required=False, help_text=_("One in each line."))


@admin.register(Organisation)
class OrganisationAdmin(TrackerAdmin):
    form = OrganisationForm
    ordering = ["name", "pk"]
    sortable_by = ["name"]
    list_display = ["name", "kind", "country"]
    list_filter = [by_choice("kind"), by_long_choice("country")]
    search_fields = ["key"]


@admin.register(Affiliation)
class AffiliationAdmin(TrackerAdmin):
    inlines = [CitationInline]
    list_display = [
        "detainee", "organisation", "role", date_column("began", _("began")), date_column("ended", _("ended")),
    ]  # fmt: skip
    list_filter = [by_link("organisation"), by_link("detainee")]
    list_select_related = ["detainee", "organisation"]
    search_fields = ["detainee", "organisation"]
    autocomplete_fields = ["detainee", "organisation"]

    def with_related(self, rows):
        return super().with_related(rows).prefetch_related("detainee__names")

    def search(self, rows, sought, user):
        """By the person, or by the organisation: each has an index."""
        organisations = with_words(Organisation.objects.all(), "key", sought).order_by().values_list("pk", flat=True)
        found = Q()
        for path, keys in [("detainee", people_named(sought, user)), ("organisation", organisations)]:
            if (some := some_of(keys)) != []:
                found |= Q(**{f"{path}__in": keys if some is None else some})
        return rows.filter(found) if found else rows.none()


@admin.register(Right)
class RightAdmin(TrackerAdmin):
    ordering = ["code"]
    sortable_by = ["code"]
    list_display = ["code", "name", "treaty", "provision"]
    search_fields = ["key"]


@admin.register(Violation)
class ViolationAdmin(RecordAdmin):
    inlines = [CitationInline]
    list_display = ["case_named", "right_code", date_column("date", _("date")), "alleged_by", "standing"]
    list_filter = [by_link("right"), STANDING, ByConfidentiality, by_year("date"), CASE]
    list_select_related = ["case__detainee", "right"]
    autocomplete_fields = ["case", "right", "hearing"]

    @admin.display(description=_("right"))
    def right_code(self, violation):
        return violation.right.code if violation.right else None


@admin.register(Intervention)
class InterventionAdmin(RecordAdmin):
    inlines = [CitationInline]
    list_display = ["case_named", "kind", date_column("date", _("date")), "by_whom", "to_whom", "standing"]
    list_filter = [by_choice("kind"), STANDING, ByConfidentiality, by_year("date"), CASE]
    autocomplete_fields = ["case"]


@admin.register(PrisonerList)
class PrisonerListAdmin(TrackerAdmin):
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    ordering = ["name", "pk"]
    sortable_by = ["name"]
    list_display = ["name", "keeper"]
    search_fields = ["key"]


@admin.register(Listing)
class ListingAdmin(RecordAdmin):
    inlines = [CitationInline]
    list_display = ["case_named", "list", "decision", date_column("date", _("date")), "standing"]
    list_filter = [by_link("list"), by_choice("decision"), STANDING, ByConfidentiality, by_year("date"), CASE]
    list_select_related = ["case__detainee", "list"]
    autocomplete_fields = ["case", "list"]
