"""The pages that say what went wrong. Django's own pages for 403, 404 and 500 do, with our templates."""

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.csrf import requires_csrf_token


@requires_csrf_token
def bad_request(request, exception):
    """Answer 400 and say why, where the reason is ours: Django's other reasons are about attacks, and for its log."""
    message = str(exception) if isinstance(exception, BadRequest) else ""
    if isinstance(exception, RequestDataTooBig):
        message = gettext(
            "What was sent is too large. Go back, where it still stands, and shorten it: a text takes 2,000,000 characters."
        )
    return render(request, "400.html", {"message": message}, status=400)


@requires_csrf_token
def busy(request):
    """Answer 503: somebody else wrote the same rows at the same time, twice in a row."""
    answer = render(request, "503.html", status=503)
    answer["Retry-After"] = "2"
    return answer
