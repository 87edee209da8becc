"""The admin site in a real browser: axe, the console, 320 px, right to left; many rows edited with the progress in sight."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import transaction
from django.urls import reverse

from cases.models import Case, Role
from tests.browser import next_page
from tests.factories import cite, make_arrest, make_case, make_release, make_user
from tests.test_browser_pages import axe, look, make_everything

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def of(row, page):
    return reverse(f"admin:cases_{row._meta.model_name}_{page}", args=[row.pk])


def whole_list(model, page="changelist"):
    return reverse(f"admin:cases_{model._meta.model_name}_{page}")


def choose(page, model, action, number):
    """Choose the first rows of a list and an action, and go on."""
    page.goto(whole_list(model))
    for box in page.locator(".action-select").all()[:number]:
        box.check()
    page.locator("select[name=action]").first.select_option(action)
    with next_page(page):
        page.locator("button[name=index]").first.click()


def test_lists_forms_and_histories_are_clean_in_light_dark_and_narrow(open_page):
    user = make_user(Role.ADMINISTRATOR)
    case, records, things = make_everything(user)
    make_release(case, "").delete()
    addresses = [
        reverse("admin:index"),
        whole_list(Case),
        f"{whole_list(Case)}?q=nobody-of-this-name&stage=draft",
        whole_list(type(records["releases"]), "deleted"),
        of(case, "change"),
        of(case, "history"),
        of(case, "delete"),
        of(things["person"], "change"),
        of(records["sentences"], "change"),
        of(user, "change"),
        whole_list(type(user), "add"),
        reverse("admin:auth_user_password_change", args=[user.pk]),
    ]
    page = open_page(user)
    faults = [fault for address in addresses for fault in look(page, address)]
    page.goto(of(things["place"], "change"))
    page.locator("[name=name]").fill("")
    with next_page(page):
        page.locator("[name=_save]").click()
    assert page.locator(".errornote").count()
    assert not faults + look(page), "\n".join(faults)


def test_a_picker_is_named_and_works_by_keyboard(open_page):
    user = make_user(Role.ADMINISTRATOR)
    case = make_case("First Person")
    make_case("Second Person")
    page = open_page(user)
    page.goto(of(case, "change"))
    page.get_by_role("combobox", name="Person").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Second")
    page.locator(".select2-results__option", has_text="Second Person").wait_for()
    page.evaluate(AXE_SCRIPT)
    assert not axe(page)
    page.keyboard.press("Enter")
    assert page.locator("#select2-id_detainee-container").inner_text().endswith("Second Person")


def test_many_rows_are_changed_with_the_progress_in_sight(open_page, monkeypatch):
    monkeypatch.setattr("cases.admin.edits.SetField.at_once", 2)
    user = make_user(Role.ADMINISTRATOR)
    cases = [make_case(f"Person {number}") for number in range(5)]
    page = open_page(user)
    choose(page, Case, "set_stage", 5)
    faults = look(page)
    page.locator("[name=stage]").select_option("verified")
    with next_page(page):
        page.locator("[name=look]").click()
    faults += look(page)
    page.locator("[name=reason]").fill("All of them were checked")
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=cases[2].pk)
        page.locator("[name=do]").click(no_wait_after=True)
        page.get_by_text("2 of 5").wait_for()
        assert page.locator(".bulk-line:visible").count() == 1
        assert page.locator(".bulk-end").count() == 0
    page.get_by_text("5 rows were changed.").wait_for()
    page.wait_for_load_state()
    faults += look(page)
    assert set(Case.objects.values_list("stage", flat=True)) == {"verified"}
    with next_page(page):
        page.get_by_role("link", name="See it in the history").click()
    assert "All of them were checked" in page.locator("main").inner_text()
    assert not faults, "\n".join(faults)


def test_all_rows_of_a_list_are_changed_and_some_deleted_without_javascript(open_page):
    user = make_user(Role.ADMINISTRATOR)
    for number in range(53):
        make_case(f"Person {number}")
    cite(make_arrest(Case.objects.first()))
    page = open_page(user, javascript=False, width=320)
    page.goto(whole_list(Case))
    page.get_by_label("all rows that this list finds").first.check()
    page.locator("select[name=action]").first.select_option("set_stage")
    with next_page(page):
        page.locator("button[name=index]").first.click()
    page.locator("[name=stage]").select_option("verified")
    with next_page(page):
        page.locator("[name=look]").click()
    page.locator("[name=reason]").fill("All of them were checked")
    with next_page(page):
        page.locator("[name=do]").click()
    assert "53 rows were changed." in page.locator("main").inner_text()
    assert Case.objects.filter(stage="verified").count() == 53
    choose(page, Case, "delete_selected", 2)
    page.locator("[name=reason]").fill("Entered twice")
    with next_page(page):
        page.locator("[name=do]").click()
    assert "2 rows were deleted." in page.locator("main").inner_text()
    assert Case.objects.count() == 51
