"""The admin site: what is done to many rows is looked at first, done as one act with a reason, or not done at all."""

import re
import threading
from datetime import date

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.admin.bulk import Chosen, Work, look_at
from cases.admin.edits import edits_of
from cases.models import Arrest, Case, CaseTag, Place, Source, TeamMember, Term
from tests.factories import make_arrest, make_case, make_place, make_source, make_user
from tests.test_admin import address

REASON = {"reason": "Looked at together"}


@pytest.fixture
def me(client):
    me = make_user("Administrator", username="me")
    client.force_login(me)
    return me


def bulk(model, name):
    return reverse(f"admin:cases_{model._meta.model_name}_bulk", args=[name])


def choose(browser, rows, name, query=""):
    """Choose rows in the list; return the page that this leads to."""
    model = type(rows[0])
    sent = {"action": name, "index": 0, "_selected_action": [row.pk for row in rows]}
    return browser.post(address(model, "changelist") + query, sent)


def look(browser, rows, name, **values):
    """Go on to the page that says what would change."""
    page = choose(browser, rows, name)
    return browser.post(bulk(type(rows[0]), name), {"chosen": page.context["chosen"], "look": "1", **values})


def carry_out(browser, page, name, model=Case, **values):
    """Carry out what a page says; return the whole answer as text."""
    sent = {"chosen": page.context["chosen"], "do": "1", **REASON, **values}
    return told(browser.post(bulk(model, name), sent))


def told(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


def make_cases(number, **fields):
    return [make_case(f"Person {n}", **fields) for n in range(number)]


@pytest.mark.django_db
class TestChoosing:
    def test_the_page_says_what_would_change_and_nothing_is_changed_yet(self, client, me):
        cases = [*make_cases(2, stage="draft"), make_case("Done", stage="verified")]
        page = look(client, cases, "set_stage", stage="verified")
        html = page.content.decode()
        assert len(page.context["looked"].keys) == 2
        assert page.context["looked"].stays == [("have it already", 1)]
        assert "Person 0" in html
        assert "Change 2 rows" in html
        assert set(Case.objects.values_list("stage", flat=True)) == {"draft", "verified"}

    def test_the_whole_question_can_be_chosen(self, client, me):
        make_cases(3, stage="draft")
        others = make_cases(2, stage="in_review")
        sent = {"action": "set_stage", "index": 0, "select_across": "1", "_selected_action": [others[0].pk]}
        page = client.post(address(Case, "changelist") + "?stage=draft", sent)
        assert page.context["rows_chosen"] == 3
        page = client.post(
            bulk(Case, "set_stage"), {"chosen": page.context["chosen"], "look": "1", "stage": "verified"}
        )
        carry_out(client, page, "set_stage", stage="verified")
        assert Case.objects.filter(stage="verified").count() == 3
        assert page.context["list_url"].endswith("?stage=draft")

    def test_a_reason_is_asked_for(self, client, me):
        cases = make_cases(1)
        page = look(client, cases, "set_stage", stage="verified")
        assert "Say why." in carry_out(client, page, "set_stage", stage="verified", reason=" ")
        assert Case.objects.get().stage == "draft"

    def test_a_value_that_is_none_is_asked_for_again(self, client, me):
        page = look(client, make_cases(1), "set_stage", stage="nonsense")
        assert page.status_code == 200
        assert "looked" not in page.context

    def test_thousands_of_rows_travel_as_one_short_field(self, me):
        chosen = Chosen(list(range(1, 50_000, 3)), [1] * 16_667, "q=a")
        packed = chosen.packed("salt")
        assert len(packed) < 5_000
        assert Chosen.unpacked(packed, "salt") == chosen

    @pytest.mark.parametrize("chosen", ["", "nonsense", "a:b:c", "0" * 5000])
    def test_a_choice_that_was_not_made_here_is_a_400(self, client, me, chosen):
        assert client.post(bulk(Case, "set_stage"), {"chosen": chosen, "do": "1"}).status_code == 400

    def test_a_choice_is_good_for_its_edit_and_its_user_alone(self, client, me):
        chosen = choose(client, make_cases(1), "set_stage").context["chosen"]
        assert client.post(bulk(Case, "add_tag"), {"chosen": chosen}).status_code == 400
        client.force_login(make_user("Administrator", username="colleague"))
        assert client.post(bulk(Case, "set_stage"), {"chosen": chosen}).status_code == 400

    def test_keys_that_are_none_are_a_400_and_an_unknown_edit_is_not_there(self, client, me):
        sent = {"action": "set_stage", "index": 0, "_selected_action": ["nonsense"]}
        assert client.post(address(Case, "changelist"), sent).status_code == 400
        assert client.post(bulk(Case, "nonsense")).status_code == 404
        assert client.get(bulk(Case, "set_stage")).status_code == 302

    def test_it_is_not_there_for_an_editor(self, client):
        client.force_login(make_user("Editor"))
        assert client.post(bulk(Case, "set_stage")).status_code == 404

    def test_many_rows_cost_the_queries_of_few(self, client, me):
        few, many = make_cases(2), make_cases(25)
        look(client, few, "set_stage", stage="verified")
        with CaptureQueriesContext(connection) as two:
            look(client, few, "set_stage", stage="verified")
        with CaptureQueriesContext(connection) as all_of_them:
            look(client, many, "set_stage", stage="verified")
        assert len(all_of_them) == len(two)


@pytest.mark.django_db
class TestCarryingOut:
    def test_it_tells_its_progress_and_keeps_who_and_why(self, client, me, monkeypatch):
        monkeypatch.setattr("cases.admin.edits.SetField.at_once", 2)
        cases = make_cases(5)
        page = look(client, cases, "set_stage", stage="verified")
        html = carry_out(client, page, "set_stage", stage="verified")
        assert re.findall(r"<span>(\d of 5)</span>", html) == ["0 of 5", "2 of 5", "4 of 5", "5 of 5"]
        assert "5 rows were changed." in html
        assert html.rstrip().endswith("</html>")
        assert " style=" not in html
        changes = Case.pgh_event_model.objects.filter(pgh_label="update", stage="verified")
        assert changes.count() == 5
        expected = {"user": me.pk, "username": "me", "url": bulk(Case, "set_stage"), "reason": REASON["reason"]}
        assert all(change.pgh_context == expected for change in changes)
        assert {case.updated_by for case in Case.objects.all()} == {me}
        act = re.search(r'href="(/changes/case/\d+/)"', html)[1]
        assert client.get(act).status_code == 200

    def test_all_of_it_can_be_undone(self, client, me):
        cases = make_cases(3)
        html = carry_out(client, look(client, cases, "set_stage", stage="verified"), "set_stage", stage="verified")
        assert re.search(r'href="/changes/case/\d+/undo/"', html)

    def test_a_case_that_was_hidden_meanwhile_is_left_alone(self, client, me):
        cases = make_cases(2)
        page = look(client, cases, "set_stage", stage="verified")
        Case.objects.filter(pk=cases[0].pk).update(access="named")
        html = carry_out(client, page, "set_stage", stage="verified")
        assert "1 row was changed." in html
        assert "1 row was left out" in html
        assert "Person 0" not in html
        assert Case.objects.get(pk=cases[0].pk).stage == "draft"

    def test_hidden_rows_among_the_keys_are_as_missing(self, client, me):
        hidden, seen = make_case("Hidden Person", access="named"), make_case("Seen Person")
        page = look(client, [hidden, seen], "set_stage", stage="verified")
        assert page.context["looked"].keys == [seen.pk]
        assert "Hidden" not in page.content.decode()

    def test_a_row_that_somebody_changed_since_is_left_out_and_named(self, client, me):
        cases = make_cases(2)
        page = look(client, cases, "set_stage", stage="verified")
        cases[1].summary = "New"
        cases[1].save()
        html = carry_out(client, page, "set_stage", stage="verified")
        assert "1 row was left out" in html
        assert "Person 1" in html
        assert list(Case.objects.order_by("pk").values_list("stage", flat=True)) == ["verified", "draft"]

    def test_markup_in_what_is_told_is_only_text(self, client, me):
        case = make_case("<b>bold</b>", stage="draft")
        page = look(client, [case], "set_stage", stage="verified")
        assert "<b>bold" not in page.content.decode()
        case.summary = "New"
        case.save()
        html = carry_out(client, page, "set_stage", stage="verified", reason="<i>why</i>")
        assert "<b>bold" not in html
        assert "<i>why" not in html

    def test_tags_and_members_are_added_once_and_removed(self, client, me):
        tag = Term.objects.create(kind="tag", name="Urgent", slug="urgent-now")
        cases = make_cases(3)
        CaseTag.objects.create(case=cases[0], term=tag)
        page = look(client, cases, "add_tag", term=tag.pk)
        assert page.context["looked"].stays == [("have it already", 1)]
        carry_out(client, page, "add_tag", term=tag.pk)
        assert CaseTag.objects.filter(term=tag).count() == 3
        carry_out(client, look(client, cases[:2], "remove_tag", term=tag.pk), "remove_tag", term=tag.pk)
        assert CaseTag.objects.get(term=tag).case == cases[2]
        carry_out(client, look(client, cases, "add_member", user=me.pk), "add_member", user=me.pk)
        assert TeamMember.objects.filter(user=me).count() == 3

    def test_nobody_loses_sight_of_a_case_by_it(self, client, me):
        reader = make_user("Reader", username="reader")
        with_me = make_case("Mine", team=[me])
        cases = [with_me, make_case("Others"), make_case("Assigned", team=[me], assignee=reader)]
        page = look(client, cases, "set_access", access="named")
        assert page.context["looked"].keys == [with_me.pk]
        page = look(client, [cases[2]], "set_access", access="team")
        assert page.context["looked"].keys == []
        named = make_case("Named", team=[me], access="named")
        assert look(client, [named], "remove_member", user=me.pk).context["looked"].keys == []
        assert look(client, [named], "set_assignee", assignee=reader.pk).context["looked"].keys == []

    def test_a_later_confirmation_stays(self, client, me):
        cases = [make_case("A"), make_case("B", last_confirmed_on=date(2026, 5, 5))]
        page = look(client, cases, "confirm", day="2026-01-01")
        carry_out(client, page, "confirm", day="2026-01-01")
        found = list(Case.objects.order_by("pk").values_list("last_confirmed_on", flat=True))
        assert found == [date(2026, 1, 1), date(2026, 5, 5)]

    def test_a_situation_is_not_confirmed_on_a_day_to_come(self, client, me):
        page = look(client, make_cases(1), "confirm", day="2999-01-01")
        assert "looked" not in page.context

    def test_sources_are_found_reliable_together(self, client, me):
        sources = [make_source("One"), make_source("Two")]
        page = look(client, sources, "set_reliability", reliability="likely")
        carry_out(client, page, "set_reliability", Source, reliability="likely")
        assert set(Source.objects.values_list("reliability", flat=True)) == {"likely"}


@pytest.mark.django_db
class TestDeleting:
    def test_it_says_what_goes_with_it_and_what_stays(self, client, me):
        arrests = [make_arrest(make_case()), make_arrest(make_case())]
        page = choose(client, [arrest.case for arrest in arrests], "delete_selected")
        assert ("Arrests", 2) in page.context["looked"].goes
        html = carry_out(client, page, "delete_selected")
        assert "2 rows were deleted." in html
        assert not Case.objects.exists()
        gone = Arrest.pgh_event_model.objects.filter(pgh_label="delete")
        assert {change.pgh_context["reason"] for change in gone} == {REASON["reason"]}

    def test_what_others_use_stays_and_nothing_hidden_is_named(self, client, me):
        used, free = make_place("Used"), make_place("Free")
        make_arrest(make_case("Hidden Person", access="named"), place=used, authority="secret service")
        page = choose(client, [used, free], "delete_selected")
        assert page.context["looked"].stays == [("are used by other records", 1)]
        assert "Hidden" not in page.content.decode()
        carry_out(client, page, "delete_selected", Place)
        assert Place.objects.get() == used


# Two at once, and in the middle


@pytest.mark.django_db(transaction=True)
def test_if_the_reader_goes_away_in_the_middle_nothing_is_changed(client, monkeypatch):
    monkeypatch.setattr("cases.admin.edits.SetField.at_once", 2)
    client.force_login(make_user("Administrator"))
    page = look(client, make_cases(6), "set_stage", stage="verified")
    answer = client.post(
        bulk(Case, "set_stage"), {"chosen": page.context["chosen"], "do": "1", "stage": "verified", **REASON}
    )
    pieces = iter(answer.streaming_content)
    while "4 of 6" not in next(pieces).decode():
        pass
    answer.close()
    assert set(Case.objects.values_list("stage", flat=True)) == {"draft"}
    assert not Case.pgh_event_model.objects.filter(stage="verified").exists()


@pytest.mark.django_db(transaction=True)
def test_if_the_database_refuses_in_the_middle_nothing_is_changed_and_it_is_said(client, monkeypatch):
    monkeypatch.setattr("cases.admin.edits.SetField.at_once", 2)
    client.force_login(make_user("Administrator"))
    cases = make_cases(4)
    page = look(client, cases, "set_stage", stage="verified")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; "
            f"CREATE TRIGGER refuse BEFORE UPDATE ON cases_case FOR EACH ROW WHEN (OLD.id = {cases[3].pk}) "
            "EXECUTE FUNCTION refuse()"
        )
    try:
        html = carry_out(client, page, "set_stage", stage="verified")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON cases_case; DROP FUNCTION refuse()")
    assert "2 of 4" in html
    assert "Nothing was changed." in html
    assert "were changed" not in html
    assert html.rstrip().endswith("</html>")
    assert set(Case.objects.values_list("stage", flat=True)) == {"draft"}


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_second_leaves_out_what_the_first_changed():
    people = [make_user("Administrator", username=name) for name in ("one", "two")]
    make_cases(8)
    edit, locked, go_on, told_by = edits_of(Case, deletable=True)["set_stage"], threading.Event(), threading.Event(), {}
    keys = list(Case.objects.order_by("pk").values_list("pk", flat=True))

    def work_of(user, data):
        seen = look_at(Case, user, edit, data, Chosen(keys, [], ""))
        return Work(Case, user, edit, data, Chosen(seen.keys, seen.marks, ""), "both")

    works = [work_of(people[0], {"stage": "verified"}), work_of(people[1], {"stage": "in_review"})]

    def second():
        locked.wait(10)
        with transaction.atomic(), works[1].context("/two/"):
            go_on.set()
            list(works[1].batches())
        told_by["second"] = works[1]
        connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic(), works[0].context("/one/"):
        list(works[0].batches())
        locked.set()
        go_on.wait(10)
    thread.join(20)
    assert set(Case.objects.values_list("stage", flat=True)) == {"verified"}
    assert (works[0].changed, told_by["second"].changed, len(told_by["second"].moved)) == (8, 0, 8)


@pytest.mark.django_db(transaction=True)
def test_the_role_of_the_application_may_do_all_of_it(as_application):
    browser = Client()
    browser.force_login(make_user("Administrator"))
    cases = make_cases(3)
    html = carry_out(browser, look(browser, cases, "set_stage", stage="verified"), "set_stage", stage="verified")
    assert "3 rows were changed." in html
    html = carry_out(browser, choose(browser, cases, "delete_selected"), "delete_selected")
    assert "3 rows were deleted." in html
