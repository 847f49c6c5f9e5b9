"""The database takes the task, and its answer never arrives: nothing is done twice, nothing is promised in vain."""

import os

import pytest

from client import ask, upload
from postgresql_proxy import Proxy


@pytest.fixture
def edge(stack, another_edge, tmp_path_factory):
    """An nginx whose database is a proxy; it connects as whoever runs these tests, who may take the edge's role."""
    folder = stack.sockets / "proxy"
    folder.mkdir(mode=0o755)
    proxy = Proxy(folder, stack.cluster.sockets)
    url = another_edge(EDGE_DATABASE_URL=stack.cluster.conninfo("imgfilter_edge", "imgfilter")
                       .replace(str(stack.cluster.sockets), str(folder)), NGINX_WORKERS="1", EDGE_DATABASE_CONNECTIONS="1")
    yield url, proxy
    proxy.close()
    os.remove(folder / ".s.PGSQL.5432")
    folder.rmdir()


def tasks(stack) -> int:
    return int(stack.cluster.sql("select count(*) from imgfilter.task", "imgfilter"))


def test_lost_once_it_is_asked_again(stack, edge, photo):
    url, proxy = edge
    assert upload(url, photo).status == 202
    before = tasks(stack)
    proxy.lose(b"submit_task", 1)
    answer = upload(url, photo)
    assert answer.status == 202 and proxy.lost == 1
    assert tasks(stack) == before + 1
    assert ask(url, "GET", f"/tasks/{answer.json()['id']}").json() == answer.json()


def test_lost_again_its_id_is_looked_up(stack, edge, photo):
    url, proxy = edge
    assert upload(url, photo).status == 202
    before = tasks(stack)
    proxy.lose(b"submit_task", 2)
    answer = upload(url, photo)
    assert answer.status == 202 and proxy.lost == 2
    assert tasks(stack) == before + 1


def test_an_order_is_looked_up_too(stack, edge, photo):
    url, proxy = edge
    image = upload(url, photo).json()["image"]["id"]
    before = tasks(stack)
    proxy.lose(b"submit_task", 2)
    answer = ask(url, "POST", "/tasks", b'{"image":"%b"}' % image.encode(), {"Content-Type": "application/json"})
    assert answer.status == 202 and proxy.lost == 2
    assert tasks(stack) == before + 1 and answer.json()["image"]["id"] == image


def test_without_the_database_there_is_no_promise(stack, photo):
    stack.cluster.child.stop()
    try:
        answer = upload(stack.url, photo)
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
        assert answer.problem["code"] == "database_unavailable"
        forged = ask(stack.url, "GET", "/d/AQEsecretsecretsecretsecretsecretsecretsecretse/x.jpg")
        assert forged.status == 404, "a forged link is refused without asking the database"
        readiness = ask(stack.url, "GET", "/readyz")
        assert readiness.status == 503
        assert readiness.json() == {"status": "unavailable", "database": "unavailable", "storage": "ready", "spool": "ready"}
    finally:
        stack.cluster.start()
    assert upload(stack.url, photo).status == 202
