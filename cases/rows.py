"""What a row of the list says of a case on a day, read in one query whatever the number of rows.

Of accepted, non-confidential records only, for everybody. Sentences in force, outcomes of charges and what comes next are
defined in 0003_lists.sql and 0008_quick.sql, which the filters and the export use too.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.dates import DateError, PartialDate, in_words, today, words_for_bounds
from cases.models import (
    HELD,
    Access,
    Certainty,
    DetentionKind,
    PenaltyKind,
    Regime,
    RestrictionKind,
    Status,
    Verdict,
)
from cases.models.custody import place_in_words
from cases.models.people import NameKind, lang_of
from cases.models.proceedings import article_label
from cases.names import direction

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


class Punishment(NamedTuple):
    """What a row tells of a Penalty."""

    kind: str
    years: int | None
    months: int | None
    days: int | None
    regime: str
    amount: Decimal | None
    currency: str


@dataclass(frozen=True)
class InForce:
    """The sentence in force on a day; `penalties` are those imposed, inherited from the one that it upholds if need be."""

    verdict: str
    penalties: list

    def __str__(self):
        punished = "; ".join(penalty_in_words(penalty) for penalty in self.penalties)
        return punished or str(Verdict(self.verdict).label)


@dataclass(frozen=True)
class CaseOfRow:
    pk: int
    reference: str
    access: str
    detainee_id: int


@dataclass(frozen=True)
class Spelling:
    """A name of a person as it is written, with the `lang` and `dir` that a page needs."""

    text: str
    lang: str
    dir: str


@dataclass(frozen=True)
class Since:
    """Since when a status holds: a partial date whose bounds may be open."""

    since_text: str
    since_earliest: date
    since_latest: date


@dataclass
class Row:
    """A case as the list shows it on a day, ready to be printed."""

    case: CaseOfRow
    names: list[Spelling]  # the main one first
    native: Spelling | None  # in the person's own script, if it is recorded and is not the main one
    status: str
    status_label: str
    certain: bool
    since: str
    place: str
    days: Days | None
    charges: list  # of each its article in words, and what became of it, a key of OUTCOMES; oldest first
    in_force: InForce | None
    on_trial: bool
    lawyers: list  # their names
    coming: list  # Comings, earliest first, those that are missing last
    tags: list
    confirmed: date | None = None  # the last day for which it was, where the list shows that

    @property
    def name(self):
        return self.names[0] if self.names else None

    @property
    def url(self):
        return reverse("case-detail", args=[self.case.reference])

    @property
    def is_restricted(self):
        return self.case.access != Access.EVERYONE

    @property
    def is_held(self):
        return self.status in HELD

    @property
    def articles(self):
        """Return for each charge its article in words, what became of it, and that in words."""
        return [(article, outcome, OUTCOMES[outcome]) for article, outcome in self.charges]

    @cached_property
    def sentence(self):
        """Return the sentence in force in words, else how far the case has come; empty if nothing is charged."""
        if self.in_force:
            return str(self.in_force)
        if not any(outcome == "pending" for _article, outcome in self.charges):
            return ""
        return _("on trial") if self.on_trial else _("charged")

    @property
    def next(self):
        return next(iter(self.coming), None)

    @property
    def first_lawyer(self):
        return self.lawyers[0] if self.lawyers else None

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
    """Return a Row for each of the cases, in that order. One query, however many.

    A row shows what likely holds on the day; where `statuses` were asked for possibly, the one that was found.
    """
    case_ids = list(case_ids)
    if not case_ids:
        return []
    possible = list(statuses) if certainty == Certainty.POSSIBLY and statuses else None
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id, told FROM cases_rows(%s::bigint[], %s, %s)", [case_ids, day, possible])
        return [row_of(pk, *told) for pk, told in cursor.fetchall()]


def row_of(
    pk,
    reference,
    access,
    detainee,
    names,
    status,
    since,
    place,
    days,
    charges,
    verdict,
    penalties,
    tried,
    lawyers,
    coming,
    tags,
):
    """Return the Row of what cases_rows (0008_quick.sql) tells of a case, in its order."""
    names = names or []
    spelled = [Spelling(text, lang_of(text, language), direction(text)) for text, language, _kind in names]
    return Row(
        case=CaseOfRow(pk, reference, access, detainee),
        names=spelled,
        native=next((spelled[n] for n, (*_name, kind) in enumerate(names) if n and kind == NameKind.NATIVE), None),
        status=status[0],
        status_label=status_label(status[0], status[1]),
        certain=status[2],
        since=since_in_words(Since(since[0], day_of(since[1]), day_of(since[2]))),
        place=place_in_words(*place) if place[0] else "",
        days=Days(*(number or 0 for number in days)) if days[2] else None,
        charges=[
            (article_label(*numbers) if numbers[0] else reported or "?", outcome)
            for *numbers, reported, outcome in charges or []
        ],
        in_force=InForce(verdict, [punishment(*penalty) for penalty in penalties or []]) if verdict else None,
        on_trial=tried,
        lawyers=lawyers or [],
        coming=coming_of(coming),
        tags=tags or [],
    )


def day_of(written):
    return date.fromisoformat(written) if written else None


def punishment(kind, years, months, days, regime, amount, currency):
    return Punishment(kind, years, months, days, regime, Decimal(amount) if amount else None, currency)


def coming_of(told):
    """Return what is Coming from what the database tells of a case: earliest first, and after it what has passed without
    an outcome."""
    coming = [
        Coming(what, PartialDate(text, day_of(first), day_of(last)), missing)
        for what, text, first, last, missing in told or []
    ]
    return sorted(coming, key=lambda one: (one.missing, one.sort_key))
