"""The numbers page in a browser: charts in every width, direction and on paper, and a file that opens as a picture."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse

from cases.models import Role
from tests.factories import make_user
from tests.test_browser_pages import axe, overflow
from tests.test_numbers_page import URL, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BOXES = "(one) => { const box = one.getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom] }"
QUESTION = f"{URL}?day=2017-06-01&country=RU"


def box(page, selector):
    return page.locator(selector).first.evaluate(BOXES)


def texts_that_touch(page):
    """Return words on an axis that stand on each other."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".chart-plot")].flatMap((plot) => {
            const words = [...plot.querySelectorAll(".chart-ticks text")].filter((one) => one.getBoundingClientRect().width)
                .map((one) => [one.textContent, one.getBoundingClientRect()]).sort((a, b) => a[1].left - b[1].left)
            return words.slice(1).map((one, n) => [words[n], one]).filter(([a, b]) => a[1].right > b[1].left)
                .map(([a, b]) => a[0] + " " + b[0])
        })"""
    )


def test_charts_fit_every_width_and_both_directions(open_page):
    make_world()
    page = open_page(make_user(Role.READER))
    page.goto(QUESTION)
    for width in (1280, 900, 560, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert not texts_that_touch(page), width
        assert not overflow(page, width)
    page.set_viewport_size({"width": 1280, "height": 900})
    axis, plot = box(page, ".chart-axis"), box(page, ".chart-plot")
    assert axis[1] <= plot[0] + 1
    page.evaluate("() => { document.documentElement.dir = 'rtl' }")
    axis, plot = box(page, ".chart-axis"), box(page, ".chart-plot")
    assert axis[0] >= plot[1] - 1  # the numbers stand where reading begins
    cell, bar = box(page, ".tables .bars-bar svg"), box(page, ".tables .chart-bar")
    assert abs(cell[1] - bar[1]) <= 1  # and bars begin there
    assert not overflow(page, 1280, "from right to left")


def test_paper_has_the_charts_in_ink_the_question_and_every_table_folded_out(open_page):
    make_world()
    page = open_page(make_user(Role.READER), dark=True)
    page.goto(QUESTION)
    table = page.locator(".chart-table table").first
    assert not table.is_visible()
    page.emulate_media(media="print")
    assert table.is_visible()
    assert page.locator(".asked").inner_text() == "Asked: On the day: 1 Jun 2017; Country: Russia."
    for selector in (".bar-top", ".filters", ".chips", ".page-actions", ".files", ".chart-table > summary"):
        assert not page.locator(selector).first.is_visible(), selector
    colour = page.locator(".chart-line").evaluate("(line) => getComputedStyle(line).stroke")
    assert colour == "rgb(0, 0, 0)"


def test_what_folds_out_is_clean_and_a_drawing_opens_as_a_picture(open_page):
    make_world()
    page = open_page(make_user(Role.READER))
    page.goto(QUESTION)
    page.evaluate(AXE_SCRIPT)
    page.evaluate("() => document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true })")
    assert not axe(page)
    assert not page.locator("main [style]").count()
    answer = page.request.get(reverse("number-svg", args=["held"]))
    size = page.evaluate(
        """(text) => new Promise((done) => {
            const picture = new Image()
            picture.onload = () => done([picture.naturalWidth, picture.naturalHeight])
            picture.onerror = () => done(null)
            picture.src = "data:image/svg+xml," + encodeURIComponent(text)
        })""",
        answer.text(),
    )
    assert size and size[0] == 960
    assert not re.search(r"<script|on\w+=", answer.text())
