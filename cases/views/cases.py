"""The list of cases."""

import re
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from cases.choices import chips_of, folded_away, groups_of, main_groups, other_groups
from cases.dates import today
from cases.filters import CaseFilter, article_in_words
from cases.models import Case
from cases.rows import rows_of

PER_PAGE = 50
ORDERS = {  # that no column of the table shows
    "confirmed": gettext_lazy("confirmed longest ago first"),
    "-confirmed": gettext_lazy("confirmed last first"),
    "changed": gettext_lazy("changed longest ago first"),
    "-changed": gettext_lazy("changed last first"),
}
SIMILAR = 10  # names that are shown where nobody has the one looked for


@require_GET
def list_cases(request):
    found = CaseFilter(request.GET, Case.objects.visible_to(request.user), user=request.user)
    if shorter := without_empty_fields(request, found):
        return shorter
    if not found.is_valid():
        return render(request, "cases/case_list.html", refusal(found), status=400)
    page = Page(found, asked_page(request.GET))
    context = {
        "filter": found,
        "page": page,
        "rows": page.rows,
        "news": set(Case.objects.filter(pk__in=page.ids).news_to(request.user).values_list("pk", flat=True)),
        "day": found.on_day,
        "other_day": found.on_day != today(),
        "sort": found.order,
        "order": ORDERS.get(found.order, ""),
        "shows_confirmed": found.shows_confirmed,
        "chips": chips_of(found),
        "clear_url": request.path,
        "groups": main_groups(found, found.numbers.by_status),
        "folded_away": folded_away(found),
        "people": People(found) if not page.is_capped else None,
        "similar": similar(found, page),
        "query": without(request.GET, "page").urlencode(),
    }
    return render(request, "cases/case_list.html", context)


@require_GET
def choose_filters(request):
    """All filters of the list: a page of their own, or, asked for by the list when they are unfolded, those that fold away."""
    found = CaseFilter(request.GET, Case.objects.visible_to(request.user), user=request.user)
    if not found.is_valid():
        return render(request, "cases/case_filters.html", refusal(found), status=400)
    context = {"filter": found, "chips": chips_of(found), "clear_url": request.path}
    if request.htmx:
        groups = other_groups(found, found.numbers.by_stage)
        return render(request, "cases/_case_filter_groups.html", context | {"groups": groups})
    groups = groups_of(found, found.numbers.by_status, found.numbers.by_stage)
    return render(request, "cases/case_filters.html", context | {"groups": groups})


# ------------------------------------------------------------------------------------------------ pages


def asked_page(data):
    """Return the number of the page asked for; or, for "last", "last-1" and so on, how many pages before the last, as an
    own kind of number below 0: -1 is the last. What is no such thing is a page that isn't there."""
    value = data.get("page", "1")
    if found := re.fullmatch(r"last(?:-([1-9]\d{0,8}))?", value, re.ASCII):
        return -1 - int(found[1] or 0)
    if not re.fullmatch(r"[1-9]\d{0,8}", value, re.ASCII):
        raise Http404
    return int(value)


@dataclass
class Page:
    """A page of the list: by its number, or from the end, where -1 is the last one.

    Beyond EXACT_TO neither cases nor pages are counted, so the pages before the last have no number there.
    """

    filter: CaseFilter
    asked: int

    def __post_init__(self):
        if self.asked < 0 and not self.is_capped:
            self.asked = max(1, self.pages + self.asked + 1)
        if self.asked != 1 and not self.ids:
            raise Http404

    @property
    def is_capped(self):
        return self.filter.numbers.is_capped

    @property
    def count(self):
        return self.filter.numbers.cases

    @property
    def pages(self):
        """How many pages there are, or None where that is not counted."""
        return None if self.is_capped else max(1, -(-self.count // PER_PAGE))

    @property
    def number(self):
        """Its number, or None if that is not known."""
        return self.asked if self.asked > 0 else None

    @property
    def first(self):
        return (self.asked - 1) * PER_PAGE

    @property
    def start(self):
        return min(self.first + 1, self.count) if not self.is_capped else self.first + 1

    @property
    def end(self):
        return self.first + len(self.ids)

    @cached_property
    def keys(self):
        """The keys of its cases, and one more if there are more in the direction in which it is read.

        Keys alone are quick to skip over, and what is nearer to the end is read from there.
        """
        if self.asked < 0:
            return self.filter.first_keys((-self.asked - 1) * PER_PAGE, PER_PAGE + 1, from_end=True)
        if self.is_capped or self.first <= self.count // 2:
            return self.filter.first_keys(self.first, PER_PAGE + 1)
        last = min(self.first + PER_PAGE, self.count)
        return self.filter.first_keys(self.count - last, max(0, last - self.first), from_end=True)[::-1]

    @cached_property
    def ids(self):
        keys = self.keys[:PER_PAGE]
        return keys[::-1] if self.asked < 0 else keys

    @property
    def previous(self):
        """The page before it, as its address has it; None if it is the first."""
        if self.asked > 0:
            return self.asked - 1 or None
        return f"last-{-self.asked}" if len(self.keys) > PER_PAGE else None

    @property
    def next(self):
        if self.asked < 0:
            return {-1: None, -2: "last"}.get(self.asked, f"last-{-self.asked - 2}")
        more = len(self.keys) > PER_PAGE if self.is_capped else self.count > self.first + PER_PAGE
        return self.asked + 1 if more else None

    @cached_property
    def rows(self):
        asked = self.filter
        rows = rows_of(self.ids, asked.on_day, statuses=asked.statuses, certainty=asked.how_certain)
        if asked.shows_confirmed:
            confirmed = dict(Case.objects.filter(pk__in=self.ids).values_list("pk", "last_confirmed_on"))
            for row in rows:
                row.confirmed = confirmed[row.case.pk]
        return rows


# ------------------------------------------------------------------------------------------------ numbers


class People:
    """How many people the cases found are about; where a status was asked for, also at least and at most."""

    def __init__(self, found):
        self.number = found.numbers.people
        self.at_least, self.at_most = found.numbers.at_least, found.numbers.at_most
        self.has_bounds = self.at_most is not None

    @property
    def differ(self):
        return self.has_bounds and (self.at_least, self.at_most) != (self.number, self.number)


def similar(found, page):
    """Return rows of cases with names like the text asked for, if none has it; never part of the count or export."""
    if not found.asked.get("q") or page.count:
        return []
    near = found.asking(q=None).qs.nearly_named(found.asked["q"])
    return rows_of(near.values_list("pk", flat=True)[:SIMILAR], found.on_day)


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


def right_or_400(found):
    """Return the question of a file if nothing is wrong with it; a file can't say what is, so a 400 does."""
    if not found.is_valid():
        raise BadRequest(" ".join(f"{label}: {message}" for _name, label, message, _readings in found.problems))
    return found


def without_empty_fields(request, found):
    """Return the redirect to the address without the empty fields that a form sends too; None if it has none."""
    if len(found.data.urlencode()) < len(request.GET.urlencode()):
        return redirect(f"{request.path}?{found.data.urlencode()}" if found.data else request.path)
    return None


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
