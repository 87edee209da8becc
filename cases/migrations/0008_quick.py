"""Indexes and functions by which lists of a million cases stay quick; see 0008_quick.sql beside this file."""

import re
from pathlib import Path

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

HERE = Path(__file__)
FUNCTIONS = HERE.with_suffix(".sql").read_text()
FORGET = """
    DROP FUNCTION cases_rows(bigint[], date, text[]), cases_public_sentences(bigint[]), cases_public_charges(bigint[]),
        cases_public_hearings(bigint[]), cases_periods_of(bigint[]), cases_findings_of(bigint[]),
        cases_found(text, int, text),
        cases_walked(text), cases_with_outcome(bigint[], text[], date), cases_sentenced_to(bigint[], int, int, date),
        cases_unsourced(bigint[]), cases_values(text, date);
"""


# What was deleted is little beside what is kept, and asked for with every list of what may be hidden.
EACH_HISTORY = """
    DO $$ DECLARE history text; BEGIN
        FOR history IN SELECT table_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name LIKE 'cases%%event' AND column_name = 'pgh_obj_id'
        LOOP EXECUTE format(%s); END LOOP;
    END $$"""
GONE = EACH_HISTORY % "'CREATE INDEX %I ON %I (pgh_obj_id) WHERE pgh_label = ''delete''', history || '_gone', history"
GONE_FORGET = EACH_HISTORY % "'DROP INDEX %I', history || '_gone'"


RECORDS = [
    *("arrest", "charge", "detention", "hearing", "note", "release", "representation", "restriction", "sentence")
]


def as_before():
    """Return the functions that 0008_quick.sql replaces as the earlier migrations wrote them."""
    earlier = (HERE.with_name("0002_status.sql").read_text() + HERE.with_name("0003_lists.sql").read_text()).replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
    )
    replaced = re.findall(r"CREATE OR REPLACE FUNCTION (\w+)", FUNCTIONS)
    wanted = [
        re.search(rf"CREATE OR REPLACE FUNCTION {name}\(.*?\$\$.*?\$\$;", earlier, re.DOTALL) for name in replaced
    ]
    return "\n".join(found[0] for found in wanted)


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_numbers")]
    operations = [
        migrations.RemoveIndex("period", "period_status_likely"),
        migrations.AddIndex(
            "period",
            models.Index(
                fields=["status", "end_likely", "begin_likely"], include=["case"], name="period_status_likely"
            ),
        ),
        migrations.AddIndex(
            "period",
            models.Index(fields=["status", "end_latest", "begin_earliest"], name="period_status_possible"),
        ),
        *(
            migrations.AddIndex(
                record,
                models.Index(
                    fields=["event"], condition=models.Q(standing="alternative"), name=f"{record}_alternative"
                ),
            )
            for record in RECORDS
        ),
        migrations.RunSQL([(FUNCTIONS, None)], [(as_before() + FORGET, None)]),
        migrations.AddIndex("name", GinIndex(fields=["key"], opclasses=["gin_trgm_ops"], name="name_search")),
        migrations.RunSQL([(GONE, None)], [(GONE_FORGET, None)]),
    ]
