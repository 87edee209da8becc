"""The table of the design's section 9: what is to be reached, what was measured, and whether that is so."""

import json
import os
import platform
import tempfile
from dataclasses import asdict
from pathlib import Path

from django.db import connection

SMALL = 20_000  # up to here the first column of the table holds
MILLISECONDS = {
    "list page": (40, 60),
    "last page": (40, 60),
    "filter": (50, 100),
    "another day": (50, 100),
    "name search": (50, 100),
    "case page": (60, 60),
}
QUERIES = {"case page": 30}
RATIO_TO_COPY, EXTRA_MIB, FIRST_BYTE_S, RATIO_TO_NO_HISTORY = 0.7, 20, 0.2, 1.5


def targets(cases):
    return {name: pair[cases > SMALL] for name, pair in MILLISECONDS.items()}


def as_json(timings, csv, save, beside):
    """Return what is written to a file: the figures under their names, whatever else was found beside them."""
    figures = {name: asdict(timing) for name, timing in timings.items()}
    return {**figures, "csv": csv, "save": save, **beside}


def table(cases, timings, csv, save, of_save=None):
    """Return the table as Markdown."""
    rows = [("what", "to reach", "measured", "p95", "queries", "met")]
    for name, most in targets(cases).items():
        if timing := timings.get(name):
            met = timing.p50_ms <= most and timing.queries <= QUERIES.get(name, timing.queries)
            limit = f"≤ {most} ms" + (f"; ≤ {QUERIES[name]} queries" if name in QUERIES else "")
            rows.append((name, limit, f"{timing.p50_ms} ms", f"{timing.p95_ms} ms", str(timing.queries), yes(met)))
        else:
            rows.append((name, f"≤ {most} ms", "not measured", "", "", "no"))
    if csv:
        for what, limit, value, met in [
            ("CSV of all cases, beside bare COPY", f"≥ {RATIO_TO_COPY}", csv["ratio_to_copy"], csv["ratio_to_copy"] >= RATIO_TO_COPY),
            ("its extra memory", f"≤ {EXTRA_MIB} MiB", f"{csv['extra_mib']} MiB", csv["extra_mib"] <= EXTRA_MIB),
            ("its first byte", f"≤ {FIRST_BYTE_S} s", f"{csv['first_byte_s']} s", csv["first_byte_s"] <= FIRST_BYTE_S),
            ("its rows", "", f"{csv['rows_per_s']} a second", True),
        ]:  # fmt: skip
            rows.append((what, limit, str(value), "", "", yes(met) if limit else ""))
    if save:
        ratio = save["ratio_to_no_history"]
        rows.append(
            (
                "save by a form, beside one without history",
                f"≤ {RATIO_TO_NO_HISTORY}",
                f"{ratio}",
                "",
                "",
                yes(ratio <= RATIO_TO_NO_HISTORY),
            )
        )
    if of_save:  # beside the form, whose own work hides what the triggers cost
        ratio = of_save["row"]["ratio"]
        rows.append(
            (
                "the same of the row alone",
                f"≤ {RATIO_TO_NO_HISTORY}",
                str(ratio),
                "",
                "",
                yes(ratio <= RATIO_TO_NO_HISTORY),
            )
        )
    return in_columns(rows)


def yes(met):
    return "yes" if met else "no"


def in_columns(rows):
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    rows = [rows[0], tuple("-" * width for width in widths), *rows[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def machine():
    """Return what the figures were measured on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
            [["server_version", "shared_buffers", "work_mem", "random_page_cost", "fsync", "synchronous_commit"]],
        )
        postgres = dict(cursor.fetchall())
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "postgresql": postgres,
        "database_gb": round(size / 1e9, 2),
    }


def write(path, found):
    """Write the file whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        json.dump(found, beside, indent=2, ensure_ascii=False)
        beside.write("\n")
    os.chmod(beside.name, 0o644)
    Path(beside.name).replace(path)
