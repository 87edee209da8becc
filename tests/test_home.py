"""The first page: held now, latest changes, my cases, what comes next, what is incomplete."""

from datetime import timedelta
from unittest.mock import patch

from django.contrib.auth.models import Group
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from cases.dates import today
from cases.models import Role
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_detainee,
    make_detention,
    make_hearing,
    make_representation,
    make_restriction,
    make_sentence,
    make_user,
)


class Home(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        cls.editor = make_user(Role.EDITOR)

    def page(self, user=None):
        self.client.force_login(user or self.reader)
        answer = self.client.get("/")
        self.assertEqual(answer.status_code, 200)
        return answer

    def part(self, heading, user=None):
        """One panel of the page, from its heading to its end."""
        page = self.page(user).content.decode()
        assert heading in page
        return page.partition(heading)[2].partition("</section>")[0]

    def test_a_new_installation_says_what_to_do_next(self):
        self.assertContains(self.page(make_user(Role.RESEARCHER)), "Log the first case")
        self.assertNotContains(self.page(), "Log the first case")

    def test_a_user_without_a_role_sees_no_case(self):
        make_detention(make_case("Nadia"), "2020")
        self.assertNotContains(self.page(make_user(None)), "Nadia")

    def test_people_are_counted_once_and_with_their_bounds(self):
        twice = make_detainee("Nadia")
        make_detention(make_case(twice), "2020")
        make_detention(make_case(twice), "2021")
        perhaps = make_case("Omar")
        make_detention(perhaps, "2022", ending="unconfirmed")
        held = self.page().context["held"]
        assert (held["people"], held["fewest"], held["most"], held["cases"]) == (1, 1, 2, 2)

    def test_each_number_is_what_its_list_finds(self):
        for number in range(3):
            make_detention(make_case(), "2020")
        cite(make_arrest(make_case(stage="verified"), "2021"))
        defended = make_case()
        cite(make_detention(defended, "2020"))
        cite(make_representation(defended))
        make_restriction(make_case(), "2020")
        page = self.page()
        lines = page.context["numbers"] + page.context["incomplete"]
        assert len(lines) == 9
        for words, number, url in lines:
            found = self.client.get(url)
            self.assertEqual(found.status_code, 200, url)
            self.assertEqual(found.context["filter"].qs.count(), number.value, words)

    def test_hidden_cases_are_neither_shown_nor_counted(self):
        hidden = make_case("Nadia", access="team")
        make_detention(hidden, "2020")
        make_hearing(hidden, held_on="", scheduled=(today() + timedelta(2)).isoformat())
        page = self.page()
        self.assertNotContains(page, "Nadia")
        self.assertContains(page, "no case yet")
        self.assertContains(self.page(self.editor), "Nadia")

    def test_confidential_records_change_neither_numbers_nor_what_comes_next(self):
        case = make_case("Nadia", team=[self.reader])
        make_detention(case, "2020", confidential=True)
        make_hearing(case, held_on="", scheduled=(today() + timedelta(2)).isoformat(), confidential=True)
        assert self.page().context["held"]["most"] == 0
        assert "Nadia" not in self.part("What comes next")

    def test_latest_changes_come_first(self):
        older, _newer = make_case("Older"), make_case("Newer")
        connection.cursor().execute(
            "UPDATE cases_casestate SET changed_at = changed_at - interval '1 day' WHERE case_id = %s", [older.pk]
        )
        part = self.part("Latest changes")
        assert part.index("Newer") < part.index("Older")

    def test_my_cases_are_those_assigned_to_me_and_those_of_my_teams(self):
        make_case("Mine", assignee=self.reader)
        make_case("Ours", team=[self.reader])
        make_case("Theirs")
        part = self.part("My cases")
        assert "Mine" in part and "Ours" in part and "Theirs" not in part

    def test_what_comes_next_is_what_lies_within_two_weeks(self):
        def day(number):
            return (today() + timedelta(number)).isoformat()

        hearing, remand, sentenced, later, free = (make_case(name) for name in ["Hear", "Rem", "Sent", "Later", "Free"])
        make_hearing(hearing, held_on="", scheduled=day(14), stage="trial")
        make_detention(remand, "2020")
        make_hearing(remand, "2020-02-02", held_until=day(3))
        make_detention(sentenced, "2020")
        make_sentence(sentenced, years=3, ends_on=day(5))
        make_hearing(later, held_on="", scheduled=day(15))
        make_sentence(free, years=3, ends_on=day(5))
        part = self.part("What comes next")
        assert part.index("Rem<") < part.index("Sent<") < part.index("Hear<")
        assert "Later" not in part and "Free" not in part

    def test_what_was_held_or_decided_already_does_not_come_next(self):
        case = make_case("Nadia")
        make_hearing(case, today().isoformat(), scheduled=today().isoformat())
        assert "Nadia" not in self.part("What comes next")

    @patch("cases.statistics.remembered.LONG", 0)  # seconds: whatever takes longer is remembered
    def test_what_took_long_to_count_is_remembered_until_it_is_asked_for_anew(self):
        make_detention(make_case(), "2020")
        assert self.page().context["counted_at"] is None
        make_detention(make_case(), "2020")
        answer = self.page()
        self.assertContains(answer, "Counted at")
        assert answer.context["held"]["people"] == 1
        self.assertRedirects(self.client.post("/"), "/")
        assert self.page().context["held"]["people"] == 2

    @patch("cases.statistics.remembered.LONG", 0)
    def test_what_was_counted_for_one_user_is_never_shown_to_another_or_after_their_rights_changed(self):
        hidden = make_case(access="team")
        make_detention(hidden, "2020")
        editor = make_user(Role.EDITOR)
        assert self.page(editor).context["held"]["people"] == 1
        assert self.page().context["held"]["people"] == 0
        editor.groups.set([Group.objects.get(name=Role.READER.value)])
        assert self.page(editor).context["held"]["people"] == 0
        hidden.team.add(editor)
        assert self.page(editor).context["held"]["people"] == 1

    @patch("cases.statistics.remembered.LONG", 0)
    def test_remembered_numbers_are_of_their_question_only(self):
        make_detention(make_case(), "2020")
        self.client.force_login(self.reader)
        first, again, other = (
            self.client.get("/numbers/", {"day": day}).context for day in ["2021-01-01", "2021-01-01", "2019-01-01"]
        )
        assert first["counted_at"] is None and again["counted_at"] is not None and other["counted_at"] is None
        assert first["numbers"] == again["numbers"] != other["numbers"]
        make_detention(make_case(), "2020")
        file = self.client.get("/numbers/held.csv", {"day": "2021-01-01"}).content.decode()
        assert file.splitlines()[-1].startswith("2021-01-01,people,1,1,1,")

    def test_what_is_counted_quickly_is_not_remembered(self):
        self.page()
        assert self.page().context["counted_at"] is None

    def test_names_are_escaped(self):
        make_case("<script>alert(1)</script>", assignee=self.reader)
        self.assertNotContains(self.page(), "<script>alert")

    def test_thirty_cases_cost_the_same_queries_as_three(self):
        def some(number):
            for _number in range(number):
                case = make_case(assignee=self.reader)
                make_detention(case, "2020")
                make_hearing(case, held_on="", scheduled=(today() + timedelta(2)).isoformat())

        some(3)
        self.page()
        with CaptureQueriesContext(connection) as few:
            self.client.get("/")
        some(27)
        with self.assertNumQueries(len(few)):
            self.client.get("/")
