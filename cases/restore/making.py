"""The three plans: a record as a version says, a deleted one with what went with it, an act undone as a whole."""

from collections import defaultdict
from itertools import pairwise

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.restore.checks import added_since, changed_since, is_deleted, look_at, too_large
from cases.restore.plan import Plan, Problem, Step
from cases.restore.rows import (
    COUNTED,
    MODELS,
    Act,
    columns_of,
    folded_keys,
    holders_of,
    links_of,
    live_rows,
    of_same_act,
    own_columns_of,
    stored_rows,
    values_of,
    versions_before,
)
from cases.restore.words import address_of


def to_version(change, user, *, before=False, lock=False):
    """Plan to give a record the values that it had after a change, or `before` it; nothing else of it changes."""
    model = change.pgh_tracked_model
    plan = Plan(user, change)
    if before:
        then = versions_before(model, {change.pgh_obj_id: change.pgh_id}).get(change.pgh_obj_id)
    else:
        then = stored_rows(model, [change.pgh_id]).get(change.pgh_obj_id)
    now = live_rows(model, [change.pgh_obj_id], lock=lock).get(change.pgh_obj_id)
    if now is None:
        plan.obstacles.append(is_deleted(model, change.pgh_obj_id, user))
    elif then is None:
        plan.obstacles.append(Problem(_("What it was before is not recorded.")))
    else:
        columns = tuple(name for name in own_columns_of(model) if now[name] != then[name])
        if columns:
            plan.steps.append(Step(model, change.pgh_obj_id, then["pgh_id"], now, then, columns))
        look_at(plan, lock=lock)
    return plan


def of_deletion(change, user, *, lock=False):
    """Plan to bring back a deleted record with what went with it in the same act, and the links that were cut with it."""
    model = change.pgh_tracked_model
    plan = Plan(user, change)
    if live_rows(model, [change.pgh_obj_id]):
        plan.obstacles.append(Problem(_("It is there already."), address_of(change, user), _("Look at it")))
        return plan
    last = model.pgh_event_model.objects.filter(pgh_obj=change.pgh_obj_id).order_by("-pgh_id").first()
    if last.pgh_id != change.pgh_id:
        plan.obstacles.append(is_deleted(model, change.pgh_obj_id, user))
        return plan
    for one, versions in _gone_with(change).items():
        live = live_rows(one, versions)
        plan.steps += [
            Step(one, pk, then["pgh_id"], None, then, instead=folded_keys(one, then))
            for pk, then in versions.items()
            if pk not in live
        ]
    plan.steps += _cut_links(plan, lock=lock)
    look_at(plan, lock=lock)
    return plan


def of_act(change, user, *, lock=False):
    """Plan to undo all that an act did: what it made goes, what it changed is set back, what it deleted comes back."""
    plan, act = Plan(user, change), Act(change)
    if act.is_large:
        plan.obstacles.append(too_large())
        return plan
    if act.of_accounts or not act.is_visible_to(user):
        plan.obstacles.append(Problem(_("This act changed more than you may see, so it can't be undone as a whole.")))
        return plan
    for model in sorted(act.rows, key=MODELS.index):
        _undo(plan, act, model, lock=lock)
    added_since(plan)
    look_at(plan, lock=lock)
    return plan


def _undo(plan, act, model, *, lock):
    """Add the steps that undo what the act did to one model's rows, and what of them was changed since."""
    rows = act.rows[model]  # {key: [(pgh_id, label)]}
    made = {pk for pk, changes in rows.items() if changes[0][1] == "insert"}
    gone = {pk for pk, changes in rows.items() if changes[-1][1] == "delete"}
    changed_since(plan, model, {pk: changes[-1][0] for pk, changes in rows.items()})
    now = live_rows(model, rows, lock=lock)
    first = {pk: changes[0] for pk, changes in rows.items() if pk not in made}
    then = stored_rows(model, [pgh_id for pgh_id, label in first.values() if label == "delete"])
    then |= versions_before(model, {pk: pgh_id for pk, (pgh_id, label) in first.items() if label == "update"})
    for pk in rows:
        if pk in made and pk not in gone and pk in now:
            plan.steps.append(Step(model, pk, 0, now[pk], None))
        elif pk in made:
            continue
        elif pk not in then:
            plan.obstacles.append(Problem(_("What %s was before is not recorded.") % model._meta.verbose_name))
        elif pk in gone and pk not in now:
            plan.steps.append(Step(model, pk, then[pk]["pgh_id"], None, then[pk], instead=folded_keys(model, then[pk])))
        elif pk in now and (columns := tuple(c for c in own_columns_of(model) if now[pk][c] != then[pk][c])):
            plan.steps.append(Step(model, pk, then[pk]["pgh_id"], now[pk], then[pk], columns))


def _gone_with(change):
    """Return {model: {key: values}} of what the same act deleted with the record of this change, that record included.

    Of two that held a row, both must be there for it to come: if the act deleted both, it comes with the second.
    """
    root = change.pgh_tracked_model
    found = {root: _with_links(root, stored_rows(root, [change.pgh_id]), change)}
    for model in MODELS:  # what holds comes before what is held
        held_by = Q()
        for one in holders_of(model):
            if found.get(one.related_model):
                held_by |= Q(**{f"{one.name}__in": list(found[one.related_model])})
        if not held_by or model is root:
            continue
        rows = model.pgh_event_model.objects.filter(held_by, **of_same_act(change), pgh_label="delete")
        versions = stored_rows(model, rows.values("pgh_id"))
        for one in holders_of(model):
            away = _gone_too(one, {values[one.attname] for values in versions.values()}, found, change)
            versions = {pk: values for pk, values in versions.items() if values[one.attname] not in away}
        if versions:
            found[model] = _with_links(model, versions, change)
    return {model: found[model] for model in MODELS if model in found}


def _gone_too(holder, keys, found, change):
    """Return those of the keys of holders that the same act deleted, that are not there and do not come back now."""
    model = holder.related_model
    keys = keys - {None} - found.get(model, {}).keys()
    if not keys or model not in MODELS:
        return set()
    rows = model.pgh_event_model.objects.filter(pgh_obj__in=keys, **of_same_act(change), pgh_label="delete")
    return set(rows.values_list("pgh_obj_id", flat=True)) - live_rows(model, keys).keys()


def _with_links(model, versions, change):
    """Return the versions as they were before the deletion cut links of rows that it was then to delete themselves."""
    links = {one.attname for one in links_of(model)}
    events = model.pgh_event_model.objects.filter(pgh_obj__in=list(versions))
    if not links:
        return versions
    cut = set(events.filter(**of_same_act(change), pgh_label="update").values_list("pgh_obj_id", flat=True))
    if not cut:
        return versions
    names, earlier = columns_of(model), defaultdict(list)
    rows = (
        events.filter(pgh_obj__in=cut)
        .order_by("-pgh_id")
        .values_list("pgh_obj_id", "pgh_id", "pgh_created_at", "pgh_act", *names)
    )
    for pk, pgh_id, when, act, *values in rows:
        if pgh_id < versions[pk]["pgh_id"]:
            earlier[pk].append(((when, act), {"pgh_id": pgh_id, **values_of(names, values)}))
    found = dict(versions)
    for pk in cut:
        for act, older in earlier[pk]:
            differ = {name for name in names if older[name] != found[pk][name]} - COUNTED
            if differ - links or any(found[pk][name] is not None for name in differ):
                break
            found[pk] = older
            if act != (change.pgh_created_at, change.pgh_act):
                break  # what was before the act
    return found


# A link that only makes sense with another value beside it, which may have changed since.
LINK_NEEDS = {
    "reclassified_to_id": lambda row: row["ended_how"] == "reclassified",
    "changes_id": lambda row: row["change"] != "",
}


def _cut_links(plan, *, lock):
    """Return the steps that put back links of other rows which the act cut because what they led to was deleted."""
    back = defaultdict(set)
    for step in plan.steps:
        back[step.model].add(step.pk)
    steps = []
    for model in MODELS:
        links = [one for one in links_of(model) if one.related_model in back]
        if not links:
            continue
        now_empty = _emptied(model, links, back, plan.change)
        before, now = stored_rows(model, now_empty.values()), live_rows(model, now_empty, lock=lock)
        for pk, was in before.items():
            led = [one for one in links if was[one.attname] in back[one.related_model]]
            columns = tuple(one.attname for one in led if _fits(plan, one, model, now.get(pk)))
            if columns:
                steps.append(Step(model, pk, was["pgh_id"], now[pk], was, columns))
    return steps


def _emptied(model, links, back, change):
    """Return {key: pgh_id} of the last version in which a link of a row led to what comes back, before the act cut it."""
    names = [one.attname for one in links]
    rows = model.pgh_event_model.objects.filter(**of_same_act(change)).exclude(pgh_obj__in=back[model])
    rows = rows.order_by("pgh_id").values_list("pgh_obj_id", "pgh_id", "pgh_label", *names)
    versions, first = defaultdict(list), {}
    for pk, pgh_id, label, *keys in rows:
        versions[pk].append((pgh_id, keys))
        if pk not in first:
            first[pk] = pgh_id if label == "update" else 0
    for pk, was in versions_before(model, {pk: pgh_id for pk, pgh_id in first.items() if pgh_id}).items():
        versions[pk].insert(0, (was["pgh_id"], [was[name] for name in names]))
    found = {}
    for pk, changes in versions.items():
        for (pgh_id, old), (_later, new) in pairwise(changes):
            if any(
                was in back[one.related_model] and is_now is None
                for one, was, is_now in zip(links, old, new, strict=True)
            ):
                found[pk] = pgh_id
    return found


def _fits(plan, link, model, now):
    """Whether a link can be put back: its row is there, leads nowhere now, and what it needs beside it is there."""
    if now is not None and now[link.attname] is None and LINK_NEEDS.get(link.attname, bool)(now):
        return True
    if now is None:
        text = _("%(thing)s: “%(field)s” led here. It has been deleted since, so the link stays cut.")
    else:
        text = _("%(thing)s: “%(field)s” led here. It has been changed since, so the link stays cut.")
    words = {"thing": capfirst(str(model._meta.verbose_name)), "field": link.verbose_name}
    if now is None or model._default_manager.visible_to(plan.user).filter(pk=now["id"]).exists():
        plan.warnings.append(Problem(text % words))
    return False
