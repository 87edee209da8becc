"""What somebody used last, to be offered first: where their own new records lead to. No table keeps it.

Only the last rows of each table are looked at, by primary key: that costs the same with a thousand and a million cases.
"""

from django.db.models import Q

from cases.models import (
    Affiliation,
    Arrest,
    Case,
    Charge,
    Citation,
    Court,
    Detainee,
    Detention,
    Hearing,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Listing,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Representation,
    Right,
    Sentence,
    Source,
    Violation,
)

LOOKED_AT = 5000  # rows of a table
KEPT = 60
NEWEST = 300  # rows among which the one last worked with is looked for

# The records that use a thing, and by which key.
USES = {
    Place: [(Arrest, "place"), (Detention, "place")],
    Court: [(Hearing, "court"), (Sentence, "court")],
    Provision: [(Charge, "provision")],
    Lawyer: [(Representation, "lawyer")],
    Source: [(Citation, "source")],
    JointProceeding: [(JointProceedingCase, "proceeding")],
    Detainee: [(Case, "detainee")],
    Right: [(Violation, "right")],
    PrisonerList: [(Listing, "list")],
    Organisation: [(Affiliation, "organisation")],
}


def used_last(user, model):
    """Return the keys of the rows that the user's records use, the last used first."""
    uses = [use for record, name in USES.get(model, []) for use in uses_in(record, name, user)]
    return list(dict.fromkeys(key for _at, key in sorted(uses, reverse=True)))


def uses_in(record, name, user):
    """Return (when, key) of the last uses in one table."""
    rows = record._base_manager.all()
    fields = {field.name for field in record._meta.concrete_fields}
    if not {"created_by", "updated_by", "updated_at"} <= fields:  # a through table: who used it says the case
        mine, at = Q(case__created_by=user) | Q(case__updated_by=user), "case__updated_at"
    else:
        mine, at = Q(created_by=user) | Q(updated_by=user), "updated_at"
    last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    # A number and not a subquery: the database then knows how few rows that are, and reads them by their key.
    rows = rows.filter(mine, pk__gt=last - LOOKED_AT, **{f"{name}__isnull": False})
    return list(rows.order_by("-pk").values_list(at, name)[:KEPT])


def lately(rows, user, most):
    """Return at most `most` of the rows: those that the user used last, then those last worked with by anybody."""
    keys = used_last(user, rows.model)
    found = {row.pk: row for row in rows.filter(pk__in=keys[:KEPT])} if keys else {}
    mine = [found[key] for key in keys if key in found][:most]
    if len(mine) == most:
        return mine
    newest = list(rows.model._base_manager.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
    others = rows.filter(pk__in=newest).exclude(pk__in=[row.pk for row in mine])
    return [*mine, *others.order_by("-updated_at", "-pk")[: most - len(mine)]]
