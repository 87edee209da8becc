from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.forms import CheckboxSelectMultiple, ModelForm
from django.utils.translation import gettext_lazy as _

from cases.admin.lists import ByRoleGiven, by_yes_no
from cases.admin.site import ReadOnly, TrackerAdmin, TrackerForm
from cases.forms.reasons import reason_field
from cases.models import User, UserGroup


class UserForm(TrackerForm, UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User

    def hanging(self):
        """An account has moved on, too, if its roles have."""
        return {"groups": dict.fromkeys(self.instance.groups.values_list("pk", flat=True), 0)}

    def hanging_changes(self):
        return [UserGroup.pgh_event_model.objects.visible_to(self.user).filter(user=self.instance.pk)]

    def values_at(self, row, seen):
        known = super().values_at(row, seen)
        return known | ({"groups": seen.keys("groups")} if row is not None else {})


class NewUserForm(AdminUserCreationForm):
    reason = reason_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["class"] = "vTextField"


@admin.register(User)
class UserAdmin(TrackerAdmin, DjangoUserAdmin):
    """Accounts are switched off, never deleted: the history names them."""

    form = UserForm
    add_form = NewUserForm
    add_fieldsets = [(None, {"fields": ["username", "usable_password", "password1", "password2", "reason"]})]
    folded = False
    ordering = ["username"]
    sortable_by = ["username", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["seen_version", "username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "groups", "reason"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login", "date_joined"]
    list_filter = [by_yes_no("is_active"), ByRoleGiven]

    def with_related(self, rows):
        return rows.prefetch_related("groups")

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """The few roles are boxes to tick."""
        return super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Group)
class GroupAdmin(ReadOnly, TrackerAdmin):
    """The roles: what each may do stands in the code."""

    form = ModelForm
    fields = ["name"]
    list_display = ["name"]
    search_fields = ["name"]
    ordering = ["name"]
    folded = False
