"""Pages of places."""

import pytest

from cases.models import Place
from tests.factories import make_arrest, make_case, make_detainee, make_detention, make_place, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def held(client):
    return {place.name: place.held for place in client.get("/places/").context["page"]}


def test_held_there_now_counts_people_once_and_only_those_of_visible_cases(client, researcher):
    place, person = make_place("Remand prison"), make_detainee()
    make_detention(make_case(person), place=place, began="2020")
    make_detention(make_case(person), place=place, began="2021")
    make_detention(make_case(), place=place, began="2019", ended="2020")
    make_detention(make_case(access="named"), place=place, began="2020")
    make_detention(make_case(), place=place, began="2020", confidential=True)
    assert held(client) == {"Remand prison": 1}
    assert client.get(f"/places/{place.pk}/").context["held"] == 1


def test_a_place_is_found_by_another_name_in_another_script(client, researcher):
    make_place("Remand prison no. 1", aliases=["СИЗО-1 Симферополь"])
    assert "Remand prison no. 1" in client.get("/places/", {"q": "simferopol"}).content.decode()


def test_the_page_shows_cases_with_an_arrest_or_a_stay_there_that_everybody_may_count(client, researcher):
    place = make_place()
    arrested, stayed, hidden = make_case(), make_case(), make_case(access="team")
    make_arrest(arrested, place=place)
    make_detention(stayed, place=place)
    make_detention(hidden, place=place)
    quiet = make_case()
    make_arrest(quiet, place=place, confidential=True)
    response = client.get(f"/places/{place.pk}/")
    assert {row.case.pk for row in response.context["rows"]} == {arrested.pk, stayed.pk}
    assert response.context["case_count"].number == 2


def test_a_researcher_adds_and_changes_a_place(client, researcher):
    data = {"name": "Remand prison", "kind": "remand_prison", "aliases": "СИЗО-1\nSIZO-1\n\nSIZO-1", "country": "UA"}
    place_address = client.post("/places/add/", data).url
    place = Place.objects.get()
    assert place_address == f"/places/{place.pk}/"
    assert (place.aliases, place.created_by) == (["СИЗО-1", "SIZO-1"], researcher)
    data |= {"version": str(place.version), "controlling_power": "RU", "reason": "since 2014"}
    assert client.post(f"/places/{place.pk}/edit/", data).status_code == 302
    place.refresh_from_db()
    assert place.controlling_power == "RU"
    assert place.history.latest("pgh_id").pgh_context["reason"] == "since 2014"


def test_one_coordinate_alone_is_refused(client, researcher):
    response = client.post("/places/add/", {"name": "A", "kind": "other", "latitude": "44.9"})
    assert "longitude" in str(response.context["form"].errors)


def test_a_place_in_use_is_not_deleted_and_hidden_uses_are_not_counted(client, researcher):
    place = make_place()
    make_arrest(make_case(access="named"), place=place)
    assert "It is used and cannot be deleted." in client.post(f"/places/{place.pk}/delete/").content.decode()
    make_arrest(make_case(), place=place)
    assert (
        "used by 1 record that you can see, and perhaps" in client.get(f"/places/{place.pk}/delete/").content.decode()
    )
    assert Place.objects.exists()


def test_a_place_that_nothing_uses_is_deleted(client, researcher):
    place = make_place()
    assert client.post(f"/places/{place.pk}/delete/", {"reason": "Nobody was there"}).url == "/places/"
    assert not Place.objects.exists()


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30, "9" * 5000])
def test_an_address_of_no_place_is_a_404(client, researcher, pk):
    assert client.get(f"/places/{pk}/").status_code == 404
