"""The oracle itself: real life with answers found by hand, and what must be so in any history."""

import random

import pytest
from hypothesis import given, settings

from tests import oracle
from tests.histories import REAL_LIFE, Life, edited, histories, random_days, random_history, wrong_answers


@pytest.mark.parametrize("life", REAL_LIFE, ids=lambda life: life.name)
def test_real_life_reads_as_a_researcher_would_read_it(life: Life):
    assert wrong_answers(life) == []


def test_what_is_certain_is_likely_and_alone_possible():
    for history, day in asked_at_random(200):
        certain, possible = oracle.certainly(history, day), oracle.possibly(history, day)
        assert oracle.status_on(history, day).status in possible
        assert certain is None or possible == {certain}


def test_fewest_days_are_not_more_than_likely_nor_those_more_than_most():
    for history, day in asked_at_random(200):
        fewest, likely, most = oracle.days_held(history, day)
        assert 0 <= fewest <= likely and (most is None or likely <= most)


def test_days_held_never_shrink_as_days_go_by():
    for history, _ in asked_at_random(100):
        counts = [oracle.days_held(history, day) for day in sorted(random_days(random.Random(1), history, 5))]
        for numbers in zip(*counts):
            assert set(numbers) == {None} or list(numbers) == sorted(numbers)


@settings(max_examples=50, deadline=None)
@given(histories())
def test_the_days_of_an_event_are_in_order_and_so_are_those_of_one_event_after_another(history):
    events = [event for event, _ in oracle.walk(history)]
    for days in (event.days for event in events):
        assert days.widest_earliest <= days.earliest <= days.likely <= days.latest <= days.widest_latest
    assert is_sorted(events, "likely")
    others = [event for event in events if not event.is_of_charges()]
    for which in ("widest_earliest", "earliest", "latest", "widest_latest"):
        assert is_sorted(others, which)


def is_sorted(events, which):
    found = [getattr(event.days, which) for event in events]
    return found == sorted(found)


@settings(max_examples=50, deadline=None)
@given(histories())
def test_every_event_takes_place_at_most_once_and_in_order(history):
    walked = oracle.Walk(history).run()
    keys = [(event.what, getattr(event.record, "id", 0)) for event, _ in walked]
    likely = [event.days.likely for event, _ in walked]
    assert len(keys) == len(set(keys)) and likely == sorted(likely)


def asked_at_random(count):
    for seed in range(count):
        rng = random.Random(seed)
        history = random_history(rng, rng.randrange(5))
        for _ in range(seed % 3):
            history = edited(rng, history)
        for day in random_days(rng, history, 5):
            yield history, day
