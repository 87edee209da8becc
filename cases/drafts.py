"""What was typed in a form and not saved: kept encrypted, and given back to whoever typed it, to nobody else.

While somebody types, their browser sends the form now and then; a form that comes back unsaved is kept too. If the session
had ended when it was sent, it waits under a secret that only that browser holds, until somebody signs in there.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import ResolverMatch
from django.utils import timezone

from cases.models import User
from cases.models.work import Draft

KEPT_FOR = timedelta(days=14)
WAITS_FOR = timedelta(hours=1)  # for somebody to sign in
LARGEST = 500_000  # bytes of what is typed in one form
MOST_WAITING = 200  # in all: strangers must not fill the disk
WAITING_IN_ONE_BROWSER = 3

THINGS = ["person", "lawyer", "place", "court", "provision", "source", "proceeding", "list", "organisation"]
# Names of the addresses of the forms that have drafts, and the parameters of an address that make it another form.
FORMS: dict[str, tuple[str, ...]] = {
    "case-add": ("source", "new_source", "start", "end", "person", "after", "back"),
    "case-add-many": ("source", "new_source", "start", "end", "back"),
    "case-edit": (),
    "record-add": (),
    "record-edit": (),
    "account-add": ("as",),
    "role-add": (),
    "role-edit": (),
    "citation-add": (),
    "person-citation-add": (),
    "role-citation-add": (),
    "citation-edit": (),
    "source-text": (),
    "source-fact-add": ("start", "end", "case", "kind", "field"),
    **{f"{thing}-{what}": () for thing in THINGS for what in ("add", "edit")},
}
NEEDED = {"source-fact-add": {"start", "end", "case", "kind"}}  # without these parameters there is no form yet
# A form's page says with these which page it is, and asks for its draft.
PAGE, PATH, CONTINUE = "draft", "draft-path", "draft-continue"
NOT_TYPED = {"csrfmiddlewaretoken", "find", "another", PAGE, PATH, CONTINUE}

Fields = list[tuple[str, str]]


class TooLarge(Exception):
    """More was typed than is kept."""


class Overtaken(Exception):
    """Another page of the same form has a draft, which would be lost."""


class Full(Exception):
    """Too many drafts wait for somebody to sign in."""


# ------------------------------------------------------------------------------------------------ what and where


def path_of(match: ResolverMatch | None, path: str, query: QueryDict) -> str | None:
    """Return the address that a form's draft is kept under; None if there is no form with drafts."""
    if match is None or match.view_name not in FORMS:
        return None
    if not all(query.get(name) for name in NEEDED.get(match.view_name, ())):
        return None
    meant = QueryDict(mutable=True)
    for name in FORMS[match.view_name]:
        if query.get(name):
            meant.appendlist(name, query[name])
    whole = f"{path}?{meant.urlencode()}" if meant else path
    return whole if len(whole) <= 300 else None


def typed_in(data: QueryDict) -> Fields:
    """Return what a form was sent with, without what belongs to the page, and never a password."""
    return [
        (name, value)
        for name, values in data.lists()
        if name not in NOT_TYPED and "password" not in name.lower()
        for value in values
    ]


def as_sent(fields: Fields) -> QueryDict:
    """Return the fields as those of a form that was sent only to be looked at: it is shown, without errors, and not saved."""
    data = QueryDict(mutable=True)
    for name, value in fields:
        data.appendlist(name, value)
    data["find"] = ""
    return data


# ------------------------------------------------------------------------------------------------ encryption


@dataclass(frozen=True)
class Typed:
    """What a draft holds. `page` tells the page that it was typed in; `user` is None where nobody knew who it was."""

    user: int | None
    path: str
    page: str
    fields: Fields

    def sealed(self, token: str = "") -> bytes:
        """Return it encrypted: readable only with the installation's key, the token, and for the same user and path."""
        whole = json.dumps([self.user, self.path, self.page, self.fields], ensure_ascii=False).encode()
        return cipher(token).encrypt(whole)

    @classmethod
    def unsealed(cls, sealed: bytes | memoryview, token: str = "") -> "Typed | None":
        """Return what was encrypted, or None if the keys are others than then."""
        try:
            user, path, page, fields = json.loads(cipher(token).decrypt(bytes(sealed)))
        except InvalidToken:
            return None
        return cls(user, path, page, [(name, value) for name, value in fields])


def cipher(token: str = "") -> MultiFernet:
    """Encrypt with a key from SECRET_KEY; decrypt with those from older ones, too."""
    return MultiFernet([Fernet(key(secret, token)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def key(secret: str, token: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"casetracker drafts {token}".encode()).derive(secret.encode())
    return urlsafe_b64encode(derived)


# ------------------------------------------------------------------------------------------------ keeping


def keep(user: User, path: str, fields: Fields, page: str) -> datetime:
    """Keep what was typed in a page, in place of what the same page sent before. Return when."""
    refuse_large(fields)
    forget_old()
    typed = Typed(user.pk, path, page, fields)
    try:
        with transaction.atomic():
            there = Draft.objects.filter(user=user, path=path).select_for_update().first()
            known = there and Typed.unsealed(there.typed)
            if known and known.page != page:
                raise Overtaken
            return _write(there or Draft(user=user, path=path), typed)
    except IntegrityError as error:  # two pages of one form at the same moment
        raise Overtaken from error


def _write(draft: Draft, typed: Typed) -> datetime:
    draft.typed, draft.saved_at = typed.sealed(), timezone.now()
    draft.save()
    return draft.saved_at


def drop(user: User, path: str) -> None:
    Draft.objects.filter(user=user, path=path).delete()


def refuse_large(fields: Fields) -> None:
    if sum(len(name.encode()) + len(value.encode()) for name, value in fields) > LARGEST:
        raise TooLarge


def forget_old() -> int:
    """Delete what nobody came back for. Return how many."""
    now = timezone.now()
    old = Q(user__isnull=False, saved_at__lt=now - KEPT_FOR) | Q(user__isnull=True, saved_at__lt=now - WAITS_FOR)
    return Draft.objects.filter(old).delete()[0]


# ------------------------------------------------------------------------------------------------ an ended session


def new_token() -> str:
    """Return what a browser keeps, so that its drafts are found and can be read."""
    return secrets.token_urlsafe(32)


def secrets_of(token: str) -> list[str]:
    """Return the texts under which the drafts of one browser wait: they don't tell the token."""
    return [sha256(f"{token} {number}".encode()).hexdigest() for number in range(WAITING_IN_ONE_BROWSER)]


def keep_waiting(token: str, typed: Typed) -> None:
    """Keep what was sent after the session had ended, in place of what waits for the same path or the longest."""
    refuse_large(typed.fields)
    forget_old()
    with transaction.atomic():
        waiting = list(_waiting(token))
        free = [secret for secret in secrets_of(token) if secret not in {draft.secret for draft in waiting}]
        same = [draft for draft in waiting if draft.path == typed.path]
        if not waiting and Draft.objects.filter(user=None).count() >= MOST_WAITING:
            raise Full
        draft = same[0] if same else Draft(secret=free[0]) if free else waiting[0]
        draft.path, draft.typed, draft.saved_at = typed.path, typed.sealed(token), timezone.now()
        draft.save()


def _waiting(token: str) -> Iterable[Draft]:
    rows = Draft.objects.filter(user=None, secret__in=secrets_of(token), saved_at__gte=timezone.now() - WAITS_FOR)
    return rows.select_for_update().order_by("saved_at")


@transaction.atomic
def claim(user: User, path: str, token: str) -> tuple[Typed | None, bool]:
    """Make the user's own what waits for this form under the token, if it may be theirs: not if somebody else typed it.

    Return it, and whether more waits. It takes the place of an older draft: they had pressed “Save”.
    """
    waiting = list(_waiting(token))
    for draft in [draft for draft in waiting if draft.path == path]:
        typed = Typed.unsealed(draft.typed, token)
        if typed is None or typed.path != path or typed.user not in (None, user.pk):
            continue
        mine = Draft.objects.filter(user=user, path=path).select_for_update().first() or Draft(user=user, path=path)
        own = Typed(user.pk, path, typed.page, typed.fields)
        _write(mine, own)
        draft.delete()
        return own, len(waiting) > 1
    return None, bool(waiting)


# ------------------------------------------------------------------------------------------------ the page of a form


class FormDraft:
    """What the page of a form says about its draft. `given_back` tells why the page shows it, if it does."""

    def __init__(self, user: User, path: str, page: str = ""):
        self.user, self.path = user, path
        self.page = page[:40] or secrets.token_urlsafe(9)
        self.given_back = ""
        self.token_is_used = False

    @cached_property
    def found(self) -> tuple[Typed, datetime] | None:
        """Return what is kept for this form, and since when: one query."""
        kept = Draft.objects.visible_to(self.user).filter(path=self.path, saved_at__gte=timezone.now() - KEPT_FOR)
        for draft in kept:
            typed = Typed.unsealed(draft.typed)
            if typed and (typed.user, typed.path) == (self.user.pk, self.path):
                return typed, draft.saved_at
        return None

    @property
    def saved_at(self) -> datetime | None:
        return self.found[1] if self.found else None

    @property
    def is_offered(self) -> bool:
        """Whether something is kept that is not on this page."""
        return self.found is not None and self.found[0].page != self.page

    def continued(self) -> QueryDict | None:
        """Return what the form shows if the user goes on with the draft; None if there is none any more."""
        if self.found is None:
            return None
        self.page, self.given_back = self.found[0].page, "continued"
        return as_sent(self.found[0].fields)

    def claimed(self, token: str) -> QueryDict | None:
        """Return what the form shows if it was sent from this browser after the session had ended."""
        typed, more = claim(self.user, self.path, token)
        self.token_is_used = not more
        if typed is None:
            return None
        self.page, self.given_back = typed.page, "signed in"
        return as_sent(typed.fields)

    def answered(self, status: int, data: QueryDict) -> None:
        """Drop the draft if the form was saved, which a redirect says; keep what was sent if it came back or broke."""
        if status == 302:
            drop(self.user, self.path)
        elif status in (200, 409, 500, 503) and (fields := typed_in(data)):
            try:
                keep(self.user, self.path, fields, self.page)
            except (TooLarge, Overtaken):
                pass  # the page in the browser still has it; an older draft stays on offer
