"""How histories show values: long texts fold."""

from django import template
from django.utils.html import escape, format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

register = template.Library()

LONG = 280  # characters, beyond which a text folds
MOST = 20_000  # that a page shows of one value: it may have hundreds, and a captured text can be two million letters
FIRST = 200  # of which so many show


@register.filter
def said(text):
    """A value in words, by itself as to direction; a long one with its beginning as what unfolds it, and cut where it is
    as long as a book.
    """
    if len(text) <= LONG:
        return format_html("<bdi>{}</bdi>", mark_safe(escape(text).replace("\n", "<br>")))
    return format_html(
        '<details class="long"><summary dir="auto">{}</summary><div dir="auto">{}</div></details>',
        Truncator(text).chars(FIRST),
        mark_safe(linebreaks(Truncator(text).chars(MOST), autoescape=True)),
    )
