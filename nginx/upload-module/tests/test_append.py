"""Bodies whose bytes are added to a file that is there."""

import os
import stat
import time

import pytest

from client import END, FORM, Http1, Http2, chunked, curl, field, file, noise, post
from nginx_process import can_mount, wait_until

OFFSETS = "application/offset+octet-stream"


@pytest.fixture
def target(nginx):
    path = nginx.make_file("f")
    yield path
    assert path.exists(), "the module never removes what it appends to"
    for left in path.parent.iterdir():
        left.unlink() if not left.is_dir() else left.rmdir()


def append(nginx, body, path="/append", chunks=None, **more):
    arguments = "&".join(f"{name}={value}" for name, value in ({"file": "files/f"} | more).items())
    return post(nginx, f"{path}?{arguments}", body, chunks=chunks, method="PATCH", content_type=OFFSETS)


def begin(client, body, sent, path="/append-anywhere", method="PATCH"):
    """Begins to append to files/f, and sends the first so many bytes."""
    client.head(f"{path}?file=files/f", len(body), OFFSETS, method)
    client.send(body[:sent])


@pytest.mark.parametrize("chunks", [None, [1000], [70_000, 1]])
def test_pieces_make_a_file(nginx, target, chunks):
    data = noise(500_000)
    for start, end in [(0, 10), (10, 10), (10, 100_000), (100_000, 500_000)]:
        answer = append(nginx, data[start:end], chunks=chunks, offset=start, limit=500_000)
        assert answer.status == 200
        entry = {"name": "", "filename": "", "content_type": OFFSETS, "path": str(target), "size": end, "sha256": ""}
        assert answer.parts == {"bare": True, "files": [entry], "fields": [], "dropped": []}
        assert target.read_bytes() == data[:end]
    boundary = answer.json["content_type"].rpartition("=")[2]
    assert answer.json["body"] == field("path", target, boundary) + field("size", 500_000, boundary) + f"--{boundary}--\r\n"
    assert answer.json["method"] == "PATCH"


@pytest.mark.parametrize("length", [True, False])
def test_http2(nginx, target, length):
    data = noise(300_000)
    for start, end in [(0, 0), (0, 100_000), (100_000, 300_000)]:
        with Http2(nginx) as client:
            path = f"/append?file=files/f&offset={start}"
            stream = client.begin(path, data[start:end], length, **{":method": "PATCH", "content-type": OFFSETS})
            assert client.run()[stream].parts["files"][0]["size"] == end
        assert target.read_bytes() == data[:end]


def test_a_form_is_bytes_too(nginx, target):
    body = file(b"hello") + END
    assert post(nginx, "/append-anywhere?file=files/f", body).parts["files"][0]["content_type"] == FORM
    assert target.read_bytes() == body


def test_methods(nginx, target):
    for method in ["PATCH", "PUT", "POST"]:
        assert curl(nginx, "-X", method, "-d", "x", path="/append-anywhere?file=files/f").status == 200
    assert target.read_bytes() == b"xxx"
    for path, method in [("/append-anywhere?file=files/f", "GET"), ("/append-anywhere", "PATCH")]:
        assert curl(nginx, "-X", method, "-d", "x", path=path).status == 405


def test_without_a_path_it_is_an_ordinary_upload(nginx):
    answer = post(nginx, "/append", file(b"hello") + END)
    assert answer.parts["files"][0]["sha256"].startswith("2cf24dba")


@pytest.mark.parametrize("offset", ["2", "4", "-3", "+3", "3x", "", "99999999999999999999999"])
def test_a_wrong_offset(nginx, target, offset):
    target.write_bytes(b"abc")
    assert append(nginx, b"x", offset=offset).status == 409
    assert target.read_bytes() == b"abc"
    assert append(nginx, b"x", offset=3).status == 200


def test_a_body_over_the_limit_is_not_begun(nginx, target):
    target.write_bytes(b"abc")
    assert append(nginx, b"defghi", offset=3, limit=8).status == 413
    with Http1(nginx) as client:
        client.head("/append?file=files/f&offset=3&limit=8", 6, OFFSETS, "PATCH", "Expect: 100-continue\r\n")
        assert client.answer().status == 413
    assert target.read_bytes() == b"abc"
    assert append(nginx, b"defgh", offset=3, limit=8).status == 200


def test_a_body_without_length_over_the_limit(nginx, target):
    target.write_bytes(b"abc")
    data = noise(200_000)
    assert append(nginx, data, chunks=[5000], offset=3, limit=100_000).status == 413
    kept = target.read_bytes()
    assert kept == (b"abc" + data)[: len(kept)] and len(kept) <= 100_000
    assert append(nginx, b"", chunks=[1], offset=len(kept), limit=len(kept) - 1).status == 413
    assert append(nginx, b"", chunks=[1], offset=len(kept), limit=len(kept)).status == 200


def test_a_limit_of_no_number(nginx, target):
    assert append(nginx, b"x", path="/append-limit-of-no-number").status == 500
    assert target.read_bytes() == b""


def test_the_second_writer_is_refused_and_the_first_yields(nginx, target):
    data = noise(100_000)
    with Http1(nginx) as first:
        begin(first, data, 40_000)
        assert wait_until(lambda: target.stat().st_size == 40_000), "what came is written at once"
        began = time.monotonic()
        assert append(nginx, b"x", offset=40_000).status == 423
        assert target.with_name("f.yield").exists()
        assert first.answer().status == 423
        assert time.monotonic() - began < 10
    assert wait_until(lambda: append(nginx, data[40_000:], offset=40_000).status == 200)
    assert target.read_bytes() == data
    assert not target.with_name("f.yield").exists()


def test_a_paced_writer_yields_too(nginx, target):
    with Http1(nginx) as first:
        begin(first, noise(200_000), 50_000, "/append-paced")
        assert wait_until(lambda: target.stat().st_size > 0)
        assert append(nginx, b"x", offset=0).status == 423
        assert first.answer().status == 423
    assert wait_until(lambda: append(nginx, b"x", offset=target.stat().st_size).status == 200)


def test_a_stale_wish_is_not_heard(nginx, target):
    wish = nginx.make_file("f.yield")
    with Http1(nginx) as client:
        begin(client, b"hello", 2)
        assert wait_until(lambda: not wish.exists())
        time.sleep(1.5)
        client.send(b"llo")
        assert client.answer().status == 200
    assert target.read_bytes() == b"hello"


def test_the_lock_is_held_while_the_next_location_runs(nginx, target):
    with Http1(nginx) as client:
        begin(client, b"hello", 5, "/append-slowly")
        assert wait_until(lambda: target.stat().st_size == 5)
        assert append(nginx, b"x", offset=5).status == 423
        assert client.answer().status == 200
    assert wait_until(lambda: append(nginx, b"x", offset=5).status == 200)


@pytest.mark.parametrize("how", ["length", "chunked", "http2"])
def test_a_client_that_goes_away(nginx, target, how):
    data, sent = noise(100_000), 60_000
    path = "/append-anywhere?file=files/f"

    def has_come():
        return target.stat().st_size == sent

    if how == "http2":
        with Http2(nginx) as client:
            stream = client.begin(path, data)
            client.send(stream, sent)
            assert wait_until(has_come)
            client.reset(stream)
    else:
        with Http1(nginx) as client:
            client.head(path, len(data) if how == "length" else None)
            client.send(data[:sent] if how == "length" else chunked(data[:sent], [5000])[:-5])
            assert wait_until(has_come)
    assert wait_until(lambda: append(nginx, data[sent:], offset=sent).status == 200)
    assert target.read_bytes() == data


def test_a_client_that_stops_sending(own_nginx):
    nginx = own_nginx(BODY_TIMEOUT="1s").start()
    target = nginx.make_file("f")
    with Http1(nginx) as client:
        begin(client, noise(1000), 500)
        with pytest.raises(ConnectionError):
            assert client.answer().status == 408
            raise ConnectionError
    assert target.stat().st_size == 500
    assert wait_until(lambda: append(nginx, b"x", offset=500).status == 200)
    assert nginx.is_sound(), nginx.log()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_an_nginx_that_ends(own_nginx, how):
    nginx = own_nginx().start()
    target = nginx.make_file("f", b"abc")
    data = noise(100_000)
    with Http1(nginx) as client:
        begin(client, data, 30_001)
        assert wait_until(lambda: target.stat().st_size == 30_004)
        getattr(nginx, how)()
    nginx.start()
    assert append(nginx, data[30_001:], offset=30_004).status == 200
    assert target.read_bytes() == b"abc" + data
    assert nginx.is_sound(), nginx.log()


def test_paths_that_lead_nowhere(nginx, target):
    assert append(nginx, b"x", file="files/none", offset=0).status == 404
    assert not (target.parent / "none").exists()
    target.with_name("link").symlink_to(target)
    target.with_name("folder").mkdir()
    os.mkfifo(target.with_name("pipe"))
    nginx.give(target.with_name("pipe"))
    for name in ["files/link", "files/folder", "files/pipe", "files/../files/f", "/dev/null", f"{nginx.folder}/x/../files/f"]:
        assert append(nginx, b"x", file=name, offset=0).status == 500
    assert target.read_bytes() == b""
    assert "no regular file" in nginx.log()
    assert append(nginx, b"x", file=target, offset=0).status == 200


def test_access_stays(nginx, target):
    target.chmod(0o640)
    assert append(nginx, b"x", offset=0).status == 200
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.skipif(not can_mount(), reason="neither root nor allowed to make name spaces")
@pytest.mark.parametrize("chunks", [None, [100_000]])
def test_a_full_disk(own_nginx, chunks):
    nginx = own_nginx(user="www-data" if os.geteuid() == 0 else "root")
    target = nginx.start_on_a_small_disk() / "f"
    target.write_bytes(b"abc")
    target.chmod(0o666)
    data = noise(3_000_000)
    assert append(nginx, data, file="full/f", offset=3, chunks=chunks).status == 503
    kept = target.read_bytes()
    assert 900_000 < len(kept) < 1_100_000 and kept == (b"abc" + data)[: len(kept)]
    assert nginx.is_sound(), nginx.log()
