"""Bringing back: a record as it was, a deleted one with all that went with it, and all that one act changed."""

import hashlib
import random
import re
import threading

import pghistory
import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import SET_NULL
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import (
    RECORD_MODELS,
    Case,
    CaseTag,
    Charge,
    Citation,
    Detainee,
    Event,
    Finding,
    Name,
    Penalty,
    Period,
    Provision,
    Role,
    Sentence,
    Source,
    TeamMember,
    UserGroup,
)
from cases.restore.making import of_deletion
from cases.restore.rows import ACCOUNTS, MODELS, on_delete
from cases.restore.writing import carry_out as carry_out_plan
from tests.factories import (
    cite,
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
from tests.pages import signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)  # an act is a transaction, so these commit


def digest():
    """Return a short text for all rows of all business tables and the periods that the database derives from them."""
    return hashlib.sha256(repr(rows()).encode()).hexdigest()


def rows():
    """Return {table: its rows as texts}, to see what differs. Periods are written anew, so their own keys don't count."""
    found = {}
    for model in [*MODELS, Period]:
        with connection.cursor() as cursor:
            left_out = "- 'id'" if model is Period else ""
            cursor.execute(f"SELECT (to_jsonb(t) {left_out})::text FROM {model._meta.db_table} AS t ORDER BY 1")
            found[model.__name__] = [row[0] for row in cursor.fetchall()]
    return found


def changes(record, label=None):
    """Return the history of a record or of its key, newest first."""
    found = type(record).pgh_event_model.objects.filter(pgh_obj=record.pk).order_by("-pgh_id")
    return list(found.filter(pgh_label=label) if label else found)


def deletion(model, pk):
    return model.pgh_event_model.objects.filter(pgh_obj=pk, pgh_label="delete").latest("pgh_id")


def address(change, page="restore"):
    return reverse(f"change-{page}", args=[change.pgh_tracked_model._meta.model_name, change.pgh_id])


def plan_of(response):
    found = re.search(r'name="plan" value="(\w+)"', response.content.decode())
    assert found, text(response)
    return found[1]


def carry_out(client, url, reason="It was right"):
    """Open the page, confirm what it shows, and return the answer."""
    shown = client.get(url)
    assert shown.status_code == 200
    answer = client.post(url, {"plan": plan_of(shown), "reason": reason})
    assert answer.status_code == 302, text(answer)
    return answer


def full_case(name="Nadia Invented", **fields):
    """A case with more than forty records of all kinds, rivals and links among them."""
    member = make_user()
    case = make_case(name, team=[member], tags=["press", "urgent"], assignee=member, **fields)
    court, place, source = make_court(), make_place(), make_source()
    charges = [make_charge(case, "280.1", "2"), make_charge(case, "212", "3")]
    Charge.objects.filter(pk=charges[0].pk).update(ended_how="reclassified", reclassified_to=charges[1])
    for number in range(1, 13):
        make_hearing(case, f"2016-{number:02}", court=court)
        make_note(case, f"Note {number}", date="2016")
    make_violation(case, "ICCPR-14.3d", hearing=case.hearings.first())
    make_intervention(case)
    make_listing(case)
    first = make_sentence(case, years=8, court=court, findings=[(one, "convicted") for one in charges])
    make_sentence(case, "2018-02", court=court, changes=first, change="reduced", years=7)
    stay = make_detention(case, "2015-01-29", place=place, ended="2017-10-25")
    release = make_release(case, "", stay=stay)
    make_release(case, "2017", event=release.event, standing="alternative")
    make_restriction(case, "2014", ended="2014-05", confidential=True)
    records = [make_arrest(case, place=place), release, stay, *charges, make_representation(case), first]
    for record in records:
        cite(record, source, cites=make_source())
    make_proceeding("Together", [case])
    Case.objects.filter(pk=case.pk).update(last_confirmed_source=source)
    case.refresh_from_db()
    return case


# ---------------------------------------------------------------------------------------------- a deleted one


class TestBringBack:
    def test_a_deleted_charge_comes_back_exactly_with_citations_findings_and_the_links_to_it(self):
        case, client = full_case(), signed_in()
        charge = case.charges.get(provision__article="212")
        before = rows()
        key = charge.pk
        client.post(reverse("record-delete", args=[case.reference, "charges", key]), {"reason": "Twice"})
        assert not Charge.objects.filter(pk=key).exists()
        assert rows() != before
        carry_out(client, address(deletion(Charge, key)))
        after = rows()
        linked = [name for name in before if before[name] != after[name]]
        assert linked == ["Charge"]  # the other charge's link was cut and put back: its version counts on
        assert Charge.objects.get(reclassified_to=key).version == 4
        without = [re.sub(r'"(version|updated_\w+)": [^,}]+', "", row) for row in before["Charge"]]
        assert without == [re.sub(r'"(version|updated_\w+)": [^,}]+', "", row) for row in after["Charge"]]

    def test_a_deleted_charge_that_nothing_leads_to_comes_back_to_the_same_digest(self):
        case, client = full_case(), signed_in()
        charge = case.charges.get(provision__article="280.1")
        before = digest()
        key = charge.pk
        client.post(reverse("record-delete", args=[case.reference, "charges", key]), {"reason": "Twice"})
        assert digest() != before
        page = text(client.get(address(deletion(Charge, key))))
        assert "Citation 1" in page and "Finding 1" in page
        carry_out(client, address(deletion(Charge, key)))
        assert digest() == before

    def test_a_deleted_case_with_forty_records_comes_back_to_the_same_digest(self):
        case, client = full_case(), signed_in()
        full_case("Another Invented Person")
        before, told = digest(), rows()
        client.post(reverse("case-delete", args=[case.reference]), {"reason": "Duplicate"})
        assert not Case.objects.filter(pk=case.pk).exists()
        assert not Event.objects.filter(case=case.pk).exists()
        answer = carry_out(client, address(deletion(Case, case.pk)))
        assert answer.url == reverse("case-detail", args=[case.reference])
        assert rows() == told
        assert digest() == before

    def test_its_history_says_who_why_and_what_was_restored(self):
        case, client = full_case(), signed_in()
        client.post(reverse("case-delete", args=[case.reference]), {"reason": "Duplicate"})
        change = deletion(Case, case.pk)
        carry_out(client, address(change), "It was another person")
        last = changes(case)[0]
        assert last.pgh_label == "insert"
        assert last.pgh_context["reason"] == "It was another person"
        assert last.pgh_context["restores"] == f"case/{change.pgh_id}"
        assert last.pgh_context["user"] == int(client.session["_auth_user_id"])

    def test_status_is_right_at_once(self):
        case, client = make_case(), signed_in()
        make_detention(case, "2015-01-29")
        release = make_release(case)
        client.post(reverse("record-delete", args=[case.reference, "releases", release.pk]), {"reason": "No"})
        assert Period.objects.filter(case=case).order_by("number").last().status == "in_custody"
        carry_out(client, address(deletion(type(release), release.pk)))
        assert Period.objects.filter(case=case).order_by("number").last().status == "released"

    def test_a_person_comes_back_with_names_photo_and_sources(self):
        client = signed_in()
        person = make_detainee(
            "Nadia Invented", "Надія Вигадана", "نادية", born="1980-03~", deceased="yes", died="2020"
        )
        make_photo(person)
        cite(person, said_by="A relative")
        lawyer = make_lawyer()
        before = digest()
        person_pk = person.pk
        client.post(reverse("person-delete", args=[person.reference]), {"reason": "Entered twice"})
        assert not Name.objects.filter(detainee=person_pk).exists()
        page = text(client.get(address(deletion(Detainee, person_pk))))
        assert "Names 3" in page and "Photo 1" in page and "Citation 1" in page
        carry_out(client, address(deletion(Detainee, person_pk)))
        assert digest() == before
        assert lawyer.detainee_id is None

    def test_a_sentence_comes_back_with_penalties_findings_and_the_later_one_that_changes_it(self):
        case, client = full_case(), signed_in()
        first = case.sentences.get(instance="first", changes=None)
        later = case.sentences.get(changes=first)
        counts = first.penalties.count(), first.findings.count()
        key = first.pk
        client.post(reverse("record-delete", args=[case.reference, "sentences", key]), {"reason": "Twice"})
        later.refresh_from_db()
        assert later.changes_id is None
        carry_out(client, address(deletion(Sentence, key)))
        later.refresh_from_db()
        assert later.changes_id == key
        restored = Sentence.objects.get(pk=key)
        assert (restored.penalties.count(), restored.findings.count()) == counts == (1, 2)

    def test_a_source_comes_back_with_its_keepers(self):
        client = signed_in()
        source = make_source(protected=True)
        source.source_keepers.create(user=make_user())
        before, key = digest(), source.pk
        client.post(reverse("source-delete", args=[source.reference]), {"reason": "Entered twice"})
        carry_out(client, address(deletion(Source, key)))
        assert digest() == before

    def test_one_case_of_many_that_one_act_deleted_comes_back_alone(self):
        cases = [make_case() for _number in range(3)]
        for case in cases:
            make_arrest(case)
        Case.objects.filter(pk__in=[case.pk for case in cases]).delete()
        carry_out(signed_in(), address(deletion(Case, cases[1].pk)))
        assert [case.pk for case in Case.objects.all()] == [cases[1].pk]
        assert cases[1].arrests.count() == 1

    def test_two_that_went_together_come_back_one_after_the_other_with_what_both_hold(self):
        case, client = make_case(), signed_in()
        charge = make_charge(case)
        sentence = make_sentence(case, findings=[(charge, "convicted")])
        before, keys = digest(), (charge.pk, sentence.pk)
        with connection.cursor() as cursor:  # one act
            cursor.execute(
                "WITH f AS (DELETE FROM cases_finding WHERE charge_id = %s), c AS (DELETE FROM cases_charge WHERE id = %s) "
                "DELETE FROM cases_sentence WHERE id = %s",
                [keys[0], *keys],
            )
        carry_out(client, address(deletion(Charge, keys[0])))
        assert not Finding.objects.exists()
        carry_out(client, address(deletion(Sentence, keys[1])))
        assert digest() == before


# ---------------------------------------------------------------------------------------------- a version


class TestVersion:
    def test_a_record_gets_its_values_back_and_counts_on(self):
        case, client = make_case(), signed_in()
        place = make_place("Old prison")
        stay = make_detention(case, "2015-01", place=place, ended="2017")
        added = changes(stay)[0]
        stay.place, stay.began, stay.ended, stay.ending = None, "2016", "", "ongoing"
        stay.save()
        page = text(client.get(address(added)))
        assert "Old prison" in page and "January 2015" in page
        carry_out(client, address(added), "The ruling says so")
        stay.refresh_from_db()
        assert (stay.place, stay.began.text, stay.ended.text, stay.ending) == (place, "2015-01", "2017", "release")
        assert stay.version == 3
        assert stay.updated_by_id == int(client.session["_auth_user_id"])
        last = changes(stay)[0]
        assert last.pgh_context["restores"] == f"detention/{added.pgh_id}"
        assert last.pgh_context["reason"] == "The ruling says so"

    def test_bounds_of_a_date_come_back_as_stored_not_as_today_would_cap_them(self):
        case = make_case()
        stay = make_detention(case, "2026")
        # As if 2026 had been written in March of that year
        type(stay).objects.filter(pk=stay.pk).update(began_latest="2026-03-05")
        written = changes(stay)[0]
        stay.refresh_from_db()
        stay.began = "2025"
        stay.save()
        carry_out(signed_in(), address(written))
        stay.refresh_from_db()
        assert (stay.began.text, str(stay.began.latest)) == ("2026", "2026-03-05")

    def test_what_a_name_is_found_by_is_folded_anew(self):
        name = make_case("Надія Вигадана").detainee.names.get()
        written = changes(name)[0]
        Name.objects.filter(pk=name.pk).update(text="Other", key="other")
        carry_out(signed_in(), address(written))
        name.refresh_from_db()
        assert name.text == "Надія Вигадана"
        assert name.key == make_case("Надія Вигадана").detainee.names.get().key

    def test_what_is_recorded_now_needs_no_restoring_and_the_state_before_is_offered(self):
        case, client = make_case(title="First"), signed_in()
        Case.objects.filter(pk=case.pk).update(title="Second")
        last = changes(case)[0]
        page = client.get(address(last))
        assert "There is nothing to restore" in text(page)
        assert 'name="plan"' not in page.content.decode()
        carry_out(client, f"{address(last)}?before=1")
        case.refresh_from_db()
        assert case.title == "First"

    def test_what_was_before_the_first_change_is_not_offered(self):
        case, client = make_case(), signed_in()
        added = changes(case)[0]
        assert "before" not in text(client.get(address(added)))
        assert "not recorded" in text(client.get(f"{address(added)}?before=1"))

    def test_accepted_comes_back_as_alternative_if_another_account_is_accepted_by_now(self):
        case, client = make_case(), signed_in()
        release = make_release(case)
        added = changes(release)[0]
        release.standing = "alternative"
        release.save()
        make_release(case, "2017", event=release.event)
        type(release).objects.filter(pk=release.pk).update(kind="other")
        assert "comes back as an alternative" in text(client.get(address(added)))
        carry_out(client, address(added))
        release.refresh_from_db()
        assert (release.kind, release.standing) == ("pardon", "alternative")

    def test_an_event_that_would_be_left_without_an_accepted_account_is_said(self):
        case, client = make_case(), signed_in()
        release = make_release(case, standing="alternative")
        added = changes(release)[0]
        release.standing = "accepted"
        release.save()
        assert "Its event then has none until an editor accepts one." in text(client.get(address(added)))
        carry_out(client, address(added))
        release.refresh_from_db()
        assert release.standing == "alternative"

    def test_an_order_of_dates_that_is_impossible_is_said_but_allowed(self):
        case, client = make_case(), signed_in()
        release = make_release(case, "2014-01-01")
        added = changes(release)[0]
        release.date = "2017"
        release.save()
        make_arrest(case, "2015-01-29")
        assert "is before every arrest" in text(client.get(address(added)))
        carry_out(client, address(added))
        release.refresh_from_db()
        assert release.date.text == "2014-01-01"

    def test_a_case_that_the_editor_then_no_longer_sees_is_restored_and_leads_to_the_list(self):
        case, client = make_case(access="named"), signed_in()
        named = changes(case)[0]
        case.access = "everyone"
        case.save()
        assert carry_out(client, address(named)).url == reverse("case-list")

    def test_the_state_of_a_record_that_was_deleted_since_leads_to_its_deletion(self):
        case, client = make_case(), signed_in()
        arrest = make_arrest(case)
        added, key = changes(arrest)[0], arrest.pk
        arrest.delete()
        page = client.get(address(added))
        assert "It has been deleted since." in text(page)
        assert address(deletion(type(arrest), key)) in page.content.decode()


# ---------------------------------------------------------------------------------------------- a whole act


class TestUndo:
    def test_an_update_of_300_cases_is_undone(self, django_assert_max_num_queries):
        client = signed_in()
        person = make_detainee()
        Case.objects.bulk_create([Case(detainee=person, reference=f"C-{n:06}", title=f"Title {n}") for n in range(300)])
        with pghistory.context(reason="One country"):
            Case.objects.update(title="", country="RU")
        change = Case.pgh_event_model.objects.latest("pgh_id")
        url = address(change, "undo")
        with django_assert_max_num_queries(120):
            page = client.get(url)
        assert "and 280 more" in text(page) or "and 279 more" in text(page)
        carry_out(client, url, "Not all of them")
        assert Case.objects.filter(country="").count() == 300
        assert set(Case.objects.values_list("title", flat=True)) == {f"Title {n}" for n in range(300)}
        last = Case.pgh_event_model.objects.latest("pgh_id")
        assert last.pgh_context["undoes"] == f"case/{change.pgh_id}"
        assert len(set(Case.objects.values_list("version", flat=True))) == 1

    def test_what_an_act_made_changed_and_deleted_is_undone_in_one(self):
        case, client = full_case(), signed_in()
        before = rows()
        charge = case.charges.get(provision__article="280.1")
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH f AS (DELETE FROM cases_finding WHERE charge_id = %(charge)s), "
                "     c AS (DELETE FROM cases_citation WHERE charge_id = %(charge)s), "
                "     d AS (DELETE FROM cases_charge WHERE id = %(charge)s), "
                "     n AS (UPDATE cases_note SET text = 'Changed' WHERE case_id = %(case)s), "
                "     t AS (DELETE FROM cases_casetag WHERE case_id = %(case)s) "
                "INSERT INTO cases_note (case_id, text) SELECT %(case)s, 'New ' || n FROM generate_series(1, 5) AS n",
                {"charge": charge.pk, "case": case.pk},
            )
        url = address(deletion(Charge, charge.pk), "undo")
        carry_out(client, url)
        after = rows()
        assert [name for name in before if before[name] != after[name]] == ["Note"]
        assert not case.notes.filter(text__in=["Changed", "New 1"]).exists()
        assert case.notes.count() == 12

    def test_two_accounts_that_were_swapped_are_swapped_back(self):
        case, client = make_case(), signed_in()
        one = make_release(case)
        other = make_release(case, "2017", event=one.event, standing="alternative")
        with connection.cursor() as cursor:
            cursor.execute(
                f"DO $$ BEGIN UPDATE cases_release SET standing = 'alternative' WHERE id = {one.pk};"
                f"UPDATE cases_release SET standing = 'accepted' WHERE id = {other.pk}; END $$"
            )
        carry_out(client, address(changes(other)[0], "undo"))
        one.refresh_from_db()
        other.refresh_from_db()
        assert (one.standing, other.standing) == ("accepted", "alternative")

    def test_accounts_of_different_kinds_that_were_swapped_are_swapped_back(self):
        case, client = make_case(), signed_in()
        arrest = make_arrest(case)
        ban = make_restriction(case, event=arrest.event, standing="alternative")
        for one, other in [(arrest, ban), (ban, arrest)]:
            with transaction.atomic():
                type(one).objects.filter(pk=one.pk).update(standing="alternative")
                type(other).objects.filter(pk=other.pk).update(standing="accepted")
            carry_out(client, address(changes(other)[0], "undo"))
            for record in (arrest, ban):
                record.refresh_from_db()
            assert {one.standing, other.standing} == {"accepted", "alternative"}
            assert one.standing == "accepted"
            with transaction.atomic():
                type(one).objects.filter(pk=one.pk).update(standing="alternative")
                type(other).objects.filter(pk=other.pk).update(standing="accepted")

    @pytest.mark.parametrize("change", [{"ending": "death", "ended": ""}, None])
    def test_a_death_that_a_stay_told_is_undone_with_it(self, change):
        case, client = make_case(), signed_in()
        stay = make_detention(case)
        before = Detainee.objects.values("deceased", "death_recorded_on").get()
        if change:
            type(stay).objects.filter(pk=stay.pk).update(**change)
        else:
            stay = make_detention(case, "2016", ending="death")
        assert Detainee.objects.get().deceased == "yes"
        carry_out(client, address(changes(stay)[0], "undo"))
        assert Detainee.objects.values("deceased", "death_recorded_on").get() == before

    def test_it_is_refused_with_names_and_ways_if_something_was_changed_since(self):
        client = signed_in()
        cases = [make_case(title=f"Title {number}") for number in range(3)]
        Case.objects.update(country="RU")
        act = changes(cases[0])[0]
        Case.objects.filter(pk=cases[1].pk).update(country="UA")
        page = client.get(address(act, "undo"))
        assert f"Changed since: Case {cases[1].reference}." in text(page)
        assert cases[2].reference not in text(page)
        assert 'name="plan"' not in page.content.decode()
        client.post(address(act, "undo"), {"plan": "x", "reason": "All the same"})
        assert Case.objects.filter(country="").count() == 0

    def test_what_was_made_is_not_taken_away_from_under_what_came_later(self):
        case, client = make_case(), signed_in()
        arrest = make_arrest(case)
        added = changes(arrest)[0]
        cite(arrest)
        assert "Added since to what would go: citations: 1." in text(client.get(address(added, "undo")))

    def test_an_act_that_also_changed_what_the_editor_may_not_see_is_refused_without_a_word_of_it(self):
        make_case("Hidden Person", access="named", title="Hidden title")
        case = make_case()
        Case.objects.update(country="RU")
        page = text(signed_in().get(address(changes(case)[0], "undo")))
        assert "This act changed more than you may see, so it can't be undone as a whole." in page
        assert "Hidden" not in page

    def test_an_act_of_ten_thousand_rows_is_refused_in_words_and_at_once(self):
        case = make_case()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO cases_note (case_id, text) SELECT %s, 'x' FROM generate_series(1, 5100)", [case.pk]
            )
        change = case.notes.model.pgh_event_model.objects.latest("pgh_id")
        page = text(signed_in().get(address(change, "undo")))
        assert "More than 5,000 rows would change" in page


# ---------------------------------------------------------------------------------------------- bad input


def deleted_at(record):
    """Delete a record and return the change that says so."""
    key, model = record.pk, type(record)
    record.delete()
    return deletion(model, key)


class TestWhatIsInTheWay:
    @pytest.mark.parametrize(
        ("made", "field", "words"),
        [
            (lambda: make_place("Remand prison 1"), "place", "The place “Remand prison 1”"),
            (lambda: make_court("District court"), "court", "The court “District court”"),
            (lambda: make_lawyer("Emil Invented"), "lawyer", "The lawyer “Emil Invented”"),
        ],
    )
    def test_a_thing_deleted_since_is_named_with_the_way_to_bring_it_back_first(self, made, field, words):
        client, case, thing = signed_in(), make_case(), made()
        make = {"place": make_arrest, "court": make_hearing, "lawyer": make_representation}[field]
        record = make(case, **{field: thing})
        gone = deleted_at(record)
        first = deleted_at(thing)
        page = client.get(address(gone))
        assert f"{words} that this" in text(page)
        assert f'href="{address(first)}"' in page.content.decode()
        assert 'name="plan"' not in page.content.decode()
        carry_out(client, address(first))
        carry_out(client, address(gone))
        assert getattr(type(record).objects.get(), field).pk == first.pgh_obj_id

    def test_the_article_the_source_and_the_sentence_likewise(self):
        client, case = signed_in(), make_case()
        charge = make_charge(case, "205", "1")
        citation = cite(make_arrest(case), make_source("A report"))
        sentence = make_sentence(case, findings=[(make_charge(case), "convicted")])
        finding = sentence.findings.get()
        article, source = charge.provision, citation.source
        gone = [deleted_at(one) for one in (charge, citation, finding)]
        first = [deleted_at(one) for one in (article, source, sentence)]
        for change, way, words in zip(gone, first, ["205 part 1", "A report", "Sentence of"], strict=True):
            page = client.get(address(change))
            assert words in text(page) and address(way) in page.content.decode()
        assert Provision.objects.filter(article="205").count() == 0

    def test_a_record_of_a_deleted_case_needs_the_case_first(self):
        client, case = signed_in(), make_case("Nadia Invented")
        gone = deleted_at(make_arrest(case))
        first = deleted_at(case)
        page = client.get(address(gone))
        assert address(first) in page.content.decode()
        assert "event" not in text(page)
        carry_out(client, address(first))
        carry_out(client, address(gone))
        assert case.reference == type(case).objects.get().reference
        assert case.history.model.pgh_tracked_model.objects.get().arrests.count() == 1

    def test_a_person_of_a_deleted_case_likewise(self):
        client, case = signed_in(), make_case("Nadia Invented")
        person = case.detainee
        gone = deleted_at(case)
        first = deleted_at(person)
        page = client.get(address(gone))
        assert "The person “Nadia Invented”" in text(page)
        assert address(first) in page.content.decode()

    def test_a_case_that_is_hidden_by_now_is_missing_and_so_is_its_record(self):
        client, case = signed_in(), make_case()
        gone = deleted_at(make_arrest(case))
        assert client.get(address(gone)).status_code == 200
        Case.objects.update(access="named")
        assert client.get(address(gone)).status_code == 404
        assert client.post(address(gone), {"reason": "x", "plan": "x"}).status_code == 404
        assert client.get(address(changes(case)[0], "undo")).status_code == 404

    def test_one_that_is_there_already_says_so_and_leads_there(self):
        client, case = signed_in(), make_case()
        gone = deleted_at(make_arrest(case))
        carry_out(client, address(gone))
        before = digest()
        page = client.get(address(gone))
        assert "It is there already." in text(page)
        assert reverse("case-detail", args=[case.reference]) in page.content.decode()
        assert "It is there already." in text(client.post(address(gone), {"plan": "x", "reason": "Again"}))
        assert digest() == before

    def test_an_earlier_deletion_leads_to_the_last_one(self):
        client, case = signed_in(), make_case()
        arrest = make_arrest(case)
        key = arrest.pk
        first = deleted_at(arrest)
        carry_out(client, address(first))
        last = deleted_at(type(arrest).objects.get(pk=key))
        assert address(last) in client.get(address(first)).content.decode()

    def test_another_main_name_or_photo_in_its_place_is_said_and_nothing_is_done(self):
        client, person = signed_in(), make_case("First Name").detainee
        gone_name, gone_photo = deleted_at(person.names.get()), deleted_at(make_photo(person))
        Name.objects.create(detainee=person, text="Second Name")
        make_photo(person)
        before = digest()
        assert "There is another main name now." in text(client.get(address(gone_name)))
        assert "There is another photo of this person now." in text(client.get(address(gone_photo)))
        client.post(address(gone_name), {"plan": "x", "reason": "All the same"})
        assert digest() == before

    def test_an_article_a_tag_or_a_finding_recorded_again_is_said(self):
        client, case = signed_in(), make_case(tags=["press"])
        charge = make_charge(case, "205", "")
        sentence = make_sentence(case, findings=[(charge, "convicted")])
        tag, finding = case.case_tags.get(), sentence.findings.get()
        term, gone_tag, gone_finding = tag.term, deleted_at(tag), deleted_at(finding)
        Charge.objects.update(provision=None)
        gone_article = deleted_at(Provision.objects.get(article="205"))
        CaseTag.objects.create(case=case, term=term)
        Finding.objects.create(sentence=sentence, charge=charge, outcome="acquitted")
        Provision.objects.create(code=gone_article.code, article="205")
        for change in (gone_tag, gone_finding, gone_article):
            assert "has taken its place since" in text(client.get(address(change)))

    def test_a_tie_whose_other_end_is_gone_stays_away_and_the_rest_comes_back(self):
        client, case = signed_in(), make_case(tags=["press"])
        proceeding = make_proceeding("Together", [case])
        member = make_user()
        TeamMember.objects.create(case=case, user=member)
        gone = deleted_at(case)
        way = deleted_at(proceeding)
        member.delete()
        page = client.get(address(gone))
        assert "The joint proceeding “Together” has been deleted since" in text(page)
        assert address(way) in page.content.decode()
        carry_out(client, address(gone))
        assert CaseTag.objects.count() == 1
        assert TeamMember.objects.count() == 0

    def test_a_link_that_something_else_took_meanwhile_is_left_and_said(self):
        client, case = signed_in(), make_case()
        stay = make_detention(case, "2015", ended="2016")
        release, other = make_release(case, "", stay=stay), make_detention(case, "2016-05")
        gone = deleted_at(stay)
        type(release).objects.filter(pk=release.pk).update(stay=other)
        assert "the link stays cut" in text(client.get(address(gone)))
        carry_out(client, address(gone))
        release.refresh_from_db()
        assert release.stay == other

    def test_accounts_are_not_brought_back_here_and_other_tables_have_no_such_page(self):
        admin, user = signed_in(Role.ADMINISTRATOR), make_user()
        user.first_name = "New"
        user.save()
        assert "can't be brought back here" in text(admin.get(address(changes(user)[0])))
        assert "can't be brought back here" in text(admin.get(address(changes(user)[0], "undo")))
        role = UserGroup.pgh_event_model.objects.latest("pgh_id")
        for page in ["restore", "undo"]:
            assert "can't be brought back here" in text(admin.get(f"/changes/usergroup/{role.pgh_id}/{page}/"))
        editor = signed_in()
        assert editor.get(address(changes(user)[0])).status_code == 404
        for kind in ["period", "casestate", "look", "draft", "nothing"]:
            assert editor.get(f"/changes/{kind}/1/restore/").status_code == 404

    @pytest.mark.parametrize("key", ["0", "99999999", "9" * 30])
    def test_a_change_that_there_is_not_is_a_404(self, key):
        for page in ["restore", "undo"]:
            assert signed_in().get(f"/changes/charge/{key}/{page}/").status_code == 404

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
    def test_a_reason_is_needed_and_has_a_length(self, reason):
        client, gone = signed_in(), deleted_at(make_arrest(make_case()))
        shown = client.get(address(gone))
        before = digest()
        answer = client.post(address(gone), {"plan": plan_of(shown), "reason": reason})
        assert answer.status_code == 200
        assert "Say why" in text(answer) or "at most 500" in text(answer)
        assert digest() == before

    def test_what_was_shown_and_is_so_no_longer_is_shown_anew_and_not_done(self):
        client, case = signed_in(), make_case()
        release = make_release(case)
        event = release.event
        gone = deleted_at(release)
        shown = client.get(address(gone))
        rival = make_release(case, "2016", event=event)
        before = digest()
        answer = client.post(address(gone), {"plan": plan_of(shown), "reason": "It was right"})
        assert "Nothing is done yet" in text(answer)
        assert "comes back as an alternative" in text(answer)
        assert digest() == before
        client.post(address(gone), {"plan": plan_of(answer), "reason": "It was right"})
        assert type(rival).objects.get(pk=gone.pgh_obj_id).standing == "alternative"


class TestWho:
    @pytest.mark.parametrize(
        ("role", "status"),
        [(None, 404), (Role.READER, 403), (Role.RESEARCHER, 403), (Role.EDITOR, 200), (Role.ADMINISTRATOR, 200)],
    )
    def test_editors_restore_what_they_see_others_who_see_it_may_not(self, role, status):
        case = make_case()
        arrest = make_arrest(case)
        change, gone = changes(arrest)[0], deleted_at(arrest)
        client = signed_in(role)
        for url in [address(change), address(gone), address(gone, "undo")]:
            assert client.get(url).status_code == status
            assert client.post(url, {"reason": "x", "plan": "x"}).status_code == status

    def test_a_hidden_record_is_missing_for_all_but_its_team(self):
        case = make_case(access="named")
        gone = deleted_at(make_arrest(case))
        assert signed_in(Role.ADMINISTRATOR).get(address(gone)).status_code == 404
        editor = make_user(Role.EDITOR)
        TeamMember.objects.create(case=case, user=editor)
        client = Client()
        client.force_login(editor)
        assert client.get(address(gone)).status_code == 200
        confidential = deleted_at(make_note(make_case(), confidential=True))
        assert signed_in(Role.READER).get(address(confidential)).status_code == 404


# ---------------------------------------------------------------------------------------------- two at once


def at_once(*works):
    """Run functions in threads that begin together; return what they return, errors too."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def run(number, work):
        barrier.wait()
        try:
            found[number] = work()
        except Exception as error:  # noqa: BLE001 - shown by the test
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


class TestTwoAtOnce:
    def test_of_two_who_bring_back_the_same_one_does_and_one_is_told(self):
        case = full_case()
        before, gone = digest(), deleted_at(case)
        clients = [signed_in(), signed_in()]
        plans = [plan_of(client.get(address(gone))) for client in clients]

        def press(client, plan):
            return lambda: client.post(address(gone), {"plan": plan, "reason": "It was right"})

        answers = at_once(*(press(client, plan) for client, plan in zip(clients, plans, strict=True)))
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        told = next(answer for answer in answers if answer.status_code == 200)
        assert "It is there already." in text(told)
        assert digest() == before

    def test_of_two_who_restore_other_versions_the_second_looks_again(self):
        case = make_case(title="One")
        for title in ["Two", "Three"]:
            Case.objects.filter(pk=case.pk).update(title=title)
        _third, second, first = changes(case)
        clients = [signed_in(), signed_in()]
        ways = [address(first), address(second)]
        plans = [plan_of(client.get(way)) for client, way in zip(clients, ways, strict=True)]

        def press(client, way, plan):
            return lambda: client.post(way, {"plan": plan, "reason": "It was right"})

        answers = at_once(*(press(*one) for one in zip(clients, ways, plans, strict=True)))
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        told = next(answer for answer in answers if answer.status_code == 200)
        assert "Nothing is done yet" in text(told)
        case.refresh_from_db()
        assert case.version == 4

    def test_of_two_who_delete_the_same_case_one_does_and_for_the_other_it_is_gone(self):
        case = full_case()
        clients = [signed_in(), signed_in()]
        url = reverse("case-delete", args=[case.reference])

        def press(client):
            return lambda: client.post(url, {"reason": "Duplicate"})

        answers = at_once(*map(press, clients))
        assert sorted(answer.status_code for answer in answers) == [302, 404]

    def test_a_rival_accepted_while_one_comes_back_leaves_one_accepted(self):
        case, client = make_case(), signed_in()
        release = make_release(case)
        rival = make_release(case, "2017", event=release.event, standing="alternative")
        gone = deleted_at(release)
        plan = plan_of(client.get(address(gone)))

        def accept():
            return type(rival).objects.filter(pk=rival.pk).update(standing="accepted")

        at_once(lambda: client.post(address(gone), {"plan": plan, "reason": "It was right"}), accept)
        assert type(rival).objects.accepted().filter(event=release.event).count() == 1


# ---------------------------------------------------------------------------------------------- any order


def restore_by(user, change):
    """Bring back what a change deleted, without a page. Return whether it could be."""
    shown = of_deletion(change, user)
    carry_out_plan(shown)
    plan = of_deletion(change, user)
    carry_out_plan(plan, shown.digest)
    return plan.done


def test_whatever_is_deleted_and_brought_back_in_whatever_order_all_is_as_before():
    """Sixty random sequences on one case: records, what hangs on them and the whole case go, and come back as they can."""
    case, user = make_case("Nadia Invented", tags=["press"], team=[make_user()]), make_user(Role.EDITOR)
    charges = [make_charge(case, article) for article in ("205", "212")]
    sentence = make_sentence(case, years=3, findings=[(one, "convicted") for one in charges])
    kinds = [make_arrest(case), make_detention(case, ended="2017-10-25"), make_hearing(case), make_note(case), sentence]
    kinds += [make_violation(case, "ICCPR-14.3d"), make_intervention(case), make_listing(case)]
    for record in [*kinds, *charges]:
        cite(record)
    make_release(case, event=kinds[1].event, standing="alternative")
    before, chance = rows(), random.Random(20261122)
    for number in range(60):
        gone = []
        for _step in range(chance.randint(1, 5)):
            model = chance.choice([Case, *RECORD_MODELS, Finding, Penalty, Citation, CaseTag, TeamMember])
            if (record := model.objects.order_by("pk").first()) and chance.random() < 0.9:
                gone.append(deleted_at(record))
        chance.shuffle(gone)
        while gone:
            left = [change for change in gone if not restore_by(user, change)]
            assert len(left) < len(gone), f"Sequence {number}: nothing of {left} comes back"
            gone = left
        assert rows() == before, f"Sequence {number}"


def test_every_tracked_table_is_brought_back_and_what_is_referred_to_comes_first():
    tracked = {model for model in apps.get_models() if hasattr(model, "pgh_event_model")}
    assert {*MODELS, *ACCOUNTS.values()} == tracked
    for number, model in enumerate(MODELS):
        for one in model._meta.concrete_fields:
            if one.is_relation and one.related_model not in (model, *ACCOUNTS.values()):
                assert MODELS.index(one.related_model) < number or on_delete(one) is SET_NULL


def test_a_long_preview_costs_the_queries_of_a_short_one():
    client = signed_in()
    small, large = make_case(), make_case()
    for _number in range(2):
        cite(make_arrest(small))
    for _number in range(30):
        cite(make_arrest(large))
    changes = [deleted_at(small), deleted_at(large)]
    counts = []
    for change in changes:
        with CaptureQueriesContext(connection) as found:
            client.get(address(change))
        counts.append(len(found))
    assert counts[0] == counts[1] < 150
