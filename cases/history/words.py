"""Versions of records in words: what a record is called, and what differs between two versions, field by field.

A version is a dict of column -> value, as `.values()` gives it or as JSON does. Names of linked things come from a `Names`,
which loads them in bulk and shows only those that its reader may know.
"""

from collections import defaultdict
from datetime import date, time
from decimal import Decimal
from typing import NamedTuple

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dates import DateError, PartialDate, in_words, words_for_bounds
from cases.fields import BoundField, PartialDateField
from cases.models import Citation, NameKind, Penalty, Role, Source, Ternary
from cases.models.evidence import CITABLE
from cases.rows import penalty_in_words
from cases.timeline import HEARINGS

# What the database or the program keeps for itself, and what a record's place on the page says already.
LEFT_OUT = {
    "id", "reference", "version", "key", "created_at", "created_by", "updated_at", "updated_by", "event",
    "death_recorded_on", "image", "media_type", "sha256", "width", "height", "range_start", "range_end",
    "password", "last_login", "date_joined", "is_staff", "is_superuser",
}  # fmt: skip
OWNERS = {
    "Name": {"detainee", "lawyer"},
    "Photo": {"detainee"},
    "Affiliation": {"detainee"},
    "Penalty": {"sentence"},
    "Finding": {"sentence"},
    "Citation": set(CITABLE),
    "SourceKeeper": {"source"},
    "JointProceedingCase": {"proceeding"},
}
FOR_RESEARCHERS = {("Lawyer", "contact")}
# What a headline says already of something that was added or deleted
IN_HEADLINE = {
    "Citation": {"source"},
    "Name": {"text"},
    "Representation": {"lawyer"},
    "Finding": {"charge"},
    "Term": {"name"},
    "Organisation": {"name"},
    "PrisonerList": {"name"},
    "Listing": {"list"},
    "Affiliation": {"organisation"},
    "User": {"username"},
    "Penalty": {"kind", "years", "months", "days", "regime", "amount", "currency"},
}


class Difference(NamedTuple):
    """One field of two versions, in words; `old` is empty in what was added, `new` in what was deleted."""

    label: str
    old: str
    new: str


def differences(model, before, after, names, *, titled=False):
    """Return a Difference for each field whose values differ, in the order of the model's fields.

    `before` None: the fields that were filled when it was added; `after` None: those that it had when it was deleted, in
    both cases without those that its headline tells, if it is `titled`.
    Call `names.want(model, before, after)` for all versions first, so that linked things are loaded once for all.
    """
    found = []
    if not tells_fields(model, names, before, after):
        return found
    told = IN_HEADLINE.get(model._meta.object_name, set()) if titled and None in (before, after) else set()
    for field in shown_fields(model, names.user):
        if field.name in told:
            continue
        old, new = (field_value(field, version) for version in (before, after))
        if before is None or after is None:
            if is_filled(field, new if before is None else old):
                label = label_of(model, field)
                words = value_in_words(field, before or after, new if before is None else old, names)
                found.append(Difference(label, "", words) if before is None else Difference(label, words, ""))
        elif old != new:
            words = (value_in_words(field, after, value, names) for value in (old, new))
            found.append(Difference(label_of(model, field), *words))
    return found


def tells_fields(model, names, *versions):
    """Whether the reader is shown fields: a citation of a source that is protected from them tells only that there is one."""
    if model is not Citation:
        return True
    keys = [version[key] for version in versions if version for key in ("source_id", "cites_id") if version[key]]
    return all(names.knows("Source", key) for key in keys)


def value_in_words(field, version, value, names):
    """Return the value in words; the field that a citation means is called as forms call it."""
    if field.name == "field" and value and (of := _cited(version)):
        named = {one.name: one.verbose_name for one in apps.get_model("cases", of)._meta.concrete_fields}
        return str(named.get(value, value))
    return in_words_of(field, value, names)


def _cited(version):
    """Return the name of the key of what a citation supports."""
    return next((name for name in CITABLE if version.get(f"{name}_id")), None)


def shown_fields(model, user):
    """Return the fields of a tracked model that this reader is shown."""
    name = model._meta.object_name
    left_out = LEFT_OUT | OWNERS.get(name, set())
    if name in ("JointProceedingCase", "CaseTag", "TeamMember"):
        return []  # their names say all
    if not name.startswith("Case"):
        left_out = left_out | {"case"}
    fields = [field for field in model._meta.concrete_fields if field.name not in left_out]
    fields = [field for field in fields if not isinstance(field, BoundField)]
    if not user.is_researcher:
        fields = [field for field in fields if (name, field.name) not in FOR_RESEARCHERS]
    return fields


def label_of(model, field):
    return capfirst(str(field.verbose_name))


def field_value(field, version):
    """Return the value of a version, the same whether it comes from JSON or from a row; None if it has none."""
    value = version.get(field.attname) if version is not None else None
    if value is None or value == "":
        return None if field.null else ""
    if isinstance(field, PartialDateField):
        return value.text if isinstance(value, PartialDate) else str(value)
    if isinstance(field, ArrayField):
        return list(value)
    if isinstance(field, models.BinaryField):
        return bytes(value) if isinstance(value, memoryview) else value
    return value if field.is_relation else field.to_python(value)


def is_filled(field, value):
    """Whether a value says anything: an empty one, "unknown" and an accepted standing don't."""
    if value in (None, "", [], False) or (field.choices and value == Ternary.UNKNOWN):
        return False
    return (field.name, value) != ("standing", "accepted")


def in_words_of(field, value, names):
    """Return a field's value in words, one for "nothing" too."""
    if isinstance(field, PartialDateField):
        return date_words(value) or _("date unknown")
    if value in (None, "", []):
        return _("none") if field.is_relation else _("empty")
    if field.is_relation:
        return names.of(field.related_model, value)
    if isinstance(field, ArrayField):
        choices = dict(field.base_field.flatchoices)
        return ", ".join(str(choices.get(one, one)) for one in value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return words_for_bounds(value, value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def date_words(text):
    """Return a partial date in words; the text itself if it is none."""
    try:
        return in_words(PartialDate.parse_edtf(text or ""))
    except DateError:
        return str(text)


# -------------------------------------------------------------------------------------------- what it is called


def headline(model, version, names):
    """Return what a version is a version of: "Release of 25 October 2017", "Source “…” for Arrest of 2015"."""
    title = HEADLINES.get(model._meta.object_name)
    return str(title(version, names)) if title else capfirst(str(model._meta.verbose_name))


def _dated(kind, text):
    words = date_words(text)
    pattern = _("%(what)s of %(date)s") if words else _("%(what)s, date unknown")
    return pattern % {"what": kind, "date": words}


def _from(model, version):
    field = apps.get_model("cases", model)._meta.get_field("kind")
    kind = capfirst(str(dict(field.flatchoices).get(version["kind"], version["kind"])))
    words = date_words(version["began"])
    pattern = _("%(what)s from %(date)s") if words else _("%(what)s, date unknown")
    return pattern % {"what": kind, "date": words}


def _hearing(version, names):
    kind = HEARINGS.get(version["stage"], HEARINGS["other"])()
    return _dated(kind, version["held_on"] or version["scheduled"])


def _charge(version, names):
    if version["provision_id"]:
        return _("Charge, article %(article)s") % {"article": names.short("Provision", version["provision_id"])}
    reported = version["text_as_reported"]
    return _("Charge: %(text)s") % {"text": _cut(reported)} if reported else _dated(_("Charge"), version["charged_on"])


def _note(version, names):
    kind = names.of("Term", version["kind_id"]) if version["kind_id"] else _("Note")
    if version["date"]:
        return _dated(capfirst(kind), version["date"])
    return f"{capfirst(kind)}: {_cut(version['text'])}"


def _citation(version, names):
    source = names.of("Source", version["source_id"])
    of = _cited(version)
    record = names.of(capfirst(of), version[f"{of}_id"])
    if not names.knows("Source", version["source_id"]):
        return _("%(source)s for %(record)s") % {"source": capfirst(source), "record": record}
    return _("Source “%(source)s” for %(record)s") % {"source": _cut(source), "record": record}


def _penalty(version, names):
    fields = ["kind", "years", "months", "days", "regime", "currency"]
    penalty = Penalty(**{name: version[name] for name in fields})
    penalty.amount = None if version["amount"] is None else Decimal(str(version["amount"]))
    return _("Penalty: %(penalty)s") % {"penalty": penalty_in_words(penalty)}


def _finding(version, names):
    return _("Finding on %(charge)s") % {"charge": names.of("Charge", version["charge_id"])}


def _in_proceeding(version, names):
    words = {"proceeding": names.of("JointProceeding", version["proceeding_id"])}
    return _("%(case)s in the joint proceeding “%(proceeding)s”") % {
        "case": names.of("Case", version["case_id"]),
        **words,
    }


def _quoted(what, name):
    return _("%(what)s “%(name)s”") % {"what": what, "name": _cut(name)}


def _cut(text, most=90):
    text = " ".join(str(text).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _provision(version):
    words = [version["article"]]
    words += [_("part %s") % version["part"]] if version["part"] else []
    words += [_("point %s") % version["point"]] if version["point"] else []
    return " ".join(words)


HEADLINES = {
    "Arrest": lambda version, names: _dated(_("Arrest"), version["date"]),
    "Release": lambda version, names: _dated(_("Release"), version["date"]),
    "Sentence": lambda version, names: _dated(_("Sentence"), version["date"]),
    "Detention": lambda version, names: _from("Detention", version),
    "Restriction": lambda version, names: _from("Restriction", version),
    "Hearing": _hearing,
    "Charge": _charge,
    "Note": _note,
    "Violation": lambda version, names: _dated(
        _("Alleged violation of %(right)s") % {"right": names.of("Right", version["right_id"])}
        if version["right_id"]
        else _("Alleged violation"),
        version["date"],
    ),
    "Intervention": lambda version, names: _dated(
        _("Intervention by %(who)s") % {"who": version["by_whom"]}, version["date"]
    ),
    "Listing": lambda version, names: _dated(
        _("Decision on the list %(list)s") % {"list": names.of("PrisonerList", version["list_id"])}, version["date"]
    ),
    "Affiliation": lambda version, names: (
        _("Role in %(organisation)s") % {"organisation": names.of("Organisation", version["organisation_id"])}
    ),
    "Organisation": lambda version, names: _quoted(_("Organisation"), version["name"]),
    "Right": lambda version, names: _("Right %(code)s") % {"code": version["code"]},
    "PrisonerList": lambda version, names: _quoted(_("List of prisoners"), version["name"]),
    "Representation": lambda version, names: (
        _("Lawyer %(name)s") % {"name": names.of("Lawyer", version["lawyer_id"])}
    ),
    "Citation": _citation,
    "Penalty": _penalty,
    "Finding": _finding,
    "Event": lambda version, names: (
        _("Confidentiality of %(record)s") % {"record": names.of("Event", version["id"])}
    ),
    "Case": lambda version, names: _("Case %(reference)s") % {"reference": version["reference"]},
    "CaseTag": lambda version, names: _quoted(_("Tag"), names.of("Term", version["term_id"])),
    "TeamMember": lambda version, names: _("Team: %(name)s") % {"name": names.of("User", version["user_id"])},
    "JointProceeding": lambda version, names: _quoted(_("Joint proceeding"), version["name"]),
    "JointProceedingCase": _in_proceeding,
    "Detainee": lambda version, names: _("Person: %(name)s") % {"name": names.of("Detainee", version["id"])},
    "Lawyer": lambda version, names: _("Lawyer %(name)s") % {"name": names.of("Lawyer", version["id"])},
    "Name": lambda version, names: _quoted(_("Name"), version["text"]),
    "Source": lambda version, names: _quoted(_("Source"), version["title"]),
    "SourceKeeper": lambda version, names: _("Keeper of the source: %(name)s") % {
        "name": names.of("User", version["user_id"])
    },
    "Place": lambda version, names: _quoted(_("Place"), version["name"]),
    "Court": lambda version, names: _quoted(_("Court"), version["name"]),
    "Provision": lambda version, names: (
        _("Article %(article)s, %(code)s")
        % {"article": _provision(version), "code": names.of("LegalCode", version["code_id"])}
    ),
    "LegalCode": lambda version, names: _quoted(_("Code"), version["name"]),
    "Term": lambda version, names: _quoted(_("Word"), version["name"]),
    "User": lambda version, names: _quoted(_("User"), version["username"]),
    "UserGroup": lambda version, names: _("Role of %(name)s") % {"name": names.of("User", version["user_id"])},
}  # fmt: skip

# What a thing is called inside a sentence, where its headline says too much; a record is called by its headline.
SHORT = {
    "Case": lambda version, names: version["reference"],
    "Detainee": lambda version, names: names.person("Detainee", version),
    "Lawyer": lambda version, names: names.person("Lawyer", version),
    "Place": lambda version, names: (
        f"{version['name']}, {version['locality']}"
        if version["locality"] and version["locality"] not in version["name"]
        else version["name"]
    ),
    "Court": lambda version, names: version["name"],
    "Source": lambda version, names: version["title"],
    "Term": lambda version, names: version["name"],
    "Organisation": lambda version, names: version["name"],
    "Right": lambda version, names: version["code"],
    "PrisonerList": lambda version, names: version["name"],
    "LegalCode": lambda version, names: version["name"],
    "Provision": lambda version, names: f"{_provision(version)}, {names.of('LegalCode', version['code_id'])}",
    "JointProceeding": lambda version, names: version["name"],
    "User": lambda version, names: (
        f"{version['first_name']} {version['last_name']}".strip() or version["username"]
    ),
}  # fmt: skip

# The keys that headlines need beside a version's own fields
HEADLINE_KEYS = {
    "Case": ["detainee"],
    "Charge": ["provision"],
    "Note": ["kind"],
    "Violation": ["right"],
    "Listing": ["list"],
    "Affiliation": ["organisation"],
    "Representation": ["lawyer"],
    "Citation": ["source", *CITABLE],
    "Finding": ["charge"],
    "CaseTag": ["term"],
    "TeamMember": ["user"],
    "JointProceedingCase": ["proceeding", "case"],
    "SourceKeeper": ["user"],
    "Provision": ["code"],
    "UserGroup": ["user"],
}
ITSELF = {"Detainee", "Lawyer", "Event"}  # called by what is found with them


# -------------------------------------------------------------------------------------------- names of linked things


class Names:
    """Names of linked things for one reader, loaded in bulk: a few queries for each model, however many are wanted.

    The name is the current one, or the last known one of what was deleted. What the reader may not see has no name.
    """

    def __init__(self, user):
        self.user = user
        self.wanted = defaultdict(set)
        self.found = {}  # (name of the model, key): its version, or the words that stand for it
        self.people = {}  # likewise: the main name of a detainee or lawyer

    def want(self, model, *versions):
        """Say which versions will be put into words, so that the next question loads all that they link to."""
        name = model._meta.object_name
        keys = {field.name for field in shown_fields(model, self.user)} | set(HEADLINE_KEYS.get(name, []))
        linked = [field for field in model._meta.concrete_fields if field.is_relation and field.name in keys]
        for version in versions:
            for field in linked if version else []:
                self._want(field.related_model._meta.object_name, version.get(field.attname))
            if version and name in ITSELF:
                self._want(name, version["id"])

    def _want(self, name, pk):
        if pk and (name, pk) not in self.found:
            self.wanted[name].add(pk)

    def want_owner(self, version):
        """Say that a version's case is to be named too."""
        self._want("Case", version.get("case_id"))

    def owner(self, version, name):
        """Return what a version belongs to, in words: its case and the person; empty for what stands by itself."""
        case = (
            version if name == "Case" else self._version("Case", version["case_id"]) if version.get("case_id") else ""
        )
        if not case or isinstance(case, str):
            return ""
        return f"{case['reference']} {self.of('Detainee', case['detainee_id'])}"

    def of(self, model, pk):
        """Return the name of a linked thing, or words for one that the reader may not see."""
        name = model if isinstance(model, str) else model._meta.object_name
        version = self._version(name, pk)
        if isinstance(version, str):
            return version
        title = SHORT.get(name) or HEADLINES[name]
        return str(title(version, self))

    def knows(self, name, pk):
        """Whether the reader may know the thing."""
        return not isinstance(self._version(name, pk), str)

    def short(self, name, pk):
        """Return an article without its code."""
        version = self._version(name, pk)
        return version if isinstance(version, str) else _provision(version)

    def person(self, name, version):
        return self.people.get((name, version["id"])) or version["reference"]

    def _version(self, name, pk):
        if (name, pk) not in self.found:
            self._want(name, pk)
            self._load()
        return self.found[name, pk]

    # Loading

    def _load(self):
        while self.wanted:
            name, pks = self.wanted.popitem()
            pks = {pk for pk in pks if (name, pk) not in self.found}
            if name == "Event":
                self._load_events(pks)
            elif name == "Group":
                roles = Group.objects.filter(pk__in=pks).values_list("pk", "name")
                self.found |= {(name, pk): _("a role that is gone") for pk in pks}
                self.found |= {(name, pk): str(dict(Role.choices).get(role, role)) for pk, role in roles}
            elif pks:
                self._load_things(apps.get_model("cases", name), pks)

    def _load_things(self, model, pks):
        name = model._meta.object_name
        columns = columns_of(model)
        found = {row["id"]: row for row in model.objects.visible_to(self.user).filter(pk__in=pks).values(*columns)}
        if gone := pks - found.keys():
            found |= self._last_known(model, gone, columns)
        self.found |= {(name, pk): row for pk, row in found.items()}
        for pk in pks - found.keys():
            self.found[name, pk] = _("a record that you may not see")
        if name in ("Detainee", "Lawyer"):
            self._load_people(name.lower(), list(found))
        if name == "Source" and (hidden := pks - found.keys()):
            for pk in Source.objects.filter(pk__in=hidden, protected=True).values_list("pk", flat=True):
                self.found[name, pk] = _("a protected source")
        if name == "User":
            for pk in pks - found.keys():
                self.found[name, pk] = _("somebody whose account is gone")
        linked = [model._meta.get_field(key) for key in HEADLINE_KEYS.get(name, [])]
        for row in found.values():
            for field in linked:
                self._want(field.related_model._meta.object_name, row[field.attname])

    def _last_known(self, model, pks, columns):
        history = model.pgh_event_model.objects.visible_to(self.user).filter(pgh_obj__in=pks)
        last = history.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id").values(*columns)
        return {row["id"]: row for row in last}

    def _load_people(self, owner, pks):
        """The main names of people whom the reader may know, else the main names that they had."""
        model, key = apps.get_model("cases", "Name"), f"{owner}_id"
        found = {}
        for row in model.objects.filter(**{f"{key}__in": pks}).order_by("-pk").values(key, "kind", "text"):
            if row[key] not in found or row["kind"] == NameKind.MAIN:
                found[row[key]] = row["text"]
        if gone := [pk for pk in pks if pk not in found]:
            history = model.pgh_event_model.objects.filter(**{f"{key}__in": gone}).order_by("pgh_id")
            for row in history.values(key, "kind", "text"):
                if row[key] not in found or row["kind"] == NameKind.MAIN:
                    found[row[key]] = row["text"]
        self.people |= {(owner.capitalize(), pk): text for pk, text in found.items()}

    def _load_events(self, pks):
        """An event is called by a record of it, the accepted one if there is one; in one query for all kinds."""
        from cases.models import RECORD_MODELS

        rows = []
        for model in RECORD_MODELS:
            kind = models.Value(model._meta.object_name)
            rows.append(
                model.objects.filter(event__in=pks).annotate(model=kind).values_list("model", "event", "pk", "standing")
            )
        records = {}
        for kind, event, pk, standing in rows[0].union(*rows[1:], all=True) if pks else []:
            if event not in records or standing == "accepted":
                records[event] = kind, pk
        for pk in pks:
            self.found["Event", pk] = _("a record that is gone")
        for kind, pk in records.values():
            self._want(kind, pk)
        self._load()
        for event, (kind, pk) in records.items():
            self.found["Event", event] = self.of(kind, pk)


def columns_of(model):
    """Return the columns that both a record and its history have, bytes left out."""
    kept = {field.attname for field in model.pgh_event_model._meta.concrete_fields}
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.BinaryField)]
    return [field.attname for field in fields if field.attname in kept]
