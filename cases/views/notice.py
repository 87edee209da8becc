"""A page left open asks now and then whether what it shows has been changed since."""

from datetime import UTC
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from cases.forms.conflicts import said_of
from cases.forms.kinds import RECORD_FORMS
from cases.models import RECORD_MODELS, Case, CaseTag, Citation, Detainee, Finding, Name, Penalty, TeamMember
from cases.models.changes import who_and_why

OF_CASE = [*RECORD_MODELS, Citation, Penalty, Finding, CaseTag, TeamMember]


def watch(case, kind="", pk=None, *, since=None):
    """Return the address that the page of a case, or with `kind` the form of one record or of the case, asks from now on.

    `since` is the clock's word, never the time or number of a change: that would tell of changes that are hidden.
    """
    opened = (since or timezone.now()).isoformat()
    asked = {"since": opened} | ({"kind": kind} if kind else {}) | ({"pk": pk} if pk else {})
    return f"{reverse('case-changed', args=[case.reference])}?{urlencode(asked)}"


def case_changed(request, reference):
    """Answer 204 if nothing that the user may see was changed by others since, else who changed it, and when."""
    case = get_object_or_404(Case.objects.visible_to(request.user), reference=reference)
    since = moment(request.GET.get("since", "0001-01-01T00:00:00Z"))
    kind = request.GET.get("kind", "")
    found = [
        change
        for changes in watched(case, kind, request.GET.get("pk", ""))
        if (change := last_of_others(changes, request.user, since)) is not None
    ]
    if not found:
        return HttpResponse(status=204)
    last = max(found, key=lambda change: change.pgh_created_at)
    context = {"case": case, "said": said_of(last), "of_form": bool(kind), "of_case": kind in ("", "case")}
    return render(request, "cases/_changed.html", context)


def moment(text):
    """Return the moment that a page was opened at; a wrong one is a 400."""
    try:
        found = parse_datetime(text)
        if found and timezone.is_aware(found):
            return found.astimezone(UTC)  # the database refuses some offsets, such as +23:59
    except (ValueError, OverflowError):
        pass
    raise BadRequest(_("This is no moment: “%(text)s”.") % {"text": text[:40]})


def watched(case, kind, pk):
    """Return the histories that a page shows something of."""
    if kind == "case":
        return [model.pgh_event_model.objects.filter(**by) for model, by in of_the_case_itself(case)]
    if kind:
        if kind not in RECORD_FORMS or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise Http404
        model = RECORD_FORMS[kind]._meta.model
        own = [model.pgh_event_model.objects.filter(case=case.pk, pgh_obj=int(pk))]
        hanging = [Penalty, Finding] if kind == "sentences" else []
        return own + [each.pgh_event_model.objects.filter(case=case.pk, sentence=int(pk)) for each in hanging]
    person = [(Detainee, {"pgh_obj": case.detainee_id}), (Name, {"detainee": case.detainee_id})]
    of_case = [(model, {"case": case.pk}) for model in OF_CASE]
    return [
        model.pgh_event_model.objects.filter(**by) for model, by in [(Case, {"pgh_obj": case.pk}), *person, *of_case]
    ]


def of_the_case_itself(case):
    return [(Case, {"pgh_obj": case.pk}), (CaseTag, {"case": case.pk}), (TeamMember, {"case": case.pk})]


def last_of_others(changes, user, since):
    """Return the last change since then that the user sees and did not make."""
    rows = changes.visible_to(user).filter(pgh_created_at__gt=since).order_by("-pgh_created_at", "-pgh_id")
    return next((change for change in rows[:50] if who_and_why(change.pgh_context).get("user") != user.pk), None)
