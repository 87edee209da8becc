"""The forms of case records and of the case: what they write, what they refuse, and that nothing typed is lost."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases.models import RECORD_MODELS, Case, Citation, Detainee, Event, Finding, Lawyer, Penalty, Place, Source
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_list,
    make_listing,
    make_note,
    make_place,
    make_provision,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)

pytestmark = pytest.mark.django_db

KINDS = [
    "arrests", "detentions", "restrictions", "charges", "hearings", "sentences", "releases", "lawyers", "violations", "interventions",
    "listings", "notes",
]  # fmt: skip
MODELS = dict(zip(KINDS, RECORD_MODELS, strict=True))
MAKERS = {
    "arrests": make_arrest,
    "detentions": make_detention,
    "restrictions": make_restriction,
    "charges": make_charge,
    "hearings": make_hearing,
    "sentences": make_sentence,
    "releases": make_release,
    "lawyers": make_representation,
    "violations": make_violation,
    "interventions": make_intervention,
    "listings": make_listing,
    "notes": make_note,
}
# What is typed for each kind, and a field that it fills with a value.
ROWS = {"penalties-TOTAL_FORMS": "0", "penalties-INITIAL_FORMS": "0"}
VALID = {
    "arrests": {"date": "29.01.2015", "authority": "Police", "warrant_shown": "no"},
    "detentions": {"kind": "remand", "began": "29.01.2015", "ending": "ongoing"},
    "restrictions": {"kind": "travel_ban", "began": "12.05.2016", "ending": "ongoing"},
    "charges": {"text_as_reported": "Mass disorder", "stage": "completed", "charged_on": "30.01.2015"},
    "hearings": {"stage": "trial", "held_on": "Feb 2015", "openness": "open", "attendance": "present"},
    "sentences": {"date": "11.09.2017", "instance": "first", "verdict": "convicted", **ROWS},
    "releases": {"date": "25.10.2017", "kind": "pardon", "published": "no", "petitioned": "unknown"},
    "lawyers": {"lawyer": "Known Counsel", "role": "chosen"},
    "violations": {"what_happened": "He was not heard.", "right": "ICCPR-14.3d", "date": "2016"},
    "interventions": {"kind": "letter", "by_whom": "An invented committee", "date": "2016"},
    "listings": {"list": "Known List", "decision": "included", "date": "2016"},
    "notes": {"date": "2016", "text": "Something worth knowing."},
}
WRONG_DATE = {"arrests": "date", "detentions": "began", "restrictions": "began", "charges": "charged_on"} | {
    "hearings": "held_on", "sentences": "date", "releases": "date", "lawyers": "began", "violations": "date",
    "interventions": "date", "listings": "date", "notes": "date",
}  # fmt: skip
NEW_SOURCE = {
    "evidence-source": "A new report",
    "evidence-url": "https://example.org/report",
    "evidence-publisher": "Invented Agency",
    "evidence-published": "26.10.2017",
    "evidence-kind": "ngo",
    "evidence-reliability": "likely",
    "evidence-value_as_reported": "on Wednesday",
    "evidence-said_by": "A relative",
    "evidence-locator": "p. 3",
    "evidence-quote": "They came at dawn.",
}
EVIDENCE = {"evidence-kind": "news", "evidence-reliability": "unknown"}


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def case():
    return make_case("Ann Example")


@pytest.fixture
def counsel():
    make_list("Known List")
    return make_lawyer("Known Counsel")


def add(client, case, kind, **data):
    return client.post(reverse("record-add", args=[case.reference, kind]), {**EVIDENCE, **VALID[kind], **data})


def edit_url(record, kind):
    return reverse("record-edit", args=[record.case.reference, kind, record.pk])


def form_data(client, url):
    """Return what a browser would send if nothing were changed: the values of the form as it is shown."""
    return form_data_of(client.get(url).content.decode())


def form_data_of(html):
    html = html[html.index('<form class="form"') :]
    html = html[: html.index("</form>")]
    data = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and not re.search(r"\bchecked\b", tag):
            continue
        if "name" in attributes:
            data.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    for name, options in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        data[name] = re.findall(r'<option value="([^"]*)"[^>]*\bselected', options)[:1] or [""]
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        data[name] = [text.lstrip("\n")]
    return data


# Adding


@pytest.mark.parametrize("kind", KINDS)
def test_form_of_a_new_record_opens_without_errors_and_with_empty_texts(client, user, case, kind):
    make_charge(case)
    html = client.get(reverse("record-add", args=[case.reference, kind])).content.decode()
    assert 'id="errors"' not in html
    assert "object at" not in html
    assert re.search(r'<textarea name="remark"[^>]*>\s*</textarea>', html)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_added_with_its_new_source(client, user, case, counsel, kind):
    answer = add(client, case, kind, **NEW_SOURCE, reason="From the press")
    assert answer.status_code == 302, answer.context["form"].together.errors
    [record] = MODELS[kind].objects.filter(case=case)
    assert (record.created_by, record.updated_by, record.standing) == (user, user, "accepted")
    [citation] = Citation.objects.all()
    assert citation.record == record
    assert (citation.said_by, citation.locator, citation.created_by) == ("A relative", "p. 3", user)
    source = citation.source
    assert (source.title, source.url, source.publisher) == (
        "A new report",
        "https://example.org/report",
        "Invented Agency",
    )
    assert (source.published.text, source.kind, source.reliability) == ("2017-10-26", "ngo", "likely")
    assert record.history.last().pgh_context["reason"] == "From the press"


@pytest.mark.parametrize("kind", KINDS)
def test_bad_date_is_refused_in_words_and_nothing_typed_is_lost(client, user, case, counsel, kind):
    answer = add(client, case, kind, **NEW_SOURCE, **{WRONG_DATE[kind]: "29.02.2015", "remark": "A long remark"})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "29 February 2015 does not exist" in html
    for typed in ["29.02.2015", "A long remark", "https://example.org/report", "Invented Agency", "They came at dawn."]:
        assert typed in html
    assert not MODELS[kind].objects.exists()
    assert not Source.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_bad_source_address_leaves_nothing_half_written(client, user, case, kind):
    new = {"lawyer": "New Counsel", "lawyer_choice": "new", "lawyer_for": "New Counsel"} if kind == "lawyers" else {}
    answer = add(client, case, kind, **{**NEW_SOURCE, "evidence-url": "ftp://example.org/x"}, **new)
    assert answer.status_code == 200
    assert "http:// or https://" in answer.content.decode()
    assert not MODELS[kind].objects.exists()
    assert not Lawyer.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://example.org", "http:/", "https://", "data:text/html,x"]
)
def test_only_web_addresses_are_taken(client, user, case, address):
    assert add(client, case, "notes", **{**NEW_SOURCE, "evidence-url": address}).status_code == 200
    assert not Source.objects.exists()


def test_failure_at_the_last_step_undoes_the_first(client, user, case):
    """The database refuses the citation, which is written last: the new place and the arrest are gone with it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_citation ADD CONSTRAINT refused CHECK (locator <> 'p. 3')")
    answer = add(client, case, "arrests", **NEW_SOURCE, place="Bus stop", place_choice="new", place_for="Bus stop")
    assert answer.status_code == 200
    assert "Somebody else has just saved" in answer.content.decode()
    assert "They came at dawn." in answer.content.decode()
    assert not MODELS["arrests"].objects.exists()
    assert not Place.objects.exists()
    assert not Source.objects.exists()


def test_picked_source_is_cited(client, user, case):
    source = make_source("A known report")
    add(client, case, "notes", **{"evidence-source": "a known report"})
    assert Citation.objects.get().source == source


def test_a_quote_is_tied_to_its_place_in_the_text_if_it_stands_there_once(client, user, case):
    source = make_source("A known report", captured_text="At dawn, again at dawn, they came for him.")
    for quote, place in [("they  came", (24, 33)), ("dawn", (None, None)), ("noon", (None, None))]:
        add(client, case, "notes", **{"evidence-source": "a known report", "evidence-quote": quote})
        citation = Citation.objects.get(quote=quote)
        assert (citation.source, citation.range_start, citation.range_end) == (source, *place)


def test_citation_without_source_is_refused(client, user, case):
    answer = add(client, case, "notes", **{"evidence-quote": "They came at dawn."})
    assert "Say which source" in answer.content.decode()


def test_fields_of_a_new_source_beside_a_picked_one_are_not_dropped(client, user, case):
    make_source("A new report")
    answer = add(client, case, "notes", **NEW_SOURCE)
    assert "recorded already" in answer.content.decode()
    answer = add(
        client, case, "notes", **NEW_SOURCE, **{"evidence-source_choice": "new", "evidence-source_for": "A new report"}
    )
    assert answer.status_code == 302
    assert Source.objects.count() == 2


def test_pasted_address_with_a_title_is_a_new_source(client, user, case):
    add(client, case, "notes", **{"evidence-source": "https://example.org/x", "evidence-title": "Paper"})
    source = Source.objects.get()
    assert (source.title, source.url) == ("Paper", "https://example.org/x")


def test_several_in_a_row(client, user, case):
    answer = add(client, case, "hearings", another="1")
    assert answer.url == reverse("record-add", args=[case.reference, "hearings"])
    assert add(client, case, "hearings").url == reverse("case-detail", args=[case.reference])


def test_place_is_chosen_without_javascript(client, user, case):
    make_place("SIZO-1", locality="Kerch")
    place = make_place("SIZO-1", locality="Simferopol")
    asked = add(client, case, "detentions", place="SIZO-1")
    assert asked.status_code == 200
    assert f'name="place_choice" value="{place.pk}"' in asked.content.decode()
    chosen = add(client, case, "detentions", place="SIZO-1", place_choice=place.pk, place_for="SIZO-1")
    assert chosen.status_code == 302
    assert MODELS["detentions"].objects.get().place == place


def test_find_shows_matches_and_saves_nothing(client, user, case):
    make_place("SIZO-1", locality="Kerch")
    answer = add(client, case, "arrests", place="SIZO", find="place", date="rubbish")
    assert "Kerch" in answer.content.decode()
    assert 'id="errors"' not in answer.content.decode()
    assert not MODELS["arrests"].objects.exists()


def test_chosen_radio_survives_an_error_elsewhere(client, user, case):
    place = make_place("SIZO-1")
    make_place("SIZO-1", locality="Kerch")
    answer = add(client, case, "arrests", place="SIZO-1", place_choice=place.pk, place_for="SIZO-1", date="29.02.2015")
    assert re.search(rf'name="place_choice" value="{place.pk}" checked', answer.content.decode())


def test_sentence_with_penalties_requests_and_findings(client, user, case):
    guilty, other = make_charge(case), make_charge(case, "280.1", "")
    rows = [
        {"origin": "imposed", "kind": "imprisonment", "years": "2", "regime": "settlement"},
        {"origin": "imposed", "kind": "activity_ban", "years": "2", "note": "public activity"},
        {"origin": "requested", "kind": "suspended", "years": "3", "months": "6"},
        {"origin": "imposed"},  # left empty
    ]
    data = {"penalties-TOTAL_FORMS": "4", "penalties-INITIAL_FORMS": "0"}
    data |= {f"penalties-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    court = make_court("District court")
    data |= {f"finding_{guilty.pk}": "convicted", f"finding_{other.pk}": "", "court": "district court"}
    answer = add(client, case, "sentences", **data)
    assert answer.status_code == 302, answer.context["form"].together.errors
    [sentence] = MODELS["sentences"].objects.all()
    assert sentence.court == court
    assert [(row.origin, row.kind, row.years, row.months, row.case) for row in sentence.penalties.all()] == [
        ("imposed", "imprisonment", 2, None, case),
        ("imposed", "activity_ban", 2, None, case),
        ("requested", "suspended", 3, 6, case),
    ]
    assert [(row.charge, row.outcome) for row in Finding.objects.all()] == [(guilty, "convicted")]


def test_bad_penalty_row_keeps_all_rows_and_writes_nothing(client, user, case):
    data = {
        "penalties-TOTAL_FORMS": "2",
        "penalties-0-origin": "imposed",
        "penalties-0-kind": "fine",
        "penalties-0-amount": "5000",
    }
    data |= {"penalties-1-origin": "imposed", "penalties-1-kind": "imprisonment", "penalties-1-years": "eight"}
    answer = add(client, case, "sentences", **data)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="5000"' in html
    assert 'value="eight"' in html
    assert "currency" in html
    assert not MODELS["sentences"].objects.exists()


@pytest.mark.parametrize(
    "data", [{"penalties-TOTAL_FORMS": "x"}, {"penalties-TOTAL_FORMS": "9" * 30}, {"penalties-TOTAL_FORMS": ""}]
)
def test_broken_rows_are_an_error_page_of_the_form(client, user, case, data):
    assert add(client, case, "sentences", **data).status_code == 200
    assert not MODELS["sentences"].objects.exists()


def test_charge_needs_article_or_words(client, user, case):
    answer = add(client, case, "charges", text_as_reported="")
    assert "Name the article" in answer.content.decode()


def test_charge_with_two_readings_is_asked(client, user, case):
    provision = make_provision("212", "1")
    asked = add(client, case, "charges", provision="212.1")
    assert "212.1, Criminal Code of Russia" in asked.content.decode()
    add(client, case, "charges", provision="212.1", provision_choice=provision.pk, provision_for="212.1")
    assert MODELS["charges"].objects.get().provision == provision


def test_links_to_records_of_other_cases_are_refused(client, user, case):
    foreign = make_detention(make_case("Bob Other"))
    answer = add(client, case, "releases", stay=foreign.pk)
    assert answer.status_code == 200
    assert answer.context["form"].errors["stay"]


# Order of dates


def test_release_before_every_beginning_is_refused(client, user, case):
    make_arrest(case, "2018-01-29")
    answer = add(client, case, "releases")
    assert "is before every arrest, stay and charge of the case" in answer.content.decode()
    assert not MODELS["releases"].objects.exists()


def test_what_is_only_possible_is_confirmed_with_a_reason(client, user, case):
    make_arrest(case, "2017-10-10")
    asked = add(client, case, "releases", date="Oct 2017")
    assert "may be before" in asked.content.decode()
    assert "save_anyway" in asked.content.decode()
    assert "Say why" in add(client, case, "releases", date="Oct 2017", save_anyway="on").content.decode()
    assert not MODELS["releases"].objects.exists()
    done = add(client, case, "releases", date="Oct 2017", save_anyway="on", reason="The decree says so")
    assert done.status_code == 302
    assert MODELS["releases"].objects.get().history.last().pgh_context["reason"] == "The decree says so"


def test_confidential_record_that_the_user_may_not_see_is_not_betrayed_by_the_order(client, user, case):
    make_arrest(case, "2018-01-29", confidential=True)
    assert add(client, case, "releases").status_code == 302


def test_end_before_start_is_told_at_the_end(client, user, case):
    answer = add(client, case, "detentions", began="07.09.2016", ended="18.08.2016", ending="release")
    assert "18 August 2016 is before" in str(answer.context["form"].errors["ended"])


# Editing


@pytest.mark.parametrize("kind", KINDS)
def test_saving_without_a_change_changes_nothing(client, user, case, kind):
    record = MAKERS[kind](case)
    before = type(record).objects.filter(pk=record.pk).values().get()
    data = form_data(client, edit_url(record, kind))
    assert client.post(edit_url(record, kind), data).status_code == 302
    assert type(record).objects.filter(pk=record.pk).values().get() == before


def test_edit_writes_and_keeps_who(client, user, case):
    note = make_note(case)
    data = form_data(client, edit_url(note, "notes"))
    client.post(edit_url(note, "notes"), {**data, "text": "Better words.", "reason": "A slip"})
    note.refresh_from_db()
    assert (note.text, note.version, note.updated_by) == ("Better words.", 2, user)
    assert note.history.last().pgh_context["reason"] == "A slip"


@pytest.mark.parametrize("kind", KINDS)
def test_stale_edit_shows_both_and_overwrites_only_knowingly(client, user, case, kind):
    record = MAKERS[kind](case)
    url = edit_url(record, kind)
    data = {**form_data(client, url), "remark": "What I typed"}
    record.remark = "A colleague's words"
    record.save()
    answer = client.post(url, data)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "What I typed" in html
    assert "A colleague&#x27;s words" in html
    record.refresh_from_db()
    assert record.remark == "A colleague's words"
    again = form_data_of(html)
    assert client.post(url, again).status_code == 200, "one of the two has to be chosen"
    assert client.post(url, {**again, "choose-remark": "mine"}).status_code == 302
    record.refresh_from_db()
    assert record.remark == "What I typed"


def test_a_changed_penalty_makes_the_sentence_stale(client, user, case):
    sentence = make_sentence(case, years=8)
    url = edit_url(sentence, "sentences")
    data = form_data(client, url)
    Penalty.objects.update(years=9)
    answer = client.post(url, data)
    assert "imprisonment, 9 years (imposed)" in answer.content.decode()
    assert Penalty.objects.get().years == 9


def test_penalties_and_findings_are_changed_and_removed(client, user, case):
    charge = make_charge(case)
    sentence = make_sentence(case, years=8, findings=[(charge, "convicted")])
    Penalty.objects.create(sentence=sentence, kind="fine", amount=100, currency="RUB")
    url = edit_url(sentence, "sentences")
    data = {
        **form_data(client, url),
        "penalties-0-years": "7",
        "penalties-1-remove": "on",
        f"finding_{charge.pk}": "acquitted",
    }
    assert client.post(url, data).status_code == 302
    assert [penalty.years for penalty in sentence.penalties.all()] == [7]
    assert Finding.objects.get().outcome == "acquitted"


def test_penalty_of_another_sentence_is_not_touched_by_a_guessed_id(client, user, case):
    foreign = make_sentence(make_case("Bob Other"), years=8)
    sentence = make_sentence(case, years=3)
    url = edit_url(sentence, "sentences")
    data = {**form_data(client, url), "penalties-0-pk": str(foreign.penalties.get().pk), "penalties-0-remove": "on"}
    client.post(url, data)
    assert foreign.penalties.get().years == 8


def test_citations_are_listed_added_and_removed(client, user, case):
    note = make_note(case)
    first = cite(note, make_source("First report"), said_by="A neighbour")
    second = make_source("Second report")
    url = edit_url(note, "notes")
    assert "First report" in client.get(url).content.decode()
    data = {
        **form_data(client, url),
        "remove_citation": f"c{first.pk}.{first.version}",
        "evidence-source": "second report",
    }
    assert client.post(url, data).status_code == 302
    assert [citation.source for citation in note.citations.all()] == [second]


def test_citation_of_another_record_is_not_removed_by_a_guessed_id(client, user, case):
    note, foreign = make_note(case), cite(make_note(make_case("Bob Other")))
    url = edit_url(note, "notes")
    client.post(url, {**form_data(client, url), "remove_citation": f"c{foreign.pk}.{foreign.version}"})
    assert Citation.objects.filter(pk=foreign.pk).exists()


def test_protected_source_is_named_to_nobody_else(client, user, case):
    note = make_note(case)
    cite(note, make_source("The neighbour's letter", protected=True))
    html = client.get(edit_url(note, "notes")).content.decode()
    assert "a protected source" in html
    assert "neighbour" not in html


def test_looking_for_a_place_does_not_hide_that_a_colleague_was_quicker(client, user, case):
    arrest = make_arrest(case)
    url = edit_url(arrest, "arrests")
    data = {**form_data(client, url), "remark": "Mine"}
    arrest.remark = "Theirs"
    arrest.save()
    looked = client.post(url, {**data, "place": "SIZO", "find": "place"})
    assert [looked.context["form"]["version"].value()] == data["version"]
    assert "autofocus" in looked.content.decode()
    assert "Theirs" in client.post(url, data).content.decode()


@pytest.mark.parametrize("rubbish", ["9" * 30, "-1", "x", "1" * 5000])
def test_rubbish_where_a_choice_is_expected_is_an_error_of_the_form(client, case, rubbish):
    client.force_login(make_user("Editor"))
    url = reverse("case-edit", args=[case.reference])
    for field in ["team", "tags", "assignee", "access", "stage", "country", "version", "last_confirmed_source"]:
        assert client.post(url, {**form_data(client, url), field: rubbish}).status_code == 200
    sentence = make_sentence(case, years=8)
    url = edit_url(sentence, "sentences")
    for field in [
        "changes",
        "change",
        "verdict",
        "penalties-0-years",
        "penalties-0-pk",
        "penalties-0-amount",
        "remove_citation",
    ]:
        assert client.post(url, {**form_data(client, url), field: rubbish}).status_code in (200, 302)


def test_link_to_a_confidential_record_stays_when_others_edit(client, user, case):
    stay = make_detention(case, confidential=True)
    release = make_release(case, stay=stay)
    url = edit_url(release, "releases")
    client.post(url, {**form_data(client, url), "remark": "New"})
    release.refresh_from_db()
    assert (release.remark, release.stay) == ("New", stay)


# Confidential


def test_confidential_is_offered_to_the_team_and_editors_only(client, user, case):
    url = reverse("record-add", args=[case.reference, "notes"])
    assert 'name="confidential"' not in client.get(url).content.decode()
    add(client, case, "notes", confidential="on")
    assert not Event.objects.get().confidential
    client.force_login(make_user("Editor"))
    assert 'name="confidential"' in client.get(url).content.decode()


def test_confidential_record_is_made_and_opened_again(client):
    user = make_user()
    client.force_login(user)
    case = make_case(team=[user])
    add(client, case, "arrests", confidential="on")
    [arrest] = MODELS["arrests"].objects.all()
    assert arrest.event.confidential
    url = edit_url(arrest, "arrests")
    data = form_data(client, url)
    assert data["confidential"]
    del data["confidential"]
    client.post(url, data)
    arrest.event.refresh_from_db()
    assert not arrest.event.confidential


# Who may


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("role", "status"), [(None, 404), ("Reader", 403), ("Researcher", 200), ("Editor", 200), ("Administrator", 200)]
)
def test_each_persona(client, case, kind, role, status):
    record = MAKERS[kind](case)
    client.force_login(make_user(role))
    for name in ["record-edit", "record-delete"]:
        url = reverse(name, args=[case.reference, kind, record.pk])
        assert client.get(url).status_code == status
        if status != 200:
            assert client.post(url, {"reason": "x"}).status_code == status
    assert client.get(reverse("record-add", args=[case.reference, kind])).status_code == status
    assert MODELS[kind].objects.filter(pk=record.pk, version=1).exists()


def urls_of(case, record):
    args = [case.reference, "notes", record.pk]
    return [
        reverse("record-add", args=args[:2]),
        reverse("record-edit", args=args),
        reverse("record-delete", args=args),
        reverse("case-edit", args=args[:1]),
        reverse("case-delete", args=args[:1]),
    ]


def without_address(answer, reference):
    """Return the page without what differs between any two requests."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode().replace(reference, ""))


def test_hidden_case_answers_like_a_missing_one(client, user):
    hidden = make_case(access="team")
    for url in urls_of(hidden, make_note(hidden)):
        for method in [client.get, client.post]:
            assert method(url).status_code == 404
            missing = method(url.replace(hidden.reference, "C-222222"))
            assert missing.status_code == 404
            assert without_address(method(url), hidden.reference) == without_address(missing, "C-222222")


def test_confidential_record_is_missing_for_others(client, user, case):
    note = make_note(case, confidential=True)
    for url in urls_of(case, note)[1:3]:
        assert client.get(url).status_code == 404
        assert client.post(url, {"reason": "x"}).status_code == 404


def test_record_of_another_case_or_kind_is_missing(client, user, case):
    note = make_note(make_case())
    for kind in ["notes", "arrests", "nonsense"]:
        assert client.get(reverse("record-edit", args=[case.reference, kind, note.pk])).status_code == 404
    assert client.get(f"/cases/{case.reference}/notes/{'9' * 30}/edit/").status_code == 404


def test_forms_are_guarded_against_forged_requests(user, case):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.post(reverse("record-add", args=[case.reference, "notes"]), VALID["notes"]).status_code == 403
    assert strict.post(reverse("case-add"), {}).status_code == 403


# Deleting


def test_delete_says_what_goes_asks_why_and_keeps_the_history(client, user, case):
    charge = make_charge(case)
    sentence = make_sentence(case, years=8, findings=[(charge, "convicted")])
    cite(sentence)
    url = reverse("record-delete", args=[case.reference, "sentences", sentence.pk])
    html = client.get(url).content.decode()
    for words in ["Citations: 1", "imprisonment, 8 years", "212 part 1"]:
        assert words in html
    assert "Say why" in client.post(url, {}).content.decode()
    assert MODELS["sentences"].objects.exists()
    history = sentence.history.model
    assert client.post(url, {"reason": "Entered twice"}).status_code == 302
    assert not MODELS["sentences"].objects.exists()
    assert history.objects.filter(pgh_obj_id=sentence.pk).last().pgh_context["reason"] == "Entered twice"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_deleted(client, user, case, kind):
    record = MAKERS[kind](case)
    client.post(reverse("record-delete", args=[case.reference, kind, record.pk]), {"reason": "Entered twice"})
    assert not MODELS[kind].objects.exists()


@pytest.mark.parametrize(("role", "status"), [(None, 404), ("Reader", 403), ("Researcher", 403), ("Editor", 200)])
def test_case_is_deleted_by_editors_only(client, case, role, status):
    client.force_login(make_user(role))
    url = reverse("case-delete", args=[case.reference])
    assert client.get(url).status_code == status
    assert client.post(url, {}).status_code == status
    assert Case.objects.exists()


def test_deleted_case_takes_its_records_and_leaves_the_person(client, case):
    for make in MAKERS.values():
        make(case)
    cite(make_sentence(case, years=3))
    client.force_login(make_user("Editor"))
    assert client.post(reverse("case-delete", args=[case.reference]), {"reason": "Duplicate"}).status_code == 302
    assert not Case.objects.exists()
    assert Detainee.objects.exists()
    assert Source.objects.exists()


# The case itself


def test_case_is_changed(client, user, case):
    url = reverse("case-edit", args=[case.reference])
    data = {
        **form_data(client, url),
        "title": "Square",
        "country": "RU",
        "last_confirmed_on": "1.5.2017",
        "stage": "in_review",
    }
    assert client.post(url, data).status_code == 302
    case.refresh_from_db()
    assert (case.title, case.country, str(case.last_confirmed_on), case.stage) == (
        "Square",
        "RU",
        "2017-05-01",
        "in_review",
    )
    assert case.updated_by == user


def test_unchanged_case_stays_as_it_is(client, case):
    client.force_login(make_user("Editor"))
    before = Case.objects.values().get()
    url = reverse("case-edit", args=[case.reference])
    assert client.post(url, form_data(client, url)).status_code == 302
    assert Case.objects.values().get() == before


@pytest.mark.parametrize(("field", "value"), [("access", "named"), ("team", "1"), ("stage", "verified")])
def test_access_team_and_verification_need_an_editor(client, user, case, field, value):
    url = reverse("case-edit", args=[case.reference])
    client.post(url, {**form_data(client, url), field: value})
    case.refresh_from_db()
    assert (case.access, case.stage, case.team.count()) == ("everyone", "draft", 0)


def test_editor_sets_access_and_team_but_not_without_being_on_it(client, case):
    editor = make_user("Editor")
    client.force_login(editor)
    url = reverse("case-edit", args=[case.reference])
    data = {**form_data(client, url), "access": "named"}
    assert "Put yourself on the team" in client.post(url, data).content.decode()
    assert client.post(url, {**data, "team": str(editor.pk)}).status_code == 302
    case.refresh_from_db()
    assert (case.access, list(case.team.all())) == ("named", [editor])


def test_assignee_must_see_the_case(client, case):
    client.force_login(make_user("Editor"))
    other = make_user()
    url = reverse("case-edit", args=[case.reference])
    data = {**form_data(client, url), "assignee": str(other.pk), "access": "team"}
    assert "would not see this case" in client.post(url, data).content.decode()


@pytest.mark.parametrize("day", ["May 2017", "29.02.2015", "1.1.2999"])
def test_last_confirmed_is_a_day_that_has_been(client, user, case, day):
    url = reverse("case-edit", args=[case.reference])
    answer = client.post(url, {**form_data(client, url), "last_confirmed_on": day})
    assert answer.context["form"].errors["last_confirmed_on"]


def test_stale_case_shows_what_is_stored(client, user, case):
    url = reverse("case-edit", args=[case.reference])
    data = {**form_data(client, url), "title": "Mine"}
    case.title = "Theirs"
    case.save()
    html = client.post(url, data).content.decode()
    assert "Theirs" in html
    assert 'value="Mine"' in html


# Cost


def test_form_costs_the_same_queries_for_many_records(client, user, case, django_assert_max_num_queries):
    sentence = make_sentence(case, years=8)
    for article in range(12):
        make_charge(case, str(article + 100), "")
        cite(sentence)
    client.get(edit_url(sentence, "sentences"))
    with django_assert_max_num_queries(22):
        client.get(edit_url(sentence, "sentences"))
