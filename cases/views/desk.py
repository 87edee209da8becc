"""The reading desk: the text of a source, the passages that facts are tied to, and new facts from selected words."""

import re
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dossier import KINDS
from cases.forms.desk import (
    LETTERS,
    NEW_CASE,
    PERSON,
    PERSON_FIELDS,
    ROLE,
    SUPPORT,
    DeskForm,
    PassageEvidence,
    PersonFactForm,
    SupportForm,
    in_short,
    kind_buttons,
    kind_in_words,
)
from cases.forms.kinds import RECORD_FORMS
from cases.forms.roles import RoleForm
from cases.forms.wording import penalties_of, told_by
from cases.models import Case, Citation, Detainee, Source, Standing
from cases.models.evidence import record_key
from cases.passages import Passage, anchored, segments, snapped
from cases.views.adding import take
from cases.views.pages import only_parameters, only_researchers, visible_or_404
from cases.views.records import case_to_change

MOST_FACTS = 2000
MOST_CASES = 6  # that can be chosen at once; another one is found by typing
AROUND = 3000  # letters that stand before and after the passage beside the form of a fact
SURROUNDINGS = 70  # letters on either side of an occurrence
PARAMETERS = ["start", "end", "quote", "case", "kind", "field"]
SLUGS = {model._meta.model_name: slug for slug, (model, _related) in KINDS.items()}
# What the words for a record need to be loaded with it
RELATED = {
    "charge": ["provision__code"],
    "arrest": ["place"],
    "detention": ["place"],
    "hearing": ["court"],
    "sentence": ["court"],
    "listing": ["list"],
    "affiliation": ["organisation"],
}
NAMED = {"representation": ["lawyer__names"], "detainee": ["names"]}
END_OF_LINE = re.compile(r"\r\n|\r|\n")


@dataclass
class Fact:
    """A citation of the source as the desk shows it. `place` is None if its words are not in the text."""

    citation: Citation
    record: object
    place: Passage | None
    number: int = 0

    @property
    def kind(self):
        return capfirst(self.record._meta.verbose_name)

    @property
    def words(self):
        return capfirst(in_short(self.record))

    @property
    def field_words(self):
        named = {one.name: one.verbose_name for one in self.record._meta.concrete_fields}
        return named.get(self.citation.field, self.citation.field)

    @property
    def standing(self):
        return getattr(self.record, "standing", Standing.ACCEPTED)

    @property
    def is_lost(self):
        """Whether the words were in the text once, or should be, and are not now."""
        return self.place is None and bool(self.citation.source.captured_text and self.citation.quote)

    @property
    def url(self):
        if self.citation.case_id:
            slug = SLUGS[self.record._meta.model_name]
            return f"{reverse('case-detail', args=[self.citation.case.reference])}#{slug}-{self.record.pk}"
        person = reverse("person-detail", args=[self.citation.detainee.reference])
        return f"{person}#affiliations-{self.record.pk}" if self.citation.affiliation_id else person


# ------------------------------------------------------------------------------------------------ the desk


def desk_context(source, user, form=None):
    """Return all that the page of a source shows of its text and of the facts drawn from it."""
    facts = facts_of(source, user)
    places = {fact.citation.pk: fact.place for fact in facts if fact.place is not None}
    by_key = {fact.citation.pk: fact for fact in facts}
    if form is None:
        cases = cases_of(source, user, [fact.citation for fact in facts]) if user.is_researcher else []
        form = DeskForm(source=source, cases=cases, user=user)
    return {
        "source": source,
        "cited_by": Source.objects.filter(pk__in=citing(user).filter(cites=source).values("source")),
        "keepers": source.keepers.all() if source.protected else [],
        "text": text_html(source.captured_text, places, by_key.__getitem__),
        "facts": len(facts),
        "last": max(
            (fact.citation.pk for fact in facts if fact.place and fact.citation.created_by_id == user.pk), default=""
        ),
        "groups": grouped(facts),
        "form": form,
        "cases": form.cases,
        "kinds": kind_buttons(RECORD_FORMS),
        "others": kind_buttons([PERSON, ROLE, SUPPORT]),
        "new_case": kind_buttons([NEW_CASE])[0],
    }


def citing(user):
    """Return the citations that the user sees, of sources that they may know."""
    return Citation.objects.visible_to(user).filter(source__in=Source.objects.visible_to(user).values("pk"))


def facts_of(source, user):
    """Return the facts that the user sees, numbered as their passages stand in the text; those without one come last."""
    citations = (
        Citation.objects.visible_to(user)
        .filter(source=source)
        .select_related("case__detainee", "detainee", "cites")
        .defer("cites__captured_text")
        .prefetch_related("case__detainee__names", "detainee__names")
        .order_by("pk")[:MOST_FACTS]
    )
    citations = list(citations)
    records = records_of(citations)
    text, facts = source.captured_text, []
    for citation in citations:
        citation.source = source
    known = Source.objects.known_through(citations, user)
    for citation in citations:
        citation.cites_shown = citation.cites_id in known
        if citation.cites_id and not citation.cites_shown:
            citation.said_by = ""  # that may be the one who is protected
        record = records[record_key(citation)]
        stands = text and (citation.quote or citation.range_start is not None)
        place = anchored(text, citation.range_start, citation.range_end, citation.quote) if stands else None
        facts.append(Fact(citation, record, place))
    facts.sort(key=where)
    for number, fact in enumerate(facts, 1):
        fact.number = number if fact.place else 0
    return facts


def where(fact):
    """Sort by where the words begin, the longer first, as passages.segments marks them; facts without words last."""
    start, end = fact.place or (0, 0)
    return fact.place is None, start, -end, fact.citation.pk


def records_of(citations):
    """Return {(name of the model, key): record}, with what their words need: one query or two for each kind there is."""
    found = {}
    keys = {record_key(citation) for citation in citations}
    for name in sorted({name for name, _pk in keys}):
        rows = Citation._meta.get_field(name).related_model._base_manager
        rows = rows.filter(pk__in=[pk for one, pk in keys if one == name])
        rows = rows.select_related(*RELATED.get(name, [])).prefetch_related(*NAMED.get(name, []))
        found |= {(name, record.pk): record for record in rows}
    return found


def grouped(facts):
    """Return [(case or None, facts)]: the cases in the order in which the text speaks of them, people last."""
    first = {}
    for fact in facts:
        first.setdefault(fact.citation.case_id, len(first))
    ordered = sorted(facts, key=lambda fact: (fact.citation.case_id is None, first[fact.citation.case_id]))
    return [
        (group[0].citation.case, group)
        for _key, rows in groupby(ordered, key=lambda fact: fact.citation.case_id)
        for group in [list(rows)]
    ]


def cases_of(source, user, citations=None):
    """Return the cases that facts of this source are about and the user may change, the one that they used last first.

    A fact about a person is about each of their cases. `citations` are those of the source that the user sees, if loaded.
    """
    if citations is None:
        seen = Citation.objects.visible_to(user).filter(source=source).order_by()
        citations = seen.only("pk", "case_id", "detainee_id", "created_by_id")
    used = {}
    for citation in citations:
        for key in [("case", citation.case_id), ("detainee", citation.detainee_id)]:
            used[key] = max(used.get(key, (False, 0)), (citation.created_by_id == user.pk, citation.pk))
    keys = {kind: [key for one, key in used if one == kind and key] for kind in ("case", "detainee")}
    cases = Case.objects.visible_to(user).filter(Q(pk__in=keys["case"]) | Q(detainee__in=keys["detainee"]))
    found = list(cases.select_related("detainee").prefetch_related("detainee__names"))
    never = (False, 0)
    found.sort(
        key=lambda case: max(used.get(("case", case.pk), never), used.get(("detainee", case.detainee_id), never)),
        reverse=True,
    )
    return [case for case in found if case.may_be_changed_by(user)][:MOST_CASES]


def text_html(text, places, fact_of=None, offset=0):
    """Return the text as paragraphs, each with its own direction and, in data-start, its place in the source's text.

    Passages are marked. The text of the elements is the text itself, letter by letter: the desk counts in it.
    """
    lines, starts, begins, at = [[]], [offset], [], offset
    for segment in segments(text, places):
        begins += segment.begins
        for line, end_of_line in lines_of(segment.text):
            if line:
                lines[-1].append(marked(line, segment.keys, begins, fact_of))
                begins = [] if segment.keys else begins
            at += len(line) + len(end_of_line)
            if end_of_line:
                lines.append([])
                starts.append(at)
    return mark_safe("".join(paragraphs(lines, starts)))


def lines_of(text):
    """Yield (line, its end), as they stand in the text; the last one has no end."""
    at = 0
    for end in END_OF_LINE.finditer(text):
        yield text[at : end.start()], end[0]
        at = end.end()
    yield text[at:], ""


def paragraphs(lines, starts):
    gap = ""
    for line, start in zip(lines, starts, strict=True):
        if not line:
            gap = ' class="gap"'
            continue
        yield f'<p dir="auto" data-start="{start}"{gap}>{"".join(line)}</p>'
        gap = ""


def marked(text, keys, begins, fact_of):
    """Return a run of text; under passages, it leads to the record of the one that began last, and numbers to the others."""
    if not keys:
        return escape(text)
    if fact_of is None:
        return format_html('<mark class="tied tied-here"{}>{}</mark>', mark_safe(' id="here"' if begins else ""), text)
    main = fact_of(keys[-1])
    others = [fact_of(key) for key in begins if key != keys[-1]]
    return format_html(
        '<mark class="tied" data-passages="{}"{}>{}<a href="{}" draggable="false" title="{}"{}>{}</a></mark>',
        " ".join(str(key) for key in keys),
        format_html(' id="passage-{}"', keys[-1]) if keys[-1] in begins else "",
        mark_safe("".join(number_of(fact) for fact in others)),
        main.url,
        main.words,
        format_html(' data-number="{}"', main.number) if keys[-1] in begins else "",
        text,
    )


def number_of(fact):
    """Return the number of a passage that begins where another one does. It has no text: the desk counts letters."""
    return format_html(
        '<a class="also" id="passage-{}" href="{}" data-number="{}" aria-label="{}" title="{}"></a>',
        fact.citation.pk, fact.url, fact.number, fact.words, fact.words,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ a new fact


def add_fact(request, reference):
    """Show and take the form of a fact from a passage; without one, ask which words, whose and what kind."""
    source = visible_or_404(Source.objects.all(), request.user, reference=reference)
    only_researchers(request.user)
    if request.method == "POST" and "begin" in request.POST:
        return begin(request, source, request.POST)
    only_parameters(request.GET, PARAMETERS)
    if not request.GET:
        return choose(request, source)
    kind = request.GET.get("kind", "")
    if kind and kind not in LETTERS:
        raise BadRequest(_("There is no kind of fact of this name."))
    if "start" not in request.GET:
        return begin(request, source, request.GET)
    passage = passage_of(source, request)
    if kind == NEW_CASE:
        return redirect(new_case_url(source, passage))
    if not kind or not request.GET.get("case"):
        return begin(request, source, request.GET)
    return fact_page(request, source, case_to_change(request.user, request.GET["case"]), kind, passage)


def choose(request, source, form=None, occurrences=()):
    """Show the desk, with what was sent, where it can't be gone on with yet."""
    context = desk_context(source, request.user, form) | {"occurrences": occurrences, "asked": form is not None}
    return render(request, "cases/source_detail.html", context)


def begin(request, source, data):
    """Find the words, and go on to the form of the fact; if they stand in several places, ask which one is meant."""
    form = DeskForm(data, source=source, cases=cases_of(source, request.user), user=request.user)
    complete = form.is_valid()
    if "find" in data:
        form.errors.clear()
        return choose(request, source, form)
    if complete and len(form.passages) > 1:
        return choose(request, source, form, places_of(source, form))
    if not complete or not form.cleaned_data["kind"]:
        return choose(request, source, form)
    return redirect(fact_url(source, form.passages[0], form.cleaned_data["case"], form.cleaned_data["kind"]))


def fact_url(source, passage, case, kind):
    if kind == NEW_CASE:
        return new_case_url(source, passage)
    asked = {"start": passage.start, "end": passage.end, "case": case.reference if case else "", "kind": kind}
    return f"{reverse('source-fact-add', args=[source.reference])}?{urlencode(asked)}"


def new_case_url(source, passage):
    """Return the address of a new case whose person is called as the words say."""
    words = " ".join(source.captured_text[slice(*passage)].split())[:200]
    asked = {"source": source.reference, "start": passage.start, "end": passage.end, "name": words, "back": "desk"}
    return f"{reverse('case-add')}?{urlencode(asked)}"


def places_of(source, form):
    """Return [(surroundings before, the words, surroundings after, address)] of each place where the words stand."""
    text = source.captured_text
    case, kind = form.cleaned_data.get("case"), form.cleaned_data.get("kind")
    for passage in form.passages:
        before = text[max(0, passage.start - SURROUNDINGS) : passage.start].replace("\n", " ")
        after = text[passage.end : passage.end + SURROUNDINGS].replace("\n", " ")
        yield before, text[slice(*passage)], after, fact_url(source, passage, case, kind)


def passage_of(source, request):
    """Return the passage that the address names: a 400 if it is none. A form that is sent finds its words anew."""
    given = [request.GET.get(name, "") for name in ("start", "end")]
    if not all(re.fullmatch(r"[0-9]{1,9}", number) for number in given):
        raise BadRequest(_("A passage is two numbers: where it starts and where it ends."))
    start, end = map(int, given)
    if start >= end:
        raise BadRequest(_("The start of a passage lies before its end."))
    if request.method == "POST":
        return Passage(start, end)
    try:
        return snapped(source.captured_text, start, end)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def fact_page(request, source, case, kind, passage):
    data = request.POST if request.method == "POST" else None
    evidence = PassageEvidence(data, user=request.user, source=source, passage=passage)
    form = form_of(request, kind, case, evidence)
    way_on = data is not None and take(
        request, form, lambda record: saved(request, source, case, kind, record, evidence.citation)
    )
    if way_on:
        return way_on
    place = evidence.passage
    before = max(0, (place.start if place else passage.start) - AROUND)
    excerpt = source.captured_text[before : (place.end if place else passage.end) + AROUND]
    shifted = {0: Passage(place.start - before, place.end - before)} if place else {}
    context = {
        "source": source,
        "case": case,
        "kind": kind,
        "name": kind_in_words(kind),
        "form": form,
        "evidence": evidence,
        "text": text_html(excerpt, shifted, offset=before),
        "cut_before": before > 0,
        "cut_after": before + len(excerpt) < len(source.captured_text),
        "fields": person_fields(request, form) if kind == PERSON else [],
        "back": f"?{urlencode({'start': passage.start, 'end': passage.end, 'case': case.reference})}",
    }
    return render(request, "cases/desk_fact.html", context)


def form_of(request, kind, case, evidence):
    """Return the form for this kind of fact, filled in with what the words say for certain."""
    data, user = request.POST if request.method == "POST" else None, request.user
    words = " ".join(evidence.quote.split())
    if kind == SUPPORT:
        return SupportForm(data, user=user, evidence=evidence, records=records_to_support(case, user))
    if kind == PERSON:
        name = person_field(request, words)
        person = Detainee.objects.select_related(None).get(pk=case.detainee_id)
        form = PersonFactForm(data, user=user, evidence=evidence, person=person, name=name)
        told = told_by("arrests", words, user) if name in ("born", "died") else {}
        told = {name: told["date"]} if "date" in told else {}
    elif kind == ROLE:
        form = RoleForm(data, person=case.detainee, user=user)
        told = told_by(ROLE, words, user)
    else:
        form = RECORD_FORMS[kind](data, case=case, user=user)
        own = [name.text for name in case.detainee.names.all()] if kind == "lawyers" else []
        told = told_by(kind, words, user, but=own)
        if kind == "sentences" and data is None:
            form.penalties = penalties_of(words) or form.penalties
            form.penalties.extra = 1 if form.penalties.initial else 2  # beside the text there is little room
    form.evidence = evidence
    if data is None:
        form.initial = {**form.initial, **{name: value for name, value in told.items() if name in form.fields}}
        focus_first(form)
    return form


def focus_first(form):
    """Let the form begin in the first box that is still empty and needed, else in the first one that Enter saves from."""
    boxes = [
        name for name, one in form.fields.items() if one.widget.__class__.__name__ not in ("HiddenInput", "Textarea")
    ]
    texts = [name for name in boxes if getattr(form.fields[name].widget, "input_type", "") == "text"]
    empty = [name for name in boxes if form.fields[name].required and not form[name].value()]
    for name in [*empty, *texts, *boxes][:1]:
        form.fields[name].widget.attrs["autofocus"] = True


def records_to_support(case, user):
    """Return the records of the case that the user sees, newest kinds of fact first as the case's page has them."""
    found = []
    for slug, (model, _related) in KINDS.items():
        rows = model.objects.visible_to(user).filter(case=case).select_related(*RELATED.get(model._meta.model_name, []))
        for record in rows.prefetch_related(*NAMED.get(model._meta.model_name, [])):
            record.slug = slug
            found.append(record)
    return found


def person_field(request, words):
    """Return which fact about the person is meant: the one of the address, else what the words may tell."""
    name = request.GET.get("field", "")
    if name and name not in PERSON_FIELDS:
        raise BadRequest(_("There is no fact of this name about a person."))
    return name or ("born" if re.search(r"(?<!\d)(?:18|19|20)\d\d(?!\d)", words) else "birth_place")


def person_fields(request, form):
    """Return [(label, address, whether it is chosen)] of the facts about a person."""
    found = []
    for name in PERSON_FIELDS:
        asked = request.GET.copy()
        asked["field"] = name
        label = capfirst(Detainee._meta.get_field(name).verbose_name)
        found.append((label, f"?{asked.urlencode()}", name == form.name))
    return found


def saved(request, source, case, kind, record, citation):
    """Say what was saved, and return the way back to the desk, to the passage."""
    slug = SLUGS.get(record._meta.model_name)
    url = f"{reverse('case-detail', args=[case.reference])}#{slug}-{record.pk}"
    if slug is None:
        url = reverse("person-detail", args=[case.detainee.reference])
    said = _("Tied to the passage:") if kind == SUPPORT else _("Added:")
    messages.success(request, format_html('{} <a href="{}">{}</a>', said, url, capfirst(in_short(record))))
    return f"{reverse('source-detail', args=[source.reference])}#passage-{citation.pk}"
