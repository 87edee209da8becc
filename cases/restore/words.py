"""What a plan does and a deletion takes along, in words, and where records and their changes have their pages."""

from collections import Counter
from typing import NamedTuple

from django.urls import reverse
from django.utils.text import capfirst

from cases.history.words import Difference, Names, differences, headline
from cases.models import (
    Case,
    Citation,
    Court,
    Detainee,
    Event,
    JointProceeding,
    Lawyer,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Right,
    Source,
)
from cases.restore.plan import by_model
from cases.restore.rows import MODELS, among, holders_of

MOST_NAMED = 20  # of what is in the way


def version_of(change):
    """Return the values of the record at a change."""
    return {**vars(change), "id": change.pgh_obj_id if hasattr(change, "pgh_obj_id") else change.id}


def change_address(change):
    return reverse("change-detail", args=[change.pgh_tracked_model._meta.model_name, change.pgh_id])


def restore_address(change):
    return reverse("change-restore", args=[change.pgh_tracked_model._meta.model_name, change.pgh_id])


PAGES = {  # and the key by which other records hang on what has one: they are shown there, on the first that there is
    Case: ("case-detail", "case_id"),
    Lawyer: ("lawyer-detail", "lawyer_id"),
    Detainee: ("person-detail", "detainee_id"),
    Source: ("source-detail", "source_id"),
    JointProceeding: ("proceeding-detail", "proceeding_id"),
    Place: ("place-detail", ""),
    Court: ("court-detail", ""),
    Provision: ("provision-detail", ""),
    PrisonerList: ("list-detail", ""),
    Organisation: ("organisation-detail", ""),
    Right: ("right-detail", ""),
}


def own_address(record):
    """Return the address of the page that a record has to itself; empty if it has none."""
    if type(record) not in PAGES:
        return ""
    page, _key = PAGES[type(record)]
    return reverse(page, args=[getattr(record, "reference", None) or record.pk])


def address_of(change, user):
    """Return the address of the page on which the record of a change stands, or would; empty if there is none to see."""
    model, values = change.pgh_tracked_model, version_of(change)
    for owner, (_page, key) in PAGES.items():
        pk = values.get("id" if model is owner else key)
        if pk and (row := owner.objects.visible_to(user).filter(pk=pk).first()):
            return own_address(row)
    return ""


class Told(NamedTuple):
    """What a plan does to one row, in words."""

    title: str
    kind: str
    differences: list[Difference]


def in_words(plan):
    """Return what the plan does as far as its user may see it: `first`, what they asked for; `others`, the first rows that
    change or go; `more`, how many of these are not told; `counts`, (kind, number) of what comes back besides.
    """
    steps = _seen(plan)
    asked = (plan.change.pgh_tracked_model, version_of(plan.change)["id"])
    first = [step for step in steps if (step.model, step.pk) == asked]
    others = [step for step in steps if (step.model, step.pk) != asked and step.kind != "insert"]
    come = [step for step in steps if (step.model, step.pk) != asked and step.kind == "insert"]
    names = Names(plan.user)
    shown = [*first, *others[:MOST_NAMED]]
    for step in shown:
        names.want(step.model, *filter(None, [step.now, step.after]))
    told = [_told(step, names) for step in shown]
    counts = Counter(step.model for step in come if step.model is not Event)
    return {
        "first": told[: len(first)],
        "others": told[len(first) :],
        "more": len(others) - len(told) + len(first),
        "counts": [
            (kind_in_words(model, number), number)
            for model, number in sorted(counts.items(), key=lambda item: MODELS.index(item[0]))
        ],
    }


def kind_in_words(model, number):
    """Return what records of a model are called, for one or several."""
    return capfirst(str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural))


def held_by(model, keys, user):
    """Return [(kind in words, number)] of what is deleted with rows of a model, as far as the user may see it."""
    found = []
    for one in MODELS:
        holders = [holder for holder in holders_of(one) if holder.related_model is model]
        if holders and one is not Event:
            rows = one._default_manager
            seen = rows.known_to(user) if one is Citation else rows.visible_to(user)
            held = among(seen, keys, holders[0].attname).count()
            found += [(kind_in_words(one, held), held)] if held else []
    return found


def _told(step, names):
    found = differences(step.model, step.now, step.after, names)
    return Told(headline(step.model, step.after or step.now, names), step.kind, found)


def _seen(plan):
    """Return the steps whose rows the user sees, in the order of the models."""
    found = []
    for model, steps in by_model(plan.steps):
        stored = [step.pgh_id for step in steps if step.kind == "insert"]
        seen = set(
            model.pgh_event_model.objects.visible_to(plan.user)
            .filter(pgh_id__in=stored)
            .values_list("pgh_id", flat=True)
        )
        live = [step.pk for step in steps if step.now]
        there = set(model._default_manager.visible_to(plan.user).filter(pk__in=live).values_list("pk", flat=True))
        found += [step for step in steps if (step.pk in there if step.now else step.pgh_id in seen)]
    return found
