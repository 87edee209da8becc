"""The page of a case: who sees what of it, what it says, and what it costs."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection, models
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from cases.dates import today
from cases.models import RECORD_MODELS, Case, Detainee, Name, Penalty, Role, SourceKeeper, TeamMember
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
    make_listing,
    make_note,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)

HOSTILE = "<script>alert('x')</script><b title=\"y\">"


class Page(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        cls.researcher = make_user(Role.RESEARCHER)
        cls.editor = make_user(Role.EDITOR)

    def page(self, case, user=None, status=200, **parameters):
        """The text of the page as the user (a reader) gets it."""
        self.client.force_login(user or self.reader)
        answer = self.client.get(f"/cases/{case.reference}/", parameters)
        self.assertEqual(answer.status_code, status)
        return answer.content.decode()


class WhoMaySee(Page):
    def test_a_reader_reads_but_is_offered_nothing_to_change(self):
        case = make_case("Nadia")
        page = self.page(case)
        assert "Nadia" in page
        assert "/edit/" not in page and "/add/" not in page

    def test_a_researcher_is_offered_a_form_for_every_kind_of_record(self):
        case = make_case()
        page = self.page(case, self.researcher)
        for kind in [
            "arrests",
            "detentions",
            "restrictions",
            "charges",
            "hearings",
            "sentences",
            "releases",
            "lawyers",
            "notes",
        ]:
            assert f"/cases/{case.reference}/{kind}/add/" in page

    def test_a_hidden_case_answers_like_a_missing_one(self):
        hidden = make_case("Nadia", access="team")
        self.client.force_login(self.researcher)
        there = self.client.get(f"/cases/{hidden.reference}/")
        missing = self.client.get("/cases/C-222222/")
        assert there.status_code == missing.status_code == 404
        pages = [_without_tokens(answer.content.decode()) for answer in (there, missing)]
        assert pages[0].replace(hidden.reference, "") == pages[1].replace("C-222222", "")

    def test_a_named_only_case_is_hidden_from_editors_outside_its_team(self):
        case = make_case(access="named", team=[self.researcher])
        self.page(case, self.editor, 404)
        assert "Restricted" in self.page(case, self.researcher)

    def test_a_user_without_a_role_and_a_signed_out_one_see_nothing(self):
        case = make_case()
        self.page(case, make_user(None), 404)
        self.client.logout()
        assert self.client.get(f"/cases/{case.reference}/").status_code == 302

    def test_other_parameters_and_values_are_refused(self):
        case = make_case()
        for parameters in [{"order": "sideways"}, {"kind": "nonsense"}, {"view": "x"}, {"page": "2"}]:
            self.page(case, status=400, **parameters)


class Confidential(Page):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.member = make_user(Role.READER)
        cls.case = make_case("Nadia", team=[cls.member])
        make_charge(cls.case, charged_on="2016")

    def test_confidential_records_change_nothing_for_a_reader_outside_the_team(self):
        before = self.page(self.case)
        make_arrest(self.case, "2017-03-03", authority="Secret police", confidential=True)
        make_representation(self.case, make_lawyer("Secret Lawyer"), confidential=True)
        sentence = make_sentence(self.case, "2018-01-01", years=4, confidential=True)
        cite(sentence, make_source("Secret source"))
        make_hearing(self.case, held_on="", scheduled=(today() + timedelta(9)).isoformat(), confidential=True)
        assert _without_tokens(self.page(self.case)) == _without_tokens(before)

    def test_the_team_sees_them_marked_and_what_they_would_change(self):
        make_arrest(self.case, "2017-03-03", authority="Secret police", confidential=True)
        for user in (self.member, self.editor):
            page = self.page(self.case, user)
            assert "Secret police" in page
            assert "1 confidential record" in page
            assert "With confidential records: In custody since 3 March 2017" in page
            assert "Charged, not held" in page, "the badge says what everybody is told"

    def test_a_finding_does_not_betray_a_confidential_charge(self):
        charge = make_charge(self.case, article="999", confidential=True)
        make_sentence(self.case, years=2, findings=[(charge, "convicted")])
        assert "999" not in self.page(self.case)
        assert "999" in self.page(self.case, self.member)

    def test_rival_accounts_of_a_confidential_event_are_hidden_with_it(self):
        release = make_release(self.case, confidential=True)
        make_release(self.case, kind="exchange", event=release.event, standing="alternative")
        page = self.page(self.case)
        assert "exchange" not in page and "contested" not in page
        page = self.page(self.case, self.member)
        assert "1 other account" in page and "contested:" not in page, (
            "contested are public records, for everybody the same"
        )


class Sources(Page):
    def test_a_protected_source_is_named_to_its_keepers_and_editors_only(self):
        case = make_case()
        arrest = make_arrest(case)
        source = make_source("The neighbour", protected=True)
        cite(arrest, source, said_by="Her sister", value_as_reported="at noon", locator="minute 3")
        cite(arrest, source, field="date")
        keeper = make_user(Role.READER)
        SourceKeeper.objects.create(source=source, user=keeper)
        page = self.page(case)
        for secret in ("neighbour", "Her sister", "at noon", "minute 3", source.reference):
            assert secret not in page
        assert page.count("a protected source") == 1, "not even how often it is cited"
        assert "no source" not in page
        assert "The neighbour" in self.page(case, keeper)
        assert "The neighbour" in self.page(case, self.editor)

    def test_a_source_that_cites_a_protected_one_does_not_name_it(self):
        case = make_case()
        secret = make_source("The neighbour", protected=True)
        cite(make_arrest(case), make_source("Daily"), cites=secret)
        page = self.page(case)
        assert "Daily" in page and "neighbour" not in page and "a protected source" in page

    def test_the_last_confirmation_does_not_name_a_protected_source(self):
        case = make_case(
            last_confirmed_on=date(2020, 2, 1), last_confirmed_source=make_source("Neighbour", protected=True)
        )
        page = self.page(case)
        assert "1 February 2020" in page and "Neighbour" not in page

    def test_three_reports_of_one_speaker_are_one_origin(self):
        case = make_case()
        release = make_release(case)
        for title in ("First", "Second", "Third"):
            cite(release, make_source(title), said_by="N. Polozov")
        assert "3 reports, 1 origin" in self.page(case)

    def test_a_source_that_is_cited_for_the_record_and_for_a_field_of_it_is_told_once(self):
        arrest, source = make_arrest(), make_source("A report of May")
        cite(arrest, source)
        cite(arrest, source, field="date", value_as_reported="at the end of January")
        page = self.page(arrest.case)
        assert page.count("<bdi>A report of May</bdi>") == 1
        assert "at the end of January" in page

    def test_a_citation_for_one_field_stands_with_the_entry_that_tells_it(self):
        charge = make_charge(charged_on="2015-02", act_date="2014-02-26", alleged_act="a rally")
        cite(charge, make_source("About the charge"), field="provision")
        cite(charge, make_source("About the act"), field="act_date")
        self.client.force_login(self.reader)
        years = self.client.get(f"/cases/{charge.case.reference}/").context["years"]
        entries = {entry.lead: entry for year in years for entry in year.entries}
        told = {lead: [source.title for source, _more in entry.told] for lead, entry in entries.items()}
        assert told == {"Charged": ["About the charge"], "Alleged act:": ["About the act"]}

    def test_a_publisher_stands_for_the_title_of_a_source(self):
        arrest = make_arrest()
        cite(arrest, make_source("A report of May", publisher="The invented newspaper"))
        assert "<bdi>The invented newspaper</bdi>" in self.page(arrest.case)

    def test_a_record_without_a_source_is_marked(self):
        case = make_case()
        make_arrest(case)
        assert "no source" in self.page(case)


class Contents(Page):
    def test_the_published_case(self):
        person = make_detainee("Akhtem Chiygoz", "Çiygöz Zeytulla oğlu Ahtem", born="1964-12-14", sex="male")
        Name.objects.create(detainee=person, text="Ахтем Чийгоз", kind="native", language="uk")
        case = make_case(person, territory_note="Crimea, under occupation", stage="verified")
        charge = make_charge(case, act_date="2014-02", alleged_act="organising mass disturbances")
        make_arrest(case, "2015-01")
        make_detention(case, "2015-01-29", place=make_place("Remand prison, Simferopol"), ended="2017-10-25")
        sentence = make_sentence(case, "2017-09-11", years=8, findings=[(charge, "convicted")])
        Penalty.objects.create(sentence=sentence, kind="imprisonment", years=10, origin="requested")
        release = make_release(case, "2017-10-25", kind="pardon", authority="the President")
        for kind in ("exchange", "handed_over"):
            make_release(case, kind=kind, event=release.event, standing="alternative")
        page = self.page(case)
        assert "1,001 days" in page
        assert "29 January 2015 – 25 October 2017" in page
        assert '<span lang="uk" dir="ltr">Ахтем Чийгоз</span>' in page
        assert "Release contested: 3 accounts" in page and "2 other accounts" in page
        assert "Released: pardon" in page and "by the President" in page
        assert "8 years" in page and "the prosecutor asked for 10 years" in page
        assert "Article 212 part 1" in page and "· convicted" in page
        assert "Alleged act:" in page and ">February<" in page
        assert "Crimea, under occupation" in page and "Verified" in page

    def test_an_upheld_sentence_shows_the_penalties_that_it_upholds(self):
        case = make_case()
        first = make_sentence(case, "2017-09-11", years=8, court=make_court("Lower court"))
        make_sentence(case, "2018-02-05", verdict="", changes=first, change="upheld", instance="appeal")
        page = self.page(case)
        assert "<dd>8 years</dd>" in page
        assert "upheld 5 February 2018" in page

    def test_a_quashed_sentence_is_no_longer_in_force(self):
        case = make_case()
        first = make_sentence(case, "2017-09-11", years=8)
        make_sentence(case, "2018-02-05", verdict="", changes=first, change="quashed", instance="appeal")
        assert "none in force" in self.page(case)

    def test_unacknowledged_days_are_named(self):
        case = make_case()
        make_detention(case, "2020-01-01", kind="unacknowledged", ended="2020-01-10", ending="transfer")
        make_detention(case, "2020-01-10", ended="2020-01-20")
        page = self.page(case)
        assert "20 days" in page and "10 days of them unacknowledged" in page

    def test_what_comes_next_is_the_earliest_that_lies_ahead(self):
        case = make_case()
        make_detention(case, "2020")
        soon, later = today() + timedelta(3), today() + timedelta(30)
        make_hearing(case, held_on="", scheduled=later.isoformat(), stage="trial")
        make_hearing(case, "2020-02-02", held_until=soon.isoformat(), stage="extension")
        page = self.page(case)
        assert "Next:" in page
        assert page.index("Remand ends") < page.index("Last confirmed")

    def test_held_in_another_case_is_said_only_of_cases_that_the_reader_sees(self):
        person = make_detainee("Nadia")
        case, open_one, hidden = make_case(person), make_case(person), make_case(person, access="team")
        make_detention(hidden, "2020")
        assert "Held in another case" not in self.page(case)
        assert hidden.reference not in self.page(case)
        assert hidden.reference in self.page(case, self.editor)
        make_detention(open_one, "2020")
        assert "Held in another case" in self.page(case)

    def test_a_joint_proceeding_shows_the_people_whose_cases_the_reader_sees(self):
        case, other, hidden = make_case("Nadia"), make_case("Omar"), make_case("Petro", access="team")
        make_detention(other, "2020")
        make_proceeding("The bridge case", [case, other, hidden])
        page = self.page(case)
        assert "The bridge case" in page and "Omar" in page and "Remand" in page and "1 other case" in page
        assert "Petro" not in page and hidden.reference not in page

    def test_nothing_recorded(self):
        page = self.page(make_case("Nadia"), self.researcher)
        assert "Nothing is recorded yet" in page
        assert "No time in custody is recorded" in page
        assert "none recorded" in page and "No charge." in page

    def test_a_name_without_any_spelling_falls_back_to_the_reference(self):
        person = Detainee.objects.create()
        assert person.reference in self.page(make_case(person))

    def test_right_to_left_names_carry_their_direction_and_long_ones_are_whole(self):
        person = make_detainee("نادية الأحمد", "N" * 200)
        page = self.page(make_case(person))
        assert '<span lang="und-Arab" dir="rtl">نادية الأحمد</span>' in page
        assert "N" * 200 in page

    def test_more_than_four_spellings_fold_away(self):
        person = make_detainee("Nadia", *(f"Spelling {number}" for number in range(6)))
        page = self.page(make_case(person))
        assert "3 more spellings" in page and "Spelling 5" in page

    def test_oldest_first_and_one_kind(self):
        case = make_case()
        make_arrest(case, "2015-01-29", authority="FSB")
        make_release(case, "2017-10-25")
        newest, oldest = self.page(case), self.page(case, order="oldest")
        assert newest.index(">2017<") < newest.rindex(">2015<")
        assert oldest.rindex("Arrested") < oldest.rindex("Released:")
        only = self.page(case, kind="arrests")
        assert "by FSB" in only and "Released: pardon" not in only

    def test_an_account_of_another_kind_stands_alone_where_the_accepted_one_is_not_shown(self):
        case = make_case()
        arrest = make_arrest(case)
        make_restriction(case, event=arrest.event, standing="alternative", ordered_by="the investigator")
        assert "1 other account" in self.page(case)
        only = self.page(case, kind="restrictions")
        assert "by the investigator" in only and "<strong>Arrested</strong>" not in only

    def test_the_tables_have_every_record_and_every_account(self):
        case = make_case()
        release = make_release(case)
        make_release(case, kind="exchange", event=release.event, standing="rejected", standing_reason="not so")
        make_note(case, "Seen at the gate")
        page = self.page(case, view="kinds")
        assert "Released: exchange" in page and "rejected" in page and "Seen at the gate" in page

    def test_every_text_is_escaped(self):
        case = _case_full_of(HOSTILE)
        for user in (self.reader, self.researcher):
            for view in ("timeline", "kinds"):
                page = self.page(case, user, view=view)
                assert "<script>alert" not in page
                assert '<b title="y">' not in page
                assert page.count("&lt;script&gt;alert") > 20


class Missing(Page):
    def gaps(self, case, user=None):
        return self.page(case, user).partition("missing-panel")[2].partition("</section>")[0]

    def test_what_a_held_person_lacks(self):
        case = make_case()
        make_detention(case, "")
        gaps = self.gaps(case, self.researcher)
        for words in (
            "Held, place unknown",
            "Date of arrest unknown",
            "No charge",
            "No lawyer",
            "Not confirmed",
            "birth",
        ):
            assert words in gaps
        assert "Stay in custody: no source." in gaps
        assert f"/cases/{case.reference}/charges/add/" in gaps

    def test_readers_see_what_is_missing_without_links(self):
        assert "href" not in self.gaps(make_case())

    def test_what_has_passed_without_an_outcome(self):
        case = make_case()
        make_detention(case, "2020")
        planned = make_hearing(case, held_on="", scheduled="2020-05-05", stage="trial")
        make_hearing(case, "2020-03-03", held_until="2020-06-06")
        gaps = self.gaps(case, self.researcher)
        assert "Hearing of 5 May 2020: outcome unknown" in gaps
        assert f"/hearings/{planned.pk}/edit/" in gaps
        assert "Detention was ordered until 6 June 2020" in gaps

    def test_what_is_in_place_is_counted_and_not_asked_for(self):
        case = make_case(make_detainee("Nadia", born="1990", sex="female"), country="RU", last_confirmed_on=today())
        source = make_source()
        records = [make_detention(case, "2020", place=make_place()), make_charge(case), make_representation(case)]
        records.append(make_hearing(case, "2020-02-02"))
        for record in records:
            cite(record, source)
        gaps = self.gaps(case)
        assert "ring" not in gaps and "things in place" in gaps


class Cost(Page):
    def test_eighty_records_cost_the_same_queries_as_five(self):
        """Each kind of record that there is costs one: here all twelve are, and everything else that a page can have."""
        small, large = (make_case(team=[self.editor], tags=["x"]) for _ in range(2))
        for case, times in ((small, 1), (large, 9)):
            for number in range(times):
                _all_kinds(case)
                make_note(case, "Secret", confidential=True)
            make_proceeding(f"Proceeding {case.pk}", [case, *(make_case() for _ in range(times))])
            make_case(case.detainee)
            cite(make_affiliation(case.detainee), make_source())
        self.client.force_login(self.editor)
        self.client.get(f"/cases/{small.reference}/")
        counts = []
        for case in (small, large):
            for view in ("timeline", "kinds"):
                with CaptureQueriesContext(connection) as queries:
                    self.client.get(f"/cases/{case.reference}/", {"view": view})
                counts.append(len(queries))
        assert len(set(counts)) == 1, counts
        assert counts[0] <= 30


def _all_kinds(case):
    source = make_source()
    charge = make_charge(case, charged_on="2015-03")
    records = [
        charge,
        make_arrest(case, "2015-01-29", place=make_place()),
        make_detention(case, "2015-01-29", place=make_place(), ended="2016"),
        make_restriction(case, "2018"),
        hearing := make_hearing(case, court=make_court()),
        make_sentence(case, years=3, findings=[(charge, "convicted")], court=make_court()),
        make_release(case, "2017"),
        make_representation(case),
        make_violation(case, "ICCPR-14.3d", hearing=hearing),
        make_intervention(case),
        make_listing(case),
        make_note(case),
    ]
    for record in records:
        cite(record, source, cites=make_source())


def _case_full_of(text):
    """A case in whose page every free text of every model is `text`, as far as its length allows."""
    person = make_detainee(text, text)
    user = make_user(Role.EDITOR)
    case = make_case(person, team=[user], tags=["x"])
    TeamMember.objects.update(user=user)
    _all_kinds(case)
    release = case.releases.get()
    make_release(case, kind="exchange", event=release.event, standing="alternative")
    Penalty.objects.create(sentence=case.sentences.get(), kind="fine", amount=1, currency="RUB")
    make_proceeding(text, [case, make_case(make_detainee(text))])
    from cases.models import (
        Citation,
        Court,
        JointProceeding,
        Lawyer,
        LegalCode,
        Place,
        PrisonerList,
        Provision,
        Right,
        Source,
        Term,
    )

    skipped = {"reference", "slug", "country", "controlling_power", "language", "currency", "jurisdiction", "article"}
    skipped |= {"part", "point", "external_id", "password", "username", "url", "archived_url", "field", "key", "code"}
    for model in [*RECORD_MODELS, Case, Detainee, Name, Place, Court, Lawyer, LegalCode, Provision, Source, Term]:
        _fill(model, text, skipped)
    Right.objects.filter(violations=None).delete()  # the others are those of no case
    for model in (JointProceeding, Penalty, Citation, Right, PrisonerList):
        _fill(model, text, skipped)
    user.first_name = text[:30]
    user.save()
    case.refresh_from_db()
    case.assignee = user
    case.save()
    return case


def _fill(model, text, skipped):
    free = (models.CharField, models.TextField)
    names = [
        field.name
        for field in model._meta.concrete_fields
        if type(field) in free and field.name not in skipped and not field.choices
    ]
    if names:
        model._base_manager.update(**{name: text for name in names})


def _without_tokens(page):
    """The page without what differs at every request: tokens, and the moment that it was opened at (test_notice.py)."""
    lines = [line for line in page.splitlines() if "csrf" not in line]
    return re.sub(r'(data-changed="[^"?]*\?since=)[^"&]+', r"\1", "\n".join(lines))


@pytest.mark.django_db
@pytest.mark.browser
@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 320)])
def test_a_browser_shows_the_page_without_a_fault(open_page, dark, width):
    from axe_playwright_python.sync_playwright import Axe

    case = make_case(make_detainee("Nadia", "نادية", "Надія"))
    _all_kinds(case)
    release = case.releases.get()
    make_release(case, kind="exchange", event=release.event, standing="alternative")
    page = open_page(make_user(Role.EDITOR), dark=dark, width=width)
    for address in (f"/cases/{case.reference}/", f"/cases/{case.reference}/?view=kinds", "/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options={"preload": False}).response["violations"]
        assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]
