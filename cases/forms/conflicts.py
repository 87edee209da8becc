"""A stale save as a question: what it was when the form was opened, what is stored now, what was typed, and which holds."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import SimpleNamespace

from django import forms
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.dates import PartialDate
from cases.history.acts import look_at_whole_acts
from cases.models import User
from cases.models.changes import who_and_why

STORED, MINE, BOTH = "stored", "mine", "both"
PART = re.compile(r"([a-z]+)(\d{1,18})(?:\.(\d{1,18}))?")
MOST_PARTS = 1000


@dataclass(frozen=True)
class Seen:
    """What a form was opened with: the version of its record, and {kind: {key: version}} of what hangs on that.

    As text it travels in the form: "3 name12.1 name13.4 team5".
    """

    version: int | None = None
    rows: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, text):
        first, *parts = text.split()[:MOST_PARTS] or [""]
        rows: dict[str, dict[int, int]] = {}
        for part in parts:
            if match := PART.fullmatch(part):
                rows.setdefault(match[1], {})[int(match[2])] = int(match[3] or 0)
        return cls(int(first) if re.fullmatch(r"[0-9]{1,9}", first) else None, rows)

    def __str__(self):
        parts = [
            f"{kind}{key}.{version}" if version else f"{kind}{key}"
            for kind, rows in sorted(self.rows.items())
            for key, version in sorted(rows.items())
        ]
        return " ".join(["" if self.version is None else str(self.version), *parts])

    def keys(self, kind):
        return sorted(self.rows.get(kind, {}))

    def with_later(self, other, kinds):
        """Return this with the rows of these kinds that were there only when the form came back."""
        later = {kind: {**other.rows.get(kind, {}), **self.rows.get(kind, {})} for kind in kinds}
        return Seen(self.version, {**self.rows, **{kind: rows for kind, rows in later.items() if rows}})


@dataclass
class Said:
    """Who made a change, when, and why, as far as the reader may know it."""

    who: str
    when: datetime | None = None
    why: str = ""
    change: models.Model | None = None


@dataclass
class Difference:
    """One field, or one row that hangs on the record, in three versions, in words. `was` is None where it isn't known.

    `by` says who changed it since: "both", "them" or "me". `choice` is what holds, empty as long as nobody chose.
    `fixed`: there is nothing to choose, it is only said.
    """

    name: str
    label: str
    was: str | None
    stored: str
    mine: str
    by: str
    said: Said | None = None
    merged: str = ""
    choice: str = ""
    fixed: bool = False

    @property
    def input_name(self):
        return f"choose-{self.name}"

    @property
    def choices(self):
        """Return (value, its name, text) for each radio button."""
        found = [(STORED, _("Keep what is stored"), self.stored), (MINE, _("Use mine"), self.mine)]
        return [*found, (BOTH, _("Take both"), self.merged)] if self.merged else found


def compared(name, label, *, was, stored, mine, words, posted="", known=True, said=None):
    """Return the Difference of three values, or None if what was typed is what is stored.

    `known`: whether `was` is known. `posted`: the choice that was made for exactly this stored value. `words` puts a value
    in words. Lists are merged item by item: what both added is kept, what either removed is gone.
    """
    if mine == stored:
        return None
    theirs, own = not known or was != stored, not known or was != mine
    by = "both" if theirs and own else "them" if theirs else "me"
    is_list = isinstance(stored, list) and isinstance(mine, list) and by == "both"
    merged = words(together(was if known else [], stored, mine)) if is_list else ""
    default = {"them": STORED, "me": MINE, "both": BOTH if merged else ""}[by]
    offered = [STORED, MINE, *([BOTH] if merged else [])]
    return Difference(
        name, label, words(was) if known else None, words(stored), words(mine), by,
        said=said() if said and theirs else None, merged=merged, choice=posted if posted in offered else default,
    )  # fmt: skip


def together(was, stored, mine):
    """Return the stored items without those that I removed, and with those that I added."""
    kept = [item for item in stored if item in mine or item not in was]
    return kept + [item for item in mine if item not in was and item not in kept]


@dataclass
class Conflict:
    """All that differs between a form and what is stored. `opened` is the Seen of the page on which it was begun.

    `hidden` goes with the form, as (name, value).
    """

    opened: Seen
    said: Said
    differences: list[Difference]
    hidden: list[tuple[str, str]] = field(default_factory=list)

    def of(self, by):
        return [row for row in self.differences if row.by == by]

    @property
    def groups(self):
        """Return (heading, differences) for each group that has any, what has to be chosen first."""
        headings = {
            "both": _("Changed by both: choose which one holds"),
            "them": _("Changed by %(who)s only: taken over") % {"who": self.said.who},
            "me": _("Changed by you only: yours will be saved"),
        }
        return [(headings[by], self.of(by)) for by in headings if self.of(by)]

    @property
    def unsettled(self):
        return [row for row in self.differences if not row.choice]

    def choice(self, name):
        """Return what holds of a field or row; `mine` where nothing differs."""
        return next((row.choice for row in self.differences if row.name == name), MINE)


def plain(value):
    """Return a value so that it can be compared, wherever it comes from: keys for rows, text for dates."""
    if value is None:
        return ""
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, models.Model):
        return value.pk if value.pk is not None else f"new: {value}"
    if isinstance(value, models.QuerySet | list | tuple):
        items = [plain(item) for item in value]
        return sorted(items) if all(isinstance(item, models.Model) for item in value) else items
    if isinstance(value, str):
        return "\n".join(value.splitlines()).strip()
    return value


def simple_words(value):
    """Return a plain value in words, empty for nothing."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(filter(None, map(simple_words, value)))
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return date_format(value) if isinstance(value, date) else str(value)


def said_of(change):
    """Return who made a change of the history and when."""
    if change is None:
        return Said(_("Somebody"))
    context = who_and_why(change.pgh_context)
    user = User.objects.filter(pk=context["user"]).first() if context.get("user") else None
    name = str(user) if user else context.get("username") or context.get("command")
    return Said(name or _("Somebody outside the application"), change.pgh_created_at, change=change)


def say_why(conflict, user):
    """Add the reasons of the changes, if the user may see all that was changed for them (design 7)."""
    given = [
        said
        for said in {id(row.said): row.said for row in conflict.differences if row.said}.values()
        if said.change is not None and "reason" in who_and_why(said.change.pgh_context)
    ]
    acts = [SimpleNamespace(at=said.change.pgh_created_at, number=said.change.pgh_act) for said in given]
    look_at_whole_acts(acts, user)
    for said, act in zip(given, acts, strict=True):
        said.why = who_and_why(said.change.pgh_context)["reason"] if act.whole else ""


# Rows that hang on the record: names, penalties, members of a team


def versions(rows):
    """Return {key: version} of rows of a tracked model; where they have no version, the number of their last change."""
    if any(field.name == "version" for field in rows.model._meta.concrete_fields):
        return dict(rows.order_by().values_list("pk", "version"))
    found = dict.fromkeys(rows.order_by().values_list("pk", flat=True), 0)
    changes = rows.model.pgh_event_model.objects.filter(pgh_obj__in=list(found)).order_by("pgh_id")
    return found | dict(changes.values_list("pgh_obj_id", "pgh_id"))


def own_version(record):
    """Return a number that is another one after each change of the record, as it was loaded."""
    if hasattr(record, "version"):
        return record.version
    return versions(type(record)._base_manager.filter(pk=record.pk)).get(record.pk)


def row_at(model, key, version, owner):
    """Return a row of the history as the form was opened with it; None if it isn't kept, or not of this owner."""
    column = "version" if hasattr(model, "version") else "pgh_id"
    changes = model.pgh_event_model.objects.filter(pgh_obj=key, **{column: version}, **owner)
    return changes.order_by("-pgh_id").first()


def row_differences(kind, model, owner, *, opened, seen, stored, mine, values, words, label, data):
    """Return the differences of rows of one kind.

    `owner` is the lookup of whose rows they are, `stored` {key: row}, `mine` {key: values, or None for one to be removed}
    of the rows that were sent; `values` makes plain values of a row. One that others added and nobody sent is only said.
    A choice in `data` counts if it was made for what is stored now, that is if the row as last `seen` is the stored one.
    """

    def then(shown, key):
        row = row_at(model, key, shown.rows[kind][key], owner) if key in shown.rows.get(kind, {}) else None
        return values(row) if row is not None else None

    found = []
    for key in sorted({*opened.rows.get(kind, {}), *stored, *mine}):
        known, was = True, None
        if key in opened.rows.get(kind, {}):
            was = then(opened, key)
            known = was is not None
        now = values(stored[key]) if key in stored else None
        typed = mine.get(key, was if known else now)
        posted = data.get(f"choose-{kind}-{key}", "") if then(seen, key) == now else ""
        difference = compared(
            f"{kind}-{key}", label, was=was, stored=now, mine=typed, known=known, posted=posted,
            words=lambda value: words(value) if value is not None else _("removed"),
            said=lambda key=key: said_of(model.pgh_event_model.objects.filter(pgh_obj=key).order_by("pgh_id").last()),
        )  # fmt: skip
        if difference:
            added = key in stored and known and was is None and key not in mine
            difference.fixed = added
            difference.was = "" if was is None and known else difference.was
            found.append(difference)
    return found


class SentRows:
    """The rows of a model formset as they were sent: compared with what is stored, and put so that it can be saved.

    `owner` is the lookup of whose rows they are, `stored` {key: row}, `formset` one that is bound to the same data.
    """

    def __init__(self, formset, stored, owner, *, label, words):
        self.formset, self.stored, self.owner = formset, stored, owner
        self.prefix, self.data, self.model = formset.prefix, formset.data, formset.model
        self.kind, self.label, self.words = self.model._meta.model_name, label, words
        apart = {self.model._meta.pk.name, "DELETE", formset.fk.name}
        self.fields = {name: field for name, field in formset.empty_form.fields.items() if name not in apart}
        self.rows = self.sent()

    def sent(self):
        """Return [(key of the stored row or None, {name: list of texts})] in the order of the page."""
        rows: dict[int, dict[str, list[str]]] = {}
        sent = re.compile(rf"{re.escape(self.prefix)}-([0-9]{{1,4}})-(.+)")
        for name in self.data:
            if match := sent.fullmatch(name):
                rows.setdefault(int(match[1]), {})[match[2]] = self.data.getlist(name)
        return [(self.key_of(values), values) for _number, values in sorted(rows.items())]

    def key_of(self, values):
        text = (values.get("gone") or values.get(self.model._meta.pk.name) or [""])[0]
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None

    def read(self, values):
        """Return the plain values of a row as sent; what can't be read stays as it was typed."""
        found = {}
        for name, asked in self.fields.items():
            raw = asked.widget.value_from_datadict(_flat(values), {}, name)
            try:
                found[name] = plain(asked.clean(raw))
            except forms.ValidationError:
                found[name] = str(raw)
        return found

    def values(self, row):
        own = {field.name: field for field in self.model._meta.concrete_fields}
        return {name: plain(getattr(row, own[name].attname)) for name in self.fields}

    def differences(self, opened, seen):
        mine = {key: None if "DELETE" in values else self.read(values) for key, values in self.rows if key is not None}
        return row_differences(
            self.kind, self.model, self.owner, opened=opened, seen=seen, stored=self.stored, mine=mine, values=self.values,
            words=self.words, label=self.label, data=self.data,
        )  # fmt: skip

    def to_show(self, conflict):
        """Return the data with everything as typed; a row that is gone by now stands among the new ones."""
        first, rest = [], []
        for key, values in self.rows:
            name = f"{self.kind}-{key}"
            if key is None:
                rest.append(values)
            elif key in self.stored:
                first.append(values)
            elif any(row.name == name and row.by == "both" for row in conflict.differences):
                rest.append({**values, self.model._meta.pk.name: [""], "gone": [str(key)]})
        conflict.hidden += [
            (f"{self.prefix}-{number}-gone", values["gone"][0])
            for number, values in enumerate([*first, *rest])
            if "gone" in values
        ]
        return self.arranged(first, rest)

    def to_save(self, conflict):
        """Return the data with the stored row in the place of each that shall stay as it is stored."""
        first, rest = [], []
        for key, values in self.rows:
            holds = conflict.choice(f"{self.kind}-{key}") if key is not None else MINE
            if key in self.stored:
                first.append(values if holds == MINE else self.as_sent(values, self.stored[key]))
            elif key is None:
                rest.append(values)
            elif holds == MINE and "DELETE" not in values:
                rest.append({**values, self.model._meta.pk.name: [""]})
        return self.arranged(first, rest)

    def as_sent(self, values, row):
        """Return what a browser would send of the stored row."""
        kept = {name: texts for name, texts in values.items() if name not in self.fields and name != "DELETE"}
        for name, asked in self.fields.items():
            value = asked.prepare_value(getattr(row, row._meta.get_field(name).attname))
            if value is not False:
                kept[name] = ["" if value is None else "on" if value is True else str(value)]
        return kept

    def arranged(self, first, rest):
        data = self.data.copy()
        for name in [name for name in data if re.match(rf"{re.escape(self.prefix)}-[0-9]+-", name)]:
            del data[name]
        for number, values in enumerate([*first, *rest]):
            for name, texts in values.items():
                data.setlist(f"{self.prefix}-{number}-{name}", texts)
        data[f"{self.prefix}-TOTAL_FORMS"] = str(len(first) + len(rest))
        data[f"{self.prefix}-INITIAL_FORMS"] = str(len(first))
        return data


def _flat(values):
    return {name: texts[-1] for name, texts in values.items() if texts}
