"""The reading desk in a browser: a news text becomes facts, each tied to its words, in at most four interactions.

An interaction is a click, a filled field or a command key; a key that is held, or pressed again to go on, counts once, and so
does selecting words.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from cases.models import (
    Arrest,
    Case,
    Charge,
    Citation,
    Detention,
    Hearing,
    Release,
    Representation,
    Sentence,
)
from tests.browser import next_page
from tests.factories import cite, make_arrest, make_case, make_place, make_provision, make_source, make_user
from tests.test_browser_pages import axe, look, overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = """Two activists held after a protest in Vyhadiv

Olena Koval and Petro Synytsia were arrested on 12 March 2019 after a peaceful protest, their relatives said. Police \
searched the flat of Koval the same evening.

On 14 March 2019 Koval was charged under Article 212 part 1 of the Criminal Code. Her lawyer, Ivanna Dub, was not let in to \
see her. Koval is held in Vyhadiv remand prison.

A district court extended her remand until 8 July 2019 at a closed hearing on 10 May 2019.

On 3 June 2020 Koval was sentenced to four years in a penal colony. Synytsia was released on 20 March 2019 after all \
charges against him were dropped."""

PEOPLE = ["Petro Synytsia", "Olena Koval"]
# The words, whose they are, the letter of the kind, the model, and what must stand in the record
FACTS = [
    ("arrested on 12 March 2019", "Olena Koval", "a", Arrest, {"date": "2019-03-12"}),
    ("On 14 March 2019 Koval was charged under Article 212 part 1", "Olena Koval", "c", Charge,
     {"charged_on": "2019-03-14", "provision__article": "212", "provision__part": "1"}),
    ("Her lawyer, Ivanna Dub", "Olena Koval", "l", Representation, {"lawyer__names__text": "Ivanna Dub"}),
    ("Koval is held in Vyhadiv remand prison", "Olena Koval", "d", Detention,
     {"place__name": "Vyhadiv remand prison", "kind": "remand"}),
    ("extended her remand until 8 July 2019 at a closed hearing on 10 May 2019", "Olena Koval", "h", Hearing,
     {"held_on": "2019-05-10", "held_until": "2019-07-08", "stage": "extension"}),
    ("On 3 June 2020 Koval was sentenced to four years in a penal colony", "Olena Koval", "s", Sentence,
     {"date": "2020-06-03", "verdict": "convicted", "penalties__years": 4}),
    ("Petro Synytsia were arrested on 12 March 2019", "Petro Synytsia", "a", Arrest, {"date": "2019-03-12"}),
    ("Synytsia was released on 20 March 2019 after all charges against him were dropped", "Petro Synytsia", "r", Release,
     {"date": "2019-03-20"}),
]  # fmt: skip
MOST = 4


class Hands:
    """The mouse and the keys of somebody who works at the desk; counts what they do."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def start(self):
        self.count = 0

    def click(self, target):
        self.count += 1
        target.click()

    def press(self, key, times=1):
        """One key, held for as long as it takes."""
        self.count += 1
        for _ in range(times):
            self.page.keyboard.press(key)

    def type(self, words):
        self.count += 1
        self.page.keyboard.type(words)

    def select(self, words):
        """Draw the mouse over the words."""
        self.count += 1
        boxes = self.page.evaluate(
            """(words) => {
                const paragraph = [...document.querySelectorAll("#text p")].find((p) => p.textContent.includes(words))
                const from = paragraph.textContent.indexOf(words)
                const nodeAt = (place) => {
                    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT)
                    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                        if (place < node.length) return [node, place]
                        place -= node.length
                    }
                }
                paragraph.scrollIntoView({ block: "center", behavior: "instant" })
                const boxOf = (place) => {
                    const range = document.createRange(), [node, at] = nodeAt(place)
                    range.setStart(node, at)
                    range.setEnd(node, at + 1)
                    const box = range.getBoundingClientRect()
                    return [box.left, box.right, box.top + box.height / 2]
                }
                return [boxOf(from), boxOf(from + words.length - 1)]
            }""",
            words,
        )
        (left, _, top), (_, right, bottom) = boxes
        self.page.mouse.move(left + 1, top)
        self.page.mouse.down()
        self.page.mouse.move(right, bottom, steps=4)
        self.page.mouse.up()


def make_desk():
    """A researcher, and a source whose text they pasted."""
    user = make_user()
    make_provision("212", "1")
    return user, make_source("Two activists held", captured_text=TEXT, language="en", created_by=user)


def the_record(model, person, wanted):
    return model.objects.get(case__detainee__names__text=person, **wanted)


def check_words(record, words, source):
    citation = record.citations.get()
    assert citation.source == source
    assert citation.quote == words
    assert TEXT[citation.range_start : citation.range_end] == words


def check_jumps(page, source):
    """Each fact leads to its words, which are marked and lead to its record, where its source leads back to the text."""
    in_sight = """(words) => {
        const mark = document.querySelector(":target"), box = mark?.getBoundingClientRect()
        return box && box.top >= 0 && box.bottom <= innerHeight && words.includes(mark.closest("mark").innerText.trim())
    }"""
    page.goto(f"/sources/{source.reference}/")
    for citation in Citation.objects.filter(source=source, case__isnull=False):
        page.locator(f"#facts a[href='#passage-{citation.pk}']").click()
        page.wait_for_function(in_sight, arg=citation.quote)
    citation = Citation.objects.filter(source=source, arrest__isnull=False).first()
    page.goto(f"/sources/{source.reference}/#passage-{citation.pk}")
    page.locator(f"#facts li:has([href='#passage-{citation.pk}']) p a").first.click()
    page.wait_for_url(f"**/cases/{citation.case.reference}/#arrests-{citation.arrest_id}")
    assert page.locator(f"#arrests-{citation.arrest_id}").is_visible()


def test_eight_facts_are_logged_with_the_mouse(open_page):
    user, source = make_desk()
    page = open_page(user)
    hands = Hands(page)
    page.goto(f"/sources/{source.reference}/")
    for person in PEOPLE:
        hands.start()
        hands.select(person)
        with next_page(page):
            hands.click(page.locator("button[value=new]"))
        with next_page(page):
            hands.click(page.locator(".form-end .btn-primary"))
        assert hands.count <= MOST
        assert f"/sources/{source.reference}/" in page.url, page.url
    for words, person, letter, model, wanted in FACTS:
        hands.start()
        hands.select(words)
        if not page.locator(f".desk-cases input[data-person='{person}']").is_checked():
            hands.click(page.locator(f".desk-cases input[data-person='{person}']"))
        with next_page(page):
            hands.click(page.locator(f".kind[data-letter={letter}]"))
        with next_page(page):
            hands.click(page.locator(".form-end .btn-primary"))
        assert not page.locator("#errors").count(), page.locator("#errors").inner_text()
        assert hands.count <= MOST, words
        check_words(the_record(model, person, wanted), words, source)
    check_jumps(page, source)


def test_eight_facts_are_logged_with_the_keyboard_alone(open_page):
    user, source = make_desk()
    page = open_page(user)
    hands = Hands(page)
    page.goto(f"/sources/{source.reference}/")
    page.locator("#text").focus()  # as the skip link or Tab does, once
    for person in PEOPLE:
        hands.start()
        page.wait_for_function("() => document.activeElement.id === 'text'")
        hands.type(person)
        hands.press("Enter")
        with next_page(page):
            hands.press("w")
        page.wait_for_function("() => document.activeElement.form?.method === 'post'")
        with next_page(page):
            hands.press("Enter")
        assert hands.count <= MOST
    for words, person, letter, model, wanted in FACTS:
        hands.start()
        page.wait_for_function("() => document.activeElement.id === 'text'")
        first, *rest = words.split()
        hands.type(words if words.startswith("Petro") else " ".join([first, *rest[:3]]))
        if len(rest) > 3 and not words.startswith("Petro"):
            hands.press("Shift+ArrowRight", times=len(rest) - 3)
        else:
            hands.press("Enter")
        assert page.evaluate("() => document.getSelection().toString()") == words
        with next_page(page):
            hands.press(letter)
        page.wait_for_function("() => document.activeElement.form?.id === 'typed'")
        with next_page(page):
            hands.press("Enter")
        assert not page.locator("#errors").count(), page.locator("#errors").inner_text()
        assert hands.count <= MOST, words
        check_words(the_record(model, person, wanted), words, source)


def test_without_javascript_the_words_are_typed(open_page):
    user, source = make_desk()
    case = make_case("Olena Koval", created_by=user)
    page = open_page(user, javascript=False)
    page.goto(f"/sources/{source.reference}/")
    page.fill("[name=quote]", "Koval")
    page.fill("[name=other]", case.reference)
    page.locator(".kind[value=arrests]").click()
    assert page.locator(".occurrences li").count() == 5
    page.fill("[name=quote]", "words that nobody wrote")
    page.locator(".kind[value=arrests]").click()
    assert "not in the text" in page.locator("#errors").inner_text()
    assert page.locator("[name=quote]").input_value() == "words that nobody wrote"
    page.fill("[name=quote]", "arrested on\n12  March 2019")
    page.locator(".kind[value=arrests]").click()
    assert page.locator("mark#here").inner_text() == "arrested on 12 March 2019"
    assert page.locator("[name=date]").input_value() == "12 March 2019"
    page.locator(".form-end .btn-primary").click()
    citation = Arrest.objects.get(case=case).citations.get()
    assert page.locator(f"mark#passage-{citation.pk}").inner_text() == "arrested on 12 March 2019"
    page.locator(f"mark#passage-{citation.pk} a").click()
    assert page.url.endswith(f"/cases/{case.reference}/#arrests-{citation.arrest_id}")


def test_arrow_keys_move_by_words_and_lines_and_what_is_selected_is_said(open_page):
    user, source = make_desk()
    page = open_page(user)
    page.goto(f"/sources/{source.reference}/")
    page.locator("#text").focus()

    def chosen():
        return page.evaluate("() => document.getSelection().toString()")

    for key, words in [("ArrowRight", "Two"), ("ArrowRight", "activists"), ("Shift+ArrowRight", "activists held"),
                       ("ArrowLeft", "activists")]:  # fmt: skip
        page.keyboard.press(key)
        assert chosen() == words, (key, chosen())
    page.keyboard.press("ArrowDown")
    assert " " not in chosen()
    assert chosen() in TEXT.split("\n")[2]
    page.keyboard.press("ArrowUp")
    assert chosen() in TEXT.split("\n")[0]
    page.wait_for_function("() => document.getElementById('desk-says').textContent.includes('Selected: ')")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.name") in ("case", "other")


def test_on_a_narrow_screen_what_words_can_become_comes_up_below_them(open_page):
    user, source = make_desk()
    make_case("Olena Koval", created_by=user)
    page = open_page(user)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/sources/{source.reference}/")
    page.locator("#text").focus()
    page.keyboard.type("released on")
    assert page.locator("#add").evaluate("(form) => getComputedStyle(form).position") == "static"  # only looked for
    page.keyboard.press("Enter")
    page.wait_for_function(
        """() => {
            const words = getSelection().getRangeAt(0).getBoundingClientRect()
            const bar = document.getElementById("add").getBoundingClientRect()
            return bar.bottom === innerHeight && words.top > 0 && words.bottom <= bar.top
        }"""
    )
    page.evaluate(AXE_SCRIPT)
    faults = overflow(page, 320) + axe(page)
    assert not faults, "\n".join(faults)
    page.locator(".desk-close").click()
    assert page.locator("#add").evaluate("(form) => getComputedStyle(form).position") == "static"
    assert page.evaluate("() => document.activeElement.id") == "text"


def test_a_text_from_right_to_left_is_read_and_marked_so(open_page):
    user, case = make_user(), make_case("نادية")
    text = "اعتقلت نادية في 12 آذار 2019.\n\nقالت محاميتها إنها بريئة."
    source = make_source("نص", captured_text=text, language="ar", created_by=user)
    record = make_arrest(case, "2019-03-12")
    cite(record, source, quote="نادية", range_start=7, range_end=12)
    page = open_page(user, dark=True)
    assert not look(page, f"/sources/{source.reference}/")
    assert page.locator("#text p").first.evaluate("(p) => getComputedStyle(p).direction") == "rtl"
    page.locator("#text").focus()
    for key, words in [("ArrowLeft", "اعتقلت"), ("ArrowLeft", "نادية"), ("Shift+ArrowLeft", "نادية في")]:
        page.keyboard.press(key)
        assert page.evaluate("() => document.getSelection().toString()") == words
    with next_page(page):
        page.keyboard.press("a")
    assert page.locator("#here").inner_text() == "نادية في"
    assert not look(page)


def test_the_form_of_a_fact_is_clean_and_fits(open_page):
    user, source = make_desk()
    case = make_case("Olena Koval", created_by=user)
    place = make_place("Vyhadiv")
    arrest = make_arrest(case, "2019-03-12", place=place)
    for words in ["Olena Koval", "arrested on 12 March 2019", "Koval and Petro"]:
        cite(arrest, source, quote=words, range_start=TEXT.index(words), range_end=TEXT.index(words) + len(words))
    cite(arrest, source, quote="words of an earlier text")
    page = open_page(user)
    faults = look(page, f"/sources/{source.reference}/")
    at = TEXT.index("On 3 June 2020")
    for kind in ("sentences", "record", "person", "affiliations"):
        faults += look(
            page, f"/sources/{source.reference}/facts/add/?start={at}&end={at + 40}&case={case.reference}&kind={kind}"
        )
    page.goto(f"/sources/{source.reference}/")
    page.locator("#text").focus()
    page.keyboard.type("Koval")
    page.keyboard.press("Enter")
    page.set_viewport_size({"width": 320, "height": 640})
    page.evaluate(AXE_SCRIPT)
    faults += overflow(page, 320) + axe(page)
    assert not faults, "\n".join(faults)
    assert Case.objects.count() == 1
