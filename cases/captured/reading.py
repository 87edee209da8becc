"""python -m cases.captured.reading KIND: reads a file from standard input, writes its text, or what is wrong, as JSON.

Runs as a process of its own, under limits that it sets before it reads. What it stumbles over ends it: the file is broken.
"""

import json
import resource
import sys
from collections.abc import Callable

from cases.captured.words import LONGEST_TEXT, Wrong, cleaned

MEMORY = 768 * 1024**2
SECONDS = 40  # of work
FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.spawn",
    "ctypes.dlopen",
    "urllib.",
)


def main() -> None:
    limit()
    from cases.captured import formats  # only now, as the limits count for it too

    readers: dict[str, Callable[[bytes], dict[str, object]]] = {
        "pdf": formats.pdf, "docx": formats.docx, "html": formats.html, "mail": formats.mail, "text": formats.plain,
    }  # fmt: skip
    read, data = readers[sys.argv[1]], sys.stdin.buffer.read()
    sys.addaudithook(refuse)
    try:
        answer = kept(read(data))
    except Wrong as wrong:
        answer = {"wrong": str(wrong)}
    except MemoryError:
        answer = {"wrong": "large"}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse(event: str, _arguments: tuple[object, ...]) -> None:
    """Nothing that reads a text talks to other computers or starts programs."""
    if event.startswith(FORBIDDEN):
        raise Wrong("broken")


def kept(answer: dict[str, object]) -> dict[str, object]:
    text = cleaned(str(answer["text"]))
    if not text:
        raise Wrong("no text")
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"long {len(text)}")
    return {**answer, "text": text}


if __name__ == "__main__":
    main()
