"""What can be done to many rows at once in the admin site: what it asks for, what it leaves as it is and why, what it writes."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import PROTECT, Exists, OuterRef, Q
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.dates import today
from cases.models import (
    Access,
    Case,
    CaseTag,
    Court,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Place,
    Role,
    Source,
    Stage,
    TeamMember,
    Term,
    User,
)
from cases.models.lacking import has_unsourced_records
from cases.models.people import TermKind


@dataclass(frozen=True)
class Edit:
    """One thing that can be done to many rows of a model. `name` is the action's in the list and in the address."""

    name: str
    title: Any
    at_once = 500  # rows of one statement; progress is told after each
    deletes = False

    def fields(self, user):
        """Return the form fields that ask for the value."""
        return {}

    def stays(self, data, user):
        """Return [(condition, why in words)] of the rows that are left as they are; the first that fits is told."""
        return []

    def with_now(self, rows):
        """Load what `now` needs."""
        return rows

    def now(self, row):
        """Return in words what a row has now."""
        return ""

    def then(self, row, data):
        """Return in words what a row would have."""
        return self.in_words(data)

    def in_words(self, data):
        """Return in words what is chosen."""
        return ""

    def written(self, model):
        """Return the model whose history tells of it."""
        return model

    def write(self, rows, data, user):
        """Carry it out on these rows."""
        raise NotImplementedError


@dataclass(frozen=True)
class SetField(Edit):
    """Give one field of the rows a value from its list."""

    model: Any = None
    field: str = ""

    @cached_property
    def model_field(self):
        return self.model._meta.get_field(self.field)

    def fields(self, user):
        return {self.field: self.model_field.formfield(label=capfirst(self.model_field.verbose_name), help_text="")}

    def stays(self, data, user):
        return [(Q(**{self.field: data[self.field]}), _("have it already"))]

    def now(self, row):
        return getattr(row, f"get_{self.field}_display")() or "–"

    def in_words(self, data):
        return dict(self.model_field.flatchoices).get(data[self.field]) or "–"

    def write(self, rows, data, user):
        rows.update(**{self.field: data[self.field], "updated_by": user})


# ------------------------------------------------------------------------------------------------ cases


def staff():
    return User.objects.filter(is_active=True, groups__name__in=Role.values).distinct().order_by("username")


def in_team(user):
    return Q(Exists(TeamMember.objects.filter(case=OuterRef("pk"), user=user)))


ASSIGNEE_OUTSIDE = Q(assignee__isnull=False) & ~Exists(
    TeamMember.objects.filter(case=OuterRef("pk"), user=OuterRef("assignee"))
)


def not_editors(key):
    """Return the condition that the user of a key is no editor, who sees all cases that are open to their team."""
    editors = [Role.EDITOR, Role.ADMINISTRATOR]
    return ~Exists(User.objects.filter(pk=OuterRef(key), is_active=True, groups__name__in=editors))


class SetStage(SetField):
    """What lacks a source is not verified by this, as it is not on its page."""

    def stays(self, data, user):
        found = super().stays(data, user)
        if data["stage"] == Stage.VERIFIED:
            found += [(has_unsourced_records(), _("have accepted records without a source"))]
        return found


class SetAccess(SetField):
    """Nobody loses sight of a case by this who works on it: neither whoever does it nor whom it is assigned to."""

    def stays(self, data, user):
        found = super().stays(data, user)
        unseen = _("are assigned to somebody who would not see them any more")
        if data["access"] == Access.NAMED:
            found += [(~in_team(user), _("do not have you on their team: you would not see them any more"))]
            found += [(ASSIGNEE_OUTSIDE, unseen)]
        elif data["access"] == Access.TEAM:
            found += [(ASSIGNEE_OUTSIDE & not_editors("assignee"), unseen)]
        return found


class SetAssignee(Edit):
    def fields(self, user):
        return {
            "assignee": forms.ModelChoiceField(
                staff(), label=_("Assigned to"), required=False, empty_label=_("Nobody"), help_text=""
            )
        }

    def stays(self, data, user):
        assignee = data["assignee"]
        if assignee is None:
            return [(Q(assignee__isnull=True), _("are assigned to nobody already"))]
        seen = Case.objects.visible_to(assignee).filter(pk=OuterRef("pk"))
        return [
            (Q(assignee=assignee), _("are assigned to %s already") % assignee),
            (~Exists(seen), _("can't be seen by %s") % assignee),
        ]

    def with_now(self, rows):
        return rows.select_related("assignee")

    def now(self, row):
        return str(row.assignee or "–")

    def in_words(self, data):
        return str(data["assignee"] or _("nobody"))

    def write(self, rows, data, user):
        rows.update(assignee=data["assignee"], updated_by=user)


def not_to_come(day):
    if day > today():
        raise ValidationError(_("This day lies in the future."))


class Confirm(Edit):
    """Say until which day the situation is confirmed. A later confirmation stays."""

    def fields(self, user):
        box = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return {
            "day": forms.DateField(label=_("Last confirmed on"), initial=today, widget=box, validators=[not_to_come])
        }

    def stays(self, data, user):
        return [(Q(last_confirmed_on__gte=data["day"]), _("are confirmed on that day or later already"))]

    def now(self, row):
        return row.last_confirmed_on.isoformat() if row.last_confirmed_on else "–"

    def in_words(self, data):
        return data["day"].isoformat()

    def write(self, rows, data, user):
        """The source named so far confirmed another day."""
        rows.update(last_confirmed_on=data["day"], last_confirmed_source=None, updated_by=user)


@dataclass(frozen=True)
class Tie(Edit):
    """Tie something to cases, or untie it, by rows of a model of its own."""

    ties: Any = None
    to: str = ""
    add: bool = True

    def choices(self, user):
        return staff() if self.to == "user" else Term.objects.filter(kind=TermKind.TAG)

    def fields(self, user):
        label = _("User") if self.to == "user" else _("Tag")
        return {self.to: forms.ModelChoiceField(self.choices(user), label=label)}

    def tied(self, data):
        return Q(Exists(self.ties.objects.filter(case=OuterRef("pk"), **{self.to: data[self.to]})))

    def stays(self, data, user):
        return [(self.tied(data), _("have it already")) if self.add else (~self.tied(data), _("do not have it"))]

    def with_now(self, rows):
        return rows.prefetch_related(f"{self.related}__{self.to}")

    @property
    def related(self):
        return self.ties._meta.get_field("case").remote_field.related_name

    def names(self, row):
        return {str(getattr(one, self.to)) for one in getattr(row, self.related).all()}

    def now(self, row):
        return ", ".join(sorted(self.names(row))) or "–"

    def then(self, row, data):
        chosen = {str(data[self.to])}
        return ", ".join(sorted(self.names(row) | chosen if self.add else self.names(row) - chosen)) or "–"

    def in_words(self, data):
        return str(data[self.to])

    def written(self, model):
        return self.ties

    def write(self, rows, data, user):
        keys, chosen = list(rows.values_list("pk", flat=True)), {self.to: data[self.to]}
        if self.add:
            self.ties.objects.bulk_create([self.ties(case_id=pk, **chosen) for pk in keys], ignore_conflicts=True)
        else:
            self.ties.objects.filter(case__in=keys, **chosen).delete()


class LeaveTeam(Tie):
    """Nobody loses sight of a case by this who works on it (see SetAccess)."""

    def choices(self, user):
        seen = TeamMember.objects.visible_to(user)
        return User.objects.filter(Exists(seen.filter(user=OuterRef("pk")))).order_by("username")

    def stays(self, data, user):
        chosen = data[self.to]
        found = super().stays(data, user)
        if chosen == user:
            found += [(Q(access=Access.NAMED), _("are open to their team only: you would not see them any more"))]
        closed = Q(access=Access.NAMED) if chosen.is_editor else Q(access__in=[Access.NAMED, Access.TEAM])
        return [*found, (Q(assignee=chosen) & closed, _("are assigned to them, who would not see them any more"))]


# ------------------------------------------------------------------------------------------------ deleting


def in_use(model):
    """Return the condition under which a row can't be deleted, as something uses it; hidden rows count."""
    uses = [one for one in model._meta.related_objects if one.on_delete is PROTECT]
    found = [Exists(one.related_model._base_manager.filter(**{one.field.name: OuterRef("pk")})) for one in uses]
    if model is JointProceeding:  # would take with it what belongs to others
        found.append(Exists(JointProceedingCase._base_manager.filter(proceeding=OuterRef("pk"))))
    condition = Q()
    for one in found:
        condition |= Q(one)
    return condition


def is_used(model, keys):
    """Whether something uses one of the rows."""
    uses = in_use(model)
    return bool(uses) and model._base_manager.filter(uses, pk__in=keys).exists()


@dataclass(frozen=True)
class Delete(Edit):
    """Delete with all that hangs on it. What others use stays."""

    model: Any = None
    deletes = True
    at_once = 50

    def stays(self, data, user):
        uses = in_use(self.model)
        return [(uses, _("are used by other records"))] if uses else []

    def write(self, rows, data, user):
        rows.model._base_manager.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()


# ------------------------------------------------------------------------------------------------ which there are

TAGS = {"ties": CaseTag, "to": "term"}
TEAM = {"ties": TeamMember, "to": "user"}
EDITS = {
    Case: [
        SetStage("set_stage", gettext_lazy("Set the stage"), Case, "stage"),
        SetAccess("set_access", gettext_lazy("Set who may see them"), Case, "access"),
        SetAssignee("set_assignee", gettext_lazy("Assign to somebody")),
        Tie("add_tag", gettext_lazy("Add a tag"), **TAGS),
        Tie("remove_tag", gettext_lazy("Remove a tag"), **TAGS, add=False),
        Tie("add_member", gettext_lazy("Add somebody to the team"), **TEAM),
        LeaveTeam("remove_member", gettext_lazy("Remove somebody from the team"), **TEAM, add=False),
        Confirm("confirm", gettext_lazy("Confirm the situation on a day")),
    ],
    Source: [
        SetField("set_reliability", gettext_lazy("Set the reliability"), Source, "reliability"),
        SetField("set_kind", gettext_lazy("Set the kind"), Source, "kind"),
    ],
    Place: [
        SetField("set_kind", gettext_lazy("Set the kind"), Place, "kind"),
        SetField("set_country", gettext_lazy("Set the country"), Place, "country"),
    ],
    Court: [SetField("set_level", gettext_lazy("Set the level"), Court, "level")],
    Lawyer: [SetField("set_licence", gettext_lazy("Set the state of the licence"), Lawyer, "licence")],
}  # fmt: skip


def edits_of(model, *, deletable):
    """Return {name: Edit} of what can be done to many rows of a model."""
    found = [*EDITS.get(model, [])]
    if deletable:
        found.append(Delete("delete_selected", gettext_lazy("Delete"), model))
    return {edit.name: edit for edit in found}
