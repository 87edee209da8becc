"""History pages of cases and of everything else: who changed what, when, why and through what, in words; and who sees it."""

import json
import re
from datetime import timedelta
from html import unescape

import pghistory
import psycopg
import pytest
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from cases.history import acts
from cases.history.words import Names, differences, headline
from cases.models import (
    Arrest,
    Case,
    Charge,
    Citation,
    Detainee,
    Event,
    Hearing,
    Lawyer,
    Note,
    Release,
    Role,
    Sentence,
)
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_hearing,
    make_lawyer,
    make_list,
    make_note,
    make_organisation,
    make_photo,
    make_place,
    make_proceeding,
    make_provision,
    make_release,
    make_representation,
    make_source,
    make_user,
)
from tests.test_record_forms import form_data


def text_of(response):
    """What a reader reads, in one line."""
    main = response.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", unescape(strip_tags(main)))


def set_act(record, number, *, ago=None, context=None, label=None):
    """Give the last change of a record an act, a time and a context of its own: in a test all is one transaction."""
    table = type(record).pgh_event_model._meta.db_table
    changes = type(record).pgh_event_model.objects.filter(pgh_obj=record.pk)
    changes = changes.filter(pgh_label=label) if label else changes
    at = timezone.now() - (ago or timedelta())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"UPDATE {table} SET pgh_act = %s, pgh_created_at = %s, pgh_context = %s WHERE pgh_id = %s",
            [number, at, json.dumps(context) if context else None, changes.latest("pgh_id").pgh_id],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return changes.latest("pgh_id")


def apart(*names):
    """Make each change of these kinds an act of its own, a minute after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for place, name in enumerate(names, 1):
            table = f"cases_{name}event"
            number = f"(pgh_id - (SELECT min(pgh_id) FROM {table})) * 10 + {place}"  # kinds by turns, whatever the keys
            cursor.execute(
                f"UPDATE {table} SET pgh_act = {number}, pgh_created_at = now() - ({number}) * interval '1 minute'"
            )
        cursor.execute("SET LOCAL session_replication_role = origin")


class History(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER, "reader")
        cls.researcher = make_user(Role.RESEARCHER, "researcher")
        cls.editor = make_user(Role.EDITOR, "editor", first_name="Olha", last_name="Editor")
        cls.case = make_case("Nadia Invented", team=[cls.researcher])

    def history(self, user=None, status=200, reference=None, **query):
        self.client.force_login(user or self.reader)
        response = self.client.get(f"/cases/{reference or self.case.reference}/history/", query)
        assert response.status_code == status, response.status_code
        return response

    def read(self, user=None, **query):
        return text_of(self.history(user, **query))

    def get(self, address, user=None, status=200, **query):
        self.client.force_login(user or self.reader)
        response = self.client.get(address, query)
        assert response.status_code == status, (address, response.status_code)
        return response


class Words(History):
    """Field differences, kind by kind."""

    def changed(self, record, user=None):
        """The differences of the last change of a record, as {label: (old, new)}."""
        model = type(record)
        rows = list(model.pgh_event_model.objects.filter(pgh_obj=record.pk).order_by("pgh_id").values())
        names = Names(user or self.reader)
        return {one.label: (one.old, one.new) for one in differences(model, rows[-2], rows[-1], names)}

    def change(self, record, **fields):
        type(record).objects.filter(pk=record.pk).update(**fields)
        return self.changed(record)

    def test_partial_dates_are_in_words_and_an_empty_one_is_an_unknown_date(self):
        release = make_release(self.case, "2017-10")
        release.date = "2017-10-25"
        release.save()
        assert self.changed(release) == {"Date": ("October 2017", "25 October 2017")}
        release.date = ""
        release.save()
        assert self.changed(release) == {"Date": ("25 October 2017", "date unknown")}

    def test_choices_and_yes_no_unknown_are_called_by_their_labels(self):
        release = make_release(self.case, kind="handed_over", published="no")
        assert self.change(release, kind="bail", published="unknown") == {
            "Kind": ("handed over or deported", "bail or changed measure"),
            "Instrument published": ("no", "unknown"),
        }

    def test_linked_things_are_called_by_name(self):
        old, new = make_place("Old prison"), make_place("New prison", locality="Sometown")
        arrest = make_arrest(self.case, place=old)
        assert self.change(arrest, place=new) == {"Place": ("Old prison", "New prison, Sometown")}
        assert self.change(arrest, place=None) == {"Place": ("New prison, Sometown", "none")}

    def test_what_was_deleted_is_called_by_its_last_known_name(self):
        gone = make_court("Gone court")
        hearing = make_hearing(self.case, court=gone)
        Hearing.objects.filter(pk=hearing.pk).update(court=None)
        gone.delete()
        assert self.changed(hearing) == {"Court": ("Gone court", "none")}

    def test_a_deleted_lawyer_is_called_by_the_main_name_that_they_had(self):
        lawyer, other = make_lawyer("Gone Lawyer"), make_lawyer("Other Lawyer")
        representation = make_representation(self.case, lawyer)
        type(representation).objects.filter(pk=representation.pk).update(lawyer=other)
        lawyer.delete()
        assert self.changed(representation, self.editor) == {"Lawyer": ("Gone Lawyer", "Other Lawyer")}
        assert self.changed(representation)["Lawyer"][0] == "a record that you may not see"

    def test_a_record_that_the_reader_may_not_see_has_no_name(self):
        hidden = make_lawyer("Hidden Lawyer")
        make_representation(make_case(access="named"), hidden)
        representation = make_representation(self.case, make_lawyer("Other Lawyer"))
        row = {"lawyer_id": hidden.pk, "role": "chosen", "began": "", "ended": ""}
        found = differences(type(representation), None, row, Names(self.reader))
        assert found[0] == ("Lawyer", "", "a record that you may not see")

    def test_arrays_are_lists_of_names(self):
        person = self.case.detainee
        person.nationalities = ["UA"]
        person.save()
        person.nationalities = ["UA", "TR"]
        person.save()
        assert self.changed(person) == {"Nationalities": ("Ukraine", "Ukraine, Türkiye")}
        court = make_court(aliases=["One"])
        assert self.change(court, aliases=["One", "Two"]) == {"Names as used": ("One", "One, Two")}

    def test_numbers_days_and_yes_or_no(self):
        place = make_place(latitude="44.95", longitude="34.1")
        assert self.change(place, latitude="44.5") == {"Latitude": ("44.95", "44.5")}
        assert self.change(self.case, last_confirmed_on="2017-10-27")["Last confirmed on"] == (
            "empty",
            "27 October 2017",
        )
        source = make_source()
        assert self.change(source, protected=True) == {"Protected": ("no", "yes")}
        hearing = make_hearing(self.case)
        assert self.change(hearing, scheduled_time="09:30") == {"At": ("empty", "09:30")}

    def test_what_the_database_keeps_for_itself_is_left_out(self):
        arrest = make_arrest(self.case)
        Arrest.objects.filter(pk=arrest.pk).update(remark="New", updated_by=self.editor)
        assert self.changed(arrest).keys() == {"Remark"}
        self.case.title = "A title"
        self.case.save()
        assert self.changed(self.case).keys() == {"Short title"}

    def test_an_added_record_tells_what_was_filled_and_a_deleted_one_what_it_said(self):
        release = make_release(self.case, authority="President", petitioned="unknown")
        row = Release.pgh_event_model.objects.filter(pgh_obj=release.pk).values().get()
        names = Names(self.reader)
        said = [("Date", "25 October 2017"), ("Kind", "pardon"), ("Decided by", "President")]
        assert [(one.label, one.new) for one in differences(Release, None, row, names)] == said
        assert [(one.label, one.old) for one in differences(Release, row, None, names)] == said

    def test_values_of_json_are_told_as_values_of_rows_are(self):
        make_everything(self.case)
        names = Names(self.editor)
        for model in acts.tracked_models():
            event = model.pgh_event_model
            for row in event.objects.order_by("-pgh_id").values()[:3]:
                version = acts.versions_of([(model.__name__, row["pgh_id"])])[model.__name__, row["pgh_id"]]
                told = differences(model, None, version.row, names)
                assert told == differences(model, None, row, names), model
                assert differences(model, version.row, row, names) == [], model
                assert headline(model, version.row, names) == headline(model, row, names), model

    def test_each_kind_has_a_headline_that_says_what_it_is(self):
        make_everything(self.case)
        page = self.read(self.editor)
        for words in [
            "Arrest of 29 January 2015", "Remand from 29 January 2015", "Travel ban from 12 May 2016",
            "Charge, article 212 part 1", "Hearing of 15 May 2015", "Sentence of 11 September 2017", "Penalty: 8 years",
            "Finding on Charge, article 212 part 1", "Release of 25 October 2017", "Lawyer Invented Lawyer",
            "Note: A note.", "Person: Nadia Invented", "Name “Nadia Invented”", "Photo",
            "Source “A report” for Arrest of 29 January 2015", "Tag “press”", "Team: researcher",
            "in the joint proceeding “The invented case”", "Confidentiality of Note: A note.",
        ]:  # fmt: skip
            assert words in page, words

    def test_a_citation_says_which_field_it_means_as_forms_call_it(self):
        cite(make_arrest(self.case), make_source("A report"), field="reason_given", locator="p. 3")
        page = self.read()
        assert "reason given" in page and "p. 3" in page and "reason_given" not in page


def make_everything(case):
    """A record of each kind in the case, and what hangs on them."""
    from tests.test_access import full_case

    court = make_court(place=make_place())
    made = full_case(case, court, source=make_source("A report"))
    Event.objects.filter(pk=made["notes"].event_id).update(confidential=True)
    make_photo(case.detainee)
    make_proceeding("The invented case", [case])
    from cases.models import CaseTag, Term

    term = Term.objects.get_or_create(kind="tag", slug="press", defaults={"name": "press"})[0]
    CaseTag.objects.create(case=case, term=term)
    return made


class Page(History):
    def test_everything_of_the_case_its_person_and_its_records_is_there_in_one_act(self):
        make_everything(self.case)
        response = self.history(self.editor)
        assert response.context["page"].count == 1
        assert response.context["page"].kinds.keys() == {
            "case", "person", "arrest", "detention", "restriction", "charge", "hearing", "sentence", "release",
            "representation", "violation", "intervention", "listing", "note", "citation",
        }  # fmt: skip

    def test_acts_stand_by_day_newest_first_each_with_who_when_and_why(self):
        arrest, release = make_arrest(self.case), make_release(self.case)
        set_act(arrest, 1, ago=timedelta(days=2), context={"username": "editor", "reason": "An older reason"})
        set_act(release, 2, ago=timedelta(days=1), context={"username": "gone", "reason": "A newer reason"})
        page = self.read()
        places = [
            page.index(words) for words in ["Release of", "gone", "“A newer", "Arrest of", "Olha Editor", "“An older"]
        ]
        assert places == sorted(places)

    def test_rows_from_before_acts_were_numbered_stand_by_their_time(self):
        arrest, release = make_arrest(self.case), make_release(self.case)
        at = timezone.now() - timedelta(days=1)
        for record in (arrest, release):
            set_act(record, None, ago=timezone.now() - at)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in ("arrest", "release"):
                cursor.execute(f"UPDATE cases_{name}event SET pgh_created_at = %s", [at])
            cursor.execute("SET LOCAL session_replication_role = origin")
        page = self.history().context["page"]
        assert [act.size for act in page.acts if act.number is None] == [2]

    def test_added_changed_deleted_and_brought_back_are_told_apart(self):
        arrest = make_arrest(self.case)
        Arrest.objects.filter(pk=arrest.pk).update(remark="Changed")
        columns = Arrest.objects.filter(pk=arrest.pk).values().get()
        Arrest.objects.filter(pk=arrest.pk).delete()
        Arrest.objects.bulk_create([Arrest(**columns)])
        page = self.read()
        for words in ["added", "changed", "deleted", "brought back"]:
            assert words in page

    def test_accepting_rejecting_and_setting_aside_are_called_so(self):
        release = make_release(self.case)
        rival = make_release(self.case, kind="exchange", event=release.event, standing="alternative")
        Release.objects.filter(pk=release.pk).update(standing="rejected")
        Release.objects.filter(pk=rival.pk).update(standing="accepted")
        Release.objects.filter(pk=release.pk).update(standing="alternative")
        page = self.read()
        assert "account accepted" in page and "rejected" in page and "set aside" in page

    def test_a_long_text_folds(self):
        make_note(self.case, "A long story. " * 60)
        self.assertContains(self.history(), '<details class="long">')

    def test_what_is_typed_is_never_markup(self):
        make_note(self.case, "<script>alert(1)</script> <b>bold</b>")
        make_arrest(self.case, authority="<script>alert(2)</script>")
        page = self.history()
        self.assertNotContains(page, "<script>alert")
        self.assertContains(page, "&lt;script&gt;alert(1)")

    def test_the_filters_narrow_by_kind_person_and_day(self):
        arrest, release = make_arrest(self.case), make_release(self.case)
        set_act(arrest, 1, ago=timedelta(days=3), context={"username": "editor"})
        set_act(release, 2, ago=timedelta(days=1))
        assert "Release of" not in self.read(kind="arrest") and "Arrest of" in self.read(kind="arrest")
        assert "Release of" not in self.read(person="editor") and "Arrest of" in self.read(person="editor")
        assert "Arrest of" not in self.read(person="outside") and "Release of" in self.read(person="outside")
        day = timezone.localtime(timezone.now() - timedelta(days=3)).date().isoformat()
        assert "Release of" not in self.read(day=day) and "Arrest of" in self.read(day=day)

    def test_nothing_found_is_said(self):
        assert "Nothing was changed that fits" in self.read(day="2001-01-01")
        assert "Nothing was changed that fits" in self.read(kind="hearing")
        assert "Nothing was changed that fits" in self.read(person="nobody-of-this-name")

    def test_wrong_parameters_are_refused(self):
        for query in [
            {"kind": "nonsense"}, {"day": "yesterday"}, {"day": "2017-02-30"}, {"day": "0001-01-01"}, {"nonsense": "1"},
            {"person": "x" * 200}, {"kind": ["arrest", "charge"]}, {"day": "9999-12-31"},
        ]:  # fmt: skip
            self.history(status=400, **query)
        for number in ["0", "-1", "2", "x", "99999999999", "1.5"]:
            self.history(status=404, page=number)
        self.history(page="1")

    def test_a_long_history_pages(self):
        for number in range(acts.PER_PAGE + 5):
            set_act(make_note(self.case, f"Note number {number}."), 1000 + number, ago=timedelta(hours=1 + number))
        first, second = self.read(), self.read(page=2)
        assert "Note number 0." in first and "Note number 54." not in first
        assert "Note number 54." in second and "Note number 0." not in second
        self.history(page=3, status=404)

    def test_a_large_act_shows_its_first_changes_and_where_the_others_are(self):
        Note.objects.bulk_create([Note(case=self.case, text=f"Note number {number}.") for number in range(60)])
        page = self.history()
        assert len(page.context["days"][0][1][0].changes) == acts.SHOWN
        self.assertContains(page, "more changes")

    def test_six_hundred_acts_cost_the_same_queries_as_sixty(self):
        def notes(number):
            Note.objects.bulk_create([Note(case=self.case, text=f"Note {one}.") for one in range(number)])
            place = make_place()
            Arrest.objects.bulk_create([Arrest(case=self.case, place=place) for _one in range(number)])
            apart("note", "arrest")

        self.history(self.researcher)  # what is written after a request in this transaction has its user
        notes(30)  # more than a page: what is on it is of the same kinds then
        self.client.get("/changes/")
        with CaptureQueriesContext(connection) as few:
            self.client.get(f"/cases/{self.case.reference}/history/")
        number = len(few)
        notes(270)
        self.client.get("/changes/")  # now and then the session is written
        with self.assertNumQueries(number):
            page = self.client.get(f"/cases/{self.case.reference}/history/")
        assert page.context["page"].count >= 600 and number < 30, number

    def test_the_tab_and_the_page_lead_to_each_other(self):
        self.assertContains(self.get(f"/cases/{self.case.reference}/"), f"/cases/{self.case.reference}/history/")
        self.assertContains(self.history(), f'href="/cases/{self.case.reference}/"')


class Through(TransactionTestCase):
    """Who, what and why after a form, the admin site, update() and raw SQL: each commits for real."""

    def setUp(self):
        self.editor = make_user(Role.EDITOR, "editor")
        self.administrator = make_user(Role.ADMINISTRATOR, "administrator")
        self.case = make_case("Nadia Invented", country="UA")
        self.charge = make_charge(self.case)

    def latest(self, user=None):
        self.client.force_login(user or self.editor)
        response = self.client.get(f"/cases/{self.case.reference}/history/")
        assert response.status_code == 200
        return response.context["days"][0][1][0], text_of(response)

    def test_a_form_says_who_and_why(self):
        self.client.force_login(self.editor)
        address = f"/cases/{self.case.reference}/charges/{self.charge.pk}/edit/"
        data = form_data(self.client, address)
        data |= {"remark": "Looked at the verdict", "reason": "The verdict is public now"}
        answer = self.client.post(address, data)
        assert answer.status_code == 302, text_of(answer)
        act, page = self.latest()
        assert (act.who, act.reasons, act.through) == ("editor", ["The verdict is public now"], "")
        assert act.main.differences == [("Remark", "empty", "Looked at the verdict")]
        assert "“The verdict is public now”" in page

    def test_an_edit_in_the_admin_site_says_so(self):
        with pghistory.context(user=self.editor.pk, username="editor", url="/admin/cases/charge/1/change/"):
            Charge.objects.filter(pk=self.charge.pk).update(remark="By admin")
        act, page = self.latest()
        assert (act.who, act.through) == ("editor", "in Django admin") and "in Django admin" in page

    def test_a_bulk_edit_is_one_act_and_says_of_how_many_cases(self):
        Case.objects.bulk_create([Case(detainee=self.case.detainee, reference=f"C-{n:06}") for n in range(299)])
        with pghistory.context(user=self.editor.pk, username="editor", reason="All of them"):
            Case.objects.update(country="RU")
        act, page = self.latest()
        assert (act.cases, act.size, act.who, act.reasons) == (300, 1, "editor", ["All of them"])
        assert "300 cases at once" in page and act.main.differences == [("Country", "Ukraine", "Russia")]

    def test_raw_sql_without_a_word_is_from_outside_and_names_the_user_of_the_database(self):
        settings = connection.get_connection_params()
        known = {key: settings[key] for key in ("host", "port", "user", "password", "dbname") if settings.get(key)}
        with psycopg.connect(**known) as own:
            own.execute("UPDATE cases_charge SET remark = 'By hand' WHERE id = %s", [self.charge.pk])
            name = own.execute("SELECT session_user").fetchone()[0]
        act, page = self.latest()
        assert act.by_nobody and act.who == "Outside the application" and name in act.through
        assert act.main.differences == [("Remark", "empty", "By hand")]
        assert f"as the database's user {name}" in page

    def test_a_command_says_its_name(self):
        with pghistory.context(command="tidy", reason="Tidied"):
            Charge.objects.filter(pk=self.charge.pk).update(remark="Tidy")
        act, _page = self.latest()
        assert (act.who, act.through) == ("The command tidy", "")

    def test_a_reason_is_hidden_if_the_act_changed_something_that_the_reader_may_not_see(self):
        reader = make_user(Role.READER)
        hidden = make_case(access="team", country="UA")
        with pghistory.context(user=self.editor.pk, username="editor", reason="About a secret", url="/admin/x/"):
            Case.objects.filter(pk__in=[self.case.pk, hidden.pk]).update(country="RU")
        act, page = self.latest(reader)
        assert (act.reasons, act.through, act.who, act.cases) == ([], "", "editor", 1)
        assert "About a secret" not in page and "Django admin" not in page
        act, page = self.latest()
        assert (act.reasons, act.through, act.cases) == (["About a secret"], "in Django admin", 2)

    def test_a_deleted_case_has_its_history_still_and_can_be_brought_back(self):
        make_arrest(self.case)
        reader, reference = make_user(Role.READER), self.case.reference
        with pghistory.context(user=self.editor.pk, username="editor", reason="Logged twice"):
            Case.objects.get(pk=self.case.pk).delete()
        for user in (reader, self.editor):
            page = self.latest(user)[1]
            assert "This case is deleted." in page and "“Logged twice”" in page and "Arrest of 29 January 2015" in page
            crumbs = self.client.get(f"/cases/{reference}/history/").content.decode().partition('class="crumbs"')[2]
            assert f"<li>{reference} " in crumbs.partition("</nav>")[0]
        self.client.force_login(self.editor)
        gone = Case.pgh_event_model.objects.get(pgh_label="delete")
        self.assertContains(self.client.get(f"/cases/{reference}/history/"), f"/changes/case/{gone.pk}/restore/")
        self.client.force_login(reader)
        self.assertNotContains(self.client.get(f"/cases/{reference}/history/"), "/restore/")

    def test_the_case_page_is_looked_at_and_what_changed_since_is_news(self):
        reader = make_user(Role.READER)
        self.client.force_login(reader)
        address = f"/cases/{self.case.reference}/"
        assert "Changed since you last looked" not in text_of(self.client.get("/"))
        self.client.get(address)
        assert self.client.get("/cases/?news=1").context["filter"].qs.count() == 0
        Charge.objects.filter(pk=self.charge.pk).update(remark="New")
        assert "Changed since you last looked" in text_of(self.client.get("/"))
        assert [row.case.pk for row in self.client.get("/cases/?news=1").context["rows"]] == [self.case.pk]
        self.assertContains(self.client.get("/cases/"), "since you last looked")
        self.client.get(address)
        assert self.client.get("/cases/?news=1").context["filter"].qs.count() == 0
        self.assertNotContains(self.client.get("/"), "Changed since you last looked")

    def test_what_is_confidential_is_no_news_and_a_case_never_opened_neither(self):
        reader = make_user(Role.READER)
        note = make_note(self.case, confidential=True)
        self.client.force_login(reader)
        self.client.get(f"/cases/{self.case.reference}/")
        Note.objects.filter(pk=note.pk).update(text="Changed")
        make_charge(make_case("Never opened"))
        assert self.client.get("/cases/?news=1").context["filter"].qs.count() == 0

    def test_one_look_a_minute_is_written(self):
        self.client.force_login(self.editor)
        for _time in range(3):
            self.client.get(f"/cases/{self.case.reference}/")
        looks = self.case.looks.values_list("looked_at", flat=True)
        first = looks.get()
        self.client.get(f"/cases/{self.case.reference}/")
        assert looks.get() == first
        self.case.looks.update(looked_at=first - timedelta(minutes=2))
        self.client.get(f"/cases/{self.case.reference}/")
        assert looks.get() >= first


class WhoSeesWhat(History):
    def test_a_hidden_case_has_no_history_page(self):
        hidden = make_case("Hidden Person", access="team")
        self.history(reference=hidden.reference, status=404)
        self.history(self.editor, reference=hidden.reference)
        named = make_case("Hidden Person", access="named", team=[self.reader])
        self.history(self.editor, reference=named.reference, status=404)
        self.history(reference=named.reference)
        self.history(make_user(None), status=404)
        self.history(reference="C-ZZZZZZ", status=404)

    def test_confidential_records_are_in_no_history_of_others(self):
        secret = make_arrest(self.case, authority="Secret Authority", confidential=True)
        cite(secret, make_source("Secret source"))
        Arrest.objects.filter(pk=secret.pk).update(authority="Secret Authority Two")
        for user, sees in [(self.reader, False), (self.researcher, True), (self.editor, True)]:
            page = self.history(user)
            assert (b"Secret" in page.content) == sees
            assert ("arrest" in page.context["page"].kinds) == sees

    def test_confidential_records_stay_so_after_they_are_deleted(self):
        secret = make_arrest(self.case, authority="Secret Authority", confidential=True)
        cite(secret, make_source("Secret source"))
        Event.objects.filter(pk=secret.event_id).delete()
        assert "Secret" not in self.read() and "Secret" in self.read(self.editor)

    def test_making_a_record_confidential_hides_its_past_too(self):
        arrest = make_arrest(self.case, authority="Once public")
        assert "Once public" in self.read()
        Event.objects.filter(pk=arrest.event_id).update(confidential=True)
        assert "Once public" not in self.read() and "Once public" in self.read(self.researcher)

    def test_a_protected_source_is_a_protected_source_and_its_citation_tells_nothing_more(self):
        source = make_source("Protected title", publisher="Protected publisher", protected=True)
        arrest = make_arrest(self.case)
        citation = cite(arrest, source, quote="Protected words", said_by="Protected relative")
        cite(arrest, source, quote="Protected words too")
        Citation.objects.filter(pk=citation.pk).update(locator="Protected page")
        page = self.read()
        assert "A protected source for Arrest of 29 January 2015" in page and "Protected" not in page
        assert page.count("A protected source for") == 1
        assert "Protected words" in self.read(self.editor)

    def test_a_protected_source_that_another_cites_is_not_named(self):
        cite(make_arrest(self.case), make_source("Open report"), cites=make_source("Protected title", protected=True))
        page = self.read()
        assert "Open report" in page and "Protected title" not in page

    def test_a_reason_is_hidden_where_a_protected_source_or_a_contact_is_part_of_the_act(self):
        source = make_source("Protected title", protected=True)
        citation = cite(make_arrest(self.case), source)
        set_act(citation, 7, context={"username": "editor", "reason": "The sister told"})
        assert "The sister told" not in self.read() and "The sister told" in self.read(self.editor)
        lawyer = make_lawyer("A Lawyer", contact="Secret contact")
        make_representation(self.case, lawyer)
        set_act(lawyer, 8, context={"username": "editor", "reason": "New telephone 12345"})
        address = f"/lawyers/{lawyer.reference}/history/"
        assert "12345" not in text_of(self.get(address)) and "12345" in text_of(self.get(address, self.researcher))

    def test_a_contact_is_shown_to_researchers_only(self):
        lawyer = make_lawyer("A Lawyer", contact="Secret contact")
        make_representation(self.case, lawyer)
        Lawyer.objects.filter(pk=lawyer.pk).update(contact="Another secret")
        address = f"/lawyers/{lawyer.reference}/history/"
        assert "ecret" not in text_of(self.get(address))
        assert "Another secret" in text_of(self.get(address, self.researcher))
        change = lawyer.history.latest("pgh_id")
        assert "ecret" not in text_of(self.get(f"/changes/lawyer/{change.pk}/"))
        assert "ecret" not in text_of(self.get("/changes/"))

    def test_a_deleted_case_that_was_hidden_stays_hidden(self):
        hidden = make_case("Hidden Person", access="named", team=[self.researcher])
        make_arrest(hidden)
        hidden.delete()
        self.history(reference=hidden.reference, status=404)
        self.history(self.editor, reference=hidden.reference, status=404)
        self.history(self.researcher, reference=hidden.reference)

    def test_each_page_shows_exactly_what_the_rule_of_history_lets_the_reader_see(self):
        """The SQL that is kept for a role must be the rule of cases.models.changes, for whoever asks."""
        make_everything(self.case)
        make_arrest(self.case, confidential=True)
        Citation.objects.first().delete()
        hidden = make_case(access="team", team=[self.researcher])
        make_everything(hidden)
        Sentence.objects.filter(case=hidden).delete()
        other = make_user(Role.RESEARCHER)
        for user in (self.reader, other, self.researcher, self.editor, make_user(Role.ADMINISTRATOR)):
            for model in acts.tracked_models():
                sql, params = acts.rows_of(model, user)
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT r.pgh_id FROM ({sql}) AS r WHERE r.seen ORDER BY 1", params)
                    found = [pk for (pk,) in cursor.fetchall()]
                rows = model.pgh_event_model.objects.visible_to(user)
                if model is Event:
                    rows = rows.exclude(pgh_label="delete").exclude(pgh_label="insert", confidential=False)
                assert found == sorted(rows.values_list("pgh_id", flat=True)), (user.role, model)
            kept = acts.page_of(acts.of_case(self.case.pk, self.case.detainee_id, is_seen=True), user)
            assert kept.changes == sum(self.rows_by_rule(user)), user.role

    def rows_by_rule(self, user):
        for model in acts.tracked_models():
            rows = model.pgh_event_model.objects.visible_to(user)
            names = {field.name for field in model._meta.fields}
            if model is Event:
                rows = rows.exclude(pgh_label="delete").exclude(pgh_label="insert", confidential=False)
            if model is Case:
                yield rows.filter(pgh_obj=self.case.pk).count()
            elif model is Detainee:
                yield rows.filter(pgh_obj=self.case.detainee_id).count()
            elif "case" in names:
                yield rows.filter(case=self.case).count()
            if model.__name__ in ("Name", "Photo", "Citation"):
                yield rows.filter(detainee=self.case.detainee_id).count()


class OneChange(History):
    def test_it_has_the_whole_act_and_the_record_before_after_and_now(self):
        release = make_release(self.case, authority="President")
        cite(release, make_source("A report"))
        Release.objects.filter(pk=release.pk).update(authority="Parliament")
        Release.objects.filter(pk=release.pk).update(authority="Government")
        change = release.history.order_by("pgh_id")[1]
        response = self.get(f"/changes/release/{change.pk}/")
        state = next(state for state in response.context["focus"].fields if state.label == "Decided by")
        assert (state.before, state.after, state.now, state.changed) == ("President", "Parliament", "Government", True)
        page = text_of(response)
        assert "Changed at the same time" in page and "Source “A report”" in page and self.case.reference in page

    def test_a_deleted_record_is_not_there_now(self):
        hearing = make_hearing(self.case, outcome="Adjourned")
        pk = hearing.pk
        hearing.delete()
        change = Hearing.pgh_event_model.objects.get(pgh_obj=pk, pgh_label="delete")
        response = self.get(f"/changes/hearing/{change.pk}/", self.editor)
        assert not response.context["focus"].is_there
        self.assertContains(response, f"/changes/hearing/{change.pk}/restore/")
        self.assertNotContains(self.get(f"/changes/hearing/{change.pk}/"), "/restore/")

    def test_what_is_hidden_missing_or_no_kind_is_404(self):
        secret = make_arrest(self.case, confidential=True)
        change = secret.history.first()
        self.get(f"/changes/arrest/{change.pk}/", status=404)
        self.get(f"/changes/arrest/{change.pk}/", self.editor)
        self.get("/changes/arrest/99999999/", status=404)
        self.get("/changes/arrest/99999999999999999999/", status=404)
        self.get("/changes/nonsense/1/", status=404)
        self.get("/changes/look/1/", status=404)
        self.get(f"/changes/case/{self.case.history.first().pk}/", make_user(None), status=404)
        self.get(f"/changes/case/{self.case.history.first().pk}/", status=404, page="99")
        self.get(f"/changes/case/{self.case.history.first().pk}/", status=400, nonsense="1")

    def test_the_event_that_the_database_makes_with_each_record_has_no_page(self):
        event = make_arrest(self.case).event
        response = self.get(f"/changes/event/{event.history.first().pk}/")
        assert response.context["focus"].change.kind == "event"

    def test_an_act_of_two_hundred_changes_costs_the_queries_of_one_of_three(self):
        notes = Note.objects.bulk_create([Note(case=self.case, text=f"Note number {n}.") for n in range(3)])
        address = f"/changes/note/{Note.pgh_event_model.objects.get(pgh_obj=notes[0].pk).pk}/"
        self.get(address)
        with CaptureQueriesContext(connection) as few:
            self.client.get(address)
        Note.objects.bulk_create([Note(case=self.case, text=f"Note number {n}.") for n in range(200)])
        with self.assertNumQueries(len(few)):
            page = self.client.get(address)
        assert page.context["act"].size > 200
        self.assertContains(self.client.get(address, {"page": 2}), "Note number")

    def test_roles_and_users_are_for_administrators(self):
        administrator = make_user(Role.ADMINISTRATOR)
        change = self.reader.history.first()
        self.get(f"/changes/user/{change.pk}/", self.editor, status=404)
        page = text_of(self.get(f"/changes/user/{change.pk}/", administrator))
        assert "User “reader”" in page and "Role of reader" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "thing", ["person", "lawyer", "source", "proceeding", "place", "court", "provision", "list", "organisation"]
)
def test_each_thing_has_a_history_page_also_after_it_was_deleted(client, thing):
    editor = make_user(Role.EDITOR)
    client.force_login(editor)
    words = {"person": "people"}.get(thing, f"{thing}s")
    make = {
        "person": lambda: make_detainee("Thing of history"),
        "lawyer": lambda: make_lawyer("Thing of history"),
        "source": lambda: make_source("Thing of history", protected=True),
        "proceeding": lambda: make_proceeding("Thing of history"),
        "place": lambda: make_place("Thing of history"),
        "court": lambda: make_court("Thing of history"),
        "provision": lambda: make_provision("777", title="Thing of history"),
        "list": lambda: make_list("Thing of history"),
        "organisation": lambda: make_organisation("Thing of history"),
    }[thing]
    made = make()
    if thing == "source":
        made.source_keepers.create(user=editor)
    address = f"/{words}/{getattr(made, 'reference', made.pk)}/"
    assert f"{address}history/" in client.get(address).content.decode()
    page = text_of(client.get(f"{address}history/"))
    assert "Thing of history" in page and "added" in page
    made.delete()
    assert client.get(address).status_code == 404
    page = text_of(client.get(f"{address}history/"))
    assert "This is deleted." in page and "deleted" in page and "Thing of history" in page
    assert client.get(f"/{words}/{'X-ZZZZZZ' if hasattr(made, 'reference') else 99999999}/history/").status_code == 404
    assert client.get(f"{address}history/", {"kind": "nonsense"}).status_code == 400
    client.force_login(make_user(None))
    assert client.get(f"{address}history/").status_code == 404


@pytest.mark.django_db
def test_the_history_of_a_thing_has_no_changes_of_another(client):
    client.force_login(make_user(Role.READER))
    one, _other = make_place("One place"), make_place("Other place")
    page = text_of(client.get(f"/places/{one.pk}/history/"))
    assert "One place" in page and "Other place" not in page
