"""The form of the text of a source. It says which citations lose their words before it lets go of them."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.forms.captured import TakesText
from cases.forms.page import laid_out
from cases.forms.things import LANGUAGE_CODE, ThingForm, part
from cases.models import Citation, Source
from cases.models.evidence import OF_CASE
from cases.passages import anchored

SHOWN = 100  # citations that are listed


class SourceTextForm(TakesText, ThingForm):
    """`lost` are the citations whose words are in the stored text and not in the new one, `kept` is how many are in both.

    They are asked for once the text is another one, and only those that the user sees.
    """

    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=10,
        validators=[LANGUAGE_CODE],
        help_text=_("Such as uk, ru, en."),
    )
    save_anyway = forms.BooleanField(label=_("Save all the same"), required=False)
    gone = forms.CharField(required=False, widget=forms.HiddenInput)  # the citations that were shown as lost

    class Meta:
        model = Source
        fields = ["captured_text", "language"]

    apart = (*ThingForm.apart, "gone")
    lost: list = []
    kept = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["captured_text"].help_text = _("The words as they stand in the source, in its own language.")
        self.fields["captured_text"].widget.attrs["lang"] = self.instance.language or False
        if self.instance.captured_text:
            self.fields["text_file"].label = _("Put the text of a file in its place")

    def clean(self):
        cleaned = super().clean()
        text = self.cleaned_data.get("captured_text")
        if text is None or text == self.instance.captured_text:
            return cleaned
        self.look_for_passages(text)
        sent = set(self.cleaned_data.get("gone", "").split())
        if self.lost and not (self.cleaned_data["save_anyway"] and {str(one.pk) for one in self.lost} <= sent):
            self.add_error(None, self.what_is_lost())
            self.data = self.data.copy()
            self.data["gone"] = " ".join(str(one.pk) for one in self.lost)
        return cleaned

    def look_for_passages(self, text):
        tied = list(
            Citation.objects.visible_to(self.user)
            .filter(source=self.instance, range_start__isnull=False)
            .exclude(quote="")
            .select_related("case__detainee", "detainee", *OF_CASE)
            .prefetch_related("case__detainee__names", "detainee__names")
            .order_by("range_start", "pk")
        )
        found = [one for one in tied if stands_in(self.instance.captured_text, one)]  # each text is searched at one go
        self.lost = [one for one in found if not stands_in(text, one)]
        self.kept = len(found) - len(self.lost)
        for one in self.lost:
            one.supports = one.record._meta.verbose_name

    def what_is_lost(self):
        return ngettext(
            "%(number)s passage is not found in the new text. Its citation is listed above the text.",
            "%(number)s passages are not found in the new text. Their citations are listed above the text.",
            len(self.lost),
        ) % {"number": len(self.lost)}

    @property
    def shown(self):
        return self.lost[:SHOWN]

    @property
    def text_box(self):
        return laid_out(self, "captured_text")

    @property
    def beside(self):
        return laid_out(self, part(_("File"), "text_file"), "language", "reason")

    @property
    def confirmation(self):
        return laid_out(self, "save_anyway")


def stands_in(text, citation):
    return anchored(text, citation.range_start, citation.range_end, citation.quote) is not None
