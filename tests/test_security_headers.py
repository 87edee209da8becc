"""What every answer says to the browser, and that nobody gets in, or breaks anything, by odd requests."""

import logging
import os
import subprocess
import sys

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from casetracker.logs import WithoutValues
from casetracker.settings import database

pytestmark = pytest.mark.django_db


@login_not_required
def broken(request):
    raise ValueError("Akhtem was here")


@login_not_required
def forbidden(request):
    raise PermissionDenied


@login_not_required
def posted(request):
    return HttpResponse("taken")


urlpatterns = [
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("posted/", posted),
    path("", include("casetracker.urls")),
]
handler400 = "casetracker.errors.bad_request"

ANSWERS = {
    "sign-in page": ("/accounts/login/", 200),
    "not signed in": ("/", 302),
    "refused": ("/forbidden/", 403),
    "missing": ("/nowhere/", 404),
    "NUL": ("/accounts/login/?next=%00", 400),
    "broken": ("/broken/", 500),
    "static file": ("/static/icon.svg", 200),
}


@pytest.fixture
def answers(settings):
    """Return a function that asks for an address; the addresses above exist, and errors answer as they do in service."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.fixture
def somebody():
    return get_user_model().objects.create_user("somebody", password="correct horse battery")


@pytest.mark.parametrize(("address", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_kind_of_answer_carries_the_headers(answers, address, status):
    response = answers.get(address)
    assert response.status_code == status
    assert_secure(response)


def test_an_unknown_host_is_answered_with_the_headers(answers):
    response = answers.get("/accounts/login/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert_secure(response)


def test_a_form_from_elsewhere_is_answered_with_the_headers_and_words(settings):
    settings.ROOT_URLCONF = __name__
    response = Client(enforce_csrf_checks=True).post("/posted/")
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()
    assert_secure(response)


def assert_secure(response):
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "noindex" in response["X-Robots-Tag"]
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("address", ["/accounts/login/", "/", "/nowhere/", "/broken/"])
def test_no_page_is_kept_by_the_browser(answers, somebody, address):
    answers.force_login(somebody)
    assert "no-store" in answers.get(address)["Cache-Control"]


def test_a_static_file_may_be_kept(answers):
    assert "no-store" not in answers.get("/static/icon.svg")["Cache-Control"]


# Odd requests


@pytest.mark.parametrize("address", ["/%00", "/?q=%00", "/?%00=1", "/accounts/login/?next=a%00b"])
def test_nul_anywhere_in_an_address_is_a_400_that_says_why(answers, address):
    response = answers.get(address)
    assert response.status_code == 400
    assert "(NUL)" in response.content.decode()


def test_nul_in_a_form_is_a_400(answers):
    assert answers.post("/posted/", {"name": "a\0b"}).status_code == 400


def test_nul_in_a_cookie_is_a_400(answers):
    answers.cookies["session"] = "a\0b" * 8
    assert answers.get("/").status_code == 400


def test_a_value_of_8_kilobytes_breaks_nothing(answers, somebody):
    answers.force_login(somebody)
    assert answers.get("/accounts/login/", {"next": "ї" * 8192}).status_code < 500
    assert answers.get("/" + "a" * 8192).status_code == 404


def test_a_browser_that_asks_for_an_icon_gets_it(answers):
    assert answers.get("/favicon.ico", follow=True).status_code == 200


def test_a_form_with_thousands_of_fields_is_a_400(answers):
    assert answers.post("/posted/", {f"field{number}": "1" for number in range(2001)}).status_code == 400


# Signing in


def test_addresses_that_need_mail_or_open_an_account_do_not_exist(answers):
    for address in ("signup/", "password/reset/", "email/", "confirm-email/", "login/code/", "phone/change/"):
        assert answers.get(f"/accounts/{address}").status_code == 404, address


def test_sign_in_page_has_no_dead_end(answers):
    text = answers.get("/accounts/login/").content.decode()
    assert "signup" not in text
    assert "password/reset" not in text


def test_signing_in_with_a_name_and_password_leads_to_the_page_that_was_asked_for(client, somebody):
    page = client.post(
        "/accounts/login/", {"login": "somebody", "password": "correct horse battery", "next": "/accounts/2fa/"}
    )
    assert (page.status_code, page["Location"]) == (302, "/accounts/2fa/")


def test_signing_in_never_leads_to_another_site(client, somebody):
    page = client.post(
        "/accounts/login/?next=https://elsewhere.example/",
        {"login": "somebody", "password": "correct horse battery", "next": "https://elsewhere.example/"},
    )
    assert (page.status_code, page["Location"]) == (302, "/")


def test_guessing_a_password_is_stopped(client, somebody):
    for _ in range(5):
        client.post("/accounts/login/", {"login": "somebody", "password": "a guess"})
    page = client.post("/accounts/login/", {"login": "somebody", "password": "correct horse battery"})
    assert page.status_code == 200
    assert "Too many failed login attempts" in page.content.decode()


def test_admin_asks_on_the_one_sign_in_page(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_the_pages_of_the_own_account_open(client, somebody):
    client.force_login(somebody)
    for address in ("password/change/", "2fa/", "logout/", "reauthenticate/"):
        assert client.get(f"/accounts/{address}").status_code == 200, address


def test_whoever_does_nothing_for_an_hour_is_signed_out(client, somebody):
    with time_machine.travel("2026-05-01 08:00+00:00") as clock:
        client.force_login(somebody)
        assert client.get("/accounts/2fa/").status_code == 200
        clock.shift(59 * 60)
        assert client.get("/accounts/2fa/").status_code == 200
        clock.shift(61 * 60)
        assert client.get("/accounts/2fa/").status_code == 302


def test_everybody_is_signed_out_after_twelve_hours(client, somebody):
    with time_machine.travel("2026-05-01 08:00+00:00") as clock:
        client.force_login(somebody)
        for _ in range(15):
            clock.shift(50 * 60)
            last = client.get("/accounts/2fa/").status_code
        assert last == 302


def test_who_changed_something_and_where_is_kept_with_the_change(client, settings):
    """Each row of history names the user's id, name and the page."""
    import pghistory

    from casetracker.middleware import History

    def change(request):
        with pghistory.context() as context:
            kept.update(context.metadata)
        return HttpResponse()

    kept = {}
    somebody = get_user_model().objects.create_user("somebody")
    request = client.get("/accounts/login/").wsgi_request
    request.user = somebody
    History(change)(request)
    assert kept == {"user": somebody.pk, "username": "somebody", "url": "/accounts/login/"}


# Settings and logs


def settings_say(expression, **environ):
    """Return what a process with these settings prints, or its error."""
    program = f"from casetracker import settings; print({expression})"
    kept = {"PATH": os.environ["PATH"], "CASETRACKER_DATA": "/nonexistent"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=kept | environ, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or told.stderr


PRODUCTION = {"CASETRACKER_HTTPS": "1", "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "cases.example.org"}


def test_production_cookies_belong_to_this_host_and_https_alone():
    names = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE"
    assert settings_say(names, **PRODUCTION) == "__Host-session __Host-csrf True"


def test_production_never_makes_its_own_secret_key():
    assert "set SECRET_KEY" in settings_say("1", **(PRODUCTION | {"SECRET_KEY": ""}))


def test_production_answers_to_no_host_that_was_not_named():
    assert settings_say("settings.ALLOWED_HOSTS", **PRODUCTION) == "['cases.example.org']"
    assert settings_say("settings.ALLOWED_HOSTS", **(PRODUCTION | {"ALLOWED_HOSTS": ""})) == "[]"


def test_debug_is_off_unless_asked_for():
    assert settings_say("settings.DEBUG") == "False"


def test_a_number_that_is_none_is_named():
    assert "CASETRACKER_PROXIES must be a whole number" in settings_say("1", CASETRACKER_PROXIES="two")


def test_database_address_is_read_with_its_options():
    parts = database("postgresql://me:s%40cret@db.example:6432/cases?sslmode=verify-full")
    assert parts["NAME"] == "cases"
    assert (parts["USER"], parts["PASSWORD"]) == ("me", "s@cret")
    assert (parts["HOST"], parts["PORT"]) == ("db.example", "6432")
    assert parts["OPTIONS"]["sslmode"] == "verify-full"


def test_an_error_is_logged_without_its_words():
    try:
        broken(None)
    except ValueError:
        told = WithoutValues().format(logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()}))
    assert "ValueError" in told
    assert "test_security_headers.py" in told
    assert "Akhtem" not in told
