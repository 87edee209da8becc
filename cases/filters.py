"""The filters of the case list: one set for the page, its counts and the export. They call queryset methods and hold no Q."""

import re
from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries
from django_filters import ChoiceFilter, Filter, FilterSet, MultipleChoiceFilter
from django_filters.constants import EMPTY_VALUES

from cases.dates import DateError, today, understand
from cases.models import (
    Case,
    CaseTag,
    Certainty,
    Court,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    ReleaseKind,
    Right,
    Sex,
    Stage,
    Status,
    Term,
    User,
)
from cases.models.case import EXACT_TO, sieve_of
from cases.models.lacking import LACKING, keys_lacking
from cases.rows import OUTCOMES

MOST_VALUES = 50  # of one filter
MOST_OFFERED = 60  # choices of one filter on the page
NONE, ME = "none", "me"


def shortened(value):
    """Return what was sent, short and printable enough to be said back."""
    printable = "".join(char if char.isprintable() else "�" for char in value)
    return printable if len(printable) <= 40 else f"{printable[:39]}…"


# ------------------------------------------------------------------------------------------------ fields


class TextField(forms.CharField):
    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 200, **kwargs})


class ChoicesField(forms.MultipleChoiceField):
    """Several of fixed choices."""

    default_error_messages = {"invalid_choice": gettext_lazy("“%(value)s” is not one of the choices.")}

    def validate(self, values):
        if len(values) > MOST_VALUES:
            raise ValidationError(_("At most %(number)s values can be asked for at once.") % {"number": MOST_VALUES})
        for value in values:
            if not self.valid_value(value):
                raise ValidationError(
                    self.error_messages["invalid_choice"], "invalid_choice", {"value": shortened(value)}
                )


class ChoiceField(forms.ChoiceField):
    default_error_messages = {"invalid_choice": gettext_lazy("“%(value)s” is not one of the choices.")}

    def __init__(self, *, empty_label=None, null_label=None, null_value=None, **kwargs):
        super().__init__(**kwargs)

    def validate(self, value):
        if value and not self.valid_value(value):
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": shortened(value)})


class FoundField(forms.MultipleChoiceField):
    """Several things by what names them in an address. Cleaned: {value: thing}. `find` is set by the filter set, as what
    exists depends on who asks: something hidden is refused as something that is not there."""

    find = None

    def clean(self, values):
        values = list(dict.fromkeys(values or []))
        if len(values) > MOST_VALUES:
            raise ValidationError(_("At most %(number)s values can be asked for at once.") % {"number": MOST_VALUES})
        found = self.find([value for value in values if len(value) <= 200]) if values else {}
        for value in values:
            if value not in found:
                raise ValidationError(_("“%(value)s” is not there.") % {"value": shortened(value)})
        return {value: found[value] for value in values}


class DayField(forms.CharField):
    """One day that is not in the future."""

    def clean(self, value):
        if not value:
            return None
        typed = understood_or_refused(value, actual=True)
        if not typed.is_complete or typed.mark:
            raise ValidationError(_("Write one whole day, such as 1 January 2017."))
        return typed.earliest


class TypedDateField(forms.CharField):
    """A date as people type it, year and month alone too. Cleaned: a PartialDate."""

    def clean(self, value):
        return understood_or_refused(value, actual=False) if value else None


def understood_or_refused(value, *, actual):
    try:
        typed = understand(value, today=today(), actual=actual)
    except DateError as error:
        raise ValidationError(f"{error}.") from error
    if typed.earliest is None and typed.latest is None:  # such as of characters that nobody sees
        raise ValidationError(_("Write a date, such as 2017, May 2017 or 1 January 2017."))
    return typed


class MonthsField(forms.IntegerField):
    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 0, "max_value": 1200, **kwargs})

    def to_python(self, value):
        number = int(value) if value and re.fullmatch(r"\d{1,4}", value, re.ASCII) else -1
        if value and not self.min_value <= number <= self.max_value:
            limits = {"least": self.min_value, "most": self.max_value}
            raise ValidationError(_("Write a number of months from %(least)s to %(most)s.") % limits)
        return super().to_python(value)


class AgeField(MonthsField):
    """How old something is at least, in months."""

    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 1, "max_value": 120, **kwargs})


class ArticleField(FoundField):
    """Articles as ru-cc/212/1, or as typed where that is one article only. Cleaned: {path: (code, article, part, point)}."""

    def clean(self, values):
        values = list(dict.fromkeys(values or []))
        if len(values) > MOST_VALUES:
            raise ValidationError(_("At most %(number)s values can be asked for at once.") % {"number": MOST_VALUES})
        found = {}
        for value in values:
            found |= self._read(value)
        return found

    def _read(self, value):
        readings = readings_of_article(value) if len(value) <= 80 else []
        if not readings:
            raise ValidationError(_("No article “%(value)s” is recorded.") % {"value": shortened(value)})
        if len(readings) > 1:
            error = ValidationError(
                _("“%(value)s” can be read in several ways. Choose which.") % {"value": shortened(value)}
            )
            error.readings = readings
            raise error
        return {"/".join(filter(None, path)): path for path in readings}


def readings_of_article(value):
    """Return the articles that `value` can mean among those that are recorded: 212.1 is article 212.1, or 212 part 1."""
    if "/" in value:
        path = tuple(value.strip("/").split("/"))
        if not 2 <= len(path) <= 4 or not all(path):
            return []
        return recorded([(path[0], *path[1:], *[""] * (4 - len(path)))])
    typed = re.sub(r"(?i)\b(art|article|part|point|ст|стаття|статья|ч|частина|часть|п|пункт|p)\b\.?", " ", value)
    numbers = re.findall(r"[\w.\-]+", typed)
    if not 1 <= len(numbers) <= 3:
        return []
    readings = [tuple(numbers)]
    if len(numbers) == 1 and "." in numbers[0]:
        readings.append(tuple(numbers[0].rpartition(".")[::2]))
    codes = Provision.objects.filter(article__in={numbers[0] for numbers in readings}).values_list(
        "code__slug", flat=True
    )
    every = sorted(set(codes))
    return recorded([(code, *numbers, *[""] * (3 - len(numbers))) for numbers in readings for code in every])


def recorded(paths):
    """Return those of the paths that name a recorded article, part or point."""
    rows = Provision.objects.filter(code__slug__in={path[0] for path in paths}, article__in={path[1] for path in paths})
    there = set()
    for path in rows.values_list("code__slug", "article", "part", "point"):
        there.update((*path[:length], *[""] * (4 - length)) for length in (2, 3, 4))
    return [path for path in paths if path in there]


def article_in_words(path):
    code, article, part, point = path
    return f"{Provision(article=article, part=part, point=point).label} ({code})"


# ------------------------------------------------------------------------------------------------ filters


class Shallow:
    """A filter set copies its filters all the way down for each page, which takes longer than to find the cases."""

    def __deepcopy__(self, memo):
        return copy(self)


class TextFilter(Shallow, Filter):
    field_class = TextField


class ChoicesFilter(Shallow, MultipleChoiceFilter):
    field_class = ChoicesField


class OneChoiceFilter(Shallow, ChoiceFilter):
    field_class = ChoiceField


class FoundFilter(Shallow, Filter):
    field_class = FoundField


class ArticleFilter(Shallow, Filter):
    field_class = ArticleField


class DayFilter(Shallow, Filter):
    field_class = DayField


class TypedDateFilter(Shallow, Filter):
    field_class = TypedDateField


class MonthsFilter(Shallow, Filter):
    field_class = MonthsField


class AgeFilter(Shallow, Filter):
    field_class = AgeField


class StrictFilterSet(FilterSet):
    """No rows while anything is wrong, an unknown parameter too: FilterSet.qs alone ignores it, and shows more."""

    also_known = {"page"}

    def __init__(self, data=None, queryset=None, **kwargs):
        super().__init__(without_blanks(data), queryset, **kwargs)

    @cached_property
    def problems(self):
        """What is wrong with the query string: (parameter, label, message, readings to choose from)."""
        found = []
        for name, values in self.data.lists():
            if name in self.also_known and len(values) == 1:
                continue
            if name not in self.filters and name not in self.also_known:
                found.append((name, shortened(name), _("This page takes no such parameter."), []))
            elif len(values) > 1 and (name in self.also_known or not takes_several(self.form.fields[name])):
                found.append((name, self.label_of(name), _("This can be given once only."), []))
        for name, errors in self.form.errors.as_data().items():
            for error in errors:
                message = " ".join(str(text) for text in error.messages)
                found.append((name, self.label_of(name), message, getattr(error, "readings", [])))
        return found

    def label_of(self, name):
        return capfirst(str(self.filters[name].label)) if name in self.filters else name

    def is_valid(self):
        return self.is_bound and super().is_valid() and not self.problems

    @property
    def qs(self):
        return super().qs if self.is_valid() else self.queryset.none()


def without_blanks(data):
    """Return the query string without empty values: a form sends all of its fields."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists() if data is not None else []:
        if values := [value for value in values if value.strip()]:
            kept.setlist(name, values)
    return kept


def takes_several(field):
    return isinstance(field, forms.MultipleChoiceField)


SORTS = {
    "name": gettext_lazy("name"),
    "since": gettext_lazy("since"),
    "place": gettext_lazy("place"),
    "held": gettext_lazy("days held"),
    "sentence": gettext_lazy("sentence"),
    "next": gettext_lazy("what comes next"),
    "changed": gettext_lazy("last change"),
    "confirmed": gettext_lazy("last confirmed"),
}


UNNARROWING = {"day", "certainty", "sort"}
# Too slow to ask of all cases: see sieve_of
SIFTED = ("outcome", "months_min", "months_max", "unsourced", "missing", "contested")


class CaseFilter(StrictFilterSet):
    """The list's filters. `day` and `certainty` are those of status and place, and the day of everything that a row shows."""

    q = TextFilter(label=gettext_lazy("Text"), method="by_text")
    status = ChoicesFilter(label=gettext_lazy("Status"), choices=Status.choices, method="by_status")
    day = DayFilter(label=gettext_lazy("On the day"), method="as_it_is")
    certainty = OneChoiceFilter(label=gettext_lazy("How certain"), choices=Certainty.choices, method="as_it_is")
    country = ChoicesFilter(label=gettext_lazy("Country"), choices=list(countries), method="by_country")
    place = FoundFilter(label=gettext_lazy("Place"), method="by_place")
    sex = ChoicesFilter(label=gettext_lazy("Sex"), choices=Sex.choices, method="by_sex")
    article = ArticleFilter(label=gettext_lazy("Article"), method="by_article")
    outcome = ChoicesFilter(
        label=gettext_lazy("Outcome of a charge"), choices=list(OUTCOMES.items()), method="by_outcome"
    )
    court = FoundFilter(label=gettext_lazy("Court"), method="by_court")
    lawyer = FoundFilter(label=gettext_lazy("Lawyer"), method="by_lawyer")
    arrested_after = TypedDateFilter(label=gettext_lazy("Arrested in or after"), method="by_arrest")
    arrested_before = TypedDateFilter(label=gettext_lazy("Arrested in or before"), method="by_arrest")
    sentenced_after = TypedDateFilter(label=gettext_lazy("Sentenced in or after"), method="by_sentence")
    sentenced_before = TypedDateFilter(label=gettext_lazy("Sentenced in or before"), method="by_sentence")
    released_after = TypedDateFilter(label=gettext_lazy("Released in or after"), method="by_release")
    released_before = TypedDateFilter(label=gettext_lazy("Released in or before"), method="by_release")
    release_kind = ChoicesFilter(
        label=gettext_lazy("Kind of release"), choices=ReleaseKind.choices, method="by_release"
    )
    months_min = MonthsFilter(label=gettext_lazy("Sentenced to at least (months)"), method="by_length")
    months_max = MonthsFilter(label=gettext_lazy("Sentenced to at most (months)"), method="by_length")
    proceeding = FoundFilter(label=gettext_lazy("Joint proceeding"), method="by_proceeding")
    right = FoundFilter(label=gettext_lazy("Alleged violation of"), method="by_right")
    tag = FoundFilter(label=gettext_lazy("Tag"), method="by_tag")
    list = FoundFilter(label=gettext_lazy("On the list"), method="by_list")
    organisation = FoundFilter(label=gettext_lazy("Role in"), method="by_organisation")
    stage = ChoicesFilter(label=gettext_lazy("Stage"), choices=Stage.choices, method="by_stage")
    assignee = FoundFilter(label=gettext_lazy("Assigned to"), method="by_assignee")
    unsourced = OneChoiceFilter(
        label=gettext_lazy("Sources"), choices=[("yes", gettext_lazy("records without a source"))], method="by_sources"
    )
    missing = ChoicesFilter(label=gettext_lazy("Missing"), choices=[*LACKING.items()], method="by_what_is_missing")
    unconfirmed = AgeFilter(label=gettext_lazy("Held or restricted, not confirmed for"), method="by_confirmation")
    contested = OneChoiceFilter(
        label=gettext_lazy("Accounts"),
        choices=[("yes", gettext_lazy("contested"))],
        method="by_accounts",
    )
    news = OneChoiceFilter(
        label=gettext_lazy("News"),
        choices=[("1", gettext_lazy("changed since I last looked"))],
        method="by_news",
    )
    changed_since = TypedDateFilter(label=gettext_lazy("Changed since"), method="by_change")
    sort = OneChoiceFilter(
        label=gettext_lazy("Order"),
        choices=[*SORTS.items(), *((f"-{name}", label) for name, label in SORTS.items())],
        method="as_it_is",
    )

    class Meta:
        model = Case
        fields = []

    def __init__(self, data, queryset, *, user):
        """`queryset`: the cases that the user may see; nothing else narrows what is found."""
        super().__init__(data, queryset)
        self.user = user
        self.form.fields["place"].find = self.find_places
        self.form.fields["court"].find = self.find_courts
        self.form.fields["lawyer"].find = self.find_lawyers
        self.form.fields["proceeding"].find = self.find_proceedings
        self.form.fields["right"].find = self.find_rights
        self.form.fields["tag"].find = self.find_tags
        self.form.fields["list"].find = self.find_lists
        self.form.fields["organisation"].find = self.find_organisations
        self.form.fields["assignee"].find = self.find_assignees

    @cached_property
    def asked(self):
        """What is asked for, by parameter; empty while something is wrong."""
        return self.form.cleaned_data if self.is_valid() else {}

    @property
    def on_day(self):
        return self.asked.get("day") or today()

    @property
    def how_certain(self):
        return self.asked.get("certainty") or Certainty.LIKELY

    @property
    def statuses(self):
        return self.asked.get("status") or []

    @property
    def order(self):
        """The order by which the list is shown; empty for the best match first."""
        return self.asked.get("sort") or ("" if self.asked.get("q") else "name")

    @property
    def shows_confirmed(self):
        """Whether rows have to say when they were confirmed last: it is asked about, or they stand in that order."""
        return bool(self.asked.get("unconfirmed")) or self.order.removeprefix("-") == "confirmed"

    def asking(self, **changes):
        """The same question, of the same day, with some of its parts changed: None takes one out."""
        other = copy(self)
        for found in ("_qs", "numbers"):
            other.__dict__.pop(found, None)
        other.asked = self.asked | changes
        return other

    def filter_queryset(self, cases):
        for name, value in self.asked.items():
            if value not in EMPTY_VALUES and value != {}:
                cases = getattr(self, self.filters[name].method)(cases, name, value)
        return cases

    @cached_property
    def numbers(self):
        """How many are found, and how many would be if another status or stage were chosen, as far as they are counted.

        What narrows the list is asked once: the order by which a page is taken then starts from the keys found here.
        """
        undated = self.asking(status=None, place=None, stage=None, **self.unsifted)
        numbers = undated.qs.perhaps_sifted(**self.sifted).numbers(
            self.on_day,
            self.how_certain,
            statuses=self.statuses,
            places=places_of(self.asked.get("place") or {}),
            stages=self.asked.get("stage") or [],
            sieve=self.sieve,
            exact_to=EXACT_TO,
        )
        if numbers.keys is not None and any(self.asked[name] for name in self.asked if name not in UNNARROWING):
            self._qs = self.queryset.of_keys(numbers.keys)
        return numbers

    @property
    def sifted(self):
        asked = self.asked.get
        return {
            "outcomes": asked("outcome") or (),
            "months": (asked("months_min"), asked("months_max")),
            "contested": bool(asked("contested")),
        }

    @property
    def unsifted(self):
        """What the question leaves to the sieve, as changes that take it out."""
        at_once = self.asked.get("missing") and self.keys_lacking is not None
        return {name: None for name in SIFTED if name != "missing" or not at_once}

    @cached_property
    def keys_lacking(self):
        """The keys of cases that lack what is asked for, whatever else is asked; None if the sieve is quicker."""
        return keys_lacking(self.asked["missing"], self.on_day, self.how_certain)

    @property
    def sieve(self):
        asked = self.asked.get
        return sieve_of(
            **self.sifted,
            unsourced=bool(asked("unsourced")),
            missing=(asked("missing") or ()) if "missing" in self.unsifted else (),
            day=self.on_day,
            certainty=self.how_certain,
        )

    def first_keys(self, first, number, *, from_end=False):
        """Return the keys of so many cases from the first on, in the order asked for or from its end."""
        found, sieve = self, None
        if self.numbers.is_capped and self.sieve:  # else the keys are known
            found, sieve = self.asking(**self.unsifted), self.sieve
            found.numbers = self.numbers
        ordered = found.ordered.reverse() if from_end else found.ordered
        return ordered.first_keys(first, number, sieve)

    # What is found

    def as_it_is(self, cases, name, value):
        """What this parameter says is used elsewhere."""
        return cases

    def by_text(self, cases, name, query):
        return cases.named(query)

    def by_status(self, cases, name, statuses):
        places = self.asked.get("place")
        return cases.with_status(
            statuses, self.on_day, self.how_certain, **({"place__in": places_of(places)} if places else {})
        )

    def by_place(self, cases, name, places):
        if self.statuses:  # the same period has both: by_status asked for it
            return cases
        return cases.with_status([], self.on_day, self.how_certain, place__in=places_of(places))

    def by_country(self, cases, name, codes):
        return cases.filter(country__in=codes)

    def by_sex(self, cases, name, sexes):
        return cases.filter(detainee__sex__in=sexes)

    def by_article(self, cases, name, paths):
        return cases.charged_under(paths.values(), self.on_day)

    def by_outcome(self, cases, name, outcomes):
        return cases.with_charge_outcome(outcomes, self.on_day)

    def by_court(self, cases, name, courts):
        return cases.before_court([court.pk for court in courts.values()])

    def by_lawyer(self, cases, name, lawyers):
        pks = [lawyer.pk for value, lawyer in lawyers.items() if value != NONE]
        return cases.defended_by(pks, self.on_day, none=NONE in lawyers)

    def by_arrest(self, cases, name, date):
        return cases.arrested_between(*self.between("arrested")) if self.first_of(name, "arrested") else cases

    def by_sentence(self, cases, name, date):
        return cases.sentenced_between(*self.between("sentenced")) if self.first_of(name, "sentenced") else cases

    def by_release(self, cases, name, value):
        """One release has the date and the kind, so the parameters are asked together."""
        given = [part for part in ("released_after", "released_before", "release_kind") if self.asked[part]]
        if name != given[0]:
            return cases
        return cases.released_between(*self.between("released"), self.asked["release_kind"])

    def by_length(self, cases, name, months):
        at_least, at_most = self.asked["months_min"], self.asked["months_max"]
        if name == "months_max" and at_least is not None:
            return cases
        return cases.sentenced_to(at_least, at_most, self.on_day)

    def by_proceeding(self, cases, name, proceedings):
        standing = JointProceedingCase.objects.filter(case=OuterRef("pk"), proceeding__in=pks_of(proceedings))
        return cases.filter(Exists(standing))

    def by_right(self, cases, name, rights):
        return cases.said_to_violate([right.pk for right in rights.values()])

    def by_tag(self, cases, name, tags):
        return cases.filter(Exists(CaseTag.objects.filter(case=OuterRef("pk"), term__in=pks_of(tags))))

    def by_list(self, cases, name, lists):
        return cases.on_list(pks_of(lists), self.on_day)

    def by_organisation(self, cases, name, organisations):
        return cases.of_organisations(pks_of(organisations))

    def by_stage(self, cases, name, stages):
        return cases.filter(stage__in=stages)

    def by_assignee(self, cases, name, users):
        return cases.assigned_to([user.pk for value, user in users.items() if value != NONE], none=NONE in users)

    def by_sources(self, cases, name, value):
        return cases.unsourced()

    def by_what_is_missing(self, cases, name, codes):
        if self.keys_lacking is not None:
            return cases.of_keys(self.keys_lacking)
        return cases.lacking(codes, self.on_day, self.how_certain)

    def by_confirmation(self, cases, name, months):
        return cases.unconfirmed(months, self.on_day, self.how_certain)

    def by_accounts(self, cases, name, value):
        return cases.contested()

    def by_news(self, cases, name, value):
        return cases.news_to(self.user)

    def by_change(self, cases, name, date):
        return cases.changed_since(date.earliest or date.latest)

    def between(self, event):
        """Return the first and the last day asked for; a year alone means all of it."""
        after, before = self.asked[f"{event}_after"], self.asked[f"{event}_before"]
        return (after.earliest or after.latest) if after else None, (
            before.latest or before.earliest
        ) if before else None

    def first_of(self, name, event):
        """Whether this is the first parameter of the pair that was given: one record must fit both, so they are asked once."""
        return name == f"{event}_after" or not self.asked[f"{event}_after"]

    # In which order

    @property
    def ordered(self):
        """What is found, in the order asked for; the key comes last, so that pages never shuffle.

        Where a text is found in more cases than are counted none of them is a better match than others: those go by name.
        """
        found = self.qs
        if not self.order and self.numbers.is_capped:
            return found.sorted_by("name", self.on_day)
        if not self.order:
            return found.by_match(self.asked["q"])
        name, down = self.order.removeprefix("-"), self.order.startswith("-")
        return found.sorted_by(name, self.on_day, down=down)

    # What a value names, if the user may know of it

    def find_places(self, values):
        return by_key(Place.objects.visible_to(self.user), values)

    def find_courts(self, values):
        return by_key(Court.objects.visible_to(self.user), values)

    def find_lawyers(self, values):
        found = Lawyer.objects.visible_to(self.user).for_list().filter(reference__in=values)
        return {NONE: _("none recorded")} | {lawyer.reference: lawyer for lawyer in found}

    def find_proceedings(self, values):
        found = JointProceeding.objects.visible_to(self.user).filter(reference__in=values)
        return {proceeding.reference: proceeding for proceeding in found}

    def find_rights(self, values):
        return {right.code: right for right in Right.objects.visible_to(self.user).filter(code__in=values)}

    def find_tags(self, values):
        return {term.slug: term for term in Term.objects.visible_to(self.user).filter(kind="tag", slug__in=values)}

    def find_lists(self, values):
        return by_key(PrisonerList.objects.visible_to(self.user), values)

    def find_organisations(self, values):
        return by_key(Organisation.objects.visible_to(self.user), values)

    def find_assignees(self, values):
        seen = User.objects.filter(Exists(self.queryset.filter(assignee=OuterRef("pk"))), username__in=values)
        mine = {self.user.username: self.user, ME: self.user, NONE: _("nobody")}
        return {user.username: user for user in seen} | mine


def places_of(places):
    return [place.pk for place in places.values()]


pks_of = places_of


def by_key(things, values):
    """Return {value: thing} for values that are keys; what is no key is left out."""
    keys = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= 18]
    return {str(thing.pk): thing for thing in things.filter(pk__in=keys)}
