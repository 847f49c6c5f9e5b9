"""/tasks/{id}/events tells what happens as it happens, ends when nothing can any more, and lets nobody take all places."""

import os
import signal
import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest

from client import ask, raw, upload
from stack.event_stream import EventStream, parse
from stack.ready import wait_until
from test_waiting import change

CURL = ["curl", "-sS", "-N", "--max-time", "60"]


def stream(url: str, task: dict, seen: object = None, **options) -> EventStream:
    return EventStream(f"{url}/tasks/{task['id']}/events", seen, **options)


def shown(url: str, task: dict) -> str:
    return ask(url, "GET", f"/tasks/{task['id']}").body.decode()


def new_task(stack, photo) -> dict:
    return upload(stack.url, photo).json()


def has_room(url: str, task: dict) -> bool:
    """Whether another stream is taken; it is given up at once."""
    with stream(url, task) as attempt:
        return attempt.status == 200


def test_each_version_is_told_as_get_shows_it(stack, photo):
    task = new_task(stack, photo)
    with stream(stack.url, task) as watched:
        first = watched.next()
        assert (first.kind, first.id, first.data) == ("task", "1", shown(stack.url, task))
        change(stack, task, "processing")
        second = watched.next()
        assert (second.kind, second.id, second.data) == ("task", "2", shown(stack.url, task))
        change(stack, task, "canceled")
        third, end = watched.rest()
        assert (third.id, third.json()["status"]) == ("3", "canceled")
        assert (end.kind, end.json()) == ("end", {})


def test_what_is_said_beside_the_events(stack, photo):
    task = new_task(stack, photo)
    with stream(stack.url, task) as watched:
        assert watched.status == 200 and watched.headers["Content-Type"] == "text/event-stream"
        assert watched.headers["Cache-Control"] == "no-store" and watched.headers["X-Accel-Buffering"] == "no"
        assert watched.headers["X-Content-Type-Options"] == "nosniff"
        assert watched.next("retry")
    with stream(stack.url, task, method="HEAD") as head:
        assert head.status == 200 and head.headers["Content-Type"] == "text/event-stream"
        assert head.response.read() == b""
    answer = raw(stack.url, f"GET /tasks/{task['id']}/events HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 1)
    retry = int(answer.split(b"retry: ")[1].split(b"\n")[0])
    assert 2000 <= retry <= 4000


def test_who_has_seen_a_version_is_told_of_later_ones(stack, photo):
    task = new_task(stack, photo)
    with stream(stack.url, task, seen=1) as watched:
        assert watched.status == 200
        change(stack, task, "processing")
        assert watched.next().id == "2"
    with stream(stack.url, task, seen=1) as watched:
        assert watched.next().id == "2", "what happened meanwhile is not missed"
    for none in ("", "0", "-1", "x", "9" * 40, "2 3"):
        with stream(stack.url, task, seen=none) as watched:
            assert watched.next().id == "2", none


def test_a_task_that_has_ended(stack, photo):
    task = new_task(stack, photo)
    change(stack, task, "canceled")
    with stream(stack.url, task) as watched:
        assert [(event.kind, event.id) for event in watched.rest()] == [("task", "2"), ("end", None)]
    with stream(stack.url, task, seen=1) as watched:
        assert [event.kind for event in watched.rest()] == ["task", "end"]
    with stream(stack.url, task, seen=2) as watched:
        assert (watched.status, watched.response.read()) == (204, b""), "a browser comes no more after this"


def test_a_task_that_is_erased(stack, photo):
    task = new_task(stack, photo)
    with stream(stack.url, task) as watched:
        watched.next()
        assert ask(stack.url, "DELETE", f"/tasks/{task['id']}").status == 200
        gone, end = watched.rest()
        assert (gone.kind, gone.id, gone.json()["code"], end.kind) == ("gone", None, "gone", "end")
    answer = ask(stack.url, "GET", f"/tasks/{task['id']}/events")
    assert answer.status == 410 and answer.problem["code"] == "gone"


def test_many_watch_one_task_and_some_wait_for_it(stack, photo):
    task = new_task(stack, photo)
    told, waiting = [], threading.Thread(target=lambda: told.append(ask(stack.url, "GET", f"/tasks/{task['id']}?wait=30").json()))
    streams = [stream(stack.url, task) for _ in range(50)]
    waiting.start()
    for each in streams:
        assert each.next().id == "1"
    change(stack, task, "canceled")
    for each in streams:
        assert [event.kind for event in each.rest()] == ["task", "end"]
    waiting.join(10)
    assert told and told[0]["status"] == "canceled"


def test_more_tasks_change_at_once_than_one_answer_tells(stack, photo):
    tasks = [new_task(stack, photo) for _ in range(120)]
    streams = [stream(stack.url, task) for task in tasks]
    for each in streams:
        each.next()
    listed = ",".join(f"'{task['id']}'" for task in tasks)
    stack.cluster.sql(f"update imgfilter.task set status = 'canceled', version = version + 1, queue_id = null, finished_at = now() where id in ({listed})",
                      "imgfilter")
    for each, task in zip(streams, tasks, strict=True):
        last, _ = each.rest()
        assert last.json()["id"] == task["id"] and last.json()["status"] == "canceled"


def test_silence_is_broken_by_heartbeats(stack, another_edge, photo):
    url, task = another_edge(STREAM_HEARTBEAT="1s"), new_task(stack, photo)
    with stream(url, task, seconds=10) as watched:
        for _ in range(3):
            assert watched.next("comment").data == ""
        change(stack, task, "canceled")
        assert [event.kind for event in watched.rest()] == ["task", "end"]


def test_a_stream_has_a_longest_life(stack, another_edge, photo):
    url, task = another_edge(STREAM_LIFE="1s"), new_task(stack, photo)
    with stream(url, task) as watched:
        assert [event.kind for event in watched.rest()] == ["task"], "there is no `end`: the client is to come again"


def test_there_is_a_limit_on_all_that_watch(stack, another_edge, photo):
    url, task = another_edge(MAX_WATCHERS="2", NGINX_WORKERS="1"), new_task(stack, photo)
    with stream(url, task) as one, stream(url, task) as other:
        assert one.next() and other.next()
        for path in ("events", "?wait=5"):
            refused = ask(url, "GET", f"/tasks/{task['id']}/events" if path == "events" else f"/tasks/{task['id']}{path}")
            assert refused.status == 503 and refused.problem["code"] == "overloaded"
            assert int(refused.headers["Retry-After"]) > 0
        assert ask(url, "GET", f"/tasks/{task['id']}").status == 200, "whoever only looks is served"
    wait_until("room for others", lambda: has_room(url, task), 10)


def leave_by_reset(url: str, task: dict) -> None:
    with stream(url, task) as watched:
        watched.next()
        watched.break_off()


def leave_by_close(url: str, task: dict) -> None:
    with stream(url, task) as watched:
        watched.next()


def leave_with_a_body_owed(url: str, task: dict) -> None:
    """It has said that a body comes, and sends none."""
    head = f"GET /tasks/{task['id']}/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30) as connection:
        connection.sendall(head.encode())
        received = b""
        while b"event: task" not in received:
            piece = connection.recv(65536)
            assert piece, received
            received += piece


def leave_while_waiting(url: str, task: dict) -> None:
    raw(url, f"GET /tasks/{task['id']}?wait=50 HTTP/1.1\r\nHost: a\r\n\r\n".encode(), 1)


@pytest.mark.parametrize("leave", [leave_by_reset, leave_by_close, leave_with_a_body_owed, leave_while_waiting])
def test_a_client_that_leaves_makes_room_at_once(stack, another_edge, photo, leave):
    url, task = another_edge(MAX_WATCHERS="1", NGINX_WORKERS="1", STREAM_HEARTBEAT="60s"), new_task(stack, photo)
    for _ in range(3):
        leave(url, task)
        wait_until("room for another", lambda: has_room(url, task), 10)


def test_a_client_of_http2_that_leaves_makes_room_too(stack, another_edge, photo, tmp_path):
    place = tmp_path / "h2"
    tmp_path.chmod(0o777)
    for folder in list(tmp_path.parents)[:3]:
        folder.chmod(0o755)
    url, task = another_edge(MAX_WATCHERS="1", NGINX_WORKERS="1", STREAM_HEARTBEAT="60s", H2C_SOCKET=str(place)), new_task(stack, photo)
    for _ in range(3):
        command = [*CURL, "--http2-prior-knowledge", "--unix-socket", str(place), f"http://a/tasks/{task['id']}/events"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
            assert next(event for event in parse(client.stdout) if event.kind == "task").id == "1"
            assert not has_room(url, task)
            client.kill()
        wait_until("room for another", lambda: has_room(url, task), 10)


def test_who_erases_a_task_and_leaves_has_erased_it(stack, photo):
    """Only waiting ends with the client."""
    task = new_task(stack, photo)
    with socket.create_connection((urlsplit(stack.url).hostname, urlsplit(stack.url).port)) as connection:
        connection.sendall(f"DELETE /tasks/{task['id']} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    wait_until("the erasure", lambda: ask(stack.url, "GET", f"/tasks/{task['id']}").status == 410, 10)


def test_an_address_has_so_many_streams(stack, another_edge, photo):
    url, task = another_edge(ADDRESS_STREAMS="2", ADDRESS_CONNECTIONS="1"), new_task(stack, photo)
    with stream(url, task) as one, stream(url, task) as other:
        assert one.next() and other.next()
        refused = ask(url, "GET", f"/tasks/{task['id']}/events")
        assert refused.status == 429 and refused.problem["code"] == "too_many_requests"
        assert ask(url, "GET", f"/tasks/{task['id']}").status == 200, "streams are none of its other requests"
    wait_until("room for others", lambda: has_room(url, task), 10)


def test_an_nginx_that_ends_lets_all_go(stack, another_edge, photo):
    task = new_task(stack, photo)
    url = another_edge()
    edge = next(child for name, child in reversed(stack.children.items()) if name.startswith("edge"))
    with stream(url, task) as watched, stream(url, task, seen=1) as other:
        watched.next()
        os.kill(edge.pid, signal.SIGHUP)
        assert watched.rest() == [] and other.rest() == [], "without `end`: the client comes again"
    with stream(url, task) as watched:
        watched.next()
        os.kill(edge.pid, signal.SIGQUIT)
        assert watched.rest() == []
    wait_until("the end of nginx", lambda: not edge.alive, 10)


def test_nobody_is_asked_while_nobody_watches(stack, another_edge, photo):
    """The questions end with the last stream, and one question is for all tasks."""
    url = another_edge(NGINX_WORKERS="1")
    calls = "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = 'changed_tasks'"
    stack.cluster.sql("alter system set track_functions = 'pl'")
    stack.cluster.sql("select pg_reload_conf()")

    def asked() -> int:
        return int(stack.cluster.sql(calls, "imgfilter"))

    try:
        streams = [stream(url, new_task(stack, photo)) for _ in range(20)]
        before, started = asked(), time.monotonic()
        wait_until("some questions", lambda: asked() >= before + 10, 30)
        assert asked() - before <= 6 * (time.monotonic() - started) + 12, "five a second, not a hundred"
        for each in streams:
            each.__exit__()

        def silent() -> bool:
            last = asked()
            time.sleep(1.5)
            return asked() == last

        wait_until("silence", silent, 20)
    finally:
        stack.cluster.sql("alter system reset track_functions")
        stack.cluster.sql("select pg_reload_conf()")


def test_a_database_that_is_away_for_a_while_ends_no_stream(stack, another_edge, photo, proxy):
    url, task = another_edge(EDGE_DATABASE_URL=proxy.conninfo, STREAM_HEARTBEAT="1s", DATABASE_TIMEOUT="1s"), new_task(stack, photo)
    with stream(url, task) as watched:
        watched.next()
        proxy.refuse()
        for _ in range(3):
            watched.next("comment")
        change(stack, task, "canceled")
        proxy.recover()
        assert [event.kind for event in watched.rest()] == ["task", "end"]
