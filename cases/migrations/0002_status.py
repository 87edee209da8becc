"""The database's functions for status; see 0002_status.sql beside this file."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).with_suffix(".sql").read_text()
FORGET = """
    DROP FUNCTION cases_days_held(bigint[], date), cases_days(datemultirange), cases_one_accepted(bigint), cases_forget(bigint[]),
        cases_rebuild(bigint[], boolean), cases_find_by(bigint[]), cases_touch(bigint[]), cases_state(bigint[], boolean),
        cases_fresh(bigint[], boolean), cases_facts(bigint[], boolean),
        cases_periods(cases_fact[], text, text, date, date, date, date),
        cases_verdict(bigint[], int[], bigint[], bigint[], bigint[], text[], bigint[], int[], cases_fact[]),
        cases_dated(cases_step, text, date, date), cases_widening(text), cases_likely(date, date), cases_zone();
    DROP TYPE cases_step, cases_span, cases_fact;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_records")]
    operations = [migrations.RunSQL([(FUNCTIONS, None)], FORGET)]
