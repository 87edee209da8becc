"""A new case in one page and one transaction."""

import re

import pytest
from django.urls import reverse

from cases.models import (
    Arrest,
    Case,
    Charge,
    Citation,
    Detainee,
    Detention,
    Lawyer,
    Name,
    Place,
    Provision,
    Representation,
    Source,
)
from tests.factories import (
    make_case,
    make_code,
    make_detainee,
    make_lawyer,
    make_place,
    make_provision,
    make_user,
)

pytestmark = pytest.mark.django_db

EMPTY = {
    "person-sex": "unknown",
    "spellings-TOTAL_FORMS": "3",
    "spellings-INITIAL_FORMS": "0",
    "spellings-0-kind": "native",
    "spellings-1-kind": "native",
    "spellings-2-kind": "native",
    "stay-ending": "ongoing",
    "lawyer-role": "chosen",
    "evidence-kind": "news",
    "evidence-reliability": "unknown",
    "case-access": "everyone",
}


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


def chosen(name, text, key="new"):
    return {name: text, f"{name}_choice": str(key), f"{name}_for": text}


def add(client, **data):
    return client.post(reverse("case-add"), {**EMPTY, **data})


def dashed(**data):
    """Keyword arguments with a double underscore for the dash of a prefix."""
    return {name.replace("__", "-"): value for name, value in data.items()}


def everything(code):
    return {
        **dashed(person__person="Ilmi Umerov", person__born="3.8.1957", person__sex="male"),
        "spellings-0-text": "Ільмі Умеров",
        "spellings-0-language": "uk",
        "spellings-1-text": "İlmi Ümerov",
        "spellings-1-language": "crh",
        **dashed(arrest__date="12.05.2016", arrest__authority="Security service"),
        **chosen("arrest-place", "Bakhchysarai"),
        **dashed(stay__kind="psychiatric", stay__began="18.08.2016", stay__ended="7.9.2016", stay__ending="release"),
        **chosen("stay-place", "Psychiatric hospital no. 1"),
        **chosen("charge-provision", "280.1", f"new:0-{code.pk}"),
        **dashed(charge__charged_on="19.05.2016", charge__act_date="3.2016", charge__alleged_act="What he said"),
        **chosen("lawyer-lawyer", "Invented Counsel"),
        **dashed(
            evidence__source="A report", evidence__url="https://example.org/1", evidence__said_by="His daughter",
            case__country="RU", case__title="An interview", case__access="team",
        ),
    }  # fmt: skip


def test_everything_is_made_in_one_go_and_cites_the_source(client, user):
    answer = add(client, **everything(make_code()))
    assert answer.status_code == 302, answer.context["form"].together.errors
    case = Case.objects.get()
    assert answer.url == reverse("case-detail", args=[case.reference])
    assert (case.created_by, case.country, case.access, list(case.team.all())) == (user, "RU", "team", [user])
    person = case.detainee
    assert [(name.text, name.kind, name.language) for name in person.names.all()] == [
        ("Ilmi Umerov", "main", ""),
        ("Ільмі Умеров", "native", "uk"),
        ("İlmi Ümerov", "native", "crh"),
    ]
    assert (person.born.text, person.sex, person.created_by) == ("1957-08-03", "male", user)
    assert Arrest.objects.get().place.name == "Bakhchysarai"
    assert Detention.objects.get().place.name == "Psychiatric hospital no. 1"
    charge = Charge.objects.get()
    assert str(charge.provision) == "280.1, Criminal Code of Russia"
    assert (charge.act_date.text, charge.alleged_act) == ("2016-03", "What he said")
    assert Representation.objects.get().lawyer.main_name == "Invented Counsel"
    assert Citation.objects.count() == 5
    assert {(row.source, row.said_by) for row in Citation.objects.all()} == {(Source.objects.get(), "His daughter")}


def test_only_the_name_is_required(client, user):
    assert add(client, **{"person-person": "Somebody New"}).status_code == 302
    assert Case.objects.get().detainee.main_name == "Somebody New"
    assert not Arrest.objects.exists()
    assert not Detention.objects.exists()
    assert "required" in str(add(client).context["form"].person.errors["person"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"evidence-url": "ftp://example.org"}, "http:// or https://"),
        ({"arrest-date": "29.02.2015"}, "29 February 2015 does not exist"),
        ({"stay-ended": "1.1.2016"}, "is before began: 18 August 2016"),
        ({"case-access": "nobody"}, "not one of the available choices"),
        ({"spellings-0-language": "!!"}, "Write a language code"),
        ({"lawyer-lawyer_choice": ""}, "choose to add it"),
        ({"spellings-TOTAL_FORMS": "x"}, "ManagementForm"),
    ],
)
def test_one_wrong_thing_leaves_nothing_written_and_nothing_lost(client, user, wrong, said):
    data = {**everything(make_code()), **wrong}
    answer = add(client, **data)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert said in html or said == "ManagementForm"
    for typed in ["Ilmi Umerov", "3.8.1957", "Bakhchysarai", "Invented Counsel", "280.1", "A report", "An interview"]:
        assert f'value="{typed}"' in html
    assert re.search(r'name="arrest-place_choice" value="new" checked', html)
    for model in [Case, Detainee, Name, Arrest, Place, Lawyer, Source, Provision]:
        assert not model.objects.exists()


# Who is it?


def test_people_alike_are_shown_with_the_reason_before_anything_is_saved(client, user):
    known = make_case(make_detainee("Akhtem Chiygoz", "Ахтем Чийгоз", born="1964-12-14")).detainee
    answer = add(client, **{"person-person": "Ахтем Чийгоз", "person-born": "14.12.1964"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="person-person_choice" value="{known.pk}"' in html
    assert "the same name, born at the same time" in html
    assert "Is it one of these people" in html
    assert Detainee.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Chiygoz Akhtem", "the same name"),
        ("Akhtem Zeytulla Chiygoz", "the same words in the name"),
        ("Akhtm Chiygozz", "a similar name"),
        ("Çiygöz Ahtem", "the same name"),
    ],
)
def test_why_somebody_may_be_the_same(client, user, name, why):
    make_case("Akhtem Chiygoz")
    assert why in add(client, **{"person-person": name}).content.decode()


def test_another_spelling_finds_the_person_too(client, user):
    make_case("Akhtem Chiygoz")
    data = {"person-person": "Quite Different", "spellings-0-text": "Ахтем Чийгоз"}
    assert "the same name" in add(client, **data).content.decode()


def test_somebody_else_is_not_asked_about(client, user):
    make_case("Akhtem Chiygoz")
    assert add(client, **{"person-person": "Emil Kurbedinov"}).status_code == 302


def test_the_person_who_is_there_gets_a_second_case(client, user):
    person = make_case("Akhtem Chiygoz").detainee
    data = chosen("person-person", "Ахтем Чийгоз", person.pk) | {
        "person-born": "1964",
        "spellings-0-text": "Ахтем Чийгоз",
    }
    assert add(client, **data).status_code == 302
    assert person.cases.count() == 2
    assert [name.text for name in person.names.all()] == ["Akhtem Chiygoz", "Ахтем Чийгоз"]
    person.refresh_from_db()
    assert person.born.text == "1964"


def test_another_person_of_the_same_name_is_made_only_when_said_so(client, user):
    make_case("Akhtem Chiygoz")
    assert add(client, **chosen("person-person", "Akhtem Chiygoz")).status_code == 302
    assert Detainee.objects.count() == 2


def test_what_contradicts_the_person_who_is_there_is_said(client, user):
    person = make_case(make_detainee("Akhtem Chiygoz", born="1964")).detainee
    answer = add(client, **chosen("person-person", "Akhtem Chiygoz", person.pk), **{"person-born": "1970"})
    assert "recorded as born 1964" in answer.content.decode()


def test_person_of_a_hidden_case_is_neither_shown_nor_taken(client, user):
    hidden = make_case("Akhtem Chiygoz", access="named").detainee
    assert add(client, **{"person-person": "Akhtem Chiygoz"}).status_code == 302  # nobody to ask about
    guessed = add(client, **chosen("person-person", "Akhtem X", hidden.pk))
    missing = add(client, **chosen("person-person", "Akhtem X", hidden.pk + 1000))
    assert guessed.context["form"].person.errors == missing.context["form"].person.errors
    assert hidden.cases.count() == 1


def test_page_opened_from_a_person_has_them_chosen(client, user):
    person = make_case("Akhtem Chiygoz").detainee
    html = client.get(reverse("case-add"), {"person": person.reference}).content.decode()
    assert f'name="person-person_choice" value="{person.pk}"' in html
    hidden = make_case("Hidden Person", access="named").detainee
    assert "Hidden Person" not in client.get(reverse("case-add"), {"person": hidden.reference}).content.decode()


# Without JavaScript, step by step


def test_without_javascript_each_question_is_answered_by_a_radio_button(client, user):
    make_place("SIZO-1", locality="Kerch")
    place = make_place("SIZO-1", locality="Simferopol")
    provision, lawyer = make_provision("212", "1"), make_lawyer("Known Counsel")
    typed = {
        "person-person": "Somebody New",
        "stay-kind": "remand",
        "stay-place": "SIZO-1",
        "charge-provision": "212.1",
    }
    typed |= {"lawyer-lawyer": "known counsel"}
    html = add(client, **typed).content.decode()
    assert "Simferopol" in html
    assert "Add new: 212.1" in html
    assert not Case.objects.exists()
    answers = chosen("stay-place", "SIZO-1", place.pk) | chosen("charge-provision", "212.1", provision.pk)
    assert add(client, **{**typed, **answers}).status_code == 302
    assert Detention.objects.get().place == place
    assert Charge.objects.get().provision == provision
    assert Representation.objects.get().lawyer == lawyer


def test_find_saves_nothing(client, user):
    answer = add(client, **{"person-person": "Somebody New", "find": "person-person"})
    assert answer.status_code == 200
    assert not Case.objects.exists()


# Order


def test_order_is_asked_and_confirmed_with_a_reason(client, user):
    data = {
        "person-person": "Somebody New",
        "stay-kind": "remand",
        "stay-began": "10.3.2015",
        "stay-ended": "March 2015",
    }
    data |= {"stay-ending": "release"}
    assert "may be before" in add(client, **data).content.decode()
    assert "Say why" in add(client, **data, **{"case-save_anyway": "on"}).content.decode()
    assert not Case.objects.exists()
    assert add(client, **data, **{"case-save_anyway": "on", "case-reason": "So it says"}).status_code == 302
    assert Case.objects.get().history.last().pgh_context["reason"] == "So it says"


# Who may


@pytest.mark.parametrize(("role", "status"), [(None, 404), ("Reader", 403), ("Researcher", 200), ("Editor", 200)])
def test_each_persona(client, role, status):
    client.force_login(make_user(role))
    assert client.get(reverse("case-add")).status_code == status
    assert client.post(reverse("case-add"), {}).status_code == status


def test_creator_of_a_case_for_named_people_sees_it(client, user):
    add(client, **{"person-person": "Somebody New", "case-access": "named"})
    assert Case.objects.visible_to(user).count() == 1
    assert not Case.objects.visible_to(make_user("Editor")).exists()


def test_page_costs_few_queries(client, user, django_assert_max_num_queries):
    client.get(reverse("case-add"))
    with django_assert_max_num_queries(8):
        client.get(reverse("case-add"))
