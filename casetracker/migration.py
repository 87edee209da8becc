"""A way to make many tables at once, and what a migration needs that changes a tracked table."""

from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL

PART_OF_TABLE = (AddField, AddIndex, AddConstraint)


def forget_past() -> RunSQL:
    """Return the first operation of a migration that removes, renames or alters a column, or removes a table, of a tracked
    model: drop the views of history that hold on to it. `manage.py setup`, which follows each migrate, makes them anew.
    """
    drop = "DROP SCHEMA IF EXISTS as_known CASCADE"
    return RunSQL(drop, drop)


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
