"""Ways in that a stranger would try at sources, passages, lists, rights and roles: hidden rows, changed texts, hostile values."""

import csv
import html
import io
import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError
from django.urls import reverse

from cases.captured import files
from cases.forms.desk import PassageEvidence, PersonFactForm
from cases.models import Arrest, Case, Citation, Detainee, PrisonerList, Role, Source, Violation
from cases.passages import Passage
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_detainee,
    make_intervention,
    make_list,
    make_listing,
    make_organisation,
    make_right,
    make_source,
    make_user,
    make_violation,
)
from tests.test_case_add import EMPTY

pytestmark = pytest.mark.django_db

TEXT = "Police arrested Hostina Openova on 3 March 2019.\nShe was charged under article 212."
WORDS = "Hostina Openova"
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;\u202eRTL{{7*7}}%(x)s"""
VALUES = ["9" * 30, "\u202e1e400٣//"]


@pytest.fixture
def researcher():
    return make_user(Role.RESEARCHER)


@pytest.fixture
def client(client, researcher):
    client.force_login(researcher)
    return client


@pytest.fixture
def case():
    return make_case("Hostina Openova")


@pytest.fixture
def source():
    return make_source("An open report", captured_text=TEXT)


def address(name, /, *args, **query):
    return f"{reverse(name, args=args)}?{urlencode(query)}" if query else reverse(name, args=args)


def of_passage(source, case, kind, words=WORDS, **query):
    start = TEXT.index(words)
    query |= {"start": start, "end": start + len(words), "case": case.reference, "kind": kind}
    return address("source-fact-add", source.reference, **query)


def rewrite(source, text):
    Source.objects.filter(pk=source.pk).update(captured_text=text)


# ------------------------------------------------------------------------------------------------ what is hidden


class Shared:
    """A list, an organisation, a right and a source that an open case uses, and hidden ones may use, too."""

    def __init__(self, source):
        self.list, self.organisation, self.right = make_list("A list"), make_organisation("A council"), make_right()
        self.source = source

    def use(self, case, *, confidential=False):
        violation = make_violation(case, self.right, "Zqviolation", alleged_by="Zqalleged", confidential=confidential)
        listing = make_listing(case, self.list, date="2018", confidential=confidential, grounds="Zqgrounds")
        intervention = make_intervention(case, "Zqcommittee", confidential=confidential)
        for number, record in enumerate([violation, listing, intervention]):
            start = 16 + number
            cite(record, self.source, quote=TEXT[start:31], range_start=start, range_end=31, said_by="Zqspeaker")
        if not confidential:
            cite(make_affiliation(case.detainee, self.organisation, role="Zqrole"), self.source)
            cite(case.detainee, self.source, cites=make_source("Zqbehind"))

    def addresses(self):
        yield from map(reverse, ["home", "list-list", "organisation-list", "right-list", "source-list", "numbers"])
        yield address("list-detail", self.list.pk)
        yield address("organisation-detail", self.organisation.pk)
        yield address("right-detail", self.right.pk)
        yield address("source-detail", self.source.reference)
        for name, key in (("list", self.list.pk), ("organisation", self.organisation.pk), ("right", self.right.code)):
            yield address("case-list", **{name: key})
        for name in ["listings", "violations", "citations", "sources"]:
            yield address("report-csv", name)
        yield address("case-list", missing="charge")
        yield address("case-list", unconfirmed=3)
        yield address("case-list", unsourced="yes")


def page(client, url):
    answer = client.get(url)
    assert answer.status_code in (200, 403), url
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(r'(name="csrfmiddlewaretoken" value=|name="draft" value=)"[^"]*"', "", content.decode())


@pytest.mark.parametrize("role", [Role.READER, Role.RESEARCHER])
def test_hidden_cases_and_confidential_records_change_no_page_number_or_file(client, source, case, role):
    shared = Shared(source)
    cite(make_arrest(case), source)
    make_listing(case, shared.list, date="2017")
    make_violation(case, shared.right)
    make_affiliation(case.detainee, shared.organisation)
    client.force_login(make_user(role))
    before = {url: page(client, url) for url in shared.addresses()}
    one, editor = address("list-detail", shared.list.pk), make_user(Role.EDITOR)
    for access in ["team", "named"]:
        shared.use(make_case("Zqperson", access=access, team=[make_user(Role.RESEARCHER)]))
    shared.use(case, confidential=True)
    for url, told in before.items():
        assert page(client, url) == told, url
    client.force_login(editor)
    assert "Zqgrounds" in page(client, one)


def test_what_is_hidden_cannot_be_picked_cited_or_tied_by_its_key(client, source, case):
    hidden, unknown = make_case("Zqperson", access="team"), make_source("Zqtitle", protected=True)
    arrest, elsewhere = make_arrest(case), make_arrest(hidden)
    secret = make_violation(case, confidential=True)
    box = {"evidence-kind": "news", "evidence-reliability": "unknown"}
    for name in ["source", "cites"]:
        picked = {
            f"evidence-{name}": "Zqtitle",
            f"evidence-{name}_choice": unknown.pk,
            f"evidence-{name}_for": "Zqtitle",
        }
        given = {"evidence-source": source.title} if name == "cites" else {}
        place = address("citation-add", case.reference, "arrests", arrest.pk)
        assert "This choice is not there" in client.post(place, box | given | picked).content.decode()
    for key in [f"arrests-{elsewhere.pk}", f"violations-{secret.pk}", "arrests-999999999"]:
        answer = client.post(of_passage(source, case, "record"), {"record": key, "evidence-words": WORDS})
        assert f"Select a valid choice. {key}" in answer.content.decode()
    for reference in [hidden.reference, "C-ZZZZZZ"]:
        hidden.reference = reference
        assert client.post(of_passage(source, hidden, "arrests"), {"evidence-words": WORDS}).status_code == 404
        assert client.get(address("case-add", source=source.reference, after=reference)).status_code == 404
    assert not Citation.objects.exists()


def test_the_desk_accepts_rejects_and_verifies_nothing_of_itself(client, source, case):
    rival = make_violation(case, standing="alternative")
    sent = {"what_happened": "x", "standing": "rejected", "stage": "verified", "event": rival.event_id, "case": "1"}
    client.post(of_passage(source, case, "violations"), sent | {"confidential": "on", "evidence-words": WORDS})
    added = Violation.objects.latest("pk")
    assert (added.case, added.standing, added.event.confidential) == (case, "accepted", False)
    assert added.event_id != rival.event_id
    assert Case.objects.get(pk=case.pk).stage == "draft"


# ------------------------------------------------------------------------------------------------ changed meanwhile


@pytest.mark.parametrize("name", ["case-add", "case-add-many"])
def test_a_new_case_is_never_tied_to_words_that_took_the_place_of_those_that_were_shown(client, source, name):
    place = address(name, source=source.reference, start=16, end=31)
    assert f'value="{WORDS}"' in client.get(place).content.decode()
    person = {"case-add": "person-person", "case-add-many": "people-0-person"}[name]
    sent = EMPTY | {person: "Ihor Vynadenyi", "evidence-words": WORDS}
    rewrite(source, f"Put before it: {TEXT}")
    client.post(place, sent)
    citation = Citation.objects.get()
    assert (citation.quote, citation.range_start, citation.range_end) == (WORDS, 31, 46)
    rewrite(source, "Short.")
    sent[person] = "Maria Druha"
    answer = client.post(place, sent)
    assert "these words are not in it any more" in answer.content.decode()
    assert Case.objects.count() == 1
    answer = client.post(place, sent | {"evidence-words": "", "evidence-quote": WORDS})  # as that page has them
    assert answer.status_code == 302
    citation = Citation.objects.latest("pk")
    assert (citation.quote, citation.range_start) == (WORDS, None)


def test_a_fact_sent_twice_is_written_once_and_none_without_its_words(client, source, case):
    place = of_passage(source, case, "arrests")
    token = re.search(r'name="evidence-page" value="(\w+)"', client.get(place).content.decode())[1]
    sent = {"date": "3 March 2019", "warrant_shown": "unknown", "evidence-words": WORDS, "evidence-page": token}
    first, second = client.post(place, sent), client.post(place, sent)
    assert first.url == second.url
    assert Arrest.objects.count() == 1
    answer = client.post(place, sent | {"evidence-words": "", "evidence-page": "other"})
    assert "not in it any more" in answer.content.decode()
    assert client.post(place, sent | {"evidence-page": "other"}).url != first.url  # another page of the same form
    assert Arrest.objects.count() == 2


def test_of_two_first_facts_about_a_person_the_later_overwrites_nothing(researcher, source, case):
    forms = []
    for born in ["1970", "1980"]:
        evidence = PassageEvidence({"evidence-words": WORDS}, user=researcher, source=source, passage=Passage(16, 31))
        person = Detainee.objects.get(pk=case.detainee_id)
        form = PersonFactForm({"born": born}, user=researcher, evidence=evidence, person=person, name="born")
        assert form.is_complete()
        forms.append(form)
    forms[0].save_all()
    with pytest.raises(IntegrityError):  # which the page says in words: look at it and save again
        forms[1].save_all()
    assert str(Detainee.objects.get(pk=case.detainee_id).born.text) == "1970"
    assert Citation.objects.count() == 1


def test_ten_people_with_something_wrong_in_line_seven_are_not_written_in_part(client, source):
    place = address("case-add-many", source=source.reference)
    names = ["Ada", "Berta", "Cilia", "Dora", "Emma", "Frida", "Gerda", "Hanna", "Ida", "Jana"]
    sent = EMPTY | {f"people-{number}-person": f"{name} {name}enko" for number, name in enumerate(names)}
    sent |= {f"people-{number}-sex": "unknown" for number in range(10)}
    answer = client.post(place, sent | {"people-6-born": "29 Feb 2015"})
    assert "29 February 2015 does not exist" in answer.content.decode()
    assert not Detainee.objects.exists()
    assert client.post(place, sent).url == client.post(place, sent).url
    assert Case.objects.count() == 10


def test_a_file_waits_for_others_only_so_long(monkeypatch):
    monkeypatch.setattr(files, "LONGEST_QUEUE", 0.05)
    with files.ONE_AT_A_TIME, pytest.raises(files.Unreadable, match="Other files are being read"):
        files.text_of(b"Some words", "a.txt")
    assert files.text_of(b"Some words", "a.txt").text == "Some words"


# ------------------------------------------------------------------------------------------------ hostile values


def test_no_value_in_an_address_is_an_error_of_ours(client, source, case):
    arrest, role = make_arrest(case), make_affiliation(case.detainee)
    pages = [
        (address("source-fact-add", source.reference), ["start", "end", "quote", "case", "kind", "field"]),
        (address("case-add"), ["source", "start", "end", "quote", "back", "after", "name"]),
        (address("case-add-many"), ["source", "start", "quote"]),
        (address("case-add-source"), ["q"]),
        (address("list-detail", make_list().pk), ["day", "page"]),
        (address("organisation-detail", role.organisation_id), ["page"]),
        (address("right-detail", make_right().pk), ["page"]),
        (address("citation-add", case.reference, "arrests", arrest.pk), ["field"]),
        (address("case-list"), ["list", "right", "organisation", "missing", "unconfirmed"]),
    ]
    for place, names in pages:
        for name in names:
            for value in VALUES:
                query = {"source": source.reference} if "/cases/add/" in place and name not in ("source", "q") else {}
                query |= {"start": "0", "end": "9"} if name in ("start", "end") else {}
                answer = client.get(place, query | {name: value})
                assert answer.status_code in (200, 302, 400, 404), (place, name, value)
                assert not answer.headers.get("Location", "").startswith("//")
    for name in ["list", "right", "organisation", "missing", "unconfirmed"]:
        assert client.get(reverse("case-list"), {name: HOSTILE}).status_code == 400


class Tags(HTMLParser):
    """Collects what a browser would run, or follow to a script."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        runs = any(name.startswith("on") or name == "style" for name in given)
        leads = any((given.get(name) or "").strip().lower().startswith("javascript") for name in ("href", "src"))
        if (
            runs
            or leads
            or given.get("src") == "x"
            or (tag == "script" and not given.get("src", "").startswith("/static/"))
        ):
            self.bad.append((tag, attrs))


def test_hostile_texts_are_shown_letter_by_letter_and_run_nothing(client, case):
    text = f"A & B &amp; C <b>bold</b> {HOSTILE}\n</mark></p><script>x</script>\n\u202eend"
    source = make_source(HOSTILE, captured_text=text, publisher=HOSTILE, author=HOSTILE)
    right, kept = (
        make_right("H-1", name=HOSTILE, treaty=HOSTILE),
        make_list(HOSTILE, keeper=HOSTILE, definition=HOSTILE),
    )
    organisation = make_organisation(HOSTILE)
    role = make_affiliation(case.detainee, organisation, role=HOSTILE)
    PrisonerList.objects.filter(pk=kept.pk).update(url="javascript:alert(1)")  # as raw SQL may
    records = [
        make_violation(case, right, HOSTILE, alleged_by=HOSTILE),
        make_intervention(case, HOSTILE, to_whom=HOSTILE, answer=HOSTILE),
        make_listing(case, kept, grounds=HOSTILE),
        make_charge(case),
    ]
    for start in range(0, len(text) - 5, 5):  # cuts through entities and tags
        place = {"quote": text[start : start + 5], "range_start": start, "range_end": start + 5}
        cite(
            records[start % 4],
            source,
            **(place if place["quote"].strip() else {}),
            said_by=HOSTILE,
            locator=HOSTILE[:90],
        )
    citation = cite(role, source, quote=HOSTILE, value_as_reported=HOSTILE)
    person = case.detainee.reference
    shown = [
        address("source-detail", source.reference),
        address("source-text", source.reference),
        address("source-fact-add", source.reference, start=3, end=60, case=case.reference, kind="violations"),
        address("source-fact-add", source.reference, quote="<script>nothing"),
        address("case-detail", case.reference),
        address("case-history", case.reference),
        address("person-detail", person),
        address("list-detail", kept.pk),
        address("list-list"),
        address("organisation-detail", organisation.pk),
        address("right-detail", right.pk),
        address("citation-detail", citation.pk),
        address("citation-edit", citation.pk),
        address("role-edit", person, role.pk),
        address("case-add", source=source.reference, start=3, end=60, name=HOSTILE),
        address("case-add", new_source=HOSTILE),
        address("case-add-many", source=source.reference, quote=HOSTILE),
        address("case-list", list=kept.pk),
        *(address("pick", kind, q="script") for kind in ["source", "list", "organisation", "right"]),
    ]
    for place in shown:
        answer, tags = client.get(place), Tags()
        assert answer.status_code == 200, place
        tags.feed(answer.content.decode())
        assert not tags.bad, place
    desk = client.get(shown[0]).content.decode()
    marked = re.search(r'(?s)<div[^>]* id="text"[^>]*>(.*?)</div>', desk)[1]
    lines = re.findall(r'(?s)<p dir="auto"[^>]*>(.*?)</p>', marked)
    assert [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in lines] == text.split("\n")


def test_no_cell_of_the_new_reports_is_a_formula(client, case):
    source = make_source("=cmd|'/c calc'!A1", publisher="@pub", author="+author")
    right = make_right("=F1", name="=1+1", treaty="@treaty", provision="-1")
    records = [
        make_violation(case, right, "=1+1", alleged_by="@said"),
        make_intervention(case, "=by", to_whom="+to", about="-about", answer="@answer"),
        make_listing(case, make_list("=list", keeper="+keeper"), grounds="\t=grounds"),
    ]
    for record in records:
        cite(record, source, quote="=quote", said_by="=said", locator="-there", value_as_reported="@value")
    cite(make_affiliation(make_detainee("=Name"), make_organisation("=org"), role="=role"), source)
    extra = {"columns": ["source_titles", "source_publishers"]}
    for name in ["violations", "interventions", "listings", "citations", "sources"]:
        for query in [{}, extra]:
            answer = client.get(reverse("report-csv", args=[name]), query)
            if answer.status_code == 400 and query:  # a report about sources has no columns of its sources
                continue
            told = b"".join(answer.streaming_content).decode("utf-8-sig")
            assert "=cmd" in told or name != "sources"
            cells = [cell for row in csv.reader(io.StringIO(told)) for cell in row]
            assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n")], name
