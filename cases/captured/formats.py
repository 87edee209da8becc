"""How the text of each kind of file is read. Runs in the process of reading.py only: what goes wrong here ends there."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from cases.captured.words import LONGEST_TEXT, Wrong

MOST_PAGES = 2000
MOST_PARTS = 200  # of an e-mail that have parts themselves
MOST_MEMBERS = 2000  # files in a DOCX
LARGEST_UNPACKED = 100_000_000  # bytes of them all
LARGEST_RATIO = 150  # where it is more than a few million bytes that a file unpacks to
# In which files of our world are written that are not UTF-8; among all there are, the guess is often wrong.
ENCODINGS = [
    "cp1251", "koi8_u", "koi8_r", "cp866", "iso8859_5", "cp1252", "cp1250", "cp1254", "cp1256", "cp1255", "cp1253", "cp1257",
]  # fmt: skip
SAMPLE = 200_000  # bytes that are looked at to tell how letters are written

Answer = dict[str, object]


# ------------------------------------------------------------------------------------------------ PDF


def pdf(data: bytes) -> Answer:
    from pypdf import PdfReader
    from pypdf.errors import PdfReadError

    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Wrong("password")
        if len(reader.pages) > MOST_PAGES:
            raise Wrong("pages")
        texts, length = [], 0
        for page in reader.pages:
            texts.append(_joined_halves(page.extract_text()))
            length += len(texts[-1])
            if length > 2 * LONGEST_TEXT:
                raise Wrong(f"long {length}")
    except PdfReadError as error:
        raise Wrong("broken") from error
    return {"text": "\n\n".join(text.strip() for text in texts if text.strip())}


def _joined_halves(text: str) -> str:
    """Return the text with its surrogate pairs as the characters that they are."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


# ------------------------------------------------------------------------------------------------ DOCX

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
NOT_SAID = {f"{W}del", f"{W}moveFrom", f"{W}instrText", FALLBACK}  # what was struck out, and the same once more
BREAKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}softHyphen": "\u00ad"}
NOTES = ("footnotes", "endnotes")


def docx(data: bytes) -> Answer:
    refuse_bomb(data)
    from docx import Document

    part = Document(BytesIO(data)).part
    texts = [_of_word(part.element.body)]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    for link in part.rels.values():
        if link.reltype.endswith(NOTES) and not link.is_external:
            texts.append(_of_word(etree.fromstring(link.target_part.blob, parser)))
    return {"text": "\n\n".join(text.strip() for text in texts if text.strip())}


def refuse_bomb(data: bytes) -> None:
    """Look at the file's list of contents before anything is unpacked. What a member unpacks to beyond that list isn't read."""
    with ZipFile(BytesIO(data)) as file:
        members = file.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > LARGEST_UNPACKED or packed > len(data):
        raise Wrong("bomb")
    if unpacked > 20_000_000 and unpacked > LARGEST_RATIO * max(packed, 1):
        raise Wrong("bomb")


def _of_word(root: Any) -> str:
    found = []
    for event, node in _walked(root, NOT_SAID):
        if event == "end":
            if node.tag == f"{W}p":
                found.append("\n")
            elif node.tag == f"{W}tc":  # the cells of a row stand in one line
                _close(found, "\t")
            elif node.tag == f"{W}tr":
                _close(found, "\n")
        elif node.tag == f"{W}t":
            found.append(node.text or "")
        elif node.tag in BREAKS:
            found.append(BREAKS[node.tag])
    return "".join(found)


def _close(found: list[str], with_what: str) -> None:
    while found and not found[-1].strip():
        found.pop()
    found.append(with_what)


def _walked(root: Any, left_out: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield ("start" and "end", element) without recursion, and without those elements and what is in them."""
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        if event == "start" and node.tag in left_out:
            walker.skip_subtree()
        elif node.tag not in left_out:
            yield event, node


# ------------------------------------------------------------------------------------------------ HTML

UNSHOWN = {
    "script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas", "select", "button", "textarea",
}  # fmt: skip
BLOCKS = {
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
    "body", "caption", "details", "summary",
}  # fmt: skip
PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dl"}


def html(data: bytes) -> Answer:
    text, encoding = decoded(data, declared(data))
    return {"text": of_html(text), "encoding": encoding}


def of_html(text: str) -> str:
    """Return what a page shows: no scripts, styles and hidden parts."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))
    if not text.strip():
        raise Wrong("no text")
    parser = HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        raise Wrong("deep")  # more than 2,048 elements in each other: the rest of the page was left out
    found: list[str] = []
    _say(root, found)
    return re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(found)).replace("\n\n\n", "\n\n")


def _say(root: Any, found: list[str]) -> None:
    walker = etree.iterwalk(root, events=("start", "end"))
    verbatim = 0
    for event, node in walker:
        tag = node.tag if isinstance(node.tag, str) else ""
        shown = tag and tag not in UNSHOWN and node.get("hidden") is None
        if shown and tag in BLOCKS:
            _break(found, "\n\n" if tag in PARAGRAPHS else "\n")
        if event == "start":
            verbatim += tag == "pre"
            if shown:
                _add(found, "\n" if tag == "br" else node.text or "", verbatim or tag == "br")
            else:
                walker.skip_subtree()
        else:
            verbatim -= tag == "pre"
            if tag in ("td", "th"):
                _add(found, "\t", True)
            if node is not root:
                _add(found, node.tail or "", verbatim)


def _break(found: list[str], wanted: str) -> None:
    """End the line, or with two line feeds the paragraph, if it isn't ended."""
    last = "".join(found[-3:]).rstrip(" \t")
    ended = len(last) - len(last.rstrip("\n"))
    if found and ended < len(wanted):
        found.append("\n" * (len(wanted) - ended))


def _add(found: list[str], text: str, verbatim: object) -> None:
    said = text if verbatim else re.sub(r"[ \t\r\n\f]+", " ", text)
    if said == " " and found and found[-1].endswith((" ", "\n")):
        return
    if said:
        found.append(said)


# ------------------------------------------------------------------------------------------------ e-mail


def mail(data: bytes) -> Answer:
    if (
        len(re.findall(rb"multipart/", data, re.IGNORECASE)) > MOST_PARTS
    ):  # e-mail in e-mail takes time in the square of it
        raise Wrong("bomb")
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(preferencelist=("plain", "html"))
    said, encoding = _of_body(body) if body is not None else ("", "")
    if not said.strip():
        raise Wrong("no text")
    heads = [f"{name}: {_one_line(message[name])}" for name in ("From", "To", "Date", "Subject") if message[name]]
    names = [_one_line(part.get_filename() or part.get_content_type())[:200] for part in _attachments(message, body)]
    return {"text": "\n".join(heads) + "\n\n" + said, "encoding": encoding, "left_out": names[:100]}


def _of_body(body: Any) -> tuple[str, str]:
    data = body.get_payload(decode=True) or b""
    text, encoding = decoded(data, str(body.get_content_charset() or ""))
    return (of_html(text) if body.get_content_type() == "text/html" else text), encoding


def _attachments(message: EmailMessage, body: Any) -> Iterator[Any]:
    for part in message.walk():
        if part is not body and not part.is_multipart() and (part.get_filename() or part.is_attachment()):
            yield part


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


# ------------------------------------------------------------------------------------------------ plain text


def plain(data: bytes) -> Answer:
    text, encoding = decoded(data, "")
    return {"text": text, "encoding": encoding}


def declared(data: bytes) -> str:
    """Return the encoding that a page names for itself."""
    named = re.search(
        rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", data[:4096], re.IGNORECASE
    )
    return named[1].decode("ascii") if named else ""


def decoded(data: bytes, named: str) -> tuple[str, str]:
    """Return the text, and the encoding if it had to be guessed: nothing in the bytes says it, and they are not UTF-8."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _strictly(data, encoding), ""
    for encoding in ("utf-8-sig", named):
        try:
            if encoding and (encoding == "utf-8-sig" or encoding.lower().replace("-", "") not in ("utf8", "usascii")):
                return data.decode(encoding), ""
        except (LookupError, UnicodeError):
            continue
    return _guessed(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        raise Wrong("encoding") from error


def _guessed(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE], cp_isolation=ENCODINGS).best()
    if best is None:
        raise Wrong("encoding")
    return data.decode(best.encoding, "replace"), best.encoding
