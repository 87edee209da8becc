"""Reports as one XLSX file: a sheet for each, one before them that says what this is, one behind that explains the columns.

Cells are typed: text is text whatever it looks like, so nothing in it is ever a formula or a link; a date that is known to
the day is a date, any other stays as it is written; a number is a number. Rows go to disk one by one, so memory stays flat.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html import escape
from itertools import count, islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from cases.reports.csv import RISKY

MOST_ROWS = 1_048_575  # of a sheet, below its header
MOST_CHARACTERS = 32_767  # of a cell, as UTF-16 counts them
FIRST_DAY = date(1900, 3, 1)  # Excel takes 1900 for a leap year, and knows no day before it
WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
WIDTHS = {"number": 11, "date": 12, "partial": 14, "answer": 10, "moment": 20, "code": 16, "label": 20, "text": 26}
WIDEST_HEADING = 28
ROWS_BETWEEN = 1000  # how often it is told how far the work is


class TooLarge(Exception):
    """A sheet would have more rows than the format can hold."""


@dataclass(frozen=True)
class Heading:
    """A column of a sheet: its words, its name in CSV files, what it means, and its kind (see cases.reports)."""

    title: str
    name: str
    kind: str = "text"
    meaning: str = ""


@dataclass(frozen=True)
class Sheet:
    title: str
    unit: str  # what a row is
    headings: list[Heading]
    rows: Iterable[Iterable[Any]]


@dataclass
class Written:
    """What has been written: rows of each sheet, and cells whose text was too long for the format."""

    rows: list[tuple[Sheet, int]] = field(default_factory=list)
    cut: int = 0


def write_workbook(
    file: IO[bytes],
    sheets: Iterable[Sheet],
    about: list[tuple[str, str]],
    *,
    title: str,
    author: str,
    folder: Path,
    told: Callable[[int], None] = lambda rows: None,
) -> Written:
    """Write the sheets into `file`; what is written on the way lies in `folder`. `about` are lines of the first sheet.

    `told` is called now and then with the number of rows so far. TooLarge: nothing that was written is of use.
    """
    options = {"constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(file, options)
    book.set_properties({"title": title, "author": author, "created": datetime.now(UTC).replace(tzinfo=None)})
    writing = Writing(book, told)
    first = writing.add(_("About"))
    headings: list[tuple[str, Heading]] = []
    for sheet in sheets:
        name = writing.fill(sheet)
        headings += [(name, heading) for heading in sheet.headings]
    writing.explain(headings)
    writing.introduce(first, title, about)
    book.close()
    return writing.written


class Writing:
    """The formats of a workbook, and what has been written so far."""

    def __init__(self, book: Workbook, told: Callable[[int], None]):
        self.book, self.told, self.written = book, told, Written()
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.large = book.add_format({"bold": True, "font_size": 15})
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E1EFF1", "text_wrap": True, "valign": "top"}
        )
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self.number = book.add_format({"num_format": "#,##0"})
        self.quoted = book.add_format({"quote_prefix": True})
        self.wrapped_quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        self.names: set[str] = set()

    def add(self, title: str) -> Any:
        """Return a new sheet, named by the first characters of the title; two sheets never have one name."""
        plain = re.sub(r"[\s\[\]:*?/\\']+", " ", title).strip() or "1"
        tries = (f"{plain[: 31 - len(end)]}{end}" for end in ("", *(f" {number}" for number in range(2, 100))))
        name = next(one for one in tries if one.casefold() not in self.names)
        self.names.add(name.casefold())
        sheet = self.book.add_worksheet(name)
        if get_language_bidi():
            sheet.right_to_left()
        sheet.set_landscape()
        sheet.set_paper(9)
        return sheet

    def fill(self, sheet: Sheet) -> str:
        """Write a sheet with its rows. Return its name."""
        made = self.add(sheet.title)
        self.put_heads(made, [heading.title for heading in sheet.headings])
        for column, heading in enumerate(sheet.headings):
            width = min(WIDEST_HEADING, len(heading.title) + 3)
            made.set_column(column, column, max(WIDTHS.get(heading.kind, WIDTHS["text"]), width))
        done = sum(number for _sheet, number in self.written.rows)
        number = 0
        numbered = zip(count(1), sheet.rows, strict=False)
        while portion := list(islice(numbered, ROWS_BETWEEN)):
            for number, values in portion:
                if number > MOST_ROWS:
                    raise TooLarge(sheet.title)
                self.put_row(made, number, values)
            self.told(done + number)
        if number and sheet.headings:
            made.autofilter(0, 0, number, len(sheet.headings) - 1)
        self.written.rows.append((sheet, number))
        return str(made.get_name())

    def put_heads(self, made: Any, titles: list[str]) -> None:
        for column, title in enumerate(titles):
            made.write_string(0, column, title, self.head)
        made.freeze_panes(1, 1)
        made.repeat_rows(0)

    def put_row(self, made: Any, number: int, values: Iterable[Any]) -> None:
        for column, value in enumerate(values):
            if isinstance(value, str):
                self.put_text(made, number, column, value)
            elif value is not None:
                self.put_value(made, number, column, value)

    def put_value(self, made: Any, row: int, column: int, value: Any) -> None:
        if isinstance(value, datetime):
            made.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None, microsecond=0), self.moment)
        elif isinstance(value, date):
            self.put_day(made, row, column, value)
        else:
            made.write_number(row, column, value)

    def put_day(self, made: Any, row: int, column: int, day: date) -> None:
        if day < FIRST_DAY:
            made.write_string(row, column, day.isoformat())
        else:
            made.write_datetime(row, column, day, self.day)

    def put_text(self, made: Any, row: int, column: int, text: str) -> None:
        if not text:
            return
        kept = fitting(text)
        self.written.cut += kept is not text
        made.write_string(row, column, not_rich(kept), self.quoted if text.startswith(tuple(RISKY)) else None)

    def explain(self, headings: list[tuple[str, Heading]]) -> None:
        """Add the last sheet: what each column of each sheet means."""
        made = self.add(_("Columns"))
        self.put_heads(made, [_("Sheet"), _("Column"), _("Name in CSV files"), _("What it means")])
        for row, (name, heading) in enumerate(headings, 1):
            for column, text in enumerate((name, heading.title, heading.name, heading.meaning)):
                made.write_string(row, column, not_rich(text), self.wrapped)
        for column, width in enumerate((18, 32, 30, 90)):
            made.set_column(column, column, width)
        made.autofilter(0, 0, max(1, len(headings)), 3)

    def introduce(self, made: Any, title: str, about: list[tuple[str, str]]) -> None:
        """Fill the first sheet, when it is known how many rows the others have."""
        made.set_column(0, 0, 26)
        made.set_column(1, 1, 90)
        made.hide_gridlines(2)
        made.write_string(0, 0, title, self.large)
        lines = list(about)
        if self.written.cut:
            said = _("Texts longer than 32,767 characters are cut and say so. The CSV file has them whole.")
            lines.append((_("Cut texts"), said))
        row = 2
        for label, said in lines:
            made.write_string(row, 0, label, self.bold)
            form = self.wrapped_quoted if said.startswith(tuple(RISKY)) else self.wrapped  # a user may be called "@SUM"
            made.write_string(row, 1, not_rich(fitting(said)), form)
            row += 1
        row += 1
        for column, text in enumerate((_("Sheet"), _("One row is"), _("Rows"))):
            made.write_string(row, column, text, self.head)
        for sheet, number in self.written.rows:
            row += 1
            made.write_string(row, 0, sheet.title, self.bold)
            made.write_string(row, 1, sheet.unit, self.wrapped)
            made.write_number(row, 2, number, self.number)


def day_or_text(text: str) -> date | str:
    """Return a partial date as a date if it is known to the day, and else as it is written."""
    if not WHOLE_DAY.fullmatch(text):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def fitting(text: str) -> str:
    """Return the text, or as much of it as a cell can hold with a mark that says so."""
    if units(text) <= MOST_CHARACTERS and units(not_rich(text)) <= MOST_CHARACTERS:
        return text
    mark = _("… (cut here: a cell holds no more; the CSV file has the whole text)")
    room = 2 * (MOST_CHARACTERS - units(mark))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + mark


def units(text: str) -> int:
    """Return the length as UTF-16 counts it, and as it is where it can't come near the limit."""
    return len(text) if 2 * len(text) <= MOST_CHARACTERS else len(text.encode("utf-16-le")) // 2


def not_rich(text: str) -> str:
    """Return what xlsxwriter writes as this very text. Text like <r>…</r> it would put into the file as XML, as it is."""
    if not (text.startswith("<r>") and text.endswith("</r>")):
        return text
    return f'<r><t xml:space="preserve">{escape(text, quote=False)}</t></r>'
