"""Bodies of every kind arrive whole."""

import hashlib
import os

import pytest

from client import END, FORM, Http1, Http2, chunked, curl, file, noise, part, post


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def digests(answer):
    assert answer.status == 200, answer
    return [(entry["name"], entry["size"], entry["sha256"]) for entry in answer.parts["files"]]


def test_parts_are_told_in_full(nginx):
    body = part('name="filters"', b"sepia(0.8)|blur(3)") + file(b"hello", "image", "photo.jpg") + part('name="other"', b"1") + END
    answer = post(nginx, "/up", body)
    path = str(nginx.spool / nginx_number(answer))
    assert answer.parts == {
        "bare": False,
        "files": [
            {
                "name": "image",
                "filename": "photo.jpg",
                "content_type": "application/x-test",
                "path": path,
                "size": 5,
                "sha256": sha256(b"hello"),
            }
        ],
        "fields": [{"name": "filters", "value": "sepia(0.8)|blur(3)"}, {"name": "other", "value": "1"}],
        "dropped": [],
    }


def nginx_number(answer):
    number = os.path.basename(answer.parts["files"][0]["path"])
    assert len(number) == 10 and number.isdigit()
    return number


@pytest.mark.parametrize("size", [0, 1, 4095, 100_000, 3_000_000])
@pytest.mark.parametrize("chunks", [None, [1, 7, 100, 5000, 70000, 300000]])
@pytest.mark.parametrize("path", ["/up", "/small-buffer"])
def test_http1(nginx, path, chunks, size):
    data = noise(size)
    assert digests(post(nginx, path, file(data) + END, chunks=chunks)) == [("f", size, sha256(data))]


@pytest.mark.parametrize("length", [True, False])
def test_http2(nginx, length):
    files = [noise(size) for size in [0, 1, 100_000, 1_500_000]]
    with Http2(nginx) as client:
        streams = {client.begin("/up", file(data) + END, length): data for data in files}
        answers = client.run()
    for stream, data in streams.items():
        assert digests(answers[stream]) == [("f", len(data), sha256(data))]
        assert int(answers[stream].json["length_header"]) == len(answers[stream].json["body"])


@pytest.mark.parametrize("chunks", [None, [1], [3, 1]])
def test_byte_by_byte(nginx, chunks):
    data = b"\r\n--B\r\n--BX\r\r\n"
    body = file(data) + part('name="p"', b"v") + END
    answer = post(nginx, "/up", body, piece=1, chunks=chunks)
    assert digests(answer) == [("f", len(data), sha256(data))]


def peak_memory(nginx):
    """Of the largest worker, in bytes."""
    lines = [line for worker in nginx.workers() for line in open(f"/proc/{worker}/status", encoding="ascii")]
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("version", [1, 2])
def test_60_megabytes(nginx, tmp_path, version):
    memory = peak_memory(nginx)
    data = noise(60_000_000)
    path = tmp_path / "large.bin"
    path.write_bytes(data)
    answer = curl(nginx, "-F", f"image=@{path}", "-F", "filters=x", path="/up", version=version)
    assert digests(answer) == [("image", len(data), sha256(data))]
    assert digests(curl(nginx, "-T", path, path="/up", version=version)) == [("", len(data), sha256(data))]
    chunked_upload = ["-H", "Transfer-Encoding: chunked"] if version == 1 else []
    answer = curl(nginx, "-F", f"image=@{path}", *chunked_upload, path="/up", version=version)
    assert digests(answer) == [("image", len(data), sha256(data))]
    assert peak_memory(nginx) < memory + 10_000_000


@pytest.mark.parametrize("version", [1, 2])
def test_a_bare_body_from_a_pipe(nginx, tmp_path, version):
    path = tmp_path / "a.bin"
    path.write_bytes(noise(300_000))
    answer = curl(nginx, "-H", "Content-Type: image/png", "-T", f"{path}", path="/up", version=version)
    assert answer.parts["files"][0]["content_type"] == "image/png"
    answer = curl(nginx, "--data-binary", f"@{path}", "-H", "Content-Type:", path="/up", version=version)
    assert digests(answer) == [("", 300_000, sha256(path.read_bytes()))]
    assert answer.parts["bare"] is True


def test_a_bare_body_may_be_named_and_empty(nginx):
    answer = post(
        nginx, "/up", b"", content_type="image/png", extra='Content-Disposition: attachment; filename="a/b.png"\r\n'
    )
    entry = answer.parts["files"][0]
    assert (entry["name"], entry["filename"], entry["size"]) == ("", "b.png", 0)


def test_several_files_and_fields_keep_their_order(nginx):
    files = [noise(size) for size in [10, 200_000, 0]]
    body = b"".join(file(data, f"f{i}", f"{i}.bin") + part(f'name="n{i}"', b"%d" % i) for i, data in enumerate(files))
    answer = post(nginx, "/up", body + END)
    assert digests(answer) == [(f"f{i}", len(data), sha256(data)) for i, data in enumerate(files)]
    assert [field["value"] for field in answer.parts["fields"]] == ["0", "1", "2"]


def test_expect_100_continue(nginx):
    body = file(b"hello") + END
    for framing in [len(body), None]:
        with Http1(nginx) as client:
            client.head("/up", framing, extra="Expect: 100-continue\r\n")
            assert client.answer().status == 100
            client.send(body if framing else chunked(body, [5]))
            assert digests(client.answer()) == [("f", 5, sha256(b"hello"))]


def test_pipelined_requests(nginx):
    with Http1(nginx) as client:
        bodies = [file(b"%d" % i * 1000) + END for i in range(10)]
        for i, body in enumerate(bodies):
            client.head("/up", None if i % 2 else len(body))
            client.send(chunked(body, [700]) if i % 2 else body)
        for i in range(10):
            assert digests(client.answer()) == [("f", 1000, sha256(b"%d" % i * 1000))]


@pytest.mark.parametrize("path", ["/read-before", "/sleep-before"])
@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("chunks", [None, [100_000]])
def test_after_lua_has_run(nginx, path, size, chunks):
    data = noise(size)
    assert digests(post(nginx, path, file(data) + END, chunks=chunks)) == [("f", size, sha256(data))]


def test_after_lua_has_read_an_http2_body(nginx):
    data = noise(500_000)
    with Http2(nginx) as client:
        stream = client.begin("/read-before", file(data) + END)
        assert digests(client.run()[stream]) == [("f", len(data), sha256(data))]


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('name="f"; filename="C:\\dir\\a.txt"', "f", "a.txt"),
        ('name="f"; filename="../../etc/passwd"', "f", "passwd"),
        ('name="f"; filename="a\\"b.txt"', "f", 'a"b.txt'),
        ('name="f"; filename="a%22b.txt"', "f", 'a"b.txt'),
        ('NAME="f"; FILENAME="a"', "f", "a"),
        ("name=f; filename=a b.txt", "f", "a b.txt"),
        ("name=f; filename*=UTF-8''%e2%82%ac.txt", "f", "\u20ac.txt"),
        ('name="f"; filename="\xe9.txt"', "f", "é.txt"),
        ('filename="x; name=evil"; name="good"', "good", "x; name=evil"),
    ],
)
def test_names(nginx, disposition, name, filename):
    answer = post(nginx, "/up", part(disposition) + END)
    entry = answer.parts["files"][0]
    assert (entry["name"], entry["filename"]) == (name, filename)


def test_a_file_input_without_a_file_is_a_field(nginx):
    answer = post(nginx, "/up", part('name="image"; filename=""', b"") + END)
    assert (answer.parts["files"], answer.parts["fields"]) == ([], [{"name": "image", "value": ""}])


def test_boundaries(nginx):
    for written, boundary in [('"B B"', b"B B"), ("----=_Part:1/2", b"----=_Part:1/2"), ("BB; charset=utf-8", b"BB")]:
        body = (file(b"x") + END).replace(b"--BB", b"--" + boundary)
        answer = post(nginx, "/up", body, content_type=f"multipart/form-data; boundary={written}")
        assert digests(answer) == [("f", 1, sha256(b"x"))]
    assert FORM.endswith("BB")
