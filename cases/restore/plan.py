"""A plan: which row gets which stored values, what speaks against it, and what to know before it is carried out."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from django.db import models

from cases.models import User
from cases.restore.rows import MODELS


class Problem(NamedTuple):
    """Something that is in the way, or worth knowing. `url` leads to where it can be dealt with, by the words `label`."""

    text: str
    url: str = ""
    label: str = ""


@dataclass
class Step:
    """What becomes of one row: it gets the values of the history row `pgh_id` in `columns`, or goes if `then` is None.

    `now` are its values as stored now, None if it isn't there; `instead` replaces stored values that can't come back.
    """

    model: type[models.Model]
    pk: int
    pgh_id: int
    now: dict | None
    then: dict | None
    columns: tuple[str, ...] = ()
    instead: dict = field(default_factory=dict)

    @property
    def kind(self):
        return "delete" if self.then is None else "insert" if self.now is None else "update"

    @property
    def after(self):
        """The row's values once the step is done; None if it is gone."""
        if self.then is None:
            return None
        set_now = {name: self.then[name] for name in self.columns} if self.now else self.then
        return {**(self.now or {}), **set_now, **self.instead}

    def fingerprint(self):
        return (self.model._meta.model_name, self.pk, self.pgh_id, self.columns, self.instead.items(), self.now)


@dataclass
class Plan:
    """What would be done, what speaks against it (`obstacles`: then nothing is done) and what to know (`warnings`)."""

    user: User
    change: models.Model
    steps: list[Step] = field(default_factory=list)
    obstacles: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    done: bool = False

    def of(self, kind):
        return [step for step in self.steps if step.kind == kind]

    @property
    def digest(self):
        """What the user agreed to, as a short text: another plan, or other warnings, have another."""
        told = [step.fingerprint() for step in self.steps], self.obstacles, self.warnings
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def by_model(steps, *, reverse=False):
    found = defaultdict(list)
    for step in sorted(steps, key=attrgetter("pk")):
        found[step.model].append(step)
    return sorted(found.items(), key=lambda item: MODELS.index(item[0]), reverse=reverse)
