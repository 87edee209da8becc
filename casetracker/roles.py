"""The two roles of the database: the owner, who migrates, and the application's, for which history can only be read.

Three things keep it so: the grants below; triggers that write history as the owner, whoever changes a record; and that
only the owner can switch them off by a setting. `manage.py setup` writes all three, as migrations undo the last two.
"""

import os
from collections.abc import Iterator, MutableMapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import OperationalError, connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Composable, Identifier, Literal

# Commands that need more than the application's role may do. Each other command runs as the application.
OWNERS_COMMANDS = {
    *("benchmark", "check_status", "createcachetable", "demo", "flush", "generate", "migrate", "pgtrigger", "setup"),
    *("remove_stale_contenttypes", "sqlflush"),
}
# What the application reads and others write: the status, by the database; roles and migrations, by the owner.
READ_ONLY = {
    *("auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"),
    *("cases_casestate", "cases_period", "pghistory_context"),
}
PATH = "search_path=public, pg_temp"
OUTSIDE = ("pg_execute_server_program", "pg_write_all_data", "pg_write_server_files")


class NoApplicationRole(Exception):
    """Why the application's role can't be given its rights; for people to read."""


# Who runs a process


def act_as_owner(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make this process the owner's, if there is an address for that. The other address is kept: it names the application's
    role, and that it is there says that this is on purpose."""
    owner = environ.get("MIGRATION_DATABASE_URL")
    if owner and "APPLICATION_DATABASE_URL" not in environ:
        environ["APPLICATION_DATABASE_URL"] = environ.get("DATABASE_URL", "")
        environ["DATABASE_URL"] = owner


def application_role(environ: MutableMapping[str, str] = os.environ) -> str | None:
    """Return the name of the application's role, if this process acts as the owner beside it."""
    if not (address := environ.get("APPLICATION_DATABASE_URL")):
        return None
    name = conninfo_to_dict(address).get("user")
    if not name:
        raise NoApplicationRole("DATABASE_URL names no user, so nobody can be given the rights of the application.")
    return str(name)


# What setup writes


def protect() -> None:
    """Make triggers write as the owner and heed `pgtrigger.ignore` for the owner alone. Changes only what is not so yet."""
    with connection.cursor() as cursor:
        if owner := _owner_of_other_ignore(cursor):
            cursor.execute(_text(SQL(IGNORE).format(body=Literal(ignore_body(owner)))))
        for function in _names(cursor, UNPROTECTED):
            cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = public, pg_temp")
        for function in _names(cursor, CALLABLE, "public"):
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


# pgtrigger's own function opens a subtransaction with each call; this one becomes part of the expression that asks it.
IGNORE = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql STABLE AS {body}
"""
# Functions of triggers that run with the rights of whoever writes, or look for tables where that one says.
UNPROTECTED = f"""
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
      AND (NOT prosecdef OR proconfig IS DISTINCT FROM ARRAY['{PATH}'])
"""
# Functions that act as the owner and that this role may call: triggers need nobody's right to that.
CALLABLE = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege(%s, oid, 'EXECUTE')
"""


def ignore_body(owner: str) -> str:
    """Return what answers whether a trigger is switched off: by the setting, for the owner and whoever may act as one.

    The session's user is the one who signed in to the database, whatever runs now.
    """
    setting = "current_setting('pgtrigger.ignore', true)"
    return (
        f"SELECT coalesce({setting}, '') <> ''"
        f" AND pg_has_role(session_user, {_text(Literal(owner))}, 'MEMBER')"
        f" AND trigger_name = ANY ({setting}::text[])"
    )


def grant(role: str) -> None:
    """Give the application's role exactly its rights, and everybody else none on our tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), to_regrole(quote_ident(%s)) IS NOT NULL", [role])
        owner, database, is_there = cursor.fetchone()
        if owner == role:
            return
        if not is_there:
            raise NoApplicationRole(
                f'The role "{role}" that DATABASE_URL names is not there. Make it: CREATE ROLE "{role}" LOGIN PASSWORD \'…\''
            )
        there = set(connection.introspection.table_names(cursor))
        everything = sorted(our_tables() & there)
        written = sorted(set(everything) - READ_ONLY - history_tables())
        cursor.execute("SELECT to_regnamespace('as_known') IS NOT NULL")
        texts = [RIGHTS, PAST] if cursor.fetchone()[0] else [RIGHTS]
        sequences = _names(cursor, OUR_SEQUENCES)
        names = {
            "role": Identifier(role),
            "database": Identifier(database),
            "everything": _list(everything),
            "sequences": _list(sequences),
            "written": _list(written),
        }
        for text in texts:
            cursor.execute(_text(SQL(text).format(**names)))
        for function in _names(cursor, CALLABLE, role):
            cursor.execute(_text(SQL("REVOKE EXECUTE ON FUNCTION {} FROM {}").format(SQL(function), names["role"])))


# Keys are drawn by identity columns, which need no right on their sequences. Nobody but the owner may make anything here, not
# even a temporary table: one with the triggers of another would write into its history.
RIGHTS = """
    REVOKE ALL ON {everything} FROM PUBLIC, {role};
    REVOKE ALL ON SEQUENCE {sequences} FROM PUBLIC, {role};
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};
    REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role};
    GRANT CONNECT ON DATABASE {database} TO {role};
    GRANT USAGE ON SCHEMA public TO {role};
    GRANT SELECT ON {everything} TO {role};
    GRANT INSERT, UPDATE, DELETE ON {written} TO {role};
"""
OUR_SEQUENCES = """
    SELECT relname FROM pg_class JOIN pg_sequence ON seqrelid = oid
    WHERE relnamespace = 'public'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')
"""
# The views that show the records as they were known (cases/as_known.py)
PAST = """
    REVOKE ALL ON SCHEMA as_known FROM PUBLIC, {role};
    REVOKE ALL ON ALL TABLES IN SCHEMA as_known FROM PUBLIC, {role};
    GRANT USAGE ON SCHEMA as_known TO {role};
    GRANT SELECT ON ALL TABLES IN SCHEMA as_known TO {role};
"""


def our_tables() -> set[str]:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    caches = {cache["LOCATION"] for cache in settings.CACHES.values() if cache["BACKEND"].endswith("DatabaseCache")}
    return {model._meta.db_table for model in models} | caches | {"django_migrations"}


def history_tables() -> set[str]:
    from pghistory.models import Event

    return {model._meta.db_table for model in apps.get_models() if issubclass(model, Event)}


# What `manage.py check --database default` says


def check_roles(app_configs: Any, databases: Any = None, **others: Any) -> list[CheckMessage]:
    """Say where the role that is connected could change or evade history. Silent where the owner works on purpose."""
    if "default" not in (databases or []) or "APPLICATION_DATABASE_URL" in os.environ:
        return []
    try:
        with connection.cursor() as cursor:
            return list(complaints(cursor))
    except OperationalError as error:
        return [Error(f"The database can't be asked about its roles: {error}", id="casetracker.E001")]


def complaints(cursor: Any) -> Iterator[CheckMessage]:
    yield from _switched_off(cursor)
    cursor.execute("SELECT current_user")
    role = cursor.fetchone()[0]
    if owner := _stands_for(cursor):
        yield Warning(
            f'The application is connected as "{role}", which {owner}: it could change history and switch its triggers off.',
            hint="Give DATABASE_URL a role of its own and the owner's address to MIGRATION_DATABASE_URL, then run "
            "setup: docs/production.md, Once.",
            id="casetracker.W001",
        )
        return
    run_setup = "Run manage.py setup with MIGRATION_DATABASE_URL: it gives the role exactly its rights."
    everything, history = our_tables(), history_tables()
    changed = _with_rights(cursor, history, "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")
    if names := changed + _names(cursor, PAST_WRITABLE):
        yield Error(f'"{role}" can change history: {_some(names)}.', hint=run_setup, id="casetracker.E002")
    changed = _with_rights(cursor, READ_ONLY, "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")
    if names := changed + _names(cursor, COUNTERS):
        yield Error(f'"{role}" can write what is not its own: {_some(names)}.', hint=run_setup, id="casetracker.E003")
    if names := _with_rights(cursor, everything - history - READ_ONLY, "TRUNCATE, REFERENCES, TRIGGER"):
        yield Error(f'"{role}" can go around triggers of: {_some(names)}.', hint=run_setup, id="casetracker.E004")
    other_ignore = ["_pgtrigger_should_ignore"] if _owner_of_other_ignore(cursor) else []
    if names := other_ignore + _names(cursor, UNPROTECTED):
        yield Error(
            f"Triggers can be switched off by a setting, or write as whoever is connected: {_some(names)}.",
            hint="Migrations leave them so: run manage.py setup after each, with MIGRATION_DATABASE_URL.",
            id="casetracker.E005",
        )
    if names := _names(cursor, CALLABLE, role):
        yield Error(f'"{role}" can call what acts as the owner: {_some(names)}.', hint=run_setup, id="casetracker.E006")
    if names := _can_make(cursor):
        yield Error(
            f'"{role}" {" and ".join(names)}.',
            hint=f'{run_setup} If it stays so, the owner of the database takes it away: docs/production.md, "Once".',
            id="casetracker.E007",
        )
    if names := _without_rights(cursor, everything) + _names(cursor, PAST_UNREADABLE):
        yield Error(f'"{role}" may not read: {_some(names)}.', hint=run_setup, id="casetracker.E008")


def _stands_for(cursor: Any) -> str:
    """Return why the role has an owner's power, in words, or nothing."""
    cursor.execute(
        "SELECT rolname, rolsuper, rolcreaterole, rolname = ANY (%s) FROM pg_roles"
        " WHERE pg_has_role(current_user, oid, 'MEMBER')"
        " ORDER BY rolsuper DESC, rolname <> current_user",
        [list(OUTSIDE)],
    )
    for name, is_super, makes_roles, reaches_outside in cursor.fetchall():
        if is_super:
            return "is a superuser, or can become one"
        if makes_roles:
            return "can make roles, and so become another"
        if reaches_outside:
            return f"is a member of {name}"
    cursor.execute(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = ANY ('{r,p}')"
        " AND pg_has_role(current_user, relowner, 'MEMBER')"
    )
    return "owns tables, or can become their owner" if cursor.fetchone()[0] else ""


def _with_rights(cursor: Any, tables: set[str], rights: str) -> list[str]:
    """Return those of the tables on which the role has any of the rights, also on single columns."""
    by_column = ", ".join(right for right in ("INSERT", "UPDATE", "REFERENCES") if right in rights)
    cursor.execute(
        "SELECT name FROM unnest(%s::text[]) AS name JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(name))"
        " WHERE has_table_privilege(c.oid, %s) OR has_any_column_privilege(c.oid, %s) ORDER BY name",
        [list(tables), rights, by_column],
    )
    return [name for (name,) in cursor.fetchall()]


def _without_rights(cursor: Any, tables: set[str]) -> list[str]:
    cursor.execute(
        "SELECT name FROM unnest(%s::text[]) AS name JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(name))"
        " WHERE NOT has_table_privilege(c.oid, 'SELECT') ORDER BY name",
        [list(tables)],
    )
    return [name for (name,) in cursor.fetchall()]


# Views of the past act as their owner: who may write one writes history.
PAST_WRITABLE = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relnamespace = to_regnamespace('as_known') AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE')
"""
PAST_UNREADABLE = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relnamespace = to_regnamespace('as_known') AND relkind = 'v'
      AND NOT (has_table_privilege(oid, 'SELECT') AND has_schema_privilege(relnamespace, 'USAGE'))
"""
# Sequences that the role may set: rows of history are in the order of their keys.
COUNTERS = "SELECT seqrelid::regclass::text FROM pg_sequence WHERE has_sequence_privilege(seqrelid, 'UPDATE')"


def _can_make(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE'),"
        " has_database_privilege(current_database(), 'TEMPORARY'),"
        " has_parameter_privilege('session_replication_role', 'SET')"
    )
    words = [
        "can make tables and functions in the schema public",
        "can make schemas in the database",
        "can make temporary tables",
        "can set session_replication_role",
    ]
    return [each for each, is_so in zip(words, cursor.fetchone(), strict=True) if is_so]


def _switched_off(cursor: Any) -> Iterator[CheckMessage]:
    """Triggers that the tables should have and don't, or that somebody has disabled."""
    import pgtrigger

    wanted = {trigger.get_pgid(model): model._meta.db_table for model, trigger in pgtrigger.registered()}
    cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
    missing = set(wanted) - {name for (name,) in cursor.fetchall()}
    there = set(connection.introspection.table_names(cursor))
    if tables := sorted({wanted[name] for name in missing} & there):
        yield Error(
            f"Triggers that write history or status are missing or disabled: {_some(tables)}.",
            hint="Run manage.py migrate; if that helps nothing, manage.py pgtrigger install and pgtrigger enable; then setup. "
            "Find out who did it: what was changed meanwhile is not in the history.",
            id="casetracker.E009",
        )


def _owner_of_other_ignore(cursor: Any) -> str | None:
    """Return the owner of the function that says whether a trigger is switched off, unless it is the one written above."""
    cursor.execute(
        "SELECT prosrc, pg_get_userbyid(proowner) FROM pg_proc WHERE oid = to_regproc('public._pgtrigger_should_ignore')"
    )
    found = cursor.fetchone()
    return found[1] if found and found[0] != ignore_body(found[1]) else None


def _names(cursor: Any, query: str, *values: str) -> list[str]:
    cursor.execute(query, values or None)
    return sorted(name for (name,) in cursor.fetchall())


def _some(names: list[str], number: int = 5) -> str:
    return ", ".join(names[:number]) + (f" and {len(names) - number} others" if len(names) > number else "")


def _list(names: list[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))


def _text(statement: Composable) -> str:
    """As text: pghistory's context looks into each statement, and knows no other form."""
    return statement.as_string(None)
