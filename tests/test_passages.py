"""Words of a source: where they stand, whatever marks and white space they are written with."""

import re
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.passages import Passage, _fold, _Folded, anchored, occurrences, segments, snapped

# Letters with and without marks, of three directions and scripts, and everything that is tolerated between them.
ALPHABET = "abй́̆iИЇéçאש مَ가각ᅡᆨ \n\t\u00a0\u00ad\u200b\u200f\u200d\"'«»“”ʼ’--–—.,\U0001f600"
TEXTS = st.text(ALPHABET, max_size=60)


def words(text, passages):
    return [text[start:end] for start, end in passages]


class TestFindingAQuote:
    def test_it_is_found_where_it_stands(self):
        assert occurrences("He was arrested. She was not.", "was") == [(3, 6), (21, 24)]

    @pytest.mark.parametrize(
        "text, quote, found",
        [
            ("held\n  since\u00a0May", "held since May", "held\n  since\u00a0May"),
            ("held since May", " held\r\n since\tMay\n", "held since May"),
            ("he said: «Крим — це Україна»", "\"Крим - це Україна\"", "«Крим — це Україна»"),
            ("the ‘26 February’ case", "\"26 February\"", "‘26 February’"),
            ("п’ятниця", "пʼятниця", "п’ятниця"),
            (unicodedata.normalize("NFD", "Чийгоз"), "Чийгоз", unicodedata.normalize("NFD", "Чийгоз")),
            ("Çiygöz", unicodedata.normalize("NFD", "Çiygöz"), "Çiygöz"),
            ("de\u00adten\u00adtion", "detention", "de\u00adten\u00adtion"),
            ("in deten\u00ad\ntion here", "detention here", "deten\u00ad\ntion here"),
            ("detention", "deten\u00adtion", "detention"),
            ("قال \u200fالمحامي\u200f أمس", "المحامي أمس", "المحامي\u200f أمس"),
            ("זה «2015» כאן", "\"2015\" כאן", "«2015» כאן"),
            ("한국 감옥", unicodedata.normalize("NFD", "감옥"), "감옥"),
        ],
    )  # fmt: skip
    def test_what_looks_the_same_is_the_same(self, text, quote, found):
        assert words(text, occurrences(text, quote)) == [found]

    @pytest.mark.parametrize("quote", ["", " \n", "\u00ad", "\u200f\u200b"])
    def test_a_quote_without_words_is_nowhere(self, quote):
        assert occurrences("some text \u00ad \u200f", quote) == []

    def test_what_is_not_there_is_not_found(self):
        assert occurrences("He was arrested.", "was released") == []
        assert occurrences("", "was") == []
        assert occurrences("He was Arrested.", "arrested") == []

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_a_letter_is_not_found_without_its_marks(self, form):
        text = unicodedata.normalize(form, "край, краи")
        assert occurrences(text, "краи") == [(len(text) - 4, len(text))]

    def test_a_hidden_mark_between_a_letter_and_its_accent_does_not_part_them(self):
        assert occurrences("кe\u00ad\u0301т", "e") == []
        assert words("кe\u00ad\u0301т", occurrences("кe\u00ad\u0301т", "é")) == ["e\u00ad\u0301"]

    def test_fifty_are_enough(self):
        assert len(occurrences("no " * 1000, "no")) == 50

    @given(TEXTS, TEXTS, TEXTS)
    def test_words_are_found_again_wherever_they_stand(self, before, quote, after):
        quote = ("x" + quote).rstrip()
        text = f"{before}|{quote}|{after}"
        assert any(_fold(found) == _fold(quote) for found in words(text, occurrences(text, quote)))

    @given(TEXTS, TEXTS)
    def test_what_is_found_reads_as_the_quote(self, text, quote):
        found = occurrences(text, quote)
        assert all(_fold(words_found).strip() == _fold(quote).strip() for words_found in words(text, found))
        assert all(first.end <= second.start for first, second in pairwise(found))

    @given(st.lists(TEXTS, max_size=30).map("".join), st.integers(1, 7))
    def test_blocks_fold_as_the_whole_does(self, text, block):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("cases.passages.BLOCK", block)
            folded = _Folded(text)
            assert folded.whole == _fold(text)
            for number in range(len(folded.starts)):
                letters = folded._letters_of(number)
                assert (
                    "".join(_fold(text[start:end]) for _, start, end in letters)
                    == folded.whole[folded.offsets[number] : (folded.offsets + [len(folded.whole)])[number + 1]]
                )


class TestSnapping:
    def test_white_space_at_the_ends_is_left_out(self):
        assert snapped("  held  here ", 0, 8) == (2, 6)

    @pytest.mark.parametrize("start, end", [(1, 3), (2, 3), (1, 2), (2, 4)])
    def test_letters_keep_their_marks(self, start, end):
        text = "Чи\u0306\u0301гоз"
        assert text[slice(*snapped(text, start, end))].startswith("и\u0306\u0301")

    @pytest.mark.parametrize("start, end", [(-1, 3), (0, 99), (50, 60), (4, 2), (2, 2), (4, 5)])
    def test_a_range_outside_the_text_or_without_words_says_so(self, start, end):
        with pytest.raises(ValueError, match="passage"):
            snapped("held here", start, end)

    @given(TEXTS, st.integers(-2, 62), st.integers(-2, 62))
    def test_it_is_whole_or_refused_and_stays_as_it_is(self, text, start, end):
        try:
            passage = snapped(text, start, end)
        except ValueError:
            return
        assert 0 <= passage.start < passage.end <= len(text)
        assert snapped(text, *passage) == passage
        assert anchored(text, *passage, text[slice(*passage)]) == passage


class TestAnchoring:
    text = "He was held. Then he was freed. Then he was held."

    def test_the_words_in_their_place_stay_there(self):
        assert anchored(self.text, 44, 48, "held") == (44, 48)

    def test_of_five_the_nearest_is_meant(self):
        text = "held " * 5
        assert anchored(text, 11, 15, "held") == (10, 14)
        assert anchored(text, 14, 18, "held") == (15, 19)
        assert anchored(text, 4, 8, "held") == (5, 9)

    def test_words_that_moved_are_found_again(self):
        assert anchored("Kyiv, May. " + self.text, 44, 48, "held") == (55, 59)
        assert anchored(self.text[13:], 44, 48, "held") == (31, 35)

    def test_a_place_past_the_end_is_looked_for_by_its_words(self):
        assert anchored(self.text, 4400, 4404, "held") == (44, 48)
        assert anchored(self.text, None, None, "held") == (7, 11)

    def test_words_that_are_gone_are_nowhere(self):
        assert anchored(self.text, 7, 11, "jailed") is None
        assert anchored("", 7, 11, "held") is None
        assert anchored("", None, None, "") is None
        assert anchored("short", 2, 9, "") is None

    def test_a_place_without_its_words_is_taken_as_it_is(self):
        assert anchored(self.text, 7, 11, "") == (7, 11)

    @given(TEXTS, TEXTS, TEXTS)
    def test_text_before_it_moves_it_along(self, before, quote, after):
        text = f"x{quote}|{after}"
        start, end = snapped(text, 0, len(quote) + 1)
        moved = f"{before}|{text}"
        found = anchored(moved, start, end, text[start:end])
        assert found and _fold(moved[slice(*found)]) == _fold(text[start:end])


class TestSegments:
    def test_a_text_without_passages_is_one_piece(self):
        assert segments("He was held.", {}) == [("He was held.", (), ())]
        assert segments("", {1: Passage(0, 4)}) == []

    def test_passages_that_overlap_share_a_piece(self):
        assert segments("abcdef", {1: Passage(0, 4), 2: Passage(2, 5)}) == [
            ("ab", (1,), (1,)), ("cd", (1, 2), (2,)), ("e", (2,), ()), ("f", (), ()),
        ]  # fmt: skip

    def test_of_two_that_begin_together_the_longer_comes_first(self):
        assert segments("abc", {1: Passage(0, 1), 2: Passage(0, 3)})[0] == ("a", (2, 1), (2, 1))

    def test_what_lies_outside_is_left_out(self):
        assert segments("abc", {1: Passage(2, 9), 2: Passage(5, 9)}) == [("ab", (), ()), ("c", (1,), (1,))]

    @given(TEXTS, st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=8))
    def test_the_pieces_are_the_text_and_each_passage_its_words(self, text, places):
        passages = {number: Passage(*sorted(place)) for number, place in enumerate(places)}
        pieces = segments(text, passages)
        assert "".join(piece.text for piece in pieces) == text
        for key, (start, end) in passages.items():
            assert "".join(piece.text for piece in pieces if key in piece.keys) == text[start:end]
            assert [piece.begins.count(key) for piece in pieces].count(1) == bool(text[start:end])


class TestTwoMillionLetters:
    @pytest.mark.parametrize(
        "text, quote",
        [
            ("Затримано й заарештовано. " * 77_000, "кінець"),
            ("а" * 2_000_000, "а" * 5000 + "б"),
            ("и\u0306" * 1_000_000, "и"),
            ("\u0301" * 2_000_000, "é"),
            ("\u00ad" * 2_000_000, "é"),
            (" \u00ad" * 1_000_000, "é ó"),
        ],
        ids=["words", "one letter", "marked letters", "marks", "hidden", "white space"],
    )
    def test_any_text_is_searched_quickly(self, text, quote):
        began = time.process_time()
        assert occurrences(text, quote) == []
        assert anchored(text, 1_000_000, 1_000_002, quote) is None
        assert (
            time.process_time() - began < 8
        )  # a slow machine needs two; in the square of the length it would be hours

    def test_hundreds_of_passages_fold_the_text_once(self):
        text = "".join(f"Речення {number} — «так». " for number in range(90_000))
        began = time.process_time()
        places = {number: anchored(text, 3, 6, f'Речення {number} - "так"') for number in range(0, 90_000, 500)}
        assert all(re.fullmatch(f"Речення {key} — «так»", text[slice(*place)]) for key, place in places.items())
        assert len(segments(text, places)) == 2 * len(places)
        assert time.process_time() - began < 8
