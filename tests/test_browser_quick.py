"""Quick entry in a real browser, counted: an interaction is a click, a field filled in, or a command key (not Tab)."""

import pytest

from cases.models import Arrest, Case, Charge, Citation, Detainee, Representation
from tests.browser import next_page
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_code,
    make_detainee,
    make_lawyer,
    make_place,
    make_provision,
    make_source,
    make_user,
)
from tests.test_browser_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "On 12 May 2016 Ilmi Umerov was taken from his home. He is charged under article 280.1. Nikolai Polozov defends him."
TEN = ["Aba Bebe", "Cyca Dodo", "Efef Fyga", "Gogo Hihi", "Jana Kukla", "Lola Mumu", "Nino Opop", "Rara Susu",
       "Tata Vovo", "Chiygoz Ahtem"]  # fmt: skip


class Counted:
    """A page, and how often somebody did something on it."""

    def __init__(self, page):
        self.page, self.done = page, 0

    def box(self, name):
        return self.page.locator(f"[name='{name}']")

    def click(self, target, *, leads_on=False):
        self.done += 1
        target = self.page.locator(target).first if isinstance(target, str) else target
        if leads_on:
            with next_page(self.page):
                target.click()
        else:
            target.click()

    def fill(self, name, text):
        self.done += 1
        self.box(name).fill(text)

    def pick(self, name, text, choice):
        """Type and choose a match: two interactions."""
        self.fill(name, text)
        self.click(self.page.locator(f"label.match:has([name='{name}_choice'])", has_text=choice).first)

    def choose(self, name, choice):
        """Choose one of those used last, which show when the box is entered: two clicks."""
        self.click(self.box(name))
        self.click(self.page.locator(f"label.match:has([name='{name}_choice'])", has_text=choice).first)

    def key(self, key, *, leads_on=False):
        """Press a key. Tab is for getting around: it does not count."""
        self.done += key not in ("Tab", "Shift+Tab")
        if leads_on:
            with next_page(self.page):
                self.page.keyboard.press(key)
        else:
            self.page.keyboard.press(key)

    def type(self, text):
        """Fill in the field that has the focus."""
        self.done += 1
        self.page.keyboard.insert_text(text)

    def tab_to(self, name):
        for _step in range(60):
            if self.page.evaluate("document.activeElement?.name") == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")

    def matches(self, name, number=1):
        """Wait until matches are shown under a picker."""
        self.page.wait_for_function(
            "([name, number]) => document.querySelectorAll(`input[type=radio][name='${name}_choice']`).length >= number",
            arg=[name, number],
        )


@pytest.fixture
def user():
    return make_user(username="researcher")


@pytest.fixture
def source(user):
    """A source that this researcher used last."""
    source = make_source("A report on two arrests", captured_text=TEXT)
    cite(make_arrest(make_case("Somebody Else")), source, created_by=user)
    return source


@pytest.fixture
def article():
    return make_provision("280.1")


def no_errors(page):
    assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()


def the_umerov_case_is_whole(source):
    case = Case.objects.get(detainee__names__text="Ilmi Umerov")
    assert case.arrests.get().date.text == "2016-05-12"
    assert case.charges.get().provision.article == "280.1"
    assert case.representations.get().lawyer.main_name == "Nikolai Polozov"
    assert Citation.objects.filter(case=case, source=source).count() == 3
    assert Citation.objects.filter(detainee=case.detainee, source=source).count() == 1


def test_person_arrest_charge_and_lawyer_from_a_source_in_at_most_twelve(open_page, user, source, article):
    make_place("Bakhchysarai")
    page = open_page(user)
    page.goto("/")
    hand = Counted(page)
    hand.key("a", leads_on=True)
    hand.click(page.locator(".choices a", has_text="two arrests"), leads_on=True)
    hand.fill("person-person", "Ilmi Umerov")
    hand.fill("arrest-date", "12.05.2016")
    hand.choose("arrest-place", "Bakhchysarai")
    assert hand.box("arrest-place").input_value() == "Bakhchysarai"
    hand.pick("charge-provision", "280.1", "280.1, Criminal Code")
    hand.pick("lawyer-lawyer", "Nikolai Polozov", "Add new: Nikolai Polozov")
    hand.click(".form-end .btn-primary", leads_on=True)
    no_errors(page)
    the_umerov_case_is_whole(source)
    assert Arrest.objects.get(date="2016-05-12").place.name == "Bakhchysarai"
    assert hand.done <= 12, hand.done


def test_the_same_by_keyboard_alone(open_page, user, source, article):
    make_case(make_detainee("Ilmi Umerof", born="1957"))
    page = open_page(user)
    page.goto("/cases/")
    hand = Counted(page)
    hand.key("a", leads_on=True)
    hand.key("ArrowDown")
    hand.key("Enter", leads_on=True)
    assert page.evaluate("document.activeElement.name") == "person-person"
    hand.type("Ilmi Umerov")
    hand.matches("person-person", 2)
    assert "a similar name" in page.locator("#id_person-person_matches").inner_text()
    page.keyboard.press("Tab")  # to "Find", and to the people who may be meant
    page.keyboard.press("Tab")
    hand.key("ArrowUp")  # the last one: a new person
    assert page.evaluate("document.activeElement.value") == "new"
    hand.tab_to("arrest-date")
    hand.type("12.05.2016")
    hand.tab_to("charge-provision")
    hand.type("280.1")
    hand.matches("charge-provision")
    hand.key("ArrowDown")
    hand.tab_to("lawyer-lawyer")
    hand.type("Nikolai Polozov")
    hand.matches("lawyer-lawyer")
    hand.key("ArrowDown")
    hand.key("Enter", leads_on=True)
    no_errors(page)
    the_umerov_case_is_whole(source)
    assert hand.done <= 12, hand.done


def test_ten_people_of_one_arrest_in_at_most_forty(open_page, user, source, article):
    known = make_case(make_detainee("Akhtem Chiygoz", born="1964-12-14")).detainee
    make_lawyer("Known Counsel")
    page = open_page(user)
    page.goto("/")
    hand = Counted(page)
    hand.key("a", leads_on=True)
    hand.click(page.locator(".choices a", has_text="two arrests"), leads_on=True)
    hand.click(page.get_by_role("link", name="Several people of one arrest"), leads_on=True)
    hand.fill("people-names", "\n".join(TEN))
    hand.click(page.get_by_role("button", name="Put the names into lines"), leads_on=True)
    no_errors(page)
    for number in range(10):
        hand.fill(f"people-{number}-born", str(1960 + number))
    hand.fill("arrest-date", "26.02.2014")
    hand.fill("arrest-authority", "Police")
    hand.pick("arrest-place", "Main square", "Add new: Main square")
    hand.pick("charge-provision", "280.1", "280.1, Criminal Code")
    hand.choose("lawyer-lawyer", "Known Counsel")
    hand.pick("case-proceeding", "The February case", "Add new")
    hand.click(".form-end .btn-primary", leads_on=True)
    assert "Person 10: name" in page.locator("#errors").inner_text()
    assert "the same name" in page.locator("#id_people-9-person_matches").inner_text()
    hand.click(page.locator("#id_people-9-person_matches label.match").first)
    hand.fill("people-9-born", "1964")
    hand.click(".form-end .btn-primary", leads_on=True)
    no_errors(page)
    assert hand.done <= 40, hand.done
    assert Detainee.objects.count() == 11
    assert known.cases.count() == 2
    cases = Case.objects.filter(proceedings__name="The February case")
    assert cases.count() == 10
    for model in (Arrest, Charge, Representation):
        records = model.objects.filter(case__in=cases)
        assert records.count() == 10
        assert Citation.objects.filter(**{f"{model._meta.model_name}__in": records}, source=source).count() == 10


def test_without_javascript_the_whole_way_works(open_page, user, source):
    make_code()
    page = open_page(user, javascript=False)
    page.goto("/")
    page.get_by_role("link", name="Case from a source").click()
    page.locator("#source-q").fill("report on two")
    page.get_by_role("button", name="Go on").click()
    page.locator(".choices a", has_text="two arrests").click()
    page.locator("[name=person-person]").fill("Ilmi Umerov")
    page.locator("[name=arrest-date]").fill("12.05.2016")
    page.locator("[name=charge-provision]").fill("280.1")
    page.locator("[name=lawyer-lawyer]").fill("Nikolai Polozov")
    page.locator(".form-end .btn-primary").click()
    for choice in ("Add new: 280.1,", "Add new: Nikolai"):
        page.locator("label.match", has_text=choice).first.click()
    page.get_by_role("button", name="Save, and next person").click()
    no_errors(page)
    the_umerov_case_is_whole(source)
    assert page.locator("[name=person-person]").input_value() == ""
    assert page.locator("[name=arrest-date]").input_value() == "12 May 2016"
    page.get_by_role("link", name="Several people of one arrest").click()
    page.locator("[name=people-names]").fill("Aba Bebe\nCyca Dodo")
    page.get_by_role("button", name="Put the names into lines").click()
    page.get_by_role("button", name="Add lines").click()
    page.locator("[name=people-2-person]").fill("Efef Fyga")
    page.locator(".form-end .btn-primary").click()
    no_errors(page)
    assert Case.objects.count() == 5


def test_a_shortcut_is_a_letter_where_somebody_types_and_is_not_for_readers(open_page, user, source):
    page = open_page(user)
    page.goto("/cases/add/")
    page.locator("[name=person-person]").press("a")
    assert page.url.endswith("/cases/add/")
    reader = open_page(make_user("Reader"))
    reader.goto("/")
    reader.keyboard.press("a")
    assert reader.url.endswith("/")


def test_the_pages_are_clean_with_all_that_they_can_show(open_page, user, source, article):
    make_case(make_detainee("Akhtem Chiygoz", born="1964-12-14"))
    page, faults = open_page(user), []
    many = f"/cases/add/many/?source={source.reference}&start=3&end=14"
    page.goto(many)
    page.locator("[name=people-names]").fill("Akhtem Chiygoz\nAba Bebe\nAba Bebe\n" + "Along" * 30)
    page.locator("[name=people-2-born]").fill("30.2.2015")
    with next_page(page):
        page.locator(".form-end .btn-primary").click()
    assert page.locator(".people-row").count() >= 4
    faults += look(page)
    faults += look(page, f"/cases/add/?source={source.reference}&quote=taken+from&name=Akhtem+Chiygoz")
    assert not faults, "\n".join(faults)
