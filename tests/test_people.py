"""Pages of people: the list, one person, the form."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Detainee, Name
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_detainee,
    make_detention,
    make_lawyer,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def names(*given, initial=0):
    """Return what a browser sends of the names: (text, kind, …) each."""
    data = {"names-TOTAL_FORMS": len(given), "names-INITIAL_FORMS": initial}
    for number, fields in enumerate(given):
        data |= {f"names-{number}-{key}": value for key, value in fields.items()}
    return data


def fields(**more):
    return {"sex": "female", "deceased": "unknown", "consent": "none", **more}


# List


@pytest.mark.parametrize("query", ["Чийгоз", "Chiygoz", "Çiygöz", "ахтем чийгоз", "Chijgoz"])
def test_any_spelling_finds_the_person(client, researcher, query):
    make_case(make_detainee("Ахтем Чийгоз"))
    make_case(make_detainee("Nadia Example"))
    page = client.get("/people/", {"q": query}).content.decode()
    assert "Ахтем Чийгоз" in page
    assert "Nadia Example" not in page


def test_the_list_shows_each_case_of_a_person_with_its_status_today(client, researcher):
    person = make_detainee("Ахтем Чийгоз")
    held, known = make_case(person), make_case(person)
    make_detention(held, began="2020-01-01")
    page = client.get("/people/").content.decode()
    assert held.reference in page
    assert known.reference in page
    assert "status-in_custody" in page
    assert '<span lang="und-Cyrl" dir="ltr">Ахтем Чийгоз</span>' in page


def test_a_person_whose_cases_are_hidden_is_not_in_the_list_nor_counted(client, researcher):
    make_case(make_detainee("Open Person"))
    make_case(make_detainee("Hidden Person"), access="named")
    response = client.get("/people/")
    assert "Hidden Person" not in response.content.decode()
    assert response.context["page"].paginator.count == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("page=2", 404), ("page=-1", 404), ("page=x", 404), ("status=x", 400), ("q=" + "x" * 8000, 400), ("q=%00", 400)],
)
def test_a_wrong_query_is_refused(client, researcher, query, status):
    assert client.get(f"/people/?{query}").status_code == status


def test_a_query_of_signs_only_finds_nobody(client, researcher):
    make_case(make_detainee("Open Person"))
    assert "Open Person" not in client.get("/people/", {"q": "—"}).content.decode()


def test_thirty_people_cost_the_same_queries_as_two(client, researcher, django_assert_num_queries):
    for number in range(2):
        make_detention(make_case(f"Person {number}"))
    client.get("/people/")
    with CaptureQueriesContext(connection) as two:
        client.get("/people/")
    for number in range(28):
        make_detention(make_case(f"More {number}"))
    with django_assert_num_queries(len(two)):
        assert "More 27" in client.get("/people/").content.decode()


# One person


def test_the_page_shows_only_the_cases_that_the_reader_sees(client, researcher):
    person = make_detainee("Ахтем Чийгоз", "Akhtem Chiygoz")
    opened, hidden = make_case(person), make_case(person, access="named")
    page = client.get(f"/people/{person.reference}/").content.decode()
    assert opened.reference in page
    assert hidden.reference not in page
    assert "Akhtem Chiygoz" in page


def test_the_lawyer_that_a_person_is_shows_only_if_the_reader_sees_the_lawyer(client, researcher):
    person = make_case("A Person").detainee
    lawyer = make_lawyer("Hidden Lawyer", detainee=person)
    assert "Hidden Lawyer" in client.get(f"/people/{person.reference}/").content.decode()
    make_case("Other", access="named").representations.create(lawyer=lawyer)
    assert "Hidden Lawyer" not in client.get(f"/people/{person.reference}/").content.decode()


def test_a_protected_source_has_no_name_on_the_page(client, researcher):
    person = make_case("A Person").detainee
    cite(person, make_source("Letter of the mother", protected=True), value_as_reported="born in spring")
    page = client.get(f"/people/{person.reference}/").content.decode()
    assert "a protected source" in page
    assert "mother" not in page
    assert "born in spring" not in page


# Form


def test_a_person_is_added_with_several_spellings_author_and_reason(client, researcher):
    spellings = names(
        {"text": "Nadia Example", "kind": "main"}, {"text": "Надія Приклад", "kind": "native", "language": "uk"}
    )
    response = client.post("/people/add/", spellings | fields(born="Feb 1980", nationalities=["UA"], reason="a letter"))
    person = Detainee.objects.get()
    assert response.url == f"/people/{person.reference}/"
    assert person.born.text == "1980-02"
    assert person.nationalities == ["UA"]
    assert person.created_by == person.updated_by == researcher
    assert [(name.text, name.kind, name.created_by) for name in person.names.all()] == [
        ("Nadia Example", "main", researcher),
        ("Надія Приклад", "native", researcher),
    ]
    assert person.history.get().pgh_context["reason"] == "a letter"


@pytest.mark.parametrize(
    "given",
    [[], [{"text": "A", "kind": "alias"}], [{"text": "A", "kind": "main"}, {"text": "B", "kind": "main"}]],
)
def test_exactly_one_name_is_the_main_one(client, researcher, given):
    response = client.post("/people/add/", names(*given) | fields())
    assert response.status_code == 200
    assert response.context["names"].non_form_errors()
    assert not Detainee.objects.exists()


def stored(client, person):
    """Return what a browser would send back of the person's form."""
    response = client.get(f"/people/{person.reference}/edit/")
    parts = [response.context["form"], response.context["names"].management_form, *response.context["names"].forms]
    values = {field.html_name: field.value() for part in parts for field in part}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_another_spelling_becomes_the_main_one(client, researcher):
    person = make_case(make_detainee("First", "Second")).detainee
    data = stored(client, person) | {"names-0-kind": "alias", "names-1-kind": "main"}
    assert client.post(f"/people/{person.reference}/edit/", data).status_code == 302
    assert Name.objects.get(detainee=person, kind="main").text == "Second"


def test_the_main_name_is_deleted_and_another_takes_its_place(client, researcher):
    person = make_case(make_detainee("First", "Second")).detainee
    data = stored(client, person) | {"names-0-DELETE": "on", "names-1-kind": "main"}
    assert client.post(f"/people/{person.reference}/edit/", data).status_code == 302
    assert [name.text for name in person.names.all()] == ["Second"]


def test_a_form_opened_before_a_colleague_saved_is_not_saved_over_it(client, researcher):
    person = make_case(make_detainee("First")).detainee
    data = stored(client, person)
    Detainee.objects.filter(pk=person.pk).update(birth_place="Simferopol")
    response = client.post(f"/people/{person.reference}/edit/", data | {"birth_place": "Yalta"})
    assert response.status_code == 200
    assert "Simferopol" in response.content.decode()
    person.refresh_from_db()
    assert person.birth_place == "Simferopol"


def test_a_changed_spelling_counts_as_a_change_of_the_person(client, researcher):
    person = make_case(make_detainee("First")).detainee
    data = stored(client, person)
    person.names.create(text="Second", kind="alias")
    assert client.post(f"/people/{person.reference}/edit/", data | {"birth_place": "Yalta"}).status_code == 200


def test_a_death_certainly_before_the_birth_is_refused_and_one_that_may_be_needs_a_reason(client, researcher):
    person = make_case(make_detainee("First")).detainee
    data = stored(client, person) | {"born": "1980", "deceased": "yes"}
    address = f"/people/{person.reference}/edit/"
    assert client.post(address, data | {"died": "1970", "reason": "so it is"}).context["form"].errors["died"]
    assert client.post(address, data | {"died": "1980-03"}).context["form"].errors["reason"]
    assert client.post(address, data | {"died": "1980-03", "reason": "so it is"}).status_code == 302


def test_a_reader_gets_no_form_and_a_stranger_to_the_case_no_page(client):
    person = make_case("A Person").detainee
    hidden = make_case("Hidden Person", access="named").detainee
    client.force_login(make_user("Reader"))
    assert client.get(f"/people/{person.reference}/edit/").status_code == 403
    assert client.get("/people/add/").status_code == 403
    assert client.get(f"/people/{hidden.reference}/edit/").status_code == 404


def test_a_person_with_a_hidden_case_is_not_deleted_and_the_case_is_not_named(client, researcher):
    person = make_detainee("First")
    seen, hidden = make_case(person), make_case(person, access="named")
    page = client.post(f"/people/{person.reference}/delete/").content.decode()
    assert "used by 1 record that you can see" in page
    seen.delete()
    assert client.post(f"/people/{person.reference}/delete/").status_code == 404
    assert hidden.detainee == person


def test_a_person_without_cases_can_be_deleted_by_who_entered_it(client, researcher):
    person = make_detainee("First", created_by=researcher)
    assert client.post(f"/people/{person.reference}/delete/", {"reason": "typed twice"}).url == reverse("person-list")
    assert not Detainee.objects.exists()
    assert Detainee.history.rel.related_model.objects.get(pgh_label="delete").pgh_context["reason"] == "typed twice"


def test_the_page_of_a_person_costs_the_same_queries_however_many_cases(client, researcher, django_assert_num_queries):
    person = make_detainee("First")
    make_arrest(make_case(person))
    client.get(f"/people/{person.reference}/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/people/{person.reference}/")
    for _number in range(5):
        make_arrest(make_case(person))
    with django_assert_num_queries(len(one)):
        client.get(f"/people/{person.reference}/")
