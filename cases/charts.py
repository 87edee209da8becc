"""Charts of numbers: a curve or a table -> where each line, bar and word stands.

Nothing is counted and nothing is drawn here. A chart is measured in shares (0 to 1) of its plot; `drawn` puts it on a
surface: the page, where it is as wide as there is room and coloured by the style sheet, or a sheet of its own, for a file.
templates/cases/charts/ make SVG of both.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from cases.statistics import Bounded, Curve, Line, Table

MOST_STEPS = 5  # of the axis of numbers
MOST_TICKS = 10  # of the axis of days
NARROW_GAP = 0.22  # between two of them on a narrow screen, as a share of the plot
MOST_BARS = 60  # in a file: the table has all
MOST_CAPPED = 40  # columns
MOST_TO_POINT_AT = 200  # points of a curve of which each says its number
EDGE = 0.04  # words nearer to an edge than this begin or end there
LETTER = 0.54  # the width of a letter beside its height, on average
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


# ------------------------------------------------------------------------------------------------ words and numbers


def in_figures(number: int) -> str:
    """Return the number as the reader's language writes it, with its thousands set apart: "1,204", "1 204"."""
    return str(number_format(number, force_grouping=True))


def bounds_in_words(number: "Bounded") -> str:
    if number.is_exact:
        return _("exact")
    words = {"least": in_figures(number.at_least), "most": in_figures(number.at_most)}
    return _("at least %(least)s, at most %(most)s") % words


def number_in_words(number: "Bounded") -> str:
    """Return "41, at least 39, at most 44", or "41"."""
    if number.is_exact:
        return in_figures(number.likely)
    return f"{in_figures(number.likely)}, {bounds_in_words(number)}"


def short_bounds(number: "Bounded") -> str:
    """Return "39–44", or nothing where the number is exact."""
    return "" if number.is_exact else f"{in_figures(number.at_least)}–{in_figures(number.at_most)}"


def day_in_words(day: date) -> str:
    return date_format(day, "j M Y")


def in_brief(definition: str) -> tuple[str, str]:
    """Return the first sentence of a definition, and the others."""
    first, stop, others = definition.partition(". ")
    return f"{first}{stop.strip()}", others


def printable(text: object) -> str:
    """Return the text without characters that no XML may hold: a file with one would not open."""
    return NOT_IN_XML.sub("�", str(text))


def width_of(text: str) -> float:
    """Return how wide the text is, in letters: East Asian signs are twice as wide, accents stand over their letter."""
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)
    return float(wide)


def cut(text: str, letters: float) -> str:
    """Return the text, or as much of it as is that many letters wide, with an ellipsis."""
    if width_of(text) <= letters:
        return text
    kept, width = "", 1.0
    for sign in text:
        width += width_of(sign)
        if width > letters:
            break
        kept += sign
    return f"{kept.rstrip()}…"


def lines_of(text: str, letters: float, most: int) -> list[str]:
    """Return the text broken into at most that many lines of at most that many letters; the last one is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if width_of(longer) <= letters or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = [cut(line, letters) for line in lines[:most]]
    if len(lines) > most:
        kept[-1] = cut(f"{kept[-1]}{' ' * int(letters)}", letters)
    return [line for line in kept if line]


# ------------------------------------------------------------------------------------------------ axes


@dataclass(frozen=True)
class Tick:
    at: float
    words: str
    minor: bool = False  # left out on a narrow screen

    @property
    def anchor(self) -> str:
        return "start" if self.at < EDGE else "end" if self.at > 1 - EDGE else "middle"


def round_steps(highest: int, most: int = MOST_STEPS) -> list[int]:
    """Return whole numbers from 0 to `highest` or a little over it, apart by 1, 2 or 5 times a power of ten."""
    highest, power = max(highest, 1), 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * most >= highest:
                return list(range(0, -(-highest // step) * step + 1, step))
        power *= 10


@dataclass(frozen=True)
class Days:
    """The days from the left edge of a chart to its right one."""

    first: date
    last: date

    def share(self, day: date) -> float:
        return (min(max(day, self.first), self.last) - self.first) / (self.last - self.first)

    def ticks(self) -> list[Tick]:
        return thinned([Tick(self.share(day), words) for day, words in self._begins()])

    def _begins(self) -> Iterator[tuple[date, str]]:
        """Yield the first days of years or months, or single days: what there is room for."""
        months = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month
        if months > 3 * MOST_TICKS:
            yield from self._years()
        elif months >= 3:
            yield from self._months(next(step for step in (1, 2, 3, 6) if months <= step * MOST_TICKS))
        else:
            yield from self._single_days()

    def _years(self) -> Iterator[tuple[date, str]]:
        step = round_steps(self.last.year - self.first.year, MOST_TICKS)[1]
        for year in range(-(-self.first.year // step) * step, self.last.year + 1, step):
            day = date(max(year, 1), 1, 1)
            if self.first <= day:
                yield day, str(day.year)

    def _months(self, step: int) -> Iterator[tuple[date, str]]:
        named = None
        for number in range(12 * self.first.year + self.first.month - 1, 12 * self.last.year + self.last.month):
            year, month = divmod(number, 12)
            day = date(year, month + 1, 1)
            if day >= self.first and month % step == 0:
                yield day, date_format(day, "M" if named == year else "M Y")
                named = year

    def _single_days(self) -> Iterator[tuple[date, str]]:
        length = (self.last - self.first).days
        step = next(step for step in (1, 2, 7, 14) if length <= step * MOST_TICKS)
        for number in range(0, length + 1, step):
            yield self.first + timedelta(number), date_format(self.first + timedelta(number), "j M")


def days_of(points: Sequence[date]) -> Days:
    """Return the days that hold all of these. One day alone stands in the middle of a month."""
    first, last = min(points), max(points)
    if first == last:
        first = first - timedelta(15) if first > date.min + timedelta(15) else first
        last = last + timedelta(15) if last < date.max - timedelta(15) else last
    return Days(first, last)


def thinned(ticks: list[Tick]) -> list[Tick]:
    """Return the ticks, those marked as minor that a narrow screen has no room for beside the last one that it shows."""
    found: list[Tick] = []
    shown = -1.0
    for tick in ticks:
        minor = tick.at - shown < NARROW_GAP
        shown = shown if minor else tick.at
        found.append(replace(tick, minor=minor))
    return found


# ------------------------------------------------------------------------------------------------ charts, in shares


@dataclass(frozen=True)
class Bar:
    """One bar: how long it is, from where to where its whisker reaches, in shares; and what it says."""

    label: str
    number: "Bounded"
    query: str
    length: float
    low: float
    high: float
    records: "Bounded | None" = None

    @property
    def words(self) -> str:
        return f"{self.label}: {number_in_words(self.number)}"

    @property
    def falls(self) -> bool:
        """Whether its whisker reaches into it, where it has the colour of the paper."""
        return self.low < self.length

    @property
    def rises(self) -> bool:
        return self.high > self.length


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    low: float
    high: float
    words: str
    short: str


@dataclass(frozen=True)
class Chart:
    """What is on a chart. `kind`: curve, columns (upright bars along time) or bars (one under the other)."""

    kind: str
    name: str
    title: str
    unit: str
    definition: str
    summary: str = ""  # the chart in a sentence, for those who don't see it
    steps: list[Tick] = field(default_factory=list)  # of the axis of numbers
    ticks: list[Tick] = field(default_factory=list)  # of the other axis
    points: list[Point] = field(default_factory=list)
    mark: Point | None = None  # the day that was asked for
    bars: list[Bar] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)  # what has no place along time, in words
    left_out: int = 0
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.points or self.bars)


def curve_chart(curve: "Curve", mark: "tuple[date, Bounded] | None" = None) -> Chart:
    """Return the chart of a number over time: its line, its band between the bounds, and the marked day, if it is on it."""
    points = sorted(curve.points)
    chart = Chart("curve", curve.name, printable(curve.title), printable(curve.unit), printable(curve.definition))
    if not points:
        return chart
    days = days_of([day for day, _number in points])
    steps = round_steps(max([number.at_most for _day, number in points] + [mark[1].at_most if mark else 0]))

    def point(day: date, number: "Bounded") -> Point:
        when, bounds = day_in_words(day), short_bounds(number)
        short = f"{in_figures(number.likely)} ({bounds})" if bounds else in_figures(number.likely)
        return Point(
            days.share(day),
            *shares(number, steps[-1]),
            words=f"{when}: {number_in_words(number)}",
            short=f"{when}: {short}",
        )

    return replace(
        chart,
        summary=curve_in_words(points),
        steps=numbers_axis(steps),
        ticks=days.ticks(),
        points=[point(day, number) for day, number in points],
        mark=point(*mark) if mark and days.first <= mark[0] <= days.last else None,
    )


def curve_in_words(points: "list[tuple[date, Bounded]]") -> str:
    first, last = points[0], points[-1]
    if first == last:
        return _("On %(day)s: %(number)s.") % {"day": day_in_words(first[0]), "number": number_in_words(first[1])}
    highest = max(points, key=lambda point: point[1].likely)
    return _("From %(first)s on %(begin)s to %(last)s on %(end)s; the highest is %(most)s on %(day)s.") % {
        "first": in_figures(first[1].likely),
        "begin": day_in_words(first[0]),
        "last": number_in_words(last[1]),
        "end": day_in_words(last[0]),
        "most": number_in_words(highest[1]),
        "day": day_in_words(highest[0]),
    }


def table_chart(table: "Table", kind: str = "bars", *, most: int | None = None, ticks: int = MOST_TICKS) -> Chart:
    """Return the chart of a table. Bars stand as its lines do; columns stand along time, so lines without a year stand apart."""
    dated = [line for line in table.lines if YEAR.search(line.label)]
    lines = dated if kind == "columns" else table.lines[:most]
    highest = max((line.number.at_most for line in lines), default=0)
    steps = round_steps(highest)
    chart = Chart(kind, table.name, printable(table.title), printable(table.unit), printable(table.definition))
    if not lines:
        return chart
    bars = bars_of(lines, steps[-1] if kind == "columns" else highest or 1)
    chart = replace(chart, summary=table_in_words(bars), bars=bars, note=printable(table.note))
    if kind == "bars":
        return replace(chart, left_out=len(table.lines) - len(lines))
    apart = [bar.words for bar in bars_of([line for line in table.lines if line not in dated], 1)]
    return replace(
        chart, steps=numbers_axis(steps), ticks=columns_axis([bar.label for bar in bars], ticks), apart=apart
    )


def bars_of(lines: "list[Line]", whole: int) -> list[Bar]:
    """Return the bars of these lines, `whole` being as long as there is room."""
    return [
        Bar(printable(line.label), line.number, line.query, *shares(line.number, whole), records=line.records)
        for line in lines
    ]


def shares(number: "Bounded", whole: int) -> tuple[float, float, float]:
    """Return the likely number, the least and the most as shares of the whole."""
    return number.likely / whole, number.at_least / whole, number.at_most / whole


def table_in_words(bars: list[Bar]) -> str:
    highest = max(bars, key=lambda bar: bar.number.likely)
    words = ngettext("%(number)s line; the highest: %(most)s.", "%(number)s lines; the highest: %(most)s.", len(bars))
    return words % {"number": in_figures(len(bars)), "most": highest.words}


def numbers_axis(steps: list[int]) -> list[Tick]:
    return [Tick(step / steps[-1], in_figures(step)) for step in steps]


def columns_axis(labels: list[str], most: int = MOST_TICKS) -> list[Tick]:
    """Return the years under columns, each where it begins; a year with few columns before the next has no room."""
    years = [found[0] if (found := YEAR.search(label)) else "" for label in labels]
    begins = [number for number, year in enumerate(years) if not number or year != years[number - 1]]
    if len(begins) > 1 and begins[1] * most < len(labels):
        begins = begins[1:]
    kept = begins[:: -(-len(begins) // most)]
    return thinned([Tick((number + 0.5) / len(labels), years[number]) for number in kept])


# ------------------------------------------------------------------------------------------------ on a surface


@dataclass(frozen=True)
class Page:
    """A plot as wide as its place on the page, with words that keep their size; so across it is measured in per cent."""

    height: int
    top: int = 24  # room over it for the words of a marked day
    fluid = True
    path_width = 1000  # what lines are drawn on, and then stretched

    def x(self, share: float) -> str:
        return f"{100 * share:.2f}%"

    def y(self, share: float) -> str:
        return f"{self.top + self.height * (1 - share):.1f}"

    def point(self, x: float, y: float) -> str:
        return f"{self.path_width * x:.1f},{self.height * (1 - y):.1f}"

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True)
class Sheet:
    """A plot of a fixed size at a fixed place of a drawing, in pixels."""

    left: int
    top: int
    width: int
    height: int
    fluid = False

    def x(self, share: float) -> str:
        return f"{self.left + self.width * share:.1f}"

    def y(self, share: float) -> str:
        return f"{self.top + self.height * (1 - share):.1f}"

    def point(self, x: float, y: float) -> str:
        return f"{self.x(x)},{self.y(y)}"

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True)
class Column:
    """An upright bar where it stands, with its whisker."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    low: str
    high: str
    cap_from: str
    cap_to: str
    bar: Bar
    capped: bool  # its whisker has ends: there is room


@dataclass(frozen=True)
class Strip:
    """What of a curve's plot is about one of its points: who points at it is told its number."""

    x: str
    width: str
    words: str


@dataclass(frozen=True)
class Mark:
    x: str
    y: str
    low: str
    high: str
    words: str
    words_y: str
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """A chart with each number in it written as SVG takes it."""

    chart: Chart
    surface: Page | Sheet
    line: str = ""
    band: str = ""
    columns: list[Column] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    mark: Mark | None = None
    only: list[tuple[str, str]] = field(default_factory=list)  # where the single point of a curve stands

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(self.surface.y(tick.at), tick.words) for tick in self.chart.steps]

    @property
    def ticks(self) -> list[tuple[str, Tick]]:
        return [(self.surface.x(tick.at), tick) for tick in self.chart.ticks]

    @property
    def axis_width(self) -> int:
        """How many pixels the numbers beside the plot need."""
        return round(max((width_of(tick.words) for tick in self.chart.steps), default=1) * 7.2) + 12


def drawn(chart: Chart, surface: Page | Sheet) -> Drawing:
    if chart.kind == "columns":
        return Drawing(chart, surface, columns=[*columns_on(surface, chart.bars)])
    points = chart.points
    upper = [surface.point(point.x, point.high) for point in points]
    lower = [surface.point(point.x, point.low) for point in reversed(points)]
    return Drawing(
        chart,
        surface,
        line=" ".join(surface.point(point.x, point.y) for point in points) if len(points) > 1 else "",
        band=" ".join([*upper, *lower]) if len(points) > 1 else "",
        strips=[*strips_on(surface, points)] if 1 < len(points) <= MOST_TO_POINT_AT else [],
        mark=mark_on(surface, chart.mark) if chart.mark else None,
        only=[(surface.x(point.x), surface.y(point.y)) for point in points] if len(points) == 1 else [],
    )


def columns_on(surface: Page | Sheet, bars: list[Bar]) -> Iterator[Column]:
    """Yield the columns; between many of them there is less room."""
    slot = 1 / len(bars) if bars else 1
    wide = min(slot * (0.8 if len(bars) > MOST_CAPPED else 0.66), 0.08)
    for number, bar in enumerate(bars):
        middle = (number + 0.5) * slot
        bottom, top = surface.y(0), surface.y(bar.length)
        width = (
            f"{100 * wide:.3f}%"
            if surface.fluid
            else f"{float(surface.x(middle + wide / 2)) - float(surface.x(middle - wide / 2)):.1f}"
        )
        yield Column(
            x=surface.x(middle - wide / 2),
            y=top,
            width=width,
            height=f"{float(bottom) - float(top):.1f}",
            middle=surface.x(middle),
            low=surface.y(bar.low),
            high=surface.y(bar.high),
            cap_from=surface.x(middle - wide / 4),
            cap_to=surface.x(middle + wide / 4),
            bar=bar,
            capped=len(bars) <= MOST_CAPPED,
        )


def strips_on(surface: Page | Sheet, points: list[Point]) -> Iterator[Strip]:
    """Yield for each point what lies nearer to it than to its neighbours."""
    edges = [0.0, *((a.x + b.x) / 2 for a, b in pairwise(points)), 1.0]
    for point, (begin, end) in zip(points, pairwise(edges), strict=True):
        yield Strip(f"{100 * begin:.2f}%", f"{100 * (end - begin):.2f}%", point.words)


def mark_on(surface: Page | Sheet, point: Point) -> Mark:
    """Return the marked day; its words stand over the plot, where they cover nothing."""
    return Mark(
        x=surface.x(point.x),
        y=surface.y(point.y),
        low=surface.y(point.low),
        high=surface.y(point.high),
        words=point.short,
        words_y=f"{surface.top - 7:.1f}",
        anchor="start" if point.x < 0.3 else "end" if point.x > 0.7 else "middle",
    )


# ------------------------------------------------------------------------------------------------ a file of its own


SHEET_WIDTH = 960
MARGIN = 40
LABELS = 280  # the width of the words beside bars
ROW = 26
FIGURES = 130  # room for the number behind a bar
PLOT_HEIGHT = 320

READING = {
    "curve": gettext_lazy("Line: the likely number. Band: the least and the most that partial dates allow."),
    "columns": gettext_lazy("Bar: the likely number. Thin line: from the least to the most that partial dates allow."),
    "bars": gettext_lazy("Bar: the likely number. Thin line: from the least to the most that partial dates allow."),
}


@dataclass(frozen=True)
class Text:
    y: int
    words: str


@dataclass(frozen=True)
class Row:
    """A bar that lies, with the words before and behind it."""

    y: int
    bar: Bar
    label: str
    x: str
    width: str
    end: str
    low: str
    high: str
    figures: str
    figures_x: str

    @property
    def middle(self) -> str:
        """A word: a template would write a number with the decimal sign of the reader's language."""
        return f"{self.y + 10.5:.1f}"


@dataclass(frozen=True)
class File:
    """A drawing that stands alone: what is counted, of which question, on which day and by whom is written in it."""

    chart: Chart
    width: int
    height: int
    title: list[Text]
    head: list[Text]
    foot: list[Text]
    drawing: Drawing | None
    rows: list[Row]
    mirrored: bool  # written from right to left
    edge: int  # where its words begin
    about: str

    @property
    def middle(self) -> int:
        return self.width // 2

    @property
    def empty_y(self) -> int:
        return (self.head[-1].y + self.foot[0].y) // 2


def chart_file(chart: Chart, *, day: date, question: str, source: str, mirrored: bool = False) -> File:
    """Return the chart as a sheet. `question` and `source` are whole sentences; `mirrored` if the language runs from the right."""
    letters = (SHEET_WIDTH - 2 * MARGIN) / LETTER
    title, y = texts(chart.title, MARGIN + 8, 26, letters / 21, 2)
    unit = _("Counted: %(unit)s, as of %(day)s.") % {"unit": chart.unit, "day": date_format(day, "j F Y")}
    brief, others = in_brief(chart.definition)
    head: list[Text] = []
    for words in (brief, f"{unit} {printable(question)}"):
        more, y = texts(words, y, 20, letters / 14, 4)
        head += more
    top = y + 20
    if chart.kind == "bars":
        rows, bottom, drawing = [*rows_on(chart, top, mirrored)], top + ROW * max(len(chart.bars), 1) + 26, None
    else:
        left = MARGIN + max(round(max((width_of(tick.words) for tick in chart.steps), default=1) * 7.4) + 10, 24)
        plot = Sheet(MARGIN if mirrored else left, top, SHEET_WIDTH - MARGIN - left, PLOT_HEIGHT)
        rows, bottom, drawing = [], top + PLOT_HEIGHT + 48, drawn(chart, plot)
    foot: list[Text] = []
    y = bottom
    left_out = ngettext("%(n)s more line is in the table.", "%(n)s more lines are in the table.", chart.left_out)
    for words in (
        "; ".join(chart.apart),
        left_out % {"n": in_figures(chart.left_out)} if chart.left_out else "",
        others,
        chart.note,
        "" if chart.is_empty else str(READING[chart.kind]),
        printable(source),
    ):
        more, y = texts(words, y, 18, letters / 12, 4)
        foot += more
    return File(
        chart,
        SHEET_WIDTH,
        y + MARGIN - 18,
        title,
        head,
        foot,
        drawing,
        rows,
        mirrored,
        SHEET_WIDTH - MARGIN if mirrored else MARGIN,
        " ".join(filter(None, [chart.summary, unit, chart.definition])),
    )


def texts(words: str, y: int, apart: int, letters: float, most: int) -> tuple[list[Text], int]:
    """Return the words as lines from `y` on, and where the next ones may begin."""
    lines = lines_of(words, letters, most)
    return [Text(y + number * apart, line) for number, line in enumerate(lines)], y + len(lines) * apart


def rows_on(chart: Chart, top: int, mirrored: bool) -> Iterator[Row]:
    begin, room = MARGIN + LABELS, SHEET_WIDTH - 2 * MARGIN - LABELS - FIGURES

    def across(x: float) -> str:
        return f"{SHEET_WIDTH - x if mirrored else x:.1f}"

    for number, bar in enumerate(chart.bars):
        end = begin + room * bar.length
        far = begin + room * max(bar.length, bar.high)
        bounds = short_bounds(bar.number)
        yield Row(
            y=top + number * ROW,
            bar=bar,
            label=cut(bar.label, (LABELS - 16) / (13 * LETTER)),
            x=across(end) if mirrored else across(begin),
            width=f"{end - begin:.1f}",
            end=across(end),
            low=across(begin + room * bar.low),
            high=across(begin + room * bar.high),
            figures=f"{in_figures(bar.number.likely)} ({bounds})" if bounds else in_figures(bar.number.likely),
            figures_x=across(far + 8),
        )
