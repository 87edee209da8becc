"""What each user is at: drafts, what they looked at last, the reasons that they gave. Neither history nor part of a case."""

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Their own, nobody else's, whatever the role."""
        return self.filter(user=user.pk) if getattr(user, "rank", 0) else self.none()


class Look(models.Model):
    """When a user last opened the page of a case."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="looks")
    looked_at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at a case")
        verbose_name_plural = _("looks at cases")
        constraints = [UniqueConstraint(fields=["user", "case"], name="look_once")]


class Draft(models.Model):
    """What was typed in a form and not saved, encrypted. One per user and form, or under a secret while nobody is signed in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    secret = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of what the browser keeps, if the session had ended.")
    )
    path = models.CharField(max_length=300, help_text=_("Address of the form."))
    typed = models.BinaryField(help_text=_("The form's fields, encrypted."))
    saved_at = models.DateTimeField(db_index=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            UniqueConstraint(fields=["user", "path"], condition=Q(user__isnull=False), name="draft_once"),
            UniqueConstraint(fields=["secret"], condition=~Q(secret=""), name="draft_secret_once"),
            models.CheckConstraint(condition=Q(user__isnull=False) | ~Q(secret=""), name="draft_of_somebody"),
        ]


class RecentReason(models.Model):
    """A reason that a user gave, to be offered again. Only from what everybody with a role may see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    used_at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("recent reason")
        verbose_name_plural = _("recent reasons")
        constraints = [UniqueConstraint(fields=["user", "text"], name="recentreason_once")]


class ColumnChoice(models.Model):
    """The columns that a user last chose for a report, in the report's order; those not in it now are passed over."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    report = models.CharField(max_length=30, help_text=_("The report's name in its address."))
    columns = models.JSONField(help_text=_("Names of columns."))

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")
        constraints = [UniqueConstraint(fields=["user", "report"], name="columnchoice_once")]
