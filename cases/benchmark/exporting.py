"""All cases as CSV through gunicorn, beside a bare COPY of the same query in the same run; and the list meanwhile."""

import http.client
import statistics
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.http import QueryDict
from django.urls import reverse

from cases.benchmark.serving import memory_of, workers
from cases.filters import CaseFilter
from cases.models import Case
from cases.reports import REPORTS, Asked
from cases.reports.csv import AT_ONCE, as_written

READ_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Export:
    rows: int
    seconds: float
    first_byte_s: float
    extra_mib: float


def measure(browser, gunicorn, times, tell):
    """Return the figures of the CSV, and what they were made of."""
    bare = Bare(browser.user)
    exports, in_portions, at_once = [], [], []
    download(browser, gunicorn, query="?q=Qwertzuiop")  # so that what is loaded once is loaded
    for number in range(times):
        exports.append(download(browser, gunicorn))
        tell(f"  CSV: {exports[-1].rows / exports[-1].seconds:.0f} rows a second")
        in_portions.append(bare.in_portions())
        tell(f"  bare COPY in portions: {bare.number / in_portions[-1]:.0f} rows a second")
        if number == 0 or at_once:
            at_once += bare.at_once(10 * in_portions[-1])
            tell(f"  bare COPY at once: {f'{bare.number / at_once[-1]:.0f} rows a second' if at_once else 'gave up'}")
    export = statistics.median(each.seconds for each in exports)
    copies = {"in_portions_s": in_portions, "at_once_s": at_once}
    quickest = min(statistics.median(each) for each in copies.values() if each)
    figures = {
        "ratio_to_copy": round(quickest / export, 2),
        "extra_mib": round(max(each.extra_mib for each in exports), 1),
        "first_byte_s": round(statistics.median(each.first_byte_s for each in exports), 3),
        "rows_per_s": round(exports[0].rows / export),
    }
    details = {
        "rows": exports[0].rows,
        "export_s": [round(each.seconds, 2) for each in exports],
        "copy": {name: [round(each, 2) for each in seconds] for name, seconds in copies.items()},
    }
    return figures, details


def download(browser, gunicorn, query=""):
    """Read the whole file as a client does, and throw it away."""
    browser.close()  # the server has closed a connection that was idle meanwhile
    with Memory(gunicorn) as memory:
        began = time.perf_counter()
        response = browser.send("GET", reverse("case-csv") + query, None, {})
        first = response.read1(READ_AT_ONCE)
        first_byte, lines, last = time.perf_counter() - began, first.count(b"\n"), first
        while portion := response.read1(READ_AT_ONCE):
            lines += portion.count(b"\n")
            last = portion
        seconds = time.perf_counter() - began
    if response.status != 200 or b"NOT COMPLETE" in last:
        raise http.client.HTTPException(f"The export answered {response.status} and ended with {last[-200:]!r}")
    return Export(lines - 1, seconds, first_byte, memory.extra)


class Memory:
    """How much more one of gunicorn's workers holds at most than it held before, in MiB."""

    def __init__(self, gunicorn):
        self.gunicorn = gunicorn

    def __enter__(self):
        self.before = {pid: memory_of(pid) for pid in workers(self.gunicorn)}
        self.most = dict(self.before)
        self.over = threading.Event()
        self.watch = threading.Thread(target=self.look)
        self.watch.start()
        return self

    def look(self):
        while not self.over.wait(0.02):
            for pid in self.most:
                self.most[pid] = max(self.most[pid], memory_of(pid))

    def __exit__(self, *error):
        self.over.set()
        self.watch.join()
        self.extra = max((self.most[pid] - self.before[pid] for pid in self.most), default=0.0)


class Bare:
    """The export's own query over its own keys, by COPY alone: nothing is made of the bytes."""

    def __init__(self, user):
        found = CaseFilter(QueryDict(), Case.objects.visible_to(user), user=user)
        asked = Asked.by(found)
        report = REPORTS["cases"]
        columns = report.plain_columns_for(user)
        copied = ", ".join(f'{as_written(column)} AS "{column.name}"' for column in columns)
        self.copy = (
            f"COPY (SELECT {copied} FROM ({asked.fill(report.sql(columns))}) AS raw) TO STDOUT WITH (FORMAT csv)"
        )
        self.values = asked.values
        self.keys = list(found.ordered.values_list("pk", flat=True))
        self.number = len(self.keys)

    def in_portions(self):
        """Return the seconds that it takes as the export does it, some thousand keys at a time."""
        connection.ensure_connection()
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for first in range(0, self.number, AT_ONCE):
                self.read(cursor.cursor, self.copy, self.values | {"ids": self.keys[first : first + AT_ONCE]})
        return time.perf_counter() - began

    def at_once(self, patience):
        """Return [the seconds that it takes in one statement]; nothing if that takes longer than `patience`."""
        whole = self.copy.replace("%(ids)s::bigint[]", "ARRAY(SELECT id FROM benchmark_keys ORDER BY n)")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS benchmark_keys")
            cursor.execute("CREATE TEMPORARY TABLE benchmark_keys (id bigint, n bigint GENERATED ALWAYS AS IDENTITY)")
            with cursor.copy("COPY benchmark_keys (id) FROM STDIN") as keys:
                for key in self.keys:
                    keys.write_row([key])
            cursor.execute("ANALYZE benchmark_keys")
            cursor.execute(f"SET statement_timeout = {int(1000 * max(patience, 5))}")
            began = time.perf_counter()
            try:
                self.read(cursor.cursor, whole, self.values)
            except Exception as error:
                if getattr(error, "sqlstate", "") != "57014":
                    raise
                return []
            finally:
                cursor.execute("SET statement_timeout = 0")
        return [time.perf_counter() - began]

    def read(self, cursor, copy, values):
        with cursor.copy(copy, values) as portions:
            for _ in portions:
                pass


@contextmanager
def running(browser):
    """Let this person export all cases meanwhile, again and again."""
    over = threading.Event()

    def export():
        while not over.is_set():
            response = browser.send("GET", reverse("case-csv"), None, {})
            while not over.is_set() and response.read1(READ_AT_ONCE):
                pass
            browser.close()

    thread = threading.Thread(target=export)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
