"""What the admin classes share: administrators may do everything there, with what they may see."""

from functools import reduce
from operator import or_

import pghistory
from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.chronology import problems, records_of
from cases.models import Detainee
from cases.models.base import CaseRecord, Record
from cases.names import words


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


class TrackerForm(forms.ModelForm):
    """Asks why, and holds the order of dates as the other forms do. `user` is set by the admin class."""

    user = None
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Kept in the history, beside what you changed."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

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
        form.user = request.user
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

    def changeform_view(self, request, *args, **kwargs):
        reason = request.POST.get("reason", "").strip()[:500]
        with pghistory.context(**({"reason": reason} if reason else {})):
            return super().changeform_view(request, *args, **kwargs)

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


def sign(record, user):
    if isinstance(record, Record):
        if not record.pk:
            record.created_by = user
        record.updated_by = user
