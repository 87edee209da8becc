"""Reports: what a row of each is, who sees what in it, that it is read back as it was, and what happens when it breaks off."""

import io
import random
import re
from csv import reader as cells_of
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from cases.filters import CaseFilter
from cases.models import Arrest, Case, Penalty, RecentReason, Role, Source
from cases.reports import REPORTS, Asked, Report, csv_lines, reader, rows, snapshot
from cases.reports.columns import joined, several, split, text
from cases.reports.csv import AT_FIRST, GUARDED
from cases.reports.dictionary import markdown
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_list,
    make_listing,
    make_note,
    make_organisation,
    make_place,
    make_provision,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)
from tests.pages import same_bytes


def text_of(client, name, **query):
    response = client.get(f"/reports/{name}.csv", query)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content).decode()


def report(client, name, **query):
    return list(reader(io.StringIO(text_of(client, name, **query), newline=""), REPORTS[name].columns))


def expect(row, **values):
    assert {name: row[name] for name in values} == values


class WhatARowIs(TestCase):
    """Of one case with something of everything, twice of some."""

    @classmethod
    def setUpTestData(cls):
        cls.users = {role.value: make_user(role) for role in Role}
        cls.person = person = make_detainee(
            "Akhtem Chiygoz",
            "Ахтем; Чийгоз",
            sex="male",
            born="1964-12",
            nationalities=["UA", "RU"],
            biography="=A life",
        )
        cls.case = case = make_case(person, country="RU")
        cls.other = make_case(person)
        place, court = make_place("Remand prison", locality="Simferopol", country="UA"), make_court("Court")
        cls.arrest = make_arrest(case, "2015-01", place=place, authority="@Police", warrant_shown="no")
        make_arrest(case, "2014-05-05")
        make_detention(case, "2015-01-29", place=place, ended="2015-06-01", ending="transfer")
        make_detention(case, "2015-06-01", ended="2017-10-25")
        make_restriction(case, "2014-06", ended="2014-07", ending="release")
        cls.charge = make_charge(case, provision=make_provision("212", "1", title="Riots"), text_as_reported="riots")
        later = make_charge(case, provision=make_provision("280.1"), charged_on="2016-01-01")
        make_charge(
            case,
            provision=None,
            text_as_reported="a third",
            charged_on="",
            ended_how="reclassified",
            reclassified_to=later,
        )
        cls.hearing = make_hearing(
            case,
            "2015-05-15",
            court=court,
            stage="trial",
            scheduled="2015-05-14",
            scheduled_time="10:30",
            held_until="2015-08",
        )
        cls.sentence = make_sentence(
            case, "2017-09-11", years=8, court=court, findings=[(cls.charge, "convicted"), (later, "acquitted")]
        )
        Penalty.objects.create(sentence=cls.sentence, kind="fine", amount="1500.50", currency="RUB", origin="requested")
        cls.appeal = make_sentence(
            case, "2017-10-01", verdict="", instance="appeal", changes=cls.sentence, change="upheld"
        )
        make_release(case, "2017-10-25", kind="pardon", published="yes")
        lawyer = make_lawyer("Nikolai Polozov", contact="=secret@example.org", licence="active", bar="Moscow")
        make_representation(case, lawyer, role="chosen", began="2015")
        cls.source = make_source("News; of the day", url="https://example.org/a;b", published="2017-10", kind="news")
        cls.second = make_source("Ruling", kind="court")
        cls.protected = make_source("Secret relative", protected=True)
        cite(
            cls.arrest, cls.source, field="date", value_as_reported="end of January", quote="=1+1", cites=cls.protected
        )
        cite(cls.arrest, cls.second, locator="p. 2", cites=cls.source, said_by="-a neighbour")
        cite(cls.arrest, cls.protected, quote="Whispered")
        cite(cls.charge, cls.source)
        cite(person, cls.second, field="born")
        cls.violation = make_violation(
            case, "ICCPR-14.3d", "Not brought to court", date="2016-08", hearing=cls.hearing, alleged_by="-the defence"
        )
        make_violation(case, None, "Not heard")
        make_intervention(
            case, "A committee", kind="letter", to_whom="A court", about="=Let him go", answer="None", date="2016-03"
        )
        kept = make_list("A list", keeper="A centre", definition="Held for an opinion")
        make_listing(case, kept, date="2015-02", grounds="For a meeting; peaceful")
        body = make_organisation("Council", aliases=["Рада; народна", "Meclis"], kind="representative", country="UA")
        cls.affiliation = make_affiliation(person, body, role="deputy chairman", began="2013")

    def of(self, name, role=Role.READER, **query):
        self.client.force_login(self.users[role])
        return report(self.client, name, **query)

    def test_people_once_each(self):
        (person,) = self.of("people")
        expect(
            person, person=self.person.reference, name="Akhtem Chiygoz", other_names=["Ахтем; Чийгоз"], sex_label="male", born="1964-12",
            born_earliest="1964-12-01", born_latest="1964-12-31", deceased="unknown", died="", biography="=A life", number_of_cases="2",
            cases=[self.case.reference, self.other.reference], case_statuses=["released", "unknown"], nationalities=["UA", "RU"],
            sources="1", source_titles=["Ruling"],
        )  # fmt: skip

    def test_people_of_the_question_alone(self):
        make_case("Somebody Else", country="UA")
        self.assertEqual([row["name"] for row in self.of("people", country="RU")], ["Akhtem Chiygoz"])
        self.assertEqual(len(self.of("people")), 2)

    def test_each_arrest(self):
        first, second = self.of("arrests")
        self.assertEqual(first["date"], "2014-05-05")
        expect(
            second, case=self.case.reference, person=self.person.reference, name="Akhtem Chiygoz", id=str(self.arrest.pk), date="2015-01",
            date_earliest="2015-01-01", date_latest="2015-01-31", place="Remand prison", place_locality="Simferopol", place_country="UA",
            authority="@Police", warrant_shown="no", sources="3", source_references=sorted([self.source.reference, self.second.reference]),
        )  # fmt: skip
        self.assertEqual(set(second["source_titles"]), {"News; of the day", "Ruling"})
        self.assertEqual(second["source_urls"], ["https://example.org/a;b"])

    def test_each_stay_and_each_restriction(self):
        first, second = self.of("detentions")
        expect(
            first,
            kind="remand",
            kind_label="remand",
            began="2015-01-29",
            ended="2015-06-01",
            ending="transfer",
            ending_label="transfer",
        )
        expect(second, place="", place_id="", ended="2017-10-25")
        (restriction,) = self.of("restrictions")
        expect(restriction, kind_label="travel ban", began="2014-06", ended_latest="2014-07-31", ending_label="lifted")

    def test_each_charge_and_what_became_of_it_by_the_day(self):
        first, second, third = self.of("charges")
        expect(
            first,
            article_path="ru-cc/212/1",
            article="212",
            part="1",
            article_title="Riots",
            text_as_reported="riots",
            outcome="convicted",
        )
        expect(second, article_path="ru-cc/280.1", part="", outcome_label="acquitted", stage="completed")
        expect(
            third,
            article_path="",
            article="",
            charged_on="",
            ended_how_label="reclassified",
            reclassified_to=second["id"],
        )
        first, second, third = self.of("charges", day="2015-12-01")
        self.assertEqual([first["outcome"], second["outcome"]], ["pending", ""])

    def test_each_hearing(self):
        (hearing,) = self.of("hearings")
        expect(
            hearing, court="Court", stage="trial", scheduled="2015-05-14", scheduled_time="10:30", held_on="2015-05-15", openness="unknown",
            held_until="2015-08", held_until_latest="2015-08-31",
        )  # fmt: skip

    def test_each_penalty_of_each_sentence_and_one_row_for_a_sentence_without(self):
        prison, fine, appeal = self.of("sentences")
        findings = {"findings": ["ru-cc/212/1", "ru-cc/280.1"], "finding_outcomes": ["convicted", "acquitted"]}
        expect(
            prison,
            id=str(self.sentence.pk),
            court="Court",
            penalty_kind="imprisonment",
            penalty_years="8",
            penalty_months="",
            **findings,
        )
        expect(
            fine,
            id=prison["id"],
            penalty_origin="requested",
            penalty_amount="1500.50",
            penalty_currency="RUB",
            **findings,
        )
        expect(
            appeal,
            penalty="",
            penalty_kind="",
            change="upheld",
            changes=prison["id"],
            instance="appeal",
            in_force="yes",
            findings=[],
        )
        self.assertEqual(prison["in_force"], "no")

    def test_each_release_and_each_lawyer_in_the_case(self):
        (release,) = self.of("releases")
        expect(
            release,
            date="2017-10-25",
            kind="pardon",
            kind_label="pardon",
            published="yes",
            petitioned="unknown",
            stay="",
        )
        (lawyer,) = self.of("lawyers")
        expect(
            lawyer,
            lawyer_name="Nikolai Polozov",
            role="chosen",
            began_latest="2015-12-31",
            licence_label="active",
            bar="Moscow",
        )

    def test_each_alleged_violation_with_its_right(self):
        first, second = self.of("violations")
        expect(
            first,
            right_code="ICCPR-14.3d",
            treaty="International Covenant on Civil and Political Rights (1966)",
            provision="Article 14(3)(d)",
            what_happened="Not brought to court",
            date="2016-08",
            alleged_by="-the defence",
            hearing=str(self.hearing.pk),
            sources="0",
        )
        expect(second, right_code="", right_name="", treaty="", hearing="", date="")

    def test_each_intervention_and_each_decision_on_a_list(self):
        (letter,) = self.of("interventions")
        expect(letter, kind="letter", by_whom="A committee", to_whom="A court", about="=Let him go", answer="None")
        (listed,) = self.of("listings")
        expect(
            listed,
            list="A list",
            keeper="A centre",
            definition="Held for an opinion",
            decision="included",
            date_latest="2015-02-28",
            grounds="For a meeting; peaceful",
        )

    def test_each_role_once_however_many_cases_the_person_has(self):
        (role,) = self.of("affiliations")
        expect(
            role,
            person=self.person.reference,
            name="Akhtem Chiygoz",
            id=str(self.affiliation.pk),
            organisation="Council",
            organisation_other_names=["Рада; народна", "Meclis"],
            organisation_kind_label="representative body",
            organisation_country="UA",
            role="deputy chairman",
            began_earliest="2013-01-01",
            ended="",
        )
        make_affiliation(make_case(access="team").detainee)
        self.assertEqual(len(self.of("affiliations")), 1)
        self.assertEqual(self.of("affiliations", country="UA"), [])

    def test_source_of_a_role_is_that_of_the_role_and_not_of_the_person(self):
        cite(self.affiliation, make_source("On the council"))
        self.assertEqual(self.of("affiliations")[0]["source_titles"], ["On the council"])
        self.assertEqual(self.of("people")[0]["source_titles"], ["Ruling"])
        last = self.of("citations")[-1]
        expect(last, record_kind="affiliation", record=str(self.affiliation.pk), person=self.person.reference, case="")

    def test_contact_of_a_lawyer_is_for_researchers_and_above(self):
        for role, there in [(Role.READER, False), (Role.RESEARCHER, True), (Role.EDITOR, True)]:
            with self.subTest(role):
                (lawyer,) = self.of("lawyers", role)
                self.assertEqual(lawyer.get("contact"), "=secret@example.org" if there else None)
        self.client.force_login(self.users[Role.READER])
        hidden = self.client.get("/reports/lawyers.csv", {"columns": "contact"})
        missing = self.client.get("/reports/lawyers.csv", {"columns": "contacts"})
        self.assertEqual((hidden.status_code, missing.status_code), (400, 400))
        self.assertEqual(same_bytes(hidden, "contact"), same_bytes(missing, "contacts"))

    def test_sources_are_those_that_one_may_know(self):
        known = {row["title"]: row for row in self.of("sources")}
        self.assertEqual(set(known), {"News; of the day", "Ruling"})
        expect(
            known["News; of the day"],
            citations="2",
            cases="1",
            published="2017-10",
            kind_label="news report",
            protected="no",
        )
        expect(known["Ruling"], citations="2", cases="1")
        self.assertEqual(len(self.of("sources", Role.EDITOR)), 3)
        self.protected.source_keepers.create(user=self.users[Role.READER])
        kept = {row["title"]: row for row in self.of("sources")}
        expect(kept["Secret relative"], protected="yes", citations="1")
        visible = Source.objects.visible_to(self.users[Role.READER]).values_list("title", flat=True)
        self.assertEqual(set(kept), set(visible))

    def test_each_citation_of_a_source_that_one_may_know(self):
        first, second, third, fourth = self.of("citations")
        expect(
            first, case=self.case.reference, record_kind="arrest", record=str(self.arrest.pk), field="date", value_as_reported="end of January",
            quote="=1+1", source=self.source.reference, cites="", cites_title="",
        )  # fmt: skip
        expect(
            second, locator="p. 2", cites=self.source.reference, cites_title="News; of the day", said_by="-a neighbour"
        )
        expect(third, record_kind="charge", record=str(self.charge.pk))
        expect(fourth, case="", person=self.person.reference, record_kind="detainee", record="", field="born")
        told = self.of("citations", Role.EDITOR)
        self.assertEqual(len(told), 5)
        expect(told[0], cites_title="Secret relative")
        self.assertNotIn("Whispered", text_of(self.sign_in(Role.RESEARCHER), "citations"))

    def sign_in(self, role):
        self.client.force_login(self.users[role])
        return self.client

    def test_confidential_records_and_those_set_aside_are_in_no_report_for_anybody(self):
        def everything():
            return {name: self.of(name, Role.EDITOR, columns=self.without_stamps(name)) for name in REPORTS}

        before = everything()
        for fields in [{"confidential": True}, {"standing": "alternative"}, {"standing": "rejected"}]:
            case, source = self.case, make_source("Of what is hidden")
            charge = make_charge(case, charged_on="2015-01-30", **fields)
            sentence = make_sentence(case, "2018-01-01", years=3, findings=[(charge, "convicted")], **fields)
            stay = make_detention(case, "2020-01-01", **fields)
            made = [
                charge, sentence, stay, make_arrest(case, "2010-01-01", **fields), make_restriction(case, **fields),
                make_release(case, "2019-01-01", stay=stay, **fields), make_representation(case, make_lawyer("Secret"), **fields),
                make_hearing(case, "", scheduled="2030-01-01", **fields), make_note(case, **fields),
                make_violation(case, "ECHR-3", **fields), make_intervention(case, **fields), make_listing(case, **fields),
            ]  # fmt: skip
            for record in made:
                cite(record, source)
                cite(record, self.source)
        self.assertEqual(everything(), before)

    def without_stamps(self, name):
        return ",".join(column.name for column in REPORTS[name].columns if column.kind != "moment")

    def test_number_of_rows_is_that_of_the_file(self):
        make_case("Somebody Else")
        for role in [Role.EDITOR]:
            for query in ["", "country=RU"]:
                user = self.users[role]
                found = CaseFilter(QueryDict(query), Case.objects.visible_to(user), user=user)
                for name, one in REPORTS.items():
                    with self.subTest(f"{name} {query} {role}"):
                        self.assertEqual(one.number(found, user), len(self.of(name, role, **QueryDict(query).dict())))

    def test_values_for_a_workbook_are_typed(self):
        user = self.users[Role.READER]
        arrests = REPORTS["arrests"]
        asked, columns = Asked(user, timezone.localdate()), arrests.columns_for(user)
        with snapshot() as database:
            (row,) = rows(database, arrests, Arrest.objects.filter(pk=self.arrest.pk), columns, asked)
        value = {column.name: one for column, one in zip(columns, row, strict=True)}
        self.assertEqual(
            (value["id"], value["date"], value["date_latest"].isoformat()), (self.arrest.pk, "2015-01", "2015-01-31")
        )
        self.assertEqual(
            (value["authority"], value["sources"], value["created_at"]), ("@Police", 3, self.arrest.created_at)
        )


class WhoSeesWhat(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.member = make_user(Role.RESEARCHER)
        cls.users = {
            "reader": make_user(Role.READER),
            "editor": make_user(Role.EDITOR),
            "no role": make_user(None),
            "member": cls.member,
        }
        for access in ["everyone", "team", "named"]:
            case = make_case(make_detainee(f"Person of {access}"), access=access, team=[cls.member], country="RU")
            source = make_source(f"Report of {access}")
            records = [
                make_arrest(case), make_detention(case), make_restriction(case), make_charge(case), make_hearing(case),
                make_sentence(case, years=2), make_release(case), make_representation(case, make_lawyer(f"Lawyer of {access}")),
                make_violation(case), make_intervention(case, f"Body of {access}"), make_listing(case, grounds=f"Reason of {access}"),
                make_affiliation(case.detainee, role=f"Role of {access}"),
            ]  # fmt: skip
            for record in [*records, case.detainee]:
                cite(record, source)
        # Another case of a person whom everybody knows
        make_arrest(make_case(Case.objects.get(access="everyone").detainee, access="named", title="Second of named"))

    def test_a_case_that_one_may_not_see_leaves_no_trace_in_any_report(self):
        seen = {
            "reader": {"everyone"},
            "editor": {"everyone", "team"},
            "no role": set(),
            "member": {"everyone", "team", "named"},
        }
        for who, user in self.users.items():
            self.client.force_login(user)
            for name in REPORTS:
                text = text_of(self.client, name)
                with self.subTest(f"{name} as {who}"):
                    self.assertEqual(set(re.findall(r"of (everyone|team|named)", text)), seen[who])
                    self.assertEqual(text.count("\n") - 1 > 0, bool(seen[who]))
        person = report(
            self.client, "people", columns="number_of_cases"
        )  # as the member, who is not of the second case
        self.assertEqual([row["number_of_cases"] for row in person], ["1", "1", "1"])

    def test_a_stranger_signs_in_first(self):
        for name in REPORTS:
            self.assertEqual(Client().get(f"/reports/{name}.csv").status_code, 302)


class WhatIsAskedFor(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = make_user(Role.EDITOR)
        for number in range(8):
            case = make_case(f"Person {number}", country="RU" if number else "UA")
            make_arrest(case)
            make_charge(case)
            cite(make_sentence(case, years=number))

    def setUp(self):
        self.client.force_login(self.user)

    def refused(self, name, query):
        response = self.client.get(f"/reports/{name}.csv?{query}")
        self.assertEqual(response.status_code, 400, query)
        return response

    def test_columns_come_in_the_order_of_the_report(self):
        for query in ["columns=date,name", "columns=date&columns=name", "columns=,date,,name&columns="]:
            text = b"".join(self.client.get(f"/reports/arrests.csv?{query}").streaming_content).decode()
            self.assertTrue(text.startswith("name,date\nPerson 0,2015-01-29\n"), query)

    def test_an_unknown_column_is_named_beside_those_that_there_are(self):
        page = self.refused("arrests", "columns=date,nonsense")
        self.assertContains(page, "“nonsense”", status_code=400)
        self.assertContains(page, "place_locality", status_code=400)

    def test_wrong_questions_are_400_and_say_so(self):
        for query, message in [
            ("status=nonsense", "is not one of the choices"), ("day=29.02.2015", "does not exist"), ("hello=1", "takes no such parameter"),
            ("bom=1&bom=1", "once only"), ("country=RU&country=XX", "is not one of the choices"),
        ]:  # fmt: skip
            for name in REPORTS:
                self.assertContains(self.refused(name, query), message, status_code=400)

    def test_a_report_that_is_not_there_is_not_found(self):
        for name in ["nonsense", "arrest", "ARRESTS", "people.csv"]:
            self.assertEqual(self.client.get(f"/reports/{name}.csv").status_code, 404)

    def test_no_rows_is_the_header_alone(self):
        for name, one in REPORTS.items():
            header = ",".join(column.name for column in one.columns if not column.extra) + "\n"
            self.assertEqual(text_of(self.client, name, q="nobody at all"), header)

    def test_the_name_of_the_file_has_report_question_and_day(self):
        for query, name in [
            ({}, rf"arrests[-_]{timezone.localdate()}\.csv"),
            ({"status": "in_custody", "country": "RU", "day": "2016-02-03"}, r"arrests[-_].*custody.*2016-02-03\.csv"),
            ({"q": 'x"; \r\n/../Ї'}, r"arrests[-_][a-z0-9_-]*\.csv"),
        ]:
            response = self.client.get("/reports/arrests.csv", query)
            b"".join(response.streaming_content)  # the test's connection is the export's, too
            self.assertRegex(response["Content-Disposition"], rf'^attachment; filename="{name}"$')

    def test_forty_hostile_payloads_on_every_parameter_are_no_500(self):
        payloads = [
            "'", '"', "';--", "' OR 1=1--", "%", "%s", "%%", "%(day)s", "{}", "{found}", "{0}", "\\", "\\x00", "$1", "::text", "a" * 5000, "😀",
            "\u202e", "\ud7ff", "<script>", "../../etc/passwd", "-1", "0", "1e309", "NaN", "9" * 40, "null", "[]", "[[", "\n", "\t", "=1+1", ";", ",",
            "name,name", "id::int", "*", "2015-13-45", "0001-01-01/9999-12-31", " ",
        ]  # fmt: skip
        self.assertGreaterEqual(len(payloads), 40)
        names = ["q", "columns", "bom", "day", "status", "place", "article", "arrested_after", "sort", "x"]
        client = Client(raise_request_exception=False)
        client.force_login(self.user)
        reports = list(REPORTS)
        for number, payload in enumerate(payloads):
            for place, name in enumerate(names):
                answer = client.get(f"/reports/{reports[(number + place) % len(reports)]}.csv", {name: payload})
                with self.subTest(f"{name}={payload[:20]}"):
                    self.assertIn(answer.status_code, {200, 400})
                    if answer.streaming:
                        self.assertNotIn(b"NOT COMPLETE", b"".join(answer.streaming_content))

    def test_queries_do_not_grow_with_the_rows(self):
        for name in REPORTS:
            with CaptureQueriesContext(connection) as few:
                text_of(self.client, name, country="UA")
            with CaptureQueriesContext(connection) as many:
                text_of(self.client, name, country="RU")
            self.assertEqual(len(few), len(many), name)

    def test_many_portions_are_one_file(self):
        case = make_case("Somebody Else")
        for _number in range(AT_FIRST + 5):
            make_arrest(case, "2014-01-01")
        self.assertEqual(len(report(self.client, "arrests")), 8 + AT_FIRST + 5)


# ------------------------------------------------------------------------------------------------ reading back

PIECES = [
    *GUARDED,
    '"',
    ",",
    ";",
    "; ",
    "\\",
    "\\;",
    "\\.",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "+7 978",
    " ",
    "\u202e",
    "\u200f",
    "ї",
    "刘",
    "NULL",
]
hostile = (
    st.lists(
        st.sampled_from(PIECES)
        | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
        min_size=1,
        max_size=5,
    )
    .map("".join)
    .filter(bool)
)


class ReadingBack(TestCase):
    def test_twenty_thousand_hostile_values_run_nowhere_and_are_read_back(self):
        """The whole way through the database, in plain cells and in cells with several values."""
        made, user = random.Random(11), make_user(Role.READER)
        values = list(
            {made.choice(PIECES) + "".join(made.choices(PIECES, k=made.randint(0, 6))): 1 for _ in range(40_000)}
        )
        values = values[:20_000]
        self.assertEqual(len(values), 20_000)
        RecentReason.objects.bulk_create(
            [RecentReason(user=user, text=value, used_at=timezone.now()) for value in values]
        )
        twice = joined("u.value", "u.value <> r.text, u.value")
        columns = [
            text("one", "r.text", "One"),
            several("two", f"(SELECT {twice} FROM unnest(ARRAY[r.text, 'z']) AS u (value))", "Two"),
        ]
        listed = "FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n) JOIN cases_recentreason AS r ON r.id = listed.id"
        one = Report(
            "hostile", "", "", "", RecentReason, tuple(columns), listed, lambda found: RecentReason.objects.none()
        )
        lines = csv_lines(one, RecentReason.objects.order_by("pk"), columns, Asked(user, timezone.localdate()))
        written = b"".join(lines).decode()
        back = list(reader(io.StringIO(written, newline=""), columns))
        self.assertEqual([row["one"] for row in back], values)
        self.assertEqual([row["two"] for row in back], [[value, "z"] for value in values])
        cells = [cell for row in cells_of(io.StringIO(written, newline="")) for cell in row if cell]
        self.assertEqual([cell for cell in cells if cell[0] in GUARDED[1:]], [])

    def test_several_values_are_read_back_whatever_they_are(self):
        made = [
            f"{number}{piece}{other}" for number, piece in enumerate(PIECES) for other in ["", ";", "\\", "; x", "'"]
        ]
        person = make_detainee("Somebody", *made)
        make_case(person)
        self.client.force_login(make_user(Role.READER))
        (row,) = report(self.client, "people")
        self.assertEqual(row["other_names"], made)


@given(st.lists(hostile, max_size=5))
@example(["a;", "; b", "\\", "\\;"])
@how(max_examples=300, deadline=None)
def test_what_is_joined_is_split_again(values):
    escaped = [re.sub(r"([\\;])", r"\\\1", value) for value in values]  # as the SQL of `joined` does
    assert split("; ".join(escaped)) == values


def test_docs_are_those_of_the_definitions():
    path = Path(settings.BASE_DIR, "docs", "reports.md")
    assert path.read_text() == markdown(), "run manage.py describe_reports"


def test_columns_are_told_apart_and_have_words():
    for one in REPORTS.values():
        names = [column.name for column in one.columns]
        assert len(names) == len(set(names)), one.name
        assert all(str(column.title) and str(column.meaning) for column in one.columns), one.name
        assert {column.of for column in one.columns} - {""} <= set(names), one.name
