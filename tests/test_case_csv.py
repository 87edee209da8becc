"""The list as CSV: the same cases in the same order, every column, safe in spreadsheets, streamed."""

import io
import random
import shutil
import subprocess
from csv import reader as cells_of
from dataclasses import replace

import pytest
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from cases.models import Role
from cases.reports import REPORTS, csv, reader
from cases.reports.csv import GUARDED
from tests.factories import (
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_lawyer,
    make_place,
    make_proceeding,
    make_provision,
    make_release,
    make_representation,
    make_sentence,
    make_user,
)
from tests.test_case_list import full_case

URL = "/reports/cases.csv"
COLUMNS = [column.name for column in REPORTS["cases"].columns if not column.extra]


def text_of(client, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def exported(client, **query):
    return list(reader(io.StringIO(text_of(client, **query), newline="")))


class TheSameList(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = make_user(Role.READER)
        for number in range(60):
            case = make_case(f"Person {number:02}", country="RU" if number % 2 else "UA")
            make_detention(case, f"2015-01-{number % 28 + 1:02}", ended="2016-01-01" if number % 3 else "")
        make_case("Hidden Person", access="named")

    def setUp(self):
        self.client.force_login(self.user)

    def test_rows_are_those_of_the_list_in_its_order(self):
        for query in [
            {}, {"status": "in_custody"}, {"status": "released", "sort": "-held"}, {"country": "RU", "day": "2015-01-10"}, {"q": "person 1"},
            {"status": "in_custody", "certainty": "possibly", "day": "2015-06-01", "sort": "-name"}, {"q": "nobody at all"},
        ]:  # fmt: skip
            with self.subTest(query):
                first = self.client.get("/cases/", query)
                page = first.context["page"]
                listed = list(first.context["rows"])
                if page.count > len(listed):
                    listed += self.client.get("/cases/", query | {"page": 2}).context["rows"]
                rows = exported(self.client, **query)
                self.assertEqual(len(rows), page.count)
                self.assertEqual([row["reference"] for row in rows], [row.case.reference for row in listed])
                self.assertEqual([row["status"] for row in rows], [row.status for row in listed])
                self.assertEqual(
                    [row["days_held_likely"] for row in rows],
                    [str(row.days.likely if row.days else 0) for row in listed],
                )

    def test_hidden_case_is_not_in_it(self):
        self.assertNotIn("Hidden", text_of(self.client))

    def test_user_without_a_role_gets_the_header_alone(self):
        self.client.force_login(make_user(None))
        self.assertEqual(text_of(self.client), ",".join(COLUMNS) + "\n")

    def test_many_portions_make_one_file(self):
        whole = text_of(self.client, sort="-name")
        kept, csv.AT_ONCE = csv.AT_ONCE, 7
        try:
            self.assertEqual(text_of(self.client, sort="-name"), whole)
        finally:
            csv.AT_ONCE = kept

    def test_file_has_a_name_with_the_day_and_a_mark_if_asked(self):
        response = self.client.get(URL, {"day": "2016-02-03", "bom": "1"})
        self.assertEqual(response["Content-Disposition"], 'attachment; filename="cases-2016-02-03.csv"')
        self.assertEqual(response["Content-Type"], "text/csv; charset=utf-8")
        self.assertTrue(b"".join(response.streaming_content).startswith(b"\xef\xbb\xbfreference,"))

    def test_queries_do_not_grow_with_the_rows(self):
        with CaptureQueriesContext(connection) as few:
            exported(self.client, q="person 01")
        with CaptureQueriesContext(connection) as many:
            exported(self.client, q="person")
        self.assertEqual(len(few), len(many))

    def test_failure_midway_does_not_look_complete(self):
        report = REPORTS["cases"]
        fails = replace(report.columns[0], sql="(1 / (listed.n - 7))::text")  # in the second portion, which is larger
        kept, csv.AT_FIRST = csv.AT_FIRST, 5
        REPORTS["cases"] = replace(report, columns=(fails, *report.columns[1:]))
        try:
            received = []
            with pytest.raises(Exception, match="division"):
                received.extend(self.client.get(URL).streaming_content)
        finally:
            REPORTS["cases"], csv.AT_FIRST = report, kept
        self.assertIn(b"NOT COMPLETE", received[-1])


class Columns(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = make_user(Role.EDITOR)
        person = make_detainee(
            "Akhtem Chiygoz", "Ахтем Чийгоз", sex="male", born="1964-12-14", nationalities=["UA", "RU"]
        )
        case = cls.case = make_case(person, country="RU", tags=["b-tag", "a-tag"], stage="verified", title="Title")
        place = make_place("Remand prison no. 1", locality="Simferopol", country="UA")
        make_arrest(case, "2015-01-29")
        make_detention(case, "2015-01", place=place, ended="2017-10-25")
        charge = make_charge(case, provision=make_provision("212", "1"), text_as_reported="riots")
        make_charge(case, provision=make_provision("280.1"), charged_on="2015-03", ended_on="2016", ended_how="dropped")
        make_sentence(case, "2017-09-11", years=8, court=make_court("Court"), findings=[(charge, "convicted")])
        make_representation(case, make_lawyer("Nikolai Polozov"))
        make_representation(case, make_lawyer("Emil Kurbedinov"))
        make_release(case, "2017-10-25", kind="pardon")
        make_proceeding("The 26 February case", [case])

    def row(self, **query):
        self.client.force_login(self.user)
        return exported(self.client, **query)[0]

    def expect(self, row, **values):
        self.assertEqual({name: row[name] for name in values}, values)

    def test_what_a_case_says_today(self):
        row = self.row()
        self.expect(
            row, reference=self.case.reference, name="Akhtem Chiygoz", other_names="Ахтем Чийгоз", sex="male", sex_label="male", born="1964-12-14",
            nationalities="UA; RU", deceased="unknown", died="", died_earliest="", status="released", status_label="released", status_certain="yes",
            since="2017-10-25", since_earliest="2017-10-25", days_held_likely="1001", articles="ru-cc/212/1; ru-cc/280.1", outcomes="convicted; dropped",
            charges_as_reported="riots", verdict="convicted", sentenced="2017-09-11", court="Court", imprisonment_months="96", penalties="imprisonment",
            penalties_label="imprisonment 8 y", first_arrested="2015-01-29", last_released="2017-10-25", release_kind="pardon", country="RU",
            country_label="Russia", lawyers="Nikolai Polozov; Emil Kurbedinov", tags="a-tag; b-tag", stage_label="verified", place="", place_id="",
            proceedings="The 26 February case", assigned_to="", next="",
        )  # fmt: skip

    def test_what_it_said_on_another_day(self):
        row = self.row(day="2016-01-01")
        self.expect(
            row,
            day="2016-01-01",
            status="in_custody",
            kind="remand",
            kind_label="remand",
            place="Remand prison no. 1",
            verdict="",
            place_country="UA",
        )

    def test_partial_dates_are_text_and_bounds(self):
        case = make_case("Somebody Else")
        make_arrest(case, "2014-02")
        row = self.row(q="somebody")
        self.expect(
            row,
            first_arrested="2014-02",
            first_arrested_earliest="2014-02-01",
            first_arrested_latest="2014-02-28",
            born="",
            born_earliest="",
        )

    def test_labels_are_in_the_language_of_the_reader(self):
        self.client.force_login(self.user)
        with override_settings(LANGUAGES=[("en", "English"), ("uk", "Ukrainian")]):
            response = self.client.get(URL, headers={"accept-language": "uk"})
            self.assertIn("Росія", b"".join(response.streaming_content).decode())

    def test_confidential_records_and_those_set_aside_change_nothing(self):
        self.client.force_login(self.user)

        def without_stamp():
            return [
                {name: value for name, value in row.items() if name != "changed_at"} for row in exported(self.client)
            ]

        before = without_stamp()
        for fields in [{"confidential": True}, {"standing": "rejected"}]:
            charge = make_charge(self.case, charged_on="2015-01-30", **fields)
            make_arrest(self.case, "2010-01-01", **fields)
            make_detention(self.case, "2020-01-01", **fields)
            make_sentence(self.case, "2018-01-01", years=3, findings=[(charge, "convicted")], **fields)
            make_release(self.case, "2019-01-01", **fields)
            make_representation(self.case, make_lawyer("Secret Lawyer"), **fields)
            make_hearing(self.case, "", scheduled="2030-01-01", **fields)
        self.assertEqual(without_stamp(), before)

    def test_row_of_a_case_without_anything(self):
        make_case("Somebody Else")
        self.expect(
            self.row(q="somebody"),
            status="unknown",
            since="",
            since_earliest="",
            since_latest="",
            days_held_most="0",
            articles="",
            next="",
        )


def nasty_values():
    """500 values that formulas, quotes, separators, lines and scripts are made of; the same on every run."""
    made = random.Random(7)
    pieces = [
        *GUARDED,
        "'",
        '"',
        ",",
        ";",
        "\\",
        "\\.",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+7 978",
        "-",
        " ",
        "\u202e",
        "ї",
        "刘",
        "\u200f",
        "NULL",
        "%s",
        "%%",
        "{}",
    ]
    return [
        "\\.",
        "''",
        "'=1",
        "'",
        "=",
        "\r\n",
        *("".join(made.choices(pieces, k=made.randint(1, 6))) for _number in range(494)),
    ]


class Formulas(TestCase):
    def test_no_value_runs_and_every_value_is_read_back_as_it_was(self):
        values = [value for value in nasty_values() if value]
        self.client.force_login(make_user(Role.READER))
        for value in values:
            make_case("Somebody", title=value, territory_note=value[:5])
        text = text_of(self.client)
        cells = [cell for row in cells_of(io.StringIO(text, newline="")) for cell in row]
        self.assertEqual([cell for cell in cells if cell and cell[0] in GUARDED.replace("'", "")], [])
        self.assertEqual(sorted(row["title"] for row in reader(io.StringIO(text, newline=""))), sorted(values))

    @pytest.mark.machine
    def test_libreoffice_opens_it_with_columns_right_and_no_live_formula(self):
        soffice = shutil.which("soffice")
        if not soffice:
            self.skipTest("no LibreOffice was found: apt-get install -y libreoffice-calc")
        full_case("Akhtem Chiygoz")
        make_case("Somebody", title='=HYPERLINK("http://localhost/";"x")', territory_note='one, two\nthree; "four"')
        self.client.force_login(make_user(Role.READER))
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "cases.csv"
            given.write_text(text_of(self.client), encoding="utf-8")
            options = [
                "--headless",
                f"-env:UserInstallation=file://{folder}/profile",
                "--convert-to",
                "fods",
                "--outdir",
                folder,
            ]
            subprocess.run(
                [soffice, *options, "--infilter=CSV:44,34,76,1", str(given)],
                check=True,
                capture_output=True,
                timeout=120,
            )
            opened = (Path(folder) / "cases.fods").read_text()
        self.assertNotIn("table:formula", opened)
        self.assertIn("=HYPERLINK(", opened)
        self.assertIn("Akhtem Chiygoz", opened)
