"""A protected source and what it says: for its keepers and editors alone, at every address there is (design 7).

The walk takes its addresses from the resolver: one that it does not know how to fill in fails it.
"""

import re
import zipfile
from io import BytesIO

import pghistory
import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLResolver, get_resolver

from cases.dossier import KINDS
from cases.forms.kinds import RECORD_FORMS
from cases.forms.matches import THINGS
from cases.models import Citation, Role
from cases.models.changes import tracked_models
from cases.reports import REPORTS
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_listing,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_restriction,
    make_right,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)
from tests.pages import text

pytestmark = pytest.mark.django_db

IDENTITY = {
    "title": "Zqtitle of a letter", "publisher": "Zqpublisher", "author": "Zqauthor", "url": "https://zqurl.example/1",
    "archived_url": "https://zqarchived.example/1", "captured_text": "A text with zqcaptured words",
}  # fmt: skip
SAID = {"quote": "zqquote", "said_by": "Zqspeaker", "locator": "zqlocator", "value_as_reported": "zqvalue"}
# Each stands in one place only; what is asked for in an address below is never the whole of one.
SECRETS = [
    "zqtitle", "zqpublisher", "zqauthor", "zqurl", "zqarchived", "zqcaptured", "zqquote", "zqspeaker", "zqlocator",
    "zqvalue", "zqformer", "zqgone", "zqreason", "zqbehind", "zqnamed",
]  # fmt: skip
ASKED = ["zqtitl", "zqpublishe", "zqspeake", "zqur"]
PUBLIC = {"set-language", "favicon.ico"}
FORM = re.compile(
    "/(add|edit|delete|accept|reject|join|take|take-back|restore|undo|many|text|source)/|^/reports/.*(csv|xlsx)$"
)


class Story:
    """A case of which everything rests on one protected source, beside an open one that cites it; and what became of these."""

    def __init__(self):
        self.member = make_user(Role.RESEARCHER)
        self.keeper = make_user(Role.RESEARCHER)
        self.case = make_case("Somebody Invented", team=[self.member, self.keeper])
        self.person, court = self.case.detainee, make_court(place=make_place())
        make_photo(self.person)
        charge = make_charge(self.case)
        self.records = {
            "arrests": make_arrest(self.case, place=court.place),
            "detentions": make_detention(self.case, place=court.place),
            "restrictions": make_restriction(self.case, ended="2016-06"),
            "charges": charge,
            "hearings": make_hearing(self.case, court=court),
            "sentences": make_sentence(self.case, court=court, years=8, findings=[(charge, "convicted")]),
            "releases": make_release(self.case),
            "lawyers": make_representation(self.case, make_lawyer()),
            "violations": make_violation(self.case, "ICCPR-9.1"),
            "interventions": make_intervention(self.case),
            "listings": make_listing(self.case),
            "notes": make_note(self.case),
        }
        assert self.records.keys() == KINDS.keys()
        self.role = make_affiliation(self.person)
        self.source = make_source(**IDENTITY, protected=True)
        self.source.source_keepers.create(user=self.keeper)
        self.proceeding = make_proceeding(cases=[self.case])
        self.cite_all()
        self.keys = {
            "people": [{"reference": self.person.reference, "key": self.person.reference, "pk": self.role.pk}],
            "lawyers": [self.by_reference(self.records["lawyers"].lawyer)],
            "proceedings": [self.by_reference(self.proceeding)],
            "sources": [self.by_reference(source) for source in (self.source, self.open)],
            "places": [{"pk": court.place.pk, "key": court.place.pk}],
            "courts": [{"pk": court.pk, "key": court.pk}],
            "provisions": [{"pk": charge.provision_id, "key": charge.provision_id}],
            "rights": [{"pk": make_right().pk, "key": make_right().pk}],
            "lists": [{"pk": self.records["listings"].list_id, "key": self.records["listings"].list_id}],
            "organisations": [{"pk": self.role.organisation_id, "key": self.role.organisation_id}],
            "citations": [{"pk": pk} for pk in Citation.objects.order_by("-pk").values_list("pk", flat=True)[:3]],
            "pick": [{"kind": kind} for kind in THINGS],
            "numbers": [{"name": name} for name in ("held", "place", "arrests_by_month")],
            "reports": [{"name": name} for name in REPORTS],
            "cases": [
                {"reference": self.case.reference, "kind": kind, "pk": record.pk}
                for kind, record in self.records.items()
            ],
            "changes": [
                {"kind": model._meta.model_name, "pk": pk}
                for model in tracked_models()
                if model._meta.model_name in ("citation", "source", "sourcekeeper", "case")
                for pk in model.pgh_event_model.objects.order_by("-pgh_id").values_list("pgh_id", flat=True)[:4]
            ],
        }

    @staticmethod
    def by_reference(thing):
        return {"reference": thing.reference, "key": thing.reference}

    def cite_all(self):
        """Cite the source everywhere, twice for an arrest; it had another title, and a citation other words; one is gone."""
        for record in [*self.records.values(), self.person, self.role]:
            cite(record, self.source, **SAID)
        behind = make_source("Zqbehind, which it cites", created_by=self.keeper, protected=True)
        changed = cite(self.records["arrests"], self.source, field="date", cites=behind, said_by="Zqformer speaker")
        gone = cite(self.records["notes"], self.source, quote="zqgone")
        self.open = make_source("An open report", publisher="Daily", captured_text="He was taken from the street.")
        cite(self.records["arrests"], self.open, cites=self.source, said_by="zqnamed", quote="from the street")
        with pghistory.context(reason="zqreason"):
            Citation.objects.filter(pk=changed.pk).update(said_by="Zqspeaker")
            type(self.source).objects.filter(pk=self.source.pk).update(author="Zqformer author")
            gone.delete()
        type(self.source).objects.filter(pk=self.source.pk).update(author="Zqauthor")
        type(self.case).objects.filter(pk=self.case.pk).update(last_confirmed_source=self.source.pk)

    def addresses(self):
        """Return every address of the tracker's own, filled in: forms of each kind of record, everything else once."""
        for name, route in routes(get_resolver().url_patterns):
            if name in PUBLIC or name.startswith(("mfa_", "account_l", "account_i", "account_r", "account_c")):
                continue
            names = re.findall(r"<\w+:(\w+)>", route)
            first = route.partition("/")[0]
            filled = self.keys[first] if names else [{}]
            if first == "cases" and name not in ("record-edit", "record-delete"):
                filled = filled[:1]
            for values in filled:
                yield "/" + re.sub(r"<\w+:(\w+)>", lambda match, values=values: str(values[match[1]]), route)

    def queries(self):
        moment = self.case.history.first().pgh_created_at.isoformat().replace("+00:00", "Z")
        one = f"/cases/{self.case.reference}"
        yield from [f"{one}/as-known/?at={moment}", f"{one}/compare/?one={moment}", f"{one}/?view=kinds"]
        yield f"{one}/changed/?since=2001-01-01T00:00:00Z"
        for word in ASKED:
            yield from [f"/sources/?q={word}", f"/pick/source/?q={word}", f"/cases/?q={word}", f"/people/?q={word}"]
        for name, report in REPORTS.items():  # what has to be asked for by name, too
            columns = ",".join(column.name for column in report.columns_for(self.member))
            yield from [f"/reports/{name}.csv?columns={columns}", f"/reports/{name}/?columns={columns}"]
        for source in (self.source, self.open):
            yield f"/cases/add/?source={source.reference}"
            yield f"/cases/add/many/?source={source.reference}"


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from routes(pattern.url_patterns, route)
        else:
            yield pattern.name or route, route


def said_by(response):
    """Return all that an answer says, in small letters; of a workbook the sheets."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:4] == b"PK\x03\x04":
        book = zipfile.ZipFile(BytesIO(content))
        content = b" ".join(book.read(name) for name in book.namelist())
    return content.decode("utf-8", "replace").lower()


def found_in(client, story, addresses):
    """Return which secrets stand at which addresses."""
    found = []
    for address in addresses:
        response = client.get(address)
        assert response.status_code < 500, address
        words = said_by(response).replace(address.lower(), "")
        own = [story.source.reference.lower()] if story.source.reference not in address else []
        found += [(secret, address) for secret in [*SECRETS, *own] if secret in words]
    return found


@pytest.fixture
def story(db):
    return Story()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("who", ["reader", "member of the case's team"])
def test_no_address_says_anything_of_a_protected_source_to_those_who_do_not_keep_it(story, who):
    user, addresses = story.member, [*story.addresses(), *story.queries()]
    if who == "reader":  # for whom the forms are the same 403
        user, addresses = make_user(Role.READER), [one for one in addresses if not FORM.search(one)]
    assert found_in(client_of(user), story, addresses) == []


@pytest.mark.parametrize("who", ["keeper", "editor"])
def test_its_keepers_and_editors_see_what_it_says(story, who):
    client = client_of(story.keeper if who == "keeper" else make_user(Role.EDITOR))
    seen = {secret for secret, _address in found_in(client, story, [
        f"/cases/{story.case.reference}/", f"/cases/{story.case.reference}/history/", f"/sources/{story.source.reference}/",
        "/reports/citations.csv", "/reports/sources.xlsx", f"/sources/{story.source.reference}/history/",
    ])}  # fmt: skip
    hidden_from_keepers = {"zqbehind"} if who == "editor" else set()
    assert {"zqtitle", "zqpublisher", "zqauthor", "zqurl", "zqcaptured", "zqquote", "zqspeaker", "zqlocator"} <= seen
    assert {"zqformer", "zqnamed"} <= seen and hidden_from_keepers <= seen


def test_forms_that_come_back_say_nothing_of_it(story):
    client = client_of(story.member)
    arrest = story.records["arrests"]
    address = f"/cases/{story.case.reference}/arrests/{arrest.pk}"
    names = [("title", IDENTITY["title"]), ("url", IDENTITY["url"])]
    for _field, typed in names:
        for form, more in [(f"{address}/citations/add/", {}), (f"{address}/edit/", {"date": "2015-01-29"})]:
            words = said_by(client.post(form, {"evidence-source": typed, "find": "evidence-source", **more}))
            left = [secret for secret in SECRETS if secret in words and secret not in typed.lower()]
            assert left == [] and story.source.reference.lower() not in words
    chosen = {
        "evidence-source": "a letter",
        "evidence-source_for": "a letter",
        "evidence-source_choice": story.source.pk,
    }
    response = client.post(f"{address}/citations/add/", chosen)
    assert response.status_code == 200 and "This choice is not there" in text(response)
    assert not [secret for secret in SECRETS if secret in said_by(response)]
    assert not Citation.objects.filter(created_by=story.member).exists()


def test_how_often_it_is_cited_is_told_nowhere(story):
    client = client_of(story.member)
    arrest = story.records["arrests"]
    of_case, of_arrest = f"/cases/{story.case.reference}/", f"/cases/{story.case.reference}/arrests/{arrest.pk}"
    pages = [
        of_case,
        f"{of_case}history/",
        f"{of_arrest}/edit/",
        f"{of_arrest}/delete/",
        f"/people/{story.person.reference}/",
    ]
    before = [without_moments(client.get(page)) for page in pages]
    for record in (arrest, story.person):
        cite(record, story.source, **SAID)
    assert [without_moments(client.get(page)) for page in pages] == before


def without_moments(response):
    return re.sub(r"\d\d:\d\d|since=\S+", "", text(response))


def test_a_citation_of_it_answers_like_a_missing_one_and_its_changes_do_not_count(story):
    client = client_of(story.member)
    hidden = Citation.objects.filter(source=story.source)
    for page in ("", "edit/", "delete/"):
        for citation in hidden[:2]:
            assert client.get(f"/citations/{citation.pk}/{page}").status_code == 404
    told = apps.get_model("cases", "Citation").pgh_event_model.objects.visible_to(story.member)
    told = told.filter(source=story.source.pk)
    assert told.count() == len(RECORD_FORMS) + 2, "one for each record, the person and the role"
    assert story.case.reference in text(client.get("/changes/"))
