"""Partial dates: cases.dates."""

import unicodedata
from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cases.dates import (
    LONGEST_TEXT,
    UNKNOWN,
    AmbiguousDate,
    DateError,
    PartialDate,
    in_words,
    understand,
    understood,
    words_for_bounds,
)

TODAY = date(2026, 11, 22)


def read(typed, **options):
    return understand(typed, today=TODAY, **options)


@st.composite
def parts(draw):
    """A year, month or day of the profile, as EDTF text."""
    day = draw(st.dates(date(1000, 1, 1), date(2999, 12, 31))).isoformat()
    return day[: draw(st.sampled_from([4, 7, 10]))]


@st.composite
def partial_dates(draw):
    """Any date of the profile, unknown included."""
    kind = draw(st.sampled_from(["unknown", "single", "range", "after", "before", "choices"]))
    first, last = draw(parts()), draw(parts())
    if kind == "range":
        assume(PartialDate.parse_edtf(first).earliest <= PartialDate.parse_edtf(last).latest)
    text = {
        "unknown": "",
        "single": first + draw(st.sampled_from(["", "~", "?", "%"])),
        "range": f"{first}/{last}",
        "after": f"{first}/..",
        "before": f"../{first}",
        "choices": f"[{first},{last}]",
    }[kind]
    return PartialDate.parse_edtf(text)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "likely"),
    [
        ("", None, None, None),
        ("2014", date(2014, 1, 1), date(2014, 12, 31), date(2014, 7, 2)),
        ("2014-02", date(2014, 2, 1), date(2014, 2, 28), date(2014, 2, 14)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29), date(2016, 2, 15)),
        ("2014-02-26", date(2014, 2, 26), date(2014, 2, 26), date(2014, 2, 26)),
        ("2016-03~", date(2016, 3, 1), date(2016, 3, 31), date(2016, 3, 16)),
        ("2015-01-29?", date(2015, 1, 29), date(2015, 1, 29), date(2015, 1, 29)),
        ("2017-06/2017-07", date(2017, 6, 1), date(2017, 7, 31), date(2017, 7, 1)),
        ("[2017,2018]", date(2017, 1, 1), date(2018, 12, 31), date(2017, 12, 31)),
        ("[2017,2017-05]", date(2017, 1, 1), date(2017, 12, 31), date(2017, 7, 2)),
        ("2015/..", date(2015, 1, 1), None, date(2015, 1, 1)),
        ("../2017", None, date(2017, 12, 31), date(2017, 12, 31)),
    ],
)
def test_edtf_has_these_bounds_and_this_likely_day(text, earliest, latest, likely):
    found = PartialDate.parse_edtf(text)
    assert (found.earliest, found.latest, found.likely()) == (earliest, latest, likely)


@pytest.mark.parametrize(
    "text",
    ["0999", "3000", "2014-13", "2014-00", "2014-02-30", "2014-2", "14", "2014~/2015", "../..", "[2014", "2014/2013",
     "2014-02-26T10:00", "٢٠١٤", "2014\n", " 2014", "201X", "[2014..2016]", "[2011,2012,2013,2014,2015,2016]"],
)  # fmt: skip
def test_text_outside_the_profile_is_refused(text):
    with pytest.raises(DateError):
        PartialDate.parse_edtf(text)


@given(partial_dates())
def test_text_reads_back_as_the_same_date_and_fits_its_column(partial):
    assert PartialDate.parse_edtf(partial.text) == partial
    assert len(partial.text) <= LONGEST_TEXT


@given(partial_dates())
def test_likely_day_lies_within_the_bounds_and_these_within_the_widened_ones(partial):
    likely, (earliest, latest) = partial.likely(), partial.widened()
    assert (likely is None) == (not partial)
    if likely:
        assert (partial.earliest or date.min) <= likely <= (partial.latest or date.max)
        assert (earliest or date.min) <= (partial.earliest or date.min)
        assert (latest or date.max) >= (partial.latest or date.max)


@given(partial_dates(), st.dates(), st.dates())
def test_what_is_certainly_within_a_time_possibly_is_too(partial, first, last):
    assume(first <= last)
    if partial.within(first, last):
        assert partial.overlaps(first, last)


@given(partial_dates(), st.dates(date(1000, 1, 1), date(2999, 12, 31)), st.integers(0, 4000))
def test_capping_again_on_a_later_day_changes_nothing(partial, today, days):
    try:
        capped = partial.capped(today)
    except DateError:
        assert partial.earliest > today
        return
    assert capped.text == partial.text
    assert capped.capped(today + timedelta(days=days)) == capped
    if partial:
        assert (capped.earliest or capped.latest) <= capped.latest <= today


@given(st.lists(partial_dates()))
def test_order_is_earliest_then_latest_and_open_or_unknown_beginnings_come_last(partials):
    ordered = sorted(partials, key=lambda partial: partial.sort_key)
    begins = [partial.earliest for partial in ordered]
    known = [begin for begin in begins if begin]
    assert begins == sorted(known) + [None] * (len(begins) - len(known))


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2016~", date(2015, 1, 1), date(2017, 12, 31)),
        ("2016-03?", date(2016, 2, 1), date(2016, 4, 30)),
        ("2015-01-29%", date(2015, 1, 22), date(2015, 2, 5)),
        ("2015", date(2015, 1, 1), date(2015, 12, 31)),
    ],
)
def test_a_date_with_a_mark_is_widened_as_precise_as_it_is(text, earliest, latest):
    assert PartialDate.parse_edtf(text).widened() == (earliest, latest)


def test_in_2014_finds_february_2014_and_unknown_is_found_nowhere():
    year = (date(2014, 1, 1), date(2014, 12, 31))
    assert PartialDate.parse_edtf("2014-02").within(*year)
    assert PartialDate.parse_edtf("2013/2014").overlaps(*year)
    assert not PartialDate.parse_edtf("2013/2014").within(*year)
    assert PartialDate.parse_edtf("2013/..").overlaps(*year)
    assert not PartialDate.parse_edtf("../2013").overlaps(*year)
    assert not UNKNOWN.overlaps(*year)
    assert not UNKNOWN.within(None, None)


UNDERSTOOD = {
    "2014-02-26": "26.02.2014; 2014-02-26; 26/02/2014; 02/26/2014; 26-02-2014; 2014.02.26; 26 February 2014; "
    "February 26, 2014; 26th of February, 2014; 26-Feb-2014; 26 лютого 2014 р.; 26 февраля 2014 года; 26.02.2014 г.; "
    "26\u00a0лютого\u00a02014\u00a0року; ٢٦.٠٢.٢٠١٤; ２６.０２.２０１４; FEBRUARY 26 2014; 26 ЛЮТОГО 2014; \u200b26.02.2014\u200e",
    "2014-02": "2014-02; 02.2014; 2/2014; 2014/2; Feb 2014; Feb. 2014; February, 2014; лютий 2014; лютого 2014; "
    "февраль 2014; в феврале 2014 г.; у лютому 2014 року; фев 2014; февр. 2014; лют. 2014; 2014 February; Feb-2014",
    "2014": "2014; 2014 р.; 2014г.; в 2014 году; у 2014 році; ２０１４; in 2014",
    "2016~": "c. 2016; c.2016; c2016; ca. 2016; circa 2016; about 2016; approx. 2016; ~2016; 2016~; бл. 2016; "
    "близько 2016 року; около 2016; прибл. 2016; приблизно 2016; примерно 2016",
    "2016-03~": "circa March 2016; близько березня 2016; около марта 2016; 2016-03~",
    "2015?": "probably 2015; 2015?; 2015 (?); ймовірно 2015; вероятно 2015 г.",
    "2015-01-29?": "29 January 2015?; 2015-01-29?; 29.01.2015 ?",
    "2015%": "probably about 2015; c. 2015?; 2015%",
    "2017-06/2017-07": "June-July 2017; June 2017 - July 2017; June–July 2017; 06.2017-07.2017; 2017-06/2017-07; "
    "between June and July 2017; from June to July 2017; червень-липень 2017; з червня по липень 2017; "
    "між червнем і липнем 2017; июнь — июль 2017 г.; с июня по июль 2017; между июнем и июлем 2017",
    "2014-02-26/2014-03-01": "2014-02-26 - 2014-03-01; 26.02.2014–01.03.2014; 26 February - 1 March 2014; "
    "between 26 February 2014 and 1 March 2014; 2014-02-26/2014-03-01",
    "2014-02-26/2014-02-27": "26-27 February 2014; 26–27 лютого 2014",
    "2016/2017": "2016-2017; 2016 – 2017; 2016/2017; between 2016 and 2017",
    "[2017,2018]": "2017 or 2018; 2018 or 2017; 2017 або 2018; 2017 чи 2018; 2017 или 2018 г.; [2017,2018]; [2018, 2017]",
    "[2016,2017,2018]": "2016, 2017 or 2018; 2016 or 2017 or 2018; 2016, 2017, or 2018",
    "[2014-02-26,2014-02-27]": "26 or 27 February 2014; February 26, 2014 or February 27, 2014; 26 або 27 лютого 2014",
    "2016/..": "after 2015; після 2015; после 2015 года; since 2016; from 2016; in or after 2016; з 2016; с 2016 г.; "
    "2016/..",
    "2014-03/..": "after Feb 2014; since March 2014",
    "2014-03-01/..": "after 28.02.2014; on or after 1 March 2014",
    "../2014": "before 2015; раньше 2015; until 2014; by 2014; in or before 2014; до 2014; не пізніше 2014; ../2014",
    "2017-09/2017-12": "end of 2017; late 2017; кінець 2017; конец 2017; наприкінці 2017 року; в конце 2017 года",
    "2017-01/2017-04": "early 2017; beginning of 2017; початок 2017; начало 2017; на початку 2017",
    "2017-05/2017-08": "mid 2017; mid-2017; middle of 2017; середина 2017",
    "2016-02-21/2016-02-29": "end of February 2016; late February 2016; кінець лютого 2016",
    "2015-06/2015-08": "summer 2015; summer of 2015; літо 2015; летом 2015 года",
    "": " ; \u200b",
}


@pytest.mark.parametrize(
    ("typed", "text"), [(typed, text) for text, all in UNDERSTOOD.items() for typed in all.split(";")]
)
def test_people_may_write_it_so(typed, text):
    assert read(typed).text == text
    assert read(unicodedata.normalize("NFD", typed)).text == text


@pytest.mark.parametrize("typed", ["29.02.2015", "29 Feb 2015", "2015-02-29", "29/02/2015", "29 лютого 2015"])
def test_the_29th_of_february_2015_does_not_exist(typed):
    with pytest.raises(DateError) as refused:
        read(typed)
    assert str(refused.value) == "29 February 2015 does not exist"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("31 April 2016", "31 April 2016 does not exist"),
        ("04/31/2016", "31 April 2016 does not exist"),
        ("2014-15", "There is no month 15"),
        ("26.02.14", "Write the year with four digits, as in 2014"),
        ("Feb 14", "Write the year with four digits, as in 2014"),
        ("26 February", "Write the year with four digits, as in 2014"),
        ("0999", "The year 999 is not between 1000 and 2999"),
        ("3000", "The year 3000 is not between 1000 and 2999"),
        ("2017-07/2017-06", "June 2017 is before July 2017"),
        ("July-June 2017", "June 2017 is before July 2017"),
        ("about 2016-2017", "“About” and “uncertain” go with a single date; leave them out"),
        ("winter 2015", "“winter 2015” can't be read as a date"),
        ("12345", "“12345” can't be read as a date"),
        ("x\0\x1b", "“x��” can't be read as a date"),
        ("2014" * 2000, "This is too long for a date"),
        ("23.11.2026", "23 November 2026 lies in the future; today is 22 November 2026"),
        ("December 2026", "December 2026 lies in the future; today is 22 November 2026"),
        ("after 2026", "in or after 2027 lies in the future; today is 22 November 2026"),
        ("2027 or 2028", "2027 or 2028 lies in the future; today is 22 November 2026"),
    ],
)
def test_what_is_wrong_is_said(typed, message):
    with pytest.raises(DateError) as refused:
        read(typed)
    assert str(refused.value) == message
    assert not isinstance(refused.value, AmbiguousDate)


def test_slashes_that_can_be_read_in_two_ways_ask():
    with pytest.raises(AmbiguousDate) as asked:
        read("03/04/2019")
    assert [reading.text for reading in asked.value.readings] == ["2019-04-03", "2019-03-04"]
    assert str(asked.value) == "This can be read as 3 April 2019 or as 4 March 2019"
    assert read("04/04/2019").text == "2019-04-04"
    assert read("03.04.2019").text == "2019-04-03"


def test_what_stands_around_an_ambiguous_date_is_kept_in_both_readings():
    with pytest.raises(AmbiguousDate) as asked:
        read("after 03/04/2019")
    assert [reading.text for reading in asked.value.readings] == ["2019-04-04/..", "2019-03-05/.."]


def test_an_actual_event_is_capped_today_and_a_planned_thing_is_not():
    assert read("2026") == PartialDate("2026", date(2026, 1, 1), TODAY)
    assert read("since 2015") == PartialDate("2015/..", date(2015, 1, 1), TODAY)
    assert read("2026 or 2027").latest == TODAY
    assert read("22.11.2026").latest == TODAY
    assert read("2031", actual=False) == PartialDate("2031", date(2031, 1, 1), date(2031, 12, 31))
    assert read("since 2015", actual=False).latest is None


@given(st.text(max_size=400))
@example("-" * 120)
@example("or " * 40)
@example("~" * 119)
@example("between and and and to - / or ,")
@example("1" * 120)
@example("٢" * 120)
@example("²⁰¹⁴")
@example("Ⅳ 2014")
@example("26 ﷺ 2014")
def test_rubbish_is_refused_or_understood_but_never_fails(typed):
    try:
        found = read(typed)
    except DateError as error:
        assert str(error).isprintable()
    else:
        assert found == UNKNOWN or PartialDate.parse_edtf(found.text).capped(TODAY) == found


PIECES = (
    "about c. ? ~ % 2014 14 26 02 . / - , or to between and february лютого мая mid end of after до ( ) .. [ ] \u00a0"
)


@given(st.lists(st.sampled_from(PIECES.split(" ")), max_size=12).map(" ".join))
def test_words_of_dates_in_any_order_are_refused_or_understood_but_never_fail(typed):
    try:
        assert read(typed).text == read(read(typed).text).text
    except DateError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "words", "said_back"),
    [
        ("", "", "unknown"),
        ("2014-02-26", "26 February 2014", "26 February 2014"),
        ("2014-02", "February 2014", "February 2014, day unknown"),
        ("2014", "2014", "2014, month and day unknown"),
        ("2016-03~", "about March 2016", "about March 2016"),
        ("2015-01-29?", "29 January 2015 (uncertain)", "29 January 2015 (uncertain)"),
        ("2015%", "about 2015 (uncertain)", "about 2015 (uncertain)"),
        ("2017-06/2017-07", "June–July 2017", "one day between 1 June 2017 and 31 July 2017"),
        ("2017-06/2018", "between June 2017 and 2018", "one day between 1 June 2017 and 31 December 2018"),
        ("2014-02-26/2014-02-27", "26–27 February 2014", "one day between 26 February 2014 and 27 February 2014"),
        ("2016/2017", "2016–2017", "one day between 1 January 2016 and 31 December 2017"),
        ("[2017,2018]", "2017 or 2018", "2017 or 2018"),
        ("[2016,2017,2018]", "2016, 2017 or 2018", "2016, 2017 or 2018"),
        ("2015/..", "in or after 2015", "in or after 2015"),
        ("../2017", "in or before 2017", "in or before 2017"),
        ("2015-02-03/..", "on or after 3 February 2015", "on or after 3 February 2015"),
    ],
)
def test_dates_are_shown_in_words(text, words, said_back):
    partial = PartialDate.parse_edtf(text)
    assert (in_words(partial), str(partial), understood(partial)) == (words, words, said_back)


def test_month_names_follow_the_reader():
    with translation.override("uk"):
        assert in_words(PartialDate.parse_edtf("2014-02")) == "лютий 2014"
        assert in_words(PartialDate.parse_edtf("2014-02-26")) == "26 лютого 2014"
    with translation.override("ru"):
        assert in_words(PartialDate.parse_edtf("2014-02")) == "февраль 2014"


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
@given(partial=partial_dates())
def test_words_read_back_as_the_same_date(language, partial):
    with translation.override(language):
        assert read(in_words(partial), actual=False) == partial


@pytest.mark.parametrize(
    ("earliest", "latest", "words"),
    [
        (None, None, "unknown"),
        (date(2014, 1, 1), date(2014, 12, 31), "2014"),
        (date(2014, 2, 1), date(2014, 2, 28), "February 2014"),
        (date(2014, 2, 26), date(2014, 2, 26), "26 February 2014"),
        (date(2014, 2, 3), date(2014, 2, 7), "3–7 February 2014"),
        (date(2014, 2, 3), date(2015, 2, 7), "between 3 February 2014 and 7 February 2015"),
        (date(2014, 2, 3), None, "on or after 3 February 2014"),
        (None, date(2014, 2, 3), "on or before 3 February 2014"),
    ],
)
def test_bounds_are_shown_as_short_as_they_allow(earliest, latest, words):
    assert words_for_bounds(earliest, latest) == words


def test_only_a_named_day_is_complete():
    complete = ["2014-02-26", "2014-02-26~"]
    partial = ["", "2014", "2014-02", "2014-02/..", "../2014-02", "[2014-02-26,2014-02-27]", "2014-02-26/2014-02-26"]
    assert all(PartialDate.parse_edtf(text).is_complete for text in complete)
    assert not any(PartialDate.parse_edtf(text).is_complete for text in partial)
