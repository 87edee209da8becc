"""What the application's role can't do to history, and that all its ordinary work goes on."""

import os
import subprocess
from datetime import UTC, datetime

import pgtrigger
import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse
from psycopg.errors import InsufficientPrivilege, ObjectNotInPrerequisiteState

from cases.models import Case, CaseState, Charge, Detention, Period, Role
from casetracker import roles
from tests.browser import next_page
from tests.conftest import connected_as
from tests.factories import make_case, make_charge, make_code, make_detention, make_note, make_user

pytestmark = [pytest.mark.roles, pytest.mark.django_db(transaction=True)]

CHANGED = Charge.pgh_event_model.objects
ALL_TRIGGERS = ",".join(trigger.get_pgid(model) for model, trigger in pgtrigger.registered())


@pytest.fixture
def application(transactional_db, application_role):
    """A connection of the application's role, past Django: each statement is a transaction of its own."""
    roles.grant(application_role)
    with psycopg.connect(address_of(application_role), autocommit=True) as opened:
        yield opened


def address_of(role):
    given = connection.settings_dict
    parts = {"dbname": given["NAME"], "user": role, "host": given["HOST"], "port": given["PORT"]}
    return psycopg.conninfo.make_conninfo(**{name: value for name, value in parts.items() if value})


def allowed(opened, statements):
    """Return those of the statements that the role is not refused for want of a right."""
    passed = []
    for statement in statements:
        try:
            opened.execute(statement)
        except InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            passed.append(f"{statement}: {error}")
        else:
            passed.append(statement)
    return passed


def owner_runs(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# What it is refused


def test_history_and_status_can_neither_be_changed_nor_added_to_nor_emptied(application):
    make_detention()
    tables = sorted(roles.history_tables()) + [Period._meta.db_table, CaseState._meta.db_table]
    assert len(tables) > 30
    for table in tables:
        key, value = ("pgh_label", "'insert'") if table in roles.history_tables() else ("case_id", "1")
        assert not allowed(
            application,
            [
                f"UPDATE {table} SET {key} = {value}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"INSERT INTO {table} ({key}) VALUES ({value})",
                f"COPY {table} FROM STDIN",
                f"SELECT FROM {table} FOR UPDATE",
                f"DO $$ BEGIN LOCK {table} IN EXCLUSIVE MODE; END $$",
                *changes_of_a_table(table),
            ],
        )


def test_tables_of_records_can_neither_be_emptied_nor_altered(application):
    there = set(connection.introspection.table_names())
    for table in sorted((roles.our_tables() & there) - roles.history_tables()):
        assert not allowed(application, [f"TRUNCATE {table} CASCADE", *changes_of_a_table(table)])


def changes_of_a_table(table):
    return [
        f"ALTER TABLE {table} ADD COLUMN more int",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} DISABLE TRIGGER USER",
        f"CREATE TRIGGER more BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"CREATE RULE more AS ON UPDATE TO {table} DO INSTEAD NOTHING",
        f"DROP TABLE {table}",
    ]


def test_no_trigger_can_be_dropped(application):
    triggers = [(trigger.get_pgid(model), model._meta.db_table) for model, trigger in pgtrigger.registered()]
    assert not allowed(application, [f"DROP TRIGGER {name} ON {table}" for name, table in triggers])


def test_it_can_become_nobody_else_and_make_nothing(application, application_role):
    make_case()
    owner = connection.settings_dict["USER"]
    assert not allowed(
        application,
        [
            f"SET ROLE {owner}",
            f"SET SESSION AUTHORIZATION {owner}",
            "SET session_replication_role = replica",
            f'ALTER ROLE "{application_role}" SUPERUSER',
            f'ALTER ROLE "{application_role}" CREATEROLE',
            f'GRANT {owner} TO "{application_role}"',
            "CREATE ROLE another",
            "CREATE TABLE cases_another (id int)",
            "CREATE TABLE public.another AS SELECT * FROM cases_caseevent",
            # One that has the name of ours comes before it; one with a trigger of ours would write into its history
            "CREATE TEMP TABLE cases_event (id int)",
            "CREATE FUNCTION pg_temp.more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE VIEW more AS SELECT * FROM cases_caseevent",
            "CREATE SCHEMA more",
            "CREATE EXTENSION hstore",
            "CREATE FUNCTION public.more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS bool LANGUAGE sql AS 'SELECT true'",
            "ALTER FUNCTION public._pgtrigger_should_ignore(name) RENAME TO another",
            "DROP FUNCTION public._pgtrigger_should_ignore(name) CASCADE",
            # What acts as the owner is for triggers alone
            "SELECT cases_forget(ARRAY(SELECT id FROM cases_case))",
            "SELECT cases_rebuild(ARRAY(SELECT id FROM cases_case), true)",
            "SELECT cases_touch(ARRAY(SELECT id FROM cases_case))",
            "SELECT setval('cases_caseevent_pgh_id_seq', 1)",
            "SELECT nextval('cases_caseevent_pgh_id_seq')",
            "COPY cases_case TO PROGRAM 'true'",
            "COPY cases_case TO '/tmp/cases'",
            "COPY cases_name (text) FROM '/etc/passwd'",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT lo_export(1, '/tmp/cases')",
            "UPDATE pghistory_context SET metadata = '{}'",
            "DELETE FROM django_migrations",
            "UPDATE auth_group SET name = 'Nobody'",
        ],
    )


def test_views_of_the_past_are_for_reading(application):
    application.execute("SELECT set_config('cases.moment', now()::text, false)")
    views = application.execute("SELECT viewname FROM pg_views WHERE schemaname = 'as_known'").fetchall()
    assert views
    for (name,) in views:
        application.execute(f"SELECT count(*) FROM as_known.{name}")
        for statement in (f"DELETE FROM as_known.{name}", f"INSERT INTO as_known.{name} DEFAULT VALUES"):
            with pytest.raises((InsufficientPrivilege, ObjectNotInPrerequisiteState)):
                application.execute(statement)


# What is written all the same


def test_a_setting_that_switches_triggers_off_does_so_for_the_owner_alone(application):
    stay = make_detention(began="2015-01-29")
    application.execute(f"SET pgtrigger.ignore = '{{{ALL_TRIGGERS}}}'")
    application.execute("UPDATE cases_detention SET ending = 'ended' WHERE id = %s", [stay.pk])
    stay.refresh_from_db()
    written = Detention.pgh_event_model.objects.filter(pgh_obj=stay)
    assert list(written.order_by("pgh_id").values_list("pgh_label", "ending")) == [
        ("insert", "ongoing"),
        ("update", "ended"),
    ]
    assert stay.version == 2
    assert Period.objects.get(case=stay.case, status="in_custody").end_latest.year < 9999
    application.execute("DELETE FROM cases_detention WHERE id = %s", [stay.pk])
    assert written.filter(pgh_label="delete").exists()
    assert not Period.objects.filter(case=stay.case, status="in_custody").exists()
    other = make_note()
    with transaction.atomic():
        owner_runs(f"SET LOCAL pgtrigger.ignore = '{{{ALL_TRIGGERS}}}'", "UPDATE cases_note SET text = 'Unseen.'")
    assert other.history.count() == 1


def test_nonsense_in_that_setting_stops_nothing(application):
    charge = make_charge()
    for setting in ["", "{}", "not a list", "{{", "{unknown}"]:
        before = charge.history.count()
        application.execute("SELECT set_config('pgtrigger.ignore', %s, false)", [setting])
        application.execute("UPDATE cases_charge SET remark = %s WHERE id = %s", [f"Now {setting}", charge.pk])
        assert charge.history.count() == before + 1


def test_other_settings_of_a_session_stop_nothing(application, application_role):
    charge = make_charge()
    for statement in (
        "SET search_path = pg_catalog",
        "SET plpgsql.extra_errors = 'shadowed_variables'",
        "SET transform_null_equals = on",
        "SET check_function_bodies = off",
    ):
        application.execute(statement)
    application.execute("UPDATE public.cases_charge SET remark = 'x' WHERE id = %s", [charge.pk])
    from_the_start = f"-c pgtrigger.ignore={{{ALL_TRIGGERS}}}"
    with psycopg.connect(address_of(application_role), autocommit=True, options=from_the_start) as again:
        assert again.execute("SHOW pgtrigger.ignore").fetchone()[0].startswith("{pgtrigger_")
        again.execute("UPDATE cases_charge SET remark = 'y' WHERE id = %s", [charge.pk])
    assert charge.history.count() == 3


def test_who_why_when_and_by_which_role_stay_as_they_were(application, application_role):
    charge = make_charge()
    application.execute("""SET pghistory.context_metadata = '{"username": "ann", "reason": "a letter came"}'""")
    application.execute("UPDATE cases_charge SET remark = 'x' WHERE id = %s", [charge.pk])
    written = CHANGED.filter(pgh_label="update").values().get()
    assert written["pgh_context"] == {"username": "ann", "reason": "a letter came"}
    assert written["pgh_role"] == application_role
    application.execute("""SET pghistory.context_metadata = '{"username": "bob", "reason": "none"}'""")
    application.execute("UPDATE cases_charge SET remark = 'y' WHERE id = %s", [charge.pk])
    assert CHANGED.filter(pgh_label="update").order_by("pgh_id").values().first() == written


def test_raw_sql_of_many_cases_is_recorded_with_the_role(as_application):
    cases = [make_case() for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET title = 'Named by SQL'")
    rows = Case.pgh_event_model.objects.filter(pgh_label="update")
    assert set(rows.values_list("pgh_obj_id", "pgh_role")) == {(case.pk, as_application) for case in cases}


# Its ordinary work


def test_a_researcher_adds_changes_and_deletes_through_the_pages(as_application, client):
    user = make_user(Role.EDITOR)
    client.force_login(user)
    made = client.post(reverse("case-add"), NEW_CASE)
    case = Case.objects.get()
    assert made.status_code == 302
    of_case = f"/cases/{case.reference}"
    stay = {"kind": "remand", "began": "29.01.2015", "ending": "ongoing", **EVIDENCE}
    assert client.post(f"{of_case}/detentions/add/", stay).status_code == 302
    record = case.detentions.get()
    assert CaseState.objects.filter(case=case).exists()
    assert Period.objects.filter(case=case, status="in_custody").exists()
    edit = f"{of_case}/detentions/{record.pk}/edit/"
    version = client.get(edit).context["form"]["version"].value()
    changed = {**stay, "kind": "prison", "version": version, "reason": "The court said so."}
    assert client.post(edit, changed).status_code == 302
    record.refresh_from_db()
    assert (record.kind, record.version) == ("prison", 2)
    moment = {"at": datetime.now(UTC).isoformat()}
    for page, query in (("/", {}), ("/history/", {}), ("/as-known/", moment)):
        assert client.get(f"{of_case}{page}", query).status_code == 200, page
    gone = client.post(f"{of_case}/detentions/{record.pk}/delete/", {"reason": "Entered twice."})
    assert gone.status_code == 302
    rows = list(record.history.order_by("pgh_id").values_list("pgh_label", "pgh_role", "pgh_context__username"))
    assert rows == [(label, as_application, user.username) for label in ("insert", "update", "delete")]
    assert b"".join(client.get("/reports/cases.csv").streaming_content).count(b"\n") == 2


EVIDENCE = {"evidence-kind": "news", "evidence-reliability": "unknown"}
NEW_CASE = {
    "person-person": "Ann Example", "person-sex": "female", "case-access": "everyone",
    "spellings-TOTAL_FORMS": "1", "spellings-INITIAL_FORMS": "0", "spellings-0-kind": "native",
    "stay-ending": "ongoing", "lawyer-role": "chosen", **EVIDENCE,
}  # fmt: skip


def test_an_administrator_signs_in_changes_a_word_and_gives_a_role(as_application, client):
    make_user(Role.ADMINISTRATOR, "root")
    code = make_code()
    answer = client.post(reverse("account_login"), {"login": "root", "password": "a-long-password-1"})
    assert answer.status_code == 302
    address = reverse("admin:cases_legalcode_change", args=[code.pk])
    fields = {field.html_name: field.value() or "" for field in client.get(address).context["adminform"].form}
    assert client.post(address, fields | {"name": "Another name"}).status_code == 302
    code.refresh_from_db()
    assert code.name == "Another name"
    other = make_user(Role.READER)
    other.groups.set([Group.objects.get(name=Role.EDITOR)])
    assert client.get(reverse("admin:cases_user_changelist")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.browser
def test_in_a_browser_a_case_and_a_record_are_added_and_recorded(as_application, open_page):
    page = open_page(make_user(Role.RESEARCHER, "researcher"))
    page.goto("/cases/add/")
    page.locator("[name='person-person']").fill("Ann Example")
    with next_page(page):
        page.locator(".form-end .btn-primary").click()
    case = Case.objects.get()
    page.goto(f"/cases/{case.reference}/arrests/add/")
    page.locator("[name='date']").fill("29.01.2015")
    with next_page(page):
        page.locator(".form-end .btn-primary").click()
    page.goto(f"/cases/{case.reference}/")
    assert "29 January 2015" in page.locator("main").inner_text()
    row = case.arrests.get().history.get()
    assert (row.pgh_role, row.pgh_context["username"]) == (as_application, "researcher")
    assert Period.objects.filter(case=case, status="in_custody").exists()


# The check


def said():
    """Return the ids of what `check --database default` says to the role that is connected."""
    return {message.id for message in run_checks(tags=["roles"], databases=["default"])}


def test_the_check_is_content_with_the_application_and_warns_of_the_owner(as_application):
    assert said() == set()
    with connected_as("casetracker"):
        assert said() == {"casetracker.W001"}


def test_the_owner_at_its_own_work_is_not_warned_of(transactional_db, monkeypatch):
    monkeypatch.setenv("APPLICATION_DATABASE_URL", "postgresql://casetracker_app@/cases")
    assert said() == set()


def test_the_check_asks_nothing_without_a_database_named(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert run_checks(tags=["roles"]) == []


TOO_MUCH = [
    ("GRANT INSERT ON cases_caseevent TO {role}", "E002"),
    ("GRANT UPDATE (pgh_context) ON cases_caseevent TO {role}", "E002"),
    ("GRANT TRIGGER ON cases_caseevent TO PUBLIC", "E002"),
    ("GRANT INSERT ON as_known.cases_case TO {role}", "E002"),
    ("GRANT DELETE ON cases_period TO {role}", "E003"),
    ("GRANT UPDATE ON SEQUENCE cases_caseevent_pgh_id_seq TO {role}", "E003"),
    ("GRANT TRUNCATE ON cases_charge TO {role}", "E004"),
    ("ALTER FUNCTION {trigger}() SECURITY INVOKER", "E005"),
    ("ALTER FUNCTION {trigger}() RESET search_path", "E005"),
    ("GRANT EXECUTE ON FUNCTION cases_forget TO {role}", "E006"),
    ("GRANT CREATE ON SCHEMA public TO {role}", "E007"),
    ("GRANT TEMPORARY ON DATABASE {database} TO PUBLIC", "E007"),
    ("REVOKE SELECT ON cases_place FROM {role}", "E008"),
    ("REVOKE USAGE ON SCHEMA as_known FROM {role}", "E008"),
]


def test_the_check_names_what_is_amiss_and_setup_mends_it(as_application):
    names = {
        "role": connection.ops.quote_name(as_application),
        "trigger": ALL_TRIGGERS.partition(",")[0],
        "database": connection.settings_dict["NAME"],
    }
    for statement, complaint in TOO_MUCH:
        as_owner(lambda statement=statement: owner_runs(statement.format(**names)))
        assert said() == {f"casetracker.{complaint}"}, statement
        as_owner(lambda: (roles.protect(), roles.grant(as_application)))
        assert said() == set(), statement


def as_owner(work):
    """Do this as the owner, while Django is connected as the application."""
    with connected_as("casetracker"):
        work()


def test_the_check_names_a_trigger_that_is_missing_or_disabled(as_application):
    as_owner(lambda: owner_runs("ALTER TABLE cases_charge DISABLE TRIGGER USER"))
    try:
        assert said() == {"casetracker.E009"}
    finally:
        as_owner(lambda: owner_runs("ALTER TABLE cases_charge ENABLE TRIGGER USER"))
    assert said() == set()


def test_what_pgtrigger_writes_anew_is_protected_again_by_setup(as_application):
    as_owner(lambda: call_command("pgtrigger", "install", verbosity=0))
    assert said() == {"casetracker.E005"}
    charge = None
    with pytest.raises(ProgrammingError, match="permission denied"):
        charge = make_charge()
    as_owner(lambda: call_command("setup", verbosity=0))
    as_owner(lambda: roles.grant(as_application))
    assert charge is None
    assert make_charge().history.get().pgh_role == as_application


MIGHT = [
    ("ALTER ROLE too_mighty SUPERUSER", "superuser"),
    ("ALTER ROLE too_mighty CREATEROLE", "make roles"),
    ("GRANT casetracker TO too_mighty", "superuser"),
    ("GRANT pg_write_all_data TO too_mighty", "pg_write_all_data"),
    ("ALTER TABLE cases_note OWNER TO too_mighty", "owns tables"),
]


def test_the_check_warns_of_a_role_that_has_an_owners_power(transactional_db):
    for statement, words in MIGHT:
        owner_runs("CREATE ROLE too_mighty LOGIN", statement)
        try:
            with connected_as("too_mighty"):
                (warning,) = run_checks(tags=["roles"], databases=["default"])
        finally:
            owner_runs(
                "REASSIGN OWNED BY too_mighty TO casetracker", "DROP OWNED BY too_mighty", "DROP ROLE too_mighty"
            )
        assert words in warning.msg
        assert warning.id == "casetracker.W001"


# Commands


def test_a_role_with_any_name_gets_its_rights_and_one_that_is_missing_is_named(transactional_db):
    with pytest.raises(roles.NoApplicationRole, match='"nobody" that DATABASE_URL names is not there'):
        roles.grant("nobody")
    owner_runs('CREATE ROLE "Ann\'s ""App""" LOGIN')
    try:
        roles.grant('Ann\'s "App"')
        with psycopg.connect(address_of('Ann\'s "App"')) as opened:
            assert opened.execute("SELECT count(*) FROM cases_case").fetchone() == (0,)
    finally:
        owner_runs('DROP OWNED BY "Ann\'s ""App"""', 'DROP ROLE "Ann\'s ""App"""')


def manage(project, python, *words, **environ):
    """Run manage.py on the test database with both addresses; return what it printed."""
    done = subprocess.run(
        [python, project / "manage.py", *words],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_commands_say_through_what_and_run_as_whom_they_must(application, application_role, project, python):
    addresses = {
        "DATABASE_URL": address_of(application_role),
        "MIGRATION_DATABASE_URL": address_of(connection.settings_dict["USER"]),
    }
    charge = make_charge()
    program = "from cases.models import Charge; Charge.objects.update(remark='By a command.')"
    printed = manage(project, python, "shell", "-c", program, **addresses)
    row = charge.history.last()
    assert (row.pgh_context, row.pgh_role) == ({"command": "shell"}, application_role), printed
    assert manage(project, python, "setup", **addresses) == ""
    assert "no issues" in manage(project, python, "check", "--database", "default", **addresses)


def test_a_database_that_is_away_is_said_in_a_line(project, python):
    printed = manage(project, python, "check", "--database", "default", DATABASE_URL="postgresql://a@127.0.0.1:1/a")
    assert "The database can't be reached" in printed
    assert "Traceback" not in printed
