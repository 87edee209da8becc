"""A page left open learns that others changed what it shows, and nothing of what its reader may not see."""

import html as markup
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pghistory
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cases.views.notice import watch
from tests.factories import make_arrest, make_case, make_note, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    reader = make_user("Reader")
    client.force_login(reader)
    return reader


def asked(case, kind="", pk=None):
    """Return the address that a page opened a minute ago asks: in a test all changes have one moment."""
    then = (timezone.now() - timedelta(minutes=1)).isoformat()
    now = watch(case, kind, pk)
    return now.partition("?")[0], {"since": then} | ({"kind": kind} if kind else {}) | ({"pk": pk} if pk else {})


def test_it_says_who_changed_the_case_since(client, reader):
    with pghistory.context(user=reader.pk):
        case = make_case()
    colleague = make_user("Editor", first_name="<b>Nadia</b>")
    with pghistory.context(user=colleague.pk, username=colleague.username):
        make_note(case)
    answer = client.get(*asked(case))
    assert answer.status_code == 200
    assert "&lt;b&gt;Nadia&lt;/b&gt;" in answer.content.decode()
    assert reverse("case-history", args=[case.reference]) in answer.content.decode()


def test_a_page_opened_after_the_change_hears_nothing(client, reader):
    case = make_case()
    address, parameters = asked(case)
    later = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert client.get(address, parameters | {"since": later}).status_code == 204


def test_own_changes_and_hidden_ones_are_no_news(client, reader):
    with pghistory.context(user=reader.pk):
        case = make_case()
    assert client.get(*asked(case)).status_code == 204
    make_note(case, confidential=True)
    assert client.get(*asked(case)).status_code == 204


def test_the_moment_on_the_page_is_the_clocks_and_no_change_moves_it(client, reader):
    case = make_case()
    make_note(case, confidential=True)
    before = timezone.now()
    html = client.get(reverse("case-detail", args=[case.reference])).content.decode()
    asks = re.search(r'data-changed="([^"]+)"', html)[1]
    mark = parse_qs(urlsplit(markup.unescape(asks)).query)
    assert mark.keys() == {"since"}
    assert before <= parse_datetime(mark["since"][0]) <= timezone.now()


def test_a_form_hears_of_its_own_record_only(client, reader):
    with pghistory.context(user=reader.pk):
        case = make_case()
        arrest, other = make_arrest(case), make_arrest(case, date="2016")
    with pghistory.context(user=make_user().pk):
        arrest.remark = "New"
        arrest.save()
    assert client.get(*asked(case, "arrests", arrest.pk)).status_code == 200
    assert client.get(*asked(case, "arrests", other.pk)).status_code == 204
    assert client.get(*asked(case, "case")).status_code == 204


def test_a_hidden_case_is_missing_and_nonsense_is_refused(client, reader):
    hidden, case = make_case(access="named"), make_case()
    assert client.get(*asked(hidden)).status_code == 404
    address, parameters = asked(case)
    for since in ["", "yesterday", "2026-99-99T00:00:00Z", "2026-01-01T00:00:00"]:
        assert client.get(address, {"since": since}).status_code == 400
    for wrong in [
        {"kind": "nothing"},
        {"kind": "arrests"},
        {"kind": "arrests", "pk": "x"},
        {"kind": "arrests", "pk": "9" * 30},
    ]:
        assert client.get(address, parameters | wrong).status_code == 404


def test_asking_keeps_no_session_alive(client, reader):
    case = make_case()
    client.get("/")
    session = client.session
    session["seen"] = session["seen"] - 120 if "seen" in session else 0
    seen = session["seen"]
    session["began"] = seen
    session.save()
    client.get(*asked(case), headers={"X-Unattended": "1"})
    assert client.session.get("seen", seen) == seen
