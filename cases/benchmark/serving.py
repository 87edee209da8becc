"""The pages as gunicorn serves them, and a client that asks for them over one connection, as a browser does."""

import contextlib
import http.client
import os
import socket
import statistics
import time
from dataclasses import dataclass
from importlib import import_module
from math import ceil
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from cases.benchmark.scratch import ScratchError
from casetracker.run import OWNERS_ADDRESSES, child, server_words


@contextlib.contextmanager
def served(environ):
    """Yield (port, pid of gunicorn) of a server that runs meanwhile, as `script/run` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: value for name, value in environ.items() if name not in OWNERS_ADDRESSES}
    with child(server_words(port, "cases.benchmark.wsgi"), environ) as process:
        deadline = time.monotonic() + 60
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ScratchError("The web server did not start: see above.")
            time.sleep(0.1)
        yield port, process.pid


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def session_of(user):
    """Sign the user in, and return the session's key."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["began"] = session["seen"] = time.time()
    session.save()
    return session.session_key


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes
    seconds: float


class Browser:
    """One person's connection to the server."""

    def __init__(self, port, user):
        self.port, self.user = port, user
        self.cookies = {"session": session_of(user)}
        self.connection = None

    def get(self, address, **headers):
        return self.ask("GET", address, None, headers)

    def post(self, address, values):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1:{self.port}/"}
        return self.ask("POST", address, urlencode(values, doseq=True), headers)

    def ask(self, method, address, body, headers):
        """Return the whole answer. A connection that the server has closed meanwhile is opened again, once."""
        for last in (False, True):
            began = time.perf_counter()
            try:
                response = self.send(method, address, body, headers)
                read = response.read()
            except (http.client.HTTPException, OSError):
                self.close()
                if last:
                    raise
                continue
            seconds = time.perf_counter() - began
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.split(";", 1)[0].partition("=")
                self.cookies[name] = value
            return Answer(response.status, dict(response.headers), read, seconds)

    def send(self, method, address, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, address, body, {"Cookie": cookie, **headers})
        return self.connection.getresponse()

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


@dataclass(frozen=True)
class Timing:
    """How long one page took, in milliseconds."""

    p50_ms: float
    p95_ms: float
    queries: int

    @classmethod
    def of(cls, seconds, queries):
        ordered = sorted(seconds)
        p95 = ordered[ceil(0.95 * len(ordered)) - 1]
        return cls(round(statistics.median(ordered) * 1000, 1), round(p95 * 1000, 1), queries)


class NotThere(Exception):
    """A page did not answer with what is to be measured."""


WARM_UP = 2
PATIENCE = 30  # seconds for one page: what is very slow is not asked for as often
AT_LEAST = 3


def timed(browser, addresses, runs):
    """Ask for the addresses in turn, so many times in all, after a warm-up. The queries are those of the first."""
    for address in addresses[: WARM_UP + 1]:
        for _ in range(WARM_UP):
            answer = browser.get(address)
            refuse_wrong(answer, address)
            if answer.seconds > PATIENCE / 10:
                break
    counted = browser.get(addresses[0], **{"X-Count-Queries": "1"})
    refuse_wrong(counted, addresses[0])
    seconds, began = [], time.monotonic()
    for number in range(max(runs, len(addresses))):
        if time.monotonic() - began > PATIENCE and (number >= AT_LEAST or answer.seconds > PATIENCE):
            break
        answer = browser.get(addresses[number % len(addresses)])
        refuse_wrong(answer, addresses[number % len(addresses)])
        seconds.append(answer.seconds)
    return Timing.of(seconds, int(counted.headers["X-Queries"]))


def refuse_wrong(answer, address):
    if answer.status != 200:
        raise NotThere(f"{address} answered {answer.status}")


# Memory of the workers


def workers(pid):
    """Return the pids of gunicorn's workers; none where the system doesn't say."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        return []


def memory_of(pid):
    """Return how much memory the process holds, in MiB."""
    try:
        with open(f"/proc/{pid}/statm") as numbers:
            return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
    except (OSError, ValueError):
        return 0.0
