"""The migrations as a whole."""

import re
from importlib import import_module

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from casetracker.migration import AtOnce


def test_first_migration_is_made_at_once():
    """makemigrations forgets it: `class Migration(AtOnce, migrations.Migration)` takes 2 seconds instead of 30."""
    loader = MigrationLoader(None)
    first = next(
        name for app, name in loader.graph.leaf_nodes("cases") + loader.graph.root_nodes("cases") if "0001" in name
    )
    assert issubclass(import_module(f"cases.migrations.{first}").Migration, AtOnce)


@pytest.mark.django_db
def test_models_and_migrations_say_the_same(capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    assert re.search("No changes detected", capsys.readouterr().out)


@pytest.mark.django_db
def test_tables_made_at_once_have_every_constraint_and_index():
    """What a later operation of that migration adds to a table must have come with the table."""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("cases").get_models():
            if model._meta.managed and not model._meta.proxy:
                there = connection.introspection.get_constraints(cursor, model._meta.db_table)
                assert {each.name for each in [*model._meta.constraints, *model._meta.indexes]} <= set(there), model


@pytest.mark.django_db
def test_every_trigger_is_in_the_database_as_the_models_describe_it():
    registered = pgtrigger.registered()
    assert registered
    assert {trigger.get_installation_status(model)[0] for model, trigger in registered} == {"INSTALLED"}
