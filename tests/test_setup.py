"""manage.py setup: what every installation needs, however often it runs."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from cases.models import Detention, LegalCode, Period, Role, Term, User
from tests.factories import make_case, make_detention, make_user

pytestmark = pytest.mark.django_db


def may(role):
    """Return the codenames of a role's permissions."""
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def database_zone():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_zone()")
        return cursor.fetchone()[0]


def test_a_second_run_changes_nothing():
    Group.objects.get(name=Role.READER).permissions.clear()
    call_command("setup", verbosity=0)
    before = {role: may(role) for role in Role}, list(Term.objects.values_list("kind", "slug", "version"))
    call_command("setup", verbosity=0)
    assert before == ({role: may(role) for role in Role}, list(Term.objects.values_list("kind", "slug", "version")))
    assert "view_case" in may(Role.READER)


def test_legal_codes_are_there_from_the_start_and_one_taken_away_stays_away():
    assert {"ru-cc", "ru-koap", "ua-cc", "by-cc"} <= set(LegalCode.objects.values_list("slug", flat=True))
    LegalCode.objects.all().delete()
    call_command("setup", verbosity=0)
    assert not LegalCode.objects.exists()


def test_readers_look_researchers_add_and_change_editors_delete():
    assert {"view_case", "view_charge"} <= may(Role.READER)
    assert all(name.startswith("view_") for name in may(Role.READER))
    assert {"add_case", "change_charge"} <= may(Role.RESEARCHER)
    assert "delete_case" not in may(Role.RESEARCHER)
    assert "delete_case" in may(Role.EDITOR)


def test_users_and_roles_are_for_administrators_alone():
    of_users = {"view_user", "add_user", "change_user", "view_userevent", "change_usergroup"}
    assert of_users <= may(Role.ADMINISTRATOR)
    for role in (Role.READER, Role.RESEARCHER, Role.EDITOR):
        assert not of_users & may(role)


def test_nobody_may_change_history_or_what_the_database_derives():
    for role in Role:
        assert not {name for name in may(role) if name.endswith(("event", "_period", "_casestate"))} & {
            "change_caseevent", "add_arrestevent", "delete_caseevent", "change_period", "delete_casestate",
        }  # fmt: skip
    assert {"change_event", "view_caseevent", "view_period"} <= may(Role.ADMINISTRATOR)


def test_a_role_taken_by_hand_from_a_group_comes_back_and_one_too_many_goes():
    reader = Group.objects.get(name=Role.READER)
    reader.permissions.add(*Group.objects.get(name=Role.ADMINISTRATOR).permissions.filter(codename="delete_case"))
    call_command("setup", verbosity=0)
    assert "delete_case" not in may(Role.READER)


def test_each_kind_of_term_has_words_with_codes():
    for kind in ("ethnicity", "religion", "occupation", "tag", "note"):
        assert Term.objects.filter(kind=kind).exclude(slug="").count() >= 4
    assert Term.objects.get(kind="ethnicity", slug="crimean-tatar").name == "Crimean Tatar"


def test_a_term_that_the_team_took_away_or_renamed_stays_so():
    Term.objects.get(kind="tag", slug="urgent").delete()
    Term.objects.filter(kind="tag", slug="child").update(name="Minor")
    call_command("setup", verbosity=0)
    assert not Term.objects.filter(kind="tag", slug="urgent").exists()
    assert Term.objects.get(kind="tag", slug="child").name == "Minor"


def test_users_keep_their_roles():
    user = make_user(Role.EDITOR)
    call_command("setup", verbosity=0)
    assert User.objects.get(pk=user.pk).is_editor


def test_the_database_counts_days_in_the_zone_of_the_settings(settings):
    case = make_case()
    make_detention(case, "2019-01-01", ending="ended")
    Detention.objects.update(created_at=datetime(2020, 1, 1, 23, 0, tzinfo=UTC))
    last_day = Period.objects.filter(case=case, status="in_custody").values_list("end_latest", flat=True)
    assert last_day.get() == date(2020, 1, 1)
    settings.TIME_ZONE = "Europe/Kyiv"
    call_command("setup", verbosity=0)
    assert database_zone() == "Europe/Kyiv"
    assert last_day.get() == date(2020, 1, 2)


def test_the_same_zone_is_not_written_again_and_rebuilds_nothing(capsys):
    make_case()
    call_command("setup")
    assert capsys.readouterr().out == ""
