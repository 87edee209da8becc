"""Pages of lawyers: the list with what each defends now, one lawyer with all their cases, the form."""

from django.db.models import Exists, OuterRef
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.dates import today
from cases.forms.things import LawyerForm, LawyerNames
from cases.models import Case, Detainee, Lawyer, Name, Representation
from cases.views.gone import or_anew
from cases.views.pages import (
    counted,
    delete_page,
    edit_page,
    first_cases,
    page_of,
    searched,
    visible_or_404,
)


def list_lawyers(request):
    query, folded = searched(request)
    lawyers = Lawyer.objects.visible_to(request.user).for_list().order_by("-pk")
    if query and not folded:
        lawyers = lawyers.none()
    for word in folded:
        lawyers = lawyers.filter(Exists(Name.objects.filter(lawyer=OuterRef("pk"), key__contains=word)))
    page = page_of(lawyers, request)
    of_page = defences(request.user).filter(lawyer__in=page.object_list)
    numbers = counted(of_page.on(today()), "lawyer", "case")
    all_numbers = counted(of_page, "lawyer", "case")
    for lawyer in page:
        lawyer.cases_now, lawyer.cases_ever = numbers.get(lawyer.pk, 0), all_numbers.get(lawyer.pk, 0)
    return render(request, "cases/lawyer_list.html", {"page": page, "query": query})


def defences(user):
    """Return what counts of lawyers' work: accepted, open to all who see the case."""
    return Representation.objects.public().filter(case__in=Case.objects.visible_to(user).values("pk"))


def show_lawyer(request, reference):
    user = request.user
    lawyer = visible_or_404(Lawyer.objects.for_list(), user, reference=reference)
    cases = Case.objects.filter(pk__in=defences(user).filter(lawyer=lawyer).values("case"))
    person = Detainee.objects.visible_to(user).filter(pk=lawyer.detainee_id).for_list().first()
    context = {"lawyer": lawyer, "person": person, **first_cases(cases, user)}
    return render(request, "cases/lawyer_detail.html", context)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("lawyer-list"), "list_label": _("Lawyers")}


def add_lawyer(request):
    return edit_page(
        request, LawyerForm, Lawyer(), page="lawyer-detail", crumbs=crumbs(_("New lawyer")), names_class=LawyerNames
    )


@or_anew(add_lawyer, Lawyer)
def edit_lawyer(request, reference):
    lawyer = visible_or_404(Lawyer.objects.for_list(), request.user, reference=reference)
    heading = _("Change %(name)s") % {"name": lawyer}
    return edit_page(request, LawyerForm, lawyer, page="lawyer-detail", crumbs=crumbs(heading), names_class=LawyerNames)


def delete_lawyer(request, reference):
    lawyer = visible_or_404(Lawyer.objects.for_list(), request.user, reference=reference)
    uses = [Representation.objects.filter(lawyer=lawyer)]
    return delete_page(
        request, lawyer, uses, back="lawyer-list", crumbs=crumbs(_("Delete %(name)s") % {"name": lawyer})
    )
