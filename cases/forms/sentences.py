"""The form of a sentence: with its penalties, imposed and requested, and what it decided on each charge."""

from crispy_forms.layout import Div
from django import forms
from django.forms import formset_factory
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.conflicts import STORED, plain, row_at, row_differences
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


MOST_PENALTIES = 60
PenaltyRows = formset_factory(PenaltyForm, extra=4, max_num=40, absolute_max=MOST_PENALTIES)


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
        self.ask_findings()
        self.initial["version"] = self.stored_version()
        self.penalties = PenaltyRows(data, initial=self.rows_at_first(data), prefix="penalties")

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

    def rows_at_first(self, data):
        """Return what stands in the rows: those stored, or what is stored of each row that was sent."""
        stored = {str(penalty.pk): self.as_row(penalty) for penalty in self.stored_penalties}
        if data is None:
            return list(stored.values())
        return [stored.get(data.get(f"penalties-{number}-pk"), {}) for number in range(MOST_PENALTIES)]

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

    # What others changed meanwhile

    row_kinds = ("penalty",)

    def hanging(self):
        """A sentence has moved on if one of its penalties or findings has."""
        penalties = {penalty.pk: penalty.version for penalty in self.stored_penalties}
        asked = [finding for finding in self.stored_findings if f"finding_{finding.charge_id}" in self.fields]
        return super().hanging() | {"penalty": penalties, "finding": {row.pk: row.version for row in asked}}

    def hanging_changes(self):
        own = [model.pgh_event_model.objects.filter(sentence=self.instance.pk) for model in (Penalty, Finding)]
        return [*super().hanging_changes(), *(changes.visible_to(self.user) for changes in own)]

    def values_at(self, row, seen):
        known = super().values_at(row, seen)
        if row is None:
            return known
        owner = {"sentence": self.instance.pk}
        then = [row_at(Finding, key, version, owner) for key, version in seen.rows.get("finding", {}).items()]
        outcomes = {f"finding_{finding.charge_id}": finding.outcome for finding in then if finding is not None}
        return known | {f"finding_{charge.pk}": outcomes.get(f"finding_{charge.pk}", "") for charge in self.charges}

    def compare_rows(self, opened, seen):
        sent = {row.cleaned_data["pk"]: row for row in self.penalties.forms if row.is_valid() and row["pk"].data}
        mine = {key: None if row.cleaned_data["remove"] else self.values_of(row) for key, row in sent.items()}
        stored = {penalty.pk: penalty for penalty in self.stored_penalties}
        return row_differences(
            "penalty", Penalty, {"sentence": self.instance.pk}, opened=opened, seen=seen, stored=stored, mine=mine,
            values=self.values_of, words=self.row_in_words, label=_("Penalty"), data=self.data,
        )  # fmt: skip

    @staticmethod
    def values_of(row):
        """Return the plain values of a penalty, of a version of one, or of the form of one."""
        given = row.cleaned_data.get if isinstance(row, PenaltyForm) else lambda name: getattr(row, name)
        return {name: plain(given(name)) for name in PenaltyForm._meta.fields}

    @staticmethod
    def row_in_words(values):
        penalty = Penalty(**{name: None if value == "" else value for name, value in values.items()})
        more = [penalty.get_regime_display() if penalty.regime else "", penalty.note]
        return "; ".join(map(str, filter(None, [penalty_in_words(penalty), *more])))

    def label_of(self, name):
        label = super().label_of(name)
        return _("Decided on: %(charge)s") % {"charge": label} if name.startswith("finding_") else label

    @cached_property
    def together(self):
        return Together(self, *self.penalties.forms, self.evidence)

    def is_complete(self):
        return self.penalties.management_form.is_valid() and self.penalties.is_valid() & super().is_complete()

    def save_rows(self, record):
        by = {"updated_by": self.user}
        stored = {penalty.pk: penalty for penalty in self.stored_penalties}
        for row in self.penalties.forms:
            key = row.cleaned_data.get("pk")
            if not row.has_changed() and not key:
                continue
            if key and self.conflict and self.conflict.choice(f"penalty-{key}") == STORED:
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
