"""The whole page of a case as it was recorded at a past moment, and two moments side by side."""

from functools import wraps

from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.as_known import (
    Moment,
    MomentError,
    NotPast,
    PastDossier,
    PastNotReady,
    as_it_is,
    as_known,
    comparison,
    exactly,
    moment_from,
    photo_is_the_same,
    summary,
    team_then,
    versions,
    visible_now,
)
from cases.dossier import Dossier
from cases.history.acts import around, of_case
from cases.models import HELD, Case, JointProceeding
from cases.views.case import case_or_404, case_page, chosen_view
from cases.views.pages import only_parameters, visible_or_404


def if_ready(view):
    """Say so in words where the schema of the past is not there."""

    @wraps(view)
    def shown(request, reference):
        try:
            return view(request, reference)
        except PastNotReady:
            return render(request, "cases/as_known_not_ready.html", status=503)

    return shown


@if_ready
def show_as_known(request, reference):
    """The page at the moment `at`; without one, the question for which."""
    user, case = request.user, visible_or_404(Case.objects, request.user, reference=reference)
    asked, rest = _asked(request.GET, ["at"])
    chosen = chosen_view(rest)
    try:
        moment = moment_from(asked["at"]) if asked["at"] else None
    except MomentError as error:
        return _choose(request, case, error=error)
    if moment is None:
        return _choose(request, case)
    with as_known(moment.at):
        dossier = _past(case, user, moment)
        if dossier:
            context = _as_of(moment, case_page(dossier, chosen), user) | _around(dossier.case, moment, user)
            return render(request, "cases/as_known.html", context)
    return _choose(request, case, moment=moment)


@if_ready
def compare(request, reference):
    """Two moments of a case, `one` and `other`, which is now unless it is given."""
    cases = Case.objects.prefetch_related("detainee__names")
    user, case = request.user, visible_or_404(cases, request.user, reference=reference)
    asked, rest = _asked(request.GET, ["one", "other"])
    only_parameters(rest, [])
    context = {"case": case, "asked": asked}
    try:
        moments = [moment_from(text) if text else None for text in asked.values()]
    except MomentError as error:
        return render(request, "cases/case_compare.html", context | {"error": error}, status=400)
    if not asked["one"]:
        return render(request, "cases/case_compare.html", context)
    moments.sort(key=lambda moment: (moment is None, moment and moment.at))
    (before, first), (after, second) = (_state(case, user, moment) for moment in moments)
    context |= {"moments": moments, "names": [_column(moment) for moment in moments]}
    context |= {"rows": _side_by_side(first, second), "found": comparison(before, after, user)}
    return render(request, "cases/case_compare.html", context)


def _asked(parameters, names):
    """Return the values of these parameters, and all others; two values for one are a 400."""
    for name, values in parameters.lists():
        if len(values) > 1:
            raise BadRequest(_("“%(name)s” is given twice.") % {"name": name[:40]})
    rest = {name: value for name, value in parameters.items() if name not in names}
    return {name: parameters.get(name, "").strip() for name in names}, rest


def _choose(request, case, *, moment=None, error=None):
    """Ask for a day; say what is wrong with the one that was asked for, or that nothing was recorded then."""
    first = None
    if moment:
        history = Case.pgh_event_model.objects.filter(pgh_obj=case.pk, pgh_label="insert")
        first = history.order_by("pgh_created_at").values_list("pgh_created_at", flat=True).first()
    context = {
        "case": case,
        "moment": moment,
        "first": exactly(first) if first else None,
        "gone": bool(first and first <= moment.at),
        "error": error,
        "not_past": isinstance(error, NotPast),
    }
    return render(request, "cases/as_known_choose.html", context, status=400 if error else 200)


def _past(case, user, moment):
    """Return the dossier of then, inside `as_known`; None if nothing of the case was there. A person hidden now is 404."""
    try:
        then = case_or_404(user, pk=case.pk)
    except Http404:
        return None
    with as_it_is():
        person = type(then.detainee).pgh_event_model.objects.visible_to(user).filter(pgh_obj=then.detainee_id)
        if not person.exists():
            raise Http404
    return PastDossier(then, user, moment.day)


def _as_of(moment, context, user):
    """Return the context of the page without what belongs to now, and without what the reader may not see now."""
    case = context["case"]
    cases = {other.pk for other in context["others"]} | {
        other.pk for _proceeding, together in context["proceedings"] for other in together
    }
    seen, _gone = visible_now(Case, cases, user) if cases else ((), ())
    proceedings = {proceeding.pk for proceeding, _together in context["proceedings"]}
    known, _gone = visible_now(JointProceeding, proceedings, user) if proceedings else ((), ())
    others = [other for other in context["others"] if other.pk in seen]
    case.has_photo = case.has_photo and photo_is_the_same(case.detainee_id)
    return context | {
        "moment": moment,
        "may_change": False,
        "others": others,
        "held_elsewhere": [other for other in others if other.status in HELD],
        "proceedings": [
            (proceeding, [other for other in together if other.pk in seen])
            for proceeding, together in context["proceedings"]
            if proceeding.pk in known
        ],
        "team": team_then(case, moment.at),
    }


def _around(case, moment, user):
    """Return the moments right after the change before the last one of then, and after the one that came next."""
    with as_it_is():
        found = around(of_case(case.pk, case.detainee_id, is_seen=True), user, moment.at)
    return dict(zip(["earlier", "later"], [exactly(at) if at else None for at in found], strict=True))


# ------------------------------------------------------------------------------------------------ comparing


def _state(case, user, moment: Moment | None):
    """Return the versions of all visible records and the facts in words at a moment; None is now."""
    if moment is None:
        then = case_or_404(user, pk=case.pk)
        return versions(then, user), summary(Dossier(then, user))
    with as_known(moment.at):
        dossier = _past(case, user, moment)
        return (versions(dossier.case, user), summary(dossier)) if dossier else ({}, {})


def _column(moment):
    return str(moment) if moment else _("Now")


def _side_by_side(first, second):
    """Return (label, what it was, what it is, whether they differ) for each fact of either moment."""
    labels = first or second
    return [
        (label, first.get(label, ""), second.get(label, ""), first.get(label) != second.get(label)) for label in labels
    ]
