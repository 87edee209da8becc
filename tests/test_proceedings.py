"""Pages of joint proceedings."""

import pytest

from cases.models import JointProceeding
from tests.factories import make_case, make_detainee, make_detention, make_proceeding, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def test_people_and_those_held_are_counted_once_over_visible_cases(client, researcher):
    person = make_detainee()
    held, same_person, free, hidden = make_case(person), make_case(person), make_case(), make_case(access="named")
    for case in [held, same_person, hidden]:
        make_detention(case, began="2020")
    make_proceeding(cases=[held, same_person, free, hidden])
    listed = client.get("/proceedings/").context["page"][0]
    assert (listed.people, listed.held) == (2, 1)


def test_a_proceeding_of_hidden_cases_only_is_missing(client, researcher):
    proceeding = make_proceeding(cases=[make_case(access="named")])
    assert client.get(f"/proceedings/{proceeding.reference}/").status_code == 404
    assert client.get("/proceedings/").context["page"].paginator.count == 0


def test_cases_are_put_in_and_taken_out_and_hidden_ones_stay(client, researcher):
    kept, gone, new, hidden = make_case(), make_case(), make_case(), make_case(access="named")
    proceeding = make_proceeding("The 26 February case", cases=[kept, gone, hidden])
    address = f"/proceedings/{proceeding.reference}/edit/"
    form = client.get(address).context["form"]
    assert hidden.reference not in str(form["references"])
    data = {
        "name": proceeding.name,
        "version": form.initial["version"],
        "references": f"{kept.reference}\n{new.reference}",
    }
    assert client.post(address, data).status_code == 302
    assert set(proceeding.cases.all()) == {kept, new, hidden}


def test_a_hidden_case_is_refused_like_one_that_is_not_there(client, researcher):
    hidden = make_case(access="named")
    errors = [
        str(
            client.post("/proceedings/add/", {"name": "A", "references": reference})
            .context["form"]
            .errors["references"]
        )
        for reference in [hidden.reference, "C-ZZZZZZ"]
    ]
    assert errors[0].replace(hidden.reference, "") == errors[1].replace("C-ZZZZZZ", "")
    assert not JointProceeding.objects.exists()


def test_a_proceeding_with_a_hidden_case_is_not_deleted(client, researcher):
    proceeding = make_proceeding(cases=[make_case(access="named")], created_by=researcher)
    page = client.post(f"/proceedings/{proceeding.reference}/delete/").content.decode()
    assert "It is used and cannot be deleted." in page
    assert JointProceeding.objects.exists()
