"""Pages of organisations: the list with how many people have a role, one organisation with its people, the form."""

from django.db.models import Prefetch
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import OrganisationForm
from cases.models import Affiliation, Case, Detainee, Organisation
from cases.views.gone import or_anew
from cases.views.pages import (
    counted_up_to,
    delete_page,
    edit_page,
    first_cases,
    only_parameters,
    page_of,
    searched,
    up_to,
    visible_or_404,
    with_words,
)


def list_organisations(request):
    query, folded = searched(request)
    page = page_of(with_words(Organisation.objects.visible_to(request.user), query, folded), request)
    people = counted_up_to(page, Affiliation.objects.visible_to(request.user), "organisation", "detainee")
    for organisation in page:
        organisation.people = people[organisation.pk]
    return render(request, "cases/organisation_list.html", {"page": page, "query": query})


def show_organisation(request, pk):
    only_parameters(request.GET, ["page"])
    user = request.user
    organisation = visible_or_404(Organisation.objects, user, pk=pk)
    roles = Affiliation.objects.visible_to(user).filter(organisation=organisation)
    page = page_of(roles.prefetch_related(Prefetch("detainee", Detainee.objects.for_list())), request)
    context = {
        "organisation": organisation,
        "organisation_key": str(pk),
        "page": page,
        "people": up_to(roles.values("detainee").distinct()),
        **first_cases(Case.objects.of_organisations([pk]), user),
    }
    return render(request, "cases/organisation_detail.html", context)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("organisation-list"), "list_label": _("Organisations")}


def add_organisation(request):
    heading = _("New organisation")
    return edit_page(
        request, OrganisationForm, Organisation(), page="organisation-detail", key="pk", crumbs=crumbs(heading)
    )


@or_anew(add_organisation, Organisation, key="pk")
def edit_organisation(request, pk):
    organisation = visible_or_404(Organisation.objects, request.user, pk=pk)
    heading = _("Change %(name)s") % {"name": organisation}
    return edit_page(
        request, OrganisationForm, organisation, page="organisation-detail", key="pk", crumbs=crumbs(heading)
    )


def delete_organisation(request, pk):
    organisation = visible_or_404(Organisation.objects, request.user, pk=pk)
    heading = _("Delete %(name)s") % {"name": organisation}
    uses = [Affiliation.objects.filter(organisation=organisation)]
    return delete_page(request, organisation, uses, back="organisation-list", crumbs=crumbs(heading))
