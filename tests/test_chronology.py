"""The order of dates: what is refused, what is only asked, and what is nobody's business."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.chronology import certainly_before, possibly_before, problems
from cases.dates import PartialDate
from cases.models import Arrest, Charge, Detainee, Detention, Release, Representation, Restriction, Sentence


def arrest(date):
    return Arrest(date=date)


def stay(began, ended="", ending=None):
    return Detention(kind="remand", began=began, ended=ended, ending=ending or ("release" if ended else "ongoing"))


def charge(date, ended=""):
    return Charge(charged_on=date, ended_on=ended)


def release(date, **fields):
    return Release(date=date, **fields)


def sentence(date):
    return Sentence(date=date, verdict="convicted")


def levels(*records, person=None):
    return [problem.level for problem in problems(records, person)]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([arrest("2015-01-29"), release("2017-10-25")], []),
        ([arrest("2018-01-29"), release("2017-10-25")], ["error"]),
        ([stay("2018-01-29"), release("2017-10-25")], ["error"]),
        ([charge("2018-01-29"), release("2017-10-25")], ["error"]),
        ([arrest("2015-01-29"), stay("2018-01-29"), release("2017-10-25")], []),  # only one of them is later
        ([arrest("2015-01-29"), release("2016-03-01", kind="bail"), arrest("2017-01-01")], []),  # bail, then re-arrest
        ([release("2017-10-25")], []),  # nothing to compare with
        ([arrest(""), release("2017-10-25")], []),
        ([arrest(""), arrest("2018-01-29"), release("2017-10-25")], ["warning"]),  # the unknown one may be earlier
        ([arrest("2015-03-10"), release("2015-03")], ["warning"]),  # only possible
        ([arrest("2015-03"), release("2015-03")], []),  # the same words say nothing about the order
        ([arrest("2015-03-10"), release("2015-03-08~")], ["warning"]),  # a doubt of seven days
        ([arrest("2015-03-10"), release("2015-03-10")], []),
        ([charge("2016-05-12"), sentence("2017-09-27")], []),
        ([charge("2018-05-12"), sentence("2017-09-27")], ["error"]),
        ([charge("2018-05-12"), charge("2016-05-12"), sentence("2017-09-27")], []),
        ([charge("2017"), sentence("2017-09-27")], ["warning"]),
        ([arrest("2018-05-12"), sentence("2017-09-27")], []),  # tried in absence
        ([stay("2016-09-07", "2016-08-18")], ["error"]),
        ([stay("2016-08-18", "2016-09-07")], []),
        ([stay("2016-08-18", "2016-08")], ["warning"]),
        ([Restriction(kind="bail", began="2017-01-01", ended="2016-01-01", ending="ended")], ["error"]),
        ([charge("2017-01-01", "2016-01-01")], ["error"]),
        ([Representation(began="2017-01-01", ended="2016-01-01")], ["error"]),
        ([stay("2015-01-29", "2017-10-24"), release("2017-10-25")], ["warning"]),  # the two disagree
        ([stay("2015-01-29", "2017-10-25"), release("2017-10-25")], []),
        (
            [stay("2015-01-29", "2015-05-01"), stay("2016-01-01"), release("2017-10-25")],
            [],
        ),  # the release of the second stay
        ([stay("2015-01-29", "2015-05-01", "transfer"), release("2017-10-25")], []),
    ],
)
def test_order_of_a_case(records, expected):
    assert levels(*records) == expected


def test_death_before_birth_is_refused():
    assert levels(person=Detainee(born="1967", deceased="yes", died="1960")) == ["error"]
    assert levels(person=Detainee(born="1967", deceased="yes", died="1967-05-03")) == ["warning"]
    assert levels(person=Detainee(born="1967", deceased="yes", died="2017")) == []


def test_message_names_both_dates_in_words():
    [problem] = problems([arrest("2018-01-29"), release("2017-10-25")])
    assert "25 October 2017" in problem.message
    assert "29 January 2018" in problem.message


def test_only_problems_of_the_record_that_is_saved_are_told():
    wrong = stay("2016-09-07", "2016-08-18")
    new = arrest("2017-01-01")
    assert problems([wrong], saving=new) == []
    assert [problem.field for problem in problems([new], saving=stay("2016-09-07", "2016-08-18"))] == ["ended"]


def test_saving_an_arrest_after_the_only_release_is_refused_at_its_date():
    new = arrest("2018-01-29")
    assert [(problem.level, problem.field) for problem in problems([release("2017-10-25")], saving=new)] == [
        ("error", "date")
    ]


def test_the_stored_version_of_the_saved_record_does_not_count():
    old, new = release("2012"), release("2017")
    old.pk = new.pk = 7
    assert problems([arrest("2015"), old], saving=new) == []


@pytest.mark.parametrize("standing", ["alternative", "rejected"])
def test_an_account_set_aside_is_never_refused(standing):
    new = release("2012")
    new.standing = standing
    assert problems([arrest("2015")], saving=new) == []


TEXTS = st.sampled_from(
    ["", "2014", "2015", "2015-03", "2015-03-10", "2015-03~", "2016?", "2015/2016", "[2014,2016]", "2015/..", "../2015"]
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_certain_means_that_no_pair_of_days_is_in_order(a, b):
    a, b = PartialDate.parse_edtf(a), PartialDate.parse_edtf(b)
    if certainly_before(a, b):
        assert possibly_before(a, b)
        assert not certainly_before(b, a)
        assert not possibly_before(b, a)
        assert a.latest < b.earliest


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_an_error_is_found_exactly_where_every_beginning_is_certainly_later(dates, freed):
    found = levels(*map(arrest, dates), release(freed))
    freed = PartialDate.parse_edtf(freed)
    certain = bool(dates) and all(certainly_before(freed, PartialDate.parse_edtf(date)) for date in dates)
    assert ("error" in found) == certain
