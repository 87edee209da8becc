"""Cases by the rights that somebody says were violated in them."""

from django.utils.translation import gettext as _

from cases.models.base import public_sql
from cases.statistics.parts import Bounded, Line, Table
from cases.statistics.question import Question

MOST_RIGHTS = 100

GROUPED = f"""
    WITH cohort AS ({{cohort}}), alleged AS (
        SELECT r.right_id, f.id, f.likely, f.certainly, count(*) AS records
        FROM cohort AS f JOIN cases_violation AS r ON r.case_id = f.id
        WHERE {public_sql("r")} GROUP BY r.right_id, f.id, f.likely, f.certainly
    )
    SELECT t.code, t.name, count(*) FILTER (WHERE likely), count(*) FILTER (WHERE certainly), count(*),
           coalesce(sum(records) FILTER (WHERE likely), 0)::bigint,
           coalesce(sum(records) FILTER (WHERE certainly), 0)::bigint, sum(records)::bigint
    FROM alleged LEFT JOIN cases_right AS t ON t.id = right_id
    GROUP BY t.id, t.code, t.name
    ORDER BY t.id IS NULL, 3 DESC, 5 DESC, t.code
"""


def tables_by_right(question: Question) -> list[Table]:
    """Return the table of alleged violations by right. One query."""
    rows = question.ask(GROUPED.format(cohort=question.cohort))
    lines = [line_of(question, *row) for row in rows[:MOST_RIGHTS]]
    note = _("A case in which several rights are said to have been violated stands under each of them.")
    if len(rows) > MOST_RIGHTS:
        note += " " + _("Shown are the %(number)d rights with most cases.") % {"number": MOST_RIGHTS}
    return [
        Table(
            "right",
            _("Alleged violations by right"),
            _("cases"),
            _(
                "Cases in which somebody says that the right was violated, whenever that was. That it is recorded does not "
                "say that it was."
            ),
            lines,
            note,
            _("allegations"),
        )
    ]


def line_of(question: Question, code: str | None, name: str | None, *numbers: int) -> Line:
    cases, records = Bounded(*numbers[:3]), Bounded(*numbers[3:])
    if code is None:
        return Line(_("No right is named"), cases, records=records)
    return Line(f"{code}: {name}", cases, link_to(question, code), records=records)


def link_to(question: Question, code: str) -> str:
    """A list can ask for cases with any of several rights, not for those with each of two."""
    asked = question.found.asked.get("right") or {}
    return question.link(right=code) if not asked or set(asked) == {code} else ""
