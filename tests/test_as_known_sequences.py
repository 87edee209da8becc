"""200 random lives of a case: what "as we knew it" says of each moment is what a copy kept then says, table by table."""

import json
import random
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from cases.as_known import as_known, make_views, past_models
from cases.models import (
    RECORD_MODELS,
    Arrest,
    Case,
    CaseTag,
    Charge,
    Citation,
    Detention,
    Event,
    Finding,
    JointProceedingCase,
    Name,
    Note,
    Penalty,
    Place,
    Release,
    Sentence,
    Source,
    Term,
)
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_list,
    make_listing,
    make_note,
    make_place,
    make_proceeding,
    make_provision,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_violation,
)

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

SEQUENCES, STEPS = 200, 8
DATES = ["2014", "2015-02", "2015-03-04", "2016-03~", "2015/..", "2017-06/2017-07", "2018-01-29?"]
CASE_TABLES = [*(model._meta.db_table for model in [*RECORD_MODELS, Penalty, Finding, Citation]), "cases_event"]
CASE_TABLES += [CaseTag._meta.db_table, JointProceedingCase._meta.db_table]
OF_CASE = dict.fromkeys(CASE_TABLES, "case_id = %(case)s") | {
    "cases_case": "id = %(case)s",
    "cases_detainee": "id = %(person)s",
    "cases_name": "detainee_id = %(person)s OR lawyer_id IS NOT NULL",
    "cases_photo": "detainee_id = %(person)s",
}
# Who may see what is that of now, so it is not compared: access of cases, protection of sources. The rest of the tables whole.
NOT_COMPARED = "'{access,protected}'::text[]"
ROWS = " UNION ALL ".join(
    f"SELECT '{table}', (SELECT jsonb_object_agg(t.id, to_jsonb(t) - {NOT_COMPARED}) FROM {table} AS t"
    f" WHERE {OF_CASE.get(table, 'true')})::text"
    for table in [model._meta.db_table for model in past_models()]
)
ROWS += """ UNION ALL SELECT 'cases_period', (SELECT jsonb_object_agg(t.number, to_jsonb(t) - 'id') FROM cases_period AS t
    WHERE t.case_id = %(case)s)::text UNION ALL SELECT 'moment', to_jsonb(now())::text"""
# A life begins as a copy of one case, under other keys.
COPY = """INSERT INTO {table} SELECT (jsonb_populate_record(o, (
        SELECT jsonb_object_agg(key, value::bigint + %(shift)s) FROM jsonb_each_text(to_jsonb(o))
        WHERE value IS NOT NULL AND key IN ('id', 'case_id', 'event_id', 'sentence_id', 'charge_id', 'arrest_id', 'hearing_id', 'detainee_id')
    ) || jsonb_build_object('reference', to_char(%(shift)s / 100000, 'FM"X-"000000')))).* FROM {table} AS o WHERE {mine};"""
FAMILY = ["cases_detainee", "cases_name", "cases_case", "cases_event", *CASE_TABLES[:-3], *CASE_TABLES[-2:]]


def first_case(shared):
    """A record of each kind and what hangs on them."""
    person = make_detainee("Nadia Invented", "Надія Вигадана")
    case = make_case(person, tags=["press"])
    charge = make_charge(case, provision=shared["provision"])
    arrest = make_arrest(case, place=shared["place"])
    make_detention(case, place=shared["place"])
    make_restriction(case, ended="2014-06")
    hearing = make_hearing(case, court=shared["court"])
    make_sentence(case, court=shared["court"], years=8, findings=[(charge, "convicted")])
    make_release(case, confidential=True)
    make_representation(case, shared["lawyer"])
    make_violation(case, "ICCPR-14.3d", hearing=hearing)
    make_intervention(case)
    make_listing(case, shared["list"])
    make_affiliation(person)
    make_note(case)
    cite(arrest, shared["source"], said_by="a relative")
    cite(person, shared["source"])
    JointProceedingCase.objects.create(case=case, proceeding=shared["proceeding"])
    return case


class Life:
    """One case, what is done to it, and a copy of all its rows after each step."""

    def __init__(self, number, shared):
        self.chance, self.shared = random.Random(number), shared
        self.gone, self.copies = [], []
        first, shift = shared["case"], 100_000 * (number + 1)
        copied = "".join(COPY.format(table=table, mine=OF_CASE[table]) for table in FAMILY)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(copied.replace("OR lawyer_id IS NOT NULL", ""), self.keys(first) | {"shift": shift})
        self.case = Case.objects.get(pk=first.pk + shift)
        self.keep()

    @staticmethod
    def keys(case):
        return {"case": case.pk, "person": case.detainee_id}

    def rows(self, plan="now"):
        """Return all rows, by a statement that is planned once: a plan that is kept must follow the moment, too."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = %s", [f"rows_{plan}"])
            if not cursor.fetchone():
                wanted = ROWS.replace("%(case)s", "$1").replace("%(person)s", "$2")
                cursor.execute(f"PREPARE rows_{plan} (bigint, bigint) AS {wanted}")
            cursor.execute(f"EXECUTE rows_{plan} (%(case)s, %(person)s)", self.keys(self.case))
            return dict(cursor.fetchall())

    def keep(self):
        rows = self.rows()
        at = datetime.fromisoformat(json.loads(rows.pop("moment")))
        if self.copies and (lost := self.lost(self.copies[-1][2], rows)):
            self.gone.append(lost)
        self.copies.append((at, getattr(self, "doing", "begin"), rows))

    @staticmethod
    def lost(before, after):
        """What the last step took away from the case: table -> rows."""
        gone = {}
        for table in ["cases_event", "cases_name", *CASE_TABLES]:
            old, new = (json.loads(rows[table] or "{}") for rows in (before, after))
            if left := [old[key] for key in old.keys() - new.keys()]:
                gone[table] = left
        return gone

    def step(self):
        self.doing = self.chance.choice(WAYS)
        try:
            with transaction.atomic():
                getattr(self, self.doing)()
                if self.chance.random() < 0.2:
                    getattr(self, self.chance.choice(WAYS))()  # two acts in one transaction
        except IntegrityError:
            self.doing += " (refused)"  # leaves no trace
        self.keep()

    def one(self, model, **lookup):
        rows = list(model.objects.filter(case=self.case, **lookup).order_by("pk"))
        return self.chance.choice(rows) if rows else None

    # What can happen

    def edit_a_record(self):
        record = self.one(self.chance.choice(RECORD_MODELS))
        if record:
            record.remark = f"Looked at again {self.chance.random()}"
            for field in ("date", "began", "charged_on", "held_on"):
                if hasattr(record, field):
                    setattr(record, field, self.chance.choice(DATES))
            record.save()

    def update_many(self):
        self.chance.choice(RECORD_MODELS).objects.filter(case=self.case).update(remark=f"Bulk {self.chance.random()}")

    def raw_sql(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE cases_detention SET ended = '2017-10-25', ended_earliest = '2017-10-25',"
                " ended_latest = '2017-10-25', ending = %s WHERE case_id = %s",
                [self.chance.choice(["release", "transfer", "ended"]), self.case.pk],
            )

    def delete_a_record(self):
        if record := self.one(self.chance.choice(RECORD_MODELS)):
            record.delete()

    delete_another = delete_a_record

    def restore(self):
        """Put back what the last deletion took, under its old keys."""
        if not self.gone:
            return
        with connection.cursor() as cursor:
            for table, rows in self.gone.pop().items():
                for row in rows:
                    if row.get("standing") == "accepted" and self.has_accepted(row["event_id"]):
                        row["standing"] = "alternative"
                    cursor.execute(
                        f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, %s::jsonb)).*"
                        " ON CONFLICT DO NOTHING",
                        [json.dumps(row)],
                    )

    restore_again = restore

    def has_accepted(self, event):
        return any(model.objects.filter(event=event, standing="accepted").exists() for model in RECORD_MODELS)

    def delete_and_put_back_at_once(self):
        before = self.rows()
        if arrest := self.one(Arrest):
            arrest.delete()
            self.gone.append(self.lost(before, self.rows()))
            self.restore()

    def add_a_record(self):
        make = self.chance.choice(
            [
                make_arrest,
                make_detention,
                make_restriction,
                make_hearing,
                make_release,
                make_violation,
                make_intervention,
                make_note,
            ]
        )
        make(self.case)

    def add_a_rival(self):
        if release := self.one(Release):
            make_release(self.case, "2017-10", event=release.event, standing="alternative", kind="exchange")

    def accept_a_rival(self):
        if rival := self.one(Release, standing="alternative"):
            Release.objects.filter(event=rival.event_id, standing="accepted").update(standing="alternative")
            Release.objects.filter(pk=rival.pk).update(standing="accepted", standing_reason="The court paper says so.")

    def open_what_was_confidential(self):
        Event.objects.filter(case=self.case, confidential=True).update(confidential=False)

    def edit_the_case(self):
        self.case.refresh_from_db()
        self.case.title, self.case.stage = f"Title {self.chance.random()}", self.chance.choice(["draft", "verified"])
        self.case.last_confirmed_on, self.case.access = "2017-01-01", self.chance.choice(["everyone", "team"])
        self.case.save()

    def edit_the_person(self):
        person = self.case.detainee
        person.refresh_from_db()
        person.sex, person.deceased = "male", self.chance.choice(["yes", "no"])
        person.died = "2019-05" if person.deceased == "yes" and self.chance.random() < 0.5 else ""
        person.save()

    def change_names(self):
        if self.chance.random() < 0.4:
            Name.objects.filter(detainee=self.case.detainee_id, kind="alias").delete()
        else:
            Name.objects.create(detainee=self.case.detainee, text=f"Nadia {self.chance.random()}", kind="alias")

    def change_tags(self):
        term = self.chance.choice(self.shared["terms"])
        if not CaseTag.objects.filter(case=self.case, term=term).delete()[0]:
            CaseTag.objects.create(case=self.case, term=term)

    def change_the_sentence(self):
        if sentence := self.one(Sentence):
            Penalty.objects.create(sentence=sentence, kind="fine", amount=self.chance.randint(1, 9999), currency="RUB")
            Penalty.objects.filter(sentence=sentence, kind="imprisonment").update(years=self.chance.randint(1, 15))
            if charge := self.one(Charge):
                Finding.objects.update_or_create(sentence=sentence, charge=charge, defaults={"outcome": "acquitted"})

    def cite_again(self):
        if record := self.one(self.chance.choice([Arrest, Charge, Note])):
            cite(record, self.shared["source"], value_as_reported="in the morning")

    def uncite(self):
        Citation.objects.filter(case=self.case).delete()

    def rename_what_is_shared(self):
        Place.objects.filter(pk=self.shared["place"].pk).update(name=f"Prison {self.chance.random()}")
        Source.objects.filter(pk=self.shared["source"].pk).update(
            title=f"Report {self.chance.random()}", protected=True
        )

    def place_that_comes_and_goes(self):
        stays = Detention.objects.filter(case=self.case)
        used = Place.objects.filter(detentions__in=stays, name__startswith="Passing").first()
        if used:
            stays.update(place=None)
            used.delete()
        else:
            stays.update(place=make_place("Passing through"))


WAYS = [name for name in vars(Life) if name not in {"keys", "rows", "keep", "lost", "step", "one", "has_accepted"}]
WAYS = [name for name in WAYS if not name.startswith("_")]


@pytest.fixture
def shared():
    make_views()
    terms = [Term.objects.get_or_create(kind="tag", slug=name, defaults={"name": name})[0] for name in ("a", "b")]
    made = {
        "place": make_place(),
        "court": make_court(),
        "lawyer": make_lawyer(),
        "source": make_source(),
        "provision": make_provision(),
        "proceeding": make_proceeding(),
        "list": make_list(),
        "terms": terms,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
    yield made | {"case": first_case(made)}
    with connection.cursor() as cursor:
        cursor.execute("RESET plan_cache_mode; DEALLOCATE ALL")


def test_each_moment_of_200_random_lives_is_known_as_a_copy_kept_it(shared):
    wrong, refused = [], 0
    for number in range(SEQUENCES):
        life = Life(number, shared)
        for _step in range(STEPS):
            life.step()
        for place, (at, doing, copy) in enumerate(life.copies):
            refused += "refused" in doing
            with as_known(at):
                then = life.rows("then")
            del then["moment"]
            wrong += [(number, place, doing, table) for table in copy if then[table] != copy[table]]
    assert not wrong[:5]
    assert refused < SEQUENCES, "most steps must do something"


def test_the_copy_can_differ(shared):
    """The comparison above sees a change of one word that was made after the moment."""
    make_views()
    life = Life(1, shared)
    Case.objects.filter(pk=life.case.pk).update(title="Another")
    with as_known(datetime.now(UTC)):
        now = life.rows("then")
    with as_known(life.copies[0][0]):
        then = life.rows("then")
    assert then["cases_case"] == life.copies[0][2]["cases_case"] != now["cases_case"]
