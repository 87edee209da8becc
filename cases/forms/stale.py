"""What happens if a colleague was quicker: nothing is overwritten unseen, and nothing that was typed is lost.

The form carries what it was opened with (`version`). A save that finds something else stored writes nothing: the form comes
back with what was typed, and asks for each field which value holds (cases.forms.conflicts). It then carries the version
that was looked at, and in `opened` the one with which it was begun; a third change makes it come back once more.
"""

from django import forms
from django.utils.translation import gettext as _

from cases.fields import PartialDateFormField
from cases.forms.conflicts import (
    BOTH,
    STORED,
    Conflict,
    Seen,
    compared,
    own_version,
    plain,
    said_of,
    say_why,
    simple_words,
    together,
)
from cases.forms.picker import PickField
from cases.history.words import date_words

MOST_CHANGES = 50  # that are looked at for who changed a field


class Unread(str):
    """What was typed where it could not be read as a value of its field."""


class StaleMixin:
    """For model forms with a `user` and a hidden field `version`. Comes first among the bases."""

    conflict = None
    comes_back = False
    carrier = "version"  # the hidden field
    apart = ("version", "seen_version", "reason", "save_anyway")  # fields that are not of the record
    row_kinds: tuple[str, ...] = ()  # kinds of rows that hang on the record and have a form of their own on the page

    def hanging(self):
        """Return {kind: {key: version}} of what is written together with the record."""
        return {}

    def stored_version(self):
        return str(Seen(own_version(self.instance), self.hanging())) if self.instance.pk else ""

    def _clean_form(self):
        self.look_for_conflict()
        if not self.comes_back:
            super()._clean_form()

    def _post_clean(self):
        if not self.comes_back:
            super()._post_clean()

    def look_for_conflict(self):
        """Compare with what is stored if anything was changed since the form was opened, and settle what can be settled."""
        if not self.instance.pk:
            return
        sent, begun = self.cleaned_data.get(self.carrier, ""), self.data.get("opened", "")
        looking, stale = "find" in self.data, sent != self.stored_version()
        if not begun and (
            looking or not stale
        ):  # while somebody looks for a row nothing is saved, and nobody would read it
            return
        seen = Seen.read(sent)
        opened = Seen.read(begun).with_later(seen, self.row_kinds) if begun else seen
        self.conflict = self.compare(opened, seen)
        if looking:
            return
        if stale:
            self.data = self.data.copy()
            self.data[self.add_prefix(self.carrier)] = self.stored_version()
            changed = _("%(who)s changed this while you were writing.") % {"who": self.conflict.said.who}
            self.send_back(f"{changed} {_('Nothing is saved yet. Look at what differs, choose, and save again.')}")
        elif self.conflict.unsettled:
            self.send_back(_("Choose which one holds wherever both of you changed the same."))
        else:
            self.settle()

    def send_back(self, message):
        self.comes_back = True
        self.add_error(None, message)

    def compare(self, opened, seen):
        """Return the Conflict between this form, opened so and last shown so, and what is stored."""
        row = self.row_at(opened)
        self.changes = self.changes_since(row)
        conflict = Conflict(opened, self.last_said(), [])
        was, before = self.values_at(row, opened), self.values_at(self.row_at(seen), seen)
        for name in self.compared():
            stored = plain(self.stored_value(name))
            holds = name in before and before[name] == stored
            found = compared(
                name, self.label_of(name), known=name in was, was=was.get(name), stored=stored, mine=self.typed(name),
                words=lambda value, name=name: self.in_words(name, value),
                posted=self.data.get(f"choose-{name}", "") if holds else "",
                said=lambda name=name: self.said(name, conflict.said),
            )  # fmt: skip
            if found:
                conflict.differences.append(found)
        conflict.differences += self.compare_rows(opened, seen)
        say_why(conflict, self.user)
        return conflict

    def compare_rows(self, opened, seen):
        """Return the differences of the rows that hang on the record and have forms of their own."""
        return []

    def settle(self):
        """Put the stored value in the place of the typed one where that was chosen."""
        for difference in self.conflict.differences:
            name = difference.name
            if name in self.fields and difference.choice in (STORED, BOTH):
                value = self.stored_value(name)
                if difference.choice == BOTH:
                    row = self.row_at(self.conflict.opened)
                    was = self.values_at(row, self.conflict.opened).get(name, [])
                    value = together(was, plain(value), self.typed(name))
                self.cleaned_data[name] = self.as_cleaned(name, value)
                self._errors.pop(name, None)

    # Values of a field

    def compared(self):
        return [name for name, field in self.fields.items() if name not in self.apart and not field.disabled]

    def label_of(self, name):
        return self[name].label

    def typed(self, name):
        if name in self.cleaned_data:
            return plain(self.cleaned_data[name])
        return Unread(self[name].data or "")

    def stored_value(self, name):
        field = self.fields[name]
        if isinstance(field, PickField):
            return field.current
        if isinstance(field, forms.ModelChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
            return getattr(self.instance, name)
        return self.initial.get(name)

    def as_cleaned(self, name, value):
        """Return a stored or merged value as the form's own cleaning would."""
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField):
            return field.queryset.model._default_manager.filter(pk__in=plain(value or []))
        return value

    def row_at(self, seen):
        """Return the version of the history that a form was opened with, as far as the user may see it, or None."""
        if seen.version is None:
            return None
        changes = type(self.instance).pgh_event_model.objects.visible_to(self.user)
        column = "version" if hasattr(self.instance, "version") else "pgh_id"
        found = changes.filter(pgh_obj=self.instance.pk, **{column: seen.version})
        return found.order_by("-pgh_id").first()

    def values_at(self, row, seen):
        """Return {name: plain value} of that version; a name whose value isn't known is not in it."""
        own = {field.name: field for field in self.instance._meta.concrete_fields}
        if row is None:
            return {}
        return {name: plain(getattr(row, own[name].attname)) for name in self.compared() if name in own}

    def in_words(self, name, value):
        """Return a plain value of a field in words; the name of a linked row only if the user may know it."""
        return self.words_of(self.fields[name], value)

    def words_of(self, field, value):
        if isinstance(value, Unread) or (isinstance(field, forms.ModelChoiceField) and isinstance(value, str)):
            return str(value)
        if isinstance(field, PickField):
            return self.named(field, value) if value else ""
        if isinstance(field, forms.ModelChoiceField):
            return ", ".join(self.names_of(field, value if isinstance(value, list) else [value] if value else []))
        if isinstance(field, PartialDateFormField):
            return date_words(str(value))
        if choices := dict(getattr(field, "choices", [])):
            given = value if isinstance(value, list) else [value]
            return ", ".join(str(choices.get(one, one)) for one in given if one != "")
        return simple_words(value)

    def named(self, field, key):
        if isinstance(key, str):  # a new one
            return key.removeprefix("new: ")
        if field.current is not None and field.current.pk == key:
            return field.label_of(field.current)
        row = field.thing.rows(self.user).filter(pk=key).first()
        return str(row) if row is not None else _("a record that is gone or that you may not see")

    def names_of(self, field, keys):
        rows = field.queryset.model._default_manager.all()
        rows = rows.visible_to(self.user) if hasattr(rows, "visible_to") else rows
        found = {row.pk: field.label_from_instance(row) for row in rows.filter(pk__in=keys)}
        return [str(found.get(key, _("a record that is gone or that you may not see"))) for key in keys]

    # Who it was

    def changes_since(self, row):
        """Return the record's history from this version on, oldest first; of a long one the end."""
        if row is None:
            return []
        changes = type(self.instance).pgh_event_model.objects.visible_to(self.user)
        changes = changes.filter(pgh_obj=self.instance.pk, pgh_id__gte=row.pgh_id)
        return list(changes.order_by("-pgh_id")[:MOST_CHANGES])[::-1]

    def hanging_changes(self):
        """Return querysets of the history of what hangs on the record."""
        return []

    def last_said(self):
        """Return who changed the record, or what hangs on it, last."""
        last = [changes.order_by("pgh_id").last() for changes in self.hanging_changes()]
        last = [change for change in [*last, *self.changes[1:][-1:]] if change is not None]
        if last:
            return said_of(max(last, key=lambda change: change.pgh_created_at))
        said = said_of(None)
        said.who = str(getattr(self.instance, "updated_by", None) or said.who)
        return said

    def said(self, name, otherwise):
        """Return who gave a field the value that is stored now."""
        field = next((field for field in self.instance._meta.concrete_fields if field.name == name), None)
        if field is None:
            return otherwise
        values = [plain(getattr(row, field.attname)) for row in self.changes]
        changed = [row for row, old, new in zip(self.changes[1:], values, values[1:], strict=False) if old != new]
        return said_of(changed[-1]) if changed else otherwise
