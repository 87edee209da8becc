"""manage.py demo: the two published cases, 300 invented ones, the same every time, on the private server alone."""

from datetime import date
from io import StringIO

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, Max, Q

from cases.chronology import problems, records_of
from cases.demo.loading import TRACKED
from cases.demo.notes import OUR_NOTE
from cases.dossier import Dossier
from cases.missing import missing
from cases.models import (
    RECORD_MODELS,
    Affiliation,
    Arrest,
    Case,
    Charge,
    Citation,
    Detainee,
    Detention,
    Event,
    Hearing,
    Intervention,
    Lawyer,
    LegalCode,
    Listing,
    Name,
    Note,
    Organisation,
    Penalty,
    Period,
    PrisonerList,
    Release,
    Representation,
    Restriction,
    Right,
    Role,
    Sentence,
    Source,
    TeamMember,
    Term,
    User,
    UserGroup,
    Violation,
)
from cases.models.evidence import OF_CASE
from tests.factories import make_case, make_representation, make_user

PUBLISHED_PEOPLE = {
    "Akhtem Chiygoz", "Ilmi Umerov", "Nikolai Polozov", "Emil Kurbedinov", "Oleksandr Lesovoy", "Mark Feygin",
}  # fmt: skip
INVENTED_WORDS = ("Invented ", "Inventd ", "Вигадана Особа ", "Выдуманный Человек ", "Uydurma Şahıs ")


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo, loaded once for all tests of this module that only look at it."""
    from django.test import TestCase

    class Shared(TestCase):
        @classmethod
        def setUpTestData(cls):
            load_with_users()

    patch = pytest.MonkeyPatch()
    patch.setenv("CASETRACKER_PRIVATE_SERVER", "1")
    with django_db_blocker.unblock():
        Shared.setUpClass()
        yield
        Shared.tearDownClass()
        Shared.doClassCleanups()
    patch.undo()


def load_with_users():
    for role in Role:
        make_user(role, username=role.value.lower())
    call_command("demo", verbosity=0)


def case_of(name):
    return Case.objects.get(detainee__names__text=name)


def status(case, day):
    period = case.periods.get(begin_likely__lte=day, end_likely__gt=day)
    return period.status, period.kind


def days_held(case, day=date(2026, 11, 1)):
    with connection.cursor() as cursor:
        cursor.execute("SELECT fewest, likely, most FROM cases_days_held(ARRAY[%s], %s)", [case.pk, day])
        return cursor.fetchone()


@pytest.mark.usefixtures("demo")
class TestWhatIsThere:
    def test_the_editor_sees_302_cases_and_others_fewer(self):
        seen = {user.username: Case.objects.visible_to(user).count() for user in User.objects.all()}
        assert seen["editor"] == Case.objects.count() == 302
        assert seen["reader"] < seen["researcher"] < 302
        assert seen["administrator"] < 302  # named cases are for their teams

    def test_some_people_have_two_cases(self):
        cases = Detainee.objects.annotate(number=Count("cases")).values_list("number", flat=True)
        assert max(cases) == 2
        assert sum(cases) == 302

    def test_no_real_person_stands_in_it_but_the_two_and_their_lawyers(self):
        main = set(Name.objects.filter(kind="main").values_list("text", flat=True))
        assert PUBLISHED_PEOPLE <= main
        assert all(text.startswith(INVENTED_WORDS) for text in main - PUBLISHED_PEOPLE)
        others = Name.objects.exclude(detainee__names__text__in=PUBLISHED_PEOPLE)
        others = others.exclude(lawyer__names__text__in=PUBLISHED_PEOPLE)
        assert all(text.startswith(INVENTED_WORDS) for text in others.values_list("text", flat=True))

    def test_every_invented_case_says_so(self):
        invented = Case.objects.filter(case_tags__term__slug="invented", title="Invented case")
        assert invented.count() == 300

    def test_it_has_every_kind_of_record_and_of_status(self):
        for model in RECORD_MODELS:
            assert model.objects.exists(), model
        now = Period.objects.filter(begin_likely__lte=date(2026, 11, 1), end_likely__gt=date(2026, 11, 1))
        statuses = set(now.values_list("status", flat=True))
        assert statuses >= {
            "in_custody", "disappeared", "restricted", "released", "died_in_custody", "charged", "convicted", "closed", "unknown",
        }  # fmt: skip
        assert set(now.filter(status="in_custody").values_list("kind", flat=True)) >= {
            "remand",
            "prison",
            "house_arrest",
        }

    def test_it_has_what_is_hard_to_show(self):
        assert Event.objects.filter(confidential=True).exists()
        assert Source.objects.filter(
            protected=True, source_keepers__user__username="editor", citations__isnull=False
        ).exists()
        assert Hearing.objects.filter(scheduled_earliest__gt=date(2026, 11, 22), held_on="").exists()
        assert Sentence.objects.filter(instance="appeal", change="upheld").exists()

    @pytest.mark.parametrize(
        "pattern", [r"^\d{4}$", r"^\d{4}-\d\d$", "~$", r"\?$", r"^\[", r"\d/\d", r"/\.\.$", r"^\.\./"]
    )
    def test_it_has_dates_of_every_kind(self, pattern):
        fields = [
            (Arrest, "date"),
            (Detention, "began"),
            (Detention, "ended"),
            (Charge, "charged_on"),
            (Release, "date"),
        ]
        assert any(model.objects.filter(**{f"{field}__regex": pattern}).exists() for model, field in fields)

    def test_one_case_has_eighty_records(self):
        assert Event.objects.values("case").annotate(number=Count("pk")).aggregate(most=Max("number"))["most"] >= 80

    def test_dates_are_never_certainly_out_of_order(self):
        for case in Case.objects.select_related("detainee"):
            wrong = [problem for problem in problems(records_of(case), case.detainee) if problem.level == "error"]
            assert not wrong, (case, wrong)

    def test_everything_derived_is_as_the_records_say(self):
        call_command("check_status", verbosity=0)

    def test_its_rows_have_their_history_with_the_reason(self):
        for model in TRACKED:
            if model in (User, UserGroup, Term, LegalCode, Right):  # of `setup`
                continue
            rows, written = model.objects.count(), model.pgh_event_model.objects.filter(pgh_label="insert")
            assert written.filter(pgh_context__reason="demo").count() == rows, model

    def test_named_cases_have_the_editor_on_their_team(self):
        named = Case.objects.filter(access="named")
        assert named.exists()
        assert not named.exclude(pk__in=TeamMember.objects.filter(user__username="editor").values("case")).exists()


@pytest.mark.usefixtures("demo")
class TestChiygoz:
    @pytest.mark.parametrize("query", ["Чийгоз", "Chiygoz", "Çiygöz", "чийгоз ахтем", "Ахтем Чийгоз", "Chijgoz"])
    def test_any_spelling_finds_him_first(self, query):
        assert Case.objects.named(query).by_match(query).first() == case_of("Akhtem Chiygoz")

    def test_he_was_certainly_in_custody_on_1_january_2016_and_not_after_the_release(self):
        case = case_of("Akhtem Chiygoz")
        assert case in Case.objects.with_status(["in_custody"], date(2016, 1, 1), "certainly")
        assert case not in Case.objects.with_status(["in_custody"], date(2017, 10, 26), "possibly")
        assert status(case, date(2017, 10, 26)) == ("released", "")

    def test_he_was_held_1001_days(self):
        assert days_held(case_of("Akhtem Chiygoz")) == (1001, 1001, 1001)

    def test_the_impossible_date_is_kept_in_the_words_of_its_source(self):
        citation = Citation.objects.get(value_as_reported="29 February 2015")
        assert citation.arrest.standing == "rejected"
        assert citation.arrest.date.text == "2015-02"
        accounts = citation.arrest.event.arrests.values_list("date", "standing")
        assert sorted((day.text if hasattr(day, "text") else day, standing) for day, standing in accounts) == [
            ("2015-01", "alternative"), ("2015-01-29", "accepted"), ("2015-02", "rejected"),
        ]  # fmt: skip

    def test_his_charge_is_article_212_part_1(self):
        charge = case_of("Akhtem Chiygoz").charges.accepted().get()
        assert charge.provision.path == "ru-cc/212/1"
        assert charge.act_date.text == "2014-02-26"
        assert charge.findings.get().outcome == "convicted"

    def test_the_regime_has_two_accounts(self):
        sentences = Sentence.objects.filter(case=case_of("Akhtem Chiygoz"), date="2017-09-11")
        regimes = sentences.values_list("standing", "penalties__years", "penalties__regime").order_by("standing")
        assert list(regimes) == [("accepted", 8, "general"), ("alternative", 8, "strict")]

    def test_he_stands_in_the_26_february_case_and_has_three_lawyers(self):
        case = case_of("Akhtem Chiygoz")
        assert case.proceedings.get().name == "The 26 February case"
        assert {str(row.lawyer) for row in case.representations.all()} == {
            "Nikolai Polozov", "Emil Kurbedinov", "Oleksandr Lesovoy",
        }  # fmt: skip

    def test_remand_was_prolonged_to_known_days(self):
        until = case_of("Akhtem Chiygoz").hearings.exclude(held_until="").values_list("held_until_earliest", flat=True)
        assert set(until) == {
            date(2015, 7, 29), date(2016, 5, 5), date(2016, 7, 22), date(2017, 4, 8), date(2017, 10, 8),
        }  # fmt: skip

    def test_later_changes_are_kept_and_change_the_status(self):
        """The triggers that were off while loading are on again."""
        with transaction.atomic():
            case = case_of("Akhtem Chiygoz")
            Release.objects.filter(case=case).delete()
            case.detentions.update(ended="", ended_earliest=None, ended_latest=None, ending="ongoing")
            assert status(case, date(2020, 1, 1)) == ("in_custody", "remand")
            assert case.detentions.get().history.filter(pgh_label="update").count() == 1
            transaction.set_rollback(True)


@pytest.mark.usefixtures("demo")
class TestUmerov:
    def test_he_was_restricted_then_in_hospital_then_restricted_then_released(self):
        case = case_of("Ilmi Umerov")
        assert status(case, date(2016, 5, 11))[0] == "unknown"
        assert status(case, date(2016, 6, 1)) == ("restricted", "travel_ban")
        assert status(case, date(2016, 8, 18)) == ("in_custody", "psychiatric")
        assert status(case, date(2016, 9, 7)) == ("restricted", "travel_ban")
        assert status(case, date(2017, 10, 25)) == ("released", "")
        assert days_held(case) == (21, 21, 21)

    def test_the_arrest_is_a_rival_of_the_travel_ban(self):
        ban = Restriction.objects.get(case=case_of("Ilmi Umerov"))
        assert (ban.standing, ban.event.arrests.get().standing) == ("accepted", "alternative")

    def test_the_part_of_the_article_has_one_source_only(self):
        charges = case_of("Ilmi Umerov").charges.order_by("standing")
        assert [(charge.standing, charge.provision.path) for charge in charges] == [
            ("accepted", "ru-cc/280.1"), ("alternative", "ru-cc/280.1/2"),
        ]  # fmt: skip
        assert charges[1].citations.get().source.publisher == "Capital"

    def test_what_the_prosecutor_asked_for_stands_beside_what_the_court_imposed(self):
        penalties = Penalty.objects.filter(case=case_of("Ilmi Umerov")).values_list("origin", "kind", "years", "months")
        assert set(penalties) == {
            ("imposed", "imprisonment", 2, None), ("imposed", "activity_ban", 2, None), ("requested", "suspended", 3, 6),
            ("requested", "probation", 3, None), ("requested", "activity_ban", 3, None),
        }  # fmt: skip


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", ["Akhtem Chiygoz", "Ilmi Umerov"])
class TestRelease:
    def test_it_is_told_in_seven_ways_of_which_the_pardon_is_accepted(self, name):
        releases = Release.objects.filter(case=case_of(name))
        assert releases.count() == 7
        assert releases.values("event").distinct().count() == 1
        accepted = releases.get(standing="accepted")
        assert (accepted.kind, accepted.published, accepted.petitioned) == ("pardon", "no", "no")

    def test_every_account_has_its_source_and_the_chain_to_who_said_it(self, name):
        releases = Release.objects.filter(case=case_of(name))
        assert not releases.filter(citations__isnull=True).exists()
        chain = Citation.objects.get(release__in=releases.accepted(), field="kind", source__publisher="Hromadske")
        assert (chain.cites.publisher, chain.said_by) == ("Radio Free Europe/Radio Liberty", "Nikolai Polozov")

    @pytest.mark.parametrize(
        ("account", "reports", "origins"),
        [
            ({"kind": "other", "authority": ""}, 3, 1),  # the lawyer, by three ways
            ({"kind": "other", "authority": "President of Russia"}, 3, 1),  # the leader, by three ways
            ({"kind": "exchange"}, 2, 1),
            ({"kind": "pardon"}, 5, 3),
        ],
    )
    def test_reports_of_one_origin_are_counted_as_one_origin(self, name, account, reports, origins):
        cited = Citation.objects.filter(release__in=Release.objects.filter(case=case_of(name), **account))
        assert len({citation.source_id for citation in cited}) == reports
        assert len({citation.origin for citation in cited}) == origins

    def test_every_record_of_the_case_has_a_source_and_the_words_of_its_note(self, name):
        case = case_of(name)
        for model in RECORD_MODELS:
            assert not model.objects.filter(case=case, citations__isnull=True).exists(), model
        person = case.detainee
        assert not person.affiliations.filter(citations__isnull=True).exists()
        cited = Citation.objects.filter(Q(case=case) | Q(detainee=person))
        assert not cited.filter(range_start=None).exists()
        assert all(text.startswith(OUR_NOTE) for text in cited.values_list("source__captured_text", flat=True))

    def test_nothing_is_missing(self, name):
        gaps, in_place = missing(Dossier(case_of(name), User.objects.get(username="editor")))
        assert [gap.text for gap in gaps] == []
        assert in_place

    def test_no_list_is_said_to_have_decided_on_them(self, name):
        assert not case_of(name).listings.exists()


# What a sentence of the article says (numbers as in docs/demo.md) -> the record that has it from there
OF_BOTH = {
    "1: handed over to Turkey": (Release, {"kind": "handed_over", "destination": "Turkey"}),
    "1: let go": (Release, {"kind": "pardon", "standing": "accepted"}),
    "2: charged for their stand on the annexation": (Note, {"text__contains": "annexation of Crimea"}),
    "2: the way they were taken": (Note, {"text__contains": "Anapa", "citations__said_by": "Mustafa Dzhemilev"}),
    "2: told to a newspaper": (Note, {"text__contains": "Anapa", "citations__cites__publisher": "Ukrainska Pravda"}),
    "3: agreed during a visit": (Intervention, {"by_whom__contains": "Erdoğan", "date": "2017-10", "citations__said_by": "Mustafa Dzhemilev"}),
    "6: no longer prosecuted": (Release, {"kind": "other", "citations__said_by": "Nikolai Polozov", "citations__cites__publisher": "Facebook"}),
    "6: their lawyer": (Representation, {"lawyer__names__text": "Nikolai Polozov"}),
    "7: the fruit of much work": (Note, {"text__contains": "diplomats", "citations__said_by": "Nikolai Polozov"}),
    "8: pardoned": (Release, {"kind": "pardon", "authority": "President of Russia", "citations__said_by": "Nikolai Polozov"}),
    "8: the order is secret": (Release, {"kind": "pardon", "published": "no", "citations__field": "published"}),
    "12: neither trial was proper": (Violation, {"right": None, "alleged_by__contains": "Kupfer"}),
    "13: Turkey's view": (Note, {"text__contains": "Turkish people"}),
    "14: Turkey speaks up": (Note, {"date": "2017-10", "citations__said_by__contains": "Korsunsky"}),
    "15: at each meeting": (Intervention, {"to_whom": "Russian officials", "citations__said_by__contains": "Korsunsky"}),
    "16: in organisations": (Intervention, {"to_whom": "International organisations", "citations__said_by__contains": "Korsunsky"}),
}  # fmt: skip
OF_CHIYGOZ = {
    "2: jailed": (Detention, {"kind": "remand", "citations__value_as_reported": "both jailed"}),
    "9: eight years": (Sentence, {"date": "2017-09-11", "penalties__years": 8, "penalties__kind": "imprisonment"}),
    "9: by which court": (Sentence, {"court__aliases__contains": ["Russian court in annexed Crimea"], "citations__field": "court"}),
    "9: for what, and when": (Charge, {"act_date": "2014-02", "provision__article": "212"}),
}  # fmt: skip
OF_UMEROV = {
    "2: jailed": (Arrest, {"standing": "alternative", "citations__value_as_reported": "both jailed"}),
    "10: two years": (Sentence, {"date": "2017-09-27", "penalties__years": 2, "penalties__kind": "imprisonment"}),
    "10: for separatism": (Charge, {"text_as_reported": "separatism", "provision__article": "280.1"}),
    "10: when, as it counts": (Sentence, {"citations__value_as_reported": "two weeks later"}),
    "11: for which words": (Charge, {"alleged_act__contains": "leave Crimea and the Donbas", "citations__value_as_reported": "March 2016"}),
}  # fmt: skip
BY_NAME = {"Akhtem Chiygoz": OF_BOTH | OF_CHIYGOZ, "Ilmi Umerov": OF_BOTH | OF_UMEROV}


@pytest.mark.usefixtures("demo")
class TestArticle:
    @pytest.mark.parametrize(("name", "fact"), [(name, fact) for name, facts in BY_NAME.items() for fact in facts])
    def test_each_fact_of_the_article_has_its_record(self, name, fact):
        model, values = BY_NAME[name][fact]
        records = model.objects.filter(case=case_of(name), citations__source__publisher="Hromadske", **values)
        assert records.exists()

    @pytest.mark.parametrize("name", ["Akhtem Chiygoz", "Ilmi Umerov"])
    def test_both_are_deputy_chairmen(self, name):
        role = case_of(name).detainee.affiliations.get()
        assert (role.organisation.name, role.role) == ("Mejlis of the Crimean Tatar People", "Deputy chairman")
        assert role.citations.get().source.publisher == "Hromadske"

    def test_its_way_of_telling_is_kept_beside_what_is_accepted(self):
        reported = set(Citation.objects.exclude(value_as_reported="").values_list("value_as_reported", flat=True))
        assert {"29 February 2015", "maximum security colony", "acquitted", "no ban", "both jailed"} <= reported

    def test_the_verdict_by_video_is_tied_to_its_hearing_and_right(self):
        violation = case_of("Akhtem Chiygoz").violations.get(right__code="ICCPR-14.3d")
        assert (violation.hearing.stage, violation.hearing.attendance, violation.alleged_by) == ("verdict", "video", "")


@pytest.mark.usefixtures("demo")
class TestPassages:
    def test_every_range_points_at_its_quote(self):
        cited = Citation.objects.exclude(range_start=None).select_related("source")
        assert cited.filter(source__language__in=["uk", "ar"]).count() > 10
        for citation in cited:
            assert citation.source.captured_text[citation.range_start : citation.range_end] == citation.quote != ""

    def test_some_words_support_several_records_and_some_records_rest_on_several_words(self):
        of_chiygoz = Citation.objects.filter(case=case_of("Akhtem Chiygoz"))
        assert of_chiygoz.values("source", "range_start").annotate(number=Count("pk")).filter(number__gt=1).exists()
        of_sentence = of_chiygoz.filter(sentence__standing="accepted", source__publisher="Hromadske")
        assert of_sentence.values("range_start").distinct().count() > 2

    def test_texts_that_many_cases_share_tell_nothing_of_a_hidden_one(self):
        quoted = Citation.objects.exclude(quote="").exclude(case=None)
        assert not quoted.exclude(case__access="everyone").exists()
        for citation in quoted.select_related(*(f"{name}__event" for name in OF_CASE)):
            assert not citation.record.event.confidential

    def test_every_accepted_record_of_a_verified_case_has_a_source(self):
        verified = Case.objects.filter(stage="verified")
        assert verified.count() > 40
        for model in RECORD_MODELS:
            assert not model.objects.accepted().filter(case__in=verified, citations=None).exists(), model

    def test_invented_cases_have_what_surrounds_them(self):
        assert set(Listing.objects.values_list("decision", flat=True)) == {"included", "refused", "removed"}
        assert all("invented" in name for name in PrisonerList.objects.values_list("name", flat=True))
        invented = Case.objects.filter(title="Invented case")
        for related in ("violations", "interventions", "listings", "detainee__affiliations"):
            assert invented.filter(**{f"{related}__isnull": False}).distinct().count() > 20, related


@pytest.fixture
def private_server(monkeypatch):
    monkeypatch.setenv("CASETRACKER_PRIVATE_SERVER", "1")


@pytest.mark.django_db
class TestLoading:
    def test_it_is_refused_where_the_server_is_not_the_private_one(self, monkeypatch):
        monkeypatch.delenv("CASETRACKER_PRIVATE_SERVER", raising=False)
        for arguments in ([], ["--remove"]):
            with pytest.raises(CommandError, match="private server"):
                call_command("demo", *arguments)
        assert not Case.objects.exists()

    def test_it_is_refused_where_there_are_cases(self, private_server):
        make_case()
        with pytest.raises(CommandError, match="has cases"):
            call_command("demo")
        assert Case.objects.count() == 1

    def test_without_users_nobody_is_named_and_an_editor_who_comes_later_sees_all(self, private_server):
        call_command("demo", verbosity=0)
        assert Case.objects.visible_to(make_user(Role.EDITOR)).count() == 302
        assert not Case.objects.filter(access="named").exists()

    def test_removing_it_leaves_what_others_added_and_need_and_loading_it_again_gives_the_same(self, private_server):
        call_command("demo", verbosity=0)
        first = digest()
        lawyer = Lawyer.objects.filter(names__text="Invented Lawyer 3").get()
        with pghistory.context(reason="by hand"):
            case = make_case("Somebody else")
            make_representation(case, lawyer)
        told = StringIO()
        call_command("demo", "--remove", stdout=told)
        assert "302 cases" in told.getvalue()
        assert (list(Case.objects.all()), list(Lawyer.objects.all())) == ([case], [lawyer])
        for row in (case, case.detainee, lawyer):
            row.delete()
        gone = (Source, Name, Period, Event, Organisation, Affiliation, PrisonerList, Citation)
        assert not any(model.objects.exists() for model in gone)
        call_command("demo", verbosity=0)
        assert digest() == first


def digest():
    """Return all that the demo loaded, without numbers and times: keys to other rows as their place among those."""
    models = [model for model in TRACKED if model not in (User, UserGroup)] + [Period]
    places = {
        model: {pk: place for place, pk in enumerate(model._base_manager.order_by("pk").values_list("pk", flat=True))}
        for model in models
    }
    content = {}
    for model in models:
        fields = [
            field for field in model._meta.local_concrete_fields if field.name not in ("id", "created_at", "updated_at")
        ]
        rows = (
            model._base_manager.order_by("case_id", "number") if model is Period else model._base_manager.order_by("pk")
        )
        content[model.__name__] = [
            tuple(
                places[field.related_model][value]
                if field.is_relation and value in places.get(field.related_model, ())
                else str(value)
                for field, value in zip(fields, row, strict=True)
            )
            for row in rows.values_list(*(field.attname for field in fields))
        ]
    return content
