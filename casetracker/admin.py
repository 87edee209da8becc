"""The admin site: for administrators only. Its classes are in cases.admin; it stands here, as loading it must not load them."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache


class TrackerAdminSite(admin.AdminSite):
    """Whoever is signed in without the role finds nothing here; whoever is not signed in, the one sign-in page."""

    site_header = gettext_lazy("Case tracker: administration")
    site_title = gettext_lazy("Case tracker")
    index_title = gettext_lazy("Administration")
    empty_value_display = "–"

    def register(self, model_or_iterable, admin_class=None, **options):
        """Take only classes that ask for the role: other apps bring some that ask for permissions nobody has here."""
        if getattr(admin_class, "by_role", False):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request):
        return request.user.is_active and getattr(request.user, "is_administrator", False)

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        def guarded(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return guarded

    def autocomplete_view(self, request):
        from cases.admin.lists import TrackerAutocomplete

        return TrackerAutocomplete.as_view(admin_site=self)(request)

    @method_decorator([never_cache, login_not_required])
    def login(self, request, extra_context=None):
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"), settings.LOGIN_URL)
        if not self.has_permission(request):
            raise Http404
        return redirect("admin:index")

    def logout(self, request, extra_context=None):
        if request.method == "POST":
            logout(request)
        return redirect(settings.LOGIN_URL if request.method == "POST" else "account_logout")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def password_change_done(self, request, extra_context=None):
        return redirect("admin:index")
