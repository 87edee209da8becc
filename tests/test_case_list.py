"""The list of cases: who sees what, what a row says, pages, numbers and bad input."""

from datetime import date

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Role
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

URL = "/cases/"


def listed(client, **query):
    """Return the main names of the rows that the list shows, in its order."""
    response = client.get(URL, query)
    assert response.status_code == 200, response.status_code
    return [row.name.text for row in response.context["rows"]]


def all_groups(client, **query):
    """Return the filters of the list, those that fold away too."""
    return client.get("/cases/filters/", query).context["groups"]


def main(page):
    """Return the part of a page that is its own."""
    return page.content.decode().partition("<main")[2]


def full_case(name, **fields):
    """A case with one record of each kind that a row shows."""
    case = make_case(name, tags=["journalist"], **fields)
    make_arrest(case)
    make_detention(case, place=make_place())
    charge = make_charge(case)
    make_hearing(case, stage="trial", court=make_court(), scheduled="2030-01-01", held_on="")
    make_sentence(case, years=8, findings=[(charge, "convicted")])
    make_representation(case)
    make_proceeding(cases=[case])
    return case


class WhoSeesWhat(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.member = make_user(Role.RESEARCHER)
        make_case("Open Person")
        make_case("Team Person", access="team", team=[cls.member])
        make_case("Named Person", access="named", team=[cls.member])

    def seen_by(self, user):
        self.client.force_login(user)
        return listed(self.client)

    def test_reader_and_researcher_see_open_cases(self):
        self.assertEqual(self.seen_by(make_user(Role.READER)), ["Open Person"])
        self.assertEqual(self.seen_by(make_user(Role.RESEARCHER)), ["Open Person"])

    def test_editor_and_administrator_see_those_of_teams_too(self):
        self.assertEqual(self.seen_by(make_user(Role.EDITOR)), ["Open Person", "Team Person"])
        self.assertEqual(self.seen_by(make_user(Role.ADMINISTRATOR)), ["Open Person", "Team Person"])

    def test_the_team_sees_its_cases(self):
        self.assertEqual(self.seen_by(self.member), ["Named Person", "Open Person", "Team Person"])

    def test_user_without_a_role_sees_nothing(self):
        self.assertEqual(self.seen_by(make_user(None)), [])

    def test_nobody_sees_it_without_signing_in(self):
        self.assertEqual(self.client.get(URL).status_code, 302)

    def test_restricted_case_is_marked(self):
        self.client.force_login(self.member)
        self.assertContains(self.client.get(URL), "mark-restricted", 2)


class HiddenCase(TestCase):
    """A reader learns of a hidden case neither from numbers, nor choices, nor search, nor from answers to guesses."""

    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        make_case("Open Person")
        cls.colleague = make_user(Role.EDITOR, username="hidden-colleague")
        cls.case = case = make_case(
            "Secret Person", access="named", country="KZ", tags=["secret-tag"], assignee=cls.colleague
        )
        make_detention(case, place=make_place("Secret prison"))
        make_charge(case, article="999")
        make_hearing(case, court=make_court("Secret court"))
        cls.lawyer = make_lawyer("Secret Lawyer")
        make_representation(case, cls.lawyer)
        cls.proceeding = make_proceeding("Secret proceeding", cases=[case])

    def setUp(self):
        self.client.force_login(self.reader)

    def test_it_is_in_no_number_and_no_choice(self):
        page = self.client.get(URL)
        self.assertEqual(page.context["page"].count, 1)
        self.assertEqual(page.context["people"].number, 1)
        text = page.content.decode().lower()
        for word in ["secret", "999", "kazakhstan", self.case.reference.lower(), "hidden-colleague"]:
            self.assertNotIn(word, text)

    def test_choices_of_status_do_not_count_it(self):
        groups = {group.name: group for group in all_groups(self.client)}
        self.assertEqual([(choice.value, choice.count) for choice in groups["status"].choices], [("unknown", 1)])

    def test_search_does_not_find_it_nor_call_it_similar(self):
        for q in ["Secret Person", "Sekret Persn", self.case.reference]:
            page = self.client.get(URL, {"q": q})
            self.assertEqual(page.context["page"].count, 0)
            names = [row.name.text for row in page.context["rows"] + page.context["similar"]]
            self.assertNotIn("Secret Person", names)

    def test_its_lawyer_proceeding_and_assignee_are_refused_like_missing_ones(self):
        for name, value, missing in [
            ("lawyer", self.lawyer.reference, "L-222222"),
            ("proceeding", self.proceeding.reference, "J-222222"),
            ("assignee", "hidden-colleague", "nobody-at-all"),
        ]:
            with self.subTest(name):
                hidden, none = self.client.get(URL, {name: value}), self.client.get(URL, {name: missing})
                self.assertEqual((hidden.status_code, none.status_code), (400, 400))
                self.assertEqual(main(hidden).replace(value, "X"), main(none).replace(missing, "X"))


class ConfidentialRecords(TestCase):
    """A confidential record changes nothing on the list, for nobody."""

    @classmethod
    def setUpTestData(cls):
        cls.editor = make_user(Role.EDITOR)
        cls.case = full_case("Akhtem Chiygoz", team=[cls.editor])

    def snapshot(self):
        self.client.force_login(self.editor)
        page = self.client.get(URL)
        row = page.context["rows"][0]
        return (
            row.status, row.since, str(row.days), row.sentence, row.articles, str(row.place), row.next,
            row.lawyers, [(group.name, group.choices) for group in all_groups(self.client)],
        )  # fmt: skip

    def test_nothing_on_the_list_changes(self):
        before = self.snapshot()
        make_release(self.case, confidential=True)
        make_charge(self.case, "280.1", "", confidential=True)
        make_sentence(self.case, "2018-01-01", years=3, confidential=True)
        make_detention(self.case, "2018-01-01", place=make_place("Secret prison"), confidential=True)
        make_hearing(self.case, scheduled="2029-01-01", held_on="", court=make_court("Secret court"), confidential=True)
        make_representation(self.case, make_lawyer("Secret Lawyer"), confidential=True)
        self.assertEqual(self.snapshot(), before)


class ARow(TestCase):
    """What a row says of Akhtem Chiygoz, as of several days."""

    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        person = make_detainee("Akhtem Chiygoz")
        person.names.create(text="Ахтем Чийгоз", kind="native", language="uk")
        case = make_case(person, country="RU")
        cls.place = make_place("Remand prison no. 1", locality="Simferopol")
        make_arrest(case, "2015-01-29")
        make_detention(case, "2015-01-29", place=cls.place, ended="2017-10-25")
        charge = make_charge(case, "212", "1", charged_on="2015-01-30")
        make_hearing(case, "2016-08-01", stage="trial", held_until="2017-01-08")
        make_sentence(case, "2017-09-11", years=8, findings=[(charge, "convicted")])
        make_representation(case, make_lawyer("Nikolai Polozov"))
        make_release(case, "2017-10-25")

    def row(self, **query):
        self.client.force_login(self.reader)
        page = self.client.get(URL, query)
        return page.context["rows"][0], page

    def test_charges_of_one_article_stand_there_once_with_their_number(self):
        case, provision = make_case(), make_provision("318")
        for _number in range(2):
            make_charge(case, provision=provision)
        self.client.force_login(self.reader)
        page = self.client.get(URL).content.decode()
        assert page.count('<span dir="auto">318</span>') == 1
        assert "×2" in page

    def test_on_trial(self):
        row, page = self.row(day="1 Jan 2017")
        self.assertEqual((row.status, row.status_label, row.certain), ("in_custody", "Remand", True))
        self.assertEqual((row.since, str(row.days), row.sentence), ("29 January 2015", "704", "on trial"))
        self.assertEqual(
            (row.place, str(row.next.date), str(row.next.label)), (str(self.place), "8 January 2017", "remand ends")
        )
        self.assertContains(page, '<span lang="uk" dir="ltr">Ахтем Чийгоз</span>')
        self.assertContains(page, "Nikolai Polozov")

    def test_sentenced(self):
        row, _page = self.row(day="2017-10-01")
        self.assertEqual((row.sentence, row.articles[0][:2]), ("8 years", ("212 part 1", "convicted")))

    def test_released(self):
        row, _page = self.row()
        self.assertEqual((row.status, row.since, str(row.days)), ("released", "25 October 2017", "1001"))

    def test_charged_before_the_trial(self):
        row, _page = self.row(day="2015-06-01")
        self.assertEqual((row.sentence, row.next), ("charged", None))

    def test_nothing_is_known_before_the_arrest(self):
        row, page = self.row(day="2014-01-01")
        self.assertEqual((row.status, row.since, row.days, row.sentence), ("unknown", "", None, ""))
        self.assertContains(page, "not charged")

    def test_what_is_not_there_is_said(self):
        make_case("Invented Person 052")
        self.client.force_login(self.reader)
        self.assertContains(self.client.get(URL, {"q": "052"}), "none recorded")


class Sentences(TestCase):
    """The sentence in force, and what became of charges, through appeals."""

    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        cls.case = case = make_case("Appealed Person")
        cls.charge = make_charge(case, charged_on="2015-01-30")
        cls.first = make_sentence(case, "2016-01-01", years=8, findings=[(cls.charge, "convicted")])

    def row(self, day="2020-01-01"):
        self.client.force_login(self.reader)
        return self.client.get(URL, {"day": day}).context["rows"][0]

    def test_upheld_keeps_the_penalties_and_findings(self):
        second = make_sentence(self.case, "2017-01-01", verdict="", changes=self.first, change="upheld")
        make_sentence(self.case, "2018-01-01", verdict="", changes=second, change="upheld")
        self.assertEqual((self.row().sentence, self.row().charges[0][1]), ("8 years", "convicted"))

    def test_reduced_has_its_own(self):
        make_sentence(self.case, "2017-01-01", verdict="", changes=self.first, change="reduced", years=5)
        self.assertEqual(self.row().sentence, "5 years")
        self.assertEqual(self.row("2016-06-01").sentence, "8 years")

    def test_quashed_leaves_the_charge_pending(self):
        make_sentence(self.case, "2017-01-01", verdict="", changes=self.first, change="quashed")
        self.assertEqual((self.row().sentence, self.row().charges[0][1]), ("charged", "pending"))

    def test_request_of_the_prosecutor_is_no_penalty(self):
        self.first.penalties.create(kind="imprisonment", years=12, origin="requested", case=self.case)
        self.assertEqual(self.row().sentence, "8 years")

    def test_acquittal_in_the_end(self):
        make_sentence(
            self.case, "2017-01-01", verdict="acquitted", changes=self.first, change="replaced",
            findings=[(self.charge, "acquitted")],
        )  # fmt: skip
        self.assertEqual((self.row().sentence, self.row().charges[0][1]), ("acquitted", "acquitted"))

    def test_rejected_and_alternative_ones_do_not_count(self):
        make_sentence(self.case, "2017-01-01", years=3, standing="rejected")
        self.assertEqual(self.row().sentence, "8 years")


class WhatComesNext(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        cls.case = make_case()
        make_detention(cls.case)

    def next(self, day="2020-01-01"):
        self.client.force_login(self.reader)
        row = self.client.get(URL, {"day": day}).context["rows"][0]
        return (row.next.what, row.next.date.text, row.next.missing) if row.next else None

    def test_earliest_of_what_is_to_come(self):
        make_sentence(self.case, years=8, ends_on="2023-01-29", expected_release="2022-06")
        make_hearing(self.case, "", scheduled="2021-03-01")
        self.assertEqual(self.next(), ("hearing", "2021-03-01", False))
        self.assertEqual(self.next("2021-03-02")[:2], ("expected_release", "2022-06"))

    def test_passed_without_an_outcome_is_missing(self):
        make_hearing(self.case, "", scheduled="2019-03-01")
        self.assertEqual(self.next(), ("hearing", "2019-03-01", True))

    def test_a_later_order_replaces_the_earlier_end_of_remand(self):
        make_hearing(self.case, "2019-01-01", held_until="2019-03-01")
        self.assertEqual(self.next(), ("held_until", "2019-03-01", True))
        make_hearing(self.case, "2019-03-01", held_until="2020-06-01")
        self.assertEqual(self.next(), ("held_until", "2020-06-01", False))

    def test_end_of_a_sentence_does_not_come_to_someone_freed(self):
        make_sentence(self.case, years=8, ends_on="2023-01-29")
        make_release(self.case, "2019-01-01")
        self.assertIsNone(self.next())


class Pages(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        for number in range(120):
            make_case(f"Person {number:03}")

    def setUp(self):
        self.client.force_login(self.reader)

    def test_pages_hold_all_cases_once_in_order(self):
        names = [name for page in (1, 2, 3) for name in listed(self.client, page=page)]
        self.assertEqual(names, [f"Person {number:03}" for number in range(120)])

    def test_down_is_the_other_way_round_on_every_page(self):
        for sort in ["name", "since", "place", "held", "sentence", "next", "changed"]:
            with self.subTest(sort):
                up = [name for page in (1, 2, 3) for name in listed(self.client, sort=sort, page=page)]
                self.assertEqual(len(set(up)), 120)
        down = [name for page in (1, 2, 3) for name in listed(self.client, sort="-name", page=page)]
        self.assertEqual(down, [f"Person {number:03}" for number in reversed(range(120))])

    def test_last_page_by_its_name(self):
        self.assertEqual(listed(self.client, page="last"), [f"Person {number:03}" for number in range(100, 120)])

    def test_page_that_is_not_there_is_not_found(self):
        for page in ["4", "0", "-1", "abc", "1.0", "٣", "9" * 30, "1 "]:
            with self.subTest(page):
                self.assertEqual(self.client.get(URL, {"page": page}).status_code, 404)

    def test_a_list_of_nothing_has_a_first_page(self):
        page = self.client.get(URL, {"q": "unheard"})
        self.assertContains(page, "No case is like this")
        self.assertEqual(self.client.get(URL, {"q": "unheard", "page": 2}).status_code, 404)

    def test_counting_stops_where_the_exact_number_tells_nothing(self):
        with self.subTest("below"):
            self.assertContains(self.client.get(URL), "1–50 of 120 cases")
        from cases import filters

        filters.EXACT_TO, kept = 100, filters.EXACT_TO
        try:
            self.assertContains(self.client.get(URL), "10,000+")
            self.assertEqual(self.client.get(URL, {"page": 4}).status_code, 404)
            last = self.client.get(URL, {"page": "last"})
            self.assertContains(last, "?page=last-1")
            self.assertContains(last, "Near the end of more than 10,000 cases")
            backwards = [listed(self.client, page=page) for page in ["last-2", "last-1", "last"]]
            self.assertEqual([len(page) for page in backwards], [20, 50, 50])
            self.assertEqual(
                [name for page in backwards for name in page], [f"Person {number:03}" for number in range(120)]
            )
            self.assertEqual(self.client.get(URL, {"page": "last-3"}).status_code, 404)
            self.assertNotContains(self.client.get(URL, {"status": "unknown", "page": 3}), 'rel="next"')
        finally:
            filters.EXACT_TO = kept


class Numbers(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        person = make_detainee("Twice Held")
        make_detention(make_case(person), "2015-01-01")
        make_detention(make_case(person), "2015-01-01")
        make_detention(make_case("Perhaps Held"), "2016")

    def people(self, **query):
        self.client.force_login(self.reader)
        page = self.client.get(URL, query)
        people = page.context["people"]
        return people.number, people.at_least, people.at_most, page.context["page"].count

    def test_people_are_counted_once_with_bounds(self):
        self.assertEqual(self.people(status="in_custody", day="2016-09-01"), (2, 1, 2, 3))
        self.assertEqual(self.people(status="in_custody", day="2016-02-01"), (1, 1, 2, 2))

    def test_certainty_decides_which_are_listed_while_bounds_stay(self):
        self.assertEqual(self.people(status="in_custody", day="2016-02-01", certainty="possibly"), (2, 1, 2, 3))
        self.assertEqual(self.people(status="in_custody", day="2016-02-01", certainty="certainly"), (1, 1, 2, 2))

    def test_row_found_as_possible_says_what_is_possible(self):
        self.client.force_login(self.reader)
        page = self.client.get(URL, {"status": "in_custody", "day": "2016-02-01", "certainty": "possibly"})
        rows = {row.name.text: row for row in page.context["rows"]}
        self.assertEqual((rows["Perhaps Held"].status, rows["Perhaps Held"].certain), ("in_custody", False))
        self.assertEqual(str(rows["Perhaps Held"].days), "0–32")


class Queries(TestCase):
    def test_sixty_rows_cost_the_same_queries_as_two(self):
        self.client.force_login(make_user(Role.READER))
        for number in range(2):
            full_case(f"Person {number}")
        question = {"status": "in_custody", "q": "person", "article": "ru-cc/212", "sort": "held"}
        self.client.get(URL, question)
        with CaptureQueriesContext(connection) as two:
            self.client.get(URL, {})
        with CaptureQueriesContext(connection) as two_found:
            self.client.get(URL, question)
        for number in range(2, 60):
            full_case(f"Person {number}")
        with self.assertNumQueries(len(two)):
            self.assertContains(self.client.get(URL), "Person 47")
        with self.assertNumQueries(len(two_found)):
            self.assertContains(self.client.get(URL, question), "Person 47")


class BadInput(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        make_case("Open Person")

    def setUp(self):
        self.client.force_login(self.reader)

    def test_wrong_parameters_are_refused_on_page_and_export_with_no_rows(self):
        long = "x" * 8192
        for query in [
            "status=nonsense", "status=in_custody&status=nonsense", "unknown=1", "day=29.02.2015", "day=2015", "day=2999-01-01",
            "day=03/04/2019", "day=1 Jan 2015&day=2 Jan 2015", "certainty=maybe", "q=a&q=b", f"q={long}", f"status={long}",
            f"day={long}", f"article={long}", f"lawyer={long}", f"place={long}", "place=" + "9" * 30, "place=-1", "place=x",
            "court=" + "9" * 30, "country=XX", "sex=no", "article=ru-cc/9999", "article=//", "outcome=x", "lawyer=L-000000",
            "arrested_after=soon", "arrested_before=" + "1" * 30, "released_after=03/04/2019", "release_kind=x", "months_min=-1",
            "months_min=1e3", "months_max=" + "9" * 30, "proceeding=x", "tag=x", "stage=x", "assignee=x", "unsourced=no",
            "changed_since=x", "sort=reference", "sort=name&sort=-name", "%F0%9F%98%80=1", "status[]=in_custody",
            "&".join(f"country=RU&country=UA&place={number}" for number in range(60)),
        ]:  # fmt: skip
            with self.subTest(query[:60]):
                page = self.client.get(f"{URL}?{query}")
                self.assertEqual(page.status_code, 400)
                self.assertNotContains(page, "Open Person", status_code=400)
                self.assertEqual(self.client.get(f"/reports/cases.csv?{query}").status_code, 400)

    def test_the_page_says_what_is_wrong(self):
        self.assertContains(
            self.client.get(f"{URL}?status=nonsense"), "“nonsense” is not one of the choices", status_code=400
        )
        self.assertContains(
            self.client.get(f"{URL}?day=29.02.2015"), "29 February 2015 does not exist", status_code=400
        )
        self.assertContains(self.client.get(f"{URL}?hello=1"), "takes no such parameter", status_code=400)

    def test_nul_is_refused(self):
        for query in ["q=%00", "status=%00", "%00=1", "page=%00"]:
            self.assertEqual(self.client.get(f"{URL}?{query}").status_code, 400)

    def test_what_was_sent_is_escaped(self):
        page = self.client.get(URL, {"status": "<script>x</script>"})
        self.assertNotContains(page, "<script>x", status_code=400)

    def test_page_twice_or_export_of_a_page(self):
        self.assertEqual(self.client.get(f"{URL}?page=1&page=2").status_code, 400)
        export = self.client.get("/reports/cases.csv?page=1")
        self.assertEqual(export.status_code, 200)
        export.getvalue()  # one that is left unread holds the connection

    def test_only_get_is_taken(self):
        self.assertEqual(self.client.post(URL).status_code, 405)


class TheForm(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        full_case("Akhtem Chiygoz", country="RU")

    def setUp(self):
        self.client.force_login(self.reader)

    def test_empty_fields_are_taken_out_of_the_address(self):
        self.assertRedirects(self.client.get(f"{URL}?q=&status=in_custody&day="), f"{URL}?status=in_custody")
        self.assertRedirects(self.client.get(f"{URL}?q=+&day="), URL)

    def test_chips_remove_one_value_and_keep_the_others(self):
        page = self.client.get(f"{URL}?status=in_custody&status=released&country=RU&page=1")
        chips = {chip.label: chip.remove_url for chip in page.context["chips"]}
        self.assertEqual(
            chips,
            {
                "Status: in custody": "?status=released&country=RU",
                "Status: released": "?status=in_custody&country=RU",
                "Country: Russia": "?status=in_custody&status=released",
            },
        )

    def test_export_has_the_same_question(self):
        page = self.client.get(f"{URL}?status=in_custody&day=2016-01-01&sort=-held")
        self.assertContains(page, "/reports/cases.csv?status=in_custody&amp;day=2016-01-01&amp;sort=-held")

    def test_choices_are_those_that_are_there(self):
        groups = {group.name: group for group in all_groups(self.client)}
        self.assertEqual([choice.value for choice in groups["article"].choices], ["ru-cc/212/1"])
        self.assertEqual([choice.value for choice in groups["country"].choices], ["RU"])
        self.assertEqual([choice.value for choice in groups["tag"].choices], ["journalist"])
        self.assertEqual(groups["lawyer"].choices[0].value, "none")

    def test_a_day_is_said(self):
        self.assertEqual(self.client.get(URL, {"day": "1 січня 2016"}).context["day"], date(2016, 1, 1))

    def test_addresses(self):
        self.assertEqual((reverse("case-list"), reverse("case-csv")), (URL, "/reports/cases.csv"))
