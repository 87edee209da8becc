"""People by article, country, sex and kind of release, of the cases found."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_countries import countries

from cases.filters import article_in_words
from cases.models import ReleaseKind, Sex
from cases.models.base import public_sql
from cases.statistics.parts import Bounded, Line, Table
from cases.statistics.question import Question

MOST_ARTICLES = 100

RECORDS = """
    count(*) AS records, count(*) FILTER (WHERE likely) AS records_likely, count(*) FILTER (WHERE certainly) AS records_certainly
"""
PEOPLE = "count(*) FILTER (WHERE likely), count(*) FILTER (WHERE certainly), count(*)"
SUMS = "sum(records_likely)::bigint, sum(records_certainly)::bigint, sum(records)::bigint"
# People with one case are counted by what is said of it; only those with several are gathered by person.
GROUPED = f"""
    WITH cohort AS MATERIALIZED ({{cohort}}), articles AS MATERIALIZED (
        SELECT p.id, k.slug || '/' || p.article AS key, dense_rank() OVER (ORDER BY k.slug, p.article)::int AS number
        FROM cases_provision AS p JOIN cases_legalcode AS k ON k.id = p.code_id
    ), charges AS MATERIALIZED (
        SELECT f.id, f.detainee_id, f.likely, f.certainly, coalesce(a.number, 0) AS article
        FROM cohort AS f JOIN cases_charge AS r ON r.case_id = f.id LEFT JOIN articles AS a ON a.id = r.provision_id
        WHERE {public_sql("r")} AND coalesce(cases_likely(r.charged_on_earliest, r.charged_on_latest) <= %(day)s, true)
    ), by_article AS (
        SELECT c.article, {{flags}}, {RECORDS} FROM charges AS c GROUP BY c.detainee_id, c.article
    ), people AS MATERIALIZED (
        SELECT f.detainee_id, f.country, d.sex, f.likely, f.certainly,
               EXISTS (SELECT FROM charges AS c WHERE c.id = f.id) AS charged,
               EXISTS (SELECT FROM ({{several}}) AS s WHERE s.detainee_id = f.detainee_id) AS several
        FROM cohort AS f JOIN cases_detainee AS d ON d.id = f.detainee_id
    ), alike AS MATERIALIZED (
        SELECT country, sex, charged, likely, certainly, count(*) AS number
        FROM people WHERE NOT several GROUP BY country, sex, charged, likely, certainly
    ), few AS MATERIALIZED (
        SELECT * FROM people WHERE several
    ), counted AS (
        SELECT 'not_charged' AS what, '' AS key, likely, certainly, number FROM alike WHERE NOT charged
        UNION ALL SELECT 'not_charged', '', {{flags}}, 1 FROM few WHERE NOT charged GROUP BY detainee_id
        UNION ALL SELECT 'country', country, likely, certainly, number FROM alike
        UNION ALL SELECT 'country', country, {{flags}}, 1 FROM few GROUP BY detainee_id, country
        UNION ALL SELECT 'sex', sex, likely, certainly, number FROM alike
        UNION ALL SELECT 'sex', sex, {{flags}}, 1 FROM few GROUP BY detainee_id, sex
    ), by_release AS (
        SELECT r.kind, {{flags}}, {RECORDS}
        FROM cohort AS f JOIN cases_release AS r ON r.case_id = f.id
        WHERE {public_sql("r")}
          AND (%(first)s::date IS NULL AND %(last)s::date IS NULL OR r.date <> '')
          AND (%(first)s::date IS NULL OR r.date_latest >= %(first)s OR r.date_latest IS NULL)
          AND (%(last)s::date IS NULL OR r.date_earliest <= %(last)s OR r.date_earliest IS NULL)
          AND (%(kinds)s::text[] IS NULL OR r.kind = ANY (%(kinds)s::text[]))
        GROUP BY f.detainee_id, r.kind
    )
    SELECT 'article', coalesce(k.key, ''), p.* FROM (
        SELECT {PEOPLE}, {SUMS}, article FROM by_article GROUP BY article
    ) AS p (likely, certainly, possibly, records_likely, records_certainly, records, article)
    LEFT JOIN (SELECT DISTINCT number, key FROM articles) AS k ON k.number = article
    UNION ALL
    SELECT what, key, coalesce(sum(number) FILTER (WHERE likely), 0)::bigint,
           coalesce(sum(number) FILTER (WHERE certainly), 0)::bigint, sum(number)::bigint, 0, 0, 0, 0
    FROM counted GROUP BY what, key
    UNION ALL
    SELECT 'release', kind, {PEOPLE}, {SUMS}, 0 FROM by_release GROUP BY kind
"""

Counts = dict[str, tuple[Bounded, Bounded]]


def tables_by_kind(question: Question) -> list[Table]:
    """Return the tables of people by article, country, sex and kind of release. One query."""
    first, last = question.found.between("released") if question.found.asked else (None, None)
    kinds = question.found.asked.get("release_kind") or None
    counts: dict[str, Counts] = {what: {} for what in ("article", "not_charged", "country", "sex", "release")}
    sql = GROUPED.format(cohort=question.cohort, flags=question.flags, several=question.several)
    for what, key, *numbers, _article in question.ask(
        sql, first=first, last=last, kinds=list(kinds) if kinds else None
    ):
        counts[what][key] = (Bounded(*numbers[:3]), Bounded(*numbers[3:]))
    return [
        by_article(question, counts["article"], counts["not_charged"]),
        by_country(question, counts["country"]),
        by_sex(question, counts["sex"]),
        by_release_kind(question, counts["release"]),
    ]


def by_article(question: Question, counts: Counts, not_charged: Counts) -> Table:
    as_reported = counts.pop("", None)
    order = sorted(counts, key=lambda key: (-counts[key][0].likely, -counts[key][0].at_most, key))
    lines = []
    for key in order[:MOST_ARTICLES]:
        code, article = key.split("/", 1)
        label = article_in_words((code, article, "", ""))
        lines.append(Line(label, counts[key][0], link_to_article(question, key), records=counts[key][1]))
    if as_reported and as_reported[0]:
        lines.append(Line(_("Article not recorded"), as_reported[0], records=as_reported[1]))
    none, no_charges = not_charged.get("", (Bounded(), Bounded()))
    if none:
        lines.append(Line(_("Not charged"), none, records=no_charges))
    note = _(
        "Somebody charged under several articles stands under each of them, so the lines add up to more than all people. "
        "Somebody with one case in which charges are recorded and one without stands under “not charged” too."
    )
    if len(order) > MOST_ARTICLES:
        note += " " + _("Shown are the %(number)d articles with most people.") % {"number": MOST_ARTICLES}
    return Table(
        "article",
        _("Article"),
        _("people"),
        _(
            "People charged under the article by the day, in one of the cases found. An article includes its parts and "
            "points; what became of the charge does not matter."
        ),
        lines,
        note,
        _("charges"),
    )


def link_to_article(question: Question, key: str) -> str:
    """A list can ask for cases charged under any of several articles, not for those charged under each of two."""
    asked = question.found.asked.get("article") or {}
    if not asked:
        return question.link(article=key)
    covered = all("/".join(path[:2]) == key for path in asked.values())
    return question.link() if covered else ""


def by_country(question: Question, counts: Counts) -> Table:
    names = {key: str(countries.name(key)) or key for key in counts if key}
    order = sorted(names, key=lambda key: (-counts[key][0].likely, -counts[key][0].at_most, names[key]))
    lines = [Line(names[key], counts[key][0], question.link(country=key)) for key in order]
    if "" in counts:
        lines.append(Line(_("Country not recorded"), counts[""][0]))
    return Table(
        "country",
        _("Country"),
        _("people"),
        _("People by the country that holds them, as it is recorded for their cases."),
        lines,
        _("Somebody whose cases belong to different countries stands under each of them."),
    )


def by_sex(question: Question, counts: Counts) -> Table:
    lines = [
        Line(capfirst(str(sex.label)), counts[sex.value][0], question.link(sex=sex.value))
        for sex in Sex
        if sex.value in counts
    ]
    return Table(
        "sex",
        _("Sex"),
        _("people"),
        _("People by their sex as it is recorded."),
        lines,
        _("Each person stands under one; the lines add up to all people found."),
    )


def by_release_kind(question: Question, counts: Counts) -> Table:
    order = sorted(counts, key=lambda key: (-counts[key][0].likely, -counts[key][0].at_most, key))
    lines = [
        Line(
            capfirst(str(ReleaseKind(key).label)),
            counts[key][0],
            question.link(release_kind=key),
            records=counts[key][1],
        )
        for key in order
    ]
    note = _("Somebody released several times in different ways stands under each of them.")
    if any(question.asks(name) for name in ("released_after", "released_before", "release_kind")):
        note += " " + _("Only releases that fit what is asked of them are counted.")
    return Table(
        "release_kind",
        _("Kind of release"),
        _("people"),
        _("People with a recorded release of the kind in one of the cases found, whenever it was."),
        lines,
        note,
        _("releases"),
    )
