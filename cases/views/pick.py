"""The matches of what is typed into a picker."""

import re

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cases.forms.matches import THINGS
from cases.forms.picker import LONGEST_TYPED, Typed


@require_GET
def pick(request, kind):
    """Answer the fragment under a picker: `?field=place&place=Simferopol`, or `?q=Simferopol`."""
    if kind not in THINGS or not request.user.is_reader:
        raise Http404
    if not request.user.is_researcher:
        raise PermissionDenied
    name = request.GET.get("field", kind)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
        raise BadRequest(_("This field is not known."))
    typed = Typed(request.GET.get(name, request.GET.get("q", "")))
    if len(typed) > LONGEST_TYPED:
        raise BadRequest(_("A search takes at most %(number)s characters.") % {"number": LONGEST_TYPED})
    part = name.rpartition("-")[0]
    found = THINGS[kind].matches_beside(request.user, typed.text, lambda other: request.GET.get(f"{part}-{other}", ""))
    matches = [(match, False) for match in found]
    context = {"name": name, "offered": typed.text, "matches": matches, "kind": kind}
    return render(request, "cases/widgets/_matches.html", context)
