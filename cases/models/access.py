"""Who may do what: users, roles and the teams of cases (design 7)."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from cases.models.base import CaseLinkQuerySet, tracked


class Role(models.TextChoices):
    """Roles are groups of these names; each may do all that the one before may."""

    READER = "Reader", _("Reader")
    RESEARCHER = "Researcher", _("Researcher")
    EDITOR = "Editor", _("Editor")
    ADMINISTRATOR = "Administrator", _("Administrator")


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Colleagues are known to all who have a role."""
        return self if getattr(user, "rank", 0) else self.none()


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):
    """Django's manager with visible_to."""


@tracked(exclude=["password", "last_login"])
class User(AbstractUser):
    """A member of staff. What a user may see or change follows from role and team alone, never from is_superuser."""

    objects = UserManager()

    class Meta(AbstractUser.Meta):
        pass

    @cached_property
    def rank(self):
        """Return 0 for no role, else 1 (reader) to 4 (administrator). One query, once for each user object."""
        names = {group.name for group in self.groups.all()} if self.pk and self.is_active else set()
        return max((rank for rank, role in enumerate(Role, 1) if role.value in names), default=0)

    is_reader = property(lambda self: self.rank >= 1)
    is_researcher = property(lambda self: self.rank >= 2)
    is_editor = property(lambda self: self.rank >= 3)
    is_administrator = property(lambda self: self.rank >= 4)

    @property
    def role(self):
        """Return the highest role's name in the reader's language, or an empty text."""
        return list(Role)[self.rank - 1].label if self.rank else ""

    def __str__(self):
        return self.get_full_name() or self.username


@tracked(obj_field=None)
class UserGroup(User.groups.through):
    """A user's role, as a model so that changes of role are kept."""

    class Meta:
        proxy = True


@tracked
class TeamMember(models.Model):
    """A user on the team of a case."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="team_members")
    user = models.ForeignKey(User, models.CASCADE, related_name="teams")

    objects = CaseLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [UniqueConstraint(fields=["case", "user"], name="teammember_once")]

    def __str__(self):
        return str(self.user)
