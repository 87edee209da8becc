"""What a page of forms needs: laying out fields, and all errors of several forms as one."""

from crispy_forms.layout import Div, Layout
from django.template import Context
from django.utils.safestring import mark_safe


def two(*fields):
    return Div(*fields, css_class="two")


def three(*fields):
    return Div(*fields, css_class="three")


def laid_out(form, *fields):
    """Return the HTML of these fields of a form, errors beside them; those that the form doesn't have are left out."""
    context = Context({"form_show_errors": True, "form_show_labels": True})
    form.crispy_field_template = None
    form.rendered_fields = set()
    form.helper = None
    return mark_safe(Layout(*_there(form, fields)).render(form, context, template_pack="bootstrap5"))


def _there(form, fields):
    for field in fields:
        if isinstance(field, str):
            if field in form.fields:
                yield field
        else:
            field.fields = list(_there(form, field.fields))
            if field.fields:
                yield field


class Together:
    """Several forms as one, for the summary of errors."""

    def __init__(self, *forms):
        self.forms = list(filter(None, forms))

    @property
    def errors(self):
        return any(form.errors for form in self.forms)

    def non_field_errors(self):
        return list(dict.fromkeys(error for form in self.forms for error in form.non_field_errors()))

    def __iter__(self):
        return (field for form in self.forms for field in form)

    def is_valid(self):
        return not [form for form in self.forms if not form.is_valid()]  # asks each, so that all errors are shown


def only_looking(forms, found):
    """Forget the errors of forms that were sent only to find something: nobody said that they are finished.

    `found` is the name of the picker, where the work goes on.
    """
    for form in forms:
        form.errors.clear()
        for name, field in form.fields.items():
            if form.add_prefix(name) == found:
                field.widget.attrs["autofocus"] = True
                field.asked = True  # a picker shows what was used last, even if nothing was typed
