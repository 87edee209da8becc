"""What the pages of several things have in common: the list, the page of a list, who may write, saving and deleting."""

import pghistory
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db import transaction
from django.db.models import Count, ProtectedError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.dates import today
from cases.models import Case, Period, Status
from cases.names import words
from cases.rows import rows_of

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


def with_words(rows, query, folded):
    """Return the rows whose folded key has every word of the query; a query that folds to nothing finds nothing."""
    if query and not folded:
        return rows.none()
    for word in folded:
        rows = rows.filter(key__contains=word)
    return rows


def page_of(rows, request):
    """Return the page that is asked for; one that isn't there is a 404, not the last one."""
    try:
        return Paginator(rows, PER_PAGE).page(request.GET.get("page", 1))
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
        form = form_class(request.POST or None, request.FILES or None, instance=record, user=request.user)
        names = names_class(request.POST or None, instance=record, prefix="names") if names_class else None
        if request.method == "POST" and all([form.is_valid(), names is None or names.is_valid()]):
            with why(form.cleaned_data["reason"]):
                saved = form.save()
                if names is not None:
                    names.instance = saved
                    names.save_by(request.user)
            messages.success(request, _("Saved."))
            return redirect(page, getattr(saved, key))
    context = {"form": form, "names": names, "record": record, **crumbs}
    return render(request, "cases/thing_form.html", context)


def why(reason):
    """Keep the reason, if one is given, with every change made inside."""
    return pghistory.context(**({"reason": reason} if reason else {}))


def delete_page(request, record, uses, *, back, crumbs):
    """Ask, then delete a shared thing that nothing uses. `uses` are the querysets of what does, hidden rows included."""
    only_researchers(request.user)
    hindrance = what_uses(uses, request.user)
    if request.method == "POST" and not hindrance:
        try:
            with transaction.atomic(), why(request.POST.get("reason", "").strip()[:500]):
                type(record)._base_manager.select_for_update().filter(pk=record.pk).first()
                hindrance = what_uses(uses, request.user)
                if not hindrance:
                    record.delete()
        except ProtectedError:
            hindrance = _("It is used and cannot be deleted.")
        if not hindrance:
            messages.success(request, _("Deleted. Its history is kept."))
            return redirect(back)
    context = {"record": record, "hindrance": hindrance, **crumbs}
    return render(request, "cases/thing_delete.html", context)


def what_uses(uses, user):
    """Return why the thing can't be deleted, in words that count what the user sees and betray nothing hidden."""
    if not any(rows.exists() for rows in uses):
        return ""
    seen = sum(rows.visible_to(user).count() for rows in uses)
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


def first_cases(cases, user):
    """Return what a thing's page shows of its cases: how many there are, and the first of them."""
    found = cases.visible_to(user).order_by("reference").values_list("pk", flat=True)
    return {"case_count": found.count(), "rows": rows_of(found[:PER_PAGE], today())}


HELD = [Status.IN_CUSTODY, Status.DISAPPEARED]


def held_now(user):
    """Return the periods of today in which visible cases hold somebody."""
    day = today()
    return Period.objects.filter(
        status__in=HELD, begin_likely__lte=day, end_likely__gt=day, case__in=Case.objects.visible_to(user).values("pk")
    )


def counted(rows, by, what):
    """Return how many different `what` there are for each value of `by`, as a dict."""
    return dict(rows.order_by().values_list(by).annotate(number=Count(what, distinct=True)))
