"""Adding, changing and deleting the records of a case, and cases themselves."""

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.forms.add import CaseAddForm
from cases.forms.case import CaseForm
from cases.forms.kinds import RECORD_FORMS
from cases.forms.page import only_looking
from cases.forms.records import in_a_line
from cases.forms.sentences import penalty_in_words
from cases.models import RECORD_MODELS, Case, Citation, Detainee

LONGEST_REASON = 500


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
    case = case_to_change(request.user, reference)
    form = form_for(kind)(request.POST if request.method == "POST" else None, case=case, user=request.user)
    return take_record(request, case, kind, form) or record_page(request, case, kind, form)


@transaction.atomic
def record_edit(request, reference, kind, pk):
    case = case_to_change(request.user, reference)
    record = record_of(case, request.user, kind, pk, lock=request.method == "POST")
    data = request.POST if request.method == "POST" else None
    form = form_for(kind)(data, case=case, user=request.user, instance=record)
    return take_record(request, case, kind, form) or record_page(request, case, kind, form)


def take_record(request, case, kind, form):
    """Save what was sent, and return the way on; None if it has to come back."""
    if not form.is_bound:
        return None
    complete = form.is_complete()
    if "find" in request.POST:
        only_looking(form.together.forms, request.POST["find"])
        return None
    if not complete or saved(form, form.save_all) is None:
        return None
    messages.success(request, _("Saved."))
    if "another" in request.POST:
        return redirect("record-add", case.reference, kind)
    return redirect("case-detail", case.reference)


def record_page(request, case, kind, form):
    context = {
        "case": case,
        "kind": kind,
        "form": form,
        "record": form.instance,
        "name": form._meta.model._meta.verbose_name,
    }
    return render(request, "cases/record_form.html", context)


@transaction.atomic
def record_delete(request, reference, kind, pk):
    case = case_to_change(request.user, reference)
    record = record_of(case, request.user, kind, pk, lock=request.method == "POST")
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and reason and len(reason) <= LONGEST_REASON:
        with pghistory.context(reason=reason):
            record.delete()
        messages.success(request, _("Deleted. Its history is kept."))
        return redirect("case-detail", case.reference)
    context = {
        "case": case,
        "kind": kind,
        "record": record,
        "line": in_a_line(record),
        "goes": goes_with(record, request.user),
    }
    context |= {"reason": reason, "error": reason_error(request, reason), "name": record._meta.verbose_name}
    return render(request, "cases/record_delete.html", context)


def reason_error(request, reason):
    if request.method != "POST":
        return ""
    if reason:
        return _("A reason takes at most %(number)s characters.") % {"number": LONGEST_REASON}
    return _("Say why it is deleted.")


def goes_with(record, user):
    """Return in words what is deleted with a record, as far as the user may see it."""
    found = []
    cited = Citation.objects.visible_to(user).filter(**{record._meta.model_name: record}).count()
    if cited:
        found.append(_("Citations: %(number)s. Their sources stay.") % {"number": cited})
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


def case_add(request):
    if not request.user.is_reader:
        raise Http404
    if not request.user.is_researcher:
        raise PermissionDenied
    person = Detainee.objects.visible_to(request.user).filter(reference=request.GET.get("person", "")).first()
    form = CaseAddForm(request.POST if request.method == "POST" else None, user=request.user, person=person)
    if form.is_bound:
        complete = form.is_complete()
        if "find" in request.POST:
            only_looking(form.together.forms, request.POST["find"])
        elif complete and (case := saved(form, form.save_all)) is not None:
            messages.success(request, _("The case is recorded."))
            return redirect("case-detail", case.reference)
    return render(request, "cases/case_add.html", {"form": form})


@transaction.atomic
def case_edit(request, reference):
    case = case_to_change(request.user, reference)
    if request.method == "POST":
        rows = Case.objects.visible_to(request.user).select_related("detainee").select_for_update(of=("self",))
        case = get_object_or_404(rows, pk=case.pk)
    form = CaseForm(request.POST if request.method == "POST" else None, instance=case, user=request.user)
    if form.is_bound:
        complete = form.is_valid()
        if "find" in request.POST:
            only_looking(form.together.forms, request.POST["find"])
        elif complete and saved(form, form.save_all) is not None:
            messages.success(request, _("Saved."))
            return redirect("case-detail", case.reference)
    return render(request, "cases/case_form.html", {"case": case, "form": form})


@transaction.atomic
def case_delete(request, reference):
    case = case_to_change(request.user, reference)
    if not request.user.is_editor:
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST" and reason and len(reason) <= LONGEST_REASON:
        with pghistory.context(reason=reason):
            Case.objects.select_for_update(of=("self",)).get(pk=case.pk).delete()
        messages.success(request, _("The case is deleted. Its history is kept."))
        return redirect("case-list")
    counts = [
        (model._meta.verbose_name_plural, model.objects.visible_to(request.user).filter(case=case).count())
        for model in RECORD_MODELS
    ]
    context = {"case": case, "counts": [count for count in counts if count[1]]}
    context |= {"reason": reason, "error": reason_error(request, reason)}
    return render(request, "cases/case_delete.html", context)
