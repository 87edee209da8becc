"""What the pages of people and sources show: scripts of names, addresses that may be links."""

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.dates import in_words
from cases.names import script_of

register = template.Library()

SCRIPTS = {
    "Latn": _("Latin"),
    "Cyrl": _("Cyrillic"),
    "Arab": _("Arabic"),
    "Hebr": _("Hebrew"),
    "Geor": _("Georgian"),
    "Armn": _("Armenian"),
    "Hani": _("Chinese"),
}


@register.filter
def script(name):
    """Return the script that a name is written in, in words where it is one that readers meet often."""
    code = script_of(name.text)
    return SCRIPTS.get(code, code)


@register.filter
def is_web(address):
    """Whether an address may be a link: http and https only."""
    return address.lower().startswith(("http://", "https://"))


@register.filter
def lasted(role):
    """From when to when something lasted, as far as that is known; empty if nothing is."""
    began, ended = (in_words(date) if date else "" for date in (role.began, role.ended))
    if began and ended:
        return f"{began} – {ended}"
    if began:
        return gettext("since %(date)s") % {"date": began}
    return gettext("until %(date)s") % {"date": ended} if ended else ""
