"""The Lua side inside a real nginx, with PostgreSQL and the store behind it."""

import itertools
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests"))

from postgresql_proxy import Proxy  # noqa: E402 (the path has to be set first)
from stack import edges  # noqa: E402
from stack.places import Build  # noqa: E402
from stack.ready import free_port  # noqa: E402
from stack.service import Plan, Stack  # noqa: E402


# Of further edges: each has a spool of its own, in which nothing lies.
NUMBERS = itertools.count()


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


@pytest.fixture
def another_edge(stack):
    """Starts further nginx's on the stack's database and store, with other settings; gives their URL."""
    started = []

    def start(**settings: str) -> str:
        edge = edges.edge(stack, f"edge{next(NUMBERS)}", **settings)
        started.append(edge)
        edge.start()
        return edge.url

    yield start
    for edge in started:
        edge.child.stop()
        stack.children.pop(edge.child.name)


@pytest.fixture(scope="session")
def telling_edge(stack):
    """The URL of an nginx that knows all channels. Nobody sends by them."""
    settings = {
        "MAIL_FROM": "us@example.com", "SMS": "http", "PUSH_HOSTS": "push.example.com",
        "VAPID_PUBLIC_KEY": "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs",
        "SNS_TOPICS": "arn:aws:sns:eu-central-1:123456789012:*",
    }
    edge = edges.edge(stack, "telling", **settings)
    edge.start()
    yield edge.url
    edge.child.stop()
    stack.children.pop(edge.child.name)


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
