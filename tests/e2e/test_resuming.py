"""Uploads in pieces by the official client of the protocol, over a line that breaks and an nginx that dies."""

import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from client import Client
from cutting import Line
from pictures import RAIN, heavy, shown_size
from stack.places import Build
from stack.ready import free_port, wait_until
from stack.service import Plan, Stack

HERE = Path(__file__).resolve().parent
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The client, installed as its package-lock.json says."""
    folder = tmp_path_factory.mktemp("tus")
    shutil.copytree(HERE / "tus", folder, dirs_exist_ok=True)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300)
    return folder / "upload.js"


@pytest.fixture(scope="module")
def remote():
    """A service that is reached over a bad line only."""
    state = Path(tempfile.mkdtemp(prefix="imgfilter-tus-", dir="/tmp"))
    state.chmod(0o711)
    port = free_port()
    with Line(port) as line:
        running = Stack(Plan(Build.of("debug"), state, port, lasting=False, settings={"IMGFILTER_PUBLIC_URL": line.url}))
        try:
            running.start()
            yield running, line
        finally:
            running.stop()
            shutil.rmtree(state)


def send(program, file, line):
    command = ["node", program, file, f"{line.url}/uploads", "resize(width=300)|grayscale"]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_last_piece_that_fails_makes_one_task_all_the_same(program, remote):
    stack, line = remote
    stack.children["store"].stop()
    with send(program, RAIN, line) as process:
        uploads = stack.plan.state / "spool" / "uploads"
        whole = RAIN.stat().st_size
        wait_until("the last byte", lambda: any(file.stat().st_size == whole for file in uploads.glob("*[!o]")), 30)
        time.sleep(3)  # it is refused, and asks
        stack.start_store()
        shown, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert json.loads(shown)["retries"] >= 1
    digest = hashlib.sha256(RAIN.read_bytes()).hexdigest()
    made = stack.cluster.sql(f"select count(*) from imgfilter.image where sha256 = decode('{digest}', 'hex')", "imgfilter")
    assert made == "1", "it has not begun anew"
    assert len(list((uploads / "ended").iterdir())) == 1


def test_an_upload_survives_cut_lines_and_a_killed_nginx(program, remote, tmp_path):
    stack, line = remote
    file = heavy(tmp_path)
    line.cut_at(*(number * 9 * MEGABYTE for number in range(1, 6)))
    with send(program, file, line) as process:
        wait_until("the third cut", lambda: line.cuts >= 3 or process.poll() is not None, 120)
        stack.children["nginx"].kill()
        stack.start_nginx()
        shown, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    assert line.cuts == 5
    answer = json.loads(shown)
    assert answer["retries"] >= 5
    client = Client(line.url)
    task = client.wait({"id": answer["task"].rsplit("/", 1)[1]}, 60)
    assert task["status"] == "done", task
    assert task["image"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert task["image"]["bytes"] == file.stat().st_size > 50 * MEGABYTE
    assert shown_size(client.download(task["results"][0]["url"]))[1] == 300
    left = [path.name for path in (stack.plan.state / "spool" / "uploads").iterdir()]
    assert left == ["ended"], left
