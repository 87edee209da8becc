"""The status definition (docs/status.md) a second time: slow, plain, one day at a time, without Django or a database.

Written from the page alone, never from the SQL, so that two readings of one text are compared. Section numbers in
comments are the page's. `python -m tests.oracle` checks it against the real-life table of tests/histories.py.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

FIRST, LAST = date.min, date.max  # what an open bound counts as
DAY = timedelta(days=1)
ARREST, STAY, RESTRICTION = 1, 2, 3  # classes of beginnings
JOINED_WITH = {
    "transfer": (STAY,),
    "changed": (STAY, RESTRICTION),
}  # what ends a stay of this ending without a date (2.3b)
HELD = ("in_custody", "disappeared")


@dataclass(frozen=True)
class Date:
    text: str
    earliest: date | None  # None: open
    latest: date | None


@dataclass(frozen=True)
class Arrest:
    id: int
    date: Date | None
    recorded: date | None = None  # needed only where the date is empty


@dataclass(frozen=True)
class Stay:
    id: int
    kind: str
    place: object
    began: Date | None
    ended: Date | None
    ending: str
    recorded: date


@dataclass(frozen=True)
class Restriction:
    id: int
    kind: str
    began: Date | None
    ended: Date | None
    ending: str
    recorded: date


@dataclass(frozen=True)
class Release:
    id: int
    date: Date | None
    kind: str
    stay_id: int | None
    recorded: date


@dataclass(frozen=True)
class Charge:
    id: int
    charged_on: Date | None
    ended_on: Date | None
    ended_how: str
    recorded: date


@dataclass(frozen=True)
class Sentence:
    id: int
    date: Date | None
    verdict: str
    changes_id: int | None
    change: str
    findings: list[tuple[int, str]] = field(default_factory=list)
    recorded: date = LAST


@dataclass(frozen=True)
class Person:
    deceased: str = "unknown"
    died: Date | None = None
    recorded: date = LAST


@dataclass(frozen=True)
class History:
    arrests: list[Arrest] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    person: Person = Person()
    last_confirmed: date | None = None


@dataclass(frozen=True)
class Days:
    """The days of a date (section 1). The open bounds are FIRST and LAST."""

    earliest: date
    likely: date
    latest: date
    widest_earliest: date
    widest_latest: date


@dataclass
class Beginning:
    cls: int
    record: Arrest | Stay | Restriction
    days: Days

    def order(self):
        return (self.days.likely, self.cls, self.record.id)

    def key(self):
        return (self.cls, self.record.id)


@dataclass(eq=False)
class Event:
    """`what` is arrest, stay, restriction, stay end, restriction end, stay fades, restriction fades, release, charge made,
    charge ended, sentence or death. A stay end with a `release` is a one-ending (2.7). `days` change as the walk goes on."""

    what: str
    rank: int
    days: Days
    record: object
    release: Release | None = None
    comes_last: bool = False  # a death without a date (2.8)

    def order(self):
        cls = RESTRICTION if self.what.startswith("restriction") else STAY if self.what.startswith("stay") else ARREST
        return (self.days.likely, self.rank, cls, getattr(self.record, "id", 0))

    def is_of_charges(self):
        """A charge or a verdict, not a beginning, end, release or death."""
        return self.rank <= 3


@dataclass(frozen=True)
class State:
    """`since` is the spell's begin while held, else the begin of the first consecutive state of the same status;
    `kind_since` the begin of the stay or restriction that gives kind and place. Both None where nothing began."""

    status: str = "unknown"
    kind: str = ""
    place: object = None
    since: Days | Event | None = None  # an event while the walk is going on: its days may still be narrowed
    kind_since: Days | Event | None = None


# ---- 1. Dates


def middle(first: date, last: date) -> date:
    return first + DAY * ((last - first).days // 2)


def likely_day(earliest: date, latest: date) -> date:
    if earliest == FIRST:
        return latest
    if latest == LAST:
        return earliest
    return middle(earliest, latest)


def days_of(known: Date) -> Days:
    earliest, latest = known.earliest or FIRST, known.latest or LAST
    precision = precision_of(known.text) if known.text[-1:] in ("~", "?", "%") else None
    return Days(
        earliest,
        likely_day(earliest, latest),
        latest,
        moved(earliest, precision, -1),
        moved(latest, precision, +1),
    )


def precision_of(text: str) -> str:
    """As precise as the part of the text that carries the mark: the last one."""
    last = re.split(r"[/,]", text)[-1].strip("[]~?% ")
    return ("year", "month", "day")[last.count("-")]


def moved(day: date, precision: str | None, sign: int) -> date:
    """`day` a year, a month or seven days earlier or later; the same day of the month, or that month's last day."""
    if precision is None or day in (FIRST, LAST):
        return day
    if precision == "day":
        return day + sign * 7 * DAY
    months = day.year * 12 + day.month - 1 + sign * (12 if precision == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def exactly(day: date) -> Days:
    return Days(day, day, day, day, day)


def up_to(day: date) -> Days:
    """On a day that is not known, open to the past."""
    return Days(FIRST, day, day, FIRST, day)


def can_be_same_day(one: Days, other: Days) -> bool:
    return one.earliest <= other.latest and other.earliest <= one.latest


def both_allow(one: Days, other: Days) -> Days:
    earliest, latest = max(one.earliest, other.earliest), min(one.latest, other.latest)
    return Days(
        earliest,
        likely_day(earliest, latest),
        latest,
        max(one.widest_earliest, other.widest_earliest),
        min(one.widest_latest, other.widest_latest),
    )


def narrowed(days: Days, by: Days) -> Days:
    """Within `by`. If that narrows the bounds, the likely day is the middle again."""
    both = both_allow(days, by)
    same = (both.earliest, both.latest) == (days.earliest, days.latest)
    return replace(both, likely=days.likely) if same else both


def cut_off(days: Days, by: Days) -> Days:
    """Not after `by`. If that lowers the latest day, the likely one is the middle again."""
    latest = min(days.latest, by.latest)
    likely = days.likely if latest == days.latest else likely_day(days.earliest, latest)
    return replace(days, likely=likely, latest=latest, widest_latest=min(days.widest_latest, by.widest_latest))


def put_off(days: Days, by: Days) -> Days:
    """Not before `by`. If that raises the earliest day, the likely one is the middle again."""
    earliest = max(days.earliest, min(by.earliest, days.latest))
    widest_earliest = max(days.widest_earliest, min(by.widest_earliest, days.widest_latest))
    likely = days.likely if earliest == days.earliest else likely_day(earliest, days.latest)
    return replace(days, earliest=earliest, likely=likely, widest_earliest=widest_earliest)


# ---- 2. Preparing the facts


def beginnings_of(history: History) -> list[Beginning]:
    """2.1 and 2.2: lone arrests, stays, restrictions, in the order of beginnings."""
    stays = [Beginning(STAY, stay, own_begin(stay)) for stay in history.stays]
    restrictions = [Beginning(RESTRICTION, ban, own_begin(ban)) for ban in history.restrictions]
    arrests = [Beginning(ARREST, arrest, arrest_day(arrest)) for arrest in history.arrests]
    free, lone, joined = sorted(stays, key=Beginning.order), [], []
    for arrest in sorted(arrests, key=Beginning.order):
        same = next((stay for stay in free if can_be_same_day(arrest.days, stay.days)), None)
        if same is None:
            lone.append(arrest)
        else:
            free.remove(same)
            joined.append(Beginning(STAY, same.record, both_allow(arrest.days, same.days)))
    return sorted(lone + joined + free + restrictions, key=Beginning.order)


def arrest_day(arrest: Arrest) -> Days:
    return days_of(arrest.date) if arrest.date else up_to(arrest.recorded)


def own_begin(record: Stay | Restriction) -> Days:
    begin = days_of(record.began) if record.began else up_to(record.recorded)
    if record.ended:
        end = days_of(record.ended)
        if begin.earliest <= end.latest:
            return cut_off(begin, end)
    return begin


@dataclass
class End:
    """How a stay or restriction ends by itself: `how` is own, fading, joined (when `at` begins) or none."""

    how: str
    days: Days | None = None
    dated: bool = False
    at: tuple[int, int] | None = None  # key of the beginning on which a joined end falls


def ends_of(history: History, beginnings: list[Beginning]) -> dict[tuple[int, int], End]:
    """2.3 to 2.5: by the key of the beginning. In the order of beginnings, because a joined end with a date narrows the
    begin of a later stay (2.4), and the end of that one follows from its begin."""
    ends = {}
    for number, begin in enumerate(beginnings):
        if begin.cls != ARREST:
            ends[begin.key()] = end_of(history, beginnings, number)
    return ends


def end_of(history: History, beginnings: list[Beginning], number: int) -> End:
    begin = beginnings[number]
    record, after = begin.record, beginnings[number + 1] if number + 1 < len(beginnings) else None
    if record.ending in ("ongoing", "death"):
        return End("none")
    if record.ended:
        return dated_end(beginnings, number)
    if record.ending == "unconfirmed":
        return fading_end(history, begin, is_last=after is None)
    if record.ending in ("release", "changed") and ended_by_release(history, beginnings, number):
        return End("none")
    if begin.cls == STAY and after and after.cls in JOINED_WITH.get(record.ending, ()):
        return End("joined", at=after.key())
    return End("own", days_between(begin, after, record.recorded))


def dated_end(beginnings: list[Beginning], number: int) -> End:
    begin = beginnings[number]
    end = days_of(begin.record.ended)
    if begin.days.earliest <= end.latest:
        end = put_off(end, begin.days)
    if begin.cls == STAY and begin.record.ending in ("transfer", "changed"):  # 2.4
        reach = replace(end, latest=day_after(end.latest), widest_latest=day_after(end.widest_latest))
        for later in beginnings[number + 1 :]:
            if later.cls == STAY and can_be_same_day(reach, later.days):
                later.days = narrowed(later.days, reach)
                return End("joined", end, dated=True, at=later.key())
    return End("own", end, dated=True)


def day_after(day: date) -> date:
    return day if day == LAST else day + DAY


def fading_end(history: History, begin: Beginning, is_last: bool) -> End:
    confirmed = begin.days.likely
    if is_last and history.last_confirmed and history.last_confirmed >= confirmed:
        confirmed = history.last_confirmed
    after = confirmed + DAY
    return End("fading", Days(after, after, LAST, after, LAST))


def ended_by_release(history: History, beginnings: list[Beginning], number: int) -> bool:
    """2.3a"""
    begin = beginnings[number]
    limit = limit_of_release(beginnings, number)
    for release in history.releases:
        day = dated_release(history, release)
        if day is None or (begin.cls == RESTRICTION and release.kind == "bail"):
            continue
        names_it = begin.cls == STAY and release.stay_id == begin.record.id
        if begin.days.likely <= day.likely and (names_it or day.likely <= limit):
            return True
    return False


def limit_of_release(beginnings: list[Beginning], number: int) -> date:
    """A release after this day ended something else. An arrest in between ends no stay; nothing in between a restriction."""
    begin = beginnings[number]
    if begin.cls == RESTRICTION:
        return LAST
    after = beginnings[number + 1 :]
    if begin.record.ending == "release":
        after = [later for later in after if later.cls == STAY]
    return after[0].days.likely if after else LAST


def days_between(begin: Beginning, after: Beginning | None, recorded: date) -> Days:
    """2.3c: after the begin, at the latest at the next beginning or the day of recording, whichever is likely earlier."""
    limit = exactly(recorded)
    if after and after.days.likely < recorded:
        limit = after.days
    return Days(
        begin.days.earliest,
        max(middle(begin.days.likely, limit.likely), begin.days.likely),
        limit.latest,
        begin.days.widest_earliest,
        limit.widest_latest,
    )


def dated_release(history: History, release: Release) -> Days | None:
    """2.6: a release's own date, or the end date of the stay that it names; None if neither is known."""
    if release.date:
        return days_of(release.date)
    named = next((stay for stay in history.stays if stay.id == release.stay_id), None)
    return days_of(named.ended) if named and named.ended else None


def days_of_release(history: History, beginnings: list[Beginning], release: Release) -> Days:
    known = dated_release(history, release)
    if known:
        return known
    keys = [begin.key() for begin in beginnings]
    if release.stay_id is not None and (STAY, release.stay_id) in keys:
        number = keys.index((STAY, release.stay_id))
    else:
        # A beginning after the day of recording, a re-arrest, is not the one that this release ended
        number = sum(begin.days.likely <= release.recorded for begin in beginnings) - 1
    if number < 0:
        return up_to(release.recorded)
    after = beginnings[number + 1] if number + 1 < len(beginnings) else None
    return days_between(beginnings[number], after, release.recorded)


def endings_and_releases(history, beginnings: list[Beginning], ends: dict[tuple[int, int], End]) -> list[Event]:
    """2.3, 2.6 and 2.7 as events."""
    begun = {begin.key(): begin for begin in beginnings}
    endings = []
    for key, end in ends.items():
        noun = "stay" if key[0] == STAY else "restriction"
        if end.how == "own":
            endings.append(Event(f"{noun} end", 5, end.days, begun[key].record))
        if end.how == "fading":
            endings.append(Event(f"{noun} fades", 6, end.days, begun[key].record))
    free = [
        event
        for event in endings
        if event.what == "stay end"
        and ends[STAY, event.record.id].dated
        and event.record.ending in ("release", "changed", "ended")
    ]
    free.sort(key=Event.order)
    releases = [Event("release", 7, days_of_release(history, beginnings, each), each) for each in history.releases]
    alone = []
    for release in sorted(releases, key=Event.order):
        same = next((end for end in free if can_be_same_day(end.days, release.days)), None)
        if same is None:
            alone.append(release)
            continue
        free.remove(same)
        same.days = both_allow(same.days, release.days)
        same.release = release.record
    return endings + alone


def charge_events(history: History) -> list[Event]:
    """2.9"""
    events = []
    sentenced = [days_of(sentence.date).likely for sentence in history.sentences if sentence.date]
    for charge in history.charges:
        made = days_of(charge.charged_on) if charge.charged_on else up_to(min([charge.recorded, *sentenced]))
        if charge.ended_on:
            end = days_of(charge.ended_on)
            if made.earliest <= end.latest:
                made = cut_off(made, end)
                end = put_off(end, made)
            events.append(Event("charge ended", 3, end, charge))
        events.append(Event("charge made", 1, made, charge))
        if charge.ended_on:
            continue
        if charge.ended_how:
            events.append(Event("charge ended", 3, exactly(charge.recorded), charge))
    for sentence in history.sentences:
        days = days_of(sentence.date) if sentence.date else up_to(sentence.recorded)
        events.append(Event("sentence", 2, days, sentence))
    return events


def death_of(history: History, beginnings: list[Beginning]) -> list[Event]:
    """2.8"""
    person = history.person
    deadly = [stay.recorded for stay in history.stays if stay.ending == "death"]
    if person.deceased != "yes" and not deadly:
        return []
    alive = last_day_known_alive(history, beginnings)
    if not person.died:
        marked = [person.recorded] if person.deceased == "yes" else []
        latest = max(alive, min(marked + deadly))
        days = Days(alive, likely_day(alive, latest), latest, alive, latest)
        return [Event("death", 9, days, person, comes_last=True)]
    days = days_of(person.died)
    if days.earliest < alive <= days.latest:
        days = replace(days, earliest=alive, likely=likely_day(alive, days.latest))
    return [Event("death", 9, days, person)]


def last_day_known_alive(history: History, beginnings: list[Beginning]) -> date:
    known = [begin.days for begin in beginnings]
    known += [day for release in history.releases if (day := dated_release(history, release))]
    known += [days_of(each.ended) for each in (*history.stays, *history.restrictions) if each.ended]
    return max([history.last_confirmed or FIRST, *(days.earliest for days in known)])


# ---- 3. The walk


class Walk:
    """The state of a case while its events are taken one by one."""

    def __init__(self, history: History):
        self.history = history
        self.beginnings = beginnings_of(history)
        self.ends = ends_of(history, self.beginnings)
        names = {ARREST: "arrest", STAY: "stay", RESTRICTION: "restriction"}
        self.pending = [Event(names[begin.cls], 4, begin.days, begin.record) for begin in self.beginnings]
        self.pending += endings_and_releases(history, self.beginnings, self.ends)
        self.pending += charge_events(history)
        self.pending += death_of(history, self.beginnings)
        self.begun: set[tuple[int, int]] = set()
        self.stays: list[Event] = []  # begins of the open ones, in the order in which they began
        self.restrictions: list[Event] = []
        self.bare: Event | None = None  # what brought bare custody
        self.rest = "none"
        self.spell: Event | None = None  # what started it
        self.was_held = False
        self.final = ""
        self.made: dict[int, int] = {}  # charge id: number of the event
        self.ended: set[int] = set()
        self.sentences: list[tuple[int, Sentence]] = []
        self.done: list[tuple[Event, State]] = []

    def run(self) -> list[tuple[Event, State]]:
        while self.pending:
            self.pending = [event for event in self.pending if not self.is_void(event)]
            eligible = [event for event in self.pending if not self.is_waiting(event) and not self.is_too_early(event)]
            if eligible:
                self.take(self.first_of(eligible))
        return self.done

    def first_of(self, eligible: list[Event]) -> Event:
        """The event that takes place now."""
        taken = min(eligible, key=Event.order)
        before = self.before(taken, [event for event in eligible if event is not taken])
        if not before:
            return taken
        first = min(before, key=Event.order)
        first_days = cut_off(first.days, taken.days)
        first_days = replace(first_days, likely=min(first_days.likely, first.days.likely))
        taken_days = put_off(taken.days, first.days)
        likely = max(taken_days.likely, taken.days.likely, first_days.likely)
        first.days, taken.days = first_days, replace(taken_days, likely=likely)
        return first

    def before(self, taken: Event, others: list[Event]) -> list[Event]:
        """What may have to take place before the event taken."""
        same_day = [event for event in others if can_be_same_day(event.days, taken.days)]
        if taken.rank == 4 and self.something_open():
            return [event for event in same_day if event.rank in (5, 7)]
        if taken.what == "release" and not self.something_open():
            return [event for event in same_day if event.rank == 4]
        if taken.what == "death":
            return [event for event in others if event.rank in (4, 5, 7) and event.days.earliest <= taken.days.latest]
        if taken.what == "sentence":
            return [
                e
                for e in others
                if e.days.earliest <= taken.days.latest
                and (e.what == "charge made" or (e.what == "sentence" and e.record.id == taken.record.changes_id))
            ]
        return []

    def key_of(self, event: Event) -> tuple[int, int] | None:
        """The stay or restriction that an own or fading end closes."""
        if event.rank not in (5, 6):
            return None
        return (STAY if event.what.startswith("stay") else RESTRICTION, event.record.id)

    def is_waiting(self, event: Event) -> bool:
        key = self.key_of(event)
        return key is not None and key not in self.begun

    def is_too_early(self, event: Event) -> bool:
        """A death without a date comes after every beginning, end and release (2.8)."""
        others = [each for each in self.pending if each is not event]
        return event.comes_last and not all(each.is_of_charges() for each in others)

    def is_void(self, event: Event) -> bool:
        key = self.key_of(event)
        return key is not None and key in self.begun and not self.is_open(key)

    def is_open(self, key: tuple[int, int]) -> bool:
        opened = self.stays if key[0] == STAY else self.restrictions
        return any(begin.record.id == key[1] for begin in opened)

    def something_open(self) -> bool:
        return bool(self.stays or self.restrictions or self.bare)

    def take(self, event: Event) -> None:
        self.pending.remove(event)
        likely = max([event.days.likely, *(each.days.likely for each, _ in self.done[-1:])])
        latest, widest_latest = max(event.days.latest, likely), max(event.days.widest_latest, likely)
        event.days = replace(event.days, likely=likely, latest=latest, widest_latest=widest_latest)
        if event.rank == 4:
            self.begun.add(({"arrest": ARREST, "stay": STAY, "restriction": RESTRICTION}[event.what], event.record.id))
        if not self.final:
            getattr(self, event.what.replace(" ", "_"))(event)
        if not (self.stays or self.bare):
            self.spell = None
        elif not self.spell:
            self.spell = event
        self.was_held = self.was_held or bool(self.spell)
        before = self.done[-1][1] if self.done else State()
        self.done.append((event, self.state(before, event)))

    # What each event does

    def arrest(self, event: Event) -> None:
        if not self.stays:
            self.bare = self.bare or event

    def stay(self, event: Event) -> None:
        self.bare = None
        self.close_joined((STAY, event.record.id))
        self.stays.append(event)

    def restriction(self, event: Event) -> None:
        self.bare = None
        self.close_joined((RESTRICTION, event.record.id))
        self.restrictions.append(event)
        if not self.stays and self.was_held:
            self.rest = "released"

    def close_joined(self, key: tuple[int, int]) -> None:
        self.stays = [begin for begin in self.stays if self.ends[STAY, begin.record.id].at != key]

    def stay_end(self, event: Event) -> None:
        self.close(STAY, event.record.id)
        if not self.stays:
            if event.record.ending == "transfer":
                self.bare = event
            else:
                self.rest = {"release": "released", "changed": "restricted", "escape": "escaped"}.get(
                    event.record.ending, "unknown"
                )
        if event.release:
            self.free(event.release)

    def restriction_end(self, event: Event) -> None:
        self.close(RESTRICTION, event.record.id)
        if event.record.ending == "escape":
            self.rest = "escaped"
        elif event.record.ending == "release":
            self.rest = "released"
        elif self.rest == "restricted":
            self.rest = "unknown"

    def stay_fades(self, event: Event) -> None:
        self.close(STAY, event.record.id)
        if not self.something_open():
            self.rest = "unknown"

    def restriction_fades(self, event: Event) -> None:
        self.close(RESTRICTION, event.record.id)
        if not self.something_open():
            self.rest = "unknown"

    def release(self, event: Event) -> None:
        self.free(event.record)

    def free(self, release: Release) -> None:
        self.bare = None
        self.stays = [
            begin for begin in self.stays if self.ends[STAY, begin.record.id].dated or begin.record.ending == "death"
        ]
        if release.kind != "bail":
            self.restrictions = []
        if not self.stays:
            self.rest = {"bail": "restricted", "escaped": "escaped"}.get(release.kind, "released")

    def death(self, event: Event) -> None:
        last = self.done[-1][0] if self.done else None
        died_there = (
            last is not None
            and last.what == "stay end"
            and last.record.ending == "ended"
            and last.release is None
            and can_be_same_day(last.days, event.days)
        )
        self.final = "died_in_custody" if self.stays or self.bare or died_there else "died"
        self.stays, self.restrictions, self.bare = [], [], None

    def charge_made(self, event: Event) -> None:
        self.made[event.record.id] = len(self.done)

    def charge_ended(self, event: Event) -> None:
        self.ended.add(event.record.id)

    def sentence(self, event: Event) -> None:
        self.sentences.append((len(self.done), event.record))

    def close(self, cls: int, id: int) -> None:
        if cls == STAY:
            self.stays = [begin for begin in self.stays if begin.record.id != id]
        else:
            self.restrictions = [begin for begin in self.restrictions if begin.record.id != id]

    # What the state says

    def state(self, before: State, event: Event) -> State:
        status, kind, place, kind_since = self.says()
        since = before.since if before.status == status else event
        if status in HELD:
            since = self.spell
        return State(status, kind, place, since, kind_since)

    def says(self) -> tuple[str, str, object, Event | None]:
        if self.final:
            return self.final, "", None, None
        acknowledged = [begin for begin in self.stays if begin.record.kind != "unacknowledged"]
        if acknowledged:
            begin = acknowledged[-1]
            return "in_custody", begin.record.kind, begin.record.place, begin
        if self.bare:
            return "in_custody", "", None, self.bare
        if self.stays:
            begin = self.stays[-1]
            return "disappeared", begin.record.kind, begin.record.place, begin
        if self.restrictions:
            begin = self.restrictions[-1]
            return "restricted", begin.record.kind, None, begin
        if self.rest != "none":
            return self.rest, "", None, None
        return self.charges_say(), "", None, None

    def charges_say(self) -> str:
        changed = {sentence.changes_id for _, sentence in self.sentences if sentence.changes_id is not None}
        standing = [(number, *self.stands_with(each)) for number, each in self.sentences if each.id not in changed]
        for charge, made in self.made.items():
            decided = any(
                charge in findings or (verdict and not findings and number > made)
                for number, verdict, findings in standing
            )
            if charge not in self.ended and not decided:
                return "charged"
        if any(verdict == "convicted" for _, verdict, _ in standing):
            return "convicted"
        return "closed" if self.made or self.ended or self.sentences else "unknown"

    def stands_with(self, sentence: Sentence, seen: tuple[int, ...] = ()) -> tuple[str, list[int]]:
        """The verdict with which a sentence stands, and the charges that it decides by a finding."""
        findings = [charge for charge, _ in sentence.findings]
        if sentence.verdict or sentence.change not in ("upheld", "reduced", "increased") or sentence.id in seen:
            return sentence.verdict, findings
        changed = next((each for _, each in self.sentences if each.id == sentence.changes_id), None)
        if changed is None:
            return sentence.verdict, findings
        verdict, inherited = self.stands_with(changed, (*seen, sentence.id))
        return verdict, findings or inherited


# ---- 4. Any day


last_walk: list = [None, None]  # one history is asked about many days in a row


def walk(history: History) -> list[tuple[Event, State]]:
    """The events that changed something, each with its days and the state after it."""
    if last_walk[0] is not history:
        last_walk[:] = history, walk_anew(history)
    return last_walk[1]


def walk_anew(history: History) -> list[tuple[Event, State]]:
    walked = without_idle(Walk(history).run())
    keep_to_the_order([event for event, _ in walked])
    return [
        (event, replace(state, since=days_at(state.since), kind_since=days_at(state.kind_since)))
        for event, state in walked
    ]


def days_at(event: Event | None) -> Days | None:
    return event and event.days


def without_idle(walked: list[tuple[Event, State]]) -> list[tuple[Event, State]]:
    """Nothing changes any more after a death, so what comes after it is left out too."""
    kept, before = [], State()
    for event, state in walked:
        if told(state) != told(before):
            kept.append((event, state))
        before = state
    return kept


def told(state: State) -> tuple:
    """Status, kind, place and spell."""
    return state.status, state.kind, state.place, state.since if state.status in HELD else None


def keep_to_the_order(events: list[Event]) -> None:
    """None was earlier than one before it nor later than one after it: so nobody is possibly held before an arrest of a
    known day or after a release of a known day. Charges and verdicts say nothing about when the others happened."""
    allow_only_the_order([event for event in events if not event.is_of_charges()], lambda event: True)
    allow_only_the_order(events, Event.is_of_charges)


def allow_only_the_order(events: list[Event], is_kept) -> None:
    days = [event.days for event in events]
    for number, event in enumerate(events):
        if not is_kept(event):
            continue
        so_far, from_here = days[: number + 1], days[number:]
        event.days = Days(
            max(each.earliest for each in so_far),
            event.days.likely,
            min(each.latest for each in from_here),
            max(each.widest_earliest for each in so_far),
            min(each.widest_latest for each in from_here),
        )


def status_on(history: History, day: date) -> State:
    """The state that is likely at the end of the day."""
    said = State()
    for event, state in walk(history):
        if event.days.likely <= day:
            said = state
    return said


def possibly(history: History, day: date) -> set[str]:
    return statuses_between(walk(history), day, "earliest", "latest")


def certainly(history: History, day: date) -> str | None:
    """What alone can be true on the day even if uncertain dates are wrong by as much as they may be."""
    said = statuses_between(walk(history), day, "widest_earliest", "widest_latest")
    return said.pop() if len(said) == 1 else None


def statuses_between(walked: list[tuple[Event, State]], day: date, begin: str, end: str) -> set[str]:
    """Of the states that had begun by the day at the earliest and were not yet over at the latest."""
    begins = [FIRST, *(getattr(event.days, begin) for event, _ in walked)]
    ends = [*(getattr(event.days, end) for event, _ in walked), None]
    states = [State(), *(state for _, state in walked)]
    return {
        state.status
        for first, over, state in zip(begins, ends, states, strict=True)
        if first <= day and (over is None or over > day)
    }


# ---- 5. Days held


def days_held(history: History, day: date) -> tuple[int, int, int | None]:
    """(fewest, likely, most) days up to and including `day` in custody or disappeared; most is None if not known."""
    return count_days(history, day, HELD)


def unacknowledged_days(history: History, day: date) -> tuple[int, int, int | None]:
    return count_days(history, day, ("disappeared",))


def count_days(history: History, day: date, statuses: tuple[str, ...]) -> tuple[int, int, int | None]:
    walked = walk(history)
    likely, most = [], []
    for number, (event, state) in enumerate(walked):
        if state.status in statuses:
            after = walked[number + 1][0] if number + 1 < len(walked) else None
            likely.append((event.days.likely, last_day(after, "likely")))
            most.append((event.days.earliest, last_day(after, "latest")))
    open_to_the_past = any(first == FIRST for first, _ in most)
    return fewest_days(walked, day, statuses), counted(likely, day), None if open_to_the_past else counted(most, day)


def counted(stretches: list[tuple[date, date]], asked: date) -> int:
    """The distinct days of the stretches (first and last included) up to the day asked about, counted one by one."""
    days: set[int] = set()
    for first, final in stretches:
        days |= set(range(first.toordinal(), min(final, asked).toordinal() + 1))
    return len(days)


def last_day(event: Event | None, which: str) -> date:
    """The last day of what the event ends: its own, but the one before a fading end."""
    if event is None:
        return LAST
    day = getattr(event.days, which)
    return day - DAY if event.rank == 6 else day


def fewest_days(walked: list[tuple[Event, State]], asked: date, statuses: tuple[str, ...]) -> int:
    """The days on which a spell had certainly begun and was not possibly over, both ends counted; at least one if a spell
    has certainly begun, however little the dates can prove."""
    held = [state.status in statuses for _, state in walked]
    spells = []
    for first, (event, _) in enumerate(walked):
        if held[first] and not (first and held[first - 1]):
            over = next((walked[number][0] for number in range(first, len(walked)) if not held[number]), None)
            spells.append((event.days.widest_latest, last_day(over, "widest_earliest")))
    begun = any(first <= asked for first, _ in spells)
    return max(counted(spells, asked), int(begun))


if __name__ == "__main__":
    from tests.histories import check

    raise SystemExit(check())
