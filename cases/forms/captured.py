"""The text of a source as forms take it: typed or pasted into a box, or out of a file."""

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from cases.captured.files import LARGEST_FILE, Unreadable, text_of, too_long
from cases.captured.words import LONGEST_TEXT, cleaned
from cases.dates import today
from cases.forms.conflicts import Seen, plain

FORMATS = ".pdf,.docx,.html,.htm,.txt,.eml"


class CapturedTextField(forms.CharField):
    """A text as it is kept. A browser would cut off what is too long without a word, so the box has no limit of its own.

    Its direction is a matter of CSS, line by line: with dir=auto Chromium takes a minute over two million letters.
    """

    widget = forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "captured"})

    def to_python(self, value):
        return cleaned(super().to_python(value) or "")

    def validate(self, value):
        super().validate(value)
        if len(value) > LONGEST_TEXT:
            raise forms.ValidationError(too_long(len(value)))


class TextFileField(forms.FileField):
    """A file whose text is taken: a Captured; None if no file was sent."""

    widget = forms.FileInput(attrs={"accept": FORMATS})

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        return captured_of(upload) if upload else None


def captured_of(upload):
    """Return what a file holds, or raise a ValidationError. It is read once, however often it is asked for: a page does that
    before it locks anything.
    """
    if not hasattr(upload, "captured"):
        try:
            if upload.size > LARGEST_FILE:  # what came in beyond that was thrown away
                raise Unreadable(_("This file is larger than 10 MB. Take the part that you need, or paste its text."))
            upload.seek(0)
            upload.captured = text_of(upload.read(), upload.name)
        except Unreadable as error:
            upload.captured = error
    if isinstance(upload.captured, Unreadable):
        raise forms.ValidationError(str(upload.captured))
    return upload.captured


def read_ahead(files):
    """Read what was uploaded, if something was; what is wrong with it, the form will say."""
    for upload in files.values():
        try:
            captured_of(upload)
        except forms.ValidationError:
            pass


class TakesText(forms.Form):
    """Comes before ThingForm among the bases of a form of a source. The text of a file goes into the box, and stays there if the
    form comes back.
    """

    captured_text = CapturedTextField(label=_("Text"), required=False)
    text_file = TextFileField(
        label=_("Take the text from a file"),
        required=False,
        allow_empty_file=True,  # text_of says it in better words
        help_text=_(
            "PDF, DOCX, HTML, plain text or e-mail (.eml), at most 10 MB. Only the text is kept here, the file is not: "
            "keep it where you keep evidence."
        ),
    )
    captured = None

    def compared(self):
        return [name for name in super().compared() if name != "text_file"]

    def in_words(self, name, value):
        """Return how long a text is and how it begins, where a conflict shows several of it."""
        if name != "captured_text" or len(str(value)) < 300:
            return super().in_words(name, value)
        return _("%(length)s characters: %(beginning)s…") % {"length": f"{len(value):,}", "beginning": value[:200]}

    def _clean_fields(self):
        super()._clean_fields()
        self.captured = self.cleaned_data.get("text_file")
        if self.captured and self.was_typed():
            self.captured = None
            self.add_error("text_file", _("You also wrote in the box above. Empty the box, or choose no file."))
        elif self.captured:
            self.cleaned_data["captured_text"] = self.captured.text
            self._errors.pop("captured_text", None)
            self.data = self.data.copy()
            self.data[self.add_prefix("captured_text")] = self.captured.text
            self.files = MultiValueDict()  # nothing of it is lost if the form comes back

    def was_typed(self):
        """Whether the box holds something else than the text with which the form was opened, or which is stored now."""
        typed = self.typed("captured_text")
        if not typed:
            return False
        seen = Seen.read(self.cleaned_data.get("version", ""))
        return typed not in (plain(self.instance.captured_text), self.opened_with(seen).get("captured_text"))

    def opened_with(self, seen):
        return self.values_at(self.row_at(seen), seen) if self.instance.pk else {}

    def save(self, commit=True):
        if self.instance.captured_text and not self.instance.captured_on and "captured_text" in self.changed_data:
            self.instance.captured_on = today()
        return super().save(commit)
