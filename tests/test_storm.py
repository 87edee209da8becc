"""Twenty people who save the same case again and again, by form and in the admin: every stale save is caught, none is lost."""

import html as markup
import os
import re
from collections import Counter
from threading import Barrier, Lock, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases.models import Arrest, Case
from tests.factories import make_arrest, make_case, make_user

THREADS = 20
EDITS = int(os.environ.get("STORM_EDITS", "8"))  # 50 for the figure of the issue, which takes minutes

KIND_OF_EACH = [0, 1, *[2, 3] * 9]  # the forms of the case take long to draw

pytestmark = pytest.mark.django_db(transaction=True)


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
    for name, options in re.findall(r'<select\b[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        data[name] = (re.findall(r'<option value="([^"]*)"[^>]*\bselected', options) or [""])[0]
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        data[name] = markup.unescape(text).removeprefix("\n")
    return data


class Writer(Thread):
    """Opens a form once, and again only after a save; a conflict is answered with "mine", as fast as it can be."""

    def __init__(self, number, user, url, form, field, token, start, outcomes):
        super().__init__(daemon=True)
        self.number, self.user, self.url, self.form, self.field, self.token = number, user, url, form, field, token
        self.start_together, self.outcomes = start, outcomes
        self.counts, self.saved = Counter(), []

    def run(self):
        try:
            self.write()
        except Exception as error:  # noqa: BLE001  a thread's failure is the test's
            self.counts[repr(error)] += 1
        finally:
            connection.close()

    def write(self):
        browser = Client(raise_request_exception=False)
        browser.force_login(self.user)
        data = self.opened(browser)
        self.start_together.wait()
        for edit in range(EDITS):
            value = f"{self.number}-{edit}"
            version = int(data[self.token].split()[0])
            answer = browser.post(self.url, data | {self.field: value})
            if answer.status_code == 302:
                self.counts["saved"] += 1
                self.saved.append((value, version))
                data = self.opened(browser)
            elif answer.status_code == 200 and b'id="conflict"' in answer.content:
                self.counts["caught"] += 1
                data = sent(answer.content.decode(), self.form)
                assert data[self.field] == value, "what was typed is lost"
            else:
                self.counts[answer.status_code] += 1

    def opened(self, browser):
        return sent(browser.get(self.url).content.decode(), self.form)


def test_every_stale_save_is_caught_and_none_is_lost():
    case = make_case("Ann Example", title="At first")
    arrest = make_arrest(case, authority="At first")
    start, lock = Barrier(THREADS, timeout=60), Lock()
    page, stock = '<form class="form"', 'method="post" id="'
    ways = [
        (Case, reverse("case-edit", args=[case.reference]), page, "title", "version"),
        (Case, reverse("admin:cases_case_change", args=[case.pk]), stock, "title", "seen_version"),
        (Arrest, reverse("record-edit", args=[case.reference, "arrests", arrest.pk]), page, "authority", "version"),
        (Arrest, reverse("admin:cases_arrest_change", args=[arrest.pk]), stock, "authority", "seen_version"),
    ]
    writers = []
    for number in range(THREADS):
        model, *way = ways[KIND_OF_EACH[number]]
        writer = Writer(number, make_user("Administrator"), *way, start, lock)
        writer.model = model
        writers.append(writer)
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(300)
    counts = sum((writer.counts for writer in writers), Counter())
    assert set(counts) <= {"saved", "caught", 503}, counts
    assert counts["saved"] + counts["caught"] + counts[503] == THREADS * EDITS
    assert counts["saved"] >= 4
    assert counts["caught"] > THREADS, "there has to be a storm"
    for model, field, row in [(Case, "title", case), (Arrest, "authority", arrest)]:
        saved = dict(pair for writer in writers if writer.model is model for pair in writer.saved)
        versions = model.pgh_event_model.objects.filter(pgh_obj=row.pk).order_by("pgh_id").values_list(field, "version")
        kept = [(value, version) for value, version in versions if value != "At first"]
        assert len(kept) == len(saved), "each save is one version of the history"
        assert {value: version - 1 for value, version in kept} == saved, "each was made on the version that it had seen"
        row.refresh_from_db()
        assert (getattr(row, field), row.version) == kept[-1]
