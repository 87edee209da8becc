"""What a case still lacks: one list, in one place. Each line says what to do about it."""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dates import in_words
from cases.dossier import Dossier
from cases.models import Sex

UNCONFIRMED_AFTER = timedelta(days=91)


@dataclass
class Gap:
    """Something that is missing, and the words and address of the form that fixes it."""

    text: str
    action: str
    url: str


def missing(dossier: Dossier) -> tuple[list[Gap], int]:
    """Return what is missing, the most urgent first, and how many other things are in place.

    Confidential records count for readers who may see them: they are there, and must not be asked for again.
    """
    checks = list(_checks(dossier))
    gaps = [gap for gap in checks if gap is not None]
    return gaps, len(checks) - len(gaps)


def _checks(dossier):
    """Yield for each thing that a case needs a Gap, or None where it is in place."""
    case, accepted = dossier.case, dossier.accepted
    edit_case = reverse("case-edit", args=[case.reference])
    edit_person = reverse("person-edit", args=[case.detainee.reference])

    yield from _passed(dossier)
    if dossier.is_held:
        confirmed = case.last_confirmed_on and case.last_confirmed_on >= dossier.today - UNCONFIRMED_AFTER
        yield None if confirmed else Gap(_("Not confirmed for three months."), _("Confirm"), edit_case)
        yield (
            None
            if _place_now(dossier)
            else Gap(_("Held, place unknown."), *_add(dossier, "detentions", _("Add a stay")))
        )
    if dossier.is_held or accepted("detentions") or accepted("arrests"):
        dated = any(record.date for record in accepted("arrests")) or any(stay.began for stay in accepted("detentions"))
        yield None if dated else Gap(_("Date of arrest unknown."), *_arrest(dossier))
    yield None if accepted("charges") else Gap(_("No charge."), *_add(dossier, "charges", _("Add a charge")))
    if accepted("charges") or accepted("sentences") or dossier.is_held:
        yield None if accepted("lawyers") else Gap(_("No lawyer."), *_add(dossier, "lawyers", _("Add a lawyer")))
    for sentence in accepted("sentences"):
        if sentence.verdict == "convicted" and not sentence.change:
            gap = Gap(_("Sentence without penalty."), _("Add a penalty"), edit_url(sentence))
            yield None if sentence.imposed else gap
    for record in dossier.all:
        yield None if record.cited else Gap(_source_of(record), _("Add a source"), edit_url(record))
    person = case.detainee
    yield None if person.born else Gap(_("Date of birth unknown."), _("Add it"), edit_person)
    yield None if person.sex != Sex.UNKNOWN else Gap(_("Sex unknown."), _("Add it"), edit_person)
    yield None if case.country or case.authority else Gap(_("Country unknown."), _("Add it"), edit_case)


def _passed(dossier):
    """What was planned and has passed: nothing says how it went."""
    for coming in dossier.coming:
        date = {"date": in_words(coming.date)}
        if not coming.missing:
            yield None
        elif coming.what == "hearing":
            yield Gap(_("Hearing of %(date)s: outcome unknown.") % date, *_hearing(dossier, coming))
        elif coming.what == "held_until":
            yield Gap(
                _("Detention was ordered until %(date)s: what then?") % date,
                *_add(dossier, "hearings", _("Add a hearing")),
            )
        elif coming.what == "ends_on":
            yield Gap(
                _("The sentence ended on %(date)s: released?") % date, *_add(dossier, "releases", _("Add a release"))
            )
        else:
            yield Gap(
                _("Release was expected on %(date)s: released?") % date, *_add(dossier, "releases", _("Add a release"))
            )


def _hearing(dossier, coming):
    """Where the outcome of a planned hearing is put: with the hearing that was planned for that day."""
    planned = (hearing for hearing in dossier.public("hearings") if hearing.scheduled.text == coming.date.text)
    if hearing := next((hearing for hearing in planned if not hearing.held_on and not hearing.outcome), None):
        return _("Add the outcome"), edit_url(hearing)
    return _add(dossier, "hearings", _("Add a hearing"))


def _place_now(dossier):
    if dossier.now.place_id:
        return True
    return any(stay.place_id and stay.ending == "ongoing" for stay in dossier.accepted("detentions"))


def _arrest(dossier):
    """Where the date of the arrest is put: with the arrest that is there, else with a new one."""
    if arrests := dossier.accepted("arrests"):
        return _("Add the date"), edit_url(arrests[0])
    return _add(dossier, "arrests", _("Add an arrest"))


def _source_of(record):
    what = capfirst(record._meta.verbose_name)
    day = next(
        (
            day
            for name in ("date", "began", "charged_on", "held_on", "scheduled")
            if (day := getattr(record, name, None))
        ),
        None,
    )
    if day:
        return _("%(what)s of %(date)s: no source.") % {"what": what, "date": in_words(day)}
    return _("%(what)s: no source.") % {"what": what}


def _add(dossier, kind, words):
    return words, reverse("record-add", args=[dossier.case.reference, kind])


def edit_url(record):
    return reverse("record-edit", args=[record.case.reference, record.slug, record.pk])
