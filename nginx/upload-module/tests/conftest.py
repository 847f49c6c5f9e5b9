"""What the tests share: the module that was built, and an nginx that runs it."""

import functools
import os
import pathlib

import pytest

from nginx_process import Nginx

WORKSPACE = pathlib.Path(__file__).parents[3]
LIBRARY = "libngx_http_upload_module.so"


@pytest.fixture(scope="session")
def module():
    """Where the module lies: UPLOAD_MODULE, or the newest that cargo has built."""
    if named := os.environ.get("UPLOAD_MODULE"):
        return pathlib.Path(named)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target"))
    built = [path for profile in ["debug", "release"] if (path := target / profile / LIBRARY).exists()]
    if not built:
        pytest.fail(f"no {LIBRARY} under {target}: build it, or say where it is in UPLOAD_MODULE")
    return max(built, key=lambda path: path.stat().st_mtime)


@pytest.fixture(scope="session", params=["off", "threads"])
def aio(request):
    """Where files are written: in the event loop, or on nginx's threads."""
    return request.param


@pytest.fixture(scope="session")
def shared_nginx(module, aio):
    server = Nginx(module, AIO=aio)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def nginx(shared_nginx):
    """A running nginx, shared by tests that leave nothing behind: the spool is empty before and after each."""
    yield shared_nginx
    assert shared_nginx.spool_is_empty(), shared_nginx.spooled()
    assert shared_nginx.is_sound(), shared_nginx.log()


@pytest.fixture
def own_nginx(make_nginx, aio):
    """Makes nginxes that one test has for itself."""
    return functools.partial(make_nginx, AIO=aio)


@pytest.fixture
def make_nginx(module):
    """Makes nginxes with a configuration of their own."""
    servers = []

    def make(**values):
        servers.append(Nginx(module, **values))
        return servers[-1]

    yield make
    for server in servers:
        server.remove()
