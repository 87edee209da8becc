"""What all tests share: settings that are quick, roles and terms in the database, and a browser that notices everything."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command, get_commands
from django.db import connection, connections
from django.test import TestCase, TransactionTestCase

from casetracker import roles

CHROMIUMS = ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def pytest_configure() -> None:
    """Make the tests quick and quiet; everything else is as people run it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = True  # static files from where they are, none collected
    settings.WHITENOISE_USE_FINDERS = True
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in the thread of its test


def chromium_path() -> str | None:
    """Return the browser to drive: CHROMIUM, or what the system installed."""
    if given := os.environ.get("CHROMIUM"):
        return given
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where there is no browser, but never in CI, where a skipped test would be a hole."""
    if chromium_path() or os.environ.get("CI"):
        return
    reason = "no Chromium was found: apt-get install -y chromium, or set CHROMIUM to one"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


# Database


def write_roles_and_terms() -> None:
    if "setup" in get_commands():
        call_command("setup", verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """Roles, permissions and vocabularies are there in every test, as in every installation."""
    with django_db_blocker.unblock():
        write_roles_and_terms()


@pytest.fixture(autouse=True)
def roles_and_terms_after_a_flush(request: pytest.FixtureRequest) -> None:
    """A test that commits ends with all tables emptied, so the next such test gets them anew."""
    marker = request.node.get_closest_marker("django_db")
    flushes = (
        "transactional_db" in request.fixturenames
        or "live_server" in request.fixturenames
        or (marker and marker.kwargs.get("transaction"))
        or (request.cls and issubclass(request.cls, TransactionTestCase) and not issubclass(request.cls, TestCase))
    )
    if flushes:
        if not (request.cls and issubclass(request.cls, TransactionTestCase)):
            request.getfixturevalue("transactional_db")
        request.getfixturevalue("django_db_blocker").unblock()
        try:
            write_roles_and_terms()
        finally:
            request.getfixturevalue("django_db_blocker").restore()


# The application's role: tests run as the owner unless they ask for it


@pytest.fixture(scope="session")
def application_role(django_db_setup: None, django_db_blocker) -> str:
    """The name of a role that is there for this test database; `as_application` and `roles.grant` give it its rights."""
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_app"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {connection.ops.quote_name(name)} LOGIN")
    return name


@pytest.fixture
def as_application(transactional_db: None, application_role: str) -> Iterator[str]:
    """Django is connected as the application's role in this test, in all threads. Gives its name."""
    roles.grant(application_role)
    with connected_as(application_role):
        yield application_role


@contextmanager
def connected_as(role: str) -> Iterator[None]:
    """Let Django connect to the test database as this role. All threads share these settings; each connects anew."""
    given = connections.settings["default"]
    owner = given["USER"]
    connection.close()
    given["USER"] = role
    try:
        yield
    finally:
        connection.close()
        given["USER"] = owner


# Browser


@pytest.fixture(scope="session")
def chromium():
    """One browser for all browser tests of a process."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    assert path, "CI needs Chromium: apt-get install -y chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watch:
    """Collects what must not happen on a page: console errors, CSP reports, script errors, requests to other hosts."""

    def __init__(self, address: str):
        self.host = urlsplit(address).netloc
        self.seen: list[str] = []
        self.allowed: list[str] = []

    def over(self, context) -> None:
        context.on("request", self.on_request)
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.seen.append(f"script error: {error.error}"))

    def on_request(self, request) -> None:
        target = urlsplit(request.url)
        if target.scheme not in {"data", "blob", "about"} and target.netloc != self.host:
            self.seen.append(f"request to another host: {request.url}")

    def on_console(self, message) -> None:
        # Chromium reports each breach of the CSP as a console error, too.
        if message.type in {"error", "warning"} and not any(words in message.text for words in self.allowed):
            self.seen.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def allow(self, words: str) -> None:
        """Expect a console message with these words, such as Chromium's line about an answer of 404."""
        self.allowed.append(words)


@pytest.fixture
def open_page(chromium, live_server, request) -> Iterator:
    """Return a function that opens a new page: open_page(user=None, dark=False, width=1280, javascript=True, **context).

    The page is signed in as `user`. Relative addresses work (`page.goto("/cases/")`), and `page.watch.allow(words)` lets an
    expected console message pass. The test fails if the browser reported anything else.
    """
    opened = []

    def open_one(user=None, *, dark=False, width=1280, height=900, javascript=True, **context_options):
        context = chromium.new_context(
            base_url=live_server.url,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            **context_options,
        )
        context.set_default_timeout(15_000)
        watch = Watch(live_server.url)
        watch.over(context)
        if user:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.watch = watch
        opened.append((context, watch))
        return page

    yield open_one
    for context, _ in opened:
        context.close()
    let_server_finish()
    seen = [line for _, watch in opened for line in watch.seen]
    assert not seen, "The browser reported:\n" + "\n".join(seen)


def let_server_finish():
    """Wait for what the server still answers, such as a draft that was on its way: the database goes with the test."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)


@pytest.fixture
def page(open_page):
    """A page of the browser, signed out. For one that is signed in: open_page(user)."""
    return open_page()


def session_cookie(user, address: str) -> dict[str, str]:
    """Return a cookie that signs this person in, in the form that Playwright's add_cookies() takes."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["began"] = session["seen"] = time.time()
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": address}


# Whole programs


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def python() -> str:
    return sys.executable
