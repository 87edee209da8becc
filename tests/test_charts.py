"""Charts: round steps, words on the axes, where lines and bars stand, and the file that says by itself what it shows."""

import itertools
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from cases.charts import (
    Page,
    Sheet,
    chart_file,
    columns_axis,
    curve_chart,
    cut,
    days_of,
    drawn,
    in_brief,
    in_figures,
    lines_of,
    number_in_words,
    round_steps,
    table_chart,
)
from cases.statistics.parts import Bounded, Curve, Line, Table

DAY = date(2017, 1, 1)
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def exactly(number):
    return Bounded(number, number, number)


def curve_of(*points):
    return Curve("held", "People held", "people", "People held at the end of each day.", list(points))


def table_of(*lines, **fields):
    return Table("article", "Article", "people", "People by article.", [Line(*line) for line in lines], **fields)


def sheet_of(chart, **fields):
    words = {"day": DAY, "question": "Asked: all cases.", "source": "Case tracker."} | fields
    drawing = render_to_string("cases/charts/sheet.svg", {"file": chart_file(chart, **words)})
    return drawing, ElementTree.fromstring(drawing.encode())


# ---------------------------------------------------------------------------------------------------- axes


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (5, [0, 1, 2, 3, 4, 5]),
        (6, [0, 2, 4, 6]),
        (41, [0, 10, 20, 30, 40, 50]),
        (44_000, [0, 10_000, 20_000, 30_000, 40_000, 50_000]),
        (1_000_000, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]),
    ],
)
def test_steps_are_round_and_reach_the_highest_number(highest, steps):
    assert round_steps(highest) == steps


def test_large_numbers_are_set_apart_as_the_language_does():
    assert in_figures(1234567) == "1,234,567"
    with override("uk"):
        assert in_figures(1234567) == "1\xa0234\xa0567"


def test_bounds_are_told_where_there_are_any():
    assert number_in_words(Bounded(41, 39, 44)) == "41, at least 39, at most 44"
    assert number_in_words(exactly(0)) == "0"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2014, 2, 3), date(2018, 5, 1), ["2015", "2016", "2017", "2018"]),
        (date(2016, 10, 5), date(2017, 4, 2), ["Nov 2016", "Dec", "Jan 2017", "Feb", "Mar", "Apr"]),
        (date(2015, 1, 1), date(2016, 12, 31), ["Jan 2015", "Apr", "Jul", "Oct", "Jan 2016", "Apr", "Jul", "Oct"]),
        (date(2016, 12, 29), date(2017, 1, 3), ["29 Dec", "30 Dec", "31 Dec", "1 Jan", "2 Jan", "3 Jan"]),
        (date(1, 1, 1), date(9999, 12, 31), ["1000", "2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000"]),
    ],
)
def test_time_is_marked_by_years_months_or_days_as_there_is_room(first, last, words):
    said = [tick.words for tick in days_of([first, last]).ticks()]
    assert [word for word in said if word != "1"] == words
    assert len(said) <= 11


def test_months_are_named_in_the_language_of_the_reader():
    with override("uk"):
        assert "січ" in days_of([date(2016, 10, 5), date(2017, 4, 2)]).ticks()[2].words.lower()


def test_no_stretch_of_time_breaks_the_axis():
    for length in [*range(130), 200, 365, 366, 900, 1000, 1100, 4000, 40000]:
        for first in (date(2016, 2, 28), date(2015, 12, 31), date(1, 1, 1)):
            ticks = days_of([first, first + timedelta(length)]).ticks()
            assert 1 <= len(ticks) <= 11, (first, length)
            assert all(0 <= tick.at <= 1 for tick in ticks)
            assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)


def test_one_day_stands_in_the_middle_even_the_last_of_all_days():
    for day in (DAY, date.max, date.min):
        days = days_of([day])
        assert days.first <= day <= days.last and days.first < days.last
    assert days_of([DAY]).share(DAY) == 0.5


def test_a_narrow_screen_shows_fewer_words_that_never_touch():
    ticks = days_of([date(2010, 1, 1), date(2019, 12, 31)]).ticks()
    shown = [tick.at for tick in ticks if not tick.minor]
    assert len(ticks) == 10 and 3 <= len(shown) <= 5
    assert all(b - a >= 0.2 for a, b in itertools.pairwise(shown))


def test_columns_of_months_are_marked_where_years_begin():
    labels = [f"{month} {year}" for year in (2014, 2015, 2016) for month in MONTHS][10:]
    assert [tick.words for tick in columns_axis(labels)] == ["2015", "2016"]  # two months of 2014 have no room for it
    assert [tick.words for tick in columns_axis(["2015", "2016"])] == ["2015", "2016"]
    assert len(columns_axis([str(year) for year in range(1917, 2017)], 6)) <= 6


# ---------------------------------------------------------------------------------------------------- curve


def test_the_line_lies_inside_its_band_and_both_go_from_edge_to_edge():
    chart = curve_chart(curve_of((date(2016, 1, 1), Bounded(2, 1, 4)), (date(2017, 1, 1), Bounded(8, 7, 10))))
    on_page = drawn(chart, Page(height=200, top=10))
    assert on_page.line == "0.0,160.0 1000.0,40.0"
    assert on_page.band == "0.0,120.0 1000.0,0.0 1000.0,60.0 0.0,180.0"
    assert [words for _y, words in on_page.steps] == ["0", "2", "4", "6", "8", "10"]
    in_file = drawn(chart, Sheet(left=50, top=100, width=800, height=200))
    assert in_file.line == "50.0,260.0 850.0,140.0"


def test_points_may_come_in_any_order():
    points = [(date(2016, 1, number), exactly(number)) for number in (1, 2, 3)]
    assert curve_chart(curve_of(*reversed(points))) == curve_chart(curve_of(*points))


def test_each_point_says_its_number_and_the_asked_day_is_marked():
    points = [(date(2016, month, 1), Bounded(41, 39, 44)) for month in range(1, 13)]
    drawing = drawn(curve_chart(curve_of(*points), points[5]), Page(200))
    assert len(drawing.strips) == 12
    assert drawing.strips[5].words == "1 Jun 2016: 41, at least 39, at most 44"
    assert drawing.mark.words == "1 Jun 2016: 41 (39–44)"
    assert drawing.mark.anchor == "middle"
    assert sum(float(strip.width.rstrip("%")) for strip in drawing.strips) == pytest.approx(100, abs=0.1)


def test_no_point_one_point_and_nothing_but_zeros_are_charts_too():
    assert curve_chart(curve_of()).is_empty
    one = drawn(curve_chart(curve_of((DAY, exactly(3)))), Page(200))
    assert (one.line, one.only) == ("", [("50.00%", "24.0")])
    zeros = drawn(curve_chart(curve_of((DAY, exactly(0)), (DAY + timedelta(9), exactly(0)))), Page(200))
    assert zeros.line == "0.0,200.0 1000.0,200.0"
    assert [words for _y, words in zeros.steps] == ["0", "1"]


def test_what_a_curve_shows_is_said_in_a_sentence():
    chart = curve_chart(
        curve_of((date(2016, 1, 1), exactly(2)), (date(2016, 6, 1), exactly(9)), (DAY, Bounded(5, 4, 6)))
    )
    assert chart.summary == (
        "From 2 on 1 Jan 2016 to 5, at least 4, at most 6 on 1 Jan 2017; the highest is 9 on 1 Jun 2016."
    )


# ---------------------------------------------------------------------------------------------------- tables


def test_bars_are_as_long_as_their_share_and_whiskers_reach_to_the_bounds():
    chart = table_chart(table_of(("282", Bounded(5, 4, 10)), ("212", exactly(0))))
    first, second = chart.bars
    assert (first.length, first.low, first.high) == (0.5, 0.4, 1)
    assert (second.length, second.low, second.high) == (0, 0, 0)
    assert table_chart(table_of(("282", exactly(0)))).bars[0].length == 0
    assert table_chart(table_of()).is_empty


def test_equal_numbers_have_equal_bars():
    bars = table_chart(table_of(*((str(number), exactly(7)) for number in range(5)))).bars
    assert {bar.length for bar in bars} == {1}


def test_columns_stand_on_the_zero_line_in_their_order():
    chart = table_chart(table_of(("2015", exactly(10)), ("2016", Bounded(5, 3, 8)), ("2017", exactly(0))), "columns")
    columns = drawn(chart, Page(height=100, top=0)).columns
    assert [(column.y, column.height) for column in columns] == [("0.0", "100.0"), ("50.0", "50.0"), ("100.0", "0.0")]
    assert (columns[1].low, columns[1].high) == ("70.0", "20.0")
    assert [(column.bar.falls, column.bar.rises) for column in columns] == [
        (False, False),
        (True, True),
        (False, False),
    ]
    assert [float(column.middle.rstrip("%")) for column in columns] == pytest.approx([16.67, 50, 83.33])


def test_what_has_no_date_stands_apart_from_the_columns():
    chart = table_chart(table_of(("2015", exactly(1)), ("Date not known", exactly(3))), "columns")
    assert len(chart.bars) == 1
    assert chart.apart == ["Date not known: 3"]


def test_six_hundred_columns_have_room():
    lines = [(f"{MONTHS[number % 12]} {1970 + number // 12}", exactly(number)) for number in range(600)]
    columns = drawn(table_chart(table_of(*lines), "columns"), Sheet(0, 0, 800, 300)).columns
    assert all(float(column.width) > 0.9 for column in columns)
    assert float(columns[-1].x) + float(columns[-1].width) <= 800


# ---------------------------------------------------------------------------------------------------- words


def test_long_words_are_cut_and_kept_whole_in_the_title():
    label = "Remand prison of a very long name " * 4
    _drawing, tree = sheet_of(table_chart(table_of((label, exactly(2)))))
    texts = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    titles = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert any(text.startswith("Remand prison") and text.endswith("…") for text in texts)
    assert f"{label}: 2" in titles


def test_signs_as_wide_as_two_letters_are_counted_so():
    assert cut("収容所収容所収容所", 7) == "収容所…"
    assert cut("short", 5) == "short"


def test_text_is_broken_between_words_and_the_last_line_is_cut():
    assert lines_of("one two three four", 9, 4) == ["one two", "three", "four"]
    assert lines_of("one two three four", 9, 2) == ["one two", "three…"]
    assert lines_of("", 9, 2) == []


def test_the_first_sentence_of_a_definition_stands_in_sight():
    assert in_brief("One. Two. Three.") == ("One.", "Two. Three.")
    assert in_brief("One.") == ("One.", "")


# ---------------------------------------------------------------------------------------------------- the file


CHARTS = {
    "curve": curve_chart(
        curve_of((date(2016, 1, 1), Bounded(1, 0, 3)), (DAY, Bounded(2, 1, 4))), (DAY, Bounded(2, 1, 4))
    ),
    "one point": curve_chart(curve_of((DAY, exactly(2)))),
    "columns": table_chart(
        table_of(("2015", Bounded(2, 1, 5)), ("2016", exactly(0)), ("Unknown", exactly(1))), "columns"
    ),
    "bars": table_chart(table_of(("<b>&</b>\x0b", Bounded(2, 1, 5)), ("سجن", exactly(3)), note="A note.")),
    "nothing": table_chart(table_of()),
    "no curve": curve_chart(curve_of()),
}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_file_is_whole_xml_that_runs_nothing_and_says_what_it_shows(name, mirrored):
    chart = CHARTS[name]
    drawing, tree = sheet_of(chart, question="Asked: Place: <prison>.", mirrored=mirrored)
    words = " ".join(tree.itertext())
    for said in (
        chart.title,
        "people, as of 1 January 2017",
        "Asked: Place: <prison>.",
        "Case tracker.",
        chart.definition,
    ):
        assert said in words
    names = {one.tag.rpartition("}")[2] for one in tree.iter()}
    assert names <= {"svg", "title", "desc", "g", "rect", "line", "text", "polygon", "polyline", "circle"}
    attributes = {attribute for one in tree.iter() for attribute in one.attrib}
    assert not [one for one in attributes if one.startswith("on") or "href" in one or one in ("style", "class")]
    assert drawing.count("http") == 1  # its namespace
    numbers = [one.attrib[name] for one in tree.iter() for name in ("x", "x1", "x2", "cx") if name in one.attrib]
    assert all(0 <= float(number) <= 960 for number in numbers)


def test_places_are_written_as_svg_takes_them_whatever_the_language():
    for language in ("uk", "ar"):
        with override(language):
            for chart in CHARTS.values():
                _drawing, tree = sheet_of(chart, mirrored=language == "ar")
                for one in tree.iter():
                    for name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"} & one.attrib.keys():
                        float(one.attrib[name])
                    assert re.fullmatch(r"[-\d., ]*", one.attrib.get("points", "")), language
                if chart.kind != "bars":
                    page = render_to_string("cases/charts/_chart.html", {"drawing": drawn(chart, Page(200))})
                    assert not re.search(r'="-?\d+,\d*%?"', page)


def test_lines_beyond_what_a_file_can_hold_are_told():
    chart = table_chart(table_of(*((str(number), exactly(1)) for number in range(70))), most=60)
    _drawing, tree = sheet_of(chart)
    assert "10 more lines are in the table." in " ".join(tree.itertext())
