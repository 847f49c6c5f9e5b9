"""POST /tasks: a kept original is filtered again, in a real nginx."""

import json
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from callers import make, refused, value
from client import Answer, ask, raw, upload
from stack.ready import wait_until

UNKNOWN = "01930000-0000-7000-8000-000000000000"


def order(url: str, image: str, key: str | None = None, headers: dict | None = None, **options) -> Answer:
    headers = {"Content-Type": "application/json"} | (headers or {})
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return ask(url, "POST", "/tasks", json.dumps({"image": image} | options).encode(), headers)


def send(url: str, photo, key: str | None) -> dict:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = ask(url, "PUT", "/images", photo.read_bytes(), headers)
    assert answer.status == 202, answer
    return answer.json()["image"]


@pytest.fixture(scope="session")
def image(stack, photo) -> str:
    """An image that was uploaded without a key."""
    return send(stack.url, photo, None)["id"]


@pytest.fixture
def writes_nothing(stack):
    """The test leaves no task and no image behind."""
    count = "select count(*) from imgfilter.{0}"
    before = [value(stack, count.format(table)) for table in ("task", "image", "queue", "usage")]
    yield
    assert [value(stack, count.format(table)) for table in ("task", "image", "queue", "usage")] == before


def test_the_answer_is_that_of_an_upload(stack, image):
    answer = order(stack.url, image, filters=["sepia(0.8)|blur(3)", "grayscale"], format="png", expires_in=60)
    task = answer.json()
    assert answer.status == 202 and answer.headers["Location"] == task["status_url"] == f"{stack.url}/tasks/{task['id']}"
    assert list(task) == ["id", "version", "status", "created_at", "status_url", "trace", "image", "results"]
    assert task["image"]["id"] == image and (task["image"]["width"], task["image"]["height"]) == (64, 48)
    assert [result["filters"] for result in task["results"]] == ["sepia(0.8)|blur(3)", "grayscale"]
    assert ask(stack.url, "GET", f"/tasks/{task['id']}").json() == task
    spec = json.loads(value(stack, f"select spec from imgfilter.task where id = '{task['id']}'"))
    assert spec == {"filters": ["sepia(0.8)|blur(3)", "grayscale"], "format": "png", "quality": None, "expires_in": 60, "webhook": None}


def test_it_may_go_behind_the_others_or_start_later(stack, image):
    task = order(stack.url, image, priority="low", delay=3600).json()["id"]
    place = f"select prio, run_at > now() + interval '59 minutes' from imgfilter.queue where ref = '{task}'"
    assert value(stack, place) == "3|t"


def test_one_chain_or_none(stack, image):
    assert [result["filters"] for result in order(stack.url, image, filters="invert").json()["results"]] == ["invert"]
    assert [result["filters"] for result in order(stack.url, image).json()["results"]] == [""]


@pytest.mark.usefixtures("writes_nothing")
@pytest.mark.parametrize("options, status, code", [
    ({"filters": ["", "sepai"]}, 400, "invalid_filters"),
    ({"filters": [""] * 17}, 400, "too_many_filters"),
    ({"filters": 7}, 400, "invalid_filters"),
    ({"filters": "sepia(7)"}, 400, "parameter_out_of_range"),
    ({"filters": "\x00"}, 400, "invalid_filters"),
    ({"filters": "crop(65, 48)"}, 422, "impossible_chain"),
    ({"filters": "resize(width=17000)"}, 422, "output_too_large"),
    ({"format": "heic"}, 400, "invalid_format"),
    ({"quality": 0}, 400, "invalid_quality"),
    ({"effort": "3"}, 400, "invalid_effort"),
    ({"icc": None}, 400, "invalid_icc"),
    ({"expires_in": 1.5}, 400, "invalid_expires_in"),
    ({"priority": "high"}, 400, "invalid_priority"),
    ({"delay": 604801}, 400, "invalid_delay"),
    ({"webhook": "https://example.com/told"}, 403, "webhook_not_allowed"),
    ({"colour": "red"}, 400, "unknown_field"),
])
def test_what_an_upload_would_be_refused_for(stack, image, options, status, code):
    problem = refused(order(stack.url, image, **options), status, code)
    assert problem["field"] == ("filters" if status == 422 else next(iter(options)))


@pytest.mark.usefixtures("writes_nothing")
@pytest.mark.parametrize("body, code", [
    (b"", "malformed_request"), (b"{", "malformed_request"), (b"[]", "malformed_request"), (b"\xff", "malformed_request"),
    (b"[" * 100_000, "malformed_request"), (b"\n{}", "missing_image"), (b'{"image":null}', "missing_image"),
    (b'{"image":"' + UNKNOWN.encode() + b'","image":""}', "duplicate_field"),
])
def test_bodies_that_are_no_orders(stack, body, code):
    refused(ask(stack.url, "POST", "/tasks", body, {"Content-Type": "application/json"}), 400, code)


@pytest.mark.usefixtures("writes_nothing")
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"])
def test_other_types_are_refused(stack, image, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps({"image": image}).encode()
    refused(ask(stack.url, "POST", "/tasks", body, headers), 415, "unsupported_media_type")


def test_a_type_may_have_parameters(stack, image):
    assert order(stack.url, image, headers={"Content-Type": "Application/JSON; charset=utf-8"}).status == 202


@pytest.mark.usefixtures("writes_nothing")
def test_options_in_the_query_are_refused(stack, image):
    body = json.dumps({"image": image}).encode()
    answer = ask(stack.url, "POST", "/tasks?filters=sepia", body, {"Content-Type": "application/json"})
    refused(answer, 400, "unexpected_query")


@pytest.mark.usefixtures("writes_nothing")
@pytest.mark.parametrize("image", [UNKNOWN, "", "x", UNKNOWN.replace("-", ""), "'; drop table image"])
def test_an_image_that_is_not_there(stack, image):
    refused(order(stack.url, image), 404, "not_found")


def test_an_image_of_an_owner_is_his_alone(stack, photo):
    mine, second, another = (make(stack, owner)["key"] for owner in ("again-mine", "again-mine", "again-another"))
    image = send(stack.url, photo, mine)["id"]
    unknown = order(stack.url, UNKNOWN).problem
    for key in (None, another):
        assert refused(order(stack.url, image, key), 404, "not_found") == unknown, "nothing tells that it is there"
    for key in (mine, second):
        assert order(stack.url, image, key).status == 202


def test_an_anonymous_image_is_for_whoever_knows_its_id(stack, image):
    key = make(stack, "again-guest")["key"]
    task = order(stack.url, image.upper(), key).json()["id"]
    owners = ("select t.owner || '-' || coalesce(i.owner, 'nobody') from imgfilter.task t join imgfilter.image i on i.id = t.image_id "
              f"where t.id = '{task}'")
    assert value(stack, owners) == "again-guest-nobody"
    assert order(stack.url, image).status == 202, "it is still anybody's"


def test_where_uploads_need_a_key_so_does_this(stack, another_edge, image):
    closed = another_edge(ANONYMOUS="false")
    answer = order(closed, image)
    refused(answer, 401, "key_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    refused(order(closed, image, "imgf_x"), 401, "invalid_key")
    refused(order(closed, image, make(stack, "again-scope", "--scope", "webhook")["key"]), 403, "scope_missing")
    assert order(closed, image, make(stack, "again-open")["key"]).status == 202


def test_without_a_key_the_body_is_not_read(another_edge):
    head = (b"POST /tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n"
            b"Expect: 100-continue\r\n\r\n")
    assert raw(another_edge(ANONYMOUS="false"), head, 2).startswith(b"HTTP/1.1 401 ")


def test_a_key_that_is_revoked_before_its_body_is_there(stack, image):
    made = make(stack, "again-slow")
    body = json.dumps({"image": image}).encode()
    head = (b"POST /tasks HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n" % (made["key"].encode(), len(body)))
    address = urlsplit(stack.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head + body[:5])
        wait_until("the first look at the key", lambda: order(stack.url, UNKNOWN, made["key"]).status == 404, 5)
        stack.command("key", "revoke", made["id"])
        wait_until("the end of what is known of the key", lambda: order(stack.url, UNKNOWN, made["key"]).status == 401, 25)
        connection.sendall(body[5:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_is_too_large(stack, another_edge, image):
    problem = refused(order(stack.url, image, filters="a" * (1 << 20)), 413, "body_too_large")
    assert problem["limit"] == 1 << 20
    url = another_edge(MAX_TASK_BODY="100")
    assert refused(order(url, image, filters="invert", webhook="a" * 100), 413, "body_too_large")["limit"] == 100
    assert order(url, image, filters="invert").status == 202
    assert upload(url, PADDED).problem["code"] == "not_an_image", "an upload may be larger"


class PADDED:
    """A file of some bytes that are no image."""

    @staticmethod
    def read_bytes() -> bytes:
        return bytes(1000)


def chunked(body: bytes, size: int) -> bytes:
    pieces = (body[start:start + size] for start in range(0, len(body), size))
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return (b"POST /tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            b"Connection: close\r\n\r\n" + chunks + b"0\r\n\r\n")


@pytest.mark.parametrize("length, size, status", [
    (1 << 20, 1 << 14, 202), ((1 << 20) + 1, 1 << 14, 413), (1 << 20, 50, 413), (100_000, 1, 202),
])
def test_a_body_whose_length_is_not_said(stack, image, length, size, status):
    body = json.dumps({"image": image, "filters": "invert"}).encode()
    answer = raw(stack.url, chunked(body + b" " * (length - len(body)), size), 10)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert status == 202 or b"body_too_large" in answer


def test_all_chains_fit_as_long_as_they_may_be(stack, image):
    """Each character in twelve bytes, as some write JSON."""
    chain = "text('" + "\U0001f600" * 4084 + "')"
    problem = refused(order(stack.url, image, filters=[chain] * 16), 400, "parameter_out_of_range")
    assert problem["position"]["filters"] == 0, "it was read to its end"


def test_the_same_again_is_the_same_task(stack, image, photo):
    again = {"headers": {"Idempotency-Key": "again"}}
    first = order(stack.url, image, **again, filters="invert")
    assert first.status == 202 and first.headers["Idempotent-Replayed"] is None
    second = order(stack.url, image, **again, filters=["invert"])
    assert second.status == 202 and second.headers["Idempotent-Replayed"] == "true" and second.json() == first.json()
    refused(order(stack.url, image, **again, filters="sepia"), 422, "idempotency_key_reused")
    other = send(stack.url, photo, None)["id"]
    refused(order(stack.url, other, **again, filters="invert"), 422, "idempotency_key_reused")
    uploaded = ask(stack.url, "PUT", "/images?filters=invert", photo.read_bytes(), {"Idempotency-Key": "again"})
    refused(uploaded, 422, "idempotency_key_reused")
    refused(order(stack.url, image, headers={"Idempotency-Key": "a b"}), 400, "invalid_idempotency_key")


def test_at_once_there_is_one_task(stack, image):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: order(stack.url, image, headers={"Idempotency-Key": "again-at-once"}), range(8)))
    assert {answer.status for answer in answers} <= {202, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status == 202}) == 1


@pytest.mark.parametrize("option, limit, good, code", [
    ("requests", 2, 2, "requests_quota_exceeded"), ("megapixels", 1, 20, "megapixels_quota_exceeded"),
    ("open-tasks", 2, 2, "open_tasks_exceeded"),
])
def test_each_quota(stack, image, option, limit, good, code):
    """A task of 16 results of this picture has 0.049 megapixels."""
    key = make(stack, f"again-{option}", f"--{option}", str(limit))["key"]
    for _ in range(good):
        assert order(stack.url, image, key, filters=[""] * 16).status == 202
    tasks = value(stack, "select count(*) from imgfilter.task")
    for _ in range(2):
        assert refused(order(stack.url, image, key, filters=[""] * 16), 429, code)["limit"] == limit
    assert value(stack, "select count(*) from imgfilter.task") == tasks


def test_no_bytes_are_counted(stack, photo):
    key = make(stack, "again-bytes", "--bytes", str(photo.stat().st_size))["key"]
    image = send(stack.url, photo, key)["id"]
    assert order(stack.url, image, key).status == 202
    assert value(stack, "select requests, bytes from imgfilter.usage where account = 'again-bytes'") == f"2|{photo.stat().st_size}"


@pytest.mark.parametrize("column", ["removed_at = now()", "deleting_until = now() + interval '1 min'",
                                    "deleting_until = now() - interval '1 min'"])
def test_an_original_that_is_gone(stack, photo, column):
    image = send(stack.url, photo, None)["id"]
    taken = order(stack.url, image, headers={"Idempotency-Key": image}).json()
    stack.cluster.sql(f"update imgfilter.image set {column} where id = '{image}'", "imgfilter")
    problem = refused(order(stack.url, image, filters="invert"), 410, "gone")
    assert problem["field"] == "image" and "upload it again" in problem["detail"]
    replayed = order(stack.url, image, headers={"Idempotency-Key": image})
    assert replayed.status == 202 and replayed.json()["id"] == taken["id"], "what was taken stays taken"
    refused(order(stack.url, str(uuid.uuid4())), 404, "not_found")


def test_without_the_database_there_is_no_promise(stack, image):
    stack.cluster.child.stop()
    try:
        answer = order(stack.url, image)
        refused(answer, 503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        stack.cluster.start()
    assert order(stack.url, image).status == 202
