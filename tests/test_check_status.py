"""manage.py check_status: what raw SQL with the triggers off can do is found, told, and mended where that is a computation."""

from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cases.demo.loading import switch_triggers
from cases.models import CaseState, Detention, Name, Period
from tests.factories import (
    make_arrest,
    make_case,
    make_charge,
    make_detainee,
    make_detention,
    make_release,
    make_sentence,
)

pytestmark = pytest.mark.django_db


@contextmanager
def triggers_off():
    """Yield a cursor whose statements fire no trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        switch_triggers(cursor, "DISABLE")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        switch_triggers(cursor, "ENABLE")


def check(*arguments):
    """Return what the command says, and its last words if it failed."""
    told = StringIO()
    try:
        call_command("check_status", *arguments, stdout=told)
    except CommandError as error:
        return told.getvalue(), str(error)
    return told.getvalue(), ""


def held_case(**fields):
    case = make_case(**fields)
    make_detention(case, "2020-01-01")
    return case


def test_nothing_is_wrong_after_ordinary_work():
    held_case()
    told, failed = check()
    assert not failed
    assert "Looked at 1 cases: all is as the records say" in told


def test_periods_that_the_records_do_not_give_are_told_and_mended():
    case = held_case()
    with triggers_off() as cursor:
        cursor.execute("UPDATE cases_detention SET kind = 'prison'")
    told, failed = check()
    assert f"{case} has periods that are not those that its records give." in told
    assert "1 things wrong" in failed
    assert Period.objects.get(status="in_custody").kind == "remand"
    assert check("--fix")[1] == ""
    assert Period.objects.get(status="in_custody").kind == "prison"
    assert check()[1] == ""


def test_a_period_too_many_and_one_too_few_are_both_found():
    more, fewer, right = held_case(), held_case(), held_case()
    Period.objects.create(
        **{**Period.objects.filter(case=more).values().last(), "id": None, "number": 9},
    )
    Period.objects.filter(case=fewer, number=1).delete()
    told, _ = check()
    assert str(more) in told
    assert str(fewer) in told
    assert str(right) not in told


def test_a_case_without_state_is_on_no_list_and_gets_one():
    case = held_case()
    CaseState.objects.all().delete()
    told, failed = check()
    assert f"{case} has no state" in told
    assert failed
    check("--fix")
    assert CaseState.objects.get().case_id == case.pk


def test_what_is_derived_for_a_case_that_is_gone_is_told_and_goes():
    case = held_case()
    Detention.objects.all().delete()
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM cases_event")
        cursor.execute("DELETE FROM cases_case")
    told, _ = check()
    assert f"There are periods for case {case.pk}, which is gone." in told
    assert f"There is a state for case {case.pk}, which is gone." in told
    assert check("--fix")[1] == ""
    assert not Period.objects.exists()
    assert not CaseState.objects.exists()


def test_a_name_changed_past_the_search_key_is_told_and_found_again():
    make_case(make_detainee("Akhtem Chiygoz"))
    Name.objects.update(text="Ilmi Umerov")  # update() writes no key
    told, _ = check()
    assert "The search key of name" in told
    assert check("--fix")[1] == ""
    assert CaseState.objects.get().search_key.endswith("ilmi umerov")


def test_a_search_key_of_a_case_that_is_out_of_date_is_told_and_mended():
    case = held_case()
    with triggers_off() as cursor:
        cursor.execute("UPDATE cases_casestate SET search_key = 'another'")
    told, _ = check()
    assert f"{case} has keys for search and order that are not those of its names." in told
    assert check("--fix")[1] == ""
    assert "another" not in CaseState.objects.get().search_key


def test_an_end_certainly_before_its_start_is_told_and_left_to_people():
    case = make_case()
    make_detention(case, "2016-05", ended="2015")
    told, failed = check("--fix")
    assert f"{case}: Ended: 2015 is before began: May 2016." in told
    assert failed


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda case: make_release(case, "2015"), "before every arrest, stay and charge"),
        (lambda case: make_sentence(case, "2015-12-31"), "before every charge"),
    ],
)
def test_a_release_or_sentence_certainly_before_what_it_ends_is_told(make, words):
    case = make_case()
    make_arrest(case, "2016-01-05")
    make_charge(case, charged_on="2016-01-10")
    make(case)
    told, failed = check()
    assert words in told
    assert failed


def test_a_death_before_the_birth_is_told():
    make_case(make_detainee(born="1990", died="1980", deceased="yes"))
    told, failed = check()
    assert "1980 is before born: 1990" in told
    assert failed


def test_what_is_only_possible_or_set_aside_is_not_told():
    case = make_case()
    make_arrest(case, "2016-01")
    make_detention(case, "2016-01", ended="2016")
    make_release(case, "2015", standing="alternative")
    make_release(case, "2016-01")
    assert check()[1] == ""


def test_another_time_zone_in_the_database_is_told_and_mended(settings):
    settings.TIME_ZONE = "Europe/Kyiv"
    told, failed = check()
    assert "counts days in UTC, the settings say Europe/Kyiv" in told
    assert failed
    assert check("--fix")[1] == ""
    assert check()[1] == ""


def test_a_sample_is_of_so_many_cases():
    for _ in range(5):
        held_case()
    assert "Looked at 3 cases" in check("--sample", "3")[0]
