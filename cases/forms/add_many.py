"""Several people at once, as after a mass arrest: what they share is typed once, each gets a case of their own."""

import re

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.add import PersonForm, SharedForm
from cases.forms.matches import THINGS
from cases.forms.page import Together, laid_out
from cases.forms.reasons import remember
from cases.models import Citation, Sex
from cases.names import words

MOST_PEOPLE = 100
FIRST_ROWS = 3
MORE_ROWS = 5
ROW = re.compile(r"people-([0-9]{1,4})-person")
BETWEEN = re.compile(r"[\t;]")  # name, born and sex of a line, as a spreadsheet copies them
SEXES = {"f": Sex.FEMALE, "m": Sex.MALE, "ж": Sex.FEMALE, "м": Sex.MALE, "ч": Sex.MALE}


class PersonRow(PersonForm):
    """One line of the page. A line without anything is left out."""

    def __init__(self, data=None, *, user, number):
        super().__init__(data, user=user, prefix=f"people-{number}")
        self.number = number + 1
        self.fields["person"].widget.finds = False
        self.fields["person"].help_text = ""
        for name, label in (("person", _("name")), ("born", _("born")), ("sex", _("sex"))):
            self.fields[name].label = _("Person %(number)s: %(field)s") % {"number": self.number, "field": label}
            self.fields[name].help_text = ""

    @cached_property
    def name(self):
        picked = self["person"].data
        return picked.text[:200] if self.is_bound and picked else ""

    @property
    def is_given(self):
        return self.is_bound and bool(self.name or self["born"].data or self["sex"].data not in (None, "", Sex.UNKNOWN))

    @property
    def body(self):
        return laid_out(self, "person", "born", "sex")


class TogetherForm(forms.Form):
    """What belongs to the list of people as a whole."""

    names = forms.CharField(
        label=gettext_lazy("Names, one per line"), required=False, max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=gettext_lazy("From a spreadsheet: name, born and sex beside each other, as it copies them."),
    )  # fmt: skip
    different = forms.BooleanField(
        label=gettext_lazy("People of the same name here are different people"), required=False
    )

    def __init__(self, data=None):
        super().__init__(data, prefix="people")
        self.use_required_attribute = False

    @property
    def body(self):
        return laid_out(self, "names")

    @property
    def confirmation(self):
        return laid_out(self, "different")


class CasesAddForm(SharedForm):
    """The forms of the page as one."""

    def __init__(self, data=None, *, user, origin=None):
        data, count, self.left_over = in_rows(data) if data is not None else (None, FIRST_ROWS, False)
        super().__init__(data, user=user, origin=origin)
        self.people = TogetherForm(data)
        self.rows = [PersonRow(data, user=user, number=number) for number in range(count)]
        self.given = [row for row in self.rows if row.is_given]
        self.twins = False

    @cached_property
    def together(self):
        return Together(self.people, *self.given, *self.parts, self.evidence, self.case)

    @property
    def everything(self):
        return [self.people, *self.rows, *self.parts, self.evidence, self.case]

    def is_complete(self):
        self.look_for_people()
        valid = self.together.is_valid()
        self.look_at_the_list()
        if not valid or self.together.errors:
            return False
        self.look_at_order()
        return not self.together.errors

    def look_for_people(self):
        named = [row for row in self.given if row.name]
        wanted = [([row.name], row.typed_born) for row in named]
        for row, found in zip(named, THINGS["candidate"].candidates_of_many(self.user, wanted), strict=True):
            row.fields["person"].candidates = found

    def look_at_the_list(self):
        if self.left_over:
            message = _("At most %(number)s people fit on one page: the other names still stand in the box.")
            self.people.add_error("names", message % {"number": MOST_PEOPLE})
        elif not self.given:
            self.people.add_error("names", _("Write at least one name."))
        for row, earlier in self.doubles():
            row.add_error("person", _("This is the person of line %(number)s again.") % {"number": earlier.number})
        for row, earlier in self.namesakes():
            self.twins = True
            if not self.people.cleaned_data.get("different"):
                message = _(
                    "The same name as in line %(number)s. If they are different people, confirm it above the list."
                )
                row.add_error("person", message % {"number": earlier.number})

    def doubles(self):
        """Yield (row, earlier row) where one person who is recorded was chosen twice."""
        first = {}
        for row in self.given:
            person = row.cleaned_data.get("person")
            if person is not None and person.pk and first.setdefault(person.pk, row) is not row:
                yield row, first[person.pk]

    def namesakes(self):
        """Yield (row, earlier row) of the same name where neither their births nor what was chosen tells them apart."""
        first = {}
        for row in self.given:
            key = frozenset(words(row.name))
            if not key:
                continue
            for earlier in first.get(key, []):
                if not told_apart(row, earlier):
                    yield row, earlier
                    break
            first.setdefault(key, []).append(row)

    def save_all(self):
        """Write all cases, or nothing. Return them, in the order of the lines."""
        with transaction.atomic(), self.why():
            self.source = self.evidence.save_source()
            cases, citations = [], []
            for row in self.given:
                case, cited = self.save_one(*row.save_person())
                cases.append(case)
                citations += cited
            Citation.objects.bulk_create(citations)
            remember(self.user, self.case.cleaned_data["reason"], cases[0])
        return cases


def told_apart(row, earlier):
    """Whether two lines with one name are plainly two people: born at other times, or both chosen among those recorded."""
    first, second = earlier.typed_born, row.typed_born
    if first and second and not first.overlaps(second.earliest, second.latest):
        return True
    people = [one.cleaned_data.get("person") for one in (row, earlier)]
    return all(person is not None and person.pk for person in people)


def in_rows(data):
    """Return what was sent with the names of the box in lines of their own, how many lines there are, and whether names
    are left over in the box. More lines are added if that was asked for.
    """
    data = data.copy() if isinstance(data, QueryDict) else QueryDict("", mutable=True)
    numbers = [int(match[1]) for name in data if (match := ROW.fullmatch(name))]
    count = min(max(numbers, default=0) + 1, MOST_PEOPLE)
    lines = [line.strip() for line in data.get("people-names", "").splitlines() if line.strip()]
    free = [number for number in range(MOST_PEOPLE) if not line_is_used(data, number)]
    for number, line in zip(free, lines, strict=False):
        name, born, sex = [*(part.strip() for part in BETWEEN.split(line, maxsplit=2)), "", ""][:3]
        data[f"people-{number}-person"], data[f"people-{number}-born"] = name, born
        data[f"people-{number}-sex"] = SEXES.get(sex[:1].lower(), Sex.UNKNOWN)
        count = max(count, number + 1)
    data["people-names"] = "\n".join(lines[len(free) :])
    if data.get("rows") == "more":
        count = min(count + MORE_ROWS, MOST_PEOPLE)
    for number in range(count):
        data.setdefault(f"people-{number}-sex", Sex.UNKNOWN)  # else a browser takes the first choice
    return data, count, len(lines) > len(free) or any(number >= MOST_PEOPLE for number in numbers)


def line_is_used(data, number):
    return any(data.get(f"people-{number}-{name}", "").strip() for name in ("person", "person_choice", "born"))
