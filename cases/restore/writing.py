"""Trying a plan and carrying it out: all of it in one transaction, or nothing."""

from collections import defaultdict
from operator import attrgetter

from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from cases.chronology import problems, records_of
from cases.models import Case, Detainee, NameKind, Standing
from cases.restore.plan import Problem, by_model
from cases.restore.rows import MODELS, columns_of, row_of

LOCK = 0x7265_7374  # so that only one plan at a time is carried out: they are few, and two could bring back the same
MOST_ORDERED = 5  # cases whose order of dates is looked at


def carry_out(plan, agreed=None):
    """Try the plan: find what it would break and in what order it leaves the dates. Only if the user `agreed` to
    exactly this (its digest) is it kept.
    """
    if plan.obstacles or not plan.steps:
        return
    try:
        with transaction.atomic():
            before = set(_order_of_dates(plan))
            _write(plan)
            found = [text for text in _order_of_dates(plan) if text not in before]
            plan.warnings += map(Problem, dict.fromkeys(found))
            if agreed != plan.digest:
                raise _OnlyTriedError
            plan.done = True
    except _OnlyTriedError:
        pass
    except IntegrityError as error:
        plan.obstacles.append(Problem(_what_is_broken(error)))
    except ProtectedError:
        plan.obstacles.append(Problem(_("Something that came later refers to what would go. Nothing was done.")))


class _OnlyTriedError(Exception):
    """Rolls back what was only tried."""


def one_at_a_time():
    """Wait until no other plan is being carried out, up to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _write(plan):
    """Carry out the steps: what goes, what is set back, what comes; and have the database look at all references."""
    for model, steps in by_model(plan.of("delete"), reverse=True):
        model._base_manager.filter(pk__in=[step.pk for step in steps]).delete()
    for model, steps in _alike(plan.of("update")):
        _set_back(model, steps, plan.user)
    for model, steps in by_model(plan.of("insert")):
        rows = [row_of(model, {**step.then, **step.instead}) for step in steps]
        model._base_manager.bulk_create(rows, batch_size=500)
    connection.check_constraints()


ONLY_ONE = [("standing", Standing.ACCEPTED), ("kind", NameKind.MAIN)]


def _alike(steps):
    """Return [(model, steps)] that set the same columns. Those that take up what only one may have come last, and people
    after the stays that say whether they died.
    """
    groups = defaultdict(list)
    for step in steps:
        columns = tuple(sorted({*step.columns, *step.instead}))
        takes = any(name in columns and step.after[name] == value for name, value in ONLY_ONE)
        groups[takes, -MODELS.index(step.model), columns].append(step)
    return [(groups[key][0].model, sorted(groups[key], key=attrgetter("pk"))) for key in sorted(groups)]


def _set_back(model, steps, user):
    """Give rows their stored values in one statement, so that status is worked out once."""
    quote, table, history = connection.ops.quote_name, model._meta.db_table, model.pgh_event_model._meta.db_table
    columns = {name: f"h.{quote(name)}" for step in steps for name in step.columns}
    instead = {name: [] for step in steps for name in step.instead}
    for name, values in instead.items():
        values += [step.instead[name] if name in step.instead else step.after[name] for step in steps]
        columns[name] = f"o.{quote(name)}"
    if "updated_by_id" in columns_of(model):
        columns["updated_by_id"] = "%s"
    types = {name: model._meta.get_field(name.removesuffix("_id")).db_type(connection) for name in instead}
    given = ", ".join(["%s::bigint[]", "%s::bigint[]", *(f"%s::{kind}[]" for kind in types.values())])
    names = ", ".join(["pk", "pgh_id", *map(quote, instead)])
    sql = f"""
        UPDATE {quote(table)} AS r SET {", ".join(f"{quote(name)} = {value}" for name, value in columns.items())}
        FROM unnest({given}) AS o ({names}) JOIN {quote(history)} AS h ON h.pgh_id = o.pgh_id
        WHERE r.id = o.pk
    """
    values = [user.pk] if "updated_by_id" in columns else []
    values += [[step.pk for step in steps], [step.pgh_id for step in steps], *instead.values()]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _what_is_broken(error):
    """Return in words what the database refused; nothing of the row that is in the way, which may be hidden."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if name.startswith("name_one_main"):
        return _("There is another main name now. Give that one another kind first.")
    if name.startswith("cases_photo"):
        return _("There is another photo of this person now. Remove it first.")
    for model in MODELS:
        for constraint in model._meta.constraints:
            if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
                return _("Another %s has taken its place since.") % model._meta.verbose_name
            if constraint.name == name:
                return _("It no longer fits the rules: %s") % constraint.get_violation_error_message()
    return _("It contradicts what has been saved since. Nothing was done.")


def _order_of_dates(plan):
    """Return what is to be said of the order of dates in the cases that the plan touches, if these are few."""
    keys = {step.pk if step.model is Case else (step.after or step.now).get("case_id") for step in plan.steps}
    people = {step.pk for step in plan.steps if step.model is Detainee}
    cases = Case.objects.visible_to(plan.user).filter(Q(pk__in=keys) | Q(detainee__in=people))
    cases = list(cases.select_related("detainee").order_by("pk")[: MOST_ORDERED + 1])
    if len(cases) > MOST_ORDERED:
        return []
    return [found.message for case in cases for found in problems(records_of(case, plan.user), case.detainee)]
