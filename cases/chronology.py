"""The order in which things can have happened: one rule for forms, admin, import and check_status (issue 2, Bad input).

What is certain on the bounds of the dates is an error; what is only possible is a warning, which somebody may confirm
with a reason. Records that are set aside are never refused for order: rival accounts contradict each other.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Literal

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dates import PartialDate, in_words
from cases.models import (
    Arrest,
    Charge,
    Detainee,
    Detention,
    Ending,
    Hearing,
    Release,
    Representation,
    Restriction,
    Sentence,
    Standing,
    Violation,
)

# What the rule looks at, besides the person.
DATED_MODELS = [Arrest, Detention, Restriction, Charge, Hearing, Sentence, Release, Representation, Violation]
# The fields of a record that begin and end it.
SPANS = {
    Detention: ("began", "ended"),
    Restriction: ("began", "ended"),
    Representation: ("began", "ended"),
    Charge: ("charged_on", "ended_on"),
    Detainee: ("born", "died"),
}
# The field by which a record takes its place among the others.
DATES = {
    Arrest: "date",
    Detention: "began",
    Restriction: "began",
    Charge: "charged_on",
    Sentence: "date",
    Release: "date",
    Violation: "date",
}


@dataclass(frozen=True)
class Problem:
    """Something about the order of dates. `field` is that of the record being saved; `records` are those concerned."""

    level: Literal["error", "warning"]
    message: str
    field: str = ""
    records: tuple = ()


def records_of(case, user=None):
    """Return the accepted records of a case that the rule looks at; with a user only those that they may see, so that no
    message betrays another. One query for each kind.
    """
    found = []
    for model in DATED_MODELS:
        rows = model.objects.filter(case=case).accepted()
        found += rows.visible_to(user) if user else rows
    return found


def problems(records, person=None, saving=None):
    """Return the list of Problems of one case: of all its records, or only those that the record `saving` is part of.

    `saving` takes the place of its stored version among `records`; it need not be stored yet.
    """
    if saving is not None and getattr(saving, "standing", Standing.ACCEPTED) != Standing.ACCEPTED:
        return []
    others = [record for record in records if not _same(record, saving)]
    all_of_them = others if saving is None or isinstance(saving, Detainee) else [*others, saving]
    if isinstance(saving, Detainee):
        person = saving
    found = chain(
        *(_span(record) for record in [*filter(None, [person]), *all_of_them]),
        *(
            _before_all(record, _only(all_of_them, Arrest, Detention, Charge), _release_too_early)
            for record in _only(all_of_them, Release)
        ),
        *(
            _before_all(record, _only(all_of_them, Charge), _sentence_too_early)
            for record in _only(all_of_them, Sentence)
        ),
        _disagreements(all_of_them),
        _outside_hearings(all_of_them),
    )
    if saving is None:
        return list(found)
    return [_for(problem, saving) for problem in found if any(record is saving for record in problem.records)]


def certainly_before(a, b):
    """Whether a lies before b on all days that either can be, doubts included. Nothing is certain of an unknown date."""
    latest, earliest = a.widened()[1], b.widened()[0]
    return latest is not None and earliest is not None and latest < earliest


def possibly_before(a, b):
    """Whether some day of a lies before some day of b. The same words for both say nothing about their order."""
    if not a or not b or a.text == b.text:
        return False
    return a.earliest is None or b.latest is None or a.earliest < b.latest


def _same(record, saving):
    return saving is not None and saving.pk is not None and type(record) is type(saving) and record.pk == saving.pk


def _only(records, *models):
    return [record for record in records if isinstance(record, models)]


def _date(record) -> PartialDate:
    return getattr(record, DATES[type(record)])


def _for(problem, saving):
    """Return the problem with the field of the record that is being saved, which is where a form shows it."""
    field = problem.field or DATES.get(type(saving), "")
    return Problem(problem.level, problem.message, field, problem.records)


def _named(record, date):
    return _("%(record)s of %(date)s") % {"record": record._meta.verbose_name, "date": in_words(date)}


def _span(record):
    """Return the problem of one record, or of a person, that ends before it begins."""
    if type(record) not in SPANS:
        return []
    first, last = SPANS[type(record)]
    began, ended = getattr(record, first), getattr(record, last)
    level = "error" if certainly_before(ended, began) else "warning" if possibly_before(ended, began) else ""
    if not level:
        return []
    words = {
        "end": capfirst(str(record._meta.get_field(last).verbose_name)),
        "ended": in_words(ended),
        "start": str(record._meta.get_field(first).verbose_name),
        "began": in_words(began),
    }
    if level == "error":
        message = _("%(end)s: %(ended)s is before %(start)s: %(began)s.") % words
    else:
        message = _("%(end)s: %(ended)s may be before %(start)s: %(began)s.") % words
    return [Problem(level, message, last, (record,))]


def _before_all(record, beginnings, message):
    """Return the problem of a record that lies before every one of the beginnings, of which there must be one.

    A beginning without a date may have been earlier, so with one nothing is certain.
    """
    dated = [beginning for beginning in beginnings if _date(beginning)]
    if not dated or not all(possibly_before(_date(record), _date(beginning)) for beginning in dated):
        return []
    certain = all(certainly_before(_date(record), _date(beginning)) for beginning in beginnings)
    first = min(dated, key=lambda beginning: _date(beginning).sort_key)
    words = {"record": _named(record, _date(record)), "other": _named(first, _date(first))}
    return [Problem("error" if certain else "warning", capfirst(message(certain) % words), "", (record, *dated))]


def _release_too_early(certain):
    if certain:
        return _("%(record)s is before every arrest, stay and charge of the case; the first is the %(other)s.")
    return _("%(record)s may be before every arrest, stay and charge of the case; the first is the %(other)s.")


def _sentence_too_early(certain):
    if certain:
        return _("%(record)s is before every charge of the case; the first is the %(other)s.")
    return _("%(record)s may be before every charge of the case; the first is the %(other)s.")


def _disagreements(records):
    """Return warnings about stays that ended by a release on another day than the release says; the stay's end counts."""
    found = []
    releases = [release for release in _only(records, Release) if release.date]
    for stay in _only(records, Detention):
        if stay.ending == Ending.RELEASE and stay.ended and (release := _release_of(stay, releases, records)):
            words = {"ended": in_words(stay.ended), "release": _named(release, release.date)}
            message = (
                _("The stay ended by release: %(ended)s; the %(release)s says another day. The end of the stay counts.")
                % words
            )
            found.append(Problem("warning", message, "", (stay, release)))
    return found


def _outside_hearings(records):
    """Return warnings about alleged violations that are dated otherwise than the hearing in which they are said to be."""
    held = {hearing.pk: hearing for hearing in _only(records, Hearing) if hearing.held_on}
    found = []
    for violation in _only(records, Violation):
        hearing = held.get(violation.hearing_id)
        days = (violation.date, hearing.held_on) if hearing else ()
        if days and (certainly_before(*days) or certainly_before(*reversed(days))):
            words = {"record": _named(violation, violation.date), "hearing": _named(hearing, hearing.held_on)}
            message = capfirst(_("%(record)s: the %(hearing)s was on another day.") % words)
            found.append(Problem("warning", message, "", (violation, hearing)))
    return found


def _release_of(stay, releases, records):
    """Return the release that should be the stay's own end and contradicts it: the one that names it, else the next one
    after its beginning with no other arrest or stay between the two days. None if a release agrees, or none is meant.
    """
    if any(release.date.overlaps(stay.ended.earliest, stay.ended.latest) for release in releases):
        return None
    named = [release for release in releases if stay.pk and release.stay_id == stay.pk]
    if named:
        return named[0]
    after = [release for release in releases if not stay.began or release.date.likely() >= stay.began.likely()]
    release = min(after, key=lambda release: release.date.likely(), default=None)
    if release is None:
        return None
    first, last = sorted([stay.ended.likely(), release.date.likely()])
    others = [record for record in _only(records, Arrest, Detention) if record is not stay and _date(record)]
    return None if any(first <= _date(other).likely() <= last for other in others) else release
