import re

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cases.admin.facts import NOTHING, date_column, words_for
from cases.admin.lists import (
    KEY,
    ByConfidentiality,
    ByStatus,
    by_choice,
    by_link,
    by_long_choice,
    by_year,
    by_yes_no,
    of_cases,
)
from cases.admin.site import CitationInline, ReadOnly, RecordAdmin, TrackerAdmin, TrackerForm, TrackerInline
from cases.dates import today
from cases.forms.case import sees
from cases.forms.things import LinesField
from cases.history.words import date_words
from cases.missing import refuse_unsourced
from cases.models import (
    Access,
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
    Status,
    TeamMember,
)

STANDING, CASE = by_choice("standing"), by_link("case")
MEMBER = re.compile(r"team_members-[0-9]{1,6}-user")


class TeamInline(TrackerInline):
    model = TeamMember
    autocomplete_fields = ["user"]


class TagInline(TrackerInline):
    model = CaseTag
    autocomplete_fields = ["term"]


class CaseForm(TrackerForm):
    """Nobody loses sight of a case by this who works on it, as on its page."""

    def clean(self):
        cleaned = super().clean()
        refuse_unsourced(self)
        access, members = cleaned.get("access", self.instance.access), self.sent_team()
        if access == Access.NAMED and self.user.pk not in members:
            words = _("Put yourself on the team: with this access nobody else sees the case, you included.")
            self.add_error("access", words)
        assignee = cleaned.get("assignee")
        if assignee is not None and not sees(assignee, access, members):
            self.add_error("assignee", _("%(user)s would not see this case.") % {"user": assignee})
        return cleaned

    def sent_team(self):
        """Return the keys of those who would be on the team, as the rows beneath the form say."""
        rows = [(name.removesuffix("-user"), key) for name, key in self.data.items() if MEMBER.fullmatch(name)]
        return {int(key) for row, key in rows if KEY.fullmatch(key) and f"{row}-DELETE" not in self.data}


@admin.register(Case)
class CaseAdmin(TrackerAdmin):
    form = CaseForm
    inlines = [TeamInline, TagInline]
    list_display = [
        "reference", "person", "title", "status", "since", "place", "country", "access", "stage", "assignee", "changed_at",
    ]  # fmt: skip
    sortable_by = ["reference", "person", "changed_at"]
    list_filter = [
        ByStatus, by_choice("access"), by_choice("stage"), by_long_choice("country"), by_link("assignee"),
        by_link("detainee"),
    ]  # fmt: skip
    search_fields = ["key"]
    autocomplete_fields = ["detainee", "assignee", "last_confirmed_source"]
    parts = [
        (_("Where"), ["country", "authority", "territory_note"]),
        (_("Work on it"), ["access", "assignee", "stage", "external_id"]),
        (_("Last confirmed"), ["last_confirmed_on", "last_confirmed_source"]),
    ]

    def get_queryset(self, request):
        """Each case has its state; said, so that an index on that can serve the order."""
        return super().get_queryset(request).filter(state__isnull=False)

    def with_related(self, rows):
        return rows.select_related("detainee", "assignee", "state").prefetch_related("detainee__names")

    def for_page(self, rows):
        rows = self.with_related(rows).on(today())
        return rows.annotate(
            status_now=F("now__status"), since_now=F("now__since_text"), place_now=F("now__place__name")
        )

    def search(self, rows, sought, user):
        return of_cases(rows, "pk", sought)

    @admin.display(description=_("person"), ordering="state__sort_key")
    def person(self, case):
        return str(case.detainee)

    @admin.display(description=_("status today"))
    def status(self, case):
        return Status(case.status_now).label if case.status_now else NOTHING

    @admin.display(description=_("since"))
    def since(self, case):
        return date_words(case.since_now) if case.since_now else NOTHING

    @admin.display(description=_("place"))
    def place(self, case):
        return case.place_now or NOTHING

    @admin.display(description=_("changed"), ordering="state__changed_at")
    def changed_at(self, case):
        return case.state.changed_at


class ProceedingCaseInline(TrackerInline):
    model = JointProceedingCase
    autocomplete_fields = ["case"]


@admin.register(JointProceeding)
class JointProceedingAdmin(TrackerAdmin):
    inlines = [ProceedingCaseInline]
    ordering = ["-pk"]
    list_display = ["name", "reference", "updated_at"]
    sortable_by = ["reference"]
    search_fields = ["key"]


@admin.register(LegalCode)
class LegalCodeAdmin(TrackerAdmin):
    ordering = ["name", "pk"]
    list_display = ["name", "slug", "jurisdiction"]
    sortable_by = ["name", "slug", "jurisdiction"]
    search_fields = ["name", "slug"]
    folded = False


@admin.register(Provision)
class ProvisionAdmin(TrackerAdmin):
    ordering = ["code", "article", "part", "point", "pk"]
    list_display = ["label", "code", "title", "in_force_from", "in_force_to"]
    list_filter = [by_link("code")]
    list_select_related = ["code"]
    search_fields = ["key"]
    autocomplete_fields = ["code"]


class CourtForm(TrackerForm):
    aliases = LinesField(label=_("Names as used"), required=False, help_text=_("One in each line."))


@admin.register(Court)
class CourtAdmin(TrackerAdmin):
    form = CourtForm
    ordering = ["name", "pk"]
    list_display = ["name", "level", "place", "controlling_power"]
    sortable_by = ["name"]
    list_filter = [by_choice("level"), by_long_choice("controlling_power"), by_link("place")]
    list_select_related = ["place"]
    search_fields = ["key"]
    autocomplete_fields = ["place"]


@admin.register(Charge)
class ChargeAdmin(RecordAdmin):
    inlines = [CitationInline]
    charged = date_column("charged_on", _("charged on"), sorted_by_index=True)
    list_display = [
        "case_named", "provision", "text_as_reported", charged, date_column("ended_on", _("ended on")), "ended_how",
        "standing",
    ]  # fmt: skip
    sortable_by = [charged]
    list_filter = [
        by_link("provision"), by_choice("stage"), by_choice("ended_how"), STANDING, ByConfidentiality,
        by_year("charged_on"), CASE,
    ]  # fmt: skip
    list_select_related = ["case__detainee", "provision__code"]
    autocomplete_fields = ["case", "provision", "reclassified_to"]


@admin.register(Hearing)
class HearingAdmin(RecordAdmin):
    inlines = [CitationInline]
    planned = date_column("scheduled", _("scheduled for"), sorted_by_index=True)
    held = date_column("held_on", _("held on"), sorted_by_index=True)
    list_display = ["case_named", "court", "stage", planned, "scheduled_time", held, "attendance", "standing"]
    sortable_by = [planned, held]
    list_filter = [
        by_choice("stage"), by_choice("openness"), by_choice("attendance"), STANDING, ByConfidentiality,
        by_year("held_on"), by_link("court"), CASE,
    ]  # fmt: skip
    list_select_related = ["case__detainee", "court"]
    autocomplete_fields = ["case", "court"]


class PenaltyInline(TrackerInline):
    model = Penalty


class FindingInline(TrackerInline):
    model = Finding
    autocomplete_fields = ["charge"]


@admin.register(Sentence)
class SentenceAdmin(RecordAdmin):
    inlines = [PenaltyInline, FindingInline, CitationInline]
    passed = date_column("date", _("date"), sorted_by_index=True)
    list_display = ["case_named", "court", passed, "instance", "verdict", "change", "standing"]
    sortable_by = [passed]
    list_filter = [
        by_choice("instance"), by_choice("verdict"), by_choice("change"), STANDING, ByConfidentiality,
        by_year("date"), by_link("court"), CASE,
    ]  # fmt: skip
    list_select_related = ["case__detainee", "court"]
    autocomplete_fields = ["case", "court", "changes"]


class OfCaseAdmin(TrackerAdmin):
    """Rows that carry a case, and are found by it."""

    search_fields = ["case"]
    list_select_related = ["case__detainee"]

    def with_related(self, rows):
        return super().with_related(rows).prefetch_related("case__detainee__names")

    def search(self, rows, sought, user):
        return of_cases(rows, "case", sought)

    @admin.display(description=_("Case"))
    def case_named(self, row):
        return words_for(row.case)


class OfSentenceAdmin(OfCaseAdmin):
    """Rows that hang on a sentence and stay with it."""

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["sentence"] if obj else [])]


@admin.register(Penalty)
class PenaltyAdmin(OfSentenceAdmin):
    list_display = ["case_named", "kind", "origin", "years", "months", "days", "regime", "amount", "currency"]
    list_filter = [by_choice("kind"), by_choice("origin"), by_choice("regime"), CASE]
    autocomplete_fields = ["sentence"]


@admin.register(Finding)
class FindingAdmin(OfSentenceAdmin):
    list_display = ["case_named", "article", "outcome"]
    list_filter = [by_choice("outcome"), CASE]
    list_select_related = ["case__detainee", "charge__provision__code"]
    autocomplete_fields = ["sentence", "charge"]

    @admin.display(description=_("charge"))
    def article(self, finding):
        return finding.charge.provision or finding.charge.text_as_reported or finding.charge


@admin.register(Representation)
class RepresentationAdmin(RecordAdmin):
    inlines = [CitationInline]
    list_display = [
        "case_named", "lawyer", "role", date_column("began", _("began")), date_column("ended", _("ended")), "standing",
    ]  # fmt: skip
    list_filter = [by_link("lawyer"), by_choice("role"), STANDING, ByConfidentiality, CASE]
    list_select_related = ["case__detainee", "lawyer"]
    autocomplete_fields = ["case", "lawyer"]

    def with_related(self, rows):
        return super().with_related(rows).prefetch_related("lawyer__names")


@admin.register(Event)
class EventAdmin(ReadOnly, OfCaseAdmin):
    """Made by the database; its confidentiality is set on the page of the record."""

    list_display = ["pk", "case_named", "confidential"]
    list_filter = [by_yes_no("confidential"), CASE]
