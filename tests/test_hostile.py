"""Ways in that a stranger would try: rules that were written anew for speed, links to what is hidden, hostile values."""

import csv
import io
import random
import re
import zipfile
from xml.etree import ElementTree

import pytest
from django.db.models import Exists, OuterRef, Q

from cases.admin.edits import edits_of
from cases.models import (
    Case,
    Citation,
    Detainee,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    Representation,
    Role,
    Source,
    TeamMember,
    base,
    case,
    changes,
    evidence,
    people,
)
from cases.models.changes import tracked_models
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_code,
    make_detainee,
    make_detention,
    make_lawyer,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_provision,
    make_representation,
    make_sentence,
    make_source,
    make_user,
)
from tests.pages import signed_in
from tests.test_admin import form_data

pytestmark = pytest.mark.django_db


# ------------------------------------------------------------------------------------------------ the rules of editors


def old_child(rows, user):
    rows = rows.filter(case__in=Case.objects.visible_to(user).values("pk"))
    if not rows.confidential_path or getattr(user, "is_editor", False):
        return rows
    open_to_all = Q(**{rows.confidential_path: False})
    return rows.filter(open_to_all | Q(case__in=Case.objects.of_team(user).values("pk")))


def old_citations(rows, user):
    confidential = Q()
    for name in evidence.OF_CASE:
        records = Citation._meta.get_field(name).related_model._base_manager
        confidential |= Q(Exists(records.filter(pk=OuterRef(name), event__confidential=True)))
    of_case = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case")))
    rows = rows.filter(of_case | Exists(Detainee.objects.visible_to(user).filter(pk=OuterRef("detainee"))))
    if getattr(user, "is_editor", False):
        return rows
    return rows.filter(~confidential | Q(case__in=Case.objects.of_team(user).values("pk")))


def old_people(rows, user):
    if not getattr(user, "rank", 0):
        return rows.none()
    seen = Exists(Case.objects.visible_to(user).filter(detainee=OuterRef("pk")))
    alone = ~Exists(Case.objects.filter(detainee=OuterRef("pk")))
    return rows.filter(seen | (alone if user.is_editor else alone & Q(created_by=user)))


def old_lawyers(rows, user):
    if not getattr(user, "rank", 0):
        return rows.none()
    seen = Representation.objects.visible_to(user)
    uses = Representation.objects.filter(lawyer=OuterRef("pk"))
    hidden = Exists(uses.exclude(pk__in=seen.values("pk")))
    once = Exists(old_once_hidden("Representation", user, lawyer=OuterRef("pk")))
    return rows.filter(Q(created_by=user) | Exists(seen.filter(lawyer=OuterRef("pk"))) | ~hidden & ~once)


def old_names(rows, user):
    of_person = Q(detainee__in=Detainee.objects.visible_to(user).values("pk"))
    return rows.filter(of_person | Q(lawyer__in=Lawyer.objects.visible_to(user).values("pk")))


def old_sources(rows, user):
    if not getattr(user, "rank", 0):
        return rows.none()
    visible = Citation.objects.visible_to(user)
    known = visible if user.is_editor else visible.filter(source__protected=False)
    seen = Exists(visible.filter(source=OuterRef("pk"))) | Exists(known.filter(cites=OuterRef("pk")))
    hidden = Q()
    for name in ["source", "cites"]:
        hidden |= Exists(Citation.objects.filter(**{name: OuterRef("pk")}).exclude(pk__in=visible.values("pk")))
        hidden |= Exists(old_once_hidden("Citation", user, **{name: OuterRef("pk")}))
    offered = rows.filter(Q(created_by=user) | seen | ~hidden)
    kept = Exists(evidence.SourceKeeper.objects.filter(source=OuterRef("pk"), user=user))
    return offered if user.is_editor else offered.filter(Q(protected=False) | kept)


def old_once_hidden(name, user, **lookup):
    open_cases = Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))
    if user.is_editor:
        deleted = changes.deleted_cases(user).filter(pgh_obj_id=OuterRef("case_id"))
        is_open = Q(Exists(open_cases)) | Q(Exists(deleted))
    else:
        confidential = base.Event.objects.filter(case=OuterRef("pk"), confidential=True)
        is_open = Q(Exists(open_cases.filter(~Exists(confidential))))
    model = {"Citation": Citation, "Representation": Representation, "JointProceedingCase": JointProceedingCase}[name]
    return model.pgh_event_model.objects.filter(~is_open, **lookup)


def by_the_old_rules(monkeypatch):
    for queryset, rule in [
        (base.CaseChildQuerySet, old_child),
        (evidence.CitationQuerySet, old_citations),
        (people.DetaineeQuerySet, old_people),
        (people.LawyerQuerySet, old_lawyers),
        (people.NameQuerySet, old_names),
        (evidence.SourceQuerySet, old_sources),
    ]:
        monkeypatch.setattr(queryset, "visible_to", rule)
    for module in [case, evidence, people]:
        monkeypatch.setattr(module, "once_hidden", old_once_hidden)


def varied_world(chance, users):
    """Cases open and hidden, of people with none, one or several, and what hangs on them; much of it is deleted again."""
    somebody = lambda: chance.choice([None, None, *users])
    persons = [make_detainee(created_by=somebody()) for _ in range(9)]
    lawyers = [make_lawyer(created_by=somebody(), detainee=chance.choice([None, *persons])) for _ in range(9)]
    sources = [make_source(created_by=somebody(), protected=chance.random() < 0.3) for _ in range(12)]
    proceedings = [make_proceeding(created_by=somebody()) for _ in range(5)]
    for _ in range(12):
        team = chance.sample(users, chance.choice([0, 0, 1, 2]))
        one = make_case(chance.choice(persons[:7]), access=chance.choice(case.Access.values), team=team, tags=["x"])
        secret = lambda: chance.random() < 0.25
        records = [make_arrest(one, confidential=secret()), make_note(one, confidential=secret())]
        charge = make_charge(one, confidential=secret())
        make_sentence(one, years=2, findings=[(charge, "convicted")], confidential=secret())
        for lawyer in chance.sample(lawyers, chance.choice([0, 1, 1])):
            records.append(make_representation(one, lawyer, confidential=secret()))
        for record in chance.sample(records, 2):
            cite(record, chance.choice(sources), cites=chance.choice([None, *sources]))
        if chance.random() < 0.4:
            JointProceedingCase.objects.create(proceeding=chance.choice(proceedings), case=one)
    for person in chance.sample(persons, 5):
        cite(person, chance.choice(sources), cites=chance.choice([None, *sources]))
        if not hasattr(person, "photo") and chance.random() < 0.4:
            make_photo(person)
    for model, number in [(Citation, 4), (Representation, 2), (JointProceedingCase, 1), (TeamMember, 1), (Case, 2)]:
        for row in chance.sample([*model.objects.all()], min(number, model.objects.count())):
            row.delete()
    for row in Case.objects.order_by("pk")[:2]:
        row.access = chance.choice(case.Access.values)
        row.save()
    for model in [Source, Lawyer, JointProceeding, Detainee]:
        for row in model.objects.filter(**UNUSED[model])[:1]:
            row.delete()


UNUSED = {
    Source: {"citations": None, "cited_by": None},
    Lawyer: {"representations": None},
    JointProceeding: {"proceeding_cases": None},
    Detainee: {"cases": None},
}


@pytest.mark.parametrize("seed", range(2))
def test_what_each_role_sees_is_what_the_plain_rules_say(monkeypatch, seed):
    users = [make_user(role) for role in [Role.READER, Role.EDITOR, Role.ADMINISTRATOR]]
    varied_world(random.Random(seed), users)
    tables = [model for model in tracked_models() if hasattr(model._default_manager, "visible_to")]
    tables += [model.pgh_event_model for model in tracked_models()]

    def seen():
        return {
            (model.__name__, number): set(model._default_manager.visible_to(user).values_list("pk", flat=True))
            for model in tables
            for number, user in enumerate(users)
        }

    now = seen()
    by_the_old_rules(monkeypatch)
    then = seen()
    assert {key: now[key] ^ then[key] for key in now if now[key] != then[key]} == {}
    assert any(len(now["Citation", number]) < Citation.objects.count() for number in (1, 2))


# ------------------------------------------------------------------------------------------------ links to what is hidden


def administrator():
    """Return a client of an administrator who is on no team."""
    return signed_in(Role.ADMINISTRATOR)


def file_of(client, path, **query):
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content[:500]
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_admin_does_not_tell_that_a_lawyer_is_a_hidden_detainee():
    prisoner = make_detainee("Zzyzx Hidden")
    make_case(prisoner, access="named")
    make_lawyer("Invented Lawyer", detainee=prisoner)
    open_one = make_case("Plain Person")
    make_lawyer("Other Lawyer", detainee=open_one.detainee)
    client = administrator()
    page = client.get("/admin/cases/lawyer/").content.decode()
    assert "Plain Person" in page and "Zzyzx" not in page and prisoner.reference not in page
    found = file_of(client, "/admin/cases/lawyer/csv/")
    assert open_one.detainee.reference in found and prisoner.reference not in found


def test_a_search_in_admin_finds_nobody_by_what_a_hidden_case_of_theirs_is_called():
    person = make_detainee("Plain Person")
    make_case(person, title="Openly spoken")
    hidden = make_case(person, title="Quietly kept", external_id="secret-77", access="named")
    cite(person)
    make_photo(person)
    client = administrator()
    for model in ["detainee", "photo", "citation"]:
        for sought, number in [("openly", 1), ("quietly", 0), ("secret-77", 0), (hidden.reference, 0)]:
            found = client.get(f"/admin/cases/{model}/", {"q": sought}).context["cl"].result_count
            assert found == number, (model, sought)
    asked = {"app_label": "cases", "model_name": "case", "field_name": "detainee", "term": "quietly"}
    assert client.get("/admin/autocomplete/", asked).json()["results"] == []


def test_years_to_choose_from_in_admin_are_those_of_what_one_sees():
    make_arrest(make_case(access="named"), date="1971-05-01")
    make_arrest(make_case(), date="2016-05-01")
    client = administrator()
    for year, status in [("2016", 200), ("1971", 400)]:
        assert client.get("/admin/cases/arrest/", {"date_year": year}).status_code == status


def test_bulk_edits_offer_nobody_for_being_on_a_hidden_team():
    me, one, other = make_user(Role.ADMINISTRATOR), make_user(), make_user()
    make_case(team=[one])
    make_case(team=[other], access="named")
    asked = edits_of(Case, deletable=True)["remove_member"].fields(me)["user"]
    assert set(asked.queryset) == {one}


# ------------------------------------------------------------------------------------------------ rights to write


def test_nothing_of_the_admin_site_is_there_for_an_editor():
    row = make_arrest()
    client = signed_in(Role.EDITOR)
    for page in ["", "add/", "csv/", "deleted/", "bulk/delete_selected/", f"{row.pk}/change/", f"{row.pk}/history/"]:
        for answer in [client.get(f"/admin/cases/arrest/{page}"), client.post(f"/admin/cases/arrest/{page}")]:
            assert answer.status_code == 404, page
    asked = {"app_label": "cases", "model_name": "arrest", "field_name": "case", "term": ""}
    assert client.get("/admin/autocomplete/", asked).status_code == 404


def test_nobody_locks_themselves_or_a_colleague_out_in_admin(client):
    me, reader = make_user(Role.ADMINISTRATOR), make_user(Role.READER)
    client.force_login(me)
    one = make_case("Plain Person")
    path = f"/admin/cases/case/{one.pk}/change/"
    data = form_data(client.get(path)) | {"reason": "Why"}
    for wrong in [{"access": "named"}, {"access": "team", "assignee": reader.pk}]:
        assert client.post(path, data | wrong).status_code == 200
        assert not Case.objects.exclude(access="everyone").exists()
    on_team = {"team_members-TOTAL_FORMS": "1", "team_members-0-user": me.pk, "team_members-0-case": one.pk}
    assert client.post(path, data | on_team | {"access": "named"}).status_code == 302
    data = form_data(client.get(path)) | {"reason": "Why"}
    assert client.post(path, data | {"team_members-0-DELETE": "on"}).status_code == 200
    assert client.post(path, data | {"access": "everyone"}).status_code == 302


# ------------------------------------------------------------------------------------------------ files


def test_free_text_that_looks_like_a_code_is_guarded_too():
    one = make_case("Plain Person")
    one.detainee.names.update(language="=1+1")
    make_charge(one, provision=make_provision("212", code=make_code("-1-2")))
    cite(make_arrest(one), field="=HYPERLINK(1)")
    client = signed_in(Role.READER)
    for path in ["cases", "people", "charges", "citations"]:
        cells = [cell for row in csv.reader(io.StringIO(file_of(client, f"/reports/{path}.csv"))) for cell in row]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@"))], path
    cells = file_of(administrator(), "/admin/cases/legalcode/csv/") + file_of(
        administrator(), "/admin/cases/provision/csv/"
    )
    assert not [cell for row in csv.reader(io.StringIO(cells)) for cell in row if cell.startswith(tuple("=+-@"))]


@pytest.mark.parametrize("words", ["\x01\x0b", "\ufffe\uffff", "]]><script>alert(1)</script>", "\u202e&amp;"])
def test_a_drawing_is_well_formed_whatever_is_asked_and_whatever_things_are_called(words):
    make_detention(make_case("Plain Person", tags=[]), place=make_place(f"Prison {words}"))
    client = signed_in(Role.READER)
    drawing = client.get("/numbers/place.svg")
    assert drawing.status_code == 200 and b"Prison" in drawing.content
    ElementTree.fromstring(drawing.content)
    assert b"<script" not in drawing.content
    ElementTree.fromstring(client.get("/numbers/held.svg", {"q": f"Plain {words}"}).content)


# ------------------------------------------------------------------------------------------------ hostile values


@pytest.mark.parametrize("name", ["day", "arrested_after", "released_before", "changed_since"])
def test_a_date_of_characters_that_nobody_sees_is_a_400_and_not_everything(name):
    make_arrest()
    client = signed_in(Role.READER)
    for path in ["/cases/", "/reports/cases.csv", "/numbers/held.csv"]:
        assert client.get(path, {name: "\u202e\u200b\ufeff"}).status_code == 400, path


def test_a_user_name_that_looks_like_a_formula_is_quoted_in_a_workbook(client):
    make_arrest()
    client.force_login(make_user(Role.READER, username="@SUM(1)"))
    book = zipfile.ZipFile(io.BytesIO(b"".join(client.get("/reports/arrests.xlsx").streaming_content)))
    [style] = re.findall(
        r'<c r="B\d+" s="(\d+)" t="inlineStr"><is><t>@SUM', book.read("xl/worksheets/sheet1.xml").decode()
    )
    formats = re.search(r"<cellXfs.*?</cellXfs>", book.read("xl/styles.xml").decode(), re.DOTALL)[0]
    assert 'quotePrefix="1"' in re.findall(r"<xf [^>]*>", formats)[int(style)]
