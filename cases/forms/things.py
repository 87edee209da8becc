"""Forms of people, lawyers, places, courts, provisions, lists, organisations, sources and joint proceedings."""

import re

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Exists, OuterRef
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from cases.chronology import problems
from cases.forms.captured import TakesText
from cases.forms.conflicts import Seen, SentRows, plain, versions
from cases.forms.picker import PickField, prepare_pickers
from cases.forms.reasons import offer_reasons, reason_field
from cases.forms.stale import StaleMixin
from cases.models import (
    Case,
    Court,
    Detainee,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Name,
    NameKind,
    Organisation,
    Photo,
    Place,
    PrisonerList,
    Provision,
    Source,
    SourceKeeper,
    User,
    UserGroup,
)
from cases.models.evidence import WEB
from cases.photos import FORMATS, LARGEST_FILE, small_jpeg

LANGUAGE_CODE = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", _("Write a language code such as uk, ru, crh or tr.")
)


class FieldsHelper(FormHelper):
    """Draws fields inside a form of the page; what is wrong with the whole form stands in the page's summary, once."""

    template = "cases/_fields.html"


def part(legend, *fields):
    """A fieldset; a tuple of fields stands side by side."""
    return Fieldset(
        legend,
        *(Div(*field, css_class="two") if isinstance(field, tuple) else field for field in fields),
        css_class="part",
    )


def date_box():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class LinesField(forms.CharField):
    """A list of short texts, one in each line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        lines = [line.strip() for line in super().to_python(value).splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value):
        super().validate(value)
        if any(len(line) > 200 for line in value):
            raise forms.ValidationError(_("A line takes at most 200 characters."))

    def run_validators(self, value):
        """Validators of a CharField are for one text."""

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data)


class ThingForm(StaleMixin, forms.ModelForm):
    """A form that knows who fills it in, notices that a colleague was quicker, and asks why."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = reason_field()
    parts: list = []
    row_kinds = ("name",)
    names = sent_names = None

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        prepare_pickers(self, user, self.instance)
        offer_reasons(self, user)
        self.use_required_attribute = False
        self.initial["version"] = self.stored_version()
        self.helper = FieldsHelper()
        self.helper.render_hidden_fields = True
        self.helper.layout = Layout(*self.parts)
        self.order_fields([name for name in self.fields if name not in ("reason", "version")])

    @property
    def ending(self):
        """The helper for what stands below the names."""
        helper = FieldsHelper()
        helper.layout = Layout("reason")
        return helper

    # What others changed meanwhile, in the record and its names

    def take_names(self, formset, data):
        """Ask for the names, too, in a formset of this class."""
        self.names_class = formset
        self.names = formset(data, instance=self.instance, prefix="names")

    def is_complete(self):
        """Whether everything on the page may be saved."""
        complete = all([self.is_valid(), self.names is None or self.names.is_valid()])
        if not complete and self.sent_names:
            self.show_names(self.names.non_form_errors())
        return complete

    def hanging(self):
        return {"name": versions(self.instance.names.all())} if isinstance(self.instance, Detainee | Lawyer) else {}

    def hanging_changes(self):
        if self.names is None:
            return []
        return [Name.pgh_event_model.objects.filter(**{self.names.fk.name: self.instance.pk})]

    def compare_rows(self, opened, seen):
        if self.names is None:
            return []
        owner, stored = {self.names.fk.name: self.instance.pk}, {name.pk: name for name in self.instance.names.all()}
        self.sent_names = SentRows(self.names, stored, owner, label=_("Name"), words=name_in_words)
        return self.sent_names.differences(opened, seen)

    def look_for_conflict(self):
        super().look_for_conflict()
        if self.sent_names and self.comes_back:
            self.show_names([])
        elif self.sent_names:
            self.names = self.names_class(
                self.sent_names.to_save(self.conflict), instance=self.instance, prefix="names"
            )

    def show_names(self, errors):
        """Show the names as they were typed, whatever holds in the end."""
        data = self.sent_names.to_show(self.conflict)
        self.names = self.names_class(data, instance=self.instance, prefix="names")
        self.names.non_form_errors().extend(error for error in errors if error not in self.names.non_form_errors())

    def save(self, commit=True):
        if not self.instance.pk:
            self.instance.created_by = self.user
        self.instance.updated_by = self.user
        return super().save(commit)


class NameForm(forms.ModelForm):
    class Meta:
        model = Name
        fields = ["text", "kind", "language"]

    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=10,
        validators=[LANGUAGE_CODE],
        help_text=_("Such as uk, ru, crh."),
    )


def name_in_words(values):
    """Return "Ахтем Чийгоз (native spelling, uk)" for the plain values of a name."""
    more = [str(dict(NameKind.choices).get(values["kind"], values["kind"])), values["language"]]
    return f"{values['text']} ({', '.join(filter(None, more))})"


class NamesFormSet(BaseInlineFormSet):
    """The spellings of one person or lawyer: exactly one of them is the main one."""

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.cleaned_data.get("text") and not form.cleaned_data.get("DELETE")]
        main = [form for form in kept if form.cleaned_data["kind"] == NameKind.MAIN]
        sent = [form.instance.pk for form in self.forms]
        others = [name for name in self.get_queryset() if name.pk not in sent]  # added since the form was opened
        if not kept and not others:
            raise forms.ValidationError(_("Give at least one name."))
        if len(main) + len([name for name in others if name.kind == NameKind.MAIN]) != 1:
            raise forms.ValidationError(_("Choose “main” for exactly one of the names."))

    def _construct_form(self, i, **kwargs):
        """Only the first name of a new person is offered as the main one."""
        form = super()._construct_form(i, **kwargs)
        if i and not form.instance.pk:
            form.initial["kind"] = NameKind.ALIAS
        return form

    @property
    def empty_form(self):
        form = super().empty_form
        form.initial["kind"] = NameKind.ALIAS
        return form

    def save_by(self, user):
        for form in self.forms:
            if not form.instance.pk:
                form.instance.created_by = user
            form.instance.updated_by = user
        return self.save()

    def save_existing_objects(self, commit=True):
        """Write the main name last: the database takes no second one, not for a moment."""
        existing = self.forms[: self.initial_form_count()]
        existing.sort(
            key=lambda form: form.cleaned_data["kind"] == NameKind.MAIN and not form.cleaned_data.get("DELETE")
        )
        self.forms[: len(existing)] = existing
        self.__dict__.pop("_deleted_form_indexes", None)  # it was made for the order before
        return super().save_existing_objects(commit)


def names_formset(owner):
    return inlineformset_factory(owner, Name, form=NameForm, formset=NamesFormSet, extra=2, can_delete=True, max_num=40)


PersonNames = names_formset(Detainee)
LawyerNames = names_formset(Lawyer)


class PhotoField(forms.FileField):
    """A picture, cleaned to a SmallJpeg; None if no file was sent."""

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if not upload:
            return None
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file is larger than 8 MB. Make the picture smaller first."))
        upload.seek(0)  # a second try of the view reads it once more
        return small_jpeg(upload.read())


class PersonForm(ThingForm):
    nationalities = forms.MultipleChoiceField(
        label=_("Nationalities"),
        required=False,
        choices=list(countries),
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_("Several: hold Ctrl while you choose."),
    )
    photo = PhotoField(
        label=_("Photo"),
        required=False,
        help_text=_("JPEG, PNG or WebP, up to 8 MB. A small copy is kept, without place, time and camera."),
        widget=forms.FileInput(attrs={"accept": ",".join(FORMATS)}),
    )
    remove_photo = forms.BooleanField(label=_("Remove the photo"), required=False)

    class Meta:
        model = Detainee
        fields = [
            "sex", "born", "birth_place", "deceased", "died", "nationalities", "ethnicity", "religion", "occupation",
            "biography", "external_id", "consent", "consent_by", "consent_on",
        ]  # fmt: skip
        widgets = {"consent_on": date_box(), "biography": forms.Textarea(attrs={"rows": 6})}

    parts = [
        part(_("Person"), ("sex", "born"), "birth_place", ("deceased", "died"), "nationalities",
             ("ethnicity", "religion"), "occupation", "biography", "external_id"),
        part(_("Photo"), "photo", "remove_photo"),
        part(_("Consent"), "consent", ("consent_by", "consent_on")),
    ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not Photo.objects.filter(detainee=self.instance.pk).exists():
            del self.fields["remove_photo"]
            self.helper.layout[1] = part(_("Photo"), "photo")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("photo") and cleaned.get("remove_photo"):
            self.add_error("remove_photo", _("Either choose a new photo or remove the one that is there."))
        return cleaned

    # A photo is compared as a whole: the one that is stored, or what was chosen in its place

    def hanging(self):
        photos = Photo.objects.filter(detainee=self.instance.pk)
        return super().hanging() | {"photo": versions(photos)}

    def hanging_changes(self):
        return [
            *super().hanging_changes(),
            Photo.pgh_event_model.objects.defer("image").filter(detainee=self.instance.pk),
        ]

    def compared(self):
        return [name for name in super().compared() if name != "remove_photo"]

    def values_at(self, row, seen):
        known = super().values_at(row, seen)
        return known | ({"photo": self.photo_key(seen.rows.get("photo", {}))} if row is not None else {})

    def stored_value(self, name):
        if name == "photo":
            return self.photo_key(versions(Photo.objects.filter(detainee=self.instance.pk)))
        return super().stored_value(name)

    @staticmethod
    def photo_key(photos):
        return " ".join(f"{key}.{version}" for key, version in photos.items())

    def typed(self, name):
        if name != "photo":
            return super().typed(name)
        if self.cleaned_data.get("photo") or name in self.errors:
            return "sent"
        opened = Seen.read(self.data.get("opened") or self.cleaned_data.get("version", ""))
        return "" if self.cleaned_data.get("remove_photo") else self.photo_key(opened.rows.get("photo", {}))

    def in_words(self, name, value):
        if name != "photo":
            return super().in_words(name, value)
        if value == "sent":
            return _("the file that you chose; choose it once more before you save")
        if not value:
            return _("no photo")
        return _("the photo that is stored") if value == self.stored_value(name) else _("another photo")

    def as_cleaned(self, name, value):
        if name == "photo":
            self.cleaned_data["remove_photo"] = False
            return None
        return super().as_cleaned(name, value)

    def _post_clean(self):
        """Refuse a death that is certainly before the birth; one that only may be needs a reason."""
        super()._post_clean()
        for problem in [] if self.errors else problems([], saving=self.instance):
            if problem.level == "error":
                self.add_error(problem.field, problem.message)
            elif not self.cleaned_data["reason"]:
                self.add_error(
                    "reason", _("%(problem)s Say why it is right all the same.") % {"problem": problem.message}
                )

    def save(self, commit=True):
        person = super().save(commit)
        photo = Photo.objects.defer("image").filter(detainee=person).first()
        if self.cleaned_data.get("remove_photo") and photo:
            photo.delete()
        elif small := self.cleaned_data["photo"]:
            photo = photo or Photo(detainee=person, created_by=self.user)
            photo.image, photo.sha256, photo.width, photo.height = small.image, small.sha256, small.width, small.height
            photo.updated_by = self.user
            photo.save()
        return person


class LawyerForm(ThingForm):
    detainee = PickField(
        "person",
        label=_("As a detainee"),
        required=False,
        may_add=False,
        help_text=_("If this lawyer was detained too: the person."),
    )

    class Meta:
        model = Lawyer
        fields = ["bar", "number", "office", "contact", "licence", "detainee"]
        widgets = {"contact": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        linked = self.instance.detainee_id
        hidden = linked and not Detainee.objects.visible_to(self.user).filter(pk=linked).exists()
        if hidden:  # the link stays as it is, and the form does not say that there is one
            del self.fields["detainee"]
        more = [] if hidden else ["detainee"]
        self.helper.layout = Layout(part(_("Lawyer"), ("bar", "number"), "office", "licence", "contact", *more))


class PlaceForm(ThingForm):
    aliases = LinesField(label=_("Other names"), required=False, help_text=_("One in each line."))

    class Meta:
        model = Place
        fields = [
            "name", "aliases", "kind", "locality", "region", "country", "controlling_power", "address", "latitude",
            "longitude",
        ]  # fmt: skip

    parts = [
        part(_("Place"), "name", "aliases", "kind"),
        part(_("Where it is"), ("locality", "region"), ("country", "controlling_power"), "address",
             ("latitude", "longitude")),
    ]  # fmt: skip


class CourtForm(ThingForm):
    aliases = LinesField(label=_("Names as used"), required=False, help_text=_("One in each line."))
    place = PickField("place", label=_("Place"), required=False, may_add=False)

    class Meta:
        model = Court
        fields = ["name", "aliases", "level", "place", "controlling_power"]

    parts = [part(_("Court"), "name", "aliases", "level", "place", "controlling_power")]


class ProvisionForm(ThingForm):
    class Meta:
        model = Provision
        fields = ["code", "article", "part", "point", "title", "in_force_from", "in_force_to"]
        widgets = {"in_force_from": date_box(), "in_force_to": date_box()}

    parts = [part(_("Article"), "code", ("article", "part", "point"), "title", ("in_force_from", "in_force_to"))]


class ListForm(ThingForm):
    url = forms.URLField(label=_("Address"), required=False, max_length=2000, validators=WEB, assume_scheme="https")

    class Meta:
        model = PrisonerList
        fields = ["name", "keeper", "definition", "url"]
        widgets = {"definition": forms.Textarea(attrs={"rows": 6})}

    parts = [part(_("List of prisoners"), "name", "keeper", "definition", "url")]


class OrganisationForm(ThingForm):
    aliases = LinesField(label=_("Other names"), required=False, help_text=_("One in each line."))

    class Meta:
        model = Organisation
        fields = ["name", "aliases", "kind", "country", "about"]
        widgets = {"about": forms.Textarea(attrs={"rows": 5})}

    parts = [part(_("Organisation"), "name", "aliases", ("kind", "country"), "about")]


class SourceForm(TakesText, ThingForm):
    """The text of a source that is there already has a page of its own."""

    url = forms.URLField(label=_("Address"), required=False, max_length=2000, validators=WEB, assume_scheme="https")
    archived_url = forms.URLField(
        label=_("Archived address"), required=False, max_length=2000, validators=WEB, assume_scheme="https"
    )
    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=10,
        validators=[LANGUAGE_CODE],
        help_text=_("Such as uk, ru, en."),
    )
    keepers = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Keepers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who may know a protected source, besides editors. You stay among them."),
    )

    class Meta:
        model = Source
        fields = [
            "title", "kind", "publisher", "author", "url", "archived_url", "published", "captured_on", "language",
            "captured_text", "reliability", "protected", "keepers",
        ]  # fmt: skip
        widgets = {"captured_on": date_box()}

    parts = [
        part(_("Source"), "title", ("kind", "reliability"), ("publisher", "author"), ("published", "language")),
        part(_("Where it is"), "url", "archived_url", "captured_on"),
        part(_("Protection"), "protected", "keepers"),
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        has_role = Exists(UserGroup.objects.filter(user=OuterRef("pk")))
        self.fields["keepers"].queryset = User.objects.filter(has_role, is_active=True).order_by("username")
        text = ["captured_text", "text_file"]
        if self.instance.pk:
            for name in text:
                del self.fields[name]
            address = reverse("source-text", args=[self.instance.reference])
            link = format_html(
                '<p><a href="{}">{}</a></p>', address, _("Its captured text is changed on a page of its own")
            )
            self.helper.layout.insert(2, HTML(link))
        else:
            self.fields["captured_text"].widget.attrs["rows"] = 6
            self.helper.layout.insert(2, part(_("Text"), *text))

    def hanging(self):
        keepers = self.instance.source_keepers.values_list("user", flat=True)
        return {"keepers": dict.fromkeys(keepers, 0)}

    def hanging_changes(self):
        return [SourceKeeper.pgh_event_model.objects.visible_to(self.user).filter(source=self.instance.pk)]

    def values_at(self, row, seen):
        return super().values_at(row, seen) | ({"keepers": seen.keys("keepers")} if row is not None else {})

    def clean(self):
        """Whoever protects a source goes on seeing it."""
        cleaned = super().clean()
        if cleaned.get("protected") and not self.user.is_editor and "keepers" in cleaned:
            cleaned["keepers"] = cleaned["keepers"] | User.objects.filter(pk=self.user.pk)
        return cleaned


class ProceedingForm(ThingForm):
    references = LinesField(
        label=_("Cases"), required=False, help_text=_("References of cases such as C-7K3QX2, one in each line.")
    )

    class Meta:
        model = JointProceeding
        fields = ["name", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    parts = [part(_("Joint proceeding"), "name", "description", "references")]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["references"] = [case.reference for case in self._listed()]

    def _listed(self):
        """The cases that the user sees in it; others stay in it, whatever the form says."""
        if not self.instance.pk:
            return Case.objects.none()
        return Case.objects.changeable_by(self.user).filter(proceedings=self.instance).order_by("reference")

    def hanging(self):
        return {"references": dict.fromkeys(self._listed().values_list("pk", flat=True), 0)}

    def hanging_changes(self):
        changes = JointProceedingCase.pgh_event_model.objects.visible_to(self.user)
        return [changes.filter(proceeding=self.instance.pk)]

    def values_at(self, row, seen):
        return super().values_at(row, seen) | ({"references": seen.keys("references")} if row is not None else {})

    def stored_value(self, name):
        return list(self._listed()) if name == "references" else super().stored_value(name)

    def as_cleaned(self, name, value):
        if name == "references":
            return list(Case.objects.changeable_by(self.user).filter(pk__in=plain(value)))
        return super().as_cleaned(name, value)

    def in_words(self, name, value):
        if name == "references" and isinstance(value, list):
            cases = Case.objects.visible_to(self.user).filter(pk__in=value).order_by("reference")
            return ", ".join(case.reference for case in cases)
        return super().in_words(name, value)

    def clean_references(self):
        references = {word.upper() for line in self.cleaned_data["references"] for word in re.split(r"[\s,;]+", line)}
        found = list(Case.objects.changeable_by(self.user).filter(reference__in=references))
        missing = references - {case.reference for case in found} - {""}
        if missing:
            names = ", ".join(sorted(missing))[:200]
            raise forms.ValidationError(_("There is no case with this reference: %(names)s."), params={"names": names})
        return found

    def save(self, commit=True):
        proceeding = super().save(commit)
        wanted, listed = self.cleaned_data["references"], list(self._listed())
        gone = [case for case in listed if case not in wanted]
        JointProceedingCase.objects.filter(proceeding=proceeding, case__in=gone).delete()
        for case in wanted:
            if case not in listed:
                JointProceedingCase.objects.create(proceeding=proceeding, case=case)
        return proceeding
