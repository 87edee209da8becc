"""Pages of rights: the list by treaty, one right with the cases in which somebody says that it was violated.

They are written in the admin site.
"""

from urllib.parse import quote

from django.db.models import F, Func, IntegerField, Value
from django.db.models.functions import Cast
from django.shortcuts import render

from cases.models import Case, Right, Violation
from cases.views.pages import counted_up_to, first_cases, page_of, searched, visible_or_404, with_words


def by_provision():
    """Order ICCPR-7 before ICCPR-14.1a: by the first number of the code, then by the rest of it."""
    number = Func(F("code"), Value("[0-9]{1,9}"), function="substring")
    return [Cast(number, IntegerField()).asc(nulls_first=True), "code", "pk"]


def list_rights(request):
    query, folded = searched(request)
    rights = Right.objects.visible_to(request.user).order_by("treaty", *by_provision())
    page = page_of(with_words(rights, query, folded), request, per_page=200)
    cases = Case.objects.visible_to(request.user).values("pk")
    numbers = counted_up_to(page, Violation.objects.public().filter(case__in=cases), "right", "case")
    for right in page:
        right.alleged = numbers[right.pk]
    return render(request, "cases/right_list.html", {"page": page, "query": query})


def show_right(request, pk):
    right = visible_or_404(Right.objects.all(), request.user, pk=pk)
    cases = Case.objects.filter(pk__in=Violation.objects.public().filter(right=right).values("case"))
    return render(
        request,
        "cases/right_detail.html",
        {"right": right, "right_key": quote(right.code, safe=""), **first_cases(cases, request.user)},
    )
