"""Who asks for a page, and what tests read in it: its words, or its bytes without what may differ between equal answers."""

import re
from html import unescape

from django.test import Client

from cases.models import Role
from tests.factories import make_user


def same_bytes(response, address=""):
    """Return the answer's bytes without its token against forgery and without the address that was asked for."""
    content = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    return content.replace(address.encode(), b"") if address else content


def words_of(html):
    """Return what a piece of a page says, without tags and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def main_of(response):
    """Return the part of a page that is its own."""
    content = response.content.decode()
    return content[content.index("<main") : content.index("</main>")]


def text(response):
    """Return what a page says."""
    return words_of(main_of(response))


def signed_in(role=Role.EDITOR):
    """Return a client that somebody with this role uses."""
    client = Client()
    client.force_login(make_user(role))
    return client
