"""A way to make many tables at once, and what a migration needs that changes a tracked table."""

import re
from pathlib import Path

from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL

PART_OF_TABLE = (AddField, AddIndex, AddConstraint)


def forget_past() -> RunSQL:
    """Return the first operation of a migration that removes, renames or alters a column, or removes a table, of a tracked
    model: drop the views of history that hold on to it. `manage.py setup`, which follows each migrate, makes them anew.
    """
    drop = "DROP SCHEMA IF EXISTS as_known CASCADE"
    return RunSQL(drop, drop)


def as_before(replacing: str, *earlier: Path) -> str:
    """Return the functions that some SQL replaces, as the SQL files of earlier migrations made them: for its reverse."""
    made = "\n".join(file.read_text() for file in earlier).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    replace = r"CREATE OR REPLACE FUNCTION (\w+)"
    functions = {each[1]: each[0] for each in re.finditer(replace + r"\(.*?\$\$.*?\$\$;", made, re.DOTALL)}
    return "\n".join(functions[name] for name in re.findall(replace, replacing))


class AtOnce:
    """For a migration that makes most tables: `class Migration(AtOnce, migrations.Migration)`. Seconds instead of a minute.

    Django builds the classes of all related models anew after each operation; sixty models with hundreds of constraints
    and triggers take a minute of that. Here they are built once, as they are after the last operation; a table is made
    with what later operations add to it, so those have nothing left to do.
    """

    def apply(self, project_state, schema_editor, collect_sql=False):
        before = project_state.clone()
        project_state.__dict__.pop("apps", None)  # no classes yet: operations then change descriptions only
        self.mutate_state(project_state, preserve=False)
        made = {operation.name_lower for operation in self.operations if isinstance(operation, CreateModel)}
        for operation in self.operations:
            if not (isinstance(operation, PART_OF_TABLE) and operation.model_name_lower in made):
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state
