"""`script/run` as people use it: started, stopped, killed, started again."""

import os
import re
import signal
import socket
import subprocess
import time
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.machine
PATIENCE = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run:
    """One `script/run`, from its start to its end; `printed` is what it told before it served."""

    def __init__(self, project, data, *options, port=None, **environ):
        self.port, self.data = port or free_port(), Path(data)
        own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CASETRACKER_DATA"}}
        self.process = subprocess.Popen(
            [project / "script" / "run", "--port", str(self.port), "--data", data, *options],
            env=own | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.printed = ""

    def serves(self):
        """Read on until it says that it serves."""
        while "Ctrl-C ends it" not in self.printed:
            line = self.process.stdout.readline()
            assert line, f"It ended:\n{self.printed}"
            self.printed += line
        return self

    def ends(self):
        """Wait for its end; return its exit code."""
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.printed += rest
        return self.process.returncode

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.ends()

    def passwords(self):
        return dict(re.findall(r"^sign in: (\S+) (\S+)$", self.printed, re.MULTILINE))

    def request(self, method, path, body=None, **headers):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def sign_in(self, name, password):
        """Sign in as a browser would; return whether that let us in."""
        response, text = self.request("GET", "/accounts/login/")
        cookie = SimpleCookie(response.getheader("Set-Cookie"))["csrf"].value
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)[1]
        form = urlencode({"login": name, "password": password, "csrfmiddlewaretoken": token})
        headers = {"Cookie": f"csrf={cookie}", "Content-Type": "application/x-www-form-urlencoded"}
        response, _ = self.request("POST", "/accounts/login/", form, **headers)
        return response.status == 302 and response.getheader("Location") == "/"


@pytest.fixture
def run(project, tmp_path):
    """Return a function that starts `script/run` on this test's data directory; ends all of them afterwards."""
    started = []

    def start(*options, data=tmp_path / "data", **more):
        started.append(Run(project, data, *options, **more))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()
        each.process.stdout.close()


def is_refused(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_administrator_signs_in_with_the_printed_password_also_after_a_restart(run):
    first = run("--empty").serves()
    assert f"http://127.0.0.1:{first.port}/" in first.printed
    assert list(first.passwords()) == ["administrator"]
    assert first.sign_in("administrator", first.passwords()["administrator"])
    assert not first.sign_in("administrator", "a guess")
    assert first.stop() == 0
    assert is_refused(first.port)
    second = run("--empty").serves()
    assert second.passwords() == first.passwords()
    assert second.sign_in("administrator", first.passwords()["administrator"])
    assert second.stop(signal.SIGINT) == 0


def test_demo_has_a_person_for_each_role(run):
    started = run().serves()
    assert list(started.passwords()) == ["administrator", "editor", "researcher", "reader"]
    assert len(set(started.passwords().values())) == 4
    for name, password in started.passwords().items():
        assert started.sign_in(name, password)


def test_everything_ends_when_it_is_killed_and_the_next_start_works(run):
    first = run("--empty").serves()
    first.process.kill()
    first.process.communicate()
    deadline = time.monotonic() + 30
    while not is_refused(first.port):
        assert time.monotonic() < deadline, "the web server still runs"
        time.sleep(0.1)
    assert run("--empty", port=first.port).serves().passwords() == first.passwords()


def test_data_directory_has_everything_and_is_private(run, tmp_path):
    started = run("--empty").serves()
    assert started.data.stat().st_mode & 0o077 == 0
    assert (started.data / "secret-key").stat().st_mode & 0o077 == 0
    assert (started.data / "passwords.json").stat().st_mode & 0o077 == 0
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_a_deep_data_directory_works(run, tmp_path):
    deep = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 6)
    assert run("--empty", data=deep).serves().request("GET", "/accounts/login/")[0].status == 200


def test_second_start_on_the_same_data_says_which_process_runs(run):
    first = run("--empty").serves()
    second = run("--empty")
    assert second.ends() == 1
    assert f"already runs on {first.data}, as process {first.process.pid}" in second.printed


def test_port_in_use_is_named_with_another_to_choose(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("--empty", port=port)
        assert refused.ends() == 1
        assert f"Port {port} is in use" in refused.printed
        assert f"--port {port + 1}" in refused.printed


def test_data_of_a_postgresql_that_is_not_here_are_left_alone_with_advice(run, tmp_path):
    cluster = tmp_path / "data" / "postgres" / "data"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n")
    refused = run("--empty")
    assert refused.ends() == 1
    assert "apt-get install -y postgresql-14" in refused.printed
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_with_a_database_address_there_are_no_demo_no_users_and_no_passwords(run, tmp_path):
    import psycopg

    server = os.environ["DATABASE_URL"]
    name = f"served_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    address = server.replace("/postgres?", f"/{name}?")
    started = run(DATABASE_URL=address).serves()
    assert started.passwords() == {}
    assert "script/manage administrator NAME" in started.printed
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM cases_user").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM cases_case").fetchone() == (0,)
    assert not (tmp_path / "data" / "postgres").exists()


def test_the_web_server_is_the_application_also_on_data_that_knew_no_such_role(run):
    import psycopg

    from casetracker.postgres import Server, find

    first = run("--empty").serves()
    known = [text for text in environments(first.port) if "DATABASE_URL" in text]
    assert known
    assert all("DATABASE_URL=postgresql://casetracker_app@" in text for text in known)
    assert not any("postgresql://casetracker@" in text for text in known)
    first.stop()
    home = first.data / "postgres"
    with (
        Server(home, find(for_data=home / "data")) as server,
        psycopg.connect(server.address("casetracker"), autocommit=True) as owner,
    ):
        owner.execute("DROP OWNED BY casetracker_app")
        owner.execute("DROP ROLE casetracker_app")
    second = run("--empty").serves()
    assert second.sign_in("administrator", first.passwords()["administrator"])


def environments(port):
    """Return the environment of each process of the web server, one text each."""
    words = f"127.0.0.1:{port}".encode()
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if words in (directory / "cmdline").read_bytes():
                found.append((directory / "environ").read_text(errors="replace"))
        except OSError:
            continue
    return found


def test_with_two_addresses_an_owner_without_power_migrates_and_the_application_cannot_change_history(
    run, project, python
):
    import psycopg

    server = os.environ["DATABASE_URL"]
    name = f"two_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name}_owner LOGIN")
        connection.execute(f"CREATE ROLE {name}_app LOGIN")
        connection.execute(f"CREATE DATABASE {name} OWNER {name}_owner")
    of_database = server.replace("/postgres?", f"/{name}?")
    owner, application = (of_database.replace("//casetracker@", f"//{name}_{who}@") for who in ("owner", "app"))
    run(DATABASE_URL=application, MIGRATION_DATABASE_URL=owner).serves()
    with psycopg.connect(application, autocommit=True) as connection:
        connection.execute("SET pgtrigger.ignore = '{}'")
        connection.execute("UPDATE cases_term SET name = 'Minor' WHERE slug = 'child'")
        changed = "SELECT pgh_role FROM cases_termevent WHERE pgh_label = 'update'"
        assert connection.execute(changed).fetchall() == [(f"{name}_app",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM cases_termevent")
    words = [python, project / "manage.py", "check", "--database", "default"]
    for address, said in ((application, "no issues"), (owner, "owns tables")):
        checked = subprocess.run(
            words, env=os.environ | {"DATABASE_URL": address}, capture_output=True, text=True, check=False
        )
        assert said in checked.stdout + checked.stderr


def test_a_command_works_on_the_same_data_whether_they_are_served_or_not(run, project, tmp_path):
    def names():
        program = "from cases.models import User; print([user.username for user in User.objects.all()])"
        own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return subprocess.run(
            [project / "script" / "manage", "shell", "-c", program],
            env=own | {"CASETRACKER_DATA": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    started = run("--empty").serves()
    assert "['administrator']" in names()
    started.stop()
    assert "['administrator']" in names()
