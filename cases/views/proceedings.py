"""Pages of joint proceedings: the list, one proceeding with its people, the form."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import ProceedingForm
from cases.models import JointProceeding, JointProceedingCase
from cases.views.gone import or_anew
from cases.views.pages import (
    counted,
    delete_page,
    edit_page,
    first_cases,
    held_now,
    page_of,
    searched,
    visible_or_404,
    with_words,
)


def list_proceedings(request):
    query, folded = searched(request)
    page = page_of(with_words(JointProceeding.objects.visible_to(request.user), query, folded), request)
    seen = JointProceedingCase.objects.visible_to(request.user).filter(proceeding__in=page.object_list)
    people = counted(seen, "proceeding", "case__detainee")
    held = counted(seen.filter(case__in=held_now(request.user).values("case")), "proceeding", "case__detainee")
    for proceeding in page:
        proceeding.people, proceeding.held = people.get(proceeding.pk, 0), held.get(proceeding.pk, 0)
    return render(request, "cases/proceeding_list.html", {"page": page, "query": query})


def show_proceeding(request, reference):
    proceeding = visible_or_404(JointProceeding.objects.all(), request.user, reference=reference)
    context = {"proceeding": proceeding, **first_cases(proceeding.cases.all(), request.user)}
    return render(request, "cases/proceeding_detail.html", context)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("proceeding-list"), "list_label": _("Joint proceedings")}


def add_proceeding(request):
    return edit_page(
        request, ProceedingForm, JointProceeding(), page="proceeding-detail", crumbs=crumbs(_("New joint proceeding"))
    )


@or_anew(add_proceeding, JointProceeding)
def edit_proceeding(request, reference):
    proceeding = visible_or_404(JointProceeding.objects.all(), request.user, reference=reference)
    heading = _("Change “%(name)s”") % {"name": proceeding}
    return edit_page(request, ProceedingForm, proceeding, page="proceeding-detail", crumbs=crumbs(heading))


def delete_proceeding(request, reference):
    proceeding = visible_or_404(JointProceeding.objects.all(), request.user, reference=reference)
    uses = [JointProceedingCase.objects.filter(proceeding=proceeding)]
    heading = _("Delete “%(name)s”") % {"name": proceeding}
    return delete_page(request, proceeding, uses, back="proceeding-list", crumbs=crumbs(heading))
