"""Other ways to use the pages: by keyboard alone, without JavaScript, and two people at once."""

import re

import pytest

from cases.models import Case, Detainee, Role
from tests.browser import next_page
from tests.factories import make_arrest, make_case, make_charge, make_detention, make_lawyer, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page):
    return page.evaluate(
        "document.activeElement.name || document.activeElement.id || document.activeElement.textContent.trim()"
    )


def save(page):
    with next_page(page):
        page.locator(".form-end .btn-primary").click()


def tab_to(page, words, most=60):
    """Press Tab until the link, button or field with these words or this name has the focus."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if words in focused(page):
            return
    raise AssertionError(f"Tab does not reach {words!r}")


# ------------------------------------------------------------------------------------------------ by keyboard


def test_the_first_tab_skips_to_the_content_and_a_slash_goes_to_the_search(open_page):
    page = open_page(make_user(Role.READER))
    page.goto("/cases/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # seen while it has the focus
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("a/b")
    assert page.locator("#search").input_value() == "a/b"


def test_the_errors_of_a_form_get_the_focus_and_lead_to_their_fields(open_page):
    page = open_page(make_user())
    page.goto("/cases/add/")
    with next_page(page):
        page.locator("[name=person-person]").press("Enter")  # saves, as in every form
    assert focused(page) == "errors"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("Nadia")
    assert page.locator("[name=person-person]").input_value() == "Nadia"


def test_a_list_is_filtered_by_keyboard_alone(open_page):
    make_detention(make_case("Nadia Held"), "2020-01-01")
    make_case("Vera Free")
    page = open_page(make_user(Role.READER))
    page.goto("/cases/")
    tab_to(page, "status")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**status=in_custody**")
    assert "Nadia Held" in page.locator("table.list").inner_text()
    assert "Vera Free" not in page.locator("table.list").inner_text()
    tab_to(page, "Status: in custody")  # the chip takes it away again
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/(\?(?!.*status).*)?$"))
    assert "Vera Free" in page.locator("table.list").inner_text()


def test_a_menu_opens_and_closes_by_keyboard(open_page):
    case = make_case("Nadia")
    page = open_page(make_user())
    page.goto(f"/cases/{case.reference}/")
    page.locator(".banner details.menu > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page)
    page.keyboard.press("Escape")
    assert page.locator(".banner details.menu").get_attribute("open") is None
    assert "Add a fact" in focused(page)


def test_a_match_is_picked_by_keyboard(open_page):
    case, lawyer = make_case("Nadia"), make_lawyer("Nikolai Polozov")
    page = open_page(make_user())
    page.goto(f"/cases/{case.reference}/lawyers/add/")
    page.locator("[name=lawyer]").focus()
    page.keyboard.type("polozo")
    page.locator("[name=lawyer_choice]").first.wait_for()
    tab_to(page, "lawyer_choice", most=3)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.reference}/")
    assert case.representations.get().lawyer == lawyer


# ------------------------------------------------------------------------------------------------ without JavaScript


def test_without_javascript_filters_narrow_the_list(open_page):
    make_charge(make_case("Nadia"), "280.1")
    make_charge(make_case("Vera"), "212")
    page = open_page(make_user(Role.READER), javascript=False)
    page.goto("/cases/")
    page.locator(".more-filters > summary").click()
    with next_page(page):
        page.locator(".more-filters .rest a").click()
    page.locator("[name=article][value='ru-cc/280.1/1']").check()
    with next_page(page):
        page.locator(".filters-page button.btn-primary").click()
    assert page.locator("table.list tbody tr").count() == 1
    assert "Nadia" in page.locator("table.list").inner_text()


def test_without_javascript_a_date_that_can_be_read_in_two_ways_is_asked(open_page):
    case = make_case("Nadia")
    page = open_page(make_user(), javascript=False)
    page.goto(f"/cases/{case.reference}/arrests/add/")
    page.locator("[name=date]").fill("03/04/2019")
    save(page)
    asked = page.locator(".readings")
    assert "3 April 2019" in asked.inner_text()
    assert "4 March 2019" in asked.inner_text()
    asked.get_by_label("3 April 2019").check()
    save(page)
    assert case.arrests.get().date.text == "2019-04-03"


def test_a_day_that_does_not_exist_is_refused_and_nothing_typed_is_lost(open_page):
    case = make_case("Nadia")
    page = open_page(make_user(), javascript=False)
    page.goto(f"/cases/{case.reference}/arrests/add/")
    page.locator("[name=date]").fill("29.02.2015")
    page.locator("[name=circumstances]").fill("At home, in the morning.")
    page.locator("[name=evidence-quote]").evaluate("(box) => { box.closest('details').open = true }")
    page.locator("[name=evidence-quote]").fill("They came at six.")
    save(page)
    assert "29 February 2015 does not exist" in page.locator("#errors").inner_text()
    assert page.locator("[name=date]").input_value() == "29.02.2015"
    assert page.locator("[name=circumstances]").input_value() == "At home, in the morning."
    assert page.locator("[name=evidence-quote]").input_value() == "They came at six."
    assert not case.arrests.exists()


def test_without_javascript_a_person_who_may_be_there_already_is_asked_about(open_page):
    known = make_case("Akhtem Chiygoz").detainee
    page = open_page(make_user(), javascript=False)
    page.goto("/cases/add/")
    page.locator("[name=person-person]").fill("Ахтем Чийгоз")
    save(page)
    assert "Is it one of these people" in page.locator("main").inner_text()
    page.locator("label.match", has_text="Akhtem Chiygoz").click()
    save(page)
    assert Detainee.objects.get() == known
    assert known.cases.count() == 2
    page.goto("/cases/add/")
    page.locator("[name=person-person]").fill("Ахтем Чийгоз")
    save(page)
    page.locator("label.match", has_text="A new person").click()
    save(page)
    assert Detainee.objects.count() == 2
    assert Case.objects.count() == 3


# ------------------------------------------------------------------------------------------------ two people at once


def test_the_second_of_two_people_sees_the_conflict_and_both_values(open_page):
    case = make_case("Nadia")
    arrest = make_arrest(case, "2015-01-29", authority="Police")
    address = f"/cases/{case.reference}/arrests/{arrest.pk}/edit/"
    first, second = open_page(make_user(username="olena")), open_page(make_user(username="taras"))
    for page in (first, second):
        page.goto(address)
    first.locator("[name=authority]").fill("FSB")
    save(first)
    second.locator("[name=authority]").fill("Border guards")
    save(second)
    told = second.locator("#errors").inner_text()
    assert "olena changed this while you were writing" in told
    both = second.locator("#conflict").inner_text()
    assert "FSB" in both and "Border guards" in both
    assert second.locator("[name=authority]").input_value() == "Border guards"
    arrest.refresh_from_db()
    assert arrest.authority == "FSB"
    second.locator("#conflict label", has_text="Use mine").click()  # knowing both, the second one decides
    save(second)
    arrest.refresh_from_db()
    assert arrest.authority == "Border guards"
