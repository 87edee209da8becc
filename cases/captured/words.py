"""A text as it is kept. Plain Python."""

import re
import unicodedata

LONGEST_TEXT = 2_000_000  # characters
LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Control characters but tab and line feed, halves of characters (PostgreSQL can't hold them), the mark of a file's beginning.
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")


class Wrong(Exception):
    """Why a file has no text for us, in one of the words that cases.captured.files knows."""


def cleaned(text: str) -> str:
    """Return the text with line feeds alone, without control characters, in NFC, without white space around it.

    Cleaning once more changes nothing. Blank lines and white space inside stay as they are.
    """
    return unicodedata.normalize("NFC", UNWANTED.sub("", LINE_ENDS.sub("\n", text))).strip()
