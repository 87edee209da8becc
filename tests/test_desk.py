"""The reading desk: passages and facts of a source, and new facts from words, whatever the address says."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.forms.wording import article_in, dates_in, penalties_of, told_by
from cases.models import Affiliation, Arrest, Charge, Citation, Sentence, Source, Term
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_lawyer,
    make_note,
    make_place,
    make_provision,
    make_representation,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db

TEXT = "Olena Koval was arrested on 12 March 2019.\r\n\r\nKoval, born on 3 May 1980, was seen on 12 March 2019 by Ivanna Dub."


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


@pytest.fixture
def source(researcher):
    return make_source("A report", captured_text=TEXT, created_by=researcher)


@pytest.fixture
def case(researcher):
    return make_case("Olena Koval", created_by=researcher)


def tied(record, source, words, **fields):
    start = source.captured_text.index(words)
    return cite(record, source, quote=words, range_start=start, range_end=start + len(words), **fields)


def address(source, words="", **query):
    add = f"/sources/{source.reference}/facts/add/"
    if words:
        start = source.captured_text.index(words)
        query = {"start": start, "end": start + len(words), **query}
    return add + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def errors(response):
    assert response.status_code == 200
    return response.context["form"].errors


class TestPage:
    def test_the_text_stands_there_letter_by_letter_with_the_place_of_each_paragraph(self, client, source):
        page = client.get(f"/sources/{source.reference}/").content.decode()
        assert '<p dir="auto" data-start="0">Olena Koval was arrested on 12 March 2019.</p>' in page
        assert f'data-start="{TEXT.index("Koval, born")}" class="gap">Koval, born' in page

    def test_passages_lead_to_records_and_facts_to_passages_also_where_they_overlap(self, client, source, case):
        arrest, charge = make_arrest(case), make_charge(case)
        whole = tied(arrest, source, "Olena Koval was arrested")
        part, same = tied(charge, source, "Koval was"), tied(charge, source, "Olena Koval was arrested")
        page = client.get(f"/sources/{source.reference}/").content.decode()
        for citation in (whole, part, same):
            assert page.count(f'id="passage-{citation.pk}"') == 1
            assert f'href="#passage-{citation.pk}"' in page
        for anchor in (f"arrests-{arrest.pk}", f"charges-{charge.pk}"):
            assert f'href="/cases/{case.reference}/#{anchor}"' in page

    def test_numbers_follow_the_text_and_of_two_that_begin_together_the_longer_comes_first(self, client, source, case):
        charge, arrest = make_charge(case), make_arrest(case)
        lost, short = tied(charge, source, "Koval,"), tied(charge, source, "Olena Koval")
        long, later = tied(arrest, source, "Olena Koval was arrested"), tied(arrest, source, "arrested on 12")
        Citation.objects.filter(pk=lost.pk).update(quote="words of an older text", range_start=None, range_end=None)
        page = client.get(f"/sources/{source.reference}/")
        [(_case, facts)] = page.context["groups"]
        assert [(fact.citation, fact.number) for fact in facts] == [(long, 1), (short, 2), (later, 3), (lost, 0)]
        numbers = re.findall(r'data-number="(\d)"', page.content.decode())
        assert numbers == ["1", "2", "3"]

    def test_words_that_are_gone_are_flagged_and_those_that_moved_are_found(self, client, source, case):
        tied(make_arrest(case), source, "was arrested")
        tied(make_note(case), source, "by Ivanna Dub")
        Source.objects.filter(pk=source.pk).update(captured_text="News: she was  arrested.")
        page = client.get(f"/sources/{source.reference}/").content.decode()
        assert "was  arrested</a></mark>" in page
        assert page.count("these words are not in the text any more") == 1
        assert "by Ivanna Dub" in page

    def test_only_what_the_user_may_see_is_told(self, client, source):
        hidden = make_case("Hidden Person", access="named")
        tied(make_arrest(hidden), source, "Olena Koval")
        tied(make_note(make_case("Open Person"), confidential=True), source, "born on 3 May")
        protected = make_source("Letter of the mother", protected=True)
        tied(make_arrest(make_case("Seen Person")), source, "12 March 2019", cites=protected)
        page = client.get(f"/sources/{source.reference}/").content.decode()
        assert "Seen Person" in page
        assert "a protected source" in page
        for words in ("Hidden Person", hidden.reference, "Open Person", "mother"):
            assert words not in page

    def test_the_standing_of_each_fact_is_told(self, client, source, case):
        for standing in ("accepted", "alternative", "rejected"):
            tied(make_arrest(case, standing=standing), source, "was arrested")
        page = client.get(f"/sources/{source.reference}/").content.decode()
        for words in ("accepted", "set aside", "rejected"):
            assert f">{words}</span>" in page

    def test_readers_read_and_have_no_form(self, client, source, case):
        tied(make_arrest(case), source, "was arrested")
        client.force_login(make_user("Reader"))
        page = client.get(f"/sources/{source.reference}/").content.decode()
        assert "was arrested</a></mark>" in page
        assert 'id="add"' not in page
        assert client.get(address(source)).status_code == 403

    def test_hundreds_of_passages_and_a_long_text_cost_no_more_queries_than_three(self, client, source, case):
        def page():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/sources/{source.reference}/").status_code == 200
            return len(queries)

        records = [make_arrest(case), make_charge(case), make_representation(case, make_lawyer("Ivanna Dub"))]
        for record in records:
            tied(record, source, "was arrested")
        page()
        few = page()
        Source.objects.filter(pk=source.pk).update(captured_text=TEXT + "\nMore words that nobody cites." * 60_000)
        rows = [
            Citation(source=source, arrest=records[0], case=case, quote="Koval", range_start=6, range_end=11 + n)
            for n in range(250)
        ]
        Citation.objects.bulk_create(rows)
        for number in range(8):
            tied(make_representation(make_case(), make_lawyer(f"Lawyer {number}")), source, "by Ivanna Dub")
        assert page() == few


class TestWords:
    def test_words_that_stand_once_open_the_form_at_their_place(self, client, source, case):
        answer = client.post(
            address(source), {"begin": 1, "quote": "was  arrested", "other": case.reference, "kind": "arrests"}
        )
        start = TEXT.index("was arrested")
        assert answer.url == address(source, start=start, end=start + 12, case=case.reference, kind="arrests")

    def test_words_that_stand_twice_are_asked_about(self, client, source, case):
        answer = client.get(address(source, quote="12 March 2019", case=case.reference, kind="arrests"))
        page = answer.content.decode()
        assert len(list(answer.context["occurrences"])) == 0  # the page has told them
        for start in (TEXT.index("12 March"), TEXT.rindex("12 March")):
            assert f"start={start}&amp;end={start + 13}&amp;case={case.reference}" in page

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"quote": "nobody wrote this"}, "quote"),
            ({"quote": ""}, "quote"),
            ({"quote": "x" * 30_000}, "quote"),
            ({"quote": "was arrested", "start": "x", "end": "y"}, "start"),
            ({"start": "5", "end": "9999999"}, "quote"),
            ({"start": "9", "end": "2"}, "quote"),
            ({"quote": "was arrested", "case": "C-ZZZZZZ"}, "case"),
            ({"quote": "was arrested", "other": "nobody of this name"}, "other"),
            ({"quote": "was arrested", "kind": "nonsense"}, "kind"),
            ({"quote": "was arrested", "case": ""}, "other"),
        ],
    )
    def test_what_can_not_be_gone_on_with_comes_back_with_why(self, client, source, sent, field):
        response = client.post(address(source), {"begin": 1, "kind": "arrests", **sent})
        assert field in errors(response)
        if sent.get("quote"):
            assert sent["quote"] in response.content.decode()

    @pytest.mark.parametrize(
        "query",
        ["start=5&end=99999", "start=9&end=9", "start=9&end=3", "start=-1&end=3", "start=a&end=b", "start=5", "start=42&end=44",
         "start=0&end=5&nonsense=1", "start=0&end=5&kind=nonsense", "kind=nonsense", "start=1e3&end=2e3",
         "start=0&end=5&kind=person&field=consent"],
    )  # fmt: skip
    def test_an_address_that_names_no_passage_is_a_bad_request(self, client, source, case, query):
        kind = "" if "kind" in query else "&kind=arrests"
        assert client.get(f"{address(source)}?{query}&case={case.reference}{kind}").status_code == 400

    def test_cases_that_are_hidden_are_missing(self, client, source):
        hidden = make_case("Hidden Person", access="named")
        for reference in (hidden.reference, "C-ZZZZZZ"):
            answer = client.get(address(source, "was arrested", case=reference, kind="arrests"))
            assert answer.status_code == 404
        response = client.post(
            address(source), {"begin": 1, "quote": "was arrested", "other": "Hidden Person", "kind": "arrests"}
        )
        assert "other" in errors(response)

    def test_a_new_person_is_called_as_the_words_say(self, client, source):
        answer = client.post(address(source), {"begin": 1, "quote": "Ivanna Dub", "kind": "new"})
        start = TEXT.index("Ivanna")
        assert answer.url == (
            f"/cases/add/?source={source.reference}&start={start}&end={start + 10}&name=Ivanna+Dub&back=desk"
        )


class TestForms:
    def test_a_fact_is_saved_with_its_words_and_leads_back_to_them(self, client, researcher, source, case):
        place = address(source, "was arrested on 12 March 2019", case=case.reference, kind="arrests")
        form = client.get(place).context["form"]
        assert str(form.initial["date"].text) == "2019-03-12"
        words = form.evidence.quote
        answer = client.post(
            place,
            {
                "date": "12 March 2019",
                "warrant_shown": "unknown",
                "evidence-words": words,
                "evidence-said_by": "neighbours",
            },
        )
        citation = Arrest.objects.get().citations.get()
        assert answer.url == f"/sources/{source.reference}/#passage-{citation.pk}"
        assert (citation.quote, citation.said_by, citation.created_by) == (words, "neighbours", researcher)
        assert TEXT[citation.range_start : citation.range_end] == words

    def test_words_that_moved_while_the_form_was_open_are_found_and_those_that_went_are_said(
        self, client, source, case
    ):
        place = address(source, "was arrested on 12 March 2019", case=case.reference, kind="arrests")
        sent = {"date": "", "warrant_shown": "unknown", "evidence-words": "was arrested on 12 March 2019"}
        Source.objects.filter(pk=source.pk).update(captured_text="She was arrested on 12 March 2019.")
        client.post(place, sent)
        assert (Citation.objects.get().range_start, Citation.objects.get().range_end) == (4, 33)
        Source.objects.filter(pk=source.pk).update(captured_text="Nothing.")
        answer = client.post(place, sent | {"evidence-page": "another"})
        assert "not in it any more" in answer.content.decode()
        assert Citation.objects.count() == 1

    def test_a_passage_supports_a_record_that_is_there_or_a_field_of_it(self, client, source, case):
        arrest = make_arrest(case, standing="alternative")
        make_arrest(make_case("Somebody Else"), authority="Elsewhere")
        place = address(source, "12 March 2019", case=case.reference, kind="record")
        assert "Elsewhere" not in client.get(place).content.decode()
        sent = {"record": f"arrests-{arrest.pk}", "evidence-words": "12 March 2019"}
        assert "field" in errors(client.post(place, sent | {"field": "charges-provision"}))
        assert "record" in errors(client.post(place, sent | {"record": "arrests-0"}))
        assert client.post(place, sent | {"field": "arrests-date"}).status_code == 302
        assert arrest.citations.get().field == "date"

    def test_a_fact_of_the_person_is_set_once_and_then_only_cited(self, client, source, case):
        place = address(source, "born on 3 May 1980", case=case.reference, kind="person")
        assert client.get(place).context["form"].initial["born"].text == "1980-05-03"
        client.post(place, {"born": "3 May 1980", "evidence-words": "born on 3 May 1980"})
        case.detainee.refresh_from_db()
        assert case.detainee.born.text == "1980-05-03"
        client.post(
            place, {"born": "1999", "evidence-words": "born on 3 May 1980", "evidence-value_as_reported": "3 May"}
        )
        case.detainee.refresh_from_db()
        assert case.detainee.born.text == "1980-05-03"
        assert [one.field for one in case.detainee.citations.all()] == ["born", "born"]
        assert errors(client.post(place + "&field=sex", {"sex": "unknown"}))["sex"]
        Term.objects.create(kind="tag", slug="a-tag", name="A tag of cases")
        assert "A tag of cases" not in client.get(place + "&field=occupation").content.decode()

    def test_a_role_of_the_person_is_cited_too(self, client, source, case):
        place = address(source, "Ivanna Dub", case=case.reference, kind="affiliations")
        assert client.get(place).status_code == 200
        sent = {"organisation": "Ivanna Dub", "organisation_for": "Ivanna Dub", "organisation_choice": "new"}
        assert client.post(place, sent | {"evidence-words": "Ivanna Dub"}).status_code == 302
        assert Affiliation.objects.get().citations.get().quote == "Ivanna Dub"

    def test_looking_for_a_court_saves_nothing(self, client, source, case):
        make_court("District court")
        place = address(source, "12 March 2019", case=case.reference, kind="sentences")
        page = client.post(
            place, {"find": "court", "court": "district", "evidence-words": "12 March 2019"}
        ).content.decode()
        assert "District court" in page
        assert not Sentence.objects.exists()

    @pytest.mark.parametrize("kind", ["arrests", "detentions", "restrictions", "charges", "hearings", "sentences", "releases",
                                      "lawyers", "violations", "interventions", "listings", "notes", "record", "person"])  # fmt: skip
    def test_each_kind_has_its_form_also_for_nonsense(self, client, source, case, kind):
        place = address(source, "12 March 2019", case=case.reference, kind=kind)
        assert client.get(place).status_code == 200
        assert client.post(
            place, {"evidence-words": "12 March 2019", "date": "nonsense", "penalties-TOTAL_FORMS": "x"}
        ).status_code in (200, 302)


class TestWording:
    @pytest.mark.parametrize(
        ("words", "dates"),
        [
            ("arrested on 12 March 2019 at home", [("2019-03-12", False)]),
            ("remand extended until 8 July 2019 on 10 May 2019", [("2019-07-08", True), ("2019-05-10", False)]),
            ("у березні 2019 року", [("2019-03", False)]),
            ("Article 2014 and 20 people", []),
            ("on 12 March", []),
        ],
    )
    def test_dates_are_found_among_words(self, words, dates):
        assert [(date.text, until) for date, _words, until in dates_in(words)] == dates

    @pytest.mark.parametrize(
        ("words", "article"),
        [
            ("under Article 212 part 1 of the code", "212 part 1"),
            ("part 2 of Article 280.1", "280.1 part 2"),
            ("за ч. 1 ст. 212 КК", "212 part 1"),
            ("Articles 212 and article 280", ""),
            ("212 people", ""),
        ],
    )
    def test_one_article_is_certain(self, words, article):
        assert article_in(words) == article

    def test_names_that_are_known_are_chosen_the_longest_first_and_nothing_where_two_can_be_meant(self):
        user = make_user()
        make_place("Vyhadiv")
        longer = make_place("Remand prison of Vyhadiv")
        told = told_by("detentions", "taken to the remand prison of Vyhadiv", user)
        assert (told["place"].choice, told["kind"]) == (str(longer.pk), "remand")
        make_place("Remand prison of Vyhadiv", locality="elsewhere")
        told = told_by("detentions", "taken to the remand prison of Vyhadiv", user)
        assert "place" not in told or not told["place"].choice

    def test_a_lawyer_is_not_the_person_who_is_defended(self):
        lawyer = make_lawyer("Ivanna Dub")
        told = told_by("lawyers", "Olena Koval is defended by Ivanna Dub", make_user(), but=["Olena Koval"])
        assert told["lawyer"].choice == str(lawyer.pk)
        told = told_by("lawyers", "Olena Koval is defended by Taras Nemo", make_user(), but=["Olena Koval"])
        assert (told["lawyer"].text, told["lawyer"].choice) == ("Taras Nemo", "new")

    def test_an_article_that_is_recorded_is_chosen(self):
        provision = make_provision("212", "1")
        assert told_by("charges", "charged under Article 212 part 1", make_user())["provision"].choice == str(
            provision.pk
        )
        assert not Charge.objects.exists()

    def test_years_are_a_penalty_only_of_prison(self):
        assert penalties_of("sentenced to four years and 6 months in prison").initial[0] | {"kind": ""} == {
            "kind": "", "years": 4, "months": 6,
        }  # fmt: skip
        assert penalties_of("after four years of waiting") is None
