"""What is typed in a form is kept while somebody types, and thrown away if they say so. cases/drafts.py says how."""

from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.http import Http404, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import resolve
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import drafts
from cases.history.telling import THINGS
from cases.views.citations import citation_to_change
from cases.views.pages import only_researchers, visible_or_404
from cases.views.records import case_to_change, form_for, record_of
from cases.views.roles import person_to_change, role_of


@require_http_methods(["GET", "POST"])
def keep(request):
    """Keep what a page sends while somebody types. A GET answers with a new token against forgery for a page that was
    opened before they signed in anew, and with whom it is for.
    """
    if request.method == "GET":
        return JsonResponse({"token": get_token(request), "user": request.user.pk})
    path, match = form_at(request.POST.get(drafts.PATH, ""))
    refuse_unless_open(request.user, match, QueryDict(urlsplit(path).query).get("case"))
    page = request.POST.get(drafts.PAGE, "")[:40]
    try:
        saved_at = drafts.keep(request.user, path, drafts.typed_in(request.POST), page)
    except drafts.TooLarge:
        message = _("This is too long to be kept as a draft. You can go on and save it.")
        return JsonResponse({"message": message}, status=413)
    except drafts.Overtaken:
        message = _("Another page of this form has a draft. What you type here is kept only in this window.")
        return JsonResponse({"message": message}, status=409)
    time = date_format(timezone.localtime(saved_at), "H:i")
    return JsonResponse({"message": _("Draft kept %(time)s") % {"time": time}})


@require_POST
def drop(request):
    """Throw the draft away, and show the form as it is without it."""
    path, _match = form_at(request.POST.get(drafts.PATH, ""))
    drafts.drop(request.user, path)
    return redirect(path)


def form_at(address):
    """Return the path of a form's drafts and its route; 404 for every other address."""
    if not address:
        raise BadRequest(_("The address of the form is missing."))
    try:
        parts = urlsplit(address)
    except ValueError as error:  # such as a bracket that is not closed
        raise Http404 from error
    match = resolve(parts.path)
    path = drafts.path_of(match, parts.path, QueryDict(parts.query))
    if path is None:
        raise Http404
    return path, match


def refuse_unless_open(user, match, case=None):
    """Answer as the page of the form would: 404 for what the user doesn't see, 403 for what they may not change.

    `case` is the reference of the one that the address of a fact from a source names.
    """
    keys = match.kwargs
    kind, _dash, what = match.view_name.partition("-")
    if kind in THINGS and what in ("add", "edit", "text", "fact-add"):
        if what != "add":
            visible_or_404(THINGS[kind][0].objects, user, **keys)
        only_researchers(user)
        if case is not None:
            case_to_change(user, case)
    elif kind == "citation" and what == "edit":
        citation_to_change(user, keys["pk"], lock=False)
    elif kind in ("role", "person"):
        person = person_to_change(user, keys["reference"])
        if "pk" in keys:
            role_of(person, keys["pk"], lock=False)
    elif "reference" not in keys:
        only_researchers(user)
    else:
        case = case_to_change(user, keys["reference"])
        if "kind" in keys:
            form_for(keys["kind"])
        if "pk" in keys:
            record_of(case, user, keys["kind"], keys["pk"], lock=False)
