"""What is asked of the pages: values that are in the filled database, as somebody who works with it would ask for them."""

from datetime import timedelta

from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from cases.dates import today
from cases.filters import SORTS, CaseFilter
from cases.models import (
    Case,
    CaseTag,
    Court,
    Hearing,
    JointProceeding,
    Lawyer,
    Name,
    Organisation,
    Place,
    PrisonerList,
    Provision,
    Representation,
    Sentence,
)

NO_FILTERS = {"q", "day", "certainty", "sort"}  # asked for apart
OTHER_PAGES = [
    *("home", "person-list", "lawyer-list", "place-list", "court-list", "provision-list", "source-list"),
    *("proceeding-list", "change-list", "numbers", "report-list"),
]
REPORTS = ["cases", "arrests", "citations"]
ADMIN = ["case", "detainee", "name", "arrest", "detention", "charge", "sentence", "citation", "source", "place"]


def filters():
    """Return {filter: a value}, for each filter of the list that the database has a value for."""
    most = {
        "place": most_frequent("cases_detention", "place_id", Place),
        "court": most_frequent("cases_hearing", "court_id", Court),
        "article": most_frequent("cases_charge", "provision_id", Provision),
        "lawyer": most_frequent("cases_representation", "lawyer_id", Lawyer),
        "list": most_frequent("cases_listing", "list_id", PrisonerList),
        "organisation": most_frequent("cases_affiliation", "organisation_id", Organisation),
        "tag": CaseTag.objects.filter(term__slug="health-at-risk").values_list("term__slug", flat=True).first(),
        "proceeding": JointProceeding.objects.values_list("reference", flat=True).first(),
    }
    if most["lawyer"]:
        most["lawyer"] = most["lawyer"].reference
    if most["article"]:
        article = most["article"]
        most["article"] = "/".join(filter(None, [article.code.slug, article.article, article.part]))
    values = {
        "status": "in_custody", "country": "RU", "sex": "female", "outcome": "convicted", "arrested_after": "2022",
        "arrested_before": "2018", "sentenced_after": "2022", "sentenced_before": "2018", "released_after": "2022",
        "released_before": "2018", "release_kind": "exchange", "months_min": "60", "months_max": "24", "stage": "draft",
        "assignee": "none", "unsourced": "yes", "missing": "charge", "unconfirmed": "6", "contested": "yes", "news": "1",
        "changed_since": (today() - timedelta(days=7)).isoformat(),
        **{name: getattr(value, "pk", value) for name, value in most.items() if value},
    }  # fmt: skip
    return {name: str(values[name]) for name in CaseFilter.base_filters if name in values}


def unasked(asked):
    """Return the filters that there is no value for here: they would go unmeasured unseen."""
    return sorted(set(CaseFilter.base_filters) - set(asked) - NO_FILTERS)


def most_frequent(table, column, model):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM (SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 100000) AS used"
            f" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        found = cursor.fetchone()
    return model.objects.get(pk=found[0]) if found else None


def orders():
    return [*SORTS, *(f"-{name}" for name in SORTS)]


def other_days():
    return {
        "day": {"day": "2019-06-01"},
        "day, held then": {"day": "2019-06-01", "status": "in_custody"},
        "day, possibly held then": {"day": "2019-06-01", "status": "in_custody", "certainty": "possibly"},
        "certainly held now": {"status": "in_custody", "certainty": "certainly"},
    }


def names():
    """Return {what kind of name: text to search for}: whole names that few have, words that many have, and one misspelt."""
    rows = list(Name.objects.filter(detainee__isnull=False).order_by("pk").values_list("text", flat=True)[:2000])
    latin = [text for text in rows if text.isascii()]
    cyrillic = [text for text in rows if text.startswith(("Вигадана", "Выдуманный"))]
    found = {}
    if latin:
        found["whole name, Latin"] = latin[-1]
        found["surname, Latin"] = latin[len(latin) // 2].split()[-1]
        surname = latin[len(latin) // 3].split()[-1]
        found["misspelt, Latin"] = surname[:3] + surname[4:]
    if cyrillic:
        found["whole name, Cyrillic"] = cyrillic[-1]
        found["surname, Cyrillic"] = cyrillic[len(cyrillic) // 2].split()[-1]
    found["word that half of them have"] = "Вигадана"
    found["beginning of many names"] = "Inv"
    found["nobody"] = "Qwertzuiop"
    return found


def long_cases():
    """Return the references of cases with 80 records, as a list has them now and then; the longest where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reference FROM (SELECT case_id, count(*) AS number FROM cases_hearing GROUP BY case_id) AS h"
            " JOIN cases_case AS c ON c.id = h.case_id WHERE c.access = 'everyone'"
            " ORDER BY h.number > 90, h.number DESC, c.id LIMIT 5"
        )
        found = [reference for (reference,) in cursor]
    return found or list(Case.objects.filter(access="everyone").values_list("reference", flat=True)[:1])


def records_of(reference):
    """Return how many records the case has, of whatever kind."""
    return sum(
        model.objects.filter(case__reference=reference).count() for model in (Hearing, Sentence, Representation)
    ) + asked_number(reference)


def asked_number(reference):
    kinds = ("arrest", "detention", "restriction", "release", "charge", "note")
    every = " + ".join(f"(SELECT count(*) FROM cases_{kind} WHERE case_id = c.id)" for kind in kinds)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {every} FROM cases_case AS c WHERE c.reference = %s", [reference])
        return cursor.fetchone()[0]


def address(name, *parts, **query):
    """Return the address of a page, or nothing where there is no such page."""
    try:
        path = reverse(name, args=parts)
    except NoReverseMatch:
        return ""
    return f"{path}?{urlencode(query)}" if query else path
