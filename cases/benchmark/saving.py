"""A record saved with its history and the status that follows, beside the same save without: triggers off, in the same run."""

import statistics
import time
from datetime import date, timedelta
from html.parser import HTMLParser

from django.db import connection, transaction
from django.urls import reverse

from cases.benchmark.serving import NotThere
from cases.demo.loading import TRACKED
from cases.models import Detention

AT_A_TIME = 5


def measure(browser, times):
    """Return the figure, and what it was made of.

    The figure is of what a person does: a form sent to the server, until its answer is there. `row` in the details is the
    row alone, saved by a model in a transaction, where what the triggers write weighs most.
    """
    stays = list(
        Detention.objects.filter(case__access="everyone", standing="accepted", began__regex=r"^\d{4}-\d\d-\d\d$")
        .filter(event__confidential=False, began_latest__lt="2024-01-01")
        .select_related("case")
        .order_by("pk")[: AT_A_TIME * 2]
    )
    if not stays:
        raise NotThere("No stay is there whose date could be changed")
    try:
        rows = in_turn(lambda: [save_row(stay) for stay in stays[:AT_A_TIME]], times)
        forms = in_turn(lambda: [send_form(browser, stay) for stay in stays[AT_A_TIME:] or stays], times)
    finally:
        switch_triggers("ENABLE")
        with connection.cursor() as cursor:
            cursor.execute("SELECT cases_rebuild(%s::bigint[], false)", [[stay.case_id for stay in stays]])
    details = {"row": told(rows), "form": told(forms)}
    return {"ratio_to_no_history": details["form"]["ratio"]}, details


def told(seconds):
    with_, without = (round(statistics.median(seconds[how]) * 1000, 2) for how in ("ENABLE", "DISABLE"))
    return {"with_ms": with_, "without_ms": without, "ratio": round(with_ / without, 2)}


def in_turn(save, times):
    """Return {how the triggers were: seconds of each save}, with and without in turn."""
    seconds = {"ENABLE": [], "DISABLE": []}
    for number in range(times + 1):
        for how in seconds:
            switch_triggers(how)
            taken = save()
            if number:  # the first ones warm up
                seconds[how] += taken
    return seconds


def switch_triggers(how):
    with transaction.atomic(), connection.cursor() as cursor:
        for model in TRACKED:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} {how} TRIGGER USER")


def save_row(stay):
    """Save a stay that begins a day later or earlier than it did, which changes the status of its case."""
    stay.began = later_or_earlier(str(stay.began.earliest))
    began = time.perf_counter()
    with transaction.atomic():
        stay.save()
    return time.perf_counter() - began


def send_form(browser, stay):
    """Send the form of a stay, changed, as a person does; its status changes by a day."""
    address = reverse("record-edit", args=[stay.case.reference, "detentions", stay.pk])
    page = browser.get(address)
    if page.status != 200:
        raise NotThere(f"{address} answered {page.status}")
    values = Form.read(page.body.decode(), "ending")
    values["began"] = stay.began = later_or_earlier(str(stay.began.earliest))
    answer = browser.post(address, values)
    if answer.status != 302:
        raise NotThere(f"{address} did not save: {answer.status}")
    return answer.seconds


def later_or_earlier(day):
    """Return the next day, or the day before if that is where the last save has put it."""
    known = date.fromisoformat(day)
    return (known + timedelta(days=1 if known.day % 2 else -1)).isoformat()


class Form(HTMLParser):
    """The values with which a browser would send the form that has a field of this name."""

    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.values, self.found, self.area, self.select = wanted, {}, {}, None, None

    @classmethod
    def read(cls, text, wanted):
        parser = cls(wanted)
        parser.feed(text)
        return parser.found

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name = given.get("name")
        if tag == "form":
            self.values = {}
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind not in ("submit", "file", "button") and (kind not in ("checkbox", "radio") or "checked" in given):
                self.values[name] = given.get("value") or ""
        elif tag == "textarea" and name:
            self.area, self.values[name] = name, ""
        elif tag == "select" and name:
            self.select, self.values[name] = name, ""
        elif tag == "option" and self.select and "selected" in given:
            self.values[self.select] = given.get("value") or ""

    def handle_data(self, data):
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.values[self.area] = self.values[self.area].removeprefix("\n")
            self.area = None
        elif tag == "select":
            self.select = None
        elif tag == "form" and self.wanted in self.values:
            self.found = self.values
