"""The status definition (docs/status.md) a second time: slow, plain, one day at a time, without Django or a database.

Written from the page alone, never from the SQL, so that two readings of one text are compared. Section numbers in
comments are the page's. `python -m tests.oracle` checks it against the real-life table of tests/histories.py.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

FIRST, LAST = date.min, date.max  # what an open bound counts as
LONG_AGO = date(1900, 1, 1)  # before every date of a case
DAY = timedelta(days=1)
ARREST, STAY, RESTRICTION = 1, 2, 3  # classes of beginnings
JOINED_WITH = {
    "transfer": (STAY,),
    "changed": (STAY, RESTRICTION),
}  # what ends a stay of this ending without a date (2.3b)
HELD = ("in_custody", "disappeared")
DEAD = ("died_in_custody", "died")
CHARGE_EVENTS = ("charge made", "charge ended", "sentence")

# Changes to the page that are proposed, not decided. Each is in force only while its name stands here; what each means is
# said where it is used. `PROPOSED.update(ALL_PROPOSALS)` switches them on.
ALL_PROPOSALS = frozenset({"order", "charges", "exact", "death", "ban"})
PROPOSED: set[str] = set()


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


@dataclass
class Event:
    """`what` is arrest, stay, restriction, stay end, restriction end, stay fades, restriction fades, release, charge made,
    charge ended, sentence or death. A stay end with a `release` is a one-ending (2.7)."""

    what: str
    rank: int
    days: Days
    record: object
    release: Release | None = None

    def order(self):
        cls = RESTRICTION if self.what.startswith("restriction") else STAY if self.what.startswith("stay") else ARREST
        return (self.days.likely, self.rank, cls, getattr(self.record, "id", 0))


@dataclass(frozen=True)
class State:
    """`since` is the spell's begin while held, else the begin of the first consecutive state of the same status;
    `kind_since` the begin of the stay or restriction that gives kind and place. Both None where nothing began."""

    status: str = "unknown"
    kind: str = ""
    place: object = None
    since: Days | None = None
    kind_since: Days | None = None


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


def not_likely_before(days: Days, day: date) -> Days:
    return replace(days, likely=max(days.likely, day))


def no_later_than(days: Days, other: Days) -> Days:
    """Taken first because it can be the same day as `other` (section 3)."""
    likely = min(days.likely, other.likely)
    if "exact" in PROPOSED:  # 'exact': a known day is not moved to an unlikely one; the other event moves instead
        likely = max(likely, days.earliest)
    return replace(
        days,
        likely=likely,
        latest=min(days.latest, other.latest),
        widest_latest=min(days.widest_latest, other.widest_latest),
    )


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
    if record.began:
        return days_of(record.began)
    begin = up_to(record.recorded)
    if record.ended:
        end = days_of(record.ended)
        if end.likely < begin.likely:
            begin = Days(FIRST, end.likely, end.latest, FIRST, end.widest_latest)
    return begin


@dataclass
class End:
    """How a stay or restriction ends by itself: `how` is own, fading, joined (when `at` begins) or none."""

    how: str
    days: Days | None = None
    dated: bool = False
    at: tuple[int, int] | None = None  # key of the beginning on which a joined end falls


def ends_of(history: History, beginnings: list[Beginning]) -> dict[tuple[int, int], End]:
    """2.3 to 2.5: by the key of the beginning."""
    return {
        begin.key(): end_of(history, beginnings, number)
        for number, begin in enumerate(beginnings)
        if begin.cls != ARREST
    }


def end_of(history: History, beginnings: list[Beginning], number: int) -> End:
    begin = beginnings[number]
    record, after = begin.record, beginnings[number + 1] if number + 1 < len(beginnings) else None
    if record.ending in ("ongoing", "death"):
        return End("none")
    if record.ended:
        return dated_end(beginnings, number)
    if record.ending == "unconfirmed":
        return fading_end(history, begin)
    if record.ending in ("release", "changed") and ended_by_release(history, begin, after):
        return End("none")
    if begin.cls == STAY and after and after.cls in JOINED_WITH.get(record.ending, ()):
        return End("joined", at=after.key())
    return End("own", days_between(begin, after, record.recorded))


def dated_end(beginnings: list[Beginning], number: int) -> End:
    begin = beginnings[number]
    end = not_likely_before(days_of(begin.record.ended), begin.days.likely)
    if begin.cls == STAY and begin.record.ending in ("transfer", "changed"):  # 2.4
        reach = replace(end, latest=end.latest if end.latest == LAST else end.latest + DAY)
        for later in beginnings[number + 1 :]:
            if later.cls == STAY and can_be_same_day(reach, later.days):
                return End("joined", end, dated=True, at=later.key())
    return End("own", end, dated=True)


def fading_end(history: History, begin: Beginning) -> End:
    confirmed = begin.days.likely
    if history.last_confirmed and history.last_confirmed >= confirmed:
        confirmed = history.last_confirmed
    after = confirmed + DAY
    return End("fading", Days(after, after, LAST, after, LAST))


def ended_by_release(history: History, begin: Beginning, after: Beginning | None) -> bool:
    """2.3a. A bail release ends no restriction, so it doesn't count for one."""
    if begin.cls == RESTRICTION and "ban" in PROPOSED:  # 'ban': a beginning in between closes no restriction
        after = None
    for release in history.releases:
        day = dated_release(history, release)
        if day is None or (begin.cls == RESTRICTION and release.kind == "bail"):
            continue
        if begin.days.likely <= day.likely and (after is None or day.likely <= after.days.likely):
            return True
    return False


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
    if named is None or named.ended is None:
        return None
    begin = next(begin for begin in beginnings_of(history) if begin.key() == (STAY, named.id))
    return not_likely_before(days_of(named.ended), begin.days.likely)


def days_of_release(history: History, beginnings: list[Beginning], release: Release) -> Days:
    known = dated_release(history, release)
    if known:
        return known
    keys = [begin.key() for begin in beginnings]
    if release.stay_id is not None and (STAY, release.stay_id) in keys:
        number = keys.index((STAY, release.stay_id))
    else:
        # Design 5: at the latest at the day of recording. So a beginning that came later, a re-arrest, is not the one.
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
        begin = begun[STAY, same.record.id]
        same.days = not_likely_before(both_allow(same.days, release.days), begin.days.likely)
        same.release = release.record
    return endings + alone


def charge_events(history: History) -> list[Event]:
    """2.9"""
    events = []
    sentenced = [days_of(sentence.date).likely for sentence in history.sentences if sentence.date]
    for charge in history.charges:
        made = days_of(charge.charged_on) if charge.charged_on else up_to(min([charge.recorded, *sentenced]))
        events.append(Event("charge made", 1, made, charge))
        if charge.ended_on:
            events.append(Event("charge ended", 3, days_of(charge.ended_on), charge))
        elif charge.ended_how:
            events.append(Event("charge ended", 3, exactly(charge.recorded), charge))
    for sentence in history.sentences:
        days = days_of(sentence.date) if sentence.date else up_to(sentence.recorded)
        events.append(Event("sentence", 2, days, sentence))
    return events


def death_of(history: History, beginnings: list[Beginning], events: list[Event]) -> list[Event]:
    """2.8"""
    person = history.person
    deadly = [stay.recorded for stay in history.stays if stay.ending == "death"]
    if person.deceased != "yes" and not deadly:
        return []
    recorded = person.recorded if person.deceased == "yes" else min(deadly)
    known = signs_of_life(history, beginnings)
    if person.died:
        days = days_of(person.died)
        if "death" in PROPOSED:
            days = after_signs_of_life(days, known)
    else:
        alive = max([FIRST, *(day.earliest for day in known)])
        if history.last_confirmed:
            alive = max(alive, history.last_confirmed)
        latest = max(recorded, alive)
        likely = max([likely_day(alive, latest), *(event.days.likely for event in events)])
        days = Days(alive, likely, latest, alive, latest)
    return [Event("death", 9, days, person)]


def signs_of_life(history: History, beginnings: list[Beginning]) -> list[Days]:
    known = [begin.days for begin in beginnings]
    known += [day for release in history.releases if (day := dated_release(history, release))]
    known += [days_of(each.ended) for each in (*history.stays, *history.restrictions) if each.ended]
    return known


def after_signs_of_life(days: Days, known: list[Days]) -> Days:
    """'death': "died 2016" of someone arrested on 1 September 2016 means after that arrest."""
    before = [day for day in known if day.likely <= days.latest and day.earliest <= days.latest]
    earliest = max([days.earliest, *(day.earliest for day in before)])
    widest_earliest = max([days.widest_earliest, *(day.widest_earliest for day in before)])
    likely = max([likely_day(earliest, days.latest), *(day.likely for day in before)])
    return replace(days, earliest=earliest, likely=likely, widest_earliest=min(widest_earliest, earliest))


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
        self.pending += death_of(history, self.beginnings, self.pending)
        self.begun: set[tuple[int, int]] = set()
        self.stays: list[tuple[Stay, Days]] = []  # open, in the order in which they began
        self.restrictions: list[tuple[Restriction, Days]] = []
        self.bare: Days | None = None  # bare custody, since
        self.rest = "none"
        self.spell: Days | None = None
        self.was_held = False
        self.final = ""
        self.made: dict[int, int] = {}  # charge id: number of the event
        self.ended: set[int] = set()
        self.sentences: list[tuple[int, Sentence]] = []
        self.done: list[tuple[Event, State]] = []

    def run(self) -> list[tuple[Event, State]]:
        while self.pending:
            self.pending = [event for event in self.pending if not self.is_void(event)]
            eligible = [event for event in self.pending if not self.is_waiting(event)]
            if eligible:
                self.take(*self.first_of(eligible))
        return self.done

    def first_of(self, eligible: list[Event]) -> tuple[Event, Days]:
        """The event that takes place now, and its days."""
        event = min(eligible, key=Event.order)
        if event.rank == 4 and self.something_open():
            endings = [e for e in eligible if e.rank in (5, 7) and can_be_same_day(e.days, event.days)]
            if endings:
                ending = min(endings, key=Event.order)
                return ending, no_later_than(ending.days, event.days)
        if event.what == "release" and not self.something_open():
            # The order of beginnings is (likely, class, id), which is the events' own order
            begins = [e for e in eligible if e.rank == 4 and can_be_same_day(e.days, event.days)]
            if begins:
                begin = min(begins, key=Event.order)
                return begin, no_later_than(begin.days, event.days)
        return event, event.days

    def key_of(self, event: Event) -> tuple[int, int] | None:
        """The stay or restriction that an own or fading end closes."""
        if event.rank not in (5, 6):
            return None
        return (STAY if event.what.startswith("stay") else RESTRICTION, event.record.id)

    def is_waiting(self, event: Event) -> bool:
        key = self.key_of(event)
        return key is not None and key not in self.begun

    def is_void(self, event: Event) -> bool:
        key = self.key_of(event)
        return key is not None and key in self.begun and not self.is_open(key)

    def is_open(self, key: tuple[int, int]) -> bool:
        opened = self.stays if key[0] == STAY else self.restrictions
        return any(record.id == key[1] for record, _ in opened)

    def something_open(self) -> bool:
        return bool(self.stays or self.restrictions or self.bare)

    def take(self, event: Event, days: Days) -> None:
        self.pending.remove(event)
        if self.done:
            days = not_likely_before(days, self.done[-1][0].days.likely)
        event = replace(event, days=days)
        held_before = bool(self.stays or self.bare)
        if event.rank == 4:
            self.begun.add(({"arrest": ARREST, "stay": STAY, "restriction": RESTRICTION}[event.what], event.record.id))
        if not self.final:
            getattr(self, event.what.replace(" ", "_"))(event)
        if self.final or not (self.stays or self.bare):
            self.spell = None
        elif not held_before:
            self.spell = days
        self.was_held = self.was_held or bool(self.stays or self.bare)
        before = self.done[-1][1] if self.done else State()
        self.done.append((event, self.state(before, event)))

    # What each event does

    def arrest(self, event: Event) -> None:
        if not self.stays:
            self.bare = self.bare or event.days

    def stay(self, event: Event) -> None:
        self.bare = None
        self.close_joined((STAY, event.record.id))
        self.stays.append((event.record, event.days))

    def restriction(self, event: Event) -> None:
        self.bare = None
        self.close_joined((RESTRICTION, event.record.id))
        self.restrictions.append((event.record, event.days))
        if not self.stays and self.was_held:
            self.rest = "released"

    def close_joined(self, key: tuple[int, int]) -> None:
        self.stays = [(stay, days) for stay, days in self.stays if self.ends[STAY, stay.id].at != key]

    def stay_end(self, event: Event) -> None:
        self.close(STAY, event.record.id)
        if not self.stays:
            if event.record.ending == "transfer":
                self.bare = event.days
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
        self.stays = [(s, d) for s, d in self.stays if self.ends[STAY, s.id].dated or s.ending == "death"]
        if release.kind != "bail":
            self.restrictions = []
        if not self.stays:
            self.rest = {"bail": "restricted", "escaped": "escaped"}.get(release.kind, "released")

    def death(self, event: Event) -> None:
        self.final = "died_in_custody" if self.stays or self.bare else "died"
        self.stays, self.restrictions, self.bare = [], [], None

    def charge_made(self, event: Event) -> None:
        self.made[event.record.id] = len(self.done)

    def charge_ended(self, event: Event) -> None:
        self.ended.add(event.record.id)

    def sentence(self, event: Event) -> None:
        self.sentences.append((len(self.done), event.record))

    def close(self, cls: int, id: int) -> None:
        if cls == STAY:
            self.stays = [(stay, days) for stay, days in self.stays if stay.id != id]
        else:
            self.restrictions = [(ban, days) for ban, days in self.restrictions if ban.id != id]

    # What the state says

    def state(self, before: State, event: Event) -> State:
        status, kind, place, kind_since = self.says()
        since = before.since if before.status == status else event.days
        if status in HELD:
            since = self.spell
        return State(status, kind, place, since, kind_since)

    def says(self) -> tuple[str, str, object, Days | None]:
        if self.final:
            return self.final, "", None, None
        acknowledged = [each for each in self.stays if each[0].kind != "unacknowledged"]
        if acknowledged:
            stay, since = acknowledged[-1]
            return "in_custody", stay.kind, stay.place, since
        if self.bare:
            return "in_custody", "", None, self.bare
        if self.stays:
            stay, since = self.stays[-1]
            return "disappeared", stay.kind, stay.place, since
        if self.restrictions:
            ban, since = self.restrictions[-1]
            return "restricted", ban.kind, None, since
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


def walk(history: History) -> list[(Event, State)]:
    """The events in the order in which they take place, each with its days and the state after it."""
    walked = Walk(history).run()
    if "charges" in PROPOSED:
        walked = without_idle_charges(walked)
    if "order" in PROPOSED:
        walked = in_true_order(walked)
    return walked


def without_idle_charges(walked: list[tuple[Event, State]]) -> list[tuple[Event, State]]:
    """'charges': a charge or sentence of a vague day says nothing about whether somebody is held. Those that don't change
    the status don't count; those that do, count until the next beginning, release or death at the latest. After a death
    nothing counts."""
    kept: list[tuple[Event, State]] = []
    for event, state in walked:
        before = kept[-1][1] if kept else State()
        if before.status in DEAD or (event.what in CHARGE_EVENTS and state.status == before.status):
            continue
        if event.what not in CHARGE_EVENTS:
            kept = [
                (replace(each, days=cut(each.days, event.days)), said) if each.what in CHARGE_EVENTS else (each, said)
                for each, said in kept
            ]
        kept.append((event, state))
    return kept


def cut(days: Days, by: Days) -> Days:
    return replace(days, latest=min(days.latest, by.latest), widest_latest=min(days.widest_latest, by.widest_latest))


def in_true_order(walked: list[tuple[Event, State]]) -> list[tuple[Event, State]]:
    """'order': beginnings, ends, releases and death happened in the order of the walk, so none was earlier than one before
    it nor later than one after it. So nobody is possibly held before an arrest or after a release of a known day."""
    order = [number for number, (event, _) in enumerate(walked) if event.what not in CHARGE_EVENTS]
    days = [walked[number][0].days for number in order]
    fitted = {}
    for place, number in enumerate(order):
        so_far, from_here = days[: place + 1], days[place:]
        earliest = max(each.earliest for each in so_far)
        latest = max(earliest, min(each.latest for each in from_here))
        fitted[number] = Days(
            earliest,
            max(earliest, min(days[place].likely, latest)),
            latest,
            max(each.widest_earliest for each in so_far),
            max(latest, min(each.widest_latest for each in from_here)),
        )
    return [
        (replace(event, days=fitted.get(number, event.days)), state) for number, (event, state) in enumerate(walked)
    ]


# ---- 4. Any day


def status_on(history: History, day: date) -> State:
    """The state that is likely at the end of the day."""
    said = State()
    for event, state in walk(history):
        if event.days.likely <= day:
            said = state
    return said


def possibly(history: History, day: date) -> set[str]:
    walked = walk(history)
    states = [State(), *(state for _, state in walked)]
    k = leading(event.days.latest <= day for event, _ in walked)
    j = max(k, last(event.days.earliest <= day for event, _ in walked))
    return {state.status for state in states[k : j + 1]}


def certainly(history: History, day: date) -> str | None:
    said = certain_statuses(walk(history), day)
    return said.pop() if len(said) == 1 else None


def certain_statuses(walked: list[tuple[Event, State]], day: date) -> set[str]:
    """All that can be true on the day if uncertain dates are wrong by as much as they may be."""
    states = [State(), *(state for _, state in walked)]
    k = leading(event.days.widest_latest <= day for event, _ in walked)
    j = max(k, last(event.days.widest_earliest <= day for event, _ in walked))
    return {state.status for state in states[k : j + 1]}


def leading(answers) -> int:
    """How many of them are true before the first that is false."""
    count = 0
    for answer in answers:
        if not answer:
            break
        count += 1
    return count


def last(answers) -> int:
    """The number, counted from 1, of the last that is true; 0 if none is."""
    return max((number for number, answer in enumerate(answers, 1) if answer), default=0)


# ---- 5. Days held


def days_held(history: History, day: date) -> tuple[int, int, int]:
    """(fewest, likely, most) days up to and including `day` in custody or disappeared."""
    return count_days(history, day, HELD)


def unacknowledged_days(history: History, day: date) -> tuple[int, int, int]:
    return count_days(history, day, ("disappeared",))


def count_days(history: History, day: date, statuses: tuple[str, ...]) -> tuple[int, int, int]:
    walked = walk(history)
    likely, most = [], []
    for number, (event, state) in enumerate(walked):
        if state.status in statuses:
            after = walked[number + 1][0] if number + 1 < len(walked) else None
            likely.append((event.days.likely, last_day(after, "likely")))
            most.append((event.days.earliest, last_day(after, "latest")))
    return fewest_days(walked, day, statuses), counted(likely, day), counted(most, day)


def counted(stretches: list[tuple[date, date]], asked: date) -> int:
    """The distinct days of the stretches (first and last included) up to the day asked about, counted one by one."""
    days: set[int] = set()
    before = 0
    for first, final in stretches:
        if first < LONG_AGO <= final:  # open to the past: the days that nothing else can touch are counted at once
            before = LONG_AGO.toordinal() - FIRST.toordinal()
        days |= set(range(max(first, LONG_AGO).toordinal(), min(final, asked).toordinal() + 1))
    return len(days) + before


def last_day(event: Event | None, which: str) -> date:
    """The last day of what the event ends: its own, but the one before a fading end."""
    if event is None:
        return LAST
    day = getattr(event.days, which)
    return day - DAY if event.rank == 6 else day


def fewest_days(walked: list[tuple[Event, State]], asked: date, statuses: tuple[str, ...]) -> int:
    """The days on which a run of held states had certainly begun and was not possibly over, both ends counted; at least
    one if such a state is certainly past, however little the dates can prove."""
    held = [state.status in statuses for _, state in walked]
    runs = []
    for first in range(len(walked)):
        if not held[first] or (first and held[first - 1]):
            continue
        over = next((number for number in range(first, len(walked)) if not held[number]), len(walked))
        begun = max(event.days.widest_latest for event, _ in walked[: first + 1])
        final = min((last_day(event, "widest_earliest") for event, _ in walked[over:]), default=LAST)
        runs.append((begun, final))
    past = leading(event.days.widest_latest <= asked for event, _ in walked)
    return max(counted(runs, asked), int(any(held[:past])))


if __name__ == "__main__":
    from tests.histories import check

    raise SystemExit(check())
