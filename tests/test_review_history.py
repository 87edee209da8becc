"""What a hostile reader tried on history, restore, the past, accounts, conflicts and drafts, and how each answers."""

import json
from functools import partial
from itertools import product

import pghistory
import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from cases.history.acts import GROUP_OF
from cases.models import Case, Draft, LegalCode, Release, Right, Role, Term
from cases.models.changes import tracked_models
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_detention,
    make_lawyer,
    make_note,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_sentence,
    make_source,
    make_user,
)
from tests.pages import same_bytes
from tests.test_admin import address as admin_address
from tests.test_admin import form_data
from tests.test_conflicts import opened
from tests.test_restore import address, at_once, carry_out, changes, deletion, plan_of, rows, text

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def browser(role=Role.READER, **more):
    client = Client(**more)
    client.user = make_user(role)
    client.force_login(client.user)
    return client


def url(name, *args):
    return reverse(name, args=args)


# ------------------------------------------------------------------------------------------------ the application's role


@pytest.mark.roles
def test_as_the_applications_role_everything_about_history_works(as_application):
    """History, restore of a case, undo, as-known, accounts, drafts, conflicts and the admin, as the role that has few rights."""
    editor = browser(Role.ADMINISTRATOR)
    case = make_case("Ann Example", tags=["press"])
    charge = make_charge(case)
    make_sentence(case, years=7, findings=[(charge, "convicted")])
    cite(make_detention(case, place=make_place()), make_source("A report"))
    make_representation(case)
    pardon, exchange = make_release(case, "2017-10"), None
    exchange = make_release(case, "2017-10-25", kind="exchange", event=pardon.event, standing="alternative")
    before = rows()
    of_case = f"/cases/{case.reference}"
    moment = case.history.latest("pgh_id").pgh_created_at.isoformat()

    for page in ["/history/", "/as-known/", "/compare/", "/delete/", f"/releases/{pardon.pk}/accounts/"]:
        assert editor.get(of_case + page).status_code == 200, page
    assert editor.get(f"{of_case}/as-known/", {"at": moment}).status_code == 200
    assert editor.get(f"{of_case}/compare/", {"one": moment}).status_code == 200
    assert editor.get("/changes/").status_code == 200

    # A deleted case comes back whole
    assert editor.post(f"{of_case}/delete/", {"reason": "Twice", "sure": "on"}).status_code == 302
    assert not Case.objects.exists()
    assert editor.get(f"{of_case}/history/").status_code == 200
    carry_out(editor, address(deletion(Case, case.pk)))
    assert rows() == before

    # An act is undone, a version restored
    edit = f"{of_case}/charges/{charge.pk}/edit/"
    assert editor.post(edit, opened(editor, edit) | {"alleged_act": "Other", "reason": "Why"}).status_code == 302
    changed = changes(charge, "update")[0]
    assert editor.get(url("change-detail", "charge", changed.pgh_id)).status_code == 200
    carry_out(editor, address(changed, "undo"))
    charge.refresh_from_db()
    assert charge.alleged_act == ""
    carry_out(editor, address(changed))
    charge.refresh_from_db()
    assert charge.alleged_act == "Other"

    # Accounts are accepted, taken from, rejected
    accounts = f"{of_case}/releases/{exchange.pk}"
    for page in ["accept", "reject", "take-back"]:
        versions = editor.get(f"{accounts}/{page}/").context["accounts"].versions
        answer = editor.post(f"{accounts}/{page}/", {"versions": versions, "reason": "Better", "save_anyway": "on"})
        assert answer.status_code == 302, (page, text(answer))
    assert Release.objects.get(pk=exchange.pk).standing == "alternative"
    assert editor.get(f"{of_case}/releases/{pardon.pk}/accounts/add/").status_code == 200

    # A stale save asks
    mine = opened(editor, edit) | {"alleged_act": "Mine"}
    assert editor.post(edit, opened(editor, edit) | {"alleged_act": "Theirs"}).status_code == 302
    conflict = editor.post(edit, mine)
    assert conflict.status_code == 200
    assert conflict.context["form"].conflict
    assert editor.get(f"{of_case}/changed/", {"since": "1"}).status_code in (200, 204, 400)

    # A draft is kept, offered and dropped
    add = f"{of_case}/notes/add/"
    assert editor.post("/drafts/keep/", {"draft-path": add, "draft": "one", "text": "Half"}).status_code == 200
    assert "You typed here on" in editor.get(add).content.decode()
    assert editor.post("/drafts/drop/", {"draft-path": add}).status_code == 302
    assert not Draft.objects.filter(path=add).exists()

    # The admin changes one and deletes one
    change = admin_address(type(charge), "change", charge.pk)
    answer = editor.post(change, form_data(editor.get(change)) | {"alleged_act": "In the admin", "reason": "Why"})
    assert answer.status_code == 302, answer.context["errors"]
    note = make_note(case)
    delete = admin_address(type(note), "delete", note.pk)
    sent = {"post": "yes", "versions": editor.get(delete).context["versions"], "reason": "Wrong"}
    assert editor.post(delete, sent).status_code == 302
    roles = {row.pgh_role for row in [*changes(charge), *changes(note)]}
    assert roles == {as_application}


# ------------------------------------------------------------------------------------------------ leaks


def every_change():
    """Return (word of the address, key) of each row of history there is, but of the vocabulary, which tells of nobody."""
    return [
        (model._meta.model_name, pk)
        for model in tracked_models()
        if model not in (LegalCode, Right, Term)
        for pk in model.pgh_event_model.objects.order_by("pgh_id").values_list("pgh_id", flat=True)
    ]


def moments():
    return sorted(
        {
            one
            for model in tracked_models()
            for one in model.pgh_event_model.objects.values_list("pgh_created_at", flat=True)
        }
    )


def every_page(case, *others):
    """Return the addresses of all pages that tell of the past of a case and of other things."""
    of_case = f"/cases/{case.reference}"
    yield from [of_case + page for page in ["/", "/?view=kinds", "/history/", "/as-known/", "/compare/", "/changed/"]]
    yield from [
        "/",
        "/changes/",
        "/cases/",
        "/cases/?news=1",
        "/reports/cases.csv",
        "/people/",
        "/sources/",
        "/lawyers/",
    ]
    yield from [f"/changes/?kind={kind}" for kind in sorted(set(GROUP_OF.values()))]
    for at in moments()[-4:]:
        text = at.isoformat().replace("+00:00", "Z")
        yield from [f"{of_case}/as-known/?at={text}&view=kinds", f"{of_case}/compare/?one={text}"]
    yield from [f"/changes/{kind}/{pk}/" for kind, pk in every_change()]
    for thing in others:
        page = {"Detainee": "person", "JointProceeding": "proceeding"}.get(type(thing).__name__, thing._meta.model_name)
        yield url(f"{page}-history", getattr(thing, "reference", thing.pk))
        yield url(f"{page}-detail", getattr(thing, "reference", thing.pk))


def sweep(client, addresses, secrets):
    """Open every page, and return where one breaks or tells one of these words."""
    found = []
    client.raise_request_exception = False
    for asked_for in addresses:
        answer = client.get(asked_for)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code >= 500:
            found.append(f"{answer.status_code} {asked_for}")
        told = content.decode(errors="replace")
        found += [f"{told[told.index(word) :][:40]!r} in {asked_for}" for word in secrets if word in told]
    return found


def because(reason, change):
    with pghistory.context(reason=reason), transaction.atomic():
        change()


def save(record, **fields):
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()


@pytest.fixture
def case():
    return make_case("Ann Example")


def test_what_a_citation_of_a_protected_source_says_is_on_no_page(case):
    arrest = make_arrest(case)
    hidden, seen = make_source("SECRETTITLE", protected=True, publisher="SECRETPUBLISHER"), make_source("A report")
    words = {
        "quote": "SECRETQUOTE",
        "locator": "SECRETPAGE",
        "said_by": "SECRETMOUTH",
        "value_as_reported": "SECRETVALUE",
    }
    cite(arrest, hidden, **words)
    was_open = cite(arrest, seen, quote="Of the report")
    because("SECRETREASON one", lambda: save(was_open, source=hidden, **words))
    was_hidden = cite(arrest, hidden, **words)
    because(
        "SECRETREASON two",
        lambda: save(was_hidden, source=seen, quote="Open", locator="", said_by="", value_as_reported=""),
    )
    rests_on = cite(arrest, seen, cites=hidden)
    because("SECRETREASON four", lambda: save(rests_on, cites=None))
    because("SECRETREASON five", lambda: save(case, last_confirmed_source=hidden))
    because("SECRETREASON six", lambda: save(case, last_confirmed_source=None))
    person = cite(case.detainee, hidden, **words)
    because("SECRETREASON seven", person.delete)
    addresses = [*every_page(case, case.detainee, seen), f"/cases/{case.reference}/arrests/{arrest.pk}/accounts/"]
    for role in [Role.READER, Role.RESEARCHER]:
        assert sweep(browser(role), addresses, ["SECRET"]) == []


def test_a_source_protected_later_takes_its_past_along(case):
    arrest, source = make_arrest(case), make_source("SECRETTITLE", publisher="SECRETPUBLISHER")
    citation = cite(arrest, source, quote="SECRETQUOTE")
    because("SECRETREASON one", lambda: save(citation, said_by="SECRETMOUTH"))
    because("SECRETREASON two", lambda: save(source, author="SECRETAUTHOR"))
    because("SECRETREASON three", lambda: save(source, protected=True))
    for role in [Role.READER, Role.RESEARCHER]:
        client = browser(role)
        assert sweep(client, every_page(case, source), ["SECRET"]) == []
        for pk in source.history.values_list("pk", flat=True):
            is_like_missing(client, url("change-detail", "source", pk), url("change-detail", "source", 10**8))


def is_like_missing(client, hidden, missing):
    client.raise_request_exception = False
    one, other = client.get(hidden), client.get(missing)
    assert one.status_code == other.status_code == 404, hidden
    assert same_bytes(one, hidden) == same_bytes(other, missing), hidden


def test_a_record_made_confidential_later_takes_its_past_along(case):
    seen = make_arrest(case)
    arrest = make_arrest(case, authority="SECRETAUTHORITY", date="2014-01", remark="SECRETREMARK")
    cite(arrest, make_source("A report"), quote="SECRETQUOTE")
    charge = make_charge(case, alleged_act="SECRETACT")
    sentence = make_sentence(case, years=7, findings=[(charge, "convicted")], remark="SECRETSENTENCE")
    because("SECRETREASON one", lambda: save(arrest, authority="SECRETOTHER"))
    because("SECRETREASON two", lambda: save(sentence.penalties.get(), years=9))
    for record in [arrest, charge, sentence]:
        because("SECRETREASON three", lambda record=record: save(record.event, confidential=True))
    because("SECRETREASON four", arrest.delete)
    for role in [Role.READER, Role.RESEARCHER]:
        client = browser(role)
        assert sweep(client, every_page(case, case.detainee), ["SECRET"]) == []
        for pk in arrest.__class__.pgh_event_model.objects.filter(authority__startswith="SECRET").values_list(
            "pk", flat=True
        ):
            is_like_missing(client, url("change-detail", "arrest", pk), url("change-detail", "arrest", 10**8))
    assert seen.pk


def test_a_record_that_joined_an_event_made_confidential_later_takes_its_past_along(case):
    main, other = (
        make_release(case, "2017-10"),
        make_release(case, "2017-11", destination="SECRETPLACE", remark="SECRETREMARK"),
    )
    cite(other, make_source("A report"), quote="SECRETQUOTE")
    because("SECRETREASON one", lambda: save(other, conditions="SECRETCONDITIONS"))
    save(other, event=main.event, standing="alternative", standing_reason="SECRETSTANDING")
    because("SECRETREASON two", lambda: save(main.event, confidential=True))
    first = other.history.earliest("pgh_id").pgh_id
    assert browser(Role.EDITOR).get(url("change-detail", "release", first)).status_code == 200
    for role in [Role.READER, Role.RESEARCHER]:
        client = browser(role)
        assert sweep(client, every_page(case, case.detainee), ["SECRET"]) == []
        is_like_missing(client, url("change-detail", "release", first), url("change-detail", "release", 10**8))
    other.delete()
    assert sweep(browser(), every_page(case, case.detainee), ["SECRET"]) == []


def test_a_case_hidden_later_or_deleted_takes_its_past_along_from_everything_that_it_shares(case):
    place, lawyer, source = make_place(), make_lawyer("An Advocate"), make_source("A report")
    make_arrest(case, place=place)
    make_representation(case, lawyer)
    cite(case.arrests.get(), source)
    gone = []
    for number, access in enumerate(["team", "named"]):
        hidden = make_case(f"SECRETPERSON{number}", summary="SECRETSUMMARY")
        make_arrest(hidden, place=place, authority="SECRETAUTHORITY")
        make_representation(hidden, lawyer)
        make_representation(hidden, make_lawyer("SECRETLAWYER"))
        cite(hidden.arrests.get(), source, quote="SECRETQUOTE")
        cite(hidden.arrests.get(), make_source("SECRETSOURCE"))
        proceeding = make_proceeding("The invented case", cases=[case, hidden])
        make_proceeding("SECRETPROCEEDING", cases=[hidden])

        def all_at_once(hidden=hidden, place=place):
            save(hidden, title="SECRETWORDS")
            save(case, title=f"{case.title}!")
            save(place, locality=f"{place.locality}!")

        because("SECRETREASON", all_at_once)
        because("SECRETREASON", lambda hidden=hidden, access=access: save(hidden, access=access))
        gone.append(hidden)
    readers = [browser(Role.RESEARCHER)]
    shared = [case.detainee, place, lawyer, source, proceeding]
    # While they are there, and when they are gone; what only they used is then used by nothing, and shown as any such thing.
    of_cases = [f"SECRET{word}" for word in ("PERSON", "SUMMARY", "AUTHORITY", "WORDS", "REASON", "QUOTE")]
    for secrets in [["SECRET"], of_cases]:
        addresses = [*every_page(case, *shared), *(f"/cases/{one.reference}/history/" for one in gone)]
        for client in readers:
            assert sweep(client, addresses, secrets) == []
            for hidden in gone:
                is_like_missing(client, f"/cases/{hidden.reference}/history/", "/cases/C-ZZZZZZ/history/")
        for hidden in gone:
            Case.objects.filter(pk=hidden.pk).delete()


def test_the_contact_of_a_lawyer_is_told_to_no_reader(case):
    lawyer = make_lawyer("An Advocate", contact="SECRETNUMBER")
    make_representation(case, lawyer)
    because("SECRETREASON one", lambda: save(lawyer, contact="SECRETOTHER"))
    because("SECRETREASON two", lambda: save(lawyer, contact="", bar="Kyiv"))
    assert sweep(browser(), every_page(case, lawyer), ["SECRET"]) == []
    assert "SECRETOTHER" in browser(Role.RESEARCHER).get(f"/lawyers/{lawyer.reference}/history/").content.decode()


def test_what_was_done_to_accounts_is_for_administrators(case):
    person = make_user(username="SECRETUSER", first_name="SECRETFIRST")
    because("SECRETREASON", lambda: save(person, email="SECRET@example.org"))
    person.groups.clear()
    addresses = [one for one in every_page(case) if "?person=" not in one]
    for role in [Role.READER, Role.RESEARCHER, Role.EDITOR]:
        found = sweep(browser(role), addresses, ["SECRETREASON", "SECRET@", "SECRETFIRST"])
        assert [one for one in found if not one.endswith(("/changes/", "/cases/")) and "?kind=" not in one] == []


# ------------------------------------------------------------------------------------------------ odd contexts

CONTEXTS = [
    [], [1, 2], "words", 7, True, None, {"user": 10**30}, {"user": "words"}, {"user": [1]}, {"user": {"pk": 1}},
    {"username": {"a": 1}}, {"username": ["a"]}, {"username": 7}, {"username": "<script>alert(1)</script>"},
    {"username": "x" * 100_000}, {"reason": {"a": "<b>"}}, {"reason": "<script>alert(1)</script>"}, {"reason": ["a"]},
    {"url": 7}, {"url": ["/admin/"]}, {"command": ["a"]}, {"command": "<script>alert(1)</script>"}, {"username": False},
    {"user": True, "username": "\u202e", "reason": "\ufeff"}, {"username": "Ann", "reason": 0}, {"user": -1, "username": ""},
]  # fmt: skip


def test_who_and_why_in_any_odd_form_are_shown_or_left_out(case):
    arrest, user = make_arrest(case), make_user(Role.ADMINISTRATOR)
    edit = f"/cases/{case.reference}/arrests/{arrest.pk}/edit/"
    client = Client(raise_request_exception=False)
    client.force_login(user)
    mine = opened(client, edit) | {"authority": "Mine"}
    for number, context in enumerate(CONTEXTS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [json.dumps(context)])
            cursor.execute("UPDATE cases_arrest SET authority = %s WHERE id = %s", [f"Authority {number}", arrest.pk])
            cursor.execute("UPDATE cases_case SET title = %s WHERE id = %s", [f"Title {number}", case.pk])
        assert client.get(f"/cases/{case.reference}/changed/?since=0").status_code < 500, context
        assert client.post(edit, mine).status_code == 200, context
        last = arrest.history.latest("pgh_id").pgh_id
        for page in ["", "restore/", "undo/"]:
            assert client.get(f"/changes/arrest/{last}/{page}").status_code == 200, context
    arrest.delete()
    assert client.post(edit, mine).status_code == 200
    assert sweep(client, every_page(case), ["<script>alert"]) == []


# ------------------------------------------------------------------------------------------------ bad input

HOSTILE = [
    "", " ", "0", "-1", "1", "9" * 9, "2147483648", "9223372036854775807", "9223372036854775808", "9" * 400, "-9" * 40, "1e400",
    "NaN", "0x10", "1.5", "\u0661\u0662", "\u00b2", "0000-00-00", "0000-01-01", "0001-01-01", "0001-01-01T00:00:00+14:00",
    "9999-12-31", "9999-12-31T23:59:59-14:00", "99999-01-01", "2017-02-30", "2017-01-01T00:00:00", "2017-01-01T25:00:00Z",
    "2017-01-01T00:00:00+99:99", "\u0662\u0660\u0661\u0667-01-01T00:00:00Z", "2017-W01-1T00:00:00Z", "1900-01-01T00:00:00+23:59",
    "' OR 1=1 --", "%s", "{0}", "%", "a" * 20_000, "\u202eabc", "\U0001f600", "\ud800".encode("utf-8", "replace").decode(),
    "/cases/add/", "//[x", "http://[::1", "\r\nSet-Cookie: a=b", "../../etc/passwd", "None", "null", "true", "[]", "outside",
    "arrest", "user", "2017", "c. 2016", "20170101T000000Z", "2017-01-01T00:00:00.123456789Z", "now", "today",
]  # fmt: skip
FINE = {200, 204, 302, 400, 403, 404, 405, 409, 413}


def asked(client, case, change):
    """Send each hostile value in each parameter of each new address. Return what was answered otherwise than in FINE."""
    of_case = f"/cases/{case.reference}"
    names = [
        "kind",
        "person",
        "day",
        "from",
        "to",
        "before",
        "page",
        "at",
        "one",
        "other",
        "since",
        "as",
        "draft",
        "view",
        "what",
    ]
    pages = ["/changes/", f"{of_case}/history/", f"{of_case}/as-known/", f"{of_case}/compare/", f"{of_case}/changed/"]
    pages += [f"/changes/{change}/", f"{of_case}/arrests/{case.arrests.get().pk}/accounts/"]
    pages += [f"{of_case}/arrests/{case.arrests.get().pk}/accounts/add/", f"/people/{case.detainee.reference}/history/"]
    pages += [f"/changes/{change}/restore/", f"/changes/{change}/undo/", "/drafts/keep/"]
    found = []
    for page in pages:
        for name in names_of(page, names):
            for value in HOSTILE:
                if (status := client.get(page, {name: value}).status_code) not in FINE:
                    found.append((status, page, name, value[:60]))
            if (status := client.get(page, {name: ["1", "1"]}).status_code) not in FINE:
                found.append((status, page, name, "twice"))
        for raw in ["%ED%A0%80", "%00", "%FF%FE", "%C0%80", "&" * 2000]:
            if (
                status := client.get(f"{page}?{raw}=1&at={raw}&kind={raw}&page={raw}", follow=False).status_code
            ) not in FINE:
                found.append((status, page, raw))
    return found


def names_of(page, names):
    """The parameters that a page knows, and one that it does not."""
    known = {
        "/changes/": ["kind", "person", "day", "from", "to", "before"], "history": ["kind", "person", "day", "page"],
        "as-known": ["at", "view"], "compare": ["one", "other"], "changed": ["since", "what", "kind"], "add": ["as", "draft"],
        "restore": ["before"], "undo": ["before"], "accounts": ["page"],
    }  # fmt: skip
    last = page.strip("/").split("/")[-1]
    return known.get(page) or known.get(last) or ["page", "what"]


def test_no_value_of_a_parameter_breaks_a_page(case):
    client = browser(Role.EDITOR, raise_request_exception=False)
    arrest = make_arrest(case)
    assert asked(client, case, f"arrest/{arrest.history.get().pk}") == []


def test_a_moment_whose_zone_the_database_refuses_breaks_no_page(case):
    client = browser(Role.READER, raise_request_exception=False)
    for at in [
        "1900-01-02T00:00:00+23:59",
        "1900-01-01T00:00:00+23:59",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
    ]:
        assert client.get("/changes/", {"before": at}).status_code in (200, 400), at
        assert client.get(f"/cases/{case.reference}/changed/", {"since": at}).status_code in (200, 204, 400), at


def test_no_key_and_no_kind_breaks_a_page(case):
    client = browser(Role.ADMINISTRATOR, raise_request_exception=False)
    arrest, found = make_arrest(case), []
    keys = ["0", "1", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 30, "9" * 400]
    kinds = [
        "arrest",
        "case",
        "user",
        "usergroup",
        "event",
        "term",
        "citation",
        "session",
        "draft",
        "ARREST",
        "a" * 300,
    ]
    of_case = f"/cases/{case.reference}"
    addresses = [f"/changes/{kind}/{pk}/{page}" for kind, pk, page in product(kinds, keys, ["", "restore/", "undo/"])]
    for pk, page in product(
        keys, ["accounts", "accounts/add", "accounts/take", "accept", "reject", "join", "take-back", "edit"]
    ):
        addresses += [
            f"{of_case}/arrests/{pk}/{page}/",
            f"{of_case}/arrest/{pk}/{page}/",
            f"{of_case}/nonsense/{pk}/{page}/",
        ]
    addresses += [
        f"/{things}/{pk}/history/" for things, pk in product(["places", "courts", "provisions", "people"], keys)
    ]
    addresses += [
        f"/cases/{word}/{page}/"
        for word in ["%00", "%ED%A0%80", "a" * 9000, "%2e%2e", "'"]
        for page in ["history", "as-known", "compare", "changed"]
    ]
    for asked_for in addresses:
        for method in [client.get, client.post]:
            if (status := method(asked_for).status_code) not in FINE:
                found.append((status, method.__name__, asked_for))
    assert found == []
    assert arrest.pk


def refused(answer):
    """Whether nothing was done: the form came back or was refused."""
    return answer.status_code in (200, 400, 403, 404, 405, 413)


def test_a_restore_that_was_not_agreed_to_does_nothing(case):
    editor, charge = browser(Role.EDITOR, raise_request_exception=False), make_charge(case)
    save(charge, alleged_act="Other")
    change, before = changes(charge, "insert")[0], rows()
    for page, plan in product(["restore", "undo"], ["", "0" * 32, "x" * 100_000, "é", "[]", "\u202e"]):
        for reason in ["", " ", "Why", "x" * 501, "\u202e"]:
            assert refused(editor.post(address(change, page), {"plan": plan, "reason": reason})), (
                page,
                plan[:9],
                reason[:9],
            )
    twice = editor.post(address(change), {"plan": ["a", "b"], "reason": ["a", "b"]})
    assert refused(twice)
    assert rows() == before


def test_accounts_are_decided_only_with_what_was_shown_and_only_among_themselves(case):
    editor = browser(Role.EDITOR, raise_request_exception=False)
    one = make_release(case, "2017-10")
    rival = make_release(
        case, "2017-10-25", kind="exchange", event=one.event, standing="alternative", destination="Ankara"
    )
    arrest = make_arrest(case)
    elsewhere = make_release(make_case("Somebody Else"), "2016")
    own, before = f"/cases/{case.reference}/releases/{rival.pk}", rows()
    versions = editor.get(f"{own}/accounts/").context["accounts"].versions
    for page in ["accept", "reject", "join", "accounts/take", "take-back"]:
        for sent in [
            {},
            {"versions": ""},
            {"versions": "x" * 6000},
            {"versions": "..... . ."},
            {"versions": versions[:-1]},
        ]:
            of = f"releases-{elsewhere.pk}"
            answer = editor.post(f"{own}/{page}/", {"reason": "Why", "of": of, "save_anyway": "on", **sent})
            assert refused(answer), (page, sent)
        foreign = f"/cases/{case.reference}/releases/{elsewhere.pk}/{page}/"
        assert editor.post(foreign, {"reason": "Why", "versions": versions}).status_code == 404
    taken = [
        {"take-standing": f"releases-{rival.pk}"}, {"take-case": f"releases-{rival.pk}"}, {"take-id": "1"},
        {"take-destination": f"releases-{elsewhere.pk}"}, {"take-destination": f"arrests-{arrest.pk}"},
        {"take-destination": "nonsense"}, {"take-destination": "x" * 10_000}, {"take-event": f"releases-{rival.pk}"},
    ]  # fmt: skip
    for choice in taken:
        answer = editor.post(f"{own}/accounts/take/", {"reason": "Why", "versions": versions, **choice})
        assert refused(answer), choice
    for of in [f"releases-{elsewhere.pk}", f"releases-{one.pk}", "arrests-0", "", "x" * 9000]:
        answer = editor.post(f"{own}/join/", {"reason": "Why", "versions": versions, "of": of, "save_anyway": "on"})
        assert refused(answer), of
    assert rows() == before


def test_a_draft_is_kept_only_for_a_form_that_its_writer_may_open(case):
    hidden = make_case("Somebody Else", access="named")
    open_arrest, arrest = make_arrest(case), make_arrest(hidden)
    client = browser(Role.EDITOR, raise_request_exception=False)
    paths = [
        "", "x", "//", "//[x", "http://[::1", "http://evil.example/cases/add/x", "/admin/", "/accounts/login/", "/drafts/keep/",
        "/cases/", "/cases/add", "/" * 9000, "/cases/add/?" + "person=x&" * 5000, "/cases/%00/edit/", "\u202e", "javascript:alert(1)",
        "/cases/C-ZZZZZZ/edit/", f"/cases/{hidden.reference}/edit/", f"/cases/{hidden.reference}/arrests/{arrest.pk}/edit/",
        f"/cases/{case.reference}/arrests/{arrest.pk}/edit/", f"/cases/{case.reference}/nonsense/add/",
        f"/cases/{case.reference}/arrests/{'9' * 40}/edit/", f"/people/{hidden.detainee.reference}/edit/", f"/places/{'9' * 40}/edit/",
        f"/cases/{case.reference}/arrests/{open_arrest.pk}/accounts/add/?as=nonsense" + "x" * 400,
    ]  # fmt: skip
    for path in paths:
        for page in ["/drafts/keep/", "/drafts/drop/"]:
            answer = client.post(page, {"draft-path": path, "draft": "one", "text": "Half"})
            assert answer.status_code in ((400, 403, 404) if "keep" in page else FINE), (
                page,
                path[:80],
                answer.status_code,
            )
            assert "evil" not in answer.headers.get("Location", "")
    assert not Draft.objects.exists()
    missing, other = [
        client.post("/drafts/keep/", {"draft-path": f"/cases/{one}/edit/", "draft": "one"})
        for one in ("C-ZZZZZZ", hidden.reference)
    ]
    assert same_bytes(missing, "C-ZZZZZZ") == same_bytes(other, hidden.reference)
    add = f"/cases/{case.reference}/notes/add/"
    large = client.post("/drafts/keep/", {"draft-path": add, "draft": "one", "text": "x" * 600_000})
    assert large.status_code == 413
    many = {f"field{number}": "x" for number in range(5000)}
    assert client.post("/drafts/keep/", {"draft-path": add, **many}).status_code in FINE
    for odd in [{"draft": "x" * 9000}, {"draft": ["a", "b"]}, {"\ud83d": "x"}, {"text": "a\rb\u2028\u202e"}]:
        odd = {name.encode("utf-8", "replace").decode(): value for name, value in odd.items()}
        assert client.post("/drafts/keep/", {"draft-path": add, **odd}).status_code in FINE
    assert client.get(add).status_code == 200
    assert client.post(add, {"draft-continue": "1"}).status_code in (200, 302)


# ------------------------------------------------------------------------------------------------ two at once


def statuses(*calls):
    """Run the calls at the same moment. Return the statuses of their answers."""
    return [getattr(answer, "status_code", None) for answer in at_once(*calls)]


def test_of_two_at_once_neither_is_lost_nor_half_done(case):
    editor, other = (
        browser(Role.EDITOR, raise_request_exception=False),
        browser(Role.EDITOR, raise_request_exception=False),
    )
    for turn in range(5):
        charge = make_charge(case)
        save(charge, alleged_act="Second")
        first = changes(charge, "insert")[0]
        edit = f"/cases/{case.reference}/charges/{charge.pk}/edit/"
        mine = opened(other, edit) | {"alleged_act": "Third"}
        for page in ["restore", "undo"]:
            shown = plan_of(editor.get(address(changes(charge)[0] if page == "undo" else first, page)))
            url = address(changes(charge)[0] if page == "undo" else first, page)
            restored = partial(editor.post, url, {"plan": shown, "reason": "Why"})
            answers = statuses(restored, partial(other.post, edit, mine))
            assert set(answers) <= {200, 302}, (turn, page, answers)
            charge.refresh_from_db()
            assert charge.alleged_act in ("", "Second", "Third")
            assert charge.history.latest("pgh_id").alleged_act == charge.alleged_act
            mine = opened(other, edit) | {"alleged_act": "Third"}
            save(charge, alleged_act=f"Again {turn}")
            mine = opened(other, edit) | {"alleged_act": "Third"}

        one = make_release(case, "2017-10")
        rival = make_release(case, "2017-10-25", event=one.event, standing="alternative")
        own = f"/cases/{case.reference}/releases/{rival.pk}"
        versions = editor.get(f"{own}/accounts/").context["accounts"].versions
        accept = {"reason": "Why", "versions": versions, "save_anyway": "on"}
        accepted = partial(editor.post, f"{own}/accept/", accept)
        answers = statuses(accepted, partial(other.post, f"{own}/delete/", {"reason": "Wrong"}))
        assert set(answers) <= {200, 302, 404}, (turn, answers)
        standings = list(Release.objects.filter(event=one.event).values_list("standing", flat=True))
        assert standings.count("accepted") <= 1
        assert standings
