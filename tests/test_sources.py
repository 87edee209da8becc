"""Pages of sources: what is protected stays so, what is cited is shown by case, links outside are only to the web."""

import pytest

from cases.models import Source
from tests.factories import cite, make_arrest, make_case, make_note, make_source, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def test_a_protected_source_is_there_for_its_keepers_and_editors_only(client, researcher):
    source = make_source("Letter of the mother", protected=True)
    cite(make_arrest(), source)
    address = f"/sources/{source.reference}/"
    assert client.get(address).status_code == 404
    assert "mother" not in client.get("/sources/", {"q": "letter"}).content.decode()
    source.source_keepers.create(user=researcher)
    assert client.get(address).status_code == 200
    client.force_login(make_user("Editor"))
    assert "Letter of the mother" in client.get("/sources/").content.decode()


def test_facts_are_counted_over_accepted_records_that_are_open_to_all_who_see_the_case(client, researcher):
    source = make_source()
    cite(make_arrest(), source)
    cite(make_case().detainee, source)
    cite(make_arrest(standing="rejected"), source)
    cite(make_arrest(confidential=True), source)
    cite(make_arrest(make_case(access="named")), source)
    assert [row.facts for row in client.get("/sources/").context["page"]] == [2]


def test_the_page_shows_by_case_what_was_reported_by_whom_and_after_which_other_source(client, researcher):
    other = make_source("The first report")
    source = make_source(url="https://example.org/news")
    arrest = make_arrest(make_case("Ахтем Чийгоз"))
    cite(arrest, source, field="date", value_as_reported="29 January", said_by="his lawyer", cites=other)
    page = client.get(f"/sources/{source.reference}/").content.decode()
    for words in [
        "Ахтем Чийгоз",
        "Arrest, 29 January 2015",
        "· date",
        "“<bdi>29 January",
        "<bdi>his lawyer",
        "The first report",
    ]:
        assert words in page
    assert '<a href="https://example.org/news" rel="noreferrer noopener">' in page


def test_what_is_hidden_and_what_it_cites_is_not_on_the_page(client, researcher):
    protected = make_source("Letter of the mother", protected=True)
    source = make_source(created_by=researcher)
    cite(make_arrest(), source, cites=protected)
    cite(make_note(make_case("Hidden Person", access="named")), source, value_as_reported="hidden words")
    page = client.get(f"/sources/{source.reference}/").content.decode()
    assert "a protected source" in page
    for words in ["mother", "Hidden Person", "hidden words"]:
        assert words not in page


def test_a_source_that_a_visible_citation_cites_is_there_and_says_by_how_many_it_is_cited(client, researcher):
    other, hidden = make_source("The first report", created_by=None), make_source("The other report", created_by=None)
    cite(make_arrest(), make_source("A newspaper"), cites=other)
    cite(make_note(make_case(access="named")), make_source("A letter"), cites=other)
    cite(make_note(make_case(access="named")), make_source("A note"), cites=hidden)
    page = client.get("/sources/").content.decode()
    assert "The first report" in page
    assert "cited by 1" in page
    assert "The other report" not in page
    assert client.get(f"/sources/{hidden.reference}/").status_code == 404
    assert "A newspaper" in client.get(f"/sources/{other.reference}/").content.decode()


def fields(**more):
    return {"title": "A report", "kind": "news", "reliability": "unknown", **more}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.org/x", "data:text/html,x"])
def test_only_web_addresses_are_taken(client, researcher, address):
    response = client.post("/sources/add/", fields(url=address))
    assert response.context["form"].errors["url"]
    assert not Source.objects.exists()


def test_who_protects_a_source_becomes_its_keeper(client, researcher):
    response = client.post("/sources/add/", fields(protected="on"))
    source = Source.objects.get()
    assert response.url == f"/sources/{source.reference}/"
    assert client.get(response.url).status_code == 200
    assert list(source.keepers.all()) == [researcher]


def test_a_source_in_use_is_not_deleted(client, researcher):
    source = make_source()
    cite(make_arrest(), source)
    assert "used by 1 record" in client.post(f"/sources/{source.reference}/delete/").content.decode()
    assert Source.objects.exists()


def test_a_source_that_only_another_citation_names_is_not_deleted_either(client, researcher):
    source = make_source()
    cite(make_arrest(), make_source(), cites=source)
    assert "cannot be deleted" in client.post(f"/sources/{source.reference}/delete/").content.decode()
