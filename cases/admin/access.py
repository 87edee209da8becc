from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from cases.admin.site import ByRole, ReadOnly
from cases.models import User


@admin.register(User)
class UserAdmin(ByRole, DjangoUserAdmin):
    """Accounts are switched off, never deleted: the history names them."""

    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    filter_horizontal = ["groups"]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Group)
class GroupAdmin(ReadOnly, admin.ModelAdmin):
    """The roles: what each may do stands in the code."""

    fields = ["name"]
    search_fields = ["name"]
