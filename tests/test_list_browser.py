"""The case list in a real browser: axe finds nothing, it works without JavaScript and at 320 px."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from cases.models import Role
from tests.factories import make_user
from tests.test_case_list import full_case

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark, width", [(False, 1280), (True, 1280), (False, 320)])
def test_axe_finds_nothing_on_the_list(open_page, dark, width):
    for name in ["Akhtem Chiygoz", "Invented Person 014", "Invented Person 027"]:
        full_case(name, country="RU", access="team" if name.endswith("7") else "everyone")
    page = open_page(make_user(Role.EDITOR), dark=dark, width=width)
    page.goto("/cases/?status=in_custody&day=2017-01-01")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/list-{'dark' if dark else 'light'}-{width}.png", full_page=True)
    found = Axe().run(page, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def test_filters_work_without_javascript(open_page):
    full_case("Akhtem Chiygoz")
    page = open_page(make_user(Role.READER), javascript=False)
    page.goto("/cases/")
    page.get_by_label("In custody").check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.url.endswith("/cases/?status=in_custody&certainty=likely")
    assert page.get_by_role("link", name="Akhtem Chiygoz").is_visible()
    page.get_by_role("link", name="Remove filter: Status: in custody").click()
    assert page.url.endswith("/cases/?certainty=likely")
