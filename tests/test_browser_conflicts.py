"""Two people at one case, in real browsers: the page that asks which value holds, and the notice on a page left open."""

import os

import pghistory
import pytest
from django.urls import reverse

from cases.models import Name
from tests.browser import next_page
from tests.factories import make_arrest, make_case, make_detainee, make_user
from tests.test_browser_pages import LONG, look, submit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVE = ".form-end .btn-primary"
# A deferred script runs after this event: the page then asks five times a second, not once a minute.
HURRY = """document.addEventListener("readystatechange", () => {
  const place = document.querySelector("[data-changed]");
  if (place) place.dataset.every = "0.2";
});"""


@pytest.fixture
def me():
    return make_user("Editor", username="me")


@pytest.fixture
def colleague():
    return make_user("Editor", username="colleague", first_name="Nadia", last_name="Colleague")


@pytest.fixture
def case():
    return make_case(make_detainee("Ann Example", "Anna Example", biography="At first"), title="At first", country="UA")


def change(record, user, **fields):
    """Save a record as a colleague would, with a reason."""
    with pghistory.context(user=user.pk, username=user.username, reason=f"A letter. {LONG}"):
        for name, value in fields.items():
            setattr(record, name, value)
        record.save()


def test_the_page_that_asks_is_clean_for_a_record_a_case_and_a_person(open_page, me, colleague, case):
    page, faults = open_page(me), []
    arrest = make_arrest(case, authority="At first", remark="Seen")
    person = case.detainee
    forms = [
        (reverse("record-edit", args=[case.reference, "arrests", arrest.pk]), arrest, "authority", {"remark": LONG}),
        (reverse("case-edit", args=[case.reference]), case, "title", {"country": "RU", "summary": LONG}),
        (reverse("person-edit", args=[person.reference]), person, "biography", {"born": "1980"}),
    ]
    for address, record, field, others in forms:
        page.goto(address)
        change(record, colleague, **{field: f"Theirs. {LONG}"}, **others)
        if record is person:
            change(person.names.get(kind="alias"), colleague, text=f"Theirs {LONG}")
            change(Name(detainee=person), colleague, text="Надія Вигадана", kind="native", language="uk")
            page.locator("[name=names-1-text]").fill("Mine")
        page.locator(f"[name={field}]").fill(f"Mine. {LONG}")
        submit(page, SAVE)
        assert page.locator("#conflict").count() == 1, address
        assert page.get_by_text("Nothing is saved yet.").count() == 1, "said once"
        if shots := os.environ.get("SHOTS"):
            for dark, width in [(False, 1280), (True, 1280), (False, 320)]:
                page.emulate_media(color_scheme="dark" if dark else "light")
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{shots}/{field}-{dark}-{width}.png", full_page=True)
        faults += look(page)
    assert not faults, "\n".join(faults)


def test_one_chooses_which_value_holds_and_saves(open_page, me, colleague, case):
    arrest = make_arrest(case, authority="At first", remark="Seen")
    page = open_page(me)
    page.goto(reverse("record-edit", args=[case.reference, "arrests", arrest.pk]))
    page.locator("[name=authority]").fill("FSB")
    page.locator("[name=remark]").fill("Mine")
    change(arrest, colleague, authority="OMON", remark="Theirs")
    submit(page, SAVE)
    assert page.get_by_text("Nadia Colleague changed this while you were writing.").count() >= 1
    page.locator("[name=choose-authority][value=mine]").check()
    page.locator("[name=choose-remark][value=stored]").check()
    submit(page, SAVE)
    assert page.url.endswith(f"/cases/{case.reference}/")
    arrest.refresh_from_db()
    assert (arrest.authority, arrest.remark) == ("FSB", "Theirs")


def open_in_a_hurry(open_page, user, address):
    page = open_page(user)
    page.add_init_script(HURRY)
    page.goto(address)
    return page


def test_a_page_left_open_says_that_a_colleague_changed_the_case(open_page, me, colleague, case):
    arrest = make_arrest(case, authority="At first")
    shown = reverse("case-detail", args=[case.reference])
    form = reverse("record-edit", args=[case.reference, "arrests", arrest.pk])
    watching, writing = (open_in_a_hurry(open_page, me, address) for address in (shown, form))
    writing.locator("[name=authority]").fill("What I am writing")
    theirs = open_page(colleague)
    theirs.goto(form)
    theirs.locator("[name=authority]").fill("Theirs")
    assert watching.locator(".message-changed").count() == 0
    with next_page(theirs):
        theirs.locator(SAVE).click()
    watching.get_by_text("This case has been changed since you opened it: Nadia Colleague").wait_for()
    writing.get_by_text("This record has been changed since you opened it: Nadia Colleague").wait_for()
    assert writing.locator("[name=authority]").input_value() == "What I am writing"
    faults = look(watching) + look(writing)
    assert not faults, "\n".join(faults)
    with next_page(watching):
        watching.get_by_role("link", name="Show it as it is now").click()
    assert watching.locator(".message-changed").count() == 0
    assert "Theirs" in watching.inner_text("main")


def test_ones_own_change_and_a_hidden_one_are_no_news(open_page, me, case):
    """For both there is nothing to tell, and the page goes on asking."""
    shown = reverse("case-detail", args=[case.reference])
    mine, readers = (open_in_a_hurry(open_page, user, shown) for user in (me, make_user("Reader")))
    with pghistory.context(user=me.pk):
        make_arrest(case, confidential=True)
    for page in (mine, readers):
        for _time in range(2):
            with page.expect_response(lambda answer: "since=" in answer.url) as asked:
                pass
            assert asked.value.status == 204
        assert page.locator(".message-changed").count() == 0
