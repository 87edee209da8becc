"""A form for each kind of case record: the fact, how sure its order is, why it changes, and where it comes from."""

import pghistory
from django import forms
from django.db import transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.chronology import problems, records_of
from cases.forms.conflicts import Seen
from cases.forms.evidence import EvidenceForm
from cases.forms.matches import save_new
from cases.forms.page import Together, laid_out, two
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field, remember
from cases.forms.stale import StaleMixin
from cases.models import (
    Arrest,
    Charge,
    Citation,
    Detention,
    Event,
    Hearing,
    Intervention,
    Listing,
    Note,
    Release,
    Representation,
    Restriction,
    Sentence,
    Source,
    Violation,
)


def in_a_line(record):
    """Return a record in a few words, to choose it by: what it is and its date."""
    match record:
        case Charge():
            name, date = (
                record.provision.label if record.provision else record.text_as_reported or _("charge"),
                record.charged_on,
            )
        case Detention():
            name, date = record.get_kind_display(), record.began
        case Hearing():
            name, date = (
                _("hearing, %(stage)s") % {"stage": record.get_stage_display()},
                record.held_on or record.scheduled,
            )
        case Sentence():
            name, date = record.get_verdict_display() or record.get_change_display(), record.date
        case _:
            dates = (getattr(record, name, "") for name in ("date", "held_on", "scheduled", "began"))
            name, date = str(record._meta.verbose_name), next(filter(None, dates), "")
    return f"{name}, {date}" if date else str(name)


class RecordChoice(forms.ModelChoiceField):
    """One of the other records of the case that the user may see."""

    def label_from_instance(self, record):
        return in_a_line(record)


class RecordForm(StaleMixin, forms.ModelForm):
    """The fact, confidentiality, remark and reason; with it the source box, and for sentences penalties and findings."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"), required=False,
        help_text=gettext_lazy("Shown to the team of the case and to editors only. It changes no list and no number."),
    )  # fmt: skip
    reason = reason_field()
    save_anyway = forms.BooleanField(label=gettext_lazy("Save all the same"), required=False)

    def __init__(self, data=None, *, case, user, instance=None):
        self.case, self.user = case, user
        instance = instance or self.unsaved()
        super().__init__(data, instance=instance)
        self.use_required_attribute = False
        prepare_pickers(self, user, instance)
        offer_reasons(self, user)
        self.offer_records()
        if "remark" in self.fields:
            self.fields["remark"].widget.attrs["rows"] = 2
        if "confidential" in self.fields:
            self.offer_confidentiality(instance)
        self.initial["version"] = self.stored_version()
        self.warnings = []
        self.evidence = EvidenceForm(data, user=user)

    def unsaved(self):
        """Return the record that a form of a new one begins with."""
        return self._meta.model(case=self.case, remark="")

    def offer_confidentiality(self, instance):
        is_rival = (
            instance.pk is None and instance.event_id is not None
        )  # accounts of one event are confidential together
        if is_rival or not self.case.shows_confidential_to(self.user):
            del self.fields["confidential"]
        elif instance.pk:
            self.initial["confidential"] = instance.event.confidential

    def offer_records(self):
        """Offer only records of this case that the user may see; a link to another one stays as it is."""
        for name, field in list(self.fields.items()):
            if isinstance(field, RecordChoice):
                rows = field.queryset.model.objects.visible_to(self.user).filter(case=self.case)
                rows = rows.select_related("provision__code") if rows.model is Charge else rows
                field.queryset = rows.exclude(pk=self.instance.pk) if rows.model is type(self.instance) else rows
                linked = getattr(self.instance, f"{name}_id")
                if linked and not field.queryset.filter(pk=linked).exists():
                    del self.fields[name]

    # Checking

    @cached_property
    def together(self):
        return Together(self, self.evidence)

    def is_complete(self):
        """Whether everything on the page may be saved."""
        return self.together.is_valid()

    def _get_validation_exclusions(self):
        """A new row that a picker made has no key yet."""
        new = {name for name, field in self.fields.items() if isinstance(field, PickField) and self.is_new(name)}
        return super()._get_validation_exclusions() | new

    def is_new(self, name):
        picked = self.cleaned_data.get(name)
        return picked is not None and picked.pk is None

    def _post_clean(self):
        """Look at the order of dates of the whole record, not of one field."""
        super()._post_clean()
        if not self.errors:
            self.look_at_order()

    def look_at_order(self):
        found = problems(records_of(self.case, self.user), self.case.detainee, saving=self.instance)
        for problem in found:
            if problem.level == "error":
                self.add_error(problem.field if problem.field in self.fields else None, problem.message)
        self.warnings = [problem.message for problem in found if problem.level == "warning"]
        if not self.warnings or self.errors:
            return
        if not self.cleaned_data["save_anyway"]:
            self.add_error(None, _("Look at the order of the dates, and confirm it below if it is right."))
        elif not self.cleaned_data["reason"]:
            self.add_error("reason", _("Say why it is right all the same."))

    # What others changed meanwhile

    def hanging(self):
        """Whether it is confidential is no column of the record, but as much a part of it."""
        if "confidential" not in self.fields:
            return {}
        return {"confidential": {int(self.instance.event.confidential): 0}}

    def hanging_changes(self):
        return [type(self.instance.event).pgh_event_model.objects.filter(pgh_obj=self.instance.event_id)]

    def values_at(self, row, seen):
        known = super().values_at(row, seen)
        if "confidential" in self.fields and "confidential" in seen.rows:
            known["confidential"] = 1 in seen.rows["confidential"]
        return known

    # Saving

    def save_all(self):
        """Write the record and all that hangs on it, or nothing. Return the record."""
        with transaction.atomic(), pghistory.context(**self.context()):
            record = self.save_record()
            self.save_rows(record)
            source = self.evidence.save_source()
            if source is not None:
                self.evidence.cite(record, source)
            self.remove_citations()
            remember(self.user, self.cleaned_data["reason"], record)
        return record

    def context(self):
        return {"reason": self.cleaned_data["reason"]} if self.cleaned_data["reason"] else {}

    def save_record(self):
        record, is_new = self.instance, self.instance.pk is None
        for name, field in self.fields.items():
            if isinstance(field, PickField):
                setattr(record, name, save_new(self.cleaned_data[name], self.user))
        record.updated_by = self.user
        if is_new:
            record.created_by = self.user
            if self.cleaned_data.get("confidential"):
                record.event = Event.objects.create(case=self.case, confidential=True)
        record.save()
        if not is_new and "confidential" in self.changed_data:
            record.event.confidential = self.cleaned_data["confidential"]
            record.event.save()
        return record

    def save_rows(self, record):
        """Write what hangs on the record; a sentence has penalties and findings."""

    # Citations that are there

    @cached_property
    def citations(self):
        """Return [(citation, what its source is called, whether it is marked for removal)]. Those of sources that the user
        may not know stand there as one, None: it is not theirs to remove.
        """
        if not self.instance.pk:
            return []
        cited = Citation.objects.visible_to(self.user).filter(**{self.instance._meta.model_name: self.instance})
        rows = list(cited.select_related("source").defer("source__captured_text"))
        keys = {pk for row in rows for pk in (row.source_id, row.cites_id) if pk}
        seen = set(Source.objects.visible_to(self.user).filter(pk__in=keys).values_list("pk", flat=True))
        marked = self.marked_citations()
        for row in rows:
            if row.cites_id and row.cites_id not in seen:
                row.said_by = ""  # who said it may be the one who is protected
        known = [(row, row.source.title, marked.get(row.pk) == row.version) for row in rows if row.source_id in seen]
        return known if len(known) == len(rows) else [*known, (None, _("a protected source"), False)]

    def marked_citations(self):
        """Return {key: version} of the citations that were marked for removal, with the version that was looked at."""
        return (
            Seen.read(f"0 {' '.join(self.data.getlist('remove_citation'))}").rows.get("c", {}) if self.is_bound else {}
        )

    def look_for_conflict(self):
        super().look_for_conflict()
        marked = self.marked_citations() if self.instance.pk else {}
        if not marked:
            return
        list(Citation.objects.select_for_update().filter(pk__in=marked).values_list("pk"))  # stays as it is compared
        for citation, name, is_same in self.citations:
            if citation and citation.pk in marked and not is_same:
                changed = _(
                    "Somebody changed the citation of “%(source)s” while you were writing, so it is not removed."
                )
                self.send_back(f"{changed % {'source': name}} {_('Look at it, and mark it again if it shall go.')}")

    def remove_citations(self):
        for citation, _name, marked in self.citations:
            if marked:
                citation.delete()

    # Layout

    def parts(self):
        return [name for name in self._meta.fields if name != "remark"]

    @property
    def body(self):
        return laid_out(self, *self.parts(), "remark", "confidential")

    @property
    def why(self):
        return laid_out(self, "reason")

    @property
    def confirmation(self):
        return laid_out(self, "save_anyway", "reason")


class ArrestForm(RecordForm):
    place = PickField("place", label=gettext_lazy("Place"), required=False)

    class Meta:
        model = Arrest
        fields = ["date", "place", "authority", "warrant_shown", "reason_given", "circumstances", "remark"]
        widgets = {
            "reason_given": forms.Textarea(attrs={"rows": 2}),
            "circumstances": forms.Textarea(attrs={"rows": 4}),
        }

    def parts(self):
        return ["date", "place", two("authority", "warrant_shown"), "reason_given", "circumstances"]


class DetentionForm(RecordForm):
    place = PickField("place", label=gettext_lazy("Place"), required=False)

    class Meta:
        model = Detention
        fields = ["kind", "place", "began", "ended", "ending", "ordered_by", "remark"]

    def parts(self):
        return [two("kind", "ordered_by"), "place", "began", two("ending", "ended")]


class RestrictionForm(RecordForm):
    class Meta:
        model = Restriction
        fields = ["kind", "began", "ended", "ending", "ordered_by", "remark"]

    def parts(self):
        return [two("kind", "ordered_by"), "began", two("ending", "ended")]


class ChargeForm(RecordForm):
    provision = PickField(
        "provision", label=gettext_lazy("Article"), required=False,
        help_text=gettext_lazy("Such as 212.1, or 212 part 1: what can be read in two ways is asked."),
    )  # fmt: skip
    reclassified_to = RecordChoice(Charge.objects, label=gettext_lazy("Reclassified to"), required=False)

    class Meta:
        model = Charge
        fields = [
            "provision", "text_as_reported", "stage", "alleged_act", "act_date", "charged_on", "ended_on", "ended_how",
            "reclassified_to", "remark",
        ]  # fmt: skip
        widgets = {"alleged_act": forms.Textarea(attrs={"rows": 3})}

    def parts(self):
        return [
            "provision", "text_as_reported", two("charged_on", "stage"), "alleged_act", "act_date",
            two("ended_how", "ended_on"), "reclassified_to",
        ]  # fmt: skip

    def _post_clean(self):
        super()._post_clean()
        if not self.errors and not (self.cleaned_data["provision"] or self.cleaned_data["text_as_reported"]):
            self.add_error("provision", _("Name the article, or write the charge as reported."))


class HearingForm(RecordForm):
    court = PickField("court", label=gettext_lazy("Court"), required=False)

    class Meta:
        model = Hearing
        fields = [
            "stage", "court", "scheduled", "scheduled_time", "held_on", "openness", "attendance", "judge", "outcome",
            "held_until", "remark",
        ]  # fmt: skip
        widgets = {
            "outcome": forms.Textarea(attrs={"rows": 3}),
            "scheduled_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def parts(self):
        return [
            "stage", "court", "held_on", two("scheduled", "scheduled_time"), two("openness", "attendance"), "judge", "outcome",
            "held_until",
        ]  # fmt: skip


class ReleaseForm(RecordForm):
    stay = RecordChoice(
        Detention.objects, label=gettext_lazy("Stay that it ends"), required=False,
        help_text=gettext_lazy("Only needed if the date of the release is not known."),
    )  # fmt: skip

    class Meta:
        model = Release
        fields = [
            "date", "kind", "authority", "instrument", "published", "petitioned", "destination", "conditions",
            "negotiated_by", "stay", "remark",
        ]  # fmt: skip
        widgets = {"conditions": forms.Textarea(attrs={"rows": 2})}

    def parts(self):
        return [
            "date", two("kind", "authority"), "instrument", two("published", "petitioned"),
            two("destination", "negotiated_by"), "conditions", "stay",
        ]  # fmt: skip


class RepresentationForm(RecordForm):
    lawyer = PickField("lawyer", label=gettext_lazy("Lawyer"), help_text=gettext_lazy("The name, in any spelling."))

    class Meta:
        model = Representation
        fields = ["lawyer", "role", "began", "ended", "remark"]

    def parts(self):
        return ["lawyer", "role", two("began", "ended")]


class ViolationForm(RecordForm):
    right = PickField(
        "right", label=gettext_lazy("Right"), required=False,
        help_text=gettext_lazy("Such as ICCPR-14.3d, or a word of it: counsel. Empty if nobody names one."),
    )  # fmt: skip
    hearing = RecordChoice(
        Hearing.objects, label=gettext_lazy("Hearing"), required=False, help_text=gettext_lazy("If it happened in one.")
    )

    class Meta:
        model = Violation
        fields = ["what_happened", "right", "date", "hearing", "alleged_by", "remark"]
        labels = {"what_happened": gettext_lazy("What is said to have happened")}
        help_texts = {
            "what_happened": gettext_lazy("In neutral words. That it is recorded does not say that it happened."),
            "alleged_by": gettext_lazy("Who says so: the defence, a relative, an organisation."),
        }
        widgets = {"what_happened": forms.Textarea(attrs={"rows": 4})}

    def parts(self):
        return ["what_happened", "right", two("date", "alleged_by"), "hearing"]


class InterventionForm(RecordForm):
    class Meta:
        model = Intervention
        fields = ["date", "kind", "by_whom", "to_whom", "about", "answer", "remark"]
        widgets = {"about": forms.Textarea(attrs={"rows": 3}), "answer": forms.Textarea(attrs={"rows": 3})}

    def parts(self):
        return [two("date", "kind"), two("by_whom", "to_whom"), "about", "answer"]


class ListingForm(RecordForm):
    list = PickField(
        "list", label=gettext_lazy("List"), may_add=False, help_text=gettext_lazy("Part of its name, or who keeps it.")
    )

    class Meta:
        model = Listing
        fields = ["list", "decision", "date", "grounds", "remark"]
        widgets = {"grounds": forms.Textarea(attrs={"rows": 3})}

    def parts(self):
        return ["list", two("decision", "date"), "grounds"]


class NoteForm(RecordForm):
    class Meta:
        model = Note
        fields = ["date", "kind", "text", "remark"]
        widgets = {"text": forms.Textarea(attrs={"rows": 6})}

    def parts(self):
        return [two("date", "kind"), "text"]
