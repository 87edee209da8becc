"""What people mean when they type a date, in English, Ukrainian, Russian or EDTF."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from django.utils.translation import gettext as _

from cases.dates.partial import (
    EDTF,
    LONGEST_INPUT,
    PARTS,
    UNKNOWN,
    AmbiguousDate,
    DateError,
    PartialDate,
    Parts,
    checked,
    parse,
    shortened,
)


def understand(typed: str, *, today: date, actual: bool = True) -> PartialDate:
    """Return the date that a person means by `typed`, in English, Ukrainian, Russian or EDTF.

    `actual` events are capped at `today`. Raises AmbiguousDate for 03/04/2019, else DateError.
    """
    plain = _plain(typed)
    if not plain:
        return UNKNOWN
    found = _understood(plain)
    return found.capped(today) if actual else found


def _inflected(*stems: str) -> dict[str, int]:
    """Return every form of the twelve months, given as "stem: endings"."""
    forms = {}
    for number, stem_and_endings in enumerate(stems, 1):
        for group in stem_and_endings.split(";"):
            stem, _colon, endings = group.strip().partition(":")
            forms.update({stem + ending: number for ending in endings.split(",")})
    return forms


_SOFT_UK = "ень,ня,ні,ню,нем"
_SOFT_RU = "ь,я,е,ю,ем,ём"
_HARD = ",а,е,у,ом,і,ові"
_MONTHS = {
    **_inflected(
        "jan:,uary", "feb:,ruary", "mar:,ch", "apr:,il", "may:", "jun:,e", "jul:,y",
        "aug:,ust", "sep:,t,tember", "oct:,ober", "nov:,ember", "dec:,ember",
    ),
    **_inflected(
        f"січ:,{_SOFT_UK}", "лют:,ий,ого,ому,им", f"берез:,{_SOFT_UK}; бер:", f"квіт:,{_SOFT_UK}; кві:",
        f"трав:,{_SOFT_UK}; тра:", f"черв:,{_SOFT_UK}; чер:", f"лип:,{_SOFT_UK}", f"серп:,{_SOFT_UK}; сер:",
        f"верес:,{_SOFT_UK}; вер:", f"жовт:,{_SOFT_UK}; жов:", f"листопад:{_HARD}; лист:; лис:",
        f"груд:,{_SOFT_UK}; гру:",
    ),
    **_inflected(
        f"январ:{_SOFT_RU}; янв:", f"феврал:{_SOFT_RU}; февр:; фев:", f"март:{_HARD}; мар:",
        f"апрел:{_SOFT_RU}; апр:", "ма:й,я,е,ю,ем", f"июн:,{_SOFT_RU}", f"июл:,{_SOFT_RU}", f"август:{_HARD}; авг:",
        f"сентябр:{_SOFT_RU}; сент:; сен:", f"октябр:{_SOFT_RU}; окт:", f"ноябр:{_SOFT_RU}; нояб:; ноя:",
        f"декабр:{_SOFT_RU}; дек:",
    ),
}  # fmt: skip

# Words without meaning of their own: "26th of February 2014", "26 лютого 2014 р.", "в 2014 году"
_FILLERS = {
    "of", "the", "in", "on", "st", "nd", "rd", "th", "year",
    "р", "рр", "року", "році", "рік", "г", "гг", "года", "году", "год", "в", "у", "во", "го", "е",
}  # fmt: skip


def _phrases(**meanings: str) -> list[tuple[str, str]]:
    """Return (phrase, meaning) pairs, longest phrase first; the phrases of a meaning are given with | between."""
    pairs = [(phrase.strip(), meaning) for meaning, listed in meanings.items() for phrase in listed.split("|")]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


_DOUBTS = _phrases(
    about="c.|c|ca.|ca|circa|about|around|approx.|approx|approximately|roughly|~"
    "|бл.|бл|близько|біля|прибл.|прибл|приблизно|орієнтовно|ок.|около|примерно|приблизительно|ориентировочно",
    uncertain="probably|possibly|perhaps|maybe|likely|presumably"
    "|ймовірно|імовірно|мабуть|можливо|вероятно|возможно|предположительно|видимо|наверное",
)
_DOUBTS_AT_THE_END = _phrases(uncertain="(uncertain)|(непевно)|(неточно)|(?)|?", about="~", both="%")

_LIMITS = _phrases(
    since="in or after|on or after|not before|not earlier than|no earlier than|since|from|as of"
    "|не раніше|не раніше ніж|від|з|із|починаючи з|не раньше|не ранее|начиная с|с|со|от",
    after="after|later than|після|пізніше|після того як|после|позже|позднее",
    until="in or before|on or before|not after|not later than|no later than|until|till|by"
    "|не пізніше|не пізніше ніж|до|не позже|не позднее|к|по",
    before="before|earlier than|prior to|раніше|перед|раньше|ранее",
)
_STRETCHES = _phrases(
    start="early in|early|beginning of|the beginning of|start of|the start of|at the beginning of"
    "|на початку|початок|в начале|начало|нач.",
    middle="mid-|mid|middle of|the middle of|in the middle of|посередині|всередині|середина|в середине",
    end="end of|the end of|at the end of|late in|late|наприкінці|в кінці|кінець|кін.|в конце|конец|кон.",
)
_SEASONS = {
    **dict.fromkeys(["spring", "весна", "весни", "весною", "навесні", "весны", "весной"], (3, 5)),
    **dict.fromkeys(["summer", "літо", "літа", "літом", "влітку", "лето", "лета", "летом"], (6, 8)),
    **dict.fromkeys(["autumn", "fall", "осінь", "осені", "осінню", "восени", "осень", "осенью"], (9, 11)),
}
_THIRDS_OF_YEAR = {"start": (1, 4), "middle": (5, 8), "end": (9, 12)}
_THIRDS_OF_MONTH = {"start": (1, 10), "middle": (11, 20), "end": (21, 31)}
_RANGES = [
    (("between",), ("and",)),
    (("from",), ("to", "until", "till")),
    (("між",), ("і", "та", "й")),
    (("между",), ("и",)),
    (("з", "із", "від"), ("до", "по")),
    (("с", "со", "от"), ("по", "до")),
    (("",), ("to", "until", "till", "по", "до")),
]
_OR = re.compile(r" (?:or|або|чи|или|либо) ")
_THREE_NUMBERS = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", re.ASCII)
_TWO_NUMBERS = re.compile(r"(\d{1,4})([./-])(\d{1,4})", re.ASCII)
_AROUND = re.compile(r"^(?:on|in|at|в|у|во) |(?<=\d) ?(?:рр?|гг?|року|році|рік|года|году|год)\.?$")
_HYPHENED = re.compile(r"(?:\d{1,2}-)?[^\W\d_]+\.?-\d{4}")  # 26-Feb-2014, as spreadsheets write it
_TOKEN = re.compile(r"(\d+)|([^\W\d_]+)|[\s.,'’`-]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


def _plain(typed: str) -> str:
    """Return `typed` in lower case with plain digits, dashes and spaces, without invisible marks."""
    if len(typed) > LONGEST_INPUT:
        raise DateError(_("This is too long for a date"))
    visible = (char for char in unicodedata.normalize("NFKC", typed) if unicodedata.category(char) != "Cf")
    digits = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in visible)
    return " ".join(digits.translate(_DASHES).lower().split())


def _understood(plain: str) -> PartialDate:
    """Return what `plain` means. Raises AmbiguousDate if it reads differently with the month first."""
    day_first, month_first = _reading(plain, day_first=True), _reading(plain, day_first=False)
    if day_first == month_first or isinstance(month_first, DateError):
        if isinstance(day_first, DateError):
            raise day_first
        return day_first
    if isinstance(day_first, DateError):
        return month_first
    raise AmbiguousDate(day_first, month_first)


def _reading(plain: str, *, day_first: bool) -> PartialDate | DateError:
    try:
        return parse(_edtf(plain, day_first))
    except DateError as error:
        return error


def _edtf(plain: str, day_first: bool) -> str:
    """Return the EDTF text for what was typed."""
    if EDTF.fullmatch(plain):
        return plain
    rest, mark = _without_doubts(plain)
    text = _undoubted(rest or plain, day_first)
    if mark and not re.fullmatch(PARTS, text, re.ASCII):
        raise DateError(_("“About” and “uncertain” go with a single date; leave them out"))
    return text + mark


def _without_doubts(plain: str) -> tuple[str, str]:
    """Return the text without "about" and "uncertain" around it, and the mark that they stand for."""
    doubts = set()
    while True:
        before, meaning_before = _split_start(plain, _DOUBTS)
        end = next(((phrase, means) for phrase, means in _DOUBTS_AT_THE_END if before.endswith(phrase)), ("", ""))
        doubts |= {meaning_before, end[1]} - {""}
        rest = before.removesuffix(end[0]).strip()
        if rest == plain:
            return plain, "" if not doubts else "~" if doubts == {"about"} else "?" if doubts == {"uncertain"} else "%"
        plain = rest


def _split_start(plain: str, phrases: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the text after the first phrase that it starts with, and the phrase's meaning; or the text and ""."""
    for phrase, meaning in phrases:
        if plain.startswith(phrase):
            rest = plain[len(phrase) :]
            if rest and (not phrase[-1].isalpha() or rest[0] == " " or rest[0].isdecimal()):
                return rest.strip(), meaning
    return plain, ""


def _undoubted(plain: str, day_first: bool) -> str:
    for read in (_single, _stretch, _range_of_words, _one_of, _limit, _range_with_dash):
        if text := read(plain, day_first):
            return str(text)
    raise DateError(_("“%(text)s” can't be read as a date") % {"text": shortened(plain)})


def _single(plain: str, day_first: bool, after: Parts | None = None) -> Parts | None:
    """Return a year, month or day. `after` is the end of a range whose start, `plain`, may leave out its year."""
    plain = _AROUND.sub("", plain)
    if _HYPHENED.fullmatch(plain):
        plain = plain.replace("-", " ")
    if match := _THREE_NUMBERS.fullmatch(plain):
        return _three_numbers(match[1], match[2], match[3], match[4], day_first)
    if match := _TWO_NUMBERS.fullmatch(plain):
        return _two_numbers(match[1], match[2], match[3])
    names, numbers, shape = [], [], ""
    for token in _tokens(plain):
        if token.isdecimal():
            numbers.append(token)
            shape += "Y" if len(token) == 4 else "D" if len(token) <= 2 else "!"
        elif token in _MONTHS:
            names.append(_MONTHS[token])
            shape += "M"
        elif token not in _FILLERS:
            return None
    return _from_shape(shape, names, [int(number) for number in numbers if len(number) <= 4], after)


def _tokens(plain: str) -> Iterator[str]:
    """Yield numbers and words; anything but them and light punctuation yields itself, so nobody takes it."""
    position = 0
    while position < len(plain):
        match = _TOKEN.match(plain, position)
        if match is None:
            yield plain[position]
            return
        if match[0] == "-":
            yield "-"
        elif match[1] or match[2]:
            yield match[0]
        position = match.end()


def _from_shape(shape: str, names: list[int], numbers: list[int], after: Parts | None) -> Parts | None:
    """Return the date of a shape such as "DMY" (26 February 2014); None if it isn't one."""
    if shape == "Y":
        return checked(numbers[0])
    if shape in ("MY", "YM"):
        return checked(numbers[0], names[0])
    if shape in ("DMY", "MDY"):
        return checked(numbers[1], names[0], numbers[0])
    if shape == "YMD":
        return checked(numbers[0], names[0], numbers[1])
    if after and shape == "M" and after.month:
        return checked(after.year, names[0])
    if after and shape in ("DM", "MD") and after.day:
        return checked(after.year, names[0], numbers[0])
    if after and shape == "D" and after.day:
        return checked(after.year, after.month, numbers[0])
    if shape in ("DMD", "MDD", "DM", "MD", "M"):
        raise DateError(_no_year())
    return None


def _three_numbers(a: str, sign: str, b: str, c: str, day_first: bool) -> Parts | None:
    """Return the date of 26.02.2014, 26/02/2014 or 2014-02-26."""
    if len(a) == 4 and len(c) <= 2:
        return checked(int(a), int(b), int(c))
    if len(a) <= 2 and len(c) == 4:
        # Dots are written where the day comes first; in the United States slashes come with the month first
        if sign == "." or (day_first and int(b) <= 12) or int(a) > 12:
            return checked(int(c), int(b), int(a))
        return checked(int(c), int(a), int(b))
    if len(a) <= 2 and len(c) <= 2:
        raise DateError(_no_year())
    return None


def _two_numbers(a: str, sign: str, b: str) -> Parts | None:
    """Return the month of 02.2014, 2/2014 or 2014/2; None for what may be a range, 2014-2015 or the start of 26-27."""
    if len(a) == 4 and len(b) <= 2:
        return checked(int(a), int(b))
    if len(a) <= 2 and len(b) == 4:
        return checked(int(b), int(a))
    if len(a) <= 2 and len(b) <= 2 and sign != "-":
        raise DateError(_no_year())
    return None


def _stretch(plain: str, day_first: bool) -> str | None:
    """Return the range for "end of 2017", "early March 2016", "summer 2015", "1930s"."""
    rest, third = _split_start(plain, _STRETCHES)
    if third:
        if (whole := _single(rest, day_first)) is None or whole.day:
            return None
        if whole.month is None:
            first, last = _THIRDS_OF_YEAR[third]
            return f"{Parts(whole.year, first)}/{Parts(whole.year, last)}"
        first, last = _THIRDS_OF_MONTH[third]
        return f"{whole._replace(day=first)}/{whole._replace(day=min(last, whole.last.day))}"
    if decade := re.fullmatch(r"(\d{3})0(?:s|-ті|-х|-е)", plain, re.ASCII):
        return f"{checked(int(decade[1]) * 10)}/{checked(int(decade[1]) * 10 + 9)}"
    season, _space, rest = plain.partition(" ")
    if season in _SEASONS and (whole := _single(rest.removeprefix("of "), day_first)) and not whole.month:
        first, last = _SEASONS[season]
        return f"{Parts(whole.year, first)}/{Parts(whole.year, last)}"
    return None


def _range_of_words(plain: str, day_first: bool) -> str | None:
    """Return the range for "between June and July 2017", "с июня по июль 2017", "June to July 2017"."""
    for starts, links in _RANGES:
        for start in starts:
            for link in links:
                if start and not plain.startswith(start + " "):
                    continue
                begin, found, end = plain.removeprefix(start).strip().partition(f" {link} ")
                if found and (text := _range(begin, end, day_first)):
                    return text
    return None


def _range_with_dash(plain: str, day_first: bool) -> str | None:
    """Return the range for "June-July 2017", "2014-02-26 - 2014-03-01"; every dash may be the one between."""
    for link in (" - ", "-", "/"):
        places = [match.start() for match in re.finditer(re.escape(link), plain)]
        for place in places[:6]:
            if text := _range(plain[:place].strip(), plain[place + len(link) :].strip(), day_first):
                return text
    return None


def _range(begin: str, end: str, day_first: bool) -> str | None:
    if (last := _single(end, day_first)) is None:
        return None
    first = _single(begin, day_first, last)
    return f"{first}/{last}" if first else None


def _one_of(plain: str, day_first: bool) -> str | None:
    """Return "one of" for "2017 or 2018", "26, 27 or 28 February 2014"."""
    *others, last = _OR.split(plain)
    whole = _single(last, day_first)
    if not others or whole is None:
        return None
    choices = [whole]
    for other in others:
        pieces = [other] if _single(other, day_first, whole) else other.strip(",").split(",")
        for piece in pieces:
            if (choice := _single(piece.strip(), day_first, whole)) is None:
                return None
            choices.append(choice)
    return f"[{','.join(map(str, choices))}]"


def _limit(plain: str, day_first: bool) -> str | None:
    """Return the open range for "after 2015" (from 2016 on), "since 2015", "before 2015" (up to 2014), "by 2017"."""
    rest, meaning = _split_start(plain, _LIMITS)
    if not meaning or (known := _single(rest, day_first)) is None:
        return None
    if meaning in ("after", "before"):
        known = _neighbour(known, 1 if meaning == "after" else -1)
    return f"{known}/.." if meaning in ("since", "after") else f"../{known}"


def _neighbour(known: Parts, step: int) -> Parts:
    """Return the year, month or day next to `known`."""
    edge = known.last if step > 0 else known.first
    day = edge + timedelta(days=step)
    if known.month is None:
        return checked(day.year)
    return checked(day.year, day.month, None if known.day is None else day.day)


def _no_year() -> str:
    return _("Write the year with four digits, as in 2014")
