"""What a configuration of the classic module expects: digests, ranges, arrays, headers, arguments, stores, rates."""

import hashlib
import shutil
import time
import zlib

import pytest

from client import END, Http1, Http2, chunked, curl, field, file, noise, part, post
from nginx_process import wait_until


def headers(answer):
    """Of an answer, by name in lower case: a list of the values of each."""
    found = {}
    for line in answer.head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


@pytest.mark.parametrize("data", [b"", b"hello", noise(100_000)])
def test_digests(nginx, data):
    wanted = ""
    for name in ["md5", "sha1", "sha512"]:
        digest = hashlib.new(name, data).hexdigest()
        wanted += field(name, digest) + field(name.upper(), digest.upper())
    wanted += field(f"{zlib.crc32(data):08x}", "crc32") + "--BB--\r\n"
    answer = post(nginx, "/digests", file(data) + END, chunks=[7000])
    assert answer.json["body"] == wanted
    assert set(answer.parts["files"][0]) == {"name", "filename", "content_type", "path", "size", "sha256"}


def test_each_file_has_digests_of_its_own(nginx):
    files = [b"one", b"", noise(50_000)]
    answer = post(nginx, "/one-digest", b"".join(map(file, files)) + END)
    wanted = "".join(field("sha1", hashlib.sha1(data).hexdigest()) for data in files)
    assert answer.json["body"] == wanted + "--BB--\r\n"


def test_content_range(nginx):
    answer = post(nginx, "/range", file(b"hello") + file(b"") + END)
    wanted = field("start", "bytes 0-0/0") + field("end", "bytes 0-5/5")
    wanted += field("start", "bytes 0-0/0") + field("end", "bytes 0-0/0")
    assert answer.json["body"] == wanted + "--BB--\r\n"


@pytest.mark.parametrize(("name", "tamed"), [("f[]", "f"), ("f", "f"), ("f[][]", "f[]"), ("f[1]", "f[1]"), ("[]", "[]")])
def test_tame_arrays(nginx, name, tamed):
    body = file(b"hello", name) + part('name="p[]"', b"v") + END
    answer = post(nginx, "/tame", body)
    wanted = field(f"{tamed}.name", "a.bin") + field(f"{tamed}.size", 5) + field("p[]", "v") + "--BB--\r\n"
    assert answer.json["body"] == wanted
    assert answer.parts["files"][0]["name"] == name
    assert post(nginx, "/untamed", body).json["body"].startswith(field(f"{name}.name", "a.bin"))


def test_pass_args(nginx):
    for path, args in [("/pass-args?y=2&z", "y=2&z"), ("/pass-args", None), ("/drop-args?y=2", None)]:
        answer = post(nginx, path, file(b"x") + END).json
        assert (answer["uri"], answer.get("args")) == ("/dump-uri", args)
    assert post(nginx, "/pass-own-args?y=2", file(b"x") + END).json["args"] == "x=1"


def test_a_target_from_a_variable_stays_below_the_root(nginx):
    assert post(nginx, "/to-argument?to=dump-uri", file(b"x") + END).json["uri"] == "/dump-uri"
    assert post(nginx, "/to-argument?to=dump%2Duri", file(b"x") + END).json["uri"] == "/dump-uri"
    for target in ["a/../../etc/passwd", "..", "a/%2e%2e/b", "a%00b"]:
        assert post(nginx, f"/to-argument?to={target}", file(b"x") + END).status == 500


def test_headers_are_added_once(nginx):
    body = file(b"hello", filename="a.bin") + file(b"hello", filename="b.bin") + END
    answer = post(nginx, "/headers?status=201&name=n", body)
    assert answer.status == 201
    found = headers(answer)
    assert found["access-control-allow-origin"] == ["*"]
    assert found["x-file"] == ["a.bin", "b.bin"]
    assert found["x-crc32"] == [f"{zlib.crc32(b'hello'):08x}"]
    assert found["x-n"] == ["y"]
    assert "x-empty" not in found and "x-decoded" not in found


def test_a_header_cannot_add_headers(nginx):
    answer = post(nginx, "/headers?status=200&z=a%0d%0aX-Evil:%20b", file(b"x") + END)
    assert "x-decoded" not in headers(answer) and "x-evil" not in headers(answer)
    assert headers(post(nginx, "/headers?status=200&z=a%20b", file(b"x") + END))["x-decoded"] == ["a b"]


def test_a_request_without_files_has_no_headers(nginx):
    answer = post(nginx, "/headers?status=200", part('name="p"', b"v") + END)
    assert answer.status == 200 and "access-control-allow-origin" not in headers(answer)


def test_options_are_answered_with_the_headers(nginx):
    with Http1(nginx) as client:
        for body in [b"", b"ignored"]:
            client.head("/headers?name=n", len(body), method="OPTIONS")
            client.send(body)
            answer = client.answer()
            assert (answer.status, answer.body) == (200, b"")
            assert headers(answer)["access-control-allow-origin"] == ["*"]
            assert headers(answer)["x-n"] == ["y"] and "x-file" not in headers(answer)
    assert curl(nginx, "-X", "OPTIONS", path="/headers", version=2).status == 200
    assert curl(nginx, "-X", "OPTIONS", path="/up").status == 405


@pytest.fixture
def users(nginx):
    """Folders of users, among them one called `a`."""
    path = nginx.make_folder("users")
    nginx.make_folder("users/a")
    yield path
    shutil.rmtree(path)


def test_a_store_with_variables(nginx, users):
    path = nginx.folder / post(nginx, "/variable-store/keep?user=a", file(b"hello") + END).parts["files"][0]["path"]
    assert path.parent == users / "a" and path.read_bytes() == b"hello"
    path.unlink()
    path = nginx.folder / post(nginx, "/variable-store?user=a", file(b"hello") + END).parts["files"][0]["path"]
    number = path.name
    assert path == users / "a" / number[-1] / number[-3:-1] / number
    assert wait_until(lambda: not path.exists())


def test_a_store_from_a_client_stays_where_it_is_meant(nginx, users):
    for path in ["/variable-store", "/variable-store/keep"]:
        for user in ["missing", "../spool", "a/../../spool", ".."]:
            assert post(nginx, f"{path}?user={user}", file(b"hello") + END).status == 500
    assert not (users / "missing").exists()


@pytest.mark.parametrize("how", ["length", "chunked", "http2"])
def test_a_rate_is_kept(nginx, how):
    data = noise(400_000)
    began = time.monotonic()
    if how == "http2":
        with Http2(nginx) as client:
            streams = [client.begin("/limited", file(data) + END) for _ in range(2)]
            answers = client.run()
            answers = [answers[stream] for stream in streams]
    else:
        answers = [post(nginx, "/limited", file(data) + END, chunks=[50_000] if how == "chunked" else None)]
    took = time.monotonic() - began
    assert [answer.parts["files"][0]["sha256"] for answer in answers] == [hashlib.sha256(data).hexdigest()] * len(answers)
    # What is read at once comes on top, which with HTTP/2 is a whole window.
    assert (400_000 - 65_536 - 16_384) / 204_800 < took < 10


@pytest.mark.parametrize("how", ["length", "chunked", "http2"])
def test_a_pause_is_not_the_clients(nginx, how):
    """It is three seconds long, and a client may wait for one."""
    data = noise(60_000)
    body = file(data) + END
    if how == "http2":
        with Http2(nginx) as client:
            stream = client.begin("/paused", body)
            client.send(stream, 49_152)
            time.sleep(2)
            answer = client.run()[stream]
    else:
        with Http1(nginx) as client:
            client.head("/paused", len(body) if how == "length" else None)
            sent = body if how == "length" else chunked(body, [10_000])
            client.send(sent[:49_152])
            time.sleep(2)
            client.send(sent[49_152:])
            answer = client.answer()
    assert (answer.status, answer.parts["files"][0]["sha256"]) == (200, hashlib.sha256(data).hexdigest())


def test_a_client_that_stops_sending_after_a_pause(nginx):
    with Http1(nginx) as client:
        client.head("/paused", 60_000)
        client.send(file(noise(60_000))[:20_000])
        assert wait_until(nginx.spooled)
        with pytest.raises(ConnectionError):
            client.answer()


def test_a_client_goes_away_in_a_pause(nginx):
    body = file(noise(60_000)) + END
    with Http1(nginx) as client:
        client.head("/paused", len(body))
        client.send(body[:30_000])
        assert wait_until(nginx.spooled)
    assert nginx.spool_is_empty()


def test_a_stream_is_reset_in_a_pause(nginx):
    with Http2(nginx) as client:
        stream = client.begin("/paused", file(noise(60_000)) + END)
        client.send(stream, 49_152)
        assert wait_until(nginx.spooled)
        client.reset(stream)
        assert wait_until(lambda: not nginx.spooled(), 1), "the pause must not outlive the stream"


def test_a_reload_lets_a_paused_upload_finish(own_nginx):
    nginx = own_nginx().start()
    body = file(noise(50_000)) + END
    with Http1(nginx) as client:
        client.head("/paused", len(body))
        client.send(body[:40_000])
        assert wait_until(nginx.spooled)
        nginx.reload()
        client.send(body[40_000:])
        assert client.answer().parts["files"][0]["size"] == 50_000
    assert nginx.spool_is_empty()
    assert nginx.is_sound(), nginx.log()


def test_many_requests_pause_at_once(nginx):
    body = file(noise(100_000)) + END
    clients = [Http1(nginx) for _ in range(20)]
    for client in clients:
        client.head("/limited", len(body))
        client.send(body)
    for client in clients:
        with client:
            assert client.answer().parts["files"][0]["size"] == 100_000
