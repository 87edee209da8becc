"""The admin site: a stale save asks, nothing is lost, and nothing is deleted without a reason or unseen."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from cases.models import (
    Arrest,
    Case,
    Court,
    Detainee,
    Name,
    Penalty,
    Place,
    RecentReason,
    Sentence,
    TeamMember,
    User,
    UserGroup,
)
from tests.factories import make_arrest, make_case, make_detainee, make_place, make_sentence, make_user
from tests.test_admin import address, form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    me = make_user("Administrator", username="me")
    client.force_login(me)
    return me


@pytest.fixture
def theirs():
    browser = Client()
    browser.force_login(make_user("Administrator", username="colleague"))
    return browser


def change(row):
    return address(type(row), "change", row.pk)


def opened(browser, row):
    return form_data(browser.get(change(row)))


def save(browser, row, data):
    answer = browser.post(change(row), data)
    assert answer.status_code == 302, answer.context["errors"]


def stale(browser, row, data):
    """Send a form that must come back as a conflict. Return its differences by name, and what it would send next."""
    answer = browser.post(change(row), data)
    assert answer.status_code == 200
    conflict = answer.context["adminform"].form.conflict
    assert conflict, answer.context["errors"]
    assert 'id="conflict"' in answer.content.decode()
    again = form_data(answer) | {"opened": str(conflict.opened)} | dict(conflict.hidden)
    again |= {found.input_name: found.choice for found in conflict.differences if found.choice}
    return {found.name: found for found in conflict.differences}, again


def test_a_stale_save_asks_and_keeps_what_was_typed(client, me, theirs):
    arrest = make_arrest(make_case(), authority="Police", remark="Seen")
    mine = opened(client, arrest) | {"authority": "FSB", "circumstances": "At six"}
    save(theirs, arrest, opened(theirs, arrest) | {"authority": "OMON", "remark": "Seen by two"})
    differences, again = stale(client, arrest, mine)
    assert {name: found.choice for name, found in differences.items()} == {
        "authority": "",
        "remark": "stored",
        "circumstances": "mine",
    }
    assert differences["authority"].said.who == "colleague"
    assert again["authority"] == "FSB"
    differences, again = stale(client, arrest, again)
    save(client, arrest, again | {"choose-authority": "mine"})
    arrest.refresh_from_db()
    assert (arrest.authority, arrest.circumstances, arrest.remark) == ("FSB", "At six", "Seen by two")


def test_a_page_and_the_admin_notice_each_other(client, me, theirs):
    case = make_case()
    mine = opened(client, case) | {"title": "Mine"}
    page = theirs.get(f"/cases/{case.reference}/edit/").context["form"]
    data = {name: page[name].value() for name in ["version", "stage", "access"]} | {"title": "Theirs", "country": ""}
    assert theirs.post(f"/cases/{case.reference}/edit/", data).status_code == 302
    differences, again = stale(client, case, mine)
    assert (differences["title"].stored, differences["title"].mine) == ("Theirs", "Mine")
    save(client, case, again | {"choose-title": "mine"})
    assert Case.objects.get().title == "Mine"


def test_rows_that_two_add_at_once_are_both_kept(client, me, theirs):
    sentence = make_sentence()
    row = {"penalties-TOTAL_FORMS": 1, "penalties-0-origin": "imposed", "penalties-0-kind": "imprisonment"}
    mine = opened(client, sentence) | row | {"penalties-0-years": 8}
    save(theirs, sentence, opened(theirs, sentence) | row | {"penalties-0-years": 3})
    differences, again = stale(client, sentence, mine)
    assert [found.fixed for found in differences.values()] == [True]
    save(client, sentence, again)
    assert sorted(Penalty.objects.values_list("years", flat=True)) == [3, 8]


def test_team_members_that_two_add_at_once_are_both_kept(client, me, theirs):
    case, first, second = make_case(), make_user(), make_user()
    mine = opened(client, case) | {"team_members-TOTAL_FORMS": 1, "team_members-0-user": first.pk}
    theirs_sent = opened(theirs, case) | {"team_members-TOTAL_FORMS": 1, "team_members-0-user": second.pk}
    save(theirs, case, theirs_sent)
    _differences, again = stale(client, case, mine)
    save(client, case, again)
    assert set(TeamMember.objects.values_list("user", flat=True)) == {first.pk, second.pk}


@pytest.mark.parametrize(("choice", "years"), [("mine", 7), ("stored", 9)])
def test_a_row_changed_by_both_is_asked_for(client, me, theirs, choice, years):
    sentence = make_sentence(years=8)
    mine = opened(client, sentence) | {"penalties-0-years": 7}
    save(theirs, sentence, opened(theirs, sentence) | {"penalties-0-years": 9})
    differences, again = stale(client, sentence, mine)
    [found] = differences.values()
    assert found.choice == ""
    assert "9" in found.stored
    save(client, sentence, again | {found.input_name: choice})
    assert Penalty.objects.get().years == years


@pytest.mark.parametrize(("choice", "texts"), [("mine", ["First", "Mine"]), ("stored", ["First"])])
def test_a_row_removed_by_one_and_changed_by_the_other_is_said(client, me, theirs, choice, texts):
    person = make_detainee("First", "Second")
    mine = opened(client, person) | {"names-1-text": "Mine"}
    save(theirs, person, opened(theirs, person) | {"names-1-DELETE": "on"})
    differences, again = stale(client, person, mine)
    [found] = differences.values()
    assert (found.stored, found.choice) == ("removed", "")
    save(client, person, again | {found.input_name: choice})
    assert sorted(Name.objects.values_list("text", flat=True)) == texts


def test_markup_is_only_text(client, me, theirs):
    place = make_place("Was")
    mine = opened(client, place) | {"name": "<b>mine</b>"}
    save(theirs, place, opened(theirs, place) | {"name": "<script>stored</script>"})
    html = client.post(change(place), mine).content.decode()
    assert "<script>stored" not in html
    assert "<b>mine" not in html


# Deleting


def confirmation(browser, row):
    page = browser.get(address(type(row), "delete", row.pk))
    return {"post": "yes", "versions": page.context["versions"]}


def test_deleting_asks_for_a_reason_and_keeps_it(client, me):
    place = make_place()
    sent = confirmation(client, place)
    answer = client.post(address(Place, "delete", place.pk), sent | {"reason": "  "})
    assert "Say why it is deleted." in answer.content.decode()
    assert Place.objects.exists()
    assert client.post(address(Place, "delete", place.pk), sent | {"reason": "Never was"}).status_code == 302
    assert not Place.objects.exists()
    assert Place.pgh_event_model.objects.get(pgh_label="delete").pgh_context["reason"] == "Never was"
    assert RecentReason.objects.get().text == "Never was"


def test_what_was_changed_since_is_not_deleted_unseen(client, me):
    place = make_place("Old")
    sent = confirmation(client, place) | {"reason": "Never was"}
    place.name = "New"
    place.save()
    answer = client.post(address(Place, "delete", place.pk), sent)
    html = answer.content.decode()
    assert "changed since you opened this page" in html
    assert 'value="Never was"' in html
    again = sent | {"versions": answer.context["versions"]}
    assert client.post(address(Place, "delete", place.pk), again).status_code == 302
    assert not Place.objects.exists()


def test_deleting_several_asks_for_a_reason_and_leaves_out_what_was_changed_since(client, me):
    places = [make_place("One"), make_place("Two")]
    chosen = {"action": "delete_selected", "_selected_action": [place.pk for place in places]}
    page = client.post(address(Place, "changelist"), chosen)
    assert page.status_code == 200
    delete = reverse("admin:cases_place_bulk", args=["delete_selected"])
    sent = {"chosen": page.context["chosen"], "do": "1"}
    assert "Say why." in client.post(delete, sent).content.decode()
    places[0].locality = "Kyiv"
    places[0].save()
    html = b"".join(client.post(delete, sent | {"reason": "Both are one"}).streaming_content).decode()
    assert "1 row was left out" in html
    assert Place.objects.get() == places[0]
    gone = Place.pgh_event_model.objects.filter(pgh_label="delete")
    assert {change.pgh_context["reason"] for change in gone} == {"Both are one"}


def test_deleting_what_is_used_is_still_refused(client, me):
    place = make_place()
    make_arrest(make_case(), place=place)
    answer = client.post(address(Place, "delete", place.pk), confirmation(client, place) | {"reason": "Never was"})
    assert "records that use it" in answer.content.decode()
    assert Place.objects.exists()


@pytest.mark.parametrize("model", [Arrest, Court, Detainee, Sentence])
def test_a_wrong_key_is_no_error(client, me, model):
    for page in ["change", "delete"]:
        assert client.post(address(model, page, "nonsense"), {"post": "yes"}).status_code in (302, 404)


def test_roles_that_two_change_at_once_are_asked_for_and_the_reason_is_kept(client, me, theirs):
    somebody = make_user("Reader", username="somebody")
    roles = {group.name: group.pk for group in Group.objects.all()}
    mine = opened(client, somebody) | {"groups": [roles["Editor"]], "first_name": "Mine"}
    save(theirs, somebody, opened(theirs, somebody) | {"groups": [roles["Researcher"]], "reason": "Has been trained"})
    assert set(UserGroup.pgh_event_model.objects.filter(user=somebody.pk, pgh_context__reason="Has been trained"))
    differences, again = stale(client, somebody, mine)
    assert {name: found.by for name, found in differences.items()} == {"groups": "both", "first_name": "me"}
    assert differences["groups"].stored == "Researcher"
    assert differences["groups"].said.who == "colleague"
    assert set(somebody.groups.values_list("name", flat=True)) == {"Researcher"}
    save(client, somebody, again | {"choose-groups": "mine"})
    somebody.refresh_from_db()
    assert somebody.first_name == "Mine"
    assert set(somebody.groups.values_list("name", flat=True)) == {"Editor"}


def test_signing_in_meanwhile_makes_no_account_stale(client, me):
    somebody = make_user("Reader", username="somebody")
    mine = opened(client, somebody) | {"first_name": "Mine"}
    Client().force_login(somebody)
    save(client, somebody, mine)
    somebody.refresh_from_db()
    assert somebody.first_name == "Mine"


def test_a_new_account_can_be_made_and_its_password_be_changed(client, me):
    passwords = {"password1": "a-long-password-2", "password2": "a-long-password-2"}
    add = address(User, "add")
    assert client.get(add).status_code == 200
    assert client.post(add, {"username": "new", "usable_password": "true", **passwords}).status_code == 302
    new = User.objects.get(username="new")
    page = reverse("admin:auth_user_password_change", args=[new.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"usable_password": "true", **passwords}).status_code == 302
