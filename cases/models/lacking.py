"""What cases lack, as far as a list can ask for it: one definition for the filter, its counts and the home page. That is of
accepted, non-confidential records, for everybody; what the page of one case says is in cases.missing.

And the rule of what may be verified: a case whose accepted records, confidential ones too, all have a source. It is asked
when a case becomes verified, by whatever way; if a source goes later, or a record comes without one, it is still verified,
and its page and the work list say what it lacks (docs/decisions.md).
"""

from calendar import monthrange
from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from cases.models.case import Likely
from cases.models.custody import Arrest, Detention
from cases.models.evidence import OF_CASE, Citation
from cases.models.proceedings import Charge, Hearing, Penalty, PenaltyOrigin, Representation, Sentence, Verdict
from cases.models.state import HELD, Period, Status

TO_CONFIRM = (*HELD, Status.RESTRICTED)  # whose situation goes on, so that somebody has to say that it still does
MONTHS_UNCONFIRMED = 3  # after which a case is asked for
DEAD = (Status.DIED, Status.DIED_IN_CUSTODY)
LACKING = {
    "charge": _("no charge"),
    "lawyer": _("no lawyer on the day"),
    "place": _("held, place unknown"),
    "arrest_date": _("date of arrest unknown"),
    "outcome": _("outcome of a passed hearing unknown"),
    "penalty": _("sentence without penalty"),
    "source": _("a record without a source"),
    "verified": _("not verified"),
}
# Of so many cases at most all that lack something are found at once; of more, only what few lack, as to look for that case by
# case would go through them all.
FEW = 50_000
RARE = {"charge", "arrest_date", "penalty"}


def unsourced_records(case):
    """Return the accepted records of a case that have no source, confidential ones too: as long as there are any, it can't
    become verified."""
    return [record for name in OF_CASE for record in _unsourced(name).filter(case=case)]


def has_unsourced_records():
    """Return the condition, for a queryset of cases, that a case has such records."""
    found = Q()
    for name in OF_CASE:
        found |= Q(Exists(_unsourced(name).filter(case=OuterRef("pk"))))
    return found


def _unsourced(name):
    records = Citation._meta.get_field(name).related_model._default_manager
    return records.accepted().filter(~Exists(Citation.objects.filter(**{name: OuterRef("pk")})))


def months_before(day, months):
    """Return the same day so many months earlier, or the last one of a shorter month; never before the year 1."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def lacking_sql(codes, day, certainty):
    """SQL: the keys of the cases that lack any of these on the day; it takes keys to look at as $1 (null: all cases)."""
    return " UNION ".join(f"({_one(code, day, certainty)})" for code in codes)


def keys_lacking(codes, day, certainty):
    """Return the keys of all such cases, as SQL writes an array; None if that takes longer than to look at some of them."""
    sql = lacking_sql(codes, day, certainty).replace("$1", "NULL::bigint[]")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT (SELECT coalesce(array_agg(c.id), '{{}}')::text FROM ({sql}) AS c (id))
            FROM pg_class WHERE oid = 'cases_case'::regclass AND (reltuples <= %s OR %s)""",
            [FEW, RARE.issuperset(codes)],
        )
        return (cursor.fetchone() or [None])[0]


def _one(code, day, certainty):
    match code:
        case "charge":
            return f"{_every_case()} EXCEPT {_of(Charge.objects.public())}"
        case "lawyer":
            return f"{_every_case()} EXCEPT {_of(Representation.objects.public().on(day))}"
        case "place":
            return _of(Period.objects.on(day, certainty).filter(status__in=HELD, place=None))
        case "arrest_date":
            here = {"case": OuterRef("case")}
            arrested = Exists(Arrest.objects.public().filter(**here).exclude(date=""))
            stayed = Exists(Detention.objects.public().filter(**here).exclude(began=""))
            undated = [Arrest.objects.public().filter(date=""), Detention.objects.public().filter(began="")]
            return _of(*(rows.filter(~arrested, ~stayed) for rows in undated))
        case "outcome":
            # As cases_next has it, which takes too long to ask of all cases.
            open_then = Q(held_on="", outcome="") | Q(likely__gt=day)
            planned = Hearing.objects.public().exclude(scheduled="").filter(scheduled_latest__lt=day)
            passed = planned.alias(likely=Likely("held_on_earliest", "held_on_latest")).filter(open_then)
            return f"({_of(passed)}) EXCEPT ({_of(Period.objects.on(day).filter(status__in=DEAD))})"
        case "penalty":
            imposed = Penalty.objects.filter(sentence=OuterRef("pk"), origin=PenaltyOrigin.IMPOSED)
            convicted = Sentence.objects.public().filter(verdict=Verdict.CONVICTED, change="")
            return _of(convicted.filter(~Exists(imposed)))
        case "source":
            return "SELECT u.case_id FROM cases_unsourced($1) AS u"
        case "verified":
            return f"{_every_case()} AND c.stage <> 'verified'"
    raise KeyError(code)


def _every_case():
    return "SELECT c.id FROM cases_case AS c WHERE ($1 IS NULL OR c.id = ANY ($1))"


def _of(*records):
    """SQL: the keys of the cases of records, which are querysets."""
    return " UNION ALL ".join(
        f"SELECT q.case_id FROM ({_written(rows)}) AS q (case_id) WHERE ($1 IS NULL OR q.case_id = ANY ($1))"
        for rows in records
    )


def _written(rows):
    return connection.ops.compose_sql(*rows.order_by().values("case_id").query.sql_with_params())
