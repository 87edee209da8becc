"""The words for codes in reports: a vocabulary for each set of choices, given to the database with each query."""

from typing import Any

from django.db import models
from django_countries import countries

from cases.models import DetentionKind, RestrictionKind
from cases.rows import OUTCOMES, WHAT_COMES

LABELS = "%(labels)s::jsonb"
# Those that are no field's choices. What a person's situation can be called comes from two fields.
_pairs: dict[str, Any] = {
    "country": lambda: list(countries),
    "kind": lambda: [*RestrictionKind.choices, *DetentionKind.choices],
    "next": lambda: list(WHAT_COMES.items()),
    "outcome": lambda: list(OUTCOMES.items()),
}


def vocabulary_of(choices: Any) -> str:
    """Return the name of the vocabulary of choices: a name of those above, a class of choices, or a field that has some."""
    if isinstance(choices, str):
        return choices
    if isinstance(choices, models.Field):
        if len(choices.choices) > 200:
            return "country"
        name = f"{choices.model.__name__}.{choices.name}"
    else:
        name = choices.__name__
    _pairs[name] = lambda: choices.choices
    return name


def labels() -> dict[str, dict[str, str]]:
    """Return the words for codes in the reader's language."""
    return {name: {code: str(words) for code, words in pairs()} for name, pairs in _pairs.items()}
