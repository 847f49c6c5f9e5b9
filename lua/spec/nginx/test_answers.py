"""What is common to all answers: methods, errors, descriptions."""

import json
from pathlib import Path

import pytest

from client import ask, raw, upload

ID = "01930000-0000-7000-8000-000000000000"

METHODS = {
    "/images": "POST, PUT",
    "/tasks": "POST",
    f"/tasks/{ID}": "DELETE, GET, HEAD",
    f"/tasks/{ID}/events": "GET, HEAD",
    "/uploads": "OPTIONS, POST",
    f"/uploads/{ID}": "DELETE, HEAD, OPTIONS, PATCH",
    "/me/notifications": "GET, HEAD, PUT",
    f"/me/notifications/{ID}/verify": "POST",
    f"/me/notifications/{ID}/code": "POST",
    f"/me/notifications/{ID}/rotate": "POST",
    f"/me/notifications/{ID}/enable": "POST",
    "/deliveries": "GET, HEAD",
    f"/deliveries/{ID}/replay": "POST",
    "/push-key": "GET, HEAD",
    "/d/token/name.jpg": "GET, HEAD",
    "/filters": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/readyz": "GET, HEAD",
}
FILES = {"/push.js": "GET, HEAD", "/schemas/task.done.json": "GET, HEAD"}
"""Served as they are, and no part of the API's description."""


@pytest.mark.parametrize("path", METHODS | FILES)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused_with_those_that_are_not(stack, path, method):
    allowed = (METHODS | FILES)[path]
    if method in allowed.split(", "):
        return
    answer = ask(stack.url, method, path, b"body" if method == "POST" else None)
    assert answer.status == 405 and answer.headers["Allow"] == allowed
    assert answer.problem["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/nowhere", "/images/", "/images/x", "/problem", "/tasks/", f"/tasks/{ID}",
                                  f"/tasks/{ID}/events", "/tasks/x", "/d/", "/d/x", "/d/x/", "/d/x/y", "/d/x/y/z"])
def test_what_is_not_there_is_not_found(stack, path):
    answer = ask(stack.url, "GET", path)
    assert answer.status == 404 and answer.problem["code"] == "not_found"
    head = ask(stack.url, "HEAD", path)
    assert (head.status, head.body) == (404, b"")
    for name in ("Content-Type", "Content-Length"):
        assert head.headers[name] == answer.headers[name]


@pytest.mark.parametrize("wait", ["61", "-1", "a", "1.5", "", "1&wait=2"])
def test_a_wait_that_cannot_be_meant(stack, wait):
    answer = ask(stack.url, "GET", f"/tasks/{ID}?wait={wait}")
    assert answer.status == 400 and answer.problem["field"] == "wait" and answer.problem["limit"] == 60


@pytest.mark.parametrize("request_, status, code", [
    (b"GARBAGE\r\n\r\n", 400, "malformed_request"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    (b"GET /../../x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
    (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "uri_too_long"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 40_000 + b"\r\n\r\n", 431, "headers_too_large"),
])
def test_requests_that_are_none(stack, request_, status, code):
    head, _, body = raw(stack.url, request_, 3).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code


def test_a_body_that_nobody_reads_is_not_the_next_request(stack):
    smuggled = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
    request = b"GET /filters HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(smuggled) + smuggled
    assert raw(stack.url, request, 2).count(b"HTTP/1.1 ") == 1


def test_the_description_is_served_and_true(stack):
    answer = ask(stack.url, "GET", "/openapi.json")
    file = Path(__file__).resolve().parents[3] / "nginx/www/openapi.json"
    assert answer.status == 200 and answer.body == file.read_bytes()
    assert answer.headers["Content-Type"] == "application/json"
    paths = answer.json()["paths"]
    methods = {path.replace("{id}", ID).replace("{token}", "token").replace("{filename}", "name.jpg"):
               ", ".join(sorted(method.upper() for method in operations)) for path, operations in paths.items()}
    assert methods == METHODS
    for path, operations in paths.items():
        path = path.replace("{id}", ID).replace("{token}", "x").replace("{filename}", "y")
        for method in operations:
            documented = operations[method]["responses"]
            assert str(ask(stack.url, method.upper(), path).status) in documented, (method, path)


def test_filters_are_listed_and_may_be_cached(stack):
    answer = ask(stack.url, "GET", "/filters")
    assert answer.status == 200 and isinstance(answer.json()["filters"], list)
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_the_body_that_is_too_large_is_not_asked_for(another_edge, photo):
    url = another_edge(MAX_BODY="1000")
    problem = ask(url, "PUT", "/images", photo.read_bytes()[:900] + bytes(2_000_000)).problem
    assert problem["code"] == "body_too_large" and problem["limit"] == 1000
    # within the room that a form's own lines may take, the module finds out
    problem = ask(url, "PUT", "/images", bytes(1001)).problem
    assert problem["code"] == "body_too_large" and problem["limit"] == 1000


def test_without_a_key_the_body_is_not_read(another_edge, photo):
    url = another_edge(ANONYMOUS="false")
    answer = upload(url, photo)
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.problem["code"] == "key_required"
    request = b"PUT /images HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\nExpect: 100-continue\r\n\r\n"
    assert raw(url, request, 2).startswith(b"HTTP/1.1 401 ")


def test_no_log_has_what_opens_something(stack, access_log, photo):
    task = upload(stack.url, photo, "?expires_in=77777").json()
    secret = "AQEsecretsecretsecretsecretsecretsecretsecretse"
    for path in (f"/d/{secret}/x.jpg", f"//d/{secret}/x.jpg", f"/%64/{secret}/x", f"/d/{secret}", f"/x/../d/{secret}/a"):
        ask(stack.url, "GET", path)
        ask(stack.url, "POST", path)
    for path in (f"/tasks/{task['id']}", f"//tasks/{task['id']}?wait=0", f"/tasks/{task['id']}/x"):
        ask(stack.url, "GET", path)
    log = access_log.read_text()
    assert '"GET /d/- HTTP/1.1" 404' in log and '"POST /d/- HTTP/1.1" 405' in log and '"GET /tasks/- HTTP/1.1" 200' in log
    assert secret not in log and task["id"] not in log and "77777" not in log
