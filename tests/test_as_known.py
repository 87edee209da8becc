"""The page of a case as it was known at a moment, two moments side by side, and the schema that both read."""

import re
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from cases.as_known import SCHEMA, MomentError, NotPast, as_known, make_views, moment_from, past_models
from cases.models import (
    Arrest,
    Case,
    Charge,
    Court,
    Detention,
    Event,
    Lawyer,
    Name,
    Note,
    Period,
    Place,
    Role,
    Source,
    SourceKeeper,
    TeamMember,
    User,
    UserGroup,
)
from tests.factories import (
    cite,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_lawyer,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_sentence,
    make_source,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)


def database_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def text_of(at):
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def settings_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_setting('cases.moment', true)")
        path, moment = cursor.fetchone()
        cursor.execute("SHOW transaction_read_only")
        return path, moment or "", cursor.fetchone()[0]


@pytest.fixture
def reader():
    return make_user(Role.READER)


@pytest.fixture
def ask(client, reader):
    """Return a function that gets a page of a case: the text, after looking at the status."""

    def get(case, page="as-known/", *, user=None, status=200, **parameters):
        client.force_login(user or reader)
        parameters = {name: text_of(at) if isinstance(at, datetime) else at for name, at in parameters.items()}
        answer = client.get(f"/cases/{case.reference}/{page}", parameters)
        assert answer.status_code == status, answer.status_code
        return answer.content.decode()

    return get


def words(page):
    """The page without marks and folded spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


class TestThePageOfThen:
    def test_says_what_it_said_then(self, ask):
        place, court, source = make_place("Old prison"), make_court("Court of then"), make_source("Old title")
        case = make_case(make_detainee("Nadia Then"), title="Title of then", tags=["tag-of-then"])
        stay = make_detention(case, "2015-01-29", place=place)
        hearing = make_hearing(case, court=court, outcome="Outcome of then")
        cite(stay, source)
        make_proceeding("The proceeding of then", [case])
        then = database_time()
        Place.objects.update(name="New prison")
        hearing.court = None
        hearing.save()
        Court.objects.all().delete()
        Source.objects.update(title="New title")
        Name.objects.filter(detainee=case.detainee_id).update(text="Nadia Now")
        Case.objects.update(title="Title of now")
        case.case_tags.all().delete()
        make_release(case, "2016-01-01")
        page, now = ask(case, at=then), ask(case, "")
        for old, new in [
            ("Nadia Then", "Nadia Now"), ("Old prison", "New prison"), ("Court of then", "Released"),
            ("Old title", "New title"), ("Title of then", "Title of now"), ("tag-of-then", "Released"),
            ("Remand", "Released"),
        ]:  # fmt: skip
            assert old in page and new not in page
            assert new in now
        assert "The proceeding of then" in page
        assert "status-in_custody" in page and "status-in_custody" not in now

    def test_a_deleted_record_is_there_with_its_sources(self, ask):
        case = make_case()
        charge = make_charge(case, "212", alleged_act="An act told then", act_date="2014-02")
        cite(charge, make_source("A source of then"))
        then = database_time()
        charge.delete()
        assert "An act told then" in ask(case, at=then)
        assert "A source of then" in ask(case, at=then)
        assert "An act told then" not in ask(case, "")

    def test_days_held_and_what_is_missing_are_those_of_that_day(self, ask):
        case = make_case()
        make_detention(case, "2020-01-01")
        make_hearing(case, "", scheduled="2031-05-05", stage="trial")
        with time_machine.travel(datetime(2031, 6, 1, tzinfo=UTC), tick=False):
            client_then, after = ask(case, at="2030-12-31"), ask(case, at="2031-05-30")
        assert "4,018 days" in client_then and "4,168 days" in after
        assert "outcome unknown" not in client_then and "outcome unknown" in after
        assert "Planned: trial hearing" in client_then and "Trial hearing was planned" in after

    def test_offers_nothing_to_change(self, ask):
        case = make_case()
        make_arrest(case)
        page = ask(case, user=make_user(Role.EDITOR), at=database_time()).split("<main")[1]
        assert "/edit/" not in page and "/add/" not in page and "/accounts/" not in page

    def test_says_which_moment_it_is_of_and_what_that_means(self, ask):
        case = make_case("Nadia")
        then = database_time()
        page = words(ask(case, at=then))
        assert f"As we knew it: {then.day} {then:%B %Y}, {then:%H:%M:%S} UTC" in page
        assert "not what was true then" in page
        assert "Compare with now" in page and "As it is now" in page

    def test_leads_to_the_change_before_and_after_that_the_reader_may_see(self, ask):
        case = make_case("Nadia")
        note = make_note(case, "First words")
        before = database_time()
        Note.objects.filter(pk=note.pk).update(text="Second words")
        make_note(case, "Hidden words", confidential=True)
        then = database_time()
        Note.objects.filter(pk=note.pk).update(text="Third words")
        page = ask(case, at=then)
        earlier, later = (
            re.search(rf'\?at=([^"]+)">{word} change', page)[1].replace("%3A", ":") for word in ("Earlier", "Later")
        )
        assert moment_from(earlier).at < before
        assert "First words" in ask(case, at=earlier)
        assert "Third words" in ask(case, at=later)
        editor = ask(case, at=then, user=make_user(Role.EDITOR))
        assert moment_from(re.search(r'\?at=([^"]+)">Earlier', editor)[1].replace("%3A", ":")).at > before

    def test_the_moment_of_an_act_shows_what_it_left_behind(self, ask):
        case = make_case("Nadia")
        make_note(case, "Words of the act")
        at = Note.pgh_event_model.objects.get().pgh_created_at
        assert "Words of the act" in ask(case, at=at)
        assert "Words of the act" not in ask(case, at=at - timedelta(microseconds=1))

    def test_a_photo_of_then_is_shown_only_while_it_is_that_of_now(self, ask):
        case = make_case("Nadia")
        photo = make_photo(case.detainee)
        then = database_time()
        assert "/photo/" in ask(case, at=then)
        photo.delete()
        make_photo(case.detainee, size=(30, 30))
        assert "/photo/" not in ask(case, at=then)
        assert "/photo/" in ask(case, at=database_time())

    def test_the_team_is_that_of_then(self, ask):
        user = make_user(Role.RESEARCHER, "olena")
        case = make_case("Nadia", team=[user])
        then = database_time()
        case.team_members.all().delete()
        assert "olena" in ask(case, at=then)
        assert "olena" not in ask(case, at=database_time())

    def test_costs_the_same_queries_however_much_there_is(self, ask, client):
        case = make_case("Nadia")
        make_representation(case)
        cite(make_arrest(case))
        make_sentence(
            case, years=3, findings=[(make_charge(case), "convicted")]
        )  # a kind that is not there asks nothing
        ask(case, at=database_time())
        with CaptureQueriesContext(connection) as few:
            ask(case, at=database_time())
        for number in range(12):
            make_representation(case, make_lawyer(f"Lawyer {number}"))
            cite(make_arrest(case, date=f"2016-{number + 1:02}"))
            make_sentence(case, years=3, findings=[(make_charge(case), "convicted")])
        Arrest.objects.update(remark="changed")
        with CaptureQueriesContext(connection) as many:
            ask(case, at=database_time())
        assert len(many) == len(few)


class TestWhoMaySee:
    def test_what_became_confidential_since_is_hidden_in_the_past_and_out_of_its_status(self, ask):
        case = make_case("Nadia")
        stay = make_detention(case, "2015-01-29", remark="Words that became confidential")
        then = database_time()
        assert "Words that became confidential" in ask(case, at=then)
        Event.objects.filter(pk=stay.event_id).update(confidential=True)
        page = ask(case, at=then)
        assert "Words that became confidential" not in page and "status-in_custody" not in page
        assert "Words that became confidential" in ask(case, at=then, user=make_user(Role.EDITOR))

    def test_what_was_confidential_and_is_deleted_stays_hidden(self, ask):
        case = make_case("Nadia")
        note = make_note(case, "Deleted and confidential")
        then = database_time()
        Event.objects.filter(pk=note.event_id).update(confidential=True)
        Event.objects.filter(pk=note.event_id).delete()
        assert "Deleted and confidential" not in ask(case, at=then)
        assert "Deleted and confidential" in ask(case, at=then, user=make_user(Role.EDITOR))

    def test_what_was_confidential_then_changes_no_status_of_then_though_it_is_open_now(self, ask):
        case = make_case("Nadia")
        stay = make_detention(case, "2015-01-29", confidential=True)
        then = database_time()
        Event.objects.filter(pk=stay.event_id).update(confidential=False)
        assert "status-in_custody" not in ask(case, at=then)
        assert "status-in_custody" in ask(case, "")

    def test_a_case_restricted_since_is_like_a_missing_one_at_every_moment(self, ask, client, reader):
        case = make_case("Nadia")
        then = database_time()
        Case.objects.update(access="team")
        for parameters in ({"at": then}, {}, {"at": "rubbish"}, {"at": "1800-01-01"}):
            ask(case, status=404, **parameters)
        ask(case, "compare/", status=404, one=then)
        assert "Nadia" in ask(case, at=then, user=make_user(Role.EDITOR))

    def test_a_case_that_was_restricted_then_and_is_open_now_is_shown(self, ask):
        case = make_case("Nadia", access="named")
        then = database_time()
        Case.objects.update(access="everyone")
        assert "Nadia" in ask(case, at=then)

    def test_a_source_protected_since_is_a_protected_source_and_one_released_has_its_title(self, ask):
        case = make_case("Nadia")
        arrest = make_arrest(case)
        cite(arrest, make_source("Became protected"))
        cite(arrest, make_source("Became open", protected=True))
        cite(arrest, make_source("Deleted while protected", protected=True))
        then = database_time()
        Source.objects.filter(title="Became protected").update(protected=True)
        Source.objects.filter(title="Became open").update(protected=False)
        arrest.citations.all().delete()
        Source.objects.filter(title="Deleted while protected").delete()
        page = ask(case, at=then)
        assert "Became open" in page and "a protected source" in page
        assert "Became protected" not in page and "Deleted while protected" not in page
        assert "Deleted while protected" in ask(case, at=then, user=make_user(Role.EDITOR))

    def test_a_lawyer_or_source_that_only_hidden_cases_use_now_is_not_named(self, ask):
        case, hidden = make_case("Nadia"), make_case("Hidden", access="named")
        lawyer, source = make_lawyer("Hidden Now"), make_source("Hidden Source")
        link = make_representation(case, lawyer)
        cited = cite(make_arrest(case), source)
        then = database_time()
        assert "Hidden Now" in ask(case, at=then)
        link.delete()
        cited.delete()
        make_representation(hidden, lawyer)
        cite(make_arrest(hidden), source)
        page, compared = ask(case, at=then), ask(case, "compare/", one=then)
        assert "Hidden Now" not in page + compared and "Hidden Source" not in page + compared

    def test_a_proceeding_or_other_case_that_is_hidden_now_is_not_named(self, ask):
        person = make_detainee("Nadia")
        case, other = make_case(person), make_case(person)
        together = make_case("Hidden Together")
        proceeding = make_proceeding("Hidden Proceeding", [case, together])
        then = database_time()
        assert other.reference in ask(case, at=then) and "Hidden Together" in ask(case, at=then)
        proceeding.proceeding_cases.filter(case=case).delete()
        Case.objects.exclude(pk=case.pk).update(access="named")
        page, compared = ask(case, at=then), ask(case, "compare/", one=then)
        for secret in (other.reference, "Hidden Together", "Hidden Proceeding"):
            assert secret not in page + compared

    def test_a_case_of_a_person_who_is_hidden_now_answers_as_a_missing_one(self, ask):
        case = make_case("Somebody Else")
        then = database_time()
        hidden = case.detainee
        Case.objects.filter(pk=case.pk).update(detainee=make_detainee("Nadia"))
        make_case(hidden, access="named")
        ask(case, at=then, status=404)
        ask(case, "compare/", one=then, status=404)
        assert "Nadia" in ask(case, at=database_time())

    def test_a_deleted_case_is_missing(self, ask):
        case = make_case("Nadia")
        then = database_time()
        Case.objects.get().delete()
        ask(case, at=then, status=404)


class TestMoments:
    @pytest.mark.parametrize(
        "at",
        [
            "rubbish", "2017", "2017-09", "2017-09-11~", "03/04/2019", "0000-01-01", "9999-12-31", "2030-02-30",
            "2017-09-11T10:00:00", "2017-09-11T99:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
            "2999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "١٢٣٤T", "x" * 5000, "2017-W01T10", "'; DROP TABLE cases_case; --",
        ],
    )  # fmt: skip
    def test_what_is_no_past_moment_is_a_400_with_words(self, ask, at):
        case = make_case("Nadia")
        assert "at-error" in ask(case, at=at, status=400)
        assert "moment-error" in ask(case, "compare/", one=at, status=400)
        assert "moment-error" in ask(case, "compare/", one="2017-09-11", other=at, status=400)

    def test_today_and_later_lead_to_the_page_of_now(self, ask):
        case = make_case("Nadia")
        for at in (str(date.today() + timedelta(days=2)), f"{datetime.now(UTC):%Y-%m-%d}"):
            assert f'href="/cases/{case.reference}/">The case as it is now' in ask(case, at=at, status=400)

    def test_two_values_and_unknown_parameters_are_a_400(self, ask):
        case = make_case("Nadia")
        ask(case, at=["2017-09-11", "2017-09-12"], status=400)
        ask(case, "compare/", one=["2017-09-11", "2017-09-12"], status=400)
        ask(case, when="2017-09-11", status=400)
        ask(case, "compare/", two="2017-09-11", status=400)
        ask(case, at=database_time(), kind="rubbish", status=400)

    @pytest.mark.parametrize(
        "typed", ["2017-09-11", "11.09.2017", "11 September 2017", "11 вересня 2017", " 2017-09-11 "]
    )
    def test_a_day_in_any_words_is_its_end_in_the_zone_of_the_installation(self, typed, settings):
        settings.TIME_ZONE = "Europe/Kyiv"
        moment = moment_from(typed)
        assert moment.at == datetime(2017, 9, 11, 20, 59, 59, 999999, tzinfo=UTC)
        assert (moment.text, moment.day, str(moment)) == ("2017-09-11", date(2017, 9, 11), "11 September 2017")

    def test_a_day_on_which_clocks_change_ends_at_its_midnight(self, settings):
        settings.TIME_ZONE = "Europe/Kyiv"
        assert moment_from("2021-03-28").at == datetime(2021, 3, 28, 20, 59, 59, 999999, tzinfo=UTC)
        assert moment_from("2021-03-27").at == datetime(2021, 3, 27, 21, 59, 59, 999999, tzinfo=UTC)

    def test_an_exact_moment_keeps_its_microseconds(self):
        for text in (
            "2017-09-11T10:00:00.123456Z",
            "2017-09-11T12:00:00.123456+02:00",
            "2017-09-11T12:00:00.123456 02:00",
        ):
            moment = moment_from(text)
            assert moment.at == datetime(2017, 9, 11, 10, 0, 0, 123456, tzinfo=UTC)
            assert moment.text == "2017-09-11T10:00:00.123456Z"

    def test_what_is_wrong_is_said(self):
        with pytest.raises(MomentError, match="one complete day"):
            moment_from("2017")
        with pytest.raises(MomentError, match="time zone"):
            moment_from("2017-09-11T10:00:00")
        with pytest.raises(NotPast):
            moment_from("2999-01-01")

    def test_before_the_first_entry_the_page_says_so_and_names_it(self, ask):
        case = make_case("Nadia")
        first = Case.pgh_event_model.objects.get().pgh_created_at
        for at in ("1600-01-01", "1960-01-01", "2017-09-11"):
            page = words(ask(case, at=at))
            assert "Nothing of this case was recorded by" in page
            assert f"The first entry is of {first.day} {first:%B %Y}" in page
        assert "Nadia" in ask(
            case, at=re.search(r'\?at=([^"]+)">Show', ask(case, at="1960-01-01"))[1].replace("%3A", ":")
        )

    def test_while_it_was_deleted_the_page_says_so(self, ask):
        case = make_case("Nadia")
        kept = Case.objects.values().get()
        Case.objects.get().delete()
        then = database_time()
        Case.objects.create(**kept)
        assert "was deleted at that time" in ask(case, at=then)
        assert "Nadia" in ask(case, at=database_time())

    def test_without_a_moment_the_page_asks_for_one(self, ask):
        assert 'name="at"' in ask(make_case("Nadia"))
        assert 'name="one"' in ask(make_case("Nadia"), "compare/")


class TestCompare:
    def test_tells_what_was_added_changed_and_gone(self, ask):
        case = make_case("Nadia")
        kept, gone = make_note(case, "Words that stay"), make_charge(case, alleged_act="Words that go")
        stay = make_detention(case, "2015-01-29")
        one = database_time()
        gone.delete()
        make_release(case, "2016-02-03", authority="Words that came")
        Detention.objects.filter(pk=stay.pk).update(remark="Words that changed")
        text = words(ask(case, "compare/", one=one))
        assert "1 added" in text and "1 changed" in text and "1 gone" in text
        assert "Words that go" in text and "Words that came" in text and "Words that changed" in text
        page = ask(case, "compare/", one=one)
        assert re.search(r'<del class="was">Remand</del>.*<ins class="now">Released</ins>', page, re.DOTALL)
        assert kept.text in page.split("compared-same")[1]

    def test_two_past_moments_stand_in_their_order_whichever_is_named_first(self, ask):
        case = make_case("Nadia", title="First title")
        one = database_time()
        Case.objects.update(title="Second title")
        other = database_time()
        Case.objects.update(title="Third title")
        pages = [ask(case, "compare/", one=one, other=other), ask(case, "compare/", one=other, other=one)]
        for page in pages:
            assert '<del class="was">First title</del> <ins class="now">Second title</ins>' in page
            assert "Third title" not in page

    def test_of_what_is_confidential_or_protected_not_even_the_number_is_told(self, ask):
        case = make_case("Nadia")
        one = database_time()
        note = make_note(case, "Confidential words", confidential=True)
        cite(note, make_source("Protected report", protected=True))
        page = ask(case, "compare/", one=one)
        assert "Confidential words" not in page and "rotected" not in page and " added" not in page
        assert "Confidential words" in ask(case, "compare/", one=one, user=make_user(Role.EDITOR))

    def test_a_citation_of_a_protected_source_is_left_out_with_its_number(self, ask):
        case = make_case("Nadia")
        arrest = make_arrest(case)
        one = database_time()
        cite(arrest, make_source("Protected report", protected=True), quote="Quoted words")
        assert "Nothing that you may see differs" in ask(case, "compare/", one=one)
        assert "Quoted words" in ask(case, "compare/", one=one, user=make_user(Role.EDITOR))

    def test_before_the_case_was_recorded_everything_is_added(self, ask):
        case = make_case("Nadia")
        make_arrest(case)
        text = words(ask(case, "compare/", one="2017-09-11"))
        assert "4 added" in text and "gone" not in text  # case, person, name, arrest
        assert "Nothing of this case was recorded at either" in ask(
            case, "compare/", one="2017-09-11", other="2017-09-12"
        )

    def test_costs_the_same_queries_however_much_there_is(self, ask):
        case = make_case("Nadia")
        cite(make_arrest(case))
        make_representation(case)
        make_sentence(case, years=3, findings=[(make_charge(case), "convicted")])
        one = database_time()
        Arrest.objects.update(remark="changed")
        ask(case, "compare/", one=one)
        with CaptureQueriesContext(connection) as few:
            ask(case, "compare/", one=one)
        for number in range(8):
            cite(make_arrest(case, date=f"2016-{number + 1:02}"))
            make_representation(case, make_lawyer(f"Lawyer {number}"))
            make_sentence(case, years=3, findings=[(make_charge(case), "convicted")])
        with CaptureQueriesContext(connection) as many:
            ask(case, "compare/", one=one)
        assert len(many) == len(few)


class TestTheConnection:
    def test_is_as_before_after_it_also_after_an_exception(self):
        make_case("Nadia")
        before = settings_now()
        with as_known(database_time()):
            assert settings_now() != before
        assert settings_now() == before
        with pytest.raises(ZeroDivisionError), as_known(database_time()):
            1 / 0  # noqa: B018
        assert settings_now() == before
        with pytest.raises(Error), as_known(database_time()), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert settings_now() == before

    def test_is_as_before_inside_a_transaction_that_goes_on_and_writes(self):
        with transaction.atomic():
            case = make_case("Nadia")
            before = settings_now()
            with as_known(database_time()):
                assert Case.objects.get(pk=case.pk)
            assert settings_now() == before
            Case.objects.update(title="Written after it")
        assert Case.objects.get().title == "Written after it"

    def test_nothing_can_be_written_in_the_past(self):
        case = make_case("Nadia")
        for write in (
            lambda: Case.objects.update(title="x"),
            lambda: Case.objects.get().delete(),
            lambda: make_note(case),
            lambda: User.objects.update(first_name="x"),
        ):
            with pytest.raises(Error), as_known(database_time()):
                write()
        assert Case.objects.get().title == ""

    def test_one_moment_inside_another_gives_way_to_it_again(self):
        case = make_case("Nadia", title="First")
        first = database_time()
        Case.objects.update(title="Second")
        with as_known(database_time()):
            with as_known(first):
                assert Case.objects.get(pk=case.pk).title == "First"
            assert Case.objects.get(pk=case.pk).title == "Second"

    def test_two_threads_read_two_moments_at_once(self):
        make_case("Nadia", title="First")
        moments = {"First": database_time()}
        Case.objects.update(title="Second")
        moments["Second"] = database_time()
        Case.objects.update(title="Third")
        both, seen = threading.Barrier(3), []

        def read(title, at):
            try:
                for _round in range(20):
                    with as_known(at):
                        both.wait(10)
                        seen.append(Case.objects.get().title == title)
            finally:
                connection.close()

        threads = [threading.Thread(target=read, args=item) for item in moments.items()]
        for thread in threads:
            thread.start()
        for _round in range(20):
            both.wait(10)
            seen.append(Case.objects.get().title == "Third")
        for thread in threads:
            thread.join()
        assert seen == [True] * 60

    def test_a_pooled_connection_goes_back_as_it_came(self):
        make_case("Nadia", title="First")
        then = database_time()
        Case.objects.update(title="Second")
        usual, pooled = connections[DEFAULT_DB_ALIAS], connection.copy(DEFAULT_DB_ALIAS)
        pooled.settings_dict["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1}
        connections[DEFAULT_DB_ALIAS] = pooled
        try:
            for fails in (False, True):
                try:
                    with as_known(then):
                        assert Case.objects.get().title == "First"
                        assert not fails
                except AssertionError:
                    pass
                pooled.close()  # back into the pool, which has this one connection
                assert Case.objects.get().title == "Second"
                assert settings_now()[1:] == ("", "off")
        finally:
            pooled.close()
            pooled.close_pool()
            connections[DEFAULT_DB_ALIAS] = usual


class TestTheSchema:
    def test_has_a_view_of_the_columns_of_each_tracked_model_and_none_of_rights(self):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT table_name, array_agg(column_name::text || ' ' || data_type ORDER BY ordinal_position)
                   FROM information_schema.columns WHERE table_schema = %s GROUP BY 1""",
                [SCHEMA],
            )
            there = dict(cursor.fetchall())
            cursor.execute(
                """SELECT table_name, array_agg(column_name::text || ' ' || data_type ORDER BY column_name)
                   FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1"""
            )
            tables = dict(cursor.fetchall())
        models = [*past_models(), Period]
        assert there.keys() == {model._meta.db_table for model in models}
        for model in models:
            columns = there[model._meta.db_table]
            assert [column.split()[0] for column in columns] == [field.column for field in model._meta.concrete_fields]
            if model is not Period:
                assert sorted(columns) == tables[model._meta.db_table]
        for model in (User, UserGroup, TeamMember, SourceKeeper):
            assert model not in past_models() and hasattr(model, "pgh_event_model")

    def test_setup_makes_it_once_and_again_when_it_is_gone_or_other(self):
        assert not make_views()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        call_command("setup", verbosity=0)
        assert not make_views()
        with connection.cursor() as cursor:
            cursor.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'of an older version'")
        assert make_views()

    def test_without_it_the_page_says_so_and_never_shows_what_is_now(self, ask):
        case = make_case("Nadia", title="Title of then")
        then = database_time()
        Case.objects.update(title="Title of now")
        with connection.cursor() as cursor:
            for statement in (f"COMMENT ON SCHEMA {SCHEMA} IS 'of other models'", f"DROP SCHEMA {SCHEMA} CASCADE"):
                cursor.execute(statement)
                for page in (ask(case, at=then, status=503), ask(case, "compare/", one=then, status=503)):
                    assert "manage.py setup" in page and "Title" not in page
        make_views()
        assert "Title of then" in ask(case, at=then)

    def test_status_of_then_is_what_the_table_of_periods_held_then(self):
        case = make_case("Nadia")
        make_arrest(case, "2015-01")
        make_detention(case, "2015-01-29", place=make_place())
        make_sentence(case, years=8, findings=[(make_charge(case), "convicted")])
        kept, then = list(Period.objects.values()), database_time()
        make_release(case)
        Charge.objects.all().delete()
        Place.objects.update(name="Renamed")
        assert len(kept) > 1 and kept != list(Period.objects.values())
        with as_known(then):
            past = list(Period.objects.values())
        assert [row | {"id": None} for row in past] == [row | {"id": None} for row in kept]

    def test_a_lawyer_of_then_has_the_names_of_then(self):
        lawyer = make_lawyer("Old Name")
        then = database_time()
        Name.objects.filter(lawyer=lawyer).update(text="New Name")
        with as_known(then):
            assert str(Lawyer.objects.get()) == "Old Name"
        assert str(Lawyer.objects.get()) == "New Name"
