"""Proceedings: codes and provisions, charges, courts, hearings, sentences, representations."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import (
    Exists,
    F,
    OuterRef,
    Q,
    UniqueConstraint,
)
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.fields import PartialDateField, date_constraints, date_index
from cases.models.base import (
    CaseChildQuerySet,
    CaseRecord,
    CaseRecordQuerySet,
    FoldedField,
    Record,
    after_each_statement,
    status_triggers,
    tracked,
)
from cases.models.case import Likely
from cases.models.custody import SharedQuerySet


@tracked
class LegalCode(Record):
    """A code of law, such as the Criminal Code of Russia."""

    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, choices=list(countries))
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("code"), max_length=30, unique=True, help_text=_("Used in addresses, such as ru-cc."))

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("legal code")
        verbose_name_plural = _("legal codes")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


NUMBER = [RegexValidator(r"^[0-9A-Za-zА-Яа-яІЇЄҐіїєґ.\-]*\Z", _("Use digits, letters, dots and hyphens only."))]


def article_label(article, part, point):
    """Return "212 part 1 point a" in the reader's language."""
    label = article
    if part:
        label += " " + gettext("part %s") % part
    if point:
        label += " " + gettext("point %s") % point
    return label


@tracked
class Provision(Record):
    """An article of a code, or a part or point of it. Article 212 part 1 is not article 212.1."""

    code = models.ForeignKey(LegalCode, models.PROTECT, related_name="provisions", verbose_name=_("code"))
    article = models.CharField(_("article"), max_length=20, validators=NUMBER)
    part = models.CharField(_("part"), max_length=20, blank=True, validators=NUMBER)
    point = models.CharField(_("point"), max_length=20, blank=True, validators=NUMBER)
    title = models.CharField(_("title"), max_length=300, blank=True)
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)
    in_force_to = models.DateField(_("in force to"), null=True, blank=True)
    key = FoldedField(sources=["article", "title"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["code", "article", "part", "point", "pk"]
        constraints = [
            UniqueConstraint(
                fields=["code", "article", "part", "point", "in_force_from"],
                name="provision_once",
                nulls_distinct=False,
                violation_error_message=_("This article is recorded already."),
            ),
            models.CheckConstraint(condition=~Q(article=""), name="provision_has_article"),
            models.CheckConstraint(condition=Q(point="") | ~Q(part=""), name="provision_point_needs_part"),
            models.CheckConstraint(
                condition=Q(in_force_to__isnull=True)
                | Q(in_force_from__isnull=True)
                | Q(in_force_to__gte=F("in_force_from")),
                name="provision_in_force_in_order",
            ),
        ]

    def __str__(self):
        return f"{self.label}, {self.code.name}"

    @property
    def label(self):
        """Return "212 part 1 point a" in the reader's language."""
        return article_label(self.article, self.part, self.point)

    @property
    def path(self):
        """Return the value of the article filter, such as ru-cc/212/1. A query unless the code is loaded."""
        return "/".join(filter(None, [self.code.slug, self.article, self.part, self.point]))


class ChargeStage(models.TextChoices):
    COMPLETED = "completed", _("completed")
    ATTEMPT = "attempt", _("attempt")
    PREPARATION = "preparation", _("preparation")
    COMPLICITY = "complicity", _("complicity")


class ChargeEnd(models.TextChoices):
    DROPPED = "dropped", _("dropped")
    RECLASSIFIED = "reclassified", _("reclassified")


class ChargeQuerySet(CaseRecordQuerySet):
    def made_by(self, day):
        """Charges likely made by that day, or on a day that is not known."""
        return self.alias(made=Likely("charged_on_earliest", "charged_on_latest")).filter(
            Q(made__isnull=True) | Q(made__lte=day)
        )

    def for_list(self):
        return self.select_related("provision__code")


@tracked
class Charge(CaseRecord):
    """An accusation under one provision. What became of it is derived from the latest finding or from its own end."""

    provision = models.ForeignKey(
        Provision, models.PROTECT, null=True, blank=True, related_name="charges", verbose_name=_("article")
    )
    text_as_reported = models.CharField(_("charge as reported"), max_length=500, blank=True)
    stage = models.CharField(
        _("stage of the offence"), max_length=11, choices=ChargeStage, default=ChargeStage.COMPLETED
    )
    alleged_act = models.TextField(_("alleged act"), blank=True)
    act_date = PartialDateField(_("date of the act"), blank=True)
    charged_on = PartialDateField(_("charged on"), blank=True)
    ended_on = PartialDateField(
        _("ended on"), blank=True, help_text=_("If it was dropped or reclassified before a verdict.")
    )
    ended_how = models.CharField(_("how it ended"), max_length=12, choices=ChargeEnd, blank=True)
    reclassified_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reclassified_from",
        verbose_name=_("reclassified to"),
    )

    objects = ChargeQuerySet.as_manager()

    class Meta(CaseRecord.Meta):
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = [F("charged_on_earliest").asc(nulls_last=True), "charged_on_latest", "pk"]
        constraints = [
            *CaseRecord.Meta.constraints,
            *date_constraints("act_date", "charged_on", "ended_on"),
            models.CheckConstraint(
                condition=Q(reclassified_to__isnull=True) | Q(ended_how=ChargeEnd.RECLASSIFIED),
                name="charge_reclassified_to_needs_how",
                violation_error_message=_("A charge that it was reclassified to needs “reclassified” as its end."),
            ),
        ]
        indexes = [*CaseRecord.Meta.indexes, date_index("charged_on")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]


class CourtLevel(models.TextChoices):
    FIRST = "first", _("district or first instance")
    REGIONAL = "regional", _("regional or supreme court of a region")
    APPEAL = "appeal", _("appeal")
    CASSATION = "cassation", _("cassation")
    SUPREME = "supreme", _("supreme court of the country")
    MILITARY = "military", _("military")
    INTERNATIONAL = "international", _("international")
    UNKNOWN = "unknown", _("unknown")


@tracked
class Court(Record):
    """A court under a neutral name, with the names that sources use for it."""

    name = models.CharField(_("neutral name"), max_length=200)
    aliases = ArrayField(models.CharField(max_length=200), verbose_name=_("names as used"), default=list, blank=True)
    level = models.CharField(_("level"), max_length=13, choices=CourtLevel, default=CourtLevel.UNKNOWN)
    place = models.ForeignKey(
        "cases.Place", models.PROTECT, null=True, blank=True, related_name="courts", verbose_name=_("place")
    )
    controlling_power = models.CharField(
        _("controlled by"),
        max_length=2,
        choices=list(countries),
        blank=True,
        help_text=_("The country that runs the court, where the territory is another's."),
    )
    key = FoldedField(sources=["name", "aliases"])

    objects = SharedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("court")
        verbose_name_plural = _("courts")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class HearingStage(models.TextChoices):
    REMAND = "remand", _("remand")
    EXTENSION = "extension", _("extension of remand")
    PRELIMINARY = "preliminary", _("preliminary")
    TRIAL = "trial", _("trial")
    VERDICT = "verdict", _("verdict")
    APPEAL = "appeal", _("appeal")
    CASSATION = "cassation", _("cassation")
    OTHER = "other", _("other")


class Openness(models.TextChoices):
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")
    UNKNOWN = "unknown", _("unknown")


class Attendance(models.TextChoices):
    PRESENT = "present", _("present")
    VIDEO = "video", _("by video")
    ABSENT = "absent", _("absent")
    UNKNOWN = "unknown", _("unknown")


@tracked
class Hearing(CaseRecord):
    """A session of a court, planned or held. `scheduled` and `held_until` may lie ahead; `held_on` may not."""

    court = models.ForeignKey(
        Court, models.PROTECT, null=True, blank=True, related_name="hearings", verbose_name=_("court")
    )
    stage = models.CharField(_("stage"), max_length=11, choices=HearingStage, default=HearingStage.OTHER)
    scheduled = PartialDateField(_("scheduled for"), blank=True, actual=False)
    scheduled_time = models.TimeField(_("at"), null=True, blank=True)
    held_on = PartialDateField(_("held on"), blank=True)
    openness = models.CharField(_("open or closed"), max_length=7, choices=Openness, default=Openness.UNKNOWN)
    attendance = models.CharField(_("the person was"), max_length=7, choices=Attendance, default=Attendance.UNKNOWN)
    judge = models.CharField(_("judge"), max_length=200, blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    held_until = PartialDateField(
        _("held until"), blank=True, actual=False, help_text=_("The day until which the court ordered detention.")
    )

    class Meta(CaseRecord.Meta):
        verbose_name = _("hearing")
        verbose_name_plural = _("hearings")
        ordering = [F("held_on_earliest").asc(nulls_last=True), "held_on_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("scheduled", "held_on", "held_until")]
        indexes = [*CaseRecord.Meta.indexes, date_index("held_on"), date_index("scheduled")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]


class Instance(models.TextChoices):
    FIRST = "first", _("first instance")
    APPEAL = "appeal", _("appeal")
    CASSATION = "cassation", _("cassation")
    OTHER = "other", _("other")


class Verdict(models.TextChoices):
    CONVICTED = "convicted", _("convicted")
    ACQUITTED = "acquitted", _("acquitted")
    DISMISSED = "dismissed", _("case dismissed")
    TREATMENT = "treatment", _("treatment ordered")


class SentenceChange(models.TextChoices):
    UPHELD = "upheld", _("upheld")
    REDUCED = "reduced", _("reduced")
    INCREASED = "increased", _("increased")
    QUASHED = "quashed", _("quashed")
    REPLACED = "replaced", _("replaced")


class SentenceQuerySet(CaseRecordQuerySet):
    def in_force(self):
        """Accepted sentences that no later accepted one has changed; the latest of a case is the one in force.

        Upheld ones stand in the place of the sentence that they uphold and inherit its penalties (penalties_in_force).
        """
        later = Sentence.objects.accepted().filter(changes=OuterRef("pk"))
        return self.accepted().filter(~Exists(later)).exclude(verdict="", change=SentenceChange.QUASHED)


@tracked
class Sentence(CaseRecord):
    """A decision of a court on guilt and penalty, at any instance. A later one says which earlier one it changes."""

    court = models.ForeignKey(
        Court, models.PROTECT, null=True, blank=True, related_name="sentences", verbose_name=_("court")
    )
    date = PartialDateField(_("date"), blank=True)
    instance = models.CharField(_("instance"), max_length=9, choices=Instance, default=Instance.FIRST)
    verdict = models.CharField(
        _("verdict"),
        max_length=9,
        choices=Verdict,
        blank=True,
        help_text=_("Empty if it only decides on an earlier sentence."),
    )
    changes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="changed_by", verbose_name=_("decides on")
    )
    change = models.CharField(_("and it was"), max_length=9, choices=SentenceChange, blank=True)
    in_force_on = PartialDateField(_("in force on"), blank=True)
    ends_on = PartialDateField(_("ends on"), blank=True, actual=False)
    expected_release = PartialDateField(_("expected release"), blank=True, actual=False, help_text=_("As reported."))

    objects = SentenceQuerySet.as_manager()

    class Meta(CaseRecord.Meta):
        verbose_name = _("sentence")
        verbose_name_plural = _("sentences")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [
            *CaseRecord.Meta.constraints,
            *date_constraints("date", "in_force_on", "ends_on", "expected_release"),
            models.CheckConstraint(
                condition=~Q(verdict="", change=""),
                name="sentence_decides_something",
                violation_error_message=_("Choose a verdict, or say what it decides on an earlier sentence."),
            ),
            models.CheckConstraint(
                condition=Q(changes__isnull=True) | ~Q(change=""),
                name="sentence_changes_how",
                violation_error_message=_("Say how it changes the earlier sentence."),
            ),
        ]
        indexes = [*CaseRecord.Meta.indexes, date_index("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers()]


class FindingOutcome(models.TextChoices):
    CONVICTED = "convicted", _("convicted")
    ACQUITTED = "acquitted", _("acquitted")
    DISMISSED = "dismissed", _("dismissed")
    RECLASSIFIED = "reclassified", _("reclassified")


class FindingQuerySet(CaseChildQuerySet):
    confidential_path = "sentence__event__confidential"


def _of_sentence(function):
    """Statement triggers of rows that hang on a sentence: what `function` does for the sentence's case."""
    return after_each_statement(
        "status",
        lambda tables: (
            function
            % (
                "ARRAY(SELECT DISTINCT s.case_id FROM ("
                + " UNION ALL ".join(f"SELECT sentence_id FROM {name}" for name in tables)
                + ") AS r JOIN cases_sentence AS s ON s.id = r.sentence_id JOIN cases_event AS e ON e.id = s.event_id"
                " WHERE s.standing = 'accepted' AND NOT e.confidential)"
            )
        ),
    )


@tracked
class Finding(Record):
    """What a sentence decided on one charge."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="findings", editable=False)
    sentence = models.ForeignKey(Sentence, models.CASCADE, related_name="findings", verbose_name=_("sentence"))
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="findings", verbose_name=_("charge"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=FindingOutcome)

    objects = FindingQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["pk"]
        constraints = [UniqueConstraint(fields=["sentence", "charge"], name="finding_once")]
        triggers = [*Record.Meta.triggers, *_of_sentence("cases_rebuild(%s, true)")]

    def __str__(self):
        return self.get_outcome_display()

    def save(self, *args, **kwargs):
        self.case_id = self.sentence.case_id
        super().save(*args, **kwargs)


class PenaltyOrigin(models.TextChoices):
    IMPOSED = "imposed", _("imposed")
    REQUESTED = "requested", _("requested by the prosecutor")


class PenaltyKind(models.TextChoices):
    IMPRISONMENT = "imprisonment", _("imprisonment")
    SUSPENDED = "suspended", _("suspended sentence")
    FINE = "fine", _("fine")
    ACTIVITY_BAN = "activity_ban", _("ban on activity")
    FORCED_LABOUR = "forced_labour", _("forced labour")
    HOUSE_ARREST = "house_arrest", _("house arrest")
    TREATMENT = "treatment", _("treatment")
    PROBATION = "probation", _("probation")
    LIFE = "life", _("life imprisonment")
    DEATH = "death", _("death")
    OTHER = "other", _("other")


class Regime(models.TextChoices):
    SETTLEMENT = "settlement", _("colony settlement")
    GENERAL = "general", _("general regime")
    STRICT = "strict", _("strict regime")
    SPECIAL = "special", _("special regime")
    PRISON = "prison", _("prison")
    EDUCATIONAL = "educational", _("educational colony")
    OTHER = "other", _("other")


class PenaltyQuerySet(CaseChildQuerySet):
    confidential_path = "sentence__event__confidential"

    def imposed(self):
        return self.filter(origin=PenaltyOrigin.IMPOSED)


@tracked
class Penalty(Record):
    """One penalty of a sentence, imposed by the court or requested by the prosecutor."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="penalties", editable=False)
    sentence = models.ForeignKey(Sentence, models.CASCADE, related_name="penalties", verbose_name=_("sentence"))
    origin = models.CharField(_("origin"), max_length=9, choices=PenaltyOrigin, default=PenaltyOrigin.IMPOSED)
    kind = models.CharField(_("kind"), max_length=13, choices=PenaltyKind)
    years = models.PositiveSmallIntegerField(_("years"), null=True, blank=True)
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    regime = models.CharField(_("regime"), max_length=11, choices=Regime, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Write three capital letters, such as RUB."))],
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = PenaltyQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("penalty")
        verbose_name_plural = _("penalties")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0) & ~Q(currency=""),
                name="penalty_amount_has_currency",
                violation_error_message=_("Give the currency of the amount, such as RUB."),
            )
        ]
        triggers = [*Record.Meta.triggers, *_of_sentence("cases_touch(%s)")]

    def __str__(self):
        return self.get_kind_display()

    def save(self, *args, **kwargs):
        self.case_id = self.sentence.case_id
        super().save(*args, **kwargs)

    @property
    def length_in_months(self):
        """Return years and months as months (days left out), or None if no length is given."""
        if self.years is None and self.months is None:
            return None
        return (self.years or 0) * 12 + (self.months or 0)


class RepresentationRole(models.TextChoices):
    CHOSEN = "chosen", _("chosen")
    APPOINTED = "appointed", _("appointed")
    INTERNATIONAL = "international", _("before international bodies")
    OTHER = "other", _("other")


class RepresentationQuerySet(CaseRecordQuerySet):
    def on(self, day):
        """Those that possibly last on the day."""
        begun = Q(began_earliest__isnull=True) | Q(began_earliest__lte=day)
        return self.filter(begun, Q(ended_latest__isnull=True) | Q(ended_latest__gte=day))


@tracked
class Representation(CaseRecord):
    """A lawyer who defends or represents the person in this case."""

    lawyer = models.ForeignKey("cases.Lawyer", models.PROTECT, related_name="representations", verbose_name=_("lawyer"))
    role = models.CharField(_("role"), max_length=13, choices=RepresentationRole, default=RepresentationRole.CHOSEN)
    began = PartialDateField(_("began"), blank=True)
    ended = PartialDateField(_("ended"), blank=True)

    objects = RepresentationQuerySet.as_manager()

    class Meta(CaseRecord.Meta):
        verbose_name = _("lawyer of the case")
        verbose_name_plural = _("lawyers of the case")
        ordering = [F("began_earliest").asc(nulls_last=True), "began_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("began", "ended")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]
