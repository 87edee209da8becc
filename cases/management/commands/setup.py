"""Write what every installation needs: roles with permissions, first vocabularies, codes and rights of treaties, the time zone,
the cache table, and what the database's roles may do.
"""

import pghistory.models
from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.text import slugify
from psycopg import sql

from cases.as_known import make_views
from cases.models import Case, CaseState, LegalCode, Period, Right, Role, Term, TermKind, User, UserGroup
from cases.rights import RIGHTS
from casetracker import roles

# Modest and neutral: a team adds its own words in the admin site, renames these and takes away what it doesn't need.
VOCABULARY = {
    TermKind.ETHNICITY: ["Belarusian", "Crimean Tatar", "Jewish", "Russian", "Tatar", "Ukrainian", "Other"],
    TermKind.RELIGION: [
        "Buddhist", "Catholic", "Jehovah's Witness", "Jewish", "Muslim", "No religion", "Orthodox Christian",
        "Protestant", "Other",
    ],
    TermKind.OCCUPATION: [
        "Activist", "Artist or writer", "Civil servant", "Entrepreneur", "Farmer", "Health worker", "Journalist",
        "Lawyer", "Politician", "Religious leader", "Retired", "Student", "Teacher or scholar", "Unemployed", "Worker",
        "Other",
    ],
    TermKind.TAG: ["Child", "Foreign citizen", "Health at risk", "Invented", "Torture alleged", "Urgent"],
    TermKind.NOTE: ["Appeal by others", "Background", "Conditions", "Family", "Health", "Letters and parcels", "Other"],
}  # fmt: skip

# Codes that most cases name; by the short names that stand in addresses. Where a team has codes of its own, none is added.
CODES = {
    "ru-cc": ("RU", "Criminal Code of Russia"),
    "ru-koap": ("RU", "Code of Administrative Offences of Russia"),
    "ua-cc": ("UA", "Criminal Code of Ukraine"),
    "by-cc": ("BY", "Criminal Code of Belarus"),
}

# What each role may do with the rows of `cases`; what it sees of them is decided by visible_to.
ACTIONS = {
    Role.READER: ["view"],
    Role.RESEARCHER: ["view", "add", "change"],
    Role.EDITOR: ["view", "add", "change", "delete"],
    Role.ADMINISTRATOR: ["view", "add", "change", "delete"],
}
BATCH = 1000


class Command(BaseCommand):
    help = (
        "Write roles, permissions, the first vocabulary, legal codes and rights, the time zone, and what the database's roles"
        " may do. Can be run at any time, and must be after each migrate; changes nothing twice."
    )

    def handle(self, *args, **options):
        call_command("createcachetable", verbosity=0)
        with transaction.atomic():
            write_roles()
            write_vocabulary()
            write_codes()
            write_treaty_rights()
        rebuilt = write_zone(settings.TIME_ZONE)
        make_views()
        write_rights()
        if options["verbosity"] and rebuilt is not None:
            self.stdout.write(
                f"The time zone is now {settings.TIME_ZONE}; computed the status of {rebuilt} cases again."
            )


def write_rights():
    """Protect the triggers, and give the application's role its rights if we are the owner beside it."""
    with transaction.atomic():
        roles.protect()
        try:
            if role := roles.application_role():
                roles.grant(role)
        except roles.NoApplicationRole as error:
            raise CommandError(str(error)) from None


def write_roles():
    """Make the four groups and give each exactly its permissions."""
    create_permissions(apps.get_app_config("cases"), verbosity=0)
    permissions = dict(Permission.objects.filter(content_type__app_label="cases").values_list("codename", "pk"))
    for role, actions in ACTIONS.items():
        group = Group.objects.get_or_create(name=role)[0]
        names = (
            f"{action}_{model._meta.model_name}" for model in models_of(role) for action in allowed(actions, model)
        )
        group.permissions.set([permissions[name] for name in names])


def models_of(role):
    """Return the models that a role deals with: users and their roles are for administrators alone."""
    return [
        model
        for model in apps.get_app_config("cases").get_models()
        if role == Role.ADMINISTRATOR or tracked_model(model) not in (User, UserGroup)
    ]


def tracked_model(model):
    """Return the model whose history a model keeps, or the model itself."""
    return model.pgh_tracked_model if issubclass(model, pghistory.models.Event) else model


def allowed(actions, model):
    """History and what the database derives can only be looked at, whoever looks."""
    fixed = issubclass(model, pghistory.models.Event) or model in (CaseState, Period)
    return ["view"] if fixed else actions


def write_vocabulary():
    """Give each kind that never had a term its first ones; what a team took away stays away."""
    ever = set(Term.pgh_event_model.objects.values_list("kind", flat=True))
    Term.objects.bulk_create(
        Term(kind=kind, name=name, slug=slugify(name))
        for kind, names in VOCABULARY.items()
        if kind not in ever
        for name in names
    )


def write_codes():
    """Give an installation that never had a legal code its first ones; what a team took away stays away."""
    if not LegalCode.pgh_event_model.objects.exists():
        LegalCode.objects.bulk_create(
            LegalCode(slug=slug, jurisdiction=country, name=name) for slug, (country, name) in CODES.items()
        )


def write_treaty_rights():
    """Add the rights whose codes were never there; what a team changed stays, and what it took away stays away."""
    ever = set(Right.pgh_event_model.objects.values_list("code", flat=True))
    Right.objects.bulk_create(Right(**right._asdict()) for right in RIGHTS if right.code not in ever)


def write_zone(zone):
    """Make `zone` the database's zone for days of recording. Return how many cases that rebuilt; None if it was so already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT cases_zone()")
        if cursor.fetchone()[0] == zone:
            return None
        body = sql.Literal(f"SELECT '{zone}'").as_string(cursor.connection)
        cursor.execute(f"CREATE OR REPLACE FUNCTION cases_zone() RETURNS text LANGUAGE sql STABLE AS {body}")
        # Plans that are kept hold the old zone; other sessions hold theirs until they connect anew
        cursor.execute("DISCARD PLANS")
    return rebuild_all()


def rebuild_all():
    """Compute the periods of every case anew, a batch in a transaction. Return the number of cases."""
    done, last = 0, 0
    while ids := list(Case.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rebuild(ids)
        done, last = done + len(ids), ids[-1]
    return done


def rebuild(ids):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_rebuild(%s::bigint[], false)", [ids])
