"""The custody bar: positions and colours of what the periods say, and the same in words."""

import itertools
from datetime import date, timedelta

from django.test import TestCase

from cases.custody_bar import custody_bar
from cases.dates import today
from cases.models import Hearing, Period, Sentence
from tests.factories import (
    make_case,
    make_detention,
    make_hearing,
    make_place,
    make_release,
    make_restriction,
    make_sentence,
)


def bar_of(case, day=None):
    records = [list(model.objects.filter(case=case)) for model in (Hearing, Sentence)]
    periods = Period.objects.filter(case=case).select_related("place").order_by("number")
    return custody_bar(list(periods), *records, day or today())


def share(percent):
    return float(percent.removesuffix("%"))


class Bar(TestCase):
    def test_nothing_recorded_draws_nothing(self):
        assert not bar_of(make_case())

    def test_a_case_of_which_only_the_release_is_known_draws_nothing(self):
        case = make_case()
        make_release(case, "2017")
        assert not bar_of(case)

    def test_a_stay_lies_between_its_dates_in_the_colour_of_its_kind(self):
        case = make_case()
        make_detention(case, "2015-01-29", place=make_place("Prison 1"), ended="2017-10-25")
        bar = bar_of(case)
        held, free = bar.pieces
        assert (held.css, held.fade, free.css) == ("bar-remand", "", "bar-free")
        assert 0 < share(held.x) < 5
        assert abs(share(held.x) + share(held.width) - share(free.x)) < 0.1
        assert abs(share(free.x) + share(free.width) - 100) < 0.1
        assert bar.labels[0].text == "Prison 1"
        assert [year for _x, year in bar.years] == [2015, 2016, 2017, 2018]
        assert bar.lines[0] == "Remand, Prison 1: from 29 January 2015 to 25 October 2017"

    def test_partial_dates_fade(self):
        case = make_case()
        make_detention(case, "2015-03", ended="2017")
        fades = [(piece.css, piece.fade) for piece in bar_of(case).pieces]
        assert fades == [
            ("bar-remand", "in"), ("bar-remand", ""), ("bar-remand", "out"), ("bar-free", "in"), ("bar-free", ""),
        ]  # fmt: skip

    def test_dates_that_leave_no_certain_day_still_draw_something(self):
        case = make_case()
        make_detention(case, "2015", ended="2015")
        drawn = [piece for piece in bar_of(case).pieces if piece.css == "bar-remand"]
        assert drawn and all(piece.fade for piece in drawn)
        assert all(share(piece.width) > 0 for piece in drawn)

    def test_open_bounds_end_at_the_edges(self):
        case = make_case()
        make_detention(case, "../2016", ending="unconfirmed")
        bar = bar_of(case)
        for piece in bar.pieces:
            assert 0 <= share(piece.x) <= 100
            assert share(piece.x) + share(piece.width) <= 100.01

    def test_whoever_is_held_today_is_held_to_the_right_edge(self):
        case = make_case()
        make_detention(case, (today() - timedelta(400)).isoformat())
        last = bar_of(case).pieces[-1]
        assert abs(share(last.x) + share(last.width) - 100) < 0.1

    def test_arrested_today(self):
        case = make_case()
        make_detention(case, today().isoformat())
        assert bar_of(case).lines

    def test_each_kind_has_its_colour_and_stands_in_the_legend_once(self):
        case = make_case()
        kinds = [
            "police",
            "remand",
            "house_arrest",
            "prison",
            "psychiatric",
            "administrative",
            "unacknowledged",
            "remand",
        ]
        for number, kind in enumerate(kinds):
            make_detention(case, f"{2010 + number}-01-01", kind=kind, ended=f"{2011 + number}-01-01", ending="transfer")
        make_restriction(case, "2019-01-01")
        legend = [css for css, _words in bar_of(case).legend]
        assert len(legend) == len(set(legend))
        assert {"bar-police", "bar-remand", "bar-house", "bar-prison", "bar-psychiatric", "bar-administrative"} <= set(
            legend
        )
        assert {"bar-unacknowledged", "bar-custody", "bar-restricted"} <= set(legend)

    def test_court_days_are_ticks_the_sentence_the_larger_one(self):
        case = make_case()
        make_detention(case, "2015-01-29", ended="2017-10-25")
        make_hearing(case, "2016-01-01")
        make_hearing(case, "", scheduled="2016-02-01")
        make_sentence(case, "2017-09-11")
        ticks = bar_of(case).ticks
        assert [(tick.words, tick.main) for tick in ticks] == [
            ("Hearing, 1 January 2016", False), ("Sentence, 11 September 2017", True),
        ]  # fmt: skip
        assert 30 < share(ticks[0].x) < 35

    def test_many_years_leave_out_some(self):
        case = make_case()
        make_detention(case, "1976-05", ended="2025")
        years = [year for _x, year in bar_of(case, date(2026, 11, 1)).years]
        assert len(years) <= 13 and len({later - earlier for earlier, later in itertools.pairwise(years)}) == 1
