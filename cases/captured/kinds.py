"""Which kind of file it is: its content decides, its name only between kinds of plain text. Plain Python."""

import re
from io import BytesIO
from typing import Literal
from zipfile import BadZipFile, ZipFile

import puremagic

Kind = Literal["pdf", "docx", "html", "mail", "text"]
ENDINGS: dict[str, Kind] = {
    "pdf": "pdf", "docx": "docx", "docm": "docx", "htm": "html", "html": "html", "xhtml": "html", "eml": "mail",
    "txt": "text", "text": "text", "md": "text",
}  # fmt: skip
HTML = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.{0,2000}?-->\s*)*<(!doctype\s+html|html|head|body|meta|title)\b",
    re.IGNORECASE | re.DOTALL,
)
MAIL = re.compile(
    rb"(From |(Return-Path|Received|Delivered-To|X-[\w-]+|MIME-Version|Message-ID|From|To|Date|Subject|DKIM-Signature|ARC-[\w-]+)"
    rb":.*\r?\n([\w-]+:|[ \t]))",
    re.IGNORECASE,
)
CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32)])  # hardly any in a text of whatever encoding
BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def named_kind(name: str) -> Kind | None:
    """Return the kind that a file's name ends with."""
    return ENDINGS.get(name.rpartition(".")[2].lower())


def kind_of(data: bytes, name: str) -> Kind | None:
    """Return the kind of file, None for one that can't be read."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK"):
        return "docx" if _is_docx(data) else None
    named = named_kind(name)
    if named in ("pdf", "docx") or _is_something_else(data):
        return None
    start = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if named == "mail" or (named != "html" and MAIL.match(start.lstrip())):
        return "mail"
    if named == "html" or (named != "text" and HTML.match(start)):
        return "html"
    return "text"


def _is_docx(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as file:
            names = file.NameToInfo
    except (BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return False
    return "[Content_Types].xml" in names and any(name.startswith("word/") for name in names)


def _is_something_else(data: bytes) -> bool:
    """Whether these are no letters: a picture, a program, an older Word's file."""
    if data.startswith(b"{\\rtf"):
        return True
    if data.startswith(BOMS):
        return False
    start = data[:65536]
    if max(start[::2].count(0), start[1::2].count(0)) > len(start) // 6:  # letters of two bytes, if nobody knows better
        return _is_known(data)
    return len(start) - len(start.translate(None, CONTROLS)) > len(start) // 50


def _is_known(data: bytes) -> bool:
    try:
        return bool(puremagic.from_string(data[:4096]))
    except (puremagic.PureError, ValueError):
        return False
