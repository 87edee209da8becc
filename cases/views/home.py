"""The first page: who is held now, what changed, what is mine, what comes next, what is incomplete."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Sum
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cases.dates import PartialDate, today
from cases.filters import CaseFilter
from cases.models import HELD, Case, Hearing, Period, Sentence, Stage, Status, TeamMember
from cases.models.case import EXACT_TO
from cases.models.lacking import MONTHS_UNCONFIRMED
from cases.statistics.remembered import forget, remembered
from cases.views.case import cases_on

FEW = 8
SOON = timedelta(days=14)
WEEK = timedelta(days=7)


COUNTED = "home"  # what is remembered of this page


@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    """The page; posted to, it counts anew what it remembers."""
    user, day = request.user, today()
    if request.method == "POST":
        forget(user, COUNTED)
        return redirect("home")
    cases = Case.objects.visible_to(user)
    counted = remembered(user, COUNTED, lambda: _counted(cases, user, day))
    context = counted.value | {
        "counted_at": counted.at,
        "any_case": cases.exists(),
        "held_url": _list(_query(status=HELD)),
        "latest": cases_on(_latest(cases), day),
        "news": cases_on(_latest(cases.news_to(user)), day),
        "news_url": _list(_query(news="1", sort="-changed")),
        "mine_url": _list(_query(assignee="me")),
        "mine": cases_on(_latest(_of(user, cases)), day),
        "contested": _contested(cases, counted.value["contested"], day),
        "coming": _coming(user, cases, day),
        "may_add": user.is_researcher,
    }
    return render(request, "cases/home.html", context)


def _counted(cases, user, day):
    """What takes long where there are many cases."""
    contested = _asking(cases, user, contested="yes", sort="-changed")
    return {
        "held": _held(cases, day),
        "contested": {"number": Number(contested.numbers.cases), "keys": contested.first_keys(0, FEW)},
        "numbers": _numbers(cases, user, day),
        "incomplete": _incomplete(cases, user),
    }


def _held(cases, day):
    """People held today: likely, at least, at most; and the cases in which they are held. Bounds as with_status has them."""
    likely = Q(periods__begin_likely__lte=day, periods__end_likely__gt=day)
    certainly = Q(periods__begin_latest__lte=day, periods__end_earliest__gt=day)
    possibly = Q(periods__begin_earliest__lte=day, periods__end_latest__gt=day)
    people = cases.filter(possibly, periods__status__in=HELD).order_by().values("detainee")
    people = people.annotate(
        likely=Count("periods", filter=likely),
        certain=Count("periods", filter=certainly),
        gone=Count("periods", filter=likely & Q(periods__status=Status.DISAPPEARED)),
    )
    held = people.aggregate(
        people=Count("likely", filter=Q(likely__gt=0)),
        fewest=Count("certain", filter=Q(certain__gt=0)),
        most=Count("*"),
        cases=Sum("likely", default=0),  # a case has one status likely
        disappeared=Count("gone", filter=Q(gone__gt=0)),
    )
    return held


def _of(user, cases):
    assigned = Case.objects.filter(assignee=user).order_by().values("pk")
    # One set of keys: of two conditions joined by "or" no index helps with either.
    return cases.filter(pk__in=assigned.union(TeamMember.objects.filter(user=user).order_by().values("case")))


def _latest(cases):
    """The cases that changed last, as everybody may know it: changed_at leaves confidential records out."""
    # That each case has its state is said, so that the index on it can serve the order.
    first = cases.filter(state__isnull=False).order_by("-state__changed_at", "-pk").values("pk")[:FEW]
    return (
        Case.objects.filter(pk__in=list(first.values_list("pk", flat=True)))
        .annotate(changed_at=F("state__changed_at"))
        .order_by("-changed_at", "-pk")
    )


def _contested(cases, counted, day):
    """How many cases are contested, the address of their list, and those that changed last."""
    first = cases_on(_latest(cases.filter(pk__in=counted["keys"])), day)
    return {"number": counted["number"], "url": _list(_query(contested="yes")), "cases": first}


@dataclass
class Soon:
    """Something planned for the next days, of public records."""

    date: PartialDate
    words: str
    case: Case


def _coming(user, cases, day):
    """Hearings, ends of ordered detention and of sentences in the next two weeks; the latter only where somebody is held."""
    last = day + SOON
    held = Period.objects.filter(status__in=HELD, begin_likely__lte=day, end_likely__gt=day).values("case")

    def rows(model, name, of=None, **more):
        found = model.objects.public().filter(case__in=cases.values("pk"), **more)
        found = found.filter(**{f"{name}_latest__gte": day, f"{name}_earliest__lte": last})
        found = found if of is None else found.filter(case__in=of)
        found = found.select_related("case__detainee").prefetch_related("case__detainee__names")
        return found.order_by(f"{name}_earliest", "pk")[:FEW]

    hearings = rows(Hearing, "scheduled", held_on="", outcome="")
    found = [
        Soon(row.scheduled, _("%(stage)s hearing") % {"stage": row.get_stage_display()}, row.case) for row in hearings
    ]
    found += [Soon(row.held_until, _("ordered detention ends"), row.case) for row in rows(Hearing, "held_until", held)]
    for name, words in (("ends_on", _("sentence ends")), ("expected_release", _("expected release"))):
        found += [Soon(getattr(row, name), words, row.case) for row in rows(Sentence, name, held)]
    return sorted(found, key=lambda soon: soon.date.sort_key)[:FEW]


def _numbers(cases, user, day):
    """Lines of (words, number of cases, address of the list that has just these); the list's own filters count them."""
    week = (day - WEEK).isoformat()
    return [
        (_("Restricted at liberty"), *_found(cases, user, status=Status.RESTRICTED)),
        (_("Changed in the last seven days"), *_found(cases, user, changed_since=week)),
        (_("All cases that you can see"), _count(cases), reverse("case-list")),
    ]


def _incomplete(cases, user):
    """Likewise, the work that there is: what waits longest comes first in each list."""
    work = [
        (
            ngettext(
                "held or restricted, not confirmed for %(n)s month, or never",
                "held or restricted, not confirmed for %(n)s months, or never",
                MONTHS_UNCONFIRMED,
            )
            % {"n": MONTHS_UNCONFIRMED},
            {"unconfirmed": MONTHS_UNCONFIRMED, "sort": "confirmed"},
        ),
        (_("held, place unknown"), {"missing": "place"}),
        (_("with a passed hearing whose outcome is unknown"), {"missing": "outcome"}),
        (_("held and without a lawyer"), {"status": HELD, "missing": "lawyer"}),
        (_("held and without a charge"), {"status": HELD, "missing": "charge"}),
        (_("arrested on an unknown date"), {"missing": "arrest_date"}),
        (_("with a sentence without a penalty"), {"missing": "penalty"}),
        (_("verified, though a record has no source"), {"stage": Stage.VERIFIED.value, "missing": "source"}),
        (_("with records that have no source"), {"missing": "source"}),
        (_("not verified"), {"missing": "verified"}),
    ]
    lines = [(words, *_found(cases, user, **{"sort": "changed"} | asked)) for words, asked in work]
    return [line for line in lines if line[1].value]


def _found(cases, user, **filters):
    """How many cases the list finds for these filters, and its address."""
    return Number(_asking(cases, user, **filters).numbers.cases), _list(_query(**filters))


def _asking(cases, user, **filters):
    """The list's own question with these filters, so that the page counts as the list does."""
    return CaseFilter(QueryDict(_query(**filters)), cases, user=user)


@dataclass
class Number:
    """A number of cases, exact up to EXACT_TO, as in the list."""

    value: int

    @property
    def words(self):
        if self.value > EXACT_TO:
            return _("%(n)s+ cases") % {"n": f"{EXACT_TO:,}"}
        return ngettext("%(n)s case", "%(n)s cases", self.value) % {"n": f"{self.value:,}"}


def _count(cases):
    return Number(cases.order_by()[: EXACT_TO + 1].count())


def _query(**filters):
    return urlencode(filters, doseq=True)


def _list(query):
    return f"{reverse('case-list')}?{query}"
