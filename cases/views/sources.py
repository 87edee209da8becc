"""Pages of sources: the list, one source with every fact that rests on it, the form."""

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import SourceForm
from cases.models import Case, Citation, Source, Standing
from cases.models.evidence import OF_CASE
from cases.views.desk import citing, desk_context
from cases.views.gone import or_anew
from cases.views.pages import (
    counted,
    delete_page,
    edit_page,
    page_of,
    searched,
    visible_or_404,
    with_words,
)


def of_public_records():
    """Return the condition that a citation supports an accepted record that is not confidential, or a person."""
    public = Q(detainee__isnull=False)
    for name in OF_CASE:
        public |= Q(**{f"{name}__standing": Standing.ACCEPTED, f"{name}__event__confidential": False})
    return public


def list_sources(request):
    query, folded = searched(request)
    page = page_of(with_words(Source.objects.visible_to(request.user), query, folded), request)
    citations = Citation.objects.visible_to(request.user).filter(of_public_records(), source__in=page.object_list)
    facts = counted(citations, "source", "pk")
    cited_by = counted(citing(request.user).filter(of_public_records(), cites__in=page.object_list), "cites", "source")
    for source in page:
        source.facts, source.cited_by_others = facts.get(source.pk, 0), cited_by.get(source.pk, 0)
    return render(request, "cases/source_list.html", {"page": page, "query": query})


def show_source(request, reference):
    """The reading desk: the text with its passages, and the facts drawn from it."""
    source = visible_or_404(Source.objects.all(), request.user, reference=reference)
    return render(request, "cases/source_detail.html", desk_context(source, request.user))


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("source-list"), "list_label": _("Sources")}


def add_source(request):
    return edit_page(request, SourceForm, Source(), page="source-detail", crumbs=crumbs(_("New source")))


@or_anew(add_source, Source)
def edit_source(request, reference):
    source = visible_or_404(Source.objects.all(), request.user, reference=reference)
    heading = _("Change source “%(name)s”") % {"name": source}
    return edit_page(request, SourceForm, source, page="source-detail", crumbs=crumbs(heading))


def delete_source(request, reference):
    source = visible_or_404(Source.objects.all(), request.user, reference=reference)
    uses = [
        Citation.objects.filter(Q(source=source) | Q(cites=source)),
        Case.objects.filter(last_confirmed_source=source),
    ]
    heading = _("Delete source “%(name)s”") % {"name": source}
    return delete_page(request, source, uses, back="source-list", crumbs=crumbs(heading))
