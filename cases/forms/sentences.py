"""The form of a sentence: with its penalties, imposed and requested, and what it decided on each charge."""

from crispy_forms.layout import Div
from django import forms
from django.forms import formset_factory
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.page import Together, laid_out, three, two
from cases.forms.picker import PickField
from cases.forms.records import RecordChoice, RecordForm, in_a_line
from cases.models import Charge, Finding, FindingOutcome, Penalty, Sentence


class PenaltyForm(forms.ModelForm):
    """A row for one penalty; `pk` is that of a stored one of the same sentence."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    class Meta:
        model = Penalty
        fields = ["origin", "kind", "years", "months", "days", "regime", "amount", "currency", "note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        if not self.initial.get("pk"):
            self.fields["remove"].widget = forms.HiddenInput()

    @property
    def is_empty(self):
        """Whether nothing is stored in this row and nothing was typed."""
        return not self.initial.get("pk") and not (self.is_bound and (self.has_changed() or self.errors))

    @property
    def body(self):
        return laid_out(
            self, two("origin", "kind"), three("years", "months", "days"), two("regime", "note"), two("amount", "currency"),
            "remove",
        )  # fmt: skip


PenaltyRows = formset_factory(PenaltyForm, extra=4, max_num=40, absolute_max=60)


class SentenceForm(RecordForm):
    court = PickField("court", label=gettext_lazy("Court"), required=False)
    changes = RecordChoice(
        Sentence.objects, label=gettext_lazy("Decides on"), required=False,
        help_text=gettext_lazy("The earlier sentence that it upholds or changes."),
    )  # fmt: skip

    class Meta:
        model = Sentence
        fields = [
            "date", "court", "instance", "verdict", "changes", "change", "in_force_on", "ends_on", "expected_release", "remark",
        ]  # fmt: skip

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        stored = [self.as_row(penalty) for penalty in self.stored_penalties]
        self.penalties = PenaltyRows(data, initial=stored, prefix="penalties")
        self.ask_findings()

    def parts(self):
        return [
            "date", "court", two("instance", "verdict"), two("changes", "change"),
            three("in_force_on", "ends_on", "expected_release"),
        ]  # fmt: skip

    @cached_property
    def stored_penalties(self):
        return list(self.instance.penalties.all()) if self.instance.pk else []

    @cached_property
    def stored_findings(self):
        return list(self.instance.findings.select_related("charge")) if self.instance.pk else []

    @staticmethod
    def as_row(penalty):
        return {"pk": penalty.pk, **{name: getattr(penalty, name) for name in PenaltyForm._meta.fields}}

    def ask_findings(self):
        """Ask for each charge of the case what the sentence decided on it."""
        self.charges = (
            Charge.objects.visible_to(self.user).filter(case=self.case).accepted().select_related("provision__code")
        )
        found = {finding.charge_id: finding.outcome for finding in self.stored_findings}
        for charge in self.charges:
            self.fields[f"finding_{charge.pk}"] = forms.ChoiceField(
                label=in_a_line(charge), choices=[("", "—"), *FindingOutcome.choices], required=False,
                initial=found.get(charge.pk, ""),
            )  # fmt: skip
            self.initial[f"finding_{charge.pk}"] = found.get(charge.pk, "")

    @property
    def findings(self):
        return laid_out(self, Div(*[f"finding_{charge.pk}" for charge in self.charges], css_class="two"))

    def stored_version(self):
        """A sentence has moved on if one of its penalties or findings has."""
        rows = [*self.stored_penalties, *self.stored_findings]
        return " ".join(
            [super().stored_version(), *sorted(f"{row._meta.model_name}{row.pk}.{row.version}" for row in rows)]
        )

    def find_conflict(self):
        if not super().find_conflict():
            return False
        stored = "; ".join(penalty_in_words(penalty) for penalty in self.stored_penalties)
        self.add_error(None, _("Penalties stored now: %(penalties)s.") % {"penalties": stored or _("none")})
        return True

    @cached_property
    def together(self):
        return Together(self, *self.penalties.forms, self.evidence)

    def is_complete(self):
        return self.penalties.management_form.is_valid() and self.penalties.is_valid() & super().is_complete()

    def save_rows(self, record):
        by = {"updated_by": self.user}
        stored = {penalty.pk: penalty for penalty in self.stored_penalties}
        for row in self.penalties.forms:
            if not row.has_changed() and not row.cleaned_data.get("pk"):
                continue
            penalty = stored.get(row.cleaned_data.get("pk")) or Penalty(sentence=record, created_by=self.user)
            if row.cleaned_data["remove"]:
                if penalty.pk:
                    penalty.delete()
                continue
            for name, value in {**by, **{name: row.cleaned_data[name] for name in PenaltyForm._meta.fields}}.items():
                setattr(penalty, name, value)
            penalty.save()
        self.save_findings(record)

    def save_findings(self, record):
        stored = {finding.charge_id: finding for finding in self.stored_findings}
        for charge in self.charges:
            outcome, finding = self.cleaned_data[f"finding_{charge.pk}"], stored.get(charge.pk)
            if finding and not outcome:
                finding.delete()
            elif outcome and (finding is None or finding.outcome != outcome):
                finding = finding or Finding(sentence=record, charge=charge, created_by=self.user)
                finding.outcome, finding.updated_by = outcome, self.user
                finding.save()


def penalty_in_words(penalty):
    """Return "imprisonment, 8 years (imposed)" in the reader's language."""
    length = [
        _("%(number)s years") % {"number": penalty.years} if penalty.years else "",
        _("%(number)s months") % {"number": penalty.months} if penalty.months else "",
        _("%(number)s days") % {"number": penalty.days} if penalty.days else "",
        f"{penalty.amount} {penalty.currency}" if penalty.amount is not None else "",
    ]
    said = ", ".join(str(part) for part in [penalty.get_kind_display(), *length] if part)
    return f"{said} ({penalty.get_origin_display()})"
