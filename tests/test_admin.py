"""The admin site: every model can be listed, searched, added and changed, by administrators and by nobody else."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import (
    RECORD_MODELS,
    Affiliation,
    Arrest,
    Case,
    Citation,
    Court,
    Detainee,
    Event,
    Finding,
    JointProceeding,
    Lawyer,
    LegalCode,
    Name,
    Organisation,
    Penalty,
    Photo,
    Place,
    PrisonerList,
    Provision,
    Right,
    Source,
    TeamMember,
    Term,
    User,
)
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_listing,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)
from tests.pages import same_bytes

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model.__name__)
EXPECTED = {
    *RECORD_MODELS, Affiliation, Case, Citation, Court, Detainee, Event, Finding, JointProceeding, Lawyer, LegalCode,
    Organisation, Penalty, Photo, Place, PrisonerList, Provision, Right, Source, Term, User,
}  # fmt: skip


@pytest.fixture
def administrator():
    return make_user("Administrator")


@pytest.fixture
def signed_in(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def rows():
    """One row of each model."""
    case = make_case("Ахтем Чийгоз", tags=["press"])
    make_photo(case.detainee)
    court = make_court(place=make_place())
    charge = make_charge(case)
    make_arrest(case, place=court.place)
    stay = make_detention(case, place=court.place, ended="2017-10-25")
    make_restriction(case)
    hearing = make_hearing(case, court=court)
    make_sentence(case, years=8, court=court, findings=[(charge, "convicted")])
    make_release(case, stay=stay)
    make_representation(case, make_lawyer(detainee=case.detainee))
    make_violation(case, "ICCPR-14.3d", hearing=hearing)
    make_intervention(case)
    make_listing(case)
    make_affiliation(case.detainee)
    make_note(case)
    cite(stay, make_source())
    make_proceeding(cases=[case])
    return case


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def form_data(response):
    """Return what a browser would send back of the forms on an admin page."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is None or value is False:
                continue
            if hasattr(field.field.widget, "decompress"):
                parts = field.field.widget.decompress(value)
                data |= {f"{field.html_name}_{number}": part for number, part in enumerate(parts) if part is not None}
            else:
                data[field.html_name] = "on" if value is True else value
    return data


def confirmed(browser, row):
    """Return what a browser sends to delete a row after the question."""
    versions = browser.get(address(type(row), "delete", row.pk)).context["versions"]
    return {"post": "yes", "versions": versions, "reason": "Entered twice"}


def test_every_model_is_registered():
    assert EXPECTED <= set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_model_can_be_listed_searched_added_and_changed(signed_in, rows, model):
    of_admin = admin.site._registry[model]
    row = model._default_manager.order_by("pk").first()
    assert row, "the fixture makes one of each"
    assert signed_in.get(address(model, "changelist")).status_code == 200
    assert signed_in.get(address(model, "changelist"), {"q": "Chiygoz 212"}).status_code == 200
    assert signed_in.get(address(model, "history", row.pk)).status_code == 200
    change = signed_in.get(address(model, "change", row.pk))
    assert change.status_code == 200
    writable = of_admin.has_add_permission(change.wsgi_request)
    assert signed_in.get(address(model, "add")).status_code == (200 if writable else 403)
    if writable:
        saved = signed_in.post(address(model, "change", row.pk), form_data(change) | {"reason": "as it was"})
        assert saved.status_code == 302, saved.context["errors"]
        assert "default-src 'none'" in saved.headers["Content-Security-Policy"]
    assert "default-src 'none'" in change.headers["Content-Security-Policy"]


def test_a_list_of_twenty_costs_the_same_queries_as_one_of_two(signed_in, rows, django_assert_num_queries):
    for model in [Detainee, Case, Arrest, Lawyer, Citation]:
        signed_in.get(address(model, "changelist"))
    make_arrest(make_case())
    with CaptureQueriesContext(connection) as two:
        signed_in.get(address(Arrest, "changelist"))
        signed_in.get(address(Case, "changelist"))
        signed_in.get(address(Detainee, "changelist"))
    for _number in range(18):
        make_arrest(make_case())
    with django_assert_num_queries(len(two)):
        signed_in.get(address(Arrest, "changelist"))
        signed_in.get(address(Case, "changelist"))
        signed_in.get(address(Detainee, "changelist"))


@pytest.mark.parametrize("role", ["Editor", "Researcher", "Reader", None])
def test_the_admin_site_is_not_there_for_other_roles(client, rows, role):
    client.force_login(make_user(role, is_staff=True, is_superuser=True))
    missing = same_bytes(client.get("/nowhere/"), "/nowhere/")
    addresses = [
        "/admin/",
        "/admin/login/",
        "/admin/nowhere/",
        "/admin/jsi18n/",
        "/admin/autocomplete/",
        "/admin/cases/",
    ]
    for model in MODELS:
        addresses += [address(model, "changelist"), address(model, "add")]
    for place in addresses:
        response = client.get(place)
        assert response.status_code == 404, place
        assert same_bytes(response, f'value="{place}"') == missing.replace(b'value=""', b""), place


def test_without_signing_in_the_admin_site_leads_to_the_one_sign_in_page(client):
    for place in ["/admin/", "/admin/login/", "/admin/cases/case/"]:
        response = client.get(place, follow=True)
        assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=/admin/")
        assert response.templates[0].name == "account/login.html"


def test_adding_a_person_keeps_names_author_and_reason(signed_in, administrator):
    names = {"names-TOTAL_FORMS": 2, "names-INITIAL_FORMS": 0, "citations-TOTAL_FORMS": 0, "citations-INITIAL_FORMS": 0}
    names |= {"names-0-text": "Nadia Example", "names-0-kind": "main"}
    names |= {"names-1-text": "Надія Приклад", "names-1-kind": "native", "names-1-language": "uk"}
    fields = {"sex": "female", "born": "Feb 1980", "deceased": "no", "consent": "none", "nationalities": ["UA"]}
    response = signed_in.post(address(Detainee, "add"), names | fields | {"reason": "a letter"})
    assert response.status_code == 302, response.context["errors"]
    person = Detainee.objects.get()
    assert person.main_name == "Nadia Example"
    assert person.born.text == "1980-02"
    assert person.nationalities == ["UA"]
    assert {name.created_by for name in person.names.all()} | {person.created_by} == {administrator}
    assert person.history.get().pgh_context["reason"] == "a letter"
    assert person.history.get().pgh_context["username"] == administrator.username


def test_two_main_names_are_refused(signed_in):
    names = {"names-TOTAL_FORMS": 2, "names-INITIAL_FORMS": 0, "names-0-text": "A", "names-0-kind": "main"}
    names |= {"names-1-text": "B", "names-1-kind": "main"}
    fields = {"sex": "female", "deceased": "no", "consent": "none"}
    response = signed_in.post(address(Detainee, "add"), names | fields)
    assert response.status_code == 200
    assert "exactly one" in response.content.decode()


def test_a_death_certainly_before_the_birth_is_refused(signed_in):
    person = make_detainee("A")
    data = form_data(signed_in.get(address(Detainee, "change", person.pk)))
    response = signed_in.post(
        address(Detainee, "change", person.pk), data | {"born": "1980", "deceased": "yes", "died": "1970"}
    )
    assert response.status_code == 200
    assert "before" in str(response.context["errors"])


def test_a_release_certainly_before_every_arrest_is_refused(signed_in):
    release = make_release(make_arrest(date="2015-01-29").case, date="2017")
    data = form_data(signed_in.get(address(type(release), "change", release.pk)))
    response = signed_in.post(address(type(release), "change", release.pk), data | {"date": "2014"})
    assert response.status_code == 200
    assert "before every arrest" in str(response.context["errors"])


def test_a_case_named_for_others_is_not_there_in_the_admin_either(signed_in):
    hidden = make_arrest(make_case("Hidden Person", access="named"), authority="secret service")
    assert "Hidden Person" not in signed_in.get(address(Case, "changelist")).content.decode()
    assert "Hidden Person" not in signed_in.get(address(Detainee, "changelist"), {"q": "Hidden"}).content.decode()
    assert "secret service" not in signed_in.get(address(Arrest, "changelist")).content.decode()
    assert signed_in.get(address(Arrest, "change", hidden.pk), follow=True).context["request"].path == "/admin/"


def test_autocompletes_offer_only_what_the_administrator_sees(signed_in):
    make_arrest(make_case("Hidden Person", access="named"))
    make_arrest(make_case("Open Person"))
    offered = signed_in.get(
        "/admin/autocomplete/", {"app_label": "cases", "model_name": "case", "field_name": "detainee", "term": "Person"}
    ).json()
    assert [result["text"] for result in offered["results"]] == ["Open Person"]


def test_a_link_to_somebody_hidden_is_neither_shown_nor_lost(signed_in):
    hidden = make_case("Hidden Person", access="named").detainee
    lawyer = make_lawyer("Open Lawyer", detainee=hidden)
    page = signed_in.get(address(Lawyer, "change", lawyer.pk))
    assert "Hidden Person" not in page.content.decode()
    assert signed_in.post(address(Lawyer, "change", lawyer.pk), form_data(page) | {"bar": "Kyiv"}).status_code == 302
    lawyer.refresh_from_db()
    assert (lawyer.bar, lawyer.detainee) == ("Kyiv", hidden)


def test_deleting_a_place_names_nothing_of_the_hidden_case_that_uses_it(signed_in):
    place = make_place("Remand prison")
    make_arrest(make_case("Hidden Person", access="named"), place=place, authority="secret service")
    response = signed_in.post(address(Place, "delete", place.pk), confirmed(signed_in, place))
    page = response.content.decode().partition('<div id="content"')[2]
    assert Place.objects.filter(pk=place.pk).exists()
    assert "records that use it" in page
    assert "rrest" not in page


def test_a_case_and_all_that_hangs_on_it_can_be_deleted_and_stays_in_the_history(signed_in, rows):
    reference, arrest = rows.reference, rows.arrests.get()
    assert signed_in.post(address(Case, "delete", rows.pk), confirmed(signed_in, rows)).status_code == 302
    assert not Case.objects.filter(reference=reference).exists()
    assert Arrest.history.rel.related_model.objects.filter(pgh_obj_id=arrest.pk, pgh_label="delete").exists()


def test_a_joint_proceeding_with_cases_is_not_deleted(signed_in, rows):
    proceeding = JointProceeding.objects.get()
    signed_in.post(address(JointProceeding, "delete", proceeding.pk), confirmed(signed_in, proceeding))
    assert JointProceeding.objects.filter(pk=proceeding.pk).exists()


def test_an_administrator_gives_a_role_which_is_kept_in_the_history(signed_in):
    colleague = make_user(None, username="colleague")
    data = form_data(signed_in.get(address(User, "change", colleague.pk)))
    group = Group.objects.get_or_create(name="Editor")[0]
    assert signed_in.post(address(User, "change", colleague.pk), data | {"groups": [group.pk]}).status_code == 302
    assert User.objects.get(pk=colleague.pk).is_editor


def test_main_name_can_be_given_to_another_spelling(signed_in):
    person = make_detainee("First", "Second")
    data = form_data(signed_in.get(address(Detainee, "change", person.pk)))
    data |= {"names-0-kind": "alias", "names-1-kind": "main"}
    response = signed_in.post(address(Detainee, "change", person.pk), data)
    assert response.status_code == 302, response.context["errors"]
    assert Name.objects.get(detainee=person, kind="main").text == "Second"


def test_team_members_are_added_with_the_case(signed_in, administrator):
    case = make_case("A")
    data = form_data(signed_in.get(address(Case, "change", case.pk)))
    data |= {"team_members-TOTAL_FORMS": 1, "team_members-0-user": administrator.pk}
    assert signed_in.post(address(Case, "change", case.pk), data).status_code == 302
    assert TeamMember.objects.get(case=case).user == administrator
