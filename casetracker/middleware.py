"""What every request passes through."""

import time

import pghistory.middleware
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.shortcuts import redirect
from django.utils.translation import gettext
from psycopg.errors import DeadlockDetected, SerializationFailure

from cases import drafts
from casetracker import errors

HEADERS = {
    "Cache-Control": "no-store",  # a page that says otherwise, such as a static file, keeps its own
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class SecurityHeaders:
    """Put the headers on every answer, static files and error pages included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class RefuseNul:
    """Answer 400 to a NUL character: PostgreSQL can't hold one, so a query with it fails, and no text needs it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        refuse_nul([request.path, *request.COOKIES.values(), *keys_and_values(request.GET)])
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Look at the form only now, so that the answer to a wrong one is a page for the person who is signed in."""
        refuse_nul(keys_and_values(request.POST))


def keys_and_values(data):
    return [text for key, values in data.lists() for text in (key, *values)]


def refuse_nul(texts):
    if any("\0" in text for text in texts):
        raise BadRequest(gettext("A character that no text can hold (NUL) was sent."))


class SecondTry:
    """Run a view once more if the database gave it up for another writer: what it wrote is rolled back, so nothing is done twice.

    A second such failure is answered with 503 and the advice to try again; that is no fault of the program (traps: deadlock).
    """

    PAUSE = 0.2  # seconds, in which the other writer ends

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not lost_a_race(exception):
            return None
        view, args, kwargs = request.resolver_match
        time.sleep(self.PAUSE)
        try:
            return view(request, *args, **kwargs)
        except OperationalError as error:
            if not lost_a_race(error):
                raise
            return errors.busy(request)


def lost_a_race(exception):
    return isinstance(exception.__cause__, DeadlockDetected | SerializationFailure)


class SessionTimeout:
    """Sign out whoever did nothing for a while, and everybody at the end of a working day."""

    REMEMBERED_EVERY = 60  # seconds: not each request writes to the database

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            self.look_at(request)
        return self.get_response(request)

    def look_at(self, request):
        now = time.time()
        signed_in = request.user.last_login.timestamp() if request.user.last_login else now
        began, seen = request.session.get("began", signed_in), request.session.get("seen", signed_in)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_COOKIE_AGE:
            request.signed_out = request.user.pk
            logout(request)
        elif now - seen >= self.REMEMBERED_EVERY and "X-Unattended" not in request.headers:  # see changed.js
            request.session.update({"began": began, "seen": now})


class Drafts:
    """Give back what was typed in a form and not saved (cases/drafts.py).

    It stands before the middleware that asks people to sign in: a form sent after the session had ended is kept first.
    """

    COOKIE = "__Host-typed" if settings.HTTPS else "typed"

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.draft = None
        request.typed_waits = self.COOKIE in request.COOKIES
        response = self.get_response(request)
        draft = request.draft
        if draft is None:
            return response
        if draft.token_is_used:
            response.delete_cookie(self.COOKIE, samesite="Lax")
        if request.method == "POST" and not draft.given_back:
            draft.answered(response.status_code, request.POST)
        return response

    def process_view(self, request, view, args, kwargs):
        """Look at requests for a form: the token against forgery has been checked by now."""
        path = drafts.path_of(request.resolver_match, request.path_info, request.GET)
        if path is None:
            return None
        if not request.user.is_authenticated:
            return self.keep_until_signed_in(request, path) if request.method == "POST" else None
        if not request.user.is_researcher:
            return None
        request.draft = drafts.FormDraft(request.user, path, request.POST.get(drafts.PAGE, ""))
        if drafts.CONTINUE in request.POST:
            if (typed := request.draft.continued()) is None:
                return redirect(request.get_full_path())
            request.POST = typed
        elif request.method == "GET" and request.typed_waits:
            typed = request.draft.claimed(request.COOKIES[self.COOKIE])
            if typed is not None:  # shown like a form that was sent to be looked at: nothing is saved by opening a page
                request.method, request.POST = "POST", typed
        return None

    def keep_until_signed_in(self, request, path):
        """Keep the form for whoever signs in with this browser; only for the one who was signed out, if that is known."""
        fields = drafts.typed_in(request.POST)
        if not fields:
            return None
        token = request.COOKIES.get(self.COOKIE) or drafts.new_token()
        user = getattr(request, "signed_out", None)
        try:
            drafts.keep_waiting(token, drafts.Typed(user, path, request.POST.get(drafts.PAGE, "")[:40], fields))
        except (drafts.TooLarge, drafts.Full) as error:
            raise BadRequest(
                gettext("You are signed out, and what you typed could not be kept. Go back, copy it, and sign in.")
            ) from error
        response = redirect_to_login(request.get_full_path())
        age = drafts.WAITS_FOR.total_seconds()
        response.set_cookie(self.COOKIE, token, max_age=age, secure=settings.HTTPS, httponly=True, samesite="Lax")
        return response


class History(pghistory.middleware.HistoryMiddleware):
    """Keep with each change who made it, also by name, as accounts can be renamed and deleted, and on which page."""

    def get_context(self, request):
        return super().get_context(request) | {"username": request.user.get_username()}
