"""Reports: which there are, the page of one (question, columns, number of rows, first rows), and the dictionary."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

from django.core.exceptions import BadRequest
from django.db import connection, transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cases.choices import chips_of, folded_away, main_groups, other_groups, scope_of
from cases.dates import today
from cases.filters import EXACT_TO, CaseFilter, shortened
from cases.models import Case, ColumnChoice
from cases.reports import KINDS, REPORTS, Asked, rows
from cases.reports.words import labels
from cases.views.cases import refusal, without, without_empty_fields
from cases.views.pages import only_parameters
from cases.workbook import Heading

FIRST_ROWS = 10
NO_QUESTION = {"page", "bom", "columns", "token", "of", "total", "filters"}
TRY_AGAIN = 20  # seconds

# What somebody might want to know who takes the report.
ANSWERS = {
    "cases": gettext_lazy("Who is held today, where, since when, under which articles, and who defends them?"),
    "people": gettext_lazy("How many people are there, how old are they, and how long was each of them held in all?"),
    "affiliations": gettext_lazy("Who had which role in which organisation, and since when?"),
    "arrests": gettext_lazy("Who was arrested in 2015, where, by whom, and was a warrant shown?"),
    "detentions": gettext_lazy("How long did people stay in which prison, and how did each stay end?"),
    "restrictions": gettext_lazy("Who may not travel, or is out on bail, and since when?"),
    "charges": gettext_lazy("Under which articles were people charged, and what became of each charge?"),
    "hearings": gettext_lazy("Which hearings come next, in which court, and who was present at the past ones?"),
    "sentences": gettext_lazy("Who was sentenced to what, by which court, and what did the appeal change?"),
    "releases": gettext_lazy("Who was freed last year, how, and by whose decision?"),
    "lawyers": gettext_lazy("Who defends whom, and who has no lawyer of their own choice?"),
    "violations": gettext_lazy("Which rights are said to have been violated, when, in which hearing, and who says so?"),
    "interventions": gettext_lazy("Who has spoken up for whom, to whom, and what was answered?"),
    "listings": gettext_lazy("Who stands on which list of prisoners, since when, and for what reason?"),
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
    if request.method != "POST" and (shorter := without_empty_fields(request, found)):
        return shorter
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
        "scope": scope_of(found),
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


def preview(report, keys, columns, found):
    with transaction.atomic():
        return list(islice(rows(connection, report, keys, columns, Asked.by(found)), FIRST_ROWS))


def as_words(value):
    """Return a value as the page shows it: as the CSV file has it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


# ------------------------------------------------------------------------------------------------ columns


def usual(columns):
    """Return what most people need: dates as they are known without their bounds, words instead of codes, no numbers of things."""
    names = {column.name for column in columns}
    return [
        column
        for column in columns
        if not column.extra
        and not column.name.endswith(("_earliest", "_latest"))
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
    "_start": gettext_lazy("its beginning"),
    "_end": gettext_lazy("its end"),
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
    more = (
        {}
        if chosen == report.plain_columns_for(request.user)
        else {"columns": ",".join(column.name for column in chosen)}
    )
    if wish == "csv" and "bom" in request.POST:
        more["bom"] = "1"
    if token := token_in(request.POST):
        more["token"] = token
    return redirect(with_query(f"report-{wish}", found, report.name, **more))


def token_in(data):
    """Return the word by which a page asks about its own export, or nothing. It is random: nobody else's can be guessed."""
    token = data.get("token", "")
    return token if re.fullmatch(r"[0-9a-f]{16,64}", token, re.ASCII) else ""


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
