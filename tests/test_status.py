"""Status: the periods that the database keeps, held against the oracle, the table of real life and every way to write."""

import random
from datetime import UTC, date, datetime, time
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TestCase, TransactionTestCase

from cases.models import (
    Arrest,
    Case,
    CaseState,
    Charge,
    Detainee,
    Detention,
    Event,
    Finding,
    Period,
    Place,
    Release,
    Restriction,
    Sentence,
)
from tests import factories as make
from tests import histories, oracle

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)


def partial(name, known):
    """The three columns of a partial date as the history has it: bounds as stored, not capped again."""
    text, earliest, latest = (known.text, known.earliest, known.latest) if known else ("", None, None)
    return {name: text, f"{name}_earliest": earliest, f"{name}_latest": latest}


def noon(day):
    return datetime.combine(min(day, date(2026, 11, 1)) if day == LAST else day, time(12), tzinfo=UTC)


def save_histories(pairs):
    """Write the histories as real records, a statement a table, and return {case pk: history}."""
    people = Detainee.objects.bulk_create(
        Detainee(
            reference=f"P-{number:06}",
            deceased=history.person.deceased,
            death_recorded_on=history.person.recorded if history.person.deceased == "yes" else None,
        )
        for number, history in enumerate(pairs)
    )
    for person, history in zip(people, pairs, strict=True):
        if history.person.died:
            Detainee.objects.filter(pk=person.pk).update(**columns(died=history.person.died))
    cases = Case.objects.bulk_create(
        Case(reference=f"C-{number:06}", detainee=person, last_confirmed_on=history.last_confirmed)
        for number, (person, history) in enumerate(zip(people, pairs, strict=True))
    )
    write_records(list(zip(cases, pairs, strict=True)))
    return {case.pk: history for case, history in zip(cases, pairs, strict=True)}


def columns(**dates):
    """Partial dates as plain columns, past the field's capping: {name: oracle date}."""
    found = {}
    for name, known in dates.items():
        found |= partial(name, known)
    return found


def place_key(place):
    """The key of the Place row for a place of a history: a small number, or a name in the table of real life."""
    return len(place) if isinstance(place, str) else place


TABLES = {
    "arrests": (Arrest, lambda r: columns(date=r.date)),
    "stays": (
        Detention,
        lambda r: {
            "kind": r.kind,
            "place_id": place_key(r.place),
            "ending": r.ending,
            **columns(began=r.began, ended=r.ended),
        },
    ),
    "restrictions": (
        Restriction,
        lambda r: {"kind": r.kind, "ending": r.ending, **columns(began=r.began, ended=r.ended)},
    ),
    "releases": (Release, lambda r: {"kind": r.kind, **columns(date=r.date)}),
    "charges": (Charge, lambda r: {"ended_how": r.ended_how, **columns(charged_on=r.charged_on, ended_on=r.ended_on)}),
    "sentences": (Sentence, lambda r: {"verdict": r.verdict, "change": r.change, **columns(date=r.date)}),
}


def write_records(cases):
    """Raw INSERTs of the histories' records, so that bounds are stored exactly as given; references between them follow."""
    keys = {}
    Place.objects.bulk_create(
        [Place(pk=number, name=f"Prison {number}") for number in range(1, 60)], ignore_conflicts=True
    )
    for name, (model, fields) in TABLES.items():
        for case, history in cases:
            for record in sorted(getattr(history, name), key=lambda record: record.id):
                keys[name, case.pk, record.id] = insert(model, case, record, fields(record))
    for case, history in cases:
        for release in history.releases:
            if release.stay_id is not None:
                stay = keys.get(("stays", case.pk, release.stay_id))
                Release.objects.filter(pk=keys["releases", case.pk, release.id]).update(stay=stay)
        for sentence in history.sentences:
            pk = keys["sentences", case.pk, sentence.id]
            if sentence.changes_id is not None:
                changed = keys.get(("sentences", case.pk, sentence.changes_id))
                Sentence.objects.filter(pk=pk).update(changes=changed)
            Finding.objects.bulk_create(
                Finding(case=case, sentence_id=pk, charge_id=keys["charges", case.pk, charge], outcome=outcome)
                for charge, outcome in sentence.findings
                if ("charges", case.pk, charge) in keys
            )


def insert(model, case, record, fields):
    recorded = record.recorded or date(2026, 11, 22)
    fields = {"case_id": case.pk, "created_at": noon(recorded), "updated_at": noon(recorded), **blank(model), **fields}
    names, values = zip(*fields.items(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) RETURNING id",
            values,
        )
        return cursor.fetchone()[0]


def blank(model):
    """The columns that a row must have, with the model's own defaults."""
    return {
        field.column: field.default if field.has_default() else ""
        for field in model._meta.concrete_fields
        if not (field.null or field.primary_key or field.is_relation or field.name in {"created_at", "updated_at"})
    }


def on(periods, day, begin, end):
    return {p.status for p in periods if getattr(p, begin) <= day < getattr(p, end)}


def held(case, day):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fewest, likely, most, unacknowledged FROM cases_days_held(%s::bigint[], %s)", [[case], day]
        )
        return cursor.fetchone() or (0, 0, 0, 0)


def disagreements(case, history, days):
    """What the stored periods and the oracle say differently on these days, in words."""
    periods = list(Period.objects.filter(case=case))
    for day in days:
        now = [p for p in periods if p.begin_likely <= day < p.end_likely]
        wanted = oracle.status_on(history, day)
        wanted = (wanted.status, wanted.kind, place_key(wanted.place))
        if [(p.status, p.kind, p.place_id) for p in now] != [wanted]:
            yield f"{day}: likely {[(p.status, p.kind, p.place_id) for p in now]}, oracle {wanted}"
        if on(periods, day, "begin_earliest", "end_latest") != oracle.possibly(history, day):
            yield f"{day}: possibly {on(periods, day, 'begin_earliest', 'end_latest')}, oracle {oracle.possibly(history, day)}"
        certain = oracle.certainly(history, day)
        if on(periods, day, "begin_latest", "end_earliest") != ({certain} if certain else set()):
            yield f"{day}: certainly {on(periods, day, 'begin_latest', 'end_earliest')}, oracle {certain}"
    for day in days[:5]:
        if held(case, day)[:3] != oracle.days_held(history, day):
            yield f"{day}: days held {held(case, day)}, oracle {oracle.days_held(history, day)}"


def story(history):
    return "\n".join(f"  {name}: {getattr(history, name)}" for name in [*TABLES, "person", "last_confirmed"])


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(20))
def test_periods_and_oracle_agree_for_generated_histories(seed):
    """Twenty times fifty histories, fifty days each: status, possibly, certainly and days held."""
    rng = random.Random(seed)
    cases = save_histories([histories.random_history(rng, 1 + number % 4) for number in range(50)])
    for case, history in cases.items():
        found = list(disagreements(case, history, histories.random_days(rng, history, 50)))
        assert not found, "\n".join([*found[:6], story(history)])


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(100, 104))
def test_periods_and_oracle_agree_after_edits(seed):
    """Records deleted and written again in another shape: what is stored follows."""
    rng = random.Random(seed)
    cases = save_histories([histories.random_history(rng, 2) for _ in range(25)])
    for case, history in cases.items():
        changed = histories.edited(rng, history)
        for model, _ in TABLES.values():
            model.objects.filter(case=case).delete()
        row = Case.objects.get(pk=case)
        Detainee.objects.filter(pk=row.detainee_id).update(
            deceased=changed.person.deceased,
            death_recorded_on=changed.person.recorded if changed.person.deceased == "yes" else None,
            **columns(died=changed.person.died),
        )
        Case.objects.filter(pk=case).update(last_confirmed_on=changed.last_confirmed)
        write_records([(row, changed)])
        found = list(disagreements(case, changed, histories.random_days(rng, changed, 25)))
        assert not found, "\n".join([*found[:6], story(changed)])


@pytest.mark.django_db
@pytest.mark.parametrize("life", histories.REAL_LIFE, ids=lambda life: life.name)
def test_the_table_of_real_life(life):
    """Expectations derived by hand, not by the oracle."""
    ((case, _),) = save_histories([life.history]).items()
    periods = list(Period.objects.filter(case=case))
    for answer in life.answers:
        day = date.fromisoformat(answer.day)
        (now,) = [p for p in periods if p.begin_likely <= day < p.end_likely]
        told = {
            "likely": now.status,
            "kind": now.kind,
            "since": str(now.since_likely) if now.since_likely > FIRST else None,
            "certain": next(iter(on(periods, day, "begin_latest", "end_earliest")), None),
            "possible": on(periods, day, "begin_earliest", "end_latest"),
            "held": held(case, day)[:3],
        }
        for name, value in told.items():
            if getattr(answer, name) is not histories.ANY:
                assert value == getattr(answer, name), f"{answer.day} {name}"


def status_now(case):
    return Period.objects.get(case=case, end_likely=LAST).status


class EveryWriteTests(TestCase):
    """Status is true after a write by any path; none of them names it."""

    def setUp(self):
        self.case = make.make_case()
        self.stay = make.make_detention(self.case, "2015-01-29")

    def test_a_new_record_counts(self):
        self.assertEqual(status_now(self.case), "in_custody")
        make.make_release(self.case)
        self.assertEqual(status_now(self.case), "released")

    def test_deleting_a_record_takes_its_effect_away(self):
        make.make_release(self.case).delete()
        self.assertEqual(status_now(self.case), "in_custody")

    def test_update_counts(self):
        Detention.objects.filter(pk=self.stay.pk).update(
            ending="ended", **columns(ended=oracle.Date("2016-01-01", date(2016, 1, 1), date(2016, 1, 1)))
        )
        self.assertEqual(status_now(self.case), "unknown")

    def test_bulk_create_counts_for_every_case(self):
        cases = [self.case, *(make.make_case() for _ in range(3))]
        Release.objects.bulk_create(Release(case=case, date="2018-01-01", kind="served") for case in cases)
        self.assertEqual({status_now(case) for case in cases}, {"released"})

    def test_raw_sql_counts(self):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_detention SET ending = 'escape' WHERE id = %s", [self.stay.pk])
        self.assertEqual(status_now(self.case), "escaped")

    def test_moving_a_record_to_another_case_rebuilds_both(self):
        other = make.make_case()
        event = Event.objects.create(case=other)
        Detention.objects.filter(pk=self.stay.pk).update(case=other, event=event)
        self.assertEqual((status_now(self.case), status_now(other)), ("unknown", "in_custody"))

    def test_an_account_set_aside_does_not_count(self):
        Detention.objects.filter(pk=self.stay.pk).update(standing="rejected")
        self.assertEqual(status_now(self.case), "unknown")

    def test_a_confidential_event_does_not_count(self):
        self.stay.event.confidential = True
        self.stay.event.save()
        self.assertEqual(status_now(self.case), "unknown")
        Event.objects.filter(pk=self.stay.event_id).update(confidential=False)
        self.assertEqual(status_now(self.case), "in_custody")

    def test_a_death_ends_every_case_of_the_person(self):
        free = make.make_case(self.case.detainee)
        Detainee.objects.filter(pk=self.case.detainee_id).update(deceased="yes")
        self.assertEqual((status_now(self.case), status_now(free)), ("died_in_custody", "died"))

    def test_a_stay_that_ended_on_the_day_of_the_death_was_ended_by_it(self):
        case = make.make_case(make.make_detainee(deceased="yes", died="2016-03-10"))
        make.make_detention(case, "2016-01-01", ended="2016-03-10", ending="ended")
        self.assertEqual(status_now(case), "died_in_custody")

    def test_a_stay_that_ended_by_death_makes_the_person_deceased(self):
        Detention.objects.filter(pk=self.stay.pk).update(ending="death")
        self.case.detainee.refresh_from_db()
        self.assertEqual((self.case.detainee.deceased, status_now(self.case)), ("yes", "died_in_custody"))
        self.assertEqual(self.case.detainee.death_recorded_on, oracle_day(self.stay.created_at))

    def test_a_confidential_death_says_nothing_about_the_person(self):
        make.make_detention(self.case, "2016-01-01", ending="death", confidential=True)
        # The record was there for a moment before its event became confidential: a form makes the event first.
        other = make.make_case()
        event = Event.objects.create(case=other, confidential=True)
        Detention.objects.create(case=other, event=event, began="2016-01-01", kind="remand", ending="death")
        other.detainee.refresh_from_db()
        self.assertEqual((other.detainee.deceased, status_now(other)), ("unknown", "unknown"))

    def test_confirming_a_case_moves_the_end_of_what_is_not_known(self):
        Detention.objects.filter(pk=self.stay.pk).update(ending="unconfirmed")
        Case.objects.filter(pk=self.case.pk).update(last_confirmed_on=date(2016, 3, 1))
        self.assertEqual(
            Period.objects.get(case=self.case, status="unknown", number__gt=1).begin_likely, date(2016, 3, 2)
        )

    def test_a_finding_decides_a_charge(self):
        case = make.make_case()
        charge = make.make_charge(case)
        self.assertEqual(status_now(case), "charged")
        sentence = make.make_sentence(case, findings=[(charge, "acquitted")], verdict="acquitted")
        self.assertEqual(status_now(case), "closed")
        Finding.objects.filter(sentence=sentence).delete()
        Sentence.objects.filter(pk=sentence.pk).update(verdict="convicted")
        self.assertEqual(status_now(case), "convicted")

    def test_deleting_a_case_leaves_nothing_derived(self):
        make.make_release(self.case)
        pk = self.case.pk
        self.case.delete()
        self.assertFalse(Period.objects.filter(case_id=pk).exists() or CaseState.objects.filter(case_id=pk).exists())

    def test_two_accounts_of_one_event_cannot_both_be_accepted_even_of_two_kinds(self):
        from django.db import IntegrityError

        with self.assertRaises(IntegrityError), transaction.atomic():
            Arrest.objects.create(case=self.case, event=self.stay.event, date="2015-01-29")
        Arrest.objects.create(case=self.case, event=self.stay.event, date="2015-01-29", standing="alternative")

    def test_saving_without_a_change_leaves_the_version(self):
        version = self.stay.version
        self.stay.save()
        self.assertEqual(self.stay.version, version)
        self.stay.ordered_by = "A court"
        self.stay.save()
        self.assertEqual(self.stay.version, version + 1)

    def test_a_version_that_the_client_sends_counts_for_nothing(self):
        Detention.objects.filter(pk=self.stay.pk).update(version=900, ordered_by="A court")
        self.assertEqual(Detention.objects.get(pk=self.stay.pk).version, 2)


def oracle_day(moment):
    return moment.astimezone(UTC).date()


class TwoAtOnceTests(TransactionTestCase):
    def setUp(self):
        call_command("setup", verbosity=0)

    def test_two_connections_that_save_at_once_leave_no_stale_status(self):
        """One ends the stay, the other adds a restriction: each alone would leave a status without the other's record."""
        for _ in range(5):
            case = make.make_case()
            stay = make.make_detention(case, "2015-01-29")
            together(
                lambda stay=stay: Detention.objects.filter(pk=stay.pk).update(
                    ending="changed", **columns(ended=oracle.Date("2016-01-01", date(2016, 1, 1), date(2016, 1, 1)))
                ),
                lambda case=case: make.make_restriction(case, "2016-01-01", kind="bail"),
            )
            self.assertEqual(
                [(p.status, p.kind) for p in Period.objects.filter(case=case)],
                [("unknown", ""), ("in_custody", "remand"), ("restricted", "bail")],
            )


def together(*acts):
    """Run each act in a thread and transaction of its own, all starting at once; raise what any of them raised."""
    start, errors = Barrier(len(acts)), []

    def run(act):
        try:
            with transaction.atomic():
                connection.ensure_connection()
                start.wait(10)
                act()
        except Exception as error:  # noqa: BLE001 - handed to the test below, whatever it is
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]
