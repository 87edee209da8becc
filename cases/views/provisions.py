"""Pages of articles: the list by code, one article with who was charged under it, the form."""

from django.db.models import F, Func, IntegerField, Value
from django.db.models.functions import Cast
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import ProvisionForm
from cases.models import Case, Charge, Provision
from cases.views.gone import or_anew
from cases.views.pages import (
    counted,
    delete_page,
    edit_page,
    first_cases,
    page_of,
    searched,
    visible_or_404,
    with_words,
)


def by_number(name):
    """Order 30 before 212: by the digits that an article or part begins with."""
    return Cast(Func(F(name), Value("^[0-9]{1,9}"), function="substring"), IntegerField()).asc(nulls_last=True)


def list_provisions(request):
    query, folded = searched(request)
    provisions = Provision.objects.visible_to(request.user).select_related("code")
    provisions = provisions.order_by(
        "code__name", "code", by_number("article"), "article", by_number("part"), "part", "point", "pk"
    )
    page = page_of(with_words(provisions, query, folded), request)
    cases = Case.objects.visible_to(request.user).values("pk")
    charges = Charge.objects.public().filter(case__in=cases, provision__in=page.object_list)
    charged = counted(charges, "provision", "case")
    for provision in page:
        provision.charged = charged.get(provision.pk, 0)
    return render(request, "cases/provision_list.html", {"page": page, "query": query})


def show_provision(request, pk):
    provision = visible_or_404(Provision.objects.select_related("code"), request.user, pk=pk)
    cases = Case.objects.filter(pk__in=Charge.objects.public().filter(provision=provision).values("case"))
    context = {"provision": provision, **first_cases(cases, request.user)}
    return render(request, "cases/provision_detail.html", context)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("provision-list"), "list_label": _("Articles")}


def add_provision(request):
    return edit_page(
        request, ProvisionForm, Provision(), page="provision-detail", key="pk", crumbs=crumbs(_("New article"))
    )


@or_anew(add_provision, Provision, key="pk")
def edit_provision(request, pk):
    provision = visible_or_404(Provision.objects.select_related("code"), request.user, pk=pk)
    heading = _("Change article %(name)s") % {"name": provision}
    return edit_page(request, ProvisionForm, provision, page="provision-detail", key="pk", crumbs=crumbs(heading))


def delete_provision(request, pk):
    provision = visible_or_404(Provision.objects.select_related("code"), request.user, pk=pk)
    uses = [Charge.objects.filter(provision=provision)]
    heading = _("Delete article %(name)s") % {"name": provision}
    return delete_page(request, provision, uses, back="provision-list", crumbs=crumbs(heading))
