"""What the filters of the list offer and say back: choices from what the user sees, and a chip for each active value."""

from dataclasses import dataclass, field, replace

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, Subquery, When
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_countries import countries

from cases.dates import in_words
from cases.filters import ME, MOST_OFFERED, NONE, article_in_words, shortened
from cases.models import (
    Affiliation,
    CaseTag,
    Certainty,
    Charge,
    Court,
    Hearing,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Listing,
    Name,
    Organisation,
    Period,
    Place,
    PrisonerList,
    Provision,
    Representation,
    Right,
    Sentence,
    Stage,
    Term,
    TermKind,
    User,
    Violation,
)
from cases.models.people import NameKind

MAIN = {"q", "status", "day", "certainty", "sort"}  # what main_groups has, and the order


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True)
class Group:
    """One filter as the page shows it: a text box, or choices of which one (`single`) or several are taken."""

    name: str
    label: str
    choices: list[Choice] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    single: bool = False
    kind: str = "choices"  # choices, text, dates, months
    parts: list["Group"] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def value(self):
        return self.values[0] if self.values else ""

    @property
    def active(self):
        return bool(self.values) or any(part.active for part in self.parts)


@dataclass(frozen=True)
class Chip:
    label: str
    remove_url: str
    wrong: bool = False


# ------------------------------------------------------------------------------------------------ chips


def chips_of(found):
    """Return a Chip for each active value; its address is the list without it."""
    wrong = {name for name, *_rest in found.problems}
    return [
        Chip(
            f"{found.label_of(name)}: {label_of(found, name, value)}",
            without_value(found.data, name, value),
            name in wrong,
        )
        for name, values in found.data.lists()
        if name not in ("sort", *found.also_known) or name in wrong
        for value in values
    ]


def label_of(found, name, value):
    """Return a value in words, or as it was sent if it was not understood."""
    meant = found.asked.get(name)
    if meant is None:
        return shortened(value)
    if name == "article":
        path = meant.get(value.strip("/")) or next(iter(meant.values()))
        return article_in_words(path)
    if isinstance(meant, dict):
        return str(meant.get(value, value))
    if choices := dict(getattr(found.form.fields[name], "choices", [])):
        return str(choices.get(value, value))
    if name == "day":
        return date_format(meant, "j M Y")
    if name == "unconfirmed":
        return ngettext("%(n)s month or never", "%(n)s months or never", meant) % {"n": meant}
    return in_words(meant) if hasattr(meant, "earliest") else shortened(value)


def without_value(data, name, value):
    kept = QueryDict(mutable=True)
    for key, values in data.lists():
        if key == "page":
            continue
        if values := [one for one in values if (key, one) != (name, value)]:
            kept.setlist(key, values)
    return f"?{kept.urlencode()}" if kept else "?"


def scope_of(found):
    """Return whom a number is about, where a list or a stage is asked for: it must say so wherever it stands. Else empty."""
    lists, stages, words = found.asked.get("list"), found.asked.get("stage"), []
    if lists:
        names = _(" or ").join(_("“%(name)s”") % {"name": one} for one in lists.values())
        day = date_format(found.on_day, "j F Y")
        words.append(_("people on the list %(lists)s on %(day)s") % {"lists": names, "day": day})
    if stages:
        names = _(" or ").join(str(Stage(stage).label) for stage in stages)
        words.append(_("cases of the stage “%(stages)s”") % {"stages": names})
    return capfirst("; ".join(words))


# ------------------------------------------------------------------------------------------------ choices


def groups_of(found, counts_by_status, counts_by_stage):
    """Return all filters as a page shows them, in its order. Counts that are None are not shown."""
    return [*main_groups(found, counts_by_status), *other_groups(found, counts_by_stage)]


def main_groups(found, counts_by_status):
    """Return the filters that stand beside each list; none of them needs a query."""
    return [
        text(found, "q"),
        fixed(found, "status", counts_by_status),
        Group("", _("On the day"), kind="day", parts=[text(found, "day"), fixed(found, "certainty", single=True)]),
    ]


def other_groups(found, counts_by_stage):
    """Return the filters that fold away; their choices are what there is among the cases that the user sees."""
    visible = found.queryset.order_by()
    groups = [
        offered(found, "place", places(visible)),
        offered(found, "article", articles(visible), other=_("Another article")),
        offered(found, "outcome", fixed(found, "outcome").choices),
        offered(found, "lawyer", [(NONE, _("none recorded")), *lawyers(visible)]),
        Group("", _("Sentence in months"), kind="months", parts=[text(found, "months_min"), text(found, "months_max")]),
        offered(found, "court", courts(visible)),
        dates(found, "arrested", _("Arrested")),
        dates(found, "sentenced", _("Sentenced")),
        dates(found, "released", _("Released")),
        fixed(found, "release_kind"),
        offered(found, "country", seen_countries(visible)),
        fixed(found, "sex"),
        offered(found, "proceeding", proceedings(visible)),
        offered(found, "right", rights(visible)),
        offered(found, "tag", tags(visible)),
        offered(found, "list", lists(visible)),
        offered(found, "organisation", organisations(visible)),
        fixed(found, "stage", counts_by_stage),
        offered(found, "assignee", [(ME, _("me")), (NONE, _("nobody")), *assignees(visible, found.user)]),
        fixed(found, "unsourced"),
        fixed(found, "missing"),
        replace(text(found, "unconfirmed"), label=_("Held or restricted, not confirmed for (months)")),
        fixed(found, "contested"),
        fixed(found, "news"),
        text(found, "changed_since"),
    ]
    return [group for group in groups if group.kind != "choices" or group.choices]


def folded_away(found):
    """Return (name, value) of what is asked by the filters that fold away, so that a form keeps them while they do."""
    return [
        (name, value)
        for name, values in found.data.lists()
        if name not in MAIN and name not in found.also_known
        for value in values
    ]


def text(found, name):
    errors = [message for wrong, _label, message, _readings in found.problems if wrong == name]
    return Group(name, found.label_of(name), values=found.data.getlist(name), kind="text", errors=errors)


def dates(found, event, label):
    return Group("", label, kind="dates", parts=[text(found, f"{event}_after"), text(found, f"{event}_before")])


def fixed(found, name, counts=None, *, single=False):
    """A filter of fixed choices; with counts, those that nothing has are left out unless chosen."""
    chosen = found.data.getlist(name)
    choices = []
    for value, label in found.form.fields[name].choices:
        if not value or counts is not None and not counts.get(value) and value not in chosen:
            continue
        default = single and not chosen and value == Certainty.LIKELY
        choices.append(
            Choice(
                value,
                capfirst(str(label)),
                value in chosen or default,
                counts.get(value, 0) if counts is not None else None,
            )
        )
    return Group(name, found.label_of(name), choices, chosen, single)


def offered(found, name, pairs, other=""):
    """A filter whose choices depend on what is there; chosen ones are always among them."""
    if pairs and isinstance(pairs[0], Choice):
        return Group(name, found.label_of(name), pairs, found.data.getlist(name))
    chosen = found.data.getlist(name)
    known = dict(pairs)
    first = [(value, label_of(found, name, value)) for value in chosen if value not in known]
    choices = [Choice(value, str(label), value in chosen) for value, label in [*first, *pairs]]
    return Group(name, found.label_of(name), choices, chosen)


def used(things, *records, key):
    """Return those of the things that one of the records has, which are querysets of records of visible cases.

    A scalar subquery stops at the first record; EXISTS would be turned into a join with all of them.
    """
    found = Q()
    for number, those in enumerate(records):
        first = Subquery(those.filter(**{key: OuterRef("pk")}).order_by().values("pk")[:1])
        things = things.alias(**{f"use_{number}": first})
        found |= Q(**{f"use_{number}__isnull": False})
    return things.filter(found)[:MOST_OFFERED]


def of(visible, records):
    return records.filter(Exists(visible.filter(pk=OuterRef("case"))))


def places(visible):
    found = used(Place.objects.only("name", "locality"), of(visible, Period.objects.all()), key="place")
    return [(str(place.pk), place) for place in found]


def articles(visible):
    provisions = Provision.objects.select_related("code")
    found = used(provisions, of(visible, Charge.objects.public()), key="provision")
    return list({provision.path: f"{provision.label} ({provision.code.slug})" for provision in found}.items())


def courts(visible):
    records = [of(visible, Hearing.objects.public()), of(visible, Sentence.objects.public())]
    return [(str(court.pk), court) for court in used(Court.objects.only("name"), *records, key="court")]


def lawyers(visible):
    names = (
        Name.objects.filter(lawyer=OuterRef("pk"))
        .order_by(Case(When(kind=NameKind.MAIN, then=0), default=1), "pk")
        .values("text")
    )
    found = used(Lawyer.objects.annotate(shown=names[:1]), of(visible, Representation.objects.public()), key="lawyer")
    pairs = [(reference, name or reference) for reference, name in found.values_list("reference", "shown")]
    return sorted(pairs, key=lambda pair: pair[1])


def seen_countries(visible):
    """One look at the index for each country that there is: to read what all cases say would take their time."""
    try:
        one = visible.filter(country=RawSQL("code", [])).values("pk")[:1].query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code FROM unnest(%s::text[]) AS code WHERE EXISTS ({one[0]})", [[*dict(countries)], *one[1]]
        )
        codes = [code for (code,) in cursor.fetchall()]
    return sorted(((code, countries.name(code)) for code in codes), key=lambda pair: str(pair[1]))


def proceedings(visible):
    found = used(
        JointProceeding.objects.only("reference", "name"),
        of(visible, JointProceedingCase.objects.all()),
        key="proceeding",
    )
    return [(proceeding.reference, proceeding) for proceeding in found]


def rights(visible):
    found = used(Right.objects.only("code", "name"), of(visible, Violation.objects.public()), key="right")
    return [(right.code, right) for right in found]


def tags(visible):
    found = used(Term.objects.filter(kind=TermKind.TAG), of(visible, CaseTag.objects.all()), key="term")
    return [(term.slug, term) for term in found]


def lists(visible):
    found = used(PrisonerList.objects.only("name"), of(visible, Listing.objects.public()), key="list")
    return [(str(one.pk), one) for one in found]


def organisations(visible):
    roles = Affiliation.objects.filter(Exists(visible.filter(detainee=OuterRef("detainee"))))
    found = used(Organisation.objects.only("name"), roles, key="organisation")
    return [(str(organisation.pk), organisation) for organisation in found]


def assignees(visible, user):
    found = used(User.objects.exclude(pk=user.pk).order_by("username"), visible, key="assignee")
    return [(one.username, one) for one in found]
