"""Arrests, sentences and releases per month and per year: in how many cases, and how many records of them there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models.base import public_sql
from cases.statistics.parts import Bounded, Line, Table
from cases.statistics.question import Question

MOST_MONTHS = 60  # up to the month of the day
MOST_YEARS = 100  # up to the last one

# Of each record the months of its likely day, of its first and last possible day, and of these two with its doubts, all
# counted from year 0, each worked out only where it differs (OFFSET 0 keeps it so); of the cases with several records, once
# for each period in which one lies; the others are their records. %(first)s and %(last)s: what is asked.
PERIODS = """
    WITH cohort AS ({cohort}), begun AS (
        SELECT f.id, r.date, r.date_earliest, r.date_latest, {earliest} AS earliest
        FROM cohort AS f JOIN {table} AS r ON r.case_id = f.id
        WHERE f.likely AND {public}
          AND (%(first)s::date IS NULL OR coalesce(r.date_latest, r.date_earliest + 1000000) >= %(first)s)
          AND (%(last)s::date IS NULL OR coalesce(r.date_earliest, r.date_latest - 700000) <= %(last)s)
          {kinds}
        OFFSET 0
    ), ended AS (
        SELECT r.*, CASE WHEN r.date_earliest = r.date_latest THEN r.earliest ELSE {latest} END AS latest FROM begun AS r OFFSET 0
    ), dated AS MATERIALIZED (
        SELECT r.id, r.earliest, r.latest, CASE WHEN r.earliest = r.latest THEN r.earliest ELSE {likely} END AS likely,
               CASE WHEN r.date ~ '[~?%%]$' THEN {widest_earliest} ELSE r.earliest END AS widest_earliest,
               CASE WHEN r.date ~ '[~?%%]$' THEN {widest_latest} ELSE r.latest END AS widest_latest
        FROM ended AS r
    ), several AS (
        SELECT id FROM dated GROUP BY id HAVING count(*) > 1
    ), records AS MATERIALIZED (
        SELECT d.*, s.id AS one_of_several FROM dated AS d LEFT JOIN several AS s ON s.id = d.id
    ), known AS MATERIALIZED (
        SELECT min(coalesce(earliest, latest)) AS first, max(coalesce(latest, earliest)) AS last FROM records
    ), shown AS MATERIALIZED (
        SELECT greatest(first / 12, last / 12 - {years} + 1) AS first_year, last / 12 AS last_year,
               greatest(first, least(greatest({month_of_day}, first), last) - {months} + 1) AS first_month,
               least(greatest({month_of_day}, first), last) AS last_month
        FROM known
    ), each AS (
        SELECT r.one_of_several, r.earliest / 12 AS at, true AS is_year, true AS likely,
               coalesce(r.widest_earliest / 12 = r.widest_latest / 12, false) AS certainly
        FROM records AS r CROSS JOIN shown WHERE r.earliest / 12 = r.latest / 12 AND r.earliest / 12 >= first_year
        UNION ALL
        SELECT r.one_of_several, y.at, true, r.likely / 12 = y.at, false
        FROM records AS r CROSS JOIN shown CROSS JOIN LATERAL generate_series(
            greatest(coalesce(r.earliest / 12, first_year), first_year), least(coalesce(r.latest / 12, last_year), last_year)
        ) AS y (at) WHERE (r.earliest / 12 = r.latest / 12) IS NOT TRUE AND r.likely IS NOT NULL
        UNION ALL
        SELECT r.one_of_several, r.earliest, false, true, coalesce(r.widest_earliest = r.widest_latest, false)
        FROM records AS r CROSS JOIN shown WHERE r.earliest = r.latest AND r.earliest BETWEEN first_month AND last_month
        UNION ALL
        SELECT r.one_of_several, m.at, false, r.likely = m.at, false
        FROM records AS r CROSS JOIN shown CROSS JOIN LATERAL generate_series(
            greatest(coalesce(r.earliest, first_month), first_month), least(coalesce(r.latest, last_month), last_month)
        ) AS m (at) WHERE (r.earliest = r.latest) IS NOT TRUE AND r.likely IS NOT NULL
    ), of_cases AS (
        SELECT is_year, at,
               CASE WHEN one_of_several IS NULL THEN count(*) ELSE 1 END AS possibly,
               CASE WHEN one_of_several IS NULL THEN count(*) FILTER (WHERE likely) ELSE bool_or(likely)::int END AS likely,
               CASE WHEN one_of_several IS NULL THEN count(*) FILTER (WHERE certainly) ELSE bool_or(certainly)::int END AS certainly,
               count(*) AS records, count(*) FILTER (WHERE likely) AS records_likely,
               count(*) FILTER (WHERE certainly) AS records_certainly
        FROM each GROUP BY is_year, at, one_of_several
    )
    SELECT is_year, at, sum(likely)::bigint, sum(certainly)::bigint, sum(possibly)::bigint,
           sum(records_likely)::bigint, sum(records_certainly)::bigint, sum(records)::bigint
    FROM of_cases GROUP BY is_year, at
    UNION ALL
    SELECT NULL, NULL, count(DISTINCT id), NULL, NULL, count(*), NULL, NULL FROM records WHERE likely IS NULL
    UNION ALL
    SELECT NULL, first_year, last_year, first_month, last_month, NULL, NULL, NULL FROM shown WHERE first_year IS NOT NULL
"""


def month_of(day: str) -> str:
    """SQL: the months from year 0 to a day."""
    return f"(date_part('year', {day})::int * 12 + date_part('month', {day})::int - 1)"


@dataclass(frozen=True)
class Event:
    """Something that happened in a case and is counted by its date; `name` is that of the list's parameters."""

    name: str
    table: str
    records: Promise
    title_of_years: Promise
    title_of_months: Promise
    definition: Promise


EVENTS = {
    "arrests": Event(
        "arrested",
        "cases_arrest",
        gettext_lazy("arrests"),
        gettext_lazy("Arrests per year"),
        gettext_lazy("Arrests per month"),
        gettext_lazy("Cases with an arrest in the time."),
    ),
    "sentences": Event(
        "sentenced",
        "cases_sentence",
        gettext_lazy("sentences"),
        gettext_lazy("Sentences per year"),
        gettext_lazy("Sentences per month"),
        gettext_lazy("Cases with a sentence, or a decision of a higher court on one, in the time."),
    ),
    "releases": Event(
        "released",
        "cases_release",
        gettext_lazy("releases"),
        gettext_lazy("Releases per year"),
        gettext_lazy("Releases per month"),
        gettext_lazy("Cases with a release in the time, on whatever ground."),
    ),
}
BOUNDS = gettext_lazy(
    "Likely: the middle of the days that the date allows lies in the time. At least: all these days lie in it. At most: one "
    "of them does; the list of cases shows these. An arrest in 2015, without more, is certain for the year and possible in "
    "each of its months."
)


def tables_of(question: Question, name: str) -> list[Table]:
    """Return the tables of one kind of event, by year and by month. One query."""
    event = EVENTS[name]
    first, last = question.found.between(event.name) if question.found.asked else (None, None)
    kinds = question.found.asked.get("release_kind") if name == "releases" else None
    sql = PERIODS.format(
        cohort=question.cohort,
        table=event.table,
        public=public_sql("r"),
        likely=month_of("cases_likely(r.date_earliest, r.date_latest)"),
        earliest=month_of("r.date_earliest"),
        latest=month_of("r.date_latest"),
        widest_earliest=month_of("(r.date_earliest - cases_widening(r.date))"),
        widest_latest=month_of("(r.date_latest + cases_widening(r.date))"),
        kinds="AND r.kind = ANY (%(kinds)s::text[])" if kinds else "",
        years=MOST_YEARS,
        months=MOST_MONTHS,
        month_of_day=month_of("%(day)s::date"),
    )
    counts: dict[tuple[bool, int], tuple] = {}
    undated, shown = (0, 0), None
    for is_year, at, *numbers in question.ask(sql, first=first, last=last, kinds=list(kinds or [])):
        if is_year is not None:
            counts[is_year, at] = numbers
        elif at is None:
            undated = (numbers[0], numbers[3])
        else:
            shown = (at, *numbers[:3])
    years = [*lines_of(question, event, counts, is_year=True, shown=shown), *undated_lines(undated)]
    months = list(lines_of(question, event, counts, is_year=False, shown=shown))
    definition = f"{event.definition} {BOUNDS}"
    several = _(
        "A case with several %(records)s in different times counts in each, so the lines can add up to more than all cases; "
        "within one time it counts once, and the number of %(records)s stands beside it."
    ) % {"records": event.records}
    if question.asks(f"{event.name}_after") or question.asks(f"{event.name}_before") or kinds:
        several += " " + _("Only %(records)s that fit what is asked of them are counted.") % {"records": event.records}
    of_months = several + " " + _("Shown are at most %(number)d months, up to the day.") % {"number": MOST_MONTHS}
    unit, records = _("cases"), str(event.records)
    return [
        Table(f"{name}_by_year", str(event.title_of_years), unit, definition, years, several, records),
        Table(f"{name}_by_month", str(event.title_of_months), unit, definition, months, of_months, records),
    ]


def lines_of(question: Question, event: Event, counts: dict, *, is_year: bool, shown: tuple | None) -> Iterator[Line]:
    """Give a line for each year or month from the first to the last, empty ones too."""
    if shown is None:
        return
    first, last = shown[:2] if is_year else shown[2:]
    for at in range(first, last + 1):
        likely, at_least, at_most, *records = counts.get((is_year, at), (0,) * 6)
        begin, end = days_of(at, is_year=is_year)
        yield Line(
            str(at) if is_year else date_format(begin, "F Y"),
            Bounded(likely, at_least, at_most),
            link_to(question, event, begin, end),
            "at_most",
            Bounded(*records),
        )


def undated_lines(undated: tuple[int, int]) -> list[Line]:
    cases, records = undated
    if not cases:
        return []
    number = Bounded(cases, cases, cases)
    return [Line(_("Date not known"), number, records=Bounded(records, records, records))]


def days_of(at: int, *, is_year: bool) -> tuple[date, date]:
    """Return the first and the last day of a year, or of a month counted from year 0."""
    if is_year:
        return date(at, 1, 1), date(at, 12, 31)
    begin, after = date(at // 12, at % 12 + 1, 1), at + 1
    if after == 120000:
        return begin, date.max
    return begin, date(after // 12, after % 12 + 1, 1) - timedelta(days=1)


def link_to(question: Question, event: Event, begin: date, end: date) -> str:
    """Return the query of the cases with such an event from the one day to the other; empty if what is asked leaves none out.

    What the question asks of the dates is kept: dates that can lie in both lie in what both have in common.
    """
    first, last = question.found.between(event.name) if question.found.asked else (None, None)
    begin, end = max(begin, first or begin), min(end, last or end)
    if begin > end:
        return ""
    after, before = written(begin, end)
    return question.link(**{f"{event.name}_after": after, f"{event.name}_before": before})


def written(begin: date, end: date) -> tuple[str, str]:
    """Return two days as the filter takes them, as short as they can be: a whole year, a whole month, else days."""
    whole_months = begin.day == 1 and (end == date.max or (end + timedelta(days=1)).day == 1)
    if whole_months and begin.month == 1 and end.month == 12:
        return f"{begin.year:04}", f"{end.year:04}"
    if whole_months:
        return f"{begin.year:04}-{begin.month:02}", f"{end.year:04}-{end.month:02}"
    return begin.isoformat(), end.isoformat()
