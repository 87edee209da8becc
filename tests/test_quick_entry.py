"""New cases from a source: choosing it, one person and the next, many people of one arrest, and what was used last."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.forms.matches import THINGS
from cases.models import Arrest, Case, Charge, Citation, Detainee, JointProceeding, Place, Representation, Source
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_code,
    make_detainee,
    make_detention,
    make_lawyer,
    make_place,
    make_provision,
    make_source,
    make_user,
)
from tests.test_case_add import EMPTY, chosen, dashed

pytestmark = pytest.mark.django_db

TEXT = "On 12 May 2016 Ilmi Umerov was taken from his home in Bakhchysarai. Ilmi Umerov is a politician."
PART = {name: value for name, value in EMPTY.items() if not name.startswith(("person", "spellings"))}


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


def address(view="case-add", /, **query):
    return reverse(view, query=query)


def typed(**data):
    return {**EMPTY, **dashed(**data)}


def rows(*names, **data):
    """What the page of many people sends: names, or (name, born), and what they share."""
    people = [(name, "") if isinstance(name, str) else name for name in names]
    sent = {f"people-{number}-person": name for number, (name, _born) in enumerate(people)}
    sent |= {f"people-{number}-born": born for number, (_name, born) in enumerate(people)}
    return {**PART, **sent, **{f"people-{number}-sex": "unknown" for number in range(len(people))}, **dashed(**data)}


def post_many(client, source, data):
    return client.post(address("case-add-many", source=source.reference), data)


def errors(answer):
    return str([part.errors for part in answer.context["form"].together.forms])


# ---------------------------------------------------------------------------------------------------- which source


def test_sources_used_last_come_first_and_others_after_them(client, user):
    make_source("Never used")
    used = make_source("Used by me")
    make_source("Newest")
    cite(make_arrest(make_case()), used, created_by=user)
    titles = [source.title for source, _facts in client.get(address("case-add-source")).context["sources"]]
    assert titles == ["Used by me", "Newest", "Never used"]


def test_a_search_shows_what_fits_and_one_exact_title_or_address_goes_on_at_once(client, user):
    source = make_source("A report on arrests", url="https://example.org/1")
    make_source("Another report")
    assert "A report on arrests" in client.get(address("case-add-source", q="report")).content.decode()
    for query in ("A report on arrests", "https://example.org/1"):
        assert client.get(address("case-add-source", q=query)).url == address(source=source.reference)


@pytest.mark.parametrize("query", ["A title that nobody used", "https://example.org/new", "«»"])
def test_what_is_not_recorded_becomes_the_new_source_of_the_form(client, user, query):
    answer = client.get(address("case-add-source", q=query), follow=True)
    assert answer.redirect_chain == [(address(new_source=query), 302)]
    assert answer.context["form"].evidence["title"].value() == query
    assert not answer.context["form"].together.errors
    assert not Source.objects.exists()


def test_a_new_source_is_written_with_the_case_and_leads_to_the_next_person(client, user):
    sent = typed(person__person="Somebody New", evidence__title="A new report", evidence__source="") | {"next": "1"}
    answer = client.post(address(new_source="A new report"), sent)
    source = Source.objects.get()
    case = Case.objects.get()
    assert answer.url == address(source=source.reference, after=case.reference)


def test_sources_that_are_not_for_the_user_are_neither_offered_nor_found(client, user):
    make_source("Secret report", protected=True, url="https://example.org/secret")
    for query in ("", "secret", "https://example.org/secret"):
        answer = client.get(address("case-add-source", q=query), headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "Secret report" not in answer.content.decode()
        assert "S-" not in answer.content.decode()


def test_too_long_a_search_and_unknown_parameters_are_refused(client, user):
    assert client.get(address("case-add-source", q="x" * 301)).status_code == 400
    assert client.get(address("case-add-source", page="2")).status_code == 400


@pytest.mark.parametrize("name", ["case-add-source", "case-add-many"])
@pytest.mark.parametrize(("role", "status"), [(None, 404), ("Reader", 403), ("Researcher", 200), ("Editor", 200)])
def test_each_persona(client, name, role, status):
    client.force_login(make_user(role))
    assert client.get(address(name)).status_code == status


# ---------------------------------------------------------------------------------------------------- one person


def test_everything_that_is_written_cites_the_source_and_the_passage(client, user):
    source = make_source("The report", captured_text=TEXT)
    start = TEXT.index("Ilmi Umerov was")
    query = {"source": source.reference, "start": start - 1, "end": start + 15, "back": "desk"}
    sent = typed(person__person="Ilmi Umerov", arrest__date="12.5.2016", evidence__said_by="His daughter")
    answer = client.post(address(**query), sent)
    citations = Citation.objects.all()
    assert answer.url in {f"/sources/{source.reference}/#passage-{citation.pk}" for citation in citations}
    assert {citation.record for citation in citations} == {Detainee.objects.get(), Arrest.objects.get()}
    for citation in citations:
        assert (citation.quote, citation.range_start, citation.range_end) == ("Ilmi Umerov was", start, start + 15)
        assert (citation.source, citation.said_by, citation.created_by) == (source, "His daughter", user)
    assert Citation.objects.get(arrest__isnull=False).case == Case.objects.get()


def test_a_quote_that_stands_once_is_a_passage_and_another_stays_a_quote(client, user):
    source = make_source("The report", captured_text=TEXT)
    for quote, where in (("taken from his home", True), ("Ilmi Umerov", False), ("Not in the text", False)):
        page = client.get(address(source=source.reference, quote=quote))
        assert bool(page.context["origin"].passage) == where
        assert quote in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"start": "0", "end": "99999"},
        {"start": "9", "end": "3"},
        {"start": "2", "end": "3"},
        {"start": "x", "end": "3"},
        {"start": "1"},
        {"start": "-1", "end": "5"},
        {"start": "²", "end": "5"},
        {"back": "elsewhere"},
        {"quote": "x" * 20_001},
        {"name": "x" * 201},
        {"new_source": "Both"},
        {"color": "red"},
    ],
)
def test_bad_parameters_are_told_with_a_400(client, user, query):
    source = make_source("The report", captured_text="ab cd")
    assert client.get(address(source=source.reference, **query)).status_code == 400


def test_a_passage_without_its_source_is_a_400_and_a_hidden_source_is_like_a_missing_one(client, user):
    assert client.get(address(start="1", end="3")).status_code == 400
    hidden = make_source("Secret report", protected=True)
    for name in ("case-add", "case-add-many"):
        answers = [client.get(address(name, source=one)) for one in (hidden.reference, "S-ZZZZZZ")]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert (
        client.get(address(source=make_source().reference, after=make_case(access="named").reference)).status_code
        == 404
    )


def test_the_name_of_the_address_is_typed_already_and_who_may_be_meant_is_shown(client, user):
    known = make_case(make_detainee("Akhtem Chiygoz", born="1964")).detainee
    html = client.get(address(source=make_source().reference, name="Ахтем Чийгоз")).content.decode()
    assert 'value="Ахтем Чийгоз"' in html
    assert f'name="person-person_choice" value="{known.pk}"' in html
    assert "the same name" in html
    assert 'id="errors"' not in html


def test_the_next_person_from_the_source_keeps_what_they_share(client, user):
    source, provision, lawyer = make_source("The report"), make_provision("212", "1"), make_lawyer("Known Counsel")
    place, prison = make_place("Main square"), make_place("SIZO-1")
    sent = {
        **typed(
            person__person="First Person", arrest__date="26.2.2014", arrest__authority="Police",
            arrest__circumstances="Taken alone", stay__kind="remand", lawyer__role="appointed", case__country="UA",
            case__access="team", evidence__said_by="A witness",
        ),
        **chosen("arrest-place", "Main square", place.pk), **chosen("stay-place", "SIZO-1", prison.pk),
        **chosen("charge-provision", str(provision), provision.pk),
        **chosen("lawyer-lawyer", "Known Counsel", lawyer.pk), **chosen("case-proceeding", "The February case"),
        "next": "1",
    }  # fmt: skip
    answer = client.post(address(source=source.reference, back="desk"), sent)
    first = Case.objects.get()
    assert answer.url == address(source=source.reference, after=first.reference, back="desk")
    page = client.get(answer.url)
    form = page.context["form"]
    assert not form.together.errors
    assert "First Person" not in page.content.decode()
    assert "Taken alone" not in page.content.decode()
    again = fields_of(page.content.decode()) | {"person-person": "Second Person"}
    assert client.post(answer.url, again).url == reverse("source-detail", args=[source.reference])
    second = Case.objects.exclude(pk=first.pk).get()
    assert (second.country, second.access) == ("UA", "team")
    arrest = second.arrests.get()
    assert (arrest.date.text, arrest.place, arrest.authority) == ("2014-02-26", place, "Police")
    assert (second.detentions.get().place, second.detentions.get().kind) == (prison, "remand")
    assert (second.charges.get().provision, second.representations.get().lawyer) == (provision, lawyer)
    assert second.representations.get().role == "appointed"
    assert list(JointProceeding.objects.get().cases.order_by("pk")) == [first, second]
    assert Citation.objects.filter(source=source).count() == 10


def fields_of(html):
    """Return what the form of a page would send as it stands: enough of a browser for these tests."""
    form = html[html.index('<form class="form') :]
    data = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("radio", "checkbox") and not re.search(r"\schecked", tag):
            continue
        if "name" in given:
            data[given["name"]] = given.get("value", "")
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        selected = re.search(r'<option value="([^"]*)" selected', options)
        data[name] = selected[1] if selected else ""
    return data


def test_the_same_page_sent_twice_writes_once(client, user):
    source = make_source()
    sent = typed(person__person="Somebody New") | {"draft": "page-1"}
    first, second = (client.post(address(source=source.reference), sent) for _time in range(2))
    assert first.url == second.url
    assert Case.objects.count() == 1
    assert (
        client.post(address(source=source.reference), {**sent, "draft": "page-2"}).status_code == 200
    )  # asks who it is
    assert client.post(address(source=source.reference), {**sent, "person-person": "Other Name"}).status_code == 302
    assert Case.objects.count() == 2


# ---------------------------------------------------------------------------------------------------- who is it?


def while_typing(client, name, born=""):
    query = {"field": "person-person", "person-person": name, "person-born": born}
    return client.get(reverse("pick", args=["candidate"], query=query)).content.decode()


def test_people_who_may_be_the_same_are_shown_while_typing_with_the_reason(client, user):
    case = make_case(make_detainee("Akhtem Chiygoz", "Ахтем Чийгоз", born="1964-12-14"))
    make_detention(case, "2020", place=make_place("SIZO-1", locality="Simferopol"))
    html = while_typing(client, "Akhtm Chiygozz", "1964")
    assert "a similar name, born at the same time" in html
    assert f"case {case.reference} in Simferopol" in html
    assert "born 14 December 1964" in html
    assert "A new person: Akhtm Chiygozz" in html
    assert "the same name" in while_typing(client, "Ахтем Чийгоз")
    assert "a new person" in while_typing(client, "Emil Kurbedinov")
    assert while_typing(client, "").strip() == ""


def test_hidden_people_and_hidden_cases_of_those_who_are_seen_are_not_shown(client, user):
    make_case("Akhtem Chiygoz", access="named")
    assert "a new person" in while_typing(client, "Akhtem Chiygoz")
    seen = make_case("Ilmi Umerov")
    hidden = make_case(seen.detainee, access="team")
    html = while_typing(client, "Ilmi Umerov")
    assert seen.reference in html
    assert hidden.reference not in html


def test_many_people_of_a_common_name_do_not_hide_the_one_who_is_meant(user):
    for number in range(30):
        make_case(f"Akhtem Somebody{number}")
    meant = make_case("Akhtem Chiygoz").detainee
    assert [person for person, _why in THINGS["person"].candidates(user, ["Akhtem Chiygoz"], None)] == [meant]


# ---------------------------------------------------------------------------------------------------- used last


@pytest.mark.parametrize("kind", ["place", "provision", "lawyer", "source", "court"])
def test_what_the_user_used_last_is_offered_first(user, kind):
    used = use_of(kind, user)
    other = use_of(kind, make_user())
    assert THINGS[kind].found(user, "")[:2] == [used, other]


def use_of(kind, user):
    """Make a thing that a record of this user uses; return it."""
    from tests.factories import make_charge, make_court, make_hearing, make_representation

    by = {"created_by": user}
    match kind:
        case "place":
            return make_arrest(make_case(), place=make_place(), **by).place
        case "provision":
            return make_charge(make_case(), str(200 + user.pk), **by).provision
        case "lawyer":
            return make_representation(make_case(), **by).lawyer
        case "court":
            return make_hearing(make_case(), court=make_court(), **by).court
    return cite(make_arrest(make_case()), **by).source


def test_what_was_used_last_and_is_hidden_by_now_is_not_offered(user):
    lawyer = make_lawyer("Hidden Counsel")
    case = make_case(access="named")
    Representation.objects.create(case=case, lawyer=lawyer, created_by=user)
    assert lawyer not in THINGS["lawyer"].found(user, "")


def test_one_used_last_is_chosen_without_a_word(client, user):
    place = make_place("SIZO-1")
    data = typed(person__person="Somebody New") | {"arrest-place_choice": str(place.pk), "arrest-place_for": ""}
    assert client.post(address(), data).status_code == 302
    assert Arrest.objects.get().place == place
    new = typed(person__person="Quite Different") | {"arrest-place_choice": "new", "arrest-place_for": ""}
    assert client.post(address(), new).status_code == 200  # nothing without a name is made
    assert Place.objects.count() == 1


def test_without_javascript_find_shows_what_was_used_last(client, user):
    make_place("SIZO-1")
    html = client.post(address(), typed(person__person="Somebody New") | {"find": "arrest-place"}).content.decode()
    assert "Used last" in html
    assert "SIZO-1" in html


def test_what_was_used_last_costs_the_same_however_much_there_is(user):
    for most in (8, 8):
        for _number in range(6):
            make_arrest(make_case(), place=make_place(), created_by=user)
        with CaptureQueriesContext(connection) as queries:
            assert len(THINGS["place"].found(user, "")) >= 6
        assert len(queries) <= most


# ---------------------------------------------------------------------------------------------------- many people


def test_ten_people_of_one_arrest_become_ten_cases_with_everything_cited(client, user):
    source, code = make_source("The report"), make_code()
    sent = (
        rows(
            *[(f"Osoba{number} Vyhadana{number}", f"{1950 + number}") for number in range(10)],
            arrest__date="26.2.2014",
            arrest__authority="Police",
            stay__kind="remand",
            case__country="UA",
        )
        | chosen("arrest-place", "Main square")
        | chosen("charge-provision", "212", f"new:0-{code.pk}")
    )
    sent |= chosen("lawyer-lawyer", "New Counsel") | chosen("case-proceeding", "The February case")
    answer = post_many(client, source, sent)
    assert answer.status_code == 302, errors(answer)
    assert answer.url == reverse("source-detail", args=[source.reference])
    assert Case.objects.count() == Detainee.objects.count() == Arrest.objects.count() == 10
    assert Place.objects.count() == JointProceeding.objects.count() == 1
    assert JointProceeding.objects.get().cases.count() == 10
    assert {(arrest.date.text, arrest.place.name) for arrest in Arrest.objects.all()} == {("2014-02-26", "Main square")}
    assert sorted(person.born.text for person in Detainee.objects.all()) == [str(1950 + number) for number in range(10)]
    assert {case.created_by for case in Case.objects.all()} == {user}
    assert Citation.objects.filter(source=source, created_by=user).count() == 50
    for charge in Charge.objects.all():
        assert charge.citations.get().case == charge.case
    assert len(set(Case.objects.values_list("reference", flat=True))) == 10
    assert Case.objects.first().history.count() == 1


def test_pasted_names_get_a_line_each_and_the_box_is_empty_then(client, user):
    pasted = "Ilmi Umerov\n\n  Akhtem Chiygoz \t 14.12.1964\tm\nNadia Invented; 1980; ж\n"
    answer = post_many(client, make_source(), {**rows(), "people-names": pasted, "rows": "names"})
    form = answer.context["form"]
    assert [(row.name, row["born"].value(), row["sex"].value()) for row in form.rows] == [
        ("Ilmi Umerov", "", "unknown"),
        ("Akhtem Chiygoz", "14.12.1964", "male"),
        ("Nadia Invented", "1980", "female"),
    ]
    assert form.people["names"].value() == ""
    assert not form.together.errors
    assert not Case.objects.exists()


def test_more_lines_can_be_asked_for_and_what_is_typed_stays(client, user):
    answer = post_many(client, make_source(), {**rows("Ilmi Umerov", arrest__authority="Police"), "rows": "more"})
    assert len(answer.context["form"].rows) == 6
    assert 'value="Police"' in answer.content.decode()


def test_pasted_names_can_be_saved_at_once(client, user):
    post_many(client, make_source(), {**rows(), "people-names": "Ilmi Umerov\nAkhtem Chiygoz"})
    assert {case.detainee.main_name for case in Case.objects.all()} == {"Ilmi Umerov", "Akhtem Chiygoz"}


def test_each_line_asks_who_is_meant_and_takes_the_one_who_is_chosen(client, user):
    known = make_case(make_detainee("Akhtem Chiygoz", born="1964")).detainee
    make_case("Hidden Somebody", access="named")
    source = make_source()
    sent = rows("Ilmi Umerov", "Ахтем Чийгоз", "Hidden Somebody")
    answer = post_many(client, source, sent)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="people-1-person_choice" value="{known.pk}"' in html
    assert "the same name; case" in html
    assert "Person 2: name" in html
    assert "people-2-person_choice" not in html
    assert Case.objects.count() == 2
    assert post_many(client, source, sent | chosen("people-1-person", "Ахтем Чийгоз", known.pk)).status_code == 302
    assert known.cases.count() == 2
    assert Detainee.objects.count() == 4


def test_one_wrong_line_is_named_leaves_nothing_written_and_nothing_lost(client, user):
    sent = rows("Ilmi Umerov", ("Akhtem Chiygoz", "29.2.2015"), arrest__authority="Police")
    answer = post_many(client, make_source(), sent)
    html = answer.content.decode()
    assert "Person 2: born" in html
    assert "29 February 2015 does not exist" in html
    for value in ("Ilmi Umerov", "Akhtem Chiygoz", "29.2.2015", "Police"):
        assert f'value="{value}"' in html
    assert not Detainee.objects.exists()


def test_the_same_name_twice_on_the_page_has_to_be_confirmed(client, user):
    source, sent = make_source(), rows("Ilmi Umerov", "Umerov Ilmi")
    answer = post_many(client, source, sent)
    assert "The same name as in line 1" in answer.content.decode()
    assert not Case.objects.exists()
    assert post_many(client, source, rows(("Ilmi Umerov", "1957"), ("Ilmi Umerov", "1990"))).status_code == 302
    assert post_many(client, source, rows("Nadia One", "Nadia One") | {"people-different": "on"}).status_code == 302
    assert Case.objects.count() == 4


def test_one_person_who_is_recorded_cannot_be_chosen_twice(client, user):
    known = make_case("Akhtem Chiygoz").detainee
    sent = rows("Akhtem Chiygoz", "Ахтем Чийгоз")
    sent |= chosen("people-0-person", "Akhtem Chiygoz", known.pk) | chosen("people-1-person", "Ахтем Чийгоз", known.pk)
    assert "the person of line 1 again" in post_many(client, make_source(), sent).content.decode()
    assert known.cases.count() == 1


def test_more_than_a_hundred_names_stay_in_the_box(client, user):
    names = [f"Name{number} Surname{number}" for number in range(103)]
    answer = post_many(client, make_source(), {**rows(), "people-names": "\n".join(names), "rows": "names"})
    form = answer.context["form"]
    assert len(form.rows) == 100
    assert form.people["names"].value().split("\n") == names[100:]
    sent = {**rows("One"), "people-7000-person": "Far away"}
    assert "At most 100 people" in post_many(client, make_source(), sent).content.decode()


def test_nobody_at_all_is_an_error(client, user):
    assert "Write at least one name" in post_many(client, make_source(), rows()).content.decode()


def test_the_page_of_many_sent_twice_writes_once(client, user):
    source, sent = make_source(), rows("Ilmi Umerov", "Akhtem Chiygoz") | {"draft": "page-1"}
    assert post_many(client, source, sent).url == post_many(client, source, sent).url
    assert Case.objects.count() == 2


def test_queries_grow_evenly_with_the_people(client, user):
    """Looking for who may be meant costs one query for each; saving costs what a case costs, and no more."""
    source, seen = make_source(), []
    unlike = iter(
        ["Aba Bebe", "Cyca Dodo", "Efef Fyga", "Gogo Hihi", "Jana Kukla", "Lola Mumu", "Nino Opop", "Rara Susu"]
    )
    for people in (2, 6):
        names = [next(unlike) for _number in range(people)]
        with CaptureQueriesContext(connection) as queries:
            assert post_many(client, source, rows(*names, arrest__date="26.2.2014")).status_code == 302
        seen.append(len(queries))
    each = (seen[1] - seen[0]) / 4
    assert each <= 16, seen
    assert seen[0] - 2 * each <= 40, seen


def test_the_pages_cost_few_queries(client, user, django_assert_max_num_queries):
    source = make_source(captured_text=TEXT)
    for number in range(12):
        cite(make_arrest(make_case()), make_source(f"Source {number}"), created_by=user)
    client.get(address())
    for name, most in (("case-add-source", 9), ("case-add", 10), ("case-add-many", 10)):
        query = {} if name == "case-add-source" else {"source": source.reference}
        with django_assert_max_num_queries(most):
            client.get(address(name, **query))
