"""The feed of all changes: newest acts first, of what the reader sees, narrowed by kind, person and days, page by page."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.history import acts
from cases.models import Note, Role
from tests.factories import (
    make_arrest,
    make_case,
    make_lawyer,
    make_note,
    make_place,
    make_release,
    make_source,
    make_user,
)
from tests.test_history import History, apart, set_act, text_of


class Feed(History):
    def feed(self, user=None, status=200, **query):
        return self.get("/changes/", user, status, **query)

    def read(self, user=None, **query):
        return text_of(self.feed(user, **query))

    def test_the_newest_act_comes_first_with_its_case_its_author_and_its_reason(self):
        older, newer = make_arrest(self.case), make_release(self.case)
        set_act(older, 1, ago=timedelta(days=2), context={"username": "editor", "reason": "An older reason"})
        set_act(newer, 2, ago=timedelta(days=1))
        page = self.read()
        places = [page.index(words) for words in ["Release of 25", "Arrest of 29", "Olha Editor", "“An older reason”"]]
        assert places[0] < places[1] < places[3] and places[2] < places[3]
        assert f"{self.case.reference} Nadia Invented" in page

    def test_what_is_hidden_is_not_there_for_those_who_may_not_see_it(self):
        hidden = make_case("Hidden Person", access="team")
        make_arrest(hidden, authority="Hidden Authority")
        make_arrest(self.case, authority="Confidential Authority", confidential=True)
        make_source("Protected Title", protected=True)
        named = make_case("Named Person", access="named")
        make_note(named, "Named note")
        page = self.feed().content.decode()
        for words in ["Hidden", "Confidential", "Protected", "Named", hidden.reference, named.reference]:
            assert words not in page, words
        page = self.feed(self.editor).content.decode()
        assert "Hidden" in page and "Named" not in page

    def test_hidden_acts_leave_no_gap(self):
        """More hidden acts than are looked at first lie before the one that is seen."""
        hidden = make_case(access="named")
        seen = make_note(self.case, "Seen note")
        Note.objects.bulk_create([Note(case=hidden, text="x") for _one in range(acts.CANDIDATES + 20)])
        apart("note")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in ("case", "detainee", "name", "event", "term", "user", "usergroup", "teammember"):
                cursor.execute(f"UPDATE cases_{table}event SET pgh_created_at = '2001-01-01'")
            cursor.execute("UPDATE cases_noteevent SET pgh_created_at = '2002-01-01' WHERE pgh_obj_id = %s", [seen.pk])
            cursor.execute("SET LOCAL session_replication_role = origin")
        found, more = acts.latest(self.reader, kind="note")
        assert [act.size for act in found] == [1] and not more
        assert "Seen note" in self.read(kind="note")

    def test_the_filters_narrow(self):
        arrest, release = make_arrest(self.case), make_release(self.case)
        lawyer = make_lawyer("Lawyer Name")
        for number, record in enumerate([lawyer, lawyer.names.get(), self.case.detainee.names.get()]):
            set_act(record, 10 + number, ago=timedelta(days=10 + number))
        set_act(arrest, 1, ago=timedelta(days=3), context={"username": "editor"})
        set_act(release, 2, ago=timedelta(days=1))
        assert "Release of" not in self.read(kind="arrest") and "Arrest of" in self.read(kind="arrest")
        assert "Release of" not in self.read(person="editor") and "Arrest of" in self.read(person="editor")
        assert "Arrest of" not in self.read(person="outside", kind="arrest")
        day = timezone.localtime(timezone.now() - timedelta(days=3)).date()
        after = (day + timedelta(days=1)).isoformat()
        assert "Release of" not in self.read(day=day.isoformat()) and "Arrest of" in self.read(day=day.isoformat())
        assert "Release of" not in self.read(to=day.isoformat()) and "Arrest of" in self.read(to=day.isoformat())
        assert "Arrest of" not in self.read(**{"from": after}) and "Release of" in self.read(**{"from": after})
        assert "Lawyer Name" in self.read(kind="lawyer") and "Nadia" not in self.read(kind="lawyer")
        assert "Nadia" in self.read(kind="person") and lawyer.main_name not in self.read(kind="person")

    def test_nothing_found_is_said(self):
        assert "Nothing was changed that fits" in self.read(day="2001-01-01")
        assert "No change is recorded that you can see" in self.read(make_user(None))

    def test_wrong_parameters_are_refused(self):
        for query in [
            {"kind": "nonsense"}, {"from": "x"}, {"to": "2017-13-01"}, {"before": "yesterday"}, {"nonsense": "1"},
            {"before": "2017-01-01"}, {"before": "2017-01-01T10:00"}, {"before": "0001-01-01T00:00+00:00"},
            {"from": "2017-02-01", "to": "2017-01-01"}, {"day": ["2017-01-01", "2017-01-02"]}, {"person": "x" * 151},
        ]:  # fmt: skip
            self.feed(status=400, **query)

    def test_it_goes_on_where_the_page_ends(self):
        for number in range(acts.PER_PAGE + 3):
            make_note(self.case, f"Note number {number}.")
        apart("note")
        first = self.feed(kind="note")
        earlier = first.context["earlier"]
        assert earlier and text_of(first).count("Note: Note number") == acts.PER_PAGE
        second = self.feed(kind="note", before=earlier)
        assert text_of(second).count("Note: Note number") == 3 and not second.context["earlier"]

    def test_an_edit_of_many_cases_is_one_entry_and_leads_to_all_of_it(self):
        for _number in range(4):
            make_case(self.case.detainee)
        page = self.feed(kind="case")
        act = page.context["days"][0][1][0]
        assert act.cases == 5 and "5 cases" in text_of(page)
        assert self.client.get(act.url).status_code == 200

    def test_users_and_roles_are_there_for_administrators_only(self):
        assert "Role of" not in self.read(self.editor, kind="user")
        assert "Role of" in self.read(make_user(Role.ADMINISTRATOR), kind="user")
        self.assertNotContains(self.feed(), 'value="user"')

    def test_a_hundred_acts_cost_the_queries_of_three(self):
        def notes(number):
            Note.objects.bulk_create([Note(case=self.case, text=f"Note {one}.") for one in range(number)])
            apart("note", "place", "case")

        make_place()
        self.feed()  # what is written after a request in this transaction has its user
        notes(3)
        self.feed()
        with CaptureQueriesContext(connection) as few:
            self.client.get("/changes/")
        number = len(few)
        notes(97)
        self.client.get("/cases/")  # now and then the session is written
        with self.assertNumQueries(number):
            self.client.get("/changes/")
        assert number < 30, number

    def test_the_first_page_leads_to_it(self):
        make_note(self.case)
        self.assertContains(self.get("/"), 'href="/changes/"')
