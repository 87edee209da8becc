"""Pages of lawyers."""

import pytest

from cases.models import Lawyer
from tests.factories import make_case, make_lawyer, make_representation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def numbers(client):
    return {row.main_name: (row.cases_now, row.cases_ever) for row in client.get("/lawyers/").context["page"]}


def test_cases_defended_now_are_those_that_have_not_ended_and_are_open_to_all(client, researcher):
    lawyer = make_lawyer("Nikolai Example")
    make_representation(make_case(), lawyer, began="2015")
    make_representation(make_case(), lawyer, began="2015", ended="2016")
    make_representation(make_case(), lawyer, standing="rejected")
    make_representation(make_case(), lawyer, confidential=True)
    make_representation(make_case(access="named"), lawyer)
    assert numbers(client) == {"Nikolai Example": (1, 2)}


def test_a_lawyer_of_hidden_cases_only_is_neither_listed_nor_there(client, researcher):
    lawyer = make_lawyer("Hidden Lawyer")
    make_representation(make_case(access="named"), lawyer)
    assert numbers(client) == {}
    assert client.get(f"/lawyers/{lawyer.reference}/").status_code == 404


def test_the_contact_is_for_researchers(client, researcher):
    lawyer = make_lawyer(contact="+380 44 000 00 00")
    address = f"/lawyers/{lawyer.reference}/"
    assert "+380 44" in client.get(address).content.decode()
    client.force_login(make_user("Reader"))
    assert "+380 44" not in client.get(address).content.decode()


def test_a_lawyer_is_found_in_any_script(client, researcher):
    make_lawyer("Николай Полозов")
    assert "Николай Полозов" in client.get("/lawyers/", {"q": "Polozov"}).content.decode()
    assert "Николай Полозов" not in client.get("/lawyers/", {"q": "Feygin"}).content.decode()


def test_a_lawyer_is_added_with_a_name_and_linked_to_the_person_they_are(client, researcher):
    person = make_case("Emil Kurbedinov").detainee
    data = {"names-TOTAL_FORMS": 1, "names-INITIAL_FORMS": 0, "names-0-text": "Emil Kurbedinov", "names-0-kind": "main"}
    data |= {"licence": "active", "detainee": "Emil Kurbedinov"}
    asked = client.post("/lawyers/add/", data)
    assert asked.context["form"].errors["detainee"]  # never without asking: two people can have one name
    data |= {"detainee_choice": person.pk, "detainee_for": "Emil Kurbedinov"}
    response = client.post("/lawyers/add/", data)
    lawyer = Lawyer.objects.get()
    assert response.url == f"/lawyers/{lawyer.reference}/"
    assert (lawyer.detainee, lawyer.created_by) == (person, researcher)


def test_a_link_to_a_hidden_person_is_neither_shown_nor_lost(client, researcher):
    hidden = make_case("Hidden Person", access="named").detainee
    lawyer = make_lawyer("A Lawyer", detainee=hidden)
    page = client.get(f"/lawyers/{lawyer.reference}/edit/")
    assert "Hidden Person" not in page.content.decode()
    assert "detainee" not in page.context["form"].fields
    parts = [page.context["form"], page.context["names"].management_form, *page.context["names"].forms]
    data = {field.html_name: field.value() or "" for part in parts for field in part}
    data.pop("names-0-DELETE")
    assert client.post(f"/lawyers/{lawyer.reference}/edit/", data | {"bar": "Kyiv"}).status_code == 302
    lawyer.refresh_from_db()
    assert (lawyer.bar, lawyer.detainee) == ("Kyiv", hidden)


def test_a_lawyer_who_defends_a_hidden_case_too_is_not_deleted(client, researcher):
    lawyer = make_lawyer("A Lawyer", created_by=researcher)
    make_representation(make_case(access="named"), lawyer)
    page = client.post(f"/lawyers/{lawyer.reference}/delete/").content.decode()
    assert "It is used and cannot be deleted." in page
    assert Lawyer.objects.exists()
