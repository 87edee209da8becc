"""The list of cases, and the same list as CSV."""

import re
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.views.decorators.http import require_GET

from cases.choices import chips_of, groups_of
from cases.dates import today
from cases.exports import csv_lines
from cases.filters import CaseFilter, article_in_words
from cases.models import Case
from cases.rows import rows_of

PER_PAGE = 50
EXACT_TO = 10_000
FEW = 5  # fewer hits than this are widened to similar names
SIMILAR = 10
MAIN_FILTERS = 8  # the others fold away under "More filters"


@require_GET
def list_cases(request):
    found = CaseFilter(request.GET, Case.objects.visible_to(request.user), user=request.user)
    if len(found.data.urlencode()) < len(request.GET.urlencode()):  # a form sends its empty fields too
        return redirect(f"{request.path}?{found.data.urlencode()}" if found.data else request.path)
    if not found.is_valid():
        return render(request, "cases/case_list.html", refusal(found), status=400)
    page = Page(found, asked_page(request.GET))
    groups = groups_of(found, found.numbers.by_status, found.numbers.by_stage)
    context = {
        "filter": found,
        "page": page,
        "rows": page.rows,
        "news": set(Case.objects.filter(pk__in=page.ids).news_to(request.user).values_list("pk", flat=True)),
        "day": found.on_day,
        "other_day": found.on_day != today(),
        "sort": found.order,
        "chips": chips_of(found),
        "clear_url": request.path,
        "groups": groups[:MAIN_FILTERS],
        "more_groups": groups[MAIN_FILTERS:],
        "more_active": sum(group.active for group in groups[MAIN_FILTERS:]),
        "people": People(found) if not page.is_capped else None,
        "similar": similar(found, page),
        "query": without(request.GET, "page").urlencode(),
    }
    return render(request, "cases/case_list.html", context)


@require_GET
def export_cases(request):
    """The list that the same parameters show, as CSV; `bom=1` is for spreadsheets that take UTF-8 for something else."""
    found = CsvFilter(request.GET, Case.objects.visible_to(request.user), user=request.user)
    if not found.is_valid():
        raise BadRequest(" ".join(f"{label}: {message}" for _name, label, message, _readings in found.problems))
    lines = csv_lines(
        found.ordered, found.on_day, statuses=found.statuses, certainty=found.how_certain, bom="bom" in found.data
    )
    name = f"cases-{found.on_day:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


class CsvFilter(CaseFilter):
    also_known = {"page", "bom"}


# ------------------------------------------------------------------------------------------------ pages


def asked_page(data):
    """Return the number of the page asked for, or "last"; what is no such thing is a page that isn't there."""
    value = data.get("page", "1")
    if value != "last" and not re.fullmatch(r"[1-9]\d{0,8}", value, re.ASCII):
        raise Http404
    return value if value == "last" else int(value)


@dataclass
class Page:
    """A page of the list. Beyond EXACT_TO the exact number tells nothing, and is not shown."""

    filter: CaseFilter
    asked: int | str

    def __post_init__(self):
        if self.number > 1 and self.first >= self.count:
            raise Http404

    @property
    def is_capped(self):
        return self.count > EXACT_TO

    @property
    def count(self):
        return self.filter.numbers.cases

    @cached_property
    def number(self):
        return max(1, -(-self.count // PER_PAGE)) if self.asked == "last" else self.asked

    @property
    def first(self):
        return (self.number - 1) * PER_PAGE

    @property
    def start(self):
        return min(self.first + 1, self.count)

    @property
    def end(self):
        return min(self.first + PER_PAGE, self.count)

    @property
    def pages(self):
        """How many pages there are, or None where that is not counted."""
        return None if self.is_capped else max(1, -(-self.count // PER_PAGE))

    @property
    def has_previous(self):
        return self.number > 1

    @property
    def has_next(self):
        return self.count > self.first + PER_PAGE

    previous_page_number = property(lambda self: self.number - 1)
    next_page_number = property(lambda self: self.number + 1)

    @cached_property
    def ids(self):
        """The keys of its cases: keys alone are quick to skip over, and the second half is read from the end."""
        keys = self.filter.ordered.values_list("pk", flat=True)
        if self.first <= self.count // 2:
            return list(keys[self.first : self.first + PER_PAGE])
        behind = self.count - self.end
        return list(keys.reverse()[behind : behind + self.end - self.first])[::-1]

    @cached_property
    def rows(self):
        asked = self.filter
        return rows_of(self.ids, asked.on_day, statuses=asked.statuses, certainty=asked.how_certain)


# ------------------------------------------------------------------------------------------------ numbers


class People:
    """How many people the cases found are about; where a status was asked for, also at least and at most."""

    def __init__(self, found):
        self.number = found.numbers.people
        self.has_bounds = bool(found.statuses or found.asked.get("place"))
        if self.has_bounds:
            self.at_least, self.at_most = found.numbers.at_least, found.numbers.at_most

    @property
    def differ(self):
        return self.has_bounds and (self.at_least, self.at_most) != (self.number, self.number)


def similar(found, page):
    """Return rows of cases with names like the text asked for, if hardly any have it; never part of the count or export."""
    if not found.asked.get("q") or page.count >= FEW:
        return []
    near = found.asking(q=None).qs.nearly_named(found.asked["q"])
    ids = [pk for pk in near.values_list("pk", flat=True)[: SIMILAR + FEW] if pk not in page.ids]
    return rows_of(ids[:SIMILAR], found.on_day)


def refusal(found):
    """Return the context of the page that says what is wrong; it has no rows."""
    problems = [
        {
            "label": label,
            "message": message,
            "readings": [(reading_url(found.data, name, path), article_in_words(path)) for path in readings],
        }
        for name, label, message, readings in found.problems
    ]
    return {"filter": found, "problems": problems, "chips": chips_of(found), "clear_url": "?"}


def reading_url(data, name, path):
    """Return the list's address with this article instead of what was typed."""
    kept = without(data, "page", name)
    others = [value for value in data.getlist(name) if "/" in value]
    kept.setlist(name, [*others, "/".join(filter(None, path))])
    return f"?{kept.urlencode()}"


def without(data, *names):
    kept = data.copy()
    for name in names:
        kept.pop(name, None)
    return kept
