"""What a date field understood of what was typed, said back while the form is filled in."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.dates import AmbiguousDate, DateError, in_words, today, understand, understood
from cases.fields import HOW_TO_WRITE


@require_GET
def understand_date(request):
    """Answer the fragment beside a date field: `?field=began&began=Feb 2014&actual=1`, or `?value=Feb 2014`."""
    name = request.GET.get("field", "value")
    said = {"name": name}
    try:
        date = understand(request.GET.get(name, ""), today=today(), actual="actual" in request.GET)
    except AmbiguousDate as error:
        said["readings"] = [(reading.text, in_words(reading), False) for reading in error.readings]
    except DateError as error:
        said["problem"] = f"{error}. {HOW_TO_WRITE}"
    else:
        said["understood"] = understood(date) if date else ""
    return render(request, "cases/widgets/_understood_date.html", said)
