"""`make start`, `make stop` and `make run`, as they are typed."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from stack.child import descendants
from stack.places import CHECKOUT
from stack.ready import answers, free_port, wait_until


class Checkout:
    """A stack with a state of its own, driven through the command line."""

    def __init__(self, state: Path):
        self.state = state
        self.port = free_port()

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IMGFILTER_")}
        return clean | {"IMGFILTER_PORT": str(self.port), "PYTHONPATH": str(CHECKOUT / "tests")}

    def command(self, word: str) -> list[str]:
        return [sys.executable, "-m", "stack", word, "--state", str(self.state), "--profile", "debug"]

    def call(self, word: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(word), env=self.environment, capture_output=True, text=True, timeout=240)

    @property
    def record(self) -> dict:
        return json.loads((self.state / "stack.json").read_text())

    def family(self) -> list[int]:
        pid = self.record["pid"]
        return [pid, *descendants(pid)]


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="imgfilter-operation-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def checkout(folder):
    one = Checkout(folder / "one")
    yield one
    one.call("stop")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def sockets() -> set[Path]:
    return set(Path("/tmp").glob("imgfilter-*/run"))


def test_start_status_stop_leave_no_process(checkout):
    before = sockets()
    started = checkout.call("start")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{checkout.port}" in started.stdout
    assert checkout.call("status").returncode == 0
    assert "running already" in checkout.call("start").stderr
    family = checkout.family()
    assert len(family) > 5
    assert checkout.call("stop").returncode == 0
    assert not [pid for pid in family if alive(pid)]
    assert sockets() == before
    assert checkout.call("status").returncode == 3
    assert checkout.call("stop").returncode == 0, "stopping twice is no mistake"


def test_the_printed_line_works_when_pasted(checkout, folder):
    printed = checkout.call("start").stdout.strip().splitlines()[-1]
    assert printed.startswith("curl ")
    pasted = folder / "pasted"
    pasted.mkdir()
    done = subprocess.run(["bash", "-c", printed], cwd=pasted, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    files = sorted(pasted.iterdir())
    assert len(files) == 2, done
    assert [Image.open(file).size for file in files] == [(1920, 1200)] * 2
    assert '"status":"done"' in done.stderr.replace(" ", "")


def test_what_was_uploaded_outlives_a_restart(checkout):
    assert checkout.call("start").returncode == 0
    photo = "/usr/share/backgrounds/mate/nature/RainDrops.jpg"
    url = f"http://127.0.0.1:{checkout.port}"
    task = json.loads(subprocess.run(["curl", "-sS", "-F", f"image=@{photo}", f"{url}/images"], capture_output=True, check=True).stdout)
    ended = json.loads(subprocess.run(["curl", "-sS", f"{task['status_url']}?wait=30"], capture_output=True, check=True).stdout)
    assert checkout.call("stop").returncode == 0
    assert checkout.call("start").returncode == 0
    assert answers(ended["results"][0]["url"]) == 200


def test_two_run_side_by_side(checkout, folder):
    other = Checkout(folder / "two")
    try:
        assert [each.call("start").returncode for each in (checkout, other)] == [0, 0]
        assert [each.call("status").returncode for each in (checkout, other)] == [0, 0]
        assert checkout.call("stop").returncode == 0
        assert other.call("status").returncode == 0
    finally:
        assert other.call("stop").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_ends_with_a_signal(checkout, number):
    process = subprocess.Popen(checkout.command("run"), env=checkout.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("imgfilter is ready")
    family = checkout.family()
    process.send_signal(number)
    assert process.wait(60) == 0
    process.stdout.close()
    assert not [pid for pid in family if alive(pid)]


@pytest.mark.parametrize("part", ["postgresql", "store", "nginx", "worker"])
def test_a_dead_part_ends_all_and_is_named(checkout, part):
    process = subprocess.Popen(checkout.command("run"), env=checkout.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("imgfilter is ready")
    family = checkout.family()
    os.kill(checkout.record["children"][part], signal.SIGKILL)
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 1 and re.search(rf"^{part} ended by itself", errors, re.MULTILINE), errors
    assert not [pid for pid in family if alive(pid)]


def test_a_killed_supervisor_takes_its_children_along(checkout):
    assert checkout.call("start").returncode == 0
    family = checkout.family()
    os.kill(family[0], signal.SIGKILL)
    wait_until("the end of the children", lambda: not any(alive(pid) for pid in family), 60)
    assert checkout.call("status").returncode == 3
    assert checkout.call("start").returncode == 0, "and the next start finds its way"


def test_secrets_are_made_once_and_private(checkout):
    checkout.call("start")
    files = sorted((checkout.state / "secrets").iterdir())
    assert [file.name for file in files] == ["link_keys", "s3_secret_key", "webhook_secret"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    first = [file.read_text() for file in files]
    checkout.call("stop")
    checkout.call("start")
    assert [file.read_text() for file in files] == first


def test_a_port_in_use_is_said(checkout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", checkout.port))
        other.listen()
        started = checkout.call("start")
    assert started.returncode == 1 and str(checkout.port) in started.stderr
