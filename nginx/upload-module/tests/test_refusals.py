"""Bodies that are refused: the right status, nothing left, and the connection or at least nginx lives on."""

import os
import shutil

import pytest

from client import END, Http1, Http2, curl, file, part, post
from nginx_process import can_mount

GOOD = file(b"hello")


@pytest.mark.parametrize("chunks", [None, [1000]])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        GOOD,
        GOOD + b"--BB\r\n",
        GOOD + b"--BBjunk",
        GOOD + b"--BB\r\nbroken header\r\n\r\nx\r\n--BB--",
        GOOD + part('name="a"', headers='Content-Disposition: form-data; name="b"\r\n') + END,
        GOOD + part('name="a\0b"') + END,
        (GOOD + END).replace(b"\r\n", b"\n"),
        b"x" * 1_000_000,
        b"--BB\r\nX: " + b"a" * 300_000,
        GOOD + b"--BB\r\nX: " + b"a" * 600 + b"\r\n\r\nx\r\n--BB--",
    ],
)
def test_malformed(nginx, body, chunks):
    assert post(nginx, "/up", body, chunks=chunks).status == 400


def test_malformed_over_http2(nginx):
    with Http2(nginx) as client:
        streams = [client.begin("/up", body, length) for body in [GOOD, b"", b"x" * 200_000] for length in [True, False]]
        answers = client.run()
    assert [answers[stream].status for stream in streams] == [400] * 6


def test_broken_chunks(nginx):
    with Http1(nginx) as client:
        client.head("/up")
        client.send(b"5\r\n--BB\rZZZ\r\n")
        assert client.answer().status == 400


@pytest.mark.parametrize("content_type", ["multipart/form-data", 'multipart/form-data; boundary=""'])
def test_unusable_content_types(nginx, content_type):
    assert post(nginx, "/up", GOOD + END, content_type=content_type).status == 400


def test_kinds_and_methods(nginx):
    assert post(nginx, "/up", GOOD + END, content_type="multipart/mixed; boundary=BB").status == 415
    assert post(nginx, "/no-bare", b"hello", content_type="image/png").status == 415
    assert post(nginx, "/no-bare", GOOD + END).status == 200
    assert post(nginx, "/up", GOOD + END, method="PUT").status == 200
    for method in ["GET", "DELETE", "PATCH"]:
        assert curl(nginx, "-X", method, "-d", "x", path="/up").status == 405


def test_after_a_refusal_the_connection_may_go_on(nginx):
    with Http1(nginx) as client:
        for _ in range(3):
            client.head("/no-bare", 5, content_type="image/png")
            client.send(b"hello")
            assert client.answer().status == 415
            client.head("/up", len(GOOD + END))
            client.send(GOOD + END)
            assert client.answer().status == 200


@pytest.mark.parametrize("chunks", [None, [1000]])
def test_a_body_that_is_too_large(nginx, chunks):
    assert post(nginx, "/small-body", file(b"x" * 20_000) + END, chunks=chunks).status == 413
    assert post(nginx, "/small-body", file(b"x" * 9_000) + END, chunks=chunks).status == 200


def test_a_body_that_is_too_large_over_http2(nginx):
    with Http2(nginx) as client:
        streams = [client.begin("/small-body", file(b"x" * 50_000) + END, length) for length in [True, False]]
        answers = client.run()
    assert [answers[stream].status for stream in streams] == [413, 413]


def test_a_file_that_is_too_large_is_dropped_alone(nginx):
    body = file(b"x" * 1001, "big", "b") + file(b"x" * 1000, "fits", "f") + part('name="p"', b"v") + END
    answer = post(nginx, "/small-files", body)
    assert answer.parts["dropped"] == [{"name": "big", "filename": "b", "reason": "too_large", "limit": 1000}]
    assert [entry["name"] for entry in answer.parts["files"]] == ["fits"]
    assert 'name="fits.name"' in answer.json["body"] and "big" not in answer.json["body"]
    answer = post(nginx, "/small-files", b"x" * 1001, content_type="image/png")
    assert (len(answer.parts["files"]), len(answer.parts["dropped"])) == (0, 1)


def test_limits_of_what_is_kept_in_memory(nginx):
    assert post(nginx, "/small-header", part('name="a"', headers=f"X: {'x' * 57}\r\n") + END).status == 200
    assert post(nginx, "/small-header", GOOD + part('name="a"', headers=f"X: {'x' * 58}\r\n") + END).status == 400
    for name in ["p", "other"]:
        assert post(nginx, "/small-output", GOOD + part(f'name="{name}"', b"x" * 900) + END).status == 200
        assert post(nginx, "/small-output", GOOD + part(f'name="{name}"', b"x" * 1001) + END).status == 413
    assert post(nginx, "/few-parts", GOOD * 3 + END).status == 200
    assert post(nginx, "/few-parts", GOOD * 4 + END).status == 413


def test_error_pages(nginx):
    for body in [GOOD, file(b"x" * 20_000) + END]:
        for chunks in [None, [500]]:
            answer = post(nginx, "/error-page", body, chunks=chunks)
            assert answer.status in (400, 413)
            assert answer.body == b"sorry: nil nil\n"
    assert post(nginx, "/error-page", b"", content_type="multipart/mixed").body.startswith(b"sorry: nil")


def test_a_spool_that_is_gone(nginx):
    gone = nginx.folder / "gone"
    assert post(nginx, "/gone", GOOD + END).status == 200
    shutil.rmtree(gone)
    try:
        assert post(nginx, "/gone", GOOD + END).status == 500
    finally:
        nginx.make_folder("gone")


@pytest.mark.skipif(not can_mount(), reason="neither root nor allowed to make name spaces")
@pytest.mark.parametrize("chunks", [None, [100_000]])
def test_a_full_disk(own_nginx, chunks):
    # Whoever is not root is root in a name space of their own, and has no other user to give the workers.
    nginx = own_nginx(user="www-data" if os.geteuid() == 0 else "root")
    full = nginx.start_on_a_small_disk()
    for _ in range(3):
        assert post(nginx, "/full", GOOD + file(b"x" * 3_000_000) + END, chunks=chunks).status == 503
        assert list(full.iterdir()) == []
        assert post(nginx, "/full", file(b"x" * 500_000) + END, chunks=chunks).status == 200
    with Http2(nginx) as client:
        stream = client.begin("/full", file(b"x" * 3_000_000) + END)
        assert client.run()[stream].status == 503
    assert list(full.iterdir()) == []
    assert "[crit]" in nginx.log()
    assert nginx.is_sound(), nginx.log()
