"""What a download says, and how it answers ranges and conditions: by the words of RFC 9110."""

import hashlib
import http.client
import re
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from pictures import RAIN


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(url: str, method: str = "GET", query: str = "", **headers: str) -> Answer:
    """One request; `If_Match` is the header If-Match."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path + query, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class File:
    """A result that is in the cache, and what is known of it."""

    url: str
    body: bytes
    tag: str
    date: str

    def before(self, seconds: int) -> str:
        """A time so many seconds before it was last changed."""
        return formatdate(parsedate_to_datetime(self.date).timestamp() - seconds, usegmt=True)


@pytest.fixture(scope="module")
def file(client) -> File:
    url = client.finished("filters=grayscale", image=RAIN)["results"][0]["url"]
    whole = ask(url)
    return File(url, whole.body, whole.headers["ETag"], whole.headers["Last-Modified"])


def test_what_it_says(file):
    answer = ask(file.url)
    assert answer.status == 200 and answer.body == file.body
    expected = {
        "Content-Type": "image/jpeg", "ETag": f'"{hashlib.sha256(file.body).hexdigest()}"', "Accept-Ranges": "bytes",
        "Content-Length": str(len(file.body)), "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*", "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex", "Cache-Control": "public, max-age=86400, s-maxage=60",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert re.fullmatch(r"inline; filename=\"[\w.-]+\"; filename\*=UTF-8''[\w.-]+", answer.headers["Content-Disposition"])
    names = [name.lower() for name in answer.headers]
    assert len(names) == len(set(names)) and not {"set-cookie", "vary", "pragma", "expires"} & set(names), names


def test_it_is_saved_where_that_is_asked_for(file):
    shown, saved = (ask(file.url, query=query).headers["Content-Disposition"] for query in ("", "?download"))
    assert saved == shown.replace("inline", "attachment") != shown


def test_head_says_the_same_without_the_bytes(file):
    whole, head = ask(file.url), ask(file.url, "HEAD")
    assert head.status == 200 and head.body == b""
    own = ("Date", "Imgfilter-Trace")
    assert [pair for pair in head.headers.items() if pair[0] not in own] == [pair for pair in whole.headers.items() if pair[0] not in own]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(file, method):
    answer = ask(file.url, method)
    assert answer.status == 405 and set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("wanted, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-100", -100, None),
    ("bytes=10-999999999", 10, None), ("bytes=-999999999", 0, None), ("bytes= 5-9", 5, 9),
])
def test_a_range(file, wanted, first, last):
    answer = ask(file.url, Range=wanted)
    size = len(file.body)
    first, last = first % size, size - 1 if last is None else last
    assert answer.status == 206 and answer.body == file.body[first:last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert answer.headers["ETag"] == file.tag and answer.headers["Cache-Control"] and answer.headers["Content-Security-Policy"]


def test_several_ranges(file):
    answer = ask(file.url, Range="bytes=0-9,20-29,-5")
    size = len(file.body)
    assert answer.status == 206 and "Content-Range" not in answer.headers
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.headers["Content-Type"]).group(1)
    parts = answer.body.split(f"--{boundary}".encode())
    assert parts[-1].strip() == b"--"
    found = []
    for part in parts[1:-1]:
        head, body = part.strip(b"\r\n").split(b"\r\n\r\n", 1)
        assert b"Content-Type: image/jpeg" in head
        found.append((re.search(rb"Content-Range: bytes (\S+)", head).group(1).decode(), body))
    assert [span for span, _ in found] == [f"0-9/{size}", f"20-29/{size}", f"{size - 5}-{size - 1}/{size}"]
    assert [len(body) for _, body in found][:2] == [10, 10]


def test_ranges_that_cannot_be(file):
    size = len(file.body)
    for wanted in (f"bytes={size}-", "bytes=-0"):
        answer = ask(file.url, Range=wanted)
        assert answer.status == 416 and answer.headers["Content-Range"] == f"bytes */{size}", wanted
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_ranges_that_are_let_be(file):
    many = "bytes=" + ",".join(f"{at}-{at}" for at in range(0, 200, 2))
    for headers in ({"Range": "lines=0-9"}, {"Range": many}):
        answer = ask(file.url, **headers)
        assert answer.status == 200 and answer.body == file.body, headers
    head = ask(file.url, "HEAD", Range="bytes=0-9")
    assert head.status == 200 and head.headers["Content-Length"] == str(len(file.body)), "only a GET has ranges"


def test_a_range_of_what_is_in_no_cache(client):
    url = client.finished("filters=sepia", image=RAIN)["results"][0]["url"]
    part = ask(url, Range="bytes=10-19")
    assert part.status == 206 and part.body == ask(url).body[10:20]


def conditions(file: File) -> list[tuple[int, dict[str, str]]]:
    """Which status is to come of which headers."""
    tag, other, weak, now = file.tag, '"another"', f"W/{file.tag}", file.date
    earlier, later = file.before(60), file.before(-60)
    return [
        # If-None-Match: weak comparison
        (304, {"If_None_Match": tag}), (304, {"If_None_Match": weak}), (304, {"If_None_Match": f"{other}, {tag}"}),
        (304, {"If_None_Match": "*"}), (200, {"If_None_Match": other}),
        # If-Modified-Since, and that it says nothing beside If-None-Match
        (304, {"If_Modified_Since": now}), (304, {"If_Modified_Since": later}), (200, {"If_Modified_Since": earlier}),
        (200, {"If_Modified_Since": "yesterday"}),
        (304, {"If_None_Match": tag, "If_Modified_Since": earlier}), (200, {"If_None_Match": other, "If_Modified_Since": later}),
        # If-Match: strong comparison
        (200, {"If_Match": tag}), (200, {"If_Match": f"{other}, {tag}"}), (200, {"If_Match": "*"}), (412, {"If_Match": other}),
        (412, {"If_Match": weak}),
        # If-Unmodified-Since, and that it says nothing beside If-Match
        (200, {"If_Unmodified_Since": now}), (200, {"If_Unmodified_Since": later}), (412, {"If_Unmodified_Since": earlier}),
        (200, {"If_Match": tag, "If_Unmodified_Since": earlier}), (412, {"If_Match": other, "If_Unmodified_Since": later}),
        # which comes first
        (412, {"If_Match": other, "If_None_Match": tag}), (304, {"If_Match": tag, "If_None_Match": tag}),
        (304, {"If_None_Match": tag, "Range": "bytes=0-9"}), (412, {"If_Match": other, "Range": "bytes=0-9"}),
        (206, {"If_None_Match": other, "Range": "bytes=0-9"}), (206, {"If_Match": tag, "Range": "bytes=0-9"}),
        # If-Range: strong comparison, or the very date
        (206, {"If_Range": tag, "Range": "bytes=0-9"}), (200, {"If_Range": other, "Range": "bytes=0-9"}),
        (200, {"If_Range": weak, "Range": "bytes=0-9"}), (206, {"If_Range": now, "Range": "bytes=0-9"}),
        (200, {"If_Range": earlier, "Range": "bytes=0-9"}), (200, {"If_Range": later, "Range": "bytes=0-9"}),
        (200, {"If_Range": tag}),
    ]


def test_conditions(file):
    wrong = []
    for method in ("GET", "HEAD"):
        for status, headers in conditions(file):
            wanted = 200 if method == "HEAD" and status == 206 else status
            answer = ask(file.url, method, **headers)
            if answer.status != wanted:
                wrong.append((method, headers, answer.status, wanted))
            elif wanted == 304:
                assert answer.body == b"" and answer.headers["ETag"] == file.tag and answer.headers["Cache-Control"], headers
            elif wanted == 412:
                assert answer.headers["Content-Type"] == "application/problem+json" and "ETag" not in answer.headers, headers
    assert not wrong
