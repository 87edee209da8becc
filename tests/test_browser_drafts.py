"""Drafts in a real browser: a killed tab, a crash, a session that ended, with and without JavaScript."""

import re
import time

import pytest
from django.contrib.sessions.models import Session

from cases import drafts
from cases.models import Case, Draft
from tests.browser import next_page
from tests.factories import make_arrest, make_case, make_note, make_user
from tests.test_browser_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a-long-password-1"
STATUS = ".draft-status"


def kept(page, words="Draft kept"):
    """Wait until the page says that the draft is kept."""
    page.locator(STATUS, has_text=words).wait_for()


def go_on(page):
    with next_page(page):
        page.get_by_role("button", name="Continue with it").click()


def save(page):
    with next_page(page):
        page.locator(".form-end .btn-primary").click()


def box(page, name):
    return page.locator(f"[name='{name}']")


def wait_for_draft(words):
    """Wait until a draft with these words has reached the database."""
    for _try in range(100):
        if any(words in str(drafts.Typed.unsealed(draft.typed)) for draft in Draft.objects.all()):
            return
        time.sleep(0.1)
    raise AssertionError(f"no draft has {words!r}")


def sign_in(page, user):
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    with next_page(page):
        page.locator("button.btn-primary").click()


def a_user(**fields):
    user = make_user(**fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in_on_the_page(open_page, user, **options):
    page = open_page(**options)
    page.goto("/accounts/login/")
    sign_in(page, user)
    return page


# ------------------------------------------------------------------------------------------------ a tab that is gone


def test_a_closed_tab_gives_a_whole_new_case_back(open_page):
    user = make_user()
    page = open_page(user)
    page.goto("/cases/add/")
    texts = {
        "person-person": "Надія Вигадана", "person-born": "about 1980", "spellings-0-text": "Nadia Invented",
        "arrest-date": "29.01.2015", "arrest-circumstances": "At home,\nin the morning.", "stay-began": "Jan 2015",
        "charge-text_as_reported": "Mass disorder", "case-title": "Invented title",
    }  # fmt: skip
    chosen = {"person-sex": "female", "spellings-0-kind": "native", "stay-kind": "remand", "case-access": "team"}
    for name, words in texts.items():
        box(page, name).fill(words)
    for name, value in chosen.items():
        box(page, name).select_option(value)
    kept(page)
    wait_for_draft("Invented title")
    page.close(run_before_unload=False)

    page = open_page(user)
    page.goto("/cases/add/")
    assert "You typed here on" in page.locator(".draft").inner_text()
    assert box(page, "person-person").input_value() == ""  # never merged unasked
    go_on(page)
    assert {name: box(page, name).input_value() for name in texts} == texts
    assert {name: box(page, name).input_value() for name in chosen} == chosen
    assert "Nothing is saved yet" in page.locator(".draft").inner_text()
    assert page.locator("#errors").count() == 0
    assert not Case.objects.exists()


def test_a_crashed_tab_gives_names_ticks_lists_and_choices_of_a_person_back(open_page):
    person, user = make_case("Nadia Invented").detainee, make_user()
    page = open_page(user)
    address = f"/people/{person.reference}/edit/"
    page.goto(address)
    box(page, "names-1-text").fill("Надія")
    box(page, "names-1-kind").select_option("native")
    box(page, "names-1-language").fill("uk")
    box(page, "biography").fill("Two lines\nof a life.")
    box(page, "nationalities").select_option(["UA", "TR"])
    box(page, "consent_on").fill("2020-01-31")
    box(page, "names-0-DELETE").check()
    kept(page)
    wait_for_draft("2020-01-31")
    with pytest.raises(Exception, match=r"crash|Crash|closed"):
        page.goto("chrome://crash", timeout=5000)

    page = open_page(user)
    page.goto(address)
    go_on(page)
    assert box(page, "names-1-text").input_value() == "Надія"
    assert box(page, "names-1-kind").input_value() == "native"
    assert box(page, "biography").input_value() == "Two lines\nof a life."
    assert box(page, "nationalities").evaluate("(list) => [...list.selectedOptions].map((one) => one.value)") == [
        "TR",
        "UA",
    ]
    assert box(page, "consent_on").input_value() == "2020-01-31"
    assert box(page, "names-0-DELETE").is_checked()
    assert "choose them again" in page.locator(".draft").inner_text()
    assert person.names.count() == 1


def test_what_was_typed_just_before_the_tab_closed_is_kept_too(open_page):
    user, case = make_user(), make_case()
    page = open_page(user)
    page.goto(f"/cases/{case.reference}/notes/add/")
    box(page, "text").fill("The last words")
    page.goto("about:blank")  # before the pause is over
    wait_for_draft("The last words")


def test_a_saved_form_leaves_no_draft_even_if_one_was_on_its_way(open_page):
    user, case = make_user(), make_case()
    page = open_page(user)
    address = f"/cases/{case.reference}/notes/add/"
    for number in range(3):
        page.goto(address)
        box(page, "text").fill(f"Note {number}")
        if number:
            page.wait_for_timeout(1400 + 60 * number)  # the draft leaves about now
        save(page)
        page.wait_for_url(f"**/cases/{case.reference}/")
    page.wait_for_timeout(500)
    assert case.notes.count() == 3
    assert not Draft.objects.exists()


def test_a_draft_is_thrown_away_on_asking(open_page):
    user, case = make_user(), make_case()
    page = open_page(user)
    page.goto(f"/cases/{case.reference}/notes/add/")
    box(page, "text").fill("Not wanted")
    kept(page)
    page.reload()
    with next_page(page):
        page.get_by_role("button", name="Throw it away").click()
    assert page.locator(".draft").count() == 0
    assert box(page, "text").input_value() == ""
    assert not Draft.objects.exists()


def test_typing_beside_an_offered_draft_does_not_overwrite_it(open_page):
    user, case = make_user(), make_case()
    page = open_page(user)
    page.watch.allow("status of 409")
    page.goto(f"/cases/{case.reference}/notes/add/")
    box(page, "text").fill("The long first words")
    kept(page)
    page.reload()
    box(page, "text").fill("x")
    kept(page, "Another page of this form has a draft")
    go_on(page)
    assert box(page, "text").input_value() == "The long first words"
    box(page, "text").fill("The long first words and more")
    kept(page)
    wait_for_draft("and more")


def test_a_picked_match_and_a_reading_of_a_date_are_given_back(open_page):
    user, case = make_user(), make_case()
    make_arrest(make_case("Other"), place=None)
    page = open_page(user)
    page.goto(f"/cases/{case.reference}/arrests/add/")
    box(page, "date").fill("03/04/2019")
    box(page, "authority").focus()
    page.locator(".readings").get_by_label("3 April 2019").check()
    box(page, "place").press_sequentially("A new place")
    page.locator("label.match").first.click()
    kept(page)
    wait_for_draft("place_choice")
    page.reload()
    go_on(page)
    assert page.locator(".readings").get_by_label("3 April 2019").is_checked()
    assert page.locator("[name=place_choice]:checked").count() == 1
    assert box(page, "place").input_value() == "A new place"


# ------------------------------------------------------------------------------------------------ an ended session


def end_sessions():
    Session.objects.all().delete()


def test_without_javascript_a_form_sent_after_the_session_ended_comes_back_after_signing_in(open_page):
    user, case = a_user(), make_case()
    page = sign_in_on_the_page(open_page, user, javascript=False)
    page.goto(f"/cases/{case.reference}/arrests/add/")
    box(page, "date").fill("29.01.2015")
    box(page, "circumstances").fill("At home,\nin the morning.")
    end_sessions()
    save(page)
    assert "What you typed is kept for an hour" in page.locator("main").inner_text()
    sign_in(page, user)
    assert page.url.endswith(f"/cases/{case.reference}/arrests/add/")
    assert "You were signed out when you sent this form" in page.locator(".draft").inner_text()
    assert box(page, "date").input_value() == "29.01.2015"
    assert box(page, "circumstances").input_value() == "At home,\nin the morning."
    assert not case.arrests.exists()
    save(page)
    assert case.arrests.get().circumstances.splitlines() == ["At home,", "in the morning."]
    assert not Draft.objects.exists()


def test_without_javascript_a_new_case_with_an_error_is_offered_again(open_page):
    page = open_page(make_user(), javascript=False)
    page.goto("/cases/add/")
    box(page, "person-person").fill("Nadia Invented")
    box(page, "arrest-date").fill("30.02.2015")
    save(page)
    assert page.locator("#errors").count() == 1
    page.goto("/cases/add/")
    go_on(page)
    assert box(page, "arrest-date").input_value() == "30.02.2015"
    assert page.locator("#errors").count() == 0


def test_who_is_signed_out_while_typing_is_told_and_goes_on_after_signing_in_in_another_tab(open_page):
    user, case = a_user(), make_case()
    page = sign_in_on_the_page(open_page, user)
    page.goto(f"/cases/{case.reference}/notes/add/")
    end_sessions()
    box(page, "text").fill("Typed while signed out")
    kept(page, "You are signed out")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    tab = page.context.new_page()
    tab.goto("/accounts/login/")
    sign_in(tab, user)
    tab.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    kept(page)
    save(page)
    assert case.notes.get().text == "Typed while signed out"


def test_another_user_who_signs_in_in_the_next_tab_gets_no_draft_of_what_is_typed(open_page):
    user, colleague, case = a_user(), a_user(), make_case()
    page = sign_in_on_the_page(open_page, user)
    page.goto(f"/cases/{case.reference}/notes/add/")
    end_sessions()
    tab = page.context.new_page()
    tab.goto("/accounts/login/")
    sign_in(tab, colleague)
    page.watch.allow("status of 403")
    box(page, "text").fill("Mine alone")
    kept(page, "You are signed out")
    assert not Draft.objects.exists()


# ------------------------------------------------------------------------------------------------ how it looks


def test_the_offer_and_the_form_that_goes_on_are_clean_in_light_dark_and_narrow(open_page):
    user, case = make_user(), make_case()
    note = make_note(case, text="As it is")
    page, faults = open_page(user), []
    for address, name in (
        ("/cases/add/", "case-title"),
        (f"/cases/{case.reference}/notes/{note.pk}/edit/", "remark"),
        ("/people/add/", "biography"),
    ):
        page.goto(address)
        box(page, name).fill("Words that are a draft")
        kept(page)
        assert re.fullmatch(r"Draft kept \d\d:\d\d", page.locator(STATUS).inner_text())
        faults += look(page)
        page.goto(address)
        faults += look(page)
        go_on(page)
        faults += look(page)
    assert not faults, "\n".join(faults)


def test_signing_in_to_get_a_form_back_is_clean_in_light_dark_and_narrow(open_page):
    user, case = a_user(), make_case()
    page = sign_in_on_the_page(open_page, user)
    page.goto(f"/cases/{case.reference}/arrests/add/")
    box(page, "circumstances").fill("Words that wait")
    end_sessions()
    save(page)
    faults = look(page)
    sign_in(page, user)
    assert box(page, "circumstances").input_value() == "Words that wait"
    faults += look(page)
    assert not faults, "\n".join(faults)
