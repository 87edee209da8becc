"""The accounts of one event: compared side by side, added to, and decided on."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.accounts import Accounts, lock
from cases.dossier import KINDS, Dossier
from cases.forms.accounts import AcceptForm, JoinForm, RejectForm, TakeBackForm, TakeForm
from cases.forms.reasons import remember
from cases.models import Case, Standing
from cases.views.pages import only_parameters, why
from cases.views.records import case_to_change, form_for, record_of, taken


@require_safe
def list_accounts(request, reference, kind, pk):
    """All accounts of an event side by side, field by field."""
    case = get_object_or_404(Case.objects.visible_to(request.user).select_related("detainee"), reference=reference)
    accounts = _accounts(request, case, kind, pk)
    may_take = request.user.is_editor and case.may_be_changed_by(request.user) and accounts.differ
    return _compared(request, accounts, TakeForm(accounts=accounts, user=request.user) if may_take else None)


@transaction.atomic
def take_values(request, reference, kind, pk):
    """The same page, where an editor takes single values of other accounts into the accepted one."""
    accounts = _accounts(request, _case_to_decide(request, reference), kind, pk)
    if not accounts.differ:
        return _compared(request, accounts, None)
    form = TakeForm(request.POST if request.method == "POST" else None, accounts=accounts, user=request.user)
    if not _is_saved(request, form):
        return _compared(request, accounts, form)
    messages.success(request, _("The accepted account has the values that you chose, each with its sources."))
    return redirect("account-list", reference, kind, pk)


def _compared(request, accounts, form):
    case, user = accounts.case, request.user
    context = {"case": case, "person": case.detainee, "accounts": accounts, "form": form, "is_editor": user.is_editor}
    return render(request, "cases/account_list.html", context | {"may_change": case.may_be_changed_by(user)})


def _case_to_decide(request, reference):
    case = case_to_change(request.user, reference)
    if not request.user.is_editor:
        raise PermissionDenied
    return case


def add_account(request, reference, kind, pk):
    """The form for a rival account: of the same kind of record, or of the kind that `as` names."""
    case = case_to_change(request.user, reference)
    record = record_of(case, request.user, kind, pk, lock=False)
    other = _other_kind(request, kind)
    form_class = form_for(other)
    rival = form_class._meta.model(case=case, event=record.event, standing=Standing.ALTERNATIVE, remark="")
    form = form_class(request.POST if request.method == "POST" else None, case=case, user=request.user, instance=rival)
    if (added := taken(request, form)) is not None:
        if form.evidence.is_given:
            messages.success(request, _("The account is added beside the others."))
        else:
            messages.warning(request, _("The account is added, but it has no source yet: who says so?"))
        if "another" in request.POST:
            return redirect(request.get_full_path())
        return redirect("account-list", case.reference, other, added.pk)
    kinds = [(name, capfirst(model._meta.verbose_name), name == other) for name, (model, _related) in KINDS.items()]
    context = {"case": case, "kind": other, "form": form, "record": rival, "name": rival._meta.verbose_name}
    context |= {"kinds": kinds, "of": record, "of_kind": kind, "of_name": record._meta.verbose_name}
    return render(request, "cases/account_add.html", context)


def _other_kind(request, kind):
    only_parameters(request.GET, ["as"])
    other = request.GET.get("as") or kind
    if other not in KINDS:
        words = {"value": other[:40], "choices": ", ".join(KINDS)}
        raise BadRequest(_("“%(value)s” is no kind of record. It can be: %(choices)s.") % words)
    return other


def accept_account(request, reference, kind, pk):
    return _decide(request, reference, kind, pk, AcceptForm, "accept", _("The account is accepted."))


def reject_account(request, reference, kind, pk):
    return _decide(request, reference, kind, pk, RejectForm, "reject", _("The account is rejected."))


def take_back(request, reference, kind, pk):
    return _decide(request, reference, kind, pk, TakeBackForm, "take_back", _("The rejection is taken back."))


def join_accounts(request, reference, kind, pk):
    done = _("The accounts stand beside the one that you chose.")
    return _decide(request, reference, kind, pk, JoinForm, "join", done)


@transaction.atomic
def _decide(request, reference, kind, pk, form_class, what, done):
    case = _case_to_decide(request, reference)
    accounts = _accounts(request, case, kind, pk)
    form = form_class(request.POST if request.method == "POST" else None, accounts=accounts, user=request.user)
    if form.applies and _is_saved(request, form):
        messages.success(request, done)
        return redirect("account-list", case.reference, kind, pk)
    context = {"case": case, "accounts": accounts, "one": accounts.one, "form": form, "what": what}
    return render(request, "cases/account_decide.html", context)


def _accounts(request, case, kind, pk):
    """The accounts of the record's event; locked, and read after that, if something is decided about them."""
    if kind not in KINDS:
        raise Http404
    if request.method == "POST":
        lock(record_of(case, request.user, kind, pk, lock=False).event_id)
    dossier = Dossier(case, request.user)
    record = next((record for record in dossier.records[kind] if record.pk == pk), None)
    if record is None:
        raise Http404
    return Accounts(dossier, record)


def _is_saved(request, form):
    """Whether the decision was sent, may be taken, and is written; else the form says why not."""
    if not form.is_bound or not form.is_valid():
        return False
    reason = form.cleaned_data["reason"]
    try:
        with transaction.atomic(), why(reason):
            record = form.save()
            remember(request.user, reason, record)
    except IntegrityError:
        moved = _("Somebody accepted another account a moment ago.")
        form.add_error(None, f"{moved} {_('Nothing is saved yet: look again.')}")
        return False
    return True
