"""Conduct and context: rights and their violations, what others did for a person, and who counts as a political prisoner."""

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import DateField, Exists, F, Func, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.timezone import get_default_timezone, localdate
from django.utils.translation import gettext_lazy as _

from cases.fields import PartialDateField, date_constraints
from cases.models.base import (
    WEB,
    CaseRecord,
    CaseRecordQuerySet,
    Event,
    FoldedField,
    Record,
    Standing,
    status_triggers,
    tracked,
)
from cases.models.case import Likely
from cases.models.custody import SharedQuerySet


@tracked
class Right(Record):
    """A right that a treaty names, such as ICCPR-14.3d; `manage.py setup` brings a first list."""

    code = models.CharField(
        _("code"), max_length=20, unique=True, help_text=_("Short name of the treaty and the provision: ICCPR-14.3d.")
    )
    name = models.CharField(_("short name"), max_length=200, help_text=_("Neutral words for what the provision says."))
    treaty = models.CharField(_("treaty"), max_length=200)
    provision = models.CharField(_("provision"), max_length=50, help_text=_("As it is cited: Article 14(3)(d)."))
    key = FoldedField(sources=["code", "name", "treaty", "provision"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("right")
        verbose_name_plural = _("rights")
        ordering = ["code"]

    def __str__(self):
        return f"{self.code}: {self.name}"


@tracked
class Violation(CaseRecord):
    """Something done in a case that somebody says breaks a right. Recording it does not say that it did."""

    right = models.ForeignKey(
        Right,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="violations",
        verbose_name=_("right"),
        help_text=_("Empty if nobody names one."),
    )
    what_happened = models.TextField(_("what happened"))
    date = PartialDateField(_("date"), blank=True)
    hearing = models.ForeignKey(
        "cases.Hearing",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="violations",
        verbose_name=_("hearing"),
        help_text=_("If it happened in one."),
    )
    alleged_by = models.CharField(_("alleged by"), max_length=200, blank=True)

    class Meta(CaseRecord.Meta):
        verbose_name = _("alleged violation")
        verbose_name_plural = _("alleged violations")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]


class InterventionKind(models.TextChoices):
    STATEMENT = "statement", _("public statement")
    LETTER = "letter", _("letter or petition")
    URGENT_ACTION = "urgent_action", _("urgent action")
    NEGOTIATION = "negotiation", _("negotiation")
    VISIT = "visit", _("visit")
    COMPLAINT = "complaint", _("complaint to a court or body")
    SANCTION = "sanction", _("sanction")
    ASSISTANCE = "assistance", _("assistance")
    OTHER = "other", _("other")


@tracked
class Intervention(CaseRecord):
    """Something that others did for the person: a letter, a negotiation, a complaint; and what was answered."""

    date = PartialDateField(_("date"), blank=True)
    kind = models.CharField(_("kind"), max_length=13, choices=InterventionKind, default=InterventionKind.OTHER)
    by_whom = models.CharField(_("by whom"), max_length=200)
    to_whom = models.CharField(_("to whom"), max_length=200, blank=True)
    about = models.TextField(_("what it said or asked"), blank=True)
    answer = models.TextField(_("answer"), blank=True, help_text=_("What was answered, or what came of it."))

    class Meta(CaseRecord.Meta):
        verbose_name = _("intervention")
        verbose_name_plural = _("interventions")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]


@tracked
class PrisonerList(Record):
    """A list of political prisoners that somebody keeps, with its definition of who belongs on it."""

    name = models.CharField(_("name"), max_length=200)
    keeper = models.CharField(_("kept by"), max_length=200, blank=True)
    definition = models.TextField(_("definition"), help_text=_("Who is put on the list, in the keeper's terms."))
    url = models.URLField(_("address"), max_length=2000, blank=True, validators=WEB)
    key = FoldedField(sources=["name", "keeper"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("list of prisoners")
        verbose_name_plural = _("lists of prisoners")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class ListingDecision(models.TextChoices):
    INCLUDED = "included", _("included")
    REFUSED = "refused", _("refused")
    REMOVED = "removed", _("removed")


class Recorded(Func):
    """The day on which a row was recorded, in the installation's time zone."""

    template = "(%(expressions)s AT TIME ZONE cases_zone())::date"
    arity = 1
    output_field = DateField()


@dataclass(frozen=True)
class Year:
    """What was decided about a list in a year, in cases: `on_it` at its end. A refusal leaves a case as it is: not on it."""

    year: int
    put_on: int = 0
    taken_off: int = 0
    refused: int = 0
    on_it: int = 0


# A decision changes something only if the one before it, on the same case and list, said something else.
YEARS = """
    SELECT extract(year FROM counts_from)::int,
           count(*) FILTER (WHERE decision = 'included' AND before IS DISTINCT FROM 'included'),
           count(*) FILTER (WHERE decision <> 'included' AND before = 'included'),
           count(*) FILTER (WHERE decision = 'refused' AND before IS DISTINCT FROM 'included')
    FROM (
        SELECT *, lag(decision) OVER (PARTITION BY case_id, list_id ORDER BY counts_from, id) AS before
        FROM ({decisions}) AS d
    ) AS each GROUP BY 1 ORDER BY 1
"""


def counts_from(path=""):
    """The day from which a decision counts: its likely day, or, without a date, that of recording. `path` leads to it."""
    return Coalesce(Likely(f"{path}date_earliest", f"{path}date_latest"), Recorded(f"{path}created_at"))


def holds_on(day, path=""):
    """Whether a decision holds on the day, on its case and list: the latest on or before it, of one day that recorded last.

    It has `counts_from` as an annotation. Asked of cases, `path` leads from a case to the decision: see CaseQuerySet.on_list.
    """
    later = Listing.objects.counted().filter(
        Q(counts_from__gt=OuterRef("counts_from")) | Q(counts_from=OuterRef("counts_from"), pk__gt=OuterRef(f"{path}pk")),
        case=OuterRef(f"{path}case"), list=OuterRef(f"{path}list"), counts_from__lte=day,
    )  # fmt: skip
    confidential = Event.objects.filter(pk=OuterRef(f"{path}event"), confidential=True)
    counts = Q(**{f"{path}standing": Standing.ACCEPTED}, counts_from__lte=day)
    return counts & ~Exists(confidential) & ~Exists(later)


def put_on_lists(decisions, day):
    """Return those of a case's decisions, which everybody is told, that put it on the lists that it is on on the day: of each
    list the first that included it after all that did not. The rule is that of holds_on, for rows that are loaded.
    """
    since = {}
    counted = [
        (one.date.likely() or localdate(one.created_at, get_default_timezone()), one.pk, one) for one in decisions
    ]
    for counts_from, _pk, one in sorted(counted, key=lambda row: row[:2]):
        if counts_from > day:
            break
        if one.decision == ListingDecision.INCLUDED:
            since.setdefault(one.list_id, one)
        else:
            since.pop(one.list_id, None)
    return list(since.values())


class ListingQuerySet(CaseRecordQuerySet):
    """Decisions on lists. Who is on a list on a day is decided here and nowhere else (docs/numbers.md, Lists of prisoners)."""

    def counted(self):
        """Those that count, with the day from which each does."""
        return self.public().annotate(counts_from=counts_from())

    def standing_on(self, day):
        """The one decision on each case and list that holds on the day."""
        return self.annotate(counts_from=counts_from()).filter(holds_on(day))

    def including_on(self, day):
        """Those by which a case is on a list on the day."""
        return self.standing_on(day).filter(decision=ListingDecision.INCLUDED)

    def for_page(self):
        """With the case and the names of its person: two queries, however many decisions."""
        return self.select_related("case__detainee").prefetch_related("case__detainee__names")

    def ledger(self):
        """Return a Year for each year from the first decision that counts to the last."""
        decisions = self.counted().order_by().values("id", "case_id", "list_id", "decision", "counts_from")
        try:
            sql, values = decisions.query.sql_with_params()
        except EmptyResultSet:
            return []
        with connection.cursor() as cursor:
            cursor.execute(YEARS.format(decisions=sql), values)
            found = {year: numbers for year, *numbers in cursor.fetchall()}
        years, on_it = [], 0
        for year in range(min(found), max(found) + 1) if found else ():
            put_on, taken_off, refused = found.get(year, (0, 0, 0))
            on_it += put_on - taken_off
            years.append(Year(year, put_on, taken_off, refused, on_it))
        return years


@tracked
class Listing(CaseRecord):
    """A decision on whether a case belongs on a list: included, refused or removed, when and why."""

    list = models.ForeignKey(PrisonerList, models.PROTECT, related_name="listings", verbose_name=_("list"))
    decision = models.CharField(_("decision"), max_length=8, choices=ListingDecision, default=ListingDecision.INCLUDED)
    date = PartialDateField(_("date"), blank=True)
    grounds = models.TextField(
        _("reason for the decision"), blank=True, help_text=_("Which part of the definition, and why.")
    )

    objects = ListingQuerySet.as_manager()

    class Meta(CaseRecord.Meta):
        verbose_name = _("decision on a list")
        verbose_name_plural = _("decisions on lists")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]
