"""Bringing back what was: a record as it was, a deleted one, or all that one act changed. For editors, with a reason."""

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cases.forms.page import laid_out
from cases.forms.reasons import ReasonForm, remember
from cases.history.words import Names, headline
from cases.restore.making import of_act, of_deletion, to_version
from cases.restore.plan import Plan, Problem
from cases.restore.rows import ACCOUNTS, KINDS
from cases.restore.words import address_of, change_address, in_words, version_of
from cases.restore.writing import carry_out, one_at_a_time


def change_to_restore(user, kind, pk):
    """Return a change that an editor may undo or restore: hidden or missing is a 404, seen by others a 403."""
    model = KINDS.get(kind) or ACCOUNTS.get(kind)
    if model is None:
        raise Http404
    change = get_object_or_404(model.pgh_event_model.objects.visible_to(user), pk=pk)
    if not user.is_editor:
        raise PermissionDenied
    return change


def of_account(change, user, *, lock=False):
    """What is done with accounts and roles is done in the administration, by somebody who means it."""
    return Plan(user, change, obstacles=[Problem(_("Accounts and roles can't be brought back here."))])


def restore_change(request, kind, pk):
    change = change_to_restore(request.user, kind, pk)
    before = "before" in request.GET
    if kind in ACCOUNTS:
        make = of_account
    elif change.pgh_label == "delete":
        make = of_deletion
    else:

        def make(change, user, *, lock=False):
            return to_version(change, user, before=before, lock=lock)

    words = {"restores": f"{kind}/{pk}"}
    button = _("Bring it back") if change.pgh_label == "delete" else _("Restore it")
    return plan_page(request, change, make, words, heading=heading_of(change, before), button=button)


def undo_act(request, kind, pk):
    change = change_to_restore(request.user, kind, pk)
    make = of_account if kind in ACCOUNTS else of_act
    words = {"undoes": f"{kind}/{pk}"}
    return plan_page(request, change, make, words, heading=_("Undo this change"), button=_("Undo it"))


def heading_of(change, before):
    if change.pgh_label == "delete":
        return _("Bring back what was deleted")
    return _("Restore what was before this change") if before else _("Restore this version")


def plan_page(request, change, make, words, *, heading, button):
    """Show what would be done and ask why; do it if that is what the user was shown, else show it anew."""
    user = request.user
    form = ReasonForm(request.POST if request.method == "POST" else None, user=user)
    agreed = request.POST.get("plan", "") if form.is_bound and form.is_valid() else None
    if agreed:
        with transaction.atomic(), pghistory.context(reason=form.cleaned_data["reason"], **words):
            one_at_a_time()
            plan = make(change, user, lock=True)
            carry_out(plan, agreed)
    else:
        plan = make(change, user)
        carry_out(plan)
    if plan.done:
        remember_reason(user, form.cleaned_data["reason"], plan)
        return done(request, change)
    names, version = Names(user), version_of(change)
    context = {
        "plan": plan,
        "reason": laid_out(form, "reason"),
        "heading": heading,
        "button": button,
        "what": headline(change.pgh_tracked_model, version, names),
        "moved_on": agreed is not None,
        "undoes": "undoes" in words,
        "before": "before" in request.GET,
        "before_url": before_url(request, change, words),
        "list_url": reverse("change-list"),
        "back_url": address_of(change, user) or change_address(change),
        "change_url": change_address(change),
        **in_words(plan),
    }
    return render(request, "cases/restore.html", context)


def before_url(request, change, words):
    """Return where the state before the change is offered, if there is one and it isn't what is shown."""
    kind = change.pgh_tracked_model._meta.model_name
    if "restores" not in words or change.pgh_label != "update" or "before" in request.GET or kind in ACCOUNTS:
        return ""
    return f"{reverse('change-restore', args=words['restores'].split('/'))}?before=1"


def remember_reason(user, reason, plan):
    """Offer the reason again, if everybody may see all that it was given for."""
    step = plan.steps[0]
    if len(plan.steps) == 1 and step.after:
        remember(user, reason, step.model._base_manager.get(pk=step.pk))


def done(request, change):
    """Say that it is done, with the way to the record, and go there if the user still sees it."""
    url = address_of(change, request.user)
    said = _("Restored. The history keeps who did it and why.")
    history = format_html(' <a href="{}">{}</a>', change_address(change), _("See the change that this was about"))
    messages.success(request, format_html("{}{}", said, history))
    return redirect(url or "case-list")
