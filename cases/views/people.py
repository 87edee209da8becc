"""Pages of people: the list, one person with all their cases, the form."""

from collections import defaultdict

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.dossier import cited_of
from cases.forms.things import PersonForm, PersonNames
from cases.models import Case, Citation, Detainee, Lawyer, Name, Photo
from cases.timeline import Sources
from cases.views.gone import or_anew
from cases.views.pages import delete_page, edit_page, page_of, rows_today, searched, visible_or_404
from cases.views.roles import roles_of


def list_people(request):
    query, folded = searched(request)
    people = Detainee.objects.visible_to(request.user).for_list()
    if query and not folded:
        people = people.none()
    for word in folded:
        people = people.filter(
            Q(key__contains=word) | Exists(Name.objects.filter(detainee=OuterRef("pk"), key__contains=word))
        )
    page = page_of(people.order_by("-pk"), request)
    rows = defaultdict(list)
    for row in rows_today(Case.objects.filter(detainee__in=page.object_list), request.user):
        rows[row.case.detainee_id].append(row)
    for person in page:
        person.rows = rows[person.pk]
    return render(request, "cases/person_list.html", {"page": page, "query": query})


def show_person(request, reference):
    user = request.user
    people = Detainee.objects.select_related("ethnicity", "religion", "occupation").for_list()
    people = people.annotate(has_photo=Exists(Photo.objects.filter(detainee=OuterRef("pk"))))
    person = visible_or_404(people, user, reference=reference)
    citations = Citation.objects.filter(detainee=person, affiliation=None).select_related("source", "cites")
    citations = citations.defer("source__captured_text", "cites__captured_text").order_by("pk")
    context = {
        "person": person,
        "rows": rows_today(person.cases.all(), user),
        "roles": roles_of(person, user),
        "lawyer": Lawyer.objects.visible_to(user).filter(detainee=person).for_list().first(),
        "sources": Sources(cited_of(list(citations), user)),
    }
    return render(request, "cases/person_detail.html", context)


def show_photo(request, reference):
    """Answer with the picture alone; whoever opens it by itself gets nothing that runs."""
    photo = visible_or_404(Photo.objects.all(), request.user, detainee__reference=reference)
    headers = {
        "Content-Disposition": 'inline; filename="photo.jpg"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(bytes(photo.image), content_type=photo.media_type, headers=headers)


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("person-list"), "list_label": _("People")}


def add_person(request):
    return edit_page(
        request, PersonForm, Detainee(), page="person-detail", crumbs=crumbs(_("New person")), names_class=PersonNames
    )


@or_anew(add_person, Detainee)
def edit_person(request, reference):
    person = visible_or_404(Detainee.objects.for_list(), request.user, reference=reference)
    heading = _("Change %(name)s") % {"name": person}
    return edit_page(request, PersonForm, person, page="person-detail", crumbs=crumbs(heading), names_class=PersonNames)


def delete_person(request, reference):
    person = visible_or_404(Detainee.objects.for_list(), request.user, reference=reference)
    uses = [Case.objects.filter(detainee=person), Lawyer.objects.filter(detainee=person)]
    return delete_page(
        request, person, uses, back="person-list", crumbs=crumbs(_("Delete %(name)s") % {"name": person})
    )
