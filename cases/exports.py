"""The list as CSV: its columns by allow-list, streamed by PostgreSQL's COPY, safe to open in a spreadsheet.

The keys of the cases come from the list's own queryset, in its order, through a cursor; COPY then writes some
hundred cases at a time, all in one snapshot of the database. So permission is in the query, memory stays flat, and the first bytes come
at once however many cases follow.
"""

import csv
import json
from collections.abc import Iterator
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django_countries import countries

from cases.models import (
    Access,
    Certainty,
    DetentionKind,
    ReleaseKind,
    RestrictionKind,
    Sex,
    Stage,
    Status,
    Verdict,
)
from cases.models.proceedings import PenaltyKind
from cases.rows import OUTCOMES, WHAT_COMES

AT_FIRST, CASES_AT_ONCE = 50, 5000  # the first portion is small, so that the file begins at once
GUARDED = "'=+-@\t\r\n＝＋－＠"


def safe(column):
    """Return SQL that keeps a spreadsheet from running text as a formula; a leading quote is doubled, so that reading back
    is exact (see `reader`). Source: OWASP, CSV Injection."""
    return f"CASE WHEN left({column}, 1) = ANY (%(guarded)s) THEN '''' || {column} ELSE nullif({column}, '') END"


def reader(lines):
    """Return the rows of an export as dictionaries, with what guards against formulas taken off."""
    for row in csv.DictReader(lines):
        yield {name: value.removeprefix("'") for name, value in row.items()}


def label(column, vocabulary):
    return f"%(labels)s::jsonb -> '{vocabulary}' ->> {column}"


def labels():
    """Return the words for codes in the reader's language."""
    vocabularies = {
        "access": Access.choices,
        "country": list(countries),
        "kind": [*RestrictionKind.choices, *DetentionKind.choices],
        "next": WHAT_COMES.items(),
        "outcome": OUTCOMES.items(),
        "penalty": PenaltyKind.choices,
        "release": ReleaseKind.choices,
        "sex": Sex.choices,
        "stage": Stage.choices,
        "status": Status.choices,
        "verdict": Verdict.choices,
    }
    return {name: {code: str(words) for code, words in pairs} for name, pairs in vocabularies.items()}


def partial(name, column):
    """A partial date is three columns: text, earliest, latest."""
    return {
        name: f"nullif({column}, '')",
        f"{name}_earliest": f"{column}_earliest",
        f"{name}_latest": f"{column}_latest",
    }


def known(bound):
    """A bound of a period, without the days that stand for an open one."""
    return f"nullif(nullif({bound}, '0001-01-01'), '9999-12-31')"


def joined(expression, order):
    return f"string_agg({expression}, '; ' ORDER BY {order})"


PUBLIC = "AND {0}.standing = 'accepted' AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = {0}.event_id AND e.confidential)"
CHARGE_ORDER = "h.charged_on_earliest NULLS LAST, h.charged_on_latest, h.id"
NAME_OF_LAWYER = "(SELECT n.text FROM cases_name AS n WHERE n.lawyer_id = w.id ORDER BY n.kind <> 'main', n.id LIMIT 1)"
PENALTY = f"""concat_ws(' ', {label("p.kind", "penalty")}, p.years || ' y', p.months || ' m', p.days || ' d',
    trim_scale(p.amount) || ' ' || p.currency)"""

# What the file has, and nothing else: header and SQL. What people typed goes through `safe`.
COLUMNS = {
    "reference": "c.reference",
    "external_id": safe("c.external_id"),
    "title": safe("c.title"),
    "person": "d.reference",
    "person_external_id": safe("d.external_id"),
    "name": safe("name.text"),
    "name_language": safe("name.language"),
    "other_names": safe("others.names"),
    "sex": "d.sex",
    "sex_label": label("d.sex", "sex"),
    **partial("born", "d.born"),
    "deceased": "d.deceased",
    **partial("died", "d.died"),
    "nationalities": "nullif(array_to_string(d.nationalities, '; '), '')",
    "day": "%(day)s::date",
    "status": "now.status",
    "status_label": label("now.status", "status"),
    "status_certain": "CASE WHEN now.begin_latest <= %(day)s AND now.end_earliest > %(day)s THEN 'yes' ELSE 'no' END",
    "kind": "nullif(now.kind, '')",
    "kind_label": label("now.kind", "kind"),
    "since": "nullif(now.since_text, '')",
    "since_earliest": known("now.since_earliest"),
    "since_latest": known("now.since_latest"),
    "place_id": "place.id",
    "place": safe("place.name"),
    "place_locality": safe("place.locality"),
    "place_region": safe("place.region"),
    "place_country": "nullif(place.country, '')",
    "days_held_fewest": "coalesce(held.fewest, 0)",
    "days_held_likely": "coalesce(held.likely, 0)",
    "days_held_most": "coalesce(held.most, 0)",
    "days_unacknowledged": "coalesce(held.unacknowledged, 0)",
    "articles": safe("charges.articles"),
    "charges_as_reported": safe("charges.reported"),
    "outcomes": "charges.outcomes",
    "outcomes_label": safe("charges.labels"),
    "verdict": "f.verdict",
    "verdict_label": label("f.verdict", "verdict"),
    **partial("sentenced", "s.date"),
    "court": safe("court.name"),
    "imprisonment_months": "f.months",
    "penalties": "penalties.kinds",
    "penalties_label": safe("penalties.labels"),
    **partial("first_arrested", "arrest.date"),
    **partial("last_released", "release.date"),
    "release_kind": "release.kind",
    "release_kind_label": label("release.kind", "release"),
    "lawyers": safe("lawyers.names"),
    "lawyer_references": "lawyers.refs",
    "next": "coming.what",
    "next_label": label("coming.what", "next"),
    "next_date": "coming.written",
    "next_date_earliest": "coming.earliest",
    "next_date_latest": "coming.latest",
    "next_missing": "CASE WHEN coming.missing THEN 'yes' WHEN NOT coming.missing THEN 'no' END",
    "country": "nullif(c.country, '')",
    "country_label": label("c.country", "country"),
    "authority": safe("c.authority"),
    "territory_note": safe("c.territory_note"),
    "proceedings": safe("proceedings.names"),
    "tags": safe("tags.names"),
    "stage": "c.stage",
    "stage_label": label("c.stage", "stage"),
    "assigned_to": safe("assignee.username"),
    "access": "c.access",
    "access_label": label("c.access", "access"),
    "last_confirmed_on": "c.last_confirmed_on",
    "changed_at": "to_char(state.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
}  # fmt: skip

# What a case has several of is put together once for each case.
ROWS = f"""
    WITH held AS (SELECT * FROM cases_days_held(%(ids)s::bigint[], %(day)s)),
    in_force AS (SELECT * FROM cases_in_force(%(ids)s::bigint[], %(day)s)),
    charges AS (
        SELECT o.case_id, {joined("nullif(h.text_as_reported, '')", CHARGE_ORDER)} AS reported,
               {joined("concat_ws('/', k.slug, v.article, nullif(v.part, ''), nullif(v.point, ''))", CHARGE_ORDER)}
                   FILTER (WHERE k.slug IS NOT NULL) AS articles,
               {joined("o.outcome", CHARGE_ORDER)} AS outcomes, {joined(label("o.outcome", "outcome"), CHARGE_ORDER)} AS labels
        FROM cases_charge_outcomes(%(ids)s::bigint[], %(day)s) AS o JOIN cases_charge AS h ON h.id = o.charge_id
        LEFT JOIN cases_provision AS v ON v.id = h.provision_id LEFT JOIN cases_legalcode AS k ON k.id = v.code_id
        GROUP BY o.case_id
    ), coming AS (
        SELECT DISTINCT ON (case_id) * FROM cases_next(%(ids)s::bigint[], %(day)s)
        ORDER BY case_id, missing, earliest NULLS LAST, latest NULLS LAST
    ), now AS (
        SELECT DISTINCT ON (p.case_id) p.* FROM cases_period AS p
        WHERE p.case_id = ANY (%(ids)s::bigint[]) AND (
            p.begin_likely <= %(day)s AND p.end_likely > %(day)s
            OR p.status = ANY (%(possibly)s) AND p.begin_earliest <= %(day)s AND p.end_latest > %(day)s
        )
        ORDER BY p.case_id, p.status = ANY (%(possibly)s) DESC,
            p.begin_likely <= %(day)s AND p.end_likely > %(day)s DESC, p.number
    ), name AS (
        SELECT DISTINCT ON (n.detainee_id) n.* FROM cases_name AS n
        WHERE n.detainee_id IN (SELECT detainee_id FROM cases_case WHERE id = ANY (%(ids)s::bigint[]))
        ORDER BY n.detainee_id, n.kind <> 'main', n.id
    ), arrest AS (
        SELECT DISTINCT ON (a.case_id) a.* FROM cases_arrest AS a
        WHERE a.case_id = ANY (%(ids)s::bigint[]) {PUBLIC.format("a")}
        ORDER BY a.case_id, a.date_earliest NULLS LAST, a.date_latest, a.id
    ), release AS (
        SELECT DISTINCT ON (r.case_id) r.* FROM cases_release AS r
        WHERE r.case_id = ANY (%(ids)s::bigint[]) {PUBLIC.format("r")}
        ORDER BY r.case_id, r.date_earliest DESC NULLS LAST, r.date_latest DESC, r.id DESC
    )
    SELECT {{columns}}
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_case AS c ON c.id = listed.id
    JOIN cases_detainee AS d ON d.id = c.detainee_id
    LEFT JOIN cases_casestate AS state ON state.case_id = c.id
    LEFT JOIN name ON name.detainee_id = d.id
    LEFT JOIN now ON now.case_id = c.id
    LEFT JOIN cases_place AS place ON place.id = now.place_id
    LEFT JOIN held ON held.case_id = c.id
    LEFT JOIN in_force AS f ON f.case_id = c.id
    LEFT JOIN cases_sentence AS s ON s.id = f.sentence_id
    LEFT JOIN cases_court AS court ON court.id = s.court_id
    LEFT JOIN arrest ON arrest.case_id = c.id
    LEFT JOIN release ON release.case_id = c.id
    LEFT JOIN coming ON coming.case_id = c.id
    LEFT JOIN cases_user AS assignee ON assignee.id = c.assignee_id
    LEFT JOIN charges ON charges.case_id = c.id
    LEFT JOIN LATERAL (
        SELECT {joined("n.text", "n.id")} AS names FROM cases_name AS n WHERE n.detainee_id = d.id AND n.id <> name.id
    ) AS others ON true
    LEFT JOIN LATERAL (
        SELECT {joined("p.kind", "p.id")} AS kinds, {joined(PENALTY, "p.id")} AS labels
        FROM cases_penalty AS p WHERE p.sentence_id = f.penalties_of AND p.origin = 'imposed'
    ) AS penalties ON true
    LEFT JOIN LATERAL (
        SELECT {joined(NAME_OF_LAWYER, "r.id")} AS names, {joined("w.reference", "r.id")} AS refs
        FROM cases_representation AS r JOIN cases_lawyer AS w ON w.id = r.lawyer_id
        WHERE r.case_id = c.id AND (r.began_earliest IS NULL OR r.began_earliest <= %(day)s)
          AND (r.ended_latest IS NULL OR r.ended_latest >= %(day)s) {PUBLIC.format("r")}
    ) AS lawyers ON true
    LEFT JOIN LATERAL (
        SELECT {joined("j.name", "j.name, j.id")} AS names FROM cases_jointproceedingcase AS jc
        JOIN cases_jointproceeding AS j ON j.id = jc.proceeding_id WHERE jc.case_id = c.id
    ) AS proceedings ON true
    LEFT JOIN LATERAL (
        SELECT {joined("t.name", "t.name, t.id")} AS names FROM cases_casetag AS ct
        JOIN cases_term AS t ON t.id = ct.term_id WHERE ct.case_id = c.id
    ) AS tags ON true
    ORDER BY listed.n
"""
COPY = f"COPY ({ROWS}) TO STDOUT WITH (FORMAT csv)".format(
    columns=",\n        ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
)


def csv_lines(cases, day, *, statuses=(), certainty=Certainty.LIKELY, bom=False) -> Iterator[bytes]:
    """Yield the list as CSV in UTF-8: a header, then a row for each of the `cases` (a queryset) in its order.

    If the database fails midway the file ends with a line that says so, as not every server can break off the answer.
    """
    header = ",".join(COLUMNS) + "\n"
    yield (b"\xef\xbb\xbf" if bom else b"") + header.encode()
    values = {
        "day": day,
        "possibly": list(statuses) if certainty == Certainty.POSSIBLY else [],
        "labels": json.dumps(labels()),
        "guarded": list(GUARDED),
    }
    alone = not connection.in_atomic_block  # else the transaction has begun, and its snapshot is as it is
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if alone:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for ids in _some_at_once(cases.values_list("pk", flat=True)):
                with cursor.cursor.copy(COPY, values | {"ids": ids}) as copy:
                    for data in copy:
                        yield bytes(data)
    except Exception:
        yield (_("THIS FILE IS NOT COMPLETE: the export failed here.") + "\n").encode()
        raise


def _some_at_once(keys):
    """Yield lists of keys, read through a cursor of the database."""
    rest = keys.iterator(CASES_AT_ONCE)
    some = list(islice(rest, AT_FIRST))
    while some:
        yield some
        some = list(islice(rest, CASES_AT_ONCE))
