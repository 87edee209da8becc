"""What the page of a case asks at once, and what every save runs: see 0009_case_page.sql beside this file."""

import re
from pathlib import Path

from django.db import migrations

HERE = Path(__file__)
FUNCTIONS = HERE.with_suffix(".sql").read_text()
STATE = re.search(
    r"CREATE FUNCTION cases_state\(.*?\$\$.*?\$\$;", HERE.with_name("0002_status.sql").read_text(), re.DOTALL
)
AS_BEFORE = f"""
    DROP FUNCTION cases_derived(bigint, date);
    ALTER FUNCTION cases_rebuild(bigint[], boolean) RESET plan_cache_mode;
    {STATE[0].replace("CREATE", "CREATE OR REPLACE")}
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_quick")]
    operations = [migrations.RunSQL([(FUNCTIONS, None)], [(AS_BEFORE, None)])]
