"""Numbers of a question: counts with bounds, by accepted, non-confidential records of the cases that the user may see.

Each number has its unit, its definition in plain words, and the query string of the list that shows exactly what it counts.
docs/numbers.md tells the rules.
"""

from functools import partial

from cases.filters import CaseFilter
from cases.statistics.events import EVENTS, tables_of
from cases.statistics.held import held_over_time, on_the_day
from cases.statistics.kinds import tables_by_kind
from cases.statistics.lengths import held_for, sentences_in_force
from cases.statistics.parts import Bounded, Curve, Figure, Line, Numbers, Table
from cases.statistics.question import Question, asking
from cases.statistics.rights import tables_by_right

__all__ = ["Bounded", "Curve", "Figure", "Line", "Numbers", "Table", "curve", "numbers_of", "table"]

# Of each person with several cases those beyond the first are taken off again.
FOUND = """
    WITH cohort AS ({cohort}), cases AS (
        SELECT count(*) FILTER (WHERE likely) AS likely, count(*) FILTER (WHERE certainly) AS certainly, count(*) AS possibly
        FROM cohort
    ), people AS (
        SELECT count(*) FILTER (WHERE likely) AS likely, count(*) FILTER (WHERE certainly) AS certainly, count(*) AS possibly
        FROM cohort WHERE detainee_id IN ({several}) GROUP BY detainee_id
    ), more AS (
        SELECT coalesce(sum(greatest(likely - 1, 0)), 0)::bigint AS likely,
               coalesce(sum(greatest(certainly - 1, 0)), 0)::bigint AS certainly,
               coalesce(sum(possibly - 1), 0)::bigint AS possibly
        FROM people
    )
    SELECT likely, certainly, possibly FROM cases
    UNION ALL
    SELECT c.likely - m.likely, c.certainly - m.certainly, c.possibly - m.possibly FROM cases AS c CROSS JOIN more AS m
"""


# What gives each table: asked alone for a file, asked all for the page.
MAKERS = {
    ("status", "place"): lambda question: on_the_day(question)[1],
    ("article", "country", "sex", "release_kind"): tables_by_kind,
    ("right",): tables_by_right,
    ("sentence_length",): lambda question: [sentences_in_force(question)[1]],
} | {(f"{name}_by_year", f"{name}_by_month"): partial(tables_of, name=name) for name in EVENTS}


def numbers_of(found: CaseFilter) -> Numbers:
    """Return all numbers of a valid question."""
    with asking(found) as question:
        cases, people = how_many(question)
        figures, of_the_day = on_the_day(question)
        of_sentences, lengths = sentences_in_force(question)
        figures += [*held_for(question), *of_sentences]
        tables = [*of_the_day, *tables_by_kind(question), *tables_by_right(question), lengths]
        for name in EVENTS:
            tables += tables_of(question, name)
        by_name = {table.name: table for table in tables}
        return Numbers(question.day, cases, people, figures, held_over_time(question), by_name)


def how_many(question: Question) -> list[Bounded]:
    """Return how many cases and how many people are found."""
    return [Bounded(*row) for row in question.ask(FOUND.format(cohort=question.cohort, several=question.several))]


def curve(found: CaseFilter) -> Curve:
    """Return the curve alone, for a file."""
    with asking(found) as question:
        return held_over_time(question)


def table(found: CaseFilter, name: str) -> Table:
    """Return one table alone, for a file; KeyError if there is none of this name."""
    for names, make in MAKERS.items():
        if name in names:
            with asking(found) as question:
                return {made.name: made for made in make(question)}[name]
    raise KeyError(name)
