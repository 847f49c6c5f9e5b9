"""The database takes the task, and its answer never arrives: nothing is done twice, nothing is promised in vain."""

import pytest

from client import ask, upload
from stack.ready import answers, wait_until


@pytest.fixture
def edge(another_edge, proxy):
    """An nginx with one connection to that database."""
    return another_edge(EDGE_DATABASE_URL=proxy.conninfo, NGINX_WORKERS="1", EDGE_DATABASE_CONNECTIONS="1"), proxy


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
        assert readiness.json() == {"status": "unavailable", "database": "unavailable", "storage": "ready", "spool": "ready",
                                    "queue": "ready"}
    finally:
        stack.cluster.start()
    wait_until("readiness", lambda: answers(f"{stack.url}/readyz") == 200, 30)
    assert upload(stack.url, photo).status == 202
