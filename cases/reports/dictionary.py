"""The reports in words, for docs/reports.md: `manage.py describe_reports` writes it, and a test holds it to the definitions."""

from django.utils.text import capfirst
from django.utils.translation import override

from cases.models import Role
from cases.reports import KINDS, REPORTS
from cases.reports.columns import Column, Report

BEGINNING = """# Reports and their columns
Written by `manage.py describe_reports` from the definitions in `cases/reports/`; the page Reports has the same words. A report
is asked for with the parameters of the list of cases, and has what the user may see: accepted, non-confidential records of the
cases found.

- **Address**: `/reports/NAME.csv`, or `.xlsx`. `columns=a,b` (or `columns=a&columns=b`) takes some columns; they come in the order below; without it a file has all
  but those that have to be asked for. `bom=1` marks the
  file as UTF-8 for spreadsheets that take it for something else.
- **Empty is empty**: a cell without anything means that nothing is recorded. "unknown" is written where somebody chose it.
- **Partial dates** are three columns: as known (`2015-01`, EDTF), and the earliest and the latest day that they can be.
- **Several values** stand in one cell as `a; b`. A semicolon or a backslash within a value has a backslash before it.
- **Formulas**: text that begins with one of `= + - @`, their full-width forms, a tab or a line break gets a `'` before it, and so does
  text that begins with `'`. `cases.reports.reader` takes it off again.
- **Moments** are in UTC; days are days.
- **Rows** of cases come in the order of the list, people and records case by case in the order of names, and within a case by
  date; sources and citations in the order in which they were entered.
"""


def markdown() -> str:
    with override("en"):
        return BEGINNING + "".join(section(report) for report in REPORTS.values())


def section(report: Report) -> str:
    lines = "".join(line(column) for column in report.columns)
    return (
        f"\n## {report.title}: `{report.name}`\nUnit: {report.unit}. {report.about}\n\n"
        f"| column | what | how | meaning |\n|---|---|---|---|\n{lines}"
    )


def line(column: Column) -> str:
    how = str(KINDS[column.kind]) + (", several" if column.several else "")
    meaning = (
        str(column.meaning)
        + (" In a file only if asked for." if column.extra else "")
        + (f" From {list(Role)[column.rank - 1].label} on." if column.rank > 1 else "")
    )
    return f"| `{column.name}` | {capfirst(str(column.title))} | {how} | {meaning.strip()} |\n"
