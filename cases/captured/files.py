"""The text of a file that somebody took from the web, from a court or from their mail. The file itself is not kept.

What kind of file it is, its own bytes say. It is read in a process of its own (reading.py) which may take little memory and
time, write no file and reach no network: a file that does harm harms nothing but that process.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _

from cases.captured.kinds import Kind, kind_of, named_kind
from cases.captured.words import LONGEST_TEXT

LARGEST_FILE = 10_000_000  # bytes
LONGEST_WAIT = 55  # seconds by the clock; reading.py sets a shorter limit of work
LONGEST_QUEUE = 20  # seconds that a file waits for those before it
ONE_AT_A_TIME = Lock()  # each may take the memory and work that reading.py allows
ROOT = Path(__file__).resolve().parent.parent.parent


class Unreadable(Exception):
    """A file whose text can't be had. Its text says why and what to do, for the user."""


@dataclass(frozen=True)
class Captured:
    """The text of a file, cleaned. `encoding` is the one that was guessed, if it was; `left_out` are names of attachments."""

    text: str
    encoding: str = ""
    left_out: list[str] = field(default_factory=list)


def text_of(data: bytes, name: str) -> Captured:
    """Return the text of a file. `name` helps where the content alone doesn't tell its kind. Unreadable says what is wrong."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(_("This file is larger than 10 MB. Take the part that you need, or paste its text."))
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable(_("This file is empty. Choose another one, or paste the text."))
    kind = kind_of(data, name)
    if kind is None:
        raise Unreadable(_unknown(name))
    answer = _read_apart(kind, data)
    if "wrong" in answer:
        raise Unreadable(_said(str(answer["wrong"]), kind))
    return Captured(answer["text"], answer.get("encoding", ""), answer.get("left_out", []))


def too_long(length: int) -> str:
    """Return what is said of a text with more characters than are kept."""
    return _(
        "This text has %(length)s characters; at most %(most)s are kept. Leave out what is of no use, "
        "or make two sources of it, part 1 and part 2."
    ) % {"length": f"{length:,}", "most": f"{LONGEST_TEXT:,}"}


def _read_apart(kind: Kind, data: bytes) -> Any:
    """Return what the reading process said: {"wrong": why} or the values of Captured."""
    command = [sys.executable, "-s", "-E", "-m", "cases.captured.reading", kind]
    if not ONE_AT_A_TIME.acquire(
        timeout=LONGEST_QUEUE
    ):  # else a few slow files would keep all threads from other pages
        return {"wrong": "busy"}
    try:
        done = subprocess.run(
            command, input=data, stdout=PIPE, stderr=DEVNULL, cwd=ROOT, env={}, timeout=LONGEST_WAIT, check=False
        )
    except subprocess.TimeoutExpired:
        return {"wrong": "slow"}
    finally:
        ONE_AT_A_TIME.release()
    if done.returncode:
        return {
            "wrong": "large" if done.returncode < 0 else "broken"
        }  # ended for its time, or it stumbled over the file
    return json.loads(done.stdout)


def _unknown(name: str) -> str:
    if named_kind(name) in ("pdf", "docx"):
        return _("This file is called %(name)s, but it is none: it is broken, or of another kind. Get it anew.") % {
            "name": name[-60:]
        }
    return _(
        "This kind of file can't be read. What can: PDF, DOCX, HTML, plain text and e-mail (.eml). "
        "Save it as one of these, or paste its text."
    )


def _said(wrong: str, kind: str) -> str:
    """Return what is wrong in words for the user."""
    if wrong.startswith("long "):
        return too_long(int(wrong.removeprefix("long ")))
    said = {
        "password": _("This PDF has a password. Open it with the password, save it without, and choose that file."),
        "no text": _("There is no text in this file: its pages are pictures, or it is empty. Copy or type the words."),
        "pages": _("This PDF has more than 2,000 pages. Take those that you need into a file of their own."),
        "bomb": _("Unpacked, this file would be too large to be a text. Open it and paste its text instead."),
        "deep": _("This page is nested too deeply to be read to its end. Paste its text instead."),
        "encoding": _(
            "It can't be told how the letters of this file are written. Save it as UTF-8, or paste its text."
        ),
        "busy": _("Other files are being read just now. Try again in a minute, or paste the text."),
        "slow": _("Reading this file takes too long. Paste its text instead."),
        "large": _("Reading this file takes too much memory or time. Paste its text instead."),
    }
    return said.get(wrong) or _("This %(kind)s file is broken. Get it anew, or paste its text.") % {
        "kind": kind.upper()
    }
