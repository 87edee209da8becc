"""Organisations, and the people who had a role in them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.fields import PartialDateField, date_constraints
from cases.models.base import FoldedField, Record, tracked
from cases.models.custody import SharedQuerySet
from cases.models.people import Detainee


class OrganisationKind(models.TextChoices):
    REPRESENTATIVE = "representative", _("representative body")
    PARTY = "party", _("political party")
    MOVEMENT = "movement", _("movement or association")
    RELIGIOUS = "religious", _("religious community")
    MEDIA = "media", _("media")
    UNION = "union", _("trade union")
    COMPANY = "company", _("company")
    AUTHORITY = "authority", _("public authority")
    OTHER = "other", _("other")


@tracked
class Organisation(Record):
    """A body that people belong to or work for: a council, a party, a newspaper, a congregation."""

    name = models.CharField(_("name"), max_length=200)
    aliases = ArrayField(models.CharField(max_length=200), verbose_name=_("other names"), default=list, blank=True)
    kind = models.CharField(_("kind"), max_length=14, choices=OrganisationKind, default=OrganisationKind.OTHER)
    country = models.CharField(_("country"), max_length=2, choices=list(countries), blank=True)
    about = models.TextField(
        _("about"), blank=True, help_text=_("What it is, and whether an authority banned it, and when.")
    )
    key = FoldedField(sources=["name", "aliases"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class AffiliationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """As the person is."""
        return self.filter(detainee__in=Detainee.objects.visible_to(user).values("pk"))


@tracked
class Affiliation(Record):
    """A role that a person has or had in an organisation. It is a fact about the person, not about one of their cases."""

    detainee = models.ForeignKey(Detainee, models.CASCADE, related_name="affiliations", verbose_name=_("person"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations", verbose_name=_("organisation")
    )
    role = models.CharField(
        _("role"), max_length=200, blank=True, help_text=_("Such as member, deputy chairman, editor.")
    )
    began = PartialDateField(_("began"), blank=True)
    ended = PartialDateField(_("ended"), blank=True)

    objects = AffiliationQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("role in an organisation")
        verbose_name_plural = _("roles in organisations")
        ordering = [F("began_earliest").asc(nulls_last=True), "began_latest", "pk"]
        constraints = [*date_constraints("began", "ended")]

    def __str__(self):
        return ", ".join(filter(None, [self.role, str(self.organisation)]))
