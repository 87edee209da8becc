"""What a report is made of: its rows, and its columns, each with its SQL and its words. CSV, XLSX, the dictionary of
columns and docs/reports.md all come from here.

A column's SQL gives the stored value; cases.reports.csv writes it down so that no spreadsheet runs it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.fields import PartialDateField
from cases.filters import UNNARROWING
from cases.models import Court, Place, Reliability
from cases.models.accounts import BY_WEIGHT
from cases.models.base import TernaryField
from cases.models.evidence import origins_sql
from cases.reports.words import LABELS, vocabulary_of

Words = str | Promise

TEXT, CODE, LABEL, DATE, PARTIAL, NUMBER, ANSWER, MOMENT = (
    "text", "code", "label", "date", "partial", "number", "answer", "moment",
)  # fmt: skip
KINDS: dict[str, Words] = {
    TEXT: _("text"),
    CODE: _("code"),
    LABEL: _("words for a code"),
    DATE: _("day, as 2015-01-29"),
    PARTIAL: _("date as far as it is known, as 2015, 2015-01 or 2015-01-29~"),
    NUMBER: _("number"),
    ANSWER: _("yes, no or unknown"),
    MOMENT: _("moment in UTC, as 2015-01-29T12:30:00Z"),
}


@dataclass(frozen=True)
class Column:
    """A column. `rank`: the lowest User.rank that may have it. `several`: values joined by "; ", see `joined`.

    A partial date is three columns with one title; `of` names the one with its text in the two others. An `extra` column is
    in a file only if it is asked for: it takes long, or only some need it.
    """

    name: str
    sql: str
    title: Words
    meaning: Words = ""
    kind: str = TEXT
    rank: int = 1
    of: str = ""
    several: bool = False
    vocabulary: str = ""  # of a code: see cases.reports.words
    extra: bool = False


@dataclass(frozen=True)
class Report:
    """A report: a row for each key, in the order of the keys.

    `rows` is SQL from FROM on, in which `listed` are the keys (id) and their places (n), and `%(cases)s` the cases of the records; `joins` are added where a chosen
    column, or another of them, speaks of their alias. `keys_of(found)` gives the keys for a question (a CaseFilter), whose
    cases are those that its user may see; `counted(keys)` the number of rows, where a key can have several. `weight`: portions are so many times smaller, as each row counts much.
    """

    name: str
    title: Words
    unit: Words
    about: Words
    model: type[models.Model]
    columns: tuple[Column, ...]
    rows: str
    keys_of: Callable[[Any], models.QuerySet]
    joins: tuple[tuple[str, str], ...] = ()
    before: str = ""
    order: str = "listed.n"
    weight: int = 1
    counted: Callable[[models.QuerySet], int] = field(default=lambda keys: keys.order_by().count())

    def columns_for(self, user: Any) -> list[Column]:
        """Return the columns that the user may have, in the report's order; their names alone tell nobody anything."""
        rank = max(1, getattr(user, "rank", 0))
        return [column for column in self.columns if column.rank <= rank]

    def plain_columns_for(self, user: Any) -> list[Column]:
        """Return those of them that a file has of which nobody said what it should have."""
        return [column for column in self.columns_for(user) if not column.extra]

    def keys(self, found: Any, user: Any) -> models.QuerySet:
        """Return the keys of its rows, in order. `found` is a CaseFilter of the same user: its cases are those they see."""
        return self.keys_of(found) if getattr(user, "rank", 0) else self.model._default_manager.none()

    def number(self, found: Any, user: Any) -> int:
        """Return how many rows the question finds."""
        return self.counted(self.keys(found, user))

    def sql(self, columns: list[Column]) -> str:
        """Return the query for the rows of some keys, with the columns' stored values under their names."""
        chosen = ", ".join(f'{column.sql} AS "{column.name}"' for column in columns)
        used, joins = f"{chosen} {self.order}", []
        for alias, sql in reversed(self.joins):
            if re.search(rf"\b{alias}\.", used):
                joins.insert(0, sql)
                used += sql
        return f"{self.before} SELECT {chosen} {self.rows} {' '.join(joins)} ORDER BY {self.order}"


# ------------------------------------------------------------------------------------------------ SQL


def label(code: str, choices: Any) -> str:
    """SQL: the words for a code, in the reader's language."""
    return f"{LABELS} -> '{vocabulary_of(choices)}' ->> {code}"


def joined(value: str, order: str) -> str:
    r"""SQL: several values as one, "a; b". What joins them is escaped in them, as \; and the backslash as \\: see `split`."""
    return rf"""string_agg(regexp_replace({value}, '([\\;])', '\\\1', 'g'), '; ' ORDER BY {order})"""


def split(text: str) -> list[str]:
    """Return the values that `joined` made one of."""
    values = re.findall(r"((?:\\.|[^\\;])+)(?:; |\Z)", text, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for value in values]


def known(bound: str) -> str:
    """SQL: a bound of a period, without the days that stand for an open one."""
    return f"nullif(nullif({bound}, '0001-01-01'), '9999-12-31')"


def article(provision: str, code: str) -> str:
    """SQL: an article as the filter takes it, such as ru-cc/212/1."""
    return (
        f"concat_ws('/', {code}.slug, {provision}.article, nullif({provision}.part, ''), nullif({provision}.point, ''))"
    )


# ------------------------------------------------------------------------------------------------ columns

IN_WORDS = _("The same in words, in the language of the reader.")
EARLIEST, LATEST = _("The first day that it can be; empty if open."), _("The last day that it can be; empty if open.")


def text(name: str, sql: str, title: Words, meaning: Words = "", **more: Any) -> Column:
    return Column(name, sql, title, meaning, **more)


def several(name: str, sql: str, title: Words, meaning: Words = "", **more: Any) -> Column:
    return Column(name, sql, title, meaning, several=True, **more)


def number(name: str, sql: str, title: Words, meaning: Words = "", **more: Any) -> Column:
    return Column(name, sql, title, meaning, NUMBER, **more)


def answer(name: str, sql: str, title: Words, meaning: Words = "") -> Column:
    return Column(name, sql, title, meaning, ANSWER)


def day(name: str, sql: str, title: Words, meaning: Words = "") -> Column:
    return Column(name, sql, title, meaning, DATE)


def moment(name: str, sql: str, title: Words, meaning: Words = "") -> Column:
    return Column(name, sql, title, meaning, MOMENT)


def code(name: str, sql: str, title: Words, meaning: Words = "", **more: Any) -> Column:
    return Column(name, sql, title, meaning, CODE, **more)


def coded(name: str, sql: str, choices: Any, title: Words, meaning: Words = "", **more: Any) -> list[Column]:
    """A code, and its words in a column beside it."""
    return [
        Column(name, f"nullif({sql}, '')", title, meaning, CODE, vocabulary=vocabulary_of(choices), **more),
        Column(f"{name}_label", label(sql, choices), title, IN_WORDS, LABEL, **more),
    ]


def partial(name: str, sql: str, title: Words, meaning: Words = "") -> list[Column]:
    """A partial date: its text, its earliest and its latest day."""
    return period(name, sql, f"{sql}_earliest", f"{sql}_latest", title, meaning)


def period(name: str, sql: str, earliest: str, latest: str, title: Words, meaning: Words = "") -> list[Column]:
    """A partial date whose bounds are called otherwise."""
    return [
        Column(name, f"nullif({sql}, '')", title, meaning, PARTIAL),
        Column(f"{name}_earliest", earliest, title, EARLIEST, DATE, of=name),
        Column(f"{name}_latest", latest, title, LATEST, DATE, of=name),
    ]


def place(alias: str = "place") -> list[Column]:
    title = _("place")
    return [
        number("place_id", f"{alias}.id", title, _("Number of the place in its address.")),
        text("place", f"{alias}.name", title, _("Its name.")),
        text("place_locality", f"{alias}.locality", _("town or village of the place"), _("Where the place is.")),
        text("place_region", f"{alias}.region", _("region of the place"), _("Where the place is.")),
        code("place_country", f"nullif({alias}.country, '')", _("country of the place"), _("ISO 3166 code.")),
    ]


def court(alias: str = "court") -> list[Column]:
    return [
        number("court_id", f"{alias}.id", _("court"), _("Number of the court in its address.")),
        text("court", f"{alias}.name", _("court"), _("Its neutral name.")),
    ]


def fields(model: type[models.Model], *names: str, alias: str = "r", **meanings: Words) -> list[Column]:
    """The columns of a model's own fields, by their kind: a code with its words, a partial date with its bounds."""
    return [column for name in names for column in of_field(model, name, alias, meanings.get(name, ""))]


def of_field(model: type[models.Model], name: str, alias: str, meaning: Words) -> list[Column]:
    field, sql = model._meta.get_field(name), f"{alias}.{name}"
    title, meaning = field.verbose_name, meaning or field.help_text
    if isinstance(field, PartialDateField):
        return partial(name, sql, title, meaning)
    if isinstance(field, TernaryField):
        return [answer(name, sql, title, meaning)]
    if isinstance(field, models.ForeignKey) and field.related_model in (Place, Court):
        return place() if field.related_model is Place else court()
    if field.choices:
        return coded(name, sql, field, title, meaning)
    if isinstance(field, models.DateField):
        return [day(name, sql, title, meaning)]
    if isinstance(field, models.IntegerField | models.DecimalField):
        return [number(name, sql, title, meaning)]
    assert isinstance(field, models.CharField | models.TextField), name
    return [text(name, sql, title, meaning)]


# ------------------------------------------------------------------------------------------------ records of a case

PREFIX = [
    code("case", "c.reference", _("case"), _("Reference of the case.")),
    code("person", "d.reference", _("person"), _("Reference of the person.")),
    text("name", "name.text", _("name"), _("The person's main name.")),
    number("id", "r.id", _("record"), _("Number of the record in its address.")),
]
# The table of the record and what every row of a record begins with.
OF_RECORD = """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN {table} AS r ON r.id = listed.id
    JOIN cases_case AS c ON c.id = r.case_id
    JOIN cases_detainee AS d ON d.id = c.detainee_id"""
NAME = (
    "name",
    """LEFT JOIN LATERAL (
        SELECT n.text FROM cases_name AS n WHERE n.detainee_id = d.id ORDER BY n.kind <> 'main', n.id LIMIT 1
    ) AS name ON true""",
)
PLACE = ("place", "LEFT JOIN cases_place AS place ON place.id = r.place_id")
COURT = ("court", "LEFT JOIN cases_court AS court ON court.id = r.court_id")

# A source that is protected from the reader is counted once, however many there are (design 7).
KNOWN = """(NOT s.protected OR %(editor)s
    OR EXISTS (SELECT FROM cases_sourcekeeper AS k WHERE k.source_id = s.id AND k.user_id = %(user)s))"""


def cited(key: str, of: str = "r.id") -> tuple[str, str]:
    """The sources that are cited for a record, as the reader may know them."""
    of_itself = " AND q.affiliation_id IS NULL" if key == "detainee" else ""  # those of roles carry the person, too
    return cited_where(f"q.{key}_id = {of}{of_itself}")


def cited_where(condition: str) -> tuple[str, str]:
    """The sources of those citations `q` for which the condition holds. What no column speaks of the database leaves out."""
    several_of = {
        "refs": "told.reference",
        "titles": "told.title",
        "publishers": "nullif(told.publisher, '')",
        "urls": "nullif(told.url, '')",
    }
    lists = ", ".join(
        f"{joined(value, 'told.reference')} FILTER (WHERE told.shown) AS {name}" for name, value in several_of.items()
    )
    return (
        "cited",
        f"""LEFT JOIN LATERAL (
        SELECT count(DISTINCT CASE WHEN told.shown THEN told.id ELSE 0 END) AS number, {lists},
               max(array_position({WEIGHTS}, told.reliability::text)) FILTER (WHERE told.shown) AS best,
               {origins_sql(condition, KNOWN)} AS origins
        FROM (
            SELECT DISTINCT s.id, s.reference, s.title, s.publisher, s.url, s.reliability, {KNOWN} AS shown
            FROM cases_citation AS q JOIN cases_source AS s ON s.id = q.source_id WHERE {condition}
        ) AS told
    ) AS cited ON true""",
    )


WEIGHTS = f"ARRAY[{', '.join(repr(one.value) for one in BY_WEIGHT)}]"  # from the least to the most
# One definition for every report that has records, cases or people in its rows: with `cited` or `cited_where` among its joins.
SOURCES = [
    number("sources", "cited.number", _("sources"), _("How many sources are cited; protected ones count as one.")),
    several(
        "source_references", "cited.refs", _("sources"), _("References of the sources that you may see."), kind=CODE
    ),
    several("source_titles", "cited.titles", _("titles of the sources"), _("In the order of their references.")),
    several(
        "source_publishers", "cited.publishers", _("publishers of the sources"), _("Those that name one, in the same order."),
        extra=True,
    ),
    several("source_urls", "cited.urls", _("addresses of the sources"), _("Those that have one.")),
    *coded(
        "source_reliability", f"({WEIGHTS})[cited.best]", Reliability, _("reliability of the sources"),
        _("Of the most reliable source that you may see."), extra=True,
    ),
    number(
        "source_origins", "cited.origins", _("origins of the sources"),
        _("Three reports of what one man said have one origin: who said it, else the source that it has it from, else the source itself. Of the sources that you may see."),
        extra=True,
    ),
]  # fmt: skip
SUFFIX = [
    text("remark", "r.remark", _("remark"), _("What else the team says of the record.")),
    *SOURCES,
    moment("created_at", "r.created_at", _("entered"), _("When it was entered here.")),
    moment("updated_at", "r.updated_at", _("last changed"), _("When it was last changed here.")),
]


def record(
    name: str,
    model: type[models.Model],
    columns: list[Column],
    *,
    title: Words = "",
    unit: Words,
    about: Words,
    joins: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> Report:
    """A report of a kind of case record: accepted ones that are not confidential, of the cases found."""
    return Report(
        name,
        title or capfirst(model._meta.verbose_name_plural),
        unit,
        about,
        model,
        (*PREFIX, *columns, *SUFFIX),
        OF_RECORD.format(table=model._meta.db_table),
        lambda found: in_order_of_cases(model._default_manager.public(), found),
        joins=(NAME, *joins, cited(model._meta.model_name)),
        **more,
    )


def in_order_of_cases(records: models.QuerySet, found: Any) -> models.QuerySet:
    """Return those of the cases found, case by case in the order of names, which an index serves, however many there are."""
    of_cases = records.filter(case__in=found.qs.order_by().values("pk"), case__state__isnull=False)
    return of_cases.order_by("case__state__sort_key", "case_id", *records.model._meta.ordering)


def narrows(found: Any) -> bool:
    """Whether the question leaves cases out: then it is quicker to find those first than to walk along an index."""
    return any(found.asked[name] for name in found.asked if name not in UNNARROWING)
