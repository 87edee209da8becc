"""What is missing: the list of each stage, what may be verified, and the work list by which it is found."""

from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.dates import today
from cases.dossier import Dossier
from cases.missing import LISTS, Life, life_of, missing
from cases.models import Case, Charge, Role
from cases.models.lacking import LACKING, months_before
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_detainee,
    make_detention,
    make_hearing,
    make_note,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
)
from tests.test_admin import address, form_data
from tests.test_admin_bulk import carry_out as carry_out_bulk
from tests.test_admin_bulk import look
from tests.test_record_forms import form_data as typed
from tests.test_restore import address as change_address
from tests.test_restore import carry_out, changes, deletion


class OfACase(TestCase):
    """The list on the page of a case."""

    @classmethod
    def setUpTestData(cls):
        cls.researcher = make_user(Role.RESEARCHER)

    def gaps(self, case, user=None):
        return {gap.text: gap.url for gap in missing(Dossier(case, user or self.researcher))[0]}

    def test_each_stage_of_a_life_is_told_from_status_and_records(self):
        def life(*makers):
            case = make_case()
            for make, fields in makers:
                make(case, **fields)
            return life_of(Dossier(case, self.researcher))

        held, charged = (make_detention, {"began": "2020"}), (make_charge, {})
        tried, sentenced = (make_hearing, {"stage": "trial"}), (make_sentence, {"years": 30})
        assert life() == Life.REPORTED
        assert life((make_arrest, {"date": "2020"})) == Life.HELD
        assert life(held, (make_hearing, {"stage": "remand"})) == Life.HELD
        assert life(held, charged) == Life.CHARGED
        assert life(held, charged, tried) == Life.ON_TRIAL
        assert life(held, charged, tried, sentenced) == Life.SENTENCED
        assert life(held, charged, sentenced, (make_release, {"date": "2021"})) == Life.RELEASED
        assert life((make_charge, {"ended_on": "2016", "ended_how": "dropped"})) == Life.CLOSED
        dead = make_case(make_detainee("Dead", deceased="yes"))
        make_detention(dead, "2020", ending="death")
        assert life_of(Dossier(dead, self.researcher)) == Life.DIED

    def test_every_stage_has_its_list(self):
        assert set(LISTS) == set(Life)

    def test_what_is_asked_for_depends_on_the_stage(self):
        held = make_case()
        arrest = make_arrest(held, "")
        asked = self.gaps(held)
        self.client.force_login(self.researcher)
        page = self.client.get(reverse("case-detail", args=[held.reference])).content.decode()
        assert "Arrested or held, not charged" in page.partition("missing-panel")[2].partition("</section>")[0]
        assert asked["Who made the arrest is unknown."].endswith(f"/arrests/{arrest.pk}/edit/#id_authority")
        assert asked["Date of arrest unknown."].endswith(f"/arrests/{arrest.pk}/edit/#id_date")
        assert asked["Held, brought before no judge as far as is known."].endswith("/hearings/add/")
        assert "No lawyer." in asked and "No charge." in asked
        free = make_case()
        make_detention(free, "2016", ended="2017")
        asked = self.gaps(free)
        assert asked["Free again: how is not recorded."].endswith("/releases/add/")
        assert "No lawyer." not in asked and "Not confirmed for three months." not in asked
        sentenced = make_case()
        make_detention(sentenced, "2016")
        sentence = make_sentence(sentenced, "", years=30)
        asked = self.gaps(sentenced)
        assert asked["End of the sentence unknown."].endswith(f"/sentences/{sentence.pk}/edit/#id_ends_on")
        assert asked["Date of the sentence unknown."].endswith(f"/sentences/{sentence.pk}/edit/#id_date")

    def test_each_line_leads_to_a_form_that_has_the_field(self):
        case = make_case()
        make_arrest(case, "")
        make_detention(case, "")
        make_charge(case, provision=None, text_as_reported="organising")
        make_hearing(case, held_on="", scheduled="2020-05-05", stage="trial")
        make_sentence(case, "")
        self.client.force_login(self.researcher)
        gaps = self.gaps(case)
        assert len(gaps) > 15
        for words, url in gaps.items():
            address, _hash, field = url.partition("#")
            answer = self.client.get(address)
            assert answer.status_code == 200, (words, url)
            if field:
                assert f'id="{field}"' in answer.content.decode(), (words, url)

    def test_the_list_costs_no_query(self):
        case = make_case()
        make_detention(case, "2020")
        make_hearing(case, held_on="", scheduled="2020-05-05", stage="trial")
        dossier = Dossier(case, self.researcher)
        assert dossier.coming  # asked for by the rest of the page too
        with self.assertNumQueries(0):
            assert missing(dossier)[0]

    def test_what_is_confidential_is_asked_for_again_of_those_alone_who_may_not_see_it(self):
        case = make_case(team=[self.researcher])
        make_detention(case, "2020")
        make_charge(case, confidential=True)
        assert "No charge." not in self.gaps(case)
        assert "No charge." in self.gaps(case, make_user(Role.RESEARCHER))

    def test_a_protected_source_is_a_source(self):
        case = make_case()
        cite(make_note(case), make_source(protected=True))
        assert "Note: no source." not in self.gaps(case)


class WorkList(TestCase):
    """The filters by which the work is found, and the home page."""

    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)

    def setUp(self):
        self.client.force_login(self.reader)

    def find(self, **query):
        page = self.client.get("/cases/", query)
        assert page.status_code == 200, page.content
        found = [row.name.text for row in page.context["rows"]]
        assert page.context["filter"].numbers.cases == page.context["filter"].qs.count() == len(found)
        return found

    def test_each_code_finds_what_lacks_it(self):
        good = make_case("Good", stage="verified")
        for record in [
            make_arrest(good, "2019-12"), make_detention(good, "2020", place=None), make_charge(good), make_representation(good),
            make_sentence(good, years=30), make_hearing(good, scheduled="2020-02-02"),
        ]:  # fmt: skip
            cite(record)
        bad = make_case("Bad")
        make_detention(bad, "")
        make_hearing(bad, held_on="", scheduled="2020-05-05")
        make_sentence(bad, "2020")
        found = {code: self.find(missing=code) for code in LACKING}
        assert found.pop("place") == ["Bad", "Good"]
        assert all(names == ["Bad"] for names in found.values()), found

    def test_many_cases_are_looked_at_some_at_a_time_and_nothing_else_is_found(self):
        for name in ["A", "B"]:
            case = make_case(name)
            make_detention(case, "")
            make_hearing(case, held_on="", scheduled="2020-05-05")
        cite(make_charge(case))
        asked = [*LACKING, ["charge", "place"], ["lawyer", "outcome"]]
        at_once = [self.find(missing=codes, sort="-name") for codes in asked]
        with patch("cases.models.lacking.FEW", -2), patch("cases.models.lacking.RARE", set()):
            assert [self.find(missing=codes, sort="-name") for codes in asked] == at_once
        assert ["A"] in at_once and ["B", "A"] in at_once

    def test_several_codes_mean_any_and_go_with_other_filters(self):
        for name, make in [("Charged", make_charge), ("Defended", make_representation), ("Neither", make_note)]:
            make(make_case(name))
        assert self.find(missing=["charge", "lawyer"]) == ["Charged", "Defended", "Neither"]
        assert self.find(missing=["charge"], lawyer="none") == ["Neither"]
        assert self.find(missing="lawyer", stage="verified") == []
        assert self.find(missing="verified", q="neit") == ["Neither"]

    def test_what_does_not_count_for_everybody_does_not_count_here(self):
        case = make_case("Nadia", team=[self.reader])
        make_charge(case, confidential=True)
        make_charge(case, standing="alternative")
        assert self.find(missing="charge") == ["Nadia"]
        assert self.find(missing="source") == []

    def test_a_hearing_is_asked_for_until_somebody_is_dead_and_as_it_was_on_a_day(self):
        make_hearing(make_case("Open"), held_on="", scheduled="2020-05-05")
        make_hearing(make_case("Late"), held_on="2020-08-08", scheduled="2020-05-05")
        dead = make_case(make_detainee("Dead", deceased="yes", died="2020-04-01"))
        make_hearing(dead, held_on="", scheduled="2020-05-05")
        assert self.find(missing="outcome") == ["Open"]
        assert self.find(missing="outcome", day="2020-06-06") == ["Late", "Open"]
        assert self.find(missing="outcome", day="2020-05-05") == []

    def test_unconfirmed_is_held_or_restricted_and_confirmed_longer_ago_or_never(self):
        day = today()
        limit = months_before(day, 3)
        for name, make, confirmed in [
            ("Long ago", make_detention, limit - timedelta(1)), ("Just", make_detention, limit), ("Never", make_restriction, None),
        ]:  # fmt: skip
            make(make_case(name, last_confirmed_on=confirmed), "2010")
        make_detention(make_case("Free"), "2010", ended="2011")
        assert self.find(unconfirmed="3", sort="confirmed") == ["Never", "Long ago"]
        assert self.find(unconfirmed="2", sort="-confirmed") == ["Just", "Long ago", "Never"]
        page = self.client.get("/cases/?unconfirmed=3&sort=confirmed")
        self.assertContains(page, "never confirmed")
        self.assertContains(page, f"confirmed {(limit - timedelta(1)):%-d %b %Y}")
        self.assertContains(page, "confirmed longest ago first")
        assert self.find(unconfirmed="3", status="restricted") == ["Never"]
        assert self.find(unconfirmed="120") == ["Never"]
        assert "Free" in self.find(unconfirmed="3", day="2010-12-31")

    def test_wrong_values_are_a_400_that_says_why(self):
        for value in ["0", "121", "x", "-1", "٣", "3&unconfirmed=4"]:
            answer = self.client.get(f"/cases/?unconfirmed={value}")
            words = "once only" if "&" in value else "Write a number of months from 1 to 120."
            self.assertContains(answer, words, status_code=400)
        self.assertContains(self.client.get("/cases/?missing=x"), "not one of the choices", status_code=400)
        assert months_before(date(2020, 3, 31), 1) == date(2020, 2, 29)
        assert months_before(date(5, 1, 1), 120) == date.min

    def test_home_counts_what_its_lists_find_oldest_first(self):
        long_ago = make_case("Long ago", last_confirmed_on="2015-01-01")
        make_detention(long_ago, "2010")
        make_detention(make_case("Never", stage="verified"), "2011")
        make_hearing(make_case("Hearing"), held_on="", scheduled="2020-05-05")
        make_sentence(make_case("Sentence"), "2020")
        make_arrest(make_case("Arrest"), "")
        make_detention(make_case("Hidden", access="team"), "2010")
        lines = self.client.get("/").context["incomplete"]
        assert len(lines) == 10
        for words, number, url in lines:
            page = self.client.get(url)
            assert page.context["filter"].numbers.cases == number.value > 0, words
            names = [row.name.text for row in page.context["rows"]]
            assert "Hidden" not in names, words
            if "confirmed" in words:
                assert names[-1] == "Long ago"

    def test_filters_say_what_they_mean(self):
        page = self.client.get("/cases/?unconfirmed=6&missing=charge").content.decode()
        assert "Held or restricted, not confirmed for: 6 months or never" in page
        assert "Missing: no charge" in page
        filters = self.client.get("/cases/filters/").content.decode()
        assert 'name="unconfirmed"' in filters and 'value="arrest_date"' in filters


def post(client, case, **changed):
    url = reverse("case-edit", args=[case.reference])
    return client.post(url, typed(client, url) | changed)


class Verified(TestCase):
    """A case becomes verified only with a source for each accepted record."""

    @classmethod
    def setUpTestData(cls):
        cls.editor = make_user(Role.EDITOR)
        cls.administrator = make_user(Role.ADMINISTRATOR)

    def setUp(self):
        self.case = make_case("Nadia")
        self.charge = make_charge(self.case)
        self.secret = make_note(self.case, confidential=True)
        rejected = make_arrest(self.case, standing="rejected")
        self.open = [
            f"/{kind}/{pk}/citations/add/" for kind, pk in [("charges", self.charge.pk), ("notes", self.secret.pk)]
        ]
        self.not_asked = f"/arrests/{rejected.pk}/citations/add/"
        self.client.force_login(self.editor)

    def stage(self):
        return Case.objects.get(pk=self.case.pk).stage

    def test_the_form_names_the_records_and_leads_to_them(self):
        answer = post(self.client, self.case, stage="verified")
        html = answer.content.decode()
        assert "these accepted records have no source" in html
        assert all(f'{address}">' in html for address in self.open)
        assert self.not_asked not in html.partition("<main")[2].partition("missing-panel")[0]
        assert self.stage() == "draft"
        for record in (self.charge, self.secret):
            cite(record, make_source(protected=True))
        assert post(self.client, self.case, stage="verified").status_code == 302
        assert self.stage() == "verified"

    def test_what_is_verified_already_can_be_changed_otherwise(self):
        Case.objects.update(stage="verified")
        assert post(self.client, self.case, title="New").status_code == 302
        assert Case.objects.get(pk=self.case.pk).title == "New"

    def test_the_admin_form_asks_the_same(self):
        self.client.force_login(self.administrator)
        url = address(Case, "change", self.case.pk)
        data = form_data(self.client.get(url)) | {"stage": "verified", "reason": "Looked at"}
        answer = self.client.post(url, data)
        html = answer.content.decode()
        assert answer.status_code == 200 and self.stage() == "draft"
        assert all(f'{address}">' in html for address in self.open)

    def test_many_at_once_leaves_out_what_lacks_a_source(self):
        self.client.force_login(self.administrator)
        good = make_case("Good")
        cite(make_charge(good))
        page = look(self.client, [self.case, good], "set_stage", stage="verified")
        assert page.context["looked"].stays == [("have accepted records without a source", 1)]
        carry_out_bulk(self.client, page, "set_stage", stage="verified")
        assert (self.stage(), Case.objects.get(pk=good.pk).stage) == ("draft", "verified")

    def test_a_verified_case_that_loses_a_source_says_so_on_its_page_and_in_the_work_list(self):
        citations = [cite(record) for record in (self.charge, self.secret)]
        assert post(self.client, self.case, stage="verified").status_code == 302
        page = reverse("case-detail", args=[self.case.reference])
        self.assertNotContains(self.client.get(page), "Verified, but")
        citations[0].delete()
        self.assertContains(self.client.get(page), "Verified, but 1 accepted record has no source")
        citations[1].delete()
        self.assertContains(self.client.get(page), "Verified, but 2 accepted records have no source")
        self.client.force_login(make_user(Role.READER))
        self.assertContains(self.client.get(page), "Verified, but 1 accepted record has no source")
        rows = self.client.get("/cases/?stage=verified&missing=source").context["rows"]
        assert [row.name.text for row in rows] == ["Nadia"]

    def test_what_is_asked_of_many_cases_costs_the_same_queries_as_of_one(self):
        self.client.force_login(self.administrator)

        def cost(cases):
            with CaptureQueriesContext(connection) as queries:
                look(self.client, cases, "set_stage", stage="verified")
            return len(queries)

        cost([self.case])
        few = cost([self.case, make_case()])
        assert cost([make_case() for _n in range(9)]) == few


@pytest.mark.django_db(transaction=True)
class TestVerifiedComesBack:
    """What is restored or undone follows the rule too."""

    def test_a_version_comes_back_to_be_reviewed_if_a_source_is_gone(self, client):
        client.force_login(make_user(Role.EDITOR))
        case = make_case("Nadia", stage="verified", title="Then")
        citation = cite(make_charge(case))
        Case.objects.filter(pk=case.pk).update(stage="draft", title="Now")
        was = changes(case, "insert")[0]
        carry_out(client, change_address(was))
        case.refresh_from_db()
        assert (case.stage, case.title) == ("verified", "Then")
        Case.objects.filter(pk=case.pk).update(stage="draft", title="Now")
        citation.delete()
        assert "not verified" in client.get(change_address(was)).content.decode()
        carry_out(client, change_address(was))
        case.refresh_from_db()
        assert (case.stage, case.title) == ("in_review", "Then")

    def test_a_deleted_case_comes_back_verified_with_the_sources_that_went_with_it(self, client):
        client.force_login(make_user(Role.EDITOR))
        sourced, not_sourced = make_case("Nadia", stage="verified"), make_case("Omar", stage="verified")
        cite(make_charge(sourced))
        make_charge(not_sourced)
        for case in (sourced, not_sourced):
            client.post(reverse("case-delete", args=[case.reference]), {"reason": "Twice"})
            carry_out(client, change_address(deletion(Case, case.pk)))
        assert Case.objects.get(pk=sourced.pk).stage == "verified"
        assert Case.objects.get(pk=not_sourced.pk).stage == "in_review"
        assert Charge.objects.count() == 2
