"""Rival accounts of one event: added, compared field by field, accepted, rejected, single values taken; and what is contested."""

from itertools import product
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from cases.dossier import Dossier
from cases.models import Case, Citation, Event, Period, Release, Reliability, Restriction, Role, Standing, Status
from cases.timeline import contested
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detention,
    make_note,
    make_place,
    make_release,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
)

KIND = {"arrest": "arrests", "release": "releases", "restriction": "restrictions", "detention": "detentions",
        "sentence": "sentences", "note": "notes", "charge": "charges"}  # fmt: skip


# What the source box of a form sends if nothing is filled in
EVIDENCE = {"evidence-kind": "news", "evidence-reliability": "unknown"}
RELEASE = {**EVIDENCE, "kind": "handed_over", "published": "unknown", "petitioned": "unknown"}


def rival(of, make, *args, **fields):
    """Make another account of the same event, an alternative unless said otherwise."""
    return make(of.case, *args, event=of.event, **{"standing": "alternative", **fields})


def address(record, page="accounts"):
    return f"/cases/{record.case.reference}/{KIND[record._meta.model_name]}/{record.pk}/{page}/"


def key(record):
    return f"{KIND[record._meta.model_name]}-{record.pk}"


def standings(event):
    found = {}
    for model in (Release, Restriction, type(event.arrests.model())):
        found |= {key(one): one.standing for one in model.objects.filter(event=event)}
    return found


class Pages(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader, cls.researcher, cls.editor = map(make_user, [Role.READER, Role.RESEARCHER, Role.EDITOR])
        cls.case = make_case("Nadia")
        cls.pardon = make_release(cls.case, "2017-10", kind="pardon")
        cls.exchange = rival(cls.pardon, make_release, "2017-10-25", kind="exchange", destination="Ankara")

    def get(self, record, page="accounts", user=None, **query):
        self.client.force_login(user or self.editor)
        return self.client.get(address(record, page), query)

    def post(self, record, page="accounts", user=None, **data):
        """Open the page and send its form, with the versions that it was opened with."""
        self.client.force_login(user or self.editor)
        opened = self.client.get(address(record, page))
        accounts = opened.context and opened.context.get("accounts")
        data.setdefault("versions", accounts.versions if accounts else "")
        return self.client.post(address(record, page), data)

    def errors(self, answer):
        assert answer.status_code == 200, answer.status_code
        return " ".join(answer.context["form"].non_field_errors())

    def standing(self, record):
        return type(record).objects.get(pk=record.pk).standing


class Adding(Pages):
    def add(self, user=None, query="", **data):
        self.client.force_login(user or self.researcher)
        return self.client.post(address(self.pardon, "accounts/add") + query, {**RELEASE, **data})

    def test_a_researcher_adds_a_rival_with_its_source(self):
        source = make_source("Analysis")
        answer = self.add(**{
            "date": "25.10.2017", "evidence-source": "Analysis", "evidence-source_choice": source.pk, "evidence-source_for": "Analysis",
            "evidence-said_by": "A minister",
        })  # fmt: skip
        added = Release.objects.get(kind="handed_over")
        self.assertRedirects(answer, address(added))
        assert (added.standing, added.event_id) == (Standing.ALTERNATIVE, self.pardon.event_id)
        assert added.created_by == self.researcher
        assert [(one.source, one.said_by) for one in added.citations.all()] == [(source, "A minister")]
        assert self.standing(self.pardon) == Standing.ACCEPTED

    def test_an_account_without_a_source_is_kept_and_said_to_be_missing_one(self):
        answer = self.client.get(self.add().url)
        self.assertContains(answer, "it has no source yet")
        self.assertContains(answer, "no source</span>")

    def test_a_rival_of_another_kind(self):
        arrest = make_arrest(self.case, "2016-05-12")
        self.client.force_login(self.researcher)
        self.assertContains(self.client.get(address(arrest, "accounts/add"), {"as": "restrictions"}), "Ordered by")
        data = {**EVIDENCE, "kind": "travel_ban", "began": "2016-05-12", "ending": "ongoing"}
        self.client.post(address(arrest, "accounts/add") + "?as=restrictions", data)
        ban = Restriction.objects.get()
        assert (ban.event_id, ban.standing) == (arrest.event_id, Standing.ALTERNATIVE)
        assert Period.objects.get(case=self.case, number=2).status == Status.IN_CUSTODY, (
            "an alternative counts for nothing"
        )

    def test_what_was_typed_wrong_comes_back(self):
        answer = self.add(date="29.02.2015")
        self.assertContains(answer, "This is not saved yet")
        assert Release.objects.count() == 2

    def test_a_rival_may_contradict_every_order_of_dates(self):
        make_arrest(self.case, "2015-01-29")
        assert self.add(date="2014-01-01").status_code == 302

    def test_a_rival_is_confidential_together_with_the_others(self):
        secret = make_release(self.case, confidential=True)
        self.client.force_login(self.editor)
        page = address(secret, "accounts/add")
        self.assertNotContains(self.client.get(page), 'name="confidential"')
        self.client.post(page, {**RELEASE, "kind": "parole", "confidential": "on"})
        added = Release.objects.get(kind="parole")
        assert added.event_id == secret.event_id and added.event.confidential

    def test_an_unknown_kind_or_parameter_is_a_bad_request(self):
        self.client.force_login(self.researcher)
        for query in ({"as": "nonsense"}, {"nonsense": "1"}):
            assert self.client.get(address(self.pardon, "accounts/add"), query).status_code == 400

    def test_add_one_after_the_other(self):
        answer = self.add(another="1", query="?as=releases")
        self.assertRedirects(answer, address(self.pardon, "accounts/add") + "?as=releases")


class Comparing(Pages):
    def lines(self, record=None, user=None):
        return {line.label: line for line in self.get(record or self.pardon, user=user).context["accounts"].lines}

    def test_all_accounts_stand_side_by_side_the_accepted_one_first(self):
        rejected = rival(self.pardon, make_release, "2018", standing="rejected", standing_reason="A namesake.")
        page = self.get(rejected, user=self.reader)
        assert [account.record.pk for account in page.context["accounts"].all] == [
            self.pardon.pk, self.exchange.pk, rejected.pk,
        ]  # fmt: skip
        self.assertContains(page, "“A namesake.”")
        self.assertContains(page, "Release: 3 accounts")

    def test_lines_that_differ_are_marked_and_silence_is_no_difference(self):
        lines = self.lines()
        assert {label: line.differs for label, line in lines.items()} == {
            "Date": True, "Kind": True, "Destination": False,
        }  # fmt: skip
        assert [cell.text for cell in lines["Date"].cells] == ["October 2017", "25 October 2017"]
        assert [cell.is_said for cell in lines["Destination"].cells] == [False, True]

    def test_fields_of_other_kinds_that_mean_the_same_stand_in_one_line(self):
        arrest = make_arrest(self.case, "2016-05-12", authority="FSB", warrant_shown="no")
        rival(arrest, make_restriction, "2016-05-12", ordered_by="FSB investigator")
        lines = {label: [cell.text for cell in line.cells] for label, line in self.lines(arrest).items()}
        assert lines["Date / Began"] == ["12 May 2016", "12 May 2016"]
        assert lines["Arrested by / Ordered by"] == ["FSB", "FSB investigator"]
        assert lines["Warrant shown"] == ["no", ""]
        assert lines["Kind"] == ["", "travel ban"]

    def test_sources_are_told_with_reliability_who_said_it_and_how_many_origins(self):
        agency = make_source("Agency", reliability="likely")
        cite(self.exchange, agency, said_by="A lawyer", field="kind", value_as_reported="exchanged")
        cite(self.exchange, make_source("Daily"), said_by="A lawyer", cites=agency)
        page = self.get(self.exchange, user=self.reader).content.decode()
        for words in (
            "Agency",
            "likely reliable",
            "for: kind",
            "“<bdi>exchanged</bdi>”",
            "2 reports, 1 origin",
            "Daily",
        ):
            assert words in page, words
        assert page.count("no source</span>") == 1

    def test_a_protected_source_stays_protected(self):
        cite(self.exchange, make_source("The neighbour", protected=True), said_by="Her sister")
        page = self.get(self.exchange, user=self.reader).content.decode()
        assert "a protected source" in page and "neighbour" not in page and "sister" not in page

    def test_another_record_is_named_or_said_to_be_hidden(self):
        stay = make_detention(self.case, "2015-01-29", confidential=True)
        self.pardon.stay = stay
        self.pardon.save()
        assert self.lines()["Stay that it ends"].own.text == "remand, 29 January 2015"
        assert self.lines(user=self.reader)["Stay that it ends"].own.text == "a record that you may not see"

    def test_sentences_are_compared_with_their_penalties_and_findings(self):
        charge = make_charge(self.case)
        first = make_sentence(self.case, years=8, findings=[(charge, "convicted")])
        rival(first, make_sentence, years=7)
        lines = {label: [cell.text for cell in line.cells] for label, line in self.lines(first).items()}
        assert lines["Penalties"] == ["8 years", "7 years"]
        assert lines["Findings"] == ["212 part 1, 30 January 2015: convicted", ""]

    def test_one_account_alone(self):
        self.assertContains(self.get(make_note(self.case)), "Nobody tells it another way yet.")

    def test_none_accepted(self):
        Release.objects.filter(pk=self.pardon.pk).update(standing="rejected")
        page = self.get(self.pardon)
        self.assertContains(page, "None of them is accepted")
        self.assertNotContains(page, "Take the chosen values")

    def test_only_what_may_be_done_is_offered(self):
        words = {"Add another account": 2, "Reject": 3, "Take the chosen values": 3}
        for word, rank in words.items():
            for user in (self.reader, self.researcher, self.editor):
                found = word in self.get(self.pardon, user=user).content.decode()
                assert found == (user.rank >= rank), (word, user.rank)

    def test_twelve_accounts_cost_the_queries_of_two(self):
        cite(self.pardon)
        cite(self.exchange)
        self.get(self.pardon)
        with CaptureQueriesContext(connection) as two:
            self.get(self.pardon)
        for number in range(10):
            cite(
                rival(self.pardon, make_release, f"20{10 + number}", destination=f"Place {number}"), said_by="Somebody"
            )
        with self.assertNumQueries(len(two)):
            self.assertContains(self.get(self.pardon), "Account 12")


class Deciding(Pages):
    def test_an_editor_accepts_another_account_with_a_reason(self):
        answer = self.post(self.exchange, "accept", reason="The decree was published.")
        self.assertRedirects(answer, address(self.exchange))
        assert standings(self.pardon.event) == {key(self.pardon): "alternative", key(self.exchange): "accepted"}
        self.exchange.refresh_from_db()
        assert self.exchange.standing_reason == "The decree was published."
        assert self.exchange.updated_by == self.editor
        rows = Release.pgh_event_model.objects.filter(
            pgh_label="update", pgh_obj__in=[self.pardon.pk, self.exchange.pk]
        )
        assert {row.pgh_context["reason"] for row in rows} == {"The decree was published."}
        assert [row.standing for row in rows.order_by("pgh_id")] == ["alternative", "accepted"]

    def test_a_reason_is_needed(self):
        for record, page in [(self.exchange, "accept"), (self.exchange, "reject"), (self.pardon, "reject")]:
            self.assertContains(self.post(record, page, reason="  "), "Say why.")
            self.assertContains(self.post(record, page, reason="x" * 501), "at most 500 characters")
        assert standings(self.pardon.event) == {key(self.pardon): "accepted", key(self.exchange): "alternative"}

    def test_status_follows_the_swap_at_once(self):
        case = make_case()
        arrest = make_arrest(case, "2016-05-12")
        ban = rival(arrest, make_restriction, "2016-05-12")
        assert self.statuses(case) == ["unknown", "in_custody"]
        self.post(ban, "accept", reason="No source saw custody.")
        assert self.statuses(case) == ["unknown", "restricted"]
        self.post(arrest, "accept", reason="One did.")
        assert self.statuses(case) == ["unknown", "in_custody"]

    def statuses(self, case):
        return [period.status for period in Period.objects.filter(case=case).order_by("number")]

    def test_rejecting_the_accepted_account_leaves_none_and_the_status_follows(self):
        case = make_case()
        arrest = make_arrest(case, "2016-05-12")
        ban = rival(arrest, make_restriction, "2016-05-12")
        self.assertContains(self.get(arrest, "reject"), "After that none is")
        self.post(arrest, "reject", reason="A namesake.")
        assert standings(arrest.event) == {key(arrest): "rejected", key(ban): "alternative"}
        assert self.statuses(case) == ["unknown"]

    def test_a_rejected_account_stands_alone_and_the_rejection_can_be_taken_back(self):
        note = make_note(self.case)
        self.post(note, "reject", reason="Hearsay.")
        assert self.standing(note) == "rejected"
        self.post(note, "take-back", reason="It was confirmed.")
        assert self.standing(note) == "alternative"
        self.post(note, "accept", reason="By two.")
        assert self.standing(note) == "accepted"

    def test_what_is_so_already_is_said_and_nothing_is_written(self):
        for record, page, words in [
            (self.pardon, "accept", "accepted already"),
            (self.pardon, "take-back", "is not rejected"),
        ]:
            version = type(record).objects.get(pk=record.pk).version
            self.assertContains(self.post(record, page, reason="Again."), words)
            assert type(record).objects.get(pk=record.pk).version == version

    def test_an_account_that_cannot_be_in_order_is_refused_and_a_doubtful_one_is_to_be_confirmed(self):
        make_arrest(self.case, "2015-01-29")
        early = rival(self.pardon, make_release, "2014")
        assert "is before every arrest" in self.errors(self.post(early, "accept", reason="Because."))
        doubtful = rival(self.pardon, make_release, "2015")
        answer = self.post(doubtful, "accept", reason="Because.")
        self.assertContains(answer, "Is the order of the dates right?")
        assert self.standing(self.pardon) == "accepted"
        assert self.post(doubtful, "accept", reason="Because.", save_anyway="on").status_code == 302
        assert self.standing(doubtful) == "accepted"

    def test_a_page_opened_before_somebody_else_decided_is_told_so(self):
        other = rival(self.pardon, make_release, kind="parole")
        seen = self.get(other, "accept").context["accounts"].versions
        self.post(self.exchange, "accept", reason="I was quicker.")
        answer = self.post(other, "accept", reason="I was not.", versions=seen)
        assert "Somebody accepted another account a moment ago" in self.errors(answer)
        self.assertContains(answer, "I was not.")
        assert self.standing(other) == "alternative"
        again = self.client.post(
            address(other, "accept"), {"reason": "Now.", "versions": answer.context["accounts"].versions}
        )
        assert again.status_code == 302 and self.standing(other) == "accepted"

    def test_a_page_opened_before_an_account_was_edited_or_added_is_told_so(self):
        seen = self.get(self.exchange, "accept").context["accounts"].versions
        rival(self.pardon, make_release, kind="parole")
        answer = self.post(self.exchange, "accept", reason="Because.", versions=seen)
        assert "Somebody changed the accounts of this event" in self.errors(answer)

    def test_readers_and_researchers_may_not_decide(self):
        for page in ("accept", "reject", "take-back", "accounts/take", "join"):
            for user in (self.reader, self.researcher):
                self.client.force_login(user)
                assert self.client.get(address(self.exchange, page)).status_code == 403
                assert self.client.post(address(self.exchange, page), {"reason": "Mine."}).status_code == 403
        self.client.force_login(self.reader)
        assert self.client.get(address(self.exchange, "accounts/add")).status_code == 403

    def test_hidden_is_missing(self):
        secret = make_release(self.case, confidential=True)
        hidden = make_release(make_case(access="named"))
        for record, users in [(secret, [self.reader, self.researcher]), (hidden, [self.reader, self.editor])]:
            for user in users:
                assert self.get(record, user=user).status_code == 404
        assert self.get(hidden, "accept").status_code == 404
        assert self.get(secret, "accounts/add", self.researcher).status_code == 404
        assert self.get(secret).status_code == 200
        for path in ("nonsense/1", "releases/99999999", f"arrests/{self.pardon.pk}", "releases/" + "9" * 30):
            for page in ("accounts", "accept", "accounts/add"):
                assert self.client.get(f"/cases/{self.case.reference}/{path}/{page}/").status_code == 404

    def test_an_account_of_another_case_is_missing_here(self):
        other = make_case()
        self.client.force_login(self.editor)
        assert self.client.get(f"/cases/{other.reference}/releases/{self.pardon.pk}/accounts/").status_code == 404


class Taking(Pages):
    def take(self, record, reason="Resolved.", **chosen):
        data = {f"take-{name}": key(account) for name, account in chosen.items()}
        return self.post(record, "accounts/take", reason=reason, **data)

    def test_single_values_are_taken_from_several_with_what_they_rest_on(self):
        handed = rival(self.pardon, make_release, "2017-10-25", kind="handed_over", authority="Two states")
        cite(self.pardon, make_source("First"))
        dated = cite(self.exchange, make_source("Daily"), locator="p. 3", quote="on Wednesday", said_by="A lawyer",
                     value_as_reported="25 October", cites=make_source("Agency"))  # fmt: skip
        cite(handed, make_source("Analysis"), field="kind")
        cite(handed, make_source("On the authority"), field="authority")
        answer = self.take(self.pardon, "Two agree on the day, one saw the protocol.", date=self.exchange, kind=handed)
        self.assertRedirects(answer, address(self.pardon))
        taken = Release.objects.get(pk=self.pardon.pk)
        assert (taken.standing, taken.date.text, taken.kind, taken.authority) == (
            "accepted",
            "2017-10-25",
            "handed_over",
            "",
        )
        assert taken.standing_reason == "Two agree on the day, one saw the protocol."
        cited = {one.field: one for one in taken.citations.all()}
        assert {name: one.source.title for name, one in cited.items()} == {
            "": "First",
            "date": "Daily",
            "kind": "Analysis",
        }
        for name in ("locator", "quote", "said_by", "value_as_reported", "cites", "source"):
            assert getattr(cited["date"], name) == getattr(dated, name), name
        assert self.exchange.citations.count() == 1 and handed.citations.count() == 2, "they keep their own"
        rows = Release.pgh_event_model.objects.filter(pgh_obj=self.pardon.pk, pgh_label="update")
        assert {row.pgh_context["reason"] for row in rows} == {"Two agree on the day, one saw the protocol."}

    def test_what_the_accepted_account_said_stays_as_an_account_with_its_sources(self):
        cite(self.pardon, make_source("Daily"), field="kind", said_by="A lawyer")
        cite(self.pardon, make_source("Agency"))
        self.take(self.pardon, kind=self.exchange)
        former = Release.objects.get(kind="pardon")
        assert (former.standing, former.event_id, former.date.text) == ("alternative", self.pardon.event_id, "2017-10")
        assert sorted((one.field, one.source.title) for one in former.citations.all()) == [
            ("", "Agency"),
            ("kind", "Daily"),
        ]
        assert [one.source.title for one in self.pardon.citations.all()] == ["Agency"], "Daily doesn't say exchange"

    def test_filling_in_what_was_not_said_leaves_no_former_account(self):
        self.take(self.pardon, destination=self.exchange)
        assert Release.objects.get(pk=self.pardon.pk).destination == "Ankara"
        assert Release.objects.count() == 2

    def test_a_citation_that_is_there_already_is_not_copied_twice(self):
        source = make_source()
        cite(self.exchange, source)
        self.take(self.pardon, destination=self.exchange)
        Release.objects.filter(pk=self.pardon.pk).update(destination="")
        self.take(self.pardon, destination=self.exchange)
        assert self.pardon.citations.filter(field="destination", source=source).count() == 1

    def test_bounds_come_with_the_text(self):
        Release.objects.filter(pk=self.exchange.pk).update(
            date="2026", date_earliest="2026-01-01", date_latest="2026-02-03"
        )
        self.take(self.pardon, date=self.exchange)
        taken = Release.objects.get(pk=self.pardon.pk)
        assert (taken.date.text, str(taken.date_latest)) == ("2026", "2026-02-03")

    def test_periods_follow(self):
        make_arrest(self.case, "2015-01-29")
        self.take(self.pardon, date=self.exchange)
        period = Period.objects.get(case=self.case, status=Status.RELEASED)
        assert str(period.begin_earliest) == str(period.begin_latest) == "2017-10-25"

    def test_a_value_of_another_kind_of_record_where_the_fields_are_of_one_type(self):
        arrest = make_arrest(self.case, "2016-05", authority="")
        ban = rival(arrest, make_restriction, "2016-05-12", ordered_by="FSB investigator")
        cite(ban, make_source("Daily"), field="began")
        lines = {line.label: line for line in self.get(arrest).context["accounts"].lines}
        assert not lines["Kind"].may_be_taken, "an arrest has no kind"
        self.take(arrest, date=ban, authority=ban)
        arrest.refresh_from_db()
        assert (arrest.date.text, arrest.authority) == ("2016-05-12", "FSB investigator")
        assert [(one.field, one.case_id) for one in arrest.citations.all()] == [("date", self.case.pk)]

    def test_penalties_are_taken_as_a_whole(self):
        general = make_sentence(self.case, years=8)
        strict = rival(general, make_sentence, years=7)
        strict.penalties.update(regime="strict")
        cite(strict, make_source("Court paper"), field="penalties")
        self.take(general, penalties=strict)
        assert [(one.years, one.regime) for one in general.penalties.all()] == [(7, "strict")]
        assert [one.years for one in strict.penalties.all()] == [7]
        assert general.citations.get().field == "penalties"
        former = type(general).objects.exclude(pk__in=[general.pk, strict.pk]).get()
        assert [one.years for one in former.penalties.all()] == [8]

    def test_what_can_be_said_of_places_and_links(self):
        place = make_place("Remand prison")
        court = make_court("District court")
        stay = make_detention(self.case, "2015-01-29")
        self.take(stay, place=rival(stay, make_detention, place=place))
        sentence = make_sentence(self.case)
        self.take(sentence, court=rival(sentence, make_sentence, court=court))
        stay.refresh_from_db()
        sentence.refresh_from_db()
        assert (stay.place, sentence.court) == (place, court)

    def test_an_impossible_result_is_refused_with_what_was_chosen_still_chosen(self):
        make_arrest(self.case, "2018-01-01")
        Release.objects.filter(pk=self.pardon.pk).update(
            date="2018-05", date_earliest="2018-05-01", date_latest="2018-05-31"
        )
        answer = self.take(self.pardon, date=self.exchange)
        assert "is before every arrest" in self.errors(answer)
        chosen = [cell.key for line in answer.context["accounts"].lines for cell in line.cells if cell.is_chosen]
        assert key(self.exchange) in chosen
        assert Release.objects.count() == 2

    def test_a_constraint_that_the_result_would_break_is_said_in_words(self):
        stay = make_detention(self.case, "2015-01-29")
        other = rival(stay, make_detention, "2015-01-29", ended="2016", ending="transfer")
        answer = self.take(stay, ended=other)
        assert "A date of the end contradicts this ending" in self.errors(answer)
        assert self.take(stay, ended=other, ending=other).status_code == 302

    def test_a_doubtful_order_is_to_be_confirmed(self):
        make_arrest(self.case, "2017-10-25", authority="Police")
        doubtful = rival(self.pardon, make_release, "2017")
        answer = self.take(self.pardon, date=doubtful)
        self.assertContains(answer, "Is the order of the dates right?")
        data = {"take-date": key(doubtful), "reason": "It is.", "save_anyway": "on"}
        assert (
            self.client.post(
                address(self.pardon, "accounts/take"), data | {"versions": answer.context["accounts"].versions}
            ).status_code
            == 302
        )

    def test_nothing_chosen_or_nothing_that_is_there(self):
        assert "Choose at least one value" in self.errors(self.post(self.pardon, "accounts/take", reason="Because."))
        for value in ("releases-0", "nonsense", key(self.pardon)):
            answer = self.post(self.pardon, "accounts/take", reason="Because.", **{"take-kind": value})
            assert "can’t be taken" in self.errors(answer) and Release.objects.count() == 2

    def test_a_stale_page_takes_nothing(self):
        seen = self.get(self.pardon).context["accounts"].versions
        Release.objects.filter(pk=self.exchange.pk).update(kind="parole")
        answer = self.post(
            self.pardon, "accounts/take", reason="Because.", versions=seen, **{"take-kind": key(self.exchange)}
        )
        assert "Nothing is saved yet" in self.errors(answer)
        assert self.standing(self.pardon) == "accepted" and Release.objects.get(pk=self.pardon.pk).kind == "pardon"

    def test_where_none_is_accepted_there_is_nothing_to_take_into(self):
        seen = self.get(self.pardon).context["accounts"].versions
        Release.objects.filter(pk=self.pardon.pk).update(standing="rejected")
        answer = self.post(
            self.pardon, "accounts/take", reason="Because.", versions=seen, **{"take-kind": key(self.exchange)}
        )
        self.assertContains(answer, "None of them is accepted")
        assert self.standing(self.pardon) == "rejected"


class Joining(Pages):
    """What was recorded twice becomes two accounts of one event."""

    def test_all_accounts_of_one_event_become_rivals_of_another_record(self):
        make_arrest(self.case, "2015-01-29")
        again = make_release(self.case, "2017-10-26", kind="parole")
        rejected = rival(again, make_release, standing="rejected")
        answer = self.post(again, "join", of=key(self.pardon), reason="The same day, told by two.")
        self.assertRedirects(answer, address(again))
        assert standings(self.pardon.event) == {
            key(self.pardon): "accepted", key(self.exchange): "alternative", key(again): "alternative",
            key(rejected): "rejected",
        }  # fmt: skip
        again.refresh_from_db()
        assert again.standing_reason == "The same day, told by two."
        begun = Period.objects.filter(case=self.case, status=Status.RELEASED).values_list("begin_text", flat=True)
        assert list(begun) == ["2017-10"]

    def test_only_accepted_records_that_are_as_confidential_are_offered(self):
        note, secret = make_note(self.case), make_note(self.case, confidential=True)
        lone = make_note(self.case, standing="rejected")
        offered = dict(self.get(note, "join").context["form"].fields["of"].choices)
        assert offered.keys() == {"", key(self.pardon)}
        assert offered[key(self.pardon)] == "October 2017: Released: pardon"
        for of in (key(secret), key(lone), key(self.exchange), "nonsense"):
            self.assertContains(
                self.post(note, "join", of=of, reason="Because."), "no accepted record of the case any more"
            )
        self.assertContains(self.get(secret, "join"), "There is no other accepted record")

    def test_a_place_and_a_reason_are_needed_and_a_stale_page_joins_nothing(self):
        note = make_note(self.case)
        answer = self.post(note, "join")
        assert answer.context["form"].errors.keys() == {"of", "reason"}
        seen = answer.context["accounts"].versions
        rival(note, make_note)
        answer = self.post(note, "join", of=key(self.pardon), reason="Because.", versions=seen)
        assert "Somebody changed the accounts" in self.errors(answer)
        assert type(note).objects.get(pk=note.pk).event_id == note.event_id


class Contested(Pages):
    """One rule for the banner, the filter and the home page."""

    def found(self):
        return set(Case.objects.contested())

    def test_every_pair_of_reliabilities_is_judged_alike_by_the_page_and_the_list(self):
        order = [None, "unlikely", "unknown", "unsure", "likely", "highly"]
        sources = {reliability: make_source(reliability=reliability) for reliability in Reliability.values}
        expected = set()
        Release.objects.all().delete()
        for accepted, other in product(order, order):
            case = make_case()
            release = make_release(case)
            rivals = rival(release, make_release, kind="exchange")
            for record, reliability in [(release, accepted), (rivals, other)]:
                if reliability:
                    cite(record, sources[reliability])
            if order.index(other) >= order.index(accepted):
                expected.add(case)
            page = contested(Dossier(case, self.editor))
            assert bool(page) == (case in expected), (accepted, other)
        assert self.found() == expected

    def test_the_best_source_counts(self):
        cite(self.pardon, make_source(reliability="likely"))
        cite(self.exchange, make_source(reliability="unlikely"))
        assert self.found() == set()
        cite(self.exchange, make_source(reliability="highly"), field="kind")
        assert self.found() == {self.case}

    def test_a_rival_of_another_kind_contests_too(self):
        Release.objects.all().delete()
        arrest = make_arrest(self.case, "2016-05-12")
        rival(arrest, make_restriction, "2016-05-12")
        assert self.found() == {self.case}
        assert contested(Dossier(self.case, self.editor)) == ["Arrest contested: 2 accounts"]

    def test_rejected_confidential_and_lone_accounts_contest_nothing(self):
        Release.objects.filter(pk=self.exchange.pk).update(standing="rejected")
        assert self.found() == set()
        Release.objects.filter(pk=self.exchange.pk).update(standing="alternative")
        assert self.found() == {self.case}
        Event.objects.filter(pk=self.pardon.event_id).update(confidential=True)
        assert self.found() == set() and contested(Dossier(self.case, self.editor)) == []
        Event.objects.filter(pk=self.pardon.event_id).update(confidential=False)
        Release.objects.filter(pk=self.pardon.pk).update(standing="rejected")
        assert self.found() == set(), "nothing is accepted"

    def test_a_protected_source_counts_for_everybody_the_same(self):
        cite(self.pardon, make_source(reliability="unsure"))
        cite(self.exchange, make_source(reliability="highly", protected=True))
        for user in (self.reader, self.editor):
            assert contested(Dossier(self.case, user)) == ["Release contested: 2 accounts"]

    def test_a_less_reliable_account_is_shown_but_contests_nothing(self):
        cite(self.pardon, make_source(reliability="likely"))
        cite(self.exchange, make_source(reliability="unlikely"))
        self.client.force_login(self.reader)
        page = self.client.get(f"/cases/{self.case.reference}/").content.decode()
        assert "contested" not in page and "1 other account" in page and "unlikely to be reliable" in page

    def test_the_list_is_filtered_and_the_home_page_counts_and_lists_them(self):
        make_case("Omar")
        self.client.force_login(self.reader)
        assert [row.case.pk if hasattr(row, "case") else row.pk for row in
                self.client.get("/cases/?contested=yes").context["filter"].qs] == [self.case.pk]  # fmt: skip
        home = self.client.get("/")
        contested_cases = home.context["contested"]
        assert [case.pk for case in contested_cases["cases"]] == [self.case.pk]
        found = self.client.get(contested_cases["url"]).context["filter"].qs
        assert contested_cases["number"].value == found.count() == 1
        assert self.client.get("/cases/?contested=no").status_code == 400

    def test_a_hidden_case_is_not_counted(self):
        make = make_release(make_case(access="team"))
        rival(make, make_release)
        self.client.force_login(self.reader)
        assert self.client.get("/").context["contested"]["number"].value == 1


class OnTheCasePage(Pages):
    def page(self, user):
        self.client.force_login(user)
        return self.client.get(f"/cases/{self.case.reference}/").content.decode()

    def test_accounts_unfold_with_source_reliability_who_said_it_and_the_way_on(self):
        cite(self.exchange, make_source("Agency", reliability="likely"), said_by="A lawyer")
        page = self.page(self.researcher)
        part = page.partition('<details class="accounts">')[2].partition("</details>")[0]
        for words in ("1 other account", "Agency", "likely reliable", "A lawyer", address(self.pardon),
                      address(self.pardon, "accounts/add")):  # fmt: skip
            assert words in part, words

    def test_a_record_without_rivals_offers_to_add_one_where_it_is_edited(self):
        note = make_note(self.case)
        assert address(note, "accounts/add") not in self.page(self.researcher)
        assert address(note, "accounts/add") in self.client.get(address(note, "edit")).content.decode()
        assert (
            address(note, "accounts/add")
            not in self.client.get(f"/cases/{self.case.reference}/notes/add/").content.decode()
        )


class Verifying(Pages):
    def setUp(self):
        cite(self.pardon)  # an accepted record without a source keeps a case from being verified

    def send(self, user, **data):
        self.client.force_login(user)
        case = Case.objects.get(pk=self.case.pk)
        form = self.client.get(f"/cases/{case.reference}/edit/").context["form"]
        data = {"version": form.initial["version"], "access": "everyone", **data}
        return self.client.post(f"/cases/{case.reference}/edit/", data)

    def test_to_verify_takes_an_editor(self):
        assert self.send(self.researcher, stage="verified").status_code == 200
        assert Case.objects.get(pk=self.case.pk).stage == "draft"
        assert self.send(self.editor, stage="verified").status_code == 302
        assert Case.objects.get(pk=self.case.pk).stage == "verified"

    def test_to_take_it_back_takes_an_editor_and_a_reason(self):
        Case.objects.filter(pk=self.case.pk).update(stage="verified")
        self.send(self.researcher, stage="draft", reason="I think so.")
        assert Case.objects.get(pk=self.case.pk).stage == "verified"
        self.assertContains(self.send(self.editor, stage="in_review"), "Say why it is no longer verified.")
        assert self.send(self.editor, stage="in_review", reason="A source withdrew.").status_code == 302
        assert Case.objects.get(pk=self.case.pk).stage == "in_review"
        row = Case.pgh_event_model.objects.filter(pgh_obj=self.case.pk).order_by("pgh_id").last()
        assert row.pgh_context["reason"] == "A source withdrew."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round", range(3))
def test_two_who_accept_different_rivals_at_once_one_is_accepted_and_the_other_told(round):
    pardon = make_release(make_case(), kind="pardon")
    rivals = [rival(pardon, make_release, kind="exchange"), rival(pardon, make_note)]
    clients, versions = [], []
    for record in rivals:
        client = Client(raise_request_exception=False)
        client.force_login(make_user(Role.EDITOR))
        versions.append(client.get(address(record, "accept")).context["accounts"].versions)
        clients.append(client)
    start, answers = Barrier(2), [None, None]

    def accept(number):
        start.wait(10)
        data = {"reason": f"Editor {number}.", "versions": versions[number]}
        answers[number] = clients[number].post(address(rivals[number], "accept"), data)
        connection.close()

    threads = [Thread(target=accept, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    lost = next(answer for answer in answers if answer.status_code == 200)
    assert "Somebody accepted another account a moment ago" in lost.content.decode()
    records = [pardon, *rivals]
    for record in records:
        record.refresh_from_db()
    assert [record.standing for record in records].count("accepted") == 1
    assert pardon.standing == "alternative"
    assert Citation.objects.count() == 0
