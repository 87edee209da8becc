"""New cases: from a source that is chosen first, or without one; one person, or many of one arrest."""

import json
from hashlib import sha256
from importlib import import_module
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import connection, transaction
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import drafts
from cases.forms.add import CaseAddForm
from cases.forms.add_many import CasesAddForm
from cases.forms.from_source import WORDS, Origin, as_typed, kept_from
from cases.forms.matches import THINGS, is_address
from cases.forms.page import only_looking
from cases.models import Case, Citation, Detainee, Source
from cases.passages import anchored, occurrences, snapped
from cases.views.pages import only_parameters, only_researchers, visible_or_404
from cases.views.records import saved

OF_SOURCE = ["start", "end", "quote", "back", "after"]
PARAMETERS = ["source", "new_source", *OF_SOURCE, "name", "person"]
OF_MANY = ["source", "new_source", "start", "end", "quote", "back"]
LONGEST_QUOTE = 20_000
LONGEST_NAME = 200
LONGEST_BESIDE = 60_000  # characters of the text that stand beside the form
SAVED, KEPT = "saved_forms", 20


# Which source


def choose_source(request):
    """The first step: a source used last, one that is found, or the title or address of a new one."""
    only_researchers(request.user)
    only_parameters(request.GET, ["q"])
    thing, query = THINGS["source"], " ".join(request.GET.get("q", "").split())
    if len(query) > thing.longest:
        raise BadRequest(_("A title takes at most %(number)s characters.") % {"number": thing.longest})
    if query and not request.htmx and (known := thing.exact_one(request.user, query)):
        return redirect(address("case-add", source=known.reference))
    found = thing.found(request.user, query)
    if query and not found and not request.htmx:
        return redirect(address("case-add", new_source=query))
    sources = [(source, thing.facts(source, request.user)) for source in found]
    context = {"query": query, "sources": sources, "is_address": is_address(query)}
    template = "cases/_sources_found.html" if request.htmx else "cases/case_add_source.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def address(name, **parameters):
    given = {key: value for key, value in parameters.items() if value}
    return f"{reverse(name)}?{urlencode(given)}" if given else reverse(name)


def origin_of(request):
    """Return what the address says of the source: a hidden or missing one is a 404, words that are not in it a 400."""
    given = request.GET
    reference = given.get("source", "")
    if not reference:
        if any(given.get(name) for name in OF_SOURCE):
            raise BadRequest(_("A passage needs the source that it stands in."))
        new = " ".join(given.get("new_source", "").split())
        if len(new) > THINGS["source"].longest:
            raise BadRequest(_("This title is too long."))
        return Origin(new=new)
    if given.get("new_source"):
        raise BadRequest(_("Give a source that is recorded, or a new one."))
    if given.get("back", "") not in ("", "desk"):
        raise BadRequest(_("This way back is not known."))
    source = visible_or_404(Source.objects.all(), request.user, reference=reference)
    if (words := request.POST.get(WORDS)) is not None:
        return Origin(source, "", *passage_now(source, given, words))
    return Origin(source, "", *passage_of(source, given))


def passage_of(source, given):
    """Return the passage that the address names, or None, and its words; a quote that stands in one place is a passage."""
    start, end, quote = given.get("start", ""), given.get("end", ""), given.get("quote", "").strip()
    if start or end:
        if not (whole(start) and whole(end)):
            raise BadRequest(_("A passage begins and ends at a place of the text: give two whole numbers."))
        try:
            passage = snapped(source.captured_text, int(start), int(end))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return passage, source.captured_text[passage.start : passage.end]
    if len(quote) > LONGEST_QUOTE:
        raise BadRequest(_("A quote takes at most %(number)s characters.") % {"number": LONGEST_QUOTE})
    places = occurrences(source.captured_text, quote) if quote else []
    return (places[0] if len(places) == 1 else None), quote


def passage_now(source, given, words):
    """Return where the words that the form was opened with stand now, or None, and the words: the text may have been
    changed since. Without words the form is not tied to a passage any more.
    """
    start, end = (int(given[name]) if whole(given.get(name, "")) else None for name in ("start", "end"))
    return (anchored(source.captured_text, start, end, words) if words.strip() else None), words


def whole(text):
    return text.isascii() and text.isdigit() and len(text) <= 9


# One person


def case_add(request):
    only_researchers(request.user)
    only_parameters(request.GET, PARAMETERS)
    origin = origin_of(request)
    person = Detainee.objects.visible_to(request.user).filter(reference=request.GET.get("person", "")).first()

    def form_of(data):
        return CaseAddForm(data, user=request.user, person=person, origin=origin)

    if request.method == "POST":
        form = form_of(request.POST)
        if way_on := take(request, form, lambda case: after_one(request, form, case)):
            return way_on
    else:
        form = begun(request, form_of, origin)
    return render(request, "cases/case_add.html", {"form": form, **about(request, origin)})


def begun(request, form_of, origin):
    """Return the form with what the address gives: a name, a new source, and what was kept from the case before."""
    blank, user = form_of(None), request.user
    given = dict(origin.typed)
    if before := request.GET.get("after"):
        case = visible_or_404(Case.objects.all(), user, reference=before)
        given |= kept_from(case, user, blank)
    name = " ".join(request.GET.get("name", "").split())
    if len(name) > LONGEST_NAME:
        raise BadRequest(_("A name takes at most %(number)s characters.") % {"number": LONGEST_NAME})
    if name:
        given["person-person"] = name
    if not given:
        if origin.source:
            blank.person.fields["person"].widget.attrs["autofocus"] = True
        return blank
    if (person := blank.person.fields["person"].current) is not None and not name:
        given |= {
            "person-person": str(person),
            "person-person_choice": str(person.pk),
            "person-person_for": str(person),
        }
    return looked_at(form_of(as_typed(blank, given)), "person-person")


def looked_at(form, box):
    """Return the form as something that was only looked up, without errors, with the focus in a box."""
    form.is_complete()
    only_looking(form.together.forms, box)
    for field in (field for part in form.together.forms for field in part.fields.values()):
        if hasattr(field, "asked"):
            field.asked = False
    return form


def after_one(request, form, case):
    messages.success(request, _("The case %(case)s is recorded.") % {"case": case.reference})
    source = form.source
    if source is not None and "next" in request.POST:
        back = request.GET.get("back", "")
        return address("case-add", source=source.reference, after=case.reference, back=back)
    if source is not None and request.GET.get("back") == "desk":
        return at_the_words(source, [case])
    return reverse("case-detail", args=[case.reference])


# Many people


def case_add_many(request):
    only_researchers(request.user)
    only_parameters(request.GET, OF_MANY)
    origin = origin_of(request)

    def form_of(data):
        return CasesAddForm(data, user=request.user, origin=origin)

    if request.method == "POST":
        form = form_of(request.POST)
        if way_on := take(request, form, lambda cases: after_many(request, form, cases)):
            return way_on
    else:
        form = form_of(None)
        if origin.typed:
            form = looked_at(form_of(as_typed(form, origin.typed)), "people-names")
        form.people.fields["names"].widget.attrs["autofocus"] = True
    return render(request, "cases/case_add_many.html", {"form": form, **about(request, origin)})


def after_many(request, form, cases):
    number = len(cases)
    said = ngettext("%(number)s case is recorded.", "%(number)s cases are recorded.", number) % {"number": number}
    messages.success(request, said)
    if (source := form.source) is not None:
        return at_the_words(source, cases)
    return reverse("case-list")


def at_the_words(source, cases):
    """Return the address of the source's page, at the words that the new cases were just tied to, if there are any."""
    url = reverse("source-detail", args=[source.reference])
    theirs = Q(case__in=cases) | Q(detainee__in=[case.detainee_id for case in cases])
    tied = Citation.objects.filter(theirs, source=source, range_start__isnull=False).order_by("-pk").first()
    return f"{url}#passage-{tied.pk}" if tied else url


# Both


def about(request, origin):
    """Return what both pages show of the source."""
    facts = THINGS["source"].facts(origin.source, request.user) if origin.source else ""
    carried = {name: request.GET[name] for name in OF_MANY if request.GET.get(name)}
    return {
        "origin": origin,
        "source_facts": facts,
        "beside": text_beside(origin),
        "one_address": address("case-add", **carried),
        "many_address": address("case-add-many", **carried),
    }


def text_beside(origin):
    """Return the captured text as (before, passage, after, whether it is cut), or None if there is none to be read."""
    text = origin.source.captured_text if origin.source else ""
    if not text:
        return None
    start, end = origin.passage or (0, 0)
    first = max(0, start - LONGEST_BESIDE // 2)
    last = min(len(text), max(end, first + LONGEST_BESIDE))
    return text[first:start], text[start:end], text[end:last], first > 0 or last < len(text)


def take(request, form, way_on):
    """Save what was sent once, and return the way on; None if it has to come back. The same page sent twice, as by two
    clicks, leads to what the first one wrote.
    """
    with transaction.atomic():
        sent = fingerprint(request)
        if there := sent_before(request, sent):
            messages.info(request, _("This was saved already: nothing is written twice."))
            return redirect(there)
        complete = form.is_complete()
        if "find" in request.POST or "rows" in request.POST:
            only_looking(form.together.forms, request.POST.get("find", ""))
            return None
        written = saved(form, form.save_all) if complete else None
        if written is None:
            return None
        there = way_on(written)
        keep_sent(request, sent, there)
    return redirect(there)


def fingerprint(request):
    """Return what tells one sending of one page from all others; the next one with the same waits until this is done."""
    page = request.POST.get(drafts.PAGE, "")
    fields = [field for field in drafts.typed_in(request.POST) if field[0] != "csrfmiddlewaretoken"]
    whole = json.dumps([request.user.pk, request.get_full_path(), page, fields])
    sent = sha256(whole.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sent[:15], 16)])
    return sent


def sent_before(request, sent):
    """Return where the same sending led; read anew, as it may have been written while this one waited."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(request.session.session_key)
    return store.get(SAVED, {}).get(sent)


def keep_sent(request, sent, there):
    kept = {**request.session.get(SAVED, {}), sent: there}
    request.session[SAVED] = dict(list(kept.items())[-KEPT:])
    request.session.save()
