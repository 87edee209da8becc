"""Who is held, or has another status: on the day, by status and place, and over time."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.filters import NONE
from cases.models import HELD, Place, Status
from cases.models.base import public_sql
from cases.models.case import HOLDS
from cases.statistics.parts import Bounded, Curve, Figure, Line, Table
from cases.statistics.question import ASKED, OF_THE_DAY, Question

MOST_POINTS = 200
MOST_PLACES = 50
OPEN = (date.min, date.max)

# What holds possibly but not likely, and people with several cases, are few: these alone are gathered by person. Of the others
# each row of `now` is one person, so that they are counted by what is said of them.
NOW = f"""
    WITH base AS ({{base}}), now AS MATERIALIZED (
        SELECT f.id, f.detainee_id, p.status, p.place_id, p.status = ANY (%(held)s::text[]) AS held,
               {HOLDS["likely"]} AS likely, {HOLDS["certainly"]} AS certainly,
               p.since_earliest <= (%(day)s::date - interval '1 year')::date AS long_at_most,
               p.since_likely <= (%(day)s::date - interval '1 year')::date AS long_likely,
               p.since_latest <= (%(day)s::date - interval '1 year')::date AS long_at_least
        FROM base AS f JOIN cases_period AS p ON p.case_id = f.id AND {HOLDS["possibly"]} AND {ASKED}
    ), open AS MATERIALIZED (
        SELECT detainee_id FROM ({{several}}) AS s UNION SELECT detainee_id FROM now WHERE NOT likely
    ), told AS MATERIALIZED (
        SELECT n.*, n.held AND NOT EXISTS (
                   SELECT FROM cases_representation AS r
                   WHERE r.case_id = n.id AND {public_sql("r")}
                     AND (r.began_earliest IS NULL OR r.began_earliest <= %(day)s)
                     AND (r.ended_latest IS NULL OR r.ended_latest >= %(day)s)
               ) AS alone,
               EXISTS (SELECT FROM open AS o WHERE o.detainee_id = n.detainee_id) AS open
        FROM now AS n
    ), alike AS MATERIALIZED (
        SELECT status, place_id, held, certainly, long_at_most, long_likely, long_at_least, alone, count(*) AS number
        FROM told WHERE NOT open GROUP BY status, place_id, held, certainly, long_at_most, long_likely, long_at_least, alone
    ), few AS MATERIALIZED (
        SELECT * FROM told WHERE open
    ), cases AS (
        SELECT true AS likely, certainly, number FROM alike WHERE held
        UNION ALL SELECT bool_or(likely), bool_or(certainly), 1 FROM few WHERE held GROUP BY id
    ), people AS MATERIALIZED (
        SELECT true AS likely, certainly,
               long_likely, certainly AND long_at_least AS long_certainly, long_at_most AS long_possibly,
               status = 'disappeared' AS gone_likely, certainly AND status = 'disappeared' AS gone_certainly,
               status = 'disappeared' AS gone_possibly,
               alone AS alone_likely, certainly AND alone AS alone_certainly, alone AS alone_possibly, number
        FROM alike WHERE held
        UNION ALL
        SELECT bool_or(likely), bool_or(certainly),
               bool_or(likely AND long_likely), bool_or(certainly AND long_at_least), bool_or(long_at_most),
               bool_or(likely AND status = 'disappeared'), bool_or(certainly AND status = 'disappeared'),
               bool_or(status = 'disappeared'),
               bool_or(likely AND alone), bool_or(certainly AND alone), bool_or(alone), 1
        FROM few WHERE held GROUP BY detainee_id
    ), by_status AS (
        SELECT status, true AS likely, certainly, number FROM alike
        UNION ALL SELECT status, bool_or(likely), bool_or(certainly), 1 FROM few GROUP BY detainee_id, status
    ), by_place AS (
        SELECT place_id, true AS likely, certainly, number FROM alike WHERE held
        UNION ALL SELECT place_id, bool_or(likely), bool_or(certainly), 1 FROM few WHERE held GROUP BY detainee_id, place_id
    ), counted AS (
        SELECT 'held_people' AS what, '' AS key, likely, certainly, true AS possibly, number FROM people
        UNION ALL SELECT 'held_cases', '', likely, certainly, true, number FROM cases
        UNION ALL SELECT 'held_long', '', long_likely, long_certainly, long_possibly, number FROM people
        UNION ALL SELECT 'disappeared', '', gone_likely, gone_certainly, gone_possibly, number FROM people
        UNION ALL SELECT 'no_lawyer', '', alone_likely, alone_certainly, alone_possibly, number FROM people
        UNION ALL SELECT 'status', status, likely, certainly, true, number FROM by_status
        UNION ALL SELECT 'place', coalesce(place_id::text, ''), likely, certainly, true, number FROM by_place
    )
    SELECT what, key, coalesce(sum(number) FILTER (WHERE likely), 0)::bigint,
           coalesce(sum(number) FILTER (WHERE certainly), 0)::bigint, coalesce(sum(number) FILTER (WHERE possibly), 0)::bigint
    FROM counted GROUP BY what, key
"""

# Each span without the days that earlier spans of the same person cover: what is left of them is the person's days, once.
SPANS = """
    SELECT greatest(begun, covered) AS begun, ended FROM (
        SELECT begin_{begin} AS begun, end_{end} AS ended, max(end_{end}) OVER (
            PARTITION BY detainee_id ORDER BY begin_{begin} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered FROM spans WHERE begin_{begin} < end_{end} {whose}
    ) AS {name} WHERE ended > greatest(begun, covered)
"""
# The likely days of a case are in one period each, its certain days too: only people with several cases need it for these.
ONCE = """
    SELECT begin_{begin} AS begun, end_{end} AS ended FROM spans WHERE NOT several AND begin_{begin} < end_{end}
    UNION ALL
""" + SPANS.replace("{whose}", "AND several")
BROKEN = "AND (several OR detainee_id IN (SELECT detainee_id FROM whole WHERE NOT unbroken))"
# Of somebody with one case whose likely days have no gap, the possible ones have none either: they are one span.
CHANGES = f"""
    WITH spans AS MATERIALIZED (
        SELECT f.detainee_id, EXISTS (SELECT FROM ({{several}}) AS s WHERE s.detainee_id = f.detainee_id) AS several,
               p.begin_earliest, p.begin_likely, p.begin_latest, p.end_earliest, p.end_likely, p.end_latest
        FROM ({{base}}) AS f JOIN cases_period AS p ON p.case_id = f.id
        WHERE p.status = ANY (%(counted)s::text[]) AND (%(places)s::bigint[] IS NULL OR p.place_id = ANY (%(places)s::bigint[]))
          AND p.begin_earliest <= %(day)s
    ), whole AS MATERIALIZED (
        SELECT detainee_id, min(begin_earliest) AS begun, max(end_latest) AS ended,
               sum(end_likely - begin_likely) = max(end_likely) - min(begin_likely) AS unbroken
        FROM spans WHERE NOT several GROUP BY detainee_id
    ), likely AS ({ONCE.format(name="likely", begin="likely", end="likely")}
    ), certainly AS ({ONCE.format(name="certainly", begin="latest", end="earliest")}
    ), possibly AS (
        SELECT begun, ended FROM whole WHERE unbroken AND begun < ended UNION ALL
        {SPANS.format(name="possibly", begin="earliest", end="latest", whose=BROKEN)}
    )
    SELECT at, sum(likely)::bigint, sum(certainly)::bigint, sum(possibly)::bigint FROM (
        SELECT begun AS at, count(*) AS likely, 0 AS certainly, 0 AS possibly FROM likely GROUP BY begun
        UNION ALL SELECT ended, -count(*), 0, 0 FROM likely GROUP BY ended
        UNION ALL SELECT begun, 0, count(*), 0 FROM certainly GROUP BY begun
        UNION ALL SELECT ended, 0, -count(*), 0 FROM certainly GROUP BY ended
        UNION ALL SELECT begun, 0, 0, count(*) FROM possibly GROUP BY begun
        UNION ALL SELECT ended, 0, 0, -count(*) FROM possibly GROUP BY ended
    ) AS changes WHERE at <= %(day)s GROUP BY at ORDER BY at
"""


def on_the_day(question: Question) -> tuple[list[Figure], list[Table]]:
    """Return the figures of those held on the day, and the tables by status and by place. One query, and one for the names."""
    figures = {name: Bounded() for name in ("held_people", "held_cases", "held_long", "disappeared", "no_lawyer")}
    lines: dict[str, dict[str, Bounded]] = {"status": {}, "place": {}}
    for what, key, likely, at_least, at_most in question.ask(NOW.format(base=question.base, several=question.several)):
        number = Bounded(likely, at_least, at_most)
        if what in lines:
            lines[what][key] = number
        else:
            figures[what] = number
    tables = [by_status(question, lines["status"]), by_place(question, lines["place"])]
    return held_figures(question, figures), tables


def held_figures(question: Question, numbers: dict[str, Bounded]) -> list[Figure]:
    held = question.link_of_day(status=question.held) if question.held else ""
    gone = question.link_of_day(status=Status.DISAPPEARED.value) if Status.DISAPPEARED in question.held else ""
    alone = (
        question.link_of_day(status=question.held, lawyer=NONE) if question.held and may_ask_lawyer(question) else ""
    )
    day = date_format(question.day, "j F Y")
    people, cases = _("people"), _("cases")
    return [
        Figure(
            "held_people",
            _("Held on %(day)s") % {"day": day},
            people,
            _(
                "People who are in custody or disappeared at the end of the day in one of the cases found, each counted once. "
                "At least: those of whom the dates leave no doubt. At most: those of whom the dates allow it."
            ),
            numbers["held_people"],
            query=held,
        ),
        Figure(
            "held_cases",
            _("Cases in which somebody is held"),
            cases,
            _(
                "Cases whose status on the day is in custody or disappeared. A person held in two cases counts twice here."
            ),
            numbers["held_cases"],
            query=held,
        ),
        Figure(
            "held_long",
            _("Held longer than a year"),
            people,
            _(
                "Of those held on the day, people whose present time in custody began a year before or earlier. Moves "
                "from place to place do not interrupt it."
            ),
            numbers["held_long"],
        ),
        Figure(
            "disappeared",
            _("Disappeared"),
            people,
            _("Of those held on the day, people in detention that the authority holding them does not acknowledge."),
            numbers["disappeared"],
            query=gone,
        ),
        Figure(
            "no_lawyer",
            _("Held without a recorded lawyer"),
            people,
            _("People who are held on the day in a case for which no lawyer is recorded on that day."),
            numbers["no_lawyer"],
            query=alone,
        ),
    ]


def may_ask_lawyer(question: Question) -> bool:
    """Whether "no lawyer" can be asked beside what is asked of lawyers already."""
    return set(question.found.asked.get("lawyer") or {}) in (set(), {NONE})


def by_status(question: Question, numbers: dict[str, Bounded]) -> Table:
    lines = [
        Line(capfirst(str(status.label)), numbers[status.value], question.link_of_day(status=status.value))
        for status in Status
        if numbers.get(status.value)
    ]
    return Table(
        "status",
        _("Status"),
        _("people"),
        _("People by the status of their cases at the end of the day, as the list of cases shows it."),
        lines,
        _(
            "A person with several cases can stand under several statuses, so the lines can add up to more than all people."
        ),
    )


def by_place(question: Question, numbers: dict[str, Bounded]) -> Table:
    """The places that hold most, the others together, and those held at a place that is not known."""
    unknown = numbers.pop("", None)
    order = sorted(numbers, key=lambda key: (-numbers[key].likely, -numbers[key].at_most, int(key)))
    shown, others = order[:MOST_PLACES], order[MOST_PLACES:]
    names = Place.objects.only("name", "locality").in_bulk([int(key) for key in shown])
    held = {"status": question.held}
    lines = [
        Line(str(names[int(key)]), numbers[key], question.link_of_day(place=key, **held))
        for key in shown
        if int(key) in names
    ]
    if others:
        lines.append(
            Line(_("%(number)d other places") % {"number": len(others)}, total([numbers[key] for key in others]))
        )
    if unknown:
        lines.append(Line(_("Place not known"), unknown))
    return Table(
        "place",
        _("Place"),
        _("people"),
        _("People who are held on the day, by the place where they are held then."),
        lines,
        _(
            "Where a move can have happened before or after the day, a person is possible at both places. A person held "
            "in two cases can stand under two places."
        ),
    )


def total(numbers: list[Bounded]) -> Bounded:
    return Bounded(
        sum(number.likely for number in numbers),
        sum(number.at_least for number in numbers),
        sum(number.at_most for number in numbers),
    )


# ------------------------------------------------------------------------------------------------ over time


def held_over_time(question: Question) -> Curve:
    """Return the curve of the people held, or with the status asked for, up to the day. One query; the rest is adding up."""
    counted = question.statuses or question.held
    changes = question.ask(CHANGES.format(base=question.base, several=question.several), counted=counted)
    days = days_to_show([at for at, *_numbers in changes if at != date.min], question.day)
    points = added_up(changes, days)
    linked = not any(question.asks(name) for name in OF_THE_DAY)
    queries = {day: question.link_of_day(status=list(counted), day=day.isoformat()) for day in days} if linked else {}
    if set(counted) <= set(HELD):
        title = _("People held over time") if len(counted) == 2 else capfirst(str(Status(counted[0]).label))
        definition = _(
            "People who were in custody or disappeared at the end of each day in one of the cases found, each counted "
            "once. The line is what is likely; the band lies between what the dates make certain and what they allow."
        )
    else:
        labels = ", ".join(str(Status(status).label) for status in counted)
        title = _("People over time: %(statuses)s") % {"statuses": labels}
        definition = _(
            "People who had one of the statuses asked for at the end of each day, each counted once. The line is what is "
            "likely; the band lies between what the dates make certain and what they allow."
        )
    note = _("Status and place are those of each day, not only those of the day asked for.") if question.dated else ""
    return Curve("held", title, _("people"), definition, points, queries, note)


def added_up(changes: list[tuple], days: list[date]) -> list[tuple[date, Bounded]]:
    """Return for each of the days, which are in order, the sum of the changes up to it."""
    points, at, sums = [], 0, (0, 0, 0)
    for day in days:
        while at < len(changes) and changes[at][0] <= day:
            sums = tuple(old + new for old, new in zip(sums, changes[at][1:], strict=True))
            at += 1
        points.append((day, Bounded(*sums)))
    return points


def days_to_show(changes: list[date], last: date) -> list[date]:
    """Return at most MOST_POINTS days from the first change to the last day: days, ends of weeks, months, quarters or years."""
    first = min([*changes, last])
    for step in (each_day, each_week, each_month, each_quarter, each_year):
        if count_of(step, first, last) < MOST_POINTS - 1:
            break
    else:
        step, first = each_year, date(last.year - MOST_POINTS + 5, 1, 1)
    days = [first, *(day for day in step(first, last) if first < day < last), last]
    return list(dict.fromkeys(days))


def count_of(step, first: date, last: date) -> float:
    days = {each_day: 1, each_week: 7, each_month: 30, each_quarter: 91, each_year: 365}[step]
    return (last - first).days / days


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def each_week(first: date, last: date) -> list[date]:
    sunday = first + timedelta(days=6 - first.weekday())
    return [sunday + timedelta(weeks=number) for number in range((last - sunday).days // 7 + 1)]


def ends_of_months(first: date, last: date, months: int) -> list[date]:
    """Return the last days of every so many months, such as of quarters, that lie between the two days."""
    begin, end = first.year * 12 + (first.month - 1) // months * months, last.year * 12 + last.month
    starts = [number + months for number in range(begin, end, months)]
    return [date(number // 12, number % 12 + 1, 1) - timedelta(days=1) for number in starts if number < 9999 * 12]


def each_month(first: date, last: date) -> list[date]:
    return ends_of_months(first, last, 1)


def each_quarter(first: date, last: date) -> list[date]:
    return ends_of_months(first, last, 3)


def each_year(first: date, last: date) -> list[date]:
    return ends_of_months(first, last, 12)
