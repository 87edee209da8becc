"""The source box: a source that is picked, or added in place, and what it says about the record."""

from crispy_forms.layout import Div
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.matches import is_address, save_new
from cases.forms.page import laid_out
from cases.forms.picker import PickField, prepare_pickers
from cases.models import Citation, Source
from cases.models.evidence import WEB
from cases.passages import occurrences


def place_in_text(source, quote):
    """Return where a citation's quote stands in the captured text of its source, if that is certain: it stands there once."""
    if not quote or not source.captured_text:
        return {}
    places = occurrences(source.captured_text, quote)
    return {"range_start": places[0].start, "range_end": places[0].end} if len(places) == 1 else {}


class EvidenceForm(forms.ModelForm):
    """A citation and its source. Everything may stay empty; what is filled in is never dropped silently."""

    source = PickField(
        "source",
        label=gettext_lazy("Source"),
        required=False,
        help_text=gettext_lazy("Part of its title, or its web address. A new one is added with the fields below."),
    )
    title = forms.CharField(label=gettext_lazy("Title of a new source"), required=False, max_length=300)
    url = forms.URLField(
        label=gettext_lazy("Web address"), required=False, max_length=2000, assume_scheme="https", validators=WEB,
        error_messages={"invalid": gettext_lazy("Write an address that begins with http:// or https://.")},
    )  # fmt: skip
    value_as_reported = forms.CharField(
        label=gettext_lazy("As reported"), required=False, max_length=500,
        help_text=gettext_lazy("The words or the date as the source gives them."),
    )  # fmt: skip
    said_by = forms.CharField(label=gettext_lazy("Said by"), required=False, max_length=200)
    cites = PickField(
        "source", label=gettext_lazy("Which itself cites"), required=False, may_add=False,
        help_text=gettext_lazy("Another source, from which this one has it."),
    )  # fmt: skip
    locator = forms.CharField(
        label=gettext_lazy("Where in the source"), required=False, max_length=100,
        help_text=gettext_lazy("Page, paragraph, minute."),
    )  # fmt: skip
    quote = forms.CharField(
        label=gettext_lazy("Quote"), required=False, max_length=20000, widget=forms.Textarea(attrs={"rows": 3})
    )

    of_citation = ["value_as_reported", "said_by", "cites", "locator", "quote"]
    of_new_source = ["title", "url", "publisher", "published"]

    class Meta:
        model = Source
        fields = ["title", "url", "publisher", "published", "kind", "reliability"]

    def __init__(self, data=None, *, user, prefix="evidence"):
        super().__init__(data, prefix=prefix)
        self.user = user
        self.use_required_attribute = False
        prepare_pickers(self, user)

    def clean_url(self):
        address = self.cleaned_data["url"]
        if address and not is_address(address):
            raise ValidationError(_("Write an address that begins with http:// or https://."))
        return address

    def clean(self):
        cleaned = super().clean()
        describes_new = any(cleaned.get(name) for name in self.of_new_source)
        typed = self["source"].data.text
        if describes_new and self.has_error("source", "choose"):
            self.mean_new(typed)
        picked = cleaned.get("source")
        if self.has_error("source"):
            return cleaned
        if picked is not None and picked.pk and describes_new:
            self.add_error(
                "source",
                _("This source is recorded already: leave the fields of a new one empty, or choose to add it."),
            )
        elif picked is None and describes_new and not cleaned.get("title"):
            self.add_error("title", _("Give the title of the new source."))
        elif picked is None and not describes_new and any(cleaned.get(name) for name in self.of_citation):
            self.add_error("source", _("Say which source this comes from."))
        return cleaned

    def mean_new(self, typed):
        """Take what was typed as the title, or the address, of the new source that the other fields describe."""
        del self._errors["source"]
        name = "url" if is_address(typed) else "title"
        self.cleaned_data[name] = self.cleaned_data.get(name) or typed
        self.cleaned_data["source"] = None
        if not self.cleaned_data.get("title"):
            self.cleaned_data["title"] = typed

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"title"}

    @property
    def is_given(self):
        return self.cleaned_data.get("source") is not None or bool(self.cleaned_data.get("title"))

    def save_source(self):
        """Return the source that was picked, or save the new one with all that was said about it. None if none is given."""
        if not self.is_given:
            return None
        picked = self.cleaned_data["source"]
        if picked is not None and picked.pk:
            return picked
        new = picked or Source()
        for name in self.Meta.fields:
            setattr(new, name, self.cleaned_data.get(name) or getattr(new, name))
        return save_new(new, self.user)

    def cite(self, record, source):
        """Tie a record to the source, with what the form says about the citation."""
        said = {name: self.cleaned_data.get(name) for name in self.of_citation}
        said |= place_in_text(source, said["quote"])
        by = {"created_by": self.user, "updated_by": self.user}
        return Citation.objects.create(source=source, **{record._meta.model_name: record}, **said, **by)

    @property
    def body(self):
        return laid_out(self, "source", Div("value_as_reported", "said_by", css_class="two"))

    @property
    def about_new(self):
        return laid_out(
            self,
            "title",
            "url",
            Div("publisher", "published", css_class="two"),
            Div("kind", "reliability", css_class="two"),
        )

    @property
    def more(self):
        return laid_out(self, Div("locator", "cites", css_class="two"), "quote")

    @property
    def opens_new(self):
        """Whether the fields of a new source are shown at once: something stands in them."""
        return any(self[name].value() for name in self.of_new_source)

    @property
    def opens_more(self):
        return any(self[name].value() for name in ["locator", "cites", "quote"])
