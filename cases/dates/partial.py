"""Partial dates: what is known of a date, and no more.

A profile of EDTF (ISO 8601-2, design 4). Plain Python without queries:

    2014  2014-02  2014-02-26      a year, a month, a day
    2016-03~  2015-01-29?  2016%   about, uncertain, both
    2017-06/2017-07                one day between
    [2017,2018]                    one of
    2015/..  ../2017               in or after, in or before
    (empty)                        unknown
"""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_ALT
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

LONGEST_INPUT = 120
LONGEST_TEXT = 64
MOST_CHOICES = 5  # of "2017 or 2018 or …": five whole dates fit LONGEST_TEXT
FIRST_YEAR, LAST_YEAR = 1000, 2999
DAYS_OF_DOUBT = 7
MARKS = "~?%"


class DateError(ValueError):
    """A date that can't be read, doesn't exist, or can't be true; the message is meant for the person who typed it."""


class AmbiguousDate(DateError):
    """A date that can be read in two ways, 03/04/2019; `readings` has both, day first, then month first."""

    def __init__(self, first: "PartialDate", second: "PartialDate") -> None:
        self.readings = (first, second)
        words = {"a": in_words(first), "b": in_words(second)}
        super().__init__(_("This can be read as %(a)s or as %(b)s") % words)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as it is known. `text` is EDTF; a bound is None where the date is open.

    Source: design 4, ISO 8601-2. `bool()` is False for the unknown date. The bounds can be narrower than the text:
    see `capped`.
    """

    text: str
    earliest: date | None
    latest: date | None

    @classmethod
    def parse_edtf(cls, text: str) -> "PartialDate":
        """Return the date that `text` stands for, its bounds uncapped; empty is unknown.

        Raises DateError for text outside the profile, impossible dates, and an end before its start.
        """
        return parse(text)

    @property
    def is_complete(self) -> bool:
        """Whether the date names one day, for certain or not."""
        if not self:
            return False
        kind, dates, _mark = _taken_apart(self.text)
        return kind == "single" and dates[0].precision == "day"

    @property
    def mark(self) -> str:
        """`~` about, `?` uncertain, `%` both, or empty."""
        return self.text[-1] if self.text and self.text[-1] in MARKS else ""

    @property
    def sort_key(self) -> tuple[date, date]:
        """Earliest, then latest; an open or unknown bound comes last, as in the database."""
        return (self.earliest or date.max, self.latest or date.max)

    def likely(self) -> date | None:
        """Return the day that stands for this date where one is needed: the middle of its bounds (the earlier of two
        middles), or the known bound of an open date. None only if the date is unknown.
        """
        if self.earliest and self.latest:
            return self.earliest + (self.latest - self.earliest) // 2
        return self.earliest or self.latest

    def widened(self) -> tuple[date | None, date | None]:
        """Return the bounds for "certainly" and "fewest": a date with a mark is wider on both sides by a year, a month
        or seven days, as precise as it is. Months and years are added as PostgreSQL's interval does.
        """
        if not self.mark:
            return self.earliest, self.latest
        return _moved(self.earliest, -1, self.text), _moved(self.latest, 1, self.text)

    def overlaps(self, first: date | None, last: date | None) -> bool:
        """Whether a day from `first` to `last` (None: open) is possible. An unknown date overlaps nothing."""
        if not self:
            return False
        begins_in_time = last is None or self.earliest is None or self.earliest <= last
        ends_in_time = first is None or self.latest is None or self.latest >= first
        return begins_in_time and ends_in_time

    def within(self, first: date | None, last: date | None) -> bool:
        """Whether the date certainly lies from `first` to `last` (None: open)."""
        earliest, latest = self.widened()
        begins_in_time = first is None or (earliest is not None and earliest >= first)
        ends_in_time = last is None or (latest is not None and latest <= last)
        return bool(self) and begins_in_time and ends_in_time

    def capped(self, today: date) -> "PartialDate":
        """Return this date as that of something that has happened: the latest bound becomes `today` at most.

        Raises DateError if it lies wholly after `today`. Capping again on a later day changes nothing.
        """
        if not self:
            return self
        if self.earliest and self.earliest > today:
            words = {"date": in_words(self), "today": _in_words("day", today)}
            raise DateError(_("%(date)s lies in the future; today is %(today)s") % words)
        if self.latest is None or self.latest > today:
            return replace(self, latest=today)
        return self

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return in_words(self)


UNKNOWN = PartialDate("", None, None)


def today() -> date:
    """Return the date in the installation's time zone: the only "today" there is."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


# ------------------------------------------------------------------------------------------------ EDTF


class Parts(NamedTuple):
    """A year, a month or a day."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        return f"{self.year:04}" + "".join(f"-{part:02}" for part in (self.month, self.day) if part is not None)

    @property
    def precision(self) -> str:
        return "year" if self.month is None else "month" if self.day is None else "day"

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])


PARTS = r"(?:\d{4}(?:-\d\d(?:-\d\d)?)?)"
EDTF = re.compile(
    rf"(?P<single>{PARTS})(?P<mark>[~?%]?)"
    rf"|(?P<begin>{PARTS})/(?P<end>{PARTS})"
    rf"|(?P<after>{PARTS})/\.\."
    rf"|\.\./(?P<before>{PARTS})"
    rf"|\[(?P<choices>{PARTS}(?:, ?{PARTS})*)\]",
    re.ASCII,
)


class _Read(NamedTuple):
    """EDTF text taken apart: kind is single, range, after, before or choices."""

    kind: str
    dates: tuple[Parts, ...]
    mark: str = ""


@lru_cache(maxsize=4096)
def parse(text: str) -> PartialDate:
    if not text:
        return UNKNOWN
    kind, dates, mark = _taken_apart(text)
    first, last = dates[0].first, dates[-1].last
    if kind == "single":
        return PartialDate(f"{dates[0]}{mark}", first, last)
    if kind == "after":
        return PartialDate(f"{dates[0]}/..", first, None)
    if kind == "before":
        return PartialDate(f"../{dates[0]}", None, last)
    if kind == "range":
        if first > last:
            raise DateError(_("%(b)s is before %(a)s") % {"a": _words(dates[0]), "b": _words(dates[-1])})
        return PartialDate(f"{dates[0]}/{dates[1]}", first, last)
    return PartialDate(f"[{','.join(map(str, dates))}]", first, max(choice.last for choice in dates))


@lru_cache(maxsize=4096)
def _taken_apart(text: str) -> _Read:
    match = EDTF.fullmatch(text) if len(text) <= LONGEST_INPUT else None
    if match is None:
        raise DateError(_("“%(text)s” is not a date in the form that is stored") % {"text": shortened(text)})
    found = match.groupdict()
    if found["single"]:
        return _Read("single", (_parts(found["single"]),), found["mark"])
    if found["begin"]:
        return _Read("range", (_parts(found["begin"]), _parts(found["end"])))
    for kind in ("after", "before"):
        if found[kind]:
            return _Read(kind, (_parts(found[kind]),))
    return _choices([_parts(choice.strip()) for choice in found["choices"].split(",")])


def _choices(dates: list[Parts]) -> _Read:
    """Return "one of", in order and each once; one choice alone is a single date."""
    dates = sorted(set(dates), key=lambda choice: (choice.first, choice.last))
    if len(dates) > MOST_CHOICES:
        raise DateError(_("At most %(number)s dates can be given as alternatives") % {"number": MOST_CHOICES})
    return _Read("choices" if len(dates) > 1 else "single", tuple(dates))


def _parts(text: str) -> Parts:
    return checked(*(int(part) for part in text.split("-")))


def checked(year: int, month: int | None = None, day: int | None = None) -> Parts:
    """Return the parts of a date that exists."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR, "year": year}
        raise DateError(_("The year %(year)s is not between %(first)s and %(last)s") % years)
    if month is not None and not 1 <= month <= 12:
        raise DateError(_("There is no month %(month)s") % {"month": month})
    if month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
        raise DateError(_("%(date)s does not exist") % {"date": _words(Parts(year, month, day))})
    return Parts(year, month, day)


def _moved(day: date | None, step: int, text: str) -> date | None:
    """Return `day` moved by one unit of the precision of a single date's `text`."""
    if day is None:
        return None
    precision = _taken_apart(text).dates[0].precision
    if precision == "day":
        return day + timedelta(days=step * DAYS_OF_DOUBT)
    months = day.year * 12 + day.month - 1 + step * (12 if precision == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shortened(text: str) -> str:
    """Return a piece of what was typed that is safe and short enough to be said back."""
    printable = "".join(char if char.isprintable() else "�" for char in text)
    return printable if len(printable) <= 40 else f"{printable[:39]}…"


# ------------------------------------------------------------------------------------------------ words


def in_words(partial: PartialDate) -> str:
    """Return the date in the active language: "about March 2016", "2017 or 2018"; the unknown date is empty."""
    if not partial:
        return ""
    kind, dates, mark = _taken_apart(partial.text)
    words = [_words(day) for day in dates]
    if kind == "single":
        return _with_mark(words[0], mark)
    if kind == "range":
        return _range_in_words(*dates)
    if kind == "choices":
        others, last = ", ".join(words[:-1]), words[-1]
        return _("%(a)s or %(b)s") % {"a": others, "b": last}
    return _limit_in_words(kind, dates[0].precision, words[0])


def understood(partial: PartialDate) -> str:
    """Return what a form says back: the date in words and what is not known of it, "February 2014, day unknown"."""
    if not partial:
        return _("unknown")
    kind, dates, mark = _taken_apart(partial.text)
    words = in_words(partial)
    if kind == "range":
        days = {"a": _in_words("day", dates[0].first), "b": _in_words("day", dates[1].last)}
        return _("one day between %(a)s and %(b)s") % days
    if kind != "single" or mark:
        return words
    if dates[0].precision == "year":
        return _("%(date)s, month and day unknown") % {"date": words}
    if dates[0].precision == "month":
        return _("%(date)s, day unknown") % {"date": words}
    return words


def words_for_bounds(earliest: date | None, latest: date | None) -> str:
    """Return bounds in words, as short as they allow: "2014", "February 2014", "between 3 May 2014 and 7 June 2015"."""
    if earliest is None or latest is None:
        known = earliest or latest
        if known is None:
            return _("unknown")
        return _limit_in_words("after" if earliest else "before", "day", _in_words("day", known))
    for whole in (Parts(earliest.year), Parts(earliest.year, earliest.month)):
        if (whole.first, whole.last) == (earliest, latest):
            return _words(whole)
    if earliest == latest:
        return _in_words("day", earliest)
    return _range_in_words(_day(earliest), _day(latest))


def _day(day: date) -> Parts:
    return Parts(day.year, day.month, day.day)


def _with_mark(words: str, mark: str) -> str:
    if mark in ("~", "%"):
        words = _("about %(date)s") % {"date": words}
    if mark in ("?", "%"):
        words = _("%(date)s (uncertain)") % {"date": words}
    return words


def _limit_in_words(kind: str, precision: str, words: str) -> str:
    if kind == "after":
        pattern = _("on or after %(date)s") if precision == "day" else _("in or after %(date)s")
    else:
        pattern = _("on or before %(date)s") if precision == "day" else _("in or before %(date)s")
    return pattern % {"date": words}


def _range_in_words(first: Parts, last: Parts) -> str:
    """Return "2016–2017", "June–July 2017", "3–7 May 2014", else "between … and …"."""
    if first.precision == last.precision == "year":
        return f"{first.year}–{last.year}"
    if first.precision == last.precision == "month" and first.year == last.year:
        return f"{_month(first.month or 1)}–{_words(last)}"
    if first.precision == last.precision == "day" and first[:2] == last[:2]:
        return f"{first.day}–{_words(last)}"
    return _("between %(a)s and %(b)s") % {"a": _words(first), "b": _words(last)}


def _in_words(precision: str, day: date) -> str:
    if precision == "day":
        return _words(_day(day))
    return _words(Parts(day.year, day.month) if precision == "month" else Parts(day.year))


def _words(parts: Parts) -> str:
    if parts.month is None:
        return str(parts.year)
    if parts.day is None:
        words = {"month": _month(parts.month), "year": parts.year}
        return pgettext("month and year", "%(month)s %(year)s") % words
    words = {"day": parts.day, "month": str(MONTHS_ALT[parts.month]), "year": parts.year}
    return pgettext("day, month and year", "%(day)s %(month)s %(year)s") % words


def _month(number: int) -> str:
    """Return the month's name as it stands inside a sentence: Django's catalogs write some with a capital."""
    name = str(MONTHS[number])
    return name.lower() if (get_language() or "").partition("-")[0] in ("uk", "ru") else name
