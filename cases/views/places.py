"""Pages of places: the list with who is held there now, one place with its cases, the form."""

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import PlaceForm
from cases.models import Arrest, Case, Court, Detention, Place
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


def list_places(request):
    query, folded = searched(request)
    page = page_of(with_words(Place.objects.visible_to(request.user), query, folded), request)
    held = counted(held_now(request.user).filter(place__in=page.object_list), "place", "case__detainee")
    for place in page:
        place.held = held.get(place.pk, 0)
    return render(request, "cases/place_list.html", {"page": page, "query": query})


def show_place(request, pk):
    user = request.user
    place = visible_or_404(Place.objects, user, pk=pk)
    held = held_now(user).filter(place=place)
    stays, arrests = Detention.objects.public().filter(place=place), Arrest.objects.public().filter(place=place)
    cases = Case.objects.filter(Q(pk__in=stays.values("case")) | Q(pk__in=arrests.values("case")))
    context = {
        "place": place,
        "place_key": str(pk),
        "held": held.values("case__detainee").distinct().count(),
        "courts": place.courts.all(),
        **first_cases(cases, user),
    }
    return render(request, "cases/place_detail.html", context)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("place-list"), "list_label": _("Places")}


def add_place(request):
    return edit_page(request, PlaceForm, Place(), page="place-detail", key="pk", crumbs=crumbs(_("New place")))


@or_anew(add_place, Place, key="pk")
def edit_place(request, pk):
    place = visible_or_404(Place.objects, request.user, pk=pk)
    heading = _("Change %(name)s") % {"name": place}
    return edit_page(request, PlaceForm, place, page="place-detail", key="pk", crumbs=crumbs(heading))


def delete_place(request, pk):
    place = visible_or_404(Place.objects, request.user, pk=pk)
    uses = [model.objects.filter(place=place) for model in (Arrest, Detention, Court)]
    return delete_page(request, place, uses, back="place-list", crumbs=crumbs(_("Delete %(name)s") % {"name": place}))
