"""Fill a scratch database with invented cases, for measuring: `manage.py generate --cases 20000`."""

import random
import time
from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from cases.dates import today
from cases.demo.invented import Invention
from cases.demo.loading import Loader
from cases.models import Case

BATCH = 2000
LONG_CASE_EVERY, LONG_CASE_RECORDS = 1000, 80
DETAIL = 0.4  # a list of many cases knows less of each than the demo


class Command(BaseCommand):
    help = "Write invented cases into a scratch database, quickly; the same for the same seed on the same day."

    def add_arguments(self, parser):
        parser.add_argument("--cases", type=int, required=True, help="how many")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--append", action="store_true", help="into a database that has cases already")
        parser.add_argument("--no-history", action="store_true", help="write no history of the invented rows")

    def handle(self, *args, **options):
        if options["cases"] < 1:
            raise CommandError("--cases must be 1 or more.")
        if Case.objects.exists() and not options["append"]:
            raise CommandError("This database has cases. Use a scratch database, or add to this one with --append.")
        began = time.monotonic()
        told = self.report if options["verbosity"] else lambda *words: None
        rows = generate(options["cases"], options["seed"], history=not options["no_history"], told=told)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        if options["verbosity"]:
            seconds = time.monotonic() - began
            history = ", no history" if options["no_history"] else ", each with its history"
            self.stdout.write(
                f"{options['cases']} cases, {rows} rows{history}, in {seconds:.0f} s: {rows / seconds:.0f} rows a second."
            )

    def report(self, cases, rows, seconds):
        self.stdout.write(f"{cases} cases, {rows / seconds:.0f} rows a second")


def generate(number, seed, *, history=True, told=lambda *words: None):
    """Write so many cases, a batch in a transaction. Return the number of rows, history and periods not counted."""
    began = time.monotonic()
    loader = Loader(random.Random(seed), today(), datetime.now(UTC))
    invention = Invention(loader, number, DETAIL, numbered=False)
    done = 0
    while done < number:
        count = min(BATCH, number - done)
        loader.write(add_cases(invention, done, count), "generate", history)
        done += count
        told(done, loader.written, time.monotonic() - began)
    return loader.written


def add_cases(invention, done, count):
    """Add so many cases to what is to be written; some people have two, some cases stand together."""
    chance, cases, detainee = invention.chance, [], None
    for number in range(done + 1, done + count + 1):
        dies = chance(0.01)
        if dies or detainee is None or not chance(0.03):
            detainee = invention.person(dies)
        records = LONG_CASE_RECORDS if number % LONG_CASE_EVERY == 0 else 0
        cases.append(invention.case(detainee, dies, records))
        if dies:
            detainee = None
        if number % 50 == 0:
            invention.proceeding(cases[-invention.rng.randint(2, 5) :])
    return cases
