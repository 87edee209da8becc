"""History pages: of a case, of any other thing, all changes, and one change with its whole act."""

import re
from datetime import UTC, datetime, time, timedelta

from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cases.history import acts
from cases.history.telling import THINGS, by_day, focus_on, group_words, people_called, tell
from cases.history.words import Names
from cases.models import Case, Detainee, User
from cases.models.changes import deletion
from cases.views.pages import only_parameters

OUTSIDE = "outside"  # the value of `person` for changes that nobody signed in made
CHANGES_SHOWN = 200  # of the act on the page of a change


# ------------------------------------------------------------------------------------------------ what is asked


class Asked:
    """The parameters of a history page; what is no value of one of them is a 400."""

    def __init__(self, data, names):
        only_parameters(data, names)
        for name in data:
            if len(data.getlist(name)) > 1:
                raise BadRequest(_("“%(name)s” can be given once only.") % {"name": name})
        self.data = {name: data[name].strip() for name in data if data[name].strip()}
        self.kind = self._kind()
        self.person = self._person()
        self.day = self._day("day")
        self.first, self.last = first, last = self.day or self._day("from"), self.day or self._day("to")
        if first and last and last < first:
            raise BadRequest(_("The last day lies before the first."))
        self.begin = midnight(first) if first else None
        self.end = midnight(last + timedelta(days=1)) if last else None
        self.before = self._moment("before")

    def _kind(self):
        kind = self.data.get("kind")
        if kind and kind not in acts.GROUP_OF.values():
            raise BadRequest(_("“%(value)s” is no kind of record.") % {"value": kind[:40]})
        return kind

    def _person(self):
        """Return the name by which a user signs in; empty for nobody, None if it is not asked for."""
        person = self.data.get("person")
        if person and len(person) > 150:
            raise BadRequest(_("A user's name has at most 150 characters."))
        return "" if person == OUTSIDE else person

    def _day(self, name):
        value = self.data.get(name)
        if not value:
            return None
        try:
            day = parse_date(value)
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 9000:
            raise BadRequest(_("“%(value)s” is no day. Write it as 2017-10-25.") % {"value": value[:40]})
        return day

    def _moment(self, name):
        value = self.data.get(name)
        if not value:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment) or not 1900 <= moment.year <= 9000:
            raise BadRequest(_("“%(value)s” is no moment.") % {"value": value[:40]})
        return moment.astimezone(UTC)  # the database refuses some offsets, such as +23:59

    @property
    def page(self):
        number = self.data.get("page", "1")
        if not re.fullmatch(r"[1-9]\d{0,6}", number, re.ASCII):
            raise Http404
        return int(number)

    @property
    def filters(self):
        return {"kind": self.kind, "person": self.person, "begin": self.begin, "end": self.end}

    @property
    def narrows(self):
        return any(name in self.data for name in ("kind", "person", "day", "from", "to"))


def midnight(day):
    return datetime.combine(day, time(), timezone.get_default_timezone())


# ------------------------------------------------------------------------------------------------ one thing's history


@require_GET
def case_history(request, reference):
    user = request.user
    asked = Asked(request.GET, ["kind", "person", "day", "page"])
    case = Case.objects.visible_to(user).filter(reference=reference).values("pk", "detainee_id").first()
    gone = None if case else deletion(Case, user, reference=reference)
    if not case and not gone:
        raise Http404
    pk, detainee = (case["pk"], case["detainee_id"]) if case else (gone.pgh_obj_id, gone.detainee_id)
    scope = acts.of_case(pk, detainee, is_seen=bool(case))
    names = Names(user)
    name = names.of(Detainee, detainee)
    context = {
        "reference": reference,
        "gone": gone and gone.pgh_id,
        "what": "case",
        "name": name,
        "back": reverse("case-detail", args=[reference]) if case else "",
        "list_url": reverse("case-list"),
        "list_label": _("Cases"),
    }
    return history_page(request, asked, scope, names, context)


@require_GET
def thing_history(request, thing, key):
    user = request.user
    asked = Asked(request.GET, ["kind", "person", "day", "page"])
    model, by = THINGS[thing]
    found = model.objects.visible_to(user).filter(**{by: key}).values_list("pk", flat=True).first()
    gone = None
    if found is None:
        gone = deletion(model, user, **({"pgh_obj_id": key} if by == "pk" else {by: key}))
        if not gone:
            raise Http404
    names = Names(user)
    context = {
        "reference": key if by == "reference" else "",
        "gone": gone and gone.pgh_id,
        "what": model._meta.model_name,
        "name": names.of(model, gone.pgh_obj_id if gone else found),
        "back": "" if gone else reverse(f"{thing}-detail", args=[key]),
        "list_url": reverse(f"{thing}-list"),
        "list_label": group_words(model._meta.model_name),
    }
    return history_page(request, asked, acts.of_thing(model, gone.pgh_obj_id if gone else found), names, context)


def history_page(request, asked, scope, names, context):
    page = acts.page_of(scope, request.user, number=asked.page, **asked.filters)
    if asked.page > 1 and not page.acts:
        raise Http404
    told = tell(page.acts, request.user, names=names)
    context |= {
        "asked": asked,
        "days": by_day(told),
        "page": page,
        "number": asked.page,
        "pages": -(-page.count // acts.PER_PAGE) or 1,
        "kinds": [(kind, group_words(kind), number) for kind, number in sorted_kinds(page.kinds)],
        "people": people_of(page.people),
        "may_restore": request.user.is_editor,
    }
    return render(request, "cases/history.html", context)


def sorted_kinds(kinds):
    order = list(dict.fromkeys(acts.GROUP_OF.values()))
    return sorted(kinds.items(), key=lambda kind: order.index(kind[0]))


def nobody():
    """Return the name of the choice of what nobody did who was signed in."""
    return _("Commands and outside the application")


def people_of(counts):
    """Return (value of the filter, name, number of acts), who made most first."""
    names = people_called(counts)
    found = [
        (username or OUTSIDE, names.get(username, username) or nobody(), number) for username, number in counts.items()
    ]
    return sorted(found, key=lambda one: (one[0] == OUTSIDE, -one[2], one[1]))


# ------------------------------------------------------------------------------------------------ all changes


@require_GET
def list_changes(request):
    user = request.user
    asked = Asked(request.GET, ["kind", "person", "day", "from", "to", "before"])
    filters = asked.filters
    if asked.before and (filters["end"] is None or asked.before < filters["end"]):
        filters["end"] = asked.before
    found, more = acts.latest(user, **filters) if user.rank else ([], False)
    told = tell(found, user)
    context = {
        "asked": asked,
        "days": by_day(told),
        "earlier": told[-1].at.isoformat() if more else "",
        "kinds": [(kind, group_words(kind)) for kind in kinds_for(user)],
        "people": people_choices(asked.person),
        "feed": True,
    }
    return render(request, "cases/change_list.html", context)


def kinds_for(user):
    kinds = list(dict.fromkeys(acts.GROUP_OF.values()))
    return [kind for kind in kinds if user.is_administrator or kind != "user"]


def people_choices(chosen):
    """Return (value, name) of whom one can ask for: all users, and whoever came from outside."""
    users = [(user.username, str(user)) for user in User.objects.order_by("username")]
    if chosen and chosen not in dict(users):
        users.append((chosen, chosen))
    return [*users, (OUTSIDE, nobody())]


# ------------------------------------------------------------------------------------------------ one change


@require_GET
def show_change(request, kind, pk):
    """One change with all that was changed with it, at an address that stays."""
    user = request.user
    asked = Asked(request.GET, ["page"])
    if kind not in acts.KINDS:
        raise Http404
    model = acts.model_of(kind)
    change = model.pgh_event_model.objects.visible_to(user).filter(pgh_id=pk).first()
    if change is None:
        raise Http404
    first = (asked.page - 1) * CHANGES_SHOWN
    found = acts.changes_at([change.pgh_created_at], user, shown=CHANGES_SHOWN, first=first, act=change.pgh_act)
    if not found:  # no such page of it; or what says nothing by itself, which is in no list
        raise Http404
    names = Names(user)
    act = tell(found[:1], user, names=names)[0]
    context = {
        "act": act,
        "focus": focus_on(model, pk, user, names),
        "others": [one for one in act.changes if (one.kind, one.pk) != (kind, pk)],
        "number": asked.page,
        "pages": -(-act.size // CHANGES_SHOWN),
        "may_restore": user.is_editor,
    }
    return render(request, "cases/change_detail.html", context)
