"""Sources in reports: columns that every report can add, told as each reader may know the sources."""

import random
from itertools import pairwise

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from cases.models import Citation, Reliability, Role
from cases.models.accounts import BY_WEIGHT
from cases.models.evidence import OF_CASE, origins
from cases.reports import REPORTS
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_listing,
    make_note,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)
from tests.test_reports import expect, report, text_of

COLUMNS = [
    *("sources", "source_references", "source_titles", "source_publishers", "source_urls"),
    *("source_reliability", "source_reliability_label", "source_origins"),
]
EXTRA = {"source_publishers", "source_reliability", "source_reliability_label", "source_origins"}
WITHOUT = {"sources", "citations"}  # which are about them
MAKERS = {
    "arrests": make_arrest, "detentions": make_detention, "restrictions": make_restriction, "charges": make_charge,
    "hearings": make_hearing, "sentences": make_sentence, "releases": make_release, "lawyers": make_representation,
    "violations": make_violation, "interventions": make_intervention, "listings": make_listing,
}  # fmt: skip


def columns_of(client, name, **query):
    return report(client, name, columns=",".join(COLUMNS), **query)


class Columns(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader, cls.editor = make_user(Role.READER), make_user(Role.EDITOR)

    def setUp(self):
        self.client.force_login(self.reader)

    def test_every_report_of_cases_people_and_records_offers_them(self):
        for name, one in REPORTS.items():
            names = [column.name for column in one.columns]
            assert (set(COLUMNS) <= set(names)) == (name not in WITHOUT), name
        assert {name for name in REPORTS if name not in WITHOUT} == {"cases", "people", "affiliations", *MAKERS}

    def test_three_reports_of_what_one_man_said_have_one_origin_in_every_report(self):
        person = make_detainee("Nadia")
        case = make_case(person)
        paper = make_source("B paper", publisher="Post", url="https://b.example", reliability="likely")
        wire = make_source("A wire", publisher="Agency", reliability="highly")
        blog = make_source("Blog", url="https://c.example")
        things = {name: make(case) for name, make in MAKERS.items()}
        things |= {"people": person, "affiliations": make_affiliation(person)}
        for thing in things.values():
            cite(thing, paper, said_by="The  Lawyer", cites=wire)
            cite(thing, wire, said_by="the lawyer")
            cite(thing, blog, said_by="The lawyer ")
        references = sorted([paper, wire, blog], key=lambda source: source.reference)
        for name in [*things, "cases"]:
            (row,) = columns_of(self.client, name)
            expect(
                row,
                sources="3", source_origins="1", source_reliability="highly", source_reliability_label="highly reliable",
                source_references=[source.reference for source in references],
                source_titles=[source.title for source in references],
                source_publishers=[source.publisher for source in references if source.publisher],
                source_urls=[source.url for source in references if source.url],
            )  # fmt: skip

    def test_without_sources_the_cells_say_so(self):
        make_arrest()
        (row,) = columns_of(self.client, "arrests")
        expect(row, sources="0", source_titles=[], source_reliability="", source_origins="0")

    def test_a_case_has_the_sources_of_what_counts_for_everybody(self):
        case = make_case(team=[self.reader])
        cite(make_arrest(case), make_source("Open"))
        cite(make_note(case, confidential=True), make_source("Confidential"))
        cite(make_charge(case, standing="rejected"), make_source("Rejected"))
        cite(case.detainee, make_source("Of the person"))
        (row,) = columns_of(self.client, "cases")
        expect(row, sources="1", source_titles=["Open"], source_origins="1")

    def test_protected_sources_are_counted_once_and_nothing_of_them_is_told(self):
        arrest = make_arrest()
        cite(arrest, make_source("Open paper", reliability="unlikely"))
        for number in range(3):
            secret = make_source(
                f"Secret {number}",
                protected=True,
                publisher="Secretpress",
                url="https://secret.example",
                reliability="highly",
            )
            cite(arrest, secret, said_by=f"Secretspeaker {number}")
        for name in ("arrests", "cases"):
            (row,) = columns_of(self.client, name)
            expect(row, sources="2", source_titles=["Open paper"], source_reliability="unlikely", source_origins="1")
        every = ",".join(column.name for column in REPORTS["arrests"].columns if column.rank == 1)
        assert "ecret" not in text_of(self.client, "arrests", columns=every)
        secret.source_keepers.create(user=self.reader)
        (row,) = columns_of(self.client, "arrests")
        expect(row, sources="3", source_reliability="highly", source_origins="2")
        self.client.force_login(self.editor)
        (row,) = columns_of(self.client, "arrests")
        expect(row, sources="4", source_origins="4")

    def test_what_takes_long_is_in_a_file_only_if_asked_for_and_the_chooser_offers_it(self):
        make_arrest()
        for name in ("cases", "arrests"):
            plain = text_of(self.client, name).partition("\n")[0].split(",")
            assert not EXTRA & set(plain)
            assert ("source_titles" in plain) == (name == "arrests")
            page = self.client.get(f"/reports/{name}/").content.decode()
            assert all(f'value="{column}"' in page for column in EXTRA)
            assert "Origins of the sources" in page

    def test_the_sql_counts_origins_as_python_does_for_random_citations(self):
        chance = random.Random(5)
        sources = [make_source() for _n in range(5)]
        arrests = [make_arrest(make_case(f"Person {n:02}")) for n in range(40)]
        speakers = ["", "", "The lawyer", " the  LAWYER ", "Ｔｈｅ lawyer", "Микола", "МИКОЛА", "İlmi"]
        for arrest in arrests:
            for _n in range(chance.randint(0, 5)):
                cites = chance.choice([None, *sources])
                cite(arrest, chance.choice(sources), cites=cites, said_by=chance.choice(speakers))
        rows = report(self.client, "arrests", columns="id,source_origins")
        told = {int(row["id"]): int(row["source_origins"]) for row in rows}
        for arrest in arrests:
            cited = list(Citation.objects.filter(arrest=arrest))
            assert told[arrest.pk] == origins(cited), [(c.said_by, c.source_id, c.cites_id) for c in cited]
        of_cases = report(self.client, "cases", columns="name,source_origins")
        assert sorted(int(row["source_origins"]) for row in of_cases) == sorted(told.values())

    def test_the_best_reliability_is_by_weight(self):
        for one in BY_WEIGHT:
            assert one in Reliability
        for worse, better in pairwise(BY_WEIGHT):
            arrest = make_arrest()
            cite(arrest, make_source(reliability=better))
            cite(arrest, make_source(reliability=worse))
            (row,) = [row for row in report(self.client, "arrests", columns="id,source_reliability") if row["id"] == str(arrest.pk)]  # fmt: skip
            assert row["source_reliability"] == better

    def test_forty_rows_cost_the_same_queries_as_two(self):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                columns_of(self.client, "cases")
                columns_of(self.client, "arrests")
            return len(queries)

        cite(make_arrest())
        cost()
        few = cost()
        for _n in range(38):
            cite(make_arrest())
        assert cost() == few


class Citations(TestCase):
    """The report of citations has the whole chain."""

    def test_every_kind_of_record_is_there_with_its_words_and_where_they_stand(self):
        self.client.force_login(make_user(Role.READER))
        person = make_detainee("Nadia")
        case = make_case(person)
        source, wire = make_source("Paper", captured_text="It says so."), make_source("Wire")
        things = [*(make(case) for make in MAKERS.values()), make_note(case), person, make_affiliation(person)]
        for thing in things:
            cite(
                thing, source, cites=wire, said_by="The lawyer", quote="says", locator="p. 3", value_as_reported="in May",
                field="date", range_start=3, range_end=7,
            )  # fmt: skip
        rows = report(self.client, "citations")
        assert {row["record_kind"] for row in rows} == {"detainee", "affiliation", *OF_CASE}
        assert len(rows) == len(things)
        for row, thing in zip(rows, things, strict=True):
            assert row["record_kind"] == thing._meta.model_name
            assert row["record"] == ("" if thing is person else str(thing.pk))
            expect(
                row, quote="says", locator="p. 3", value_as_reported="in May", field="date", range_start="3", range_end="7",
                source=source.reference, cites=wire.reference, said_by="The lawyer",
            )  # fmt: skip
