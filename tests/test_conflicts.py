"""A stale save: nothing is written, each field is asked for, and nothing that anybody typed is lost."""

import html as markup
import re

import pghistory
import pytest
from django.db import transaction
from django.urls import reverse

from cases.models import Finding, Name, Penalty, TeamMember
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_detainee,
    make_detention,
    make_lawyer,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_sentence,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = make_user(username="me")
    client.force_login(user)
    return user


@pytest.fixture
def colleague(client):
    """Signed in with a browser of their own."""
    return make_user("Editor", username="colleague", first_name="Nadia", last_name="Colleague")


@pytest.fixture
def theirs(colleague):
    from django.test import Client

    browser = Client()
    browser.force_login(colleague)
    return browser


@pytest.fixture
def case():
    return make_case("Ann Example")


def address(record, kind):
    return reverse("record-edit", args=[record.case.reference, kind, record.pk])


def sent(html):
    """Return what a browser would send of the form on a page."""
    html = html[html.index('<form class="form"') :]
    html = html[: html.index("</form>")]
    data: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and not re.search(r"\bchecked\b", tag):
            continue
        if "name" in attributes and attributes.get("type") != "file":
            data.setdefault(attributes["name"], []).append(markup.unescape(attributes.get("value", "")))
    for name, many, options in re.findall(r'<select\b[^>]*?name="([^"]+)"([^>]*)>(.*?)</select>', html, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)"[^>]*\bselected', options)
        data[name] = chosen if "multiple" in many else chosen[:1] or [""]
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        data[name] = [markup.unescape(text).removeprefix("\n")]
    return data


def opened(browser, url):
    return sent(browser.get(url).content.decode())


def stale(browser, url, data):
    """Send a form that must come back as a conflict. Return its differences by name, and what it would send next."""
    answer = browser.post(url, data)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert form.conflict, form.errors
    assert 'id="conflict"' in answer.content.decode()
    return {row.name: row for row in form.conflict.differences}, sent(answer.content.decode())


def save(browser, url, data):
    answer = browser.post(url, data)
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["form"].conflict)


# What is asked


def test_a_stale_save_shows_what_was_is_and_would_be_with_who_and_when(client, user, case, theirs):
    arrest = make_arrest(case, authority="Police", circumstances="At dawn", remark="Seen")
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"authority": "FSB", "circumstances": "At six"}
    save(theirs, url, opened(theirs, url) | {"authority": "OMON", "remark": "Seen by two", "reason": "A <b>letter</b>"})
    differences, again = stale(client, url, mine)
    both, them, me = (differences[name] for name in ["authority", "remark", "circumstances"])
    assert (both.was, both.stored, both.mine, both.by, both.choice) == ("Police", "OMON", "FSB", "both", "")
    assert (them.was, them.stored, them.mine, them.by, them.choice) == ("Seen", "Seen by two", "Seen", "them", "stored")
    assert (me.was, me.stored, me.mine, me.by, me.choice) == ("At dawn", "At dawn", "At six", "me", "mine")
    assert both.said.who == "Nadia Colleague"
    assert both.said.when is not None
    assert me.said is None
    arrest.refresh_from_db()
    assert (arrest.authority, arrest.circumstances) == ("OMON", "At dawn")
    assert again["authority"] == ["FSB"]
    assert again["circumstances"] == ["At six"]


def test_a_mixture_is_chosen_and_what_only_one_changed_holds_by_itself(client, user, case, theirs):
    arrest = make_arrest(case, authority="Police", circumstances="At dawn", remark="Seen")
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"authority": "FSB", "circumstances": "At six", "reason_given": "Mine"}
    save(theirs, url, opened(theirs, url) | {"authority": "OMON", "remark": "Seen by two", "reason_given": "Theirs"})
    _differences, again = stale(client, url, mine)
    differences, again = stale(client, url, again | {"choose-authority": "stored"})
    assert [row.name for row in differences.values() if not row.choice] == ["reason_given"]
    assert again["choose-authority"] == ["stored"], "a choice once made is kept"
    save(client, url, again | {"choose-reason_given": "mine"})
    arrest.refresh_from_db()
    held = (arrest.authority, arrest.reason_given, arrest.circumstances, arrest.remark)
    assert held == ("OMON", "Mine", "At six", "Seen by two")


def test_one_may_overrule_what_only_a_colleague_changed(client, user, case, theirs):
    arrest = make_arrest(case, remark="Seen")
    url = address(arrest, "arrests")
    mine = opened(client, url)
    save(theirs, url, opened(theirs, url) | {"remark": "Seen by two"})
    _differences, again = stale(client, url, mine)
    save(client, url, again | {"choose-remark": "mine"})
    arrest.refresh_from_db()
    assert arrest.remark == "Seen"


def test_the_same_change_twice_is_no_dispute(client, user, case, theirs):
    arrest = make_arrest(case, remark="Seen")
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"remark": "Seen by two"}
    save(theirs, url, opened(theirs, url) | {"remark": "Seen by two"})
    differences, again = stale(client, url, mine)
    assert not differences
    save(client, url, again)


def test_a_third_change_asks_once_more_and_only_about_what_it_changed(client, user, case, theirs):
    arrest = make_arrest(case, authority="Police", remark="Seen")
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"authority": "FSB", "remark": "Mine"}
    save(theirs, url, opened(theirs, url) | {"authority": "OMON", "remark": "Second"})
    _differences, again = stale(client, url, mine)
    save(theirs, url, opened(theirs, url) | {"remark": "Third"})
    differences, again = stale(client, url, again | {"choose-authority": "mine", "choose-remark": "mine"})
    assert (differences["authority"].choice, differences["remark"].choice) == ("mine", "")
    assert (differences["remark"].was, differences["remark"].stored) == ("Seen", "Third")
    save(client, url, again | {"choose-remark": "stored"})
    arrest.refresh_from_db()
    assert (arrest.authority, arrest.remark) == ("FSB", "Third")


def test_what_was_typed_can_be_changed_on_while_choosing(client, user, case, theirs):
    note = make_note(case, "One.")
    url = address(note, "notes")
    mine = opened(client, url) | {"text": "One. Two."}
    save(theirs, url, opened(theirs, url) | {"text": "One. Three."})
    _differences, again = stale(client, url, mine)
    save(client, url, again | {"text": "One. Two. Three.", "choose-text": "mine"})
    note.refresh_from_db()
    assert note.text == "One. Two. Three."


def test_an_unreadable_value_is_kept_and_gives_way_where_the_stored_one_is_chosen(client, user, case, theirs):
    arrest = make_arrest(case, date="2015-01-29")
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"date": "30.02.2015"}
    save(theirs, url, opened(theirs, url) | {"date": "28.01.2015"})
    differences, again = stale(client, url, mine)
    assert (differences["date"].mine, differences["date"].choice) == ("30.02.2015", "")
    assert again["date"] == ["30.02.2015"]
    save(client, url, again | {"choose-date": "stored"})
    arrest.refresh_from_db()
    assert arrest.date.text == "2015-01-28"


def test_a_choice_survives_another_mistake_on_the_page(client, user, case, theirs):
    stay = make_detention(case, ordered_by="A court", remark="Seen")
    url = address(stay, "detentions")
    mine = opened(client, url) | {"ordered_by": "A prosecutor"}
    save(theirs, url, opened(theirs, url) | {"ordered_by": "A minister"})
    _differences, again = stale(client, url, mine)
    answer = client.post(url, again | {"choose-ordered_by": "stored", "ended": "31.02.2017"})
    assert answer.status_code == 200
    again = sent(answer.content.decode())
    assert (again["choose-ordered_by"], again["ordered_by"], again["ended"]) == (
        ["stored"],
        ["A prosecutor"],
        ["31.02.2017"],
    )
    save(client, url, again | {"ended": ""})
    stay.refresh_from_db()
    assert stay.ordered_by == "A minister"


def test_markup_in_all_three_values_is_only_text(client, user, case, theirs):
    note = make_note(case, "<b>was</b>")
    url = address(note, "notes")
    mine = opened(client, url) | {"text": "<b>mine</b>"}
    save(theirs, url, opened(theirs, url) | {"text": "<script>stored</script>"})
    html = client.post(url, mine).content.decode()
    assert "<b>was" not in html
    assert "<b>mine" not in html
    assert "<script>stored" not in html
    assert all(text in html for text in ["&lt;b&gt;was", "&lt;b&gt;mine", "&lt;script&gt;stored"])


@pytest.mark.parametrize("token", ["", "0", "99999999999999999999", "x y z", "1 penalty", "-1", "1 " * 5000])
def test_a_nonsense_version_is_a_conflict_and_nothing_more(client, user, case, token):
    note = make_note(case, "Stored")
    url = address(note, "notes")
    answer = client.post(url, opened(client, url) | {"text": "Mine", "version": token, "opened": token})
    assert answer.status_code == 200
    assert answer.context["form"].conflict
    note.refresh_from_db()
    assert note.text == "Stored"


def test_the_picked_place_is_named_in_all_three(client, user, case, theirs):
    first, second, third = make_place("First"), make_place("Second"), make_place("Third")
    arrest = make_arrest(case, place=first)
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"place": "Third", "place_for": "", "place_choice": ""}
    save(theirs, url, opened(theirs, url) | {"place": "Second", "place_for": "", "place_choice": ""})
    differences, again = stale(client, url, mine)
    place = differences["place"]
    assert (place.was, place.stored, place.mine, place.choice) == ("First", "Second", "Third", "")
    save(client, url, again | {"choose-place": "mine"})
    arrest.refresh_from_db()
    assert arrest.place == third
    assert second != third


# What hangs on the record


def test_penalties_that_two_add_at_once_are_both_kept(client, user, case, theirs):
    sentence = make_sentence(case)
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"penalties-0-kind": "imprisonment", "penalties-0-years": "8"}
    save(theirs, url, opened(theirs, url) | {"penalties-0-kind": "imprisonment", "penalties-0-years": "3"})
    differences, again = stale(client, url, mine)
    [row] = differences.values()
    assert (row.fixed, row.by, row.stored) == (True, "them", "imprisonment, 3 years (imposed)")
    save(client, url, again)
    assert sorted(Penalty.objects.values_list("years", flat=True)) == [3, 8]


@pytest.mark.parametrize(("choice", "years"), [("mine", 7), ("stored", 9)])
def test_a_penalty_changed_by_both_is_asked_for(client, user, case, theirs, choice, years):
    sentence = make_sentence(case, years=8)
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"penalties-0-years": "7"}
    save(theirs, url, opened(theirs, url) | {"penalties-0-years": "9"})
    differences, again = stale(client, url, mine)
    [row] = differences.values()
    assert [text.split(" (")[0] for text in (row.was, row.stored, row.mine)] == [
        f"imprisonment, {number} years" for number in (8, 9, 7)
    ]
    assert client.post(url, again).status_code == 200
    save(client, url, again | {row.input_name: choice})
    assert [penalty.years for penalty in Penalty.objects.all()] == [years]


def test_a_penalty_that_only_a_colleague_changed_is_taken_over(client, user, case, theirs):
    sentence = make_sentence(case, years=8, remark="Seen")
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"remark": "Mine"}
    save(theirs, url, opened(theirs, url) | {"penalties-0-years": "9"})
    _differences, again = stale(client, url, mine)
    save(client, url, again)
    sentence.refresh_from_db()
    assert (Penalty.objects.get().years, sentence.remark) == (9, "Mine")


@pytest.mark.parametrize(("choice", "years"), [("mine", [7]), ("stored", [])])
def test_a_penalty_removed_by_one_and_changed_by_the_other_is_said(client, user, case, theirs, choice, years):
    sentence = make_sentence(case, years=8)
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"penalties-0-years": "7"}
    save(theirs, url, opened(theirs, url) | {"penalties-0-remove": "on"})
    differences, again = stale(client, url, mine)
    [row] = differences.values()
    assert (row.by, row.stored) == ("both", "removed")
    save(client, url, again | {row.input_name: choice})
    assert [penalty.years for penalty in Penalty.objects.all()] == years


def test_a_finding_of_a_charge_that_came_later_is_not_taken_away(client, user, case, theirs):
    sentence = make_sentence(case)
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"remark": "Mine"}
    charge = make_charge(case)
    save(theirs, url, opened(theirs, url) | {f"finding_{charge.pk}": "convicted"})
    differences, again = stale(client, url, mine)
    assert differences[f"finding_{charge.pk}"].choice == "stored"
    save(client, url, again)
    assert Finding.objects.get().outcome == "convicted"


def test_team_members_that_two_add_at_once_are_both_kept(client, case, colleague, theirs):
    me, first, second = make_user("Editor"), make_user(username="first"), make_user(username="second")
    client.force_login(me)
    TeamMember.objects.create(case=case, user=me)
    url = reverse("case-edit", args=[case.reference])
    mine, other = opened(client, url), opened(theirs, url)
    save(theirs, url, other | {"team": [str(me.pk), str(first.pk)]})
    differences, again = stale(client, url, mine | {"team": [str(me.pk), str(second.pk)]})
    team = differences["team"]
    assert (team.by, team.choice) == ("both", "both")
    assert "first" in team.merged
    save(client, url, again)
    assert set(case.team.all()) == {me, first, second}


def test_a_case_changed_by_both_is_asked_for_field_by_field(client, user, case, theirs):
    url = reverse("case-edit", args=[case.reference])
    mine = opened(client, url) | {"title": "Mine", "last_confirmed_on": "3 May 2020"}
    save(theirs, url, opened(theirs, url) | {"title": "Theirs", "summary": "New", "last_confirmed_on": "4 May 2020"})
    differences, again = stale(client, url, mine)
    assert {name: row.choice for name, row in differences.items()} == {
        "title": "",
        "summary": "stored",
        "last_confirmed_on": "",
    }
    save(client, url, again | {"choose-title": "mine", "choose-last_confirmed_on": "stored"})
    case.refresh_from_db()
    assert (case.title, case.summary, str(case.last_confirmed_on)) == ("Mine", "New", "2020-05-04")


# Things and their names


def edit(thing):
    kind = {"Detainee": "person", "JointProceeding": "proceeding"}.get(
        type(thing).__name__, type(thing).__name__.lower()
    )
    return reverse(f"{kind}-edit", args=[getattr(thing, "reference", thing.pk)])


def test_names_that_two_add_at_once_are_both_kept(client, user, theirs):
    person = make_case(make_detainee("First")).detainee
    url = edit(person)
    mine = opened(client, url) | {"names-1-text": "Mine", "names-1-kind": "alias"}
    save(theirs, url, opened(theirs, url) | {"names-1-text": "Theirs", "names-1-kind": "alias"})
    differences, again = stale(client, url, mine)
    assert [row.fixed for row in differences.values()] == [True]
    save(client, url, again)
    assert sorted(name.text for name in person.names.all()) == ["First", "Mine", "Theirs"]


@pytest.mark.parametrize(("choice", "text"), [("mine", "Mine"), ("stored", "Theirs")])
def test_a_name_changed_by_both_is_asked_for(client, user, theirs, choice, text):
    person = make_case(make_detainee("First", "Second")).detainee
    url = edit(person)
    mine = opened(client, url) | {"names-1-text": "Mine"}
    save(theirs, url, opened(theirs, url) | {"names-1-text": "Theirs"})
    differences, again = stale(client, url, mine)
    [row] = differences.values()
    assert (row.was, row.stored, row.mine) == ("Second (alias)", "Theirs (alias)", "Mine (alias)")
    save(client, url, again | {row.input_name: choice})
    assert sorted(name.text for name in person.names.all()) == ["First", text]


@pytest.mark.parametrize(("choice", "texts"), [("mine", ["First", "Mine"]), ("stored", ["First"])])
def test_a_name_removed_by_one_and_changed_by_the_other_is_said(client, user, theirs, choice, texts):
    person = make_case(make_detainee("First", "Second")).detainee
    url = edit(person)
    mine = opened(client, url) | {"names-1-text": "Mine"}
    save(theirs, url, opened(theirs, url) | {"names-1-DELETE": "on"})
    differences, again = stale(client, url, mine)
    [row] = differences.values()
    assert (row.stored, row.choice) == ("removed", "")
    assert again["names-1-text"] == ["Mine"]
    differences, again = stale(client, url, again)
    save(client, url, again | {row.input_name: choice})
    assert sorted(name.text for name in person.names.all()) == texts


def test_a_name_that_a_colleague_removed_is_gone_if_nobody_changed_it(client, user, theirs):
    person = make_case(make_detainee("First", "Second")).detainee
    url = edit(person)
    mine = opened(client, url) | {"birth_place": "Yalta"}
    save(theirs, url, opened(theirs, url) | {"names-1-DELETE": "on"})
    _differences, again = stale(client, url, mine)
    save(client, url, again)
    person.refresh_from_db()
    assert ([name.text for name in person.names.all()], person.birth_place) == (["First"], "Yalta")


def test_two_main_names_at_once_are_refused_and_nothing_is_lost(client, user, theirs):
    person = make_case(make_detainee("First", "Second", "Third")).detainee
    url = edit(person)
    mine = opened(client, url) | {"names-0-kind": "alias", "names-2-kind": "main"}
    save(theirs, url, opened(theirs, url) | {"names-0-kind": "alias", "names-1-kind": "main"})
    _differences, again = stale(client, url, mine)
    answer = client.post(url, again)
    assert "exactly one" in answer.content.decode()
    save(client, url, sent(answer.content.decode()) | {"names-2-kind": "alias"})
    assert Name.objects.get(detainee=person, kind="main").text == "Second"


def test_a_photo_that_both_changed_is_asked_for(client, user, theirs):
    person = make_case(make_detainee("First")).detainee
    make_photo(person)
    url = edit(person)
    mine = opened(client, url) | {"remove_photo": "on"}
    photo = person.photo
    photo.width += 1
    photo.save()
    differences, again = stale(client, url, mine)
    assert (differences["photo"].mine, differences["photo"].choice) == ("no photo", "")
    save(client, url, again | {"choose-photo": "stored"})
    assert type(photo).objects.filter(pk=photo.pk).exists()


@pytest.mark.parametrize(
    "make", [make_place, make_lawyer, make_source, make_proceeding], ids=lambda make: make.__name__
)
def test_each_thing_asks(client, user, theirs, make):
    thing = make()
    field = {"Place": "name", "Lawyer": "office", "Source": "author", "JointProceeding": "description"}[
        type(thing).__name__
    ]
    url = edit(thing)
    mine = opened(client, url) | {field: "Mine"}
    save(theirs, url, opened(theirs, url) | {field: "Theirs"})
    differences, again = stale(client, url, mine)
    assert {name: row.choice for name, row in differences.items()} == {field: ""}
    save(client, url, again | {f"choose-{field}": "mine"})
    thing.refresh_from_db()
    assert getattr(thing, field) == "Mine"


def test_cases_that_two_put_into_a_proceeding_are_both_kept(client, user, theirs):
    proceeding, first, second = make_proceeding(), make_case(), make_case()
    url = edit(proceeding)
    mine = opened(client, url) | {"references": first.reference}
    save(theirs, url, opened(theirs, url) | {"references": second.reference})
    _differences, again = stale(client, url, mine)
    save(client, url, again)
    assert set(proceeding.cases.all()) == {first, second}


# Deleted meanwhile


def test_a_record_deleted_meanwhile_gives_back_what_was_typed_and_is_added_anew(client, user, case, theirs):
    sentence = make_sentence(case, years=8, remark="Seen")
    url = address(sentence, "sentences")
    mine = opened(client, url) | {"remark": "<b>Mine</b>"}
    theirs.post(reverse("record-delete", args=[case.reference, "sentences", sentence.pk]), {"reason": "Entered twice"})
    answer = client.post(url, mine)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Nadia Colleague deleted this while you were writing" in html
    assert "&lt;b&gt;Mine" in html
    assert not Penalty.objects.exists()
    anew = reverse("record-add", args=[case.reference, "sentences"])
    assert f'action="{anew}"' in html
    save(client, anew, sent(html))
    [added] = case.sentences.all()
    assert (added.remark, [penalty.years for penalty in added.penalties.all()]) == ("<b>Mine</b>", [8])


def test_a_hidden_or_missing_record_is_still_simply_not_there(client, user, case, theirs):
    arrest = make_arrest(case, confidential=True)
    url = address(arrest, "arrests")
    missing = client.post(url, {"remark": "Mine"})
    theirs.post(reverse("record-delete", args=[case.reference, "arrests", arrest.pk]), {"reason": "Entered twice"})
    deleted = client.post(url, {"remark": "Mine"})
    assert (missing.status_code, deleted.status_code) == (404, 404)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("make", [make_place, make_lawyer], ids=lambda make: make.__name__)
def test_a_thing_deleted_meanwhile_is_added_anew(client, user, make):
    thing = make(created_by=user)
    url = edit(thing)
    field = "name" if make is make_place else "office"
    mine = opened(client, url) | {field: "Mine"}
    thing.delete()
    answer = client.post(url, mine)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "deleted this while you were writing" in html
    save(client, re.search(r'id="typed" method="post" action="([^"]+)"', html)[1], sent(html))
    assert getattr(type(thing).objects.get(), field) == "Mine"


def test_a_case_deleted_meanwhile_shows_what_was_typed(client, user, case, theirs):
    urls = [reverse("case-edit", args=[case.reference]), reverse("record-add", args=[case.reference, "notes"])]
    assert theirs.post(reverse("case-delete", args=[case.reference]), {"reason": "Entered twice"}).status_code == 302
    for url in urls:
        answer = client.post(url, {"title": "<b>Mine</b>"})
        assert answer.status_code == 200
        assert "&lt;b&gt;Mine" in answer.content.decode()
        assert client.get(url).status_code == 404


# What a reader may not know


@pytest.mark.django_db(transaction=True)
def test_a_reason_is_shown_only_if_all_that_it_changed_may_be_seen(client, user, case, theirs):
    arrest, hidden = make_arrest(case, remark="Seen"), make_note(case, confidential=True)
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"remark": "Mine"}
    save(theirs, url, opened(theirs, url) | {"remark": "Theirs", "reason": "A <b>letter</b>"})
    differences, _again = stale(client, url, mine)
    assert differences["remark"].said.why == "A <b>letter</b>"
    assert "A &lt;b&gt;letter" in client.post(url, mine).content.decode()
    with transaction.atomic(), pghistory.context(reason="About the hidden note"):
        type(arrest).objects.filter(pk=arrest.pk).update(remark="Third")
        type(hidden).objects.filter(pk=hidden.pk).update(remark="Third")
    differences, _again = stale(client, url, mine)
    assert differences["remark"].said.why == ""
    assert "hidden note" not in client.post(url, mine).content.decode()


def test_a_protected_source_stays_one(client, user, case, theirs):
    secret = make_source("Our neighbour", protected=True)
    url = reverse("case-edit", args=[case.reference])
    mine = opened(client, url) | {"title": "Mine"}
    case.last_confirmed_source = secret
    case.save()
    answer = client.post(url, mine)
    assert answer.context["form"].conflict
    assert "neighbour" not in answer.content.decode()
    differences, again = stale(client, url, mine)
    assert differences["last_confirmed_source"].stored == "a protected source"
    save(client, url, again)
    case.refresh_from_db()
    assert case.last_confirmed_source == secret


def test_a_link_to_a_hidden_record_is_neither_shown_nor_lost(client, user, case):
    charge, hidden = make_charge(case), make_charge(case, "999", confidential=True)
    url = address(charge, "charges")
    mine = opened(client, url) | {"remark": "Mine"}
    charge.reclassified_to, charge.ended_how = hidden, "reclassified"
    charge.save()
    answer = client.post(url, mine)
    assert "999" not in answer.content.decode()
    save(client, url, sent(answer.content.decode()))
    charge.refresh_from_db()
    assert (charge.reclassified_to, charge.remark) == (hidden, "Mine")


def test_making_a_record_confidential_is_not_undone_by_an_older_form(client, case, theirs):
    client.force_login(make_user("Editor"))
    arrest = make_arrest(case)
    url = address(arrest, "arrests")
    mine = opened(client, url) | {"remark": "Mine"}
    save(theirs, url, opened(theirs, url) | {"confidential": "on"})
    differences, again = stale(client, url, mine)
    assert differences["confidential"].choice == "stored"
    save(client, url, again)
    arrest.refresh_from_db()
    assert (arrest.event.confidential, arrest.remark) == (True, "Mine")


def test_a_citation_that_somebody_changed_meanwhile_is_not_removed_unseen(client, user, case):
    note = make_note(case)
    citation = cite(note, make_source("First report"), said_by="A neighbour")
    url = address(note, "notes")
    mine = opened(client, url) | {"remove_citation": [f"c{citation.pk}.{citation.version}"], "text": "Mine"}
    citation.said_by = "A guard"
    citation.save()
    answer = client.post(url, mine)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "Somebody changed the citation of “First report”" in html
    assert "A guard" in html
    again = sent(html)
    assert again["text"] == ["Mine"]
    assert "remove_citation" not in again
    assert note.citations.exists()
    citation.refresh_from_db()
    save(client, url, again | {"remove_citation": [f"c{citation.pk}.{citation.version}"]})
    assert not note.citations.exists()
