"""Rights, alleged violations and interventions: the list of rights, forms, pages, the filter, the numbers, who sees what."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Right, Violation
from cases.rights import RIGHTS
from tests.factories import (
    cite,
    make_case,
    make_hearing,
    make_intervention,
    make_right,
    make_source,
    make_user,
    make_violation,
)

pytestmark = pytest.mark.django_db

CODES = """
    ICCPR-7 ICCPR-9.1 ICCPR-9.2 ICCPR-9.3 ICCPR-9.4 ICCPR-9.5 ICCPR-10.1 ICCPR-10.2 ICCPR-10.3 ICCPR-12 ICCPR-14.1a ICCPR-14.1b
    ICCPR-14.1c ICCPR-14.1d ICCPR-14.2 ICCPR-14.3a ICCPR-14.3b ICCPR-14.3c ICCPR-14.3d ICCPR-14.3e ICCPR-14.3f ICCPR-14.3g ICCPR-14.4
    ICCPR-14.5 ICCPR-14.6 ICCPR-14.7 ICCPR-15 ICCPR-18 ICCPR-19 ICCPR-21 ICCPR-22 ICCPR-25 ICCPR-26 ICCPR-27 CAT GCIV-47 GCIV-49.1
    GCIV-64 GCIV-65 GCIV-66 GCIV-67 GCIV-71 GCIV-72 GCIV-73 GCIV-76 ECHR-3 ECHR-5.1 ECHR-5.2 ECHR-5.3 ECHR-5.4 ECHR-5.5 ECHR-6.1
    ECHR-6.2 ECHR-6.3a ECHR-6.3b ECHR-6.3c ECHR-6.3d ECHR-6.3e ECHR-7 ECHR-8 ECHR-9 ECHR-10 ECHR-11 ECHR-14 ECHR-18
"""
EXPECTED = CODES.split()


def sign_in(client, role="Reader"):
    user = make_user(role)
    client.force_login(user)
    return user


def text_of(answer):
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


# The list of rights


def test_each_right_of_the_list_is_there_once_with_its_treaty_and_provision():
    assert sorted(Right.objects.values_list("code", flat=True)) == sorted(EXPECTED)
    for right in Right.objects.all():
        article = re.search(r"\d+", right.code)
        assert right.provision.startswith("Article")
        assert not article or re.search(rf"\b{article[0]}\b", right.provision), right.code
        assert re.search(r"\((19\d\d)\)$", right.treaty)
        assert right.key
    assert Right.objects.get(code="ICCPR-14.3d").provision == "Article 14(3)(d)"


def test_words_of_the_list_accuse_nobody():
    for right in RIGHTS:
        assert 5 < len(right.name) < 100
        assert not re.search(r"[!?.]|violat|crime|victim|regime|occupier", right.name), right


def test_setup_adds_what_never_was_there_and_touches_nothing_else():
    Right.objects.get(code="ICCPR-7").delete()
    renamed = Right.objects.get(code="CAT")
    renamed.code = "CAT-1"
    renamed.save()
    changed = Right.objects.get(code="ECHR-3")
    changed.name = "in the team's words"
    changed.save()
    before = list(Right.objects.values_list("pk", "code", "name", "version").order_by("pk"))
    call_command("setup", verbosity=0)
    assert list(Right.objects.values_list("pk", "code", "name", "version").order_by("pk")) == before
    assert not Right.objects.filter(code__in=["ICCPR-7", "CAT"]).exists()


# Pages of rights


def test_list_groups_by_treaty_orders_by_number_and_counts_visible_cases(client):
    sign_in(client)
    case = make_case()
    make_violation(case, "ICCPR-14.3d")
    make_violation(case, "ICCPR-14.3d", date="2016")
    make_violation(make_case(), "ICCPR-14.3d")
    make_violation(make_case(access="team"), "ICCPR-14.3d")
    make_violation(make_case(), "ICCPR-14.3d", confidential=True)
    make_violation(make_case(), "ICCPR-14.3d", standing="rejected")
    answer = client.get("/rights/")
    shown = list(answer.context["page"])
    codes = [right.code for right in shown]
    assert codes.index("ICCPR-7") < codes.index("ICCPR-9.1") < codes.index("ICCPR-14.1a") < codes.index("ICCPR-15")
    assert {right.code: right.alleged.number for right in shown if right.alleged.number} == {"ICCPR-14.3d": 2}
    assert text_of(answer).count("International Covenant on Civil and Political Rights") == 1


@pytest.mark.parametrize(
    ("query", "found"), [("14.3d", {"ICCPR-14.3d"}), ("minorities", {"ICCPR-27"}), ("xylophone", set())]
)
def test_list_finds_by_code_and_by_word(client, query, found):
    sign_in(client)
    assert {right.code for right in client.get("/rights/", {"q": query}).context["page"]} == found


def test_bad_questions_to_the_list_are_refused(client):
    sign_in(client)
    assert client.get("/rights/", {"color": "red"}).status_code == 400
    assert client.get("/rights/", {"page": "7"}).status_code == 404
    assert client.get("/rights/99999999/").status_code == 404


def test_page_of_a_right_lists_its_cases_and_no_hidden_one(client):
    sign_in(client)
    make_violation("Ann Example", "ICCPR-9.1")
    make_violation(make_case("Hidden Person", access="team"), "ICCPR-9.1")
    make_violation(make_case("Quiet Person"), "ICCPR-9.1", confidential=True)
    page = text_of(client.get(reverse("right-detail", args=[make_right("ICCPR-9.1").pk])))
    assert "Ann Example" in page
    assert "Article 9(1)" in page
    assert "Hidden Person" not in page
    assert "Quiet Person" not in page


def test_only_administrators_are_led_to_where_rights_are_written(client):
    pages = ["/rights/", reverse("right-detail", args=[make_right().pk])]
    for role, there in [("Editor", False), ("Administrator", True)]:
        sign_in(client, role)
        for page in pages:
            assert ("/admin/cases/right/" in client.get(page).content.decode()) is there


def test_many_rights_and_cases_cost_the_same_queries(client, django_assert_num_queries):
    sign_in(client)
    make_violation(None, "ICCPR-9.1")
    address = reverse("right-detail", args=[make_right("ICCPR-9.1").pk])
    client.get("/rights/")
    for page in ["/rights/", address]:
        with CaptureQueriesContext(connection) as few:
            client.get(page)
        for code in EXPECTED[:8]:
            make_violation(None, code)
        with django_assert_num_queries(len(few)):
            client.get(page)


# The filter, the chips, the numbers


def test_list_of_cases_narrows_to_one_of_several_rights(client):
    sign_in(client)
    make_violation("Ann Example", "ICCPR-9.1")
    make_violation("Bea Example", "ECHR-3")
    make_violation("Cat Example", "CAT")
    make_violation(make_case("Dan Example"), "ICCPR-9.1", confidential=True)
    make_violation(make_case("Eve Example"), "ICCPR-9.1", standing="rejected")
    answer = client.get("/cases/", {"right": ["ICCPR-9.1", "ECHR-3"]})
    page = text_of(answer)
    assert [name for name in ["Ann", "Bea", "Cat", "Dan", "Eve"] if f"{name} Example" in page] == ["Ann", "Bea"]
    assert "Alleged violation of: ICCPR-9.1: arbitrary or unlawful arrest or detention" in page
    assert client.get("/cases/", {"right": "ICCPR-99"}).status_code == 400
    offered = client.get("/cases/filters/").content.decode()
    assert 'value="ECHR-3"' in offered
    assert 'value="ECHR-8"' not in offered


def test_numbers_count_cases_by_right(client):
    sign_in(client)
    twice = make_case()
    make_violation(twice, "ICCPR-9.1")
    make_violation(twice, "ICCPR-9.1", date="2016")
    make_violation(twice, None)
    make_violation(make_case(), "ICCPR-9.1")
    make_violation(make_case(), "ECHR-3", confidential=True)
    head, *lines = client.get("/numbers/right.csv").content.decode().splitlines()
    assert head.startswith("Alleged violations by right,unit,likely,at least,at most,")
    assert "arrest or detention,cases,2,2,2,3,3,3," in lines[0]
    assert "No right is named,cases,1,1,1,1,1,1," in lines[1]
    assert len(lines) == 2
    page = client.get("/numbers/").content.decode()
    assert 'href="/cases/?right=ICCPR-9.1"' in page


# On the case page


def test_page_says_who_alleges_and_leads_to_the_right_and_to_the_hearing(client):
    sign_in(client)
    case = make_case()
    hearing = make_hearing(case, "2016-08-11", stage="trial")
    violation = make_violation(case, "ICCPR-14.3d", hearing=hearing, alleged_by="the defence")
    answer = client.get(f"/cases/{case.reference}/")
    page = text_of(answer)
    assert "Alleged violation of ICCPR-14.3d" in page
    assert "Alleged by the defence" in page
    html = answer.content.decode()
    assert f'href="/rights/{violation.right_id}/"' in html
    assert f'href="/cases/{case.reference}/#hearings-{hearing.pk}"' in html
    [entry] = [entry for year in answer.context["years"] for entry in year.entries if entry.record == violation]
    assert entry.date == hearing.held_on, "without a date of its own it stands on that of its hearing"


def test_page_says_so_if_nobody_is_named_who_alleges(client):
    sign_in(client)
    case = make_case()
    make_violation(case)
    assert "Who says so is not recorded" in text_of(client.get(f"/cases/{case.reference}/"))


def test_confidential_hearing_is_not_betrayed_by_what_is_alleged_of_it(client):
    case = make_case()
    hearing = make_hearing(case, "2016-08-11", outcome="Secret outcome", confidential=True)
    violation = make_violation(case, "ICCPR-14.3d", hearing=hearing)
    for role, seen in [("Researcher", False), ("Editor", True)]:
        sign_in(client, role)
        for address in [
            f"/cases/{case.reference}/",
            f"/cases/{case.reference}/violations/{violation.pk}/edit/",
            f"/cases/{case.reference}/violations/{violation.pk}/accounts/",
            f"/cases/{case.reference}/history/",
        ]:
            page = text_of(client.get(address))
            assert ("11 August" in page) is seen, (role, address)
    assert "2016-08-11" not in client.get("/reports/violations.csv").getvalue().decode()


def test_intervention_says_who_did_what_for_the_person_and_what_was_answered(client):
    sign_in(client)
    case = make_case()
    make_intervention(
        case, "A committee", kind="letter", to_whom="the prosecutor", about="To let him go.", answer="None", date="2016"
    )
    page = text_of(client.get(f"/cases/{case.reference}/"))
    assert "Letter or petition by A committee to the prosecutor. To let him go. Answer: None" in page


# The forms


def test_right_is_found_by_its_code_or_by_a_word_and_none_is_made_up(client):
    sign_in(client, "Researcher")
    case = make_case()
    address = reverse("record-add", args=[case.reference, "violations"])
    data = {"what_happened": "He was not heard.", "evidence-kind": "news", "evidence-reliability": "unknown"}
    assert client.post(address, {**data, "right": "iccpr-14.3e"}).status_code == 302
    assert Violation.objects.get().right.code == "ICCPR-14.3e"
    unclear = client.post(address, {**data, "right": "counsel"})
    assert unclear.status_code == 200
    assert "ICCPR-14.3b" in unclear.content.decode()
    assert client.post(address, {**data, "right": "no such right"}).status_code == 200
    assert Violation.objects.count() == 1
    assert Right.objects.count() == len(EXPECTED)


def test_day_other_than_that_of_the_hearing_wants_a_reason(client):
    sign_in(client, "Researcher")
    case = make_case()
    hearing = make_hearing(case, "2016-08-11")
    address = reverse("record-add", args=[case.reference, "violations"])
    data = {"what_happened": "He was not heard.", "evidence-kind": "news", "evidence-reliability": "unknown"}
    data |= {"hearing": hearing.pk, "date": "12.08.2016"}
    answer = client.post(address, data)
    assert "the hearing of 11 August 2016 was on another day" in text_of(answer)
    assert client.post(address, {**data, "save_anyway": "on", "reason": "It went on"}).status_code == 302
    assert client.post(address, {**data, "date": "Aug 2016"}).status_code == 302


# Reports


def test_reports_have_the_alleged_violation_and_its_right(client):
    sign_in(client)
    case = make_case("Ann Example")
    hearing = make_hearing(case)
    violation = make_violation(case, "GCIV-65", hearing=hearing, alleged_by="=an organisation", date="2014-03")
    cite(violation, make_source("A report"))
    make_violation(make_case(access="team"), "GCIV-65")
    lines = client.get("/reports/violations.csv").getvalue().decode().splitlines()
    assert len(lines) == 2
    for words in ["Ann Example", "GCIV-65", "Fourth Geneva Convention", "Article 65", "'=an organisation", "A report"]:
        assert words in lines[1]
    assert len(client.get("/reports/violations.csv", {"right": "GCIV-66"}).getvalue().decode().splitlines()) == 1
    cited = client.get("/reports/citations.csv").getvalue().decode()
    assert f"violation,{violation.pk}," in cited
