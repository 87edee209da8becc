"""Write many rows at once: COPY, then history in bulk, then the status of the new cases. For the owner of the tables only."""

import json
from functools import cache, lru_cache

import pghistory
from django.db import connection, models, transaction

from cases.dates import PartialDate
from cases.fields import BoundField, PartialDateField, bounds_of
from cases.models import Event
from cases.models.base import ALPHABET, CaseRecord, FoldedField, Reference
from cases.models.changes import tracked_models
from cases.names import fold

TRACKED = tracked_models()


class Table:
    """How the rows of a model are laid out: columns in order, their defaults, and what is worked out from what."""

    def __init__(self, model):
        self.model = model
        self.name = model._meta.db_table
        fields = model._meta.local_concrete_fields
        self.columns = [field.column for field in fields]
        self.place = {field.column: number for number, field in enumerate(fields)}
        self.defaults = [default_of(field) for field in fields]
        self.dates = {field.name: self.date_places(field) for field in fields if isinstance(field, PartialDateField)}
        self.folded = [
            (self.place[field.column], [self.place[source] for source in field.sources])
            for field in fields
            if isinstance(field, FoldedField)
        ]
        self.reference = next((field for field in fields if isinstance(field, Reference)), None)
        self.times = [self.place[name] for name in ("created_at", "updated_at") if name in self.place]
        self.is_record = issubclass(model, CaseRecord)

    def date_places(self, field):
        return (*(self.place[name] for name in (field.name, *bounds_of(field.name))), field.actual)


def default_of(field):
    """Return what a column holds if nothing is said; times and bounds are written apart."""
    if isinstance(field, BoundField | models.DateTimeField) or not field.has_default():
        return "" if isinstance(field, models.CharField | models.TextField) and not field.null else None
    value = field.get_default()
    return value.value if isinstance(value, models.Choices) else value


class Loader:
    """Collects rows by `add` and writes them by `write`. Numbers are given here, so nobody else may write meanwhile.

    `now` is the moment at which the rows say that they were recorded; `today` the day at which dates are capped.
    """

    def __init__(self, rng, today, now):
        self.rng = rng
        self.today = today
        self.now = now
        self.tables = {}
        self.rows = {}
        self.next_id = {}
        self.taken = {}
        self.written = 0
        self.bounds = cache(self.bounds)

    def add(self, model, **values):
        """Keep a row and return its id. Foreign keys are given by their columns, partial dates as EDTF text."""
        table = self.tables.get(model) or self.open(model)
        row = table.defaults.copy()
        number = row[0] = self.next_id[model]
        self.next_id[model] += 1
        for place in table.times:
            row[place] = self.now
        if table.is_record and "event_id" not in values:
            values["event_id"] = self.add(
                Event, case_id=values["case_id"], confidential=values.pop("confidential", False)
            )
        for name, value in values.items():
            if name in table.dates:
                text, earliest, latest, actual = table.dates[name]
                row[text], row[earliest], row[latest] = self.bounds(value, actual)
            else:
                row[table.place[name]] = value
        if table.reference:
            row[table.place[table.reference.column]] = self.new_reference(table)
        for place, sources in table.folded:
            row[place] = " ".join(folded(row[source]) for source in sources if row[source])
        self.rows[model].append(row)
        return number

    def open(self, model):
        """Prepare to write a model: after all ids that were ever given, beside the references that are there."""
        table = self.tables[model] = Table(model)
        self.rows[model] = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table.name])
            self.next_id[model] = cursor.fetchone()[0]
        if table.reference:
            self.taken[model] = set(model._base_manager.values_list(table.reference.name, flat=True))
        return table

    def new_reference(self, table):
        """Return a reference that no row has; from our own source of chance, so that the demo is the same every time."""
        taken = self.taken[table.model]
        while True:
            reference = f"{table.reference.prefix}-" + "".join(self.rng.choices(ALPHABET, k=6))
            if reference not in taken:
                taken.add(reference)
                return reference

    def bounds(self, text, actual):
        partial = PartialDate.parse_edtf(text)
        if actual:
            partial = partial.capped(self.today)
        return partial.text, partial.earliest, partial.latest

    @transaction.atomic
    def write(self, cases, reason, history=True):
        """Write what was added, as the database itself would have: history, periods and states of `cases` included.

        The triggers are off meanwhile, in this transaction alone: whatever happens, they are on afterwards.
        """
        tables = [self.tables[model] for model in self.tables if self.rows[model]]
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            switch_triggers(cursor, "DISABLE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table in tables:
                self.copy(cursor, table)
                if history:
                    write_history(cursor, table, self.rows[table.model][0][0], reason)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SELECT cases_rebuild(%s::bigint[], false)", [cases])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            switch_triggers(cursor, "ENABLE")
        for table in tables:
            self.written += len(self.rows[table.model])
            self.rows[table.model] = []

    def copy(self, cursor, table):
        rows = self.rows[table.model]
        with cursor.copy(f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table.name, rows[-1][0]])


def folded(value):
    return fold_once(" ".join(value) if isinstance(value, list) else value)


@lru_cache(maxsize=100_000)
def fold_word(word):
    return fold(word)


def fold_once(text):
    """Fold word by word, which is the same and lets words that return be folded once. References don't return."""
    if "-" in text:
        return fold(text)
    return " ".join(filter(None, map(fold_word, text.split(" "))))


def switch_triggers(cursor, how):
    for model in TRACKED:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {how} TRIGGER USER")


def write_history(cursor, table, first, reason):
    """Write the rows that the history triggers would have written for the rows from `first` on."""
    if not hasattr(table.model, "pgh_event_model"):
        return
    event = table.model.pgh_event_model
    columns = [field.column for field in event._meta.local_concrete_fields]
    kept = [name for name in columns if not name.startswith("pgh_")]
    to, of = (["pgh_obj_id", *kept], ["id", *kept]) if "pgh_obj_id" in columns else (kept, kept)
    with pghistory.context(reason=reason) as context:
        why = json.dumps(context.metadata)  # with the command, if manage.py told it
    cursor.execute(
        f"INSERT INTO {event._meta.db_table} (pgh_created_at, pgh_label, pgh_context, {', '.join(to)})"
        f" SELECT now(), 'insert', %s::jsonb, {', '.join(of)} FROM {table.name} WHERE id >= %s ORDER BY id",
        [why, first],
    )
