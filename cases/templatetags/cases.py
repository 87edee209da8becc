"""How values are shown in pages: dates in words, names with language and direction, days."""

import re
from collections import Counter
from functools import cache

from django import template
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django_countries import countries

from cases.dates import PartialDate, in_words, words_for_bounds
from cases.models import NameKind
from cases.names import direction, script_of

register = template.Library()


@register.filter
def date_words(value):
    """A partial date or a day in words; empty if unknown."""
    if isinstance(value, PartialDate):
        return in_words(value)
    return words_for_bounds(value, value) if value else ""


@register.filter
def short_months(words):
    """A date in words, a PartialDate too, with months cut to three letters, for dense tables: "18 Nov 2032"."""
    short, pattern = _months(get_language())

    def cut(match):
        name = match[0]
        return short[name.lower()].title() if name[0].isupper() else short[name.lower()]

    return pattern.sub(cut, str(words))


@cache
def _months(language):
    """Return the short names by the long ones in the language in use, and the pattern that finds the long ones."""
    short = {str(names[n]).lower(): str(MONTHS_3[n]) for n in MONTHS for names in (MONTHS, MONTHS_ALT)}
    return short, re.compile(r"\b(?:" + "|".join(map(re.escape, short)) + r")\b", re.IGNORECASE)


@register.filter
def counted_once(articles):
    """A row's articles, (label, outcome, outcome in words, how many charges say just that), in their order."""
    return [(*article, count) for article, count in Counter(articles).items()]


@register.filter
def spelling(name):
    """A name, a person, or any text, as <span lang dir>."""
    if hasattr(name, "lang"):
        return format_html('<span lang="{}" dir="{}">{}</span>', name.lang, name.dir, name.text)
    if hasattr(name, "names"):
        name = main_name(name) or name
        return spelling(name) if hasattr(name, "lang") else str(name)
    text = str(name)
    return format_html('<span lang="und-{}" dir="{}">{}</span>', script_of(text), direction(text), text)


def main_name(person):
    """A person's main name, else the first; None if there is none. No query if names are loaded."""
    names = sorted(person.names.all(), key=lambda name: (name.kind != NameKind.MAIN, name.pk))
    return names[0] if names else None


@register.filter
def spellings(names):
    """Names joined by middle dots."""
    return format_html_join(" · ", "{}", ((spelling(name),) for name in names))


@register.filter
def initials(text):
    """The first letters of the first two words: what stands where a photo would."""
    return "".join(word[0].upper() for word in str(text).split()[:2] if word)


@register.filter
def days(number):
    """ "1,001 days"."""
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": f"{number:,}"}


@register.filter
def days_held(found):
    """ "1,001 days", or "960–1,001 days" where dates leave it open. Takes cases.rows.Days or None."""
    if not found:
        return _("none recorded")
    if found.fewest == found.most:
        return days(found.most)
    return ngettext("%(a)s–%(b)s day", "%(a)s–%(b)s days", found.most) % {
        "a": f"{found.fewest:,}",
        "b": f"{found.most:,}",
    }


@register.filter
def country_names(codes):
    """Names of countries for their codes, joined by commas."""
    return ", ".join(str(countries.name(code)) for code in codes)


@register.filter
def without_placeholders(form):
    """A form of django-allauth without the placeholders that only repeat its labels."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    return form
