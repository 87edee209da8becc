"""Where a fact comes from, as HTML: drawn here, as a case page can have hundreds, which templates take too long for."""

from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.dates import in_words
from cases.models import Reliability
from cases.templatetags.things import is_web

register = template.Library()
EMPTY = mark_safe("")
DOT = " · "
RELIABILITY = dict(Reliability.choices)


@register.simple_tag(takes_context=True)
def told_sources(context, entry):
    """Return the sources of an entry: a line, which unfolds to all that they say, as far as the reader may know it.

    Who may change the case is led to the form for one more. On a page of a past moment nothing leads to what is of now but
    the sources.
    """
    brief = in_brief(entry)
    if not entry.unfolds:
        return brief
    full = in_full(entry.told, links="moment" not in context)
    more = way_to_more(entry) if context.get("may_change") else ""
    return format_html('<details class="evidence"><summary>{}</summary>{}{}</details>', brief, full, more)


def way_to_more(entry):
    html = '<p class="evidence-add no-print"><a href="{}" aria-label="{}">{}</a></p>'
    return format_html(html, entry.cite_url, entry.cite_label, _("Add a source")) if hasattr(entry, "cite_url") else ""


@register.simple_tag
def all_told(told):
    """Return the same unfolded."""
    return in_full(told, links=True)


def in_brief(entry):
    """The first sources, each with its publisher, or its title where there is none; how often it is cited; origins."""
    parts = [one_in_brief(*one) for one in entry.brief]
    if n := entry.left_out:
        more = ngettext("and %(n)s more", "and %(n)s more", n) % {"n": n}
        parts.append(format_html('<span class="nowrap">{}</span>', more))
    if entry.chain:
        parts.append(format_html('<span class="nowrap">{}</span>', entry.chain))
    return joined(parts, DOT)


def one_in_brief(source, about, times):
    if not source:
        return conditional_escape(_("a protected source"))
    words = [drawn(source).brief, f" ({about})" if about else ""]
    if times > 1:
        html = ' <span class="evidence-times">×{}<span class="visually-hidden"> {}</span></span>'
        words.append(format_html(html, times, _("citations")))
    return joined(words)


@dataclass
class Drawn:
    """What is the same wherever a source is told."""

    url: str
    brief: str
    head: str


def drawn(source):
    """Return a source as HTML; drawn once for each row that was loaded."""
    if not hasattr(source, "_drawn"):
        url = reverse("source-detail", args=[source.reference])
        date = in_words(source.published) if source.published else ""
        brief = joined([bdi(source.publisher or source.title, source.language), f", {date}" if date else ""])
        by = joined([bdi(source.publisher), f", {date}" if date else ""]) if source.publisher else date
        parts = [by, RELIABILITY[source.reliability]]
        if is_web(source.archived_url):
            link = '<a href="{}" rel="noreferrer noopener">{}</a>'
            parts.append(format_html(link, source.archived_url, _("archived copy")))
        head = format_html(
            '<p><a href="{}"{} dir="auto">{}</a> <span class="evidence-about">{}</span></p>',
            url, in_language(source.language), source.title, joined(parts, DOT),
        )  # fmt: skip
        source._drawn = Drawn(url, brief, head)
    return source._drawn


def in_full(told, links):
    rows = [of_source(source, rows, links) for source, rows in told]
    return format_html('<ul class="evidence-list">{}</ul>', joined(rows))


def of_source(source, rows, links):
    if not source:
        return format_html("<li>{}</li>", _("a protected source"))
    one = drawn(source)
    return format_html("<li>{}{}</li>", one.head, joined(one_in_full(cited, source, one.url, links) for cited in rows))


def one_in_full(cited, source, url, links):
    """What one citation says: the field, the value as reported, whom it cites, who said it, where, the quote."""
    chain = [chain_to(cited), joined([_("said by"), " ", bdi(cited.said_by)]) if cited.said_by else "", cited.locator]
    words = [
        format_html('<span class="evidence-field">{}:</span>', capfirst(cited.about)) if cited.about else "",
        joined(["“", bdi(cited.reported), "”"]) if cited.reported else "",
        joined(chain, DOT),
    ]
    said = joined(words, " ")
    quote = ""
    if cited.quote:
        quote = format_html('<q dir="auto"{}>{}</q>', in_language(source.language), cited.quoted)
    return format_html('<div class="evidence-one">{} {}{}</div>', said, quote, ways(cited, url) if links else "")


def chain_to(cited):
    if cited.cites:
        other = reverse("source-detail", args=[cited.cites.reference])
        name = bdi(cited.cites.publisher or cited.cites.title)
        return format_html('{} <a href="{}" title="{}">{}</a>', _("cites"), other, cited.cites.title, name)
    return f"{_('cites')} {cited.cites_hidden}" if cited.cites_hidden else ""


def ways(cited, url):
    """Links to the words in the text of the source, and to the page of the citation."""
    marked = format_html('<a href="{}#passage-{}">{}</a> ', url, cited.pk, _("In the text")) if cited.is_marked else ""
    page = reverse("citation-detail", args=[cited.pk])
    return format_html(
        '<span class="evidence-links no-print">{}<a href="{}">{}</a></span>', marked, page, _("Citation")
    )


def bdi(text, language=""):
    return format_html("<bdi{}>{}</bdi>", in_language(language), text)


def in_language(code):
    return format_html(' lang="{}"', code) if code else EMPTY


def joined(parts, between=""):
    """Return the parts that are there as one, each escaped unless it is HTML already."""
    return mark_safe(between.join(conditional_escape(part) for part in parts if part))
