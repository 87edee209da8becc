"""What took long to count is remembered for some minutes; what is counted quickly never is, so small lists show the present.

Remembered is what one user asked, with the rights that they had then, of one day, in one language: who gets other rights
asks anew. All hosts share it, as the cache is a table of the database.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import get_language

from cases.dates import today
from cases.models import TeamMember, User

LONG = 1.0  # seconds
KEPT = 300  # seconds

Counted = TypeVar("Counted")


@dataclass(frozen=True)
class Remembered(Generic[Counted]):
    """What was counted; `at` says when, if it is older than this answer."""

    value: Counted
    at: datetime | None = None


def remembered(user: User, about: str, count: Callable[[], Counted]) -> Remembered[Counted]:
    """Return what `count` gives, or gave some minutes ago. `about` names the question."""
    key = key_of(user, about)
    if (kept := cache.get(key)) is not None:
        return kept
    at, begun = timezone.now(), perf_counter()
    value = count()
    if perf_counter() - begun > LONG:
        cache.set(key, Remembered(value, at), KEPT)
    return Remembered(value)


def recalled(user: User, about: str) -> Remembered | None:
    """Return what is remembered; None if it is to be counted."""
    return cache.get(key_of(user, about))


def forget(user: User, about: str) -> None:
    """Have it counted anew when it is asked for next."""
    cache.delete(key_of(user, about))


def key_of(user: User, about: str) -> str:
    teams = TeamMember.objects.filter(user=user).order_by("case").values_list("case", flat=True)
    parts = [user.pk, user.rank, list(teams), today().isoformat(), get_language(), about]
    return "counted-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
