"""Passages: runs of words in a source's text, where they stand, and how they are found again. Plain Python, no queries.

Places are counted in code points of the text as stored. Words count as the same when only white space, the kind of a
quotation mark or dash, the way accents are written (NFC or NFD), soft hyphens or marks of direction differ.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

from django.utils.translation import gettext as _

MOST_OCCURRENCES = 50
BLOCK = 2048  # letters whose places are worked out together, once somebody asks for one of them
MOST_TRIES = 1000  # for one occurrence: texts made of nothing but broken letters would take minutes

SOFT_HYPHEN = "\u00ad"
# What stands in a text unseen, or is lost when it is copied: zero width spaces, joiners of words, marks of direction.
UNSEEN = frozenset(
    SOFT_HYPHEN + "\u200b\u2060\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
DROPPED = re.compile(
    f"{SOFT_HYPHEN}\\s*|[{''.join(UNSEEN)}]"
)  # a word that was broken at the end of a line is whole again
QUOTATION_MARKS = "\"'`´‘’‚‛“”„‟«»‹›′″ʹʺʻʼʽˮ〝〞〟＂＇"
DASHES = "-‐‑‒–—―−⸺⸻﹘﹣－"
ALIKE = str.maketrans(dict.fromkeys(QUOTATION_MARKS, '"') | dict.fromkeys(DASHES, "-"))

Key = TypeVar("Key", bound=Hashable)


class Passage(NamedTuple):
    """Code points `start` to `end` of a text, the last not included."""

    start: int
    end: int


class Segment(NamedTuple):
    """A run of text under the same passages. `begins` has the keys of those that begin here, at most once each."""

    text: str
    keys: tuple[Hashable, ...]
    begins: tuple[Hashable, ...]


def occurrences(text: str, quote: str) -> list[Passage]:
    """Return where the words of the quote stand, in order, without overlaps; the first fifty. Linear in the text."""
    folded, wanted = _folded(text), _fold(quote).strip()
    found: list[Passage] = []
    after = 0
    while wanted and len(found) < MOST_OCCURRENCES:
        hit = folded.following(wanted, after)
        if hit is None:
            break
        found.append(folded.passage(hit, wanted))
        after = hit + len(wanted)
    return found


def snapped(text: str, start: int, end: int) -> Passage:
    """Return the range as whole letters, each with its combining marks, without white space at its ends.

    ValueError, in words for the user, if it lies outside the text or holds no words.
    """
    if not 0 <= start <= end <= len(text):
        raise ValueError(_("This passage lies outside the text. Select the words again."))
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    if start == end:
        raise ValueError(_("There are no words in this passage. Select some."))
    while start > 0 and _continues(text[start]):
        start -= 1
    while end < len(text) and _continues(text[end]):
        end += 1
    return Passage(start, end)


def anchored(text: str, start: int | None, end: int | None, quote: str) -> Passage | None:
    """Return where the words of a citation stand in the text now: at the same place, else the occurrence nearest to it
    (without a place: the first). None if they are not in the text any more.
    """
    wanted = _fold(quote).strip()
    if start is not None and end is not None and _stands(text, start, end, wanted):
        return Passage(start, end)
    if not wanted:
        return None
    folded = _folded(text)
    near = folded.offset(min(start, len(text))) if start else 0
    hits = [hit for hit in (folded.preceding(wanted, near), folded.following(wanted, near)) if hit is not None]
    places = [folded.passage(hit, wanted) for hit in hits]
    return min(places, key=lambda place: abs(place.start - (start or 0)), default=None)


def segments(text: str, passages: Mapping[Key, Passage]) -> list[Segment]:
    """Cut the text where passages begin and end. The texts of all segments together are the text; what of a passage lies
    outside the text is left out. Keys stand in the order in which their passages begin, the longer first.
    """
    inside = {
        key: Passage(max(start, 0), min(end, len(text)))
        for key, (start, end) in passages.items()
        if max(start, 0) < min(end, len(text))
    }
    order = sorted(inside, key=lambda key: (inside[key].start, -inside[key].end))
    cuts = sorted({0, len(text), *(place for passage in inside.values() for place in passage)})
    found: list[Segment] = []
    under: list[Key] = []
    waiting = 0
    for start, end in pairwise(cuts):
        first = waiting
        while waiting < len(order) and inside[order[waiting]].start == start:
            waiting += 1
        begins = order[first:waiting]
        under = [key for key in under if inside[key].end > start] + begins
        found.append(Segment(text[start:end], tuple(under), tuple(begins)))
    return found


def _stands(text: str, start: int, end: int, wanted: str) -> bool:
    """Whether the folded words stand in this place, or anything does, where none are asked for."""
    if not 0 <= start < end <= len(text) or (end < len(text) and _continues(text[end])):
        return False
    return not wanted or _fold(text[start:end]).strip() == wanted


def _is_blank(letter: str) -> bool:
    return letter.isspace() or letter in UNSEEN


def _continues(letter: str) -> bool:
    """Whether it belongs to the letter before it: a combining mark, a joiner, a later part of a Korean syllable."""
    return unicodedata.category(letter)[0] == "M" or letter in "\u200c\u200d" or "\u1160" <= letter <= "\u11ff"


def _fold(text: str) -> str:
    """Return the text so that words which count as the same are the same. Letters are kept, also their case."""
    shown = DROPPED.sub("", text)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFD", shown).translate(ALIKE))


@lru_cache(maxsize=1)
def _folded(text: str) -> "_Folded":
    """The text that was asked of last: a page asks for hundreds of passages of one text."""
    return _Folded(text)


class _Folded:
    """A text and its folded form, in blocks that fold each by itself: only blocks with a hit are looked at letter by letter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = list(self._cuts())  # of blocks, in the text
        ends = [*self.starts[1:], len(text)]
        blocks = [_fold(text[start:end]) for start, end in zip(self.starts, ends, strict=True)]
        self.whole = "".join(blocks)
        self.offsets = [0]  # of blocks, in the folded text
        for block in blocks[:-1]:
            self.offsets.append(self.offsets[-1] + len(block))
        self.letters: dict[int, list[tuple[int, int, int]]] = {}  # by block, see _letters_of

    def _cuts(self) -> Iterator[int]:
        """A block begins with a letter of its own, so that no white space, mark or broken word reaches into the next."""
        at = 0
        while at < max(len(self.text), 1):
            yield at
            at += BLOCK
            while at < len(self.text) and (_is_blank(self.text[at]) or _continues(self.text[at])):
                at += 1

    def _letters_of(self, block: int) -> list[tuple[int, int, int]]:
        """Return the letters of a block: offset in the folded text, start and end in the text. Those without width are
        left out.
        """
        if block not in self.letters:
            end = self.starts[block + 1] if block + 1 < len(self.starts) else len(self.text)
            offset, letters = self.offsets[block], []
            for start, stop, folded in _letters(self.text, self.starts[block], end):
                if folded:
                    letters.append((offset, start, stop))
                    offset += len(folded)
            self.letters[block] = letters
        return self.letters[block]

    def _letter_at(self, offset: int) -> tuple[int, int, int]:
        """Return the letter that the folded text has at this offset."""
        block = bisect_right(self.offsets, offset) - 1
        letters = self._letters_of(block)
        return letters[bisect_right(letters, offset, key=lambda letter: letter[0]) - 1]

    def _is_whole(self, hit: int, wanted: str) -> bool:
        """Whether a hit takes letters with all their marks: “и” is not in “й”, however that is written."""
        end = hit + len(wanted)
        return not (_continues(self.whole[hit]) and hit) and not (end < len(self.whole) and _continues(self.whole[end]))

    def offset(self, place: int) -> int:
        """Return where a place of the text lies in the folded text, or just before."""
        if not self.whole:
            return 0
        letters = self._letters_of(max(bisect_right(self.starts, place) - 1, 0))
        at = bisect_right(letters, place, key=lambda letter: letter[1]) - 1
        return letters[max(at, 0)][0] if letters else 0

    def following(self, wanted: str, after: int) -> int | None:
        for _try in range(MOST_TRIES):
            hit = self.whole.find(wanted, after)
            if hit < 0:
                return None
            if self._is_whole(hit, wanted):
                return hit
            after = hit + 1
        return None

    def preceding(self, wanted: str, before: int) -> int | None:
        end = before + len(wanted) - 1
        for _try in range(MOST_TRIES):
            hit = self.whole.rfind(wanted, 0, end)
            if hit < 0:
                return None
            if self._is_whole(hit, wanted):
                return hit
            end = hit + len(wanted) - 1
        return None

    def passage(self, hit: int, wanted: str) -> Passage:
        return Passage(self._letter_at(hit)[1], self._letter_at(hit + len(wanted) - 1)[2])


def _letters(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield letters with their marks, runs of white space and what is unseen: start, end, folded form. Joined, the folded
    forms are _fold(text[start:end]).
    """
    while start < end:
        stop = start + 1
        if text[start] == SOFT_HYPHEN:
            while stop < end and text[stop].isspace():
                stop += 1
        elif text[start].isspace():
            while stop < end and _is_blank(text[stop]):
                stop += 1
        elif text[start] not in UNSEEN:
            stop = _end_of_letter(text, stop, end)
        yield start, stop, _fold(text[start:stop])
        start = stop


def _end_of_letter(text: str, stop: int, end: int) -> int:
    """Return where the marks of a letter end; something unseen may stand between them."""
    at = stop
    while at < end and (text[at] in UNSEEN or _continues(text[at])):
        at += 1
        if text[at - 1] not in UNSEEN:
            stop = at
    return stop
