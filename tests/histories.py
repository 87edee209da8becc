"""Case histories for the status tests: real life with answers found by hand, and invented ones from a seed."""

import random
import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import strategies as st

from tests import oracle
from tests.oracle import Arrest, Charge, Date, History, Person, Release, Restriction, Sentence, Stay

DAY = timedelta(days=1)
START, TODAY = date(2010, 1, 1), date(2026, 11, 22)

STAY_KINDS = ("police", "remand", "house_arrest", "prison", "psychiatric", "administrative", "unacknowledged")
RESTRICTION_KINDS = ("travel_ban", "bail", "supervision", "act_ban")
RELEASE_KINDS = (
    "acquitted", "dropped", "pardon", "amnesty", "exchange", "handed_over", "served", "parole", "medical", "bail",
    "escaped", "other", "unknown",
)  # fmt: skip
STAY_ENDINGS = ("ongoing", "transfer", "release", "changed", "escape", "death", "ended", "unconfirmed")
RESTRICTION_ENDINGS = ("ongoing", "release", "changed", "escape", "ended", "unconfirmed")
NEVER_DATED = ("ongoing", "death", "unconfirmed")
CHANGES = ("upheld", "reduced", "increased", "quashed", "replaced")


def dated(text: str, recorded: date = TODAY) -> Date | None:
    """The date as it is stored when entered on the day of recording: no bound after that day, open to the past as None."""
    if not text:
        return None
    first, last = text, text
    if text.startswith("["):
        first, last = text.strip("[]").split(",")
    elif "/" in text:
        first, last = text.split("/")
    elif text.startswith(".."):
        raise ValueError(text)
    earliest = None if first == ".." else point(first)[0]
    latest = recorded if last == ".." else min(point(last)[1], recorded)
    return Date(text, earliest, latest)


def point(text: str) -> tuple[date, date]:
    year, month, day = ([int(part) for part in re.sub(r"[~?%]", "", text).split("-")] + [0, 0])[:3]
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)


# ---- Invented histories


def random_history(rng: random.Random, size: int = 3) -> History:
    """A case of about `size` times in custody, as a team might have typed it: dates of every precision around days that
    really followed each other, then some that overlap, contradict or are missing."""
    return Story(rng).told(size)


@st.composite
def histories(draw, most: int = 4) -> History:
    """The same, for hypothesis."""
    rng = draw(st.randoms(use_true_random=False))
    return random_history(rng, draw(st.integers(0, most)))


def random_days(rng: random.Random, history: History, count: int = 50) -> list[date]:
    """Days worth asking about: half of them at, right before or right after a bound of a date or a day of recording."""
    marks = [known for known in bounds_in(history) if date(2000, 1, 1) < known < date(2030, 1, 1)]
    days = []
    for _ in range(count):
        if marks and rng.random() < 0.5:
            days.append(rng.choice(marks) + rng.choice((-1, 0, 0, 1)) * DAY)
        else:
            days.append(START + rng.randrange((TODAY - START).days + 1) * DAY)
    return days


def bounds_in(history: History) -> list[date]:
    found = []
    for records in (*vars(history).values(), [history.person]):
        for record in records if isinstance(records, list) else []:
            for value in vars(record).values():
                if isinstance(value, Date):
                    found += [day for day in (value.earliest, value.latest) if day]
                elif isinstance(value, date):
                    found.append(value)
    return sorted(set(found))


class Story:
    def __init__(self, rng: random.Random):
        self.rng = rng
        # Some teams know every day, some hardly any
        self.vagueness = rng.choice((0.0, 0.15, 0.4, 0.8))
        self.day = START + rng.randrange(365 * 14) * DAY
        self.arrests, self.stays, self.restrictions, self.releases = [], [], [], []
        self.charges, self.sentences = [], []
        self.ids = iter(rng.sample(range(1, 400), 399))
        self.person = Person("unknown", None, self.day_between(self.day, TODAY))

    def told(self, size: int) -> History:
        for _ in range(size):
            self.episode()
        if self.chance(0.7):
            self.proceedings()
        if self.chance(0.25):
            self.noise()
        if self.chance(0.25) or any(stay.ending == "death" for stay in self.stays):
            self.death()
        confirmed = self.day_between(START, TODAY) if self.chance(0.2) else None
        if self.chance(0.3):
            confirmed = self.day_between(min(self.day, TODAY), TODAY)
        return History(
            self.arrests, self.stays, self.restrictions, self.releases, self.charges, self.sentences, self.person, confirmed
        )  # fmt: skip

    # What happens

    def episode(self) -> None:
        """One time in custody: an arrest or none, some stays in a row, some way out, some measure at liberty after it."""
        if self.chance(0.75):
            recorded = self.recorded(self.day)
            when = None if self.chance(0.05) else self.around(self.day, recorded)
            self.arrests.append(Arrest(next(self.ids), when, recorded))
            if self.chance(0.4):
                self.go_on(0, 3)
        for left in reversed(range(self.rng.choice((0, 1, 1, 1, 2, 2, 3, 4)))):
            self.custody(left)
        if self.chance(0.6):
            self.freed()
        if self.chance(0.3):
            self.at_liberty()
        self.go_on(0, self.rng.choice((0, 1, 30, 700)))

    def custody(self, left: int) -> None:
        began = self.day
        self.go_on(0, self.rng.choice((0, 2, 20, 200, 900)))
        recorded = self.recorded(self.day)
        ending = self.rng.choice(("transfer", "transfer", "changed", *STAY_ENDINGS) if left else STAY_ENDINGS)
        ended = None if ending in NEVER_DATED or self.chance(0.2) else self.around(self.day, recorded)
        begin = None if self.chance(0.08) else self.around(began, recorded)
        kind, place = self.rng.choice(STAY_KINDS), self.rng.choice((None, 1, 2, 3))
        self.stays.append(Stay(next(self.ids), kind, place, begin, ended, ending, recorded))
        if self.chance(0.2):
            self.go_on(1, 20)
        elif self.chance(0.15):  # the next one overlaps
            self.day = self.day_between(began, self.day)

    def freed(self) -> None:
        recorded = self.recorded(self.day)
        stay = self.rng.choice(self.stays).id if self.stays and self.chance(0.3) else None
        if self.stays and self.chance(0.3):
            stay = self.stays[-1].id
        when = None if self.chance(0.15) else self.around(self.day, recorded)
        self.releases.append(Release(next(self.ids), when, self.rng.choice(RELEASE_KINDS), stay, recorded))

    def at_liberty(self) -> None:
        began = self.day_between(max(START, self.day - 40 * DAY), self.day) if self.chance(0.3) else self.day
        end = min(began + self.rng.randrange(500) * DAY, TODAY)
        recorded, ending = self.recorded(end), self.rng.choice(RESTRICTION_ENDINGS)
        ended = None if ending in NEVER_DATED or self.chance(0.25) else self.around(end, recorded)
        begin = None if self.chance(0.08) else self.around(began, recorded)
        kind = self.rng.choice(RESTRICTION_KINDS)
        self.restrictions.append(Restriction(next(self.ids), kind, begin, ended, ending, recorded))
        if self.chance(0.5):
            self.day = end

    def proceedings(self) -> None:
        first = min([*bounds_in(History(self.arrests, self.stays, self.restrictions, self.releases)), self.day])
        day = max(START, first + self.rng.randrange(-200, 200) * DAY)
        day = min(day, TODAY)
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            self.charge(day)
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            day = min(day + self.rng.randrange(400) * DAY, TODAY)
            self.sentence(day)

    def charge(self, day: date) -> None:
        end = self.day_between(day, min(day + 600 * DAY, TODAY))
        recorded, how = self.recorded(end), self.rng.choice(("", "", "dropped", "reclassified"))
        ended = self.around(end, recorded) if (how and self.chance(0.7)) or self.chance(0.05) else None
        begin = None if self.chance(0.2) else self.around(day, recorded)
        self.charges.append(Charge(next(self.ids), begin, ended, how, recorded))

    def sentence(self, day: date) -> None:
        recorded = self.recorded(day)
        changes = self.rng.choice(self.sentences).id if self.sentences and self.chance(0.6) else None
        # What a sentence changes may not be recorded itself
        change = "" if changes is None and self.chance(0.9) else self.rng.choice(CHANGES)
        verdict = self.rng.choice(("convicted", "convicted", "acquitted", "dismissed", "treatment"))
        if change and self.chance(0.6):
            verdict = ""
        found = self.rng.sample(self.charges, self.rng.randrange(len(self.charges) + 1)) if self.chance(0.5) else []
        outcomes = ("convicted", "acquitted", "dismissed", "reclassified")
        findings = [(charge.id, self.rng.choice(outcomes)) for charge in found]
        when = None if self.chance(0.15) else self.around(day, recorded)
        self.sentences.append(Sentence(next(self.ids), when, verdict, changes, change, findings, recorded))

    def death(self) -> None:
        day = self.day if self.chance(0.7) else self.day_between(START, TODAY)
        recorded = self.recorded(day)
        if any(stay.ending == "death" for stay in self.stays) and self.chance(0.3):
            self.person = Person("unknown", None, recorded)  # known from the stay alone
        else:
            self.person = Person("yes", None if self.chance(0.4) else self.around(day, recorded), recorded)

    def noise(self) -> None:
        """A record from somewhere else in time."""
        here, self.day = self.day, self.day_between(START, TODAY)
        self.rng.choice((self.freed, self.at_liberty, lambda: self.custody(0), self.episode))()
        self.day = max(here, self.day)

    # How it is written down

    def around(self, day: date, recorded: date) -> Date:
        return dated(self.text_around(day, recorded), recorded)

    def text_around(self, day: date, recorded: date) -> str:
        if not self.chance(self.vagueness):
            return f"{day}"
        month, year, mark = f"{day:%Y-%m}", f"{day:%Y}", self.rng.choice("~?%")
        before = max(START, day - self.rng.randrange(1, 300) * DAY)
        after = min(recorded, day + self.rng.randrange(1, 300) * DAY)
        return self.rng.choice(
            (
                month, month, month, year, f"{month}{mark}", f"{year}{mark}", f"{day}{mark}",
                f"{before:%Y-%m}/{month}", f"{month}/{after:%Y-%m}", f"{before}/{day}", f"{day}/{after}",
                f"[{before:%Y},{year}]", f"[{month},{after:%Y-%m}]", f"{before:%Y}/..", f"../{after:%Y}", f"../{day}",
            )
        )  # fmt: skip

    def recorded(self, day: date) -> date:
        """Some days or years after the fact, often long after everything."""
        if self.chance(0.4):
            return self.day_between(max(day, date(2024, 1, 1)), TODAY)
        return min(day + self.rng.choice((0, 1, 5, 60, 500)) * DAY, TODAY)

    def go_on(self, least: int, most: int) -> None:
        self.day = min(self.day + self.rng.randrange(least, most + 1) * DAY, TODAY)

    def day_between(self, first: date, last: date) -> date:
        return first + self.rng.randrange((last - first).days + 1) * DAY

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def edited(rng: random.Random, history: History) -> History:
    """The history after one more edit: a record deleted, added, given other dates or another ending."""
    other = random_history(rng, 1)
    name = rng.choice(
        ("arrests", "stays", "restrictions", "releases", "charges", "sentences", "person", "last_confirmed")
    )
    if name in ("person", "last_confirmed"):
        return replace(history, **{name: getattr(other, name)})
    records = list(getattr(history, name))
    if records and rng.random() < 0.4:
        records.remove(rng.choice(records))
        return replace(history, **{name: records})
    added = getattr(other, name)
    if not added:
        return history
    new = rng.choice(added)
    if records and rng.random() < 0.6:  # as if the record had been filled in again
        old = records.pop(rng.randrange(len(records)))
        new = replace(new, id=old.id)
    else:
        new = replace(new, id=1 + max([each.id for each in records], default=0))
    return replace(history, **{name: [*records, unlinked(new)]})


def unlinked(record):
    """Without what points at other records, which belong to another history."""
    if isinstance(record, Sentence):
        return replace(record, changes_id=None, change="", verdict=record.verdict or "convicted", findings=[])
    return replace(record, stay_id=None) if isinstance(record, Release) else record


# ---- Real life, with answers found by hand

ANY = object()  # not asked


@dataclass(frozen=True)
class Answer:
    """What is true on a day. `certain` is a status or None; `possible` a set; the counts are (fewest, likely, most)."""

    day: str
    likely: object = ANY
    certain: object = ANY
    possible: object = ANY
    kind: object = ANY
    place: object = ANY
    since: object = ANY  # a day: the likely day
    held: object = ANY
    unacknowledged: object = ANY


@dataclass(frozen=True)
class Life:
    name: str
    history: History
    answers: list[Answer]


def arrest(when, id=1, recorded=TODAY):
    return Arrest(id, dated(when, recorded), recorded)


def stay(kind, began, ended="", ending="ongoing", id=1, place=None, recorded=TODAY):
    return Stay(id, kind, place, dated(began, recorded), dated(ended, recorded), ending, recorded)


def restriction(kind, began, ended="", ending="ongoing", id=1, recorded=TODAY):
    return Restriction(id, kind, dated(began, recorded), dated(ended, recorded), ending, recorded)


def release(when, kind="other", stay=None, id=1, recorded=TODAY):
    return Release(id, dated(when, recorded), kind, stay, recorded)


def charge(on, ended="", how="", id=1, recorded=TODAY):
    return Charge(id, dated(on, recorded), dated(ended, recorded), how, recorded)


def sentence(on, verdict="convicted", changes=None, change="", findings=(), id=1, recorded=TODAY):
    return Sentence(id, dated(on, recorded), verdict, changes, change, list(findings), recorded)


def certain(day, status, **more):
    """Likely, certain, and nothing else possible."""
    return Answer(day, status, status, {status}, **more)


CHIYGOZ_STAY = stay("remand", "2015-01-29", "2017-10-25", "release", place="SIZO-1")
CHIYGOZ_ANSWERS = [
    certain("2015-01-28", "unknown", held=(0, 0, 0), since=None),
    certain("2015-01-29", "in_custody", held=(1, 1, 1), kind="remand", since="2015-01-29"),
    certain("2016-01-01", "in_custody", kind="remand", place="SIZO-1", since="2015-01-29"),
    certain("2017-10-24", "in_custody", held=(1000, 1000, 1000)),
    certain("2017-10-25", "released", held=(1001, 1001, 1001), since="2017-10-25"),
    certain("2017-10-26", "released", held=(1001, 1001, 1001), kind="", unacknowledged=(0, 0, 0)),
]
UMEROV_ANSWERS = [
    certain("2016-05-11", "unknown"),
    certain("2016-05-12", "restricted", kind="travel_ban"),
    certain("2016-07-15", "restricted", since="2016-05-12", held=(0, 0, 0)),
    certain("2016-08-18", "in_custody", kind="psychiatric", since="2016-08-18", held=(1, 1, 1)),
    certain("2016-09-06", "in_custody"),
    certain("2016-09-07", "restricted", held=(21, 21, 21), since="2016-09-07"),
    certain("2017-09-27", "restricted"),
    certain("2017-10-25", "released", held=(21, 21, 21)),
]
UMEROV_COURT = {
    "charges": [charge("2016-05-12")],
    "sentences": [sentence("2017-09-27", findings=[(1, "convicted")])],
    "stays": [stay("psychiatric", "2016-08-18", "2016-09-07", "changed")],
    "releases": [release("2017-10-25", "pardon")],
}

REAL_LIFE = [
    Life(
        "Chiygoz: 1,001 days",
        History(arrests=[arrest("2015-01-29")], stays=[CHIYGOZ_STAY], releases=[release("2017-10-25", "pardon", 1)]),
        CHIYGOZ_ANSWERS,
    ),
    Life(
        "Chiygoz: charged and sentenced while held",
        History(
            arrests=[arrest("2015-01-29")],
            stays=[CHIYGOZ_STAY],
            releases=[release("2017-10-25", "pardon")],
            charges=[charge("2015-01-30")],
            sentences=[sentence("2017-09-11", findings=[(1, "convicted")])],
        ),
        CHIYGOZ_ANSWERS,
    ),
    Life(
        "Chiygoz: a charge of which only the year is known changes nothing about custody",
        History(
            arrests=[arrest("2015-01-29")],
            stays=[CHIYGOZ_STAY],
            releases=[release("2017-10-25", "pardon")],
            charges=[charge("2015")],
            sentences=[sentence("2017", findings=[(1, "convicted")])],
        ),
        CHIYGOZ_ANSWERS,
    ),
    Life(
        "Umerov: 21 days, the ban until the release",
        History(restrictions=[restriction("travel_ban", "2016-05-12", "2017-10-25", "release")], **UMEROV_COURT),
        UMEROV_ANSWERS,
    ),
    Life(
        "Umerov: 21 days, the ban entered as ongoing",
        History(restrictions=[restriction("travel_ban", "2016-05-12")], **UMEROV_COURT),
        UMEROV_ANSWERS,
    ),
    Life(
        "Umerov: 21 days, the ban ended by the release without a date of its own",
        History(restrictions=[restriction("travel_ban", "2016-05-12", "", "release")], **UMEROV_COURT),
        UMEROV_ANSWERS,
    ),
    Life(
        "Re-arrest after bail",
        History(
            arrests=[arrest("2014-09-01")],
            stays=[
                stay("remand", "2014-03-10", "2014-06-20", "changed", id=1),
                stay("remand", "2014-09-01", id=2),
            ],
            releases=[release("2014-06-20", "bail", 1)],
        ),
        [
            certain("2014-05-01", "in_custody", since="2014-03-10"),
            certain("2014-06-20", "restricted", kind="", held=(103, 103, 103)),
            certain("2014-08-31", "restricted"),
            certain("2014-09-01", "in_custody", since="2014-09-01"),
            certain("2014-09-10", "in_custody", held=(113, 113, 113)),
        ],
    ),
    Life(
        "Remand to house arrest on one day",
        History(
            stays=[
                stay("remand", "2016-02-11", "2016-04-08", "changed", id=1),
                stay("house_arrest", "2016-04-08", id=2),
            ],
        ),
        [
            certain("2016-04-07", "in_custody", kind="remand", since="2016-02-11"),
            certain("2016-04-08", "in_custody", kind="house_arrest", since="2016-02-11"),
            certain("2016-04-10", "in_custody", held=(60, 60, 60)),
        ],
    ),
    Life(
        "Remand to house arrest on one day, with the changed measure recorded as a release",
        History(
            stays=[
                stay("remand", "2016-02-11", "2016-04-08", "changed", id=1),
                stay("house_arrest", "2016-04-08", id=2),
            ],
            releases=[release("2016-04-08", "bail", 1)],
        ),
        [
            certain("2016-04-08", "in_custody", kind="house_arrest", since="2016-02-11"),
            certain("2016-04-10", "in_custody", held=(60, 60, 60)),
        ],
    ),
    Life(
        "Disappeared, then confirmed",
        History(
            stays=[
                stay("unacknowledged", "2014-05-09", "2014-05-12", "transfer", id=1, place="?"),
                stay("remand", "2014-05-12", id=2, place="SIZO-2"),
            ],
        ),
        [
            certain("2014-05-10", "disappeared", kind="unacknowledged", place="?", since="2014-05-09"),
            certain("2014-05-12", "in_custody", place="SIZO-2", since="2014-05-09"),
            certain("2014-05-20", "in_custody", held=(12, 12, 12), unacknowledged=(4, 4, 4)),
        ],
    ),
    Life(
        "Disappeared, confirmed in a month only",
        History(
            stays=[
                stay("unacknowledged", "2014-05-09", "", "transfer", id=1),
                stay("remand", "2014-05-15/2014-06-14", id=2),
            ],
        ),
        [
            certain("2014-05-14", "disappeared"),
            Answer("2014-05-20", "disappeared", None, {"disappeared", "in_custody"}, since="2014-05-09"),
            certain("2014-06-14", "in_custody", held=(37, 37, 37), since="2014-05-09", unacknowledged=(7, 22, 37)),
        ],
    ),
    Life(
        "A death in custody on an unknown day",
        History(
            stays=[stay("remand", "2015-03-01", "", "death", recorded=date(2015, 12, 31))],
            person=Person("yes", None, date(2015, 12, 31)),
            last_confirmed=date(2015, 6, 30),
        ),
        [
            certain("2015-06-29", "in_custody", held=(121, 121, 121)),
            Answer("2015-08-01", "in_custody", None, {"in_custody", "died_in_custody"}),
            Answer("2015-09-29", "in_custody"),
            Answer("2015-09-30", "died_in_custody", None, {"in_custody", "died_in_custody"}),
            certain("2015-12-31", "died_in_custody", held=(122, 214, 306)),
        ],
    ),
    Life(
        "A death in custody known from the stay alone",
        History(stays=[stay("prison", "2015-03-01", "", "death", recorded=date(2015, 3, 31))]),
        [
            certain("2015-02-28", "unknown"),
            Answer("2015-03-10", "in_custody", None, {"in_custody", "died_in_custody"}),
            Answer("2015-03-16", "died_in_custody", None),
            certain("2015-03-31", "died_in_custody", held=(1, 16, 31)),
        ],
    ),
    Life(
        "A death at liberty on a known day",
        History(
            stays=[stay("prison", "2011-03-01", "2011-04-01", "release")],
            person=Person("yes", dated("2012-05-05"), TODAY),
        ),
        [certain("2012-05-04", "released"), certain("2012-05-05", "died", held=(32, 32, 32))],
    ),
    Life(
        "A death in the year of the arrest",
        History(
            arrests=[arrest("2016-09-01")],
            stays=[stay("remand", "2016-09-01", "", "death")],
            person=Person("yes", dated("2016"), TODAY),
        ),
        [
            certain("2016-08-31", "unknown"),
            Answer("2016-09-15", "in_custody", None, {"in_custody", "died_in_custody"}),
            certain("2016-12-31", "died_in_custody"),
        ],
    ),
    Life(
        "Only a sentence known",
        History(sentences=[sentence("2012-05-15")]),
        [
            certain("2012-05-14", "unknown"),
            certain("2012-05-15", "convicted", since="2012-05-15", held=(0, 0, 0)),
            certain("2020-01-01", "convicted"),
        ],
    ),
    Life(
        "A release without a date",
        History(
            stays=[stay("remand", "2015-01-10", "", "release", recorded=date(2015, 7, 9))],
            releases=[release("", "other", 1, recorded=date(2015, 7, 9))],
        ),
        [
            certain("2015-01-09", "unknown"),
            Answer("2015-04-09", "in_custody", None, {"in_custody", "released"}),
            Answer("2015-04-10", "released", None, {"in_custody", "released"}),
            Answer("2015-07-08", "released", None),
            certain("2015-07-09", "released", held=(1, 91, 181)),
        ],
    ),
    Life(
        "A release without a date, before a later arrest",
        History(
            arrests=[
                arrest("2015-01-10", id=1, recorded=date(2015, 7, 9)),
                arrest("2020-02-01", id=2, recorded=date(2020, 2, 2)),
            ],
            releases=[release("", "other", recorded=date(2015, 7, 9))],
        ),
        [
            certain("2015-07-09", "released"),
            certain("2020-01-31", "released"),
            certain("2020-02-01", "in_custody", since="2020-02-01"),
            certain("2021-01-01", "in_custody"),
        ],
    ),
    Life(
        "Served, with no stay recorded",
        History(sentences=[sentence("2013-02-04")], releases=[release("2015-02-03", "served")]),
        [
            certain("2013-02-03", "unknown"),
            certain("2014-01-01", "convicted"),
            certain("2015-02-03", "released", held=(0, 0, 0)),
        ],
    ),
    Life(
        "Arrested in January 2015, in the remand prison from the 29th",
        History(arrests=[arrest("2015-01")], stays=[stay("remand", "2015-01-29")]),
        [
            certain("2015-01-28", "unknown"),
            certain("2015-01-29", "in_custody", since="2015-01-29", held=(1, 1, 1)),
            certain("2015-02-07", "in_custody", held=(10, 10, 10)),
        ],
    ),
    Life(
        "Arrested, place unknown",
        History(arrests=[arrest("2015-01-29")]),
        [
            certain("2015-01-28", "unknown"),
            certain("2018-01-29", "in_custody", kind="", place=None, since="2015-01-29", held=(1097, 1097, 1097)),
        ],
    ),
    Life(
        "Re-arrested at the gate",
        History(
            arrests=[arrest("2014-03-01")],
            stays=[
                stay("prison", "2012-03-01", "2014-03-01", "release", id=1),
                stay("police", "2014-03-01", id=2),
            ],
            releases=[release("2014-03-01", "served", 1)],
        ),
        [
            certain("2014-02-28", "in_custody", kind="prison", since="2012-03-01"),
            certain("2014-03-01", "in_custody", kind="police", since="2014-03-01"),
            certain("2014-03-02", "in_custody", held=(732, 732, 732)),
        ],
    ),
    Life(
        "Parole with supervision",
        History(
            stays=[stay("prison", "2013-05-06", "2016-05-05", "release")],
            releases=[release("2016-05-05", "parole")],
            restrictions=[restriction("supervision", "2016-05-05")],
        ),
        [
            certain("2016-05-04", "in_custody"),
            certain("2016-05-05", "restricted", kind="supervision", since="2016-05-05"),
            certain("2018-01-01", "restricted", held=(1096, 1096, 1096)),
        ],
    ),
    Life(
        "Paroled on a known day, supervision from that month",
        History(
            stays=[stay("prison", "2013-05-06")],
            releases=[release("2016-05-25", "parole")],
            restrictions=[restriction("supervision", "2016-05")],
        ),
        [
            Answer("2016-05-20", "in_custody", "in_custody"),
            Answer("2016-05-25", "released", None, {"released", "restricted"}, held=(1116, 1116, 1116)),
            Answer("2016-05-28", "restricted", None, {"released", "restricted"}, since="2016-05-28"),
            certain("2016-05-31", "restricted", since="2016-05-28"),
        ],
    ),
    Life(
        "Arrested and freed on one day",
        History(arrests=[arrest("2017-02-17")], releases=[release("2017-02-17")]),
        [
            certain("2017-02-16", "unknown", held=(0, 0, 0)),
            certain("2017-02-17", "released", held=(1, 1, 1)),
            certain("2019-01-01", "released", held=(1, 1, 1)),
        ],
    ),
    Life(
        "Arrested and freed on one day, twice",
        History(
            arrests=[arrest("2017-02-17", id=1), arrest("2017-03-26", id=2)],
            releases=[release("2017-02-17", id=1), release("2017-03-26", id=2)],
        ),
        [certain("2017-03-26", "released", held=(2, 2, 2))],
    ),
    Life(
        "Charged only",
        History(charges=[charge("2019-07-01")]),
        [certain("2019-06-30", "unknown"), certain("2019-07-01", "charged", held=(0, 0, 0), since="2019-07-01")],
    ),
    Life(
        "All charges dropped",
        History(
            charges=[
                charge("2019-07-01", "2019-12-01", "dropped", id=1),
                charge("2019-08-01", "2020-02-03", "dropped", id=2),
            ],
        ),
        [
            certain("2019-12-01", "charged", since="2019-07-01"),
            certain("2020-02-02", "charged"),
            certain("2020-02-03", "closed", since="2020-02-03"),
        ],
    ),
    Life(
        "Convicted, quashed, acquitted",
        History(
            charges=[charge("2011-01-10")],
            sentences=[
                sentence("2011-06-01", id=1, findings=[(1, "convicted")]),
                sentence("2011-10-03", "", 1, "quashed", id=2),
                sentence("2012-02-01", "acquitted", id=3, findings=[(1, "acquitted")]),
            ],
        ),
        [
            certain("2011-05-31", "charged"),
            certain("2011-06-01", "convicted"),
            certain("2011-10-03", "charged", since="2011-10-03"),
            certain("2012-02-01", "closed"),
        ],
    ),
    Life(
        "Convicted and upheld",
        History(
            charges=[charge("2011-01-10")],
            sentences=[
                sentence("2011-06-01", id=1),
                sentence("2011-10-03", "", 1, "upheld", id=2),
            ],
        ),
        [certain("2011-10-03", "convicted", since="2011-06-01"), certain("2014-01-01", "convicted")],
    ),
    Life(
        "Not known whether ended, last confirmed in January",
        History(stays=[stay("remand", "2014-06-05", "", "unconfirmed")], last_confirmed=date(2015, 1, 10)),
        [
            certain("2015-01-10", "in_custody", held=(220, 220, 220)),
            Answer("2015-01-11", "unknown", None, {"in_custody", "unknown"}),
            Answer("2015-01-20", "unknown", None, {"in_custody", "unknown"}, held=(220, 220, 230)),
        ],
    ),
    Life(
        "Not known whether ended, never confirmed",
        History(stays=[stay("remand", "2014-06-05", "", "unconfirmed")]),
        [
            certain("2014-06-05", "in_custody", held=(1, 1, 1)),
            Answer("2014-06-06", "unknown", None, {"in_custody", "unknown"}, since="2014-06-06"),
            Answer("2014-06-10", "unknown", held=(1, 1, 6)),
        ],
    ),
    Life(
        "Not known whether ended, then arrested again and freed on known days",
        History(
            arrests=[arrest("2016-03-01")],
            stays=[stay("remand", "2014-06-05", "", "unconfirmed")],
            releases=[release("2016-04-30")],
        ),
        [
            Answer("2016-02-29", "unknown", None, {"in_custody", "unknown"}),
            certain("2016-03-01", "in_custody", since="2016-03-01"),
            certain("2016-04-30", "released"),
            certain("2020-01-01", "released", held=(62, 62, 696)),
        ],
    ),
    Life(
        "Not known whether ended, then a death on a known day",
        History(
            stays=[stay("remand", "2014-06-05", "", "unconfirmed")],
            person=Person("yes", dated("2018-05-05"), TODAY),
        ),
        [certain("2018-05-05", "died"), certain("2020-01-01", "died")],
    ),
    Life(
        "Released in a year, arrested again on a day of it",
        History(
            arrests=[arrest("2014-02-03", id=1), arrest("2015-09-01", id=2)],
            releases=[release("2015", "amnesty")],
        ),
        [
            certain("2014-12-31", "in_custody"),
            Answer("2015-05-01", "in_custody", None, {"in_custody", "released"}),
            Answer("2015-08-01", "released", None, {"in_custody", "released"}),
            certain("2015-09-01", "in_custody", since="2015-09-01"),
        ],
    ),
    Life(
        "Transferred in a month: no gap in certainty",
        History(
            stays=[
                stay("police", "2016-03-05", "2016-04", "transfer", id=1),
                stay("remand", "2016-04", id=2),
            ],
        ),
        [
            certain("2016-04-05", "in_custody", kind="police", since="2016-03-05"),
            certain("2016-04-25", "in_custody", kind="remand", since="2016-03-05"),
            certain("2016-05-10", "in_custody", held=(67, 67, 67)),
        ],
    ),
    Life(
        "Transferred, to nobody knows where",
        History(stays=[stay("remand", "2016-03-05", "2016-04-04", "transfer", place="SIZO-1")]),
        [
            certain("2016-04-03", "in_custody", kind="remand", place="SIZO-1"),
            certain("2016-04-04", "in_custody", kind="", place=None, since="2016-03-05"),
            certain("2016-05-10", "in_custody", held=(67, 67, 67)),
        ],
    ),
    Life(
        "Arrested, nobody knows when, then in a remand prison from a known day",
        History(arrests=[arrest("", recorded=date(2016, 1, 1))], stays=[stay("remand", "2015-02-03")]),
        [certain("2015-02-02", "unknown"), certain("2015-02-03", "in_custody", since="2015-02-03", held=(1, 1, 1))],
    ),
    Life(
        "Held, nobody knows since when",
        History(stays=[stay("prison", "", "2015-02-03", "release", recorded=date(2016, 1, 1))]),
        [
            Answer("2015-02-02", "unknown", None, {"unknown", "in_custody"}),
            certain("2015-02-03", "released", held=(1, 1, None)),
        ],
    ),
    Life(
        "Escaped",
        History(stays=[stay("prison", "2015-03-01", "2015-04-01", "escape")]),
        [certain("2015-03-31", "in_custody"), certain("2015-04-01", "escaped", held=(32, 32, 32))],
    ),
    Life(
        "The day of the arrest is uncertain",
        History(arrests=[arrest("2015-01-29?")]),
        [
            Answer("2015-01-21", "unknown", "unknown", {"unknown"}),
            Answer("2015-01-22", "unknown", None, {"unknown"}),
            Answer("2015-01-29", "in_custody", None, {"in_custody"}),
            Answer("2015-02-04", "in_custody", None, {"in_custody"}, held=(0, 7, 7)),
            certain("2015-02-05", "in_custody", held=(1, 8, 8)),
        ],
    ),
    Life(
        "Arrested in a month, freed in the same",
        History(arrests=[arrest("2015-03")], releases=[release("2015-03")]),
        [
            certain("2015-02-28", "unknown"),
            Answer("2015-03-20", "released", None, {"unknown", "in_custody", "released"}),
            certain("2015-03-31", "released", held=(1, 1, 31)),
        ],
    ),
]


def wrong_answers(life: Life) -> list[str]:
    """What the oracle says otherwise than the table."""
    return [
        f"{life.name}, {answer.day}, {asked}: {said!r}, not {expected!r}"
        for answer in life.answers
        for asked, expected, said in compared(life.history, answer)
        if said != expected
    ]


def compared(history: History, answer: Answer):
    day = date.fromisoformat(answer.day)
    state = oracle.status_on(history, day)
    said = {
        "likely": state.status,
        "certain": oracle.certainly(history, day),
        "possible": oracle.possibly(history, day),
        "kind": state.kind,
        "place": state.place,
        "since": state.since and f"{state.since.likely}",
        "held": oracle.days_held(history, day),
        "unacknowledged": oracle.unacknowledged_days(history, day),
    }
    return [(asked, getattr(answer, asked), got) for asked, got in said.items() if getattr(answer, asked) is not ANY]


def check() -> int:
    """Print what is wrong; 0 if nothing is."""
    wrong = [line for life in REAL_LIFE for line in wrong_answers(life)]
    print("\n".join(wrong) or f"{len(REAL_LIFE)} cases from real life: all as expected")
    return len(wrong) and 1
