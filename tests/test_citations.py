"""Citations: beside the fact, by themselves, added and changed without the form of their record; origins are counted."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Citation, Role
from cases.models.evidence import citable_fields, origins, origins_sql
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_detainee,
    make_note,
    make_release,
    make_sentence,
    make_source,
    make_user,
)
from tests.pages import main_of, text

pytestmark = pytest.mark.django_db

WORDS = "The court said nothing. On 29 January he was taken from the street in Simferopol, his wife said."


@pytest.fixture
def user(client):
    user = make_user(Role.RESEARCHER)
    client.force_login(user)
    return user


def picked(source, **more):
    """Return what a form sends for a source that was chosen."""
    return {
        "evidence-source": source.title, "evidence-source_for": source.title, "evidence-source_choice": source.pk,
        "evidence-kind": "news", "evidence-reliability": "unknown",
        **{f"evidence-{name}": value for name, value in more.items()},
    }  # fmt: skip


def counted(record):
    """Return the number of origins of an arrest's citations as reports count them, for somebody who knows them all."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {origins_sql('q.arrest_id = %s')}", [record.pk])
        return cursor.fetchone()[0]


# ------------------------------------------------------------------------------------------------ origins


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ([], 0),
        ([{}], 1),
        ([{}, {}], 2),
        ([{"said_by": "N. Polozov"}, {"said_by": " n.  POLOZOV"}], 1),
        ([{"said_by": "Н. Полозов"}, {"said_by": "Н. ПОЛОЗОВ"}, {"said_by": "his wife"}], 2),
        ([{"cites": "agency"}, {"cites": "agency"}], 1),
        ([{"cites": "agency"}, {"source": "agency"}], 1),
        ([{"cites": "agency"}, {"source": "agency", "said_by": "his wife"}], 1),
        ([{"cites": "agency", "said_by": "his wife"}, {"source": "agency"}], 2),
        ([{"source": "agency", "cites": "paper"}, {"source": "paper", "cites": "agency"}], 1),
    ],
)
def test_an_origin_is_who_said_it_else_the_source_cited_else_the_source(said, number):
    named, arrest = {name: make_source() for name in ("agency", "paper")}, make_arrest()
    for one in said:
        sources = {name: named[one[name]] for name in ("source", "cites") if name in one}
        cite(arrest, **{**one, "source": make_source(), **sources})
    assert origins(list(arrest.citations.all())) == number
    assert counted(arrest) == number, "the same in SQL"


def test_origins_are_not_told_to_whom_a_source_among_them_is_protected(client, user):
    arrest = make_arrest()
    for _number in range(2):
        cite(arrest, cites=make_source(protected=True))
    assert "origin" not in text(client.get(f"/cases/{arrest.case.reference}/"))
    client.force_login(make_user(Role.EDITOR))
    assert "2 reports, 2 origins" in text(client.get(f"/cases/{arrest.case.reference}/"))


# ------------------------------------------------------------------------------------------------ beside the fact


def test_beside_the_fact_stand_a_few_sources_and_all_unfold_without_javascript(client, user):
    arrest = make_arrest()
    agency = make_source(
        "First news", publisher="Agency", published="2015-01-29", archived_url="https://kept.example/1"
    )
    cite(
        arrest,
        agency,
        field="date",
        value_as_reported="on Thursday",
        said_by="his wife",
        locator="par. 3",
        quote="He was taken",
    )
    cite(arrest, agency)
    for number in range(4):
        cite(arrest, make_source(f"Report {number}", publisher=f"Paper {number}"), cites=agency)
    page = main_of(client.get(f"/cases/{arrest.case.reference}/"))
    line, _end, rest = page.partition('<details class="evidence"><summary>')[2].partition("</summary>")
    assert "Agency</bdi>, 29 January 2015" in line and "×2" in line and "and 2 more" in line
    assert "5 reports, 2 origins" in line and "Paper 3" not in line and "his wife" not in line
    full = rest.partition("</details>")[0]
    for words in [
        "Date:",
        "on Thursday",
        "his wife",
        "par. 3",
        "He was taken",
        "Paper 3",
        "kept.example",
        "not assessed",
    ]:
        assert words in full
    assert f"/citations/{arrest.citations.first().pk}/" in full


def test_the_words_in_a_text_are_one_click_away(client, user):
    source = make_source(captured_text=WORDS)
    tied = cite(make_arrest(), source, quote="taken from the street", range_start=42, range_end=63)
    page = main_of(client.get(f"/cases/{tied.case.reference}/"))
    assert f'href="/sources/{source.reference}/#passage-{tied.pk}"' in page
    of_it = main_of(client.get(f"/citations/{tied.pk}/"))
    assert "he was <mark>taken from the street</mark> in Simferopol" in of_it
    source.captured_text = "Another text."
    source.save()
    assert "not in the captured text" in main_of(client.get(f"/citations/{tied.pk}/"))


def test_the_page_of_a_person_names_the_field_that_is_meant(client, user):
    person = make_detainee(created_by=user)
    cite(person, make_source("A birth certificate"), field="born", value_as_reported="December 1964")
    cite(make_affiliation(person), make_source("Minutes", publisher="The council"), field="role")
    page = text(client.get(f"/people/{person.reference}/"))
    assert "Born:" in page and "December 1964" in page and "The council (role)" in page


def test_two_hundred_citations_cost_no_more_queries_than_a_few(client, user):
    case = make_case()
    records = [make_note(case, f"Note {number}", date="2016") for number in range(4)]
    sources = [make_source(publisher=f"Paper {number}", captured_text=WORDS) for number in range(6)]
    for record in records:
        cite(record, sources[0], cites=sources[1])
    with CaptureQueriesContext(connection) as few:
        client.get(f"/cases/{case.reference}/")
    Citation.objects.bulk_create(
        Citation(case=case, note=records[number % 4], source=sources[number % 6], cites=sources[1], said_by=f"{number}")
        for number in range(200)
    )
    with CaptureQueriesContext(connection) as many:
        page = client.get(f"/cases/{case.reference}/")
    assert len(many) == len(few) <= 30
    assert not [query["sql"] for query in many if "captured_text" in query["sql"]]
    assert page.content.count(b"/citations/") >= 200


# ------------------------------------------------------------------------------------------------ adding


def test_a_source_is_added_to_one_field_and_its_quote_is_found_in_the_text(client, user):
    source, arrest = make_source("A report", captured_text=WORDS), make_arrest()
    address = f"/cases/{arrest.case.reference}/arrests/{arrest.pk}/citations/add/"
    assert 'value="place" selected' in client.get(address, {"field": "place"}).content.decode()
    sent = picked(
        source, field="place", quote="taken from  the street in Simferopol", said_by="his wife", reason="read again"
    )
    response = client.post(address, sent)
    assert response.url == f"/cases/{arrest.case.reference}/#arrests-{arrest.pk}"
    citation = arrest.citations.get()
    assert (citation.field, citation.said_by, citation.created_by) == ("place", "his wife", user)
    assert WORDS[citation.range_start : citation.range_end] == "taken from the street in Simferopol"
    assert citation.history.get(pgh_obj=citation.pk, range_start__isnull=False).pgh_context["reason"] == "read again"


def test_a_person_and_a_role_get_sources_likewise(client, user):
    person = make_detainee(created_by=user)
    role, source = make_affiliation(person), make_source("A report")
    client.post(f"/people/{person.reference}/citations/add/", picked(source, field="born"))
    client.post(f"/people/{person.reference}/roles/{role.pk}/citations/add/", picked(source, field="role"))
    assert [(one.detainee, one.affiliation) for one in person.citations.order_by("pk")] == [
        (person, None),
        (person, role),
    ]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Say which source this comes from."),
        ({"evidence-source": "x" * 301}, "too long"),
        ({"evidence-title": "New", "evidence-url": "javascript:alert(1)"}, "begins with http"),
        ({"evidence-title": "New", "evidence-field": "password"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(client, user, typed, says):
    arrest = make_arrest()
    typed = {"evidence-kind": "news", "evidence-reliability": "unknown", **typed}
    response = client.post(f"/cases/{arrest.case.reference}/arrests/{arrest.pk}/citations/add/", typed)
    assert response.status_code == 200 and says in text(response)
    assert not Citation.objects.exists()


@pytest.mark.parametrize(
    ("quote", "says"), [("said", "stands 2 times"), ("nowhere in it", "is not in the captured text")]
)
def test_a_quote_that_stands_there_twice_or_not_at_all_is_kept_and_said(client, user, quote, says):
    arrest, source = make_arrest(), make_source(captured_text=WORDS)
    address = f"/cases/{arrest.case.reference}/arrests/{arrest.pk}/citations/add/"
    assert says in text(client.post(address, picked(source, quote=quote), follow=True))
    assert arrest.citations.get().quote == quote


# ------------------------------------------------------------------------------------------------ changing


def form_of(client, citation, **changes):
    """Return what the form of a citation sends after it was opened and these fields were changed."""
    form = client.get(f"/citations/{citation.pk}/edit/").context["form"]
    sent = {"evidence-version": form.initial["version"]} | picked(citation.source)
    for name in ("field", "value_as_reported", "said_by", "locator", "quote"):
        sent[f"evidence-{name}"] = getattr(citation, name)
    return sent | {f"evidence-{name}": value for name, value in changes.items()}


def test_a_citation_is_changed_with_a_reason_and_its_page_tells_so(client, user):
    citation = cite(make_sentence(), make_source("A report", captured_text=WORDS))
    sent = form_of(client, citation, field="penalties", quote="his wife said", reason="more exact")
    assert client.post(f"/citations/{citation.pk}/edit/", sent).url == f"/citations/{citation.pk}/"
    citation.refresh_from_db()
    assert citation.field == "penalties" and WORDS[citation.range_start :].startswith("his wife said")
    page = text(client.get(f"/citations/{citation.pk}/"))
    assert "penalties" in page and str(user) in page
    assert citation.history.latest("pgh_id").pgh_context["reason"] == "more exact"
    assert "penalties" in citable_fields(type(citation.record)) and "password" not in citable_fields(
        type(citation.record)
    )


def test_a_colleague_who_was_quicker_is_not_overwritten(client, user):
    citation = cite(make_arrest(), make_source("A report"), said_by="his wife")
    sent = form_of(client, citation, said_by="his lawyer")
    Citation.objects.filter(pk=citation.pk).update(said_by="his mother")
    page = text(client.post(f"/citations/{citation.pk}/edit/", sent))
    assert "Changed by both" in page and "his mother" in page and "his lawyer" in page
    citation.refresh_from_db()
    assert citation.said_by == "his mother"


def test_what_was_typed_for_a_citation_that_is_gone_comes_back_as_a_new_one(client, user):
    citation = cite(make_arrest(), make_source("A report"))
    sent = form_of(client, citation, said_by="his lawyer")
    arrest, address = citation.arrest, f"/citations/{citation.pk}/edit/"
    citation.delete()
    page = client.post(address, sent)
    assert "deleted this while you were writing" in text(page) and "his lawyer" in page.content.decode()
    assert f"/arrests/{arrest.pk}/citations/add/" in page.content.decode()


def test_what_a_protected_source_said_stays_when_the_rest_is_changed(client, user):
    secret = make_source("Mother's letter", protected=True)
    citation = cite(make_arrest(), make_source("A report"), cites=secret, said_by="the mother")
    sent = form_of(client, citation, locator="page 2")
    assert "mother" not in client.get(f"/citations/{citation.pk}/edit/").content.decode().lower()
    client.post(
        f"/citations/{citation.pk}/edit/", {name: value for name, value in sent.items() if "said_by" not in name}
    )
    citation.refresh_from_db()
    assert (citation.locator, citation.cites, citation.said_by) == ("page 2", secret, "the mother")


def test_a_citation_is_deleted_with_a_reason_and_an_editor_brings_it_back(client, user):
    release = make_release()
    citation = cite(release, make_source("A report"), quote="He is free")
    assert "Say why" in text(client.post(f"/citations/{citation.pk}/delete/", {}))
    client.post(f"/citations/{citation.pk}/delete/", {"reason": "said nothing of it"})
    assert not release.citations.exists()
    client.force_login(make_user(Role.EDITOR))
    change = citation.history.model.objects.get(pgh_obj=citation.pk, pgh_label="delete")
    address = f"/changes/citation/{change.pk}/restore/"
    plan = re.search(r'name="plan" value="([^"]+)"', client.get(address).content.decode())[1]
    client.post(address, {"plan": plan, "reason": "it did"})
    assert release.citations.get().quote == "He is free"


def test_readers_read_and_do_not_write(client):
    citation = cite(make_arrest(), make_source("A report"))
    client.force_login(make_user(Role.READER))
    page = client.get(f"/citations/{citation.pk}/")
    assert "A report" in text(page) and "edit/" not in main_of(page)
    assert client.get(f"/citations/{citation.pk}/edit/").status_code == 403
    assert client.get(f"/citations/{citation.pk}/", {"x": 1}).status_code == 400
