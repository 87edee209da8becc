"""Reports of cases and of the people in them, as they stand on the day asked for."""

from dataclasses import replace

from django.db.models import Exists, Min, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.models import Access, Case, Detainee, PenaltyKind, ReleaseKind, Sex, Stage, Status, Verdict
from cases.models.base import public_sql
from cases.models.evidence import OF_CASE
from cases.reports.columns import (
    SOURCES,
    Report,
    answer,
    article,
    cited,
    cited_where,
    code,
    coded,
    day,
    fields,
    joined,
    known,
    label,
    moment,
    narrows,
    number,
    partial,
    period,
    several,
    text,
)

# ------------------------------------------------------------------------------------------------ cases

# Of all public records of the case together: to gather them takes longer than all the rest of a row.
OF_ITS_RECORDS = [replace(column, extra=True) for column in SOURCES]
COLUMNS = [
    code("reference", "c.reference", _("case"), _("Reference of the case.")),
    text("external_id", "c.external_id", _("external id"), _("Number or code of the case in another list.")),
    text("title", "c.title", _("short title"), _("What the team calls the case.")),
    code("person", "d.reference", _("person"), _("Reference of the person.")),
    text("person_external_id", "d.external_id", _("external id of the person"), _("Number or code in another list.")),
    text("name", "name.text", _("name"), _("The person's main name.")),
    text("name_language", "nullif(name.language, '')", _("language of the name"), _("Language code such as uk.")),
    several("other_names", "others.names", _("other names"), _("Other spellings, aliases and nicknames.")),
    *coded("sex", "d.sex", Sex, _("sex"), _("The person's sex, as far as it is known.")),
    *partial("born", "d.born", _("born"), _("Date of birth.")),
    answer("deceased", "d.deceased", _("deceased"), _("Whether the person is dead.")),
    *partial("died", "d.died", _("died"), _("Date of death.")),
    several("nationalities", "nullif(array_to_string(d.nationalities, '; '), '')", _("nationalities"), _("ISO 3166 codes."), kind="code"),
    day("day", "%(day)s::date", _("day"), _("The day for which the row says how things stand.")),
    *coded("status", "now.status", Status, _("status"), _("The likely status on the day, or one of those asked for if any possible was.")),
    answer("status_certain", "CASE WHEN now.begin_latest <= %(day)s AND now.end_earliest > %(day)s THEN 'yes' ELSE 'no' END", _("status certain"), _("Whether the status holds on the day however the partial dates are read.")),
    *coded("kind", "now.kind", "kind", _("kind of custody"), _("Kind of stay or restriction on the day.")),
    *period("since", "now.since_text", known("now.since_earliest"), known("now.since_latest"), _("since"), _("Since when: in custody, the beginning of the spell.")),
    number("place_id", "place.id", _("place"), _("Where the person was held on the day: its number in its address.")),
    text("place", "place.name", _("place"), _("Where the person was held on the day.")),
    text("place_locality", "place.locality", _("town or village of the place"), _("Where the place is.")),
    text("place_region", "place.region", _("region of the place"), _("Where the place is.")),
    code("place_country", "nullif(place.country, '')", _("country of the place"), _("ISO 3166 code.")),
    number("days_held_fewest", "coalesce(held.fewest, 0)", _("days held"), _("Up to the day, at least: both ends counted, every spell of the case.")),
    number("days_held_likely", "coalesce(held.likely, 0)", _("days held"), _("By the likely day of each partial date.")),
    number("days_held_most", "coalesce(held.most, 0)", _("days held"), _("At most.")),
    number("days_unacknowledged", "coalesce(held.unacknowledged, 0)", _("days unacknowledged"), _("Of the likely days, those in unacknowledged detention.")),
    several("articles", "charges.articles", _("articles"), _("Articles of the charges made by the day, as the article filter takes them.")),
    several("charges_as_reported", "charges.reported", _("charges as reported"), _("The charges made by the day, in the words of a source.")),
    several("outcomes", "charges.outcomes", _("outcomes of the charges"), _("What had become of each charge by the day."), kind="code"),
    several("outcomes_label", "charges.labels", _("outcomes of the charges"), _("The same in words, in the language of the reader."), kind="label"),
    *coded("verdict", "f.verdict", Verdict, _("verdict"), _("Of the sentence in force on the day.")),
    *partial("sentenced", "s.date", _("sentenced"), _("Date of the sentence in force on the day.")),
    text("court", "court.name", _("court"), _("Court of the sentence in force on the day.")),
    number("imprisonment_months", "f.months", _("imprisonment in months"), _("The longest imprisonment of the sentence in force; days are left out.")),
    several("penalties", "penalties.kinds", _("penalties"), _("Imposed by the sentence in force on the day."), kind="code"),
    several("penalties_label", "penalties.labels", _("penalties"), _("The same in words, with length or amount (y, m, d: years, months, days).")),
    *partial("first_arrested", "arrest.date", _("first arrested"), _("Date of the first arrest in the case.")),
    *partial("last_released", "release.date", _("last released"), _("Date of the last release in the case.")),
    *coded("release_kind", "release.kind", ReleaseKind, _("kind of release"), _("Of the last release.")),
    several("lawyers", "lawyers.names", _("lawyers"), _("Those who possibly defended the person on the day.")),
    several("lawyer_references", "lawyers.refs", _("lawyers"), _("Their references."), kind="code"),
    *coded("next", "coming.what", "next", _("what comes next"), _("The earliest that is planned, or that has passed without an outcome.")),
    *period("next_date", "coming.written", "coming.earliest", "coming.latest", _("what comes next"), _("When it is planned for.")),
    answer("next_missing", "CASE WHEN coming.missing THEN 'yes' WHEN NOT coming.missing THEN 'no' END", _("missing"), _("Whether it has passed without an outcome.")),
    *coded("country", "c.country", "country", _("country"), _("The country that holds the person.")),
    text("authority", "c.authority", _("authority"), _("The authority that holds the person, if it is no country.")),
    text("territory_note", "c.territory_note", _("note on the territory"), _("Such as: Crimea, under occupation.")),
    several("proceedings", "proceedings.names", _("joint proceedings"), _("Proceedings in which others stand too.")),
    several("tags", "tags.names", _("tags"), _("Words by which the team groups cases.")),
    *coded("stage", "c.stage", Stage, _("stage"), _("How far the work on the case has come.")),
    text("assigned_to", "assignee.username", _("assigned to"), _("User name of the colleague who works on it.")),
    *coded("access", "c.access", Access, _("who may see it"), _("Who of the team may see the case.")),
    day("last_confirmed_on", "c.last_confirmed_on", _("last confirmed on"), _("The last day for which a source confirms the situation.")),
    moment("changed_at", "state.changed_at", _("last changed"), _("When anything that all may see last changed in the case.")),
    *OF_ITS_RECORDS,
]  # fmt: skip

CHARGE_ORDER = "h.charged_on_earliest NULLS LAST, h.charged_on_latest, h.id"
NAME_OF_LAWYER = "(SELECT n.text FROM cases_name AS n WHERE n.lawyer_id = w.id ORDER BY n.kind <> 'main', n.id LIMIT 1)"
PENALTY = f"""concat_ws(' ', {label("p.kind", PenaltyKind)}, p.years || ' y', p.months || ' m', p.days || ' d',
    trim_scale(p.amount) || ' ' || p.currency)"""

CITING = " UNION ALL ".join(
    f"SELECT q.id, q.case_id FROM cases_citation AS q JOIN cases_{name} AS r ON r.id = q.{name}_id"
    f" WHERE q.case_id = ANY (%(ids)s::bigint[]) AND {public_sql('r')}"
    for name in OF_CASE
)
# What a case has several of is put together once for all cases of a query; what no column speaks of is not read.
PARTS = f"""
    WITH held AS (SELECT * FROM cases_days_held(%(ids)s::bigint[], %(day)s)),
    in_force AS (SELECT * FROM cases_in_force(%(ids)s::bigint[], %(day)s)),
    charges AS (
        SELECT o.case_id, {joined("nullif(h.text_as_reported, '')", CHARGE_ORDER)} AS reported,
               {joined(article("v", "k"), CHARGE_ORDER)} FILTER (WHERE k.slug IS NOT NULL) AS articles,
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
        WHERE a.case_id = ANY (%(ids)s::bigint[]) AND {public_sql("a")}
        ORDER BY a.case_id, a.date_earliest NULLS LAST, a.date_latest, a.id
    ), release AS (
        SELECT DISTINCT ON (r.case_id) r.* FROM cases_release AS r
        WHERE r.case_id = ANY (%(ids)s::bigint[]) AND {public_sql("r")}
        ORDER BY r.case_id, r.date_earliest DESC NULLS LAST, r.date_latest DESC, r.id DESC
    ), citing AS (SELECT each.case_id, array_agg(each.id) AS keys FROM ({CITING}) AS each GROUP BY each.case_id)"""
JOINS = (
    ("state", "LEFT JOIN cases_casestate AS state ON state.case_id = c.id"),
    ("name", "LEFT JOIN name ON name.detainee_id = d.id"),
    ("now", "LEFT JOIN now ON now.case_id = c.id"),
    ("place", "LEFT JOIN cases_place AS place ON place.id = now.place_id"),
    ("held", "LEFT JOIN held ON held.case_id = c.id"),
    ("f", "LEFT JOIN in_force AS f ON f.case_id = c.id"),
    ("s", "LEFT JOIN cases_sentence AS s ON s.id = f.sentence_id"),
    ("court", "LEFT JOIN cases_court AS court ON court.id = s.court_id"),
    ("arrest", "LEFT JOIN arrest ON arrest.case_id = c.id"),
    ("release", "LEFT JOIN release ON release.case_id = c.id"),
    ("coming", "LEFT JOIN coming ON coming.case_id = c.id"),
    ("assignee", "LEFT JOIN cases_user AS assignee ON assignee.id = c.assignee_id"),
    ("charges", "LEFT JOIN charges ON charges.case_id = c.id"),
    (
        "others",
        f"""LEFT JOIN LATERAL (
        SELECT {joined("n.text", "n.id")} AS names FROM cases_name AS n WHERE n.detainee_id = d.id AND n.id <> name.id
    ) AS others ON true""",
    ),
    (
        "penalties",
        f"""LEFT JOIN LATERAL (
        SELECT {joined("p.kind", "p.id")} AS kinds, {joined(PENALTY, "p.id")} AS labels
        FROM cases_penalty AS p WHERE p.sentence_id = f.penalties_of AND p.origin = 'imposed'
    ) AS penalties ON true""",
    ),
    (
        "lawyers",
        f"""LEFT JOIN LATERAL (
        SELECT {joined(NAME_OF_LAWYER, "r.id")} AS names, {joined("w.reference", "r.id")} AS refs
        FROM cases_representation AS r JOIN cases_lawyer AS w ON w.id = r.lawyer_id
        WHERE r.case_id = c.id AND (r.began_earliest IS NULL OR r.began_earliest <= %(day)s)
          AND (r.ended_latest IS NULL OR r.ended_latest >= %(day)s) AND {public_sql("r")}
    ) AS lawyers ON true""",
    ),
    (
        "proceedings",
        f"""LEFT JOIN LATERAL (
        SELECT {joined("j.name", "j.name, j.id")} AS names FROM cases_jointproceedingcase AS jc
        JOIN cases_jointproceeding AS j ON j.id = jc.proceeding_id WHERE jc.case_id = c.id
    ) AS proceedings ON true""",
    ),
    (
        "tags",
        f"""LEFT JOIN LATERAL (
        SELECT {joined("t.name", "t.name, t.id")} AS names FROM cases_casetag AS ct
        JOIN cases_term AS t ON t.id = ct.term_id WHERE ct.case_id = c.id
    ) AS tags ON true""",
    ),
    ("citing", "LEFT JOIN citing ON citing.case_id = c.id"),
    cited_where("q.id = ANY (citing.keys)"),
)
CASES: Report = Report(
    "cases",
    _("Cases"),
    _("case"),
    _("A row for each case, as it stands on the day asked for. Somebody with two cases has two rows."),
    Case,
    tuple(COLUMNS),
    """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_case AS c ON c.id = listed.id
    JOIN cases_detainee AS d ON d.id = c.detainee_id""",
    lambda found: found.ordered,
    joins=JOINS,
    before=PARTS,
)

# ------------------------------------------------------------------------------------------------ people


def people_of(found):
    """Return the people of the cases found, in the order of names, which an index serves: each with the first of the cases."""
    cases = found.qs.order_by()
    if narrows(found):
        people = cases.values("detainee").annotate(key=Min("state__sort_key"), first=Min("pk"))
        return people.order_by("key", "first").values_list("detainee")
    earlier = cases.filter(detainee=OuterRef("detainee"), pk__lt=OuterRef("pk"))
    first = cases.filter(~Exists(earlier), state__isnull=False)
    return first.order_by("state__sort_key", "pk").values_list("detainee")


OF_PERSON = {
    "sex": _("The person's sex, as far as it is known."), "deceased": _("Whether the person is dead."), "died": _("Date of death."),
    "born": _("Date of birth."), "birth_place": _("Where the person was born."), "biography": _("Who the person is."),
    "consent": _("What the person or the family allows to be published."), "consent_by": _("Who gave that consent."),
    "consent_on": _("When it was given."),
}  # fmt: skip
PEOPLE: Report = Report(
    "people",
    _("People"),
    _("person"),
    _("A row for each person with a case among those found. Somebody with two cases has one row."),
    Detainee,
    (
        code("person", "d.reference", _("person"), _("Reference of the person.")),
        text("name", "name.text", _("name"), _("The person's main name.")),
        text("name_language", "nullif(name.language, '')", _("language of the name"), _("Language code such as uk.")),
        several("other_names", "others.names", _("other names"), _("Other spellings, aliases and nicknames.")),
        *fields(Detainee, "sex", "born", "birth_place", "deceased", "died", alias="d", **OF_PERSON),
        several("nationalities", "nullif(array_to_string(d.nationalities, '; '), '')", _("nationalities"), _("ISO 3166 codes."), kind="code"),
        text("ethnicity", "(SELECT t.name FROM cases_term AS t WHERE t.id = d.ethnicity_id)", _("ethnicity"), _("As the person or the family says.")),
        text("religion", "(SELECT t.name FROM cases_term AS t WHERE t.id = d.religion_id)", _("religion"), _("As the person or the family says.")),
        text("occupation", "(SELECT t.name FROM cases_term AS t WHERE t.id = d.occupation_id)", _("occupation"), _("What the person did before.")),
        *fields(Detainee, "biography", "external_id", "consent", "consent_by", "consent_on", alias="d", **OF_PERSON),
        number("number_of_cases", "known.number", _("cases"), _("How many cases of the person you may see.")),
        several("cases", "known.refs", _("cases"), _("Their references."), kind="code"),
        day("day", "%(day)s::date", _("day"), _("The day for which the row says how things stand.")),
        several("case_statuses", "known.statuses", _("status"), _("The likely status of each of these cases on the day."), kind="code"),
        several("case_statuses_label", "known.labels", _("status"), _("The same in words, in the language of the reader."), kind="label"),
        *SOURCES,
        moment("created_at", "d.created_at", _("entered"), _("When it was entered here.")),
        moment("updated_at", "d.updated_at", _("last changed"), _("When it was last changed here.")),
    ),
    """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_detainee AS d ON d.id = listed.id""",
    people_of,
    joins=(
        (
            "name",
            """LEFT JOIN LATERAL (
        SELECT n.* FROM cases_name AS n WHERE n.detainee_id = d.id ORDER BY n.kind <> 'main', n.id LIMIT 1
    ) AS name ON true""",
        ),
        (
            "others",
            f"""LEFT JOIN LATERAL (
        SELECT {joined("n.text", "n.id")} AS names FROM cases_name AS n WHERE n.detainee_id = d.id AND n.id <> name.id
    ) AS others ON true""",
        ),
        (
            "known",
            f"""LEFT JOIN LATERAL (
        SELECT count(*) AS number, {joined("c.reference", "c.id")} AS refs, {joined("p.status", "c.id")} AS statuses,
               {joined(label("p.status", Status), "c.id")} AS labels
        FROM cases_case AS c
        LEFT JOIN cases_period AS p ON p.case_id = c.id AND p.begin_likely <= %(day)s AND p.end_likely > %(day)s
        WHERE c.detainee_id = d.id AND c.id IN ({{visible}})
    ) AS known ON true""",
        ),
        cited("detainee", "d.id"),
    ),
)  # fmt: skip
