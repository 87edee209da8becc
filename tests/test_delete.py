"""Deleting: it asks why, says what goes with it as far as one may see it, and how it comes back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case, RecentReason, Role, Source
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_lawyer,
    make_list,
    make_organisation,
    make_photo,
    make_place,
    make_proceeding,
    make_provision,
    make_release,
    make_sentence,
    make_source,
    make_user,
)
from tests.pages import signed_in, text

pytestmark = pytest.mark.django_db

# Address of a thing's page -> what makes one that nothing uses
THINGS = {
    "person": lambda: make_detainee("Nadia Invented"),
    "lawyer": lambda: make_lawyer("Emil Invented"),
    "place": make_place,
    "court": make_court,
    "provision": make_provision,
    "source": make_source,
    "proceeding": make_proceeding,
    "list": make_list,
    "organisation": make_organisation,
}


def delete_address(record, kind=""):
    if isinstance(record, Case):
        return reverse("case-delete", args=[record.reference])
    if kind in THINGS:
        return reverse(f"{kind}-delete", args=[getattr(record, "reference", None) or record.pk])
    return reverse("record-delete", args=[record.case.reference, kind, record.pk])


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501])
def test_no_thing_goes_without_a_reason_of_some_length(kind, reason):
    thing, client = THINGS[kind](), signed_in()
    answer = client.post(delete_address(thing, kind), {} if reason is None else {"reason": reason})
    assert answer.status_code == 200
    assert "Say why it is deleted." in text(answer) or "at most 500" in text(answer)
    assert type(thing).objects.filter(pk=thing.pk).exists()


@pytest.mark.parametrize("kind", THINGS)
def test_a_thing_goes_with_a_reason_that_its_history_keeps_and_an_editor_may_undo_it(kind):
    thing, client = THINGS[kind](), signed_in()
    key, history = thing.pk, type(thing).pgh_event_model.objects
    page = client.post(delete_address(thing, kind), {"reason": "Entered twice"}, follow=True)
    assert not type(thing).objects.filter(pk=key).exists()
    change = history.get(pgh_obj=key, pgh_label="delete")
    assert change.pgh_context["reason"] == "Entered twice"
    way = reverse("change-restore", args=[type(thing)._meta.model_name, change.pgh_id])
    assert f'<a href="{way}">Undo</a>' in page.content.decode()


def test_a_researcher_may_delete_a_record_but_is_not_offered_what_editors_may():
    record, client = make_arrest(), signed_in(Role.RESEARCHER)
    page = client.post(delete_address(record, "arrests"), {"reason": "Entered twice"}, follow=True)
    assert "Deleted. Its history is kept." in text(page)
    assert "/restore/" not in page.content.decode()


def test_the_reason_is_offered_again_only_if_everybody_may_see_what_it_was_given_for():
    client = signed_in()
    for access, reason in [("everyone", "Entered twice"), ("team", "The family asked")]:
        client.post(delete_address(make_arrest(make_case(access=access)), "arrests"), {"reason": reason})
    assert [one.text for one in RecentReason.objects.all()] == ["Entered twice"]


def test_what_goes_with_a_case_is_counted_by_kind():
    client, case = signed_in(), make_case(tags=["press"], team=[make_user()])
    charge = make_charge(case)
    make_sentence(case, years=3, findings=[(charge, "convicted")])
    for _number in range(2):
        cite(make_arrest(case))
    make_proceeding("Together", [case])
    page = text(client.get(delete_address(case)))
    counted = ["Team member 1", "Tag of a case 1", "Arrests 2", "Charge 1", "Sentence 1", "Finding 1", "Penalty 1"]
    for words in [*counted, "Citations 2", "Case in a joint proceeding 1"]:
        assert words in page


def test_what_goes_with_a_person_a_source_or_a_proceeding_is_counted_as_far_as_one_sees_it():
    client, person = signed_in(), make_detainee("Nadia Invented", "Надія Вигадана")
    make_photo(person)
    cite(person)
    page = text(client.get(delete_address(person, "person")))
    assert "Names 2" in page and "Photo 1" in page and "Citation 1" in page
    source = make_source(protected=True)
    source.source_keepers.create(user=make_user())
    assert "Keeper 1" in text(client.get(delete_address(source, "source")))


def test_what_a_record_leaves_behind_is_said_accounts_and_links():
    client, case = signed_in(), make_case()
    stay = make_detention(case)
    make_release(case, "", stay=stay)
    page = text(client.get(delete_address(stay, "detentions")))
    assert "It is named by Release 1" in page
    release = make_release(case, "2017")
    assert "accepted account" not in text(client.get(delete_address(release, "releases")))
    make_release(case, "2018", event=release.event, standing="alternative")
    make_arrest(case, event=release.event, standing="rejected")
    page = text(client.get(delete_address(release, "releases")))
    assert "2 other accounts stay; the event has no accepted one until an editor accepts one of them." in page


def test_an_account_that_is_not_accepted_goes_without_that_warning():
    client, release = signed_in(), make_release()
    rival = make_release(release.case, "2018", event=release.event, standing="alternative")
    assert "accepted account" not in text(client.get(delete_address(rival, "releases")))


def test_a_source_that_a_hundred_facts_cite_is_kept_and_says_how_many_of_them_one_sees():
    client, source = signed_in(), make_source()
    seen, hidden = make_case(), make_case(access="named")
    first = cite(make_arrest(seen), source)
    with CaptureQueriesContext(connection) as one:
        client.get(delete_address(source, "source"))
    for case in (seen, hidden):
        for _number in range(50):
            cite(make_arrest(case), source)
    with CaptureQueriesContext(connection) as hundred:
        page = text(client.get(delete_address(source, "source")))
    assert "It is used by 51 records that you can see, and perhaps by others. It cannot be deleted." in page
    assert page.count("arrest") == 0
    assert len(hundred) == len(one)
    page = text(client.post(delete_address(source, "source"), {"reason": "All the same"}))
    assert "cannot be deleted" in page
    assert Source.objects.filter(pk=first.source_id).exists()


def test_a_page_of_deleting_says_how_it_comes_back():
    client, record = signed_in(), make_arrest()
    history = reverse("case-history", args=[record.case.reference])
    assert history in client.get(delete_address(record, "arrests")).content.decode()
    assert reverse("change-list") in client.get(delete_address(record.case)).content.decode()
    assert reverse("change-list") in client.get(delete_address(make_place(), "place")).content.decode()
