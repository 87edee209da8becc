"""What all records share: history, references, versions, standing and confidentiality."""

import secrets

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, UniqueConstraint
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.fields import with_bounds
from cases.models.changes import Change
from cases.names import fold

WEB = [URLValidator(schemes=["http", "https"])]

# Thirty letters and digits that nobody confuses when read aloud or copied by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def tracked(model=None, **options):
    """Keep every version of a model in an append-only table, with who, where and why in each row (traps: History)."""
    if model is None:
        return lambda model: tracked(model, **options)
    name = f"{model.__name__}Event"
    options.setdefault("obj_field", pghistory.ObjForeignKey(related_name="history"))
    track = pghistory.track(
        *(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()),
        append_only=True,
        base_model=Change,
        model_name=name,
        context_field=pghistory.ContextJSONField(),
        meta={"indexes": [models.Index(fields=["pgh_created_at"], name=f"{name.lower()}_at")]},
        **options,
    )
    return track(model)


class Ternary(models.TextChoices):
    """Yes, no and unknown are three different things everywhere."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("unknown")


class TernaryField(models.CharField):
    """A CharField of Ternary, unknown unless said otherwise."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 7, "choices": Ternary, "default": Ternary.UNKNOWN, **kwargs})


class FoldedField(models.TextField):
    """The search key of other fields of the same row: cases.names.fold of their text, written on every ORM save."""

    def __init__(self, *args, sources=(), **kwargs):
        self.sources = tuple(sources)
        super().__init__(*args, **{"blank": True, "default": "", "editable": False, **kwargs})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "sources": list(self.sources)}

    def pre_save(self, instance, add):
        if not self.sources:  # pghistory's copy of the field has none and must keep the stored key
            return super().pre_save(instance, add)
        parts = (getattr(instance, source) for source in self.sources)
        key = " ".join(fold(" ".join(part) if isinstance(part, list) else str(part)) for part in parts if part)
        setattr(instance, self.attname, key)
        return key


def new_reference(prefix):
    """Return a random reference such as C-7K3QX2; it says nothing about how many others exist."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


class Reference(models.CharField):
    """A unique random reference with a prefix letter, drawn when the row is first saved."""

    def __init__(self, *args, prefix="", **kwargs):
        self.prefix = prefix
        super().__init__(*args, **{"max_length": 8, "editable": False, "default": "", **kwargs})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "prefix": self.prefix}

    def pre_save(self, instance, add):
        value = super().pre_save(instance, add)
        if value or not self.prefix:
            return value
        value = new_reference(self.prefix)
        # Asked over every row, hidden ones too: a collision must neither fail nor betray them.
        while type(instance)._base_manager.filter(**{self.attname: value}).exists():
            value = new_reference(self.prefix)
        setattr(instance, self.attname, value)
        return value


class Record(models.Model):
    """A row that people edit: who made and changed it, and a version that the database counts (traps: version trigger)."""

    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="count_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF to_jsonb(NEW) - '{version,updated_at,updated_by_id}'::text[]
                       IS DISTINCT FROM to_jsonb(OLD) - '{version,updated_at,updated_by_id}'::text[] THEN
                        NEW.version := OLD.version + 1;
                        NEW.updated_at := now();
                    ELSE
                        NEW.version := OLD.version;
                        NEW.updated_at := OLD.updated_at;
                        NEW.updated_by_id := OLD.updated_by_id;
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    # What the database fills in or counts; read back after every save.
    counted = ["version", "updated_at", "updated_by"]

    def save(self, *args, **kwargs):
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = with_bounds(type(self), kwargs["update_fields"])
        super().save(*args, **kwargs)
        self.refresh_from_db(fields=self.counted, using=kwargs.get("using"))


class Standing(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    ALTERNATIVE = "alternative", _("alternative")
    REJECTED = "rejected", _("rejected")


class CaseChildQuerySet(models.QuerySet):
    """Rows that carry their case: visible as the case and, through `confidential_path`, the event is."""

    confidential_path = "event__confidential"

    def visible_to(self, user):
        """Rows of cases that the user may see; confidential ones only for the case's team, editors and administrators."""
        from cases.models.case import Case

        if getattr(user, "is_editor", False):
            return self.filter(~Exists(Case.objects.hidden_from(user).filter(pk=OuterRef("case"))))
        rows = self.filter(case__in=Case.objects.visible_to(user).values("pk"))
        if not self.confidential_path:
            return rows
        return rows.filter(Q(**{self.confidential_path: False}) | Q(case__in=Case.objects.of_team(user).values("pk")))

    def of_case(self, case, *, confidential):
        """Rows of one case that the user is known to see: what visible_to leaves to ask, as case.shows_confidential_to says."""
        rows = self.filter(case=case)
        return rows if confidential or not self.confidential_path else rows.filter(**{self.confidential_path: False})


class EventQuerySet(CaseChildQuerySet):
    confidential_path = "confidential"


class CaseLinkQuerySet(CaseChildQuerySet):
    """Rows of a case that no event stands behind: visible as the case is."""

    confidential_path = None


@tracked
class Event(models.Model):
    """Something that happened in a case. Rival accounts of it share this row and are confidential together."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="events")
    confidential = models.BooleanField(
        _("confidential"),
        default=False,
        db_default=False,
        help_text=_(
            "Shown to the team of the case, editors and administrators only; it changes no list and no number."
        ),
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        # Few are, so that lists leave them out by this small index rather than join all events.
        indexes = [models.Index(fields=["id"], name="event_confidential", condition=Q(confidential=True))]
        triggers = [
            pgtrigger.Trigger(
                name="status_after_update",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
                func="""
                    PERFORM cases_rebuild(ARRAY(
                        SELECT case_id FROM (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows) AS changed
                        UNION SELECT case_id FROM (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows) AS changed
                    ), true);
                    RETURN NULL;
                """,
            )
        ]


class CaseRecordQuerySet(CaseChildQuerySet):
    def accepted(self):
        return self.filter(standing=Standing.ACCEPTED)

    def public(self):
        """Accepted and not confidential: what lists, numbers and exports are made of, for everybody (design 5)."""
        return self.accepted().filter(~Exists(Event.objects.filter(pk=OuterRef("event"), confidential=True)))


def public_sql(alias: str) -> str:
    """SQL: whether a case record is accepted and not confidential, as CaseRecordQuerySet.public asks."""
    return (
        f"{alias}.standing = 'accepted' "
        f"AND NOT EXISTS (SELECT FROM cases_event AS e WHERE e.id = {alias}.event_id AND e.confidential)"
    )


def _changed(old_new):
    """SQL: the cases of accepted, non-confidential rows among the transition tables named, as an array."""
    rows = " UNION ALL ".join(f"SELECT case_id, event_id, standing FROM {name}" for name in old_new)
    return f"""ARRAY(SELECT DISTINCT r.case_id FROM ({rows}) AS r LEFT JOIN cases_event AS e ON e.id = r.event_id
               WHERE r.standing = 'accepted' AND NOT coalesce(e.confidential, false))"""


def after_each_statement(name, act):
    """One statement trigger each for insert, update and delete (PostgreSQL refuses one for all: traps).

    `act` gets the names of the transition tables that there are (old_rows, new_rows) and returns what to PERFORM.
    """
    tables = {"insert": ("new_rows",), "update": ("old_rows", "new_rows"), "delete": ("old_rows",)}
    return [
        pgtrigger.Trigger(
            name=f"{name}_after_{operation}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=getattr(pgtrigger, operation.title()),
            referencing=pgtrigger.Referencing(**{names.removesuffix("_rows"): names for names in rows}),
            func=f"PERFORM {act(rows)}; RETURN NULL;",
        )
        for operation, rows in tables.items()
    ]


def status_triggers(*, rebuilds=True):
    """Statement triggers that keep periods and state true after any write; `rebuilds` false only marks the case changed."""
    if rebuilds:
        return after_each_statement("status", lambda rows: f"cases_rebuild({_changed(rows)}, true)")
    return after_each_statement("status", lambda rows: f"cases_touch({_changed(rows)})")


class CaseRecord(Record):
    """Something that hangs on a case and happened, as one account of it. Accounts of one event share `event`."""

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="%(class)ss", verbose_name=_("case"))
    event = models.ForeignKey(
        Event,
        models.CASCADE,
        related_name="%(class)ss",
        editable=False,
        help_text=_("Made by the database if not given."),
    )
    standing = models.CharField(
        _("standing"),
        max_length=11,
        choices=Standing,
        default=Standing.ACCEPTED,
        db_default=Standing.ACCEPTED,
        editable=False,
    )
    standing_reason = models.CharField(
        _("reason for the standing"), max_length=500, blank=True, db_default="", editable=False
    )
    remark = models.TextField(_("remark"), blank=True, db_default="")

    objects = CaseRecordQuerySet.as_manager()
    counted = [*Record.counted, "event"]

    class Meta:
        abstract = True
        constraints = [
            UniqueConstraint(
                fields=["event"], condition=Q(standing="accepted"), name="%(class)s_one_accepted_per_event"
            )
        ]
        # Few are set beside an accepted account: what is contested is found from them.
        indexes = [
            models.Index(fields=["event"], condition=Q(standing="alternative"), name="%(class)s_alternative"),
        ]
        triggers = [
            *Record.Meta.triggers,
            pgtrigger.Trigger(
                name="has_event",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.event_id IS NULL THEN
                        INSERT INTO cases_event (case_id, confidential) VALUES (NEW.case_id, false)
                        RETURNING id INTO NEW.event_id;
                    ELSIF NOT EXISTS (SELECT FROM cases_event WHERE id = NEW.event_id AND case_id = NEW.case_id) THEN
                        RAISE EXCEPTION 'The event % is not of the case %.', NEW.event_id, NEW.case_id
                            USING ERRCODE = 'foreign_key_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="one_accepted",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("standing", "event_id"),
                condition=pgtrigger.Q(new__standing="accepted"),
                func="PERFORM cases_one_accepted(NEW.event_id); RETURN NULL;",
            ),
        ]

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk or ''}".strip()
