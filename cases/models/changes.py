"""History as rows: what every event model adds to pghistory's, and who may see which rows (design 7)."""

import pghistory.models
from django.apps import apps
from django.db import models
from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, Q, TextField, Value, When
from django.db.models import Case as Choose
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

_ANY = Q(pk__isnull=False)


class ChangeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A row of history is visible if its record is; one of a deleted record as that last was, in a case that is
        visible now. Hiding a record hides its past (design 7). It asks for confidentiality as it is now.
        """
        if not getattr(user, "rank", 0):
            return self.none()
        return self.filter(_seen_by(self.model, user))

    def marked_for(self, user, *, in_seen_case=False):
        """All rows, each with `seen`: whether visible_to has it. What is not known to be seen, such as by a null, is not.

        `in_seen_case`: the rows looked at are of one case that the user sees and of its person; then it need not be asked.
        """
        if not getattr(user, "rank", 0):
            return self.annotate(seen=Value(False))
        condition = _open_to(self.model, user) if in_seen_case else _seen_by(self.model, user)
        seen = Choose(When(condition or _ANY, then=Value(True)), default=Value(False))
        return self.annotate(seen=seen)


class Change(pghistory.models.Event):
    """One version of one record, written by the database. An act is one transaction: rows with its start and number.

    `pgh_context` says who and why: user (key), username, url, reason, command; null if nobody told the database.
    """

    pgh_act = BigIntegerField(
        null=True,
        db_default=Cast(Cast(Func(function="pg_current_xact_id"), TextField()), BigIntegerField()),
        help_text=_("Number of the transaction. Unknown for changes before this was recorded."),
    )
    pgh_role = TextField(
        null=True,
        db_default=Func(template="session_user", output_field=TextField()),
        help_text=_("The database's user who was connected."),
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        abstract = True


def tracked_models():
    """Return the models whose history is kept."""
    return [model for model in apps.get_app_config("cases").get_models() if hasattr(model, "pgh_event_model")]


def who_and_why(change_context):
    """Return {name: value} of a context that says who and why. Outside the application anybody can write anything there."""
    given = change_context if isinstance(change_context, dict) else {}
    texts = {name: given.get(name) for name in ("username", "url", "reason", "command")}
    found = {name: text[:2000] for name, text in texts.items() if isinstance(text, str) and text}
    user = given.get("user")
    return found | ({"user": user} if isinstance(user, int) and not isinstance(user, bool) else {})


def deleted(name, **lookup):
    """Return the last versions of deleted records of a model that have not come back."""
    model = apps.get_model("cases", name)
    changes = model.pgh_event_model.objects
    later = changes.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__gt=OuterRef("pgh_id"))
    return changes.filter(~Exists(later), pgh_label="delete", **lookup)


def deletion(model, user, **lookup):
    """Return the change by which a record was deleted, if the user may see it and the record has not come back."""
    change = model.pgh_event_model.objects.visible_to(user).filter(**lookup).order_by("pgh_id").last()
    return change if change is not None and change.pgh_label == "delete" else None


def once_hidden(name, user, **lookup):
    """Return the versions of records of a model, gone ones too, that may be hidden from the user: of a case that they don't
    see, or, for all but editors, one with anything confidential. Coarser than visible_to, as this is asked with every list.
    """
    from cases.models.base import Event
    from cases.models.case import Case

    changes = apps.get_model("cases", name).pgh_event_model.objects.filter(**lookup)
    if user.is_editor:
        gone = deleted("Case").exclude(pgh_obj_id__in=deleted_cases(user))
        hidden = Case.objects.hidden_from(user).values_list("pk").union(gone.values_list("pgh_obj_id"), all=True)
        return changes.filter(case_id__in=hidden)
    open_cases = Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))
    is_open = Q(Exists(open_cases.filter(~Exists(Event.objects.filter(case=OuterRef("pk"), confidential=True)))))
    return changes.filter(~is_open)


def deleted_cases(user):
    """Return the keys of deleted cases that the user could see when they were deleted, by the rule of visible_to."""
    from cases.models.case import Access

    open_to = [Access.EVERYONE, Access.TEAM] if user.is_editor else [Access.EVERYONE]
    return deleted("Case").filter(Q(access__in=open_to) | Q(_in_team_of_deleted(user))).values("pgh_obj_id")


def _in_team_of_deleted(user, case="pgh_obj_id"):
    """Whether the user's place on the team went with the case."""
    return Exists(deleted("TeamMember", user_id=user.pk, case_id=OuterRef(case)))


def _seen_by(model, user):
    """Return the condition under which the user sees a row of this event model."""
    name, fields = model.pgh_tracked_model._meta.object_name, _relations(model)
    if name in ("User", "UserGroup"):
        return Q(pk__isnull=not user.is_administrator)
    if name == "Case":
        return _of_case(user, "pgh_obj_id")
    if name == "Citation":
        of_case = _of_case(user) & _open_to(model, user) & Q(detainee__isnull=True)
        return of_case | _of_thing(user, "Detainee") & told_once(user)
    if "case" in fields:
        return _of_case(user) & _open_to(model, user)
    if name in ("Name", "Photo", "Affiliation"):
        seen = _of_thing(user, "Detainee")
        return seen | _of_thing(user, "Lawyer") if name == "Name" else seen
    if name == "SourceKeeper":
        return _of_thing(user, "Source")
    if name in ("Detainee", "Lawyer", "Source", "JointProceeding"):
        return _of_thing(user, name, "pgh_obj_id")
    return _ANY  # places, courts, codes, articles, words: shared by all who have a role


def _open_to(model, user):
    """Return the condition under which the user sees a row of a case, or of its person, that they see."""
    tracked, fields = model.pgh_tracked_model, _relations(model)
    if tracked._meta.object_name == "Event":
        return _not_confidential(user, "pgh_obj_id")
    if "event" in fields:
        return _not_confidential(user, "event_id", tracked)
    if tracked._meta.object_name == "Citation":
        return _of_open_records(user, fields) & told_once(user)
    return _of_open_records(user, fields) if "case" in fields else Q()


def told_once(user):
    """Of citations of what is protected from the user only the first version of each record's is told: that there is one,
    not how many, nor what became of them.
    """
    from cases.models.evidence import CITABLE, Citation

    if user.is_editor:
        return Q()
    record = [f"{name}_id" for name in CITABLE]
    of_same = Q(case_id=OuterRef("case_id")) | Q(detainee_id=OuterRef("detainee_id"))
    changes = Citation.pgh_event_model.objects.filter(of_same).annotate(record=_array(map(F, record)))
    earlier = changes.filter(
        protected_from(user, "source_id"), record=_array(map(OuterRef, record)), pgh_id__lt=OuterRef("pgh_id")
    )
    return ~(protected_from(user, "source_id") & Q(Exists(earlier)))


def protected_from(user, key):
    """Whether the source of that key is a protected one that the user does not keep; editors know them all."""
    from cases.models.evidence import Source, SourceKeeper

    if user.is_editor:
        return Q(pk__isnull=True)
    kept = SourceKeeper.objects.filter(source=OuterRef("pk"), user=user.pk)
    now = Source.objects.filter(~Exists(kept), pk=OuterRef(key), protected=True)
    return Q(Exists(now)) | Q(Exists(deleted("Source", pgh_obj_id=OuterRef(key), protected=True)))


def _array(keys):
    return Func(*keys, function="jsonb_build_array", output_field=models.JSONField())


def _relations(model):
    return {field.name for field in model._meta.fields if field.is_relation}


def _of_case(user, key="case_id"):
    """By EXISTS, which PostgreSQL asks for one row or hashes for many: an IN beside an OR can't be hashed for a million cases."""
    from cases.models.case import Case

    now = Case.objects.visible_to(user).filter(pk=OuterRef(key))
    return Q(Exists(now)) | Q(Exists(deleted_cases(user).filter(pgh_obj_id=OuterRef(key))))


def _not_confidential(user, key, record=None):
    """An event is as confidential as it is now, a deleted one as it last was; the case's team and editors see it. A `record`
    (a model) also as the event that it belongs to by now, if that is another.
    """
    if user.is_editor:
        return Q()
    is_of_team = Q(_of_team(user)) | Q(_in_team_of_deleted(user, "case_id"))
    hidden = _confidential(key)
    if record:
        now = record._base_manager.filter(pk=OuterRef("pgh_obj_id"), event__confidential=True)
        gone = deleted(record._meta.object_name, pgh_obj_id=OuterRef("pgh_obj_id")).filter(_confidential("event_id"))
        hidden |= Q(Exists(now)) | Q(Exists(gone))
    return is_of_team | ~hidden


def _of_team(user):
    from cases.models.access import TeamMember

    return Exists(TeamMember.objects.filter(user=user.pk, case=OuterRef("case_id")))


def _confidential(key):
    from cases.models.base import Event

    now = Event.objects.filter(pk=OuterRef(key), confidential=True)
    then = deleted("Event", pgh_obj_id=OuterRef(key), confidential=True)
    return Q(Exists(now)) | Q(Exists(then))


def _of_open_records(user, fields):
    """Rows that hang on records are as confidential as these are."""
    from cases.models.evidence import OF_CASE

    if user.is_editor:
        return Q()
    hidden = Q()
    for name in OF_CASE:  # the records of a case
        if name in fields:
            history = apps.get_model("cases", name).pgh_event_model.objects.filter(pgh_obj=OuterRef(f"{name}_id"))
            hidden |= Q(Exists(history.filter(_confidential("event_id"))))
    is_of_team = Q(_of_team(user)) | Q(_in_team_of_deleted(user, "case_id"))
    return is_of_team | ~hidden if hidden else Q()


def _of_thing(user, name, key=None):
    """Rows of a person, lawyer, source or proceeding that the user sees. A deleted one is for editors and for who made it;
    nothing uses it any more, but what was said of it stays with those who could have said it.
    """
    model = apps.get_model("cases", name)
    key = key or f"{name.lower()}_id"
    gone = deleted(name) if user.is_editor else deleted(name, created_by=user.pk)
    now = model.objects.visible_to(user).filter(pk=OuterRef(key))
    return Q(Exists(now)) | Q(Exists(gone.filter(pgh_obj_id=OuterRef(key))))
