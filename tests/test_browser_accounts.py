"""The seven release accounts of the published case, compared and resolved in a real browser, with and without JavaScript.

SCREENSHOTS=directory keeps a picture of each step.
"""

import os
import random
from pathlib import Path

import pytest

from cases.demo.published import Published
from cases.models import Release, Role
from tests.browser import next_page
from tests.factories import make_user
from tests.test_browser_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WHY = "The day is in the protocol, and Habertürk names the two men."


def picture(page, name):
    """Keep a picture of the page if somebody wants to look at it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


@pytest.fixture
def chiygoz(transactional_db):
    """The published case, in which one account gives another day, so that there is a date to take."""
    case = Published(random.Random(1)).chiygoz()
    release = case.releases.accepted().get()
    release.date = "2017-10"
    release.save()
    return case


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_the_date_from_one_account_and_the_kind_from_another(open_page, chiygoz, javascript):
    editor = make_user(Role.EDITOR, "editor")
    page = open_page(editor, javascript=javascript)
    page.goto(f"/cases/{chiygoz.reference}/")
    assert page.locator(".banner", has_text="Release contested: 7 accounts").count() == 1
    folded = page.locator("details.accounts", has_text="6 other accounts")
    folded.locator("> summary").click()
    assert folded.get_by_text("Released: exchange").is_visible()
    picture(page, f"1-case-{javascript}")
    with next_page(page):
        folded.get_by_role("link", name="Compare").click()
    assert page.locator("h1").inner_text() == "Release: 7 accounts"
    picture(page, f"2-compare-{javascript}")

    handed = Release.objects.get(kind="handed_over")
    exchange = Release.objects.get(kind="exchange")
    page.locator(f"[name=take-date][value='releases-{handed.pk}']").check()
    page.locator(f"[name=take-kind][value='releases-{exchange.pk}']").check()
    with next_page(page):
        page.get_by_role("button", name="Take the chosen values").click()
    assert "Say why." in page.locator("#errors").inner_text()
    assert page.locator(f"[name=take-kind][value='releases-{exchange.pk}']").is_checked(), "nothing chosen is lost"
    page.get_by_label("Why").fill(WHY)
    with next_page(page):
        page.get_by_role("button", name="Take the chosen values").click()
    assert "The accepted account has the values that you chose" in page.locator("body").inner_text()
    picture(page, f"3-taken-{javascript}")

    accepted = chiygoz.releases.accepted().get()
    assert (accepted.date.text, accepted.kind) == ("2017-10-25", "exchange")
    assert accepted.authority == "President of Russia", "what was not chosen stays"
    sources = {(one.field, one.source.publisher) for one in accepted.citations.all()}
    assert {("date", "Jamestown Foundation"), ("kind", "Kharkiv Human Rights Protection Group")} <= sources
    assert Release.objects.get(kind="pardon").standing == "alternative", "what was accepted before is not lost"
    row = Release.pgh_event_model.objects.filter(pgh_obj=accepted.pk).order_by("pgh_id").last()
    assert (row.pgh_context["reason"], row.pgh_context["username"]) == (WHY, "editor")

    page.goto(f"/cases/{chiygoz.reference}/")
    entry = page.locator(f"#releases-{accepted.pk}")
    assert "Released: exchange" in entry.inner_text() and WHY in entry.inner_text()
    picture(page, f"4-case-{javascript}")
    page.goto(f"/cases/{chiygoz.reference}/history/")
    assert WHY in page.locator("main").inner_text()


def test_another_account_is_added_accepted_and_rejected_on_pages_that_are_clean(open_page, chiygoz):
    page = open_page(make_user(Role.EDITOR))
    pardon = chiygoz.releases.accepted().get()
    place = f"/cases/{chiygoz.reference}/releases/{pardon.pk}"
    faults = look(page, f"{place}/accounts/") + look(page, f"{place}/accounts/add/?as=notes")
    page.goto(f"/cases/{chiygoz.reference}/")
    page.locator(f"#releases-{pardon.pk} .accounts > summary").click()
    with next_page(page):
        page.locator(f"#releases-{pardon.pk}").get_by_role("link", name="Add another account").click()
    page.locator("[name=date]").fill("25.10.2017")
    page.locator("[name=kind]").select_option("amnesty")
    with next_page(page):
        page.get_by_role("button", name="Save", exact=True).click()
    assert "it has no source yet" in page.locator("body").inner_text()
    assert page.locator("h1").inner_text() == "Release: 8 accounts"
    with next_page(page):
        page.get_by_role("link", name="Accept account 8").click()
    faults += look(page)
    page.get_by_label("Why").fill("The act of amnesty was published.")
    picture(page, "5-accept")
    with next_page(page):
        page.get_by_role("button", name="Accept").click()
    assert chiygoz.releases.accepted().get().kind == "amnesty"
    with next_page(page):
        page.get_by_role("link", name="Reject account 2").click()
    faults += look(page)
    page.get_by_label("Why").fill("It was never seen.")
    with next_page(page):
        page.get_by_role("button", name="Reject").click()
    pardon.refresh_from_db()
    assert pardon.standing == "rejected"
    with next_page(page):
        page.get_by_role("link", name="Take the rejection of account 8 back").click()
    faults += look(page)
    page.goto("/")
    assert "Contested" in page.locator("main").inner_text()
    picture(page, "6-home")
    faults += look(page) + look(open_page(make_user(Role.READER)), f"{place}/accounts/")
    assert not faults, "\n".join(faults)
