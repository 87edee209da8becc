"""Every form asks why, offers the reasons that its user gave last, and never one that others may not know of."""

import re

import pytest
from django.urls import reverse

from cases.forms.kinds import RECORD_FORMS
from cases.forms.reasons import KEPT, OFFERED, ReasonForm, recent_reasons, remember, seen_by_everybody
from cases.models import RecentReason
from tests.factories import (
    cite,
    make_case,
    make_court,
    make_lawyer,
    make_list,
    make_note,
    make_organisation,
    make_place,
    make_proceeding,
    make_provision,
    make_representation,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db

EVIDENCE = {"evidence-kind": "news", "evidence-reliability": "unknown"}


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def editor():
    return make_user("Editor")


@pytest.fixture
def case():
    return make_case("Ann Example")


def add_note(client, case, **data):
    return client.post(reverse("record-add", args=[case.reference, "notes"]), EVIDENCE | {"text": "A note"} | data)


def addresses_of_forms(case):
    rows = [make_place(), make_court(), make_provision(), make_list(), make_organisation()]
    named = [make_lawyer(), make_source(), make_proceeding(cases=[case]), case.detainee]
    names = ["place", "court", "provision", "list", "organisation", "lawyer", "source", "proceeding", "person"]
    for name, row in zip(names, rows + named, strict=True):
        yield reverse(f"{name}-add")
        yield reverse(f"{name}-edit", args=[getattr(row, "reference", row.pk)])
    yield reverse("role-add", args=[case.detainee.reference])
    yield reverse("case-add")
    yield reverse("case-edit", args=[case.reference])
    yield reverse("record-edit", args=[case.reference, "notes", make_note(case).pk])
    yield from (reverse("record-add", args=[case.reference, kind]) for kind in RECORD_FORMS)


def test_every_form_asks_why_and_offers_the_last_reasons(client, user, case):
    remember(user, "Checked with <the> family", case)
    for address in addresses_of_forms(case):
        html = client.get(address).content.decode()
        [field] = re.findall(r'<input[^>]*name="(?:case-)?reason"[^>]*>', html)
        listed = field.partition('list="')[2].partition('"')[0]
        assert f'<datalist id="{listed}"><option value="Checked with &lt;the&gt; family">' in html, address
        assert 'maxlength="500"' in field


def test_a_reason_is_offered_again_newest_first_and_once(client, user, case):
    for reason in ["First", "Second", "  First  "]:
        assert add_note(client, case, reason=reason).status_code == 302
    assert recent_reasons(user) == ["First", "Second"]
    assert recent_reasons(make_user()) == []


def test_only_the_newest_are_kept_and_offered(user, case):
    for number in range(KEPT + 5):
        remember(user, f"Reason {number}", case)
    assert RecentReason.objects.filter(user=user).count() == KEPT
    assert recent_reasons(user) == [f"Reason {KEPT + 4 - number}" for number in range(OFFERED)]


@pytest.mark.parametrize("access", ["team", "named"])
def test_a_reason_of_a_restricted_case_is_never_offered(client, user, access):
    case = make_case(team=[user], access=access)
    assert add_note(client, case, reason="What only the team knows").status_code == 302
    assert not RecentReason.objects.exists()
    assert "What only the team knows" not in client.get(reverse("case-add")).content.decode()


def test_a_reason_of_a_confidential_record_is_never_offered(client, case):
    editor = make_user("Editor")
    client.force_login(editor)
    assert add_note(client, case, reason="Told in confidence", confidential="on").status_code == 302
    assert recent_reasons(editor) == []
    assert add_note(client, case, reason="From the press").status_code == 302
    assert recent_reasons(editor) == ["From the press"]


def test_what_everybody_sees_is_decided_by_the_one_rule(user):
    hidden = make_case(access="named")
    lawyer = make_representation(hidden).lawyer
    assert not seen_by_everybody(lawyer)
    assert not seen_by_everybody(hidden.detainee)
    assert not seen_by_everybody(make_proceeding(cases=[hidden], created_by=user))
    protected = make_source(protected=True)
    cite(make_note(make_case()), protected)
    assert not seen_by_everybody(protected)
    for row in [make_case(), make_place(), make_note(), make_source(), make_lawyer(), make_case().detainee]:
        assert seen_by_everybody(row), row


def test_a_reason_of_a_thing_is_offered_again(client, user):
    place = make_place("Old name")
    page = client.get(reverse("place-edit", args=[place.pk]))
    data = {
        "name": "New name",
        "kind": "colony",
        "reason": "It was renamed",
        "version": page.context["form"]["version"].value(),
    }
    assert client.post(reverse("place-edit", args=[place.pk]), data).status_code == 302
    assert recent_reasons(user) == ["It was renamed"]


def test_too_long_a_reason_is_refused_in_words_and_kept(client, user, case):
    reason = "because " * 80
    answer = add_note(client, case, reason=reason)
    assert answer.status_code == 200
    assert "A reason takes at most 500 characters." in answer.content.decode()
    assert reason.strip() in answer.content.decode()


def test_where_a_reason_is_needed_a_blank_one_is_refused(user):
    for typed in ["", "   ", "\t\n"]:
        form = ReasonForm({"reason": typed}, user=user, ask="Say why it is restored.")
        assert form.errors == {"reason": ["Say why it is restored."]}
    assert ReasonForm({"reason": " A  slip "}, user=user).is_valid()


def test_a_reason_that_was_not_given_is_not_remembered(client, user, case):
    assert add_note(client, case).status_code == 302
    assert not RecentReason.objects.exists()
