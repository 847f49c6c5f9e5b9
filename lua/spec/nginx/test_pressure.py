"""What cannot be taken is refused before its body is read, and nobody waits for what does not answer."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from callers import refused, value
from client import ask, raw, upload
from stack.ready import answers, wait_until
from storage import Storage

ID = "01930000-0000-7000-8000-000000000000"

# A large upload that waits to be asked for its body.
HEAD = b"PUT /images HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n"

# So that nothing is looked at again within a test.
NEVER = "1h"


def refused_early(url: str) -> bool:
    """Whether an upload is refused without its body."""
    return raw(url, HEAD, 1).startswith(b"HTTP/1.1 503 ")


def until_refused_early(url: str) -> None:
    wait_until("the refusal", lambda: refused_early(url), 60)


def unavailable(answer, code: str) -> None:
    refused(answer, 503, code)
    assert int(answer.headers["Retry-After"]) > 0


def waiting(stack) -> int:
    return int(value(stack, "select count(*) from imgfilter.queue where worker_id is null and lane < 2"))


@pytest.fixture
def storage():
    running = Storage()
    yield running
    running.close()


# The queue, where no worker publishes how it is.

def test_a_long_queue(another_edge, stack, photo):
    limit = waiting(stack) + 1
    # what waits to be told is no task
    stack.cluster.sql("insert into imgfilter.queue (ref, lane, max_attempts) select gen_random_uuid(), 10, 1 "
                      "from generate_series(1, 100)", "imgfilter")
    url = another_edge(MAX_QUEUE=str(limit))
    tasks = []
    while (answer := upload(url, photo)).status == 202:
        tasks.append(answer.json()["id"])
        assert len(tasks) < 100
        time.sleep(0.2)
    assert waiting(stack) > limit, "as many as may wait are taken"
    assert refused(answer, 503, "queue_full")["limit"] == limit
    assert answer.headers["Retry-After"] == "30"
    assert refused_early(url)
    assert ask(url, "GET", f"/tasks/{tasks[0]}").status == 200
    readiness = ask(url, "GET", "/readyz")
    assert readiness.status == 200 and readiness.json()["queue"] == "full"
    assert upload(stack.url, photo).status == 202, "another edge has another limit"
    stack.cluster.sql("delete from imgfilter.queue", "imgfilter")
    wait_until("room in the queue", lambda: upload(url, photo).status == 202, 20)
    assert ask(url, "GET", "/readyz").json()["queue"] == "ready"


def test_a_queue_that_does_not_move(another_edge, stack, photo):
    url = another_edge(MAX_QUEUE_AGE="50 m", MAX_QUEUE="0")
    task = upload(url, photo).json()["id"]
    set_back = "update imgfilter.queue set run_at = now() - interval '{}' where ref = '" + task + "'"
    stack.cluster.sql(set_back.format("55 minutes"), "imgfilter")
    until_refused_early(url)
    assert refused(upload(url, photo), 503, "queue_full")["limit"] == 3000
    assert upload(stack.url, photo).status == 202
    stack.cluster.sql(set_back.format("1 minute"), "imgfilter")
    wait_until("room in the queue", lambda: upload(url, photo).status == 202, 20)


def test_what_a_worker_has_published(another_edge, stack, photo):
    publish = "update imgfilter.queue_state set published_at = {}, slow_waiting = 1000000"
    url = another_edge(MAX_QUEUE="999999")
    try:
        stack.cluster.sql(publish.format("now() + interval '1 hour'"), "imgfilter")
        until_refused_early(url)
    finally:
        stack.cluster.sql(publish.format("'-infinity'"), "imgfilter")
    wait_until("the edge's own count", lambda: upload(url, photo).status == 202, 20)


# The disk.

def test_a_disk_without_room(another_edge, photo):
    url = another_edge(SPOOL_RESERVE=str(10**16))
    until_refused_early(url)
    unavailable(upload(url, photo), "spool_full")
    readiness = ask(url, "GET", "/readyz")
    assert readiness.status == 503 and readiness.json()["spool"] == "unavailable"


# The database.

def crowd(url: str, photo) -> None:
    """Many who ask at once, for all that needs the database."""
    asked = [lambda: upload(url, photo), lambda: ask(url, "GET", f"/tasks/{ID}"),
             lambda: ask(url, "PUT", "/images", b"x", {"Authorization": "Bearer imgf_" + "B" * 42 + "A"})] * 20
    with ThreadPoolExecutor(len(asked)) as clients:
        for answer in clients.map(lambda one: one(), asked):
            unavailable(answer, "database_unavailable")


@pytest.mark.parametrize("trouble", ["refuse", "hang"])
def test_a_database_that_is_away_is_not_asked(another_edge, proxy, photo, trouble):
    url = another_edge(EDGE_DATABASE_URL=proxy.conninfo, DATABASE_TIMEOUT="1s", BREAKER_PAUSE=NEVER, NGINX_WORKERS="2",
                       EDGE_DATABASE_CONNECTIONS="1")
    assert upload(url, photo).status == 202
    getattr(proxy, trouble)()
    seen = proxy.seen
    # while the breaker is closed they are asked for, and wait
    crowd(url, photo)
    # five failures open it; by then each of eight threads may have begun to ask, on two connections. The others wait in vain.
    assert proxy.seen - seen <= 2 * (5 + 8)
    until_refused_early(url)
    seen = settled(lambda: proxy.seen)
    crowd(url, photo)
    readiness = ask(url, "GET", "/readyz")
    assert readiness.status == 503 and readiness.json()["database"] == "unavailable"
    assert proxy.seen == seen
    assert ask(url, "GET", "/filters").status == 200


@pytest.mark.parametrize("trouble", ["refuse", "hang"])
def test_a_database_that_comes_back_is_found(another_edge, proxy, photo, trouble):
    url = another_edge(EDGE_DATABASE_URL=proxy.conninfo, DATABASE_TIMEOUT="1s", BREAKER_PAUSE="1s")
    assert upload(url, photo).status == 202
    getattr(proxy, trouble)()
    until_refused_early(url)
    proxy.recover()
    # nobody asks for anything meanwhile but whether it is ready
    wait_until("readiness", lambda: answers(f"{url}/readyz") == 200, 60)
    assert upload(url, photo).status == 202


def test_refusals_are_no_failures(another_edge, photo):
    url = another_edge(BREAKER_FAILURES="1", BREAKER_PAUSE=NEVER, ANONYMOUS_BYTES="1")
    for _ in range(3):
        refused(upload(url, photo), 429, "bytes_quota_exceeded")
    assert ask(url, "GET", f"/tasks/{ID}").status == 404
    assert not refused_early(url)


# The storage.

def test_a_storage_that_fails_is_not_asked(another_edge, storage, stack, photo):
    url = another_edge(S3_ENDPOINT=storage.url, BREAKER_FAILURES="3", BREAKER_PAUSE=NEVER)
    task = upload(url, photo)
    assert task.status == 202
    storage.status = 500
    for _ in range(3):
        unavailable(upload(url, photo), "storage_unavailable")
    assert refused_early(url)
    seen = storage.seen
    with ThreadPoolExecutor(20) as clients:
        for answer in clients.map(lambda _: upload(url, photo), range(40)):
            unavailable(answer, "storage_unavailable")
    readiness = ask(url, "GET", "/readyz")
    assert readiness.status == 503 and readiness.json()["storage"] == "unavailable"
    assert storage.seen == seen
    assert ask(url, "GET", f"/tasks/{task.json()['id']}").status == 200, "that needs no storage"


def test_a_storage_that_comes_back_is_found(another_edge, storage, photo):
    url = another_edge(S3_ENDPOINT=storage.url, BREAKER_PAUSE="1s")
    storage.status = 503
    for _ in range(5):
        unavailable(upload(url, photo), "storage_unavailable")
    assert refused_early(url)
    storage.status = 200
    wait_until("readiness", lambda: answers(f"{url}/readyz") == 200, 20)
    assert upload(url, photo).status == 202


def test_a_storage_that_is_not_there(another_edge, stack, photo):
    url = another_edge(BREAKER_FAILURES="2", BREAKER_PAUSE="1s")
    stack.children["store"].stop()
    try:
        for _ in range(2):
            unavailable(upload(url, photo), "storage_unavailable")
        assert refused_early(url)
    finally:
        stack.start_store()
    wait_until("readiness", lambda: answers(f"{url}/readyz") == 200, 20)
    assert upload(url, photo).status == 202


def test_a_storage_that_refuses_answers(another_edge, storage, photo):
    url = another_edge(S3_ENDPOINT=storage.url, BREAKER_FAILURES="1", BREAKER_PAUSE=NEVER)
    storage.status = 403
    for _ in range(3):
        unavailable(upload(url, photo), "storage_unavailable")
    assert not refused_early(url)


def settled(count) -> int:
    """A number that no longer rises."""
    last = None
    while (now := count()) != last:
        last = now
        time.sleep(3)
    return last
