"""Pages of sources: the list, one source with every fact that rests on it, the form."""

from django.db.models import Exists, OuterRef, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.forms.things import SourceForm
from cases.models import Case, Citation, Source, Standing
from cases.models.evidence import OF_CASE
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

FACTS_SHOWN = 200


def of_public_records():
    """Return the condition that a citation supports an accepted record that is not confidential, or a person."""
    public = Q(detainee__isnull=False)
    for name in OF_CASE:
        public |= Q(**{f"{name}__standing": Standing.ACCEPTED, f"{name}__event__confidential": False})
    return public


def citing(user):
    """Return the citations that the user sees, of sources that they may know."""
    return Citation.objects.visible_to(user).filter(source__in=Source.objects.visible_to(user).values("pk"))


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
    user = request.user
    source = visible_or_404(Source.objects.all(), user, reference=reference)
    citations = (
        Citation.objects.visible_to(user)
        .filter(source=source)
        .select_related("case", "case__detainee", "detainee", "cites", *OF_CASE)
        .prefetch_related("case__detainee__names", "detainee__names")
        .annotate(cites_shown=Exists(Source.objects.visible_to(user).filter(pk=OuterRef("cites"))))
        .order_by("case__reference", "pk")
    )
    context = {
        "source": source,
        "cited_by": Source.objects.filter(pk__in=citing(user).filter(cites=source).values("source")),
        "facts": citations.count(),
        "citations": [with_words_for_record(citation) for citation in citations[:FACTS_SHOWN]],
        "keepers": source.keepers.all() if source.protected else [],
    }
    return render(request, "cases/source_detail.html", context)


def with_words_for_record(citation):
    """Return the citation with what it supports in words: the kind of record, and the field if one is meant."""
    record = citation.record
    citation.record_words = record._meta.verbose_name
    citation.set_aside = getattr(record, "standing", Standing.ACCEPTED) != Standing.ACCEPTED
    named = {field.name: field.verbose_name for field in record._meta.concrete_fields}
    citation.field_words = named.get(citation.field, citation.field)
    return citation


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
