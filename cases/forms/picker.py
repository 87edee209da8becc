"""Pickers: type, submit, choose among matches. They work without JavaScript; htmx shows the matches while typing.

What a user may not see is neither offered nor accepted: a guessed id is answered like one that isn't there.
"""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.matches import NEW, THINGS, Match
from cases.models import Source

LONGEST_TYPED = 300


class Typed(str):
    """What was typed, the key that was `chosen`, and the text for which the choices were `offered`."""

    chosen = ""
    offered = ""

    @property
    def text(self):
        return " ".join(self.split())

    @property
    def choice(self):
        """Return the key chosen for this very text: after typing on, an older choice means nothing."""
        return self.chosen if self.text == self.offered else ""


class PickInput(forms.TextInput):
    """A text box with the matches of what was typed under it, one radio button each."""

    template_name = "cases/widgets/picker.html"
    field = None
    finds = True  # whether a button beside the box searches without JavaScript

    def value_from_datadict(self, data, files, name):
        typed = Typed((data.get(name) or "")[: LONGEST_TYPED * 10])
        typed.chosen = data.get(f"{name}_choice") or ""
        typed.offered = data.get(f"{name}_for") or ""
        return typed

    def format_value(self, value):
        return value

    def get_context(self, name, value, attrs):
        shown, offered, matches = self.field.shown(value)
        context = super().get_context(name, shown, attrs)
        context["widget"] |= {"kind": self.field.kind, "name": name, "offered": offered, "finds": self.finds}
        context["widget"] |= matches
        return context

    def _render(self, template_name, context, renderer=None):
        """Render with the site's own templates, whichever renderer the form has."""
        return mark_safe(render_to_string(template_name, context))


class PickField(forms.Field):
    """Gives a row that the user may see, an unsaved new one, or None. The form sets `user` and `current`."""

    widget = PickInput
    default_error_messages = {
        "choose": gettext_lazy("Choose which one is meant."),
        "nothing": gettext_lazy("Nothing like this is recorded. Write it in another way."),
        "new_only": gettext_lazy("Nothing like this is recorded: write it in another way, or choose to add it."),
        "gone": gettext_lazy("This choice is not there. Choose again."),
        "long": gettext_lazy("This is too long: at most %(number)s characters."),
    }

    def __init__(self, kind, *, may_add=True, **kwargs):
        self.kind, self.thing, self.may_add = kind, THINGS[kind], may_add and THINGS[kind].may_add
        self.user, self.current, self.candidates, self.asked = None, None, None, False
        super().__init__(**kwargs)
        self.widget.field = self

    def __deepcopy__(self, memo):
        copied = super().__deepcopy__(memo)
        copied.widget.field = copied
        return copied

    def clean(self, value):
        typed = value if isinstance(value, Typed) else Typed(value or "")
        if not typed.text and not typed.choice:  # one of those used last can be chosen without a word
            if self.required:
                raise ValidationError(self.error_messages["required"], "required")
            return None
        if len(typed.text) > self.thing.longest:
            raise ValidationError(self.error_messages["long"], "long", {"number": self.thing.longest})
        if typed.choice:
            return self._chosen(typed)
        found = self.thing.exact_one(self.user, typed.text)
        if found is None:
            raise self._which(typed)
        return found

    def _chosen(self, typed):
        if typed.choice.startswith(NEW):
            if (
                self.may_add
                and typed.text
                and typed.choice in [match.key for match in self.thing.additions(typed.text)]
            ):
                return self.thing.make(typed.choice, typed.text)
        elif self.current is not None and typed.choice == str(self.current.pk):
            return self.current
        elif row := self._row(typed.choice):
            return row
        raise ValidationError(self.error_messages["gone"], "gone")

    def _row(self, key):
        return self.thing.rows(self.user).filter(pk=int(key)).first() if re.fullmatch(r"[0-9]{1,18}", key) else None

    def _which(self, typed):
        matches = self.matches(typed.text)
        if not matches:
            return ValidationError(self.thing.why_nothing() or self.error_messages["nothing"], "nothing")
        only_new = all(match.key.startswith(NEW) for match in matches)
        return ValidationError(self.error_messages["new_only" if only_new else "choose"], "choose")

    def matches(self, text):
        """Return the choices; `candidates`, set by a form that knows more than the name, take the place of the search."""
        if self.candidates is None:
            found = self.thing.matches(self.user, text)
            return found if self.may_add else [match for match in found if not match.key.startswith(NEW)]
        return self.thing.choices(self.candidates, self.user, text)

    def has_changed(self, initial, data):
        typed = data if isinstance(data, Typed) else Typed(data or "")
        if initial in (None, ""):
            return bool(typed.text or typed.choice)
        return typed.choice != str(getattr(initial, "pk", initial))

    def shown(self, value):
        """Return the text in the box, the text that the choices are for, and the choices for the template."""
        if not isinstance(value, Typed):
            if self.current is None:
                return value or "", "", {}
            label = self.label_of(self.current)
            return label, label, {"kept": str(self.current.pk)}
        if not value.text and not value.choice and not self.asked:
            return "", "", {}
        choice = value.choice
        if (
            value.text
            and not choice
            and self.candidates is None
            and (found := self.thing.exact_one(self.user, value.text))
        ):
            choice = str(found.pk)
        matches = self.matches(value.text)
        if (
            self.current is not None
            and choice == str(self.current.pk)
            and choice not in [match.key for match in matches]
        ):
            matches = [Match(choice, self.label_of(self.current)), *matches]
        elif choice and choice not in [match.key for match in matches] and (row := self._row(choice)):
            matches = [self.thing.match(row, self.user), *matches]
        return value.text, value.text, {"matches": [(match, match.key == choice) for match in matches]}

    def label_of(self, row):
        """Return the name of the row that is picked now: that of a protected source is not for everybody."""
        if isinstance(row, Source) and not Source.objects.visible_to(self.user).filter(pk=row.pk).exists():
            return _("a protected source")
        return str(row)


def prepare_pickers(form, user, instance=None):
    """Tell the pickers of a form who asks, and what is picked now."""
    for name, field in form.fields.items():
        if isinstance(field, PickField):
            field.user = user
            if instance is not None and instance.pk:
                field.current = getattr(instance, name, None)
