"""A save of something that a colleague has deleted meanwhile: what was typed comes back as the form of a new one."""

from functools import wraps

from django.http import Http404
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cases.forms.conflicts import said_of
from cases.models.changes import deletion

OF_ROW = ("-id", "-detainee", "-lawyer")  # hidden fields of a row of names: its key and whose it is


def what_happened(change):
    """Say who deleted it, and what to do with what was typed."""
    said = said_of(change)
    when = date_format(localtime(said.when), "j F Y, H:i")
    deleted = _("%(who)s deleted this while you were writing (%(when)s).") % {"who": said.who, "when": when}
    anew = _("What you typed is still here: saving adds it anew. An editor can also bring back what was deleted.")
    return f"{deleted} {anew}"


def or_anew(add, model, key="reference"):
    """Decorate the view of a form: what is sent for a deleted thing goes into the form of a new one, which is not saved yet."""

    def decorate(view):
        @wraps(view)
        def decorated(request, *args, **kwargs):
            try:
                return view(request, *args, **kwargs)
            except Http404:
                sought = {"pgh_obj" if key == "pk" else key: kwargs[key]}
                change = deletion(model, request.user, **sought) if request.method == "POST" else None
                if change is None:
                    raise
                request.deletion = change
                return add(request)

        return decorated

    return decorate


def without_keys(data, prefix):
    """Return what was sent with all rows of a formset as new ones, of nobody yet."""
    data = data.copy()
    data[f"{prefix}-INITIAL_FORMS"] = "0"
    for name in [name for name in data if name.startswith(f"{prefix}-") and name.endswith(OF_ROW)]:
        data[name] = ""
    return data
