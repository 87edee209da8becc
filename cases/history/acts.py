"""Which changes there are, act by act, in a fixed number of queries however many there are.

An act is one transaction. Its rows stand in as many tables as there are models; what a reader sees of each is decided by
`visible_to` of cases.models.changes alone. Each table's condition is written as SQL once for each role, and put together here.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from django.apps import apps
from django.db import connection
from django.db.models import Case as Choose
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KT

from cases.history.words import columns_of
from cases.models import RECORD_MODELS, Case, Detainee, Lawyer, User
from cases.models.changes import protected_from, tracked_models

PER_PAGE = 50
SHOWN = 40  # changes of one act on a page of many

# What stands for the reader's key in SQL that is kept: nobody has it.
READER = -7_000_000_007
# The keys of things by which a history is narrowed, and those of a record of a case
KEYS = ["case_id", "detainee_id", "lawyer_id", "source_id", "proceeding_id"]


# The order within an act: the case and the person, records, shared things, then what hangs on others.
ORDER = [
    "Case", "Detainee", *(model.__name__ for model in RECORD_MODELS), "Lawyer", "Source", "Place", "Court",
    "JointProceeding", "LegalCode", "Provision", "Organisation", "Right", "PrisonerList", "Term", "User", "Name", "Photo",
    "Affiliation", "Penalty", "Finding", "Citation", "Event",
    "CaseTag", "TeamMember", "JointProceedingCase", "SourceKeeper", "UserGroup",
]  # fmt: skip
KINDS = {name.lower(): name for name in ORDER}


def model_of(kind):
    return apps.get_model("cases", KINDS[kind])


# How the filter by kind groups them; what is not named here stands by itself
GROUPS = {
    "case": ["Case", "CaseTag", "TeamMember", "JointProceedingCase", "Event"],
    "person": ["Detainee", "Name", "Photo", "Affiliation"],
    "sentence": ["Sentence", "Penalty", "Finding"],
    "source": ["Source", "SourceKeeper"],
    "provision": ["Provision", "LegalCode"],
    "user": ["User", "UserGroup"],
}
GROUP_OF = {name: name.lower() for name in ORDER} | {name: group for group, names in GROUPS.items() for name in names}


# ------------------------------------------------------------------------------------------------ what a reader sees


def rows_of(model, user, *, in_seen_case=False):
    """Return SQL and parameters: a table's rows with their act, `seen` by this reader, and whether something of a seen one
    `hides` from them.
    """
    sql, params = _rows_for(model._meta.object_name, user.rank, in_seen_case)
    return sql, [user.pk if param == READER else param for param in params]


@cache
def _rows_for(name, rank, in_seen_case):
    reader = User(pk=READER)
    reader.rank = rank
    model = apps.get_model("cases", name)
    event = model.pgh_event_model
    rows = event.objects.marked_for(reader, in_seen_case=in_seen_case).annotate(
        by_name=KT("pgh_context__username"), obj=F(obj_of(event))
    )
    for key in SOURCES.get(name, ()):
        before = event.objects.filter(pgh_obj=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
        rows = rows.annotate(**{f"{key}_before": Subquery(before.values(key)[:1])})
    rows = rows.annotate(hides=_hides(name, reader))
    if name == "Event":  # the database makes one with each record; only that it is confidential says anything
        rows = rows.filter(Q(pgh_label="update") | Q(pgh_label="insert", confidential=True))
    keys = [key for key in KEYS if key in {one.attname for one in event._meta.concrete_fields}]
    columns = ["pgh_id", "obj", "pgh_created_at", "pgh_act", "by_name", "seen", "hides", *keys]
    return rows.order_by().values(*columns).query.sql_with_params()


def obj_of(event):
    """Return the column of an event model that has the key of the record; roles of users have no key of their own."""
    return "pgh_obj_id" if any(one.name == "pgh_obj" for one in event._meta.fields) else "id"


# The keys of sources that a row names: a reason may speak of what it names now and of what it named before.
SOURCES = {"Citation": ["source_id", "cites_id"], "Case": ["last_confirmed_source_id"]}


def _hides(name, reader):
    """Return whether a row that is seen has fields that are not: a reason may speak of them."""
    hidden = Q()
    if name in SOURCES:
        for key in SOURCES[name]:
            hidden |= protected_from(reader, key) | protected_from(reader, f"{key}_before")
    elif name == "Lawyer" and not reader.is_researcher:
        hidden = Q(Exists(Lawyer.pgh_event_model.objects.filter(pgh_obj=OuterRef("pgh_obj_id")).exclude(contact="")))
    elif name == "Source":
        hidden = protected_from(reader, "pgh_obj_id")
    return Choose(When(hidden, then=Value(True)), default=Value(False)) if hidden else Value(False)


# ------------------------------------------------------------------------------------------------ which history


@dataclass(frozen=True)
class Scope:
    """Whose history: for each model the condition on its rows `r`, with one parameter.

    `in_seen_case`: that of one case, which the reader is known to see.
    """

    parts: list  # (name of the model, SQL, parameter)
    in_seen_case: bool = False


def of_case(case, detainee, *, is_seen):
    """The history of a case, its person and all its records, by their keys. `is_seen`: the reader sees the case, as it is."""
    parts = [("Case", "r.obj = %s", case)]
    for model in tracked_models():
        if any(one.name == "case" for one in model._meta.fields):
            parts.append((model.__name__, "r.case_id = %s", case))
    return Scope([*parts, *of_person(detainee).parts], is_seen)


def of_person(pk):
    return Scope([("Detainee", "r.obj = %s", pk), *(_by(name, "detainee_id", pk) for name in PERSONAL)])


PERSONAL = ["Name", "Photo", "Affiliation", "Citation"]


def of_thing(model, pk):
    """The history of a person, lawyer, source, place, court, article or joint proceeding: its own rows and its names."""
    if model is Detainee:
        return of_person(pk)
    more = {
        "Lawyer": [_by("Name", "lawyer_id", pk)],
        "Source": [_by("SourceKeeper", "source_id", pk)],
        "JointProceeding": [_by("JointProceedingCase", "proceeding_id", pk)],
    }
    return Scope([(model.__name__, "r.obj = %s", pk), *more.get(model.__name__, [])])


def _by(name, key, pk):
    return name, f"r.{key} = %s", pk


# ------------------------------------------------------------------------------------------------ acts


@dataclass
class Found:
    """One act, and which of its changes are shown: (kind, pgh_id) in order. `size`: how many the reader sees of it here."""

    at: datetime
    number: int | None
    size: int
    keys: list
    cases: int = 0
    whole: bool = False
    changes: list = field(default_factory=list)


@dataclass
class Page:
    """A page of a history: acts, and what the page counts."""

    acts: list
    count: int = 0
    changes: int = 0
    since: datetime | None = None
    kinds: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)


HISTORY = """
    WITH changes AS MATERIALIZED ({changes}),
    acts AS MATERIALIZED (
        SELECT at, act, count(*) AS size, array_agg(DISTINCT group_name) AS kinds_in, max(username) AS username
        FROM changes GROUP BY at, act
    ), chosen AS (
        SELECT * FROM acts WHERE (%s::text IS NULL OR %s = ANY (kinds_in))
            AND (%s::text IS NULL OR coalesce(username, '') = %s)
            AND (%s::timestamptz IS NULL OR at >= %s) AND (%s::timestamptz IS NULL OR at < %s)
    ), page AS (
        SELECT at, act, size FROM chosen ORDER BY at DESC, act DESC NULLS LAST LIMIT %s OFFSET %s
    ), shown AS (
        SELECT p.at, p.act, p.size, c.kind, c.pgh_id,
               row_number() OVER (PARTITION BY p.at, p.act ORDER BY c.rank, c.pgh_id) AS place, c.rank
        FROM page AS p JOIN changes AS c ON c.at = p.at AND c.act IS NOT DISTINCT FROM p.act
    )
    SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM changes), (SELECT min(at) FROM changes),
        (SELECT jsonb_object_agg(group_name, n)::text FROM (
            SELECT group_name, count(*) AS n FROM acts, unnest(kinds_in) AS group_name GROUP BY group_name) AS each),
        (SELECT jsonb_object_agg(username, n)::text FROM (
            SELECT coalesce(username, '') AS username, count(*) AS n FROM acts GROUP BY 1) AS each),
        ARRAY(SELECT jsonb_build_array(at, act, size, jsonb_agg(jsonb_build_array(kind, pgh_id) ORDER BY rank, pgh_id))::text
              FROM shown WHERE place <= %s GROUP BY at, act, size ORDER BY at DESC, act DESC NULLS LAST)
"""


def page_of(scope, user, *, kind=None, person=None, begin=None, end=None, number=1, per_page=PER_PAGE):
    """Return a Page of the acts of a scope, newest first, in one query. `person` "" is whoever came without a name."""
    changes, params = _union(scope, user, kind)
    filters = [kind, kind, person, person, begin, begin, end, end, per_page, (number - 1) * per_page, SHOWN]
    with connection.cursor() as cursor:
        cursor.execute(HISTORY.format(changes=changes), [*params, *filters])
        count, total, since, kinds, people, acts = cursor.fetchone()
    return Page(
        [_found(act) for act in acts], count, total, since, json.loads(kinds or "{}"), json.loads(people or "{}")
    )


def around(scope, user, at):
    """Return the moments of the act before the last one up to `at`, and of the first one after it; None if there is none."""
    changes, params = _union(scope, user)
    sql = f"""WITH moments AS MATERIALIZED (SELECT DISTINCT at FROM ({changes}) AS changes)
        SELECT (SELECT at FROM moments WHERE at <= %s ORDER BY at DESC OFFSET 1 LIMIT 1),
               (SELECT min(at) FROM moments WHERE at > %s)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, at, at])
        return cursor.fetchone()


def _found(text):
    at, number, size, keys = json.loads(text)
    return Found(datetime.fromisoformat(at), number, size, [(kind, pk) for kind, pk in keys])


def _union(scope, user, kind=None):
    """Return SQL of all changes of a scope that the reader sees, in one table."""
    parts, params = [], []
    for name, condition, value in scope.parts:
        sql, more = rows_of(apps.get_model("cases", name), user, in_seen_case=scope.in_seen_case)
        parts.append(
            f"SELECT '{name}' AS kind, {_group(name)} AS group_name, {_rank(name, kind)} AS rank, r.pgh_id, "
            f"r.pgh_created_at AS at, r.pgh_act AS act, r.by_name AS username FROM ({sql}) AS r WHERE {condition} AND r.seen"
        )
        params += [*more, value]
    return " UNION ALL ".join(parts), params


def _rank(name, kind):
    """Return the place of a model's changes within an act; those of the kind that is asked for come first."""
    return ORDER.index(name) - (len(ORDER) if kind and name in names_of(kind) else 0)


def _group(name):
    if name == "Name":
        return "CASE WHEN r.lawyer_id IS NULL THEN 'person' ELSE 'lawyer' END"
    return f"'{GROUP_OF[name]}'"


# ------------------------------------------------------------------------------------------------ all changes

# The moments of the newest acts, each found by the index on the moment: an act of 100,000 rows is one step.
MOMENTS = """
    {name} (at, place) AS (
        SELECT %s::timestamptz, 0
        UNION ALL
        SELECT found.at, place + 1 FROM {name} AS last CROSS JOIN LATERAL (
            SELECT r.pgh_created_at AS at FROM ({rows}) AS r
            WHERE r.pgh_created_at < last.at AND r.pgh_created_at >= %s AND r.seen AND {condition}
            ORDER BY r.pgh_created_at DESC LIMIT 1
        ) AS found WHERE place < %s
    )"""
IN_MOMENTS = """
    WITH changes AS MATERIALIZED ({changes}),
    shown AS (
        SELECT *, count(*) OVER (PARTITION BY at, act) AS size,
               row_number() OVER (PARTITION BY at, act ORDER BY rank, pgh_id) AS place
        FROM changes
    )
    SELECT jsonb_build_array(at, act, size, jsonb_agg(jsonb_build_array(kind, pgh_id) ORDER BY rank, pgh_id))::text
    FROM shown WHERE place > %s AND place <= %s GROUP BY at, act, size ORDER BY at DESC, act DESC NULLS LAST
"""
EVERY = object()
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
FAR_AHEAD = datetime(9999, 12, 30, tzinfo=UTC)


def latest(user, *, kind=None, person=None, begin=None, end=None, most=PER_PAGE, shown=8):
    """Return (the newest acts before `end`, and whether there are more) of all that the reader sees: 5 queries at most.

    What is newest is looked at first as if all were seen, as that is quick to plan; only where too little of it is, the
    tables are searched with the conditions of each.
    """
    models = [model for model in tracked_models() if kind is None or model.__name__ in names_of(kind)]
    asked = kind, person, begin or LONG_AGO, end or FAR_AHEAD
    newest = _moments([(model, *_all_rows(model)) for model in models], *asked, CANDIDATES)
    moments = _seen_of(newest, models, user, kind, person)
    if len(moments) <= most and len(newest) == CANDIDATES:
        moments = _moments([(model, *rows_of(model, user)) for model in models], *asked, most + 1)
    return changes_at(moments[:most], user, kind=kind, shown=shown), len(moments) > most


CANDIDATES = 3 * PER_PAGE


def names_of(kind):
    """Return the names of the models of a group; names are of people and of lawyers."""
    return [name for name, group in GROUP_OF.items() if group == kind] + (["Name"] if kind == "lawyer" else [])


def _all_rows(model):
    event = model.pgh_event_model
    keys = ", lawyer_id" if model.__name__ == "Name" else ""
    table = event._meta.db_table
    return f"SELECT pgh_created_at, pgh_context ->> 'username' AS by_name, true AS seen{keys} FROM {table}", []


def _narrowed(model, kind, person):
    """Return SQL and parameters of what is asked of a model's rows `r`."""
    conditions, params = ["true"], []
    if model.__name__ == "Name" and kind:
        conditions.append(f"r.lawyer_id IS {'NOT ' if kind == 'lawyer' else ''}NULL")
    if person is not None:
        conditions.append("coalesce(r.by_name, '') = %s")
        params.append(person)
    return " AND ".join(conditions), params


def _moments(tables, kind, person, begin, end, most):
    """Return the newest moments of (model, SQL of its rows, parameters), at most so many."""
    parts, params = [], []
    for place, (model, rows, more) in enumerate(tables):
        condition, values = _narrowed(model, kind, person)
        parts.append(MOMENTS.format(name=f"m{place}", rows=rows, condition=condition))
        params += [end, *more, begin, *values, most]
    if not parts:
        return []
    every = " UNION ALL ".join(f"SELECT at FROM m{place} WHERE place > 0" for place in range(len(parts)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE {', '.join(parts)} SELECT DISTINCT at FROM ({every}) AS every ORDER BY at DESC LIMIT %s",
            [*params, most],
        )
        return [at for (at,) in cursor.fetchall()]


def _seen_of(moments, models, user, kind, person):
    """Return those of the moments at which something was changed that the reader sees, newest first."""
    parts, params = [], []
    for model in _models_in(moments) if moments else []:
        if model in models:
            rows, more = rows_of(model, user)
            condition, values = _narrowed(model, kind, person)
            parts.append(f"""
                SELECT at FROM (
                    SELECT r.pgh_created_at AS at, r.seen FROM ({rows}) AS r
                    WHERE r.pgh_created_at = ANY (%s) AND {condition} OFFSET 0
                ) AS once WHERE seen""")
            params += [*more, moments, *values]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT at FROM ({' UNION ALL '.join(parts)}) AS every ORDER BY at DESC", params)
        return [at for (at,) in cursor.fetchall()]


def changes_at(moments, user, *, kind=None, shown=SHOWN, first=0, act=EVERY):
    """Return the acts of these moments, or the one of the number `act` among them, with `shown` changes after the `first`."""
    if not moments:
        return []
    parts, params = [], []
    for model in _models_in(moments):
        rows, more = rows_of(model, user)
        parts.append(f"""
            SELECT '{model.__name__}' AS kind, {_rank(model.__name__, kind)} AS rank, pgh_id, at, act FROM (
                SELECT r.pgh_id, r.pgh_created_at AS at, r.pgh_act AS act, r.seen FROM ({rows}) AS r
                WHERE r.pgh_created_at = ANY (%s) {"" if act is EVERY else "AND r.pgh_act IS NOT DISTINCT FROM %s"} OFFSET 0
            ) AS once WHERE seen""")
        params += [*more, moments, *([] if act is EVERY else [act])]
    with connection.cursor() as cursor:
        cursor.execute(IN_MOMENTS.format(changes=" UNION ALL ".join(parts)), [*params, first, first + shown])
        return [_found(text) for (text,) in cursor.fetchall()]


# ------------------------------------------------------------------------------------------------ what else of an act

WHOLE = """
    WITH rows AS MATERIALIZED ({rows})
    SELECT at, act, bool_and(whole), count(DISTINCT pk) FROM rows
    GROUP BY at, act
"""


def look_at_whole_acts(acts, user):
    """Fill in of each act how many visible cases it changed, and whether the reader sees all that it changed: 2 queries."""
    if not acts:
        return
    moments, parts, params = [act.at for act in acts], [], []
    for model in _models_in(moments):
        sql, more = rows_of(model, user)
        key = "obj" if model is Case else "case_id" if "case_id" in columns_of(model) else "NULL::bigint"
        parts.append(f"""
            SELECT at, act, seen AND NOT hides AS whole, CASE WHEN seen THEN pk END AS pk FROM (
                SELECT r.pgh_created_at AS at, r.pgh_act AS act, r.seen, r.hides, {key} AS pk FROM ({sql}) AS r
                WHERE r.pgh_created_at = ANY (%s) OFFSET 0
            ) AS once""")
        params += [*more, moments]
    with connection.cursor() as cursor:
        cursor.execute(WHOLE.format(rows=" UNION ALL ".join(parts)), params)
        found = {(at, act): rest for at, act, *rest in cursor.fetchall()}
    for act in acts:
        act.whole, act.cases = found[act.at, act.number]


def _models_in(moments):
    """Return the models of which anything was changed at one of the moments: one query."""
    asked = [
        f"SELECT '{model.__name__}' WHERE EXISTS (SELECT FROM {model.pgh_event_model._meta.db_table} "
        "WHERE pgh_created_at = ANY (%s))"
        for model in tracked_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked), [moments] * len(asked))
        return [apps.get_model("cases", name) for (name,) in cursor.fetchall()]


# ------------------------------------------------------------------------------------------------ versions


@dataclass
class Version:
    """A change as the database keeps it: the row, and the row before it of the same record."""

    kind: str
    row: dict
    before: dict | None


def versions_of(keys):
    """Return {(kind, pgh_id): Version} in one query. The reader must have been found to see them."""
    wanted = {}
    for kind, pk in keys:
        wanted.setdefault(kind, []).append(pk)
    parts, params = [], []
    for kind, pks in wanted.items():
        model = apps.get_model("cases", kind)
        event = model.pgh_event_model
        table, obj = event._meta.db_table, obj_of(event)
        columns = ["pgh_id", "pgh_created_at", "pgh_act", "pgh_label", "pgh_context", "pgh_role", *columns_of(model)]
        row = "SELECT " + ", ".join(f'"{event._meta.get_field(name).column}" AS "{name}"' for name in columns)
        parts.append(f"""
            SELECT '{kind}', row_to_json(e)::text, row_to_json(b)::text
            FROM (
                SELECT pgh_id, lag(pgh_id) OVER (PARTITION BY {obj} ORDER BY pgh_id) AS before FROM {table}
                WHERE {obj} IN (SELECT {obj} FROM {table} WHERE pgh_id = ANY (%s))
            ) AS v
            JOIN LATERAL ({row} FROM {table} WHERE pgh_id = v.pgh_id) AS e ON true
            LEFT JOIN LATERAL ({row} FROM {table} WHERE pgh_id = v.before) AS b ON true
            WHERE v.pgh_id = ANY (%s)""")
        params += [pks, pks]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    found = {}
    for kind, row, before in rows:
        row = json.loads(row)
        found[kind, row["pgh_id"]] = Version(kind, row, json.loads(before) if before else None)
    return found
