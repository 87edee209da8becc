"""Records told as a timeline: every kind in a sentence, dates as known, years in order, accounts under the accepted one."""

from datetime import timedelta

from django.test import TestCase
from django.utils import translation

from cases.dates import PartialDate, today
from cases.dossier import Dossier
from cases.models import Penalty, Role
from cases.timeline import by_year, contested, in_year, parts, timeline
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_note,
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


class Told(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.editor = make_user(Role.EDITOR)
        cls.case = make_case()

    def entries(self, *kinds):
        entries = timeline(Dossier(self.case, self.editor), kinds)
        return sorted(entries, key=lambda entry: entry.sort_key)

    def told(self):
        """The sentences, oldest first, without marks-up."""
        return [_sentence(entry) for entry in self.entries()]

    def test_arrest(self):
        make_arrest(
            self.case, place=make_place("Simferopol"), authority="the FSB", warrant_shown="no", reason_given="a search"
        )
        assert self.told() == ["Arrested in Simferopol by the FSB; no warrant was shown; reason given: a search"]

    def test_what_people_wrote_stands_in_sentences_of_its_own(self):
        make_arrest(self.case, "2015", authority="the FSB", circumstances="At home. He resisted.")
        make_arrest(self.case, "2016", circumstances="At dawn")
        make_intervention(
            self.case,
            date="2017",
            kind="letter",
            by_whom="A union",
            to_whom="a court",
            about="the release.",
            answer="None?",
        )
        make_violation(
            self.case, date="2018", what_happened="The trial was closed", alleged_by="his lawyer", right=None
        )
        assert self.told() == [
            "Arrested by the FSB. At home. He resisted.",
            "Arrested. At dawn",
            "Letter or petition by A union to a court. The release. Answer: None?",
            "Alleged violation: The trial was closed. Alleged by his lawyer",
        ]

    def test_stay_with_two_dates_is_two_entries(self):
        make_detention(self.case, "2015", place=make_place("Prison 1"), ended="2016-02", ending="transfer")
        assert self.told() == ["Remand in Prison 1", "Transferred from remand, Prison 1"]

    def test_end_of_a_stay_is_not_told_twice_where_a_release_of_that_day_tells_it(self):
        make_detention(self.case, "2015", ended="2016-02-03")
        assert self.told() == ["Remand", "Let go from remand"]
        make_release(self.case, "2016-02-03", kind="amnesty")
        assert self.told() == ["Remand", "Released: amnesty"]

    def test_stay_without_an_end_says_what_is_known_of_it(self):
        make_detention(self.case, "2015", kind="police", ending="unconfirmed")
        make_detention(self.case, "2016", kind="prison", ending="escape")
        make_detention(self.case, "2017", kind="house_arrest", ordered_by="the court")
        assert self.told() == [
            "Police custody; not known whether ended",
            "Prison; end: escape, day unknown",
            "House arrest; ordered by the court",
        ]

    def test_restriction(self):
        make_restriction(self.case, "2016-05-12", ended="2017", ordered_by="the investigator")
        assert self.told() == ["Travel ban; ordered by the investigator", "Lifted was: travel ban"]

    def test_charge_with_its_act_and_its_end(self):
        other = make_charge(self.case, "280.1", "", charged_on="2016-01")
        make_charge(
            self.case, "212", "1", stage="attempt", act_date="2014-02", alleged_act="called for a rally",
            charged_on="2015-02", ended_on="2016-01", ended_how="reclassified", reclassified_to=other,
        )  # fmt: skip
        assert self.told() == [
            "Alleged act: called for a rally",
            (
                "Charged under article 212 part 1, Criminal Code of Russia; attempt; "
                "outcome: reclassified to article 280.1"
            ),
            "Charged under article 280.1, Criminal Code of Russia",
            "Charge reclassified to article 280.1, Criminal Code of Russia; was: article 212 part 1, Criminal Code of Russia",
        ]

    def test_charge_without_an_article_is_told_as_reported(self):
        make_charge(self.case, provision=None, text_as_reported="separatism", alleged_act="a speech")
        assert self.told() == ["Charged; as reported: separatism; alleged act: a speech"]

    def test_hearing_held(self):
        make_hearing(
            self.case, "2015-05-15", stage="extension", court=make_court("District Court"), outcome="bail refused",
            held_until="2015-07-29", openness="closed", attendance="video", judge="Mr X",
        )  # fmt: skip
        assert self.told() == [
            (
                "Hearing on extension of remand: bail refused; held until 29 July 2015; District Court; behind closed doors; "
                "the person took part by video; judge Mr X"
            )
        ]

    def test_hearing_planned_and_one_that_passed_without_an_outcome(self):
        soon = (today() + timedelta(5)).isoformat()
        make_hearing(self.case, "", scheduled="2020-01-01", stage="trial")
        make_hearing(self.case, "", scheduled=soon, scheduled_time="09:30", stage="appeal")
        assert self.told() == ["Trial hearing was planned, outcome not recorded", "Planned: appeal hearing: at 09:30"]

    def test_sentence_with_penalties_findings_and_the_prosecutors_request(self):
        charge = make_charge(self.case, charged_on="")
        sentence = make_sentence(self.case, years=8, findings=[(charge, "convicted")], court=make_court("The Court"))
        Penalty.objects.create(sentence=sentence, kind="activity_ban", years=2, note="public speech")
        Penalty.objects.create(sentence=sentence, kind="imprisonment", years=10, origin="requested")
        assert self.told()[0] == (
            "Sentenced to 8 years; ban on activity: 2 years (public speech); first instance; The Court; "
            "article 212 part 1: convicted; the prosecutor asked for 10 years"
        )

    def test_appeal(self):
        first = make_sentence(self.case, "2017-09-11", years=8)
        make_sentence(self.case, "2018-02", verdict="", changes=first, change="upheld", instance="appeal")
        make_sentence(self.case, "2018-05", verdict="acquitted", instance="cassation")
        assert self.told()[1:] == ["Sentence upheld; of 11 September 2017; appeal", "Acquitted; cassation"]

    def test_release(self):
        make_release(
            self.case, kind="exchange", authority="the President", published="no", petitioned="no", destination="Ankara",
            conditions="never to return", negotiated_by="Türkiye",
        )  # fmt: skip
        assert self.told() == [
            (
                "Released: exchange by the President; the order was not published; the person did not ask for it; to Ankara; "
                "conditions: never to return; negotiated by Türkiye"
            )
        ]

    def test_lawyer_and_note(self):
        lawyer = make_lawyer("N. Polozov")
        make_representation(self.case, lawyer, began="2015", ended="2016")
        make_note(self.case, "A letter came", date="2017")
        assert self.told() == ["Lawyer: N. Polozov chosen", "No longer the lawyer: N. Polozov", "Note: A letter came"]

    def test_death_stands_in_the_timeline(self):
        self.case.detainee.deceased = "yes"
        self.case.detainee.died = "2020-03"
        assert self.told() == ["Died"]

    def test_rank_on_one_day_follows_how_things_happen(self):
        day = "2015-01-29"
        for make in (make_release, make_hearing, make_detention, make_arrest):
            make(self.case, day)
        assert [entry.lead.partition(":")[0] for entry in self.entries()] == [
            "Arrested",
            "Remand",
            "Hearing",
            "Released",
        ]

    def test_accounts_stand_under_the_accepted_one_and_alone_where_none_is(self):
        release = make_release(self.case)
        make_release(self.case, kind="exchange", event=release.event, standing="alternative")
        make_arrest(self.case, standing="rejected", standing_reason="a namesake")
        entries = self.entries()
        assert [len(entry.accounts) for entry in entries] == [0, 1]
        assert entries[0].is_rejected and "rejected" in entries[0].css
        assert contested(Dossier(self.case, self.editor)) == ["Release contested: 2 accounts"]

    def test_an_account_that_was_rejected_contests_nothing(self):
        release = make_release(self.case)
        make_release(self.case, event=release.event, standing="rejected")
        assert contested(Dossier(self.case, self.editor)) == []

    def test_a_known_day_is_a_dot_and_everything_else_a_ring(self):
        make_arrest(self.case, "2015-01-29")
        make_arrest(self.case, "2016-01")
        make_arrest(self.case, "2017-01-29~")
        make_arrest(self.case, "")
        assert [entry.css for entry in self.entries()] == ["held", "held uncertain", "held uncertain", "held uncertain"]

    def test_origins_are_counted_by_who_says_it_in_the_end(self):
        arrest = make_arrest(self.case)
        agency = make_source()
        cite(arrest, agency)
        cite(arrest, make_source(), cites=agency)
        cite(arrest, make_source(), said_by="His lawyer")
        assert self.entries()[0].chain == "3 reports, 2 origins"

    def test_one_kind_alone(self):
        make_arrest(self.case)
        make_charge(self.case, provision=make_provision())
        assert [entry.record.slug for entry in self.entries("charges")] == ["charges"]


class Years(TestCase):
    def test_years_run_backwards_or_forwards_and_what_has_no_date_comes_last(self):
        case = make_case()
        for day in ("2015-03", "2017", "", "2015-01-29", "../2014"):
            make_arrest(case, day)
        entries = timeline(Dossier(case, make_user(Role.READER)))
        assert [year.number for year in by_year(entries)] == [2017, 2015, 2014, None]
        oldest = by_year(entries, oldest_first=True)
        assert [year.number for year in oldest] == [2014, 2015, 2017, None]
        assert [entry.when for entry in oldest[1].entries] == ["29 January", "March"]

    def test_a_date_leaves_out_the_year_above_it_and_nothing_else(self):
        def words(text, year):
            return in_year(PartialDate.parse_edtf(text), year)

        assert words("2014-02-26", 2014) == "26 February"
        assert words("2014-02", 2014) == "February"
        assert words("2016-03~", 2016) == "about March"
        assert words("2017-06/2017-07", 2017) == "June–July"
        assert words("2014", 2014) == "2014"
        assert words("2016/2017", 2016) == "2016–2017"
        assert words("[2017,2018]", 2017) == "2017 or 2018"
        assert words("2014-05-03/2015-06-07", 2014) == "between 3 May 2014 and 7 June 2015"
        with translation.override("uk"):
            assert "2014" not in words("2014-02-26", 2014)

    def test_a_date_open_to_the_past_stands_at_its_latest_day(self):
        case = make_case()
        for day in ("2017-03", "../2017-01-08", "2017-01-09"):
            make_arrest(case, day)
        entries = by_year(timeline(Dossier(case, make_user(Role.READER))), oldest_first=True)[0].entries
        assert [entry.when for entry in entries] == ["on or before 8 January 2017", "9 January", "March"]

    def test_texts_that_end_in_a_full_stop_join_without_it(self):
        assert parts("Remand extended.", "", "held until May.") == "Remand extended; held until May."

    def test_a_long_name_is_told_whole(self):
        case = make_case(make_detainee())
        make_representation(case, make_lawyer("Ж" * 200))
        entry = timeline(Dossier(case, make_user(Role.READER)))[0]
        assert str(entry.subject) == "Ж" * 200


def _sentence(entry):
    words = entry.lead + (f" {entry.subject}" if entry.subject else "")
    return words + (f"{entry.sep}{entry.text}" if entry.text else "")
