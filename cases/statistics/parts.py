"""What the numbers page is made of: numbers with bounds, in figures, tables and a curve, each with its unit and definition.

The words of a definition stand here and in the modules beside this one, and nowhere else; docs/numbers.md tells the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

Row = list[str | int]


@dataclass(frozen=True)
class Bounded:
    """A number that partial dates leave open: the likely one, and how few and how many it can be."""

    likely: int = 0
    at_least: int = 0
    at_most: int = 0

    @property
    def is_exact(self) -> bool:
        return self.at_least == self.likely == self.at_most

    def __bool__(self) -> bool:
        return self.at_most > 0


@dataclass(frozen=True)
class Line:
    """A row of a table. `query`: of the list that shows exactly these; empty if no list can.

    `listed` names the one of the three numbers that the list has: a list of arrests in a month shows all that are possible.
    `records` is the number of records behind, where the line counts cases or people.
    """

    label: str
    number: Bounded
    query: str = ""
    listed: str = "likely"
    records: Bounded | None = None

    @property
    def in_list(self) -> int:
        """Return how many of the unit the list has."""
        return getattr(self.number, self.listed)


@dataclass(frozen=True)
class Figure:
    """One number of the head of the page; `value` is set in place of `number` where it is not a count."""

    name: str
    title: str
    unit: str
    definition: str
    number: Bounded | None = None
    value: str = ""
    query: str = ""


@dataclass(frozen=True)
class Table:
    """Lines of one unit; `note` says how the parts and the whole agree, or why they don't."""

    name: str
    title: str
    unit: str
    definition: str
    lines: list[Line] = field(default_factory=list)
    note: str = ""
    records_unit: str = ""

    @property
    def header(self) -> list[str]:
        names = [self.name_of_lines, _("unit"), _("likely"), _("at least"), _("at most")]
        if self.records_unit:
            names += [_("%(unit)s, %(which)s") % {"unit": self.records_unit, "which": which} for which in names[2:]]
        return names

    @property
    def name_of_lines(self) -> str:
        return self.title

    def rows(self) -> Iterator[Row]:
        """Return the rows for a file: label, unit, likely, at_least, at_most, and the same of the records behind."""
        for line in self.lines:
            row: Row = [line.label, self.unit, *numbers_in_order(line.number)]
            yield row + (numbers_in_order(line.records or Bounded()) if self.records_unit else [])


@dataclass(frozen=True)
class Curve:
    """How many on each of some days. `queries`: of the list that has those of the day, by day, where a list can."""

    name: str
    title: str
    unit: str
    definition: str
    points: list[tuple[date, Bounded]] = field(default_factory=list)
    queries: dict[date, str] = field(default_factory=dict)
    note: str = ""

    @property
    def header(self) -> list[str]:
        return [_("day"), _("unit"), _("likely"), _("at least"), _("at most")]

    def rows(self) -> Iterator[Row]:
        for day, number in self.points:
            yield [day.isoformat(), self.unit, *numbers_in_order(number)]


@dataclass(frozen=True)
class Numbers:
    """All that the page says of a question on a day."""

    day: date
    cases: Bounded
    people: Bounded
    figures: list[Figure]
    curve: Curve
    tables: dict[str, Table]

    @property
    def by_name(self) -> dict[str, Figure]:
        return {figure.name: figure for figure in self.figures}

    @property
    def header(self) -> list[str]:
        return [_("number"), _("unit"), _("likely"), _("at least"), _("at most"), _("value"), _("definition")]

    def rows(self) -> Iterator[Row]:
        """Return the figures for a file."""
        for figure in self.figures:
            counts = numbers_in_order(figure.number) if figure.number is not None else ["", "", ""]
            yield [figure.title, figure.unit, *counts, figure.value, figure.definition]


def numbers_in_order(number: Bounded) -> Row:
    return [number.likely, number.at_least, number.at_most]
