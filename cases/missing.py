"""What a case still lacks: a list for each stage of its life, in one place. Each line says what to do about it.

A list is data: a Need for what a case has or not, an Each for the same of every record of a kind. To ask for something
more, write it here, and put it into the lists of the stages that need it. The first in a list is the most urgent. It
follows the minimum of a register of detainees: who, why and by whose authority, when and where, before which judge,
moved where, freed or dead how.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.dates import in_words
from cases.dossier import KINDS, Dossier
from cases.models import ReleaseKind, Sex, Stage, Status, Ternary
from cases.models.lacking import MONTHS_UNCONFIRMED, TO_CONFIRM, months_before, unsourced_records


class Life(models.TextChoices):
    """How far a case has come, from its status and its records."""

    HELD = "held", gettext_lazy("arrested or held, not charged")
    CHARGED = "charged", gettext_lazy("charged")
    ON_TRIAL = "on_trial", gettext_lazy("on trial")
    SENTENCED = "sentenced", gettext_lazy("sentenced")
    RELEASED = "released", gettext_lazy("released")
    DIED = "died", gettext_lazy("died")
    CLOSED = "closed", gettext_lazy("closed")
    REPORTED = "reported", gettext_lazy("reported")


TRIAL = {"preliminary", "trial", "verdict", "appeal", "cassation"}  # hearings that belong to it
OVER = {
    Status.DIED: Life.DIED,
    Status.DIED_IN_CUSTODY: Life.DIED,
    Status.RELEASED: Life.RELEASED,
    Status.ESCAPED: Life.RELEASED,
    Status.CLOSED: Life.CLOSED,
}


def life_of(dossier: Dossier) -> Life:
    """Return how far the case has come. Confidential records count for readers who may see them."""
    if over := OVER.get(dossier.now.status if dossier.now else None):
        return over
    if dossier.in_force is not None:
        return Life.SENTENCED
    if any(hearing.stage in TRIAL for hearing in dossier.accepted("hearings")):
        return Life.ON_TRIAL
    if dossier.accepted("charges"):
        return Life.CHARGED
    return Life.HELD if dossier.is_held or dossier.accepted("arrests") else Life.REPORTED


@dataclass
class Gap:
    """Something that is missing, and the words and address of the form that fixes it."""

    text: str
    action: str
    url: str


@dataclass(frozen=True)
class Need:
    """Something that a case has, or lacks: then `words` say so, and `action` leads to the form. `of`: who is asked for it."""

    words: str
    action: str
    form: Callable[[Dossier], str]
    has: Callable[[Dossier], bool]
    of: Callable[[Dossier], bool] = lambda dossier: True

    def look(self, dossier: Dossier) -> Iterator[Gap | None]:
        """Yield a Gap if it is missing, None if it is in place, nothing if the case is not asked for it."""
        if self.of(dossier):
            yield None if self.has(dossier) else Gap(str(self.words), str(self.action), self.form(dossier))


@dataclass(frozen=True)
class Each:
    """The same for every accepted record of a kind; `form` is given the record."""

    kind: str
    words: str
    action: str
    form: Callable[[models.Model], str]
    has: Callable[[models.Model], bool]
    of: Callable[[models.Model], bool] = lambda record: True

    def look(self, dossier: Dossier) -> Iterator[Gap | None]:
        for record in dossier.accepted(self.kind):
            if self.of(record):
                yield None if self.has(record) else Gap(str(self.words), str(self.action), self.form(record))


@dataclass(frozen=True)
class Whatever:
    """What needs more than a line to find: `look` yields as those of the others do."""

    look: Callable[[Dossier], Iterator[Gap | None]]


# ------------------------------------------------------------------------------------------------ forms


def add(kind):
    """The form of a new record of the case."""
    return lambda dossier: reverse("record-add", args=[dossier.case.reference, kind])


def of_record(field):
    """The form of the record, at a field."""
    return lambda record: f"{edit_url(record)}#id_{field}"


def of_first(kind, field, which=lambda record: True):
    """The form of the first accepted record of a kind, at a field; of a new one if there is none."""

    def form(dossier):
        record = next((record for record in dossier.accepted(kind) if which(record)), None)
        return of_record(field)(record) if record else f"{add(kind)(dossier)}#id_{field}"

    return form


def of_case(field):
    return lambda dossier: f"{reverse('case-edit', args=[dossier.case.reference])}#id_{field}"


def of_person(field):
    return lambda dossier: f"{reverse('person-edit', args=[dossier.case.detainee.reference])}#id_{field}"


def edit_url(record):
    return reverse("record-edit", args=[record.case.reference, record.slug, record.pk])


def cite_url(record):
    return reverse("citation-add", args=[record.case.reference, record.slug, record.pk])


# ------------------------------------------------------------------------------------------- predicates


def is_open(stay):
    return stay.ending == "ongoing"


def place_is_known(dossier):
    now = dossier.now is not None and dossier.now.place_id
    return bool(now) or any(stay.place_id and is_open(stay) for stay in dossier.accepted("detentions"))


def arrest_is_dated(dossier):
    dated = [arrest.date for arrest in dossier.accepted("arrests")]
    return any([*dated, *(stay.began for stay in dossier.accepted("detentions"))])


def was_taken(dossier):
    return dossier.is_held or bool(dossier.accepted("arrests") or dossier.accepted("detentions"))


def is_confirmed(dossier):
    day = dossier.case.last_confirmed_on
    return day is not None and day >= months_before(dossier.today, MONTHS_UNCONFIRMED)


def goes_on(dossier):
    """Whether somebody is held or restricted, so that it may have changed since."""
    return dossier.now is not None and dossier.now.status in TO_CONFIRM


def is_defended(dossier):
    return any(
        one.ended.latest is None or one.ended.latest >= dossier.today if one.ended else True
        for one in dossier.accepted("lawyers")
    )


def is_first_conviction(sentence):
    """Whether it says what it imposes itself: one that decides on an earlier one may leave that to it."""
    return sentence.verdict == "convicted" and not sentence.change


def imprisons(dossier):
    punishes = dossier.punishes
    return dossier.is_held and punishes is not None and any(one.kind == "imprisonment" for one in punishes.imposed)


def end_is_known(dossier):
    planned = [dossier.in_force, dossier.punishes]
    return any(sentence.ends_on or sentence.expected_release for sentence in planned if sentence is not None)


# ------------------------------------------------------------------------------------------------ needs

ADD_IT = gettext_lazy("Add it")

CONFIRMED = Need(
    gettext_lazy("Not confirmed for three months."), gettext_lazy("Confirm"), of_case("last_confirmed_on"), is_confirmed, of=goes_on
)  # fmt: skip
PLACE = Need(
    gettext_lazy("Held, place unknown."), gettext_lazy("Add the place"), of_first("detentions", "place", is_open),
    place_is_known, of=lambda dossier: dossier.is_held,
)  # fmt: skip
ARREST_DATE = Need(
    gettext_lazy("Date of arrest unknown."), gettext_lazy("Add the date"), of_first("arrests", "date"), arrest_is_dated, of=was_taken
)  # fmt: skip
WHO_ARRESTED = Each(
    "arrests", gettext_lazy("Who made the arrest is unknown."), ADD_IT, of_record("authority"), lambda arrest: bool(arrest.authority)
)  # fmt: skip
WHY_ARRESTED = Each(
    "arrests", gettext_lazy("Reason given at the arrest unknown."), ADD_IT, of_record("reason_given"),
    lambda arrest: bool(arrest.reason_given),
)  # fmt: skip
CHARGE = Need(
    gettext_lazy("No charge."), gettext_lazy("Add a charge"), add("charges"), lambda dossier: bool(dossier.accepted("charges"))
)  # fmt: skip
ARTICLE = Each(
    "charges", gettext_lazy("Charge without an article."), gettext_lazy("Add the article"), of_record("provision"),
    lambda charge: charge.provision_id is not None,
)  # fmt: skip
JUDGE = Need(
    gettext_lazy("Held, brought before no judge as far as is known."), gettext_lazy("Add a hearing"), add("hearings"),
    lambda dossier: bool(dossier.accepted("hearings") or dossier.accepted("sentences")), of=lambda dossier: dossier.is_held,
)  # fmt: skip
LAWYER = Need(gettext_lazy("No lawyer."), gettext_lazy("Add a lawyer"), add("lawyers"), is_defended)
COURT = Each(
    "hearings", gettext_lazy("Court of a hearing unknown."), gettext_lazy("Add the court"), of_record("court"),
    lambda hearing: hearing.court_id is not None, of=lambda hearing: hearing.stage in TRIAL,
)  # fmt: skip
SENTENCE_COURT = Each(
    "sentences", gettext_lazy("Court of the sentence unknown."), gettext_lazy("Add the court"), of_record("court"),
    lambda sentence: sentence.court_id is not None,
)  # fmt: skip
SENTENCE_DATE = Each(
    "sentences", gettext_lazy("Date of the sentence unknown."), gettext_lazy("Add the date"), of_record("date"),
    lambda sentence: bool(sentence.date),
)  # fmt: skip
PENALTY = Each(
    "sentences", gettext_lazy("Sentence without penalty."), gettext_lazy("Add a penalty"), of_record("penalties-0-kind"),
    lambda sentence: bool(sentence.imposed), of=is_first_conviction,
)  # fmt: skip
END = Need(
    gettext_lazy("End of the sentence unknown."), ADD_IT, of_first("sentences", "ends_on"), end_is_known, of=imprisons
)
RELEASE = Need(
    gettext_lazy("Free again: how is not recorded."), gettext_lazy("Add a release"), add("releases"),
    lambda dossier: bool(dossier.accepted("releases")), of=lambda dossier: dossier.now.status == Status.RELEASED,
)  # fmt: skip
RELEASE_DATE = Each(
    "releases", gettext_lazy("Date of the release unknown."), gettext_lazy("Add the date"), of_record("date"),
    lambda release: bool(release.date),
)  # fmt: skip
RELEASE_KIND = Each(
    "releases", gettext_lazy("Kind of the release unknown."), ADD_IT, of_record("kind"),
    lambda release: release.kind != ReleaseKind.UNKNOWN,
)  # fmt: skip
DEATH_DATE = Need(
    gettext_lazy("Date of death unknown."), gettext_lazy("Add the date"), of_person("died"),
    lambda dossier: bool(dossier.case.detainee.died), of=lambda dossier: dossier.case.detainee.deceased == Ternary.YES,
)  # fmt: skip
DEATH_HOW = Need(
    gettext_lazy("Nothing is noted on how the person died."), gettext_lazy("Add a note"), add("notes"),
    lambda dossier: bool(dossier.accepted("notes")), of=lambda dossier: dossier.now.status == Status.DIED_IN_CUSTODY,
)  # fmt: skip
BIRTH = Need(
    gettext_lazy("Date of birth unknown."), ADD_IT, of_person("born"), lambda dossier: bool(dossier.case.detainee.born)
)  # fmt: skip
SEX = Need(
    gettext_lazy("Sex unknown."), ADD_IT, of_person("sex"), lambda dossier: dossier.case.detainee.sex != Sex.UNKNOWN
)  # fmt: skip
COUNTRY = Need(
    gettext_lazy("Country unknown."), ADD_IT, of_case("country"), lambda dossier: bool(dossier.case.country or dossier.case.authority)
)  # fmt: skip


def passed(dossier):
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
                _("Add a hearing"),
                add("hearings")(dossier),
            )
        else:
            words = (
                _("The sentence ended on %(date)s: released?")
                if coming.what == "ends_on"
                else _("Release was expected on %(date)s: released?")
            )
            yield Gap(words % date, _("Add a release"), add("releases")(dossier))


def _hearing(dossier, coming):
    """Where the outcome of a planned hearing is put: with the hearing that was planned for that day."""
    planned = (hearing for hearing in dossier.public("hearings") if hearing.scheduled.text == coming.date.text)
    if hearing := next((hearing for hearing in planned if not hearing.held_on and not hearing.outcome), None):
        return _("Add the outcome"), of_record("outcome")(hearing)
    return _("Add a hearing"), add("hearings")(dossier)


def sourced(dossier):
    """A source for each record, those that are not accepted too: who set them aside has to know what they rest on."""
    for record in dossier.all:
        yield None if record.cited else Gap(_source_of(record), _("Add a source"), cite_url(record))


def _source_of(record):
    return _("%(record)s: no source.") % {"record": in_a_word(record)}


def in_a_word(record):
    """Return a record by its kind and date."""
    what = capfirst(record._meta.verbose_name)
    names = ("date", "began", "charged_on", "held_on", "scheduled")
    if day := next((day for name in names if (day := getattr(record, name, None))), None):
        return _("%(what)s of %(date)s") % {"what": what, "date": in_words(day)}
    return what


# ------------------------------------------------------------------------------------------------ lists

PASSED, SOURCED = Whatever(passed), Whatever(sourced)
PERSON = (BIRTH, SEX, COUNTRY)
ARREST = (ARREST_DATE, WHO_ARRESTED, WHY_ARRESTED)
LISTS: dict[Life, tuple[Need | Each | Whatever, ...]] = {
    Life.REPORTED: (PASSED, CONFIRMED, ARREST_DATE, CHARGE, SOURCED, *PERSON),
    Life.HELD: (PASSED, CONFIRMED, PLACE, *ARREST, CHARGE, JUDGE, LAWYER, SOURCED, *PERSON),
    Life.CHARGED: (PASSED, CONFIRMED, PLACE, *ARREST, ARTICLE, JUDGE, LAWYER, SOURCED, *PERSON),
    Life.ON_TRIAL: (PASSED, CONFIRMED, PLACE, *ARREST, CHARGE, ARTICLE, COURT, LAWYER, SOURCED, *PERSON),
    Life.SENTENCED: (
        *(PASSED, CONFIRMED, PLACE, ARREST_DATE, CHARGE, ARTICLE, LAWYER),
        *(SENTENCE_COURT, SENTENCE_DATE, PENALTY, END, SOURCED, *PERSON),
    ),
    Life.RELEASED: (PASSED, ARREST_DATE, CHARGE, PENALTY, RELEASE, RELEASE_DATE, RELEASE_KIND, SOURCED, *PERSON),
    Life.DIED: (DEATH_DATE, DEATH_HOW, ARREST_DATE, CHARGE, PENALTY, SOURCED, *PERSON),
    Life.CLOSED: (PASSED, ARREST_DATE, PENALTY, SOURCED, *PERSON),
}


def missing(dossier: Dossier) -> tuple[list[Gap], int]:
    """Return what is missing, the most urgent first, and how many other things are in place; without a query.

    Confidential records count for readers who may see them: they are there, and must not be asked for again.
    """
    found = [gap for need in LISTS[life_of(dossier)] for gap in need.look(dossier)]
    gaps = [gap for gap in found if gap is not None]
    return gaps, len(found) - len(gaps)


# --------------------------------------------------------------------------------------------- verified


def no_longer_sourced(dossier: Dossier) -> str:
    """Return what to say on the page of a verified case in which an accepted record has no source; empty if none is."""
    if dossier.case.stage != Stage.VERIFIED:
        return ""
    number = sum(record.standing == "accepted" and not record.cited for record in dossier.all)
    if not number:
        return ""
    return ngettext(
        "Verified, but %(n)s accepted record has no source: see what is missing.",
        "Verified, but %(n)s accepted records have no source: see what is missing.",
        number,
    ) % {"n": number}


MOST_NAMED = 20  # records of an error
SLUGS = {model: kind for kind, (model, _related) in KINDS.items()}


def refuse_unsourced(form) -> None:
    """Put an error on the form of a case that would become verified while accepted records of it have no source; it leads
    to the forms that add one. For editors, who see all records of the case."""
    case = form.instance
    if not case.pk or case.stage == Stage.VERIFIED or form.cleaned_data.get("stage") != Stage.VERIFIED:
        return
    if records := unsourced_records(case):
        links = [
            (reverse("citation-add", args=[case.reference, SLUGS[type(record)], record.pk]), in_a_word(record))
            for record in records[:MOST_NAMED]
        ]
        if (more := len(records) - MOST_NAMED) > 0:
            links.append((reverse("case-detail", args=[case.reference]), _("%(n)s more") % {"n": more}))
        words = _("It can't be verified: these accepted records have no source. Add one to each of them first.")
        form.add_error(
            "stage", ValidationError(format_html("{} {}", words, format_html_join(", ", '<a href="{}">{}</a>', links)))
        )
