"""What the database derives from the records (docs/status.md). Written by its functions only; neither tracked nor versioned."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    IN_CUSTODY = "in_custody", _("in custody")
    DISAPPEARED = "disappeared", _("disappeared")
    RESTRICTED = "restricted", _("restricted at liberty")
    RELEASED = "released", _("released")
    ESCAPED = "escaped", _("escaped")
    DIED_IN_CUSTODY = "died_in_custody", _("died in custody")
    DIED = "died", _("died")
    CHARGED = "charged", _("charged, not held")
    CONVICTED = "convicted", _("convicted, not held")
    CLOSED = "closed", _("case closed")
    UNKNOWN = "unknown", _("unknown")


HELD = (Status.IN_CUSTODY, Status.DISAPPEARED)  # the statuses of somebody who is held


class Certainty(models.TextChoices):
    LIKELY = "likely", _("likely")
    CERTAINLY = "certainly", _("certainly")
    POSSIBLY = "possibly", _("possibly")


class StateQuerySet(models.QuerySet):
    def visible_to(self, user):
        from cases.models.case import Case

        return self.filter(case__in=Case.objects.visible_to(user).values("pk"))


class CaseState(models.Model):
    """One row per case: when it last changed for everybody, and the keys by which it is found and sorted."""

    case = models.OneToOneField(
        "cases.Case", models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="state"
    )
    changed_at = models.DateTimeField()
    sort_key = models.TextField()
    search_key = models.TextField()

    objects = StateQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a case")
        verbose_name_plural = _("states of cases")
        indexes = [
            models.Index(fields=["-changed_at", "-case"], name="casestate_changed"),
            models.Index(fields=["sort_key", "case"], name="casestate_sorted"),
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="casestate_search"),
        ]


class PeriodQuerySet(StateQuerySet):
    def on(self, day, certainty=Certainty.LIKELY):
        """Periods that hold on the day, as certainly as asked."""
        begin, end = {
            Certainty.LIKELY: ("begin_likely", "end_likely"),
            Certainty.CERTAINLY: ("begin_latest", "end_earliest"),
            Certainty.POSSIBLY: ("begin_earliest", "end_latest"),
        }[certainty]
        return self.filter(**{f"{begin}__lte": day, f"{end}__gt": day})


class Period(models.Model):
    """A case's status from its begin to the day before its end. The periods of a case cover all days by their likely days.

    Open bounds are 1 January of year 1 and 31 December 9999. On a day D a status holds likely if begin_likely <= D <
    end_likely, possibly if begin_earliest <= D < end_latest, certainly if begin_latest <= D < end_earliest.
    """

    case = models.ForeignKey("cases.Case", models.DO_NOTHING, db_constraint=False, related_name="periods")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=15, choices=Status)
    kind = models.CharField(max_length=20)
    place = models.ForeignKey("cases.Place", models.DO_NOTHING, null=True, db_constraint=False, related_name="periods")
    spell = models.PositiveSmallIntegerField(null=True)
    begin_earliest = models.DateField()
    begin_likely = models.DateField()
    begin_latest = models.DateField()
    begin_text = models.CharField(max_length=50)
    end_earliest = models.DateField()
    end_likely = models.DateField()
    end_latest = models.DateField()
    end_held = models.BooleanField(help_text=_("The likely day on which it ends was a day in custody too."))
    end_fades = models.BooleanField(
        help_text=_("Custody is last known on the day before its end; it was not ended by an event.")
    )
    since_earliest = models.DateField()
    since_likely = models.DateField()
    since_latest = models.DateField()
    since_text = models.CharField(max_length=50)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["case", "number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="period_once")]
        indexes = [
            # What ends last comes first: today nearly all that is read is still so.
            models.Index(
                fields=["status", "end_likely", "begin_likely"], include=["case"], name="period_status_likely"
            ),
            models.Index(fields=["status", "end_latest", "begin_earliest"], name="period_status_possible"),
            models.Index(fields=["place", "begin_likely"], name="period_place"),
        ]
