"""All that one case page shows, loaded once for its reader, and the facts that follow from the records.

What is said of a case to everybody (held, charge, sentence, lawyers, next) follows from public records alone, whoever
reads: see docs/status.md. Status itself is never computed here, only read from the periods.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.db import connection
from django.db.models import Q
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cases.dates import PartialDate, in_words, today, words_for_bounds
from cases.models import (
    HELD,
    Arrest,
    Case,
    Charge,
    Citation,
    Detention,
    Finding,
    Hearing,
    Intervention,
    Listing,
    Note,
    Penalty,
    PenaltyOrigin,
    Period,
    Release,
    Representation,
    Restriction,
    Sentence,
    Source,
    Standing,
    Violation,
)
from cases.models.evidence import citable_fields, record_key
from cases.rows import OUTCOMES, Days, coming_of

LONGEST_QUOTED = 300
FIRST_DAY, LAST_DAY = date.min, date.max  # how the database writes open bounds of periods

# Word in the address -> model and what is loaded with it
KINDS = {
    "arrests": (Arrest, ["place"]),
    "detentions": (Detention, ["place"]),
    "restrictions": (Restriction, []),
    "charges": (Charge, ["provision__code"]),
    "hearings": (Hearing, ["court"]),
    "sentences": (Sentence, ["court"]),
    "releases": (Release, []),
    "lawyers": (Representation, ["lawyer"]),
    "violations": (Violation, ["right"]),
    "interventions": (Intervention, []),
    "listings": (Listing, ["list"]),
    "notes": (Note, ["kind"]),
}
PRESENT = " UNION ALL ".join(
    f"SELECT '{kind}' WHERE EXISTS (SELECT FROM {model._meta.db_table} WHERE case_id = %(case)s)"
    for kind, (model, _related) in KINDS.items()
)
# Of which kinds there are records at all, as most cases have a few of the twelve, and what cases_derived says: in one go
TOLD = f"SELECT ARRAY({PRESENT}), derived.* FROM cases_derived(%(case)s, %(day)s) AS derived"


@dataclass
class Cited:
    """A citation of a record as this reader may know it: `source` and `cites` are None where that is protected from them.

    `about`: the field, in words, if only one is meant; `origin_of` and `origins` take it for the citation itself.
    """

    source: Source | None
    cites: Source | None = None
    cites_hidden: str = ""
    said_by: str = ""
    reported: str = ""
    locator: str = ""
    quote: str = ""
    field: str = ""
    about: str = ""
    pk: int | None = None
    is_marked: bool = False  # its words are marked in the captured text

    @property
    def source_id(self):
        return self.source and self.source.pk

    @property
    def cites_id(self):
        return self.cites and self.cites.pk

    @property
    def quoted(self):
        """The quote, or the beginning of a long one."""
        return Truncator(self.quote).chars(LONGEST_QUOTED)

    @property
    def says_more(self):
        """Whether it tells anything beside the source."""
        return any([self.locator, self.reported, self.said_by, self.cites, self.cites_hidden])


class Dossier:
    """The records of `case` that `user` may see, by kind, with their sources; 19 queries at most, however many records.

    What follows from them is told as of `day`, today unless given; which records there are does not depend on it.
    """

    def __init__(self, case: Case, user, day: date | None = None):
        self.case, self.user, self.today = case, user, day or today()
        self.shows_confidential = case.shows_confidential_to(user)
        present = self._ask_database()
        self.records = {kind: self._load(kind) if kind in present else [] for kind in KINDS}
        self._tie_sources()
        self._tie_decisions()
        self.periods = list(Period.objects.filter(case=case).select_related("place").order_by("number"))

    # ------------------------------------------------------------------------------------------ loading

    def _load(self, kind):
        model, related = KINDS[kind]
        rows = self._of_case(model).select_related("event", *related)
        rows = list(rows.prefetch_related("lawyer__names") if kind == "lawyers" else rows)
        for record in rows:
            record.slug, record.case, record.cited, record.reliabilities = kind, self.case, [], []
        return rows

    def _ask_database(self):
        """Keep what the database derives beside the status: days held, sentence in force, outcomes of charges, what comes.
        Return the kinds of which the case has records at all.
        """
        with connection.cursor() as cursor:
            cursor.execute(TOLD, {"case": self.case.pk, "day": self.today})
            present, *days, sentence, penalties_of, outcomes, coming = cursor.fetchone()
        self._derived = {
            "days": Days(*(number or 0 for number in days)) if days[2] else None,
            "sentence": sentence,
            "penalties_of": penalties_of,
            "outcomes": {int(pk): outcome for pk, outcome in (outcomes or {}).items()},
            "coming": coming_of(coming),
        }
        return present

    def _of_case(self, model):
        return model.objects.of_case(self.case, confidential=self.shows_confidential)

    @property
    def all(self):
        return [record for records in self.records.values() for record in records]

    def _tie_sources(self):
        """Give each record its sources; one that is protected from the reader gives nothing away, not even how often."""
        by_key = {(record._meta.model_name, record.pk): record for record in self.all}
        citations = self._citations()
        self.of_roles = [citation for citation in citations if citation.affiliation_id]
        cited = [(by_key.get(record_key(citation)), citation) for citation in citations]
        cited = [(record, citation) for record, citation in cited if record is not None]
        self.visible_sources = visible = self._seen([*(citation for _record, citation in cited), *self.of_roles])
        for record, citation in cited:
            record.reliabilities.append(citation.source.reliability)
            if citation.source_id in visible:
                record.cited.append(cited_as_known(citation, visible))
            elif all(told.source for told in record.cited):
                record.cited.append(Cited(None))

    def _citations(self):
        """Return the citations of the case and of its person's roles; those of records that the reader may not see have no
        record here to go to.

        Each source is loaded once, however often it is cited: joined, it would be made anew for each citation.
        """
        of_roles = Q(detainee=self.case.detainee_id, affiliation__isnull=False)
        rows = list(Citation.objects.filter(Q(case=self.case) | of_roles).order_by("pk"))
        keys = {pk for row in rows for pk in (row.source_id, row.cites_id) if pk}
        sources = Source.objects.defer("captured_text", "key").in_bulk(keys)
        for row in rows:
            row.source, row.cites = sources[row.source_id], sources.get(row.cites_id)
        return rows

    def _seen(self, citations):
        """Return which of their sources, and whether the one that confirmed the case, by their keys, the reader may know."""
        return Source.objects.known_through(citations, self.user, self.case.last_confirmed_source_id)

    def _tie_decisions(self):
        """Give sentences their penalties and findings, alleged violations their hearings. What the reader may not see of it,
        such as a finding on a confidential charge, is left out.
        """
        sentences = {sentence.pk: sentence for sentence in self.records["sentences"]}
        charges = {charge.pk: charge for charge in self.records["charges"]}
        for sentence in sentences.values():
            sentence.imposed, sentence.requested, sentence.found = [], [], []
            sentence.earlier = sentences.get(sentence.changes_id)
        for charge in charges.values():
            charge.became = charges.get(charge.reclassified_to_id)
        hearings = {hearing.pk: hearing for hearing in self.records["hearings"]}
        for violation in self.records["violations"]:
            violation.in_hearing = hearings.get(violation.hearing_id)
        if sentences:
            self._tie_to_sentences(sentences, charges)

    def _tie_to_sentences(self, sentences, charges):
        for penalty in self._of_case(Penalty).order_by("pk"):
            if sentence := sentences.get(penalty.sentence_id):
                wanted = sentence.requested if penalty.origin == PenaltyOrigin.REQUESTED else sentence.imposed
                wanted.append(penalty)
        for finding in self._of_case(Finding).order_by("pk"):
            if (sentence := sentences.get(finding.sentence_id)) and (charge := charges.get(finding.charge_id)):
                sentence.found.append((charge, finding))

    # -------------------------------------------------------------------------------------- which records

    def public(self, kind):
        """Accepted and not confidential, in order of date: what everybody is told."""
        return [record for record in self.records[kind] if is_public(record)]

    def accepted(self, kind):
        """Accepted, with the confidential ones that the reader may see."""
        return [record for record in self.records[kind] if record.standing == Standing.ACCEPTED]

    @cached_property
    def confidential(self):
        return [record for record in self.all if record.event.confidential]

    def accounts(self, record):
        """The rival accounts of the same event, of whatever kind."""
        return [other for other in self._by_event[record.event_id] if other is not record]

    @cached_property
    def _by_event(self):
        found = {}
        for record in self.all:
            found.setdefault(record.event_id, []).append(record)
        return found

    # ---------------------------------------------------------------------------------------- what follows

    @cached_property
    def now(self):
        return period_on(self.periods, self.today)

    @property
    def is_held(self):
        return self.now is not None and self.now.status in HELD

    @property
    def is_certain(self):
        return is_certain(self.now, self.today)

    @property
    def days(self):
        """Days held up to today, or None if never."""
        return self._derived["days"]

    @cached_property
    def spells(self):
        return spells_of(self.periods)

    @property
    def in_force(self):
        """The sentence in force, or None."""
        return self._sentence(self._derived["sentence"])

    @property
    def punishes(self):
        """The sentence whose penalties count: an upheld one inherits those of the one that it upholds."""
        return self._sentence(self._derived["penalties_of"])

    def _sentence(self, pk):
        return next((sentence for sentence in self.records["sentences"] if sentence.pk == pk), None)

    def outcome(self, charge):
        """What became of a charge, in words; empty while it is pending and for charges that do not count."""
        outcome = self._derived["outcomes"].get(charge.pk, "pending")
        became = charge.became
        if outcome == "reclassified" and became and is_public(became) and became.provision:
            return _("reclassified to article %(article)s") % {"article": became.provision.label}
        return "" if outcome == "pending" else str(OUTCOMES.get(outcome, outcome))

    @property
    def coming(self):
        """What lies ahead, the earliest first, then what has passed without an outcome."""
        return self._derived["coming"]

    @property
    def next(self):
        """The earliest thing that still lies ahead, or None."""
        return next((coming for coming in self.coming if not coming.missing), None)


def cited_of(citations, user, visible=None):
    """Return citations of one record, which the user sees, as they may know them: what is protected from them stands once.

    `visible`: the keys of the sources that they know, if that has been asked already.
    """
    visible = Source.objects.known_through(citations, user) if visible is None else visible
    known = [cited_as_known(citation, visible) for citation in citations if citation.source_id in visible]
    return [*known, Cited(None)] if len(known) < len(citations) else known


def cited_as_known(citation, visible):
    """Return a citation of a source that the reader knows. `visible`: the keys of sources that they know."""
    hidden, said_by = "", citation.said_by
    if citation.cites_id and citation.cites_id not in visible:
        hidden = _("a protected source") if citation.cites.protected else _("another source")
        said_by = ""  # that may be the one who is protected
    return Cited(
        source=citation.source,
        cites=citation.cites if citation.cites_id in visible else None,
        cites_hidden=hidden,
        said_by=said_by,
        reported=citation.value_as_reported,
        locator=citation.locator,
        quote=citation.quote,
        field=citation.field,
        about=_about(citation) if citation.field else "",
        pk=citation.pk,
        is_marked=citation.range_start is not None,
    )


def _about(citation):
    """Return the field that is meant in words; as it was written where the kind of record has no such field."""
    name, _pk = record_key(citation)
    model = Citation._meta.get_field(name).related_model
    return citable_fields(model).get(citation.field, citation.field)


def is_public(record):
    return record.standing == Standing.ACCEPTED and not record.event.confidential


# ----------------------------------------------------------------------------------------------- periods


def period_on(periods, day):
    """The one period in which the case likely is on that day, or None."""
    return next((period for period in periods if period.begin_likely <= day < period.end_likely), None)


def is_certain(period, day):
    return period is not None and period.begin_latest <= day < period.end_earliest


@dataclass
class Spell:
    """An unbroken time held: its first and last period."""

    periods: list = field(default_factory=list)

    @property
    def is_open(self):
        return self.periods[-1].end_likely == LAST_DAY

    @property
    def begin(self):
        first = self.periods[0]
        return begin_in_words(first)

    @property
    def end(self):
        return end_in_words(self.periods[-1])


def spells_of(periods):
    found = {}
    for period in periods:
        if period.status in HELD:
            found.setdefault(period.spell, Spell()).periods.append(period)
    return list(found.values())


def begin_in_words(period):
    """How a period began, as reported where that says it, else by its bounds."""
    if period.begin_text:
        return in_words(PartialDate.parse_edtf(period.begin_text))
    return _bounds(period.begin_earliest, period.begin_latest)


def end_in_words(period):
    """The last day of a time held, or the first day of what came after it; empty if it lasts."""
    if period.end_likely == LAST_DAY:
        return ""
    back = timedelta(days=0 if period.end_held else 1)
    return _bounds(
        *(end if end in (FIRST_DAY, LAST_DAY) else end - back for end in (period.end_earliest, period.end_latest))
    )


def _bounds(earliest, latest):
    return words_for_bounds(None if earliest == FIRST_DAY else earliest, None if latest == LAST_DAY else latest)


def periods_with_confidential(case):
    """The periods that the case would have if its confidential records counted. For readers who may see those only."""
    fields = [f for f in Period._meta.concrete_fields if f.name not in ("id", "case")]
    with connection.cursor() as cursor:
        columns = ", ".join(f"(span).{f.column}" for f in fields)
        cursor.execute(f"SELECT {columns} FROM cases_fresh(ARRAY[%s]::bigint[], true)", [case.pk])
        rows = [dict(zip([f.attname for f in fields], row, strict=True)) for row in cursor.fetchall()]
    return sorted((Period(case=case, **row) for row in rows), key=lambda period: period.number)
