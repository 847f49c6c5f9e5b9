"""A task is watched from its upload to its end: over every protocol, by a real browser, through a load balancer."""

import json
import subprocess

import pytest

from browser import Browser
from client import curl
from pictures import RAIN
from stack import edges
from stack.event_stream import EventStream, parse
from stack.ready import answers, free_port, wait_until

CHAIN = "filters=sepia(0.8)|blur(3)"

PAGE = """
window.told = [];
window.opened = 0;
const note = event => told.push([event.type, event.lastEventId, event.data]);
window.source = new EventSource(%s);
source.onopen = () => opened++;
for (const type of ['task', 'gone', 'end']) source.addEventListener(type, note);
"""
"""Lets the browser come again as often as it likes: the page never closes its source."""


def check(events, task: dict, client) -> None:
    """All that a watcher from the beginning on may hear, and nothing else."""
    *versions, end = events
    assert end.kind == "end" and all(event.kind == "task" for event in versions)
    numbers = [int(event.id) for event in versions]
    assert numbers == sorted(set(numbers)), "each version once, the later ones later"
    last = versions[-1].json()
    assert last["status"] == "done" and last == client.wait(task)
    assert client.download(last["results"][0]["url"])


def test_from_the_upload_to_the_link(client):
    task = client.accepted(CHAIN, image=RAIN)
    with EventStream(f"{task['status_url']}/events") as stream:
        check(stream.rest(), task, client)


def test_a_failure_is_told(client, tmp_path):
    broken = tmp_path / "cut.jpg"
    broken.write_bytes(RAIN.read_bytes()[:RAIN.stat().st_size // 2])
    task = client.accepted("filters=grayscale", image=broken)
    with EventStream(f"{task['status_url']}/events") as stream:
        *_, last, end = stream.rest()
    assert last.json()["status"] == "failed" and last.json()["results"][0]["error"]["code"] == "broken_image" and end.kind == "end"


@pytest.mark.parametrize("way", ["tls", "h2c"])
def test_over_http2(client, stack, way):
    task = client.accepted(CHAIN, "delay=1", image=RAIN)
    command = ["curl", "-sS", "-N", "--max-time", "60"]
    if way == "tls":
        port, trusted = (stack.environment[f"IMGFILTER_TLS_{name}"] for name in ("PORT", "CERTIFICATE"))
        command += ["--http2", "--cacert", trusted, f"https://127.0.0.1:{port}/tasks/{task['id']}/events"]
    else:
        command += ["--http2-prior-knowledge", "--unix-socket", stack.environment["IMGFILTER_H2C_SOCKET"], f"http://a/tasks/{task['id']}/events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        check([event for event in parse(process.stdout) if event.kind not in ("retry", "comment")], task, client)
        assert process.wait(20) == 0, "the stream ends as HTTP says it should"


def test_through_a_load_balancer(client, stack, another_edge):
    port = free_port()
    behind = [another_edge(PUBLIC_URL=client.url, TRUSTED_PROXIES="127.0.0.1") for _ in range(2)]
    balancer = edges.balancer(stack, port, behind)
    balancer.start()
    try:
        wait_until("the balancer", lambda: answers(f"http://127.0.0.1:{port}/healthz") == 200, 20, balancer)
        task = client.accepted(CHAIN, "delay=2", image=RAIN)
        with EventStream(f"http://127.0.0.1:{port}/tasks/{task['id']}/events") as stream:
            first = stream.next()
            assert first.json()["status"] == "queued", "it is told before the task goes on: nothing is held back on the way"
            assert stream.headers["Cache-Control"] == "no-store"
            check([first, *stream.rest()], task, client)
    finally:
        balancer.stop()
        stack.children.pop("balancer")


@pytest.fixture
def browser():
    # the certificate of the stack is of these tests' own making
    with Browser("--ignore-certificate-errors") as running:
        yield running


def watch(browser: Browser, base: str, task: dict) -> None:
    """Has a page of the service's own origin watch a task."""
    browser.open(f"{base}/healthz")
    browser.value(PAGE % json.dumps(f"/tasks/{task['id']}/events"))


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_a_real_browser_hears_all_and_stays_away_then(client, stack, browser, protocol):
    base = client.url if protocol == "http/1.1" else f"https://127.0.0.1:{stack.environment['IMGFILTER_TLS_PORT']}"
    task = client.accepted(CHAIN, "delay=1", image=RAIN)
    watch(browser, base, task)
    browser.until("source.readyState == EventSource.CLOSED")
    assert browser.value("opened") == 1
    told = browser.value("told")
    assert [type_ for type_, *_ in told][-2:] == ["task", "end"]
    statuses = [json.loads(data)["status"] for type_, _, data in told if type_ == "task"]
    assert statuses[0] == "queued" and statuses[-1] == "done"
    numbers = [int(number) for type_, number, _ in told if type_ == "task"]
    assert numbers == sorted(set(numbers)), "coming again, it was not told anything twice"


def test_a_real_browser_comes_again_where_it_was(client, another_edge, browser):
    edge = another_edge(STREAM_LIFE="1s", STREAM_RETRY="1s")
    task = client.accepted(CHAIN, "delay=600", image=RAIN)
    watch(browser, edge.url, task)
    browser.until("opened >= 3")
    assert browser.value("told.length") == 1, "nothing has happened since"
    assert curl("-X", "DELETE", f"{client.url}/tasks/{task['id']}").status == 200
    browser.until("source.readyState == EventSource.CLOSED")
    # the event, if a stream was open just then; otherwise the answer to its next question was that it is gone
    assert [type_ for type_, *_ in browser.value("told")] in (["task", "gone", "end"], ["task"])


def test_a_page_of_another_site_may_watch_where_it_is_allowed(client, another_edge, browser):
    edge = another_edge(CORS_ORIGINS=client.url)
    task = client.accepted(CHAIN, image=RAIN)
    browser.open(f"{client.url}/healthz")
    browser.value(PAGE % json.dumps(f"{edge.url}/tasks/{task['id']}/events"))
    browser.until("told.some(([type]) => type == 'end')")
    browser.value("source.close()")
