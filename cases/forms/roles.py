"""The form of a role that a person has or had in an organisation: a fact of the person, cited as a record of a case is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.page import two
from cases.forms.picker import PickField
from cases.forms.records import RecordForm
from cases.models import Affiliation


class RoleForm(RecordForm):
    """As the form of a case record, with its source and why; but no case stands behind it, so nothing is confidential."""

    confidential = save_anyway = None
    organisation = PickField(
        "organisation", label=gettext_lazy("Organisation"),
        help_text=gettext_lazy("Any of its names. One that is not recorded yet is added."),
    )  # fmt: skip

    class Meta:
        model = Affiliation
        fields = ["organisation", "role", "began", "ended"]

    def __init__(self, data=None, *, person, user, instance=None):
        self.person = person
        super().__init__(data, case=None, user=user, instance=instance)

    def unsaved(self):
        return Affiliation(detainee=self.person)

    def look_at_order(self):
        """A role can't certainly end before it begins."""
        began, ended = self.cleaned_data.get("began"), self.cleaned_data.get("ended")
        if began and ended and began.earliest and ended.latest and ended.latest < began.earliest:
            self.add_error("ended", _("This is before it began."))

    def hanging_changes(self):
        return []

    def parts(self):
        return ["organisation", "role", two("began", "ended")]
