"""What a row of the list says of a case on a day, read in a fixed number of queries whatever the number of rows.

Of accepted, non-confidential records only, for everybody. Sentences in force, outcomes of charges and what comes next are
defined in 0003_lists.sql, which the filters and the export use too.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.dates import DateError, PartialDate, in_words, today, words_for_bounds
from cases.models import (
    Case,
    CaseTag,
    Certainty,
    Charge,
    DetentionKind,
    Hearing,
    HearingStage,
    Penalty,
    PenaltyKind,
    PenaltyOrigin,
    Period,
    Regime,
    Representation,
    RestrictionKind,
    Status,
    Verdict,
)
from cases.models.people import NameKind

OPEN = (date.min, date.max)
KINDS = dict(RestrictionKind.choices) | dict(DetentionKind.choices)
OUTCOMES = {
    "pending": gettext_lazy("pending"),
    "convicted": gettext_lazy("convicted"),
    "acquitted": gettext_lazy("acquitted"),
    "dismissed": gettext_lazy("dismissed"),
    "reclassified": gettext_lazy("reclassified"),
    "dropped": gettext_lazy("dropped"),
    "treatment": gettext_lazy("treatment ordered"),
    "ended": gettext_lazy("ended"),
}
WHAT_COMES = {
    "hearing": gettext_lazy("hearing"),
    "held_until": gettext_lazy("remand ends"),
    "ends_on": gettext_lazy("sentence ends"),
    "expected_release": gettext_lazy("expected release"),
}


@dataclass(frozen=True)
class Days:
    """Days held up to and including a day, both ends counted: with partial dates a range. `unacknowledged` of the likely ones."""

    fewest: int
    likely: int
    most: int
    unacknowledged: int = 0

    def __str__(self):
        return f"{self.fewest}" if self.fewest == self.most else f"{self.fewest}–{self.most}"


@dataclass(frozen=True)
class Coming:
    """Something planned: `what` is a key of WHAT_COMES; `missing` if it has passed without an outcome."""

    what: str
    date: PartialDate
    missing: bool

    @property
    def label(self):
        return WHAT_COMES[self.what]

    @property
    def sort_key(self):
        return self.date.sort_key


@dataclass(frozen=True)
class InForce:
    """The sentence in force on a day; `penalties` are those imposed, inherited from the one that it upholds if need be."""

    sentence_id: int
    verdict: str
    penalties: list = field(default_factory=list)

    def __str__(self):
        punished = "; ".join(penalty_in_words(penalty) for penalty in self.penalties)
        return punished or str(Verdict(self.verdict).label)


@dataclass
class Row:
    """A case as the list shows it on a day."""

    case: Case
    period: Period
    day: date
    days: Days | None = None
    charges: list = field(default_factory=list)  # (Charge, outcome), the outcome a key of OUTCOMES
    in_force: InForce | None = None
    on_trial: bool = False
    lawyers: list = field(default_factory=list)  # Representations
    coming: list = field(default_factory=list)  # Comings, earliest first, those that are missing last
    tags: list = field(default_factory=list)

    @cached_property
    def names(self):
        return sorted(self.case.detainee.names.all(), key=lambda name: (name.kind != NameKind.MAIN, name.pk))

    @property
    def name(self):
        return self.names[0] if self.names else None

    @property
    def native(self):
        """Return the name in the person's own script, if it is recorded and is not the main one."""
        return next((name for name in self.names[1:] if name.kind == NameKind.NATIVE), None)

    @property
    def status(self):
        return self.period.status

    @property
    def status_label(self):
        """Return what holds in one word: "Remand" where the kind is known, else "In custody"."""
        return status_label(self.period.status, self.period.kind)

    @property
    def certain(self):
        return self.period.begin_latest <= self.day < self.period.end_earliest

    @property
    def since(self):
        return since_in_words(self.period)

    @property
    def place(self):
        return self.period.place

    @property
    def articles(self):
        """Return for each charge its article in words, what became of it, and that in words."""
        return [
            (charge.provision.label if charge.provision else charge.text_as_reported or "?", outcome, OUTCOMES[outcome])
            for charge, outcome in self.charges
        ]

    @property
    def sentence(self):
        """Return the sentence in force in words, else how far the case has come; empty if nothing is charged."""
        if self.in_force:
            return str(self.in_force)
        if not any(outcome == "pending" for _charge, outcome in self.charges):
            return ""
        return _("on trial") if self.on_trial else _("charged")

    @property
    def next(self):
        return next(iter(self.coming), None)

    @property
    def first_lawyer(self):
        return self.lawyers[0].lawyer if self.lawyers else None

    @property
    def other_lawyers(self):
        return len(self.lawyers) - 1


def status_label(status, kind):
    return capfirst(KINDS.get(kind) or Status(status).label)


def since_in_words(period):
    """Return since when the status of the period holds, in words; empty if that is not known at all."""
    earliest, latest = (None if bound in OPEN else bound for bound in (period.since_earliest, period.since_latest))
    if earliest is None and latest is None:
        return ""
    try:
        written = PartialDate.parse_edtf(period.since_text)
    except DateError:
        return words_for_bounds(earliest, latest)
    return in_words(written) if written and written.earliest == earliest else words_for_bounds(earliest, latest)


def penalty_in_words(penalty):
    """Return "7 years, strict regime", "suspended sentence: 2 years", "fine: 100 000 RUB"."""
    length = length_in_words(penalty.years, penalty.months, penalty.days)
    amount = f"{penalty.amount.normalize():f} {penalty.currency}" if penalty.amount is not None else ""
    measure = " ".join(filter(None, [length, amount]))
    regime = str(Regime(penalty.regime).label) if penalty.regime else ""
    if penalty.kind == PenaltyKind.IMPRISONMENT and measure:
        return ", ".join(filter(None, [measure, regime]))
    kind = str(PenaltyKind(penalty.kind).label)
    return ", ".join(filter(None, [f"{kind}: {measure}" if measure else kind, regime]))


def length_in_words(years, months, days):
    """Return "3 years 6 months"; what is empty or nought is left out."""
    counted = [
        ngettext("%(number)s year", "%(number)s years", years or 0) % {"number": years},
        ngettext("%(number)s month", "%(number)s months", months or 0) % {"number": months},
        ngettext("%(number)s day", "%(number)s days", days or 0) % {"number": days},
    ]
    return " ".join(words for words, number in zip(counted, (years, months, days), strict=True) if number)


# ------------------------------------------------------------------------------------------------ reading


def case_table(cases, day=None, *, most=50):
    """Return the context of cases/_case_table.html on another page: the first `most` of the cases by name, as of `day`."""
    day = day or today()
    ids = list(cases.sorted_by("name", day).values_list("pk", flat=True)[: most + 1])
    return {"rows": rows_of(ids[:most], day), "day": day, "more": len(ids) > most}


def rows_of(case_ids, day, *, statuses=(), certainty=Certainty.LIKELY):
    """Return a Row for each of the cases, in that order. 11 queries, however many.

    A row shows what likely holds on the day; where `statuses` were asked for possibly, the one that was found.
    """
    case_ids = list(case_ids)
    if not case_ids:
        return []
    found = Case.objects.filter(pk__in=case_ids).select_related("detainee", "assignee", "state")
    cases = {case.pk: case for case in found.prefetch_related("detainee__names")}
    periods = periods_of(case_ids, day, statuses=statuses, certainty=certainty)
    rows = {pk: Row(cases[pk], periods[pk], day) for pk in case_ids if pk in cases and pk in periods}
    details = {
        "days": days_held(case_ids, day),
        "charges": charges_of(case_ids, day),
        "in_force": sentences_in_force(case_ids, day),
        "lawyers": lawyers_of(case_ids, day),
        "coming": next_of(case_ids, day),
        "tags": tags_of(case_ids),
        "on_trial": dict.fromkeys(on_trial(case_ids, day), True),
    }
    for name, by_case in details.items():
        for pk, value in by_case.items():
            if pk in rows:
                setattr(rows[pk], name, value)
    return list(rows.values())


def periods_of(case_ids, day, *, statuses=(), certainty=Certainty.LIKELY):
    """Return by case the period that likely holds on the day; if one of `statuses` was asked for possibly, that one."""
    periods = Period.objects.filter(case__in=case_ids).select_related("place")
    chosen = {period.case_id: period for period in periods.on(day).order_by()}
    if statuses and certainty == Certainty.POSSIBLY:
        for period in periods.on(day, certainty).filter(status__in=statuses).order_by("case", "number"):
            if chosen[period.case_id].status not in statuses:
                chosen[period.case_id] = period
    return chosen


def days_held(case_ids, day):
    """Return by case the Days held up to and including the day; cases never held are left out."""
    rows = _ask(
        "SELECT case_id, fewest, likely, most, unacknowledged FROM cases_days_held(%s::bigint[], %s)", case_ids, day
    )
    found = {pk: Days(*(number or 0 for number in numbers)) for pk, *numbers in rows}
    return {pk: days for pk, days in found.items() if days.most}


def charges_of(case_ids, day):
    """Return by case its charges made by the day with what became of them, oldest first."""
    outcomes = dict(_ask("SELECT charge_id, outcome FROM cases_charge_outcomes(%s::bigint[], %s)", case_ids, day))
    by_case = defaultdict(list)
    for charge in Charge.objects.filter(pk__in=outcomes).for_list().order_by(*Charge._meta.ordering):
        by_case[charge.case_id].append((charge, outcomes[charge.pk]))
    return by_case


def sentences_in_force(case_ids, day):
    """Return by case the sentence InForce on the day, if there is one."""
    found = _ask(
        "SELECT case_id, sentence_id, verdict, penalties_of FROM cases_in_force(%s::bigint[], %s)", case_ids, day
    )
    penalties = defaultdict(list)
    sentences = [penalties_of for *_others, penalties_of in found]
    for penalty in Penalty.objects.filter(sentence__in=sentences, origin=PenaltyOrigin.IMPOSED).order_by("pk"):
        penalties[penalty.sentence_id].append(penalty)
    return {pk: InForce(sentence, verdict, penalties[of]) for pk, sentence, verdict, of in found}


def on_trial(case_ids, day):
    """Return the cases whose trial, or a later stage, had begun by the day."""
    hearings = Hearing.objects.public().filter(case__in=case_ids, held_on_earliest__lte=day).order_by()
    return hearings.filter(stage__in=[HearingStage.TRIAL, HearingStage.VERDICT]).values_list("case", flat=True)


def lawyers_of(case_ids, day):
    """Return by case its Representations on the day."""
    by_case = defaultdict(list)
    found = Representation.objects.public().on(day).filter(case__in=case_ids).select_related("lawyer")
    for representation in found.prefetch_related("lawyer__names").order_by(*Representation._meta.ordering):
        by_case[representation.case_id].append(representation)
    return by_case


def next_of(case_ids, day):
    """Return by case what is Coming from the day on, earliest first, and after it what has passed without an outcome."""
    by_case = defaultdict(list)
    for pk, *coming in _ask(
        "SELECT case_id, what, written, earliest, latest, missing FROM cases_next(%s::bigint[], %s)", case_ids, day
    ):
        what, written, earliest, latest, missing = coming
        by_case[pk].append(Coming(what, PartialDate(written, earliest, latest), missing))
    for coming in by_case.values():
        coming.sort(key=lambda one: (one.missing, one.sort_key))
    return by_case


def tags_of(case_ids):
    """Return by case its tags' Terms, by name."""
    by_case = defaultdict(list)
    for tag in CaseTag.objects.filter(case__in=case_ids).select_related("term").order_by("term__name"):
        by_case[tag.case_id].append(tag.term)
    return by_case


def _ask(sql, case_ids, day):
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(case_ids), day])
        return cursor.fetchall()
