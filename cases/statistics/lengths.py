"""How long: days held, of those held on the day and of those released, and the sentences in force."""

from django.utils.translation import gettext as _

from cases.models.case import HOLDS
from cases.rows import length_in_words
from cases.statistics.parts import Bounded, Figure, Line, Table
from cases.statistics.question import Question

# Days held of each case (docs/status.md 5), as cases_days_held counts them, but without ranges, which take most of its
# time. Of nearly all cases the custody is one spell whose likely days have no gap, so that neither have its possible days, and
# it is as long as from its first day to its last: `simple`. A number and a day are put together in one number to find the
# first or last period's day. Of the others each period is held to what the ones before it cover, as the periods of a case
# follow each other by all of their days.
DAYS = f"""
    WITH cohort AS ({{cohort}}), chosen AS (
        SELECT f.id, p.status = 'released' AS is_released
        FROM cohort AS f JOIN cases_period AS p ON p.case_id = f.id AND {HOLDS["likely"]}
            AND p.status IN ('in_custody', 'disappeared', 'released')
        WHERE f.likely
    ), summed AS (
        SELECT c.id, bool_or(c.is_released) AS is_released, min(p.begin_likely) AS begin_likely, min(p.begin_earliest) AS begin_earliest,
               max(p.end_likely - (NOT p.end_held)::int) AS end_likely, max(p.end_latest - p.end_fades::int) AS end_latest,
               min((p.number::bigint << 32) + (p.begin_latest - date '0001-01-01')) & 4294967295 AS begin_latest,
               max((p.number::bigint << 32) + (p.end_earliest - p.end_fades::int - date '0001-01-01' + 1)) & 4294967295 AS end_earliest,
               min(p.spell) = max(p.spell) AND sum(p.end_likely - p.begin_likely) = max(p.end_likely) - min(p.begin_likely)
                   AND count(*) FILTER (WHERE p.end_fades) = max(p.number * 2 + p.end_fades::int) & 1 AS simple
        FROM chosen AS c JOIN cases_period AS p ON p.case_id = c.id AND p.status IN ('in_custody', 'disappeared')
        GROUP BY c.id
    ), whole AS MATERIALIZED (
        SELECT id, is_released, coalesce(simple, false) AS simple, begin_likely, begin_earliest,
               least(end_likely, %(day)s) AS end_likely, least(end_latest, %(day)s) AS end_latest,
               date '0001-01-01' + begin_latest::int AS begin_latest,
               least(date '0001-01-01' - 1 + end_earliest::int, %(day)s) AS end_earliest
        FROM summed
    ), custody AS (
        SELECT p.case_id, p.number, p.begin_earliest, p.begin_likely, p.begin_latest, p.end_earliest, p.end_likely,
               p.end_latest, p.end_held, p.end_fades, c.is_released, lag(p.spell) OVER periods IS DISTINCT FROM p.spell AS opens,
               lead(p.spell) OVER periods IS DISTINCT FROM p.spell AS closes
        FROM whole AS c JOIN cases_period AS p ON p.case_id = c.id AND p.status IN ('in_custody', 'disappeared')
        WHERE NOT c.simple
        WINDOW periods AS (PARTITION BY p.case_id ORDER BY p.number)
    ), spells AS (
        SELECT h.case_id, h.is_released, h.number, h.closes, h.begin_earliest, h.begin_likely,
               CASE WHEN h.closes THEN max(h.begin_latest) FILTER (WHERE h.opens) OVER (
                   PARTITION BY h.case_id ORDER BY h.number ROWS UNBOUNDED PRECEDING) END AS begin_surely,
               least(h.end_earliest - (h.end_fades AND h.closes)::int, %(day)s) AS end_earliest,
               least(h.end_likely - (NOT h.end_held)::int, %(day)s) AS end_likely,
               least(h.end_latest - (h.end_fades AND h.closes)::int, %(day)s) AS end_latest
        FROM custody AS h
    ), covered AS (
        SELECT s.*, max(end_likely) FILTER (WHERE begin_likely <= end_likely) OVER before AS likely_before,
               max(end_latest) FILTER (WHERE begin_earliest <= end_latest) OVER before AS possible_before,
               max(end_earliest) FILTER (WHERE begin_surely <= end_earliest) OVER before AS sure_before
        FROM spells AS s
        WINDOW before AS (PARTITION BY s.case_id ORDER BY s.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), days AS (
        SELECT case_id, is_released,
               sum(greatest(end_likely - greatest(begin_likely, likely_before + 1) + 1, 0)) AS likely,
               greatest(bool_or(begin_surely <= %(day)s)::int,
                        sum(greatest(end_earliest - greatest(begin_surely, sure_before + 1) + 1, 0)) FILTER (WHERE closes)) AS fewest,
               CASE WHEN min(begin_earliest) > '0001-01-01'
                    THEN sum(greatest(end_latest - greatest(begin_earliest, possible_before + 1) + 1, 0)) END AS most
        FROM covered GROUP BY case_id, is_released
        UNION ALL
        SELECT id, is_released, greatest(end_likely - begin_likely + 1, 0),
               greatest((begin_latest <= %(day)s)::int, end_earliest - begin_latest + 1),
               CASE WHEN begin_earliest > '0001-01-01' THEN end_latest - begin_earliest + 1 END
        FROM whole WHERE simple
    )
"""
SPREAD = (
    DAYS
    + """
    SELECT is_released,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY likely), percentile_disc(0.5) WITHIN GROUP (ORDER BY fewest),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(most, likely)),
           max(likely), max(fewest), max(coalesce(most, likely))
    FROM days WHERE likely > 0 GROUP BY is_released
"""
)

# Of the sentences in force (cases_in_force) the months of imprisonment, from penalties gathered once.
MONTHS = """
    WITH cohort AS ({cohort}), prison AS (
        SELECT p.sentence_id, max(coalesce(p.years, 0) * 12 + coalesce(p.months, 0))
                   FILTER (WHERE p.kind = 'imprisonment' AND num_nonnulls(p.years, p.months, p.days) > 0) AS months,
               bool_or(p.kind = 'life') AS life
        FROM cases_penalty AS p WHERE p.origin = 'imposed' AND p.kind IN ('imprisonment', 'life') GROUP BY p.sentence_id
    ), sentenced AS (
        SELECT s.verdict, p.months, coalesce(p.life, false) AS life
        FROM cohort AS f JOIN cases_standing_sentences({ids}, %(day)s) AS s ON s.case_id = f.id AND s.place = 1
        LEFT JOIN prison AS p ON p.sentence_id = s.penalties_of
        WHERE f.likely
    )
    SELECT months, life, verdict, count(*) FROM sentenced GROUP BY months, life, verdict
"""
BANDS = [(0, 11), (12, 35), (36, 59), (60, 83), (84, 119), (120, 179), (180, None)]  # months


def held_for(question: Question) -> list[Figure]:
    """Return the median and the longest days held, of those held on the day and of those released. One query."""
    spread = {released: numbers for released, *numbers in question.ask(SPREAD.format(cohort=question.cohort))}
    held = _(
        "Days in custody or disappeared up to the day, the first and the last counted, of each case found whose person is "
        "likely held on the day. At least and at most: by the fewest and by the most days that the dates allow; of a case "
        "whose begin is not known at all, by the likely ones."
    )
    released = _(
        "Days in custody or disappeared, the first and the last counted, of each case found whose person is likely "
        "released on the day. At least and at most: by the fewest and by the most days that the dates allow."
    )
    half = _("Half of the cases have as many days or fewer.")
    most = _("The case with the most days.")
    now, then = spread.get(False), spread.get(True)
    return [
        in_days("median_held", _("Held so far, half of the cases"), f"{held} {half}", now and now[:3]),
        in_days("longest_held", _("Held so far, longest"), f"{held} {most}", now and now[3:]),
        in_days("median_released", _("Held until release, half of the cases"), f"{released} {half}", then and then[:3]),
        in_days("longest_released", _("Held until release, longest"), f"{released} {most}", then and then[3:]),
    ]


def in_days(name: str, title: str, definition: str, numbers: list[int] | None) -> Figure:
    if not numbers:
        return Figure(name, title, _("days"), definition, value=_("no case"))
    return Figure(name, title, _("days"), definition, Bounded(*(int(number) for number in numbers)))


def sentences_in_force(question: Question) -> tuple[list[Figure], Table]:
    """Return the median and the longest prison sentence in force, and how many cases lie in each band of lengths. One query."""
    keys = question.keys_of_cohort
    sql = MONTHS.format(cohort=question.cohort, ids="%(keys)s::bigint[]" if keys is not None else "NULL")
    found = question.ask(sql, keys=keys)
    lengths = sorted((months, number) for months, _life, _verdict, number in found if months is not None)
    return length_figures(lengths), lengths_table(question, found, lengths)


def length_figures(lengths: list[tuple[int, int]]) -> list[Figure]:
    of = _(
        "The longest prison term of the sentence in force on the day, of each case found that has one. An upheld sentence "
        "counts with its term; suspended ones and life do not."
    )
    half = of + " " + _("Half of the cases have as long a term or a shorter one.")
    return [
        in_months("median_sentence", _("Prison sentences, half of the cases"), half, middle(lengths)),
        in_months("longest_sentence", _("Prison sentences, longest"), of, lengths[-1][0] if lengths else None),
    ]


def in_months(name: str, title: str, definition: str, months: int | None) -> Figure:
    if months is None:
        return Figure(name, title, _("months"), definition, value=_("no case"))
    words = length_in_words(months // 12, months % 12, 0) or _("less than a month")
    return Figure(name, title, _("months"), definition, Bounded(months, months, months), words)


def middle(counts: list[tuple[int, int]]) -> int | None:
    """Return the value of which at least half of the counted are no more: percentile_disc(0.5)."""
    total, passed = sum(number for _value, number in counts), 0
    for value, number in counts:
        passed += number
        if passed * 2 >= total:
            return value
    return None


def lengths_table(question: Question, found: list[tuple], lengths: list[tuple[int, int]]) -> Table:
    lines = []
    for first, last in BANDS:
        number = sum(number for months, number in lengths if first <= months and (last is None or months <= last))
        lines.append(
            Line(words_for_band(first, last), Bounded(number, number, number), link_to_band(question, first, last))
        )
    life = sum(number for months, life, _verdict, number in found if months is None and life)
    convicted = sum(n for months, life, verdict, n in found if months is None and not life and verdict == "convicted")
    others = sum(n for months, life, verdict, n in found if months is None and not life and verdict != "convicted")
    for label, number in [
        (_("Life imprisonment"), life),
        (_("Convicted, no prison term recorded"), convicted),
        (_("Not convicted"), others),
    ]:
        lines.append(Line(label, Bounded(number, number, number)))
    return Table(
        "sentence_length",
        _("Prison sentences in force"),
        _("cases"),
        _(
            "Cases found with a sentence in force on the day, by its longest prison term. An upheld sentence counts with "
            "its term, a changed one with the changed term."
        ),
        lines,
        _("Each case with a sentence in force stands under one line. Cases without a sentence are left out."),
    )


def words_for_band(first: int, last: int | None) -> str:
    if last is None:
        return _("%(years)d years and longer") % {"years": first // 12}
    if first == 0:
        return _("Shorter than %(years)d year") % {"years": (last + 1) // 12}
    return _("%(first)d to under %(last)d years") % {"first": first // 12, "last": (last + 1) // 12}


def link_to_band(question: Question, first: int, last: int | None) -> str:
    """What the question asks of the length is kept: the list shows what both have in common."""
    least, most = question.found.asked.get("months_min"), question.found.asked.get("months_max")
    first = max(first, least or 0)
    ends = [end for end in (last, most) if end is not None]
    if ends and first > min(ends):
        return ""
    return question.link(months_min=first, months_max=min(ends) if ends else None)
