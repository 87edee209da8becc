"""What an editor decides about the accounts of an event: each with a reason, and only as long as nobody else decided."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.accounts import accept, join, lock, stand, take, with_values
from cases.chronology import problems, records_of
from cases.dates import in_words
from cases.forms.page import laid_out
from cases.forms.reasons import offer_reasons, reason_field
from cases.models import Standing
from cases.timeline import tell


class DecisionForm(forms.Form):
    """The reason, and the versions of all accounts that the editor saw."""

    versions = forms.CharField(required=False, max_length=5000, widget=forms.HiddenInput)
    reason = reason_field(required=True, help_text=gettext_lazy("Shown beside the account, and kept in the history."))
    save_anyway = forms.BooleanField(label=gettext_lazy("Save all the same"), required=False)

    def __init__(self, data=None, *, accounts, user):
        super().__init__(data)
        self.use_required_attribute = False
        self.accounts, self.user, self.warnings = accounts, user, []
        offer_reasons(self, user)

    def clean(self):
        cleaned = super().clean()
        seen = cleaned.get("versions", "")
        if seen != self.accounts.versions:
            self.add_error(None, f"{self.what_moved(seen)} {_('Nothing is saved yet: look again.')}")
        return cleaned

    def what_moved(self, seen):
        if _accepted(seen) != _accepted(self.accounts.versions):
            return _("Somebody accepted another account a moment ago.")
        return _("Somebody changed the accounts of this event a moment ago.")

    def look_at_order(self, record):
        """Look at the order of dates as the form of a record does: what can't be, and what may not be."""
        others = [one for one in records_of(self.accounts.case, self.user) if one.event_id != record.event_id]
        found = problems(others, self.accounts.case.detainee, saving=record)
        for problem in found:
            if problem.level == "error":
                self.add_error(None, problem.message)
        self.warnings = [problem.message for problem in found if problem.level == "warning"]
        if self.warnings and not self.errors and not self.cleaned_data["save_anyway"]:
            self.add_error(None, _("Look at the order of the dates, and confirm it below if it is right."))

    @property
    def why(self):
        return laid_out(self, "reason")

    @property
    def confirmation(self):
        return laid_out(self, "save_anyway")


def _accepted(versions):
    """Return the kinds and keys of the accounts that were accepted then."""
    parts = [version.split(".") for version in versions.split()]
    return {tuple(part[:2]) for part in parts if Standing.ACCEPTED in part[3:4]}


def _in_words(record, error):
    if not hasattr(error, "error_dict"):
        return error.messages
    named = {field.name: capfirst(field.verbose_name) for field in record._meta.concrete_fields}
    return [
        f"{named[name]}: {message}" if name in named else message
        for name, messages in error.message_dict.items()
        for message in messages
    ]


class AcceptForm(DecisionForm):
    """Accept one account; the one that was accepted is set aside."""

    @property
    def applies(self):
        return not self.accounts.one.is_accepted

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            record = self.accounts.one.record
            checked = type(record).objects.select_related("event", "case").get(pk=record.pk)
            checked.standing = Standing.ACCEPTED
            self.look_at_order(checked)
        return cleaned

    def save(self):
        accept(self.accounts, self.accounts.one.record, self.cleaned_data["reason"], self.user)
        return self.accounts.one.record


class RejectForm(DecisionForm):
    """Reject one account. If it was the accepted one, none is then."""

    becomes = Standing.REJECTED

    @property
    def applies(self):
        return not self.accounts.one.is_rejected

    def save(self):
        stand(self.accounts.one.record, self.becomes, self.cleaned_data["reason"], self.user)
        return self.accounts.one.record


class TakeBackForm(RejectForm):
    """Take a rejection back: the account is one of several again."""

    becomes = Standing.ALTERNATIVE

    @property
    def applies(self):
        return self.accounts.one.is_rejected


class JoinForm(DecisionForm):
    """Say that these are accounts of another event that is recorded already."""

    of = forms.ChoiceField(
        label=gettext_lazy("They are other accounts of"),
        error_messages={"invalid_choice": gettext_lazy("This is no accepted record of the case any more.")},
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        offered = [(key, _told(self.accounts.dossier, record)) for key, record in self.accounts.other_events.items()]
        self.fields["of"].choices = [("", "—"), *offered]

    @property
    def applies(self):
        return bool(self.accounts.other_events)

    def clean_of(self):
        """Lock the other event too, and ask once more: it may be neither set aside nor shown to others meanwhile."""
        record = self.accounts.other_events[self.cleaned_data["of"]]
        lock(record.event_id)
        same = {"event": record.event_id, "event__confidential": record.event.confidential}
        if not type(record).objects.accepted().filter(pk=record.pk, **same).exists():
            raise ValidationError(self.fields["of"].error_messages["invalid_choice"])
        return self.cleaned_data["of"]

    @property
    def why(self):
        return laid_out(self, "of", "reason")

    def save(self):
        record = self.accounts.other_events[self.cleaned_data["of"]]
        join(self.accounts, record, self.cleaned_data["reason"], self.user)
        return record


def _told(dossier, record):
    """Return the day and what happened, short enough for a list of choices."""
    entry = tell(dossier, record)[0]
    day = in_words(entry.date) if entry.date else _("date unknown")
    lead = " ".join(filter(None, [entry.lead, str(entry.subject or "")]))
    return Truncator(f"{day}: {lead}{entry.sep if entry.text else ''}{entry.text}").chars(100)


class TakeForm(DecisionForm):
    """Take single values of other accounts into the accepted one: a choice of account for each line that differs."""

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        for line in self.accounts.lines if self.is_bound else ():
            chosen = self.data.get(line.input, "")
            for cell in line.cells:
                cell.is_chosen = cell.is_choice and (cell.key == chosen if chosen else cell is line.own)

    def clean(self):
        cleaned = super().clean()
        self.cells = {}
        for line in self.accounts.lines:
            chosen = self.data.get(line.input, "")
            if not chosen or not line.may_be_taken:
                continue
            cell = next((cell for cell in line.cells if cell.key == chosen and cell.may_be_taken), None)
            if cell is None:
                self.add_error(None, _("%(field)s: this value can’t be taken. Choose again.") % {"field": line.label})
            else:
                self.cells[line.own.name] = cell
        if not self.errors and not self.cells:
            self.add_error(None, _("Choose at least one value of another account."))
        if not self.errors:
            self.result = with_values(self.accounts.accepted.record, self.cells)
            self.look_at_values()
        return cleaned

    def look_at_values(self):
        """Look at the accepted record as it would be: each value by itself, then the order of its dates among others."""
        try:
            self.result.full_clean()
        except ValidationError as error:
            for message in _in_words(self.result, error):
                self.add_error(None, message)
        else:
            self.look_at_order(self.result)

    def save(self):
        take(self.accounts, self.result, self.cells, self.cleaned_data["reason"], self.user)
        return self.result
