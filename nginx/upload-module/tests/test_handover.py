"""What the next location gets: the rewritten body, its headers, the files."""

import socket
import stat
import threading

import pytest

from client import END, Http2, field, file, part, post


def test_the_body_is_written_as_the_classic_module_writes_it(nginx):
    body = part('name="a"', b"no") + part('name="filters"', b"x\r\ny") + file(b"hello", "image", "a b.jpg") + part('name="p1"', b"") + END
    answer = post(nginx, "/up", body)
    path = answer.parts["files"][0]["path"]
    sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    wanted = (
        field("filters", "x\r\ny")
        + field("image.name", "a b.jpg")
        + field("image.type", "application/x-test")
        + field("image.path", path)
        + field("image.number", "1")
        + field("image.size", "5")
        + field("image.sha256", sha)
        + field("image.SHA256", sha.upper())
        + field("p1", "")
        + "--BB--\r\n"
    )
    assert answer.json["body"] == wanted
    assert answer.json["content_length"] == answer.json["length_header"] == str(len(wanted))
    assert answer.json["content_type"] == "multipart/form-data; boundary=BB"


def test_a_body_without_fields_holds_the_dummy(nginx):
    assert post(nginx, "/plain", file(b"x") + END).json["body"] == field("<ngx_upload_module_dummy>", "") + "--BB--\r\n"


def test_a_bare_body_becomes_a_form(nginx):
    for content_type in ["image/png", ""]:
        answer = post(nginx, "/up", b"hello", chunks=[5], content_type=content_type).json
        kind, _, boundary = answer["content_type"].partition("=")
        assert kind == "multipart/form-data; boundary" and len(boundary) == 20 and boundary.isdigit()
        assert answer["body"].startswith(field(".name", "", boundary))
        assert answer["body"].endswith(f"--{boundary}--\r\n")
        assert answer["length_header"] == str(len(answer["body"]))


def test_names_cannot_add_fields(nginx):
    answer = post(nginx, "/up", part('name="p%22; x=%22"; y="', b"v") + END)
    assert answer.json["body"] == field("p%22; x=%22", "v") + "--BB--\r\n"


class Backend(threading.Thread):
    """Takes one request on a unix socket, and keeps its bytes."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(20)
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen()
        self.received = b""

    def run(self):
        connection, _ = self.listener.accept()
        with self.listener, connection:
            connection.settimeout(20)
            while not self.received.endswith(b"--BB--\r\n"):
                self.received += connection.recv(65536) or b"\r\n--BB--\r\n"
            connection.sendall(b"HTTP/1.0 201 Created\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize("how", ["length", "chunked", "http2", "http2 without length"])
def test_proxy_pass_sends_the_rewritten_body(nginx, how):
    address = nginx.folder / "backend.sock"
    address.unlink(missing_ok=True)
    backend = Backend(address)
    backend.start()
    body = file(b"x" * 100_000, "image", "a.jpg") + part('name="filters"', b"sepia") + END
    if how.startswith("http2"):
        with Http2(nginx) as client:
            stream = client.begin("/proxied", body, length=how == "http2")
            answer = client.run()[stream]
    else:
        answer = post(nginx, "/proxied", body, chunks=[1000] if how == "chunked" else None)
    backend.join(20)
    assert (answer.status, answer.body) == (201, b"ok")
    head, _, received = backend.received.partition(b"\r\n\r\n")
    wanted = field("image_name", "a.jpg") + field("image_size", 100_000) + field("filters", "sepia") + "--BB--\r\n"
    assert received.decode() == wanted
    headers = head.lower().split(b"\r\n")
    assert b"content-length: %d" % len(wanted) in headers
    assert b"content-type: multipart/form-data; boundary=bb" in headers
    assert not any(header.startswith(b"transfer-encoding") for header in headers)


def test_upload_pass_takes_a_uri_and_variables(nginx):
    answer = post(nginx, "/to-uri?y=2", file(b"x") + END)
    assert (answer.json["uri"], answer.json["args"], len(answer.parts["files"])) == ("/dump-uri", "x=1", 1)
    answer = post(nginx, "/to-variable?y=2", file(b"x") + END)
    assert (answer.json["args"], len(answer.parts["files"])) == ("y=2", 1)
    assert post(nginx, "/to-nowhere", file(b"x") + END).status == 500


def test_an_if_keeps_the_upload(nginx):
    assert len(post(nginx, "/if?x=1", file(b"x") + END).parts["files"]) == 1


def test_cleanup_goes_by_the_final_status(nginx):
    for status, stays in [(200, True), (201, True), (404, False), (499, False), (500, False), (503, False), (506, True)]:
        answer = post(nginx, f"/keep?status={status}", file(b"hello") + END)
        assert answer.status == status
        if stays:
            path = nginx.spool / answer.parts["files"][0]["path"]
            assert path.read_bytes() == b"hello"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            path.unlink()
        assert nginx.spool_is_empty()


def test_levels_and_access(nginx):
    path = nginx.folder / post(nginx, "/access", file(b"hello") + END).parts["files"][0]["path"]
    number = path.name
    assert path == nginx.folder / "levels" / number[-1] / number[-3:-1] / number
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.unlink()


def test_no_upload_no_parts(nginx):
    answer = post(nginx, "/no-upload", b"x", content_type="text/plain")
    assert answer.body == b"nil\n"


@pytest.mark.parametrize("chunks", [None, [50_000]])
def test_behind_auth_request(nginx, chunks):
    body = file(b"x" * 300_000) + END
    answer = post(nginx, "/authorized", body, chunks=chunks, extra="X-Key: right\r\n")
    assert answer.parts["files"][0]["size"] == 300_000
    assert post(nginx, "/authorized", body, chunks=chunks, extra="X-Key: wrong\r\n").status == 403


def test_a_limited_answer_comes_whole(nginx):
    value = "v" * 30_000
    answer = post(nginx, "/slow-answer", file(b"hello") + part('name="p"', value.encode()) + END)
    assert answer.parts["fields"] == [{"name": "p", "value": value}]
    assert value in answer.json["body"]
