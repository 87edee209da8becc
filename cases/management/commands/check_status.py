"""Compare what the database derives with what the records say: `manage.py check_status [--sample N] [--fix]`.

Nothing should ever be found; raw SQL by an owner whose triggers were off is what can do it. Ends with 1 if something is
wrong and was not mended.
"""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import F, Min

from cases.chronology import problems, records_of
from cases.demo.loading import TRACKED
from cases.management.commands.setup import BATCH, rebuild, write_zone
from cases.models import (
    Arrest,
    Case,
    CaseState,
    Charge,
    Detainee,
    Detention,
    Period,
    Release,
    Representation,
    Restriction,
    Sentence,
)
from cases.models.base import FoldedField

PERIOD_COLUMNS = [field.column for field in Period._meta.local_concrete_fields if field.column not in ("id", "case_id")]
FRESH = ", ".join(f"(span).{name}" for name in PERIOD_COLUMNS)

# Cases whose stored periods are not exactly those that their records give.
OTHER_PERIODS = f"""
    WITH fresh AS (SELECT case_id, {FRESH} FROM cases_fresh(%(ids)s::bigint[])),
    stored AS (SELECT case_id, {", ".join(PERIOD_COLUMNS)} FROM cases_period WHERE case_id = ANY (%(ids)s::bigint[]))
    SELECT DISTINCT case_id FROM (
        (TABLE fresh EXCEPT TABLE stored) UNION ALL (TABLE stored EXCEPT TABLE fresh)
    ) AS other ORDER BY case_id
"""
# Cases whose keys for search and order are not those that cases_state() in 0002_status.sql writes.
OTHER_KEYS = """
    SELECT c.id
    FROM cases_case AS c JOIN cases_detainee AS p ON p.id = c.detainee_id JOIN cases_casestate AS s ON s.case_id = c.id
    CROSS JOIN LATERAL (
        SELECT string_agg(n.key, ' | ' ORDER BY n.id) AS keys, (array_agg(n.key ORDER BY n.kind = 'main' DESC, n.id))[1] AS main
        FROM cases_name AS n WHERE n.detainee_id = c.detainee_id
    ) AS names
    WHERE c.id = ANY (%(ids)s::bigint[])
      AND (s.sort_key, s.search_key) IS DISTINCT FROM (coalesce(names.main, ''), concat_ws(' | ', c.key, p.key, names.keys))
    ORDER BY c.id
"""


class Command(BaseCommand):
    help = "Compare periods, keys and the order of dates with the records, and say in plain words what is wrong."

    def add_arguments(self, parser):
        parser.add_argument(
            "--fix", action="store_true", help="compute anew what is wrong; the order of dates is left to people"
        )
        parser.add_argument("--sample", type=int, help="look at so many cases only, chosen at random")

    def handle(self, *args, **options):
        self.fix, self.wrong, self.mended = options["fix"], 0, 0
        self.check_zone()
        self.check_folded()
        self.check_gone()
        cases = Case.objects.order_by("?")[: options["sample"]] if options["sample"] else Case.objects.order_by("pk")
        ids = list(cases.values_list("pk", flat=True))
        for first in range(0, len(ids), BATCH):
            self.check_cases(ids[first : first + BATCH])
        self.conclude(len(ids), options["verbosity"])

    def conclude(self, looked_at, verbosity):
        if self.wrong > self.mended:
            raise CommandError(f"Looked at {looked_at} cases: {self.wrong} things wrong, {self.mended} of them mended.")
        if verbosity:
            mended = f", {self.mended} things mended" if self.mended else ""
            self.stdout.write(f"Looked at {looked_at} cases: all is as the records say{mended}.")

    def tell(self, words, mended=False):
        self.wrong += 1
        self.mended += mended
        self.stdout.write(words + (" Mended." if mended else ""))

    # ---- The whole database

    def check_zone(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cases_zone()")
            zone = cursor.fetchone()[0]
        if zone != settings.TIME_ZONE:
            if self.fix:
                write_zone(settings.TIME_ZONE)
            self.tell(
                f"The database counts days in {zone}, the settings say {settings.TIME_ZONE}: run setup.", self.fix
            )

    def check_folded(self):
        """Every search key is the folded text of its row."""
        for model in TRACKED:
            for field in model._meta.local_concrete_fields:
                if isinstance(field, FoldedField) and field.sources:
                    self.check_key(model, field)

    def check_key(self, model, field):
        rows = model._base_manager.only(field.attname, *field.sources)
        for row in rows.iterator(2000):
            stored, fresh = getattr(row, field.attname), field.pre_save(row, add=False)
            if stored != fresh:
                if self.fix:
                    model._base_manager.filter(pk=row.pk).update(**{field.attname: fresh})
                self.tell(f"The search key of {model._meta.verbose_name} {row.pk} is not that of its text.", self.fix)

    def check_gone(self):
        """Nothing is derived for cases that are not there."""
        for model, word in ((Period, "are periods"), (CaseState, "is a state")):
            for case in (
                model.objects.exclude(case__in=Case.objects.values("pk")).values_list("case", flat=True).distinct()
            ):
                if self.fix:
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT cases_forget(ARRAY[%s]::bigint[])", [case])
                self.tell(f"There {word} for case {case}, which is gone.", self.fix)

    # ---- A batch of cases

    def check_cases(self, ids):
        cases = {case.pk: case for case in Case.objects.filter(pk__in=ids).select_related("detainee")}
        stateless = set(cases) - set(CaseState.objects.filter(case__in=ids).values_list("case", flat=True))
        derived = {
            "has no state, so no list shows it.": stateless,
            "has periods that are not those that its records give.": asked(OTHER_PERIODS, ids),
            "has keys for search and order that are not those of its names.": asked(OTHER_KEYS, ids),
        }
        if self.fix and any(derived.values()):
            rebuild(sorted(set().union(*derived.values())))
        for words, wrong in derived.items():
            for pk in sorted(wrong):
                self.tell(f"{cases[pk]} {words}", self.fix)
        for pk in sorted(suspects(ids)):
            self.check_order(cases[pk])

    def check_order(self, case):
        for problem in problems(records_of(case), case.detainee):
            if problem.level == "error":
                self.tell(f"{case}: {problem.message}")


def asked(query, ids):
    with connection.cursor() as cursor:
        cursor.execute(query, {"ids": ids})
        return {row[0] for row in cursor}


def suspects(ids):
    """Return the cases among whose accepted records something may certainly be out of order: cases.chronology decides."""
    found = set()
    for model, first, last in (
        (Detention, "began", "ended"),
        (Restriction, "began", "ended"),
        (Representation, "began", "ended"),
        (Charge, "charged_on", "ended_on"),
    ):
        rows = model.objects.accepted().filter(case__in=ids, **{f"{last}_latest__lt": F(f"{first}_earliest")})
        found.update(rows.values_list("case", flat=True))
    people = Detainee.objects.filter(cases__in=ids, died_latest__lt=F("born_earliest"))
    found.update(Case.objects.filter(pk__in=ids, detainee__in=people).values_list("pk", flat=True))
    charged = first_days(ids, (Charge, "charged_on"))
    begun = first_days(ids, (Arrest, "date"), (Detention, "began"), (Charge, "charged_on"))
    return found | too_early(ids, Release, begun) | too_early(ids, Sentence, charged)


def first_days(ids, *dates):
    """Return for each case the first day on which one of these can have been."""
    first = {}
    for model, name in dates:
        rows = model.objects.accepted().filter(case__in=ids).values_list("case").annotate(Min(f"{name}_earliest"))
        for case, day in rows.order_by():
            if day and (case not in first or day < first[case]):
                first[case] = day
    return first


def too_early(ids, model, first):
    rows = model.objects.accepted().filter(case__in=ids, date_latest__isnull=False).values_list("case", "date_latest")
    return {case for case, latest in rows if case in first and latest < first[case]}
