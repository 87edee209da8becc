"""Conduct and context: rights and their violations, what others did for a person, and who counts as a political prisoner."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cases.fields import PartialDateField, date_constraints
from cases.models.base import WEB, CaseRecord, FoldedField, Record, status_triggers, tracked
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


@tracked
class Listing(CaseRecord):
    """A decision on whether a case belongs on a list: included, refused or removed, when and why."""

    list = models.ForeignKey(PrisonerList, models.PROTECT, related_name="listings", verbose_name=_("list"))
    decision = models.CharField(_("decision"), max_length=8, choices=ListingDecision, default=ListingDecision.INCLUDED)
    date = PartialDateField(_("date"), blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Which part of the definition, and why."))

    class Meta(CaseRecord.Meta):
        verbose_name = _("decision on a list")
        verbose_name_plural = _("decisions on lists")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]
