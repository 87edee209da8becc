"""manage.py benchmark: what it writes, what it leaves behind, and that its bulk fill is what the triggers would have written."""

import json
import os
import subprocess
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg.conninfo import make_conninfo

from cases.benchmark import figures, questions
from cases.benchmark.scratch import ScratchError, place
from cases.benchmark.serving import Timing
from cases.filters import CaseFilter

CASES = 60
KEPT = f"kept_{os.getpid()}"  # workers of pytest run side by side
TABLES = "SELECT oid, relname, relfilenode FROM pg_class ORDER BY oid"
PAGES = {"list page", "last page", "filter", "another day", "name search", "case page"}
QUICKLY = ("--cases", str(CASES), "--runs", "2", "--exports", "2", "--design-only")


def benchmark(project, python, *arguments, **environ):
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [python, project / "manage.py", "benchmark", *arguments],
        env=own | {name: str(value) for name, value in environ.items()},
        capture_output=True,
        text=True,
        check=False,
    )


def asked(address, query, **values):
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def databases(address):
    return {name for (name,) in asked(address, "SELECT datname FROM pg_database")}


def assert_is_whole(path):
    found = json.loads(path.read_text())
    for name in PAGES:
        assert set(found[name]) == {"p50_ms", "p95_ms", "queries"}
        assert 0 < found[name]["p50_ms"] <= found[name]["p95_ms"]
        assert 3 < found[name]["queries"] < 60
    assert set(found["csv"]) == {"ratio_to_copy", "extra_mib", "first_byte_s", "rows_per_s"}
    assert set(found["save"]) == {"ratio_to_no_history"}
    assert found["csv in detail"]["rows"] > CASES * 0.8  # but those that a researcher doesn't see
    assert found["cases"] == CASES
    assert found["machine"]["postgresql"]["server_version"]
    assert not [name for name in found["not measured"] if "answered" in name]


# ---- Whole runs


@pytest.mark.long
def test_without_a_database_it_brings_its_own_and_leaves_nothing(project, python, tmp_path):
    passing = tmp_path / "passing"
    passing.mkdir()
    done = benchmark(project, python, *QUICKLY, "--json", "found.json", TMPDIR=passing, CALLED_FROM=tmp_path)
    assert done.returncode == 0, done.stderr
    assert_is_whole(tmp_path / "found.json")
    assert "| case page" in done.stdout
    assert "to reach" in done.stdout
    assert "Filled and checked" in done.stderr
    assert list(passing.iterdir()) == []


# One run beside the database that DATABASE_URL names, whose scratch database is kept and looked at


@pytest.fixture(scope="module")
def given():
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="module")
def before(given):
    return asked(given, TABLES), databases(given)


@pytest.fixture(scope="module")
def kept(project, python, given, before, tmp_path_factory):
    path = tmp_path_factory.mktemp("benchmark") / "found.json"
    done = benchmark(project, python, *QUICKLY, "--json", path, "--keep", KEPT, DATABASE_URL=given)
    assert done.returncode == 0, done.stderr
    assert_is_whole(path)
    yield make_conninfo(given, dbname=KEPT)
    asked(given, f"DROP DATABASE {KEPT} WITH (FORCE)")


@pytest.mark.long
def test_the_one_that_was_there_is_as_it_was(kept, given, before):
    assert asked(given, TABLES) == before[0]
    # Other tests make databases beside it meanwhile: test_start's are served_…, those of pytest's workers test_…, kept_…
    others = ("served_", "test_", "kept_")
    assert {name for name in databases(given) - before[1] if name == KEPT or not name.startswith(others)} == {KEPT}


@pytest.mark.long
def test_what_is_derived_is_what_the_function_of_the_triggers_gives(kept):
    periods = "SELECT case_id, number, to_jsonb(p) - 'id' FROM cases_period AS p ORDER BY 1, 2"
    # What was saved while it was measured has changed later than its records say
    states = "SELECT to_jsonb(s) - 'changed_at' FROM cases_casestate AS s ORDER BY s.case_id"
    written = asked(kept, periods), asked(kept, states)
    assert len(written[0]) >= len(written[1]) == CASES
    asked(kept, "DELETE FROM cases_period; DELETE FROM cases_casestate")
    asked(kept, "SELECT cases_rebuild(array_agg(id), false) FROM cases_case")
    assert (asked(kept, periods), asked(kept, states)) == written


@pytest.mark.long
def test_every_row_has_the_history_that_a_trigger_would_have_written(kept):
    events = asked(
        kept,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^cases_.*event$'"
        " AND relname <> ALL (%(others)s)",
        others=["cases_event", "cases_userevent", "cases_usergroupevent"],
    )
    assert len(events) > 20
    for (event,) in events:
        table = event.removesuffix("event")
        without = asked(
            kept,
            f"SELECT count(*) FROM {table} AS r WHERE NOT EXISTS (SELECT FROM {event} AS e WHERE e.id = r.id"
            " AND e.pgh_label IN ('insert', 'update') AND to_jsonb(e) @> to_jsonb(r))",
        )
        saved_without = 10 if table == "cases_detention" else 0  # while it was measured
        assert without[0][0] <= saved_without, table


@pytest.mark.long
def test_triggers_keys_and_indexes_are_those_of_an_installation(kept, transactional_db):
    from django.db import connection

    for query in [
        "SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 3",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    ]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            assert asked(kept, query) == cursor.fetchall()


@pytest.mark.long
def test_a_record_can_be_added_afterwards(kept):
    with psycopg.connect(kept) as connection:
        person = connection.execute("SELECT detainee_id FROM cases_case LIMIT 1").fetchone()
        connection.execute(
            "INSERT INTO cases_name (detainee_id, text, kind, language, key) SELECT detainee_id, 'Another',"
            " 'alias', language, 'another' FROM cases_name WHERE detainee_id = %s LIMIT 1",
            person,
        )
        assert connection.execute("SELECT count(*) FROM cases_nameevent WHERE text = 'Another'").fetchone() == (1,)
        connection.rollback()


@pytest.mark.long
def test_it_is_not_taken_for_another_one(kept, project, python, given):
    done = benchmark(project, python, "--cases", "61", "--keep", KEPT, DATABASE_URL=given)
    assert done.returncode == 1
    assert f"has {CASES} cases of seed 1" in done.stderr


# ---- Refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cases", "0"], "--cases must be 1 or more"),
        (["--cases", "10", "--runs", "0"], "--runs must be 1 or more"),
        (["--cases", "10", "--json", "/nowhere/at/all.json"], "can't be written"),
        (["--cases", "10", "--json", "/tmp"], "can't be written"),
        (["--cases", "10", "--keep", "../mine"], "--keep takes a name"),
        (["--cases", "10", "--keep", "postgres"], "the benchmark did not make"),
    ],
)
def test_what_can_not_work_is_refused_before_anything_is_filled(arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("benchmark", *arguments)


def test_a_machine_without_postgresql_is_told_what_is_missing(monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("PGBIN", "/nowhere")
    with pytest.raises(CommandError, match="PGBIN is /nowhere"):
        call_command("benchmark", "--cases", "10", stderr=StringIO())


def test_a_server_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@/cases?host=/nowhere")
    with pytest.raises(CommandError, match="can't be reached"):
        call_command("benchmark", "--cases", "10", stderr=StringIO())


def test_a_disk_that_is_too_small_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ScratchError, match=r"2500003.* GB"):
        place("", 100_000_000_000, tmp_path, tmp_path)


# ---- What is asked, and said


def test_each_filter_of_the_list_is_measured_or_named_as_one_that_is_not(db):
    asked_for = questions.filters()
    assert set(asked_for) | set(questions.unasked(asked_for)) | questions.NO_FILTERS == set(CaseFilter.base_filters)
    of_things = {"place", "court", "article", "lawyer", "tag", "proceeding", "list", "organisation", "right"}
    assert set(questions.unasked(asked_for)) <= of_things


def test_the_table_says_what_is_met_and_what_is_not():
    timings = {"list page": Timing(59.0, 80.0, 12), "case page": Timing(20.0, 30.0, 31)}
    csv = {"ratio_to_copy": 0.69, "extra_mib": 20.0, "first_byte_s": 0.1, "rows_per_s": 5000}
    lines = figures.table(1_000_000, timings, csv, {"ratio_to_no_history": 1.2}, {"row": {"ratio": 3.3}}).splitlines()
    said = {line.split("|")[1].strip(): line.split("|")[6].strip() for line in lines}
    assert said["list page"] == "yes"
    assert said["case page"] == "no"  # too many queries
    assert said["name search"] == "no"  # not measured
    assert said["CSV of all cases, beside bare COPY"] == "no"
    assert said["its extra memory"] == "yes"
    assert said["save by a form, beside one without history"] == "yes"
    assert said["the same of the row alone"] == "no"
    small = figures.table(20_000, timings, csv, {}).splitlines()
    assert next(line for line in small if "list page" in line).split("|")[6].strip() == "no"
