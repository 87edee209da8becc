from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.admin.facts import date_column
from cases.admin.lists import by_choice, by_link, lawyers_named, of_people, within
from cases.admin.site import CitationInline, ReadOnly, TrackerAdmin, TrackerForm, TrackerInline
from cases.forms.things import NameForm, NamesFormSet
from cases.models import Detainee, Lawyer, Name, Photo, Term


class NameInline(TrackerInline):
    model = Name
    form = NameForm
    formset = NamesFormSet
    extra = 1


class DetaineeForm(TrackerForm):
    nationalities = forms.MultipleChoiceField(label=_("Nationalities"), required=False, choices=list(countries))


@admin.register(Detainee)
class DetaineeAdmin(TrackerAdmin):
    form = DetaineeForm
    inlines = [NameInline, CitationInline]
    list_display = [
        "main_name", "reference", "sex", date_column("born", _("born")), "deceased", date_column("died", _("died")),
        "consent", "external_id",
    ]  # fmt: skip
    sortable_by = ["reference"]
    list_filter = [by_choice("sex"), by_choice("deceased"), by_choice("consent"), by_link("occupation")]
    search_fields = ["names"]
    autocomplete_fields = ["ethnicity", "religion", "occupation"]
    parts = [
        (_("Life"), ["born", "birth_place", "deceased", "died"]),
        (_("Origin and work"), ["nationalities", "ethnicity", "religion", "occupation", "biography"]),
        (_("What the person or family allows"), ["consent", "consent_by", "consent_on"]),
    ]

    def with_related(self, rows):
        return rows.for_list()

    def search(self, rows, sought, user):
        return of_people(rows, "pk", sought, user)


@admin.register(Photo)
class PhotoAdmin(ReadOnly, TrackerAdmin):
    """What is known of the pictures, without them: they are changed in the form of the person."""

    fields = readonly_fields = ["detainee", "media_type", "width", "height", "sha256"]
    list_display = ["detainee", "width", "height", "updated_at"]
    search_fields = ["detainee"]

    def with_related(self, rows):
        return rows.defer("image").select_related("detainee").prefetch_related("detainee__names")

    def search(self, rows, sought, user):
        return of_people(rows, "detainee", sought, user)


@admin.register(Lawyer)
class LawyerAdmin(TrackerAdmin):
    inlines = [NameInline]
    list_display = ["main_name", "reference", "bar", "number", "licence", "as_detainee"]
    sortable_by = ["reference"]
    list_filter = [by_choice("licence")]
    search_fields = ["names"]
    autocomplete_fields = ["detainee"]

    def with_related(self, rows):
        return rows.for_list().select_related("detainee").prefetch_related("detainee__names")

    def rows_of_page(self, request, keys):
        """A lawyer can be a detainee who is hidden: then nobody learns of it here."""
        seen = Exists(Detainee.objects.visible_to(request.user).filter(pk=OuterRef("detainee")))
        found = {row.pk: row for row in self.for_page(Lawyer.objects.filter(pk__in=keys)).annotate(told=seen)}
        return [found[key] for key in keys if key in found]

    @admin.display(description=_("as a detainee"))
    def as_detainee(self, lawyer):
        return lawyer.detainee if lawyer.told else None

    def search(self, rows, sought, user):
        return within(rows, "pk", lawyers_named(sought))


@admin.register(Term)
class TermAdmin(TrackerAdmin):
    ordering = ["kind", "name", "pk"]
    list_display = ["name", "kind", "slug"]
    sortable_by = ["name", "slug"]
    list_filter = [by_choice("kind")]
    search_fields = ["name", "slug"]
    folded = False
