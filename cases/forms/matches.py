"""What can be picked in forms: people, lawyers, places, courts, articles, sources, joint proceedings.

Each is found by any spelling, told apart by its facts, and only if the user may see it.
"""

import re
from dataclasses import dataclass, replace
from itertools import islice

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from cases.fields import PartialDateFormField
from cases.forms.alike import alike
from cases.forms.recent import lately
from cases.models import (
    Case,
    Court,
    Detainee,
    JointProceeding,
    Lawyer,
    LegalCode,
    Name,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Right,
    Source,
)
from cases.names import fold, words

MOST_MATCHES = 8
MOST_CODES = 8
NEW = "new"


@dataclass(frozen=True)
class Match:
    """One choice: `key` is what the form sends, the primary key or "new…"; `facts` tell namesakes apart."""

    key: str
    label: str
    facts: str = ""


class Thing:
    """Rows of a model with a folded `key`, found by all words of what was typed, in any spelling."""

    model = None
    may_add = True
    longest = 200

    def rows(self, user):
        return self.model.objects.visible_to(user)

    def found(self, user, text):
        """Return at most MOST_MATCHES rows, exact ones first, then those last worked with; for no text, those that this
        user used last, then those last worked with.
        """
        if not text:
            return lately(self.rows(user), user, MOST_MATCHES)
        rows = self.rows(user)
        folded = words(text)
        if not folded:
            return []
        for word in folded:
            rows = self.with_word(rows, word)
        exact = list(islice(self.exactly(rows, text), MOST_MATCHES))
        others = rows.exclude(pk__in=[row.pk for row in exact]).order_by("-updated_at", "-pk")
        return [*exact, *others[: MOST_MATCHES - len(exact)]]

    def with_word(self, rows, word):
        return rows.filter(key__contains=word)

    def exactly(self, rows, text):
        return (row for row in rows.filter(key__startswith=fold(text))[:50] if self.is_exact(row, text))

    def is_exact(self, row, text):
        names = [str(row), getattr(row, "name", ""), *getattr(row, "aliases", [])]
        return fold(text) in map(fold, filter(None, names))

    def exact_one(self, user, text):
        """Return the one row that can be meant without asking, or None."""
        exact = [row for row in self.found(user, text) if self.is_exact(row, text)]
        return exact[0] if len(exact) == 1 else None

    def matches(self, user, text):
        """Return the choices for a text: what is there, then what can be added."""
        rows = self.found(user, text)
        return [self.match(row, user) for row in rows] + (self.additions(text) if text and self.may_add else [])

    def matches_beside(self, user, text, beside):
        """Return the choices while somebody types; `beside(name)` gives what stands in another field of the same part."""
        return self.matches(user, text)

    def match(self, row, user):
        return Match(str(row.pk), str(row), self.facts(row, user))

    def facts(self, row, user):
        return ""

    def additions(self, text):
        return [Match(NEW, _("Add new: %(text)s") % {"text": text})]

    def why_nothing(self):
        """Return what to do where nothing can be offered at all; empty to say what is always said."""
        return ""

    def make(self, key, text):
        """Return the unsaved row for the choice `key` that begins with "new"."""
        return self.model(name=text)

    def save_new(self, row, user):
        row.created_by = row.updated_by = user
        row.save()


class PlaceThing(Thing):
    model = Place

    def facts(self, row, user):
        where = [row.get_kind_display(), row.locality, row.region, row.get_country_display()]
        return ", ".join(str(part) for part in where if part)


class CourtThing(Thing):
    model = Court

    def rows(self, user):
        return super().rows(user).select_related("place")

    def facts(self, row, user):
        place = row.place.locality or row.place.name if row.place else ""
        return ", ".join(str(part) for part in [row.get_level_display(), place, *row.aliases[:2]] if part)


class ProceedingThing(Thing):
    model = JointProceeding

    def facts(self, row, user):
        return row.description[:100]


class SourceThing(Thing):
    model = Source
    longest = 300

    def found(self, user, text):
        if is_address(text):
            return list(self.rows(user).filter(url=text)[:MOST_MATCHES])
        return super().found(user, text)

    def is_exact(self, row, text):
        return row.url == text if is_address(text) else fold(row.title) == fold(text)

    def facts(self, row, user):
        return ", ".join(
            str(part) for part in [row.publisher, row.published, row.get_kind_display(), row.url[:80]] if part
        )

    def make(self, key, text):
        return Source(title=text, url=text) if is_address(text) else Source(title=text)


def is_address(text):
    return re.match(r"https?://", text, re.IGNORECASE) is not None


class RightThing(Thing):
    """Rights are named by their codes: a new one is made in admin, with its treaty."""

    model = Right
    may_add = False

    def is_exact(self, row, text):
        return fold(text) in (fold(row.code), fold(row.name))

    def facts(self, row, user):
        return f"{row.treaty}, {row.provision}"


class ListThing(Thing):
    """Lists of prisoners: a new one needs its definition, so it is made on its own page."""

    model = PrisonerList
    may_add = False

    def facts(self, row, user):
        return row.keeper


class OrganisationThing(Thing):
    model = Organisation

    def facts(self, row, user):
        return ", ".join(str(part) for part in [row.get_kind_display(), row.get_country_display()] if part)


class CaseThing(Thing):
    """A case that is there already: found by any spelling of the person's name, or by its reference."""

    model = Case
    may_add = False

    def rows(self, user):
        return super().rows(user).select_related("detainee").prefetch_related("detainee__names")

    def found(self, user, text):
        rows = self.rows(user)
        return list((rows.named(text).by_match(text) if text else rows.order_by("-updated_at", "-pk"))[:MOST_MATCHES])

    def is_exact(self, row, text):
        return row.reference.casefold() == text.casefold()

    def match(self, row, user):
        return Match(str(row.pk), row.detainee.main_name, self.facts(row, user))

    def facts(self, row, user):
        return ", ".join(str(part) for part in [row.reference, row.title, row.get_country_display()] if part)


class NamedThing(Thing):
    """A person or lawyer: found by any spelling, told apart by the others."""

    owner = ""

    def rows(self, user):
        names = Prefetch("names", queryset=Name.objects.order_by("pk"))
        return super().rows(user).prefetch_related(names)

    def found(self, user, text):
        if not text:
            return lately(self.rows(user), user, MOST_MATCHES)
        folded = words(text)
        if not folded:
            return []
        spelt = Name.objects.filter(**{self.owner: OuterRef("pk")})
        for word in folded:
            spelt = spelt.filter(key__contains=word)
        found = list(self.rows(user).filter(Exists(spelt)).order_by("-updated_at", "-pk")[: MOST_MATCHES * 3])
        return sorted(found, key=lambda row: not self.is_exact(row, text))[:MOST_MATCHES]

    def is_exact(self, row, text):
        return any(sorted(name.key.split()) == sorted(words(text)) for name in row.names.all())

    def others(self, row):
        """Return the other spellings, each once."""
        return list(dict.fromkeys(name.text for name in row.names.all() if name.text != row.main_name))

    def facts(self, row, user):
        return "; ".join(
            str(part) for part in [*self.own_facts(row), row.reference, ", ".join(self.others(row)[:4])] if part
        )

    def own_facts(self, row):
        return []

    def make(self, key, text):
        row = self.model()
        row.new_name = text
        return row

    def save_new(self, row, user):
        super().save_new(row, user)
        Name.objects.create(**{self.owner: row}, text=row.new_name, created_by=user, updated_by=user)


class LawyerThing(NamedThing):
    model = Lawyer
    owner = "lawyer"

    def own_facts(self, row):
        return [row.bar, row.office]


class PersonThing(NamedThing):
    model = Detainee
    owner = "detainee"

    def own_facts(self, row):
        return [_("born %(date)s") % {"date": row.born} if row.born else "", row.birth_place]

    def exact_one(self, user, text):
        """Never without asking: two people can have one name, and people are never merged automatically."""

    def candidates(self, user, spellings, born):
        """Return [(person, why)] of the people who may be the one described, most likely first."""
        return self.candidates_of_many(user, [(spellings, born)])[0]

    def candidates_of_many(self, user, wanted):
        """Return the candidates for each (spellings, born): a query for each, and three for all."""
        return alike(self.rows(user), user, wanted, MOST_MATCHES)


class CandidateThing(PersonThing):
    """A person who is being entered: those who may be the same are shown with the reason while the name is typed."""

    def matches_beside(self, user, text, beside):
        typed = understood_date(beside("born"))
        people = self.candidates(user, [text[: self.longest]], typed) if text else []
        return self.choices(people, user, text)

    def choices(self, people, user, text):
        """Return the choices among these [(person, why)]; where nobody is alike there is nothing to choose."""
        if not people:
            return []
        shown = [(self.match(row, user), why) for row, why in people]
        told = [replace(match, facts="; ".join(filter(None, [why, match.facts]))) for match, why in shown]
        return [*told, *self.additions(text)]

    def additions(self, text):
        return [Match(NEW, _("A new person: %(text)s") % {"text": text})]


def understood_date(text):
    """Return the date that was typed, or None if it isn't one yet."""
    try:
        return PartialDateFormField(required=False).clean(text)
    except ValidationError:
        return None


READING = re.compile(
    r"""(?:[a-z][\w-]*/)?\s*(?:art(?:icle)?\.?|ст(?:аття|атья)?\.?)?\s*
    (?P<article>\d[\w.\-]*)
    (?:\s*(?:/|,?\s*(?:part|p\.|pt\.|ч(?:астина|асть)?\.?))\s*(?P<part>\d[\w.\-]*))?
    (?:\s*(?:/|,?\s*(?:point|item|п(?:ункт)?\.?))\s*[«"“]?(?P<point>\w[\w.\-]*)[»"”]?)?""",
    re.IGNORECASE | re.VERBOSE,
)


def readings(text):
    """Return the (article, part, point) that a text can mean: "212.1" is article 212.1 or article 212 part 1."""
    typed = text.partition(",")[0] if ", " in text and not READING.fullmatch(text) else text
    match = READING.fullmatch(typed.strip())
    if not match:
        return []
    article, part, point = match["article"].rstrip("."), match["part"] or "", match["point"] or ""
    found = [(article, part, point)]
    whole, dot, rest = article.rpartition(".")
    if dot and not part and whole and rest:
        found.append((whole, rest, ""))
    return found


class ProvisionThing(Thing):
    model = Provision

    def rows(self, user):
        return super().rows(user).select_related("code")

    def found(self, user, text):
        meant = readings(text)
        if not meant:
            return super().found(user, text)
        rows = self.rows(user)
        found = rows.none()
        for article, part, point in meant:
            exact = {"article__iexact": article}
            exact |= {"part__iexact": part} if part else {}
            exact |= {"point__iexact": point} if point else {}
            found |= rows.filter(**exact)
        slug = text.partition("/")[0].strip().lower() if "/" in text else ""
        if slug and not slug[0].isdigit():
            found = found.filter(code__slug=slug)
        found = found.order_by("article", "part", "point", "code__name", "pk")[: MOST_MATCHES * 2]
        return sorted(found, key=lambda row: (row.article, row.part, row.point) not in meant)[: MOST_MATCHES * 2]

    def is_exact(self, row, text):
        """A text that can be read in two ways is never exact, unless it is the whole name with the code."""
        if fold(str(row)) == fold(text) or row.path == text:
            return True
        meant = readings(text)
        return len(meant) == 1 and meant[0] == (row.article, row.part, row.point)

    def facts(self, row, user):
        return row.title

    def additions(self, text):
        """Each reading in each code that has it not yet."""
        meant = readings(text)
        known = set(
            Provision.objects.filter(article__in=[article for article, _part, _point in meant]).values_list(
                "code", "article", "part", "point"
            )
        )
        return [
            Match(f"{NEW}:{number}-{code.pk}", _("Add new: %(article)s") % {"article": Provision(code=code, **given)})
            for number, reading in enumerate(meant)
            for code in LegalCode.objects.all()[:MOST_CODES]
            if (code.pk, *reading) not in known
            for given in [dict(zip(["article", "part", "point"], reading, strict=True))]
        ]

    def why_nothing(self):
        if LegalCode.objects.exists():
            return ""
        return _("No legal code is recorded yet. An administrator adds one; until then, write the charge as reported.")

    def make(self, key, text):
        number, code = (int(part) for part in key.removeprefix(f"{NEW}:").split("-"))
        article, part, point = readings(text)[number]
        return Provision(code=LegalCode.objects.get(pk=code), article=article, part=part, point=point)


THINGS = {
    "person": PersonThing(),
    "candidate": CandidateThing(),
    "case": CaseThing(),
    "place": PlaceThing(),
    "court": CourtThing(),
    "lawyer": LawyerThing(),
    "provision": ProvisionThing(),
    "source": SourceThing(),
    "proceeding": ProceedingThing(),
    "right": RightThing(),
    "list": ListThing(),
    "organisation": OrganisationThing(),
}


def save_new(row, user):
    """Save a row that a picker made, if it is new. Return the row."""
    if row is not None and row.pk is None:
        next(thing for thing in THINGS.values() if thing.model is type(row)).save_new(row, user)
    return row
