"""The case: who may see it, how a list asks for it, its tags and the joint proceedings in which it stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import pgtrigger
from django.conf import settings
from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Case as Choose
from django.db.models import (
    DateField,
    Exists,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    UniqueConstraint,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat, Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.fields import overlaps_q
from cases.models.access import TeamMember
from cases.models.base import (
    CaseLinkQuerySet,
    FoldedField,
    Record,
    Reference,
    tracked,
)
from cases.models.changes import once_hidden
from cases.models.custody import Arrest, Release
from cases.models.people import Term, TermKind
from cases.models.state import Certainty, Period
from cases.names import fold, words


class Likely(Func):
    """The likely day of a partial date, given its two bounds (docs/status.md 1)."""

    function = "cases_likely"
    arity = 2
    output_field = DateField()


class AmongKeys(Func):
    """Whether a key is among those of an array, given as SQL writes one."""

    template = "(%(expressions)s::bigint[]))"
    arg_joiner = " = ANY ("
    output_field = models.BooleanField()


class Access(models.TextChoices):
    EVERYONE = "everyone", _("everyone with a role")
    TEAM = "team", _("its team, editors and administrators")
    NAMED = "named", _("its team only")


class Stage(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("in review")
    VERIFIED = "verified", _("verified")


EXACT_TO = 10_000  # beyond it nothing is counted: it would be the one thing that takes a million cases their time


@dataclass(frozen=True)
class Numbers:
    """How many cases and people a question finds; `at_least` and `at_most` people, by what is certain and
    possible, if a status or place was asked for.

    `by_status` and `by_stage` count what would be found if that one were chosen. `keys`: of the cases, as SQL writes an
    array. None is what was not counted; beyond EXACT_TO, where `is_capped`, that is all but `cases`, then EXACT_TO + 1.
    """

    cases: int
    people: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    by_status: dict | None = None
    by_stage: dict | None = None
    keys: str | None = None
    is_capped: bool = False


HOLDS = {
    Certainty.LIKELY: "p.begin_likely <= %(day)s AND p.end_likely > %(day)s",
    Certainty.CERTAINLY: "p.begin_latest <= %(day)s AND p.end_earliest > %(day)s",
    Certainty.POSSIBLY: "p.begin_earliest <= %(day)s AND p.end_latest > %(day)s",
}
OF_STAGE = "%(stages)s::text[] IS NULL OR stage = ANY (%(stages)s::text[])"
OF_STATUS = "%(statuses)s::text[] IS NULL OR status = ANY (%(statuses)s::text[])"
DATED = """
    dated AS MATERIALIZED (
        SELECT f.*, p.status, {likely} AS likely, {certainly} AS certainly, true AS possibly
        FROM found AS f JOIN cases_period AS p ON p.case_id = f.id AND {possibly}
        WHERE %(places)s::bigint[] IS NULL OR p.place_id = ANY (%(places)s::bigint[])
    ), now AS (
        SELECT DISTINCT id, detainee_id, stage, status FROM dated WHERE {{certainty}}
    ), chosen AS MATERIALIZED (
        SELECT DISTINCT id, detainee_id, stage FROM now WHERE {of_status}
    ), bounds AS (
        SELECT count(DISTINCT detainee_id) FILTER (WHERE certainly) AS at_least, count(DISTINCT detainee_id) AS at_most
        FROM dated WHERE ({of_status}) AND ({of_stage})
    )""".format(**HOLDS, of_stage=OF_STAGE, of_status=OF_STATUS)
UNDATED = """
    now AS (
        SELECT DISTINCT p.case_id AS id, f.stage, p.status
        FROM found AS f JOIN cases_period AS p ON p.case_id = f.id AND {holds}
    ), chosen AS NOT MATERIALIZED (SELECT * FROM found),
    bounds (at_least, at_most) AS (VALUES (NULL::bigint, NULL::bigint))"""
# The first rows that a question finds; cases_found is in 0008_quick.sql. Where there are more, nothing is counted from them.
FIRST = """
    WITH first AS MATERIALIZED (SELECT * FROM cases_found(%(question)s, %(most)s + 1, %(sieve)s)),
    found AS MATERIALIZED (SELECT * FROM first WHERE (SELECT count(*) FROM first) <= %(most)s)"""
# The same of a question that finds a case once for each of its periods: hardly ever twice, so three times as many rows
# are enough; should they not be, it counts as found too often.
FIRST_OF_PERIODS = """
    WITH each AS MATERIALIZED (SELECT * FROM cases_found(%(question)s, 3 * (%(most)s + 1), %(sieve)s)),
    first AS MATERIALIZED (
        SELECT DISTINCT * FROM each UNION ALL
        SELECT NULL, NULL, NULL FROM generate_series(0, %(most)s) WHERE (SELECT count(*) FROM each) > 3 * %(most)s
    ),
    found AS MATERIALIZED (SELECT * FROM first WHERE (SELECT count(*) FROM first) <= %(most)s)"""
NUMBERS = """
    SELECT
        (SELECT count(*) FROM first),
        (SELECT count(*) FROM chosen WHERE {of_stage}),
        (SELECT count(*) FROM (
            SELECT DISTINCT detainee_id FROM chosen WHERE {of_stage}
        ) AS people),
        at_least, at_most,
        (SELECT coalesce(jsonb_object_agg(status, number), '{{}}')::text FROM (
            SELECT status, count(*) AS number FROM now WHERE {of_stage} GROUP BY status
        ) AS each),
        (SELECT coalesce(jsonb_object_agg(stage, number), '{{}}')::text FROM (
            SELECT stage, count(*) AS number FROM chosen GROUP BY stage
        ) AS each),
        (SELECT coalesce(array_agg(id), '{{}}')::text FROM chosen WHERE {of_stage})
    FROM bounds
"""
# Where the rest of a question finds many, what is asked of their periods comes first: OFFSET 0 keeps it so.
BY_PERIOD = """
    SELECT q.id, q.detainee_id, {third} FROM (
        SELECT p.case_id, {certainly} AS certainly FROM cases_period AS p
        WHERE ({of_status}) AND (%(places)s::bigint[] IS NULL OR p.place_id = ANY (%(places)s::bigint[])) AND {holds} OFFSET 0
    ) AS d JOIN ({found}) AS q (id, detainee_id, stage) ON q.id = d.case_id
"""


@dataclass(frozen=True)
class Question:
    """What CaseQuerySet.numbers counts. `written`: the SQL of the cases before status, place, stage and sieve narrow them."""

    written: str
    day: date
    certainty: Certainty
    statuses: Sequence[str]
    places: Sequence[int]
    stages: Sequence[str]
    most: int
    sieve: str | None = None

    def numbers(self):
        """Return all the numbers if the cases are few enough before status, place and stage narrow them, else those
        that are known then; None if these narrow them."""
        if self.is_dated:
            dated = DATED.format(certainty=self.certainty.value)  # a column's name too
        else:
            dated = UNDATED.format(holds=HOLDS[self.certainty])
        if self.certainty == Certainty.LIKELY:  # one period of each case, so that nothing is there twice
            dated = dated.replace("SELECT DISTINCT ", "SELECT ")
        first, *counts, by_status, by_stage, keys = self._ask(
            f"{FIRST}, {dated} {NUMBERS.format(of_stage=OF_STAGE)}", self.written
        )
        if first <= self.most:
            return Numbers(*counts, json.loads(by_status), json.loads(by_stage), keys)
        return None if self.is_dated or self.stages else Numbers(first, is_capped=True)

    def numbers_by_period(self):
        """Return the numbers of the cases that status, place and stage leave."""
        written = self.written.replace("%", "%%")  # of no value that is yet to be filled in
        narrowed = f"SELECT * FROM ({written}) AS f (id, detainee_id, stage) WHERE {OF_STAGE}"
        found = self._by_period(narrowed, self.certainty) if self.is_dated else narrowed
        several = self.is_dated and self.certainty != Certainty.LIKELY
        first, people, keys = self._ask(
            f"""{FIRST_OF_PERIODS if several else FIRST}
                SELECT (SELECT count(*) FROM first), count(DISTINCT detainee_id), array_agg(id)::text FROM found""",
            self._filled_in(found),
        )
        if first > self.most:
            return Numbers(first, is_capped=True)
        bounds = self._bounds(narrowed) if self.is_dated else (None, None)
        return Numbers(first, people, *bounds, keys=keys or "{}")

    @property
    def is_dated(self):
        return bool(self.statuses or self.places)

    def _by_period(self, found, certainty):
        return BY_PERIOD.format(
            third="q.stage", certainly="true", of_status=OF_STATUS, holds=HOLDS[certainty], found=found
        )

    def _bounds(self, found):
        """Return how many people at least and at most: by the periods that are certain, and that are possible."""
        certainly, holds = HOLDS[Certainty.CERTAINLY], HOLDS[Certainty.POSSIBLY]
        possible = BY_PERIOD.format(
            third="d.certainly::text", certainly=certainly, of_status=OF_STATUS, holds=holds, found=found
        )
        sql = """
            SELECT count(DISTINCT detainee_id) FILTER (WHERE stage = 'true'), count(DISTINCT detainee_id)
            FROM cases_found(%(question)s, NULL, %(sieve)s)"""
        return self._ask(sql, self._filled_in(possible))

    def _filled_in(self, sql):
        """Return the SQL with its values written into it."""
        return connection.ops.compose_sql(sql, self._values)

    def _ask(self, sql, question):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM ({sql}) AS counted", self._values | {"question": question, "most": self.most}
            )
            return cursor.fetchone()

    @property
    def _values(self):
        return {
            "day": self.day,
            "statuses": list(self.statuses) or None,
            "places": list(self.places) or None,
            "stages": list(self.stages) or None,
            "sieve": self.sieve,
        }


def sieve_of(
    *,
    outcomes=(),
    months=(None, None),
    unsourced=False,
    missing=(),
    contested=False,
    day,
    certainty=Certainty.LIKELY,
):
    """Return the sieve of cases_found for what takes too long to ask of all cases: SQL that takes keys as $1; None if
    nothing of that kind is asked for. The same as with_charge_outcome, sentenced_to, unsourced, lacking and contested ask."""
    from cases.models.accounts import contested_cases_sql
    from cases.models.lacking import lacking_sql

    asked = []
    if outcomes:
        asked.append(("SELECT case_id FROM cases_with_outcome($1, %s, %s)", [list(outcomes), day]))
    if months != (None, None):
        asked.append(("SELECT case_id FROM cases_sentenced_to($1, %s, %s, %s)", [*months_between(*months), day]))
    if unsourced:
        asked.append(("SELECT case_id FROM cases_unsourced($1)", []))
    if missing:
        asked.append((f"({lacking_sql(missing, day, certainty)})", []))
    if contested:
        asked.append((contested_cases_sql("AND ($1 IS NULL OR r.case_id = ANY ($1))"), []))
    return " INTERSECT ".join(connection.ops.compose_sql(*each) for each in asked) or None


def months_between(at_least, at_most):
    return at_least or 0, 10**6 if at_most is None else at_most


def keys_of(sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]


class CaseQuerySet(models.QuerySet):
    def of_team(self, user):
        return self.filter(pk__in=TeamMember.objects.filter(user=user.pk).values("case"))

    def visible_to(self, user):
        """The one rule of who sees a case (design 7). Everything that hangs on cases narrows by this queryset."""
        if not getattr(user, "rank", 0):
            return self.none()
        open_to = [Access.EVERYONE, Access.TEAM] if user.is_editor else [Access.EVERYONE]
        return self.filter(Q(access__in=open_to) | Q(pk__in=TeamMember.objects.filter(user=user).values("case")))

    def hidden_from(self, editor):
        """Those that visible_to has not, for an editor: they are few, and an index finds them. What is asked of all rows of a
        table is quicker by leaving out what hangs on these than by looking for what hangs on the others.
        """
        return self.filter(access=Access.NAMED).exclude(pk__in=TeamMember.objects.filter(user=editor.pk).values("case"))

    def changeable_by(self, user):
        """Cases that the user may change: those that they see, from researcher on."""
        return self.visible_to(user) if getattr(user, "is_researcher", False) else self.none()

    def of_keys(self, keys):
        """Those of the keys, an array as SQL writes it: see numbers."""
        return self.filter(AmongKeys("pk", Value(keys, models.TextField())))

    def on(self, day):
        """Add `now`, the one period in which each case likely is on that day: filter and sort by now__status and so on."""
        return self.alias(
            now=FilteredRelation("periods", condition=Q(periods__begin_likely__lte=day, periods__end_likely__gt=day))
        )

    def with_status(self, statuses, day, certainty=Certainty.LIKELY, **more):
        """Cases that have one of the statuses on the day, as certainly as asked; `more` narrows the period (place, kind)."""
        if statuses:
            more["status__in"] = statuses
        return self.filter(Exists(Period.objects.on(day, certainty).filter(case=OuterRef("pk"), **more)))

    def news_to(self, user):
        """Cases that the user has opened, and in which something that all may see changed after that."""
        return self.filter(looks__user=user.pk, looks__looked_at__lt=F("state__changed_at"))

    # What filters of the list ask: of accepted, non-confidential records, and several values mean any of them.

    def with_record(self, records):
        """Cases with one of the records, which are a queryset of any kind of record."""
        return self.filter(Exists(records.public().filter(case=OuterRef("pk"))))

    def named(self, query):
        """Cases with every word of the query, in any spelling, among names, references, titles and external ids."""
        asked = words(query)
        found = self if asked else self.none()
        for word in asked:
            found = found.filter(state__search_key__contains=word)
        return found

    def nearly_named(self, query):
        """Cases with a name like the query, nearest first. Words of one or two letters are like everything: left out."""
        key = " ".join(word for word in words(query) if len(word) > 2)
        if not key:
            return self.none()
        found = self.filter(pk__in=RawSQL("SELECT case_id FROM cases_nearly_named(%s)", [key]))
        return found.order_by(TrigramWordSimilarity(key, "state__search_key").desc(), "state__sort_key", "pk")

    def by_match(self, query):
        """Best match first: the words as they stand in a name, then main names that have all words, and of these the one
        with the least beside them. One or two letters are in nearly every name: those go by name."""
        key = fold(query)
        if not any(len(word) > 2 for word in key.split()):
            return self.order_by("state__sort_key", "pk")
        padded = Concat(Value(" "), "state__search_key", Value(" "), output_field=models.TextField())
        in_main_name = Q()
        for word in key.split():
            in_main_name &= Q(state__sort_key__contains=word)
        return self.alias(padded=padded).order_by(
            Choose(When(padded__contains=f" {key} ", then=0), default=1),
            Choose(When(in_main_name, then=0), default=1),
            Length("state__sort_key"),
            "state__sort_key",
            "pk",
        )

    def charged_under(self, paths, day):
        """`paths` are (code, article, part, point), any tail empty: an article includes its parts, a part its points."""
        from cases.models.proceedings import Charge, Provision

        meant = Q()
        for code, *numbers in paths:
            given = {name: number for name, number in zip(["article", "part", "point"], numbers, strict=True) if number}
            meant |= Q(code__slug=code, **given)
        return self.with_record(
            Charge.objects.made_by(day).filter(provision__in=Provision.objects.filter(meant).values("pk"))
        )

    def with_charge_outcome(self, outcomes, day):
        return self.filter(pk__in=RawSQL("SELECT case_id FROM cases_with_outcome(NULL, %s, %s)", [list(outcomes), day]))

    def before_court(self, courts):
        from cases.models.proceedings import Hearing, Sentence

        heard = Hearing.objects.public().filter(court__in=courts).values("case")
        sentenced = Sentence.objects.public().filter(court__in=courts).values("case")
        return self.filter(pk__in=heard.union(sentenced))  # one set: either of two would be asked of each case

    def defended_by(self, lawyers, day, *, none=False):
        """Cases that one of the lawyers defends on the day; `none`: or that nobody is recorded to defend then."""
        from cases.models.proceedings import Representation

        defending = Representation.objects.public().on(day).filter(case=OuterRef("pk"))
        found = Q(Exists(defending.filter(lawyer__in=lawyers)))
        return self.filter(found | ~Exists(defending) if none else found)

    def on_list(self, lists, day):
        """Cases that are on one of the lists on the day.

        A join, as of each list only one decision on a case holds: to make sure by looking at all of them that no case comes
        twice would take a list of many thousands seconds. Where several lists are asked for, a case counts with the first.
        """
        from cases.models.context import Listing, ListingDecision, counts_from, holds_on

        decision = FilteredRelation("listings", condition=Q(listings__list__in=lists))
        # By names of their own: a filter that followed the relation would join it once more.
        columns = ["pk", "case", "list", "event", "standing", "decision", "date_earliest", "date_latest", "created_at"]
        cases = self.alias(decision=decision).alias(**{f"of_{name}": F(f"decision__{name}") for name in columns})
        cases = cases.alias(counts_from=counts_from("of_"))
        cases = cases.filter(holds_on(day, "of_"), of_decision=ListingDecision.INCLUDED)
        if len(lists) < 2:
            return cases
        same = Listing.objects.including_on(day).filter(case=OuterRef("pk"), list__in=lists)
        return cases.filter(~Exists(same.filter(list__lt=OuterRef("of_list"))))

    def of_organisations(self, organisations):
        """Cases of people who have or had a role in one of the organisations, whenever that was."""
        from cases.models.organisations import Affiliation

        roles = Affiliation.objects.filter(organisation__in=organisations)
        return self.filter(Exists(roles.filter(detainee=OuterRef("detainee"))))

    def said_to_violate(self, rights):
        """Cases in which somebody says that one of the rights was violated."""
        from cases.models.context import Violation

        return self.with_record(Violation.objects.filter(right__in=rights))

    def arrested_between(self, first, last):
        return self.with_record(Arrest.objects.filter(overlaps_q("date", first, last)))

    def sentenced_between(self, first, last):
        from cases.models.proceedings import Sentence

        return self.with_record(Sentence.objects.filter(overlaps_q("date", first, last)))

    def released_between(self, first, last, kinds=()):
        """Cases with a release possibly from `first` to `last` (None: open; both None: of any date), of one of the kinds."""
        dated = overlaps_q("date", first, last) if first or last else Q()
        return self.with_record(Release.objects.filter(dated, **({"kind__in": kinds} if kinds else {})))

    def sentenced_to(self, at_least, at_most, day):
        """Cases whose sentence in force imposes imprisonment of so many months; None is no limit."""
        asked = [*months_between(at_least, at_most), day]
        return self.filter(pk__in=RawSQL("SELECT case_id FROM cases_sentenced_to(NULL, %s, %s, %s)", asked))

    def unsourced(self):
        """Cases with an accepted record that no source is given for."""
        return self.filter(pk__in=RawSQL("SELECT case_id FROM cases_unsourced(NULL)", []))

    def lacking(self, codes, day, certainty=Certainty.LIKELY):
        """Cases that lack any of these on the day: see cases.models.lacking."""
        from cases.models.lacking import lacking_sql

        return self.filter(pk__in=RawSQL(lacking_sql(codes, day, certainty).replace("$1", "NULL::bigint[]"), []))

    def unconfirmed(self, months, day, certainty=Certainty.LIKELY):
        """Cases of people held or restricted on the day, which were confirmed last more than so many months before, or never."""
        from cases.models.lacking import TO_CONFIRM, months_before

        old = Q(last_confirmed_on=None) | Q(last_confirmed_on__lt=months_before(day, months))
        return self.with_status(TO_CONFIRM, day, certainty).filter(old)

    def contested(self):
        """Cases in which an accepted account has a rival that is as reliable, or more: see cases.models.accounts."""
        from cases.models.accounts import contested_cases_sql

        return self.filter(pk__in=RawSQL(contested_cases_sql(), []))

    def assigned_to(self, users, *, none=False):
        """Cases assigned to one of the users; `none`: or to nobody."""
        return self.filter(Q(assignee__in=users) | Q(assignee__isnull=True) if none else Q(assignee__in=users))

    def changed_since(self, day):
        """Cases of which anything that all may see changed on the day or later, in the installation's time zone."""
        start = datetime.combine(day, time(), timezone.get_default_timezone())
        return self.filter(state__changed_at__gte=start)

    def perhaps_sifted(self, *, outcomes=(), months=(None, None), contested=False):
        """Leave out what a sieve of these will leave out, as far as one look at each case, or the few alternatives, tell."""
        from cases.models.accounts import cases_with_rivals_sql
        from cases.models.proceedings import Charge, Finding, Penalty, Sentence

        found, here = self, {"case": OuterRef("pk")}
        # Of convicted ones there are so many that to look costs more; pending and ended may have nothing to look for.
        if outcomes and not {"pending", "ended", "convicted"} & set(outcomes):
            found = found.filter(
                Exists(Finding.objects.filter(**here, outcome__in=outcomes))
                | Exists(Sentence.objects.filter(**here, verdict__in=outcomes))
                | Exists(Charge.objects.filter(**here, ended_how__in=outcomes))
            )
        if months != (None, None):
            length = Coalesce("years", 0) * 12 + Coalesce("months", 0)
            penalties = Penalty.objects.filter(**here, kind="imprisonment", origin="imposed").alias(length=length)
            found = found.filter(Exists(penalties.filter(length__range=months_between(*months))))
        if contested:
            found = found.filter(pk__in=RawSQL(cases_with_rivals_sql(), []))
        return found

    def numbers(self, day, certainty, *, statuses=(), places=(), stages=(), sieve=None, exact_to=EXACT_TO):
        """Return the Numbers of those of these cases that have one of the statuses and places on the day, and a stage,
        and that the sieve leaves (see sieve_of)."""
        written = self._written()
        if written is None:
            return Numbers(0, 0, 0, 0, {}, {}, "{}")
        question = Question(written, day, Certainty(certainty), statuses, places, stages, exact_to, sieve)
        return question.numbers() or question.numbers_by_period()

    def _written(self):
        """Return the SQL of the key, person and stage of these cases; None if there can be none."""
        try:
            found = self.order_by().values_list("pk", "detainee_id", "stage").query.sql_with_params()
        except EmptyResultSet:
            return None
        return connection.ops.compose_sql(*found)

    def first_keys(self, first, number, sieve=None):
        """Return the keys of so many of these cases from the first on, in their order, without looking at all of them."""
        keys = self.values_list("pk", flat=True)
        try:
            found = (keys if sieve else keys[first : first + number]).query.sql_with_params()
        except EmptyResultSet:
            return []
        written = connection.ops.compose_sql(*found)
        if not sieve:
            return keys_of("SELECT id FROM cases_walked(%s)", [written])
        walked = f"SELECT w.id, 0::bigint, '' FROM ({written}) AS w (id)"
        return keys_of("SELECT id FROM cases_found(%s, %s, %s) OFFSET %s", [walked, first + number, sieve, first])

    def sorted_by(self, name, day, *, down=False):
        """Order as a column of the list says; what a case has not comes last, and the key at the very end."""
        column = {
            "name": F("state__sort_key"),
            "since": F("now__since_likely"),
            "place": F("now__place__name"),
            "held": self.counted_on(day, "held", "int"),
            "sentence": self.counted_on(day, "sentence", "int"),
            "next": self.counted_on(day, "next", "date"),
            "changed": F("state__changed_at"),
            "confirmed": F("last_confirmed_on"),
        }[name]
        # Where a value is never missing the plain order lets an index serve it.
        nulls = {} if name in ("name", "changed", "since") else {"nulls_last": True}
        if name == "confirmed" and not down:  # never is longest ago
            nulls = {"nulls_first": True}
        ordering = column.desc(**nulls) if down else column.asc(**nulls)
        # That each case has its state is said, so that the index on it can serve the order.
        return self.on(day).filter(state__isnull=False).order_by(ordering, "-pk" if down else "pk")

    def counted_on(self, day, what, kind):
        """Return the expression for a number or date of the list's rows, to sort by it: see cases_values in 0008_quick.sql.

        All cases are counted once and looked up by key; asking for one case at a time takes a hundred times as long.
        """
        return RawSQL(f"((SELECT cases_values(%s, %s)) ->> cases_case.id::text)::{kind}", [what, day])


@tracked
class Case(Record):
    """One case of one detainee, from arrest or charge to the end. Several detainees can share a joint proceeding."""

    reference = Reference(_("reference"), prefix="C", unique=True)
    detainee = models.ForeignKey("cases.Detainee", models.PROTECT, related_name="cases", verbose_name=_("person"))
    title = models.CharField(_("short title"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        choices=list(countries),
        blank=True,
        help_text=_("The country that holds the person."),
    )
    authority = models.CharField(
        _("authority"),
        max_length=200,
        blank=True,
        help_text=_("The authority that holds the person, if it is no country."),
    )
    territory_note = models.CharField(
        _("note on the territory"), max_length=200, blank=True, help_text=_("For instance: Crimea, under occupation.")
    )
    access = models.CharField(_("who may see it"), max_length=8, choices=Access, default=Access.EVERYONE)
    team = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through=TeamMember, related_name="team_cases", verbose_name=_("team"), blank=True
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_cases",
        verbose_name=_("assigned to"),
    )
    stage = models.CharField(_("stage"), max_length=9, choices=Stage, default=Stage.DRAFT)
    tags = models.ManyToManyField(
        Term,
        through="cases.CaseTag",
        related_name="tagged_cases",
        verbose_name=_("tags"),
        blank=True,
        limit_choices_to={"kind": TermKind.TAG},
    )
    external_id = models.CharField(
        _("external id"), max_length=100, blank=True, help_text=_("Number or code of this case in another list.")
    )
    last_confirmed_on = models.DateField(
        _("last confirmed on"),
        null=True,
        blank=True,
        help_text=_("The last day for which a source confirms the situation."),
    )
    last_confirmed_source = models.ForeignKey(
        "cases.Source", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("confirmed by source")
    )
    key = FoldedField(sources=["reference", "title", "external_id"])

    objects = CaseQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["reference"]
        indexes = [
            models.Index(fields=["access", "id"], name="case_access"),
            models.Index(fields=["country"], name="case_country"),
            models.Index(fields=["stage"], name="case_stage"),
        ]
        triggers = [
            *Record.Meta.triggers,
            pgtrigger.Trigger(
                name="status_after_insert",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func="PERFORM cases_rebuild(ARRAY(SELECT id FROM new_rows), true); RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="status_after_update",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func="""
                    PERFORM cases_rebuild(ARRAY(
                        SELECT n.id FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id
                        WHERE n.last_confirmed_on IS DISTINCT FROM o.last_confirmed_on OR n.detainee_id <> o.detainee_id
                    ), true);
                    PERFORM cases_touch(ARRAY(
                        SELECT n.id FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id WHERE n.version <> o.version
                    ));
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="status_after_delete",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="old_rows"),
                func="PERFORM cases_forget(ARRAY(SELECT id FROM old_rows)); RETURN NULL;",
            ),
        ]

    def __str__(self):
        return self.reference

    def may_be_changed_by(self, user):
        """Whether the user, who sees the case, may change it: design 7's one answer besides visible_to."""
        return user.is_researcher

    def shows_confidential_to(self, user):
        """Whether the user, who sees the case, also sees its confidential events."""
        return user.is_editor or any(member.user_id == user.pk for member in self.team_members.all())


@tracked
class CaseTag(models.Model):
    """A tag on a case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="case_tags")
    term = models.ForeignKey(Term, models.PROTECT, related_name="case_tags", limit_choices_to={"kind": TermKind.TAG})

    objects = CaseLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag of a case")
        verbose_name_plural = _("tags of cases")
        constraints = [UniqueConstraint(fields=["case", "term"], name="casetag_once")]

    def __str__(self):
        return str(self.term)


class JointProceedingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those with a case that the user sees, their own, and those that no hidden case stands or stood in (design 7)."""
        if not getattr(user, "rank", 0):
            return self.none()
        uses = JointProceedingCase.objects.filter(proceeding=OuterRef("pk"))
        visible = Case.objects.visible_to(user).values("pk")
        return self.filter(
            Q(created_by=user)
            | Exists(uses.filter(case__in=visible))
            | ~Exists(uses.exclude(case__in=visible))
            & ~Exists(once_hidden("JointProceedingCase", user, proceeding=OuterRef("pk")))
        )


@tracked
class JointProceeding(Record):
    """A proceeding in which several detainees stand, such as "the 26 February case"."""

    reference = Reference(_("reference"), prefix="J", unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    cases = models.ManyToManyField(
        Case, through="cases.JointProceedingCase", related_name="proceedings", verbose_name=_("cases"), blank=True
    )
    key = FoldedField(sources=["name"])

    objects = JointProceedingQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("joint proceeding")
        verbose_name_plural = _("joint proceedings")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


@tracked
class JointProceedingCase(models.Model):
    """A case in a joint proceeding."""

    proceeding = models.ForeignKey(JointProceeding, models.CASCADE, related_name="proceeding_cases")
    case = models.ForeignKey(Case, models.CASCADE, related_name="case_proceedings")

    objects = CaseLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("case in a joint proceeding")
        verbose_name_plural = _("cases in joint proceedings")
        constraints = [UniqueConstraint(fields=["proceeding", "case"], name="jointproceedingcase_once")]

    def __str__(self):
        return f"{self.proceeding}: {self.case}"
