"""`aio threads`: what takes time is done on nginx's threads. Every other test runs with it, too."""

import hashlib
import pathlib
import signal

import pytest

from client import END, Http1, file, noise, post
from nginx_process import wait_until


def thread_time(nginx):
    """Clock ticks that the worker's other threads have worked."""
    (worker,) = nginx.workers()
    tasks = pathlib.Path(f"/proc/{worker}/task").iterdir()
    stats = [(task / "stat").read_text().rpartition(")")[2].split() for task in tasks if task.name != str(worker)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats)


def test_threads_do_the_work(nginx, aio):
    before = thread_time(nginx)
    post(nginx, "/long-work", file(noise(20_000_000)) + END)
    assert (thread_time(nginx) > before) == (aio == "threads")


def test_where_all_threads_are_busy_the_event_loop_does_it(nginx):
    data = noise(300_000)
    long = file(noise(60_000_000)) + END
    with Http1(nginx) as client:
        client.head("/one-thread", len(long))
        client.send(long)
        assert wait_until(nginx.spooled)
        answer = post(nginx, "/one-thread", file(data) + END)
        assert answer.parts["files"][0]["sha256"] == hashlib.sha256(data).hexdigest()
        assert client.answer().parts["files"][0]["size"] == 60_000_000
    assert "queue overflow" in nginx.log()


def test_threads_from_a_variable(nginx):
    assert post(nginx, "/threads-of?pool=default", file(b"hello") + END).parts["files"][0]["size"] == 5
    assert post(nginx, "/threads-of?pool=missing", file(b"hello") + END).status == 500
    assert 'no thread pool "missing"' in nginx.log()


def test_a_worker_that_may_not_wait_for_a_thread(make_nginx):
    nginx = make_nginx(AIO="threads", MAIN="worker_shutdown_timeout 10ms;").start()
    old = nginx.workers()
    body = file(noise(90_000_000)) + END
    with Http1(nginx) as client:
        client.head("/long-work", len(body))
        client.send(body)
        assert wait_until(nginx.spooled)
        nginx.process.send_signal(signal.SIGHUP)
        with pytest.raises(ConnectionError):
            client.answer()
    assert wait_until(lambda: not set(old) & set(nginx.workers()))
    assert nginx.spool_is_empty()
    assert nginx.is_sound(), nginx.log()


def test_clients_that_go_away_while_threads_work(nginx):
    body = file(noise(5_000_000)) + END
    for _ in range(5):
        with Http1(nginx) as client:
            client.head("/long-work", len(body))
            client.send(body)
            assert wait_until(nginx.spooled)
    assert nginx.spool_is_empty()
    assert post(nginx, "/up", file(b"hello") + END).status == 200


def test_one_process(own_nginx):
    nginx = own_nginx(MAIN="master_process off;").start()
    for chunks in [None, [5000]]:
        data = noise(200_000)
        answer = post(nginx, "/up", file(data) + END, chunks=chunks)
        assert answer.parts["files"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    target = nginx.make_file("f")
    assert post(nginx, "/append-anywhere?file=files/f", b"hello").status == 200
    assert target.read_bytes() == b"hello"
    with Http1(nginx) as client:
        client.head("/up", 1000)
        client.send(file(noise(500))[:300])
        assert wait_until(nginx.spooled)
    assert nginx.spool_is_empty()
    assert nginx.is_sound(), nginx.log()
