"""What the words of a passage say, as far as that is certain: what a record's form is opened with.

Everything found here stands in the form for the user to see before it is saved. What can be read in two ways is left out.
"""

import re
import unicodedata
from itertools import pairwise

from django.db.models import Exists, OuterRef, Q

from cases.dates import UNKNOWN, DateError, PartialDate, today, understand
from cases.forms.matches import NEW, THINGS, NamedThing
from cases.forms.picker import Typed
from cases.forms.sentences import PenaltyRows
from cases.models import (
    DetentionKind,
    HearingStage,
    Name,
    PenaltyKind,
    ReleaseKind,
    RestrictionKind,
    Verdict,
)
from cases.names import fold
from cases.names import words as folded_words

LONGEST_VALUE = 200  # letters of a passage that also are the value as reported
MOST_WORDS = 60  # of a passage in which dates and names are looked for
MOST_NAMED = 300  # rows that have a word of the passage in their names
LONGEST_DATE = 7  # words

DATE_FIELDS = {
    "arrests": "date",
    "detentions": "began",
    "restrictions": "began",
    "charges": "charged_on",
    "hearings": "held_on",
    "sentences": "date",
    "releases": "date",
    "violations": "date",
    "interventions": "date",
    "listings": "date",
    "notes": "date",
}
# Kind of record -> field, kind of thing, and whether the words may be the name of one that is not recorded yet
NAME_FIELDS = {
    "arrests": ("place", "place", False),
    "detentions": ("place", "place", True),
    "hearings": ("court", "court", False),
    "sentences": ("court", "court", False),
    "lawyers": ("lawyer", "lawyer", True),
    "listings": ("list", "list", False),
    "affiliations": ("organisation", "organisation", True),
}
# Words, in English, Ukrainian and Russian, that leave no doubt about a choice
CHOICES = {
    "detentions": ("kind", {
        DetentionKind.HOUSE_ARREST: r"house arrest|домашн\w+ арешт|домашн\w+ арест",
        DetentionKind.REMAND: r"remand|pre-?trial detention|\bSIZO\b|слідч\w+ ізолятор|следственн\w+ изолятор|СІЗО|СИЗО",
        DetentionKind.PRISON: r"penal colony|\bcolony|колоні|колони",
        DetentionKind.PSYCHIATRIC: r"psychiatric|психіатр|психиатр",
        DetentionKind.POLICE: r"police (?:station|custody)|відділ\w* поліці|отдел\w* полици",
    }),
    "restrictions": ("kind", {
        RestrictionKind.TRAVEL_BAN: r"travel ban|not to leave|підписк\w+ про невиїзд|подписк\w+ о невыезде",
        RestrictionKind.BAIL: r"\bbail\b|застав|залог",
        RestrictionKind.SUPERVISION: r"supervision|нагляд|надзор",
    }),
    "hearings": ("stage", {
        HearingStage.EXTENSION: r"exten(?:d|sion)|продовж|продлил|продлен",
        HearingStage.APPEAL: r"\bappeal|апеляц|апелляц",
        HearingStage.CASSATION: r"cassation|касаці|кассаци",
        HearingStage.VERDICT: r"\bverdict",
    }),
    "sentences": ("verdict", {
        Verdict.CONVICTED: r"sentenced|convicted|found guilty|засуд|визна\w+ винн|приговор|осуд|осужд|признал\w* виновн",
        Verdict.ACQUITTED: r"acquitt|виправда|оправда",
    }),
    "releases": ("kind", {
        ReleaseKind.ACQUITTED: r"acquitt|виправда|оправда",
        ReleaseKind.PARDON: r"pardon|помилув|помилова",
        ReleaseKind.AMNESTY: r"amnest|амністі|амнисти",
        ReleaseKind.EXCHANGE: r"exchange|swap|обмін|обмен",
        ReleaseKind.PAROLE: r"parole|умовно-достроков|условно-досрочн",
        ReleaseKind.BAIL: r"\bbail\b|house arrest|застав|залог",
        ReleaseKind.DROPPED: r"charges? (?:were |was )?dropped",
        ReleaseKind.SERVED: r"served (?:his|her|their) (?:sentence|term)",
    }),
}  # fmt: skip

# The day that they lead to is told, not only a limit: "held since 29 January" begins on that day
LEADING = {"since", "from", "until", "till", "by", "з", "із", "від", "до", "с", "со", "от", "по", "к"}
UNTIL = {"until", "till", "до", "по"}
ARTICLE = re.compile(
    r"""(?:(?P<part_first>(?:part|ч(?:астин\w+|аст\w+)?\.?)\s*\d+)\s*(?:of|,)?\s*)?
    \b(?:articles?|art\.?|стат\w+|ст\.?)\s*(?P<article>\d[\d.\-]*\d|\d)
    (?P<part>\s*(?:,|\()?\s*(?:part|p\.|ч(?:астин\w+|аст\w+)?\.?)\s*\d[\d.]*)?""",
    re.IGNORECASE | re.VERBOSE,
)
YEARS = re.compile(
    r"(?P<years>\d{1,2}|[a-z]+)[\s-]+(?:years?|р(?:ок\w*|\.)|лет|год\w*)(?:\s+(?:and|і|та|и)?\s*(?P<months>\d{1,2}|[a-z]+)\s+(?:months?|міс|мес))?",
    re.IGNORECASE,
)
IMPRISONED = re.compile(
    r"prison|imprison|colony|jail|позбавлен\w+ волі|в['’]язниц|ув['’]язнен|колоні|лишени\w+ свобод|колони|тюрьм",
    re.IGNORECASE,
)
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip
# What stands before a name without being part of it
BEFORE_NAMES = {
    "the", "a", "an", "his", "her", "their", "its", "in", "at", "to", "of", "by", "is", "was", "were", "be", "being", "been",
    "had", "has", "who", "and", "lawyer", "lawyers", "attorney", "advocate", "counsel", "defender", "defended",
    "represented", "held", "kept", "taken", "placed", "detained", "remanded", "transferred", "moved", "since", "from", "on",
    "адвокат", "адвоката", "адвокатка", "адвокатки", "захисник", "захисниця", "защитник", "його", "її", "их", "его", "ее",
    "у", "в", "до", "із", "з", "на",
}  # fmt: skip
INSIDE = {"in", "at", "inside", "у", "в"}
EDGES = ".,;:!?()[]«»„“”\"'"


def told_by(kind: str, words: str, user, *, but=()) -> dict:
    """Return {field: initial value} for the form of a record of this kind. `but` are names that are the person's own."""
    found = {}
    dates = dates_in(words)
    for is_end in (False, True):
        told = [date for date, _text, until in dates if until == is_end]
        found |= _dated(kind, told[0], until=is_end) if len(told) == 1 else {}
    if kind == "charges" and (article := article_in(words)):
        found["provision"] = _picked("provision", user, article)
    if kind in NAME_FIELDS:
        field, thing, may_be_new = NAME_FIELDS[kind]
        if (named := named_in(thing, user, words)) is not None:
            found[field] = _chosen(named, THINGS[thing])
        elif may_be_new and (name := _name_in(thing, words, dates, but)):
            found[field] = _picked(thing, user, name)
    if kind in CHOICES:
        field, patterns = CHOICES[kind]
        meant = [choice for choice, pattern in patterns.items() if re.search(pattern, words, re.IGNORECASE)]
        found |= {field: meant[0]} if len(meant) == 1 else {}
    return found


def penalties_of(words: str):
    """Return the rows of penalties that a sentence's form is opened with, or None if the words name no imprisonment."""
    match = YEARS.search(words)
    years = match and _number(match["years"])
    if not years or not IMPRISONED.search(words):
        return None
    months = _number(match["months"]) if match["months"] else None
    row = {"kind": PenaltyKind.IMPRISONMENT, "years": years, "months": months}
    return PenaltyRows(None, initial=[row], prefix="penalties")


def as_reported(words: str) -> str:
    """Return the words as the value that a source gives, if they are short."""
    return words if len(words) <= LONGEST_VALUE else ""


# ------------------------------------------------------------------------------------------------ dates


def dates_in(words: str) -> list[tuple[PartialDate, str, bool]]:
    """Return the dates in the words: (date, its words, whether it is an end: "until 8 October 2017")."""
    tokens = words.split()
    found, at = [], 0
    while at < len(tokens) and len(tokens) <= MOST_WORDS:
        taken = _date_at(tokens, at)
        if taken is None:
            at += 1
            continue
        date, length, until = taken
        found.append((date, " ".join(tokens[at : at + length]).strip(EDGES), until))
        at += length
    return found


def _date_at(tokens: list[str], at: int) -> tuple[PartialDate, int, bool] | None:
    """Return the longest date that begins with this word, how many words it takes, and whether it is an end."""
    first = tokens[at].strip(EDGES).casefold()
    if first in LEADING and at + 1 < len(tokens):
        if not re.match(r"\d", tokens[at + 1]) or (inner := _date_at(tokens, at + 1)) is None:
            return None
        date, length, _until = inner
        return date, length + 1, first in UNTIL
    best = None
    for length in range(min(LONGEST_DATE, len(tokens) - at), 0, -1):
        taken = tokens[at : at + length]
        typed = " ".join(taken).strip(EDGES)
        if not re.search(r"(?<!\d)(?:18|19|20)\d\d(?!\d)", typed):
            break  # shorter ones have no year either
        if not LEADING.isdisjoint(taken) or (length == 1 and at and _counts(tokens[at - 1])):
            continue
        try:
            date = understand(typed, today=today(), actual=False)
        except DateError:
            continue
        if date == UNKNOWN or (best is not None and date != best[0]):
            break
        best = date, length, False
    return best


def _counts(word: str) -> bool:
    """Whether what follows is a number of something, no year: "article 2014"."""
    return word.strip(EDGES).casefold().startswith(("art", "ст", "no", "№", "part", "decree"))


def _dated(kind: str, date: PartialDate, *, until: bool) -> dict:
    """Return the date for its field, if that can be true: what happened lies in the past."""
    ahead = date.earliest is not None and date.earliest > today()
    if kind == "hearings" and until:
        return {"held_until": date}
    if kind == "hearings" and ahead:
        return {"scheduled": date}
    if until or ahead or kind not in DATE_FIELDS:
        return {}
    return {DATE_FIELDS[kind]: date}


# ------------------------------------------------------------------------------------------------ names


def article_in(words: str) -> str:
    """Return the one article that the words name, as it is typed into its picker; empty for none or several."""
    found = list(ARTICLE.finditer(words))
    if len(found) != 1:
        return ""
    match = found[0]
    part = re.search(r"\d+", match["part"] or match["part_first"] or "")
    return f"{match['article']} part {part[0]}" if part else match["article"]


def named_in(kind: str, user, words: str):
    """Return the one place, court, lawyer… whose name stands in the words. Of names within names the longest counts."""
    keys = [word for word in folded_words(words) if len(word) > 2]
    if not keys or len(keys) > MOST_WORDS:
        return None
    padded = f" {fold(words)} "
    standing = [
        (name, row)
        for row, names in _candidates(THINGS[kind], user, keys)
        for name in names
        if name and f" {name} " in padded
    ]
    longest = [
        (name, row) for name, row in standing if not any(name != other and name in other for other, _ in standing)
    ]
    rows = {row.pk: row for _name, row in longest}
    return next(iter(rows.values())) if len(rows) == 1 else None


def _candidates(thing, user, keys):
    """Yield rows that have one of the words in a name, with their folded names."""
    has_word = Q()
    for key in keys:
        has_word |= Q(key__contains=key)
    if isinstance(thing, NamedThing):
        spelt = Name.objects.filter(has_word, **{thing.owner: OuterRef("pk")})
        for row in thing.rows(user).filter(Exists(spelt))[:MOST_NAMED]:
            yield row, [name.key for name in row.names.all()]
        return
    for row in thing.rows(user).filter(has_word)[:MOST_NAMED]:
        yield row, [fold(name) for name in [row.name, *getattr(row, "aliases", [])]]


def _name_in(kind: str, words: str, dates, but) -> str:
    """Return what must be the name of a lawyer, place or organisation that is not recorded, or may be another spelling."""
    if kind == "lawyer":
        own = {fold(name) for name in but}
        runs = [run for run in _capitalised(words) if not set(fold(run).split()) <= set(" ".join(own).split())]
        return runs[0] if len(runs) == 1 else ""
    for _date, text, _until in dates:
        words = words.replace(text, " ")
    tokens = words.split()
    inside = next((at for at, token in enumerate(tokens) if token.casefold() in INSIDE), -1)
    tokens = tokens[inside + 1 :]
    while tokens and tokens[0].strip(EDGES).casefold() in BEFORE_NAMES:
        tokens = tokens[1:]
    while tokens and tokens[-1].strip(EDGES).casefold() in BEFORE_NAMES | LEADING:
        tokens = tokens[:-1]
    name = " ".join(tokens).strip(EDGES + " ")
    return name if 0 < len(tokens) <= 6 and any(_is_capital(token) for token in tokens) else ""


def _capitalised(words: str) -> list[str]:
    """Return the runs of two or more words that begin with a capital letter, without titles before them."""
    tokens, runs, run = words.split(), [], []
    for token, following in pairwise([*tokens, ""]):
        if _is_capital(token) and token.strip(EDGES).casefold() not in BEFORE_NAMES:
            run.append(token.strip(EDGES))
            if token[-1] not in ".,;:!?" and following:
                continue
        if len(run) > 1:
            runs.append(" ".join(run))
        run = []
    return runs


def _is_capital(token: str) -> bool:
    """Whether a word begins with a capital letter, or with one of a script that has none."""
    letter = token.strip(EDGES)[:1]
    return bool(letter) and unicodedata.category(letter) in ("Lu", "Lt", "Lo")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else NUMBERS.get(text.casefold())


# ------------------------------------------------------------------------------------------------ pickers


def _chosen(row, thing) -> Typed:
    """Return what a picker holds in which this row was chosen."""
    typed = Typed(next((name.text for name in row.names.all()), "") if isinstance(thing, NamedThing) else str(row))
    typed.offered, typed.chosen = typed.text, str(row.pk)
    return typed


def _picked(kind: str, user, text: str) -> Typed:
    """Return what a picker holds in which the text was typed: the one match is chosen, or to add it if nothing is like it."""
    typed = Typed(text[:200])
    typed.offered = typed.text
    matches = THINGS[kind].matches(user, typed.text)
    if (exact := THINGS[kind].exact_one(user, typed.text)) is not None:
        typed.chosen = str(exact.pk)
    elif len(matches) == 1 and matches[0].key.startswith(NEW):
        typed.chosen = matches[0].key
    return typed
