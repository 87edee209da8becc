"""What the admin classes share: administrators may do everything there, with what they may see."""

from functools import reduce
from operator import or_

import pghistory
from django import forms
from django.contrib import admin
from django.contrib.admin.actions import delete_selected as ask_and_delete
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import ForeignKey, Q
from django.forms.models import _get_foreign_key
from django.http import QueryDict
from django.utils.translation import gettext as _

from cases.chronology import problems, records_of
from cases.fields import LongSelect
from cases.forms.conflicts import SentRows, own_version, versions
from cases.forms.reasons import ReasonForm, offer_reasons, reason_field, remember, seen_by_everybody
from cases.forms.stale import StaleMixin
from cases.models import Detainee, Sentence
from cases.models.base import CaseRecord, Record
from cases.names import words

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
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

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


class TrackerAdmin(ByRole, admin.ModelAdmin):
    """What all admin classes of our records share."""

    form = TrackerForm
    show_full_result_count = False
    list_per_page = 50
    folded = True  # search_fields are folded keys

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        inlines = self.get_inline_instances(request, obj) if change else []
        form.request, form.user = request, request.user
        form.rows_of = staticmethod(lambda instance: [rows_beneath(inline, request, instance) for inline in inlines])
        return form

    def get_search_results(self, request, queryset, search_term):
        """Find by every word of the search, in any spelling where the fields are folded."""
        sought = words(search_term) if self.folded else search_term.split()
        if search_term.strip() and not sought:
            return queryset.none(), False
        lookup = "contains" if self.folded else "icontains"
        for word in sought:
            queryset = queryset.filter(reduce(or_, (Q(**{f"{field}__{lookup}": word}) for field in self.search_fields)))
        return queryset, any("__" in field for field in self.search_fields)

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

    actions = ["delete_selected"]

    def delete_view(self, request, object_id, extra_context=None):
        with transaction.atomic():
            record = self.get_object(request, unquote(object_id))
            records = [record] if record is not None else []
            question = DeleteQuestion(request, records)
            if request.POST and records and question.is_answered():
                with question.reason():
                    return super().delete_view(request, object_id, extra_context)
            request.POST = QueryDict()  # nothing is confirmed
            return super().delete_view(request, object_id, (extra_context or {}) | question.context())

    @admin.action(permissions=["delete"], description=ask_and_delete.short_description)
    def delete_selected(self, request, queryset):
        with transaction.atomic():
            question = DeleteQuestion(request, list(queryset.order_by("pk")))
            if request.POST.get("post") and question.is_answered():
                with question.reason():
                    return ask_and_delete(self, request, queryset)
            request.POST = request.POST.copy()
            request.POST.pop("post", None)
            answer = ask_and_delete(self, request, queryset)
            answer.context_data.update(question.context())
            return answer

    def save_model(self, request, obj, form, change):
        sign(obj, request.user)
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for row in formset.forms:
            sign(row.instance, request.user)
        super().save_formset(request, form, formset, change)

    def get_deleted_objects(self, objs, request):
        """Name what is deleted, and whether something uses it, but nothing of what that is: it can be hidden."""
        protected = super().get_deleted_objects(objs, request)[3]
        in_use = protected or any(self.is_used(obj) for obj in objs)
        named = [str(obj) for obj in objs]
        return named, {self.opts.verbose_name_plural: len(named)}, set(), [_("records that use it")] if in_use else []

    def is_used(self, obj):
        """Whether deleting it would take with it what belongs to others."""
        return False


class RecordAdmin(TrackerAdmin):
    """Records of a case: the case stays the one that it is."""

    search_fields = ["case__key", "case__detainee__names__key"]
    list_filter = ["standing"]
    list_select_related = ["case"]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["case"] if obj else [])]


class TrackerInline(ByRole, admin.TabularInline):
    extra = 0


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
        return {"reason_form": self.form, "versions": self.versions, "is_stale": self.is_stale}


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
