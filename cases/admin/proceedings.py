from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin.site import ReadOnly, RecordAdmin, TrackerAdmin, TrackerForm, TrackerInline
from cases.forms.things import LinesField
from cases.models import (
    Case,
    CaseTag,
    Charge,
    Court,
    Event,
    Finding,
    Hearing,
    JointProceeding,
    JointProceedingCase,
    LegalCode,
    Penalty,
    Provision,
    Representation,
    Sentence,
    TeamMember,
)


class TeamInline(TrackerInline):
    model = TeamMember
    autocomplete_fields = ["user"]


class TagInline(TrackerInline):
    model = CaseTag
    autocomplete_fields = ["term"]


@admin.register(Case)
class CaseAdmin(TrackerAdmin):
    inlines = [TeamInline, TagInline]
    list_display = ["reference", "detainee", "title", "country", "access", "stage"]
    list_filter = ["access", "stage"]
    search_fields = ["key", "detainee__names__key"]
    autocomplete_fields = ["detainee", "assignee", "last_confirmed_source"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("detainee").prefetch_related("detainee__names")


class ProceedingCaseInline(TrackerInline):
    model = JointProceedingCase
    autocomplete_fields = ["case"]


@admin.register(JointProceeding)
class JointProceedingAdmin(TrackerAdmin):
    inlines = [ProceedingCaseInline]
    list_display = ["name", "reference"]
    search_fields = ["key"]

    def is_used(self, obj):
        return obj.proceeding_cases.exists()


@admin.register(LegalCode)
class LegalCodeAdmin(TrackerAdmin):
    list_display = ["name", "slug", "jurisdiction"]
    search_fields = ["name", "slug"]
    folded = False


@admin.register(Provision)
class ProvisionAdmin(TrackerAdmin):
    list_display = ["label", "code", "title"]
    list_filter = ["code"]
    search_fields = ["key"]
    autocomplete_fields = ["code"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("code")


class CourtForm(TrackerForm):
    aliases = LinesField(label=_("Names as used"), required=False, help_text=_("One in each line."))


@admin.register(Court)
class CourtAdmin(TrackerAdmin):
    form = CourtForm
    list_display = ["name", "level", "place"]
    list_filter = ["level"]
    list_select_related = ["place"]
    search_fields = ["key"]
    autocomplete_fields = ["place"]


@admin.register(Charge)
class ChargeAdmin(RecordAdmin):
    list_display = ["case", "provision", "charged_on", "ended_how", "standing"]
    list_select_related = ["case", "provision__code"]
    autocomplete_fields = ["case", "provision", "reclassified_to"]


@admin.register(Hearing)
class HearingAdmin(RecordAdmin):
    list_display = ["case", "court", "stage", "scheduled", "held_on", "standing"]
    list_select_related = ["case", "court"]
    autocomplete_fields = ["case", "court"]


class PenaltyInline(TrackerInline):
    model = Penalty


class FindingInline(TrackerInline):
    model = Finding
    autocomplete_fields = ["charge"]


@admin.register(Sentence)
class SentenceAdmin(RecordAdmin):
    inlines = [PenaltyInline, FindingInline]
    list_display = ["case", "court", "date", "instance", "verdict", "change", "standing"]
    list_select_related = ["case", "court"]
    autocomplete_fields = ["case", "court", "changes"]


class OfSentenceAdmin(TrackerAdmin):
    """Rows that hang on a sentence and stay with it."""

    search_fields = ["case__key", "case__detainee__names__key"]

    def get_readonly_fields(self, request, obj=None):
        return ["sentence"] if obj else []


@admin.register(Penalty)
class PenaltyAdmin(OfSentenceAdmin):
    list_display = ["case", "kind", "origin", "years", "months", "days"]
    list_filter = ["kind", "origin"]
    list_select_related = ["case"]
    autocomplete_fields = ["sentence"]


@admin.register(Finding)
class FindingAdmin(OfSentenceAdmin):
    list_display = ["case", "charge", "outcome"]
    list_filter = ["outcome"]
    list_select_related = ["case", "charge"]
    autocomplete_fields = ["sentence", "charge"]


@admin.register(Representation)
class RepresentationAdmin(RecordAdmin):
    list_display = ["case", "lawyer", "role", "began", "ended", "standing"]
    list_select_related = ["case", "lawyer"]
    autocomplete_fields = ["case", "lawyer"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("lawyer__names")


@admin.register(Event)
class EventAdmin(ReadOnly, TrackerAdmin):
    """Made by the database; its confidentiality is set on the page of the record."""

    list_display = ["pk", "case", "confidential"]
    list_filter = ["confidential"]
    list_select_related = ["case"]
    search_fields = ["case__key", "case__detainee__names__key"]
