"""The Lua side inside a real nginx, with PostgreSQL and the store behind it."""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from postgresql_proxy import Proxy
from stack.child import Child  # noqa: E402 (the path has to be set first)
from stack.places import Build, give  # noqa: E402
from stack.ready import answers, free_port, wait_until  # noqa: E402
from stack.service import Plan, Stack  # noqa: E402


@pytest.fixture(scope="session")
def stack():
    """A whole service, but for its worker: tasks stay as they are."""
    state = Path(tempfile.mkdtemp(prefix="imgfilter-lua-", dir="/tmp"))
    state.chmod(0o711)
    # the log is made beforehand, so that this user can read what nginx's writes
    log = state / "access.log"
    log.touch()
    settings = {"IMGFILTER_ACCESS_LOG": str(log)}
    running = Stack(Plan(Build.of("debug"), state, free_port(), lasting=False, settings=settings))
    try:
        running.start()
        running.children.pop("worker").stop()
        yield running
    finally:
        running.stop()
        shutil.rmtree(state)


@pytest.fixture(scope="session")
def access_log(stack):
    return Path(stack.environment["IMGFILTER_ACCESS_LOG"])


class Edges:
    """Starts further nginx's on the stack's database and store, with other settings."""

    def __init__(self, stack: Stack, name: str):
        self.stack = stack
        self.name = name
        self.children: dict[str, Child] = {}

    def __call__(self, **settings: str) -> str:
        """A new one's URL."""
        stack, name, port = self.stack, f"{self.name}{len(self.children)}", free_port()
        url = f"http://127.0.0.1:{port}"
        own = {
            "PUBLIC_URL": url,
            "PORT": str(port),
            "RUNTIME_DIR": str(give(stack.sockets / name, stack.users.edge)),
            "CACHE": str(give(stack.plan.state / f"cache-{name}", stack.users.edge)),
        } | settings
        more = {f"IMGFILTER_{name}": value for name, value in own.items()}
        configuration = stack.plan.state / f"{name}.conf"
        configuration.write_text(stack.command("nginx-config", settings=more))
        log = stack.plan.state / f"{name}.log"
        child = Child(name, stack.nginx_command(configuration, "-g", "daemon off;"), log,
                      stack.environment | more, stop_signal=signal.SIGQUIT)
        child.start()
        self.children[url] = child
        wait_until("the start of the other nginx", lambda: answers(f"{url}/healthz") == 200, 20, child)
        return url

    def kill(self, url: str) -> None:
        self.children[url].kill()

    def stop(self) -> None:
        for child in self.children.values():
            child.stop()


@pytest.fixture
def another_edge(stack):
    """Starts further nginx's for one test."""
    edges = Edges(stack, "edge")
    yield edges
    edges.stop()
    for left in stack.sockets.glob("edge*/s3.sock"):
        left.unlink()


@pytest.fixture(scope="module")
def edges_of_module(stack):
    """Starts further nginx's that all tests of a module share."""
    edges = Edges(stack, "shared")
    yield edges
    edges.stop()


@pytest.fixture
def proxy(stack):
    """A way to the database that can be disturbed. Who connects through it is whoever runs these tests, who may take the
    edge's role."""
    folder = stack.sockets / "proxy"
    folder.mkdir(mode=0o755)
    running = Proxy(folder, stack.cluster.sockets)
    running.conninfo = (stack.cluster.conninfo("imgfilter_edge", "imgfilter")
                        .replace(str(stack.cluster.sockets), str(folder)))
    yield running
    running.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A small picture."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    Image.linear_gradient("L").convert("RGB").resize((64, 48)).save(path, "JPEG")
    return path
