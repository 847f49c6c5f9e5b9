"""Uploads in pieces: the tus protocol, in a real nginx."""

import base64
import hashlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callers import make, value
from client import Answer, ask
from stack.ready import wait_until

VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = VERSION | {"Content-Type": "application/offset+octet-stream"}


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def begin(url: str, length: int, more: dict | None = None, **pairs: str) -> Answer:
    return ask(url, "POST", "/uploads", headers=VERSION | {"Upload-Length": str(length), "Upload-Metadata": metadata(**pairs)} | (more or {}))


def path_of(answer: Answer) -> str:
    assert answer.status == 201, answer
    return urlsplit(answer.headers["Location"]).path


def patch(url: str, path: str, offset: int, body: bytes, more: dict | None = None) -> Answer:
    return ask(url, "PATCH", path, body, PIECE | {"Upload-Offset": str(offset)} | (more or {}))


def head(url: str, path: str, more: dict | None = None) -> Answer:
    return ask(url, "HEAD", path, headers=VERSION | (more or {}))


def task_of(answer: Answer, url: str) -> dict:
    return ask(url, "GET", urlsplit(answer.headers["Imgfilter-Task"]).path).json()


def half_sent(url: str, path: str, offset: int, body: bytes, announced: int) -> socket.socket:
    """A piece that stops coming; the connection stays."""
    connection = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10)
    lines = [f"PATCH {path} HTTP/1.1", "Host: a", f"Content-Length: {announced}", f"Upload-Offset: {offset}",
             *(f"{name}: {value}" for name, value in PIECE.items())]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return connection


def offset(url: str, path: str) -> int:
    return int(head(url, path).headers["Upload-Offset"])


def test_what_the_service_can_do(stack):
    for path in ("/uploads", "/uploads/any"):
        answer = ask(stack.url, "OPTIONS", path)
        assert answer.status == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
        assert int(answer.headers["Tus-Max-Size"]) == 104_857_600


def test_an_upload_in_pieces_becomes_its_task(stack, photo):
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data), filename="Glas ä.jpg", filetype="image/jpeg", filters='["sepia(0.8)","blur(3)"]', quality="70"))
    before = head(stack.url, path)
    assert (before.status, before.headers["Upload-Offset"], before.headers["Upload-Length"]) == (200, "0", str(len(data)))
    assert before.headers["Cache-Control"] == "no-store" and before.headers["Imgfilter-Task"] is None
    first = patch(stack.url, path, 0, data[:100])
    assert (first.status, first.headers["Upload-Offset"], first.headers["Imgfilter-Task"]) == (204, "100", None)
    assert offset(stack.url, path) == 100
    last = patch(stack.url, path, 100, data[100:])
    assert (last.status, last.headers["Upload-Offset"]) == (204, str(len(data)))
    task = task_of(last, stack.url)
    assert task["image"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert [each["filters"] for each in task["results"]] == ["sepia(0.8)", "blur(3)"]
    after = head(stack.url, path)
    assert (after.headers["Upload-Offset"], after.headers["Imgfilter-Task"]) == (str(len(data)), last.headers["Imgfilter-Task"])
    again = patch(stack.url, path, len(data), b"")
    assert (again.status, again.headers["Imgfilter-Task"]) == (204, last.headers["Imgfilter-Task"])
    name = value(stack, f"select filename from imgfilter.image where id = '{task['image']['id']}'")
    assert name == "Glas ä.jpg"


def test_a_method_may_be_named_in_a_header(stack, photo):
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data)))
    answer = ask(stack.url, "POST", path, data, PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"})
    assert answer.status == 204 and answer.headers["Imgfilter-Task"]


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"Tus-Resumable": "0.2.2"}, 412, "unsupported_tus_version"),
    ({"Upload-Length": ""}, 400, "invalid_upload_length"),
    ({"Upload-Length": "-1"}, 400, "invalid_upload_length"),
    ({"Upload-Length": "0"}, 400, "missing_image"),
    ({"Upload-Length": "104857601"}, 413, "body_too_large"),
    ({"Upload-Metadata": "filters !"}, 400, "invalid_metadata"),
    ({"Upload-Metadata": metadata(filters="sepai")}, 400, "invalid_filters"),
    ({"Upload-Metadata": metadata(filter="sepia")}, 400, "unknown_field"),
    ({"Upload-Metadata": metadata(quality="101")}, 400, "invalid_quality"),
])
def test_what_would_be_refused_at_the_end_is_refused_at_the_beginning(stack, change, status, code):
    answer = begin(stack.url, 1000, more=change)
    assert (answer.status, answer.problem["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"


def test_pieces_that_do_not_fit_are_refused_and_change_nothing(stack, photo):
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data)))
    assert patch(stack.url, path, 0, data[:50]).status == 204
    wrong = patch(stack.url, path, 10, data[10:])
    assert (wrong.status, wrong.problem["code"], wrong.headers["Upload-Offset"]) == (409, "offset_mismatch", "50")
    long = patch(stack.url, path, 50, data[50:] + b"x")
    assert (long.status, long.problem["limit"]) == (413, len(data) - 50)
    assert ask(stack.url, "PATCH", path, data[50:], VERSION | {"Upload-Offset": "50"}).problem["code"] == "unsupported_media_type"
    assert ask(stack.url, "PATCH", path, data[50:], PIECE).problem["code"] == "invalid_upload_offset"
    assert offset(stack.url, path) == 50
    assert patch(stack.url, path, 50, data[50:]).headers["Imgfilter-Task"]


def test_what_is_no_image_is_refused_and_forgotten(stack):
    path = path_of(begin(stack.url, 1000))
    refused = patch(stack.url, path, 0, b"x" * 1000)
    assert (refused.status, refused.problem["code"]) == (415, "not_an_image")
    assert head(stack.url, path).status == 404


def test_an_upload_can_be_given_up(stack):
    path = path_of(begin(stack.url, 1000))
    assert patch(stack.url, path, 0, b"x" * 10).status == 204
    assert ask(stack.url, "DELETE", path, headers=VERSION).status == 204
    assert head(stack.url, path).status == 404
    assert patch(stack.url, path, 10, b"x").status == 404
    assert ask(stack.url, "DELETE", path, headers=VERSION).status == 404


def test_other_names_are_unknown(stack):
    for path in ("/uploads/", "/uploads/edge-0", "/uploads/other-0123456789abcdef0123456789abcdef", "/uploads/edge-..%2f..%2fetc"):
        assert head(stack.url, path).status == 404, path
    answer = ask(stack.url, "GET", "/uploads/edge-0123456789abcdef0123456789abcdef", headers=VERSION)
    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, HEAD, OPTIONS, PATCH")


def test_a_cut_connection_keeps_what_came(stack, photo):
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data)))
    with half_sent(stack.url, path, 0, data[:200], len(data)):
        time.sleep(0.5)
    wait_until("the piece", lambda: offset(stack.url, path) == 200, 10)
    # nginx may learn a moment later that nobody holds it any more
    wait_until("the lock", lambda: patch(stack.url, path, 200, b"").status == 204, 10)
    assert patch(stack.url, path, 200, data[200:]).headers["Imgfilter-Task"]


def test_one_writes_at_a_time_and_a_dead_one_gives_way(stack, photo):
    """The first connection neither ends nor sends: whoever comes next is told to wait, and soon gets its turn."""
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data)))
    with half_sent(stack.url, path, 0, data[:200], len(data)):
        time.sleep(0.5)
        refused = patch(stack.url, path, offset(stack.url, path), b"x")
        assert (refused.status, refused.problem["code"]) == (423, "upload_locked")
        assert refused.headers["Retry-After"] == "1"
        wait_until("the lock", lambda: patch(stack.url, path, offset(stack.url, path), b"").status == 204, 10)
        assert offset(stack.url, path) == 200, "what the first had sent is kept"
        assert patch(stack.url, path, 200, data[200:]).headers["Imgfilter-Task"]


def test_an_upload_is_its_owners(stack, another_edge, photo):
    url = another_edge(ANONYMOUS="false")
    mine, other = ({"Authorization": f"Bearer {make(stack, owner)['key']}"} for owner in ("tus-a", "tus-b"))
    assert begin(url, 1000).problem["code"] == "key_required"
    data = photo.read_bytes()
    path = path_of(begin(url, len(data), more=mine))
    assert head(url, path).status == 401
    assert head(url, path, other).status == 404
    assert patch(url, path, 0, data, other).status == 404
    last = patch(url, path, 0, data, mine)
    task = task_of(last, url)
    assert value(stack, f"select owner from imgfilter.task where id = '{task['id']}'") == "tus-a"


def unique(photo) -> bytes:
    """A picture that no other test has sent; what follows its end means nothing."""
    return photo.read_bytes() + os.urandom(16)


def tasks_of(stack, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return value(stack, "select count(*)::text from imgfilter.task join imgfilter.image on image.id = image_id "
                        f"where sha256 = decode('{digest}', 'hex')")


def test_all_bytes_are_there_only_when_the_task_is(stack, photo):
    """The trap of the protocol: a client that hears the full offset after a failed last piece believes it is done. And
    one that hears of a failure when it asks begins anew, unless it is told that the upload is locked."""
    data = unique(photo)
    path = path_of(begin(stack.url, len(data)))
    stack.children["store"].stop()
    try:
        last = patch(stack.url, path, 0, data)
        assert last.status == 503 and last.headers["Upload-Offset"] is None
        asked = head(stack.url, path)
        assert (asked.status, asked.headers["Retry-After"], asked.headers["Upload-Offset"]) == (423, "1", None)
    finally:
        stack.start_store()
    wait_until("the storage", lambda: head(stack.url, path).status == 200, 20)
    standing = head(stack.url, path)
    assert standing.headers["Upload-Offset"] == str(len(data))
    assert task_of(standing, stack.url)["image"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert tasks_of(stack, data) == "1"


@pytest.mark.parametrize("quota", [(), ("--requests", "100")])
def test_what_was_erased_does_not_come_back(stack, photo, quota):
    """An nginx that dies when the task is there, and has not noted it: the client asks again after the task was erased."""
    mine = {"Authorization": f"Bearer {make(stack, f'tus-erased{len(quota)}', *quota)['key']}"}
    data = unique(photo)
    path = path_of(begin(stack.url, len(data), mine))
    assert patch(stack.url, path, 0, data[:200], mine).status == 204
    folder = Path(stack.environment["IMGFILTER_SPOOL"]) / "uploads"
    secret = path.rpartition("-")[2]
    files = [folder / secret, folder / f"{secret}.info"]
    for file in files:
        os.link(file, folder.parent / f"kept-{file.name}")
    task = task_of(patch(stack.url, path, 200, data[200:], mine), stack.url)
    (folder / "ended" / f"{secret}.info").unlink()
    for file in files:
        (folder.parent / f"kept-{file.name}").rename(file)

    assert ask(stack.url, "DELETE", f"/tasks/{task['id']}", headers=mine).status == 200
    assert ask(stack.url, "DELETE", f"/tasks/{task['id']}", headers=mine).problem["code"] == "gone"
    assert head(stack.url, path, mine).status == 410
    assert tasks_of(stack, data) == "0"
    assert head(stack.url, path, mine).status == 404, "it has ended"
    assert not any(file.exists() for file in files)


def test_many_who_finish_an_upload_make_one_task(stack, photo):
    """A line that is cut after the last byte: the client asks while that byte is worked on."""
    data = unique(photo)
    path = path_of(begin(stack.url, len(data)))
    with half_sent(stack.url, path, 0, data, len(data)), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: head(stack.url, path).status, range(24)))
    assert set(answers) <= {200, 423}, answers
    wait_until("the task", lambda: head(stack.url, path).headers["Imgfilter-Task"] is not None, 10)
    assert tasks_of(stack, data) == "1"


def test_uploads_outlive_nginx(stack, photo):
    data = photo.read_bytes()
    path = path_of(begin(stack.url, len(data)))
    assert patch(stack.url, path, 0, data[:300]).status == 204
    half = half_sent(stack.url, path, 300, data[300:400], len(data) - 300)
    time.sleep(0.3)
    stack.children["nginx"].kill()
    half.close()
    stack.start_nginx()
    came = offset(stack.url, path)
    assert 300 <= came <= 400
    assert patch(stack.url, path, came, data[came:]).headers["Imgfilter-Task"]


def test_an_edge_holds_so_many_uploads_and_no_more(another_edge, photo):
    url = another_edge(MAX_UPLOADS="2", UPLOAD_LIFE="2s", EDGE_NAME="few")
    data = photo.read_bytes()
    for _ in range(3):  # those that have ended do not count
        assert patch(url, path_of(begin(url, len(data))), 0, data).headers["Imgfilter-Task"]
    paths = [path_of(begin(url, 1000)) for _ in range(2)]
    full = begin(url, 1000)
    assert (full.status, full.problem["code"], full.headers["Retry-After"]) == (503, "too_many_uploads", "5")
    assert paths[0].startswith("/uploads/few-")
    time.sleep(2.1)
    assert head(url, paths[0]).status == 410, "its time is over"


def test_nobody_has_more_unfinished_uploads_than_allowed(another_edge, photo):
    url = another_edge(MAX_UPLOADS_OF_CLIENT="2", TRUSTED_PROXIES="127.0.0.1")
    data = photo.read_bytes()
    paths = [path_of(begin(url, len(data))) for _ in range(2)]
    full = begin(url, 1000)
    assert (full.status, full.problem["code"], full.problem["limit"]) == (503, "too_many_uploads", 2)
    path_of(begin(url, 1000, {"X-Forwarded-For": "192.0.2.1"}))
    assert patch(url, paths[0], 0, data).headers["Imgfilter-Task"]
    path_of(begin(url, 1000))
    assert begin(url, 1000).status == 503
    assert ask(url, "DELETE", paths[1], headers=VERSION).status == 204
    path_of(begin(url, 1000))


def test_a_queue_that_is_full_takes_no_uploads_in_pieces_either(another_edge, photo):
    url = another_edge(SPOOL_RESERVE="9000000000000000")
    wait_until("the look at the disk", lambda: begin(url, 1000).status == 503, 10)
    assert begin(url, 1000).problem["code"] == "spool_full"


def test_bytes_that_are_no_text_are_refused(stack):
    assert head(stack.url, "/uploads/%FF").status == 404
    answer = begin(stack.url, 1000, {"Upload-Metadata": b"filename \xff"})
    assert (answer.status, answer.problem["code"]) == (400, "invalid_metadata")


def test_questions_are_not_counted_against_a_rate(another_edge):
    """A client that is refused one begins the upload anew."""
    url = another_edge(ADDRESS_RATE="1", ADDRESS_BURST="1")
    path = path_of(begin(url, 1000))
    assert {head(url, path).status for _ in range(8)} == {200}
    assert 429 in [patch(url, path, 0, b"").status for _ in range(4)]
