"""`manage.py administrator`: the first person of an installation."""

import io

import pytest
from django.core.management import CommandError, call_command

from cases.models import User

pytestmark = pytest.mark.django_db


def make_administrator(monkeypatch, name, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("administrator", name, verbosity=0)


def test_a_new_administrator_can_sign_in(monkeypatch, client):
    make_administrator(monkeypatch, "olena", "correct horse battery")
    assert User.objects.get(username="olena").is_administrator
    assert client.login(username="olena", password="correct horse battery")


def test_somebody_who_is_there_becomes_administrator_with_a_new_password(monkeypatch, client):
    User.objects.create_user("olena", password="forgotten long ago")
    make_administrator(monkeypatch, "olena", "correct horse battery")
    assert User.objects.get(username="olena").is_administrator
    assert not client.login(username="olena", password="forgotten long ago")
    assert client.login(username="olena", password="correct horse battery")


@pytest.mark.parametrize("password", ["short", "password12345", "olenaolenaolena", ""])
def test_a_weak_password_is_refused_and_nobody_made(monkeypatch, password):
    with pytest.raises(CommandError):
        make_administrator(monkeypatch, "olenaolenaolena", password)
    assert not User.objects.exists()
