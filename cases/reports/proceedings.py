"""Reports of proceedings: charges, hearings, sentences, lawyers."""

from django.utils.translation import gettext_lazy as _

from cases.models import Charge, FindingOutcome, Hearing, Lawyer, Penalty, Representation, Sentence
from cases.models.base import public_sql
from cases.reports.columns import (
    COURT,
    Column,
    Report,
    answer,
    article,
    code,
    coded,
    fields,
    joined,
    label,
    number,
    record,
    several,
    text,
)

CHARGES: Report = record(
    "charges",
    Charge,
    [
        text("article_path", "nullif({}, '')".format(article("v", "k")), _("article"), _("As the article filter takes it, such as ru-cc/212/1.")),
        text("code", "k.slug", _("code"), _("Short name of the code of law.")),
        text("code_name", "k.name", _("code"), _("Name of the code of law.")),
        text("article", "v.article", _("article"), _("Number of the article.")),
        text("part", "v.part", _("part"), _("Part of the article; empty for all of it.")),
        text("point", "v.point", _("point"), _("Point of the part; empty for all of it.")),
        text("article_title", "v.title", _("title of the article"), _("What the article is about.")),
        *fields(
            Charge, "text_as_reported", "stage", "alleged_act", "act_date", "charged_on", "ended_on", "ended_how",
            text_as_reported=_("The charge in the words of a source."), stage=_("Whether the act is said to be completed."),
            alleged_act=_("What the person is said to have done."), act_date=_("When that is said to have been."),
            charged_on=_("When the charge was made."), ended_how=_("If it ended before a verdict."),
        ),
        number("reclassified_to", "next_charge.id", _("reclassified to"), _("Number of the charge that came in its place.")),
        *coded("outcome", "outcome.outcome", "outcome", _("outcome"), _("What had become of the charge by the day asked for; empty if it was made later.")),
    ],
    unit=_("charge"),
    about=_("A row for each charge. Somebody charged under three articles has three rows."),
    joins=(
        ("v", "LEFT JOIN cases_provision AS v ON v.id = r.provision_id"),
        ("k", "LEFT JOIN cases_legalcode AS k ON k.id = v.code_id"),
        ("next_charge", f"LEFT JOIN cases_charge AS next_charge ON next_charge.id = r.reclassified_to_id AND {public_sql('next_charge')}"),
        ("outcome", "LEFT JOIN outcome ON outcome.charge_id = r.id"),
    ),
    before="WITH outcome AS (SELECT * FROM cases_charge_outcomes(%(cases)s::bigint[], %(day)s))",
)  # fmt: skip

HEARINGS: Report = record(
    "hearings",
    Hearing,
    [
        *fields(
            Hearing, "court", "stage", "scheduled",
            stage=_("What the session was for."), scheduled=_("The day for which it was planned; it may lie ahead."),
        ),
        code("scheduled_time", "to_char(r.scheduled_time, 'HH24:MI')", _("at"), _("Time of the day, at the court.")),
        *fields(
            Hearing, "held_on", "openness", "attendance", "judge", "outcome", "held_until",
            held_on=_("The day on which it took place."), openness=_("Whether the public was admitted."),
            attendance=_("How the person took part."), judge=_("Name of the judge."), outcome=_("What was decided."),
        ),
    ],
    unit=_("hearing"),
    about=_("A row for each session of a court, planned or held."),
    joins=(COURT,),
)  # fmt: skip


def rows_of_sentences(keys):
    """Return how many rows sentences have: one for each penalty, one where there is none."""
    rest = keys.order_by()
    return rest.filter(penalties=None).count() + Penalty.objects.filter(sentence__in=rest.values("pk")).count()


SENTENCES: Report = record(
    "sentences",
    Sentence,
    [
        *fields(
            Sentence, "court", "date", "instance", "verdict",
            date=_("When the sentence was passed."), instance=_("At which instance."),
        ),
        number("changes", "earlier.id", _("decides on"), _("Number of the earlier sentence on which it decides.")),
        *fields(
            Sentence, "change", "in_force_on", "ends_on", "expected_release",
            change=_("What became of the earlier sentence."), in_force_on=_("When the sentence came into force."),
            ends_on=_("When the sentence ends, as reported."),
        ),
        answer("in_force", "CASE WHEN f.sentence_id IS NULL THEN 'no' ELSE 'yes' END", _("in force"), _("Whether it is the sentence in force on the day asked for.")),
        several("findings", "found.articles", _("findings"), _("The charges on which it decided, by article or number.")),
        several("finding_outcomes", "found.outcomes", _("findings"), _("What it decided on each, in the same order."), kind="code"),
        several("finding_outcomes_label", "found.labels", _("findings"), _("The same in words, in the language of the reader."), kind="label"),
        number("penalty", "p.id", _("penalty"), _("Number of the penalty; empty if the sentence has none.")),
        *[
            Column(f"penalty_{column.name}", column.sql, column.title, column.meaning, column.kind)
            for column in fields(
                Penalty, "origin", "kind", "years", "months", "days", "regime", "amount", "currency", "note", alias="p",
                origin=_("Imposed by the court, or only requested."), kind=_("Kind of the penalty."), years=_("Its length in years,"),
                months=_("and months,"), days=_("and days."), regime=_("Regime of the imprisonment."), amount=_("Amount of a fine."),
                currency=_("Three letters, such as RUB."), note=_("What else is said of the penalty."),
            )
        ],
    ],
    unit=_("penalty of a sentence"),
    about=_("A row for each penalty of each sentence, and one row for a sentence without any. Count numbers of sentences, not rows."),
    joins=(
        COURT,
        ("earlier", f"LEFT JOIN cases_sentence AS earlier ON earlier.id = r.changes_id AND {public_sql('earlier')}"),
        ("f", "LEFT JOIN f ON f.sentence_id = r.id"),
        (
            "found",
            f"""LEFT JOIN LATERAL (
        SELECT {joined("coalesce(nullif({}, ''), h.id::text)".format(article("v", "k")), "x.id")} AS articles,
               {joined("x.outcome", "x.id")} AS outcomes, {joined(label("x.outcome", FindingOutcome), "x.id")} AS labels
        FROM cases_finding AS x JOIN cases_charge AS h ON h.id = x.charge_id AND {public_sql("h")}
        LEFT JOIN cases_provision AS v ON v.id = h.provision_id LEFT JOIN cases_legalcode AS k ON k.id = v.code_id
        WHERE x.sentence_id = r.id
    ) AS found ON true""",
        ),
        ("p", "LEFT JOIN cases_penalty AS p ON p.sentence_id = r.id"),
    ),
    before="WITH f AS (SELECT * FROM cases_in_force(%(cases)s::bigint[], %(day)s))",
    order="listed.n, p.id",
    counted=rows_of_sentences,
)  # fmt: skip

LAWYERS: Report = record(
    "lawyers",
    Representation,
    [
        code("lawyer", "w.reference", _("lawyer"), _("Reference of the lawyer.")),
        text("lawyer_name", "names.main", _("lawyer"), _("The lawyer's main name.")),
        several("lawyer_other_names", "names.others", _("lawyer"), _("Other spellings of the lawyer's name.")),
        *fields(
            Representation, "role", "began", "ended",
            role=_("How the lawyer came to it."), began=_("Since when the lawyer defends the person."),
            ended=_("Until when."),
        ),
        *fields(Lawyer, "bar", "number", "office", "licence", alias="w", bar=_("To which bar the lawyer belongs."), number=_("Number of the licence."),
            office=_("Where the lawyer works."), licence=_("Whether the lawyer may practise.")),
        text("contact", "w.contact", _("contact"), _("Confidential: for researchers and above."), rank=2),
    ],
    title=_("Lawyers"),
    unit=_("lawyer in a case"),
    about=_("A row for each lawyer in each case. A lawyer who defends ten people has ten rows."),
    joins=(
        ("w", "JOIN cases_lawyer AS w ON w.id = r.lawyer_id"),
        (
            "names",
            f"""LEFT JOIN LATERAL (
        SELECT max(o.text) FILTER (WHERE o.place = 1) AS main,
               {joined("o.text", "o.id")} FILTER (WHERE o.place > 1) AS others
        FROM (
            SELECT n.id, n.text, row_number() OVER (ORDER BY n.kind <> 'main', n.id) AS place
            FROM cases_name AS n WHERE n.lawyer_id = w.id
        ) AS o
    ) AS names ON true""",
        ),
    ),
)  # fmt: skip
