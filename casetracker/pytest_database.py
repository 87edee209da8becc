"""A pytest plugin: a PostgreSQL for one run of the tests, started before the settings are read, gone with pytest."""

import os
import tempfile
from pathlib import Path

import pytest

from casetracker.postgres import WITHOUT_CARE, PostgresError, Server, find

OURS = pytest.StashKey[tuple[Server, "tempfile.TemporaryDirectory[str]"]]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the server. The processes of pytest-xdist are given the address of the one that started them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    home = tempfile.TemporaryDirectory(prefix="casetracker-test-")
    try:
        server = Server(Path(home.name), find(), WITHOUT_CARE)
        server.start()
    except PostgresError as error:
        home.cleanup()
        raise pytest.UsageError(str(error)) from error
    early_config.stash[OURS] = server, home
    os.environ["DATABASE_URL"] = server.address("postgres")
    os.environ["CASETRACKER_DATA"] = home.name  # nothing of a test is written into the checkout


def pytest_report_header(config: pytest.Config) -> str | None:
    if OURS not in config.stash:
        return None
    binaries = config.stash[OURS][0].binaries
    return f"PostgreSQL {binaries.major} from {binaries.directory}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if OURS in config.stash:
        server, home = config.stash[OURS]
        server.stop()
        home.cleanup()
