"""The files of reports: CSV and workbooks, made and sent piece by piece, and how far each is."""

import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.db import Error
from django.http import JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.text import capfirst, slugify
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cases.choices import chips_of, scope_of
from cases.filters import shortened
from cases.models import Certainty
from cases.reports import REPORTS, Asked, NoSlot, csv_lines, rows, snapshot
from cases.views.cases import right_or_400
from cases.views.reports import (
    NO_QUESTION,
    TRY_AGAIN,
    Number,
    chosen_columns,
    headings_of,
    named_columns,
    question,
    report_or_404,
    token_in,
    usual,
    with_query,
)
from cases.workbook import Sheet, day_or_text, write_workbook

MOST_ROWS, MOST_CELLS = 100_000, 5_000_000  # of a workbook: more takes minutes to write, and to open
FOLDER = "casetracker-workbook-"
PIECE = 64 * 1024
SAID_EVERY, KEPT_FOR = 0.7, 600  # seconds
LEFT_BEHIND = 6 * 60 * 60  # seconds, after which a folder belongs to a server that was stopped while it wrote


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
        report: chosen_columns(report, user) if wish == "chosen" else report.plain_columns_for(user)
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
    return right_or_400(question(request))


def asked_columns(request, report):
    """Return the columns that the address names, else all that the user may have but those that have to be asked for."""
    names = [name for value in request.GET.getlist("columns") for name in value.split(",") if name.strip()]
    return named_columns(report, names, request.user) if names else report.plain_columns_for(request.user)


def file_name(name, found, ending):
    """Return the name of a file: the report, the question as far as plain letters say it, the day."""
    asked = [
        value for key, values in found.data.lists() if key not in (*NO_QUESTION, "day", "sort") for value in values
    ]
    words = slugify(" ".join(asked).replace("/", " "))[:60].strip("-")
    return "-".join(filter(None, [name, words, f"{found.on_day:%Y-%m-%d}"])) + f".{ending}"


def busy(request):
    """Answer 503: as many files are written as may be at once."""
    context = {"again": request.get_full_path(), "seconds": TRY_AGAIN}
    response = render(request, "cases/report_busy.html", context, status=503)
    response["Retry-After"] = str(TRY_AGAIN)
    return response


# ------------------------------------------------------------------------------------------------ workbooks


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


def typed(database, report, columns, found):
    """Yield the rows with values as a workbook has them: a partial date that is known to the day as a date."""
    partial = [number for number, column in enumerate(columns) if column.kind == "partial"]
    for row in rows(database, report, report.keys(found, found.user), columns, Asked.by(found)):
        values = list(row)
        for number in partial:
            if values[number]:
                values[number] = day_or_text(values[number])
        yield values


def pieces_of(file):
    """Yield an open file from its beginning, and close it."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


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
        (_("Whom it is about"), scope_of(found) or _("Cases of every list and stage")),
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


# ------------------------------------------------------------------------------------------------ sending


def attachment(content, name, kind):
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=kind, headers=headers)


class Sent:
    """What is sent piece by piece. Closed by the server at the end, or when the reader hangs up, it closes what it came from."""

    def __init__(self, first, rest, progress=None):
        self.pieces, self.rest, self.progress = chain([first], rest), rest, progress or Progress()

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


# ------------------------------------------------------------------------------------------------ progress


class Progress:
    """How far an export is, told by it now and then, and asked by the page that began it. Hosts share it through the cache."""

    def __init__(self, key=""):
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
