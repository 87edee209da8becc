"""The page on which a source's text is captured, put right or replaced."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.forms.captured import read_ahead
from cases.forms.page import only_looking
from cases.forms.reasons import remember
from cases.forms.source_text import SourceTextForm
from cases.models import Source
from cases.views.gone import or_anew
from cases.views.pages import only_researchers, visible_or_404, why
from cases.views.sources import add_source


@or_anew(add_source, Source)
def write_text(request, reference):
    visible_or_404(Source.objects, request.user, reference=reference)
    only_researchers(request.user)
    read_ahead(request.FILES)  # before the row is locked: a large file takes seconds
    with transaction.atomic():
        rows = Source.objects.defer(None)
        source = get_object_or_404(rows.select_for_update() if request.method == "POST" else rows, reference=reference)
        form = SourceTextForm(request.POST or None, request.FILES or None, instance=source, user=request.user)
        complete = form.is_bound and form.is_complete()
        if "find" in request.POST:
            only_looking([form], request.POST["find"])
        elif complete:
            reason = form.cleaned_data["reason"]
            with why(reason):
                saved = form.save()
            remember(request.user, reason, saved)
            say_saved(request, form)
            return redirect("source-detail", source.reference)
    return render(request, "cases/source_text.html", {"form": form, "source": source})


def say_saved(request, form):
    """Say that it is saved, and what somebody should know who has not looked at the text of the file yet."""
    messages.success(request, _("Saved."))
    if form.captured and form.captured.encoding:
        said = _("The file doesn't say how its letters are written; they were read as %(encoding)s. Look at the text.")
        messages.warning(request, said % {"encoding": form.captured.encoding})
    if form.captured and form.captured.left_out:
        said = _("Attached to the e-mail and not taken in: %(names)s. Add what matters as sources of their own.")
        messages.warning(request, said % {"names": ", ".join(form.captured.left_out)})
