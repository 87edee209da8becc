"""Pages of lists of prisoners: all lists with who is on them, one list with its cases, decisions and years, the form."""

from django.core.exceptions import BadRequest, ValidationError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.dates import today
from cases.filters import DayField
from cases.forms.things import ListForm
from cases.models import Case, Citation, Listing, PrisonerList
from cases.models.context import Year
from cases.views.gone import or_anew
from cases.views.pages import (
    counted_up_to,
    delete_page,
    edit_page,
    first_cases,
    only_parameters,
    page_of,
    searched,
    up_to,
    visible_or_404,
    with_words,
)

DECISIONS = 25  # on a page
YEARS = 5  # of the ledger, before the rest folds away


def list_lists(request):
    query, folded = searched(request)
    page = page_of(with_words(PrisonerList.objects.visible_to(request.user), query, folded), request)
    on_it = Listing.objects.visible_to(request.user).including_on(today())
    people, cases = (counted_up_to(page, on_it, "list", what) for what in ("case__detainee", "case"))
    for one in page:
        one.people, one.cases = people[one.pk], cases[one.pk]
    return render(request, "cases/list_list.html", {"page": page, "query": query})


def show_list(request, pk):
    user, day = request.user, day_asked(request)
    shown = visible_or_404(PrisonerList.objects, user, pk=pk)
    decisions = Listing.objects.visible_to(user).filter(list=shown)
    on_it = Case.objects.visible_to(user).on_list([pk], day)
    asked = f"?list={pk}" + ("" if day == today() else f"&day={day.isoformat()}")
    page = page_of(decisions.counted().order_by("-counts_from", "-pk").for_page(), request, DECISIONS)
    cited = Citation.objects.filter(listing__in=[one.pk for one in page])
    sourced = set(cited.values_list("listing", flat=True))  # how many would number sources that are protected
    for decision in page:
        decision.is_unsourced = decision.pk not in sourced
    years = up_to_now(decisions.ledger())
    context = {
        "list": shown,
        "day": day,
        "is_today": day == today(),
        "people": up_to(on_it.values("detainee").distinct()),
        "cases_url": reverse("case-list") + asked,
        "numbers_url": reverse("numbers") + asked,
        "page": page,
        "years": (years[:YEARS], years[YEARS:]) if years else (),
        **first_cases(on_it, user, day),
    }
    return render(request, "cases/list_detail.html", context)


def day_asked(request):
    """Return the day for which the page is asked, today unless given. What is no day, or lies ahead, is a 400."""
    only_parameters(request.GET, ["day", "page"])
    try:
        return DayField(required=False).clean(request.GET.get("day", "").strip()) or today()
    except ValidationError as error:
        raise BadRequest(_("The day was not understood. %(why)s") % {"why": error.messages[0]}) from error


def up_to_now(years):
    """Return the years of a ledger, newest first, up to this one: without a decision a list stays as it is."""
    if not years:
        return []
    quiet = [Year(year, on_it=years[-1].on_it) for year in range(years[-1].year + 1, today().year + 1)]
    return [*years, *quiet][::-1]


def crumbs(heading):
    return {"heading": heading, "list_url": reverse("list-list"), "list_label": _("Lists of prisoners")}


def add_list(request):
    heading = _("New list of prisoners")
    return edit_page(request, ListForm, PrisonerList(), page="list-detail", key="pk", crumbs=crumbs(heading))


@or_anew(add_list, PrisonerList, key="pk")
def edit_list(request, pk):
    shown = visible_or_404(PrisonerList.objects, request.user, pk=pk)
    heading = _("Change %(name)s") % {"name": shown}
    return edit_page(request, ListForm, shown, page="list-detail", key="pk", crumbs=crumbs(heading))


def delete_list(request, pk):
    shown = visible_or_404(PrisonerList.objects, request.user, pk=pk)
    heading = _("Delete %(name)s") % {"name": shown}
    return delete_page(request, shown, [Listing.objects.filter(list=shown)], back="list-list", crumbs=crumbs(heading))
