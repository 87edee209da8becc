"""manage.py generate: many invented cases, as true to the definitions as typed ones."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cases.demo.loading import TRACKED
from cases.models import Arrest, Case, CaseState, Citation, Event, Name, Period, Term, User, UserGroup
from tests.factories import make_case, make_detention

pytestmark = pytest.mark.django_db
CASES = 120


def generate(number=CASES, *arguments):
    told = StringIO()
    call_command("generate", "--cases", str(number), *arguments, stdout=told)
    return told.getvalue()


def test_there_are_as_many_cases_as_asked_for_each_with_state_and_records():
    told = generate()
    assert Case.objects.count() == CaseState.objects.count() == CASES
    assert "rows a second" in told
    assert not Case.objects.filter(events__isnull=True).exists()
    assert Citation.objects.count() > CASES


def test_what_is_derived_is_as_if_the_triggers_had_run():
    generate()
    call_command("check_status", verbosity=0)
    assert set(Period.objects.values_list("status", flat=True)) >= {"in_custody", "released", "unknown"}


def test_every_row_has_its_history_unless_it_is_not_wanted():
    generate()
    for model in TRACKED:
        if model not in (User, UserGroup, Term):
            assert model.pgh_event_model.objects.filter(pgh_label="insert").count() == model.objects.count(), model


def test_without_history_there_is_none():
    assert "no history" in generate(CASES, "--no-history")
    assert Arrest.objects.exists()
    assert not Arrest.pgh_event_model.objects.exists()


def in_an_empty_database(*arguments):
    """Return references and names of what is generated, and leave nothing of it."""
    with transaction.atomic():
        generate(20, *arguments)
        made = set(Case.objects.values_list("reference", flat=True)) | set(Name.objects.values_list("text", flat=True))
        transaction.set_rollback(True)
    return made


def test_the_same_seed_gives_the_same_cases_and_another_one_others():
    first = in_an_empty_database("--seed", "7")
    assert len(first) > 40
    assert in_an_empty_database("--seed", "7") == first
    assert not {text for text in in_an_empty_database("--seed", "8") & first if text.startswith("C-")}


def test_a_database_with_cases_is_refused_unless_more_is_wanted():
    case = make_case()
    with pytest.raises(CommandError, match="has cases"):
        generate()
    assert list(Case.objects.all()) == [case]
    generate(10, "--append")
    assert Case.objects.count() == 11
    generate(10, "--append")
    assert Case.objects.count() == 21
    call_command("check_status", verbosity=0)


def test_fewer_than_one_case_is_refused():
    with pytest.raises(CommandError, match="1 or more"):
        generate(0)


def test_names_say_that_they_are_invented():
    generate()
    words = ("Invented ", "Inventd ", "Вигадана ", "Выдуманный ", "Uydurma ")
    assert all(text.startswith(words) for text in Name.objects.values_list("text", flat=True))


def test_the_triggers_are_on_afterwards():
    generate(10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")
        assert cursor.fetchone()[0] == 0
    case = make_case()
    make_detention(case, "2020-01-01")
    assert case.periods.filter(status="in_custody").exists()
    assert case.history.count() == 1


def test_ids_go_on_after_the_last_one():
    generate(10)
    last = Event.objects.order_by("pk").last().pk
    make_detention(make_case())
    assert Event.objects.order_by("pk").last().pk == last + 1
