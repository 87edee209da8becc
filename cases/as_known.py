"""As we knew it: the same queries, functions and pages read the records as they were recorded at a past moment.

The schema `as_known` has a view for each tracked table, of its name and columns, made of the table's history. Inside
`with as_known(moment):` the database finds names there first, so that everything that reads records, the functions of
the status included, reads those of the moment. Who sees what is decided as it is now: hiding a record hides its past.
"""

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.dates import DateError, PartialDate, in_words, today, understand, words_for_bounds
from cases.dossier import Dossier
from cases.history.words import Names, columns_of, differences, headline
from cases.models import (
    RECORD_MODELS,
    Case,
    CaseTag,
    Citation,
    Detainee,
    Event,
    Finding,
    JointProceedingCase,
    Lawyer,
    Name,
    Penalty,
    Period,
    Representation,
    Source,
    SourceKeeper,
    TeamMember,
    User,
    UserGroup,
)
from cases.models.changes import tracked_models
from cases.models.evidence import CITABLE
from cases.rows import since_in_words, status_label
from cases.templatetags.cases import days_held
from cases.timeline import penalties_in_words

SCHEMA = "as_known"
RIGHTS = [User, UserGroup, TeamMember, SourceKeeper]  # those of now, always

# The versions that were the last of their record at the moment. IS TRUE keeps the planner from the index on the time:
# what is asked for is found by its keys, and a moment has most rows of history before it.
UP_TO_IT = "({name}.pgh_created_at <= current_setting('cases.moment')::timestamptz) IS TRUE"
VIEW = f"""
CREATE VIEW as_known.{{table}} AS SELECT {{columns}}
FROM public.{{history}} AS was
WHERE {UP_TO_IT.format(name="was")} AND was.pgh_label <> 'delete' AND NOT EXISTS (
    SELECT FROM public.{{history}} AS later
    WHERE later.pgh_obj_id = was.pgh_obj_id AND later.pgh_id > was.pgh_id AND {UP_TO_IT.format(name="later")}
);
"""
# A right as it is now; of what has been deleted since, as it last was.
NOW = """coalesce(
    (SELECT now.{column} FROM public.{table} AS now WHERE now.id = was.pgh_obj_id),
    (SELECT (array_agg(last.{column} ORDER BY last.pgh_id DESC))[1] FROM public.{history} AS last
     WHERE last.pgh_obj_id = was.pgh_obj_id))"""
# What was confidential changed no status then, so it stays out of the status of then though it is open now.
THEN_OR_NOW = f"was.{{column}} OR {NOW} OR as_known.joined_hidden(was.pgh_obj_id, was.case_id)"
# Whether a record that was of this event is, or was, also of one that is confidential by now. A function, as a view would be
# planned with each query.
JOINED_HIDDEN = """
CREATE FUNCTION as_known.joined_hidden(this_event bigint, this_case bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.cases_event WHERE case_id = this_case AND confidential) THEN
        RETURN false;
    END IF;
    RETURN {joined};
END $$;
"""
JOINED = """EXISTS (
        SELECT FROM public.{history} AS was JOIN public.{history} AS other ON other.pgh_obj_id = was.pgh_obj_id
        JOIN public.cases_event AS hidden ON hidden.id = other.event_id AND hidden.confidential
        WHERE was.event_id = this_event
    )"""
DECIDED_NOW = {(Case, "access"): NOW, (Event, "confidential"): THEN_OR_NOW, (Source, "protected"): NOW}
# Status is not kept but computed from the records of then, by the one definition.
PERIODS = """
CREATE VIEW as_known.cases_period AS SELECT c.id * 10000 + (f.span).number AS id, c.id AS case_id, {columns}
FROM as_known.cases_case AS c CROSS JOIN LATERAL public.cases_fresh(ARRAY[c.id]) AS f;
"""


# -------------------------------------------------------------------------------------------------- the schema


def past_models():
    """Return the models whose rows are read from history."""
    return [model for model in tracked_models() if model not in RIGHTS]


def view_of(model):
    """Return the SQL that makes the view of a tracked model."""
    table, history = model._meta.db_table, model.pgh_event_model._meta.db_table
    columns = []
    for field in model._meta.concrete_fields:
        column = "pgh_obj_id" if field.primary_key else field.column  # the key of the record, which has an index
        value = DECIDED_NOW.get((model, field.column), "was.{column}")
        columns.append(f"{value.format(table=table, history=history, column=column)} AS {field.column}")
    return VIEW.format(table=table, history=history, columns=", ".join(columns))


def joined_hidden():
    """Return the SQL of the function that finds accounts which moved to an event that is confidential by now."""
    histories = [model.pgh_event_model._meta.db_table for model in RECORD_MODELS]
    return JOINED_HIDDEN.format(joined=" OR ".join(JOINED.format(history=history) for history in histories))


def periods_view():
    columns = [field.column for field in Period._meta.concrete_fields if field.name not in ("id", "case")]
    return PERIODS.format(columns=", ".join(f"(f.span).{column} AS {column}" for column in columns))


@cache
def _views():
    """Return the SQL of all views, and the mark of exactly this SQL, which is kept as the schema's comment."""
    statements = "".join([joined_hidden(), *(view_of(model) for model in past_models()), periods_view()])
    return statements, hashlib.sha256(statements.encode()).hexdigest()


def make_views():
    """Make the schema as the models say, unless it is so already. For the owner of the tables, after migrating.

    Return whether it was made anew; what was granted on it is gone then.
    """
    statements, made_of = _views()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", [SCHEMA])
        if cursor.fetchone()[0] == made_of:
            return False
        cursor.execute("DROP SCHEMA IF EXISTS as_known CASCADE; CREATE SCHEMA as_known;")
        cursor.execute(statements)
        cursor.execute(f"COMMENT ON SCHEMA as_known IS '{made_of}'")
    return True


# -------------------------------------------------------------------------------------------------- moments


class MomentError(ValueError):
    """What was asked for is no moment of the past; the message says why."""


class NotPast(MomentError):
    """It is today or later: the page of now has it."""


@dataclass(frozen=True)
class Moment:
    """A past moment: the end of a day in the installation's time zone, or an exact one. `text` stands in addresses."""

    text: str
    at: datetime
    day: date
    is_day: bool = False

    def __str__(self):
        day = in_words(PartialDate.parse_edtf(self.day.isoformat()))
        if self.is_day:
            return day
        local = self.at.astimezone(timezone.get_default_timezone())
        return _("%(day)s, %(time)s") % {"day": day, "time": f"{local:%H:%M:%S %Z}"}


def exactly(at: datetime) -> Moment:
    """Return the moment with its address: the time of an act gives the state right after it."""
    text = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Moment(text, at, timezone.localdate(at, timezone.get_default_timezone()))


def moment_from(text: str) -> Moment:
    """Return the moment that somebody means: a day in any words that dates understand, or ISO 8601 with a time zone.

    Raises MomentError for what is neither, and NotPast for today as a whole and the future.
    """
    text = text.strip()
    if "T" in text and text[:4].isdecimal():
        return _exact(text)
    try:
        found = understand(text, today=today(), actual=False)
    except DateError as error:
        raise MomentError(f"{error}.") from error
    if not found.is_complete or found.mark:
        raise MomentError(_("Give one complete day, such as 2017-09-11 or 11 September 2017."))
    if found.earliest >= today():
        raise NotPast(_("%(day)s is not over yet: only the past can be shown.") % {"day": in_words(found)})
    return Moment(found.text, _end_of(found.earliest), found.earliest, is_day=True)


def _exact(text):
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped in the address
        if at.tzinfo is None:
            raise MomentError(_("Give the time zone too, such as 2017-09-11T14:30:00Z."))
        at = at.astimezone(UTC)
        at.astimezone(timezone.get_default_timezone())
    except (ValueError, OverflowError) as error:
        if isinstance(error, MomentError):
            raise
        raise MomentError(_("“%(text)s” is no time that can be understood.") % {"text": text[:40]}) from error
    if at > timezone.now():
        raise NotPast(_("That moment lies ahead: only the past can be shown."))
    return exactly(at)


def _end_of(day):
    """Return the last moment of a day in the installation's time zone."""
    day = max(day, date(1900, 1, 1))  # nothing was recorded before; the zones of long ago are odd
    midnight = datetime.combine(day + timedelta(days=1), time(), timezone.get_default_timezone())
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


# -------------------------------------------------------------------------------------------------- reading


@contextmanager
def as_known(at: datetime):
    """Let every query inside read the records as they were at that time, which is aware; none can write.

    It ends by rolling back, which undoes the settings also inside a transaction that goes on.
    """
    with _settings(search_path="as_known, public", transaction_read_only="on", **{"cases.moment": at.isoformat()}):
        if not _is_ready():
            raise PastNotReady
        yield


class PastNotReady(Exception):
    """The schema is not there, not of these models, or not ours to read: `manage.py setup` mends all three."""


def _is_ready():
    """The database leaves out of its path what is missing or closed, and would show what is now for what was then."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(has_schema_privilege(oid, 'USAGE') AND obj_description(oid, 'pg_namespace') = %s, false)
               FROM (SELECT to_regnamespace(%s)::oid AS oid) AS schema""",
            [_views()[1], SCHEMA],
        )
        return cursor.fetchone()[0]


@contextmanager
def as_it_is():
    """Inside `as_known`: read the records as they are now."""
    with _settings(search_path="public"):
        yield


@contextmanager
def _settings(**values):
    with transaction.atomic():
        with connection.cursor() as cursor:
            calls = ", ".join("set_config(%s, %s, true)" for _setting in values)
            cursor.execute(f"SELECT {calls}", [word for pair in values.items() for word in pair])
        try:
            yield
        finally:
            transaction.set_rollback(True)


def visible_now(model, keys, user):
    """Return which of the keys are of rows that the user sees now, and which of rows that are gone; inside `as_known`."""
    with as_it_is():
        there = set(model._base_manager.filter(pk__in=keys).values_list("pk", flat=True))
        seen = set(model.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    return seen, set(keys) - there


class PastDossier(Dossier):
    """The dossier of a case as it was known, inside `as_known`. What the reader may not see now is not in it."""

    def _load(self, kind):
        rows = super()._load(kind)
        if kind != "lawyers" or not rows:
            return rows
        seen, gone = visible_now(Lawyer, {row.lawyer_id for row in rows}, self.user)
        return [row for row in rows if row.lawyer_id in seen | gone]

    def _seen(self, citations):
        """What has been deleted since was last used by nothing, so that only its protection hides it."""
        sources = {pk for citation in citations for pk in (citation.source_id, citation.cites_id)}
        sources = (sources | {self.case.last_confirmed_source_id}) - {None}
        seen, gone = visible_now(Source, sources, self.user)
        open_ones = Source.objects.filter(pk__in=gone)
        if gone and not self.user.is_editor:
            open_ones = open_ones.filter(protected=False)
        return seen | (set(open_ones.values_list("pk", flat=True)) if gone else set())


def team_then(case, at):
    """Return the members of a case's team at that time: what they may see is another question, which now answers."""
    rows = TeamMember.pgh_event_model.objects.filter(case=case.pk, pgh_created_at__lte=at)
    later = rows.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__gt=OuterRef("pgh_id"))
    last = rows.exclude(pgh_label="delete").filter(~Exists(later))
    return list(last.select_related("user").order_by("pgh_obj"))


def photo_is_the_same(person):
    """Whether the photo of then is the one that the person has now, which is the one that has an address."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (
                SELECT FROM as_known.cases_photo JOIN public.cases_photo AS now USING (detainee_id, sha256)
                WHERE detainee_id = %s
            )""",
            [person],
        )
        return cursor.fetchone()[0]


# -------------------------------------------------------------------------------------------------- comparing


def summary(dossier):
    """Return what the strip of a case's page says, as label -> words."""
    now, days, sentence = dossier.now, dossier.days, dossier.punishes
    status = status_label(now.status, now.kind)
    punished = penalties_in_words(sentence.imposed) if sentence else ""
    lawyers = [representation for representation in dossier.public("lawyers") if not representation.ended]
    coming, confirmed = dossier.next, dossier.case.last_confirmed_on
    return {
        _("Person"): str(dossier.case.detainee),
        _("Status"): status if dossier.is_certain else _("%(status)s, not certain") % {"status": status},
        _("Since"): since_in_words(now),
        _("Place"): str(now.place or ""),
        _("Days held"): days_held(days) if days else "",
        _("Charges"): "; ".join(_charge(charge, dossier.outcome(charge)) for charge in dossier.public("charges")),
        _("Sentence"): capfirst(punished or sentence.get_verdict_display()) if sentence else "",
        _("Lawyers"): ", ".join(str(representation.lawyer) for representation in lawyers),
        _("Next"): f"{capfirst(coming.label)}, {in_words(coming.date)}" if coming else "",
        _("Last confirmed"): words_for_bounds(confirmed, confirmed) if confirmed else "",
        _("Records"): str(len(dossier.all)),
    }


def _charge(charge, outcome):
    article = charge.provision.label if charge.provision else charge.text_as_reported or _("article unknown")
    return f"{article}: {outcome}" if outcome else article


def versions(case, user):
    """Return all that the user sees of a case, as (model, key) -> columns."""
    of_case = {"case": case.pk}
    rows = {
        Case: Case.objects.filter(pk=case.pk),
        Detainee: Detainee.objects.filter(pk=case.detainee_id),
        **{model: model.objects.filter(**of_case) for model in [CaseTag, JointProceedingCase, *RECORD_MODELS]},
        Penalty: Penalty.objects.filter(**of_case),
        Finding: Finding.objects.filter(**of_case),
    }
    found = {}
    for model, wanted in rows.items():
        for row in wanted.visible_to(user).order_by("pk").values(*columns_of(model)):
            found[model, row["id"]] = row
    # Names are seen as the person is, citations as the record is. To ask again would look through all cases.
    person = (Detainee, case.detainee_id)
    for row in Name.objects.filter(detainee=case.detainee_id).values(*columns_of(Name)) if person in found else ():
        found[Name, row["id"]] = row
    for row in Citation.objects.filter(Q(**of_case) | Q(detainee=case.detainee_id)).values(*columns_of(Citation)):
        if any((model, row[f"{name}_id"]) in found for name, model in CITED.items()):
            found[Citation, row["id"]] = row
    return found


CITED = {name: Citation._meta.get_field(name).related_model for name in CITABLE}


class Compared(NamedTuple):
    """A record of which two moments say different things: `what` is added, changed or gone."""

    what: str
    title: str
    differences: list


@dataclass
class Comparison:
    """What differs between two moments, and the titles of what does not."""

    different: list
    same: list

    def count(self, what):
        return sum(one.what == what for one in self.different)

    @property
    def counts(self):
        return [(what, words, self.count(what)) for what, words in WHAT.items() if self.count(what)]


WHAT = {"added": gettext_lazy("added"), "changed": gettext_lazy("changed"), "gone": gettext_lazy("gone")}
# What names something that can be hidden by itself is left out with it: its number would tell.
NAMES = {
    Representation: ("Lawyer", "lawyer_id"),
    Citation: ("Source", "source_id"),
    JointProceedingCase: ("JointProceeding", "proceeding_id"),
    Finding: ("Charge", "charge_id"),
}


def comparison(before, after, user):
    """Return the Comparison of what `versions` gave at two moments, in the order of its kinds. Outside `as_known`."""
    names = Names(user)
    keys = sorted(before | after, key=lambda key: (ORDER.index(key[0]), key[1]))
    for key in keys:
        names.want(key[0], before.get(key), after.get(key))
    found = Comparison([], [])
    for model, pk in keys:
        old, new = before.get((model, pk)), after.get((model, pk))
        linked, column = NAMES.get(model, (None, None))
        if linked and not all(names.knows(linked, version[column]) for version in (old, new) if version):
            continue
        title = headline(model, new or old, names)
        differing = differences(model, old, new, names)
        if old is None or new is None or differing:
            what = "gone" if new is None else "changed" if old else "added"
            found.different.append(Compared(what, title, differing))
        else:
            found.same.append(title)
    return found


ORDER = [Case, Detainee, Name, JointProceedingCase, CaseTag, *RECORD_MODELS, Penalty, Finding, Citation]
