"""Why something is changed: one short field in every form, with the user's recent reasons to choose from."""

from django import forms
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from cases.models import RecentReason, Role, User

LONGEST_REASON = 500
OFFERED = 8
KEPT = 30


class ReasonInput(forms.TextInput):
    """A text box that offers the user's recent reasons. Their list is drawn with it, so each form brings its own."""

    template_name = "cases/widgets/reason.html"
    user = None

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"list": f"{context['widget']['attrs'].get('id') or f'id_{name}'}_recent"}
        context["widget"] |= {"recent": recent_reasons(self.user)}
        return context

    def _render(self, template_name, context, renderer=None):
        """Render with the site's own templates, whichever renderer the form has."""
        return mark_safe(render_to_string(template_name, context))


class ReasonField(forms.CharField):
    """One line of text. `offer_reasons` tells it whose recent reasons to offer."""

    def clean(self, value):
        return super().clean(" ".join((value or "").split()))


ASK = _("Say why.")
HELP = _("Kept in the history, beside what you changed.")


def reason_field(*, required=False, ask=ASK, help_text=HELP):
    """Return the form field that asks why; `ask` is said if the reason is needed and missing."""
    return ReasonField(
        label=_("Why"), required=required, max_length=LONGEST_REASON, help_text=help_text, widget=ReasonInput,
        error_messages={"required": ask, "max_length": _("A reason takes at most %(limit_value)d characters.")},
    )  # fmt: skip


def offer_reasons(form, user):
    """Let the reason's field of a form offer the reasons that this user gave last."""
    for field in form.fields.values():
        if isinstance(field, ReasonField):
            field.widget.user = user


class ReasonForm(forms.Form):
    """A form that asks for nothing but the reason, which is needed: for deleting, restoring, accepting, rejecting."""

    reason = reason_field(required=True)

    def __init__(self, data=None, *, user, ask=None, **kwargs):
        super().__init__(data, **kwargs)
        self.use_required_attribute = False
        offer_reasons(self, user)
        if ask:
            self.fields["reason"].error_messages["required"] = ask


def recent_reasons(user):
    """Return the texts that the user gave last, newest first."""
    rows = RecentReason.objects.visible_to(user).order_by("-used_at", "-pk") if user is not None else []
    return [row.text for row in rows[:OFFERED]]


def remember(user, text, of):
    """Keep a reason to be offered again, if everybody with a role may see the record `of` which it was given.

    A reason never carries from a restricted case, a confidential record or a protected source to another page. Call it
    before a record is deleted, and after one is saved.
    """
    if not text or not seen_by_everybody(of):
        return
    with transaction.atomic():
        RecentReason.objects.update_or_create(user=user, text=text, defaults={"used_at": timezone.now()})
        old = RecentReason.objects.filter(user=user).order_by("-used_at", "-pk").values_list("pk", flat=True)[KEPT:]
        RecentReason.objects.filter(pk__in=list(old)).delete()


def seen_by_everybody(record):
    """Whether everybody with a role sees the record."""
    rows = type(record)._default_manager.all()
    return not hasattr(rows, "visible_to") or what_everybody_sees(rows).filter(pk=record.pk).exists()


def what_everybody_sees(rows):
    """Return those of the rows that a reader sees who is on no team, keeps no source and made nothing."""
    anybody = User(pk=0)
    anybody.rank = list(Role).index(Role.READER) + 1
    return rows.known_to(anybody) if hasattr(rows, "known_to") else rows.visible_to(anybody)
