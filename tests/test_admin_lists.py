"""Lists of the admin site: what may be asked of them, how they find, what they show, and the same rows as CSV."""

import csv
import io
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.admin import lists
from cases.models import Arrest, Case, Citation, Detainee, Hearing, Lawyer, Place, Source, User
from tests import test_admin
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_detainee,
    make_detention,
    make_lawyer,
    make_place,
    make_source,
    make_user,
)
from tests.test_admin import MODELS, address, form_data

pytestmark = pytest.mark.django_db
administrator, rows, signed_in = test_admin.administrator, test_admin.rows, test_admin.signed_in

HOSTILE = [
    "\0", "%00", "a\0b", "'", "\"", "' OR 1=1 --", "'; DROP TABLE cases_case; --", "(", "[", "*", "(a+)+$", "\\", "%", "_",
    "%s", "{0}", "{{ 7 }}", "<script>alert(1)</script>", "../../../etc/passwd", "-1", "0", "1.5", "1e9", "NaN", "Infinity",
    "99999999999999999999", "-99999999999999999999", "9" * 400, "0x10", "١٢٣", "2015-02-29", "0000-00-00", "99999-01-01",
    "null", "None", "true", "__class__", "pk__regex", "\u202e\u200b\ufeff", "İı" * 50, "\U0001f600" * 40, "é" * 3000,
    " ", "\r\nSet-Cookie: a=b",
]  # fmt: skip
BROKEN = ["%ff", "%c3%28", "%ed%a0%80", "%f0%28%8c%28"]  # bytes that are no UTF-8


def listed(browser, model, **asked):
    return browser.get(address(model, "changelist"), asked).context["cl"]


def rows_of(browser, model, **asked):
    """Return the rows of the CSV of a list, as dictionaries."""
    answer = browser.get(address(model, "csv"), asked)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# ------------------------------------------------------------------------------------------------ what an address asks


def parameters_of(model):
    of_admin = admin.site._registry[model]
    filters = [one.parameter_name for one in of_admin.list_filter]
    strange = [
        "all",
        "e",
        "_facets",
        "id__in",
        "pk",
        "case__detainee__names__text__regex",
        "standing__exact",
        "password",
    ]
    return ["q", "o", "p", "_popup", "_to_field", *filters, *strange]


def answer_of(model, user, query):
    """Return the status with which a list answers, without drawing the page."""
    request = RequestFactory().get("/", query)
    request.user = user
    try:
        admin.site._registry[model].get_changelist_instance(request)
    except (BadRequest, SuspiciousOperation):
        return 400
    except Http404:
        return 404
    return 200


def test_no_parameter_of_a_list_gives_a_500(administrator, rows):
    """Every payload on every parameter of the lists with the most of them, some on those of the others."""
    user = User.objects.get(pk=administrator.pk)
    payloads = [payload for payload in HOSTILE if "\0" not in payload]  # those the middleware refuses: see below
    for turn, model in enumerate(MODELS):
        for number, name in enumerate(parameters_of(model)):
            few = payloads[(turn + number) % 13 :: 13]
            for payload in payloads if model in (Case, Hearing) else few:
                status = answer_of(model, user, {name: payload})
                if name not in ("q", "o", "p", "_popup", "_to_field"):
                    assert status == 400, (name, payload, status)


def test_no_address_of_a_list_gives_a_500(signed_in, rows):
    for payload in HOSTILE[::2]:
        for page, name in [("changelist", "q"), ("changelist", "p"), ("csv", "o")]:
            assert signed_in.get(address(Arrest, page), {name: payload}).status_code in (200, 400, 404), (name, payload)
    for broken in BROKEN:
        assert signed_in.get(f"{address(Arrest, 'changelist')}?q={broken}&p={broken}").status_code == 400
        assert signed_in.get(f"{address(Arrest, 'csv')}?o={broken}").status_code == 400


@pytest.mark.parametrize("model", [Case, Detainee, Source], ids=lambda model: model.__name__)
def test_no_key_and_no_field_of_a_form_gives_a_500(signed_in, rows, model):
    row = model._default_manager.order_by("pk").first()
    turn = [Case, Detainee, Source].index(model)
    for number, payload in enumerate([*HOSTILE, *BROKEN]):
        quoted = payload if payload in BROKEN else urlencode({"": payload})[1:]
        place = f"{address(model, 'changelist')}{quoted}/{['change', 'delete', 'history'][(number + turn) % 3]}/"
        assert signed_in.get(place).status_code in (200, 301, 302, 400, 403, 404), place
    data = form_data(signed_in.get(address(model, "change", row.pk)))
    for number, name in enumerate([*data, "reason", "opened", "choose-title", "_to_field", "_popup", "action"]):
        for payload in HOSTILE[(number + turn) % 41 :: 41]:
            answer = signed_in.post(address(model, "change", row.pk), data | {name: payload})
            assert answer.status_code in (200, 302, 400), (name, payload)
    for name in ["_changelist_filters", "_to_field", "_popup", "detainee", "case", "title", "_facets"]:
        for payload in HOSTILE[turn + 1 :: 41]:
            for page in [address(model, "add"), address(model, "change", row.pk), address(model, "delete", row.pk)]:
                assert signed_in.get(page, {name: payload}).status_code in (200, 400, 403), (page, name, payload)


def test_no_choice_of_rows_gives_a_500(signed_in, rows):
    for payload in HOSTILE[::5]:
        for sent in [
            {"_selected_action": payload, "action": "delete_selected"},
            {"_selected_action": 1, "action": payload},
        ]:
            answer = signed_in.post(address(Place, "changelist"), sent | {"index": "0", "select_across": payload})
            assert answer.status_code in (200, 302, 400, 403), sent
    assert Place.objects.exists()


def test_no_autocomplete_gives_a_500_and_none_leads_elsewhere(signed_in, rows):
    asked = {"app_label": "cases", "model_name": "arrest", "field_name": "place", "term": ""}
    assert signed_in.get("/admin/autocomplete/", asked).status_code == 200
    for name in [*asked, "page"]:
        for payload in [*HOSTILE[::6], "case", "arrests", "event", "names", "password", "auth", "user"]:
            status = signed_in.get("/admin/autocomplete/", asked | {name: payload}).status_code
            assert status in ((200, 400, 404) if name in ("term", "page") else (200, 400, 403, 404)), (name, payload)
    backwards = asked | {"model_name": "case", "field_name": "arrests"}
    assert signed_in.get("/admin/autocomplete/", backwards).status_code == 403


def test_what_a_list_does_not_know_is_refused_with_words_and_never_shows_all(signed_in, rows):
    for asked in [
        {"standing": "nonsense"}, {"standing__exact": "accepted"}, {"case": "999999"}, {"o": "0"}, {"o": "77"}, {"p": "x"},
        {"date_year": "1815"}, {"q": "a" * 201}, {"all": ""}, {"e": "1"}, {"case__reference__regex": "("},
    ]:  # fmt: skip
        answer = signed_in.get(address(Arrest, "changelist"), asked)
        assert answer.status_code == 400, asked
        assert "<h1>" in answer.content.decode()
        assert "Exception" not in answer.content.decode()
    twice = f"{address(Arrest, 'changelist')}?standing=accepted&standing=rejected"
    assert signed_in.get(twice).status_code == 400
    assert signed_in.get(address(Arrest, "changelist"), {"p": 7}).status_code == 404


# ------------------------------------------------------------------------------------------------ finding


def test_a_list_counts_no_further_than_is_quick_and_turns_pages_all_the_same(signed_in, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 3)
    monkeypatch.setattr(admin.site._registry[Place], "list_per_page", 2)
    places = [make_place(f"Place {number}") for number in range(7)]
    first = listed(signed_in, Place)
    assert (first.is_capped, first.count_in_words) == (True, "3+ places")
    assert first.result_list == places[:2]
    last = listed(signed_in, Place, p=4)
    assert (last.result_list, last.next_page) == (places[6:], "")
    assert signed_in.get(address(Place, "changelist"), {"p": 5}).status_code == 404
    assert listed(signed_in, Place, q="7").count_in_words == "0 places"
    assert not listed(signed_in, Place, q="Place 6").is_capped


def test_any_spelling_of_the_person_finds_cases_and_their_records(signed_in):
    arrest = make_arrest(make_case(make_detainee("Ахтем Чийгоз", "Akhtem Chiygoz")))
    make_arrest(make_case("Ivan Petrenko"))
    alone = make_detainee("Мустафа Дегерменджи")
    for query in ["chiygoz", "ЧИЙГОЗ ахтем", arrest.case.reference]:
        assert listed(signed_in, Arrest, q=query).result_list == [arrest], query
        assert listed(signed_in, Case, q=query).result_list == [arrest.case], query
        assert listed(signed_in, Detainee, q=query).result_list == [arrest.case.detainee], query
    assert listed(signed_in, Detainee, q="mustafa").result_list == [alone], "somebody without a case, too"
    assert listed(signed_in, Detainee, q="’").result_list == []


def test_a_search_for_more_than_its_keys_can_be_asked_for_finds_the_same(signed_in, monkeypatch):
    arrests = [make_arrest(make_case(f"Ivan Number{number}")) for number in range(3)]
    citation = cite(arrests[0], make_source("Ivan in the news"))
    lawyer = make_lawyer("Ivan Lawyer")
    for most in [lists.MOST_KEYS, 1]:
        monkeypatch.setattr(lists, "MOST_KEYS", most)
        assert listed(signed_in, Arrest, q="ivan").result_list == arrests[::-1]
        assert listed(signed_in, Detainee, q="ivan").result_count == 3
        assert listed(signed_in, Citation, q="ivan").result_list == [citation]
        assert listed(signed_in, Lawyer, q="ivan").result_list == [lawyer]


def test_filters_narrow_by_choice_year_record_and_confidentiality(signed_in):
    place = make_place()
    early = make_arrest(date="2014-02", place=place)
    late = make_arrest(date="2016-05-12", confidential=True)
    unknown = make_arrest(date="", standing="alternative")

    def found(**asked):
        return listed(signed_in, Arrest, **asked).result_list

    assert found(date_year=2014) == [early]
    assert found(date_year="none") == [unknown]
    assert found(standing="alternative") == [unknown]
    assert found(confidential="yes") == [late]
    assert found(confidential="no") == [unknown, early]
    assert found(place=place.pk) == [early]
    assert found(case=late.case.pk) == [late]
    held = make_detention().case
    assert listed(signed_in, Case, status="in_custody").result_list == [held, early.case]


def test_a_filter_by_a_hidden_record_answers_like_one_that_is_not_there(signed_in):
    hidden = make_case("Hidden Person", access="named")
    missing = signed_in.get(address(Arrest, "changelist"), {"case": 10**9})
    there = signed_in.get(address(Arrest, "changelist"), {"case": hidden.pk})
    assert (there.status_code, missing.status_code) == (400, 400)
    words = "“case” is none of the values of this filter."
    assert words in there.content.decode()
    assert words in missing.content.decode()


def test_lists_are_sorted_by_columns_that_an_index_serves_and_by_no_others(signed_in):
    cases = [make_case(name) for name in ["Beta", "Alpha", "Gamma"]]
    columns = listed(signed_in, Case).list_display
    person = columns.index("person")
    assert listed(signed_in, Case, o=person).result_list == [cases[1], cases[0], cases[2]]
    assert listed(signed_in, Case, o=-person).result_list == [cases[2], cases[0], cases[1]]
    answer = signed_in.get(address(Case, "changelist"), {"o": columns.index("title")})
    assert answer.status_code == 400


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_list_costs_the_same_queries_for_few_rows_and_for_many(signed_in, rows, model):
    """Only what the fixture makes several of can grow; the lists with the most links are made longer below."""
    signed_in.get(address(model, "changelist"))  # what is looked up once, such as content types, is known from here on
    with CaptureQueriesContext(connection) as few:
        signed_in.get(address(model, "changelist"))
    assert len(few) <= 12, [one["sql"][:200] for one in few.captured_queries]


def test_long_lists_cost_the_same_queries(signed_in, rows, django_assert_num_queries):
    models = [Case, Detainee, Arrest, Citation, Lawyer, Source]
    with CaptureQueriesContext(connection) as few:
        for model in models:
            signed_in.get(address(model, "changelist"))
    for number in range(6):
        arrest = make_arrest(make_case(team=[make_user()]), place=make_place())
        cite(arrest, make_source())
        make_lawyer(detainee=arrest.case.detainee if number % 2 else None)
    with django_assert_num_queries(len(few)):
        for model in models:
            signed_in.get(address(model, "changelist"))


# ------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_list_gives_its_rows_as_a_file(signed_in, rows, model):
    shown = listed(signed_in, model)
    found = rows_of(signed_in, model)
    assert len({row.get("id") or row.get("reference") for row in found}) == shown.result_count
    assert not any("password" in name for name in found[0])


def test_a_file_has_exactly_the_rows_of_the_list_in_its_order(signed_in):
    place = make_place("=HYPERLINK(1)")
    make_arrest(make_case("Hidden Person", access="named"), place=place)
    kept = [make_arrest(make_case("Ivan One"), place=place), make_arrest(make_case("Ivan Two"), place=place)]
    kept.append(make_arrest(make_case("Ivan Three"), place=place, standing="alternative"))
    make_arrest(make_case("Petro"), place=place)
    asked = {"q": "ivan", "place": place.pk}
    found = rows_of(signed_in, Arrest, **asked)
    shown = listed(signed_in, Arrest, **asked)
    assert [int(row["id"]) for row in found] == [row.pk for row in shown.result_list] == [row.pk for row in kept[::-1]]
    assert [row["standing"] for row in found] == ["alternative", "accepted", "accepted"]
    assert rows_of(signed_in, Place)[0]["name"] == "'=HYPERLINK(1)"
    assert shown.csv_address == f"{address(Arrest, 'csv')}?{urlencode(asked)}"


def test_the_file_of_a_list_is_for_administrators(client, rows):
    client.force_login(make_user("Editor"))
    assert client.get(reverse("admin:cases_arrest_csv")).status_code == 404


# ------------------------------------------------------------------------------------------------ forms


def test_a_form_tells_where_the_page_is_who_wrote_and_how_it_stands(signed_in, administrator):
    arrest = make_arrest(make_case("Ivan"), created_by=administrator)
    page = signed_in.get(address(Arrest, "change", arrest.pk)).content.decode()
    assert f'href="/cases/{arrest.case.reference}/"' in page
    assert f"/cases/{arrest.case.reference}/arrests/{arrest.pk}/accounts/" in page
    assert "version 1" in page
    assert administrator.username in page
    person = signed_in.get(address(Detainee, "change", arrest.case.detainee.pk)).content.decode()
    assert address(Case, "change", arrest.case.pk) in person


def test_sources_of_a_record_are_edited_with_it(signed_in):
    arrest, source = make_arrest(make_case("Ivan")), make_source()
    data = form_data(signed_in.get(address(Arrest, "change", arrest.pk)))
    data |= {"citations-TOTAL_FORMS": 1, "citations-0-source": source.pk, "citations-0-locator": "page 2"}
    answer = signed_in.post(address(Arrest, "change", arrest.pk), data)
    assert answer.status_code == 302, answer.context["errors"]
    assert Citation.objects.get().case == arrest.case


def test_choices_of_records_say_whose_they_are(signed_in):
    stay = make_detention(make_case("Ivan Petrenko"), "2015-01-29")
    asked = {"app_label": "cases", "model_name": "release", "field_name": "stay", "term": "petrenko"}
    [offered] = signed_in.get("/admin/autocomplete/", asked).json()["results"]
    assert "29 January 2015" in offered["text"]
    assert f"{stay.case.reference} Ivan Petrenko" in offered["text"]
