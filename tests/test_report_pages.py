"""The pages of reports: what they offer, whose choice they remember, and what answers where no file can be had."""

import io
import tempfile
from dataclasses import replace
from pathlib import Path

from django.core.cache import cache
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from cases.models import ColumnChoice, Role
from cases.reports import REPORTS, snapshot
from cases.reports.csv import AT_FIRST
from cases.views import report_files
from cases.views import reports as views
from tests.factories import make_arrest, make_case, make_charge, make_user
from tests.pages import text
from tests.test_workbook import cells_of, sheets_of

TOKEN = "0123456789abcdef"


def read(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def hang_up(response):
    """Close an answer after its first piece, as a server does; the test's connection stays open."""
    next(iter(response.streaming_content))
    response._iterator.close()


class Pages(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user, cls.reader = make_user(Role.EDITOR), make_user(Role.READER)
        for number in range(12):
            case = make_case(f"Person {number:02}", country="RU" if number else "UA")
            make_arrest(case, "2015-01", authority=f"Police {number:02}")
        make_arrest(make_case("Hidden Person", access="named"), authority="Hidden police")

    def setUp(self):
        self.client.force_login(self.user)

    def page(self, name="arrests", **query):
        response = self.client.get(f"/reports/{name}/", query)
        self.assertEqual(response.status_code, 200)
        return response

    def choose(self, *columns, do="show", query="", **fields):
        return self.client.post(f"/reports/arrests/{query}", {"columns": columns, "do": do} | fields)

    # What there is

    def test_each_report_is_offered_with_what_a_row_is_and_the_question_goes_along(self):
        response = self.client.get("/reports/", {"country": "RU"})
        for name, report in REPORTS.items():
            self.assertContains(response, f'href="/reports/{name}/?country=RU"')
            self.assertIn(str(report.about), text(response))
        self.assertContains(response, '<input type="hidden" name="country" value="RU">')
        self.assertEqual(set(views.ANSWERS), set(REPORTS))

    def test_dictionary_has_each_column_with_its_codes(self):
        response = self.client.get("/reports/dictionary/")
        for report in REPORTS.values():
            for column in report.columns:
                self.assertContains(response, f"<code>{column.name}</code>")
        self.assertContains(response, "<dt><code>house_arrest</code></dt><dd>house arrest</dd>", html=False)

    def test_no_two_columns_of_a_report_have_one_heading(self):
        for report in REPORTS.values():
            titles = [heading.title for heading in views.headings_of(report.columns, report)]
            self.assertEqual(len(titles), len(set(titles)), report.name)

    # One report

    def test_page_says_how_many_rows_there_are_and_shows_the_first(self):
        said = text(self.page())
        self.assertIn("12 rows one row is one arrest", said)
        self.assertIn("The first 10 rows", said)
        self.assertIn("Police 00", said)
        self.assertNotIn("Police 10", said)
        self.assertNotIn("Hidden", said)

    def test_filters_of_the_list_narrow_it(self):
        response = self.page(country="UA")
        self.assertIn("1 row one row is one arrest", text(response))
        self.assertIn("Country: Ukraine", text(response))
        self.assertIn("No row is like this", text(self.page(q="nobody at all")))

    def test_more_rows_than_are_counted_are_said_to_be_more(self):
        kept = views.Number.of
        try:
            views.Number.of = lambda *given, **more: kept(*given, up_to=10)
            self.assertIn("10,000+ rows", text(self.page()))
        finally:
            views.Number.of = kept

    def test_wrong_questions_are_400_with_a_reason(self):
        for address in [
            "/reports/",
            "/reports/arrests/",
            "/reports/arrests/progress/",
            "/reports/arrests.xlsx",
            "/reports/workbook.xlsx",
        ]:
            response = self.client.get(address, {"status": "nonsense"})
            self.assertContains(response, "“nonsense” is not one of the choices", status_code=400)
            self.assertContains(self.client.get(address, {"hello": "1"}), "takes no such parameter", status_code=400)
        self.assertEqual(self.client.get("/reports/dictionary/?hello=1").status_code, 400)
        self.assertEqual(self.client.get("/reports/workbook.xlsx?of=half").status_code, 400)
        self.assertEqual(self.client.get("/reports/arrests.xlsx?columns=nonsense").status_code, 400)

    def test_a_report_that_is_not_there_is_a_404(self):
        for address in ["/reports/arrest/", "/reports/arrest.xlsx", "/reports/arrest/progress/"]:
            self.assertEqual(self.client.get(address).status_code, 404)

    def test_somebody_without_a_role_is_offered_nothing(self):
        self.client.force_login(make_user(None))
        self.assertIn("0 rows", text(self.page()))
        self.assertEqual(self.choose(do="all").status_code, 302)
        self.assertFalse(ColumnChoice.objects.exists())
        _about, sheet, _columns = sheets_of(io.BytesIO(read(self.client.get("/reports/arrests.xlsx"))))
        self.assertEqual({cell[1:] for cell in cells_of(sheet)}, {"1"})

    def test_queries_do_not_grow_with_the_rows(self):
        for name in ["arrests", "cases"]:
            with CaptureQueriesContext(connection) as few:
                self.page(name, country="UA")
            with CaptureQueriesContext(connection) as many:
                self.page(name, country="RU")
            self.assertEqual(len(few), len(many))
            self.assertLess(len(many), 45)

    # Columns

    def chosen(self, response):
        return [column.name for column in response.context["chosen"]]

    def test_at_first_the_usual_columns_are_chosen(self):
        chosen = self.chosen(self.page())
        self.assertIn("date", chosen)
        self.assertNotIn("date_earliest", chosen)
        self.assertIn("kind_label", self.chosen(self.page("releases")))
        self.assertNotIn("kind", self.chosen(self.page("releases")))

    def test_choice_is_remembered_for_the_user_and_the_report(self):
        response = self.choose("date", "case", query="?country=RU")
        self.assertRedirects(response, "/reports/arrests/?country=RU#columns")
        self.assertEqual(self.chosen(self.page()), ["case", "date"])
        self.assertGreater(len(self.chosen(self.page("charges"))), 5)
        self.client.force_login(self.reader)
        self.assertGreater(len(self.chosen(self.page())), 5)

    def test_all_none_and_the_usual_ones_are_a_button_each(self):
        usual = self.chosen(self.page())
        self.choose("date", do="all")
        self.assertEqual(self.chosen(self.page()), [column.name for column in REPORTS["arrests"].columns])
        self.choose("date", do="none")
        response = self.page()
        self.assertEqual(self.chosen(response), [])
        self.assertIn("No column is chosen", text(response))
        self.choose("date", do="usual")
        self.assertEqual(self.chosen(self.page()), usual)

    def test_a_column_that_is_no_more_is_passed_over(self):
        ColumnChoice.objects.create(user=self.user, report="arrests", columns=["gone", "date"])
        ColumnChoice.objects.create(user=self.user, report="charges", columns=["gone"])
        self.assertEqual(self.chosen(self.page()), ["date"])
        self.assertGreater(len(self.chosen(self.page("charges"))), 5)

    def test_a_column_that_one_may_not_have_is_not_offered_and_like_one_that_there_is_not(self):
        self.client.force_login(self.reader)
        self.assertNotContains(self.page("lawyers"), 'value="contact"')
        for column in ["contact", "nonsense"]:
            response = self.client.post("/reports/lawyers/", {"columns": [column], "do": "csv"})
            self.assertContains(response, f"has no column “{column}”", status_code=400)
        self.assertEqual(self.client.post("/reports/lawyers/", {"do": "nonsense"}).status_code, 400)

    def test_download_remembers_the_columns_and_leads_to_the_file(self):
        response = self.choose("date", "case", do="csv", query="?country=RU", bom="1", token=TOKEN)
        self.assertEqual(
            response["Location"], f"/reports/arrests.csv?country=RU&columns=case%2Cdate&bom=1&token={TOKEN}"
        )
        lines = read(self.client.get(response["Location"])).decode("utf-8-sig").splitlines()
        self.assertEqual((lines[0], len(lines)), ("case,date", 12))
        self.assertEqual(self.chosen(self.page()), ["case", "date"])
        every = [column.name for column in REPORTS["arrests"].columns if not column.extra]
        self.assertEqual(self.choose(*every, do="xlsx")["Location"], "/reports/arrests.xlsx")
        self.assertEqual(self.choose(do="csv")["Location"], "/reports/arrests/#columns")

    # Workbooks

    def test_workbook_of_one_report_has_the_same_rows_and_says_what_they_are(self):
        query = {"columns": "authority,date,date_latest", "country": "RU", "day": "2016-02-03"}
        response = self.client.get("/reports/arrests.xlsx", query)
        self.assertRegex(response["Content-Disposition"], r'filename="arrests-ru-2016-02-03\.xlsx"$')
        about, sheet, _columns = sheets_of(io.BytesIO(read(response)))
        cells = cells_of(sheet)
        self.assertEqual([cells[f"{letter}1"][1] for letter in "ABC"], ["Date", "Date, latest", "Arrested by"])
        self.assertEqual(cells["A2"], ("inlineStr", "2015-01"))
        self.assertEqual(cells["B2"], ("n", "42035"))
        self.assertEqual(
            [cells[f"C{row}"][1] for row in range(2, 13)], [f"Police {number:02}" for number in range(1, 12)]
        )
        self.assertNotIn("C13", cells)
        said = [words for _kind, words in cells_of(about).values()]
        for words in ["Country: Russia\nOn the day: 3 Feb 2016", self.user.username, "arrest", "11"]:
            self.assertIn(words, said)

    def test_workbook_of_everything_has_a_sheet_for_each_report(self):
        self.choose("date", "case")
        sheets = sheets_of(io.BytesIO(read(self.client.get("/reports/workbook.xlsx", {"of": "chosen"}))))
        self.assertEqual(len(sheets), len(REPORTS) + 2)
        self.assertNotIn("Hidden", " ".join(words for sheet in sheets for _kind, words in cells_of(sheet).values()))

    def test_too_much_for_a_workbook_is_refused_and_csv_offered(self):
        kept, report_files.MOST_ROWS = report_files.MOST_ROWS, 11
        try:
            for address in ["/reports/arrests.xlsx", "/reports/workbook.xlsx"]:
                response = self.client.get(address)
                self.assertContains(response, "too much for a workbook", status_code=400)
                self.assertContains(response, 'href="/reports/arrests.csv"', status_code=400)
            read(self.client.get("/reports/arrests.xlsx", {"country": "RU"}))
        finally:
            report_files.MOST_ROWS = kept

    def test_nothing_is_left_on_the_disk_whatever_happens(self):
        with tempfile.TemporaryDirectory() as folder, self.settings(DEBUG=False):
            kept, tempfile.tempdir = tempfile.tempdir, folder
            try:
                read(self.client.get("/reports/arrests.xlsx"))
                response = self.client.get("/reports/arrests.xlsx")
                hang_up(response)
                arrests, broken = REPORTS["arrests"], [replace(one, sql="1 / 0") for one in REPORTS["arrests"].columns]
                REPORTS["arrests"] = replace(arrests, columns=tuple(broken))
                try:
                    self.client.raise_request_exception = False
                    self.assertEqual(self.client.get("/reports/arrests.xlsx").status_code, 500)
                finally:
                    REPORTS["arrests"] = arrests
                self.assertEqual(list(Path(folder).iterdir()), [])
            finally:
                tempfile.tempdir = kept


class Progress(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = make_user(Role.READER)
        for number in range(3):
            make_charge(make_case(f"Person {number}"))

    def setUp(self):
        self.client.force_login(self.user)

    def asked(self, **query):
        return self.client.get("/reports/charges/progress/", {"token": TOKEN} | query)

    def test_page_hears_of_its_own_export_alone(self):
        self.assertEqual(self.asked().json(), {"state": "unknown", "rows": 0})
        for ending in ["csv", "xlsx"]:
            response = self.client.get(f"/reports/charges.{ending}", {"token": TOKEN})
            read(response)
            self.assertEqual(self.asked(total="1").json(), {"state": "complete", "rows": 3, "total": 3})
            self.client.force_login(make_user(Role.READER))
            self.assertEqual(self.asked().json()["state"], "unknown")
            self.client.force_login(self.user)
            cache.clear()
        self.assertEqual(self.asked(token="nonsense").json()["state"], "unknown")

    def test_export_that_is_broken_off_is_known_to_be(self):
        response = self.client.get("/reports/charges.csv", {"token": TOKEN})
        hang_up(response)
        self.assertEqual(self.asked().json()["state"], "stopped")


class Exports(TransactionTestCase):
    """As a server runs them: an export has a connection of its own."""

    def setUp(self):
        self.client.force_login(make_user(Role.READER))

    @override_settings(EXPORTS=1)
    def test_where_all_slots_are_taken_each_file_says_when_to_try_again(self):
        with snapshot():
            for address in ["/reports/detentions.csv?country=RU", "/reports/detentions.xlsx", "/reports/workbook.xlsx"]:
                response = self.client.get(address)
                self.assertContains(response, "Other files are being made", status_code=503)
                self.assertContains(response, f'href="{address}"', status_code=503)
                self.assertRegex(response["Retry-After"], r"^\d+$")
        read(self.client.get("/reports/detentions.xlsx"))

    def test_page_hears_how_many_rows_are_written_while_they_are(self):
        case = make_case("Somebody")
        for _number in range(AT_FIRST + 5):
            make_arrest(case)
        kept, report_files.SAID_EVERY = report_files.SAID_EVERY, -1
        try:
            pieces = iter(self.client.get("/reports/arrests.csv", {"token": TOKEN}).streaming_content)
            lines = b""
            while lines.count(b"\n") < AT_FIRST + 2:  # the header, the first portion, something of the second
                lines += next(pieces)
            said = self.client.get("/reports/arrests/progress/", {"token": TOKEN, "total": "1"}).json()
            self.assertEqual(said, {"state": "running", "rows": AT_FIRST, "total": AT_FIRST + 5})
            lines += b"".join(pieces)
            self.assertEqual(lines.count(b"\n"), AT_FIRST + 6)
        finally:
            report_files.SAID_EVERY = kept
