"""Rows of tables and of their history: what can be brought back, how it hangs together, and how it is read."""

from collections import defaultdict
from operator import itemgetter

from django.db import connection, models
from django.db.models import CharField, Value
from django.db.models.expressions import RawSQL

from cases.models import (
    RECORD_MODELS,
    Affiliation,
    Case,
    CaseTag,
    Citation,
    Court,
    Detainee,
    Event,
    Finding,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    LegalCode,
    Name,
    Organisation,
    Penalty,
    Photo,
    Place,
    PrisonerList,
    Provision,
    Right,
    Source,
    SourceKeeper,
    TeamMember,
    Term,
    User,
    UserGroup,
)
from cases.models.base import FoldedField

# What can be brought back, in the order in which it is inserted: what is referred to comes first.
MODELS = [
    *(Term, LegalCode, Provision, Place, Court, Right, PrisonerList, Organisation),
    *(Detainee, Lawyer, Name, Photo, Affiliation, Source, SourceKeeper),
    *(Case, TeamMember, CaseTag, JointProceeding, JointProceedingCase, Event, *RECORD_MODELS),
    *(Finding, Penalty, Citation),
]
KINDS = {model._meta.model_name: model for model in MODELS}
ACCOUNTS = {model._meta.model_name: model for model in (User, UserGroup)}  # their history is only read
# Rows that only tie two things together: without one of these they stay away, and the rest comes back.
TIES = (SourceKeeper, TeamMember, CaseTag, JointProceedingCase)
# Columns that count or say who and when: what they were is history, and a change counts on.
COUNTED = {"version", "created_at", "created_by_id", "updated_at", "updated_by_id"}
MOST_ROWS = 5000  # of one plan


def holders_of(model):
    """Return the fields that, if what they refer to is deleted, take the row with it."""
    return [one for one in model._meta.concrete_fields if one.is_relation and on_delete(one) is models.CASCADE]


def links_of(model):
    """Return the fields that are emptied if what they refer to is deleted."""
    return [one for one in model._meta.concrete_fields if one.is_relation and on_delete(one) is models.SET_NULL]


def on_delete(relation):
    return relation.remote_field.on_delete


def among(rows, keys, column="pk"):
    """Return those of the rows whose column is one of the keys, however many these are."""
    return rows.filter(**{f"{column}__in": RawSQL("SELECT unnest(%s::bigint[])", [keys])})


def of_same_act(change):
    """Return the lookup for the rows of history that the same transaction wrote."""
    of_same = {"pgh_act": change.pgh_act} if change.pgh_act else {"pgh_act__isnull": True}
    return {"pgh_created_at": change.pgh_created_at, **of_same}


class Act:
    """What one transaction did: `rows` is {model: {key: [(pgh_id, label), …]}}, each record's changes in their order."""

    def __init__(self, change):
        self.when = of_same_act(change)
        parts = [
            model.pgh_event_model.objects.filter(**self.when)
            .order_by()
            .values_list(Value(name, CharField()), "pgh_obj_id", "pgh_id", "pgh_label")
            for name, model in KINDS.items()
        ]
        found = list(parts[0].union(*parts[1:], all=True)[: MOST_ROWS + 1])
        self.is_large = len(found) > MOST_ROWS
        self.rows = defaultdict(lambda: defaultdict(list))
        for name, pk, pgh_id, label in sorted(found, key=itemgetter(2)):
            self.rows[KINDS[name]][pk].append((pgh_id, label))

    @property
    def of_accounts(self):
        return any(model.pgh_event_model.objects.filter(**self.when).exists() for model in ACCOUNTS.values())

    def is_visible_to(self, user):
        """Whether the user sees every row that the act wrote."""
        return all(
            model.pgh_event_model.objects.visible_to(user).filter(**self.when).count() == sum(map(len, rows.values()))
            for model, rows in self.rows.items()
        )


def columns_of(model):
    return [one.attname for one in model._meta.concrete_fields]


def own_columns_of(model):
    """Columns that a version brings back; a folded key is not stored knowledge but follows from the others."""
    return [
        one.attname
        for one in model._meta.concrete_fields
        if not one.primary_key and one.attname not in COUNTED and not isinstance(one, FoldedField)
    ]


def stored_rows(model, pgh_ids):
    """Return {key: values} of history rows, `pgh_id` among the values."""
    names = columns_of(model)
    rows = (
        model.pgh_event_model.objects.filter(pgh_id__in=pgh_ids)
        .order_by("pgh_obj_id")
        .values_list("pgh_obj_id", "pgh_id", *names)
    )
    return {pk: {"pgh_id": pgh_id, **values_of(names, values)} for pk, pgh_id, *values in rows}


def values_of(names, row):
    return {
        name: bytes(value) if isinstance(value, memoryview) else value for name, value in zip(names, row, strict=True)
    }


def versions_before(model, pgh_ids):
    """Return {key: values} of the versions that came right before the changes {key: pgh_id}."""
    if not pgh_ids:
        return {}
    earlier = model.pgh_event_model.objects.filter(pgh_obj__in=list(pgh_ids), pgh_id__lt=max(pgh_ids.values()))
    last = {}
    for pk, pgh_id, label in earlier.order_by("pgh_id").values_list("pgh_obj_id", "pgh_id", "pgh_label"):
        if pgh_id < pgh_ids[pk]:
            last[pk] = pgh_id if label != "delete" else None
    return stored_rows(model, [pgh_id for pgh_id in last.values() if pgh_id])


def live_rows(model, keys, *, lock=False):
    """Return {key: values} of the rows that there are, locked in the order of their keys if they are to be changed."""
    rows = model._base_manager.filter(pk__in=list(keys)).order_by("pk")
    names = columns_of(model)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    return {row[0]: values_of(names, row[1:]) for row in rows.values_list("pk", *names)}


def folded_keys(model, values):
    """Return the folded keys of the row {column: key}, as cases.names folds today."""
    fields = [one for one in model._meta.concrete_fields if isinstance(one, FoldedField)]
    row = row_of(model, values) if fields else None
    return {one.attname: one.pre_save(row, add=False) for one in fields}


def row_of(model, values):
    """Return an instance with just these values: bounds of partial dates stay as stored."""
    names = columns_of(model)
    return model.from_db(connection.alias, names, [values[name] for name in names])
