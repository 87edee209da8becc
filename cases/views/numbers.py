"""The numbers page, and each of its tables and its curve as a file, CSV or SVG. What is counted: cases.statistics."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import parse_qsl, urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases.charts import (
    MOST_BARS,
    MOST_TICKS,
    READING,
    Bar,
    Chart,
    Page,
    bars_of,
    chart_file,
    curve_chart,
    drawn,
    in_brief,
    table_chart,
)
from cases.choices import chips_of, folded_away, main_groups, scope_of
from cases.dates import today
from cases.filters import CaseFilter
from cases.models import Case
from cases.reports.csv import guarded
from cases.statistics import Curve, Line, Table, curve, numbers_of, table
from cases.statistics.remembered import forget, recalled, remembered
from cases.views.cases import refusal, right_or_400, without_empty_fields

FIRST_LINES = 10  # of a table; the others fold away
YEAR_TICKS = 6  # under a chart of years, which has a third of the page
YEARS, MONTHS = "_by_year", "_by_month"  # how names of tables along time end
LENGTHS = ("median_", "longest_")  # how names of figures begin that tell how long
CURVE = "held"
CURVE_HEIGHT, COLUMNS_HEIGHT = 230, 130  # pixels
LONGEST_NAME = 100  # of a file, so that each system takes it
# A drawing that somebody opens in a browser runs nothing and fetches nothing.
SVG_POLICY = "default-src 'none'; sandbox"


@require_http_methods(["GET", "HEAD", "POST"])
def show_numbers(request):
    """The page; posted to, it counts anew what it remembers."""
    found = CaseFilter(request.GET, Case.objects.visible_to(request.user), user=request.user)
    if shorter := without_empty_fields(request, found):
        return shorter
    if not found.is_valid():
        return render(request, "cases/numbers.html", refusal(found), status=400)
    if request.method == "POST":
        forget(request.user, about(found))
        return redirect(f"{request.path}?{query_of(found)}" if query_of(found) else request.path)
    context = {
        "filter": found,
        "day": found.on_day,
        "other_day": found.on_day != today(),
        "chips": chips_of(found),
        "clear_url": request.path,
        "groups": main_groups(found, found.numbers.by_status),
        "folded_away": folded_away(found),
        "question": question_of(found),
        "scope": scope_of(found),
        "query": query_of(found),
    }
    return render(request, "cases/numbers.html", context | (counted(found) if found.numbers.cases else {}))


def counted(found):
    """Return what the page shows of a question that finds cases."""
    counted = remembered(found.user, about(found), lambda: numbers_of(found))
    numbers = counted.value
    parts = {name: Part(one) for name, one in numbers.tables.items()}
    figures = [figure for figure in numbers.figures if not figure.name.startswith(LENGTHS)]
    lengths = [figure for figure in numbers.figures if figure.name.startswith(LENGTHS)]
    return {
        "numbers": numbers,
        "counted_at": counted.at,
        "figures": with_brief(figures),
        "lengths": with_brief(lengths),
        "curve": Part(numbers.curve, found.on_day),
        "times": [(years, parts[f"{event}{MONTHS}"]) for event, years in by_event(parts)],
        "tables": [part for part in parts.values() if not part.is_along_time],
    }


def about(found):
    """Return what names these numbers among all that are remembered."""
    return f"numbers {found.on_day} {query_of(found)}"


def by_event(parts):
    return [(name.removesuffix(YEARS), part) for name, part in parts.items() if name.endswith(YEARS)]


@dataclass
class Part:
    """A table or the curve, as the page and the files show it. `day`: the one to be marked on the curve."""

    counts: Table | Curve
    day: date | None = None

    @property
    def name(self):
        return self.counts.name

    @property
    def is_curve(self):
        return isinstance(self.counts, Curve)

    @property
    def is_along_time(self):
        return self.is_curve or self.name.endswith((YEARS, MONTHS))

    @cached_property
    def chart(self) -> Chart:
        if self.is_curve:
            return curve_chart(self.counts, next((point for point in self.counts.points if point[0] == self.day), None))
        ticks = YEAR_TICKS if self.name.endswith(YEARS) else MOST_TICKS
        return table_chart(self.counts, "columns" if self.is_along_time else "bars", ticks=ticks)

    @cached_property
    def drawing(self):
        return drawn(self.chart, Page(CURVE_HEIGHT) if self.is_curve else Page(COLUMNS_HEIGHT, top=10))

    @cached_property
    def bars(self) -> list[Bar]:
        """The lines of its table; the curve's are its days, the last one first."""
        lines = (
            self.counts.lines
            if not self.is_curve
            else [
                Line(date_format(day, "j M Y"), number, self.counts.queries.get(day, ""))
                for day, number in reversed(self.counts.points)
            ]
        )
        return bars_of(lines, max((line.number.at_most for line in lines), default=0) or 1)

    @property
    def first_bars(self):
        return self.bars[:FIRST_LINES]

    @property
    def more_bars(self):
        return self.bars[FIRST_LINES:]

    @property
    def records_unit(self):
        return getattr(self.counts, "records_unit", "")

    @property
    def label(self):
        """What the first column of its table is."""
        return _("Day") if self.is_curve else self.counts.name_of_lines

    @property
    def brief(self):
        """What stands in sight of its definition; the rest folds away."""
        return self.counts.definition if self.is_curve else in_brief(self.counts.definition)[0]

    @property
    def more_words(self):
        others = "" if self.is_curve else in_brief(self.counts.definition)[1]
        reading = str(READING["columns"]) if self.is_along_time and not self.is_curve else ""
        return list(filter(None, [others, reading, self.counts.note]))


def with_brief(figures):
    """Return (figure, what stands in sight of its definition, what folds away); what one has said the next need not say again."""
    found, said = [], None
    for figure in figures:
        brief, others = in_brief(figure.definition)
        found.append((figure, "", figure.definition) if brief == said else (figure, brief, others))
        said = brief
    return found


# ------------------------------------------------------------------------------------------------ files


@require_GET
def export_csv(request, name):
    """A table, the curve or the figures as CSV. Each line says what it counts, of which question, so that it can stand alone."""
    found = asked(request)
    if name == "figures":
        counts = remembered(found.user, about(found), lambda: numbers_of(found)).value
        own = {}  # each figure has its definition in its row
    else:
        counts = part_of(found, name).counts
        scope = scope_of(found)
        own = {_("definition"): f"{scope}. {counts.definition}" if scope else counts.definition}
    same = {_("day asked for"): found.on_day.isoformat(), _("question"): question_of(found), **own}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in ([*counts.header, *same], *([*row, *same.values()] for row in counts.rows())):
        writer.writerow([guarded(value) for value in row])
    return as_file(file.getvalue(), "text/csv; charset=utf-8", found, name, "csv")


@require_GET
def export_svg(request, name):
    """A table or the curve as a drawing that says by itself what it shows."""
    found = asked(request)
    part = part_of(found, name)
    chart = part.chart if part.is_along_time else table_chart(part.counts, most=MOST_BARS)
    source = _(
        "Case tracker, %(day)s: accepted records that are not confidential, of the cases that its maker could see."
    )
    sheet = chart_file(
        chart,
        day=found.on_day,
        question=question_of(found),
        source=source % {"day": date_format(today(), "j F Y")},
        mirrored=get_language_bidi(),
    )
    drawing = render_to_string("cases/charts/sheet.svg", {"file": sheet})
    answer = as_file(drawing, "image/svg+xml; charset=utf-8", found, name, "svg")
    answer.headers["Content-Security-Policy"] = SVG_POLICY
    return answer


def asked(request):
    """Return the question of an address of a file; a wrong one is refused in words."""
    return right_or_400(CaseFilter(request.GET, Case.objects.visible_to(request.user), user=request.user))


def part_of(found, name):
    """Return the curve or the table of this name, or answer 404."""
    try:
        kept = recalled(found.user, about(found))  # the file of a page has the numbers of the page
        if kept:
            counts = kept.value.curve if name == CURVE else kept.value.tables[name]
        else:
            counts = curve(found) if name == CURVE else table(found, name)
    except KeyError as error:
        raise Http404 from error
    return Part(counts, found.on_day)


def as_file(content, content_type, found, name, ending):
    headers = {"Content-Disposition": f'attachment; filename="{file_name(found, name)}.{ending}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


def file_name(found, name):
    """Return "numbers-by-article-status-in_custody-2017-01-01": what, of which question, of which day."""
    asked = [f"{key}-{value}" for key, value in parse_qsl(query_of(found)) if key != "day"]
    words = re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(["numbers", name, *asked]))
    return f"{words[:LONGEST_NAME].strip('-.')}-{found.on_day:%Y-%m-%d}"


# ------------------------------------------------------------------------------------------------ the question


def query_of(found):
    """Return the question's parameters without those that only a list has."""
    return urlencode(
        [(name, value) for name, values in found.data.lists() for value in values if name not in ("sort", "page")]
    )


def question_of(found):
    """Return the question in words."""
    chips, scope = [chip.label for chip in chips_of(found)], scope_of(found)
    if not chips:
        return _("Asked: all cases, no filter.")
    asked = _("Asked: %(filters)s.") % {"filters": "; ".join(chips)}
    return f"{scope}. {asked}" if scope else asked
