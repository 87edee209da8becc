"""What the rows of a plan need, and what has taken their place since."""

from collections import defaultdict

from django.db import models
from django.db.models import Max
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.history.words import Names, headline
from cases.models import RECORD_MODELS, Case, Citation, Event, Stage, Standing
from cases.models.changes import deletion
from cases.models.evidence import OF_CASE
from cases.models.lacking import unsourced_records
from cases.restore.plan import Problem
from cases.restore.rows import COUNTED, MODELS, MOST_ROWS, TIES, folded_keys, on_delete, stored_rows
from cases.restore.words import MOST_NAMED, change_address, restore_address


def look_at(plan, *, lock):
    """Look at what the rows of the plan need, and at what has taken their place."""
    if lock:
        events = {step.then["event_id"] for step in plan.steps if step.then and "event_id" in step.then}
        list(Event.objects.select_for_update().filter(pk__in=events).order_by("pk").values("pk"))
    _look_for_missing(plan)
    _look_for_rivals(plan)
    _look_for_unsourced(plan)
    for step in plan.of("update"):
        keys = folded_keys(step.model, {**step.now, **step.after})
        step.instead |= {name: key for name, key in keys.items() if key != step.now[name]}
    if len(plan.steps) > MOST_ROWS:
        plan.obstacles = [too_large()]


def _look_for_missing(plan):
    """What the rows refer to must be there. A link may stay empty, a tie between two things may stay away; a fact may not."""
    away, told = set(), defaultdict(set)
    for model, lacking in _missing(plan).items():
        for key, step, one in lacking:
            if on_delete(one) is models.SET_NULL:
                step.instead[one.attname] = None
                effect = "link"
            elif step.model in TIES:
                away.add(id(step))
                effect = "tie"
            else:
                effect = "obstacle"
            words = (model, key, step.model)
            if one.attname not in COUNTED and words not in told[effect] and len(told[effect]) < MOST_NAMED:
                told[effect].add(words)
                _tell_of_missing(plan, model, key, effect, step)
    plan.steps = [step for step in plan.steps if id(step) not in away]


def _missing(plan):
    """Return {model: [(key, step, field)]} of what rows would refer to that is not there and does not come."""
    needed, coming = defaultdict(list), defaultdict(set)
    for step in plan.steps:
        if step.then is None:
            continue
        coming[step.model].add(step.pk)
        for one in step.model._meta.concrete_fields:
            is_set = one.is_relation and (step.kind == "insert" or one.attname in step.columns)
            if is_set and (key := step.then[one.attname]):
                needed[one.related_model].append((key, step, one))
    found = {}
    for model, wanted in needed.items():
        there = coming[model] | set(
            model._base_manager.filter(pk__in={key for key, *_rest in wanted}).values_list("pk", flat=True)
        )
        found[model] = [row for row in wanted if row[0] not in there]
    if found.get(Case):  # an event goes and comes with its case
        found.pop(Event, None)
    return found


def _tell_of_missing(plan, model, key, effect, step):
    change = deletion(model, plan.user, pgh_obj=key) if model in MODELS else None
    words = {"kind": model._meta.verbose_name, "name": Names(plan.user).of(model, key) if change else ""}
    words["thing"] = step.model._meta.verbose_name
    named = _("the %(kind)s “%(name)s”") % words if words["name"] else _("the %(kind)s") % words
    texts = {
        "obstacle": _("%(named)s that this %(thing)s refers to has been deleted since."),
        "link": _("%(named)s that this %(thing)s refers to has been deleted since: it comes back without it."),
        "tie": _("%(named)s has been deleted since: what ties it to this does not come back."),
    }
    text = capfirst(texts[effect] % {"named": named, **words})
    problem = Problem(text, *_way_back(change, named))
    (plan.obstacles if effect == "obstacle" else plan.warnings).append(problem)


def _way_back(change, named):
    if change is None:
        return "", ""
    return restore_address(change), _("Bring back %s first") % named


def is_deleted(model, key, user):
    change = deletion(model, user, pgh_obj=key)
    named = _("the %s") % model._meta.verbose_name
    return Problem(_("It has been deleted since."), *_way_back(change, named))


def too_large():
    words = {"number": f"{MOST_ROWS:,}"}
    return Problem(
        _("More than %(number)s rows would change: too many to be looked at and confirmed on one page.") % words
    )


def _look_for_rivals(plan):
    """A record whose event has another accepted account by now comes back as an alternative."""
    changed = [step for step in plan.steps if step.kind == "insert" or "standing" in step.columns]
    accepted = defaultdict(list)
    for step in changed:
        if step.after.get("standing") == Standing.ACCEPTED:
            accepted[step.after["event_id"]].append(step)
    left = {(step.model, step.pk) for step in plan.steps if (step.after or {}).get("standing") != Standing.ACCEPTED}
    for event in sorted(_accepted_now(accepted, but_not=left)):
        for step in accepted[event]:
            step.instead["standing"] = Standing.ALTERNATIVE.value
            text = _("%s: another account of this event is accepted by now. This one comes back as an alternative.")
            plan.warnings.append(Problem(text % capfirst(str(step.model._meta.verbose_name))))
    for step in changed:
        if step.now and step.now["standing"] == Standing.ACCEPTED and step.now["event_id"] not in accepted:
            text = _("%s: it is the accepted account now. Its event then has none until an editor accepts one.")
            plan.warnings.append(Problem(text % capfirst(str(step.model._meta.verbose_name))))


def _look_for_unsourced(plan):
    """A case whose accepted records do not all have a source then does not come back as verified, but to be reviewed."""
    for step in plan.steps:
        if step.model is not Case or (step.after or {}).get("stage") != Stage.VERIFIED:
            continue
        if (step.kind == "insert" or "stage" in step.columns) and _has_unsourced(plan, step.pk):
            step.instead["stage"] = Stage.IN_REVIEW.value
            text = _(
                "Case: not all of its accepted records have a source then. It comes back as “in review”, not verified."
            )
            plan.warnings.append(Problem(text))


def _has_unsourced(plan, case):
    """Whether an accepted record of the case will have no source once the plan is carried out."""
    records = {(type(record), record.pk) for record in unsourced_records(Case(pk=case))}
    coming, going = defaultdict(set), defaultdict(set)  # keys of citations, by the record that they support
    for step in plan.steps:
        after = step.after or {}
        if step.model in RECORD_MODELS and (after or step.now)["case_id"] == case:
            touched = {(step.model, step.pk)}
            records = records | touched if after.get("standing") == Standing.ACCEPTED else records - touched
        elif step.model is Citation:
            for values, those in ((step.now or {}, going), (after, coming)):
                for name in OF_CASE:
                    if values.get("case_id") == case and values[f"{name}_id"]:
                        those[Citation._meta.get_field(name).related_model, values[f"{name}_id"]].add(step.pk)
    left = {key for key in going if key[0]._base_manager.filter(pk=key[1], standing=Standing.ACCEPTED).exists()}
    left -= {(step.model, step.pk) for step in plan.steps if (step.after or {}).get("standing") != Standing.ACCEPTED}
    for model, pk in records | left:
        name = model._meta.model_name
        there = Citation.objects.filter(**{name: pk}).exclude(pk__in=going[model, pk])
        if not coming[model, pk] and not there.exists():
            return True
    return False


def _accepted_now(events, but_not):
    """Return those of the events that have an accepted account, not counting the records {(model, key)} of `but_not`."""
    return {
        event
        for model in RECORD_MODELS
        for pk, event in model.objects.accepted().filter(event__in=list(events)).values_list("pk", "event_id")
        if (model, pk) not in but_not
    }


def changed_since(plan, model, last):
    """Name what was changed after the act: rows {key: pgh_id of the act's last change}."""
    events = model.pgh_event_model.objects
    newest = (
        events.filter(pgh_obj__in=list(last)).values_list("pgh_obj_id").annotate(Max("pgh_id")).order_by("pgh_obj_id")
    )
    since = [pgh_id for pk, pgh_id in newest if pgh_id != last[pk]]
    seen = {change.pgh_id: change for change in events.visible_to(plan.user).filter(pgh_id__in=since[:MOST_NAMED])}
    names, versions = Names(plan.user), stored_rows(model, seen)
    names.want(model, *versions.values())
    called = {version["pgh_id"]: headline(model, version, names) for version in versions.values()}
    for pgh_id in since[:MOST_NAMED]:
        named = called.get(pgh_id, model._meta.verbose_name)
        url = change_address(seen[pgh_id]) if pgh_id in seen else ""
        plan.obstacles.append(Problem(_("Changed since: %s.") % named, url, _("What changed") if url else ""))
    if len(since) > MOST_NAMED:
        plan.obstacles.append(Problem(_("Changed since: %s more.") % (len(since) - MOST_NAMED)))


def added_since(plan):
    """What the act made can only go if nothing that came later refers to it."""
    going = defaultdict(set)
    for step in plan.of("delete"):
        going[step.model].add(step.pk)
    leaving = {(step.model, step.pk, name) for step in plan.of("update") for name in step.columns}
    for model in MODELS:
        for one in model._meta.concrete_fields:
            if not one.is_relation or not going.get(one.related_model) or one.attname in COUNTED:
                continue
            rows = model._base_manager.filter(**{f"{one.name}__in": going[one.related_model]})
            rows = rows.exclude(pk__in=going[model]).order_by("pk")
            later = [row for row in rows[:MOST_ROWS] if (model, row.pk, one.attname) not in leaving]
            if later:
                seen = model._default_manager.visible_to(plan.user).filter(pk__in=[row.pk for row in later]).count()
                words = {"kind": model._meta.verbose_name_plural, "number": seen}
                text = (
                    _("Added since to what would go: %(kind)s: %(number)s.")
                    if seen
                    else _("Something was added since.")
                )
                plan.obstacles.append(Problem(text % words))
