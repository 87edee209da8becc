"""The database that is measured: on a private server of its own, or beside the one that DATABASE_URL names. Never that one itself.

A comment on the database says that it is ours and what is in it: nothing without it is used, written or dropped.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from casetracker.postgres import WITHOUT_CARE, PostgresError, Server, find, server_address
from casetracker.prepare import make_database
from casetracker.run import APPLICATION, PROJECT, SERVER_OPTIONS
from casetracker.settings import database

BYTES_OF_A_CASE = 25_000  # with history and indexes; while it is filled, the log of changes comes on top
LOG_BYTES = 3_000_000_000
NAME = "benchmark"
NAMES = re.compile(r"[a-z][a-z0-9_]{0,40}")


class ScratchError(Exception):
    """Why there is no database to measure; for people to read."""


class Scratch:
    """A database for measuring. `mark` is what its comment says; None while nothing is in it."""

    maintenance: str
    owner: str
    application: str
    name: str

    def __init__(self, data: Path):
        self.data = data

    @property
    def has_two_roles(self) -> bool:
        return conninfo_to_dict(self.owner).get("user") != conninfo_to_dict(self.application).get("user")

    def begin_filling(self) -> None:
        """Be quick, whatever it costs if the machine fails."""

    def begin_measuring(self) -> None:
        """Be as careful as a server for people is."""

    # What is there

    @property
    def mark(self) -> dict[str, Any] | None:
        rows = self.asked(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [self.name]
        )
        if not rows:
            return None
        try:
            return dict(json.loads(rows[0][0])["benchmark"])
        except (TypeError, ValueError, KeyError):
            raise ScratchError(
                f"There is a database {self.name} that the benchmark did not make: give --keep another name."
            ) from None

    def write_mark(self, mark: Mapping[str, Any]) -> None:
        comment = sql.Literal(json.dumps({"benchmark": dict(mark)}))
        self.do(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(self.name), comment))

    def make(self) -> None:
        """Make it anew, empty and up to date."""
        self.drop()
        try:
            self.do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
        except psycopg.errors.InsufficientPrivilege:
            raise ScratchError(
                "The database's owner may not make another one: ALTER ROLE … CREATEDB, or leave DATABASE_URL out and a "
                "private server is started."
            ) from None
        self.write_mark({})

    def bring_up_to_date(self) -> None:
        for words in (["migrate"], ["setup"], ["collectstatic", "--no-input"]):
            command = [sys.executable, str(PROJECT / "manage.py"), *words, "--verbosity", "0"]
            done = subprocess.run(command, env=self.environ(), cwd=PROJECT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ScratchError(f"manage.py {words[0]} failed on the scratch database:\n{done.stdout}{done.stderr}")

    def drop(self) -> None:
        if self.mark is not None:
            self.do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def asked(self, query: str, values: list[object] | None = None) -> list[Any]:
        with psycopg.connect(self.maintenance, autocommit=True) as mine:
            return mine.execute(query, values).fetchall()  # type: ignore[arg-type]

    def do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.maintenance, autocommit=True) as mine:
            mine.execute(statement)

    # Who uses it

    def environ(self) -> dict[str, str]:
        """Return the environment of commands and of the web server on this database: as `script/run` serves, over http."""
        kept = {name: value for name, value in os.environ.items() if name not in GONE}
        owners = {"MIGRATION_DATABASE_URL": self.owner} if self.has_two_roles else {}
        mine = {
            "DATABASE_URL": self.application,
            "CASETRACKER_DATA": str(self.data),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        return kept | owners | mine

    def connect(self) -> None:
        """Make this process the owner of this database, and of no other."""
        connection.close()
        connection.settings_dict.update(database(self.owner))
        connection.settings_dict["OPTIONS"].pop("pool", None)


GONE = {
    *("APPLICATION_DATABASE_URL", "MIGRATION_DATABASE_URL", "MAINTENANCE_URL", "DATABASE_URL"),
    *("CASETRACKER_DEBUG", "CASETRACKER_HTTPS", "CASETRACKER_PROXIES", "ALLOWED_HOSTS", "CASETRACKER_PRIVATE_SERVER"),
}


class OnOwnServer(Scratch):
    def __init__(self, home: Path, data: Path):
        super().__init__(data)
        self.home, self.name = home, NAME
        self.server: Server | None = None

    def __enter__(self) -> Self:
        self.start(measuring_options())
        return self

    def __exit__(self, *error: object) -> None:
        connection.close()
        if self.server:
            self.server.stop()

    def start(self, options: list[str]) -> None:
        if self.server:
            self.server.stop()
        self.server = Server(self.home, find(for_data=self.home / "data"), options)
        self.server.start()
        assert self.server.run
        self.maintenance = self.server.address("postgres")
        self.owner = self.server.address(self.name)
        self.application = server_address(self.server.run, self.name, APPLICATION)

    def make(self) -> None:
        self.drop()
        make_database(self.maintenance, self.application)
        self.write_mark({})

    def begin_filling(self) -> None:
        connection.close()
        self.start([*measuring_options(), *FILLING_OPTIONS])

    def begin_measuring(self) -> None:
        connection.close()
        self.start(measuring_options())
        self.connect()


FILLING_OPTIONS = [*WITHOUT_CARE, "wal_level=minimal", "max_wal_senders=0", "max_wal_size=2GB"]


def measuring_options() -> list[str]:
    """Return what `script/run` gives its server, and memory as an administrator would for so many cases."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return [
        *SERVER_OPTIONS,
        f"shared_buffers={max(128, min(memory // 4, 4096))}MB",
        f"effective_cache_size={max(256, memory * 3 // 4)}MB",
        "work_mem=16MB",
        "random_page_cost=1.1",
        "max_wal_size=4GB",
    ]


class Beside(Scratch):
    """Beside the database that DATABASE_URL names, on the same server."""

    def __init__(self, name: str, data: Path):
        super().__init__(data)
        self.name = name
        owner = os.environ.get("MIGRATION_DATABASE_URL") or os.environ["DATABASE_URL"]
        application = os.environ.get("APPLICATION_DATABASE_URL") or os.environ["DATABASE_URL"]
        self.maintenance = owner
        self.owner, self.application = make_conninfo(owner, dbname=name), make_conninfo(application, dbname=name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        connection.close()


@contextlib.contextmanager
def scratch(keep: str, cases: int) -> Iterator[Scratch]:
    """Yield the database to measure: what `keep` names, and stays, or a passing one."""
    if keep and not NAMES.fullmatch(keep):
        raise ScratchError("--keep takes a name of small letters, digits and underscores, such as million.")
    with tempfile.TemporaryDirectory(prefix="casetracker-benchmark-") as passing:
        data = Path(passing) / "data"
        data.mkdir(mode=0o700)
        try:
            with place(keep, cases, Path(passing), data) as found:
                try:
                    yield found
                finally:
                    if not keep:
                        connection.close()
                        found.drop()
        except PostgresError as error:
            raise ScratchError(str(error)) from None
        except psycopg.OperationalError as error:
            raise ScratchError(f"The database can't be reached, or went away: {error}") from None


def place(keep: str, cases: int, passing: Path, data: Path) -> OnOwnServer | Beside:
    if os.environ.get("DATABASE_URL"):
        name = conninfo_to_dict(os.environ["DATABASE_URL"]).get("dbname") or "casetracker"
        return Beside(keep or f"{name}_benchmark_{os.getpid()}", data)
    home = Path(settings.DATA_DIR) / "benchmark" / keep if keep else passing / "server"
    if not (home / "data" / "PG_VERSION").exists():
        refuse_too_little_disk(home, cases)
    return OnOwnServer(home, data)


def refuse_too_little_disk(home: Path, cases: int) -> None:
    there = next(path for path in [home, *home.parents] if path.exists())
    free, needed = shutil.disk_usage(there).free, cases * BYTES_OF_A_CASE + min(LOG_BYTES, cases * BYTES_OF_A_CASE)
    if free < needed:
        raise ScratchError(
            f"{cases} cases need some {needed / 1e9:.1f} GB, and {there} has {free / 1e9:.1f} GB free. Ask for fewer cases, or "
            f"set {'CASETRACKER_DATA' if 'benchmark' in home.parts else 'TMPDIR'} to a directory on a larger disk."
        )
