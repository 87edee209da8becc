"""Pages of courts."""

import pytest

from cases.models import Court
from tests.factories import make_case, make_court, make_hearing, make_place, make_sentence, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def test_hearings_and_sentences_are_counted_over_visible_cases(client, researcher):
    court = make_court("Supreme Court of Crimea")
    make_hearing(make_case(), court=court)
    make_hearing(make_case(access="named"), court=court)
    make_sentence(make_case(), court=court)
    make_sentence(make_case(), court=court, confidential=True)
    listed = client.get("/courts/").context["page"][0]
    assert (listed.hearing_count, listed.sentence_count) == (1, 1)
    assert client.get(f"/courts/{court.pk}/").context["case_count"].number == 2


def test_a_court_is_found_by_a_name_that_sources_use(client, researcher):
    make_court("Kyiv District Court of Simferopol", aliases=["Киевский районный суд"])
    assert "Kyiv District Court" in client.get("/courts/", {"q": "kievskii"}).content.decode()


def test_a_court_is_added_with_its_place(client, researcher):
    place = make_place("Court house")
    data = {"name": "A court", "level": "first", "place": "Court house"}
    response = client.post("/courts/add/", data)
    court = Court.objects.get()
    assert response.url == f"/courts/{court.pk}/"
    assert (court.place, court.created_by) == (place, researcher)


def test_a_court_in_use_is_not_deleted(client, researcher):
    court = make_court()
    make_hearing(make_case(), court=court)
    assert "cannot be deleted" in client.post(f"/courts/{court.pk}/delete/").content.decode()
    assert Court.objects.exists()
