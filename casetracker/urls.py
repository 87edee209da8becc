"""All addresses: the tracker's own, sign-in, and the admin site."""

from allauth.account import views as account
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.i18n import set_language


@login_not_required
def icon(request):
    """Browsers ask for this address where a page names no icon, such as the admin's or a CSV file."""
    return redirect(static("icon.svg"))


# Not all of allauth's pages: what needs mail (confirming, resetting by mail, e-mail addresses) and sign-up have no address.
account_urls = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
urlpatterns = [
    path("accounts/", include(account_urls)),
    path("admin/", admin.site.urls),
    path("language/", login_not_required(set_language), name="set-language"),
    path("favicon.ico", icon),
    path("", include("cases.urls")),
]
handler400 = "casetracker.errors.bad_request"
