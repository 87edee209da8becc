"""Reports: which there are, the page of one (question, columns, number of rows, first rows), its files, and the dictionary."""

import re
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.db import Error, connection, transaction
from django.http import Http404, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst, slugify
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cases.choices import chips_of, folded_away, main_groups, other_groups
from cases.dates import today
from cases.filters import EXACT_TO, CaseFilter, shortened
from cases.models import Case, Certainty, ColumnChoice
from cases.reports import KINDS, REPORTS, Asked, NoSlot, csv_lines, rows, snapshot
from cases.reports.words import labels
from cases.views.cases import refusal, without
from cases.views.pages import only_parameters
from cases.workbook import Heading, Sheet, day_or_text, write_workbook

FIRST_ROWS = 10
MOST_ROWS, MOST_CELLS = 100_000, 5_000_000  # of a workbook: more takes minutes to write, and to open
NO_QUESTION = {"page", "bom", "columns", "token", "of", "total", "filters"}
TRY_AGAIN = 20  # seconds
FOLDER = "casetracker-workbook-"
PIECE = 64 * 1024
SAID_EVERY, KEPT_FOR = 0.7, 600  # seconds
LEFT_BEHIND = 6 * 60 * 60  # seconds, after which a folder belongs to a server that was stopped while it wrote

# What somebody might want to know who takes the report.
ANSWERS = {
    "cases": gettext_lazy("Who is held today, where, since when, under which articles, and who defends them?"),
    "people": gettext_lazy("How many people are there, how old are they, and how long was each of them held in all?"),
    "arrests": gettext_lazy("Who was arrested in 2015, where, by whom, and was a warrant shown?"),
    "detentions": gettext_lazy("How long did people stay in which prison, and how did each stay end?"),
    "restrictions": gettext_lazy("Who may not travel, or is out on bail, and since when?"),
    "charges": gettext_lazy("Under which articles were people charged, and what became of each charge?"),
    "hearings": gettext_lazy("Which hearings come next, in which court, and who was present at the past ones?"),
    "sentences": gettext_lazy("Who was sentenced to what, by which court, and what did the appeal change?"),
    "releases": gettext_lazy("Who was freed last year, how, and by whose decision?"),
    "lawyers": gettext_lazy("Who defends whom, and who has no lawyer of their own choice?"),
    "sources": gettext_lazy("Which sources are there, how reliable are they, and how often is each of them cited?"),
    "citations": gettext_lazy("What does each statement rest on, and which words of the source say so?"),
}


class ReportFilter(CaseFilter):
    """The list's question, beside what says how the file is made."""

    also_known = NO_QUESTION


# ------------------------------------------------------------------------------------------------ pages


@require_GET
def list_reports(request):
    found = question(request)
    if not found.is_valid():
        return render(request, "cases/report_list.html", refusal(found), status=400)
    context = {
        "reports": [
            {"report": report, "answers": ANSWERS.get(name, ""), "url": with_query("report-detail", found, name)}
            for name, report in REPORTS.items()
        ],
        "chips": chips_of(found),
        "clear_url": request.path,
        "fields": [(name, value) for name, values in without(found.data, *NO_QUESTION).lists() for value in values],
    }
    return render(request, "cases/report_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def show_report(request, name):
    """The page of a report. Its form remembers the columns, and leads on to a file."""
    report, found = report_or_404(name), question(request)
    if request.method != "POST" and len(found.data.urlencode()) < len(request.GET.urlencode()):
        return redirect(f"{request.path}?{found.data.urlencode()}" if found.data else request.path)
    if not found.is_valid():
        context = {"report": report} | refusal(found)
        return render(request, "cases/report_detail.html", context, status=400)
    if request.method == "POST":
        return take_choice(request, report, found)
    offered = report.columns_for(request.user)
    chosen = chosen_columns(report, request.user)
    keys = report.keys(found, request.user)
    context = {
        "report": report,
        "answers": ANSWERS.get(name, ""),
        "number": Number.of(report, found, request.user),
        "facts": facts_of(offered, {column.name for column in chosen}),
        "offered": offered,
        "chosen": chosen,
        "headings": headings_of(chosen, report),
        "first_rows": first_rows(report, keys, chosen, found),
        "day": found.on_day,
        "other_day": found.on_day != today(),
        **filters_of(request, found),
        "chips": chips_of(found),
        "clear_url": request.path,
        "query": without(found.data, *NO_QUESTION).urlencode(),
        "busy_for": TRY_AGAIN,
    }
    return render(request, "cases/report_detail.html", context)


@require_GET
def show_dictionary(request):
    only_parameters(request.GET, ())
    reports = [{"report": report, "lines": lines_of(report)} for report in REPORTS.values()]
    return render(request, "cases/report_dictionary.html", {"reports": reports})


def lines_of(report):
    """Return what the dictionary says of each column of a report."""
    words = labels()
    return [
        {
            "column": column,
            "heading": heading,
            "kind": KINDS[column.kind],
            "codes": words.get(column.vocabulary, {}).items() if column.vocabulary != "country" else (),
        }
        for column, heading in zip(report.columns, headings_of(report.columns, report), strict=True)
    ]


def filters_of(request, found):
    """Return what the form of filters needs. Those that fold away come when they are unfolded, or with `filters=all`."""
    counts = found.numbers
    context = {"filter": found, "action": request.path, "groups": main_groups(found, counts.by_status)}
    if "filters" in request.GET:
        return context | {"more_groups": other_groups(found, counts.by_stage), "more_active": True}
    asked = without(found.data, *NO_QUESTION)
    asked["filters"] = "all"
    return context | {"folded_away": folded_away(found), "filters_all": f"?{asked.urlencode()}"}


def report_or_404(name):
    if name not in REPORTS:
        raise Http404
    return REPORTS[name]


def question(request):
    data = request.GET.copy()
    if "columns" in data:  # given once with commas, or again and again
        data["columns"] = ",".join(data.getlist("columns"))
    return ReportFilter(data, Case.objects.visible_to(request.user), user=request.user)


def with_query(url_name, found, *args, **more):
    """Return the address with the question in it."""
    query = without(found.data, *NO_QUESTION)
    for name, value in more.items():
        query[name] = value
    return reverse(url_name, args=args) + (f"?{query.urlencode()}" if query else "")


@dataclass(frozen=True)
class Number:
    """How many rows a report has: exactly, or only that they are more than EXACT_TO."""

    rows: int
    is_capped: bool = False

    @classmethod
    def of(cls, report, found, user, up_to=EXACT_TO):
        few = report.keys(found, user).order_by()[: up_to + 1].count()
        if few > up_to:
            return cls(few, is_capped=True)
        rows = report.number(found, user) if few else 0
        return cls(rows, is_capped=rows > up_to)


def first_rows(report, keys, columns, found):
    """Return the first rows of the report as words, as the file has them."""
    if not columns:
        return []
    return [[as_words(value) for value in row] for row in preview(report, keys[:FIRST_ROWS], columns, found)]


# ------------------------------------------------------------------------------------------------ columns


def usual(columns):
    """Return what most people need: dates as they are known without their bounds, words instead of codes, no numbers of things."""
    names = {column.name for column in columns}
    return [
        column
        for column in columns
        if not column.name.endswith(("_earliest", "_latest"))
        and f"{column.name}_label" not in names
        and not (column.kind == "number" and column.name.endswith("_id"))
    ]


def chosen_columns(report, user):
    """Return the columns that the user chose last, else the usual ones. One that is there no more is passed over."""
    offered = report.columns_for(user)
    choice = ColumnChoice.objects.visible_to(user).filter(report=report.name).first()
    if choice is None:
        return usual(offered)
    kept = [column for column in offered if column.name in choice.columns]
    return kept if kept or not choice.columns else usual(offered)


def by_title(columns):
    facts = {}
    for column in columns:
        facts.setdefault(capfirst(str(column.title)), []).append(column)
    return facts


def facts_of(columns, chosen):
    """Return the columns as the page offers them: [(title, [(column, words of the part, whether chosen)])]."""
    return [
        (title, [(column, part_of(column, of_title), column.name in chosen) for column in of_title])
        for title, of_title in by_title(columns).items()
    ]


PARTS = {
    "_earliest": gettext_lazy("earliest"),
    "_latest": gettext_lazy("latest"),
    "_label": gettext_lazy("in words"),
    "_id": gettext_lazy("number in its address"),
    "_references": gettext_lazy("references"),
    "_fewest": gettext_lazy("at least"),
    "_likely": gettext_lazy("likely"),
    "_most": gettext_lazy("at most"),
    "_path": gettext_lazy("as the filter takes it"),
    "_other_names": gettext_lazy("other spellings"),
    "_name": gettext_lazy("name"),
    "_title": gettext_lazy("title"),
}
MAIN = [PARTS["_label"], gettext_lazy("as it is known")]  # what the title alone stands for


def part_of(column, of_title):
    """Return in words what tells a column from the others of its title, if it has any."""
    names = {one.name for one in of_title}
    if f"{column.name}_earliest" in names:
        return _("as it is known")
    if f"{column.name}_label" in names:
        return _("code")
    if ending := next((ending for ending in PARTS if column.name.endswith(ending)), ""):
        return str(PARTS[ending])
    if column.kind in ("code", "number"):
        return _("how many") if column.kind == "number" else _("references") if column.several else _("reference")
    return str(column.title)


def headings_of(columns, report):
    """Return what stands above the columns in a workbook and on the page; no two of a report are alike."""
    titles, taken = {}, set()
    for title, of_title in by_title(report.columns).items():
        for column in of_title:
            part = part_of(column, of_title) if len(of_title) > 1 else ""
            full = _("%(title)s, %(part)s") % {"title": title, "part": part}
            is_main = not part or part in (*map(str, MAIN), str(column.title))
            titles[column.name] = title if is_main and title not in taken else full
            taken.add(titles[column.name])
    return [Heading(titles[one.name], one.name, one.kind, str(one.meaning)) for one in columns]


def take_choice(request, report, found):
    """Remember the columns, and lead to the page or to the file that was asked for."""
    offered, wish = report.columns_for(request.user), request.POST.get("do", "show")
    if wish not in ("show", "all", "none", "usual", "csv", "xlsx"):
        raise BadRequest(_("This page does no such thing."))
    if wish in ("all", "none", "usual"):
        chosen = {"all": offered, "none": [], "usual": usual(offered)}[wish]
    else:
        chosen = named_columns(report, request.POST.getlist("columns"), request.user)
    if request.user.is_reader:
        ColumnChoice.objects.update_or_create(
            user=request.user, report=report.name, defaults={"columns": [column.name for column in chosen]}
        )
    if wish not in ("csv", "xlsx") or not chosen:
        return redirect(with_query("report-detail", found, report.name) + "#columns")
    more = {} if len(chosen) == len(offered) else {"columns": ",".join(column.name for column in chosen)}
    if wish == "csv" and "bom" in request.POST:
        more["bom"] = "1"
    if token := token_in(request.POST):
        more["token"] = token
    return redirect(with_query(f"report-{wish}", found, report.name, **more))


def named_columns(report, names, user):
    """Return the columns of these names in the report's order; one that there is not, or not for this user, is a 400."""
    offered = report.columns_for(user)
    known = {column.name for column in offered}
    for name in names:
        if name not in known:
            raise BadRequest(
                _("This report has no column “%(name)s”. It has: %(columns)s.")
                % {"name": shortened(name), "columns": ", ".join(column.name for column in offered)}
            )
    return [column for column in offered if column.name in set(names)]


def asked_columns(request, report):
    """Return the columns that the address names, else all that the user may have."""
    names = [name for value in request.GET.getlist("columns") for name in value.split(",") if name.strip()]
    return named_columns(report, names, request.user) if names else report.columns_for(request.user)


# ------------------------------------------------------------------------------------------------ files


@require_GET
def export_csv(request, name):
    """A report as CSV. `columns`: names with commas, else all; `bom=1`: for spreadsheets that take UTF-8 for something else."""
    report, found = report_or_404(name), right_question(request)
    columns = asked_columns(request, report)
    progress = Progress.of(request)
    keys, asked = report.keys(found, request.user), Asked.by(found)
    lines = csv_lines(report, keys, columns, asked, bom="bom" in found.data, told=progress.told)
    try:
        first = next(lines)
    except NoSlot:
        return busy(request)
    return attachment(Sent(first, lines, progress), file_name(report.name, found, "csv"), "text/csv; charset=utf-8")


@require_GET
def export_xlsx(request, name):
    """A report as a workbook."""
    report, found = report_or_404(name), right_question(request)
    return workbook(request, found, {report: asked_columns(request, report)}, report.name)


@require_GET
def export_workbook(request):
    """All reports as one workbook. `of=chosen`: with the columns that the user chose last, else the usual ones."""
    found, wish = right_question(request), request.GET.get("of", "all")
    if wish not in ("all", "chosen"):
        raise BadRequest(_("“%(value)s” is not one of the choices.") % {"value": shortened(wish)})
    user = request.user
    columns = {
        report: chosen_columns(report, user) if wish == "chosen" else report.columns_for(user)
        for report in REPORTS.values()
    }
    return workbook(
        request,
        found,
        {report: chosen or usual(report.columns_for(user)) for report, chosen in columns.items()},
        "workbook",
    )


def right_question(request):
    """Return the question of a file; a wrong one is a 400 that says what is wrong, and never a file of everything."""
    found = question(request)
    if not found.is_valid():
        raise BadRequest(" ".join(f"{label}: {message}" for _name, label, message, _readings in found.problems))
    return found


def workbook(request, found, columns, name):
    """Answer with the reports in one file; it is written on disk, in a folder that is gone before the answer begins."""
    numbers = {report: Number.of(report, found, request.user, up_to=MOST_ROWS) for report in columns}
    cells = sum(numbers[report].rows * len(chosen) for report, chosen in columns.items())
    if sum(number.rows for number in numbers.values()) > MOST_ROWS or cells > MOST_CELLS:
        return too_large(request, found, columns)
    progress = Progress.of(request)
    with private_folder() as folder:
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - sent later; it has no name, so closing it deletes it
        try:
            with snapshot() as database:
                sheets = (
                    Sheet(
                        str(report.title),
                        str(report.unit),
                        headings_of(chosen, report),
                        typed(database, report, chosen, found),
                    )
                    for report, chosen in columns.items()
                )
                write_workbook(
                    file, sheets, about(request, found), title=title_of(columns), author=request.user.get_username(),
                    folder=folder, told=progress.told,
                )  # fmt: skip
        except NoSlot:
            file.close()
            return busy(request)
        except BaseException:
            file.close()
            progress.end("stopped")
            raise
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    pieces = pieces_of(file)
    return attachment(Sent(next(pieces), pieces, progress), file_name(name, found, "xlsx"), kind)


def preview(report, keys, columns, found):
    with transaction.atomic():
        return list(islice(rows(connection, report, keys, columns, Asked.by(found)), FIRST_ROWS))


def typed(database, report, columns, found):
    """Yield the rows with values as a workbook has them: a partial date that is known to the day as a date."""
    partial = [number for number, column in enumerate(columns) if column.kind == "partial"]
    for row in rows(database, report, report.keys(found, found.user), columns, Asked.by(found)):
        values = list(row)
        for number in partial:
            if values[number]:
                values[number] = day_or_text(values[number])
        yield values


def as_words(value):
    """Return a value as the page shows it: as the CSV file has it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


def attachment(content, name, kind):
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=kind, headers=headers)


class Sent:
    """What is sent piece by piece. Closed by the server at the end, or when the reader hangs up, it closes what it came from."""

    def __init__(self, first, rest, progress):
        self.pieces, self.rest, self.progress = chain([first], rest), rest, progress

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.pieces)
        except StopIteration:
            self.progress.end("complete")
            raise
        except Exception:
            self.progress.end("stopped")
            raise

    def close(self):
        self.rest.close()
        self.progress.end("stopped")


def pieces_of(file):
    """Yield an open file from its beginning, and close it."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def file_name(name, found, ending):
    """Return the name of a file: the report, the question as far as plain letters say it, the day."""
    asked = [
        value for key, values in found.data.lists() if key not in (*NO_QUESTION, "day", "sort") for value in values
    ]
    words = slugify(" ".join(asked).replace("/", " "))[:60].strip("-")
    return "-".join(filter(None, [name, words, f"{found.on_day:%Y-%m-%d}"])) + f".{ending}"


@contextmanager
def private_folder():
    """Give a folder that only this program may read, and delete it with all that is in it; also those of stopped servers."""
    for left in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def busy(request):
    """Answer 503: as many files are written as may be at once."""
    context = {"again": request.get_full_path(), "seconds": TRY_AGAIN}
    response = render(request, "cases/report_busy.html", context, status=503)
    response["Retry-After"] = str(TRY_AGAIN)
    return response


def too_large(request, found, columns):
    """Answer 400: too much for a workbook. What there is instead is offered."""
    context = {
        "csv": [(report, with_query("report-csv", found, report.name)) for report in columns],
        "reports": with_query("report-list", found),
        "most": MOST_ROWS,
        "cells": MOST_CELLS,
    }
    return render(request, "cases/report_too_large.html", context, status=400)


# ------------------------------------------------------------------------------------------------ first sheet


def about(request, found):
    """Return what the first sheet of a workbook says: [(what, words)]."""
    written = localtime()
    lines = [
        (_("Question"), "\n".join(chip.label for chip in chips_of(found)) or _("All cases that the author may see")),
        (_("Day"), _("%(day)s: the day of every status, place, outcome and number of days") % {"day": date_format(found.on_day, "j F Y")}),
        (_("How certain"), capfirst(str(Certainty(found.how_certain).label))),
        (_("Written"), f"{date_format(written, 'j F Y, H:i')} ({settings.TIME_ZONE})"),
        (_("Author"), request.user.get_username()),
        (
            _("What is counted"),
            _(
                "Accepted records that are not confidential, of the cases that the author may see. Rival accounts, drafts and "
                "confidential records are left out. Days are as far as they are known: what is not a whole day stands as text."
            ),
        ),
        (_("Times"), _("Moments are in UTC.")),
        (
            _("Handle with care"),
            _(
                "This file names people, and what happened to them. Keep it where only those can read it who need it, "
                "say where it comes from when you quote it, and delete it when it is no longer needed."
            ),
        ),
    ]  # fmt: skip
    return lines


def title_of(columns):
    return str(next(iter(columns)).title) if len(columns) == 1 else _("Cases and their records")


# ------------------------------------------------------------------------------------------------ progress


def token_in(data):
    """Return the word by which a page asks about its own export, or nothing. It is random: nobody else's can be guessed."""
    token = data.get("token", "")
    return token if re.fullmatch(r"[0-9a-f]{16,64}", token, re.ASCII) else ""


class Progress:
    """How far an export is, told by it now and then, and asked by the page that began it. Hosts share it through the cache."""

    def __init__(self, key):
        self.key, self.rows, self.said_at, self.ended = key, 0, time.monotonic(), False

    @classmethod
    def of(cls, request):
        token = token_in(request.GET)
        return cls(key_of(request.user, token) if token else "")

    def told(self, rows):
        self.rows = rows
        if self.key and time.monotonic() - self.said_at > SAID_EVERY:
            self.say("running")

    def end(self, state):
        if self.key and not self.ended:
            self.ended = True
            self.say(state)

    def say(self, state):
        """Keep it where the page's question finds it. That it can't be kept is no reason to stop the export."""
        self.said_at = time.monotonic()
        with suppress(Error):
            cache.set(self.key, {"state": state, "rows": self.rows}, KEPT_FOR)


def key_of(user, token):
    return f"export-{user.pk}-{token}"


@require_GET
def show_progress(request, name):
    """How far the export is that the page began with this token; with `total=1` also how many rows it will have."""
    report, found = report_or_404(name), right_question(request)
    token = token_in(request.GET)
    said = (cache.get(key_of(request.user, token)) if token else None) or {"state": "unknown", "rows": 0}
    if "total" in request.GET:
        said |= {"total": report.number(found, request.user)}
    return JsonResponse(said)
