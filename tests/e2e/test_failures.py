"""Parts of the service die, and what was promised is kept."""

import os
import signal
import socket
import subprocess
import time

from client import curl
from pictures import RAIN
from stack.child import Child
from stack.ready import Notices, answers, wait_until

# Some seconds of work on a photograph of 2.3 megapixels: long enough to be interrupted.
SLOW = "oil(10)|oil(10)"


def until_processing(client, task) -> None:
    wait_until("the claim", lambda: client.wait(task, 0)["status"] == "processing", 20)


def unavailable(answer) -> None:
    assert answer.status == 503, answer
    assert answer.problem["code"]
    assert int(answer.headers["retry-after"]) > 0


def sweep(stack) -> None:
    """What the timer does once a day is asked for now."""
    stack.command("cleanup", settings={"IMGFILTER_ORPHAN_AGE": "0s", "IMGFILTER_ORPHAN_AGE_UNSAFE": "true"})


def test_a_killed_worker_loses_no_task(client, stack):
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    until_processing(client, task)
    stack.children["worker"].kill()
    assert client.wait(task, 0)["status"] == "processing"
    stack.start_worker()
    ended = client.wait(task, 60)
    assert ended["status"] == "done", ended
    assert client.download(ended["results"][0]["url"])


def test_a_worker_that_slept_past_its_lease_changes_nothing(client, stack, inspector):
    """Stopped in the middle, overtaken by another, woken up: one result, one link, one object."""
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    until_processing(client, task)
    sleeper = stack.children["worker"]
    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        stack.start_worker("second-worker")
        ended = client.wait(task, 60)
        assert ended["status"] == "done", ended
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    url = ended["results"][0]["url"]
    first = client.download(url)
    time.sleep(3)
    assert client.wait(task, 0) == ended
    assert client.download(url) == first
    assert inspector.rows("select count(*) from imgfilter.link where task_id = %s", task["id"]) == [(1,)]
    stack.children.pop("second-worker").stop()


def test_a_worker_that_is_asked_to_end_finishes_first(client, stack):
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    until_processing(client, task)
    stack.children["worker"].stop()
    assert stack.children["worker"].process.returncode == 0
    assert client.wait(task, 0)["status"] in ("done", "queued")
    stack.start_worker()
    assert client.wait(task, 60)["status"] == "done"


def test_a_worker_tells_systemd_how_it_is(stack):
    """Ready, alive at every beat, and ending: what Type=notify and WatchdogSec= rest on."""
    with Notices(stack.sockets / "third.notify") as notices:
        more = {"NOTIFY_SOCKET": str(notices.path), "WATCHDOG_USEC": "30000000", "IMGFILTER_METRICS": ""}
        worker = Child("third-worker", [stack.plan.build.program, "worker"], stack.logs / "third.log", stack.environment | more,
                       patience=40.0)
        worker.start()
        try:
            wait_until("its beats", lambda: notices.listen().count("WATCHDOG=1") >= 2, 20, worker)
            assert "READY=1" in notices.heard
        finally:
            assert worker.stop()
        assert "STOPPING=1" in notices.listen()


def test_nginx_killed_in_the_middle_of_an_upload(client, stack, inspector):
    before = inspector.now()
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        body = RAIN.read_bytes()
        head = (f"POST /images HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body) + 1000}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
                '--x\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n\r\n')
        connection.sendall(head.encode() + body[:600_000])
        wait_until("the spooled part", lambda: inspector.spooled() != before.spool, 10)
        stack.children["nginx"].kill()
    stack.start_nginx()
    after = inspector.now()
    assert (after.rows, after.objects) == (before.rows, before.objects)
    sweep(stack)
    assert inspector.spooled() == frozenset()
    assert client.finished("filters=grayscale", image=RAIN)


def test_without_postgresql(client, stack, inspector):
    before = inspector.now()
    stack.cluster.child.stop()
    try:
        started = time.monotonic()
        unavailable(client.upload("filters=grayscale", image=RAIN))
        assert time.monotonic() - started < 15
        unavailable(curl(f"{client.url}/tasks/01930000-0000-7000-8000-000000000000"))
        assert answers(f"{client.url}/healthz") == 200 and answers(f"{client.url}/readyz") == 503
    finally:
        stack.cluster.start()
    wait_until("readiness", lambda: answers(f"{client.url}/readyz") == 200, 30)
    sweep(stack)
    assert inspector.now() == before
    assert client.finished("filters=grayscale", image=RAIN)


def test_postgresql_comes_back_while_a_task_runs(client, stack):
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    until_processing(client, task)
    stack.cluster.child.kill()
    stack.cluster.start()
    wait_until("readiness", lambda: answers(f"{client.url}/readyz") == 200, 30)
    assert client.wait(task, 60)["status"] == "done"


def test_postgresql_stopped_at_once_costs_no_later_request(client, stack):
    """Connections that the edge kept learn only when they are used that nobody is at the other end."""
    task = client.finished("filters=grayscale", image=RAIN)
    link = task["results"][0]["url"]
    # Many at a time, so that every thread of the edge has a connection before and uses it afterwards.
    ask = [*["-Z", "--parallel-max", "40", "-o", "/dev/null", "-w", "%{http_code}\n"], f"{client.url}/tasks/{task['id']}?copy=[1-80]"]
    assert statuses(ask) == {"200"}
    stack.cluster.child.process.send_signal(signal.SIGQUIT)
    stack.cluster.child.process.wait(30)
    stack.cluster.start()
    wait_until("readiness", lambda: answers(f"{client.url}/readyz") == 200, 30)
    assert statuses(ask) == {"200"}
    assert client.download(link)


def statuses(arguments: list[str]) -> set[str]:
    """The statuses of many requests of curl."""
    done = subprocess.run(["curl", "-sS", "-m", "60", *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_without_the_store(client, stack, inspector):
    task = client.finished("filters=grayscale", image=RAIN)
    fresh = task["results"][0]["url"]
    before = inspector.now()
    stack.children["store"].stop()
    try:
        unavailable(client.upload("filters=grayscale", image=RAIN))
        unavailable(curl(fresh))
        assert answers(f"{client.url}/readyz") == 503
    finally:
        stack.start_store()
    assert inspector.now() == before
    assert client.download(fresh)
    assert client.finished("filters=grayscale", image=RAIN)


def test_a_task_outlives_the_store(client, stack):
    """The worker cannot fetch or store while S3 is away, and does so afterwards."""
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    until_processing(client, task)
    stack.children["store"].kill()
    time.sleep(4)
    stack.start_store()
    assert client.wait(task, 60)["status"] == "done"


def test_a_client_that_waits_does_not_hold_nginx_up(client, stack):
    """Two hundred questions that wait, and an upload is still answered at once."""
    task = client.accepted(f"filters={SLOW}", image=RAIN)
    command = ["curl", "-sS", "-Z", "--parallel-max", "200", "-o", "/dev/null"]
    command += [f"{client.url}/tasks/{task['id']}?wait=20&n=[1-200]"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as waiting:
        time.sleep(1)
        started = time.monotonic()
        assert answers(f"{client.url}/healthz") == 200
        client.accepted("filters=resize(width=50)", image=RAIN)
        assert time.monotonic() - started < 3
        assert waiting.wait(60) == 0
    assert client.wait(task, 60)["status"] == "done"


def test_nothing_half_done_stays(stack, inspector):
    """After all that, every object belongs to a row and every row has its object."""
    wait_until("the end of all tasks", lambda: inspector.rows("select count(*) from imgfilter.queue") == [(0,)], 60)
    sweep(stack)
    known = {key for (key,) in inspector.rows("select object_key from imgfilter.image where removed_at is null "
                                              "union all select object_key from imgfilter.link")}
    assert inspector.objects() == known
    assert inspector.spooled() == frozenset()
    assert inspector.rows("select count(*) from imgfilter.task where status not in ('done', 'failed', 'expired')") == [(0,)]
