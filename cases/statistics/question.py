"""The question as the numbers need it: the cases it is about, put once into the queries, and the addresses of its lists."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.validators import EMPTY_VALUES
from django.db import connection, transaction

from cases.filters import CaseFilter
from cases.models import HELD, Certainty
from cases.models.case import HOLDS

MOST_KEYS = 200_000  # that are handed from query to query; a question with more is asked again in each
FEW = 2_000  # cases whose records are looked up one by one rather than with those of all
# What narrows the question without saying anything of the cases that a status, a place or a day do not say
LOOSE = {"day", "certainty", "sort", "status", "place"}
# What the list asks as of the day: with these, the list of another day is of other cases
OF_THE_DAY = {"article", "outcome", "lawyer", "list", "months_min", "months_max"}


class Question:
    """A CaseFilter in SQL. All queries about one question run in one transaction: see `asking`.

    `base` are the cases that fit everything but status and place, which hold on a day: (id, detainee_id, country). `cohort`
    are the cases found on the day asked: (id, detainee_id, country, likely, certainly); all rows are possible. Where the
    question asks what holds certainly or possibly, the cases found are just those, and nothing about them is open.
    `several` are at least the people with several cases in the base: (detainee_id). They are few, and the others can be
    counted by their cases, without gathering what belongs to each person, which takes several times as long.
    """

    def __init__(self, found: CaseFilter) -> None:
        self.found = found
        self.day: date = found.on_day
        self.statuses: list[str] = [str(status) for status in found.statuses]
        self.places: list[int] = [place.pk for place in (found.asked.get("place") or {}).values()]
        self.held: list[str] = [status.value for status in HELD if not self.statuses or status in self.statuses]
        self.dated = bool(self.statuses or self.places)

    # Queries

    def asks(self, name: str) -> bool:
        return self.found.asked.get(name) not in EMPTY_VALUES

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What all queries may name: the day, and statuses and places, null if none is asked for."""
        return {
            "day": self.day,
            "statuses": self.statuses or None,
            "places": self.places or None,
            "held": self.held,
        }

    @cached_property
    def base(self) -> str:
        narrowed = any(self.asks(name) for name in self.found.asked if name not in LOOSE)
        cases = self.found.asking(status=None, place=None, certainty=None).qs
        try:
            sql = connection.ops.compose_sql(
                *cases.order_by().values_list("pk", "detainee_id", "country").query.sql_with_params()
            )
        except EmptyResultSet:
            return "SELECT NULL::bigint AS id, NULL::bigint AS detainee_id, '' AS country WHERE false"
        sql = f"SELECT id, detainee_id, country FROM ({escaped(sql)}) AS f (id, detainee_id, country)"
        return self._kept("base", sql, ["id", "detainee_id", "country"]) if narrowed else sql

    @cached_property
    def several(self) -> str:
        base = self.base
        if "base_id" in self.parameters:
            return f"SELECT detainee_id FROM ({base}) AS f GROUP BY detainee_id HAVING count(*) > 1"
        # Of all cases there are, hidden ones too, an index tells; that some people in it have one case here does no harm.
        sql = "SELECT detainee_id FROM cases_case GROUP BY detainee_id HAVING count(*) > 1"
        return self._kept("several", sql, ["detainee_id"])

    @cached_property
    def cohort(self) -> str:
        if not self.dated:
            return f"SELECT id, detainee_id, country, true AS likely, true AS certainly FROM ({self.base}) AS f"
        asked = self.found.how_certain
        holds = HOLDS[Certainty.POSSIBLY if asked == Certainty.LIKELY else asked]
        open_ones = asked == Certainty.LIKELY
        likely = HOLDS[Certainty.LIKELY] if open_ones else "true"
        certainly = HOLDS[Certainty.CERTAINLY] if open_ones else "true"
        sql = f"""
            SELECT f.id, f.detainee_id, f.country, bool_or({likely}) AS likely, bool_or({certainly}) AS certainly
            FROM ({self.base}) AS f JOIN cases_period AS p ON p.case_id = f.id AND {holds} AND {ASKED}
            GROUP BY f.id, f.detainee_id, f.country
        """
        return self._kept("cohort", sql, ["id", "detainee_id", "country", "likely", "certainly"])

    @property
    def flags(self) -> str:
        """Return the SQL of what is likely and certain of somebody, of whom several rows of the cohort are gathered."""
        return (
            "bool_or(likely) AS likely, bool_or(certainly) AS certainly"
            if self.dated
            else "true AS likely, true AS certainly"
        )

    def _kept(self, name: str, sql: str, columns: list[str]) -> str:
        """Return SQL with the rows of `sql` as arrays, or `sql` itself if they are too many."""
        arrays = ", ".join(f"coalesce(array_agg({column}), '{{}}')::text" for column in columns)
        rows = self.ask(f"SELECT {arrays} FROM ({sql}) AS kept HAVING count(*) <= {MOST_KEYS}")
        if not rows:
            return sql
        names = [f"{name}_{column}" for column in columns]
        self.parameters.update(zip(names, rows[0], strict=True))
        kinds = {"country": "text", "likely": "boolean", "certainly": "boolean"}
        given = ", ".join(f"%({name}_{column})s::{kinds.get(column, 'bigint')}[]" for column in columns)
        return f"SELECT * FROM unnest({given}) AS f ({', '.join(columns)})"

    @cached_property
    def keys_of_cohort(self) -> str | None:
        """Return the cases found as an array in SQL's writing, if they are few."""
        cohort = self.cohort
        rows = self.ask(
            f"SELECT array_agg(id)::text FROM (SELECT id FROM ({cohort}) AS f WHERE likely LIMIT {FEW + 1}) AS few "
            f"HAVING count(*) <= {FEW}"
        )
        return (rows[0][0] or "{}") if rows else None

    def ask(self, sql: str, **parameters: Any) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, self.parameters | parameters)
            return cursor.fetchall()

    # Addresses

    def link(self, **changes: Any) -> str:
        """Return the query string of the list with some parameters changed: None takes one out, a list gives several."""
        data = self.found.data.copy()
        for name in ("page", "sort"):
            data.pop(name, None)
        for name, value in changes.items():
            data.pop(name, None)
            if value is not None:
                data.setlist(name, [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)])
        return data.urlencode()

    def link_of_day(self, **changes: Any) -> str:
        """Likewise for numbers that are likely, at least and at most at once: the list asks for what is likely."""
        return self.link(certainty=None, **changes)


ASKED = """
    (%(statuses)s::text[] IS NULL OR p.status = ANY (%(statuses)s::text[]))
    AND (%(places)s::bigint[] IS NULL OR p.place_id = ANY (%(places)s::bigint[]))
"""


def escaped(sql: str) -> str:
    """Return composed SQL fit to be executed with parameters."""
    return sql.replace("%", "%%")


@contextmanager
def asking(found: CaseFilter) -> Iterator[Question]:
    """A Question whose queries may sort and hash a million rows in memory, and give up the memory after it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '96MB'")
        yield Question(found)
