"""Adding, changing and deleting the records of a case, and cases themselves."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.case import CaseForm
from cases.forms.conflicts import said_of
from cases.forms.kinds import RECORD_FORMS
from cases.forms.page import laid_out, only_looking
from cases.forms.records import in_a_line
from cases.forms.sentences import penalty_in_words
from cases.models import RECORD_MODELS, Case, Citation, Standing
from cases.models.changes import deletion
from cases.restore.words import held_by
from cases.views.gone import what_happened
from cases.views.notice import watch
from cases.views.pages import delete_with_reason, links_to, reason_to_delete


def case_to_change(user, reference):
    """Return the case if the user may change it: hidden or missing is a 404, seen but not to be changed a 403."""
    case = get_object_or_404(Case.objects.visible_to(user).select_related("detainee"), reference=reference)
    if not case.may_be_changed_by(user):
        raise PermissionDenied
    return case


def form_for(kind):
    if kind not in RECORD_FORMS:
        raise Http404
    return RECORD_FORMS[kind]


def record_of(case, user, kind, pk, *, lock):
    """Return a record of this case that the user may see, locked if it is about to be changed."""
    rows = form_for(kind)._meta.model.objects.visible_to(user).filter(case=case).select_related("event", "updated_by")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    return get_object_or_404(rows, pk=pk)


def saved(form, save):
    """Return what `save` wrote, or None with an error on the form if another person's change made it impossible."""
    try:
        with transaction.atomic():
            return save()
    except IntegrityError:
        form.add_error(
            None, _("Somebody else has just saved something that contradicts this. Look at it and save again.")
        )
        return None


def record_add(request, reference, kind):
    if gone := case_gone(request, reference):
        return gone
    case = case_to_change(request.user, reference)
    form = form_for(kind)(request.POST if request.method == "POST" else None, case=case, user=request.user)
    return take_record(request, case, kind, form) or record_page(request, case, kind, form)


@transaction.atomic
def record_edit(request, reference, kind, pk):
    if gone := case_gone(request, reference) or record_gone(request, reference, kind, pk):
        return gone
    case = case_to_change(request.user, reference)
    record = record_of(case, request.user, kind, pk, lock=request.method == "POST")
    data = request.POST if request.method == "POST" else None
    form = form_for(kind)(data, case=case, user=request.user, instance=record)
    return take_record(request, case, kind, form) or record_page(request, case, kind, form)


def case_gone(request, reference):
    """Return the page with what was typed if a form was sent for a case that a colleague has deleted meanwhile."""
    if request.method != "POST" or Case.objects.filter(reference=reference).exists():
        return None
    change = deletion(Case, request.user, reference=reference)
    if change is None or not request.user.is_researcher:
        return None
    return render(request, "cases/case_gone.html", {"said": said_of(change), "typed": typed_texts(request.POST)})


def typed_texts(data):
    """Return [(name of the field, text)] of all that was filled in."""
    machinery = re.compile(r"csrfmiddlewaretoken|version|opened|draft.*|choose-.*|.*_(FORMS|for|choice)")
    return [(name, text) for name, texts in data.lists() for text in texts if text and not machinery.fullmatch(name)]


def record_gone(request, reference, kind, pk):
    """Return the form of a new record with what was typed if a colleague has deleted the one that it was for."""
    model = form_for(kind)._meta.model
    if request.method != "POST" or model.objects.filter(pk=pk).exists():
        return None
    case = case_to_change(request.user, reference)
    change = deletion(model, request.user, pgh_obj=pk, case=case.pk)
    if change is None:
        return None
    form = form_for(kind)(request.POST, case=case, user=request.user)
    form.is_complete()
    form.add_error(None, what_happened(change))
    return record_page(request, case, kind, form, action=reverse("record-add", args=[case.reference, kind]))


def taken(request, form):
    """Save what was sent, and return what was written; None if there is nothing to save yet, or if it has to come back."""
    if not form.is_bound:
        return None
    complete = form.is_complete()
    if "find" in request.POST:
        only_looking(form.together.forms, request.POST["find"])
        return None
    return saved(form, form.save_all) if complete else None


def take_record(request, case, kind, form):
    """Save what was sent, and return the way on; None if it has to come back."""
    if taken(request, form) is None:
        return None
    messages.success(request, _("Saved."))
    if "another" in request.POST:
        return redirect("record-add", case.reference, kind)
    return redirect("case-detail", case.reference)


def record_page(request, case, kind, form, action=""):
    context = {
        "case": case,
        "kind": kind,
        "form": form,
        "record": form.instance,
        "action": action,
        "watch": watch(case, kind, form.instance.pk) if form.instance.pk else "",
        "name": form._meta.model._meta.verbose_name,
    }
    return render(request, "cases/record_form.html", context)


@transaction.atomic
def record_delete(request, reference, kind, pk):
    case = case_to_change(request.user, reference)
    record = record_of(case, request.user, kind, pk, lock=request.method == "POST")
    form = reason_to_delete(request)
    if form.is_valid():
        delete_with_reason(request, record, form.cleaned_data["reason"])
        return redirect("case-detail", case.reference)
    context = {
        "case": case,
        "record": record,
        "line": in_a_line(record),
        "goes": goes_with(record, request.user),
        "cut": links_to(record, request.user),
        "rivals": rivals_left(record, request.user),
        "reason": laid_out(form, "reason"),
        "name": record._meta.verbose_name,
    }
    return render(request, "cases/record_delete.html", context)


def goes_with(record, user):
    """Return in words what is deleted with a record, as far as the user may see it."""
    found = []
    cited = Citation.objects.visible_to(user).filter(**{record._meta.model_name: record})
    known = Citation.objects.known_to(user).filter(pk__in=cited.values("pk")).count()
    if known:
        found.append(_("Citations: %(number)s. Their sources stay.") % {"number": known})
    if cited.count() > known:
        found.append(_("What a protected source says of it. The source stays."))
    if hasattr(record, "penalties"):
        found += [
            _("Penalty: %(penalty)s") % {"penalty": penalty_in_words(penalty)} for penalty in record.penalties.all()
        ]
    if hasattr(record, "findings"):
        seen = record.findings.model.objects.visible_to(user).filter(pk__in=record.findings.values("pk"))
        found += [
            _("Finding: %(charge)s, %(outcome)s")
            % {"charge": in_a_line(finding.charge), "outcome": finding.get_outcome_display()}
            for finding in seen.select_related("charge__provision")
        ]
    return found


def rivals_left(record, user):
    """Return how many other accounts of the event the user sees, if this is the accepted one: then none is."""
    if record.standing != Standing.ACCEPTED:
        return 0
    return sum(
        model.objects.visible_to(user).filter(event=record.event_id).count() - (type(record) is model)
        for model in RECORD_MODELS
    )


@transaction.atomic
def case_edit(request, reference):
    if gone := case_gone(request, reference):
        return gone
    case = case_to_change(request.user, reference)
    if request.method == "POST":
        rows = Case.objects.visible_to(request.user).select_related("detainee").select_for_update(of=("self",))
        case = get_object_or_404(rows, pk=case.pk)
    form = CaseForm(request.POST if request.method == "POST" else None, instance=case, user=request.user)
    if taken(request, form) is not None:
        messages.success(request, _("Saved."))
        return redirect("case-detail", case.reference)
    return render(request, "cases/case_form.html", {"case": case, "form": form, "watch": watch(case, "case")})


@transaction.atomic
def case_delete(request, reference):
    case = case_to_change(request.user, reference)
    if not request.user.is_editor:
        raise PermissionDenied
    form = reason_to_delete(request)
    if form.is_valid():
        case = get_object_or_404(Case.objects.select_for_update(of=("self",)), pk=case.pk)
        delete_with_reason(request, case, form.cleaned_data["reason"])
        return redirect("case-list")
    context = {"case": case, "counts": held_by(Case, [case.pk], request.user), "reason": laid_out(form, "reason")}
    return render(request, "cases/case_delete.html", context)
