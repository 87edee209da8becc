"""Drafts: what was typed and not saved is kept encrypted, offered again, and gone after saving or 14 days."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin import site
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import drafts
from cases.models import Arrest, Case, Detainee, Draft, Lawyer, Note, Place, Role
from tests.factories import (
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_lawyer,
    make_list,
    make_note,
    make_organisation,
    make_place,
    make_proceeding,
    make_provision,
    make_sentence,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db

WORDS = "Brought in at dawn, Ukrainian spoken: вивезено"
KEEP, DROP = "/drafts/keep/", "/drafts/drop/"
OFFER, SHOWN = "You typed here on", "Nothing is saved yet"
COOKIE = "typed"
EVIDENCE = {"evidence-kind": "other", "evidence-reliability": "unknown"}  # what the empty source box sends


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def client(user):
    return signed_in(user)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def send_draft(client, path, page="one", **typed):
    fields = {name.replace("__", "-"): value for name, value in typed.items()}
    return client.post(KEEP, {"draft-path": path, "draft": page, **fields})


def text(response):
    return response.content.decode()


def go_on(client, path):
    return client.post(path, {"draft-continue": "1"})


def typed_of(draft):
    return dict(drafts.Typed.unsealed(draft.typed).fields)


def note_form(case):
    return reverse("record-add", args=[case.reference, "notes"])


# ------------------------------------------------------------------------------------------------ every kind of form

NAMES = {"names-TOTAL_FORMS": "3", "names-INITIAL_FORMS": "0", "names-0-text": "Nadia Kept", "names-0-kind": "main"}
NAMES |= {"names-2-text": "Надія Чернетка", "names-2-kind": "native", "names-2-language": "uk"}
NEW_CASE = {
    "person-person": "Nadia Kept", "person-sex": "female", "arrest-date": "Jan 2015", "arrest-circumstances": WORDS,
    "spellings-TOTAL_FORMS": "2", "spellings-INITIAL_FORMS": "0", "spellings-0-text": "Надія", "spellings-0-kind": "native",
    "case-access": "team", "evidence-title": "A leaflet", "stay-place": "Remand prison", "stay-ending": "ongoing",
}  # fmt: skip
PENALTIES = {
    "penalties-TOTAL_FORMS": "2", "penalties-INITIAL_FORMS": "0", "penalties-0-years": "7", "penalties-1-years": "3",
}  # fmt: skip


def every_form():
    """Return (address, what is typed) for a form of each kind."""
    case = make_case("Vera Recorded")
    arrest, sentence = make_arrest(case), make_sentence(case, findings=[(make_charge(case), "convicted")])
    record = [case.reference, "arrests"]
    rival = reverse("account-add", args=[*record, arrest.pk])
    yield rival, {"date": "2015-03", "circumstances": WORDS, "evidence-said_by": "Somebody else"}
    yield f"{rival}?as=notes", {"date": "2015-03", "text": "They say that it was otherwise."}
    person, lawyer, source = make_case("Petro Person").detainee, make_lawyer("Larysa Lawyer"), make_source("A report")
    yield reverse("case-add"), NEW_CASE
    yield reverse("case-add") + f"?person={person.reference}", {"case-title": "The second case", **NEW_CASE}
    yield reverse("case-edit", args=[case.reference]), {"title": "Kept title", "summary": WORDS, "stage": "draft"}
    yield reverse("record-add", args=record), {"date": "29.01.2015", "circumstances": WORDS, "warrant_shown": "no"}
    yield reverse("record-edit", args=[*record, arrest.pk]), {"date": "2015-02", "circumstances": WORDS}
    yield (
        reverse("record-edit", args=[case.reference, "sentences", sentence.pk]),
        {"date": "2017", "remark": WORDS, **PENALTIES},
    )
    yield reverse("person-add"), {"sex": "female", "biography": WORDS, "nationalities": "UA", **NAMES}
    yield reverse("person-edit", args=[person.reference]), {"born": "1980", "biography": WORDS, **NAMES}
    yield reverse("lawyer-add"), {"office": "Simferopol bar", **NAMES}
    yield reverse("lawyer-edit", args=[lawyer.reference]), {"office": "Kyiv bar", **NAMES}
    yield reverse("place-add"), {"name": "A new prison", "aliases": "One\nTwo", "address": WORDS}
    yield reverse("place-edit", args=[make_place().pk]), {"name": "A prison renamed"}
    yield reverse("court-add"), {"name": "A new court", "place": "Simferopol"}
    yield reverse("court-edit", args=[make_court().pk]), {"name": "A court renamed"}
    yield reverse("provision-add"), {"article": "205", "part": "5", "title": "Kept title"}
    yield reverse("provision-edit", args=[make_provision("280").pk]), {"article": "280", "title": "Kept title"}
    yield reverse("list-add"), {"name": "A new list", "definition": WORDS}
    yield reverse("list-edit", args=[make_list().pk]), {"name": "A list renamed"}
    yield reverse("organisation-add"), {"name": "A new council", "about": WORDS}
    yield reverse("organisation-edit", args=[make_organisation().pk]), {"name": "A council renamed"}
    role = make_affiliation(person)
    yield reverse("role-add", args=[person.reference]), {"role": "deputy chairman", "began": "Nov 2013"}
    yield reverse("role-edit", args=[person.reference, role.pk]), {"role": "chairman", "ended": "2016"}
    yield reverse("source-add"), {"title": "Kept report", "captured_text": WORDS, "protected": "on"}
    yield reverse("source-edit", args=[source.reference]), {"title": "Kept report", "captured_on": "2020-01-31"}
    told = make_source("A text", captured_text="They came at dawn.")
    fact = f"/sources/{told.reference}/facts/add/?start=0&end=9&case={case.reference}"
    yield f"{fact}&kind=arrests", {"date": "2015-04", "circumstances": WORDS, "evidence-words": "They came"}
    yield (
        f"{fact}&kind=person&field=died",
        {"died": "2015-04-01", "evidence-said_by": "A relative", "evidence-words": "They came"},
    )
    proceeding = make_proceeding("Kept together")
    yield reverse("proceeding-add"), {"name": "Kept group", "description": WORDS}
    yield reverse("proceeding-edit", args=[proceeding.reference]), {"name": "Kept group", "references": case.reference}


def shown_values(page):
    """Return the values that the form of a page shows: in boxes, in text areas, chosen, and ticked."""
    boxes = re.findall(r'<input[^>]* value="([^"]*)"', page)
    areas = re.findall(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.DOTALL)
    chosen = re.findall(r'<option value="([^"]*)" selected', page)
    return {*boxes, *areas, *chosen}


def counts():
    return [model.objects.count() for model in (Case, Detainee, Lawyer, Place, Arrest, Note)]


def test_what_is_typed_in_each_form_is_kept_offered_and_shown_again_but_not_saved(client):
    for path, typed in every_form():
        before = counts()
        answer = client.post(KEEP, {"draft-path": path, "draft": "one", **typed})
        assert answer.status_code == 200, path
        assert answer.json()["message"].startswith("Draft kept "), path
        offered = text(client.get(path))
        assert OFFER in offered, path
        assert not {value for value in typed.values() if len(value) > 10} & shown_values(offered), path
        shown = go_on(client, path)
        page = text(shown)
        assert shown.status_code == 200, path
        assert SHOWN in page and OFFER not in page, path
        assert 'id="errors"' not in page and "is-invalid" not in page, path
        missing = {value for value in typed.values() if value != "on"} - shown_values(page)
        assert not missing, f"{path}: {missing}"
        assert counts() == before, path


def test_a_form_without_a_draft_offers_nothing(client):
    for path, _typed in every_form():
        page = text(client.get(path))
        assert OFFER not in page and SHOWN not in page, path
        assert 'name="draft"' in page and "drafts.js" in page, path


def test_going_on_with_a_draft_that_is_gone_opens_the_form_anew(client):
    path = note_form(make_case())
    answer = go_on(client, path)
    assert (answer.status_code, answer.headers["Location"]) == (302, path)


def test_a_draft_that_is_gone_on_with_can_be_saved_and_is_gone_then(client, user):
    case = make_case()
    path = note_form(case)
    send_draft(client, path, date="2016", text=WORDS)
    page = text(go_on(client, path))
    sent = {"draft": re.search(r'name="draft" value="([^"]+)"', page)[1], "date": "2016", "text": WORDS, **EVIDENCE}
    assert sent["draft"] == "one"
    answer = client.post(path, sent)
    assert answer.status_code == 302
    assert case.notes.get().text == WORDS
    assert not Draft.objects.exists()


def test_saving_one_form_leaves_the_drafts_of_others(client):
    case, other = make_case(), make_case()
    send_draft(client, note_form(other), text="Elsewhere")
    send_draft(signed_in(make_user()), note_form(case), text="Somebody else's")
    client.post(note_form(case), {"text": "Saved at once.", **EVIDENCE})
    assert Draft.objects.count() == 2


def test_a_form_that_comes_back_with_errors_is_kept_too(client, user):
    case = make_case()
    path = note_form(case)
    answer = client.post(path, {"text": "", "date": "nonsense", "remark": WORDS, "draft": "one"})
    assert answer.status_code == 200
    assert typed_of(Draft.objects.get(user=user, path=path))["remark"] == WORDS
    assert OFFER not in text(answer)
    assert OFFER in text(client.get(path))


def test_throwing_a_draft_away_deletes_it_and_shows_the_plain_form(client):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    answer = client.post(DROP, {"draft-path": path})
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert OFFER not in text(client.get(path))
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "/admin/",
        "/accounts/login/",
        "/nowhere/",
        "/cases/",
        "x",
        "/sources/S-AAAAAA/facts/add/?start=0",
    ],
)
def test_only_addresses_of_our_forms_have_drafts(client, address):
    for url in (KEEP, DROP):
        assert client.post(url, {"draft-path": address, "text": WORDS}).status_code == 404
    assert not Draft.objects.exists()


def test_another_host_before_the_path_leads_nowhere(client):
    answer = client.post(DROP, {"draft-path": "//example.org/cases/add/"})
    assert answer.headers["Location"] == "/cases/add/"


def test_a_request_without_an_address_is_refused_in_words(client):
    answer = client.post(KEEP, {"text": WORDS})
    assert answer.status_code == 400
    assert "address of the form" in text(answer)


def test_a_new_case_of_a_person_has_a_draft_of_its_own(client):
    person = make_case("Nadia").detainee
    send_draft(client, f"/cases/add/?person={person.reference}&utm=1", person__person="Nadia")
    assert Draft.objects.get().path == f"/cases/add/?person={person.reference}"
    assert OFFER not in text(client.get("/cases/add/"))
    assert OFFER in text(client.get("/cases/add/", {"person": person.reference}))


def test_signing_out_keeps_the_draft(client, user):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    client.post("/accounts/logout/")
    assert OFFER in text(signed_in(user).get(path))


# ------------------------------------------------------------------------------------------------ two pages of one form


def test_typing_in_the_same_page_replaces_its_draft(client):
    path = note_form(make_case())
    send_draft(client, path, text="First words")
    send_draft(client, path, text="Second words")
    assert typed_of(Draft.objects.get())["text"] == "Second words"


def test_another_page_of_the_form_never_overwrites_the_draft(client):
    path = note_form(make_case())
    send_draft(client, path, page="one", text="Long words")
    answer = send_draft(client, path, page="two", text="x")
    assert answer.status_code == 409
    assert "Another page of this form has a draft" in answer.json()["message"]
    client.post(path, {"text": "", "draft": "two"})
    assert typed_of(Draft.objects.get())["text"] == "Long words"


def test_an_offer_that_nobody_answered_stays_when_the_form_comes_back(client):
    path = note_form(make_case())
    send_draft(client, path, page="one", text="Long words")
    assert OFFER in text(client.post(path, {"text": "", "draft": "two"}))


# ------------------------------------------------------------------------------------------------ somebody changed the record


def test_a_draft_of_a_record_that_changed_since_is_not_saved_over_it(client):
    case = make_case()
    note = make_note(case, text="As it was")
    path = reverse("record-edit", args=[case.reference, "notes", note.pk])
    version = re.search(r'name="version" value="([^"]*)"', text(client.get(path)))[1]
    send_draft(client, path, version=version, text=WORDS)
    Note.objects.filter(pk=note.pk).update(text="A colleague's words")
    page = text(go_on(client, path))
    assert WORDS in page
    assert f'name="version" value="{version}"' in page
    client.post(path, {"version": version, "text": WORDS, "draft": "one"})
    note.refresh_from_db()
    assert note.text == "A colleague's words"
    assert typed_of(Draft.objects.get())["text"] == WORDS


# ------------------------------------------------------------------------------------------------ whose it is


def test_a_draft_is_its_users_own_whatever_the_role_of_others(client):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    for role in (Role.RESEARCHER, Role.EDITOR, Role.ADMINISTRATOR):
        other = make_user(role)
        assert not Draft.objects.visible_to(other).exists()
        visitor = signed_in(other)
        assert OFFER not in text(visitor.get(path))
        assert go_on(visitor, path).status_code == 302
        visitor.post(DROP, {"draft-path": path})
    assert Draft.objects.count() == 1


def test_the_admin_site_does_not_know_drafts():
    assert Draft not in site._registry


def test_a_draft_of_a_page_that_one_may_not_see_is_refused_as_the_page_is(client):
    hidden = make_case("Hidden", access="named")
    arrest = make_arrest(hidden)
    secret = make_note(make_case("Seen"), text="Secret", confidential=True)
    source = make_source("Protected", protected=True, captured_text=WORDS)
    told = make_source("Seen", captured_text=WORDS)
    addresses = [
        f"/sources/{told.reference}/facts/add/?start=0&end=7&case={hidden.reference}&kind=notes",
        f"/sources/{source.reference}/facts/add/?start=0&end=7&case={secret.case.reference}&kind=notes",
        reverse("case-edit", args=[hidden.reference]),
        note_form(hidden),
        reverse("record-edit", args=[hidden.reference, "arrests", arrest.pk]),
        reverse("record-edit", args=[secret.case.reference, "notes", secret.pk]),
        reverse("record-add", args=[secret.case.reference, "nonsense"]),
        reverse("person-edit", args=[hidden.detainee.reference]),
        reverse("source-edit", args=[source.reference]),
        "/places/99999999/edit/",
    ]
    for path in addresses:
        assert client.get(path).status_code == 404, path
        assert send_draft(client, path, text=WORDS).status_code == 404, path
    assert not Draft.objects.exists()


def test_who_may_look_but_not_write_keeps_no_drafts():
    case = make_case()
    for role, status in ((Role.READER, 403), (None, 404)):
        visitor = signed_in(make_user(role))
        for path in (note_form(case), "/cases/add/", "/people/add/"):
            assert send_draft(visitor, path, text=WORDS).status_code == status, path
    assert not Draft.objects.exists()


def test_a_draft_is_not_shown_once_its_page_is_closed_to_the_user_and_goes_after_two_weeks(client, user):
    case = make_case()
    path = note_form(case)
    send_draft(client, path, text=WORDS)
    Case.objects.filter(pk=case.pk).update(access="named")
    for answer in (client.get(path), go_on(client, path)):
        assert answer.status_code == 404
        assert WORDS not in text(answer)
    user.groups.clear()
    assert not Draft.objects.visible_to(type(user).objects.get(pk=user.pk)).exists()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=15), tick=True):
        call_command("forget", verbosity=0)
    assert not Draft.objects.exists()


# ------------------------------------------------------------------------------------------------ how long


def test_a_draft_is_there_for_fourteen_days(client, user):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(days=13, hours=23), tick=True):
        call_command("forget", verbosity=0)
        assert OFFER in text(signed_in(user).get(path))
    with time_machine.travel(now + timedelta(days=14, minutes=1), tick=True):
        assert OFFER not in text(signed_in(user).get(path))


def test_old_drafts_are_deleted_when_another_is_kept(client):
    case = make_case()
    send_draft(client, note_form(case), text="Old")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=15), tick=True):
        send_draft(signed_in(make_user()), "/cases/add/", person__person="Nadia")
    assert Draft.objects.get().path == "/cases/add/"


def test_the_command_says_how_many_it_deleted(client, capsys):
    send_draft(client, "/cases/add/", person__person="Nadia")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=15), tick=True):
        call_command("forget")
    assert "Deleted drafts: 1" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ how much


def test_too_much_is_refused_in_words_and_the_form_still_works(client):
    case = make_case()
    path = note_form(case)
    answer = send_draft(client, path, text="я" * 250_001)
    assert answer.status_code == 413
    assert "too long" in answer.json()["message"]
    assert not Draft.objects.exists()
    assert send_draft(client, path, text="я" * 249_000).status_code == 200
    assert client.post(path, {"text": "я" * 15_000, "draft": "one", **EVIDENCE}).status_code == 302
    assert case.notes.exists()


def test_a_form_too_large_for_a_draft_still_comes_back_with_its_errors(client):
    answer = client.post("/people/add/", {**NAMES, "biography": "я" * 260_000, "born": "nonsense"})
    assert answer.status_code == 200
    assert 'id="errors"' in text(answer)
    assert not Draft.objects.exists()


def test_more_than_any_form_takes_is_no_error_of_the_program(client):
    assert send_draft(client, "/cases/add/", person__person="x" * 16_000_001).status_code == 400


def test_a_nul_character_is_refused(client):
    assert send_draft(client, "/cases/add/", person__person="a\0b").status_code == 400
    assert not Draft.objects.exists()


def test_neither_passwords_nor_files_nor_tokens_are_kept(client, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"picture")
    with (tmp_path / "photo.png").open("rb") as photo:
        client.post(
            KEEP,
            {"draft-path": "/people/add/", "password": "hush", "new_password1": "hush", "csrfmiddlewaretoken": "t",
             "photo": photo, "biography": WORDS},
        )  # fmt: skip
    assert typed_of(Draft.objects.get()) == {"biography": WORDS}


# ------------------------------------------------------------------------------------------------ encryption


def test_the_database_holds_no_word_of_it(client):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS, remark="Brought")
    with connection.cursor() as cursor:
        cursor.execute("select typed from cases_draft")
        raw = bytes(cursor.fetchone()[0])
        cursor.execute("select draft::text from cases_draft draft")
        row = cursor.fetchone()[0]
    for word in ("Brought", "dawn", "вивезено", "remark"):
        assert word.encode() not in raw
        assert word not in row
    assert raw.startswith(b"gAAAA")  # a Fernet token
    assert typed_of(Draft.objects.get())["text"] == WORDS


def test_another_key_reads_nothing_and_breaks_nothing(client, settings, user):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    draft = Draft.objects.get()
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-" * 5
    assert drafts.Typed.unsealed(draft.typed) is None
    assert drafts.FormDraft(user, path).found is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert drafts.FormDraft(user, path).found[0].fields == [("text", WORDS)]


def test_a_draft_with_a_lost_key_makes_room_for_the_next(client, settings, user):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    settings.SECRET_KEY = "another-key-" * 5
    drafts.keep(user, path, [("text", "New words")], "two")
    assert typed_of(Draft.objects.get()) == {"text": "New words"}


def test_a_draft_moved_to_another_user_or_path_is_not_read(client):
    case, other = make_case(), make_user()
    path, elsewhere = note_form(case), "/cases/add/"
    send_draft(client, path, text=WORDS)
    Draft.objects.update(path=elsewhere)
    assert OFFER not in text(client.get(elsewhere))
    Draft.objects.update(path=path, user=other)
    assert OFFER not in text(signed_in(other).get(path))


def test_a_changed_byte_makes_it_unreadable(client, user):
    path = note_form(make_case())
    send_draft(client, path, text=WORDS)
    draft = Draft.objects.get()
    draft.typed = bytes(draft.typed)[:-9] + b"AAAAAAAA="
    draft.save()
    assert drafts.FormDraft(user, path).found is None
    assert client.get(path).status_code == 200


# ------------------------------------------------------------------------------------------------ an ended session


def token_in(response):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(response))[1]


def strict_browser(user):
    """A browser that has to send the token against forgery, signed in."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser


def lose_session(browser):
    del browser.cookies["session"]


def time_out(browser):
    session = browser.session
    session.update({"began": 1, "seen": 1})
    session.save()


def sign_in_at(browser, response, user):
    """Sign in at the page that the response leads to, and return the page after it."""
    user.set_password("a-long-password-1")
    user.save()
    page = browser.get(response.headers["Location"])
    sent = {"login": user.username, "password": "a-long-password-1", "csrfmiddlewaretoken": token_in(page)}
    sent["next"] = re.search(r'name="next" value="([^"]+)"', text(page))[1]
    answer = browser.post("/accounts/login/", sent)
    assert answer.status_code == 302, text(answer)
    return browser.get(answer.headers["Location"])


@pytest.mark.parametrize("end", [lose_session, time_out])
def test_after_an_ended_session_the_record_form_is_given_back_after_signing_in(user, end):
    case = make_case()
    path, browser = note_form(case), strict_browser(user)
    token = token_in(browser.get(path))
    end(browser)
    answer = browser.post(path, {"csrfmiddlewaretoken": token, "draft": "one", "text": WORDS, "date": "2016"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    assert not case.notes.exists()
    assert "What you typed is kept for an hour" in text(browser.get(answer.headers["Location"]))
    given_back = sign_in_at(browser, answer, user)
    page = text(given_back)
    assert SHOWN in page and "You were signed out" in page
    assert {WORDS, "2016"} <= shown_values(page)
    assert not case.notes.exists()
    assert typed_of(Draft.objects.get(user=user))["text"] == WORDS
    sent = {"csrfmiddlewaretoken": token_in(given_back), "draft": "one", "text": WORDS, **EVIDENCE}
    assert browser.post(path, sent).status_code == 302
    assert case.notes.get().text == WORDS
    assert not Draft.objects.exists()
    assert not browser.cookies[COOKIE].value


@pytest.mark.parametrize("end", [lose_session, time_out])
def test_after_an_ended_session_a_new_case_is_given_back_with_all_its_parts(user, end):
    browser = strict_browser(user)
    token = token_in(browser.get("/cases/add/"))
    end(browser)
    answer = browser.post("/cases/add/", {"csrfmiddlewaretoken": token, **NEW_CASE})
    page = text(sign_in_at(browser, answer, user))
    assert set(NEW_CASE.values()) <= shown_values(page)
    assert not Case.objects.exists()


def test_after_an_ended_session_a_person_with_names_is_given_back(user):
    browser = strict_browser(user)
    token = token_in(browser.get("/people/add/"))
    lose_session(browser)
    answer = browser.post("/people/add/", {"csrfmiddlewaretoken": token, "biography": WORDS, **NAMES})
    assert {*NAMES.values(), WORDS} <= shown_values(text(sign_in_at(browser, answer, user)))
    assert not Detainee.objects.exists()


def sent_after(end, user, path, **typed):
    """Return a browser that sent a form after its session had ended, and the answer to that."""
    browser = strict_browser(user)
    token = token_in(browser.get(path))
    end(browser)
    return browser, browser.post(path, {"csrfmiddlewaretoken": token, **typed})


def test_who_signs_in_instead_of_the_one_who_was_timed_out_gets_nothing(user):
    path = note_form(make_case())
    browser, answer = sent_after(time_out, user, path, text=WORDS)
    page = text(sign_in_at(browser, answer, make_user()))
    assert WORDS not in page and OFFER not in page
    browser.force_login(user)
    assert WORDS in text(browser.get(path))


def test_where_nobody_knows_who_it_was_the_browser_decides(user):
    path, colleague = note_form(make_case()), make_user()
    browser, answer = sent_after(lose_session, user, path, text=WORDS)
    assert WORDS in text(sign_in_at(browser, answer, colleague))
    assert Draft.objects.get().user == colleague


def test_a_second_browser_of_the_same_user_gets_nothing(user):
    path = note_form(make_case())
    sent_after(time_out, user, path, text=WORDS)
    page = text(signed_in(user).get(path))
    assert WORDS not in page and OFFER not in page


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "é", "a" * 3000])
def test_a_wrong_cookie_gets_nothing(user, token):
    path = note_form(make_case())
    sent_after(lose_session, user, path, text=WORDS)
    other = signed_in(user)
    other.cookies[COOKIE] = token
    answer = other.get(path)
    assert answer.status_code == 200
    assert WORDS not in text(answer)


def test_the_database_and_the_key_alone_do_not_tell_what_waits(user):
    sent_after(lose_session, user, note_form(make_case()), text=WORDS)
    draft = Draft.objects.get()
    assert draft.user is None
    assert drafts.Typed.unsealed(draft.typed) is None
    assert drafts.Typed.unsealed(draft.typed, draft.secret) is None


def test_the_cookie_is_out_of_reach_of_scripts_and_lasts_an_hour(user):
    browser, _answer = sent_after(lose_session, user, note_form(make_case()), text=WORDS)
    cookie = browser.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == 3600


def test_what_waits_is_gone_after_an_hour(user):
    path = note_form(make_case())
    browser, _answer = sent_after(lose_session, user, path, text=WORDS)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61), tick=True):
        browser.force_login(user)
        assert WORDS not in text(browser.get(path))
        call_command("forget", verbosity=0)
    assert not Draft.objects.exists()


def test_without_the_token_against_forgery_it_is_403_as_ever_and_nothing_is_kept(user):
    path, browser = note_form(make_case()), strict_browser(user)
    browser.get(path)
    for ended in (False, True):
        if ended:
            lose_session(browser)
        assert browser.post(path, {"text": WORDS}).status_code == 403
        assert browser.post(KEEP, {"draft-path": path, "text": WORDS}).status_code == 403
    assert not Draft.objects.exists()


def test_a_token_from_before_a_sign_in_is_replaced_on_asking(user):
    path, browser = note_form(make_case()), strict_browser(user)
    old = token_in(browser.get(path))
    answer = browser.get("/accounts/login/")
    browser.logout()
    sign_in_at(browser, browser.get(path), user)
    sent = {"draft-path": path, "text": WORDS}
    assert browser.post(KEEP, {**sent, "csrfmiddlewaretoken": old}).status_code == 403
    answer = browser.get(KEEP).json()
    assert answer["user"] == user.pk
    assert browser.post(KEEP, {**sent, "csrfmiddlewaretoken": answer["token"]}).status_code == 200


def test_a_stranger_who_types_in_the_way_of_the_page_is_sent_to_sign_in():
    answer = Client().post(KEEP, {"draft-path": "/cases/add/", "person-person": "Nadia"})
    assert answer.status_code == 302
    assert Client().get(KEEP).status_code == 302
    assert not Draft.objects.exists()


def test_sign_in_admin_and_deletion_never_become_drafts(user):
    case = make_case()
    browser = Client()
    for path in ("/accounts/login/", "/accounts/password/change/", "/admin/cases/case/add/", "/admin/login/",
                 f"/cases/{case.reference}/delete/"):  # fmt: skip
        browser.post(path, {"login": "x", "password": "hush", "text": WORDS})
    assert not Draft.objects.exists()


def test_a_few_forms_of_one_browser_wait_and_the_newest_of_each(user):
    case = make_case()
    paths = [note_form(case), "/cases/add/", "/people/add/", "/places/add/"]
    browser = strict_browser(user)
    token = token_in(browser.get("/cases/add/"))
    lose_session(browser)
    for number, path in enumerate([*paths, paths[-1]]):
        browser.post(path, {"csrfmiddlewaretoken": token, "remark": f"{number}"})
    assert set(Draft.objects.values_list("path", flat=True)) == set(paths[1:])
    browser.force_login(user)
    browser.get(paths[-1])
    assert typed_of(Draft.objects.get(user=user)) == {"remark": "4"}
    assert browser.cookies[COOKIE].value  # two more wait


def test_strangers_cannot_fill_the_disk(user, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_WAITING", 2)
    path = note_form(make_case())
    for _browser in range(2):
        assert sent_after(lose_session, user, path, text=WORDS)[1].status_code == 302
    _browser, answer = sent_after(lose_session, user, path, text=WORDS)
    assert answer.status_code == 400
    assert "copy it" in text(answer)
    assert Draft.objects.count() == 2
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61), tick=True):
        assert sent_after(lose_session, user, path, text=WORDS)[1].status_code == 302
    assert Draft.objects.count() == 1


def test_too_much_after_an_ended_session_is_said_in_words(user):
    _browser, answer = sent_after(lose_session, user, "/people/add/", biography="я" * 260_000)
    assert answer.status_code == 400
    assert "Go back, copy it" in text(answer)
    assert not Draft.objects.exists()


def test_who_lost_the_role_meanwhile_gets_nothing(user):
    path = note_form(make_case())
    browser, _answer = sent_after(lose_session, user, path, text=WORDS)
    browser.force_login(make_user(Role.READER))
    answer = browser.get(path)
    assert answer.status_code == 403
    assert WORDS not in text(answer)
    assert Draft.objects.get().user is None


# ------------------------------------------------------------------------------------------------ cost


def test_a_form_costs_one_query_more(client, user):
    path = note_form(make_case())
    client.get(path)
    with CaptureQueriesContext(connection) as plain:
        client.get(path)
    assert sum("cases_draft" in query["sql"] for query in plain) == 1
    send_draft(client, path, text=WORDS)
    with CaptureQueriesContext(connection) as offering:
        assert OFFER in text(client.get(path))
    assert len(offering) == len(plain)
