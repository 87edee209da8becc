"""Pickers: type, submit, choose among matches; nothing hidden is offered or accepted."""

import pytest
from django import forms
from django.urls import reverse

from cases.forms.matches import readings, save_new
from cases.forms.picker import PickField, prepare_pickers
from cases.models import LegalCode, Place, Provision
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_code,
    make_court,
    make_detainee,
    make_lawyer,
    make_place,
    make_provision,
    make_representation,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user()


def form_with(kind, user, **data):
    class OneField(forms.Form):
        thing = PickField(kind, required=False)

    form = OneField({f"thing{name}": value for name, value in data.items()})
    prepare_pickers(form, user)
    return form


def pick(kind, user, text, choice="", offered=None):
    """Submit a picker: what was typed, the choice, and the text for which the choices were shown."""
    offered = text if offered is None else offered
    return form_with(kind, user, **{"": text, "_choice": str(choice), "_for": offered})


def test_one_exact_match_is_taken_without_asking(user):
    place = make_place("SIZO-1")
    make_place("SIZO-1 branch")
    form = pick("place", user, "sizo 1")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["thing"] == place


@pytest.mark.parametrize("typed", ["Сімферополь", "Simferopol", "СИМФЕРОПОЛЬ"])
def test_any_script_finds_the_place(user, typed):
    make_place("SIZO-1", locality="Simferopol")
    form = pick("place", user, typed)
    assert not form.is_valid()
    assert "SIZO-1" in str(form["thing"])


def test_several_matches_come_back_as_choices_with_facts_and_the_typed_text(user):
    make_place("SIZO-1", locality="Simferopol")
    make_place("SIZO-1", locality="Kerch")
    html = str(pick("place", user, "SIZO-1")["thing"])
    assert 'value="SIZO-1"' in html
    assert html.count('type="radio"') == 3  # and one to add a new place
    assert "Simferopol" in html
    assert "Kerch" in html


def test_the_choice_is_taken(user):
    make_place("SIZO-1", locality="Kerch")
    place = make_place("SIZO-1", locality="Simferopol")
    form = pick("place", user, "SIZO-1", place.pk)
    assert form.is_valid()
    assert form.cleaned_data["thing"] == place


def test_typing_on_makes_an_older_choice_void(user):
    kerch, other = make_place("Kerch prison"), make_place("Yalta prison")
    form = pick("place", user, "Yalta prison", kerch.pk, offered="Kerch prison")
    assert form.is_valid()
    assert form.cleaned_data["thing"] == other


def test_clearing_the_text_clears_the_choice(user):
    form = pick("place", user, "", make_place("Kerch prison").pk, offered="Kerch prison")
    assert form.is_valid()
    assert form.cleaned_data["thing"] is None


def test_nothing_found_offers_to_add_and_adds_only_when_chosen(user):
    form = pick("place", user, "Nowhere prison")
    assert not form.is_valid()
    assert "Add new: Nowhere prison" in str(form["thing"])
    form = pick("place", user, "Nowhere prison", "new")
    assert form.is_valid()
    assert not Place.objects.exists()
    saved = save_new(form.cleaned_data["thing"], user)
    assert (saved.name, saved.created_by) == ("Nowhere prison", user)


def test_a_guessed_id_is_answered_like_a_missing_one(user):
    source = make_source("Protected report", protected=True)
    hidden = pick("source", user, "report", source.pk)
    missing = pick("source", user, "report", source.pk + 1000)
    assert hidden.errors == missing.errors
    assert "Protected report" not in str(hidden["thing"])


@pytest.mark.parametrize("choice", ["x", "-1", "9" * 30, "9" * 6000, "new:9-9", "new", "1 or 1=1", "²"])
def test_rubbish_as_choice_is_an_error_of_the_field(user, choice):
    assert pick("provision", user, "212", choice).errors["thing"]


def test_what_is_typed_has_a_longest(user):
    assert "too long" in str(pick("place", user, "x" * 8000).errors)


def test_lawyer_of_a_hidden_case_is_not_offered(user):
    lawyer = make_lawyer("Hidden Counsel")
    make_representation(make_case(access="named"), lawyer)
    assert "Hidden Counsel" not in "".join(choice_labels("lawyer", user, "counsel"))


def test_person_of_a_hidden_case_is_not_offered(user):
    make_case("Secret Somebody", access="team")
    make_case("Open Somebody")
    assert choice_labels("person", user, "somebody")[0] == "Open Somebody"
    assert not [label for label in choice_labels("person", user, "somebody") if "Secret" in label]


def test_person_shows_birth_and_other_spellings_and_is_never_taken_unasked(user):
    make_case(make_detainee("Akhtem Chiygoz", "Ахтем Чийгоз", born="1964"))
    form = pick("person", user, "Ахтем Чийгоз")
    assert not form.is_valid()
    html = str(form["thing"])
    assert "born 1964" in html
    assert "Ахтем Чийгоз" in html


def test_new_lawyer_gets_the_name(user):
    form = pick("lawyer", user, "Новий Адвокат", "new")
    assert form.is_valid()
    assert save_new(form.cleaned_data["thing"], user).main_name == "Новий Адвокат"


def test_source_is_found_by_its_address(user):
    source = make_source("A report", url="https://example.org/a")
    form = pick("source", user, "https://example.org/a")
    assert form.is_valid()
    assert form.cleaned_data["thing"] == source


def test_court_is_found_by_the_name_that_a_source_uses(user):
    court = make_court("Court in Simferopol", aliases=["Supreme Court of the Republic"])
    form = pick("court", user, "Supreme Court of the Republic")
    assert form.is_valid()
    assert form.cleaned_data["thing"] == court


# Provisions


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("212", [("212", "", "")]),
        ("212.1", [("212.1", "", ""), ("212", "1", "")]),
        ("280.1", [("280.1", "", ""), ("280", "1", "")]),
        ("212 part 1", [("212", "1", "")]),
        ("212/1", [("212", "1", "")]),
        ("ru-cc/212/1", [("212", "1", "")]),
        ("ст. 212 ч. 1", [("212", "1", "")]),
        ("article 205.5 part 2 point a", [("205.5", "2", "a")]),
        ("mass disorder", []),
    ],
)
def test_readings_of_an_article(typed, meant):
    assert readings(typed) == meant


def choice_labels(kind, user, typed):
    field = form_with(kind, user)["thing"].field
    return [match.label for match in field.matches(typed)]


def test_212_1_offers_both_readings_existing_and_new(user):
    make_provision("212", "1")
    LegalCode.objects.exclude(slug__in=["ru-cc", "ua-cc"]).delete()
    labels = choice_labels("provision", user, "212.1")
    assert labels == [
        "212 part 1, Criminal Code of Russia",
        "Add new: 212.1, Criminal Code of Russia",
        "Add new: 212.1, Criminal Code of Ukraine",
        "Add new: 212 part 1, Criminal Code of Ukraine",
    ]
    assert not pick("provision", user, "212.1").is_valid()


def test_without_a_legal_code_the_picker_says_who_adds_one(user):
    LegalCode.objects.all().delete()
    assert "administrator adds" in str(pick("provision", user, "212").errors["thing"])


def test_new_provision_in_the_chosen_code(user):
    make_code()
    code = make_code("ua-cc", name="Criminal Code of Ukraine", jurisdiction="UA")
    form = pick("provision", user, "110.2", f"new:1-{code.pk}")
    assert form.is_valid(), form.errors
    made = save_new(form.cleaned_data["thing"], user)
    assert (made.code, made.article, made.part) == (code, "110", "2")
    assert Provision.objects.count() == 1


def test_article_and_part_is_exact(user):
    provision = make_provision("212", "1")
    make_provision("212.1")
    form = pick("provision", user, "212 part 1")
    assert form.is_valid()
    assert form.cleaned_data["thing"] == provision


# The fragment


def test_fragment_offers_matches_while_typing(client, user):
    client.force_login(user)
    place = make_place("SIZO-1", locality="Simferopol")
    answer = client.get(reverse("pick", args=["place"]), {"field": "arrest-place", "arrest-place": "sizo"})
    assert answer.status_code == 200
    assert f'name="arrest-place_choice" value="{place.pk}"' in answer.content.decode()
    assert 'name="arrest-place_for" value="sizo"' in answer.content.decode()


@pytest.mark.parametrize(("role", "status"), [(None, 404), ("Reader", 403), ("Researcher", 200), ("Editor", 200)])
def test_fragment_for_each_persona(client, role, status):
    client.force_login(make_user(role))
    assert client.get(reverse("pick", args=["place"]), {"q": "x"}).status_code == status


@pytest.mark.parametrize(
    ("kind", "query", "status"),
    [
        ("nothing", {}, 404),
        ("place", {"field": '"><b>'}, 400),
        ("place", {"q": "x" * 8000}, 400),
        ("place", {"q": ""}, 200),
    ],
)
def test_fragment_with_rubbish(client, user, kind, query, status):
    client.force_login(user)
    assert client.get(reverse("pick", args=[kind]), query).status_code == status


def test_fragment_needs_sign_in(client):
    assert client.get(reverse("pick", args=["place"])).status_code == 302


def test_fragment_costs_the_same_queries_for_many_people(client, user, django_assert_max_num_queries):
    client.force_login(user)
    for number in range(12):
        make_case(f"Same Surname {number}")
    client.get(reverse("pick", args=["person"]), {"q": "surname"})
    with django_assert_max_num_queries(8):
        client.get(reverse("pick", args=["person"]), {"q": "surname"})


def test_source_cited_only_in_a_hidden_case_is_not_offered(user):
    source = make_source("Leaked ruling")
    cite(make_arrest(make_case(access="named")), source)
    assert choice_labels("source", user, "ruling") == ["Add new: ruling"]
