"""Acts -> entries of a history page, in words."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.history.acts import KINDS, Found, look_at_whole_acts, obj_of, versions_of
from cases.history.words import (
    Difference,
    Names,
    columns_of,
    differences,
    field_value,
    headline,
    is_filled,
    label_of,
    shown_fields,
    tells_fields,
    value_in_words,
)
from cases.models import (
    RECORD_MODELS,
    Case,
    Court,
    Detainee,
    JointProceeding,
    Lawyer,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Right,
    Source,
    User,
)
from cases.models.changes import who_and_why

BADGES = {
    "added": (gettext_lazy("added"), "mark-added"),
    "deleted": (gettext_lazy("deleted"), "mark-deleted"),
    "changed": (gettext_lazy("changed"), "mark-plain"),
    "accepted": (gettext_lazy("account accepted"), "mark-contested"),
    "rejected": (gettext_lazy("rejected"), "mark-contested"),
    "set aside": (gettext_lazy("set aside"), "mark-contested"),
    "brought back": (gettext_lazy("brought back"), "mark-added"),
}
# Things with pages of their own. Word in their addresses: the model, and how one names a thing of it there
THINGS = {
    "person": (Detainee, "reference"),
    "lawyer": (Lawyer, "reference"),
    "source": (Source, "reference"),
    "proceeding": (JointProceeding, "reference"),
    "place": (Place, "pk"),
    "court": (Court, "pk"),
    "provision": (Provision, "pk"),
    "list": (PrisonerList, "pk"),
    "organisation": (Organisation, "pk"),
    "right": (Right, "pk"),
}
SHOWN_FIELDS = 8  # of what was added or deleted, before the rest folds away

GROUP_WORDS = {
    "case": gettext_lazy("Case"),
    "person": gettext_lazy("Person"),
    "citation": gettext_lazy("Citations"),
    **{model._meta.model_name: model._meta.verbose_name_plural for model in RECORD_MODELS},
}


def group_words(group):
    """Return the name of a kind in the filter."""
    if group not in GROUP_WORDS:
        model = apps.get_model("cases", KINDS.get(group, "JointProceeding"))
        return capfirst(str(model._meta.verbose_name_plural))
    return capfirst(str(GROUP_WORDS[group]))


@dataclass
class Change:
    """One version of one record, told."""

    kind: str
    pk: int
    what: str  # a key of BADGES
    title: str
    differences: list[Difference]
    version: object
    owner: str = ""  # the case that it belongs to and its person

    @property
    def badge(self):
        return str(BADGES[self.what][0])

    @property
    def css(self):
        return BADGES[self.what][1]

    @property
    def url(self):
        return reverse("change-detail", args=[self.kind, self.pk])

    @property
    def anchor(self):
        return f"{self.kind}-{self.pk}"

    @property
    def is_whole(self):
        """Whether it tells of one state and not of a difference."""
        return self.what in ("added", "deleted", "brought back")

    @property
    def first(self):
        return self.differences[:SHOWN_FIELDS] if self.is_whole else self.differences

    @property
    def more(self):
        return self.differences[SHOWN_FIELDS:] if self.is_whole else []


@dataclass
class Act:
    """All that one transaction changed, as far as it is shown here."""

    at: datetime
    number: int | None
    who: str
    by_nobody: bool
    through: str
    reasons: list[str]
    size: int
    cases: int
    changes: list[Change] = field(default_factory=list)

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    @property
    def main(self):
        return self.changes[0]

    @property
    def others(self):
        return self.changes[1:]

    @property
    def left_out(self):
        """How many of its changes are not shown here."""
        return self.size - len(self.changes)

    @property
    def is_bulk(self):
        return self.cases > 1

    @property
    def url(self):
        return self.main.url


def tell(acts: list[Found], user, *, names=None) -> list[Act]:
    """Return the acts in words. A fixed number of queries, whatever their number and size."""
    look_at_whole_acts(acts, user)
    versions = versions_of([key for act in acts for key in act.keys])
    names = names or Names(user)
    for version in versions.values():
        model = apps.get_model("cases", version.kind)
        names.want(model, version.row, version.before)
        names.want_owner(version.row)
    people = people_called({who_and_why(one.row["pgh_context"]).get("username") for one in versions.values()} - {None})
    return [_act(act, [versions[key] for key in map(tuple, act.keys)], names, people) for act in acts]


def people_called(usernames):
    """Return {username: name} of those who are still there."""
    return {user.username: str(user) for user in User.objects.filter(username__in=usernames)} if usernames else {}


def _act(found, versions, names, people):
    first = versions[0].row
    contexts = [who_and_why(version.row["pgh_context"]) for version in versions]
    username = next((context["username"] for context in contexts if context.get("username")), "")
    changes = _changes(versions, names)
    return Act(
        at=found.at,
        number=found.number,
        who=people.get(username, username) or _nobody(contexts[0]),
        by_nobody=not username,
        through=_through(contexts[0], username, first["pgh_role"], found.whole),
        reasons=_reasons(contexts) if found.whole else [],
        size=found.size - len(versions) + len(changes),
        cases=found.cases,
        changes=changes,
    )


def _reasons(contexts):
    """Return each reason that was given, once."""
    return list(dict.fromkeys(context["reason"] for context in contexts if "reason" in context))


def _nobody(context):
    """Return what stands for a name where nobody was signed in."""
    if command := context.get("command"):
        return _("The command %(name)s") % {"name": command}
    return _("Outside the application")


def _through(context, username, role, whole):
    """Return through what it was made, in words; the page is a secret of those who see all that was changed there."""
    if context.get("command"):
        return _("by the command %(name)s") % {"name": context["command"]} if username else ""
    if not username:
        return _("as the database's user %(name)s") % {"name": role} if role else ""
    if whole and context.get("url", "").startswith("/admin/"):
        return _("in Django admin")
    return ""


def _changes(versions, names):
    """Return the changes of an act. Citations of what is protected from the reader are told once for each record."""
    told, seen = [], set()
    for version in versions:
        change = _change(version, names)
        if version.kind == "Citation" and not names.knows("Source", version.row["source_id"]):
            if change.title in seen:
                continue
            seen.add(change.title)
        told.append(change)
    return sorted(told, key=lambda change: change.what != "accepted")  # what was set aside for it comes after it


def _change(version, names):
    model = apps.get_model("cases", version.kind)
    what = what_happened(version)
    before, after = before_and_after(version, what)
    return Change(
        kind=version.kind.lower(),
        pk=version.row["pgh_id"],
        what=what,
        title=headline(model, version.row, names),
        differences=differences(model, before, after, names, titled=True),
        version=version,
        owner=names.owner(version.row, version.kind),
    )


def what_happened(version):
    """Return in one word what a version says beside its fields: a key of BADGES."""
    label, before = version.row["pgh_label"], version.before
    if label == "insert":
        return "brought back" if before and before["pgh_label"] == "delete" else "added"
    if label == "delete":
        return "deleted"
    if before and (standing := version.row.get("standing")) != before.get("standing"):
        return {"accepted": "accepted", "rejected": "rejected"}.get(standing, "set aside")
    return "changed"


def before_and_after(version, what):
    """Return the record's columns before the change and after it; None where it was not there."""
    if what == "deleted":
        return version.row, None
    return None if what in ("added", "brought back") else version.before, version.row


def by_day(acts):
    """Return (day, its acts) for acts in order."""
    return [(day, list(of_day)) for day, of_day in groupby(acts, key=lambda act: act.day)]


# ------------------------------------------------------------------------------------------------ one change


class State(NamedTuple):
    """A field before a change, after it and now, in words; empty where the record was not there."""

    label: str
    before: str
    after: str
    now: str
    changed: bool
    changed_since: bool


@dataclass
class Focus:
    """One change looked at closely."""

    change: Change
    fields: list[State]
    is_there: bool
    is_latest: bool
    page: tuple  # (address, name) of the page that shows the record, or nothing


def focus_on(model, pk, user, names):
    """Return the Focus on a change that the user may see."""
    version = versions_of([(model._meta.object_name, pk)])[model._meta.object_name, pk]
    now = _now(model, version, user)
    later = model.pgh_event_model.objects.filter(pgh_id__gt=pk, **{obj_of(model.pgh_event_model): version.row["id"]})
    names.want(model, version.row, version.before, now)
    names.want_owner(version.row)
    change = _change(version, names)
    before, after = before_and_after(version, change.what)
    is_told = tells_fields(model, names, version.row, version.before, now)
    return Focus(
        change=change,
        fields=list(_states(model, (before, after, now), names)) if is_told else [],
        is_there=now is not None,
        is_latest=not later.exists(),
        page=_page_of(model, version, user, names),
    )


def _now(model, version, user):
    if not hasattr(model.objects, "visible_to"):
        return None
    return model.objects.visible_to(user).filter(pk=version.row["id"]).values(*columns_of(model)).first()


def _states(model, versions, names):
    for one in shown_fields(model, names.user):
        before, after, now = values = [field_value(one, version) if version else None for version in versions]
        if any(is_filled(one, value) for value in values):
            words = [
                value_in_words(one, version, value, names) if version else ""
                for version, value in zip(versions, values, strict=True)
            ]
            yield State(label_of(model, one), *words, before != after, after != now)


def _page_of(model, version, user, names):
    """Return (address, name) of the page that shows a record now: its case's, its person's or its own; else nothing."""
    name, row = model._meta.object_name, version.row
    if key := case_of(version):
        case = Case.objects.visible_to(user).filter(pk=key).values_list("reference", flat=True).first()
        return (reverse("case-detail", args=[case]), names.owner(row, name)) if case else ()
    if name in ("Name", "Photo", "Affiliation", "Citation"):
        name, pk = next((one.capitalize(), row[f"{one}_id"]) for one in ("detainee", "lawyer") if row.get(f"{one}_id"))
    elif name == "SourceKeeper":
        name, pk = "Source", row["source_id"]
    else:
        pk = row["id"]
    for word, (thing, by) in THINGS.items():
        if thing.__name__ == name:
            key = thing.objects.visible_to(user).filter(pk=pk).values_list(by, flat=True).first()
            return (reverse(f"{word}-detail", args=[key]), names.of(name, pk)) if key else ()
    return ()


def case_of(version):
    """Return the key of the case that a version belongs to, or None."""
    return version.row["id"] if version.kind == "Case" else version.row.get("case_id")
