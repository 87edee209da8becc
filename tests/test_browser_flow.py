"""The whole way in a real browser: a researcher logs the published Umerov case through nothing but the pages.

SCREENSHOTS=directory keeps a picture of each step.
"""

import csv
import io
import os
from datetime import date
from pathlib import Path

import pytest

from cases.models import Case, Role
from tests.browser import next_page
from tests.factories import make_code, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HROMADSKE = "Article on the release of two men and their way to Turkey"


def picture(page, name):
    """Keep a picture of the page if somebody wants to look at it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


def box(page, name):
    return page.locator(f"[name='{name}']")


def fill(page, **values):
    """Fill in fields by name, with __ for the hyphen of a prefix."""
    for name, value in values.items():
        field = box(page, name.replace("__", "-"))
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def pick(page, name, typed, choice):
    """Type into a picker and choose the match with these words; without JavaScript, by its button "Find"."""
    box(page, name).fill(typed)
    if not page.has_javascript:
        with next_page(page):
            page.locator(f"button[name=find][value='{name}']").click()
    match = page.locator(f"label.match:has([name='{name}_choice'])", has_text=choice).first
    match.click()
    assert match.locator("input").is_checked()


def new_source(page, title, **facts):
    """Describe a source that is not there yet, in the box of the form."""
    details = page.locator("details.more-fields").first
    if not details.get_attribute("open") and details.get_attribute("open") != "":
        details.locator("summary").click()
    fill(page, **{"evidence__title": title, **{f"evidence__{name}": value for name, value in facts.items()}})


def save(page):
    with next_page(page):
        page.locator(".form-end .btn-primary").click()
    assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()


def add_fact(page, kind):
    """Go to the form for a new record the way people do: by the menu of the case page."""
    page.locator(".banner details.menu > summary").click()
    page.locator(f".banner a[href$='/{kind}/add/']").click()


def open_signed_in(open_page, javascript):
    """Sign in by the sign-in page."""
    make_user(Role.RESEARCHER, "researcher")
    page = open_page(javascript=javascript)
    page.has_javascript = javascript
    page.goto("/")
    picture(page, "01-sign-in")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password").fill("a-long-password-1")
    with next_page(page):
        page.get_by_role("button", name="Sign in").click()
    return page


def log_person_charge_and_lawyer(page):
    page.goto("/cases/")
    picture(page, "02-empty-list")
    page.get_by_role("link", name="New case").click()
    fill(
        page, person__person="Ilmi Umerov", person__sex="male",
        spellings__0__text="Ільмі Умеров", spellings__0__language="uk",
        spellings__1__text="İlmi Ümerov", spellings__1__language="crh",
        charge__charged_on="19.05.2016", case__country="UA", case__territory_note="Crimea, under occupation",
    )  # fmt: skip
    new_source(
        page,
        HROMADSKE,
        url="https://en.hromadske.ua/posts/russia-frees",
        publisher="Hromadske",
        published="25 October 2017",
    )
    pick(page, "charge-provision", "280.1", "280.1, Criminal Code")
    pick(page, "lawyer-lawyer", "Nikolai Polozov", "Add new: Nikolai Polozov")
    picture(page, "03-new-case")
    save(page)
    picture(page, "04-case-just-made")


def log_alleged_act(page):
    page.locator("a[href*='/charges/'][href$='/edit/']").first.click()
    fill(
        page, act_date="March 2016", alleged_act="Said on a Crimean Tatar television channel that Russia should leave Crimea.",
        evidence__value_as_reported="March 2016",
    )  # fmt: skip
    pick(page, "evidence-source", "Russia Frees", HROMADSKE)
    picture(page, "05-alleged-act")
    save(page)


def log_travel_ban(page):
    add_fact(page, "restrictions")
    fill(page, kind="travel_ban", began="12.05.2016", ending="release", ordered_by="FSB investigator")
    new_source(page, "Report on the travel ban and on the hospital", publisher="Focus")
    picture(page, "06-travel-ban")
    save(page)


def log_hospital(page):
    add_fact(page, "detentions")
    fill(page, kind="psychiatric", began="18 August 2016", ended="7 вересня 2016", ending="changed")
    pick(page, "place", "Psychiatric hospital no. 1", "Add new: Psychiatric hospital no. 1")
    pick(page, "evidence-source", "travel ban", "Report on the travel ban and on the hospital")
    picture(page, "07-hospital")
    save(page)


def log_sentence(page):
    add_fact(page, "sentences")
    fill(
        page, date="27.09.2017", verdict="convicted",
        penalties__0__kind="imprisonment", penalties__0__years="2", penalties__0__regime="settlement",
        penalties__1__kind="activity_ban", penalties__1__years="2", penalties__1__note="Public activity",
    )  # fmt: skip
    page.locator("[name^='finding_']").select_option("convicted")
    pick(page, "court", "Simferopol district court", "Add new: Simferopol district court")
    pick(page, "evidence-source", "Russia Frees", HROMADSKE)
    picture(page, "08-sentence")
    save(page)


def log_request(page):
    """What the prosecutor had asked for goes into the rows that the form offers when it is opened again."""
    page.locator("a[href*='/sentences/'][href$='/edit/']").first.click()
    fill(
        page,
        penalties__2__origin="requested",
        penalties__2__kind="suspended",
        penalties__2__years="3",
        penalties__2__months="6",
    )
    fill(page, reason="The request stands in another report.")
    new_source(page, "Report on the request of the prosecutor", publisher="QHA")
    picture(page, "09-request")
    save(page)


def log_release(page):
    add_fact(page, "releases")
    fill(
        page, date="25 October 2017", kind="pardon", authority="President of Russia", published="no", petitioned="no",
        destination="Ankara, Turkey", evidence__said_by="Nikolai Polozov",
    )  # fmt: skip
    pick(page, "evidence-source", "Russia Frees", HROMADSKE)
    picture(page, "10-release")
    save(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_researcher_logs_finds_reads_and_exports_the_umerov_case(open_page, javascript):
    make_code()  # an administrator names the criminal code once
    page = open_signed_in(open_page, javascript)
    log_person_charge_and_lawyer(page)
    log_alleged_act(page)
    log_travel_ban(page)
    log_hospital(page)
    log_sentence(page)
    log_request(page)
    log_release(page)
    picture(page, "11-case")
    the_page_tells_it_all(page)
    any_spelling_finds_it(page)
    the_export_holds_it(page)
    nothing_is_without_a_source()


def the_page_tells_it_all(page):
    banner = page.locator(".banner").inner_text()
    for words in ("Ilmi Umerov", "Ільмі Умеров", "İlmi Ümerov", "Released"):
        assert words.lower() in banner.lower()
    facts = page.locator("dl.facts").inner_text()
    for words in ("21 days", "280.1", "2 years", "Nikolai Polozov"):
        assert words in facts
    told = "\n".join(page.locator("ol.timeline").all_inner_texts())
    for words in (
        "Psychiatric hospital no. 1",
        "travel ban",
        "Crimean Tatar television",
        "President of Russia",
        "Ankara",
    ):
        assert words.lower() in told.lower()
    for source in ("Hromadske", "Focus", "QHA"):
        assert source in told


def any_spelling_finds_it(page):
    for typed in ("Умеров", "Umerov", "İlmi Ümerov"):
        page.goto("/cases/")
        page.locator("#search").fill(typed)
        with next_page(page):
            page.locator("#search").press("Enter")
        assert page.locator("table.list tbody tr").count() == 1
        assert "Ilmi Umerov" in page.locator("table.list tbody tr").inner_text()
    picture(page, "12-list")


def the_export_holds_it(page):
    page.locator(".page-actions summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="These cases as CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    values = list(row.values())
    assert "Ilmi Umerov" in values
    assert "21" in values
    assert any("280.1" in value for value in values)


def nothing_is_without_a_source():
    case = Case.objects.get()
    kinds = ("charges", "restrictions", "detentions", "sentences", "releases", "representations")
    records = [record for kind in kinds for record in getattr(case, kind).all()]
    assert len(records) == len(kinds)
    assert not [record for record in records if not record.citations.exists()]
    sentence = case.sentences.get()
    assert sentence.date.earliest == date(2017, 9, 27)
    assert sorted(sentence.penalties.values_list("origin", flat=True)) == ["imposed", "imposed", "requested"]
