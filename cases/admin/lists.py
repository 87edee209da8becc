"""Lists of the admin site at any size: what their address may ask, filters, pages, the count, search, the same rows as CSV.

Nothing here reads all rows of a table: the count stops at MOST_COUNTED, a page is found by keys that an index serves, and
filters offer no choices that grow with the data.
"""

import re
from contextlib import contextmanager
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, TO_FIELD_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import BadRequest, FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, ForeignKey, ManyToManyField, OuterRef, Q
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from psycopg.errors import QueryCanceled

from cases.admin.facts import words_for
from cases.dates import today
from cases.fields import LongSelect, bounds_of
from cases.models import Case, CaseState, Citation, Event, Name, Period, Role, Status
from cases.names import words

PER_PAGE = 50
MOST_COUNTED = 10_000  # rows; of more the list says "10,000+"
PATIENCE = "150ms"  # for counting; after it the list says "many"
MOST_PAGES = 1_000  # that can be turned to one after the other
MOST_KEYS = 10_000  # that are asked for before the rows they are of
LONGEST_QUERY = 200
KEY = re.compile(r"[0-9]{1,18}")
POPUP = ("_popup", TO_FIELD_VAR)


# ------------------------------------------------------------------------------------------------ the list


class CappedPaginator(Paginator):
    """Counts no further than MOST_COUNTED, and no longer than PATIENCE; `count` is one more if there are more."""

    gave_up = False

    @cached_property
    def count(self):
        try:
            with transaction.atomic(), within_time(PATIENCE):
                return self.object_list.order_by().values("pk")[: MOST_COUNTED + 1].count()
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            self.gave_up = True
            return MOST_COUNTED + 1

    @property
    def is_capped(self):
        return self.count > MOST_COUNTED


@contextmanager
def within_time(limit):
    """Let the database give up a query that takes longer; inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)", [limit]
        )
        [before, _now] = cursor.fetchone()
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


class TrackerChangeList(ChangeList):
    """The stock list, strict about its address: what it doesn't know or can't read is a 400 with words, never all rows."""

    def __init__(self, request, model, list_display, list_display_links, list_filter, *args):
        known = {SEARCH_VAR, ORDER_VAR, PAGE_VAR, *POPUP, *(one.parameter_name for one in list_filter)}
        for name, values in request.GET.lists():
            if name not in known:
                raise BadRequest(_("This list has no filter of the name “%(name)s”.") % {"name": name[:40]})
            if len(values) > 1:
                raise BadRequest(_("“%(name)s” is asked twice.") % {"name": name})
        self.asked_page = page_number(request.GET.get(PAGE_VAR, "1"))
        searched(request.GET.get(SEARCH_VAR, ""))
        super().__init__(request, model, list_display, list_display_links, list_filter, *args)
        self.page_num = self.asked_page

    def get_ordering(self, request, queryset):
        asked = self.params.get(ORDER_VAR)
        if asked is not None:
            place = re.fullmatch(r"-?([0-9]{1,2})", asked)
            name = self.list_display[int(place[1])] if place and int(place[1]) < len(self.list_display) else None
            if name is None or (self.sortable_by is not None and name not in self.sortable_by):
                raise BadRequest(_("The list can't be sorted by that column."))
        return super().get_ordering(request, queryset)

    def get_results(self, request):
        """Find the keys of the page in the order of the list, then read what the page shows of them."""
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.result_count, self.is_capped = self.paginator.count, self.paginator.is_capped
        first = (self.asked_page - 1) * self.list_per_page
        keys = list(self.queryset.values_list("pk", flat=True)[first : first + self.list_per_page + 1])
        if not keys and self.asked_page > 1:
            raise Http404
        self.has_next = len(keys) > self.list_per_page
        self.result_list = self.model_admin.rows_of_page(request, keys[: self.list_per_page])
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = self.show_all = False
        self.show_admin_actions = bool(keys)
        self.multi_page = self.has_next or self.asked_page > 1

    @property
    def count_in_words(self):
        """Return "10,000+ arrests", "1 arrest", or "many arrests" where counting them would take long."""
        if self.paginator.gave_up:
            return _("many %(things)s") % {"things": self.opts.verbose_name_plural}
        named = self.opts.verbose_name if self.result_count == 1 else self.opts.verbose_name_plural
        number = f"{MOST_COUNTED:,}+" if self.is_capped else f"{self.result_count:,}"
        return _("%(number)s %(things)s") % {"number": number, "things": named}

    @property
    def result_count_in_words(self):
        if self.is_capped:
            return _("more than %(number)s results") % {"number": f"{MOST_COUNTED:,}"}
        return ngettext("%(number)s result", "%(number)s results", self.result_count) % {
            "number": f"{self.result_count:,}"
        }

    @property
    def pages_in_words(self):
        if self.is_capped:
            return _("Page %(page)s") % {"page": f"{self.asked_page:,}"}
        return _("Page %(page)s of %(pages)s") % {
            "page": f"{self.asked_page:,}",
            "pages": f"{self.paginator.num_pages:,}",
        }

    @property
    def previous_page(self):
        return self.get_query_string({PAGE_VAR: self.asked_page - 1}) if self.asked_page > 1 else ""

    @property
    def next_page(self):
        may = self.has_next and self.asked_page < MOST_PAGES
        return self.get_query_string({PAGE_VAR: self.asked_page + 1}) if may else ""

    @property
    def csv_address(self):
        """Return the address of exactly these rows, in this order, as CSV."""
        asked = urlencode([(name, text) for name, text in self.params.items() if name not in POPUP])
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_csv") + (f"?{asked}" if asked else "")


def page_number(text):
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise BadRequest(_("“%(text)s” is no page of this list.") % {"text": text[:40]})
    number = int(text)
    if number < 1:
        raise Http404
    if number > MOST_PAGES:
        raise BadRequest(
            _(
                "Only the first %(number)s pages can be turned to. Narrow the list by a search or a filter, or take it as CSV."
            )
            % {"number": f"{MOST_PAGES:,}"}
        )
    return number


def searched(text):
    """Return the folded words of a search; too long a one is a 400."""
    if len(text) > LONGEST_QUERY:
        raise BadRequest(_("A search takes at most %(number)s characters.") % {"number": LONGEST_QUERY})
    return words(text)


# ------------------------------------------------------------------------------------------------ search


def some_of(keys):
    """Return the keys, a queryset of one column, as a list if they are few; None if they are too many for that."""
    some = list(keys[: MOST_KEYS + 1])
    return some if len(some) <= MOST_KEYS else None


def within(rows, path, keys):
    """Narrow rows to those whose `path` is one of the keys, a queryset of one column.

    Few keys are asked for first: then an index on the path finds the rows, and the planner knows how few they are.
    """
    some = some_of(keys)
    return rows.filter(**{f"{path}__in": keys if some is None else some})


def with_words(rows, column, sought):
    for word in sought:
        rows = rows.filter(**{f"{column}__contains": word})
    return rows


def cases_named(sought):
    """Return the keys of cases by names, references, titles and external ids: one index has them all."""
    return with_words(CaseState.objects.all(), "search_key", sought).values_list("case", flat=True)


def people_named(sought, user):
    """Return the keys of people by their names, by their references, and by what those of their cases are found by that the
    user sees; some twice."""
    cases = Case.objects.visible_to(user).filter(pk__in=cases_named(sought))
    through_cases = cases.order_by().values_list("detainee", flat=True)
    named = with_words(Name.objects.filter(detainee__isnull=False), "key", sought)
    return through_cases.union(named.order_by().values_list("detainee", flat=True), all=True)


def are_common(sought):
    """Whether words of one or two letters are all there is to look for: nearly every name has them, and no index."""
    return all(len(word) < 3 for word in sought)


def of_cases(rows, path, sought):
    """Narrow rows to those whose `path` is a case with all words."""
    keys = cases_named(sought)
    return rows.filter(**{f"{path}__in": keys}) if are_common(sought) else within(rows, path, keys)


def of_people(rows, path, sought, user):
    """Narrow rows to those whose `path` is a person with all words; where these are many, each row is looked at in turn."""
    some = None if are_common(sought) else some_of(people_named(sought, user))
    if some is not None:
        return rows.filter(**{f"{path}__in": some})
    for word in sought:
        rows = rows.filter(Exists(Name.objects.filter(detainee=OuterRef(path), key__contains=word)))
    return rows


def lawyers_named(sought):
    named = with_words(Name.objects.filter(lawyer__isnull=False), "key", sought)
    return named.order_by().values_list("lawyer", flat=True)


# ------------------------------------------------------------------------------------------------ filters


class TrackerFilter(admin.SimpleListFilter):
    """A filter whose value is one of its choices: any other is a 400."""

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        if self.value() is not None and self.value() not in {str(value) for value, _words in self.lookup_choices}:
            raise wrong_value(self.parameter_name)


def wrong_value(name):
    return BadRequest(_("“%(name)s” is none of the values of this filter.") % {"name": name})


NONE = "none"


def by_choice(path, title=""):
    """Return a filter by a field with few choices; also for those without one, where that can be."""

    class ByChoice(TrackerFilter):
        parameter_name = path.replace("__", "_")

        def __init__(self, request, params, model, model_admin):
            self.field = field_of(model, path)
            self.title = title or self.field.verbose_name
            super().__init__(request, params, model, model_admin)

        def lookups(self, request, model_admin):
            chosen = [(value, capfirst(label)) for value, label in self.field.flatchoices if value != ""]
            return [*chosen, (NONE, _("Not given"))] if self.field.blank else chosen

        def queryset(self, request, queryset):
            if self.value() is None:
                return queryset
            return queryset.filter(**{path: "" if self.value() == NONE else self.value()})

    return ByChoice


class LongFilter(TrackerFilter):
    """A filter with more choices than a column of links can hold: a box to choose from, and a button."""

    template = "admin/cases/filter_by_box.html"

    def has_output(self):
        return True

    def choices(self, changelist):
        self.rest = [
            (name, text) for name, text in changelist.params.items() if name not in (self.parameter_name, PAGE_VAR)
        ]
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("All"),
            "box": self.box(),
            "rest": self.rest,
        }

    def box(self):
        return self.form()[self.parameter_name]


def by_long_choice(path, title=""):
    """Return a filter by a field with hundreds of choices, such as countries."""

    class ByLongChoice(by_choice(path, title), LongFilter):
        template = LongFilter.template
        choices = LongFilter.choices

        def form(self):
            form = forms.Form({self.parameter_name: self.value() or ""}, auto_id="by_%s")
            form.fields[self.parameter_name] = forms.ChoiceField(
                choices=[("", "–"), *self.lookup_choices],
                label=capfirst(self.title),
                widget=LongSelect,
                required=False,
            )
            return form

    return ByLongChoice


def by_link(path, title=""):
    """Return a filter by a record of another model, found by typing."""

    class ByLink(LongFilter):
        is_link = True  # its page loads what an autocomplete needs
        parameter_name = path.replace("__", "_")

        def __init__(self, request, params, model, model_admin):
            self.field = field_of(model, path)
            self.title = title or self.field.verbose_name
            self.site = model_admin.admin_site
            self.rows = self.field.related_model._default_manager.visible_to(request.user)
            super().__init__(request, params, model, model_admin)

        def lookups(self, request, model_admin):
            asked = self.value()
            if asked is None or not KEY.fullmatch(asked):
                return []
            return [(str(row.pk), str(row)) for row in self.rows.filter(pk=int(asked))]

        def queryset(self, request, queryset):
            return queryset if self.value() is None else queryset.filter(**{path: int(self.value())})

        def form(self):
            form = forms.Form({self.parameter_name: self.value() or ""}, auto_id="by_%s")
            form.fields[self.parameter_name] = forms.ModelChoiceField(
                self.rows,
                label=capfirst(self.title),
                required=False,
                widget=KeySelect(self.field, self.site),
            )
            return form

    return ByLink


def by_year(name, title=""):
    """Return a filter by the year in which a partial date begins; an index on the earliest day serves it."""
    earliest, latest = bounds_of(name)

    class ByYear(TrackerFilter):
        parameter_name = f"{name}_year"

        def __init__(self, request, params, model, model_admin):
            self.title = title or _("year: %(date)s") % {"date": field_of(model, name).verbose_name}
            self.model = model
            super().__init__(request, params, model, model_admin)

        def lookups(self, request, model_admin):
            seen = self.model._default_manager.visible_to(request.user).filter(**{f"{earliest}__isnull": False})
            days = seen.values_list(earliest, flat=True)
            ends = list(days.order_by(earliest)[:1].union(days.order_by(f"-{earliest}")[:1], all=True))
            years = range(max(ends).year, min(ends).year - 1, -1) if ends else []
            return [*((str(year), str(year)) for year in years[:40]), (NONE, _("Not known"))]

        def queryset(self, request, queryset):
            if self.value() is None:
                return queryset
            if self.value() == NONE:
                return queryset.filter(**{f"{earliest}__isnull": True, f"{latest}__isnull": True})
            year = int(self.value())
            return queryset.filter(**{f"{earliest}__range": (date(year, 1, 1), date(year, 12, 31))})

    return ByYear


class YesNoFilter(TrackerFilter):
    def lookups(self, request, model_admin):
        return [("yes", _("Yes")), ("no", _("No"))]


def by_yes_no(name, title=""):
    class ByYesNo(YesNoFilter):
        parameter_name = name

        def __init__(self, request, params, model, model_admin):
            self.title = title or field_of(model, name).verbose_name
            super().__init__(request, params, model, model_admin)

        def queryset(self, request, queryset):
            return queryset if self.value() is None else queryset.filter(**{name: self.value() == "yes"})

    return ByYesNo


class ByConfidentiality(YesNoFilter):
    """Confidential records are few: they are found by the small index of their events."""

    title = gettext_lazy("confidential")
    parameter_name = "confidential"

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        confidential = Q(event__in=Event.objects.filter(confidential=True).values("pk"))
        return queryset.filter(confidential if self.value() == "yes" else ~confidential)


class BySources(YesNoFilter):
    """Whether a record has a source."""

    title = gettext_lazy("has a source")
    parameter_name = "sourced"

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        cited = Exists(Citation.objects.filter(**{queryset.model._meta.model_name: OuterRef("pk")}))
        return queryset.filter(cited if self.value() == "yes" else ~cited)


class ByStatus(TrackerFilter):
    """What a case is today, likely."""

    title = gettext_lazy("status today")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [(value, capfirst(label)) for value, label in Status.choices]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        of_status = Period.objects.on(today()).filter(status=self.value()).order_by()
        return queryset.filter(pk__in=of_status.values("case"))


class ByRoleGiven(TrackerFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [*Role.choices, (NONE, _("No role"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        if self.value() == NONE:
            return queryset.filter(groups__isnull=True)
        return queryset.filter(groups__name=self.value())


def field_of(model, path):
    *steps, name = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(name)


# ------------------------------------------------------------------------------------------------ autocompletes


class KeySelect(AutocompleteSelect):
    """The stock autocomplete, which fails at something sent that is no key, when it shows the form again."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [key for key in value if KEY.fullmatch(str(key))], attr)


class TrackerAutocomplete(AutocompleteJsonView):
    """The stock search for a key, of fields that lead to another model; too long a search is a 400."""

    def process_request(self, request):
        searched(request.GET.get("term", ""))
        try:
            model = apps.get_model(request.GET["app_label"], request.GET["model_name"])
            field = model._meta.get_field(request.GET["field_name"])
        except (KeyError, LookupError, FieldDoesNotExist) as error:
            raise PermissionDenied from error
        if not isinstance(field, ForeignKey | ManyToManyField):
            raise PermissionDenied
        return super().process_request(request)

    def serialize_result(self, obj, to_field_name):
        return super().serialize_result(obj, to_field_name) | {"text": words_for(obj)}
