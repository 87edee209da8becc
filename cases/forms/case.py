"""The form of a case itself. Access, team and verification are for editors."""

import pghistory
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.fields import LongSelect, PartialDateFormField, partial_from
from cases.forms.matches import save_new
from cases.forms.page import Together, laid_out, two
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field, remember
from cases.forms.stale import StaleMixin
from cases.missing import refuse_unsourced
from cases.models import Access, Case, CaseTag, Role, Stage, TeamMember, User


class CaseForm(StaleMixin, forms.ModelForm):
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    last_confirmed_on = PartialDateFormField(
        label=gettext_lazy("Last confirmed on"), required=False,
        help_text=gettext_lazy("The last day for which a source confirms the situation."),
    )  # fmt: skip
    last_confirmed_source = PickField("source", label=gettext_lazy("Confirmed by source"), required=False)
    reason = reason_field()

    class Meta:
        model = Case
        fields = [
            "title", "summary", "country", "authority", "territory_note", "access", "team", "assignee", "stage", "tags",
            "external_id", "last_confirmed_on", "last_confirmed_source",
        ]  # fmt: skip
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 4}),
            "country": LongSelect,
            "team": forms.CheckboxSelectMultiple,
            "tags": forms.CheckboxSelectMultiple,
        }

    for_editors = ["access", "team"]

    def __init__(self, data=None, *, instance, user):
        day = instance.last_confirmed_on
        super().__init__(data, instance=instance, initial={"last_confirmed_on": partial_from(day)})
        self.user = user
        self.use_required_attribute = False
        prepare_pickers(self, user, instance)
        offer_reasons(self, user)
        staff = User.objects.filter(is_active=True, groups__name__in=Role.values).distinct().order_by("username")
        members = User.objects.filter(teams__case=instance)
        self.fields["assignee"].queryset = staff | User.objects.filter(pk=instance.assignee_id).distinct()
        if user.is_editor:
            self.fields["team"].queryset = (staff | members.distinct()).distinct()
        else:
            self.only_for_researchers()
        if not self.fields["tags"].queryset.exists():
            del self.fields["tags"]
        self.initial["version"] = self.stored_version()

    def only_for_researchers(self):
        for name in self.for_editors:
            del self.fields[name]
        if self.instance.stage == Stage.VERIFIED:
            del self.fields["stage"]
        else:
            self.fields["stage"].choices = [choice for choice in Stage.choices if choice[0] != Stage.VERIFIED]

    @property
    def together(self):
        return Together(self)

    def is_complete(self):
        """Whether everything on the page may be saved."""
        return self.is_valid()

    def clean_last_confirmed_on(self):
        day = self.cleaned_data["last_confirmed_on"]
        if not day:
            return None
        if not day.is_complete:
            raise ValidationError(_("Name the day: this date has to be complete."))
        return day.earliest

    def stored_value(self, name):
        return self.instance.last_confirmed_on if name == "last_confirmed_on" else super().stored_value(name)

    def clean(self):
        cleaned = super().clean()
        team = cleaned.get("team")
        access = cleaned.get("access", self.instance.access)
        members = (
            {user.pk for user in team}
            if team is not None
            else set(self.instance.team_members.values_list("user", flat=True))
        )
        if "access" in self.fields and access == Access.NAMED and self.user.pk not in members:
            self.add_error(
                "team", _("Put yourself on the team: with this access nobody else sees the case, you included.")
            )
        refuse_unsourced(self)
        unverified = self.instance.stage == Stage.VERIFIED and cleaned.get("stage", Stage.VERIFIED) != Stage.VERIFIED
        if unverified and not cleaned.get("reason"):
            self.add_error("reason", _("Say why it is no longer verified."))
        assignee = cleaned.get("assignee")
        if assignee is not None and not sees(assignee, access, members):
            self.add_error("assignee", _("%(user)s would not see this case.") % {"user": assignee})
        return cleaned

    def _get_validation_exclusions(self):
        source = self.cleaned_data.get("last_confirmed_source")
        new = {"last_confirmed_source"} if source is not None and source.pk is None else set()
        return super()._get_validation_exclusions() | new

    # What others changed meanwhile

    def hanging(self):
        """A case has moved on, too, if its team or tags have, for whoever has them in the form."""
        keys = {
            "team": self.instance.team_members.values_list("user", flat=True),
            "tags": self.instance.case_tags.values_list("term", flat=True),
        }
        return {name: dict.fromkeys(keys[name], 0) for name in keys if name in self.fields}

    def hanging_changes(self):
        models = {"team": TeamMember, "tags": CaseTag}
        histories = [model.pgh_event_model.objects for name, model in models.items() if name in self.fields]
        return [changes.visible_to(self.user).filter(case=self.instance.pk) for changes in histories]

    def values_at(self, row, seen):
        known = super().values_at(row, seen)
        return known | {name: seen.keys(name) for name in ("team", "tags") if name in self.fields and row is not None}

    def save_all(self):
        reason = self.cleaned_data["reason"]
        with transaction.atomic(), pghistory.context(**({"reason": reason} if reason else {})):
            case = self.instance
            case.last_confirmed_source = save_new(self.cleaned_data["last_confirmed_source"], self.user)
            case.updated_by = self.user
            self.save()
            remember(self.user, reason, case)
        return case

    @property
    def body(self):
        return laid_out(
            self, "title", "summary", two("country", "authority"), "territory_note", "last_confirmed_on", "last_confirmed_source",
            two("external_id", "assignee"), "tags",
        )  # fmt: skip

    @property
    def rule(self):
        return laid_out(self, "stage", "access", "team")

    @property
    def why(self):
        return laid_out(self, "reason")


def sees(user, access, members):
    """Whether a user sees a case with this access and team."""
    open_to_all = access == Access.EVERYONE or (access == Access.TEAM and user.is_editor)
    return user.is_reader and (open_to_all or user.pk in members)
