"""Who sees which rows of history: the rule is `visible_to` of the event models (design 7)."""

from types import SimpleNamespace

import pghistory
import pytest
from django.db import transaction

from cases.models import (
    Case,
    Charge,
    Citation,
    Detainee,
    Event,
    Lawyer,
    Note,
    Penalty,
    Role,
    Sentence,
    Source,
    TeamMember,
    User,
)
from tests.factories import (
    cite,
    make_case,
    make_charge,
    make_detainee,
    make_lawyer,
    make_note,
    make_place,
    make_proceeding,
    make_representation,
    make_sentence,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    roles = {role.lower(): make_user(role) for role in Role.values}
    return SimpleNamespace(**roles, member=make_user(Role.RESEARCHER), stranger=make_user(None))


def seen_by(user, record):
    """How many rows of the record's history the user sees."""
    return type(record).pgh_event_model.objects.visible_to(user).filter(pgh_obj_id=record.pk).count()


def who_sees(people, record):
    return {name for name, user in vars(people).items() if seen_by(user, record)}


ALL = {"reader", "researcher", "editor", "administrator", "member"}


def test_the_history_of_an_open_record_is_for_everybody_with_a_role(people):
    note = make_note(make_case())
    assert who_sees(people, note) == who_sees(people, note.case) == who_sees(people, note.case.detainee) == ALL


def test_the_history_of_a_restricted_case_is_for_those_who_see_the_case(people):
    of_team, named = (make_note(make_case(team=[people.member], access=access)) for access in ("team", "named"))
    for record in (of_team, of_team.event, of_team.case, of_team.case.detainee, of_team.case.detainee.names.get()):
        assert who_sees(people, record) == {"editor", "administrator", "member"}
    for record in (named, named.event, named.case, named.case.detainee):
        assert who_sees(people, record) == {"member"}


def test_hiding_a_record_hides_its_past_and_showing_it_shows_that(people):
    note = make_note(make_case(team=[people.member]))
    Note.objects.update(text="Changed while everybody saw it.")
    Event.objects.update(confidential=True)
    assert who_sees(people, note) == {"editor", "administrator", "member"}
    assert seen_by(people.editor, note) == 2
    Event.objects.update(confidential=False)
    assert seen_by(people.reader, note) == 2


def test_what_hangs_on_a_confidential_record_is_as_confidential(people):
    sentence = make_sentence(make_case(team=[people.member]), years=8, confidential=True)
    citation = cite(sentence)
    assert (
        who_sees(people, citation) == who_sees(people, Penalty.objects.get()) == {"editor", "administrator", "member"}
    )


def test_a_finding_is_hidden_with_its_charge(people):
    case = make_case()
    charge = make_charge(case, confidential=True)
    make_sentence(case, findings=[(charge, "convicted")])
    finding = Sentence.objects.get().findings.get()
    assert who_sees(people, finding) == {"editor", "administrator"}


def test_a_deleted_confidential_record_stays_confidential(people):
    note = make_note(make_case(team=[people.member]), confidential=True)
    kept = Note(pk=note.pk)
    note.delete()
    assert who_sees(people, kept) == {"editor", "administrator", "member"}


def test_a_deleted_case_is_seen_as_it_last_was(people):
    rows = []
    for access in ("everyone", "team", "named"):
        note = make_note(make_case(team=[people.member], access=access))
        rows.append((Case(pk=note.case.pk), Note(pk=note.pk), TeamMember(pk=note.case.team_members.get().pk)))
        note.case.delete()
    for kept, expected in zip(rows, [ALL, {"editor", "administrator", "member"}, {"member"}], strict=True):
        for record in kept:
            assert who_sees(people, record) == expected, record


def test_confidential_records_of_a_deleted_case_stay_confidential(people):
    note = make_note(make_case(team=[people.member]), confidential=True)
    kept = Note(pk=note.pk)
    note.case.delete()
    assert who_sees(people, kept) == {"editor", "administrator", "member"}


def test_a_deleted_person_is_for_editors_and_for_who_entered_them(people):
    person = make_detainee("Somebody", created_by=people.researcher)
    kept = Detainee(pk=person.pk)
    person.delete()
    assert who_sees(people, kept) == {"researcher", "editor", "administrator"}


def test_the_history_of_a_protected_source_is_for_keepers_and_editors(people):
    source = make_source(protected=True)
    source.keepers.add(people.member)
    cite(make_note(make_case()), source)
    assert who_sees(people, source) == {"editor", "administrator", "member"}


def test_the_history_of_a_deleted_protected_source_is_for_editors(people):
    source = make_source(protected=True)
    kept = Source(pk=source.pk)
    source.delete()
    assert who_sees(people, kept) == {"editor", "administrator"}


def test_places_and_other_shared_things_have_an_open_history(people):
    assert who_sees(people, make_place()) == ALL


def test_changes_of_accounts_are_for_administrators(people):
    assert who_sees(people, User.objects.get(pk=people.reader.pk)) == {"administrator"}


def test_a_citation_of_a_person_is_seen_as_the_person_is(people):
    citation = cite(make_case(access="team").detainee)
    assert who_sees(people, Citation.objects.get(pk=citation.pk)) == {"editor", "administrator"}


@pytest.mark.django_db(transaction=True)
def test_the_rows_of_one_transaction_are_one_act():
    case = make_case()
    with transaction.atomic(), pghistory.context(reason="Both at once."):
        charge, note = make_charge(case), make_note(case)
    acts = {
        (row.pgh_created_at, row.pgh_act)
        for model, record in ((Charge, charge), (Note, note))
        for row in model.pgh_event_model.objects.filter(pgh_obj_id=record.pk)
    }
    assert len(acts) == 1
    Note.objects.update(text="Later.")
    later = Note.pgh_event_model.objects.order_by("-pgh_id").first()
    assert (later.pgh_created_at, later.pgh_act) not in acts
    assert later.pgh_role == "casetracker"


def test_what_only_a_deleted_hidden_case_used_stays_hidden(people):
    case = make_case(access="team")
    lawyer, source = make_lawyer("Hidden Lawyer"), make_source("Hidden report")
    proceeding = make_proceeding("Hidden proceeding", [case])
    make_representation(case, lawyer)
    cite(make_note(case), source)
    case.delete()
    for thing in (lawyer, source, proceeding):
        assert who_sees(people, thing) == {"editor", "administrator"}, thing
        seen = {name for name, user in vars(people).items() if type(thing).objects.visible_to(user).exists()}
        assert seen == {"editor", "administrator"}, thing


def test_what_a_hidden_record_named_before_it_named_another_stays_hidden(people):
    first, second = make_lawyer("First Lawyer"), make_lawyer("Second Lawyer")
    representation = make_representation(make_case(access="team"), first)
    representation.lawyer = second
    representation.save()
    assert not Lawyer.objects.visible_to(people.reader).exists()
    assert Lawyer.objects.visible_to(people.editor).count() == 2


def test_what_an_open_case_no_longer_uses_is_offered(people):
    case, lawyer = make_case(), make_lawyer()
    make_representation(case, lawyer).delete()
    assert Lawyer.objects.visible_to(people.reader).get() == lawyer
