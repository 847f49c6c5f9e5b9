"""Keys and quotas, in a real nginx."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from callers import make, refused, value
from client import ask, raw, upload
from stack.ready import answers, wait_until

UNKNOWN = "imgf_" + "A" * 43

# A large upload that waits to be asked for its body.
HEAD = (b"PUT /images HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\nExpect: 100-continue\r\n"
        b"Authorization: Bearer %b\r\n\r\n")


def send(url: str, photo, key: str | None, query: str = ""):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return ask(url, "PUT", "/images" + query, photo.read_bytes(), headers)


def until_midnight() -> float:
    return 86400 - time.time() % 86400


@pytest.fixture
def closed(another_edge):
    """An nginx that takes nothing without a key."""
    return another_edge(ANONYMOUS="false")


def test_a_key_opens_what_is_closed_and_owns_what_it_uploads(stack, closed, photo):
    key = make(stack, "opens")["key"]
    assert refused(send(closed, photo, None), 401, "key_required")
    task = send(closed, photo, key)
    assert task.status == 202
    owners = ("select i.owner || t.owner from imgfilter.task t join imgfilter.image i on i.id = t.image_id "
              f"where t.id = '{task.json()['id']}'")
    assert value(stack, owners) == "opensopens"
    assert value(stack, "select requests, bytes from imgfilter.usage where account = 'opens'") == f"1|{photo.stat().st_size}"


@pytest.mark.parametrize("key", [UNKNOWN, "imgf_x", "x", "", "a b", "\u00e4", "'; drop table api_key"])
def test_what_is_no_key_is_refused_also_where_none_is_needed(stack, photo, key):
    answer = send(stack.url, photo, key) if key else ask(stack.url, "PUT", "/images", b"x", {"Authorization": "Bearer"})
    refused(answer, 401, "invalid_key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_another_scheme_is_not_ours(stack, closed, photo):
    headers = {"Authorization": "Basic YTpi"}
    assert ask(stack.url, "PUT", "/images", photo.read_bytes(), headers).status == 202
    refused(ask(closed, "PUT", "/images", photo.read_bytes(), headers), 401, "key_required")


def test_with_a_bad_key_the_body_is_not_read(stack):
    assert raw(stack.url, HEAD % UNKNOWN.encode(), 2).startswith(b"HTTP/1.1 401 ")


def test_what_is_unknown_is_asked_about_once(another_edge, stack, photo):
    url = another_edge(NGINX_WORKERS="1")
    refused(send(url, photo, UNKNOWN), 401, "invalid_key")
    stack.cluster.child.stop()
    try:
        refused(send(url, photo, UNKNOWN), 401, "invalid_key")
        answer = send(url, photo, UNKNOWN.replace("AAAA", "BBBB"))
        refused(answer, 503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        stack.cluster.start()
    wait_until("readiness", lambda: answers(f"{stack.url}/readyz") == 200, 30)


def test_an_address_may_try_so_many_unknown_keys(another_edge, stack, photo):
    url = another_edge(KEY_MISSES="3")
    good = make(stack, "guessed-at")["key"]
    assert send(url, photo, good).status == 202
    guesses = [UNKNOWN.replace("AAAA", letter * 4) for letter in "CDEF"]
    for guess in guesses[:3]:
        refused(send(url, photo, guess), 401, "invalid_key")
    for _ in range(2):
        answer = send(url, photo, guesses[3])
        assert refused(answer, 429, "too_many_requests")["limit"] == 3
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert raw(url, HEAD % guesses[3].encode(), 2).startswith(b"HTTP/1.1 429 ")
    refused(send(url, photo, guesses[0]), 401, "invalid_key")
    assert send(url, photo, good).status == 202, "it was asked about before"
    assert send(url, photo, None).status == 202


def test_good_keys_are_not_counted(another_edge, stack, photo):
    url = another_edge(KEY_MISSES="1")
    for number in range(3):
        assert send(url, photo, make(stack, f"good-{number}")["key"]).status == 202
    refused(send(url, photo, UNKNOWN), 401, "invalid_key")


def test_a_scope_that_is_missing(stack, photo):
    key = make(stack, "scopes", "--scope", "webhook")["key"]
    answer = send(stack.url, photo, key)
    refused(answer, 403, "scope_missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="upload"'


def test_a_webhook_needs_its_scope(stack, photo):
    query = "?webhook=https%3A%2F%2Fexample.com%2Ftold"
    refused(send(stack.url, photo, None, query), 403, "webhook_not_allowed")
    refused(send(stack.url, photo, make(stack, "silent")["key"], query), 403, "webhook_not_allowed")
    key = make(stack, "told", "--scope", "upload", "--scope", "webhook")["key"]
    assert send(stack.url, photo, key, query).status == 202


@pytest.mark.parametrize("option, limit, code", [
    ("requests", 2, "requests_quota_exceeded"),
    ("bytes", None, "bytes_quota_exceeded"),
    ("megapixels", 1, "megapixels_quota_exceeded"),
    ("open-tasks", 2, "open_tasks_exceeded"),
])
def test_each_quota(stack, photo, option, limit, code):
    limit = limit or 2 * photo.stat().st_size
    owner = f"quota-{option}"
    key = make(stack, owner, f"--{option}", str(limit))["key"]
    # the picture has 64 × 48 pixels: 16 results of it are 0.049 megapixels, so a megapixel holds 20 such uploads
    query, good = ("?" + "&".join(["filters="] * 16), 20) if option == "megapixels" else ("", 2)
    for _ in range(good):
        assert send(stack.url, photo, key, query).status == 202
    before = value(stack, "select count(*) from imgfilter.image")
    objects = len(list((stack.plan.state / "store").rglob("*")))
    # asked, and then remembered
    for _ in range(2):
        answer = send(stack.url, photo, key, query)
        assert refused(answer, 429, code)["limit"] == limit
        wait = int(answer.headers["Retry-After"])
        assert wait == 5 if option == "open-tasks" else abs(wait - until_midnight()) < 30
    assert value(stack, "select count(*) from imgfilter.image") == before
    assert len(list((stack.plan.state / "store").rglob("*"))) == objects, "nothing of it was stored"
    assert send(stack.url, photo, make(stack, owner)["key"], query).status == 202, "another key has other limits"


def test_a_quota_used_up_is_known_before_the_body(stack, photo):
    key = make(stack, "early", "--requests", "1")["key"]
    assert send(stack.url, photo, key).status == 202
    refused(send(stack.url, photo, key), 429, "requests_quota_exceeded")
    assert raw(stack.url, HEAD % key.encode(), 2).startswith(b"HTTP/1.1 429 ")


def test_an_address_has_quotas_of_its_own(another_edge, stack, photo):
    url = another_edge(ANONYMOUS_REQUESTS="2")
    assert [upload(url, photo).status for _ in range(4)] == [202, 202, 429, 429]
    refused(upload(url, photo), 429, "requests_quota_exceeded")
    assert value(stack, "select requests from imgfilter.usage where account = 'ip:127.0.0.1'") == "2"
    assert send(url, photo, make(stack, "keyed")["key"]).status == 202, "a key is not held against it"
    assert upload(stack.url, photo).status == 202, "where there is no limit nothing is counted"


def test_uploads_at_once_do_not_slip_past_a_quota(stack, photo):
    key = make(stack, "many", "--requests", "5")["key"]
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: send(stack.url, photo, key).status, range(12)))
    assert sorted(statuses) == [202] * 5 + [429] * 7
    assert value(stack, "select requests from imgfilter.usage where account = 'many'") == "5"


def test_other_errors_know_of_no_refusal(stack):
    assert ask(stack.url, "GET", "/nowhere").problem["code"] == "not_found"
    assert ask(stack.url, "GET", "/nowhere", headers={"Authorization": f"Bearer {UNKNOWN}"}).status == 404
    assert "uninitialized" not in (stack.logs / "nginx.log").read_text()


def test_no_key_stands_in_a_log_or_the_database(stack, access_log, photo):
    key = make(stack, "secret")["key"]
    assert send(stack.url, photo, key).status == 202
    assert key not in access_log.read_text() and key not in (stack.logs / "nginx.log").read_text()
    assert value(stack, "select count(*) from imgfilter.api_key k where k::text like '%imgf%'") == "0"
