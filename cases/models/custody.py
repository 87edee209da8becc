"""Custody: arrests, stays, restrictions at liberty, releases, and the places where they happened."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.fields import PartialDateField, date_constraints, date_index
from cases.models.base import CaseRecord, FoldedField, Record, TernaryField, status_triggers, tracked


class SharedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Shared by all who have a role: it says nothing about any case."""
        return self if getattr(user, "rank", 0) else self.none()


class PlaceKind(models.TextChoices):
    POLICE_STATION = "police_station", _("police station")
    REMAND_PRISON = "remand_prison", _("remand prison")
    COLONY = "colony", _("colony")
    PRISON = "prison", _("prison")
    HOSPITAL = "hospital", _("hospital")
    HOME = "home", _("home")
    COURT = "court", _("court")
    OTHER = "other", _("other")


def place_in_words(name, locality):
    return f"{name}, {locality}" if locality and locality not in name else name


@tracked
class Place(Record):
    """A place where people are arrested, held or tried."""

    name = models.CharField(_("name"), max_length=200)
    aliases = ArrayField(models.CharField(max_length=200), verbose_name=_("other names"), default=list, blank=True)
    kind = models.CharField(_("kind"), max_length=14, choices=PlaceKind, default=PlaceKind.OTHER)
    locality = models.CharField(_("town or village"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=list(countries), blank=True)
    controlling_power = models.CharField(
        _("controlled by"),
        max_length=2,
        choices=list(countries),
        blank=True,
        help_text=_("The country that controls the place, where it is another one."),
    )
    address = models.CharField(_("address"), max_length=300, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    key = FoldedField(sources=["name", "aliases", "locality"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="place_has_both_coordinates",
                violation_error_message=_("Give latitude (−90 to 90) and longitude (−180 to 180), or neither."),
            )
        ]

    def __str__(self):
        return place_in_words(self.name, self.locality)


@tracked
class Arrest(CaseRecord):
    """The moment at which a person was seized. It opens custody; where they were held then is a stay (Detention)."""

    date = PartialDateField(_("date"), blank=True)
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="arrests", verbose_name=_("place")
    )
    authority = models.CharField(_("arrested by"), max_length=200, blank=True)
    warrant_shown = TernaryField(_("warrant shown"))
    reason_given = models.TextField(_("reason given"), blank=True)
    circumstances = models.TextField(_("circumstances"), blank=True)

    class Meta(CaseRecord.Meta):
        verbose_name = _("arrest")
        verbose_name_plural = _("arrests")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        indexes = [*CaseRecord.Meta.indexes, date_index("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]


class DetentionKind(models.TextChoices):
    POLICE = "police", _("police custody")
    REMAND = "remand", _("remand")
    HOUSE_ARREST = "house_arrest", _("house arrest")
    PRISON = "prison", _("prison")
    PSYCHIATRIC = "psychiatric", _("compulsory psychiatric hospital")
    ADMINISTRATIVE = "administrative", _("administrative arrest")
    UNACKNOWLEDGED = "unacknowledged", _("unacknowledged detention")


class Ending(models.TextChoices):
    ONGOING = "ongoing", _("ongoing")
    TRANSFER = "transfer", _("transfer")
    RELEASE = "release", _("release")
    CHANGED = "changed", _("changed measure")
    ESCAPE = "escape", _("escape")
    DEATH = "death", _("death")
    ENDED = "ended", _("ended, how unknown")
    UNCONFIRMED = "unconfirmed", _("not known whether ended")


def _open_has_no_end(*endings):
    """An end date contradicts these endings."""
    return models.CheckConstraint(
        condition=Q(ended="") | ~Q(ending__in=endings),
        name="%(class)s_open_has_no_end",
        violation_error_message=_(
            "A date of the end contradicts this ending: choose how it ended, or leave the date empty."
        ),
    )


@tracked
class Detention(CaseRecord):
    """One unbroken stay in deprivation of liberty. `ending` says whether it is over; a missing end date never does."""

    kind = models.CharField(_("kind"), max_length=14, choices=DetentionKind)
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="detentions", verbose_name=_("place")
    )
    began = PartialDateField(_("began"), blank=True)
    ended = PartialDateField(_("ended"), blank=True)
    ending = models.CharField(
        _("ending"),
        max_length=11,
        choices=Ending,
        default=Ending.ONGOING,
        help_text=_("Says whether the stay is over. A death has no date here: it stands with the person."),
    )
    ordered_by = models.CharField(_("ordered by"), max_length=200, blank=True)

    class Meta(CaseRecord.Meta):
        verbose_name = _("stay in custody")
        verbose_name_plural = _("stays in custody")
        ordering = [F("began_earliest").asc(nulls_last=True), "began_latest", "pk"]
        constraints = [
            *CaseRecord.Meta.constraints,
            *date_constraints("began", "ended"),
            _open_has_no_end(Ending.ONGOING, Ending.DEATH, Ending.UNCONFIRMED),
        ]
        indexes = [*CaseRecord.Meta.indexes, date_index("began")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]


class RestrictionKind(models.TextChoices):
    TRAVEL_BAN = "travel_ban", _("travel ban")
    BAIL = "bail", _("bail")
    SUPERVISION = "supervision", _("supervision")
    ACT_BAN = "act_ban", _("ban on certain acts")


class RestrictionEnding(models.TextChoices):
    ONGOING = "ongoing", _("ongoing")
    RELEASE = "release", _("lifted")
    CHANGED = "changed", _("changed measure")
    ESCAPE = "escape", _("escape")
    ENDED = "ended", _("ended, how unknown")
    UNCONFIRMED = "unconfirmed", _("not known whether ended")


@tracked
class Restriction(CaseRecord):
    """A measure that restricts a person at liberty: travel ban, bail, supervision, ban on certain acts."""

    kind = models.CharField(_("kind"), max_length=11, choices=RestrictionKind)
    began = PartialDateField(_("began"), blank=True)
    ended = PartialDateField(_("ended"), blank=True)
    ending = models.CharField(_("ending"), max_length=11, choices=RestrictionEnding, default=RestrictionEnding.ONGOING)
    ordered_by = models.CharField(_("ordered by"), max_length=200, blank=True)

    class Meta(CaseRecord.Meta):
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        ordering = [F("began_earliest").asc(nulls_last=True), "began_latest", "pk"]
        constraints = [
            *CaseRecord.Meta.constraints,
            *date_constraints("began", "ended"),
            _open_has_no_end(RestrictionEnding.ONGOING, RestrictionEnding.UNCONFIRMED),
        ]
        indexes = [*CaseRecord.Meta.indexes, date_index("began")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]


class ReleaseKind(models.TextChoices):
    ACQUITTED = "acquitted", _("acquitted")
    DROPPED = "dropped", _("charges dropped")
    PARDON = "pardon", _("pardon")
    AMNESTY = "amnesty", _("amnesty")
    EXCHANGE = "exchange", _("exchange")
    HANDED_OVER = "handed_over", _("handed over or deported")
    SERVED = "served", _("sentence served")
    PAROLE = "parole", _("parole")
    MEDICAL = "medical", _("medical")
    BAIL = "bail", _("bail or changed measure")
    ESCAPED = "escaped", _("escaped")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("unknown")


@tracked
class Release(CaseRecord):
    """The end of deprivation of liberty, on whatever ground was claimed."""

    date = PartialDateField(_("date"), blank=True)
    kind = models.CharField(_("kind"), max_length=11, choices=ReleaseKind, default=ReleaseKind.UNKNOWN)
    authority = models.CharField(_("decided by"), max_length=200, blank=True)
    instrument = models.CharField(_("instrument"), max_length=300, blank=True, help_text=_("Decree, ruling or act."))
    published = TernaryField(_("instrument published"))
    petitioned = TernaryField(_("asked for by the person"))
    destination = models.CharField(_("destination"), max_length=200, blank=True)
    conditions = models.TextField(_("conditions"), blank=True)
    negotiated_by = models.CharField(_("negotiated by"), max_length=300, blank=True)
    stay = models.ForeignKey(
        Detention,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="releases",
        verbose_name=_("stay that it ends"),
        help_text=_("Only needed if the date of the release is not known."),
    )

    class Meta(CaseRecord.Meta):
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        indexes = [*CaseRecord.Meta.indexes, date_index("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]
