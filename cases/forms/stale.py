"""What happens if a colleague was quicker: nothing is overwritten unseen."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from cases.forms.picker import PickField


class StaleMixin:
    """Notices that a colleague was quicker: the form carries the version that it was opened with.

    A stale form keeps what was typed and says beside each field what is stored now; saved again, it overwrites knowingly.
    """

    def stored_version(self):
        return str(self.instance.version) if self.instance.pk else ""

    def find_conflict(self):
        """Return whether the stored version moved on, and say so beside each field that differs."""
        if "find" in self.data:  # nothing is saved now, and nobody would read it
            return False
        if not self.instance.pk or self.cleaned_data.get("version", "") == self.stored_version():
            return False
        differing = {name: said for name in self.compared() if (said := self.stored_if_other(name)) is not None}
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = self.stored_version()
        who = getattr(self.instance, "updated_by", None)
        changed = _("%(who)s changed this while you were writing.") % {"who": who or _("Somebody")}
        how = _("Nothing is saved yet. Look at what is stored now; save again to replace it with what you typed.")
        self.add_error(None, f"{changed} {how}")
        for name, said in differing.items():
            self.add_error(name, _("Stored now: %(value)s") % {"value": said or _("empty")})
        return True

    def compared(self):
        return [
            name
            for name in self.fields
            if name in self.cleaned_data and name not in ("version", "reason", "save_anyway")
        ]

    def stored_if_other(self, name):
        """Return the stored value in words if it is another than the typed one, else None."""
        typed, stored = self.cleaned_data[name], self.stored_value(name)
        if isinstance(typed, models.QuerySet):
            typed, stored = list(typed), list(stored or [])
        if typed == stored or (typed in (None, "") and stored in (None, "")):
            return None
        return self.in_words(name, stored)

    def stored_value(self, name):
        field = self.fields[name]
        if isinstance(field, PickField):
            return field.current
        value = self.initial.get(name)
        if isinstance(field, forms.ModelChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
            return field.queryset.filter(pk=value).first() if value else None
        return value

    def in_words(self, name, value):
        field = self.fields[name]
        if isinstance(field, PickField):
            return field.label_of(value) if value else ""
        if isinstance(field, forms.ModelChoiceField) and value is not None and not isinstance(value, list):
            return field.label_from_instance(value)
        if isinstance(value, list):
            return ", ".join(map(str, value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return str(dict(getattr(field, "choices", [])).get(value, "" if value is None else value))
