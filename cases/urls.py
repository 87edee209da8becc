"""Addresses of the tracker, one list per concept. Wrong references fall through to the same 404 as hidden ones."""

from django.urls import path

from cases.views import dates

shared = [
    path("dates/understand/", dates.understand_date, name="understand-date"),
]

urlpatterns = [*shared]
