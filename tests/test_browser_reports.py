"""A newcomer takes a report in a real browser: chooses it, the cases and the columns, sees the number, downloads, comes back."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from cases.models import Role
from tests.browser import next_page
from tests.factories import make_arrest, make_case, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_newcomer_takes_a_report_and_finds_the_columns_again(open_page, javascript):
    for name in ["Nadia Invented", "Olha Vymyshlena", "Emil Uydurma"]:
        make_arrest(make_case(name), "2015-01", authority="=Police")
    page = open_page(make_user(Role.READER), javascript=javascript)
    page.goto("/")
    follow(page, page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports"))
    follow(page, page.get_by_role("link", name="Arrests", exact=True))
    assert "3 rows" in page.locator(".sum").inner_text()

    filters = page.locator("#filters")
    if not filters.get_by_label("Text").is_visible():
        filters.locator("summary").first.click()
    filters.get_by_label("Text").fill("nadia")
    follow(page, filters.get_by_role("button", name="Show"))
    assert "1 row" in page.locator(".sum").inner_text()
    assert page.locator(".first-rows tbody tr").count() == 1

    follow(page, page.get_by_role("button", name="None"))
    assert "No column is chosen" in page.locator("main").inner_text()
    assert "Text: nadia" in page.locator(".chips").inner_text()
    for name in ("name", "date", "authority"):
        page.locator(f"#columns [value={name}]").check()
    follow(page, page.get_by_role("button", name="Show these columns"))
    assert page.locator(".first-rows thead").inner_text().split() == ["Name", "Date", "Arrested", "by"]

    file = download(page, "Download CSV")
    assert file.suggested_filename.startswith("arrests-nadia-")
    rows = list(csv.reader(io.StringIO(Path(file.path()).read_text())))
    assert rows == [["name", "date", "authority"], ["Nadia Invented", "2015-01", "'=Police"]]
    if javascript:
        page.get_by_text("The file is complete: 1 row").wait_for()
    assert page.url.endswith("/reports/arrests/?q=nadia&certainty=likely#columns")
    with zipfile.ZipFile(download(page, "Download XLSX").path()) as book:
        assert b"Nadia Invented" in book.read("xl/worksheets/sheet2.xml")
    if javascript:
        page.get_by_text("The file is complete: 1 row").wait_for()

    page.goto("/reports/arrests/")
    assert "3 of 27 columns" in page.locator(".sum").inner_text()
    assert page.locator("#columns :checked").count() == 3


def test_the_list_leads_to_its_reports_with_the_question(open_page):
    make_arrest(make_case("Nadia Invented"))
    page = open_page(make_user(Role.READER))
    page.goto("/cases/?q=nadia")
    page.get_by_text("Export", exact=True).click()
    follow(page, page.get_by_role("link", name="Reports of their arrests, charges and more"))
    assert "Text: nadia" in page.locator(".chips").inner_text()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the workbook").click()
    assert downloading.value.suggested_filename.startswith("workbook-nadia-")
    page.get_by_text("The file is complete").wait_for()


def follow(page, link):
    with next_page(page):
        link.click()


def download(page, button):
    with page.expect_download() as downloading:
        page.get_by_role("button", name=button).click()
    return downloading.value
