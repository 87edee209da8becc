"""What admin pages tell and link beside a record's own fields: where its page is, who wrote it, how it stands, what is derived."""

from django.contrib import admin
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.dates import in_words, today
from cases.dossier import KINDS
from cases.models import (
    Arrest,
    Case,
    Charge,
    Citation,
    Detainee,
    Detention,
    Hearing,
    Note,
    Period,
    Photo,
    Release,
    Representation,
    Restriction,
    Sentence,
    Status,
)
from cases.models.base import CaseRecord
from cases.restore.words import own_address

SLUGS = {model: slug for slug, (model, _related) in KINDS.items()}
DATES = {  # by which a record is told from others of its kind
    Arrest: "date", Detention: "began", Restriction: "began", Charge: "charged_on", Hearing: "held_on", Sentence: "date",
    Release: "date", Representation: "began", Note: "date",
}  # fmt: skip
NOTHING = "–"


def page_of(record):
    """Return the address of the page that shows a record, or None: its own, that of its case, or that of its person."""
    if own := own_address(record):
        return own
    if isinstance(record, Photo):
        return reverse("person-detail", args=[record.detainee.reference])
    if isinstance(record, Citation) and record.detainee_id:
        return reverse("person-detail", args=[record.detainee.reference])
    case = getattr(record, "case", None)
    return reverse("case-detail", args=[case.reference]) if case else None


def words_for(record):
    """Return the words by which a row is known in choices and lists: a case by its person, a record by its date and case."""
    if isinstance(record, Case):
        return f"{record.reference} {record.detainee}"
    if isinstance(record, CaseRecord):
        day = in_words(getattr(record, DATES[type(record)])) if type(record) in DATES else ""
        return ", ".join(filter(None, [capfirst(str(record)), day, words_for(record.case)]))
    return str(record)


def in_admin(record, words=None):
    """Return a link to a record's form in the admin."""
    meta = record._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
    return format_html('<a href="{}">{}</a>', address, words or record)


def list_in_admin(model, words, **filters):
    """Return a link to a list in the admin, narrowed."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return format_html('<a href="{}?{}">{}</a>', address, query, words)


def date_column(name, title, *, sorted_by_index=False):
    """Return a column with a partial date in words."""

    def shown(record):
        return in_words(getattr(record, name)) or NOTHING

    shown.__name__ = f"{name}_in_words"
    shown.short_description = title
    if sorted_by_index:
        shown.admin_order_field = f"{name}_earliest"
    return shown


def moment(when):
    return date_format(localtime(when), "DATETIME_FORMAT") if when else NOTHING


class Facts:
    """For admin classes: what is told of a record and not changed here."""

    facts = ["entered", "changed"]

    @admin.display(description=gettext_lazy("Entered"))
    def entered(self, record):
        return self.by_whom(record.created_at, record.created_by_id and record.created_by)

    @admin.display(description=gettext_lazy("Last changed"))
    def changed(self, record):
        told = self.by_whom(record.updated_at, record.updated_by_id and record.updated_by)
        return _("%(told)s, version %(version)s") % {"told": told, "version": record.version}

    def by_whom(self, when, who):
        if not when:
            return NOTHING
        return _("%(when)s by %(who)s") % {"when": moment(when), "who": who} if who else moment(when)

    @admin.display(description=gettext_lazy("Standing"))
    def standing_told(self, record):
        """Accounts are accepted and rejected together with their rivals (cases.accounts): on their own page."""
        address = reverse("account-list", args=[record.case.reference, SLUGS[type(record)], record.pk])
        words = capfirst(str(record.get_standing_display()))
        if record.standing_reason:
            words = f"{words}: {record.standing_reason}"
        return format_html('{} <a href="{}">{}</a>', words, address, _("Compare and decide"))

    @admin.display(description=gettext_lazy("Confidential"))
    def confidentiality_told(self, record):
        address = reverse("record-edit", args=[record.case.reference, SLUGS[type(record)], record.pk])
        words = _("Yes") if record.event.confidential else _("No")
        return format_html('{} <a href="{}">{}</a>', words, address, _("Change on the page"))

    # Of a case

    @admin.display(description=gettext_lazy("Status today"))
    def status_told(self, case):
        period = Period.objects.on(today()).filter(case=case.pk).select_related("place").first()
        if period is None:
            return NOTHING
        told = [capfirst(str(Status(period.status).label))]
        told += [_("since %(date)s") % {"date": words_of(period.since_text)}] if period.since_text else []
        told += [str(period.place)] if period.place else []
        return ", ".join(told)

    @admin.display(description=gettext_lazy("Changed for everybody"))
    def changed_at_told(self, case):
        return moment(case.state.changed_at)

    @admin.display(description=gettext_lazy("Records"))
    def records_told(self, case):
        links = [
            list_in_admin(model, f"{capfirst(str(model._meta.verbose_name_plural))}: {number}", case=case.pk)
            for model in SLUGS
            if (number := model.objects.filter(case=case.pk).count())
        ]
        return joined_by_commas(links)

    # Of a person

    @admin.display(description=gettext_lazy("Cases"))
    def cases_told(self, person):
        return joined_by_commas([in_admin(case) for case in person.cases.visible_to(person.looked_at_by)[:20]])


def words_of(text):
    from cases.history.words import date_words

    return date_words(text)


def joined_by_commas(links):
    if not links:
        return NOTHING
    return format_html(", ".join(["{}"] * len(links)), *links)


def facts_of(model):
    """Return the names of the facts that are told of a record of this model."""
    own = ["entered", "changed"] if hasattr(model, "created_at") else []
    if issubclass(model, CaseRecord):
        return ["standing_told", "confidentiality_told", *own]
    if model is Case:
        return ["reference", "status_told", "changed_at_told", "records_told", *own]
    if model is Detainee:
        return ["reference", "cases_told", *own]
    if hasattr(model, "reference"):
        return ["reference", *own]
    return own
