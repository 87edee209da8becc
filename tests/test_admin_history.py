"""The admin site: the history of a record with reasons and the ways back, and what was deleted of each model."""

import re

import pghistory
import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Arrest, Case, Citation, Detainee, Place, Source, User
from tests.factories import cite, make_arrest, make_case, make_detainee, make_place, make_source, make_user
from tests.test_admin import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    me = make_user("Administrator", username="me")
    client.force_login(me)
    return me


def gone(row, reason="Entered twice", user="me"):
    with pghistory.context(reason=reason, username=user):
        row.delete()


def deleted(model):
    return reverse(f"admin:cases_{model._meta.model_name}_deleted")


class TestHistory:
    def test_it_says_who_changed_what_and_why_and_leads_to_undoing_it(self, client, me):
        case = make_case("Somebody")
        with pghistory.context(reason="A letter came", username="me", user=me.pk):
            case.summary = "New words"
            case.save()
        html = client.get(address(Case, "history", case.pk)).content.decode()
        assert "A letter came" in html
        assert "New words" in html
        assert re.search(r'href="/changes/case/\d+/undo/"', html)

    def test_a_record_and_a_thing_have_theirs(self, client, me):
        arrest = make_arrest(make_case(), place=make_place("Old name"))
        arrest.place.name = "New name"
        arrest.place.save()
        assert "New name" in client.get(address(Place, "history", arrest.place.pk)).content.decode()
        assert client.get(address(Arrest, "history", arrest.pk)).status_code == 200

    def test_the_way_back_to_a_filtered_list_is_no_parameter_of_it(self, client, me):
        case = make_case()
        assert client.get(address(Case, "history", case.pk), {"_changelist_filters": "stage=draft"}).status_code == 200

    @pytest.mark.parametrize("query", [{"nonsense": "1"}, {"kind": "nonsense"}, {"day": "yesterday"}])
    def test_a_parameter_that_is_none_is_a_400(self, client, me, query):
        assert client.get(address(Case, "history", make_case().pk), query).status_code == 400

    def test_a_hidden_record_has_none(self, client, me):
        hidden = make_case("Hidden Person", access="named")
        answer = client.get(address(Case, "history", hidden.pk), follow=True)
        assert "Hidden Person" not in answer.content.decode()
        assert answer.context["request"].path == "/admin/"


class TestDeleted:
    def test_it_names_what_was_deleted_by_whom_and_why_and_leads_to_bringing_it_back(self, client, me):
        place = make_place("Colony no. 5")
        gone(place)
        html = client.get(deleted(Place)).content.decode()
        change = Place.pgh_event_model.objects.get(pgh_label="delete")
        assert "Colony no. 5" in html
        assert "Entered twice" in html
        assert reverse("change-restore", args=["place", change.pk]) in html
        assert deleted(Place) in client.get(address(Place, "changelist")).content.decode()

    def test_what_has_come_back_is_not_there(self, client, me):
        place = make_place("Colony no. 5")
        gone(place)
        change = Place.pgh_event_model.objects.get(pgh_label="delete")
        page = client.get(reverse("change-restore", args=["place", change.pk]))
        sent = {"reason": "It was right", "plan": page.context["plan"].digest}
        assert client.post(reverse("change-restore", args=["place", change.pk]), sent).status_code == 302
        assert Place.objects.get().name == "Colony no. 5"
        assert "Colony no. 5" not in client.get(deleted(Place)).content.decode()

    def test_nothing_of_a_hidden_case_is_there(self, client, me):
        hidden, seen = make_arrest(make_case("Hidden", access="named")), make_arrest(make_case("Seen"))
        for arrest in (hidden, seen):
            gone(arrest)
        html = client.get(deleted(Arrest)).content.decode()
        assert "Seen" in html
        assert "Hidden" not in html

    def test_a_deleted_case_is_there_and_a_deleted_citation_with_its_case(self, client, me):
        case = make_case("Somebody")
        citation = cite(make_arrest(case), make_source("A paper"))
        gone(citation)
        assert case.reference in client.get(deleted(Citation)).content.decode()
        gone(case)
        assert case.reference in client.get(deleted(Case)).content.decode()

    def test_it_is_paged_and_many_cost_the_queries_of_few(self, client, me, monkeypatch):
        for number in range(3):
            gone(make_place(f"Place {number}"))
        client.get(deleted(Place))
        with CaptureQueriesContext(connection) as few:
            client.get(deleted(Place))
        for number in range(3, 12):
            gone(make_place(f"Place {number}"))
        with CaptureQueriesContext(connection) as many:
            client.get(deleted(Place))
        assert len(many) == len(few)
        monkeypatch.setattr("cases.admin.history.PER_PAGE", 10)
        first = client.get(deleted(Place))
        assert "Place 2" in first.content.decode()
        second = client.get(deleted(Place), {"before": first.context["older"]}).content.decode()
        assert "Place 1" in second
        assert "Place 2" not in second

    @pytest.mark.parametrize("query", [{"before": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"nonsense": "1"}])
    def test_a_parameter_that_is_none_is_a_400(self, client, me, query):
        assert client.get(deleted(Place), query).status_code == 400

    def test_it_is_there_for_each_model_whose_rows_can_come_back_and_for_administrators_alone(self, client, me):
        models = [model for model, one in admin.site._registry.items() if getattr(one, "keeps_deleted", False)]
        assert {Case, Detainee, Source, Place, Arrest, Citation} <= set(models)
        assert User not in models
        for model in models:
            assert client.get(deleted(model)).status_code == 200, model
        client.force_login(make_user("Editor"))
        assert client.get(deleted(Case)).status_code == 404


class TestDeleting:
    def test_it_says_what_goes_with_it_in_the_words_of_the_page(self, client, me):
        arrest = make_arrest(make_case())
        cite(arrest, make_source())
        html = client.get(address(Arrest, "delete", arrest.pk)).content.decode()
        assert "Citations: 1. Their sources stay." in html
        html = client.get(address(Case, "delete", arrest.case.pk)).content.decode()
        assert "With it goes" in html
        assert "<dt>Arrest</dt><dd>1</dd>" in html

    def test_nothing_goes_with_what_stands_alone(self, client, me):
        person = make_detainee("Somebody")
        person.names.exclude(kind="main").delete()
        html = client.get(address(Place, "delete", make_place().pk)).content.decode()
        assert "Nothing else goes with it." in html


def test_making_an_account_asks_why_and_keeps_it(client, me):
    sent = {
        "username": "new",
        "usable_password": "true",
        "password1": "a-long-password-2",
        "password2": "a-long-password-2",
    }
    assert 'name="reason"' in client.get(address(User, "add")).content.decode()
    assert client.post(address(User, "add"), sent | {"reason": "Joins the team"}).status_code == 302
    assert (
        User.pgh_event_model.objects.get(username="new", pgh_label="insert").pgh_context["reason"] == "Joins the team"
    )
