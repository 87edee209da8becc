"""A citation by itself: its page, one more source for a record without its form, changing and deleting one."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dossier import KINDS, cited_of
from cases.forms.citations import CitationAddForm, CitationForm
from cases.forms.page import laid_out
from cases.forms.records import in_a_line
from cases.history import acts
from cases.history.telling import by_day, tell
from cases.models import Affiliation, Case, Citation, Detainee, Source
from cases.models.changes import deletion
from cases.models.evidence import OF_CASE, origin_of, record_key
from cases.passages import anchored
from cases.timeline import counted_origins
from cases.views.gone import what_happened
from cases.views.pages import delete_with_reason, only_parameters, reason_to_delete
from cases.views.records import case_gone, case_to_change, record_of, taken
from cases.views.roles import person_to_change, role_of

AROUND = 240  # characters of the text on each side of the words


@dataclass
class Cites:
    """What a citation supports: the record, whose it is, and the pages around it."""

    record: models.Model
    person: Detainee
    case: Case | None = None

    @property
    def line(self):
        """The record in a few words."""
        return capfirst(in_a_line(self.record)) if self.case else capfirst(str(self.record._meta.verbose_name))

    @property
    def slug(self):
        return next(slug for slug, (model, _related) in KINDS.items() if model is type(self.record))

    @property
    def url(self):
        """Where the record stands."""
        if self.case is None:
            return reverse("person-detail", args=[self.person.reference])
        return f"{reverse('case-detail', args=[self.case.reference])}#{self.slug}-{self.record.pk}"

    @property
    def add_url(self):
        if self.case is not None:
            return reverse("citation-add", args=[self.case.reference, self.slug, self.record.pk])
        if isinstance(self.record, Affiliation):
            return reverse("role-citation-add", args=[self.person.reference, self.record.pk])
        return reverse("person-citation-add", args=[self.person.reference])

    @property
    def crumbs(self):
        """The steps up: (address, label) of the list and of the page that shows the record."""
        if self.case is None:
            return reverse("person-list"), _("People"), self.url, str(self.person)
        return reverse("case-list"), _("Cases"), self.url, self.case.reference


def of_citation(citation):
    if citation.case_id:
        return Cites(citation.record, citation.case.detainee, citation.case)
    return Cites(citation.record, citation.detainee)


def citation_or_404(user, pk, *, lock=False):
    """Return a citation of a record that the user sees, of a source that they may know."""
    rows = Citation.objects.known_to(user)
    if lock:
        get_object_or_404(rows.select_for_update(of=("self",)), pk=pk)
    rows = rows.select_related("source", "cites", "created_by", "updated_by", "case__detainee", "detainee")
    return get_object_or_404(rows.prefetch_related("case__detainee__names", "detainee__names"), pk=pk)


def citation_to_change(user, pk, *, lock):
    """Return a citation that the user may change: hidden or missing is a 404, seen but not to be changed a 403."""
    citation = citation_or_404(user, pk, lock=lock)
    may = citation.case.may_be_changed_by(user) if citation.case_id else user.is_researcher
    if not may:
        raise PermissionDenied
    return citation


# ------------------------------------------------------------------------------------------------ one citation


def show_citation(request, pk):
    only_parameters(request.GET, [])
    user = request.user
    citation = citation_or_404(user, pk)
    of, others = of_citation(citation), known_citations(citation, user)
    cited = next(one for one in others if one.pk == citation.pk)
    history = acts.page_of(acts.Scope([("Citation", "r.obj = %s", citation.pk)]), user)
    context = {
        "citation": citation,
        "cited": cited,
        "of": of,
        "source": citation.source,
        "words": words_in_text(citation),
        "origin": origin_in_words(cited),
        "chain": counted_origins(others),
        "days": by_day(tell(history.acts, user)),
        "may_change": of.case.may_be_changed_by(user) if of.case else user.is_researcher,
        "may_restore": user.is_editor,
    }
    return render(request, "cases/citation_detail.html", context)


def known_citations(citation, user):
    """Return the citations of the same record as the user may know them; what is protected from them stands in it once."""
    name, _pk = record_key(citation)
    rows = Citation.objects.filter(**{name: citation.record}).select_related("source", "cites").order_by("pk")
    rows = rows.filter(affiliation=None) if name == "detainee" else rows
    return cited_of(list(rows.defer("source__captured_text", "cites__captured_text")), user)


def origin_in_words(cited):
    """Return who it comes from in the end, as far as the reader may know it."""
    if cited.cites_hidden:
        return cited.cites_hidden
    if origin_of(cited).startswith("by "):
        return cited.said_by
    return str(cited.cites or cited.source)


def words_in_text(citation):
    """Return what stands before the quoted words, the words and what follows; None if they are not in the text."""
    text = citation.source.captured_text
    if not text or (citation.range_start is None and not citation.quote.strip()):
        return None
    passage = anchored(text, citation.range_start, citation.range_end, citation.quote)
    if passage is None:
        return None
    start, end = passage
    before, after = text[max(start - AROUND, 0) : start], text[end : end + AROUND]
    return {
        "before": f"{'… ' if start > AROUND else ''}{before}",
        "words": text[start:end],
        "after": f"{after}{' …' if end + AROUND < len(text) else ''}",
        "is_tied": citation.range_start is not None,
    }


# ------------------------------------------------------------------------------------------------ one more


def add_to_record(request, reference, kind, pk):
    if gone := case_gone(request, reference):
        return gone
    case = case_to_change(request.user, reference)
    return add(request, Cites(record_of(case, request.user, kind, pk, lock=False), case.detainee, case))


def add_to_person(request, reference):
    person = person_to_change(request.user, reference)
    return add(request, Cites(person, person))


def add_to_role(request, reference, pk):
    person = person_to_change(request.user, reference)
    return add(request, Cites(role_of(person, pk, lock=False), person))


def add(request, of):
    only_parameters(request.GET, ["field"])
    data = request.POST if request.method == "POST" else None
    form = CitationAddForm(data, record=of.record, user=request.user, field=request.GET.get("field", ""))
    if taken(request, form) is not None:
        say_saved(request, form)
        return redirect(of.add_url if "another" in request.POST else of.url)
    return add_page(request, of, form)


def add_page(request, of, form, action=""):
    return render(request, "cases/citation_add.html", {"of": of, "form": form, "action": action})


def say_saved(request, form):
    messages.success(request, _("Saved."))
    if form.words_for_user:
        messages.info(request, form.words_for_user)


# ------------------------------------------------------------------------------------------------ changing, deleting


@transaction.atomic
def edit_citation(request, pk):
    data = request.POST if request.method == "POST" else None
    try:
        citation = citation_to_change(request.user, pk, lock=data is not None)
    except Http404:
        if (page := citation_anew(request, pk)) is None:
            raise
        return page
    form = CitationForm(data, instance=citation, user=request.user)
    if taken(request, form) is not None:
        say_saved(request, form)
        return redirect("citation-detail", pk)
    return render(request, "cases/citation_form.html", {"of": of_citation(citation), "form": form})


def citation_anew(request, pk):
    """Return the form of a new citation with what was typed, if a colleague has deleted the one that it was for."""
    change = deletion(Citation, request.user, pgh_obj=pk) if request.method == "POST" else None
    if change is None or not Source.objects.visible_to(request.user).filter(pk=change.source_id).exists():
        return None
    name, key = record_key(change)
    model = Citation._meta.get_field(name).related_model
    record = get_object_or_404(model.objects.visible_to(request.user), pk=key)
    if name in OF_CASE:
        of = Cites(record, record.case.detainee, case_to_change(request.user, record.case.reference))
    else:
        of = Cites(record, person_to_change(request.user, getattr(record, "detainee", record).reference))
    data = request.POST.copy()
    for name in ("kind", "reliability"):  # of a new source, for which the form of a citation has no fields
        data.setdefault(f"evidence-{name}", Source._meta.get_field(name).default)
    form = CitationAddForm(data, record=record, user=request.user)
    form.is_complete()
    form.add_error(None, what_happened(change))
    return add_page(request, of, form, action=of.add_url)


@transaction.atomic
def delete_citation(request, pk):
    citation = citation_to_change(request.user, pk, lock=request.method == "POST")
    of, form = of_citation(citation), reason_to_delete(request)
    if form.is_valid():
        delete_with_reason(request, citation, form.cleaned_data["reason"])
        return redirect(of.url)
    context = {
        "citation": citation,
        "cited": next(one for one in known_citations(citation, request.user) if one.pk == citation.pk),
        "of": of,
        "reason": laid_out(form, "reason"),
    }
    return render(request, "cases/citation_delete.html", context)
