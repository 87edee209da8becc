"""A published case followed from end to end: changed in four ways, read in its history, deleted and brought back whole."""

import random

import psycopg
import pytest
from django.db import connection
from django.test import Client

from cases.demo.published import Published
from cases.models import RECORD_MODELS, Case, Charge, Note, Role
from tests.factories import make_case, make_user
from tests.pages import main_of, words_of
from tests.test_admin import address as admin_address
from tests.test_admin import form_data
from tests.test_conflicts import opened
from tests.test_restore import address, carry_out, deletion, digest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chiygoz(transactional_db):
    return Published(random.Random(1)).chiygoz()


def browser(role, username):
    client = Client()
    client.force_login(make_user(role, username))
    return client


def entries(client, case):
    """Return the entries of the history as texts, newest first."""
    page = main_of(client.get(f"/cases/{case.reference}/history/"))
    return [words_of(entry) for entry in page.split('<article class="act')[1:]]


def outside(sql, *values):
    """Run SQL on a connection that knows nothing of the application."""
    settings = connection.settings_dict
    with psycopg.connect(host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]) as other:
        other.execute(sql, values)


def test_the_history_says_who_changed_what_and_why_in_four_ways(chiygoz):
    researcher, administrator = browser(Role.RESEARCHER, "olha"), browser(Role.ADMINISTRATOR, "root-of-all")
    charge = chiygoz.charges.accepted().get()

    form = f"/cases/{chiygoz.reference}/charges/{charge.pk}/edit/"
    said = {"alleged_act": "Mass disturbances.", "reason": "The verdict says it shorter."}
    answer = researcher.post(form, {**opened(researcher, form), **said})
    assert answer.status_code == 302
    page = administrator.get(admin_address(Case, "change", chiygoz.pk))
    answer = administrator.post(
        admin_address(Case, "change", chiygoz.pk),
        {**form_data(page), "territory_note": "Crimea", "reason": "One wording for all."},
    )
    assert answer.status_code == 302
    others = [make_case() for _number in range(299)]
    Case.objects.update(authority="The occupying power")
    outside("UPDATE cases_note SET text = 'Changed by hand.' WHERE id = %s", chiygoz.notes.first().pk)

    by_hand, all_at_once, in_admin, on_the_page = entries(researcher, chiygoz)[:4]
    assert "Outside the application" in by_hand and "Changed by hand." in by_hand
    assert "300 cases" in all_at_once and "The occupying power" in all_at_once and len(others) == 299
    assert "root-of-all" in in_admin and "“One wording for all.”" in in_admin and "admin" in in_admin
    assert "Crimea, under occupation" in in_admin and "Note on the territory" in in_admin
    assert (
        "olha" in on_the_page
        and "“The verdict says it shorter.”" in on_the_page
        and "Mass disturbances." in on_the_page
    )


def test_a_deleted_charge_and_then_the_whole_case_come_back_exactly(chiygoz):
    editor = browser(Role.EDITOR, "editor")
    charge = chiygoz.charges.accepted().get()
    assert sum(model.objects.filter(case=chiygoz).count() for model in RECORD_MODELS) + chiygoz.citations.count() > 60
    before = digest()

    answer = editor.post(f"/cases/{chiygoz.reference}/charges/{charge.pk}/delete/", {"reason": "By mistake."})
    assert answer.status_code == 302 and digest() != before
    carry_out(editor, address(deletion(Charge, charge.pk)), "It was a mistake.")
    assert digest() == before

    answer = editor.post(f"/cases/{chiygoz.reference}/delete/", {"reason": "Logged twice."})
    assert answer.status_code == 302 and not Case.objects.exists() and not Note.objects.exists()
    assert editor.get(f"/cases/{chiygoz.reference}/").status_code == 404
    assert "“Logged twice.”" in entries(editor, chiygoz)[0]
    carry_out(editor, address(deletion(Case, chiygoz.pk)), "It was not.")
    assert digest() == before
    assert "“It was not.”" in entries(editor, chiygoz)[0]
