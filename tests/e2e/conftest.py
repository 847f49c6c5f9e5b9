"""One stack for all end-to-end tests; a test that breaks a part leaves it whole."""

import itertools
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from client import Client
from receivers.everyone import Everyone
from stack import edges
from stack.places import Build
from stack.ready import answers, free_port, wait_until
from stack.service import Plan, Stack
from traces import Inspector

# Short enough that a test sees a dead worker's task come back.
QUICK = {
    "IMGFILTER_LEASE": "6s",
    "IMGFILTER_BEAT": "1s",
    "IMGFILTER_POLL": "100ms",
    "IMGFILTER_CLEANUP_EVERY": "0",
    "IMGFILTER_TASK_DEADLINE": "120s",
    "IMGFILTER_ANONYMOUS_WEBHOOK": "true",
    "IMGFILTER_WEBHOOK_INSECURE": "true",
    "IMGFILTER_PREVIEW_PATIENCE": "60s",
}


def certificate(folder: Path) -> dict[str, str]:
    """A certificate for 127.0.0.1 that nobody but curl in these tests trusts."""
    key, cert = folder / "tls.key", folder / "tls.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return {"IMGFILTER_TLS_PORT": str(free_port()), "IMGFILTER_TLS_CERTIFICATE": str(cert), "IMGFILTER_TLS_KEY": str(key)}


@pytest.fixture(scope="session")
def state():
    """Where the stack of the tests keeps its state."""
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-e2e-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stack(state):
    settings = QUICK | certificate(state) | {"IMGFILTER_H2C_SOCKET": str(state / "h2c.sock")}
    running = Stack(Plan(Build.of("debug"), state, free_port(), lasting=False, settings=settings))
    try:
        running.start()
        yield running
    finally:
        stubborn = running.stop()
    assert not stubborn, [f"{child.name} had to be killed:\n{child.tail()}" for child in stubborn]


@pytest.fixture(scope="session")
def everyone(tmp_path_factory):
    """All who may be told."""
    with Everyone(tmp_path_factory.mktemp("everyone")) as all_of_them:
        yield all_of_them


@pytest.fixture(scope="session")
def telling(everyone):
    """A stack of its own that can tell all of them."""
    folder = Path(tempfile.mkdtemp(prefix="imgfilter-telling-", dir="/tmp"))
    folder.chmod(0o711)
    running = Stack(Plan(Build.of("debug"), folder, free_port(), lasting=False, settings=QUICK | everyone.settings))
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def client(stack):
    return Client(stack.url)


@pytest.fixture(scope="session")
def inspector(stack):
    return Inspector(stack)


NUMBERS = itertools.count()
"""Of further edges."""


@pytest.fixture
def lame_edge(stack):
    """Starts further nginx's on the stack's database and store, with other settings, which may leave them without a part that they
    need."""
    started = []

    def start(**settings: str) -> edges.Edge:
        edge = edges.edge(stack, f"edge{next(NUMBERS)}", **settings)
        started.append(edge)
        edge.start()
        return edge

    yield start
    for edge in started:
        edge.child.stop()
        stack.children.pop(edge.child.name)


@pytest.fixture
def another_edge(lame_edge):
    """The same, each ready."""

    def start(**settings: str) -> edges.Edge:
        edge = lame_edge(**settings)
        wait_until("readiness of the edge", lambda: answers(f"{edge.url}/readyz") == 200, 20, edge.child)
        return edge

    return start


@pytest.fixture(autouse=True)
def whole(request):
    """After each test that used the stack, every part of it lives and is ready."""
    yield
    if "stack" not in request.fixturenames:
        return
    stack = request.getfixturevalue("stack")
    dead = [name for name, child in stack.children.items() if not child.alive]
    assert not dead, f"{dead} did not survive; the end of the log:\n{stack.children[dead[0]].tail()}"
    wait_until("readiness after the test", lambda: answers(f"{stack.url}/readyz") == 200, 30)


@pytest.fixture
def leaves_nothing(inspector):
    """The test must not leave a file, an object or a row behind."""
    before = inspector.now()
    yield
    end = time.monotonic() + 5
    while inspector.now() != before and time.monotonic() < end:
        time.sleep(0.1)
    assert inspector.now() == before
