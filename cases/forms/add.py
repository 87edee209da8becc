"""A new case in one page and one transaction: person, arrest, stay, charge, lawyer, source."""

from copy import copy

import pghistory
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import formset_factory
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.chronology import problems
from cases.fields import LongSelect
from cases.forms.from_source import Origin
from cases.forms.matches import THINGS, save_new
from cases.forms.page import Together, laid_out, three, two
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field, remember
from cases.models import (
    Arrest,
    Case,
    Charge,
    Citation,
    Detainee,
    Detention,
    JointProceedingCase,
    Name,
    NameKind,
    Representation,
    Sex,
    TeamMember,
)


class PersonPicker(PickField):
    """The name of a new person, or of one who is there: with anybody alike it always asks, and never merges."""

    def __init__(self, **kwargs):
        super().__init__("candidate", **kwargs)

    def clean(self, value):
        if (
            getattr(value, "text", "")
            and not value.choice
            and not self.candidates
            and len(value.text) <= self.thing.longest
        ):
            return self.thing.make("new", value.text)
        return super().clean(value)

    default_error_messages = {"choose": gettext_lazy("Is it one of these people, or another person?")}


def says_no_more(typed, known):
    """Whether what was typed is the date that is recorded, or holds all of it: nothing is lost if it isn't kept."""
    bounds = [typed.earliest, known.earliest, known.latest, typed.latest]
    return typed.text == known.text or (None not in bounds and bounds == sorted(bounds))


class PersonForm(forms.ModelForm):
    person = PersonPicker(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("The main spelling. People with a similar name are shown before anything is saved."),
    )

    class Meta:
        model = Detainee
        fields = ["born", "sex"]

    def __init__(self, data=None, *, user, person=None, prefix="person"):
        super().__init__(data, prefix=prefix)
        self.user, self.use_required_attribute = user, False
        prepare_pickers(self, user)
        self.fields["person"].current = person
        self.fields["person"].widget.attrs["hx-include"] = f"#id_{prefix}-born"

    def clean(self):
        cleaned = super().clean()
        person = cleaned.get("person")
        if person is not None and person.pk:
            born, sex = cleaned.get("born"), cleaned.get("sex")
            if born and person.born and not says_no_more(born, person.born):
                self.add_error("born", _("This person is recorded as born %(date)s.") % {"date": person.born})
            if sex != Sex.UNKNOWN and person.sex != Sex.UNKNOWN and sex != person.sex:
                self.add_error("sex", _("This person is recorded as %(sex)s.") % {"sex": person.get_sex_display()})
        return cleaned

    @property
    def typed_born(self):
        try:
            return self.fields["born"].clean(self["born"].data)
        except ValidationError:
            return None

    def save_person(self, spellings=()):
        """Return the person and whether they are new. What is known of one who is there is only added to."""
        person = self.cleaned_data["person"]
        is_new = person.pk is None
        for name in self.Meta.fields:
            if not getattr(person, name) or getattr(person, name) == Sex.UNKNOWN:
                setattr(person, name, self.cleaned_data[name])
        if is_new:
            save_new(person, self.user)
        else:
            person.updated_by = self.user
            person.save(update_fields=[*self.Meta.fields, "updated_by"])
        known = set(person.names.values_list("text", flat=True)) if spellings else set()
        by = {"created_by": self.user, "updated_by": self.user}
        for row in spellings:
            if row["text"] not in known:
                known.add(row["text"])
                Name.objects.create(detainee=person, **row, **by)
        return person, is_new

    @property
    def body(self):
        return laid_out(self, "person", two("born", "sex"))


class SpellingForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Another spelling"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[choice for choice in NameKind.choices if choice[0] != NameKind.MAIN],
        initial=NameKind.NATIVE, required=False,
    )  # fmt: skip
    language = forms.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", label=gettext_lazy("Language"), max_length=10, required=False,
        error_messages={"invalid": gettext_lazy("Write a language code such as uk, ru, crh or tr.")},
    )  # fmt: skip

    @property
    def body(self):
        return laid_out(self, three("text", "kind", "language"))


Spellings = formset_factory(SpellingForm, extra=3, max_num=20, absolute_max=30)


class PartForm(forms.ModelForm):
    """A record of the new case; left empty, it is not made."""

    def __init__(self, data=None, *, user, prefix):
        super().__init__(data, prefix=prefix, empty_permitted=True, use_required_attribute=False)
        self.user = user
        self.needed = [name for name, field in self.fields.items() if field.required]
        for name in self.needed:  # only if anything of this record is filled in
            self.fields[name].required = False
        prepare_pickers(self, user)

    def clean(self):
        cleaned = super().clean()
        for name in self.needed:
            if self.has_changed() and name in cleaned and cleaned[name] in (None, ""):
                self.add_error(name, _("This is needed, too."))
        return cleaned

    def _get_validation_exclusions(self):
        new = {name for name, field in self.fields.items() if isinstance(field, PickField) and self.is_new(name)}
        return super()._get_validation_exclusions() | new

    def is_new(self, name):
        picked = self.cleaned_data.get(name)
        return picked is not None and picked.pk is None

    @property
    def is_given(self):
        return self.has_changed()

    def save_to(self, case):
        """Save the record of this case: one of its own, as several cases can share what was typed."""
        record = copy(self.instance)
        for name, field in self.fields.items():
            if isinstance(field, PickField):
                setattr(record, name, save_new(self.cleaned_data[name], self.user))
        record.case, record.created_by, record.updated_by = case, self.user, self.user
        record.save()
        return record


class ArrestPart(PartForm):
    place = PickField("place", label=gettext_lazy("Place of the arrest"), required=False)

    class Meta:
        model = Arrest
        fields = ["date", "place", "authority", "circumstances"]
        labels = {"date": gettext_lazy("Arrested on")}
        widgets = {"circumstances": forms.Textarea(attrs={"rows": 2})}

    @property
    def body(self):
        return laid_out(self, two("date", "authority"), "place", "circumstances")


class StayPart(PartForm):
    place = PickField("place", label=gettext_lazy("Held at"), required=False)

    class Meta:
        model = Detention
        fields = ["kind", "place", "began", "ending", "ended"]
        labels = {"kind": gettext_lazy("Kind of custody")}

    @property
    def body(self):
        return laid_out(self, "place", two("kind", "began"), two("ending", "ended"))


class ChargePart(PartForm):
    provision = PickField(
        "provision", label=gettext_lazy("Article"), required=False,
        help_text=gettext_lazy("Such as 212.1, or 212 part 1: what can be read in two ways is asked."),
    )  # fmt: skip

    class Meta:
        model = Charge
        fields = ["provision", "text_as_reported", "charged_on", "alleged_act", "act_date"]
        widgets = {"alleged_act": forms.Textarea(attrs={"rows": 2})}

    def clean(self):
        cleaned = super().clean()
        if self.has_changed() and not self.errors and not (cleaned.get("provision") or cleaned.get("text_as_reported")):
            self.add_error("provision", _("Name the article, or write the charge as reported."))
        return cleaned

    @property
    def body(self):
        return laid_out(self, "provision", two("charged_on", "text_as_reported"), "alleged_act", "act_date")


class LawyerPart(PartForm):
    lawyer = PickField("lawyer", label=gettext_lazy("Lawyer"))

    class Meta:
        model = Representation
        fields = ["lawyer", "role"]

    @property
    def body(self):
        return laid_out(self, "lawyer", "role")


class CasePart(forms.ModelForm):
    proceeding = PickField("proceeding", label=gettext_lazy("Joint proceeding"), required=False)
    reason = reason_field(help_text=gettext_lazy("Kept in the history."))
    save_anyway = forms.BooleanField(label=gettext_lazy("Save all the same"), required=False)

    class Meta:
        model = Case
        fields = ["title", "country", "territory_note", "access", "tags"]
        widgets = {"country": LongSelect, "tags": forms.CheckboxSelectMultiple}

    def __init__(self, data=None, *, user):
        super().__init__(data, prefix="case", use_required_attribute=False)
        prepare_pickers(self, user)
        offer_reasons(self, user)
        if not self.fields["tags"].queryset.exists():
            del self.fields["tags"]
        self.user = user

    def save_for(self, person):
        """Save a case of the person, with whoever makes it in its team: nobody locks themselves out."""
        case = self.instance = copy(self.instance)
        case.pk, case.reference, case._state.adding = None, "", True
        case.detainee, case.created_by, case.updated_by = person, self.user, self.user
        case.save()
        self._save_m2m()
        TeamMember.objects.create(case=case, user=self.user)
        proceeding = save_new(self.cleaned_data["proceeding"], self.user)
        if proceeding is not None:
            JointProceedingCase.objects.create(proceeding=proceeding, case=case)
        return case

    @property
    def body(self):
        return laid_out(self, two("country", "territory_note"), "title", "proceeding", "access", "tags")

    @property
    def why(self):
        return laid_out(self, "reason")

    @property
    def confirmation(self):
        return laid_out(self, "save_anyway", "reason")


class SharedForm:
    """What one case and several cases have in common: the arrest, the stay, the charge, the lawyer, the source, the case."""

    def __init__(self, data=None, *, user, origin=None):
        self.user, self.is_bound, self.warnings = user, data is not None, []
        self.source = None  # once it is saved
        self.arrest = ArrestPart(data, user=user, prefix="arrest")
        self.stay = StayPart(data, user=user, prefix="stay")
        self.charge = ChargePart(data, user=user, prefix="charge")
        self.lawyer = LawyerPart(data, user=user, prefix="lawyer")
        self.evidence = (origin or Origin()).evidence(data, user)
        self.case = CasePart(data, user=user)
        self.parts = [self.arrest, self.stay, self.charge, self.lawyer]

    def add_error(self, field, message):
        self.case.add_error(field, message)

    def look_at_order(self):
        forms_of = {id(part.instance): part for part in self.parts if part.is_given}
        found = problems([part.instance for part in self.parts if part.is_given])
        for problem in found:
            if problem.level == "error":
                part = forms_of[id(problem.records[0])]
                part.add_error(problem.field if problem.field in part.fields else None, problem.message)
        self.warnings = [problem.message for problem in found if problem.level == "warning"]
        if not self.warnings or self.together.errors:
            return
        if not self.case.cleaned_data["save_anyway"]:
            self.case.add_error(None, _("Look at the order of the dates, and confirm it below if it is right."))
        elif not self.case.cleaned_data["reason"]:
            self.case.add_error("reason", _("Say why it is right all the same."))

    def save_one(self, person, is_new):
        """Write the case of a person with its records. Return it, and the citations that are still to be written."""
        case = self.case.save_for(person)
        records = [part.save_to(case) for part in self.parts if part.is_given]
        cited = records + ([person] if is_new or not records else []) if self.source is not None else []
        return case, [self.evidence.citation(record, self.source) for record in cited]

    def why(self):
        reason = self.case.cleaned_data["reason"]
        return pghistory.context(**({"reason": reason} if reason else {}))


class CaseAddForm(SharedForm):
    """The forms of the page as one."""

    def __init__(self, data=None, *, user, person=None, origin=None):
        super().__init__(data, user=user, origin=origin)
        self.person = PersonForm(data, user=user, person=person)
        self.spellings = Spellings(data, prefix="spellings")

    @cached_property
    def together(self):
        spellings = self.spellings.forms if not self.is_bound or self.spellings.management_form.is_valid() else []
        return Together(self.person, *spellings, *self.parts, self.evidence, self.case)

    @property
    def everything(self):
        """Return all forms that the page sends."""
        return [self.spellings.management_form, *self.together.forms]

    def is_complete(self):
        whole = self.spellings.is_valid()
        self.look_for_people()
        if not (self.together.is_valid() and whole):
            return False
        self.look_at_order()
        return not self.together.errors

    def look_for_people(self):
        picker = self.person.fields["person"]
        typed = self.person["person"].data
        names = [typed.text[:200], *(name["text"] for name in self.given_spellings)]
        picker.candidates = THINGS["person"].candidates(self.user, names, self.person.typed_born) if typed.text else []

    @property
    def given_spellings(self):
        rows = [row.cleaned_data for row in self.spellings.forms if row.is_valid()] if self.spellings.is_bound else []
        return [{**row, "kind": row["kind"] or NameKind.NATIVE} for row in rows if row.get("text")]

    def save_all(self):
        """Write everything that was filled in, or nothing. Return the case."""
        with transaction.atomic(), self.why():
            person, is_new = self.person.save_person(self.given_spellings)
            self.source = self.evidence.save_source()
            case, citations = self.save_one(person, is_new)
            Citation.objects.bulk_create(citations)
            remember(self.user, self.case.cleaned_data["reason"], case)
        return case
