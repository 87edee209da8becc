"""Who may be the person that a form describes, and why. Nobody is ever merged: it is only shown.

Names are looked up by whole words and by the beginnings and ends of two words at a time, each search cut off: what one
common word finds among a million names says nothing, and sorting it by similarity takes seconds.
"""

from itertools import chain, combinations

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from cases.dates import today
from cases.models import Case, Name, Period
from cases.names import words

MOST_FOUND = 100  # names that one search looks at
MOST_LOOKED_AT = 60  # people
MOST_WORDS = 5  # of a spelling
CASES_SHOWN = 3


def alike(rows, user, wanted, most):
    """Return for each (spellings, born) of `wanted` the [(person, why)] of those of the `rows` who may be meant, most
    likely first. One query for each, and three for all together.
    """
    folded = [([words(spelling) for spelling in spellings], born) for spellings, born in wanted]
    likely = [most_alike(names_like(spellings, born), spellings) for spellings, born in folded]
    found = {person.pk: person for person in rows.filter(pk__in={pk for pks in likely for pk in pks})}
    told = []
    for (spellings, born), pks in zip(folded, likely, strict=True):
        scored = [(person, *likeness(person, spellings, born)) for pk in pks if (person := found.get(pk))]
        scored = sorted((row for row in scored if row[2]), key=lambda row: (-row[1], row[0].pk))
        told.append([(person, why) for person, _score, why in scored[:most]])
    cases = cases_in_words({person.pk for people in told for person, _why in people}, user)
    return [[(person, "; ".join([", ".join(why), *cases.get(person.pk, [])])) for person, why in p] for p in told]


def names_like(spellings, born):
    """Return {key of the person: folded names} of the names that may be one of the spellings."""
    names = Name.objects.filter(detainee__isnull=False).order_by()
    searches = list(chain.from_iterable(searches_for(names, found, born) for found in spellings if found))
    if not searches:
        return {}
    columns = [search.values_list("detainee", "key")[:MOST_FOUND] for search in dict.fromkeys(searches)]
    first, *others = columns
    found = {}
    for person, key in first.union(*others, all=True) if others else first:
        found.setdefault(person, set()).add(key)
    return found


def searches_for(names, found, born):
    """Return the searches for one spelling: all its words, two of them, parts of two of them, one of somebody born then."""
    found = found[:MOST_WORDS]
    yield names.filter(*(Q(key__contains=word) for word in found))
    pairs = list(combinations(found, 2)) if len(found) > 1 else []
    for pair in pairs:
        if len(found) > 2:
            yield names.filter(*(Q(key__contains=word) for word in pair))
        yield names.filter(*map(parts_of, pair))
    if not pairs:
        begins, ends = found[0][:3], found[0][-3:]
        yield names.filter(key__contains=begins).filter(key__contains=ends)
    if born and born.earliest and born.latest:
        at_that_time = names.filter(detainee__born_earliest__lte=born.latest, detainee__born_latest__gte=born.earliest)
        for word in found:
            if len(word) > 2:
                yield at_that_time.filter(key__contains=word)


def parts_of(word):
    """Return the condition that a name has the beginning or the end of a word."""
    return Q(key__contains=word[:3]) | Q(key__contains=word[-3:])


def most_alike(names, spellings):
    """Return the keys of the people with the names that are most like one of the spellings."""
    wanted = [(set(found), trigrams(" ".join(sorted(found)))) for found in spellings if found]

    def closeness(person):
        return max(
            len(set(key.split()) & other) + share(trigrams(" ".join(sorted(key.split()))), grams)
            for key in names[person]
            for other, grams in wanted
        )

    return sorted(names, key=lambda person: (-closeness(person), person))[:MOST_LOOKED_AT]


def likeness(person, folded, born):
    """Return how alike, and why in words."""
    keys = [set(name.key.split()) for name in person.names.all()]
    wanted = [set(found) for found in folded if found]
    shared = max((len(key & other) for key in keys for other in wanted), default=0)
    why, score = [], shared
    if any(key == other for key in keys for other in wanted):
        why, score = [_("the same name")], 10
    elif shared >= 2:
        why = [_("the same words in the name")]
    elif any(is_close(" ".join(sorted(key)), " ".join(sorted(other))) for key in keys for other in wanted):
        why, score = [_("a similar name")], 2
    if born and person.born and born.overlaps(person.born.earliest, person.born.latest) and (shared or why):
        why, score = [*why, _("born at the same time")], score + 5
    return score, why


def is_close(a, b):
    """Whether two keys are about the same: as PostgreSQL's trigrams would say, without asking it."""
    return share(trigrams(a), trigrams(b)) >= 0.45


def share(first, second):
    return len(first & second) / len(first | second) if first and second else 0


def trigrams(key):
    return {f"  {word} "[start : start + 3] for word in key.split() for start in range(len(word) + 1)}


def cases_in_words(people, user):
    """Return {key of a person: texts such as "case C-7K3QX2 in Simferopol"} of their cases that the user sees."""
    if not people:
        return {}
    now = Period.objects.filter(case=OuterRef("pk")).on(today())
    cases = Case.objects.visible_to(user).filter(detainee__in=people).order_by("-pk")
    columns = cases.annotate(
        town=Subquery(now.values("place__locality")[:1]), at=Subquery(now.values("place__name")[:1])
    ).values_list("detainee", "reference", "town", "at")
    told = {}
    for person, reference, town, at in columns:
        place = town or at
        words = _("case %(case)s in %(place)s") if place else _("case %(case)s")
        told.setdefault(person, []).append(words % {"case": reference, "place": place})
    return {person: cases[:CASES_SHOWN] for person, cases in told.items()}
