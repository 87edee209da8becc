"""Measure how quick it is with many cases: `manage.py benchmark --cases 20000 [--json FILE]`; docs/performance.md."""

import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from cases.benchmark import exporting, figures, questions, saving
from cases.benchmark.fill import NotAsExpected, check, fill
from cases.benchmark.pages import Pages
from cases.benchmark.scratch import ScratchError, scratch
from cases.benchmark.serving import Browser, NotThere, served
from cases.models import Role, User

PEOPLE = {role.label.lower(): role for role in (Role.READER, Role.RESEARCHER, Role.EDITOR, Role.ADMINISTRATOR)}
MOST_USED = "researcher"  # whose figures are the table's: most people of a team are


class Command(BaseCommand):
    help = (
        "Fill a scratch database with invented cases, measure pages, export and saving in it as people use them, and print "
        "the table of the figures to reach. The database that DATABASE_URL names stays as it is: the scratch one stands "
        "beside it, or on a private server where there is none, and is gone afterwards."
    )

    def add_arguments(self, parser):
        parser.add_argument("--cases", type=int, required=True, help="how many")
        parser.add_argument("--json", metavar="FILE", help="write the figures to this file, too")
        parser.add_argument(
            "--keep",
            metavar="NAME",
            default="",
            help="keep the filled database under this name, and use it if it is there",
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--runs", type=int, default=30, help="how often each page is asked for (default: 30)")
        parser.add_argument("--exports", type=int, default=3, help="how often all cases are exported (default: 3)")
        parser.add_argument(
            "--design-only", action="store_true", help="only what the table has: no admin and other pages"
        )

    def handle(self, *args, **options):
        self.began = time.monotonic()
        path = self.refuse_wrong(options)
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that nothing is left behind
        try:
            with scratch(options["keep"], options["cases"]) as database:
                self.prepare(database, options)
                found = self.measure(database, options)
        except (NotAsExpected, NotThere, ScratchError) as error:
            raise CommandError(str(error)) from None
        if path:
            figures.write(path, found)
            self.tell(f"Written to {path}")

    def refuse_wrong(self, options):
        """Say what can't work before anything takes time. Return where the figures go."""
        for name in ("cases", "runs", "exports"):
            if options[name] < 1:
                raise CommandError(f"--{name} must be 1 or more.")
        if not options["json"]:
            return None
        path = Path(os.environ.get("CALLED_FROM", "."), options["json"]).resolve()
        if path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
            raise CommandError(f"{path} can't be written.")
        return path

    def tell(self, words):
        self.stderr.write(f"{time.monotonic() - self.began:6.0f} s  {words}", ending="\n")
        self.stderr.flush()

    # The database

    def prepare(self, database, options):
        wanted = {"cases": options["cases"], "seed": options["seed"]}
        mark = database.mark
        if mark and {name: mark[name] for name in wanted} != wanted:
            raise CommandError(
                f"The database {options['keep']} has {mark['cases']} cases of seed {mark['seed']}: ask for these, or give "
                "--keep another name."
            )
        if mark:
            self.tell("Bringing the kept database up to date")
            database.bring_up_to_date()
            database.connect()
        else:
            self.fill(database, wanted)
        make_people()

    def fill(self, database, wanted):
        self.tell(f"Filling a database with {wanted['cases']} cases")
        began = time.monotonic()
        database.begin_filling()
        database.make()
        database.bring_up_to_date()
        database.connect()
        steps = fill(wanted["cases"], wanted["seed"], tell=self.tell)
        check(wanted["cases"], tell=self.tell)
        seconds = time.monotonic() - began
        self.tell(f"Filled and checked in {seconds / 60:.1f} minutes: {wanted['cases'] / seconds:.0f} cases a second")
        database.write_mark({**wanted, "fill_s": round(seconds), "steps_s": steps})
        database.begin_measuring()

    # The figures

    def measure(self, database, options):
        people = {name: User.objects.get(username=name) for name in PEOPLE}
        with served(database.environ()) as (port, gunicorn):
            browsers = {name: Browser(port, user) for name, user in people.items()}
            pages = Pages(browsers, options["runs"], self.tell)
            self.tell(f"Pages, as gunicorn serves them to a {MOST_USED}")
            timings = pages.of_design()
            self.tell("CSV of all cases")
            csv, of_csv = exporting.measure(browsers[MOST_USED], gunicorn, options["exports"], self.tell)
            name = "list page, another user, during an export"
            with exporting.running(Browser(port, people["editor"])):
                pages.ask(name, [questions.address("case-list")], "reader")
            self.tell("Saving with and without history and status")
            save, of_save = saving.measure(browsers[MOST_USED], options["runs"])
            for what, found in of_save.items():
                self.tell(f"  {what}: {found['with_ms']} ms, without {found['without_ms']} ms: {found['ratio']}")
            if not options["design_only"]:
                self.tell("Other pages, and the admin site")
                pages.beside()
        beside = {
            "cases": options["cases"],
            "seed": options["seed"],
            "runs": options["runs"],
            "as": MOST_USED,
            "fill": database.mark,
            "machine": figures.machine(),
            "records of the case page": [questions.records_of(each) for each in questions.long_cases()],
            "csv in detail": of_csv,
            "save in detail": of_save,
            "each": {name: asdict(timing) for name, timing in pages.found.items()},
            "not measured": pages.missing,
        }
        self.say(options, timings, csv, save, beside)
        return figures.as_json(timings, csv, save, beside)

    def say(self, options, timings, csv, save, beside):
        machine = beside["machine"]
        self.stdout.write(
            f"\n{options['cases']} cases (seed {options['seed']}), {machine['database_gb']} GB; {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB; PostgreSQL {machine['postgresql']['server_version']}, Python {machine['python']}; "
            f"each page {options['runs']} times, as a {MOST_USED}.\n"
        )
        self.stdout.write(figures.table(options["cases"], timings, csv, save, beside["save in detail"]))
        rows = [("page", "p50", "p95", "queries")]
        for name, timing in beside["each"].items():
            rows.append((name, f"{timing['p50_ms']} ms", f"{timing['p95_ms']} ms", str(timing["queries"])))
        self.stdout.write("\n" + figures.in_columns(rows))
        for words in beside["not measured"]:
            self.stdout.write(f"Not measured: {words}")


def make_people():
    """One person of each role, who can't sign in otherwise than we let them."""
    for name, role in PEOPLE.items():
        user, made = User.objects.get_or_create(username=name)
        if made:
            user.set_unusable_password()
            user.save()
            user.groups.add(Group.objects.get(name=role))
