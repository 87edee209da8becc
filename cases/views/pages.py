"""What the pages of several things have in common: the list, the page of a list, who may write, saving and deleting."""

from dataclasses import dataclass

import pghistory
from django.contrib import messages
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db import IntegrityError, transaction
from django.db.models import Count, IntegerField, OuterRef, ProtectedError, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.dates import today
from cases.forms.page import laid_out, only_looking
from cases.forms.reasons import ReasonForm, remember
from cases.models import HELD, Case, Citation, Period
from cases.models.case import EXACT_TO
from cases.names import words
from cases.restore.rows import MODELS, links_of
from cases.restore.words import held_by, kind_in_words, restore_address
from cases.rows import rows_of
from cases.views.gone import what_happened, without_keys

PER_PAGE = 50
LONGEST_QUERY = 200


def searched(request):
    """Return what is searched for, and its folded words. A parameter that the list has not, or too long a text, is a 400."""
    for name in request.GET:
        if name not in ("q", "page"):
            raise BadRequest(_("This list has no filter of the name “%(name)s”.") % {"name": name[:40]})
    query = request.GET.get("q", "").strip()
    if len(query) > LONGEST_QUERY:
        raise BadRequest(_("A search takes at most %(number)s characters.") % {"number": LONGEST_QUERY})
    return query, words(query)


def only_parameters(parameters, names):
    """Refuse an address with a parameter that its page does not have: a 400."""
    for name in parameters:
        if name not in names:
            raise BadRequest(_("This page has no parameter “%(name)s”.") % {"name": name[:40]})


def with_words(rows, query, folded):
    """Return the rows whose folded key has every word of the query; a query that folds to nothing finds nothing."""
    if query and not folded:
        return rows.none()
    for word in folded:
        rows = rows.filter(key__contains=word)
    return rows


def page_of(rows, request, per_page=PER_PAGE):
    """Return the page that is asked for; one that isn't there is a 404, not the last one."""
    try:
        return Paginator(rows, per_page).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error


def visible_or_404(rows, user, **lookup):
    """Return the one row that the user may see; a hidden one is missing."""
    return get_object_or_404(rows.visible_to(user), **lookup)


def only_researchers(user):
    """Refuse the form to those who may see but not change: 403, or 404 for a user who has no role and sees nothing."""
    if not user.is_reader:
        raise Http404
    if not user.is_researcher:
        raise PermissionDenied


def edit_page(request, form_class, record, *, page, crumbs, key="reference", names_class=None):
    """Show and take the form of a new or changed record; then go to the URL named `page` with the record's `key`.

    `crumbs` are the texts of the page (heading, url and label of the step up), `names_class` the formset of spellings.

    The row is locked while it is compared with the version that the form was opened with.
    """
    only_researchers(request.user)
    with transaction.atomic():
        if record.pk and request.method == "POST":
            get_object_or_404(type(record)._base_manager.select_for_update(), pk=record.pk)
            record.refresh_from_db()
        gone = getattr(request, "deletion", None)
        data = without_keys(request.POST, "names") if gone else request.POST
        form = form_class(data or None, request.FILES or None, instance=record, user=request.user)
        if names_class:
            form.take_names(names_class, data or None)
        complete = form.is_bound and form.is_complete()
        if "find" in request.POST:
            only_looking([form, *(form.names.forms if form.names else [])], request.POST["find"])
            if form.names:
                form.names.non_form_errors().clear()
        elif gone:
            form.add_error(None, what_happened(gone))
        elif complete:
            with why(form.cleaned_data["reason"]):
                saved = form.save()
                if form.names is not None:
                    form.names.instance = saved
                    form.names.save_by(request.user)
                remember(request.user, form.cleaned_data["reason"], saved)
            messages.success(request, _("Saved."))
            return redirect(page, getattr(saved, key))
    context = {"form": form, "names": form.names, "record": record, **crumbs}
    if gone:
        context["action"] = reverse(page.replace("-detail", "-add"))
    return render(request, "cases/thing_form.html", context)


def why(reason):
    """Keep the reason, if one is given, with every change made inside."""
    return pghistory.context(**({"reason": reason} if reason else {}))


def delete_page(request, record, uses, *, back, crumbs):
    """Ask, then delete a shared thing that nothing uses. `uses` are the querysets of what does, hidden rows included."""
    only_researchers(request.user)
    hindrance, form = what_uses(uses, request.user), reason_to_delete(request)
    if form.is_valid() and not hindrance:
        try:
            with transaction.atomic():
                type(record)._base_manager.select_for_update().filter(pk=record.pk).first()
                hindrance = what_uses(uses, request.user)
                if not hindrance:
                    delete_with_reason(request, record, form.cleaned_data["reason"])
        except (ProtectedError, IntegrityError):
            hindrance = _("It is used and cannot be deleted.")
        if not hindrance:
            return redirect(back)
    context = {"record": record, "hindrance": hindrance, "reason": laid_out(form, "reason"), **crumbs}
    context["counts"] = held_by(type(record), [record.pk], request.user)
    return render(request, "cases/thing_delete.html", context)


def reason_to_delete(request):
    """Return the form that asks why something is deleted."""
    data = request.POST if request.method == "POST" else None
    return ReasonForm(data, user=request.user, ask=_("Say why it is deleted."))


def delete_with_reason(request, record, reason):
    """Delete a record, keep why, and tell an editor how to bring it back."""
    pk, history = record.pk, type(record).pgh_event_model.objects
    remember(request.user, reason, record)
    with why(reason):
        record.delete()
    said = _("Deleted. Its history is kept.")
    if request.user.is_editor:
        change = history.filter(pgh_obj=pk, pgh_label="delete").latest("pgh_id")
        said = format_html('{} <a href="{}">{}</a>', said, restore_address(change), _("Undo"))
    messages.success(request, said)


def links_to(record, user):
    """Return [(kind in words, number)] of the records that name this one in a field that is emptied if it is deleted."""
    found = []
    for model in MODELS:
        for one in links_of(model):
            if one.related_model is type(record):
                linked = model.objects.visible_to(user).filter(**{one.name: record}).count()
                found += [(kind_in_words(model, linked), linked)] if linked else []
    return found


def what_uses(uses, user):
    """Return why the thing can't be deleted, in words that count what the user sees and betray nothing hidden."""
    if not any(rows.exists() for rows in uses):
        return ""
    seen = sum((rows.known_to if rows.model is Citation else rows.visible_to)(user).count() for rows in uses)
    if not seen:
        return _("It is used and cannot be deleted.")
    return ngettext(
        "It is used by %(number)s record that you can see, and perhaps by others. It cannot be deleted.",
        "It is used by %(number)s records that you can see, and perhaps by others. It cannot be deleted.",
        seen,
    ) % {"number": seen}


def rows_today(cases, user):
    """Return the rows of the list, as they stand today, of those of the cases that the user sees."""
    return rows_of(cases.visible_to(user).order_by("reference").values_list("pk", flat=True), today())


def first_cases(cases, user, day=None):
    """Return what a thing's page shows of its cases: how many there are, an UpTo, and the first of them as of the day, else
    today.
    """
    found = cases.visible_to(user).values_list("pk", flat=True)
    first = found.order_by("reference")[:PER_PAGE]
    return {"case_count": up_to(found), "rows": rows_of(first, day or today())}


def held_now(user):
    """Return the periods of today in which visible cases hold somebody."""
    day = today()
    return Period.objects.filter(
        status__in=HELD, begin_likely__lte=day, end_likely__gt=day, case__in=Case.objects.visible_to(user).values("pk")
    )


def counted(rows, by, what):
    """Return how many different `what` there are for each value of `by`, as a dict."""
    return dict(rows.order_by().values_list(by).annotate(number=Count(what, distinct=True)))


class Told(Subquery):
    """How many different values a subquery of one column has, and how many rows."""

    template = "(SELECT ARRAY[count(DISTINCT told.what), count(*)] FROM (%(subquery)s) AS told (what))"
    output_field = ArrayField(IntegerField())


@dataclass
class UpTo:
    """A number for a page; `is_capped`: counting stopped at so many rows."""

    number: int
    is_capped: bool

    def __str__(self):
        return f"{self.number:,}" + ("+" if self.is_capped else "")


def up_to(rows):
    """Return how many rows there are, as an UpTo: exact up to EXACT_TO."""
    number = rows.order_by()[: EXACT_TO + 1].count()
    return UpTo(min(number, EXACT_TO), number > EXACT_TO)


def counted_up_to(page, rows, by, what):
    """Return how many different `what` there are for each of the things on a page, by its key: an UpTo, exact for those of
    at most EXACT_TO rows, as the list of cases counts.
    """
    first = rows.order_by().filter(**{by: OuterRef("pk")}).values(what)[: EXACT_TO + 1]
    things = page.paginator.object_list.model._base_manager.filter(pk__in=[one.pk for one in page])
    numbers = things.order_by().values_list("pk", Told(first))
    return {pk: UpTo(min(number, EXACT_TO), looked_at > EXACT_TO) for pk, (number, looked_at) in numbers}
