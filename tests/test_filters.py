"""What each filter of the case list finds: accepted, public records; any of several values; dates by overlap."""

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from cases.filters import readings_of_article
from cases.models import Role
from tests.factories import (
    cite,
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
from tests.test_case_list import all_groups, listed


class Filters(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)

    def setUp(self):
        self.client.force_login(self.reader)

    def find(self, **query):
        return listed(self.client, **query)

    def test_several_values_mean_any(self):
        make_case("A", country="RU")
        make_case("B", country="UA")
        make_case("C", country="KZ")
        self.assertEqual(self.find(country=["RU", "UA"]), ["A", "B"])

    def test_several_filters_mean_all(self):
        make_case(make_detainee("A", sex="male"), country="RU")
        make_case(make_detainee("B", sex="female"), country="RU")
        self.assertEqual(self.find(country="RU", sex="female"), ["B"])

    def test_status_of_a_day_and_as_certain_as_asked(self):
        make_detention(make_case("A"), "2015-01-29", ended="2017-10-25")
        self.assertEqual(self.find(status="in_custody", day="2016-01-01", certainty="certainly"), ["A"])
        self.assertEqual(self.find(status="in_custody", day="2017-10-26"), [])
        self.assertEqual(self.find(status="released", day="2017-10-26"), ["A"])
        make_detention(make_case("B"), "2016")
        question = {"status": "in_custody", "day": "2016-02-01"}
        self.assertEqual(self.find(**question), ["A"])
        self.assertEqual(self.find(**question, certainty="possibly"), ["A", "B"])

    def test_place_is_where_they_are_on_the_day(self):
        first, second = make_place(), make_place()
        case = make_case("A")
        make_detention(case, "2015-01-01", place=first, ended="2016-01-01", ending="transfer")
        make_detention(case, "2016-01-01", place=second)
        self.assertEqual(self.find(place=first.pk, day="2015-06-01"), ["A"])
        self.assertEqual(self.find(place=first.pk), [])
        self.assertEqual(self.find(place=[first.pk, second.pk]), ["A"])

    def test_status_and_place_are_of_one_period(self):
        place = make_place()
        make_detention(make_case("A"), "2016-01", place=place, ended="2016", kind="unacknowledged")
        question = {"day": "2016-06-01", "certainty": "possibly", "place": place.pk}
        self.assertEqual(self.find(**question, status="released"), [])
        self.assertEqual(self.find(**question, status="disappeared"), ["A"])

    def test_article_includes_its_parts_but_not_other_articles(self):
        for name, article, part, point in [
            ("A", "212", "1", ""),
            ("B", "212", "", ""),
            ("C", "212.1", "", ""),
            ("D", "212", "2", "a"),
        ]:
            make_charge(make_case(name), provision=make_provision(article, part, point))
        self.assertEqual(self.find(article="ru-cc/212"), ["A", "B", "D"])
        self.assertEqual(self.find(article="ru-cc/212/1"), ["A"])
        self.assertEqual(self.find(article="ru-cc/212/2"), ["D"])
        self.assertEqual(self.find(article="ru-cc/212.1"), ["C"])
        self.assertEqual(self.find(article=["ru-cc/212/1", "ru-cc/212.1"]), ["A", "C"])

    def test_typing_212_1_offers_both_readings(self):
        make_charge(make_case("A"), provision=make_provision("212", "1", ""))
        self.assertEqual(self.find(article="212.1"), ["A"])  # one reading only
        make_charge(make_case("B"), provision=make_provision("212.1", "", ""))
        page = self.client.get("/cases/", {"article": "212.1"})
        self.assertEqual(page.status_code, 400)
        self.assertContains(page, "?article=ru-cc%2F212.1", status_code=400)
        self.assertContains(page, "?article=ru-cc%2F212%2F1", status_code=400)
        self.assertEqual(self.find(article="212 part 1"), ["A"])
        self.assertEqual(self.find(article="ст. 212 ч. 1"), ["A"])

    def test_charge_outcome_is_that_of_the_latest_finding(self):
        case = make_case("A")
        charge = make_charge(case, charged_on="2015-01-30")
        first = make_sentence(case, "2016-01-01", findings=[(charge, "convicted")])
        make_charge(make_case("B"), charged_on="2015-02-01", ended_on="2015-05-01", ended_how="dropped")
        make_charge(make_case("C"), charged_on="2015-02-01")
        self.assertEqual(self.find(outcome="convicted"), ["A"])
        self.assertEqual(self.find(outcome="dropped"), ["B"])
        self.assertEqual(self.find(outcome="pending"), ["C"])
        self.assertEqual(self.find(outcome="pending", day="2015-04-01"), ["A", "B", "C"])
        make_sentence(
            case, "2017-01-01", changes=first, change="replaced", verdict="acquitted", findings=[(charge, "acquitted")]
        )
        self.assertEqual((self.find(outcome="convicted"), self.find(outcome="acquitted")), ([], ["A"]))

    def test_court_of_a_hearing_or_sentence(self):
        court, other = make_court(), make_court()
        make_hearing(make_case("A"), court=court)
        make_sentence(make_case("B"), court=court)
        make_hearing(make_case("C"), court=other)
        self.assertEqual(self.find(court=court.pk), ["A", "B"])

    def test_lawyer_or_none(self):
        lawyer, former = make_lawyer(), make_lawyer()
        make_representation(make_case("A"), lawyer)
        make_representation(make_case("B"), former, began="2015", ended="2016-01-01")
        make_case("C")
        self.assertEqual(self.find(lawyer=lawyer.reference), ["A"])
        self.assertEqual(self.find(lawyer="none"), ["B", "C"])
        self.assertEqual(self.find(lawyer=["none", lawyer.reference]), ["A", "B", "C"])
        self.assertEqual(self.find(lawyer=former.reference, day="2015-06-01"), ["B"])

    def test_dates_match_by_overlap(self):
        make_arrest(make_case("A"), "2014-02")
        make_arrest(make_case("B"), "2015-01-29")
        self.assertEqual(self.find(arrested_after="2014", arrested_before="2014"), ["A"])
        self.assertEqual(self.find(arrested_after="10.02.2014", arrested_before="Feb 2014"), ["A"])
        self.assertEqual(self.find(arrested_after="1 March 2014"), ["B"])
        self.assertEqual(self.find(arrested_before="2015-01-28"), ["A"])
        self.assertEqual(self.find(arrested_after="лютий 2014"), ["A", "B"])

    def test_one_record_must_fit_both_ends(self):
        case = make_case("A")
        make_release(case, "2014-01-01")
        make_release(case, "2018-01-01", kind="exchange")
        self.assertEqual(self.find(released_after="2015", released_before="2016"), [])
        self.assertEqual(self.find(released_after="2017", release_kind="pardon"), [])
        self.assertEqual(self.find(released_after="2017", release_kind=["pardon", "exchange"]), ["A"])
        self.assertEqual(self.find(release_kind="pardon"), ["A"])

    def test_sentenced_between(self):
        make_sentence(make_case("A"), "2017-09-11")
        self.assertEqual(self.find(sentenced_after="2017-09-11", sentenced_before="2017-09-11"), ["A"])
        self.assertEqual(self.find(sentenced_after="2018"), [])

    def test_length_is_that_of_the_sentence_in_force(self):
        case = make_case("A")
        first = make_sentence(case, "2016-01-01", years=8)
        make_sentence(make_case("B"), "2016-01-01", years=2)
        make_sentence(make_case("C"), "2016-01-01")
        self.assertEqual(self.find(months_min=96), ["A"])
        self.assertEqual(self.find(months_max=24), ["B"])
        self.assertEqual(self.find(months_min=24, months_max=96), ["A", "B"])
        make_sentence(case, "2017-01-01", verdict="", changes=first, change="reduced", years=5)
        self.assertEqual(self.find(months_min=96), [])
        self.assertEqual(self.find(months_min=96, day="2016-06-01"), ["A"])

    def test_proceeding_tag_stage_and_assignee(self):
        a, b = (
            make_case("A", tags=["journalist"], assignee=self.reader),
            make_case("B", stage="verified", tags=["student"]),
        )
        proceeding = make_proceeding(cases=[a])
        self.assertEqual(self.find(proceeding=proceeding.reference), ["A"])
        self.assertEqual(self.find(tag=["journalist", "student"]), ["A", "B"])
        self.assertEqual(self.find(stage="verified"), ["B"])
        self.assertEqual(self.find(assignee="me"), ["A"])
        self.assertEqual(self.find(assignee=self.reader.username), ["A"])
        self.assertEqual(self.find(assignee="none"), ["B"])
        self.assertEqual(b.assignee, None)

    def test_unsourced_has_a_record_without_a_source(self):
        cite(make_arrest(make_case("A")))
        case = make_case("B")
        cite(make_arrest(case))
        make_charge(case)
        make_case("C")
        make_arrest(make_case("D"), standing="rejected")
        self.assertEqual(self.find(unsourced="yes"), ["B"])

    def test_changed_since(self):
        make_case("A")
        today = timezone.localdate()
        self.assertEqual(self.find(changed_since=str(today)), ["A"])
        self.assertEqual(self.find(changed_since=str(today + timedelta(days=1))), [])

    def test_records_set_aside_or_confidential_match_nothing(self):
        lawyer, court, place = make_lawyer(), make_court(), make_place()
        make_representation(make_case("Z"), lawyer)
        for number, fields in enumerate(
            [{"confidential": True}, {"standing": "rejected"}, {"standing": "alternative"}]
        ):
            case = make_case(f"Person {number}")
            charge = make_charge(case, charged_on="2015-01-30", **fields)
            make_arrest(case, "2015-01-29", **fields)
            make_detention(case, place=place, **fields)
            make_hearing(case, court=court, **fields)
            make_sentence(case, years=8, findings=[(charge, "convicted")], **fields)
            make_representation(case, lawyer, **fields)
            make_release(case, **fields)
        for query in [
            {"status": ["in_custody", "released", "charged", "convicted"]}, {"place": place.pk, "day": "2015-06-01"}, {"article": "ru-cc/212"},
            {"outcome": ["pending", "convicted"]}, {"court": court.pk}, {"arrested_after": "2000"}, {"sentenced_after": "2000"},
            {"released_after": "2000"}, {"release_kind": "pardon"}, {"months_min": "1"},
        ]:  # fmt: skip
            with self.subTest(query):
                self.assertEqual(self.find(**query), [])
        self.assertEqual(self.find(lawyer=lawyer.reference), ["Z"])
        self.assertEqual(self.find(lawyer="none"), ["Person 0", "Person 1", "Person 2"])

    def test_counts_of_choices_are_what_choosing_would_count(self):
        make_detention(make_case("A"))
        make_release(make_case("B"))
        make_case("C", stage="verified")
        for group in all_groups(self.client, status="in_custody"):
            for choice in group.choices:
                if choice.count is not None and group.name == "status":
                    self.assertEqual(choice.count, len(self.find(status=choice.value)))


@pytest.mark.parametrize(
    "typed", ["", "/", "ru-cc", "ru-cc/", "/212", "a/b/c/d/e", "1 2 3 4", "…", "ru-cc//1", "x" * 80]
)
def test_what_is_no_article_has_no_reading(db, typed):
    make_provision("212", "1")
    assert readings_of_article(typed) == []
