"""Pages of articles."""

import pytest

from cases.models import Provision
from tests.factories import make_case, make_charge, make_code, make_provision, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def test_articles_stand_under_their_code_in_the_order_of_their_numbers(client, researcher):
    other = make_code("ua-cc", name="Criminal Code of Ukraine", jurisdiction="UA")
    for article, part in [("212", "1"), ("30", ""), ("205.5", "2"), ("212", "")]:
        make_provision(article, part)
    make_provision("110", code=other)
    assert [str(row.label) for row in client.get("/provisions/").context["page"]] == [
        "30", "205.5 part 2", "212 part 1", "212", "110",
    ]  # fmt: skip


def test_cases_charged_are_counted_once_each_and_only_visible_ones(client, researcher):
    case = make_case()
    charge = make_charge(case)
    make_charge(case, provision=charge.provision)
    make_charge(make_case(access="named"), provision=charge.provision)
    make_charge(make_case(), provision=charge.provision, confidential=True)
    assert [row.charged for row in client.get("/provisions/").context["page"]] == [1]
    response = client.get(f"/provisions/{charge.provision_id}/")
    assert [row.case.pk for row in response.context["rows"]] == [case.pk]


def test_the_same_article_twice_is_refused(client, researcher):
    provision = make_provision("212", "1")
    response = client.post("/provisions/add/", {"code": provision.code_id, "article": "212", "part": "1"})
    assert "recorded already" in response.content.decode()
    assert Provision.objects.count() == 1


def test_an_article_is_added_and_links_to_the_cases_charged_under_it(client, researcher):
    code = make_code()
    address = client.post("/provisions/add/", {"code": code.pk, "article": "280.1", "part": "1"}).url
    provision = Provision.objects.get()
    assert provision.created_by == researcher
    assert address == f"/provisions/{provision.pk}/"
    make_charge(make_case(), provision=provision)
    assert "/cases/?article=ru-cc/280.1/1" in client.get(address).content.decode()


def test_an_article_in_use_is_not_deleted(client, researcher):
    charge = make_charge(make_case())
    assert "cannot be deleted" in client.post(f"/provisions/{charge.provision_id}/delete/").content.decode()
    assert Provision.objects.exists()
