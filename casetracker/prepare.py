"""Bring the database of a run up to date, as its owner: `script/run` calls this as a process of its own.

On the private server it also makes the demo and its people, and prints how to sign in.
"""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

import django
import pghistory
import psycopg

from casetracker import roles

ROLES = {"administrator": "Administrator", "editor": "Editor", "researcher": "Researcher", "reader": "Reader"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    empty = parser.parse_args().empty
    private = os.environ.get("CASETRACKER_PRIVATE_SERVER") == "1"
    if private:
        make_database(os.environ["MAINTENANCE_URL"], os.environ["DATABASE_URL"])
    roles.act_as_owner()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casetracker.settings")
    django.setup()
    bring_up_to_date()
    if private:
        with pghistory.context(command="script/run"):
            make_people(["administrator"] if empty else list(ROLES))
        if not empty:
            load_demo()
    else:
        hint_at_first_administrator()


def make_database(maintenance_url, url):
    """Make the database and the application's role on the private server, each where it isn't there yet."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    wanted = [
        ("SELECT 1 FROM pg_database WHERE datname = %s", "CREATE DATABASE {}", parts["dbname"]),
        (
            "SELECT 1 FROM pg_roles WHERE rolname = %s",
            "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE",
            parts["user"],
        ),
    ]
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        for question, statement, name in wanted:
            if not connection.execute(question, [name]).fetchone():
                connection.execute(psycopg.sql.SQL(statement).format(psycopg.sql.Identifier(name)))


def bring_up_to_date():
    from django.core.management import call_command, get_commands

    say("Preparing the database")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    if "setup" in get_commands():
        with pghistory.context(command="setup"):
            call_command("setup", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def load_demo():
    """Load the demo into a database that has nothing in it."""
    from django.apps import apps
    from django.core.management import call_command, get_commands

    if "demo" in get_commands() and not apps.get_model("cases", "Case").objects.exists():
        say("Loading the demo: two published cases and 300 invented ones")
        with pghistory.context(command="demo"):
            call_command("demo", verbosity=0)


def make_people(names):
    """Make each of these users once, with a random password, and print it as long as nobody has changed it.

    The passwords stand in a private file of the data directory, with the hash that the database got: another hash there
    means that somebody has chosen a password, which is then theirs alone.
    """
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    users = get_user_model().objects
    kept = Path(settings.DATA_DIR) / "passwords.json"
    known = json.loads(kept.read_text()) if kept.exists() and users.exists() else {}
    for name in names:
        if name not in known and not users.filter(username=name).exists():
            password = secrets.token_urlsafe(12)
            user = users.create_user(name, password=password)
            user.groups.add(Group.objects.get_or_create(name=ROLES[name])[0])
            known[name] = {"password": password, "hash": user.password}
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(known))
    for name in known:
        user = users.filter(username=name).first()
        if user and user.password == known[name]["hash"]:
            print(f"sign in: {name} {known[name]['password']}")
        elif user:
            print(f"{name} signs in with the password that they chose")


def hint_at_first_administrator():
    from django.contrib.auth import get_user_model

    if not get_user_model().objects.exists():
        print("Nobody can sign in yet. Make the first administrator: script/manage administrator NAME")


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
