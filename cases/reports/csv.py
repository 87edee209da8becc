"""A report as CSV, streamed by PostgreSQL's COPY, safe to open in a spreadsheet; and its rows as values, for XLSX.

The keys of the rows come from a queryset, in its order, through a cursor of the database; COPY then writes some thousand
rows at a time, all in one snapshot. So permission is in the query, memory stays flat, and the first bytes come at once
however many rows follow.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from cases.models import Case, Certainty
from cases.reports.columns import MOMENT, TEXT, Column, Report, split
from cases.reports.snapshot import snapshot
from cases.reports.words import labels

AT_FIRST, AT_ONCE = 50, 10_000  # keys; the first portion is small, so that the file begins at once
PIECE = 32 * 1024  # bytes that are sent at a time
RISKY = "=+-@\t\r\n＝＋－＠"  # how text begins that a spreadsheet would run
GUARDED = "'" + RISKY  # before which a quote is put; before a quote too, so that reading back is exact


@dataclass(frozen=True)
class Asked:
    """Who asks, and for when. `cases`: those found, which are cases that the user may see."""

    user: Any
    day: date
    statuses: tuple[str, ...] = ()
    certainty: str = Certainty.LIKELY
    cases: models.QuerySet | None = None

    @classmethod
    def by(cls, found: Any) -> "Asked":
        """Return what a CaseFilter asks for."""
        return cls(found.user, found.on_day, tuple(found.statuses), found.how_certain, found.qs)

    @property
    def values(self) -> dict[str, Any]:
        return {
            "day": self.day,
            "possibly": list(self.statuses) if self.certainty == Certainty.POSSIBLY else [],
            "labels": json.dumps(labels()),
            "guarded": list(GUARDED),
            "user": self.user.pk,
            "editor": self.user.is_editor,
        }

    def fill(self, sql: str) -> str:
        """Put the cases that the user may see, and those found, where the SQL names them."""
        for name, cases in [
            ("{visible}", Case.objects.visible_to(self.user)),
            ("{found}", Case.objects.visible_to(self.user) if self.cases is None else self.cases),
        ]:
            if name in sql:
                sql = sql.replace(name, written(cases.order_by().values("pk")) or "SELECT 0 WHERE false")
        return sql


def written(query: models.QuerySet) -> str:
    """Return a query as SQL with its values in it, to stand in another one; empty if it can't find anything."""
    try:
        return connection.ops.compose_sql(*query.query.sql_with_params()).replace("%", "%%")
    except EmptyResultSet:
        return ""


# ------------------------------------------------------------------------------------------------ writing


def csv_lines(
    report: Report,
    keys: models.QuerySet,
    columns: list[Column],
    asked: Asked,
    *,
    bom: bool = False,
    told: Callable[[int], None] = lambda rows: None,
) -> Iterator[bytes]:
    """Yield the rows of these keys (a queryset of the report's model, in its order) as CSV in UTF-8, after a header.

    NoSlot before anything is read if too many files are written already. If the database fails midway the file ends with a
    line that says so, as not every server can break off the answer. `told` hears how many rows there are, portion by portion.
    """
    header = (b"\xef\xbb\xbf" if bom else b"") + ",".join(column.name for column in columns).encode() + b"\n"
    copied = ", ".join(f'{as_written(column)} AS "{column.name}"' for column in columns)
    copy = f"COPY (SELECT {copied} FROM ({asked.fill(report.sql(columns))}) AS raw) TO STDOUT WITH (FORMAT csv)"
    values, begun, number = asked.values, False, 0
    try:
        with snapshot() as database:
            for ids in some_at_once(database, keys, report.weight):
                named = values | named_keys(database, report, copy, ids)
                with database.cursor() as cursor:
                    with cursor.cursor.copy(copy, named) as portions:
                        for some in gathered(portions):
                            yield some if begun else header + some
                            begun = True
                    number += cursor.rowcount
                told(number)
            if not begun:
                yield header
    except Exception:
        if begun:
            yield (_("THIS FILE IS NOT COMPLETE: the export failed here.") + "\n").encode()
        raise


def gathered(portions: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what COPY gives row by row in larger pieces: sending each row alone takes longer than reading it."""
    piece = bytearray()
    for portion in portions:
        piece += portion
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def rows(
    database: BaseDatabaseWrapper, report: Report, keys: models.QuerySet, columns: list[Column], asked: Asked
) -> Iterator[tuple]:
    """Yield the same rows as values: str, int, Decimal, date, datetime or None. `database`: of a snapshot."""
    sql, values = asked.fill(report.sql(columns)), asked.values
    for ids in some_at_once(database, keys, report.weight):
        with database.cursor() as cursor:
            cursor.execute(sql, values | named_keys(database, report, sql, ids))
            yield from cursor.fetchall()


def as_written(column: Column) -> str:
    """SQL: a stored value as the file has it."""
    name = f'"{column.name}"'
    if column.kind == MOMENT:
        return f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    return safe(name) if column.kind == TEXT else name


def safe(column: str) -> str:
    """Return SQL that keeps a spreadsheet from running text as a formula; a leading quote is doubled, so that reading back
    is exact (see `reader`). Source: OWASP, CSV Injection."""
    return f"CASE WHEN left({column}, 1) = ANY (%(guarded)s) THEN '''' || {column} ELSE nullif({column}, '') END"


def guarded(value: Any) -> Any:
    """Return a value as `safe` makes it; what is no text stays as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple(GUARDED)) else value


def some_at_once(database: BaseDatabaseWrapper, keys: models.QuerySet, weight: int) -> Iterator[list[int]]:
    """Yield lists of keys, read through a cursor of the database."""
    try:
        query, params = keys_alone(keys).query.sql_with_params()
    except EmptyResultSet:
        return
    with database.chunked_cursor() as cursor:
        cursor.execute(query, params)
        size = max(1, AT_FIRST // weight)
        while some := cursor.fetchmany(size):
            yield [key for (key,) in some]
            size = max(1, AT_ONCE // weight)


def named_keys(database: BaseDatabaseWrapper, report: Report, sql: str, ids: list[int]) -> dict[str, list[int]]:
    """Return the keys of a portion as the SQL names them: ids, and the cases of these records if it speaks of them.

    Those are read first, as functions of cases take known keys by an index, and others by looking at all there are.
    """
    if "%(cases)s" not in sql:
        return {"ids": ids}
    with database.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT case_id FROM {report.model._meta.db_table} WHERE id = ANY (%s)", [ids])
        return {"ids": ids, "cases": [case for (case,) in cursor.fetchall()]}


def keys_alone(keys: models.QuerySet) -> models.QuerySet:
    """Return the queryset reading one column: its own key, unless it says another, as that of people by their cases does."""
    return keys if keys.query.values_select else keys.values_list("pk")


# ------------------------------------------------------------------------------------------------ reading


def reader(lines: Iterable[str], columns: Iterable[Column] = ()) -> Iterator[dict[str, Any]]:
    """Return the rows of an export as dictionaries, with what guards against formulas taken off.

    With the report's columns, what has several values is a list of them.
    """
    lists = {column.name for column in columns if column.several}
    for row in csv.DictReader(lines):
        plain = {name: value.removeprefix("'") for name, value in row.items()}
        yield {name: split(value) if name in lists else value for name, value in plain.items()}
