"""What happened in a case, told: records -> entries of the timeline, each a sentence in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from re import compile as pattern

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.dates import UNKNOWN, PartialDate, in_words
from cases.dossier import Dossier
from cases.models import (
    ChargeStage,
    Ending,
    ListingDecision,
    Penalty,
    ReleaseKind,
    RestrictionEnding,
    Right,
    SentenceChange,
    Standing,
    Ternary,
    Verdict,
)
from cases.models.accounts import BY_WEIGHT, is_contested, weight
from cases.models.evidence import origins
from cases.rows import penalty_in_words

ENDS = (".", "!", "?", "…", "।", "。", "؟", "۔", ".”", ".»", '."')  # of a sentence
BRIEF = 3  # sources that stand in the line under a fact
OF_ONE_YEAR = pattern(r"(\d{4})-\d\d(-\d\d)?[~?%]?|(\d{4})-\d\d(-\d\d)?/(\d{4})-\d\d(-\d\d)?")


class Told:
    """What is told of `cited`, the citations of one fact: in a line, and unfolded. `is_unsourced` says that one is needed."""

    @cached_property
    def told(self):
        """Each source once, with its citations: [(source, [Cited])]. A protected one has none to tell."""
        by_source = {}
        for cited in self.cited:
            by_source.setdefault(cited.source, []).append(cited)
        return [(source, rows if source else []) for source, rows in by_source.items()]

    @property
    def brief(self):
        """The first sources, for the line under the fact: [(source, fields that it is cited for, how often it is cited)]."""
        found = []
        for source, rows in self.told[:BRIEF]:
            about = dict.fromkeys(cited.about for cited in rows)
            found.append((source, "" if "" in about else ", ".join(about), len(rows)))
        return found

    @property
    def unfolds(self):
        """Whether there is more to tell of its sources than that line does."""
        return any(source for source, _rows in self.told)

    @property
    def left_out(self):
        """How many sources that line leaves out."""
        return max(len(self.told) - BRIEF, 0)

    @property
    def chain(self):
        """ "3 reports, 1 origin", where there is more than one report and all are known to the reader."""
        return counted_origins(self.cited)


@dataclass
class Sources(Told):
    """The sources of what is no entry of a timeline: of a person, of their role in an organisation."""

    cited: list
    is_unsourced = False


@dataclass
class Entry(Told):
    """One thing that happened: `lead` in bold, then `subject` (a lawyer or a right, with its page), then `text`.

    `tone` is held, free, partly, court or nothing; `rank` orders what happened on one day; `sep` stands before `text`.
    `tells` names the fields of its record that a later entry tells: what is cited for one of them stands there only.
    """

    record: object
    date: PartialDate
    lead: str
    text: str = ""
    tone: str = ""
    rank: int = 5
    subject: object = None
    planned: bool = False
    first: bool = True
    accounts: list = field(default_factory=list)
    remark: str = ""
    sep: str = " "
    tells: tuple = ()
    cited: list = field(default_factory=list)
    hearing: "Entry | None" = None  # the one in which it is said to have happened

    @property
    def year(self):
        return (self.date.earliest or self.date.latest).year if self.date else None

    @cached_property
    def when(self):
        return in_year(self.date, self.year) if self.date else ""

    @property
    def subject_url(self):
        if isinstance(self.subject, Right):
            return reverse("right-detail", args=[self.subject.pk])
        return reverse("lawyer-detail", args=[self.subject.reference])

    @property
    def is_accepted(self):
        return getattr(self.record, "standing", Standing.ACCEPTED) == Standing.ACCEPTED

    @property
    def is_rejected(self):
        return not self.is_accepted and self.record.standing == Standing.REJECTED

    @property
    def is_confidential(self):
        return hasattr(self.record, "event") and self.record.event.confidential

    @property
    def is_certain(self):
        """Whether the day is known and nobody tells it another way."""
        day_is_known = self.date.is_complete and not self.date.mark
        return day_is_known and self.is_accepted and not self.accounts and not self.planned

    @property
    def css(self):
        words = [self.tone, "" if self.is_certain else "uncertain", "rejected" if self.is_rejected else ""]
        return " ".join(filter(None, words))

    @property
    def is_unsourced(self):
        """Whether a record has no source. A death stands with the person and is not asked for one here."""
        return hasattr(self.record, "cited") and not self.record.cited

    @property
    def reliability(self):
        """How reliable the best of its sources is, in words; empty without a source."""
        best = weight(getattr(self.record, "reliabilities", ()))
        return BY_WEIGHT[best - 1].label if best else ""

    @property
    def accounts_url(self):
        """Where this record is compared with its rivals; empty for what is no record of the case."""
        if not self.first or not hasattr(self.record, "slug"):
            return ""
        return reverse("account-list", args=[self.record.case.reference, self.record.slug, self.record.pk])

    @property
    def add_account_url(self):
        return reverse("account-add", args=[self.record.case.reference, self.record.slug, self.record.pk])

    @property
    def edit_url(self):
        if not hasattr(self.record, "slug"):
            return reverse("person-detail", args=[self.record.reference])
        return reverse("record-edit", args=[self.record.case.reference, self.record.slug, self.record.pk])

    @property
    def cite_url(self):
        """Where a source is added for it, without its form."""
        if not hasattr(self.record, "slug"):
            return reverse("person-citation-add", args=[self.record.reference]) + "?field=died"
        field = f"?field={self.tells[0]}" if self.tells else ""
        return reverse("citation-add", args=[self.record.case.reference, self.record.slug, self.record.pk]) + field

    @property
    def cite_label(self):
        return _("Add a source: %(what)s %(when)s") % {"what": self.lead, "when": self.when}

    @property
    def edit_label(self):
        """What the link to the form says to those who hear it, not seeing beside what it stands."""
        return _("Edit: %(what)s %(when)s") % {"what": self.lead, "when": self.when}

    @property
    def anchor(self):
        """The place of this entry on the page."""
        return f"{self.record.slug}-{self.record.pk}" if self.first and hasattr(self.record, "slug") else ""

    @property
    def sort_key(self):
        """By the likely day: "2017" stands in the middle of its year, a date that is open at the day that it has."""
        return (self.date.likely() or date.max, self.date.latest or date.max, self.rank, self.record.pk)


def counted_origins(cited):
    """Return "3 reports, 1 origin" for citations of one record; empty for one report, or if the reader doesn't know all."""
    reports = len({one.source for one in cited})
    if reports < 2 or any(one.source is None or one.cites_hidden for one in cited):
        return ""
    counts = {"reports": reports, "origins": origins(cited)}
    words = ngettext("%(reports)s report", "%(reports)s reports", reports) % counts
    return f"{words}, " + ngettext("%(origins)s origin", "%(origins)s origins", counts["origins"]) % counts


@dataclass
class Year:
    """The entries of one year; `number` is None for those without a date."""

    number: int | None
    entries: list


def by_year(entries: Iterable[Entry], *, oldest_first=False) -> list[Year]:
    """Group entries by year, newest first unless asked; those without a date come last."""
    dated = [entry for entry in entries if entry.date]
    undated = [entry for entry in entries if not entry.date]
    dated.sort(key=lambda entry: (entry.year, entry.sort_key), reverse=not oldest_first)
    years = [Year(year, list(of_year)) for year, of_year in groupby(dated, key=lambda entry: entry.year)]
    return [*years, Year(None, undated)] if undated else years


def timeline(dossier: Dossier, kinds=()) -> list[Entry]:
    """Everything that happened, or only what is of some kinds, in no order.

    Rival accounts stand under the accepted one; alone where there is none, or where it is of a kind that is left out.
    """
    kinds = kinds or list(dossier.records)
    entries = []
    for kind in kinds:
        for record in dossier.records[kind]:
            rivals = dossier.accounts(record)
            if record.standing == Standing.ACCEPTED:
                told = tell(dossier, record)
                told[0].accounts = [tell(dossier, rival)[0] for rival in rivals]
                entries += told
            elif not any(rival.standing == Standing.ACCEPTED and rival.slug in kinds for rival in rivals):
                entries += tell(dossier, record)
    person = dossier.case.detainee
    if person.deceased == Ternary.YES and len(kinds) > 1:
        entries.append(Entry(person, person.died, _("Died"), tone="held", rank=9))
    return entries


def contested(dossier: Dossier) -> list[str]:
    """One line for each public record that others, as reliable or more, tell in other ways: "Release contested: 7 accounts"."""
    lines = []
    for kind in ["releases", *(kind for kind in dossier.records if kind != "releases")]:
        for record in dossier.public(kind):
            rivals = [other for other in dossier.accounts(record) if other.standing == Standing.ALTERNATIVE]
            weights = [weight(rival.reliabilities) for rival in rivals]
            if is_contested(weight(record.reliabilities), weights):
                count = {"what": capfirst(record._meta.verbose_name), "n": len(rivals) + 1}
                lines.append(
                    ngettext("%(what)s contested: %(n)s account", "%(what)s contested: %(n)s accounts", count["n"])
                    % count
                )
    return lines


def tell(dossier: Dossier, record) -> list[Entry]:
    """The entries of one record: at least one."""
    first, *others = entries = TELL[record.slug](dossier, record)
    elsewhere = {name for entry in others for name in entry.tells}
    first.remark = record.remark
    first.cited = [cited for cited in record.cited if cited.field not in elsewhere]
    for entry in others:
        entry.first = False
        entry.cited = [cited for cited in record.cited if not cited.field or cited.field in entry.tells]
    return entries


def in_year(day: PartialDate, year: int) -> str:
    """The date in words without the year that stands above it: "25 October", "about March"; else the whole date."""
    words = in_words(day)
    match = OF_ONE_YEAR.fullmatch(day.text)
    if match and {found for found in (match[1], match[3], match[5]) if found} == {str(year)}:
        return words.replace(f" {year}", "")
    return words


# ------------------------------------------------------------------------------------------- each kind


def arrests(dossier, arrest):
    details = [
        _("in %(place)s") % {"place": arrest.place} if arrest.place else "",
        _("by %(who)s") % {"who": arrest.authority} if arrest.authority else "",
    ]
    more = [
        {Ternary.YES: _("a warrant was shown"), Ternary.NO: _("no warrant was shown")}.get(arrest.warrant_shown, ""),
        _("reason given: %(text)s") % {"text": arrest.reason_given} if arrest.reason_given else "",
        Prose(arrest.circumstances),
    ]
    where = " ".join(filter(None, details))
    sep = " " if where else "; " if any(more[:2]) else ". "
    return [Entry(arrest, arrest.date, _("Arrested"), parts(where, *more), "held", 1, sep=sep)]


def detentions(dossier, stay):
    kind = capfirst(stay.get_kind_display())
    details = [
        _("in %(place)s") % {"place": stay.place} if stay.place else "",
        _("ordered by %(who)s") % {"who": stay.ordered_by} if stay.ordered_by else "",
        "" if stay.ended else _still(stay),
    ]
    entries = [Entry(stay, stay.began, kind, parts(*details), "held", 3, sep=" " if stay.place else "; ")]
    if stay.ended and not _freed_by_release(dossier, stay):
        lead = {
            Ending.TRANSFER: _("Transferred"),
            Ending.RELEASE: _("Let go"),
            Ending.CHANGED: _("Measure changed"),
            Ending.ESCAPE: _("Escaped"),
            Ending.ENDED: _("Stay ended, how is unknown"),
        }.get(stay.ending, _("Stay ended"))
        tone = {Ending.RELEASE: "free", Ending.CHANGED: "partly", Ending.TRANSFER: "held"}.get(stay.ending, "")
        rank = 2 if stay.ending in (Ending.TRANSFER, Ending.CHANGED) else 7
        of = _("from %(kind)s") % {"kind": stay.get_kind_display()}
        text = parts(f"{of}, {stay.place}" if stay.place else of)
        entries.append(Entry(stay, stay.ended, lead, text, tone, rank, tells=("ended", "ending")))
    return entries


def _freed_by_release(dossier, stay):
    """Whether a release of that very day says the same, and more."""
    releases = [release for release in dossier.accepted("releases") if release.date.text == stay.ended.text]
    return stay.ending == Ending.RELEASE and stay.standing == Standing.ACCEPTED and bool(releases)


def restrictions(dossier, restriction):
    kind = capfirst(restriction.get_kind_display())
    details = [
        _("ordered by %(who)s") % {"who": restriction.ordered_by} if restriction.ordered_by else "",
        "" if restriction.ended else _still(restriction),
    ]
    entries = [Entry(restriction, restriction.began, kind, parts(*details), "partly", 3, sep="; ")]
    if restriction.ended:
        how = capfirst(restriction.get_ending_display())
        tone = "free" if restriction.ending == RestrictionEnding.RELEASE else "partly"
        of = _("was: %(kind)s") % {"kind": restriction.get_kind_display()}
        entries.append(Entry(restriction, restriction.ended, how, of, tone, 6, tells=("ended", "ending")))
    return entries


def _still(stay):
    """What is known of the end of a stay or restriction that has no date."""
    if stay.ending == Ending.ONGOING:
        return ""
    if stay.ending == Ending.DEATH:
        return _("until death")
    if stay.ending in (Ending.UNCONFIRMED, Ending.ENDED):
        return stay.get_ending_display()
    return _("end: %(how)s, day unknown") % {"how": stay.get_ending_display()}


def charges(dossier, charge):
    article = _article(charge)
    stage = "" if charge.stage == ChargeStage.COMPLETED else charge.get_stage_display()
    undated_act = charge.alleged_act if not charge.act_date else ""
    outcome = dossier.outcome(charge) if charge.standing == Standing.ACCEPTED else ""
    details = [
        _("under article %(article)s") % {"article": article} if article else "",
        stage,
        _("as reported: %(text)s") % {"text": charge.text_as_reported} if charge.text_as_reported else "",
        _("alleged act: %(text)s") % {"text": undated_act} if undated_act else "",
        _("outcome: %(outcome)s") % {"outcome": outcome} if outcome else "",
    ]
    entries = [
        Entry(charge, charge.charged_on, _("Charged"), parts(*details), "court", 4, sep=" " if article else "; ")
    ]
    if charge.act_date:
        act = charge.alleged_act or (_("article %(article)s") % {"article": article} if article else "")
        entries.append(Entry(charge, charge.act_date, _("Alleged act:"), act, "", 0, tells=("act_date", "alleged_act")))
    if charge.ended_on:
        became = _article(charge.became) if charge.became else ""
        lead = {"dropped": _("Charge dropped"), "reclassified": _("Charge reclassified")}.get(
            charge.ended_how, _("Charge ended")
        )
        text = _("to article %(article)s") % {"article": became} if became else ""
        was = _("was: article %(article)s") % {"article": article} if article else ""
        tells = ("ended_on", "ended_how", "reclassified_to")
        entries.append(Entry(charge, charge.ended_on, lead, parts(text, was), "court", 6, tells=tells))
    return entries


def _article(charge):
    return f"{charge.provision.label}, {charge.provision.code.name}" if charge.provision else ""


HEARINGS = {
    "remand": lambda: _("Remand hearing"),
    "extension": lambda: _("Hearing on extension of remand"),
    "preliminary": lambda: _("Preliminary hearing"),
    "trial": lambda: _("Trial hearing"),
    "verdict": lambda: _("Verdict hearing"),
    "appeal": lambda: _("Appeal hearing"),
    "cassation": lambda: _("Cassation hearing"),
    "other": lambda: _("Hearing"),
}


def hearings(dossier, hearing):
    planned = bool(hearing.scheduled) and not hearing.held_on
    lead = HEARINGS[hearing.stage]()
    if planned:
        has_passed = hearing.scheduled.latest is not None and hearing.scheduled.latest < dossier.today
        if not has_passed:
            lead = _("Planned: %(hearing)s") % {"hearing": lead[:1].lower() + lead[1:]}
        elif not hearing.outcome:
            lead = _("%(hearing)s was planned, outcome not recorded") % {"hearing": lead}
    held_until = in_words(hearing.held_until)
    details = [
        Prose(hearing.outcome) if ". " in hearing.outcome else hearing.outcome,
        _("held until %(date)s") % {"date": held_until} if held_until else "",
        str(hearing.court or ""),
        _("at %(time)s") % {"time": hearing.scheduled_time.strftime("%H:%M")}
        if planned and hearing.scheduled_time
        else "",
        {"open": _("open"), "closed": _("behind closed doors")}.get(hearing.openness, ""),
        {
            "present": _("the person was present"),
            "video": _("the person took part by video"),
            "absent": _("the person was absent"),
        }.get(hearing.attendance, ""),
        _("judge %(name)s") % {"name": hearing.judge} if hearing.judge else "",
    ]
    return [
        Entry(hearing, hearing.held_on or hearing.scheduled, lead, parts(*details), "", 4, planned=planned, sep=": ")
    ]


CHANGES = {
    "upheld": lambda: _("Sentence upheld"),
    "reduced": lambda: _("Sentence reduced"),
    "increased": lambda: _("Sentence increased"),
    "quashed": lambda: _("Sentence quashed"),
    "replaced": lambda: _("Sentence replaced"),
}


def sentences(dossier, sentence):
    imposed = penalties_in_words(sentence.imposed)
    requested = penalties_in_words(sentence.requested)
    lead = CHANGES[sentence.change]() if sentence.change else ""
    if sentence.verdict == Verdict.CONVICTED and imposed:
        words = _("sentenced to %(penalties)s") % {"penalties": imposed}
    elif sentence.verdict:
        words = parts(Verdict(sentence.verdict).label, imposed)
    else:
        words = imposed
    lead, text = (lead, words) if lead else (capfirst(words), "")
    earlier = sentence.earlier
    details = [
        text,
        _("of %(date)s") % {"date": in_words(earlier.date)} if earlier and earlier.date and sentence.change else "",
        sentence.get_instance_display(),
        str(sentence.court or ""),
        *(
            f"{_('article %(article)s') % {'article': charge.provision.label} if charge.provision else _('charge')}: "
            f"{finding.get_outcome_display()}"
            for charge, finding in sentence.found
        ),
        _("the prosecutor asked for %(penalties)s") % {"penalties": requested} if requested else "",
        _("in force on %(date)s") % {"date": in_words(sentence.in_force_on)} if sentence.in_force_on else "",
        _("ends on %(date)s") % {"date": in_words(sentence.ends_on)} if sentence.ends_on else "",
        _("expected release: %(date)s") % {"date": in_words(sentence.expected_release)}
        if sentence.expected_release
        else "",
    ]
    tone = "free" if sentence.verdict in (Verdict.ACQUITTED, Verdict.DISMISSED) else "court"
    rank = 5 if sentence.change in ("", SentenceChange.REPLACED) else 6
    return [Entry(sentence, sentence.date, lead, parts(*details), tone, rank, sep=": " if text else "; ")]


def releases(dossier, release):
    kind = release.get_kind_display()
    if release.kind == ReleaseKind.ESCAPED:
        lead = _("Escaped")
    elif release.kind in (ReleaseKind.UNKNOWN, ReleaseKind.OTHER):
        lead = _("Released")
    else:
        lead = _("Released: %(kind)s") % {"kind": kind}
    by = _("by %(who)s") % {"who": release.authority} if release.authority else ""
    details = [
        release.instrument,
        {Ternary.YES: _("the order was published"), Ternary.NO: _("the order was not published")}.get(
            release.published, ""
        ),
        {Ternary.YES: _("the person asked for it"), Ternary.NO: _("the person did not ask for it")}.get(
            release.petitioned, ""
        ),
        _("to %(place)s") % {"place": release.destination} if release.destination else "",
        _("conditions: %(text)s") % {"text": release.conditions} if release.conditions else "",
        _("negotiated by %(who)s") % {"who": release.negotiated_by} if release.negotiated_by else "",
    ]
    tone = "partly" if release.kind == ReleaseKind.BAIL else "" if release.kind == ReleaseKind.ESCAPED else "free"
    return [Entry(release, release.date, lead, parts(by, *details), tone, 8, sep=" " if by else "; ")]


def lawyers(dossier, representation):
    lawyer, role = representation.lawyer, representation.get_role_display()
    entries = [Entry(representation, representation.began, _("Lawyer:"), role, "", 4, subject=lawyer)]
    if representation.ended:
        lead = _("No longer the lawyer:")
        entries.append(Entry(representation, representation.ended, lead, "", "", 4, subject=lawyer, tells=("ended",)))
    return entries


def violations(dossier, violation):
    """What is said to have happened and by whom; without a date of its own it stands on the day of its hearing."""
    right, who, hearing = violation.right, violation.alleged_by, violation.in_hearing
    by = _("alleged by %(who)s") % {"who": who} if who else _("who says so is not recorded")
    text = parts(Prose(violation.what_happened), by)
    entry = Entry(violation, violation.date or UNKNOWN, _("Alleged violation"), text, "", 6, sep=": ")
    if right:
        entry.lead, entry.subject = _("Alleged violation of"), right
        entry.text, entry.sep = f"({right.name}): {text}", " "
    if hearing:
        entry.hearing = hearings(dossier, hearing)[0]
        entry.date = violation.date or hearing.held_on or UNKNOWN
    return [entry]


def interventions(dossier, intervention):
    lead = capfirst(intervention.get_kind_display())
    details = [
        Prose(intervention.about),
        Prose(_("answer: %(text)s") % {"text": intervention.answer}) if intervention.answer else "",
    ]
    who = {"who": intervention.by_whom, "whom": intervention.to_whom}
    by = _("by %(who)s to %(whom)s") % who if intervention.to_whom else _("by %(who)s") % who
    return [Entry(intervention, intervention.date or UNKNOWN, lead, parts(by, *details), "", 9)]


def listings(dossier, listing):
    lead = {
        ListingDecision.INCLUDED: _("Put on the list %(list)s"),
        ListingDecision.REFUSED: _("Not put on the list %(list)s"),
        ListingDecision.REMOVED: _("Taken off the list %(list)s"),
    }[listing.decision] % {"list": listing.list}
    return [Entry(listing, listing.date or UNKNOWN, lead, listing.grounds, "", 9, sep=": ")]


def notes(dossier, note):
    lead = f"{capfirst(str(note.kind))}:" if note.kind else _("Note:")
    return [Entry(note, note.date or UNKNOWN, lead, note.text, "", 9)]


TELL = {
    "arrests": arrests,
    "detentions": detentions,
    "restrictions": restrictions,
    "charges": charges,
    "hearings": hearings,
    "sentences": sentences,
    "releases": releases,
    "lawyers": lawyers,
    "violations": violations,
    "interventions": interventions,
    "listings": listings,
    "notes": notes,
}


class Prose(str):
    """What people wrote in their own sentences, perhaps: others begin and end at it."""


def parts(*words):
    """Join what there is with semicolons, prose as sentences; a full stop of a part stays at the very end only."""
    text, before = "", ""
    for part in (part for part in words if part and str(part).strip()):
        words_of_it = str(part).strip()
        if not text:
            text = words_of_it
        elif isinstance(before, Prose) or isinstance(part, Prose):
            text = f"{text}{'' if text.endswith(ENDS) else '.'} {capfirst(words_of_it)}"
        else:
            text = f"{text.removesuffix('.')}; {words_of_it}"
        before = part
    return text


def penalties_in_words(penalties: Iterable[Penalty]) -> str:
    """ "8 years, strict regime; fine: 10000 RUB (not paid)"."""
    words = [(penalty_in_words(penalty), penalty.note) for penalty in penalties]
    return "; ".join(f"{penalty} ({note})" if note else penalty for penalty, note in words)
