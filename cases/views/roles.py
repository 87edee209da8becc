"""Adding, changing and deleting roles of a person in organisations."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.dossier import cited_of
from cases.forms.page import laid_out
from cases.forms.roles import RoleForm
from cases.models import Affiliation, Citation, Detainee, Source
from cases.models.changes import deletion
from cases.timeline import Sources
from cases.views.gone import what_happened
from cases.views.pages import delete_with_reason, reason_to_delete, visible_or_404
from cases.views.records import goes_with, taken


def roles_of(person, user):
    """Return the roles of a person whom the user sees, as with_sources does."""
    roles = affiliations_of(person)
    if not roles:
        return []
    cited = Citation.objects.filter(affiliation__in=roles).select_related("source", "cites").order_by("pk")
    cited = list(cited.defer("source__captured_text", "cites__captured_text"))
    return with_sources(roles, cited, user, Source.objects.known_through(cited, user))


def affiliations_of(person):
    return list(Affiliation.objects.filter(detainee=person).select_related("organisation"))


def with_sources(roles, cited, user, known):
    """Return the roles, each with the `sources` that the user may know; `is_protected` says that it rests on others, too.

    `cited`: the citations of all of them; `known`: the keys of the sources that the user knows.
    """
    for role in roles:
        mine = [citation for citation in cited if citation.affiliation_id == role.pk]
        role.told = Sources(cited_of(mine, user, known))
        role.sources = list(dict.fromkeys(one.source for one in mine if one.source_id in known))
        role.is_protected = any(one.source_id not in known for one in mine)
        role.is_unsourced = not mine
    return roles


def person_to_change(user, reference):
    """Return the person if the user may change them: hidden or missing is a 404, seen but not to be changed a 403."""
    person = visible_or_404(Detainee.objects.for_list(), user, reference=reference)
    if not user.is_researcher:
        raise PermissionDenied
    return person


def role_of(person, pk, *, lock):
    """Return a role of this person, locked if it is about to be changed."""
    roles = Affiliation.objects.select_related("organisation", "updated_by").filter(detainee=person)
    return get_object_or_404(roles.select_for_update(of=("self",)) if lock else roles, pk=pk)


def add_role(request, reference):
    person = person_to_change(request.user, reference)
    form = RoleForm(request.POST if request.method == "POST" else None, person=person, user=request.user)
    return take_role(request, person, form) or role_page(request, person, form)


@transaction.atomic
def edit_role(request, reference, pk):
    person = person_to_change(request.user, reference)
    data = request.POST if request.method == "POST" else None
    try:
        role = role_of(person, pk, lock=request.method == "POST")
    except Http404:
        if data is None or (change := deletion(Affiliation, request.user, pgh_obj=pk, detainee=person.pk)) is None:
            raise
        return role_anew(request, person, change)
    form = RoleForm(data, person=person, user=request.user, instance=role)
    return take_role(request, person, form) or role_page(request, person, form)


def role_anew(request, person, change):
    """Show the form of a new role with what was typed for one that a colleague has deleted meanwhile."""
    form = RoleForm(request.POST, person=person, user=request.user)
    form.is_complete()
    form.add_error(None, what_happened(change))
    return role_page(request, person, form, action=reverse("role-add", args=[person.reference]))


def take_role(request, person, form):
    """Save what was sent, and return the way on; None if it has to come back."""
    if taken(request, form) is None:
        return None
    messages.success(request, _("Saved."))
    if "another" in request.POST:
        return redirect("role-add", person.reference)
    return redirect("person-detail", person.reference)


def role_page(request, person, form, action=""):
    context = {"person": person, "form": form, "role": form.instance, "action": action}
    return render(request, "cases/role_form.html", context)


@transaction.atomic
def delete_role(request, reference, pk):
    person = person_to_change(request.user, reference)
    role = role_of(person, pk, lock=request.method == "POST")
    form = reason_to_delete(request)
    if form.is_valid():
        delete_with_reason(request, role, form.cleaned_data["reason"])
        return redirect("person-detail", person.reference)
    context = {
        "person": person,
        "role": role,
        "goes": goes_with(role, request.user),
        "reason": laid_out(form, "reason"),
    }
    return render(request, "cases/role_delete.html", context)
