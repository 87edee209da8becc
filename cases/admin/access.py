from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from cases.admin.site import ReadOnly, TrackerAdmin, TrackerForm
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


@admin.register(User)
class UserAdmin(TrackerAdmin, DjangoUserAdmin):
    """Accounts are switched off, never deleted: the history names them."""

    form = UserForm
    folded = False
    fieldsets = [
        (None, {"fields": ["seen_version", "username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "groups", "reason"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    filter_horizontal = ["groups"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Group)
class GroupAdmin(ReadOnly, admin.ModelAdmin):
    """The roles: what each may do stands in the code."""

    fields = ["name"]
    search_fields = ["name"]
