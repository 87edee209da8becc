"""Partial dates: what is known of a date, and no more. Plain Python without queries (design 4)."""

from cases.dates.partial import (
    LONGEST_TEXT,
    UNKNOWN,
    AmbiguousDate,
    DateError,
    PartialDate,
    in_words,
    today,
    understood,
    words_for_bounds,
)
from cases.dates.typed import understand

__all__ = [
    "LONGEST_TEXT",
    "UNKNOWN",
    "AmbiguousDate",
    "DateError",
    "PartialDate",
    "in_words",
    "today",
    "understand",
    "understood",
    "words_for_bounds",
]
