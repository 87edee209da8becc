"""Lists of prisoners: who is on one on a day, the page of a list, and the filter that numbers name."""

from datetime import UTC, date, datetime
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.filters import CaseFilter
from cases.models import Case, Listing, PrisonerList, Standing
from cases.models.context import Year, put_on_lists
from cases.statistics import numbers_of
from cases.views import pages
from tests.factories import make_case, make_detainee, make_list, make_listing, make_user
from tests.pages import text, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def on_it(prisoner_list, day):
    return set(Case.objects.on_list([prisoner_list.pk], day))


def decide(case, prisoner_list, *decisions, **fields):
    for decision, day in decisions:
        made = make_listing(case, prisoner_list, decision=decision, date=day, **fields)
    return made


# ------------------------------------------------------------------------------------------------ the rule


def test_a_case_is_on_a_list_from_a_decision_that_includes_it_until_one_that_does_not():
    memorial, case = make_list(), make_case()
    decide(case, memorial, ("included", "2015-03-02"), ("removed", "2017-05-01"), ("included", "2019-01-01"))
    expected = {
        "2015-03-01": set(),
        "2015-03-02": {case},
        "2017-04-30": {case},
        "2017-05-01": set(),
        "2018-12-31": set(),
        "2019-01-01": {case},
        "2026-01-01": {case},
    }
    assert {day: on_it(memorial, day) for day in expected} == expected


def test_the_order_of_recording_does_not_matter_but_for_decisions_of_one_day():
    memorial, earlier_last, one_day = make_list(), make_case(), make_case()
    decide(earlier_last, memorial, ("removed", "2018"), ("included", "2016"))
    decide(one_day, memorial, ("included", "2016-01-01"), ("refused", "2016-01-01"), ("included", "2016-01-01"))
    assert on_it(memorial, "2017-01-01") == {earlier_last, one_day}
    assert on_it(memorial, "2019-01-01") == {one_day}


def test_a_partial_date_counts_from_its_likely_day_and_none_from_the_day_of_recording():
    memorial, in_a_year, undated = make_list(), make_case(), make_case()
    decide(in_a_year, memorial, ("included", "2016"))
    recorded = decide(undated, memorial, ("included", ""))
    Listing.objects.filter(pk=recorded.pk).update(created_at="2020-02-10T12:00:00Z")
    assert on_it(memorial, "2016-06-30") == set()
    assert on_it(memorial, "2016-07-02") == {in_a_year}
    assert on_it(memorial, "2020-02-09") == {in_a_year}
    assert on_it(memorial, "2020-02-10") == {in_a_year, undated}


def test_confidential_and_unaccepted_decisions_change_nothing():
    memorial, put_on, taken_off = make_list(), make_case(), make_case()
    decide(put_on, memorial, ("included", "2016"), confidential=True)
    decide(put_on, memorial, ("included", "2016"), standing=Standing.REJECTED)
    decide(taken_off, memorial, ("included", "2016"))
    decide(taken_off, memorial, ("removed", "2018"), confidential=True)
    rival = Listing.objects.get(case=taken_off, decision="included").event
    decide(taken_off, memorial, ("removed", "2018"), standing=Standing.ALTERNATIVE, event=rival)
    assert on_it(memorial, "2020-01-01") == {taken_off}


def test_one_list_says_nothing_of_another_and_several_mean_any_of_them():
    one, other, both, first = make_list(), make_list(), make_case(), make_case()
    decide(both, one, ("included", "2016"))
    decide(both, other, ("included", "2016"), ("removed", "2018"))
    decide(first, one, ("included", "2016"))
    assert on_it(other, "2020-01-01") == set()
    assert set(Case.objects.on_list([one.pk, other.pk], "2017-01-01")) == {both, first}


def test_the_years_tell_changes_only_and_end_with_who_is_on_it():
    memorial, kept, left, refused = make_list(), make_case(), make_case(), make_case()
    decide(kept, memorial, ("included", "2015"), ("included", "2016"))
    decide(left, memorial, ("included", "2016"), ("removed", "2018"), ("refused", "2018-12-30"))
    decide(refused, memorial, ("refused", "2016"))
    decide(make_case(), memorial, ("included", "2016"), confidential=True)
    assert Listing.objects.filter(list=memorial).ledger() == [
        Year(2015, put_on=1, on_it=1),
        Year(2016, put_on=1, refused=1, on_it=2),
        Year(2017, on_it=2),
        Year(2018, taken_off=1, refused=1, on_it=1),
    ]
    for year in range(2015, 2019):
        told = {one.year: one.on_it for one in Listing.objects.filter(list=memorial).ledger()}
        assert told[year] == len(on_it(memorial, f"{year}-12-31"))
    assert Listing.objects.none().ledger() == []


# ------------------------------------------------------------------------------------------------ filter and numbers


def test_the_filter_finds_who_is_on_the_list_on_the_day_and_counts_the_same_everywhere(client, researcher):
    memorial, person = make_list("Memorial"), make_detainee("Nadia Listed")
    decide(make_case(person), memorial, ("included", "2016"))
    decide(make_case(person, stage="verified"), memorial, ("included", "2016"), ("removed", "2018"))
    decide(make_case(access="named"), memorial, ("included", "2016"))
    make_case("Nobody Listed")
    for day, cases, people in [("2017-01-01", 2, 1), ("2019-01-01", 1, 1), ("2015-01-01", 0, 0)]:
        found = CaseFilter(
            client.get("/cases/", {"list": memorial.pk, "day": day}).wsgi_request.GET,
            Case.objects.visible_to(researcher), user=researcher,
        )  # fmt: skip
        assert (found.numbers.cases, found.numbers.people or 0, found.qs.count()) == (cases, people, cases)
        assert (found.qs.count() and numbers_of(found).people.likely) == people
    page = text(client.get("/cases/", {"list": memorial.pk, "day": "2017-01-01"}))
    assert "On the list: Memorial" in page and "Nadia Listed" in page and "Nobody Listed" not in page


def test_every_number_names_the_list_and_the_stage(client, researcher):
    memorial = make_list("Memorial")
    decide(make_case(stage="verified"), memorial, ("included", "2016"))
    asked = {"list": memorial.pk, "stage": "verified", "day": "2017-01-01"}
    named = "People on the list “Memorial” on 1 January 2017; cases of the stage “verified”"
    assert named in text(client.get("/numbers/", asked))
    for line in client.get("/numbers/sex.csv", asked).content.decode().splitlines()[1:]:
        assert line.count(named) == 2  # in the question and in the definition
    assert named in words_of(client.get("/numbers/sex.svg", asked).content.decode())
    assert named in text(client.get("/reports/cases/", asked))
    assert "People on the list" not in text(client.get("/numbers/", {"day": "2017-01-01"}))


@pytest.mark.parametrize("value", ["0", "99999999", "Memorial", "-1", "9" * 30, "1.0", "'"])
@pytest.mark.parametrize("name", ["list", "organisation"])
def test_a_list_or_organisation_that_is_not_there_is_a_400_with_words(client, researcher, name, value):
    make_list("Memorial")
    answer = client.get("/cases/", {name: value})
    assert answer.status_code == 400 and "is not there" in text(answer)


def test_the_filter_offers_only_lists_that_visible_cases_say_something_about(client, researcher):
    decide(make_case(), make_list("Seen list"), ("refused", "2016"))
    decide(make_case(access="named"), make_list("Hidden list"), ("included", "2016"))
    decide(make_case(), make_list("Confidential list"), ("included", "2016"), confidential=True)
    page = text(client.get("/cases/filters/"))
    assert "Seen list" in page and "Hidden list" not in page and "Confidential list" not in page


# ------------------------------------------------------------------------------------------------ the pages


def test_the_page_of_a_list_tells_who_is_on_it_what_was_decided_and_the_years(client, researcher):
    memorial = make_list("Memorial", keeper="Its keepers", definition="Who is held for an opinion alone.")
    decide(make_case("Nadia Kept"), memorial, ("included", "2016-05-01"), grounds="Part 1 of the definition")
    decide(make_case("Emil Gone"), memorial, ("included", "2016"), ("removed", "2018-04-03"))
    decide(make_case("Ann Refused"), memorial, ("refused", "2017"))
    answer = client.get(f"/lists/{memorial.pk}/")
    page = text(answer)
    for words in ["Its keepers", "held for an opinion alone", "Part 1 of the definition", "3 April 2018", "refused"]:
        assert words in page
    assert [row.name.text for row in answer.context["rows"]] == ["Nadia Kept"]
    earlier = client.get(f"/lists/{memorial.pk}/", {"day": "1 Jan 2017"})
    assert {row.name.text for row in earlier.context["rows"]} == {"Nadia Kept", "Emil Gone"}
    assert "on the list on 1 January 2017" in text(earlier)
    assert f"/cases/?list={memorial.pk}&amp;day=2017-01-01" in earlier.content.decode()


def test_hidden_cases_and_confidential_decisions_change_nothing_on_the_page(client, researcher):
    memorial = make_list("Memorial")
    decide(make_case("Nadia Seen"), memorial, ("included", "2016"))
    before = client.get(f"/lists/{memorial.pk}/"), client.get("/lists/")
    decide(make_case("Named Person", access="named"), memorial, ("included", "2016"), ("removed", "2017"))
    decide(make_case("Team Person", access="team"), memorial, ("refused", "2014"))
    decide(make_case("Quiet Person"), memorial, ("included", "2016"), confidential=True)
    assert text(client.get(f"/lists/{memorial.pk}/")) == text(before[0])
    assert text(client.get("/lists/")) == text(before[1])
    client.force_login(make_user("Editor"))
    assert client.get(f"/lists/{memorial.pk}/").context["page"].paginator.count == 2  # that of the team's case, too


@pytest.mark.parametrize("day", ["2999-01-01", "2016", "nonsense", "2015-02-29", "03/04/2019", "9" * 5000])
def test_a_day_that_is_none_or_lies_ahead_is_a_400(client, researcher, day):
    assert client.get(f"/lists/{make_list().pk}/", {"day": day}).status_code == 400


def test_pages_of_nothing_and_wrong_addresses(client, researcher):
    assert "Nothing found" in text(client.get("/lists/"))
    empty = make_list()
    page = text(client.get(f"/lists/{empty.pk}/"))
    assert "There is none that you can see" in page and "Year by year" not in page
    for address in ["/lists/0/", "/lists/99999999/", f"/lists/{'9' * 30}/", f"/lists/{empty.pk}/?page=2"]:
        assert client.get(address).status_code == 404
    assert client.get(f"/lists/{empty.pk}/", {"sort": "name"}).status_code == 400
    assert client.get("/lists/", {"day": "2016"}).status_code == 400


def test_a_researcher_adds_changes_and_deletes_a_list_that_nothing_uses(client, researcher):
    data = {"name": "Memorial", "keeper": "Memorial", "definition": "PACE 1900", "url": "example.org/list"}
    address = client.post("/lists/add/", data).url
    memorial = PrisonerList.objects.get()
    assert (address, memorial.url, memorial.created_by) == (
        f"/lists/{memorial.pk}/",
        "https://example.org/list",
        researcher,
    )
    changed = data | {"version": str(memorial.version), "definition": "Another one", "reason": "As published"}
    assert client.post(f"/lists/{memorial.pk}/edit/", changed).status_code == 302
    assert memorial.history.latest("pgh_id").pgh_context["reason"] == "As published"
    hidden = make_listing(make_case(access="named"), memorial)
    assert "It is used and cannot be deleted." in text(client.post(f"/lists/{memorial.pk}/delete/", {"reason": "x"}))
    hidden.delete()
    assert client.post(f"/lists/{memorial.pk}/delete/", {"reason": "Entered twice"}).url == "/lists/"
    assert not PrisonerList.objects.exists()


@pytest.mark.parametrize("fields", [{"name": ""}, {"definition": " "}, {"url": "javascript:alert(1)"}])
def test_a_list_without_name_or_definition_or_with_no_address_is_refused(client, researcher, fields):
    answer = client.post("/lists/add/", {"name": "A", "definition": "B"} | fields)
    assert answer.status_code == 200 and answer.context["form"].errors.keys() == fields.keys()


def test_the_case_page_says_on_which_lists_it_is_and_since_when(client, researcher):
    case, memorial, other = make_case(), make_list("Memorial"), make_list("Other list")
    decide(case, memorial, ("included", "2012"), ("removed", "2014"), ("included", "2016-05-01"), ("included", "2018"))
    decide(case, other, ("included", "2016"), ("removed", "2018"))
    page = text(client.get(f"/cases/{case.reference}/"))
    assert "On the list Memorial since 1 May 2016" in page and "On the list Other" not in page


def test_the_lists_of_a_case_whose_decisions_are_loaded_are_those_that_the_database_finds():
    chance, case, lists = Random(5), make_case(), [make_list() for _ in range(3)]
    days = ["", "2014", "2015-02", "2015-02-14", "2016/2018", "2017-01-01", "2019/..", "2099"]
    for _number in range(25):
        standing = chance.choice(["accepted", "accepted", "alternative"])
        made = make_listing(case, chance.choice(lists), decision=chance.choice(["included", "removed", "refused"]),
                            date=chance.choice(days), standing=standing, confidential=chance.random() < 0.2)  # fmt: skip
        Listing.objects.filter(pk=made.pk).update(created_at=datetime(2016, 1, 1 + chance.randrange(28), tzinfo=UTC))
    for day in [
        date(2013, 1, 1),
        date(2015, 2, 14),
        date(2016, 1, 15),
        date(2017, 1, 1),
        date(2018, 6, 1),
        date(2100, 1, 1),
    ]:
        found = put_on_lists(list(Listing.objects.filter(case=case).public()), day)
        holding = set(Listing.objects.filter(case=case).including_on(day).values_list("list", flat=True))
        assert {one.list_id for one in found} == holding, day


def test_beyond_what_is_counted_the_pages_say_that_there_are_more(client, researcher, monkeypatch):
    monkeypatch.setattr(pages, "EXACT_TO", 2)
    memorial, other = make_list("Memorial"), make_list("Other")
    for number in range(4):
        decide(make_case(), memorial, ("included", "2016"))
        if number < 2:
            decide(make_case(), other, ("included", "2016"))
    shown = client.get("/lists/").context["page"]
    assert {one.name: [str(one.people), str(one.cases)] for one in shown} == {
        "Memorial": ["2+", "2+"],
        "Other": ["2", "2"],
    }
    assert "2+ cases on the list today" in text(client.get(f"/lists/{memorial.pk}/"))


def test_many_decisions_cost_the_same_queries_as_few(client, researcher):
    memorial = make_list()
    decide(make_case(), memorial, ("included", "2016"))
    for address in [f"/lists/{memorial.pk}/", "/lists/"]:
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for _number in range(6):
            decide(make_case(), memorial, ("included", "2016"), ("removed", "2018"))
            decide(make_case(), make_list(), ("included", "2016"))
        with CaptureQueriesContext(connection) as many:
            client.get(address)
        assert len(many) == len(few) <= 16


def test_the_reason_of_a_decision_is_not_why_its_record_is_changed(client, researcher):
    case = make_case()
    make_list("Memorial")
    data = {"evidence-kind": "other", "evidence-reliability": "unknown", "list": "Memorial", "decision": "included"}
    data |= {"grounds": "Part 1 of the definition", "reason": "Read in the news"}
    assert client.post(f"/cases/{case.reference}/listings/add/", data).status_code == 302
    decision = Listing.objects.get()
    assert decision.grounds == "Part 1 of the definition"
    assert decision.history.get().pgh_context["reason"] == "Read in the news"
    form = client.get(f"/cases/{case.reference}/listings/{decision.pk}/edit/").context["form"]
    data |= {"version": form["version"].value(), "decision": "removed", "reason": "Taken off"}
    assert form["grounds"].value() == "Part 1 of the definition"
    assert client.post(f"/cases/{case.reference}/listings/{decision.pk}/edit/", data).status_code == 302
    decision.refresh_from_db()
    assert (decision.decision, decision.grounds) == ("removed", "Part 1 of the definition")
