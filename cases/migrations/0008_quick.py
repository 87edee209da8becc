"""Indexes and functions by which lists of a million cases stay quick; see 0008_quick.sql beside this file."""

from pathlib import Path

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from casetracker.migration import as_before

HERE = Path(__file__)
FUNCTIONS = HERE.with_suffix(".sql").read_text()
AS_BEFORE = as_before(FUNCTIONS, HERE.with_name("0002_status.sql"), HERE.with_name("0003_lists.sql"))
FORGET = """
    DROP FUNCTION cases_rows(bigint[], date, text[]), cases_public_sentences(bigint[]), cases_public_charges(bigint[]),
        cases_public_hearings(bigint[]), cases_periods_of(bigint[]), cases_findings_of(bigint[]),
        cases_found(text, int, text),
        cases_walked(text), cases_with_outcome(bigint[], text[], date), cases_sentenced_to(bigint[], int, int, date),
        cases_unsourced(bigint[]), cases_values(text, date);
"""
RECORDS = ["arrest", "charge", "detention", "hearing", "note", "release", "representation", "restriction", "sentence"]

# What was deleted is little beside what is kept, and asked for with every list of what may be hidden.
EACH_HISTORY = """
    DO $$ DECLARE history text; BEGIN
        FOR history IN SELECT table_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name LIKE 'cases%%event' AND column_name = 'pgh_obj_id'
        LOOP EXECUTE format(%s); END LOOP;
    END $$"""
GONE = EACH_HISTORY % "'CREATE INDEX %I ON %I (pgh_obj_id) WHERE pgh_label = ''delete''', history || '_gone', history"
GONE_FORGET = EACH_HISTORY % "'DROP INDEX %I', history || '_gone'"


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_reports")]
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
        migrations.RunSQL([(FUNCTIONS, None)], [(AS_BEFORE + FORGET, None)]),
        migrations.AddIndex("name", GinIndex(fields=["key"], opclasses=["gin_trgm_ops"], name="name_search")),
        migrations.RunSQL([(GONE, None)], [(GONE_FORGET, None)]),
    ]
