"""What the page of a case asks at once, and what every save runs: see 0009_case_page.sql beside this file."""

from pathlib import Path

from django.db import migrations

from casetracker.migration import as_before

HERE = Path(__file__)
FUNCTIONS = HERE.with_suffix(".sql").read_text()
AS_BEFORE = f"""
    DROP FUNCTION cases_derived(bigint, date);
    ALTER FUNCTION cases_rebuild(bigint[], boolean) RESET plan_cache_mode;
    {as_before(FUNCTIONS, HERE.with_name("0002_status.sql"))}
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_quick")]
    operations = [migrations.RunSQL([(FUNCTIONS, None)], [(AS_BEFORE, None)])]
