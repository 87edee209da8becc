"""Fill an empty scratch database with very many invented cases, in the time that two processor cores allow.

Two processes invent and COPY rows into tables without indexes, keys and triggers; all that is derived is then written by
two connections at once: indexes, history, periods and states (by the database's own function), and foreign keys, which that
validates. `check` says whether it is what the triggers would have written. For the owner of the tables only.
"""

import json
import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pghistory
import psycopg
from django.db import connection
from psycopg import sql

from cases.dates import today
from cases.demo.invented import Invention
from cases.demo.loading import TRACKED, Loader
from cases.management.commands.check_status import OTHER_KEYS, OTHER_PERIODS
from cases.management.commands.check_status import asked as cases_that
from cases.management.commands.generate import DETAIL, add_cases
from cases.models import Case, CaseState, Detainee, Name, Period
from cases.models.base import ALPHABET
from cases.names import fold

HANDS = 2  # processes that invent and connections that write; a number of its own, so that a seed gives the same cases everywhere
AT_ONCE = 2000  # cases of a transaction
WALKED_AT_ONCE = 1000
ROWS_OF_A_CASE = 40  # more than any table has for each case on average: how far apart the processes number their rows
KEPT = {"cases_casestate_pkey", "period_once"}  # by which cases_rebuild finds what it writes anew
SESSION = (
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '512MB'",
    "SET max_parallel_maintenance_workers = 0",
    "SET work_mem = '128MB'",
    "SET jit = off",
)


class NotAsExpected(Exception):
    """What is wrong with a filled database; for people to read."""


def fill(number, seed, *, history=True, tell=lambda words: None):
    """Write so many cases into a database that is migrated and set up and has none. Return seconds by step."""
    clock = Clock(tell)
    given = newest_rows()
    loader = Lane(random.Random(seed), today(), datetime.now(UTC) - timedelta(days=400))
    invention = Invention(loader, number, DETAIL, numbered=False)
    loader.pour()
    for model in TRACKED:
        loader.tables.get(model) or loader.open(model)
    put_away = put_away_what_slows()
    clock.done("tables prepared")
    invent(invention, number, seed, tell)
    clock.done(f"{number} cases invented and copied")
    finish(put_away, given if history else None, clock)
    return clock.steps


class Clock:
    def __init__(self, tell):
        self.tell, self.began, self.last, self.steps = tell, time.monotonic(), time.monotonic(), {}

    def done(self, words):
        now = time.monotonic()
        self.steps[words] = round(now - self.last, 1)
        self.tell(f"{now - self.began:7.0f} s: {words}, in {now - self.last:.1f} s")
        self.last = now


# Rows


class Lane(Loader):
    """A loader that only copies, and numbers its rows and writes its references so that no other lane has the same."""

    letters = ALPHABET
    most = {}

    def enter(self, lane, width):
        """Become one of HANDS lanes. `width` is how many rows each may number in a table."""
        self.letters = ALPHABET[lane::HANDS]
        for model in self.next_id:
            self.next_id[model] += lane * width
            self.most[model] = self.next_id[model] + width

    def new_reference(self, table):
        taken = self.taken[table.model]
        while True:
            letters = [self.rng.choice(self.letters), *self.rng.choices(ALPHABET, k=5)]
            reference = f"{table.reference.prefix}-{''.join(letters)}"
            if reference not in taken:
                taken.add(reference)
                return reference

    def pour(self):
        """Copy what was added, and nothing else."""
        with connection.cursor() as cursor:
            for model, rows in self.rows.items():
                if not rows:
                    continue
                if rows[-1][0] >= self.most.get(model, rows[-1][0] + 1):
                    raise NotAsExpected(f"More rows of {model._meta.verbose_name} than ROWS_OF_A_CASE allows for.")
                self.copy(cursor, self.tables[model])
                self.written += len(rows)
                self.rows[model] = []

    def copy(self, cursor, table):
        with cursor.copy(f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN") as copy:
            for row in self.rows[table.model]:
                copy.write_row(row)


def invent(invention, number, seed, tell):
    """Let HANDS processes write a share of the cases each."""
    connection.close()
    forks = multiprocessing.get_context("fork")
    done = forks.Queue()
    bounds = [number * lane // HANDS for lane in range(HANDS + 1)]
    children = [
        forks.Process(target=invent_share, args=(invention, lane, bounds[lane], bounds[lane + 1], number, seed, done))
        for lane in range(HANDS)
    ]
    for child in children:
        child.start()
    written, began, told = 0, time.monotonic(), 0
    for word in iter(done.get, None):
        if isinstance(word, str):
            for child in children:
                child.terminate()
            raise NotAsExpected(f"A process that invents cases failed: {word}")
        written += word
        if written - told >= max(20_000, number // 20) or written == number:
            told = written
            tell(f"          {written} cases, {written / (time.monotonic() - began):.0f} a second")
        if written == number:
            break
    for child in children:
        child.join()


def invent_share(invention, lane, first, last, number, seed, done):
    try:
        loader = invention.loader
        loader.rng.seed(f"{seed} {lane}")
        loader.enter(lane, number * ROWS_OF_A_CASE + 10_000)
        with connection.cursor() as cursor:
            for statement in SESSION:
                cursor.execute(statement)
        for begin in range(first, last, AT_ONCE):
            count = min(AT_ONCE, last - begin)
            add_cases(invention, begin, count)
            loader.pour()
            done.put(count)
    except BaseException as error:
        done.put(f"{type(error).__name__}: {error}")
        raise
    finally:
        connection.close()


# What slows writing, away and back


def tables():
    """Return the tables that are filled: records, history and what is derived, by name."""
    filled = [*TRACKED, *(model.pgh_event_model for model in TRACKED), Period, CaseState]
    return [model._meta.db_table for model in filled]


CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = ANY (%s::regclass[]) AND contype IN ('f', 'p', 'u') AND conname <> ALL (%s)
    ORDER BY contype = 'f' DESC, conname
"""
OTHERS_KEYS = """
    SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE confrelid = ANY (%s::regclass[]) AND contype = 'f' AND conrelid <> ALL (%s::regclass[]) ORDER BY conname
"""
INDEXES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY (%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY indexrelid
"""


def put_away_what_slows():
    """Switch triggers off, drop keys and indexes. Return {table: [statements that bring them back]}, keys to others apart."""
    names = tables()
    with connection.cursor() as cursor:
        constraints = asked(cursor, CONSTRAINTS, [names, list(KEPT)]) + asked(cursor, OTHERS_KEYS, [names, names])
        indexes = asked(cursor, INDEXES, [names])
        for table, name, kind, _ in sorted(constraints, key=lambda row: row[2] != "f"):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for _, name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for name in names:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    back = {name: [] for name in names}
    for table, name, kind, definition in constraints:
        if kind != "f":
            back[table].append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for table, _, definition in indexes:
        back[table].append(definition)
    keys = {}
    for table, name, kind, definition in constraints:
        if kind == "f":
            keys.setdefault(table, []).append((name, definition))
    return back, keys


def asked(cursor, query, values=None):
    cursor.execute(query, values)
    return cursor.fetchall()


# What is derived


def finish(put_away, given, clock):
    """Write indexes, history, periods, states and keys, HANDS statements at a time. `given`: rows whose history is there."""
    back, keys = put_away
    with Hands() as hands:
        sizes = hands.sizes(back)
        largest_first = sorted(back, key=sizes.get, reverse=True)
        records = [model for name in largest_first for model in TRACKED if model._meta.db_table == name]
        hands.run([[*back.pop(model._meta.db_table), f"ANALYZE {model._meta.db_table}"] for model in records])
        clock.done("indexes of records built")
        hands.run([[statement] for statement in walks()])
        clock.done("periods and states written")
        derived = [Period._meta.db_table, CaseState._meta.db_table]
        events = [model.pgh_event_model._meta.db_table for model in records]
        written = {} if given is None else histories(given)
        if written:
            hands.run([written[name] for name in events if name in written])
            clock.done("history written")
        hands.run([back[name] for name in [*derived, *events]])
        clock.done("indexes of history and periods built")
        with connection.cursor() as cursor:
            for table, of_table in keys.items():
                for name, definition in of_table:
                    cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID')
        hands.run(
            [
                [f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"' for name, _ in keys[table]]
                for table in sorted(keys, key=lambda name: sizes.get(name, 0), reverse=True)
            ]
        )
        clock.done("foreign keys checked")
        hands.run([[f"VACUUM (ANALYZE) {name}"] for name in [*largest_first]])
    with connection.cursor() as cursor:
        for name in tables():
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        for model in TRACKED:
            reset_counter(cursor, model)
        cursor.execute("ANALYZE")
    clock.done("vacuumed and analyzed")


class Hands:
    """Connections that write at once."""

    def __enter__(self):
        self.pool = ThreadPoolExecutor(HANDS)
        self.free = [open_connection() for _ in range(HANDS)]
        return self

    def __exit__(self, *error):
        self.pool.shutdown(cancel_futures=True)
        for each in self.free:
            each.close()

    def run(self, jobs):
        """Run lists of statements, each in order on one connection, in the order of the lists."""
        futures = [self.pool.submit(self.do, job) for job in jobs]
        for future in futures:
            future.result()

    def do(self, statements):
        mine = self.free.pop()
        try:
            for statement in statements:
                mine.execute(statement)
        finally:
            self.free.append(mine)

    def sizes(self, names):
        found = self.free[0].execute(
            "SELECT name, pg_table_size(name::regclass) FROM unnest(%s::text[]) AS name", [list(names)]
        )
        return dict(found.fetchall())


def open_connection():
    mine = psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor, "context": None}, autocommit=True
    )
    for statement in SESSION:
        mine.execute(statement)
    return mine


def walks():
    """Return what computes periods and states of all cases, some at a time."""
    ids = list(Case._base_manager.order_by("pk").values_list("pk", flat=True))
    return [
        f"SELECT cases_rebuild('{{{','.join(map(str, ids[first : first + WALKED_AT_ONCE]))}}}'::bigint[], false)"
        for first in range(0, len(ids), WALKED_AT_ONCE)
    ]


def newest_rows():
    """Return the newest id of each tracked model: what is older has its history."""
    with connection.cursor() as cursor:
        return {
            model: asked(cursor, f"SELECT coalesce(max(id), 0) FROM {model._meta.db_table}")[0][0] for model in TRACKED
        }


def histories(given):
    """Return {event table: [statements]} that write what the history triggers would have, each case and each person as if
    recorded in one transaction at the moment that its rows say: else a million cases would be one act of one moment.
    """
    with pghistory.context(reason="benchmark") as context:
        why = sql.Literal(json.dumps(context.metadata)).as_string(None)
    return {model.pgh_event_model._meta.db_table: [history(model, given[model], why)] for model in TRACKED}


def history(model, given, why):
    event, table = model.pgh_event_model, model._meta.db_table
    columns = [field.column for field in event._meta.local_concrete_fields]
    kept = [name for name in columns if not name.startswith("pgh_")]
    with_object = "pgh_obj_id" in columns
    into = ["pgh_obj_id", *kept] if with_object else kept
    of = [f"r.{name}" for name in (["id", *kept] if with_object else kept)]
    moment, act, joins = "now()", "pg_current_xact_id()::text::bigint", ""
    if model is Case:
        act = "r.id"
    elif model is Detainee:
        act = "-r.id"  # beside the numbers of cases
    elif model is Name:
        act = "-coalesce(r.detainee_id, r.lawyer_id)"
    elif "case_id" in kept:
        act = "coalesce(r.case_id, r.id)"
    if "created_at" in kept:
        moment = "r.created_at"
    elif "case_id" in kept:
        moment, joins = "c.created_at", " JOIN cases_case AS c ON c.id = r.case_id"
    return (
        f"INSERT INTO {event._meta.db_table} (pgh_created_at, pgh_label, pgh_context, pgh_act, {', '.join(into)})"
        f" SELECT {moment}, 'insert', {why}::jsonb, {act}, {', '.join(of)} FROM {table} AS r{joins} WHERE r.id > {given}"
    )


def reset_counter(cursor, model):
    table = model._meta.db_table
    cursor.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table})) WHERE EXISTS (SELECT FROM {table})"
    )


# The check


def check(number, *, history=True, sample=2000, tell=lambda words: None):
    """Compare what was written in bulk with what the triggers would have written. Raises NotAsExpected."""
    with connection.cursor() as cursor:
        found = {table: asked(cursor, f"SELECT count(*) FROM {table}")[0][0] for table in tables()}
        invalid = asked(cursor, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")[0][0]
        off = asked(cursor, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'")[0][0]
    if found["cases_case"] != number or found["cases_casestate"] != number:
        raise NotAsExpected(
            f"{number} cases were asked for; {found['cases_case']} and {found['cases_casestate']} states are there."
        )
    if invalid or off:
        raise NotAsExpected(f"{invalid} foreign keys are not valid, {off} triggers are off.")
    if history:
        for model in TRACKED:
            rows, versions = found[model._meta.db_table], found[model.pgh_event_model._meta.db_table]
            if versions < rows:
                raise NotAsExpected(f"{rows} rows of {model._meta.verbose_name} have {versions} rows of history.")
    ids = sorted(
        random.Random(number).sample(list(Case._base_manager.values_list("pk", flat=True)), min(sample, number))
    )
    for question, words in ((OTHER_PERIODS, "periods"), (OTHER_KEYS, "search keys")):
        if wrong := cases_that(question, ids):
            raise NotAsExpected(f"{len(wrong)} of {len(ids)} cases have other {words} than their records give.")
    for name in Name._base_manager.filter(detainee__cases__in=ids[:500]):
        if name.key != fold(name.text):
            raise NotAsExpected(f"The search key of name {name.pk} is not that of its text.")
    tell(f"{sum(found.values())} rows checked: each has its history, keys and triggers are as they were")
