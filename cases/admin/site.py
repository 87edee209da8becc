"""What the admin classes share: administrators may do everything there, with what they may see."""

from functools import reduce
from operator import or_

import pghistory
from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import ForeignKey, Q
from django.forms.models import _get_foreign_key
from django.http import QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.admin.bulk import BulkEdits
from cases.admin.edits import is_used
from cases.admin.exports import Sheet
from cases.admin.facts import Facts, facts_of, page_of, words_for
from cases.admin.history import OwnHistory
from cases.admin.lists import (
    PER_PAGE,
    ByConfidentiality,
    BySources,
    CappedPaginator,
    KeySelect,
    TrackerChangeList,
    by_choice,
    by_link,
    of_cases,
    searched,
)
from cases.chronology import problems, records_of
from cases.fields import LongSelect
from cases.forms.conflicts import SentRows, own_version, versions
from cases.forms.reasons import ReasonForm, offer_reasons, reason_field, remember, seen_by_everybody
from cases.forms.stale import StaleMixin
from cases.models import Citation, Detainee, Sentence, Source
from cases.models.base import CaseRecord, Record
from cases.reports import NoSlot
from cases.restore.words import held_by
from cases.views.pages import links_to
from cases.views.records import goes_with, rivals_left
from casetracker import errors

FEW_CHOICES = 50


class ByRole:
    """Permissions and rows of an admin class: administrators may do everything, with what they may see."""

    by_role = True

    def _may(self, request):
        return getattr(request.user, "is_administrator", False)

    def has_module_permission(self, request):
        return self._may(request)

    def has_view_permission(self, request, obj=None):
        return self._may(request)

    def has_add_permission(self, request, obj=None):
        return self._may(request)

    def has_change_permission(self, request, obj=None):
        return self._may(request)

    def has_delete_permission(self, request, obj=None):
        return self._may(request)

    def get_queryset(self, request):
        return visible(super().get_queryset(request), request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", visible(db_field.remote_field.model._default_manager.all(), request.user))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelect(db_field, self.admin_site))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = words_for
        return field

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if len(db_field.choices) > FEW_CHOICES:
            kwargs["widget"] = LongSelect
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_exclude(self, request, obj=None):
        """Leave out a link to something hidden: it stays as it is, and nobody learns that it is there."""
        excluded = list(super().get_exclude(request, obj) or [])
        if obj is None or not isinstance(obj, self.model):  # an inline is asked about its parent
            return excluded
        for field in self.model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.editable and getattr(obj, field.attname) is not None:
                rows = visible(field.remote_field.model._default_manager.all(), request.user)
                if not rows.filter(pk=getattr(obj, field.attname)).exists():
                    excluded.append(field.name)
        return excluded


class ReadOnly(ByRole):
    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def visible(rows, user):
    """Return what the user may see; groups alone have no rule of their own."""
    return rows.visible_to(user) if hasattr(rows, "visible_to") else rows


class TrackerForm(StaleMixin, forms.ModelForm):
    """Asks why, overwrites nothing unseen, and holds the order of dates as the other forms do.

    `user` and `rows_of`, which returns the querysets of the rows beneath a record, are set by the admin class, `formsets`
    by its page.
    """

    user = request = None
    formsets: list = []
    sent: list = []
    carrier = "seen_version"  # the admin takes "version" for the model's own field
    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = reason_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["class"] = "vTextField"
        offer_reasons(self, self.user)
        self.initial[self.carrier] = self.stored_version()
        self.request.tracker_form = self

    @staticmethod
    def rows_of(instance):
        return []

    @property
    def row_kinds(self):
        return [formset.model._meta.model_name for formset in self.formsets]

    def hanging(self):
        return {rows.model._meta.model_name: versions(rows) for rows in self.rows_of(self.instance)}

    def hanging_changes(self):
        return [
            rows.model.pgh_event_model.objects.filter(pgh_obj__in=rows.values("pk"))
            for rows in self.rows_of(self.instance)
        ]

    def compare_rows(self, opened, seen):
        self.sent = [self.sent_rows(formset) for formset in self.formsets]
        return [difference for rows in self.sent for difference in rows.differences(opened, seen)]

    def sent_rows(self, formset):
        stored = {row.pk: row for row in formset.get_queryset()}
        fields = formset.empty_form.fields

        def words(values):
            said = [self.words_of(fields[name], value) for name, value in values.items()]
            return ", ".join(filter(None, said))

        label = formset.model._meta.verbose_name
        return SentRows(formset, stored, {formset.fk.name: self.instance.pk}, label=label, words=words)

    def _post_clean(self):
        super()._post_clean()
        if self.errors:
            return
        self.look_at_case()
        for problem in self.problems_of_order():
            if problem.level == "error":
                self.add_error(problem.field if problem.field in self.fields else None, problem.message)
            elif not self.cleaned_data.get("reason"):
                self.add_error(
                    "reason", _("%(problem)s Say why it is right all the same.") % {"problem": problem.message}
                )

    def look_at_case(self):
        """Refuse a link to a record of another case."""
        case = getattr(self.instance, "case_id", None) or getattr(
            getattr(self.instance, "sentence", None), "case_id", None
        )
        for name in self.fields:
            linked = getattr(self.instance, name, None) if name in self.cleaned_data else None
            if isinstance(linked, CaseRecord) and case and linked.case_id != case:
                self.add_error(name, _("This is a record of another case."))

    def problems_of_order(self):
        if isinstance(self.instance, Detainee):
            return problems([], saving=self.instance)
        if isinstance(self.instance, CaseRecord):
            case = self.instance.case
            return problems(records_of(case, self.user), case.detainee, saving=self.instance)
        return []


class TrackerAdmin(BulkEdits, OwnHistory, ByRole, Facts, admin.ModelAdmin):
    """What all admin classes of our records share."""

    form = TrackerForm
    ordering = ["-pk"]
    sortable_by: tuple = ()  # columns whose order an index serves
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = PER_PAGE
    list_max_show_all = 0
    folded = True  # search_fields are folded keys
    parts: list = []  # (title, names of fields) of the form; what no part names comes first

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        inlines = self.get_inline_instances(request, obj) if change else []
        form.request, form.user = request, request.user
        form.rows_of = staticmethod(lambda instance: [rows_beneath(inline, request, instance) for inline in inlines])
        return form

    # The list

    def get_changelist(self, request, **kwargs):
        return TrackerChangeList

    def get_changelist_instance(self, request):
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise BadRequest(_("The address of this list asks for something that can't be read.")) from error

    @property
    def media(self):
        """Load what filters by another record need, too."""
        found = super().media
        if any(getattr(one, "is_link", False) for one in self.list_filter):
            found += AutocompleteSelect(None, self.admin_site).media
        return found

    def get_queryset(self, request):
        return self.with_related(super().get_queryset(request))

    def with_related(self, rows):
        """Load what the words for a row need."""
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def for_page(self, rows):
        """Load what a page of the list shows of its rows."""
        return self.with_related(rows)

    def rows_of_page(self, request, keys):
        """Return the rows of these keys, which were found among what the user may see, in their order."""
        found = {row.pk: row for row in self.for_page(self.model._default_manager.filter(pk__in=keys))}
        return [found[key] for key in keys if key in found]

    def get_search_results(self, request, queryset, search_term):
        """Find by every word of the search, in any spelling where the fields are folded. Nothing is found twice."""
        folded = searched(search_term)
        sought = folded if self.folded else search_term.split()[:20]
        if not search_term.strip():
            return queryset, False
        return self.search(queryset, sought, request.user) if sought else queryset.none(), False

    def search(self, rows, sought, user):
        """Narrow rows to those that have every word in one of the search_fields."""
        lookup = "contains" if self.folded else "icontains"
        for word in sought:
            rows = rows.filter(reduce(or_, (Q(**{f"{field}__{lookup}": word}) for field in self.search_fields)))
        return rows

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        return [path("csv/", self.admin_site.admin_view(self.csv_view), name=name), *super().get_urls()]

    def csv_view(self, request):
        """Send the rows of the list that this address asks for, all of them and in its order, as CSV."""
        try:
            return Sheet(self.get_changelist_instance(request), request.user).answer()
        except NoSlot:
            return errors.busy(request)

    # The form

    def get_object(self, request, object_id, from_field=None):
        record = super().get_object(request, object_id, from_field)
        if record is not None:
            record.looked_at_by = request.user
        return record

    def view_on_site(self, record):
        return page_of(record)

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(facts_of(self.model) if obj else [])]

    def get_fieldsets(self, request, obj=None):
        if self.fieldsets:
            return super().get_fieldsets(request, obj)
        names = list(dict.fromkeys(self.get_fields(request, obj)))
        if obj and not self.has_change_permission(request, obj):
            names = [name for name in names if name not in ("seen_version", "reason")]
        facts = [name for name in (facts_of(self.model) if obj else []) if name in names]
        placed = {name for _title, part in self.parts for name in part} | {"reason", *facts}
        sets = [(None, [name for name in names if name not in placed]), *self.parts]
        sets += [(_("Why"), ["reason"]), (_("About this record"), facts)]
        kept = [(title, [name for name in part if name in names]) for title, part in sets]
        return [(title, {"fields": part}) for title, part in kept if part]

    def changeform_view(self, request, object_id=None, *args, **kwargs):
        """Change under a lock, so that nobody changes the record between the comparison and the saving."""
        reason = " ".join(request.POST.get("reason", "").split())[:500]
        with transaction.atomic(), pghistory.context(**({"reason": reason} if reason else {})):
            if request.method == "POST" and object_id is not None:
                lock(self.get_object(request, unquote(object_id)))
            return super().changeform_view(request, object_id, *args, **kwargs)

    def _create_formsets(self, request, obj, change):
        """Compare first: the rows of what comes back are shown as typed, those of what is saved hold what was chosen."""
        formsets, inlines = super()._create_formsets(request, obj, change)
        form = getattr(request, "tracker_form", None)
        if request.method != "POST" or not change or form is None:
            return formsets, inlines
        form.formsets = formsets
        complete = form.is_valid()
        if form.conflict is None:
            return formsets, inlines
        put = "to_save" if complete else "to_show"
        request.arranged = {rows.prefix: getattr(rows, put)(form.conflict) for rows in form.sent}
        return super()._create_formsets(request, obj, change)

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if arranged := getattr(request, "arranged", {}).get(prefix):
            kwargs["data"] = arranged
        return kwargs

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        remember(request.user, form.cleaned_data.get("reason", ""), form.instance)

    # Deleting: why, and only what was looked at

    def delete_view(self, request, object_id, extra_context=None):
        with transaction.atomic():
            record = self.get_object(request, unquote(object_id))
            records = [record] if record is not None and self.has_delete_permission(request, record) else []
            question = DeleteQuestion(request, records)
            if request.POST and records and question.is_answered():
                with question.reason():
                    return super().delete_view(request, object_id, extra_context)
            request.POST = QueryDict()  # nothing is confirmed
            return super().delete_view(request, object_id, (extra_context or {}) | question.context())

    def save_model(self, request, obj, form, change):
        sign(obj, request.user)
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for row in formset.forms:
            sign(row.instance, request.user)
        super().save_formset(request, form, formset, change)

    def get_deleted_objects(self, objs, request):
        """Name what is deleted, and whether something uses it, but nothing of what that is: it can be hidden."""
        in_use = is_used(self.model, [obj.pk for obj in objs])
        named = [str(obj) for obj in objs]
        return named, {self.opts.verbose_name_plural: len(named)}, set(), [_("records that use it")] if in_use else []


class RecordAdmin(TrackerAdmin):
    """Records of a case: the case stays the one that it is."""

    search_fields = ["case"]
    list_filter = [by_choice("standing"), ByConfidentiality, by_link("case")]
    list_select_related = ["case__detainee"]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), BySources]

    def with_related(self, rows):
        return super().with_related(rows).prefetch_related("case__detainee__names")

    def search(self, rows, sought, user):
        return of_cases(rows, "case", sought)

    @admin.display(description=_lazy("Case"))
    def case_named(self, record):
        return words_for(record.case)

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["case"] if obj else [])]


class TrackerInline(ByRole, admin.TabularInline):
    extra = 0
    show_change_link = True


class CitationInline(TrackerInline):
    """The sources that are cited for a record."""

    model = Citation
    fields = ["source", "field", "value_as_reported", "locator", "said_by", "cites"]
    autocomplete_fields = ["source", "cites"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Whoever sees a citation sees its sources: to name them nothing more is asked; what is sent is looked at."""
        if request.method == "GET" and db_field.related_model is Source:
            kwargs["queryset"] = Source.objects.all()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class DeleteQuestion:
    """What a confirmation page asks: why, and for what exactly. It is asked again if a record was changed since."""

    def __init__(self, request, records):
        self.user, self.records, self.data = request.user, records, request.POST
        self.confirmed = bool(request.POST.get("post"))
        self.form = ReasonForm(
            request.POST if self.confirmed else None, user=request.user, ask=_("Say why it is deleted."), prefix=None
        )
        self.form.fields["reason"].widget.attrs["class"] = "vTextField"
        if self.confirmed:
            for record in records:
                lock(record)
        self.versions = " ".join(f"{record.pk}.{own_version(record)}" for record in records)
        self.is_stale = self.confirmed and request.POST.get("versions") != self.versions

    def is_answered(self):
        return self.form.is_valid() and not self.is_stale

    def reason(self):
        text = self.form.cleaned_data["reason"]
        if all(map(seen_by_everybody, self.records)):
            for record in self.records[:1]:
                remember(self.user, text, record)
        return pghistory.context(reason=text)

    def context(self):
        goes = [what_goes_with(record, self.user) for record in self.records]
        return {"reason_form": self.form, "versions": self.versions, "is_stale": self.is_stale, "goes": goes}


def what_goes_with(record, user):
    """Return what is deleted with a record, in the words of its page (cases.views): as far as the user may see it."""
    told = {"lines": [], "counts": [], "cut": links_to(record, user), "rivals": 0}
    if isinstance(record, CaseRecord):
        return told | {"lines": goes_with(record, user), "rivals": rivals_left(record, user)}
    return told | {"counts": held_by(type(record), [record.pk], user)}


def lock(record):
    """Lock a record, and first what it hangs on: whoever changes that looks at this, too."""
    if record is None:
        return
    if getattr(record, "sentence_id", None):
        Sentence.objects.select_for_update().filter(pk=record.sentence_id).first()
    type(record)._base_manager.select_for_update().filter(pk=record.pk).values_list("pk").first()


def rows_beneath(inline, request, instance):
    """Return the rows of an inline that this user sees of one record."""
    link = _get_foreign_key(type(instance), inline.model, fk_name=inline.fk_name)
    return inline.get_queryset(request).filter(**{link.name: instance.pk})


def sign(record, user):
    if isinstance(record, Record):
        if not record.pk:
            record.created_by = user
        record.updated_by = user
