"""What the pages of people and sources show: scripts of names, addresses that may be links."""

from django import template
from django.utils.translation import gettext_lazy as _

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
