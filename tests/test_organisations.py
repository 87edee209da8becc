"""Organisations and the roles of people in them: their pages, the form of a role with its source, who sees what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Affiliation, Citation, Organisation
from tests.factories import cite, make_affiliation, make_case, make_detainee, make_organisation, make_source, make_user
from tests.pages import text
from tests.test_restore import carry_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


@pytest.fixture
def person():
    return make_case("Nadia Member").detainee


EVIDENCE = {"evidence-kind": "other", "evidence-reliability": "unknown"}  # what the empty source box sends


def add_role(client, person, **data):
    return client.post(reverse("role-add", args=[person.reference]), EVIDENCE | data)


def edit_address(role):
    return reverse("role-edit", args=[role.detainee.reference, role.pk])


# ------------------------------------------------------------------------------------------------ organisations


def test_the_page_tells_who_had_a_role_when_and_their_cases(client, researcher, person):
    council = make_organisation("The council", aliases=["Рада"], kind="representative", country="UA", about="Banned.")
    make_affiliation(person, council, role="deputy chairman", began="2013-11", ended="2016")
    make_affiliation(person, council, role="member", began="2009")
    make_case("Emil Other")
    answer = client.get(f"/organisations/{council.pk}/")
    page = text(answer)
    for words in [
        "The council",
        "Рада",
        "Banned.",
        "deputy chairman",
        "November 2013 – 2016",
        "since 2009",
        "1 person",
    ]:
        assert words in page
    assert [row.name.text for row in answer.context["rows"]] == ["Nadia Member"]
    assert "Emil Other" not in text(client.get("/cases/", {"organisation": council.pk}))
    assert "Role in: The council" in text(client.get("/cases/", {"organisation": council.pk}))


def test_people_who_are_hidden_neither_show_nor_count(client, researcher, person):
    council = make_organisation("The council")
    make_affiliation(person, council)
    pages = [
        "/organisations/",
        f"/organisations/{council.pk}/",
        f"/cases/?organisation={council.pk}",
        "/cases/filters/",
    ]
    before = [text(client.get(page)) for page in pages]
    make_affiliation(make_case("Named Person", access="named").detainee, council, role="chairman")
    make_affiliation("Nobody's Person", council)  # of no case: for editors only
    make_affiliation(make_case("Other Hidden", access="named").detainee, make_organisation("Their own council"))
    after = [text(client.get(page)) for page in pages]
    assert after[1:] == before[1:] and "1 person" in before[1]
    assert [one.people.number for one in client.get("/organisations/", {"q": "council"}).context["page"]] == [1, 0]


def test_an_organisation_is_found_by_any_of_its_names_in_any_script(client, researcher):
    make_organisation("Mejlis", aliases=["Меджліс кримськотатарського народу"])
    assert "Mejlis" in text(client.get("/organisations/", {"q": "medzhlis"}))
    assert "Nothing found" in text(client.get("/organisations/", {"q": "no such thing"}))


def test_a_researcher_adds_changes_and_deletes_an_organisation_that_nothing_uses(client, researcher):
    data = {"name": "Mejlis", "aliases": "Меджліс\nМеджлис", "kind": "representative", "country": "UA"}
    address = client.post("/organisations/add/", data).url
    mejlis = Organisation.objects.get()
    assert (address, mejlis.aliases) == (f"/organisations/{mejlis.pk}/", ["Меджліс", "Меджлис"])
    changed = data | {"version": str(mejlis.version), "about": "Banned in 2016.", "reason": "From the ruling"}
    assert client.post(f"{address}edit/", changed).status_code == 302
    assert mejlis.history.latest("pgh_id").pgh_context["reason"] == "From the ruling"
    hidden = make_affiliation(make_case(access="named").detainee, mejlis)
    assert "It is used and cannot be deleted." in text(client.post(f"{address}delete/", {"reason": "x"}))
    hidden.delete()
    assert client.post(f"{address}delete/", {"reason": "Entered twice"}).url == "/organisations/"


@pytest.mark.parametrize("address", ["0/", "99999999/", "9" * 30 + "/", "0/edit/", "0/delete/", "0/history/"])
def test_an_address_of_no_organisation_is_a_404(client, researcher, address):
    assert client.get(f"/organisations/{address}").status_code == 404


def test_many_people_cost_the_same_queries_as_few(client, researcher, person):
    council = make_organisation()
    cite(make_affiliation(person, council))
    pages = [f"/organisations/{council.pk}/", "/organisations/", f"/people/{person.reference}/"]
    few = []
    for page in pages:
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        few.append(len(queries))
    for _number in range(5):
        cite(make_affiliation(make_case().detainee, council))
        cite(make_affiliation(person, make_organisation(), began="2013"))
    for page, number in zip(pages, few, strict=True):
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        assert len(queries) == number <= 20, page


# ------------------------------------------------------------------------------------------------ roles


def test_a_role_is_added_with_a_new_organisation_and_a_new_source_and_shown_on_both_pages(client, researcher, person):
    data = {"organisation": "Mejlis", "organisation_for": "Mejlis", "organisation_choice": "new"}
    data |= {"role": "deputy chairman", "began": "Nov 2013", "evidence-title": "A biography", "evidence-said_by": "Him"}
    assert add_role(client, person, **data).url == f"/people/{person.reference}/"
    role = Affiliation.objects.get()
    citation = Citation.objects.get()
    assert (role.organisation.name, str(role.began), role.created_by) == ("Mejlis", "November 2013", researcher)
    assert (citation.affiliation, citation.detainee, citation.case, citation.said_by) == (role, person, None, "Him")
    for address in [f"/people/{person.reference}/", f"/cases/{person.cases.get().reference}/"]:
        page = text(client.get(address))
        assert "Deputy chairman , Mejlis since November 2013" in page and "A biography" in page


def test_an_organisation_is_chosen_among_matches_and_must_be_given(client, researcher, person):
    make_organisation("The council of the town"), make_organisation("The council of the district")
    asked = add_role(client, person, organisation="council")
    assert "Choose which one is meant." in text(asked) and "The council of the town" in text(asked)
    assert "This field is required." in text(add_role(client, person, role="member"))
    found = add_role(client, person, organisation="council", find="organisation")
    assert "The council of the district" in text(found) and not found.context["form"].errors
    assert not Affiliation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"began": "2016", "ended": "2013"}, "This is before it began."),
        ({"began": "29.02.2015"}, "2015"),
        ({"ended": "2999"}, "future"),
        ({"role": "x" * 201}, "at most 200"),
        ({"evidence-said_by": "A relative"}, "Say which source this comes from."),
    ],
)
def test_what_cannot_be_is_refused_with_words(client, researcher, person, fields, message):
    data = {"organisation": "Council", "organisation_for": "Council", "organisation_choice": "new"} | fields
    answer = add_role(client, person, **data)
    assert answer.status_code == 200 and message in text(answer)
    assert not Affiliation.objects.exists() and not Organisation.objects.exists()


def test_a_role_that_a_colleague_changed_meanwhile_comes_back_with_both_values(client, researcher, person):
    role = make_affiliation(person, make_organisation("Mejlis"), role="member")
    opened = client.get(edit_address(role)).context["form"]["version"].value()
    typed = EVIDENCE | {"organisation": "Mejlis", "role": "deputy chairman", "version": opened}
    Affiliation.objects.filter(pk=role.pk).update(role="chairman")
    answer = client.post(edit_address(role), typed)
    assert "Nothing is saved yet" in text(answer) and "chairman" in text(answer)
    assert Affiliation.objects.get().role == "chairman"


def test_a_change_keeps_why_and_a_citation_can_be_taken_away(client, researcher, person):
    role = make_affiliation(person, make_organisation("Mejlis"), role="member")
    citation = cite(role, make_source("A biography"))
    page = client.get(edit_address(role))
    data = {"version": page.context["form"]["version"].value(), "organisation": "Mejlis", "role": "deputy chairman"}
    data |= EVIDENCE | {"reason": "He was elected", "remove_citation": f"c{citation.pk}.{citation.version}"}
    assert client.post(edit_address(role), data).status_code == 302
    role.refresh_from_db()
    assert role.role == "deputy chairman" and not role.citations.exists()
    assert role.history.latest("pgh_id").pgh_context["reason"] == "He was elected"
    assert "Role in Mejlis" in text(client.get(f"/people/{person.reference}/history/"))


def test_a_role_saved_after_a_colleague_deleted_it_comes_back_as_a_new_one(client, researcher, person):
    role = make_affiliation(person, make_organisation("Mejlis"), role="member")
    address = edit_address(role)
    typed = {"organisation": "Mejlis", "role": "deputy chairman", "version": "1"}
    role.delete()
    answer = client.post(address, typed)
    assert "deleted this while you were writing" in text(answer) and "deputy chairman" in answer.content.decode()
    assert f'action="/people/{person.reference}/roles/add/"' in answer.content.decode()
    assert client.get(address).status_code == 404


def test_a_deleted_role_takes_its_citations_and_an_editor_brings_all_back(client, person):
    client.force_login(make_user("Editor"))
    role = make_affiliation(person, make_organisation("Mejlis"), role="member")
    cite(role, make_source("A biography"))
    address = reverse("role-delete", args=[person.reference, role.pk])
    assert "Citations: 1. Their sources stay." in text(client.get(address))
    assert client.post(address).status_code == 200 and Affiliation.objects.exists()
    assert client.post(address, {"reason": "Another person"}).url == f"/people/{person.reference}/"
    assert not Affiliation.objects.exists() and not Citation.objects.exists()
    change = Affiliation.pgh_event_model.objects.get(pgh_label="delete")
    restore = reverse("change-restore", args=["affiliation", change.pgh_id])
    assert carry_out(client, restore).status_code == 302
    assert Affiliation.objects.get().citations.get().source.title == "A biography"


def test_a_role_belongs_to_its_person_alone_and_readers_change_none(client, researcher, person):
    role, other = make_affiliation(person), make_case().detainee
    hidden = make_affiliation(make_case(access="named").detainee)
    for page in ["role-edit", "role-delete"]:
        assert client.get(reverse(page, args=[other.reference, role.pk])).status_code == 404
        assert client.get(reverse(page, args=[hidden.detainee.reference, hidden.pk])).status_code == 404
        assert client.get(reverse(page, args=[person.reference, 99999999])).status_code == 404
    client.force_login(make_user("Reader"))
    for page, args in [("role-add", []), ("role-edit", [role.pk]), ("role-delete", [role.pk])]:
        assert client.get(reverse(page, args=[person.reference, *args])).status_code == 403
    assert "Add a role" not in text(client.get(f"/people/{person.reference}/"))


def test_a_protected_source_of_a_role_is_told_once_and_by_no_name(client, researcher, person):
    role = make_affiliation(person, make_organisation("Mejlis"))
    for title in ["Secret one", "Secret two"]:
        cite(role, make_source(title, publisher="Secret paper", protected=True), said_by="Secret speaker")
    for address in [f"/people/{person.reference}/", f"/cases/{person.cases.get().reference}/", edit_address(role)]:
        page = client.get(address).content.decode()
        assert "a protected source" in page and "Secret" not in page
    assert text(client.get(f"/people/{person.reference}/")).count("a protected source") == 1
    client.force_login(make_user("Editor"))
    assert "Secret paper" in text(client.get(f"/people/{person.reference}/"))


def test_a_person_without_roles_shows_none_to_readers(client):
    person = make_detainee()
    make_case(person)
    client.force_login(make_user("Reader"))
    assert "Roles" not in text(client.get(f"/people/{person.reference}/"))
