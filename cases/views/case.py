"""The page of one case: whose file this is, what happened, where each fact comes from, and what is missing."""

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import BadRequest
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.custody_bar import custody_bar
from cases.dossier import (
    KINDS,
    Dossier,
    is_certain,
    period_on,
    periods_with_confidential,
)
from cases.missing import life_of, missing, no_longer_sourced
from cases.models import (
    HELD,
    Access,
    Case,
    CaseTag,
    JointProceedingCase,
    Name,
    NameKind,
    Photo,
    Status,
    TeamMember,
)
from cases.models.context import put_on_lists
from cases.news import look_at
from cases.rows import since_in_words, status_label
from cases.timeline import by_year, contested, penalties_in_words, timeline
from cases.views.notice import watch
from cases.views.pages import only_parameters
from cases.views.roles import affiliations_of, with_sources

FEW_NAMES = 3
MAIN_FIRST = ExpressionWrapper(Q(kind=NameKind.MAIN), output_field=BooleanField()).desc()
# What is offered together where a fact is added
GROUPS = [
    ["arrests", "detentions", "restrictions", "releases"],
    ["charges", "hearings", "sentences", "lawyers"],
    ["violations", "interventions", "listings", "notes"],
]
CHOICES = {"order": ["newest", "oldest"], "view": ["timeline", "kinds"], "kind": list(KINDS)}


def show_case(request, reference):
    opened = timezone.now()  # before anything is read: a change in between is told too often rather than never
    chosen = chosen_view(request.GET)
    case = case_or_404(request.user, reference=reference)
    look_at(request.user, case)
    dossier = Dossier(case, request.user)
    return render(request, "cases/case_detail.html", case_page(dossier, chosen) | {"watch": watch(case, since=opened)})


def case_page(dossier, chosen):
    """Return the context of the page of a case."""
    case, user = dossier.case, dossier.user
    entries = timeline(dossier, [chosen["kind"]] if chosen["kind"] else ())
    gaps, in_place = missing(dossier)
    others, proceedings = _other_cases(case, user, dossier.today)
    return {
        "case": case,
        "person": case.detainee,
        "dossier": dossier,
        "chosen": chosen,
        "may_change": case.may_be_changed_by(user),
        "names": _names(case.detainee),
        "status": status_label(dossier.now.status, dossier.now.kind),
        "certain": dossier.is_certain,
        "contested": contested(dossier),
        "restricted": case.access != Access.EVERYONE,
        "facts": _facts(dossier),
        "notices": [*filter(None, [no_longer_sourced(dossier)]), *_notices(dossier)],
        "held_elsewhere": [other for other in others if other.status in HELD],
        "others": others,
        "roles": with_sources(affiliations_of(case.detainee), dossier.of_roles, user, dossier.visible_sources),
        "on_lists": _on_lists(dossier),
        "proceedings": proceedings,
        "bar": custody_bar(dossier.periods, dossier.public("hearings"), dossier.public("sentences"), dossier.today),
        "years": by_year(entries, oldest_first=chosen["order"] == "oldest"),
        "kinds": _kinds(dossier),
        "to_add": [[(kind, capfirst(KINDS[kind][0]._meta.verbose_name)) for kind in group] for group in GROUPS],
        "by_kind": _by_kind(entries) if chosen["view"] == "kinds" else [],
        "records": len(dossier.all),
        "gaps": gaps,
        "in_place": in_place,
        "life": life_of(dossier).label,
        "team": case.team_members.all(),
        "tags": case.tagged,
    }


def _on_lists(dossier):
    """The lists that the case is on, as (list, the decision that put it there)."""
    found = [(decision.list, decision) for decision in put_on_lists(dossier.public("listings"), dossier.today)]
    return sorted(found, key=lambda one: one[0].name)


def chosen_view(parameters):
    """Return order, view and kind; anything else is a 400, as in the list."""
    only_parameters(parameters, CHOICES)
    for name, value in parameters.items():
        if value and value not in CHOICES[name]:
            words = {"name": name, "value": value[:40], "choices": ", ".join(CHOICES[name])}
            raise BadRequest(_("“%(value)s” is no value of “%(name)s”. It can be: %(choices)s.") % words)
    chosen = {"order": "newest", "view": "timeline", "kind": ""}
    return chosen | {name: value for name, value in parameters.items() if value}


def case_or_404(user, **lookup):
    """Return the case with what its page shows of it besides its records."""
    related = ["detainee__ethnicity", "detainee__religion", "detainee__occupation", "assignee", "last_confirmed_source"]
    cases = Case.objects.visible_to(user).select_related(*related).defer("last_confirmed_source__captured_text")
    members = TeamMember.objects.select_related("user").order_by("pk")
    cases = cases.prefetch_related("detainee__names", Prefetch("team_members", members))
    tags = CaseTag.objects.filter(case=OuterRef("pk")).order_by("term__name")
    cases = cases.annotate(
        tagged=ArraySubquery(tags.values(json=JSONObject(slug="term__slug", name="term__name"))),
        has_photo=Exists(Photo.objects.filter(detainee=OuterRef("detainee"))),
        has_others=Exists(Case.objects.filter(detainee=OuterRef("detainee")).exclude(pk=OuterRef("pk"))),
    )
    try:
        return cases.get(**lookup)
    except Case.DoesNotExist as error:
        raise Http404 from error


def _names(person):
    """The main name, the first other spellings, and the rest that folds away; misspellings come last."""
    order = [
        NameKind.MAIN,
        NameKind.NATIVE,
        NameKind.TRANSLITERATION,
        NameKind.ALIAS,
        NameKind.NICKNAME,
        NameKind.MISSPELLING,
    ]
    names = sorted(person.names.all(), key=lambda name: (order.index(name.kind), name.pk))
    return {"main": names[0] if names else None, "first": names[1 : 1 + FEW_NAMES], "more": names[1 + FEW_NAMES :]}


def _facts(dossier):
    """What the strip says, of public records alone."""
    punishes = dossier.punishes
    imposed = penalties_in_words(punishes.imposed) if punishes else ""
    requested = penalties_in_words(punishes.requested) if punishes else ""
    lawyers = dossier.public("lawyers")
    return {
        "charges": [(charge, dossier.outcome(charge)) for charge in dossier.public("charges")],
        "sentence": dossier.in_force,
        "passed": punishes,
        "imposed": imposed,
        "requested": requested if requested != imposed else "",
        "lawyers": [representation for representation in lawyers if not representation.ended],
        "former": [representation for representation in lawyers if representation.ended],
        "confirmed_by": _confirmed_by(dossier),
    }


def _confirmed_by(dossier):
    """The source that confirmed the case last: a Source, or the words for one that is protected from the reader."""
    source = dossier.case.last_confirmed_source
    if source is None or source.pk in dossier.visible_sources:
        return source
    return _("a protected source") if source.protected else None


def _notices(dossier):
    """For readers who see confidential records: how many there are, and what they would change."""
    if not dossier.confidential:
        return []
    periods = periods_with_confidential(dossier.case)
    then, now = period_on(periods, dossier.today), dossier.now
    if then and now and _situation(then) == _situation(now):
        if [_situation(period) for period in periods] == [_situation(period) for period in dossier.periods]:
            return [_("With confidential records: the status is the same. Lists and numbers leave them out.")]
        return [
            _(
                "With confidential records: the status is the same, what came before is not. Lists and numbers leave them out."
            )
        ]
    words = status_label(then.status, then.kind)
    if then.status in HELD or then.status == Status.RESTRICTED:
        words = _("%(status)s since %(date)s") % {"status": words, "date": since_in_words(then)}
    if not is_certain(then, dossier.today):
        words = _("%(status)s, not certain") % {"status": words}
    return [_("With confidential records: %(status)s. Lists and numbers leave them out.") % {"status": words}]


def _situation(period):
    days = period.since_earliest, period.since_latest, period.begin_earliest, period.begin_latest
    return period.status, period.kind, period.place_id, *days


def _other_cases(case, user, day):
    """The other cases of the person, and the joint proceedings with their cases; visible ones only. As of the day."""
    links = JointProceedingCase.objects.visible_to(user).filter(proceeding__cases=case).select_related("proceeding")
    links = list(links.order_by("proceeding__name", "proceeding", "pk"))
    joined = {link.case_id for link in links} - {case.pk}
    if not joined and not case.has_others:  # as nearly always
        return [], [(link.proceeding, []) for link in links]
    wanted = Case.objects.visible_to(user).filter(Q(detainee=case.detainee_id) | Q(pk__in=joined)).exclude(pk=case.pk)
    found = {other.pk: other for other in cases_on(wanted, day)}
    proceedings = {}
    for link in links:
        together = proceedings.setdefault(link.proceeding_id, (link.proceeding, []))[1]
        if link.case_id in found:
            together.append(found[link.case_id])
    others = [other for other in found.values() if other.detainee_id == case.detainee_id]
    return others, list(proceedings.values())


def cases_on(cases, day):
    """Return the cases with what a line about each says: main name, status on the day; one query."""
    names = Name.objects.filter(detainee=OuterRef("detainee")).order_by(MAIN_FIRST, "pk")
    certain = Q(now__begin_latest__lte=day, now__end_earliest__gt=day)
    found = cases.on(day).annotate(
        status=F("now__status"),
        kind=F("now__kind"),
        place=F("now__place__name"),
        certain=ExpressionWrapper(certain, output_field=BooleanField()),
        name_text=Subquery(names.values("text")[:1]),
        name_language=Subquery(names.values("language")[:1]),
    )
    for case in found:
        case.status_label = status_label(case.status, case.kind) if case.status else ""
        case.name = Name(text=case.name_text or case.reference, language=case.name_language or "")
    return found


def _kinds(dossier):
    """Every kind of record: its word in the address, its name for many and for one, how many there are."""
    return [
        (
            kind,
            capfirst(model._meta.verbose_name_plural),
            capfirst(model._meta.verbose_name),
            len(dossier.records[kind]),
        )
        for kind, (model, _related) in KINDS.items()
    ]


def _by_kind(entries):
    """The entries as tables, a kind each, oldest first."""
    entries = sorted((entry for entry in entries if hasattr(entry.record, "slug")), key=lambda entry: entry.sort_key)
    tables = [
        (kind, capfirst(model._meta.verbose_name_plural), [entry for entry in entries if entry.record.slug == kind])
        for kind, (model, _related) in KINDS.items()
    ]
    return [table for table in tables if table[2]]
