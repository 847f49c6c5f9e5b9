"""What the edge counts, held against what was done to it."""

import json
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from client import Client, curl
from pictures import small
from scraped import check, scrape
from stack.child import descendants
from stack.places import CHECKOUT
from stack.ready import answers, wait_until

TUS = ("-H", "Tus-Resumable: 1.0.0")
DOCUMENTED = re.compile(r"^\| `(imgfilter_[a-z_]+)` \| (counter|gauge|histogram) \|", re.MULTILINE)
LABEL = re.compile(r'[{,]([a-z]+)="([^"]*)"')
CODES = json.loads((CHECKOUT / "nginx/www/openapi.json").read_text())["components"]["schemas"]["ProblemCode"]["enum"]
VALUES = {
    "route": {"images", "uploads", "tasks", "task", "events", "downloads", "filters", "notifications", "deliveries", "page", "other"},
    "end": {"taken", "replayed", "refused", "abandoned"}, "stage": {"body", "check", "store", "submit"}, "part": {"database", "store"},
    "cache": {"hit", "miss", "stale", "updating", "bypass", "expired", "revalidated", "none"},
    "state": {"active", "reading", "writing", "waiting"}, "code": set(CODES),
}
FORMS = {"status": r"[1-5]\d\d", "version": r"\d+\.\d+\.\d+", "le": r"\d+(\.\d+)?|\+Inf"}
"""What labels may say: a word of these lists, or what looks like this."""


@pytest.fixture
def edge(another_edge):
    return another_edge()


@pytest.fixture
def photo(tmp_path):
    return small(tmp_path)


def stages(**counts: int) -> dict[str, float]:
    return {f'{{stage="{stage}"}}': count for stage, count in counts.items()}


def refusals(**codes: int) -> dict[str, float]:
    return {f'{{code="{code}"}}': count for code, count in codes.items()}


def requests(*told: tuple[str, int, int]) -> dict[str, float]:
    return {f'{{route="{route}",status="{status}"}}': count for route, status, count in told}


def test_uploads_and_their_stages(edge, photo):
    client, size = Client(edge.url), photo.stat().st_size
    again = ("-H", "Idempotency-Key: a")
    accepted = [client.upload("filters=sepia", image=photo), curl("-T", photo, f"{edge.url}/images"),
                client.upload("filters=sepia", image=photo, more=again)]
    assert [answer.status for answer in accepted] == [202] * 3
    assert client.upload("filters=sepia", image=photo, more=again).headers["idempotent-replayed"] == "true"
    assert client.upload("filters=sepai", image=photo).problem["code"] == "invalid_filters"
    assert client.upload("filters=sepia").problem["code"] == "missing_image"
    assert curl("-X", "POST", "-H", "Content-Type: text/plain", "-d", "x", f"{edge.url}/images").status == 415
    assert curl(f"{edge.url}/images").status == 405, "no upload"
    check(edge.metrics, {
        "uploads_total": {'{end="taken"}': 3, '{end="replayed"}': 1, '{end="refused"}': 3},
        "upload_bytes_total": {"": 3 * size},
        "refusals_total": refusals(invalid_filters=1, missing_image=1, not_an_image=1, method_not_allowed=1),
        "requests_total": requests(("images", 202, 4), ("images", 400, 2), ("images", 405, 1), ("images", 415, 1)),
        "edge_stage_seconds_count": stages(body=7, check=7, store=3, submit=3),
        "request_seconds_count": {'{route="images"}': 8},
        "edge_database_errors_total": {}, "edge_store_errors_total": {}, "edge_metrics_dropped_total": {},
    })


def test_an_upload_in_pieces(edge, photo):
    data, url = photo.read_bytes(), f"{edge.url}/uploads"
    begun = curl("-X", "POST", *TUS, "-H", f"Upload-Length: {len(data)}", url)
    assert begun.status == 201
    for start, end in ((0, 1000), (1000, len(data))):
        piece = photo.with_suffix(".piece")
        piece.write_bytes(data[start:end])
        answer = curl("-X", "PATCH", *TUS, "-H", f"Upload-Offset: {start}", "-H", "Content-Type: application/offset+octet-stream",
                      "--data-binary", f"@{piece}", begun.headers["location"])
        assert answer.status == 204, answer
    assert curl("-X", "POST", *TUS, "-H", "Upload-Length: many", url).status == 400
    assert curl("-I", *TUS, f"{url}/edge-{'0' * 32}").status == 404, "a question is no upload"
    check(edge.metrics, {
        "uploads_total": {'{end="taken"}': 1, '{end="refused"}': 1},
        "upload_bytes_total": {"": len(data)},
        "requests_total": requests(("uploads", 201, 1), ("uploads", 204, 2), ("uploads", 400, 1), ("uploads", 404, 1)),
        "edge_stage_seconds_count": stages(check=1, store=1, submit=1),
    })


def test_downloads_by_what_the_cache_knew(edge, photo):
    """What the gateway is asked for is no request of anybody's."""
    client = Client(edge.url)
    task = client.wait(client.accepted("filters=invert", image=photo))
    link = task["results"][0]["url"]
    assert [curl(link).status for _ in range(3)] == [200] * 3
    assert curl("-r", "0-9", link).status == 206
    assert curl(f"{edge.url}/d/{'A' * 46}/x.png").status == 404
    gone = curl("-X", "POST", link)
    assert gone.status == 405
    check(edge.metrics, {
        "downloads_total": {'{cache="miss"}': 1, '{cache="hit"}': 3, '{cache="none"}': 2},
        "requests_total": requests(("images", 202, 1), ("task", 200, 1), ("downloads", 200, 3), ("downloads", 206, 1),
                                   ("downloads", 404, 1), ("downloads", 405, 1)),
    })


@pytest.mark.parametrize("method, path, route, status", [
    ("GET", "/filters", "filters", 200), ("GET", "/me/notifications", "notifications", 401), ("GET", "/deliveries", "deliveries", 401),
    ("POST", "/tasks", "tasks", 415), ("GET", f"/tasks/{'0' * 8}-0000-7000-8000-{'0' * 12}/events", "events", 404),
    ("DELETE", "/tasks/x", "task", 404), ("GET", "/nowhere", "other", 404), ("GET", "/problem", "other", 404),
])
def test_routes(edge, method, path, route, status):
    assert curl("-X", method, f"{edge.url}{path}").status == status
    check(edge.metrics, {"requests_total": requests((route, status, 1))})


def test_what_a_browser_asks_beforehand_counts_where_it_asks(another_edge):
    edge = another_edge(CORS_ORIGINS="https://app.example")
    asked = ("-X", "OPTIONS", "-H", "Origin: https://app.example", "-H", "Access-Control-Request-Method: POST")
    assert [curl(*asked, f"{edge.url}{path}").status for path in ("/images", "/me/notifications", "/nowhere")] == [204] * 3
    check(edge.metrics, {"requests_total": requests(("images", 204, 1), ("notifications", 204, 1), ("other", 204, 1)),
                         "uploads_total": {}})


def test_a_request_that_nginx_does_not_read_to_its_end(edge):
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: \x01\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
    check(edge.metrics, {"requests_total": requests(("other", 400, 1)), "refusals_total": refusals(malformed_request=1)})


def test_bytes(edge):
    request = b"GET /filters HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received = 0
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as connection:
        connection.sendall(request)
        while piece := connection.recv(1 << 16):
            received += len(piece)
    check(edge.metrics, {"request_bytes_total": {'{route="filters"}': len(request)}, "response_bytes_total": {'{route="filters"}': received}})


def test_who_watches(edge, photo):
    task = Client(edge.url).accepted("delay=300", image=photo)
    command = ["curl", "-sSN", f"{edge.url}/tasks/{task['id']}/events"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        check(edge.metrics, {"edge_watchers": {"": 1}})
        process.terminate()
    check(edge.metrics, {"edge_watchers": {}})
    assert curl("-X", "DELETE", f"{edge.url}/tasks/{task['id']}").status == 200
    # whoever leaves a stream has been answered
    check(edge.metrics, {"requests_total": requests(("images", 202, 1), ("events", 200, 1), ("task", 200, 1))})


def test_what_is_known_of_the_moment(edge):
    wait_until("a look at the queue", lambda: "imgfilter_edge_queue_waiting" in scrape(edge.metrics).numbers, 10)
    now = scrape(edge.metrics).numbers
    assert 0 < now["imgfilter_spool_free_bytes"] <= now["imgfilter_spool_size_bytes"]
    assert now["imgfilter_edge_queue_age_seconds"] >= 0
    assert now['imgfilter_edge_breaker_open{part="database"}'] == now['imgfilter_edge_breaker_open{part="store"}'] == 0
    assert now['imgfilter_edge_connections{state="active"}'] >= 1
    version = re.search(r'^version = "([^"]+)"', (CHECKOUT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    assert now[f'imgfilter_edge_info{{version="{version}"}}'] == 1


def test_a_store_that_is_away(lame_edge, photo):
    edge = lame_edge(S3_ENDPOINT="http://127.0.0.1:1", BREAKER_FAILURES="2", BREAKER_PAUSE="1h")
    client = Client(edge.url)
    assert [client.upload(image=photo).problem["code"] for _ in range(3)] == ["storage_unavailable"] * 3
    check(edge.metrics, {
        "edge_store_errors_total": {"": 2}, "edge_database_errors_total": {}, "edge_breaker_open": {'{part="store"}': 1},
        "refusals_total": refusals(storage_unavailable=3), "uploads_total": {'{end="refused"}': 3},
        "edge_stage_seconds_count": stages(body=2, check=2, store=2),
    })


def test_a_database_that_is_away(lame_edge):
    edge = lame_edge(EDGE_DATABASE_URL="host=/nowhere user=x dbname=x", BREAKER_FAILURES="3", BREAKER_PAUSE="1h")
    wait_until("the breaker", lambda: scrape(edge.metrics).numbers['imgfilter_edge_breaker_open{part="database"}'] == 1, 20)
    assert scrape(edge.metrics).numbers["imgfilter_edge_database_errors_total"] >= 3
    assert scrape(edge.metrics).numbers['imgfilter_edge_breaker_open{part="store"}'] == 0


def test_counts_outlive_a_reload(edge):
    assert curl(f"{edge.url}/filters").status == 200
    # by the worker that ends, before its second is over
    before = set(descendants(edge.child.pid))
    edge.child.process.send_signal(signal.SIGHUP)
    wait_until("other nginx workers", lambda: not before & set(descendants(edge.child.pid)) and answers(f"{edge.url}/healthz") == 200, 20)
    assert curl(f"{edge.url}/filters").status == 200
    check(edge.metrics, {"requests_total": requests(("filters", 200, 2))})


def test_many_at_once_are_all_counted(edge):
    def ask():
        for _ in range(50):
            assert curl(f"{edge.url}/nowhere").status == 404

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(edge.metrics, {"requests_total": requests(("other", 404, 200)), "refusals_total": refusals(not_found=200)})


def test_prometheus_finds_nothing_to_say_against_it(edge, photo):
    assert Client(edge.url).upload(image=photo).status == 202
    assert curl(f"{edge.url}/nowhere").status == 404
    check(edge.metrics, {"upload_bytes_total": {"": photo.stat().st_size}})
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(edge.metrics).text, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_documented_is_what_is_told(edge):
    page = (CHECKOUT / "docs/METRICS.md").read_text()
    section = re.search(r"^## Edge$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL).group(1)
    assert dict(DOCUMENTED.findall(section)) == scrape(edge.metrics).types


def test_metrics_are_nowhere_else(edge, stack):
    assert curl(f"{edge.url}/metrics").status == 404
    for path in ("/", "/healthz", "/images", "/metrics/", "/metrics/x"):
        assert curl(f"http://{edge.metrics}{path}").status == 404, path
    assert curl("-X", "POST", f"http://{edge.metrics}/metrics").status == 405
    assert curl("-I", f"http://{edge.metrics}/metrics").status == 200
    other = urlsplit(stack.url).port
    assert scrape(stack.environment["IMGFILTER_EDGE_METRICS"]).types, f"the edge at {other} has its own"


def test_off_unless_asked_for(another_edge):
    edge = another_edge(EDGE_METRICS="")
    assert curl(f"{edge.url}/filters").status == 200
    configuration = Path(edge.child.command[edge.child.command.index("-c") + 1]).read_text()
    assert "metrics.conf" not in configuration and "counted.conf" not in configuration


def test_nothing_that_is_counted_names_anybody(edge, photo):
    """Labels have values of lists, whatever clients send."""
    task = Client(edge.url).accepted("filters=sepia", image=photo)
    curl(f"{edge.url}/tasks/{task['id']}")
    curl(f"{edge.url}/secret-path-{'x' * 50}")
    curl("-X", "BREW", f"{edge.url}/images")
    check(edge.metrics, {"requests_total": requests(("images", 202, 1), ("task", 200, 1), ("other", 404, 1), ("images", 405, 1))})
    now = scrape(edge.metrics)
    for label, value in LABEL.findall("\n".join(now.numbers)):
        assert value in VALUES[label] if label in VALUES else re.fullmatch(FORMS[label], value), f'{label}="{value}"'
    for known in (task["id"], photo.name, "sepia", "secret-path", "BREW"):
        assert known not in now.text
