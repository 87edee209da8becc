"""The database's functions for rows of the list; see 0003_lists.sql beside this file."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).with_suffix(".sql").read_text()
FORGET = """
    DROP FUNCTION cases_nearly_named(text), cases_likely_held(date), cases_next(bigint[], date), cases_charge_outcomes(bigint[], date), cases_in_force(bigint[], date),
        cases_standing_sentences(bigint[], date);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_status")]
    operations = [migrations.RunSQL([(FUNCTIONS, None)], FORGET)]
