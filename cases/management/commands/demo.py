"""Load the demo: two published cases and 300 of people who are invented and say so. `--remove` takes it away again."""

import contextlib
import os
import random
from datetime import UTC, date, datetime

import pghistory
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import ProtectedError

from cases.demo.context import Surroundings
from cases.demo.invented import Invention
from cases.demo.loading import Loader
from cases.demo.published import CASES, Published
from cases.management.commands.setup import write_roles, write_treaty_rights, write_vocabulary
from cases.models import (
    Case,
    Court,
    Detainee,
    JointProceeding,
    Lawyer,
    LegalCode,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Source,
    User,
)

SEED = 20171025
INVENTED_CASES = 300
LAST_DAY = date(2026, 10, 31)  # the demo is the same on every day on which it is loaded
REASON = "demo"
# What the demo made, in the order in which it can be taken away again
OWN = [
    JointProceeding, Case, Detainee, Lawyer, Source, Court, Place, Provision, LegalCode, Organisation, PrisonerList,
]  # fmt: skip


class Command(BaseCommand):
    help = "Load two published cases and 300 invented ones into the empty database of script/run."

    def add_arguments(self, parser):
        parser.add_argument("--remove", action="store_true", help="take the demo's own rows away, and nothing else")

    def handle(self, *args, **options):
        if os.environ.get("CASETRACKER_PRIVATE_SERVER") != "1":
            raise CommandError("The demo is only for the private server of script/run: script/manage demo")
        if options["remove"]:
            self.say(options, f"Took away {remove()} cases of the demo.")
            return
        if Case.objects.exists():
            raise CommandError("This database has cases. The demo is for an empty one.")
        with transaction.atomic(), pghistory.context(reason=REASON):
            count = load()
        self.say(options, f"Loaded {count} cases: {CASES} published ones, {count - CASES} invented.")

    def say(self, options, text):
        if options["verbosity"]:
            self.stdout.write(text)


def load():
    """Load everything and return the number of cases."""
    write_roles()
    write_vocabulary()
    write_treaty_rights()
    rng = random.Random(SEED)
    published = Published(rng).load()
    loader = Loader(rng, LAST_DAY, datetime(2026, 1, 1, 9, tzinfo=UTC))
    users = dict(User.objects.filter(username__in=["reader", "researcher", "editor"]).values_list("username", "pk"))
    invention = Invention(loader, INVENTED_CASES, detail=1, users=users)
    cases = invent(invention)
    Surroundings(invention, SEED).surround(cases)
    loader.write(cases, REASON)
    return len(published) + len(cases)


def invent(invention):
    """Add the invented people: every 30th has a second case, every 50th dies in custody, and 20 stand in joint proceedings."""
    cases = []
    for number in range(1, INVENTED_CASES + 1):
        dies = number % 50 == 7
        if number % 30 or dies:
            detainee = invention.person(dies)
        cases.append(invention.case(detainee, dies, records=80 if number == 100 else 0))
    for first in range(10, INVENTED_CASES, 60):
        invention.proceeding(cases[first : first + 4])
    return cases


def remove():
    """Delete what the demo wrote, as history tells, unless something else has come to depend on it. Return how many cases."""
    cases = own(Case).count()
    for model in OWN:
        rows = own(model)
        try:
            with transaction.atomic():
                rows.delete()
        except ProtectedError:
            remove_one_by_one(rows)
    return cases


def own(model):
    written = model.pgh_event_model.objects.filter(pgh_label="insert", pgh_context__reason=REASON)
    return model.objects.filter(pk__in=written.values("pgh_obj_id"))


def remove_one_by_one(rows):
    for row in rows:
        with contextlib.suppress(ProtectedError):
            row.delete()
