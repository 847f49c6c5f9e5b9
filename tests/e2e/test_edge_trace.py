"""The trace of a request: with its answer, in the logs of the edge, and nowhere what nobody should read."""

import http.client
import json
import re
import socket
import subprocess
from urllib.parse import urlsplit

import pytest

from client import Client, curl
from pictures import small
from stack import edges
from stack.listener import Listener
from stack.ready import answers, free_port, wait_until

OWN = re.compile(r"[0-9a-f]{32}")
ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{ID}-{SPAN}-01"


@pytest.fixture
def photo(tmp_path):
    return small(tmp_path)


def trace_of(url: str, *more: str) -> str:
    """What the answer says, which is said once."""
    headers = subprocess.run(["curl", "-sS", "-D", "-", "-o", "/dev/null", *more, url], capture_output=True, text=True, check=True).stdout
    told = re.findall(r"(?im)^imgfilter-trace: *(.*?)\r?$", headers)
    assert len(told) == 1 and OWN.fullmatch(told[0]), headers
    return told[0]


def raw(url: str, *lines: bytes) -> str:
    """The trace that a request of these lines is answered with."""
    request = b"\r\n".join((b"GET /filters HTTP/1.1", b"Host: a", b"Connection: close", *lines)) + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        (told,) = answer.headers.get_all("Imgfilter-Trace")
        return told


def test_every_request_has_one_of_its_own(stack):
    told = [trace_of(f"{stack.url}/filters") for _ in range(5)]
    assert len(set(told)) == 5


def test_that_of_the_caller_is_taken_on(stack):
    assert trace_of(f"{stack.url}/filters", "-H", f"traceparent: {GOOD}") == ID
    assert trace_of(f"{stack.url}/nowhere", "-H", f"TraceParent: 00-{ID}-{SPAN}-00") == ID


@pytest.mark.parametrize("value", [
    "", "x", ID, f"00-{ID}-{SPAN}", f"00-{ID}-{SPAN}-0", f"00-{ID}-{SPAN}-01-x", f"00-{ID}-{SPAN}-01 x", f"01-{ID}-{SPAN}-01",
    f"ff-{ID}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{ID}-{'0' * 16}-01", f"00-{ID.upper()}-{SPAN}-01",
    f"00-{ID}-{SPAN.upper()}-01", f"00-{ID}a-{SPAN}-01", f"00-{ID[:-1]}g-{SPAN}-01", f"00-{ID}-{SPAN}-01" + "0" * 20000,
    f"00-{ID}-{SPAN}-01\x00", f"00-{ID}-{SPAN}-01\x80", f"{GOOD},{GOOD}", f'"{GOOD}"', f"{GOOD}\rX-Evil: 1", f"%30%30-{ID}-{SPAN}-01",
])
def test_what_is_malformed_is_as_good_as_none(stack, value):
    told = raw(stack.url, b"traceparent: " + value.encode("latin-1"))
    assert OWN.fullmatch(told) and told != ID


def test_a_header_that_is_divided_makes_none_of_ours(stack):
    """What comes after the line break is a header of the request and not of the answer."""
    request = f"GET /filters HTTP/1.1\r\nHost: a\r\nConnection: close\r\ntraceparent: {GOOD}\r\nX-Evil: 1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(stack.url).port), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.headers["X-Evil"] is None and answer.headers["Imgfilter-Trace"] == ID


def test_of_two_headers_at_most_one_counts(stack):
    other = f"00-{'1' * 32}-{SPAN}-01"
    told = raw(stack.url, b"traceparent: " + GOOD.encode(), b"traceparent: " + other.encode())
    assert OWN.fullmatch(told) and told != "1" * 32


def test_every_kind_of_answer_tells_it(stack, another_edge, photo):
    edge = another_edge(CORS_ORIGINS="https://app.example")
    client, sent = Client(edge.url), ("-H", f"traceparent: {GOOD}")

    def tells(path: str, *more: str, status: int) -> None:
        answer = curl(*sent, *more, path if path.startswith("http") else edge.url + path)
        assert (answer.status, answer.headers.get("imgfilter-trace")) == (status, ID), answer

    task = client.wait(client.accepted("filters=invert", image=photo))
    link = task["results"][0]["url"]
    tells("/images", "-F", f"image=@{photo}", status=202)
    tells("/images", "-F", "filters=sepia", status=400)
    tells("/images", "-T", photo, "-H", "Authorization: Bearer imgf_x", status=401)
    tells("/images", status=405)
    tells("/images", "-X", "OPTIONS", "-H", "Origin: https://app.example", "-H", "Access-Control-Request-Method: POST", status=204)
    tells("/uploads", "-X", "OPTIONS", status=204)
    tells("/uploads", "-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Length: 10", status=201)
    tells(f"/tasks/{task['id']}", status=200)
    tells(f"/tasks/{task['id']}/events", status=200)
    tells(f"/tasks/{task['id']}/events", "-H", f"Last-Event-ID: {task['version']}", status=204)
    for _ in range(2):  # out of the store, and out of the cache, which keeps nobody's trace
        tells(link, status=200)
    tells(link, "-r", "0-1", status=206)
    tells(link, "-r", "9999999-", status=416)
    tells(link, "-H", f'If-None-Match: {curl(link).headers["etag"]}', status=304)
    tells(f"/d/{'A' * 46}/x", status=404)
    for path in ("/filters", "/openapi.json", "/healthz", "/readyz", "/push.js", "/schemas/task.json"):
        tells(path, status=200)
    tells("/nowhere", status=404)
    tells("/tasks", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{", status=400)
    # what nginx has refused before it read so far has one of its own
    early = [curl(*sent, f"{edge.url}/x?{'y' * 40000}"), curl("-H", f"X-Long: {'y' * 40000}", *sent, f"{edge.url}/x"), curl("-X", "TRACE", f"{edge.url}/x")]
    assert [each.status for each in early] == [414, 431, 405]
    assert all(OWN.fullmatch(each.headers["imgfilter-trace"]) for each in early)


@pytest.mark.parametrize("sent", [None, GOOD, f"00-{ID}-{SPAN}-00"])
def test_from_the_upload_to_the_webhook_it_is_one(client, photo, sent):
    with Listener() as listener:
        answer = client.upload("filters=sepia", f"webhook={listener.url}", image=photo, more=("-H", f"traceparent: {sent}") if sent else ())
        assert answer.status == 202, answer
        told = answer.headers["imgfilter-trace"]
        task = client.wait(answer.json())
        (call,) = listener.wait(1)
    version, trace, span, flags = call.headers["traceparent"].split("-")
    assert OWN.fullmatch(told) and answer.json()["trace"] == task["trace"] == call.json()["data"]["trace"] == trace == told
    assert (version, len(span)) == ("00", 16) and span != SPAN, "each try to tell is a span of its own"
    if sent:
        assert told == ID and flags == sent[-2:], "the caller's, and whether it is kept"


def test_pages_of_others_may_read_and_send_it(another_edge):
    edge, origin = another_edge(CORS_ORIGINS="https://app.example"), ("-H", "Origin: https://app.example")
    assert "Imgfilter-Trace" in curl(*origin, f"{edge.url}/filters").headers["access-control-expose-headers"].split(", ")
    asked = curl("-X", "OPTIONS", *origin, "-H", "Access-Control-Request-Method: POST", f"{edge.url}/images")
    assert "traceparent" in asked.headers["access-control-allow-headers"].split(", ")


def test_http2(stack):
    socket_path = stack.environment["IMGFILTER_H2C_SOCKET"]
    answer = curl("--http2-prior-knowledge", "--unix-socket", socket_path, "-H", f"traceparent: {GOOD}", "http://any.name/filters")
    assert (answer.version, answer.headers["imgfilter-trace"]) == ("2", ID)


@pytest.fixture
def logged(stack, another_edge):
    """Starts an edge that writes an access log: it, and what reads its lines once one is there that has this trace."""
    def start(**settings: str):
        log = stack.logs / f"access-{len(list(stack.logs.iterdir()))}.log"
        log.touch()
        edge = another_edge(ACCESS_LOG=str(log), **settings)

        def lines(trace: str) -> list[str]:
            wait_until("a line in the log", lambda: trace in log.read_text(), 10, edge.child)
            return log.read_text().splitlines()

        return edge, lines

    return start


def test_lines_of_the_access_log_end_with_it(logged):
    edge, lines = logged()
    told = trace_of(f"{edge.url}/nowhere?secret=1")
    line = lines(told)[-1]
    assert line.endswith(f" s {told}") and '"GET /nowhere HTTP/1.1" 404 ' in line and "secret" not in line


def test_lines_in_json(logged, photo):
    edge, lines = logged(ACCESS_LOG_FORMAT="json")
    client = Client(edge.url)
    task = client.wait(client.accepted("filters=sepia", image=photo))
    token = task["results"][0]["url"].split("/")[4]
    curl(task["results"][0]["url"])
    curl("-X", "DELETE", f"{edge.url}/tasks/{task['id']}?x=secret")
    known = [f"{number}{'0' * 7}-0000-7000-8000-{'1' * 12}" for number in range(2)]
    curl("-X", "POST", f"{edge.url}/me/notifications/{known[0]}/verify")
    curl("-X", "POST", f"{edge.url}/deliveries/{known[1]}/replay")
    curl("--path-as-is", f"{edge.url}/\"quoted%22%5c%0a%00%ff%c3%28")
    curl("-T", photo, "-H", "Authorization: Bearer imgf_secret", f"{edge.url}/images?filters=secret")
    trace_of(f"{edge.url}/nowhere", "-H", f"traceparent: {GOOD}")
    written = [json.loads(line.encode("utf-8")) for line in lines(ID)]
    fields = {"time", "address", "method", "path", "protocol", "status", "bytes_sent", "bytes_received", "seconds", "trace"}
    assert all(set(each) == fields and OWN.fullmatch(each["trace"]) for each in written)
    last = written[-1]
    assert (last["method"], last["path"], last["status"], last["trace"]) == ("GET", "/nowhere", 404, ID)
    assert isinstance(last["seconds"], float) and last["bytes_received"] > 0 and last["protocol"] == "HTTP/1.1"
    asked = [(each["method"], each["path"]) for each in written]
    assert {("POST", "/images"), ("GET", "/tasks/-"), ("GET", "/d/-"), ("DELETE", "/tasks/-"), ("PUT", "/images"),
            ("POST", "/me/notifications/-"), ("POST", "/deliveries/-")} <= set(asked)
    everything = json.dumps(written)
    assert not any(each in everything for each in (token, task["id"], *known, "secret"))


def test_lines_of_the_error_log_tell_it(stack, photo):
    edge = edges.edge(stack, "speaking", S3_ENDPOINT="http://127.0.0.1:1")
    edge.start()
    try:
        answer = curl("-T", photo, "-H", f"traceparent: {GOOD}", f"{edge.url}/images")
        assert answer.problem["code"] == "storage_unavailable"
        line = next(line for line in edge.child.log.read_text().splitlines() if "storage: PUT" in line)
        assert f"trace: {ID}" in line
    finally:
        edge.child.stop()
        stack.children.pop(edge.child.name)


def test_behind_a_balancer(stack):
    """The balancer hands on what comes, and says nothing of its own beside what an edge says."""
    port = free_port()
    edge = edges.edge(stack, "behind", PUBLIC_URL=f"http://127.0.0.1:{port}", TRUSTED_PROXIES="127.0.0.1")
    balancer = edges.balancer(stack, port, [edge])
    url = f"http://127.0.0.1:{port}"
    try:
        edge.start()
        balancer.start()
        wait_until("the balancer", lambda: answers(f"{url}/readyz") == 200, 20, balancer)
        assert trace_of(f"{url}/nowhere", "-H", f"traceparent: {GOOD}") == ID
        assert trace_of(f"{url}/filters") != trace_of(f"{url}/filters")
        assert OWN.fullmatch(trace_of(f"{url}/healthz"))
        edge.child.stop()
        assert curl("-H", f"traceparent: {GOOD}", f"{url}/filters").status == 503
        assert trace_of(f"{url}/filters", "-H", f"traceparent: {GOOD}") == ID
    finally:
        for child in (balancer, edge.child):
            child.stop()
            stack.children.pop(child.name)
