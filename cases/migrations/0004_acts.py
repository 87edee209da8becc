"""History rows know their transaction and the database's user; what came before stays without: nobody recorded it then."""

from django.db import migrations, models
from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import Cast

from casetracker.migration import AtOnce

TABLES = [
    f"{name}event"
    for name in [
        "arrest",
        "case",
        "casetag",
        "charge",
        "citation",
        "court",
        "detainee",
        "detention",
        "event",
        "finding",
        "hearing",
        "jointproceeding",
        "jointproceedingcase",
        "lawyer",
        "legalcode",
        "name",
        "note",
        "penalty",
        "photo",
        "place",
        "provision",
        "release",
        "representation",
        "restriction",
        "sentence",
        "source",
        "sourcekeeper",
        "teammember",
        "term",
        "user",
        "usergroup",
    ]
]
ADD = """
    ALTER TABLE cases_{table} ADD COLUMN pgh_act bigint, ADD COLUMN pgh_role text;
    ALTER TABLE cases_{table} ALTER COLUMN pgh_act SET DEFAULT pg_current_xact_id()::text::bigint,
        ALTER COLUMN pgh_role SET DEFAULT session_user;
    CREATE INDEX {table}_at ON cases_{table} (pgh_created_at);
"""
REMOVE = "DROP INDEX {table}_at; ALTER TABLE cases_{table} DROP COLUMN pgh_act, DROP COLUMN pgh_role;"


def in_state(table):
    act = BigIntegerField(
        null=True,
        db_default=Cast(Cast(Func(function="pg_current_xact_id"), TextField()), BigIntegerField()),
        help_text="Number of the transaction. Unknown for changes before this was recorded.",
    )
    role = TextField(
        null=True,
        db_default=Func(template="session_user", output_field=TextField()),
        help_text="The database's user who was connected.",
    )
    return [
        migrations.AddField(table, "pgh_act", act),
        migrations.AddField(table, "pgh_role", role),
        migrations.AddIndex(table, models.Index(fields=["pgh_created_at"], name=f"{table}_at")),
    ]


class Migration(AtOnce, migrations.Migration):
    dependencies = [("cases", "0003_lists")]
    operations = [
        migrations.RunSQL(
            "".join(ADD.format(table=table) for table in TABLES),
            "".join(REMOVE.format(table=table) for table in TABLES),
            state_operations=[operation for table in TABLES for operation in in_state(table)],
        )
    ]
