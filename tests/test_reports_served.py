"""Exports as gunicorn serves them: readers who hang up, a database that goes away, and more at once than may be."""

import http.client
import os
import socket
import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from cases.models import Role
from casetracker.run import child, server_words
from tests.conftest import session_cookie
from tests.factories import make_arrest, make_case, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = "x" * 200_000  # a file of some of these is more than the network holds, so that its export waits for its reader


@contextmanager
def served():
    """Yield the port of a server with this test's database and one slot for exports."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = connection.settings_dict
    words = {"host": database["HOST"], "port": database["PORT"], "user": database["USER"], "dbname": database["NAME"]}
    environ = os.environ | {
        "DATABASE_URL": " ".join(f"{name}={value}" for name, value in words.items() if value),
        "SECRET_KEY": settings.SECRET_KEY,
        "CASETRACKER_DEBUG": "1",  # static files by their plain names
        "CASETRACKER_EXPORTS": "1",
    }
    with child(server_words(port, "casetracker.wsgi"), environ):
        within(60, lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        yield port


def within(seconds, check):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


@pytest.fixture
def user(db):
    case = make_case("Akhtem Chiygoz")
    for _number in range(150):
        make_arrest(case, remark=LARGE)
    return make_user(Role.READER)


def ask(user, port, path="/reports/arrests.csv"):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    cookie = session_cookie(user, "")
    client.request("GET", path, headers={"Cookie": f"{cookie['name']}={cookie['value']}"})
    return client, client.getresponse()


def exports():
    """Return the backends that hold a slot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [0x43_53_56])
        return [pid for (pid,) in cursor.fetchall()]


def test_one_at_a_time_and_whoever_hangs_up_or_loses_the_database_frees_the_slot(user):
    with served() as port:
        client, answer = ask(user, port)
        assert answer.status == 200
        assert answer.read(1000).startswith(b"case,person,name,id,")
        within(5, lambda: len(exports()) == 1)

        _second, busy = ask(user, port)
        page = busy.read().decode()
        assert (busy.status, busy.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert int(busy.headers["Retry-After"]) > 0
        assert "Akhtem" not in page
        assert "<h1" in page
        assert ask(user, port, "/cases/")[1].status == 200  # the pages answer meanwhile

        answer.close()
        client.close()
        within(10, lambda: not exports())

        client, answer = ask(user, port)
        assert answer.status == 200
        answer.read(1000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [exports()])
        with pytest.raises((http.client.IncompleteRead, ConnectionError)) as broken:
            answer.read()
        if isinstance(broken.value, http.client.IncompleteRead):
            assert b"NOT COMPLETE" in broken.value.partial[-200:]
        assert not exports()

        _client, answer = ask(user, port)  # the pool has forgotten the connection that died
        whole = answer.read()
        assert (answer.status, whole.count(LARGE.encode())) == (200, 150)
        assert b"NOT COMPLETE" not in whole
