"""People: detainees, lawyers, their names, and the vocabulary that teams extend."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q, UniqueConstraint
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.fields import PartialDateField, date_constraints
from cases.models.base import FoldedField, Record, Reference, Ternary, TernaryField, after_each_statement, tracked
from cases.models.changes import once_hidden
from cases.names import direction, script_of


class TermKind(models.TextChoices):
    ETHNICITY = "ethnicity", _("ethnicity")
    RELIGION = "religion", _("religion")
    OCCUPATION = "occupation", _("occupation")
    TAG = "tag", _("tag")
    NOTE = "note", _("kind of note")


class TermQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Vocabulary is shared by all who have a role."""
        return self if getattr(user, "rank", 0) else self.none()


@tracked
class Term(Record):
    """A word of the vocabulary that the team extends."""

    kind = models.CharField(_("kind"), max_length=10, choices=TermKind)
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(
        _("code"), max_length=100, allow_unicode=True, help_text=_("Used in addresses and exports.")
    )

    objects = TermQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("term")
        verbose_name_plural = _("vocabulary")
        ordering = ["kind", "name"]
        constraints = [UniqueConstraint(fields=["kind", "slug"], name="term_once")]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.slug = self.slug or slugify(self.name, allow_unicode=True)
        super().save(*args, **kwargs)


class Sex(models.TextChoices):
    FEMALE = "female", _("female")
    MALE = "male", _("male")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("unknown")


class Consent(models.TextChoices):
    NONE = "none", _("none: nothing may be published")
    NAME = "name", _("name and status may be published")
    FULL = "full", _("everything may be published")


class DetaineeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Whoever sees a case of a person sees the person; one without cases is for editors and for who entered it."""
        from cases.models.case import Case

        if not getattr(user, "rank", 0):
            return self.none()
        if user.is_editor:
            return self.filter(~Exists(self.hidden_cases(user).filter(detainee=OuterRef("pk"))))
        seen = Exists(Case.objects.visible_to(user).filter(detainee=OuterRef("pk")))
        without_cases = ~Exists(Case.objects.filter(detainee=OuterRef("pk")))
        return self.filter(seen | without_cases & Q(created_by=user))

    @staticmethod
    def hidden_cases(editor):
        """Return the cases of people of whom an editor sees no case."""
        from cases.models.case import Case

        others = Case.objects.visible_to(editor).filter(detainee=OuterRef("detainee"))
        return Case.objects.hidden_from(editor).filter(~Exists(others))

    def for_list(self):
        """All that a row shows: 2 queries, however many people."""
        return self.prefetch_related("names")


@tracked
class Detainee(Record):
    """A person who is or was deprived of liberty, charged or restricted. Not a case: one person can have several."""

    reference = Reference(_("reference"), prefix="P", unique=True)
    sex = models.CharField(_("sex"), max_length=7, choices=Sex, default=Sex.UNKNOWN)
    born = PartialDateField(_("born"), blank=True)
    birth_place = models.CharField(_("place of birth"), max_length=200, blank=True)
    deceased = TernaryField(_("deceased"), default=Ternary.UNKNOWN)
    died = PartialDateField(_("died"), blank=True, help_text=_("A date of death needs “deceased: yes”."))
    death_recorded_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("The day on which the death was entered; set by the database."),
    )
    nationalities = ArrayField(
        models.CharField(max_length=2, choices=list(countries)),
        verbose_name=_("nationalities"),
        default=list,
        blank=True,
    )
    ethnicity = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ethnicity"),
        limit_choices_to={"kind": TermKind.ETHNICITY},
    )
    religion = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("religion"),
        limit_choices_to={"kind": TermKind.RELIGION},
    )
    occupation = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("occupation"),
        limit_choices_to={"kind": TermKind.OCCUPATION},
    )
    biography = models.TextField(_("biography"), blank=True)
    external_id = models.CharField(
        _("external id"), max_length=100, blank=True, help_text=_("Number or code of this person in another list.")
    )
    consent = models.CharField(
        _("consent"),
        max_length=4,
        choices=Consent,
        default=Consent.NONE,
        help_text=_("What the person or family allows."),
    )
    consent_by = models.CharField(_("consent given by"), max_length=200, blank=True)
    consent_on = models.DateField(_("consent given on"), null=True, blank=True)
    key = FoldedField(sources=["reference", "external_id"])

    objects = DetaineeQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["reference"]
        constraints = [
            *date_constraints("born", "died"),
            models.CheckConstraint(
                condition=Q(died="") | Q(deceased=Ternary.YES),
                name="detainee_died_requires_deceased",
                violation_error_message=_("A date of death needs “deceased: yes”."),
            ),
        ]
        triggers = [
            *Record.Meta.triggers,
            pgtrigger.Trigger(
                name="death_recorded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    NEW.death_recorded_on := CASE WHEN NEW.deceased = 'yes'
                        THEN coalesce(NEW.death_recorded_on, (now() AT TIME ZONE cases_zone())::date) END;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="status_after_update",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func="""
                    PERFORM cases_rebuild(ARRAY(
                        SELECT c.id FROM cases_case AS c
                        JOIN new_rows AS n ON n.id = c.detainee_id JOIN old_rows AS o ON o.id = n.id
                        WHERE (n.deceased, n.died, n.died_earliest, n.died_latest, n.death_recorded_on)
                              IS DISTINCT FROM (o.deceased, o.died, o.died_earliest, o.died_latest, o.death_recorded_on)
                    ), true);
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self):
        return self.main_name

    @cached_property
    def main_name(self):
        """Return the main name's text, else any name, else the reference. No query if names are prefetched."""
        return main_name_of(self) or self.reference


def main_name_of(person):
    """Return the text of a detainee's or lawyer's main name, else of the first name, else an empty text."""
    names = sorted(person.names.all(), key=lambda name: (name.kind != NameKind.MAIN, name.pk))
    return names[0].text if names else ""


PHOTO_BYTES = 1024 * 1024  # at most


class PhotoQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(detainee__in=Detainee.objects.visible_to(user).values("pk"))


@tracked
class Photo(Record):
    """A person's face, as cases.photos wrote it anew. In the database, because nothing is kept on a web host (design 8)."""

    detainee = models.OneToOneField(Detainee, models.CASCADE, related_name="photo", verbose_name=_("person"))
    image = models.BinaryField(_("picture"))
    media_type = models.CharField(_("kind of file"), max_length=20, default="image/jpeg", editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    width = models.PositiveSmallIntegerField(_("width"), editable=False)
    height = models.PositiveSmallIntegerField(_("height"), editable=False)

    objects = PhotoQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=LessThanOrEqual(Length("image"), PHOTO_BYTES), name="photo_small"),
            models.CheckConstraint(condition=Q(media_type="image/jpeg"), name="photo_is_jpeg"),
        ]

    def __str__(self):
        return self.sha256[:12]


class Licence(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    DISBARRED = "disbarred", _("disbarred")
    UNKNOWN = "unknown", _("unknown")


class LawyerQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Lawyers with a representation that the user sees, their own, and those whom nothing hidden uses or used (design 7)."""
        from cases.models.case import Case
        from cases.models.proceedings import Representation

        if not getattr(user, "rank", 0):
            return self.none()
        uses = Representation.objects.filter(lawyer=OuterRef("pk"))
        hidden = uses.exclude(pk__in=Representation.objects.visible_to(user).values("pk"))
        seen = Representation.objects.visible_to(user).filter(lawyer=OuterRef("pk"))
        hidden_once = once_hidden("Representation", user, lawyer=OuterRef("pk"))
        if user.is_editor:  # what is hidden is little: only for that it is asked what else is seen
            unseen = ~Exists(Representation.objects.visible_to(user).filter(lawyer=OuterRef("lawyer")))
            hidden = uses.filter(case__in=Case.objects.hidden_from(user).values("pk"))
            return self.filter(
                Q(created_by=user) | ~Exists(hidden.filter(unseen)) & ~Exists(hidden_once.filter(unseen))
            )
        return self.filter(Q(created_by=user) | Exists(seen) | ~Exists(hidden) & ~Exists(hidden_once))

    def for_list(self):
        return self.prefetch_related("names")


@tracked
class Lawyer(Record):
    """Someone who defends or represents detainees."""

    reference = Reference(_("reference"), prefix="L", unique=True)
    bar = models.CharField(_("bar association"), max_length=200, blank=True)
    number = models.CharField(_("licence number"), max_length=50, blank=True)
    office = models.CharField(_("office"), max_length=200, blank=True)
    contact = models.TextField(
        _("contact"), blank=True, help_text=_("Confidential: shown to researchers, editors and administrators only.")
    )
    licence = models.CharField(_("licence"), max_length=9, choices=Licence, default=Licence.UNKNOWN)
    detainee = models.ForeignKey(
        Detainee,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="as_lawyer",
        verbose_name=_("as a detainee"),
        help_text=_("If this lawyer was detained too: the person."),
    )

    objects = LawyerQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("lawyer")
        verbose_name_plural = _("lawyers")
        ordering = ["reference"]

    def __str__(self):
        return self.main_name

    @cached_property
    def main_name(self):
        return main_name_of(self) or self.reference


class NameKind(models.TextChoices):
    MAIN = "main", _("main")
    NATIVE = "native", _("native")
    TRANSLITERATION = "transliteration", _("transliteration")
    ALIAS = "alias", _("alias")
    NICKNAME = "nickname", _("nickname")
    MISSPELLING = "misspelling", _("misspelling")


class NameQuerySet(models.QuerySet):
    def visible_to(self, user):
        """By an Exists each: with IN and OR the database makes lists of all people first, to look at a few names."""
        of_person = Exists(Detainee.objects.visible_to(user).filter(pk=OuterRef("detainee")))
        return self.filter(of_person | Exists(Lawyer.objects.visible_to(user).filter(pk=OuterRef("lawyer"))))


def lang_of(text, language):
    """Return a BCP 47 tag for `lang=`: the language if known, else undetermined with the script, e.g. und-Cyrl."""
    return language or f"und-{script_of(text)}"


@tracked
class Name(Record):
    """A spelling of a detainee's or lawyer's name. `key` is its folded form, by which any other spelling finds it."""

    detainee = models.ForeignKey(Detainee, models.CASCADE, null=True, blank=True, related_name="names")
    lawyer = models.ForeignKey(Lawyer, models.CASCADE, null=True, blank=True, related_name="names")
    text = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=15, choices=NameKind, default=NameKind.MAIN)
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Language code such as uk, ru, crh, tr; empty if not known."),
    )
    key = FoldedField(sources=["text"])

    objects = NameQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("name")
        verbose_name_plural = _("names")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(detainee__isnull=False, lawyer__isnull=True)
                | Q(detainee__isnull=True, lawyer__isnull=False),
                name="name_of_one_person",
                violation_error_message=_("A name belongs to exactly one detainee or lawyer."),
            ),
            UniqueConstraint(fields=["detainee"], condition=Q(kind="main"), name="name_one_main_of_detainee"),
            UniqueConstraint(fields=["lawyer"], condition=Q(kind="main"), name="name_one_main_of_lawyer"),
        ]
        indexes = [GinIndex(fields=["key"], opclasses=["gin_trgm_ops"], name="name_search")]
        triggers = [
            *Record.Meta.triggers,
            *after_each_statement(
                "search",
                lambda tables: (
                    "cases_find_by(ARRAY("
                    + " UNION ".join(f"SELECT detainee_id FROM {name} WHERE detainee_id IS NOT NULL" for name in tables)
                    + "))"
                ),
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def lang(self):
        return lang_of(self.text, self.language)

    @property
    def dir(self):
        return direction(self.text)
