"""Twenty people who save the same case again and again, by form and in the admin: every stale save is caught, none is lost."""

import html as markup
import os
import re
from collections import Counter
from http import HTTPStatus
from threading import Barrier, Thread
from time import monotonic, sleep
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import RequestFactory
from django.urls import reverse

from tests.conftest import session_cookie
from tests.factories import make_arrest, make_case, make_detainee, make_note, make_user

EDITS = int(os.environ.get("STORM_EDITS", "15"))  # 50 take five minutes
ADDED = 3  # by each of those who add
TRIES = 50
LIMIT = 300  # seconds for everything: a test that hangs is a failed one
AT_FIRST = "At first"
PAGE, ADMIN = '<form class="form"', 'method="post" id="'  # how the form begins, on our pages and in the admin
FORM = "application/x-www-form-urlencoded"

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


class Browser:
    """Asks the whole application as a browser would, cookies and token against forgery included.

    Django's own test client copies the context of each template to all threads that wait for an answer.
    """

    application = WSGIHandler()

    def __init__(self, user):
        self.requests = RequestFactory()
        self.requests.cookies[settings.SESSION_COOKIE_NAME] = session_cookie(user, "")["value"]

    def get(self, address):
        return self.answer(self.requests.get(address))

    def post(self, address, data):
        return self.answer(self.requests.post(address, urlencode(data), content_type=FORM))

    def answer(self, request):
        answer = self.application(request.environ, lambda _status, _headers: None)
        self.requests.cookies.update(answer.cookies)
        answer.close()
        return answer


def sent(html, form):
    """Return what a browser would send of the form on a page, with what is its own kept in every conflict."""
    html = html[html.index(form) :]
    html = html[: html.index("</form>")]
    data = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name, kind = attributes.get("name", ""), attributes.get("type")
        if name.startswith("choose-"):
            data[name] = "mine"
        elif name and (kind not in ("checkbox", "radio") or re.search(r"\bchecked\b", tag)):
            data[name] = markup.unescape(attributes.get("value", ""))
    for name, many, options in re.findall(r'<select\b[^>]*?name="([^"]+)"([^>]*)>(.*?)</select>', html, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)"[^>]*\bselected', options)
        if chosen or "multiple" not in many:
            data[name] = (chosen or [""])[0]
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        data[name] = markup.unescape(text).removeprefix("\n")
    return data


class Person(Thread):
    """Somebody who works in a thread with a connection of its own; `counts` says what came back how often."""

    def __init__(self, role="Administrator"):
        super().__init__(daemon=True)
        self.browser, self.counts, self.together = Browser(make_user(role)), Counter(), None

    def run(self):
        try:
            self.work()
        except Exception as error:  # noqa: BLE001  a thread's failure is the test's
            self.counts[repr(error)] += 1
        finally:
            connection.close()

    def posted(self, address, data):
        """Send a form and return (whether it was saved, the page that came back)."""
        answer = self.browser.post(address, data)
        html = answer.content.decode()
        saved, caught = answer.status_code == HTTPStatus.FOUND, 'id="conflict"' in html
        self.counts[
            "saved" if saved else "caught" if caught and answer.status_code == HTTPStatus.OK else html[:200]
        ] += 1
        return saved, html


class Writer(Person):
    """Changes one field again and again. Answers each conflict with "mine", as fast as can be, and so sees each version."""

    def __init__(self, number, record, address, form, field, token):
        super().__init__()
        self.number, self.record, self.address = number, record, address
        self.form, self.field, self.token = form, field, token
        self.saved = {}  # {value: the version on which it was made}

    def work(self):
        data = sent(self.browser.get(self.address).content.decode(), self.form)
        self.together.wait()
        for edit in range(EDITS):
            value = f"{self.number}-{edit}"
            version, *rest = data[self.token].split()
            saved, html = self.posted(self.address, data | {self.field: value})
            if saved:
                self.saved[value] = int(version)
                sleep(0.5)  # else the one who has just saved is always the next, too
                data = {name: text for name, text in data.items() if not name.startswith(("choose-", "opened"))}
                data |= {self.field: value, self.token: " ".join([str(int(version) + 1), *rest])}
            else:
                data = sent(html, self.form)
                assert data[self.field] == value, "what was typed is lost"


@pytest.fixture(autouse=True)
def connections_stay(monkeypatch):
    """Each thread keeps its connection, as with a pool: connecting anew costs as much as an edit."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)


def set_to_work(people):
    """Let all begin at once, and return what came back in total."""
    together, end = Barrier(len(people), timeout=60), monotonic() + LIMIT
    for person in people:
        person.together = together
        person.start()
    for person in people:
        person.join(max(0.0, end - monotonic()))
    assert not any(person.is_alive() for person in people), "it takes too long"
    return sum((person.counts for person in people), Counter())


def writers_of(case, arrest, note):
    """Return twenty: five have the case itself before them, eight its arrest, seven its note; eleven of all are in the admin."""

    def page(kind, record):
        return reverse("record-edit", args=[case.reference, kind, record.pk])

    ours, stock = (PAGE, "version"), (ADMIN, "seen_version")
    ways = [
        (4, case, reverse("case-edit", args=[case.reference]), "title", ours),
        (1, case, reverse("admin:cases_case_change", args=[case.pk]), "title", stock),
        (3, arrest, page("arrests", arrest), "authority", ours),
        (5, arrest, reverse("admin:cases_arrest_change", args=[arrest.pk]), "authority", stock),
        (2, note, page("notes", note), "text", ours),
        (5, note, reverse("admin:cases_note_change", args=[note.pk]), "text", stock),
    ]
    each = [way for number, *way in ways for _ in range(number)]
    return [
        Writer(number, record, address, form, field, token)
        for number, (record, address, field, (form, token)) in enumerate(each)
    ]


def test_every_stale_save_is_caught_and_none_is_lost():
    case = make_case("Ann Example", title=AT_FIRST)
    arrest, note = make_arrest(case, authority=AT_FIRST), make_note(case, AT_FIRST)
    writers = writers_of(case, arrest, note)
    counts = set_to_work(writers)
    assert len(writers) == 20
    assert set(counts) == {"saved", "caught"}, counts
    assert counts["saved"] + counts["caught"] == len(writers) * EDITS
    assert min(counts.values()) > len(writers), "there has to be a storm"
    for record in (case, arrest, note):
        compare_with_history(record, [writer for writer in writers if writer.record is record])


def compare_with_history(record, writers):
    """Each save is one version of the history, made on the version before, and the last one is what is stored."""
    field = writers[0].field
    saved = {value: version for writer in writers for value, version in writer.saved.items()}
    versions = record.history.order_by("pgh_id").values_list(field, "version")
    assert versions[0] == (AT_FIRST, 1)
    assert [(value, version - 1) for value, version in versions[1:]] == sorted(saved.items(), key=lambda pair: pair[1])
    assert [version for _value, version in versions] == list(range(1, len(saved) + 2))
    record.refresh_from_db()
    assert (getattr(record, field), record.version) == versions[len(saved)]


class Adder(Person):
    """Adds something to what others add to: `added` puts it into the form. Sends what comes back until it is saved."""

    def __init__(self, number, address, form, added):
        super().__init__()
        self.number, self.address, self.form, self.added = number, address, form, added

    def work(self):
        self.together.wait()
        for edit in range(ADDED):
            data = sent(self.browser.get(self.address).content.decode(), self.form)
            data = self.added(data, f"{self.number}-{edit}")
            for _try in range(TRIES):
                saved, html = self.posted(self.address, data)
                if saved:
                    break
                data = sent(html, self.form)


def with_note(data, text):
    return data | {"text": text}


def with_name(data, text):
    row = data["names-INITIAL_FORMS"]  # the first empty one
    return data | {f"names-{row}-text": text, f"names-{row}-kind": "alias"}


def test_whatever_several_add_at_once_is_kept():
    person = make_detainee("Ann Example")
    case = make_case(person)
    ways = [
        (4, reverse("record-add", args=[case.reference, "notes"]), PAGE, with_note),
        (4, reverse("person-edit", args=[person.reference]), PAGE, with_name),
        (2, reverse("admin:cases_detainee_change", args=[person.pk]), ADMIN, with_name),
    ]
    each = [way for number, *way in ways for _ in range(number)]
    people = [Adder(number, *way) for number, way in enumerate(each)]
    counts = set_to_work(people)
    assert set(counts) <= {"saved", "caught"}, counts
    assert counts["saved"] == len(people) * ADDED
    assert counts["caught"], "nobody met anybody"
    typed = {
        way: {f"{one.number}-{edit}" for one in people if one.added is way for edit in range(ADDED)}
        for way in (with_note, with_name)
    }
    assert sorted(case.notes.values_list("text", flat=True)) == sorted(typed[with_note])
    assert sorted(person.names.values_list("text", flat=True)) == sorted({"Ann Example", *typed[with_name]})
