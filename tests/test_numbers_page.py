"""The numbers page and its files: the list's question, each number with a way to its list, and nothing that breaks it."""

import csv
import io
import re
from html import unescape
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Role
from cases.reports.csv import guarded
from tests.factories import (
    make_arrest,
    make_case,
    make_charge,
    make_detention,
    make_place,
    make_release,
    make_sentence,
    make_user,
)
from tests.pages import main_of, signed_in, text

URL = "/numbers/"
TABLES = ["status", "place", "article", "country", "sex", "release_kind", "sentence_length"]
ALONG_TIME = [f"{event}_by_{time}" for event in ("arrests", "sentences", "releases") for time in ("year", "month")]
HOSTILE = [
    "status=nonsense", "nonsense=1", "day=2999-01-01", "day=29.02.2015", "day=03/04/2019", "day=%27%20OR%201=1--",
    "certainty=maybe", "place=0", "place=-1", "place=99999999999999999999", "place=1&place=x", "article=../../etc/passwd",
    "article=ru-cc%2F%2F", "country=XX", "country=", "sort=;drop", "page=0", "page=x", "months_min=-1", "months_min=1e9",
    "q=" + "x" * 500, "q=%F0%9F%98%80%EF%BF%BF%E2%80%AE", "q=%3Csvg%20onload%3Dalert(1)%3E", "lawyer=__class__",
    "arrested_after=0000", "arrested_after=9999-12-31", "released_before=1..2", "tag[]=a", "day=2017-01-01&day=2018-01-01",
    "status=" + "&status=".join(["in_custody"] * 60), "court=٣", "assignee=me%00x", "changed_since=+-1", "sex=%25s",
]  # fmt: skip


def make_world(number=3):
    """Some people held at one place, one of them since a month that is known only by its year; one is free again."""
    place = make_place("Remand prison", locality="Simferopol")
    for one in range(number):
        case = make_case(f"Held Person {one}", country="RU")
        began = "2016" if one == 1 else f"2015-{one % 12 + 1:02}-10"
        make_arrest(case, date=began, place=place)
        make_detention(case, began, place=place)
        make_charge(case, "280.1", charged_on="2016-12-01")
        make_sentence(case, date="2017-05-01", years=3)
    free = make_case("Free Person", country="UA")
    make_detention(free, "2015-01-29", ended="2017-10-25")
    make_release(free, "2017-10-25", kind="pardon")
    return place


def files():
    return [("number-csv", name) for name in ["held", "figures", *TABLES, *ALONG_TIME]] + [
        ("number-svg", name) for name in ["held", *TABLES, *ALONG_TIME]
    ]


class Page(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.place = make_world()
        make_case("Hidden Person", access="named", country="KZ")
        cls.reader = make_user(Role.READER)

    def setUp(self):
        self.client.force_login(self.reader)

    def test_it_counts_for_a_day_with_bounds_unit_and_definition(self):
        page = text(self.client.get(URL, {"day": "2016-06-30", "certainty": "likely"}))
        assert "Held on 30 June 2016 3 people at least 3, at most 4" in page
        assert "found, as of 30 June 2016" in page
        assert "each counted once" in page

    def test_the_curve_marks_the_day_that_was_asked_for(self):
        page = main_of(self.client.get(URL, {"day": "2016-06-30"}))
        assert "30 Jun 2016: 3 (3–4)" in page
        assert page.count('class="chart-line"') == 1

    def test_each_table_and_chart_can_be_taken_along(self):
        page = main_of(self.client.get(URL, {"country": "RU", "day": "2017-01-01", "sort": "name"}))
        for name, what in files():
            assert f'{reverse(name, args=[what])}?country=RU&amp;day=2017-01-01"' in page, what

    def test_each_number_links_to_a_list_that_answers(self):
        page = main_of(self.client.get(URL, {"country": "RU", "day": "2017-06-01"}))
        links = {unescape(link) for link in re.findall(r'href="(/cases/\?[^"]+)"', page)}
        assert len(links) > 20
        for link in sorted(links)[::6]:
            assert self.client.get(link).status_code == 200, link

    def test_filters_are_those_of_the_list_and_stay_on_this_page(self):
        page = main_of(self.client.get(URL, {"place": self.place.pk}))
        assert f'action="{URL}"' in page
        assert "Place: Remand prison" in text(self.client.get(URL, {"place": self.place.pk}))
        assert f'href="/cases/?place={self.place.pk}"' in page

    def test_empty_fields_of_the_form_leave_the_address(self):
        answer = self.client.get(f"{URL}?q=&day=&country=RU")
        self.assertRedirects(answer, f"{URL}?country=RU")

    def test_what_is_hidden_is_in_no_number_and_no_label(self):
        page = text(self.client.get(URL))
        assert "4 people 4 cases" in page and "Kazakhstan" not in page
        assert "Kazakhstan" not in self.client.get(reverse("number-csv", args=["country"])).content.decode()

    def test_a_wrong_filter_is_said_and_nothing_counted(self):
        answer = self.client.get(URL, {"status": "nonsense"})
        assert answer.status_code == 400
        assert "Status : “nonsense” is not one of the choices." in text(answer)
        assert "Held on" not in text(answer)

    def test_nobody_found_is_said(self):
        answer = self.client.get(URL, {"q": "Nobody of this name"})
        assert answer.status_code == 200
        assert "No case is like this, so there is nothing to count" in text(answer)

    def test_a_question_that_finds_only_people_who_are_free_draws_its_charts(self):
        answer = self.client.get(URL, {"q": "Free Person", "status": "released"})
        assert "Held on" in text(answer)

    def test_posting_counts_anew_and_only_that(self):
        answer = self.client.post(f"{URL}?sex=female&sort=name", {"day": "2020-01-01"})
        assert (answer.status_code, answer.url) == (302, f"{URL}?sex=female")
        assert self.client.post(f"{URL}?sex=nonsense").status_code == 400
        assert self.client.put(URL).status_code == 405

    def test_forty_people_cost_the_same_queries_as_four(self):
        self.client.get(URL)
        with CaptureQueriesContext(connection) as few:
            self.client.get(URL)
        make_world(36)
        with CaptureQueriesContext(connection) as many:
            self.client.get(URL)
        assert len(many) <= len(few), (len(few), len(many))


class NothingThere(TestCase):
    def test_a_page_and_its_files_without_any_case(self):
        client = signed_in(Role.READER)
        assert "There is no case yet that you can see" in text(client.get(URL))
        for name, what in files():
            assert client.get(reverse(name, args=[what])).status_code == 200, what


class Files(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_world()
        cls.reader = make_user(Role.READER)

    def setUp(self):
        self.client.force_login(self.reader)

    def rows(self, name, **query):
        answer = self.client.get(reverse("number-csv", args=[name]), query)
        assert answer.status_code == 200, answer.content
        return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))

    def test_every_drawing_is_whole_and_says_its_question(self):
        for name, what in files():
            if name == "number-svg":
                answer = self.client.get(reverse(name, args=[what]), {"day": "2017-06-01", "country": "RU"})
                words = " ".join(ElementTree.fromstring(answer.content).itertext())
                assert "as of 1 June 2017" in words and "Asked: On the day: 1 Jun 2017; Country: Russia." in words, what

    def test_every_table_names_unit_day_question_and_definition_in_each_line(self):
        for name, what in files():
            if name == "number-csv":
                rows = self.rows(what, day="2017-06-01")
                assert rows, what
                for row in rows:
                    assert row["unit"] and row["definition"], what
                    assert row["day asked for"] == "2017-06-01"
                    assert row["question"] == "Asked: On the day: 1 Jun 2017."

    def test_the_file_has_the_numbers_of_the_page(self):
        [row] = [row for row in self.rows("held", day="2016-06-30") if row["day"] == "2016-06-30"]
        assert (row["likely"], row["at least"], row["at most"]) == ("3", "3", "4")
        assert self.rows("country")[0]["Country"] == "Russia"
        [row] = [row for row in self.rows("figures", day="2016-06-30") if row["number"] == "Disappeared"]
        assert (row["likely"], row["at least"], row["at most"]) == ("0", "0", "0")

    def test_names_of_files_have_what_was_asked_and_nothing_else(self):
        query = {"day": "2017-06-01", "q": 'x"; rm -rf /\r\nX: y' + "й" * 90}
        name = self.client.get(reverse("number-svg", args=["article"]), query).headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="numbers-article-q-x-rm-rf-X-y-2017-06-01\.svg"', name), name
        name = self.client.get(reverse("number-csv", args=["held"])).headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="numbers-held-\d{4}-\d\d-\d\d\.csv"', name), name

    def test_a_drawing_may_run_and_fetch_nothing(self):
        headers = self.client.get(reverse("number-svg", args=["held"])).headers
        assert headers["Content-Type"] == "image/svg+xml; charset=utf-8"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"

    def test_labels_that_people_wrote_run_in_no_spreadsheet_and_break_no_drawing(self):
        for name in ('=HYPERLINK("http://example.org")', "@SUM(1)", "<script>alert(1)</script>", "]]>&amp;"):
            make_detention(make_case("Somebody Else"), "2015-01-29", place=make_place(name, locality=""))
        labels = [row["Place"] for row in self.rows("place")]
        assert '\'=HYPERLINK("http://example.org")' in labels and "'@SUM(1)" in labels
        answer = self.client.get(reverse("number-svg", args=["place"]))
        tree = ElementTree.fromstring(answer.content)
        assert not [one for one in tree.iter() if one.tag.endswith("script")]
        assert "<script>alert(1)</script>" in tree.itertext()
        assert b"<script>alert" not in self.client.get(URL).content

    def test_an_unknown_name_is_not_there(self):
        for name in ("nothing", "figures-", "__class__", "HELD", "a" * 200):
            for kind in ("csv", "svg"):
                assert self.client.get(f"/numbers/{name}.{kind}").status_code == 404, name
        assert self.client.get("/numbers/figures.svg").status_code == 404

    def test_a_wrong_filter_is_refused_in_words(self):
        for kind in ("csv", "svg"):
            answer = self.client.get(f"/numbers/held.{kind}", {"status": "nonsense"})
            assert answer.status_code == 400
            assert "is not one of the choices" in text(answer)


def test_numbers_stay_numbers_and_text_that_a_spreadsheet_would_run_is_guarded():
    assert [guarded(value) for value in ("=1", "+1", "-1", "@a", "'a", "\ta", "＝1", "a=1", "", -3)] == [
        "'=1", "'+1", "'-1", "'@a", "''a", "'\ta", "'＝1", "a=1", "", -3,
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", [URL, "/numbers/held.svg", "/numbers/place.csv"])
def test_no_parameter_breaks_it(path):
    make_world(1)
    client = signed_in(Role.READER)
    for query in HOSTILE:
        status = client.get(f"{path}?{query}").status_code
        assert status in (200, 302, 400, 404), (query, status)
