"""Names across scripts: one folded key that spellings in Cyrillic, Latin, Turkish and Crimean Tatar have in common.

Folding is for finding, never for showing: it throws differences away. What it can't join (short vowels that Arabic
doesn't write, Chinese names of Uyghurs) needs an alias. Measured in study/libraries.md 3.
"""

import re
import unicodedata
from collections import Counter
from typing import Literal

from anyascii import anyascii

# Letters that look alike in Latin and Cyrillic; people mix them when they type on two keyboards
_LATIN = "ABCEHIJKMOPSTXY"
_CYRILLIC = "АВСЕНІЈКМОРЅТХУ"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)

_APOSTROPHES = re.compile("[’ʼʻ‘'`´ʹʺ′″\"“”]")
_SOUNDS = {
    "tsch": "c", "shch": "s", "sch": "s", "tch": "c", "dzh": "c", "zh": "s", "sh": "s", "sz": "s", "dj": "c", "ch": "c",
    "cz": "c", "ts": "c", "tz": "c", "kh": "h", "gh": "h", "ph": "f", "th": "t",
    "g": "h", "z": "s", "w": "v", "q": "k", "j": "i", "y": "i",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_GLIDE = re.compile("(?<=[aeou])i+|i+(?=[aeou])")
_DOUBLED = re.compile(r"([a-z])\1+")
_SCRIPTS = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "HEBREW": "Hebr", "GREEK": "Grek", "ARMENIAN": "Armn",
    "GEORGIAN": "Geor", "CJK": "Hani", "HIRAGANA": "Jpan", "KATAKANA": "Jpan", "HANGUL": "Kore", "DEVANAGARI": "Deva",
    "BENGALI": "Beng", "THAI": "Thai", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "ETHIOPIC": "Ethi", "MONGOLIAN": "Mong",
    "TAMIL": "Taml", "SYRIAC": "Syrc", "THAANA": "Thaa",
}  # fmt: skip


def fold(text: str) -> str:
    """Return the search key of a name: lower-case ASCII words between single spaces, or empty.

    >>> fold("Ахтем Чийгоз") == fold("Akhtem Chiihoz") == "ahtem cihos"
    True
    """
    plain = "".join(_visible(char) for char in unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)))
    one_script = " ".join(_in_one_script(word) for word in plain.split())
    letters = re.sub("[^a-z0-9]+", " ", _APOSTROPHES.sub("", anyascii(one_script)).lower()).strip()
    sounds = _SOUND.sub(lambda match: _SOUNDS[match[0]], re.sub(r"\bx", "s", letters).replace("x", "ks"))
    return _DOUBLED.sub(r"\1", _GLIDE.sub("", sounds))


def words(query: str) -> list[str]:
    """Return the folded words of a query, each once; a name is found if its key contains every one of them."""
    return list(dict.fromkeys(fold(query).split()))


def script_of(text: str) -> str:
    """Return the ISO 15924 code of the script that most letters are in; "Zyyy" if there are none."""
    scripts = Counter(script for char in text if (script := _script(char)))
    return scripts.most_common(1)[0][0] if scripts else "Zyyy"


def direction(text: str) -> Literal["ltr", "rtl"]:
    """Return the direction of the first letter that has one, as dir="auto" does."""
    for char in text:
        match unicodedata.bidirectional(char):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "ltr"


def _visible(char: str) -> str:
    """Return the character as words need it: nothing for invisible ones, syllables of Chinese as words of their own."""
    if unicodedata.category(char) == "Cf":
        return ""
    if unicodedata.category(char)[0] in "PSZC":
        return " "
    return f" {char} " if _script(char) == "Hani" else char


def _in_one_script(word: str) -> str:
    """Return a word of mixed Latin and Cyrillic letters in the one script that fits all of them, if there is one."""
    scripts = {_script(char) for char in word}
    if not {"Latn", "Cyrl"} <= scripts:
        return word
    for table, other in ((_TO_CYRILLIC, "Latn"), (_TO_LATIN, "Cyrl")):
        changed = word.upper().translate(table)
        if all(_script(char) != other for char in changed):
            return changed
    return word


def _script(char: str) -> str:
    """Return the ISO 15924 code of a letter's script, or empty."""
    if not char.isalpha():
        return ""
    if char.isascii():
        return "Latn"
    return _SCRIPTS.get(unicodedata.name(char, "").partition(" ")[0], "")
