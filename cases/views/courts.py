"""Pages of courts: the list, one court with its cases, the form."""

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import CourtForm
from cases.models import Case, Court, Hearing, Sentence
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


def list_courts(request):
    query, folded = searched(request)
    courts = Court.objects.visible_to(request.user).select_related("place")
    page = page_of(with_words(courts, query, folded), request)
    cases = Case.objects.visible_to(request.user).values("pk")
    hearings, sentences = (
        counted(model.objects.public().filter(case__in=cases, court__in=page.object_list), "court", "pk")
        for model in (Hearing, Sentence)
    )
    for court in page:
        court.hearing_count, court.sentence_count = hearings.get(court.pk, 0), sentences.get(court.pk, 0)
    return render(request, "cases/court_list.html", {"page": page, "query": query})


def show_court(request, pk):
    court = visible_or_404(Court.objects.select_related("place"), request.user, pk=pk)
    heard, sentenced = (model.objects.public().filter(court=court).values("case") for model in (Hearing, Sentence))
    cases = Case.objects.filter(Q(pk__in=heard) | Q(pk__in=sentenced))
    return render(
        request, "cases/court_detail.html", {"court": court, "court_key": str(pk), **first_cases(cases, request.user)}
    )


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("court-list"), "list_label": _("Courts")}


def add_court(request):
    return edit_page(request, CourtForm, Court(), page="court-detail", key="pk", crumbs=crumbs(_("New court")))


@or_anew(add_court, Court, key="pk")
def edit_court(request, pk):
    court = visible_or_404(Court.objects, request.user, pk=pk)
    heading = _("Change %(name)s") % {"name": court}
    return edit_page(request, CourtForm, court, page="court-detail", key="pk", crumbs=crumbs(heading))


def delete_court(request, pk):
    court = visible_or_404(Court.objects, request.user, pk=pk)
    uses = [model.objects.filter(court=court) for model in (Hearing, Sentence)]
    return delete_page(request, court, uses, back="court-list", crumbs=crumbs(_("Delete %(name)s") % {"name": court}))
