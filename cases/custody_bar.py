"""The custody bar: periods of a case and its court days -> positions on one strip, in per cent of its width.

No drawing here: templates/cases/_custody_bar.html makes SVG of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dates import in_words
from cases.dossier import FIRST_DAY, LAST_DAY, begin_in_words, end_in_words
from cases.models import DetentionKind, Period, RestrictionKind, Status

MOST_LABELS = 12
ROOM_FOR_A_LABEL = 9  # per cent of the width
ROOM_UP_TO = 96  # a year written further right would stand outside
CSS = {
    DetentionKind.POLICE: "bar-police",
    DetentionKind.REMAND: "bar-remand",
    DetentionKind.HOUSE_ARREST: "bar-house",
    DetentionKind.PRISON: "bar-prison",
    DetentionKind.PSYCHIATRIC: "bar-psychiatric",
    DetentionKind.ADMINISTRATIVE: "bar-administrative",
    DetentionKind.UNACKNOWLEDGED: "bar-unacknowledged",
}


@dataclass
class Piece:
    """One rectangle; `fade` is in, out or nothing."""

    x: str
    width: str
    css: str
    fade: str = ""


@dataclass
class Label:
    x: str
    width: str
    text: str
    css: str


@dataclass
class Tick:
    x: str
    words: str
    main: bool = False


@dataclass
class Bar:
    pieces: list[Piece] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    years: list[tuple[str, int]] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __bool__(self):
        return bool(self.pieces)


def custody_bar(periods: Sequence[Period], hearings: Iterable, sentences: Iterable, today: date) -> Bar:
    """Return the bar; it is empty (false) if no period says that the person was held, restricted or free again."""
    drawn = [period for period in periods if css_of(period)]
    bar = Bar()
    if not any(period.status != Status.RELEASED for period in drawn):
        return bar
    ticks = [(hearing.held_on, _("Hearing"), False) for hearing in hearings if hearing.held_on]
    ticks += [(sentence.date, _("Sentence"), True) for sentence in sentences if sentence.date]
    axis = Axis(drawn, [day.likely() for day, _words, _main in ticks], today)
    for period in drawn:
        _draw(bar, period, axis)
    for day, words, main in sorted(ticks, key=lambda tick: (tick[2], tick[0].sort_key)):
        if axis.first <= day.likely() <= axis.last:
            bar.ticks.append(Tick(axis.at(day.likely()), f"{words}, {in_words(day)}", main))
    bar.years = axis.years()
    return bar


class Axis:
    """The days from the left edge to the right one: whole years at the left, a little after the last day at the right."""

    def __init__(self, periods, ticks, today):
        begins = [_finite(period.begin_earliest, period.begin_likely, period.begin_latest) for period in periods]
        ends = [_finite(period.end_latest, period.end_likely, period.end_earliest) for period in periods]
        begins = [day for day in begins if day] or [today]
        held = [period for period in periods if period.status != Status.RELEASED]
        ends = [day for day in [_finite(p.end_latest, p.end_likely, p.end_earliest) for p in held] if day] or begins
        last = max([*ends, *begins, *(day for day in ticks if day)])
        if any(period.end_latest == LAST_DAY for period in held):
            last = today
        self.first = min(begins).replace(month=1, day=1)
        last = max(last, self.first + timedelta(days=30))
        self.last = max(min(last + (last - self.first) / 9, today), last)

    def at(self, day: date) -> str:
        return _percent(self._share(day))

    def width(self, begin: date, end: date) -> str:
        return _percent(self._share(end) - self._share(begin))

    def _share(self, day):
        day = min(max(day, self.first), self.last)
        return 100 * (day - self.first).days / ((self.last - self.first).days or 1)

    def room(self, begin, end):
        return self._share(end) - self._share(begin)

    def years(self):
        """Where years begin, at most a dozen of them."""
        step = (self.last.year - self.first.year) // MOST_LABELS + 1
        begins = [date(year, 1, 1) for year in range(self.first.year, self.last.year + 1, step)]
        return [(self.at(day), day.year) for day in begins if self._share(day) <= ROOM_UP_TO]


def _draw(bar, period, axis):
    """Add a period: what is certain of it in full, what is not fading in and out."""
    css = css_of(period)
    begin_earliest = axis.first if period.begin_earliest == FIRST_DAY else period.begin_earliest
    end_latest = axis.last if period.end_latest == LAST_DAY else period.end_latest
    full_from, full_to = period.begin_latest, period.end_earliest
    if full_from > full_to:
        full_from = full_to = max(begin_earliest, min(period.begin_likely, end_latest))
        if period.end_likely != LAST_DAY:
            full_from = full_to = max(begin_earliest, full_from + (period.end_likely - period.begin_likely) // 2)
    for begin, end, fade in (
        (begin_earliest, full_from, "in"),
        (full_from, full_to, ""),
        (full_to, end_latest, "out"),
    ):
        if begin < axis.last and min(end, axis.last) > max(begin, axis.first):
            bar.pieces.append(Piece(axis.at(begin), axis.width(begin, end), css, fade))
    words = words_of(period)
    if axis.room(full_from, full_to) >= ROOM_FOR_A_LABEL:
        text = str(period.place or words)  # the legend names the colour
        label_css = "bar-label-free" if css == "bar-free" else "bar-label"
        bar.labels.append(Label(axis.at(full_from), axis.width(full_from, full_to), text, label_css))
    if (css, words) not in bar.legend:
        bar.legend.append((css, words))
    bar.lines.append(line_of(period))


def css_of(period: Period) -> str:
    """The class that colours a period; empty for those that are not drawn."""
    if period.status == Status.DISAPPEARED:
        return "bar-unacknowledged"
    if period.status == Status.IN_CUSTODY:
        return CSS.get(period.kind, "bar-custody")
    return {Status.RESTRICTED: "bar-restricted", Status.RELEASED: "bar-free"}.get(period.status, "")


def words_of(period: Period) -> str:
    """Remand, travel ban, in custody, …"""
    if period.status == Status.RELEASED:
        return _("at liberty")
    choices = {**dict(DetentionKind.choices), **dict(RestrictionKind.choices)}
    if period.kind in choices:
        return capfirst(str(choices[period.kind]))
    return capfirst(Status(period.status).label)


def line_of(period: Period) -> str:
    """One period in words, for those who don't see the bar and for print."""
    where = f"{words_of(period)}, {period.place}" if period.place else words_of(period)
    words = {"what": where, "begin": begin_in_words(period), "end": end_in_words(period)}
    if not words["end"]:
        return _("%(what)s: from %(begin)s") % words
    return _("%(what)s: from %(begin)s to %(end)s") % words


def _finite(*days):
    """The first of the days that is no open bound, or None."""
    return next((day for day in days if day not in (FIRST_DAY, LAST_DAY)), None)


def _percent(share):
    return f"{share:.2f}%"
