from django.contrib.admin.apps import AdminConfig
from django.core import checks

from casetracker.roles import check_roles


class TrackerAdminConfig(AdminConfig):
    default_site = "casetracker.admin.TrackerAdminSite"

    def ready(self):
        super().ready()
        # Not among Django's checks of a database: `migrate` stops at an error of those, and it may be what mends ours.
        checks.register(check_roles, "roles")
