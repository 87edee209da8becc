"""Two people who save at the same moment: the database gives one up, and that one is tried again."""

from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from psycopg.errors import DeadlockDetected

from cases.models import Place
from casetracker.urls import urlpatterns as addresses
from tests.factories import make_place, make_user

tries = []
rows = {}
other_holds, view_holds = Event(), Event()


def lock(name):
    Place.objects.select_for_update().get(pk=rows[name])


def save_two(request):
    """Lock second, then first: the other way round than the other thread, which waits ten times as long."""
    with transaction.atomic():
        tries.append(1)
        lock("second")
        view_holds.set()
        other_holds.wait(10)
        lock("first")
    return HttpResponse("saved")


def lose(request):
    raise OperationalError("deadlock detected") from DeadlockDetected()


urlpatterns = [path("two/", save_two), path("lose/", lose), *addresses]


def other_writer():
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '20s'")
            lock("first")
            other_holds.set()
            view_holds.wait(10)
            lock("second")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@override_settings(ROOT_URLCONF="tests.test_second_try")
def test_a_save_that_the_database_gave_up_is_tried_once_more(client):
    tries.clear()
    other_holds.clear()
    view_holds.clear()
    rows.update(first=make_place().pk, second=make_place().pk)
    client.force_login(make_user())
    thread = Thread(target=other_writer)
    thread.start()
    answer = client.get("/two/")
    thread.join(30)
    assert (answer.status_code, answer.content, len(tries)) == (200, b"saved", 2)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.test_second_try")
def test_who_loses_twice_is_asked_to_save_again(client):
    client.force_login(make_user())
    answer = client.get("/lose/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Nothing of yours was saved" in answer.content.decode()
