from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.admin.site import ReadOnly, TrackerAdmin, TrackerForm, TrackerInline
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
    inlines = [NameInline]
    list_display = ["main_name", "reference", "sex", "born", "deceased", "consent"]
    list_filter = ["sex", "deceased", "consent"]
    search_fields = ["key", "names__key"]
    autocomplete_fields = ["ethnicity", "religion", "occupation"]

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()


@admin.register(Photo)
class PhotoAdmin(ReadOnly, TrackerAdmin):
    """What is known of the pictures, without them: they are changed in the form of the person."""

    fields = readonly_fields = ["detainee", "media_type", "width", "height", "sha256"]
    list_display = ["detainee", "width", "height", "updated_at"]
    search_fields = ["detainee__names__key"]

    def get_queryset(self, request):
        photos = super().get_queryset(request).defer("image").select_related("detainee")
        return photos.prefetch_related("detainee__names")


@admin.register(Lawyer)
class LawyerAdmin(TrackerAdmin):
    inlines = [NameInline]
    list_display = ["main_name", "reference", "bar", "licence"]
    list_filter = ["licence"]
    search_fields = ["names__key"]
    autocomplete_fields = ["detainee"]

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()


@admin.register(Term)
class TermAdmin(TrackerAdmin):
    list_display = ["name", "kind", "slug"]
    list_filter = ["kind"]
    search_fields = ["name", "slug"]
    folded = False
