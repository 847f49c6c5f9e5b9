"""The gateway signs what the edge asks of the storage, and nothing else."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from client import ask_socket, upload

ID = "01930000-0000-7000-8000-000000000000"


@pytest.fixture
def gateway(stack):
    return f"{stack.environment['IMGFILTER_RUNTIME_DIR']}/s3.sock"


def test_only_nginx_may_reach_it(gateway, stack):
    folder = gateway.rsplit("/", 1)[0]
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


@pytest.mark.parametrize("method, target", [
    ("GET", "/"), ("GET", f"/o/202611/{ID}"), ("DELETE", f"/o/202611/{ID}"), ("POST", f"/o/202611/{ID}"),
    ("PUT", f"/r/202611/{ID}.jpg"), ("PUT", "/x"), ("PUT", f"/o/202611/{ID}%2f..%2f..%2fx"), ("GET", "/r/../o/x"),
])
def test_other_objects_and_methods_are_refused(gateway, method, target):
    assert ask_socket(gateway, method, target).status in (400, 403)


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "/etc/passwd", "", ".", "a/../b", "%2e%2e/x", "a b"])
def test_only_files_of_the_spool_are_sent(gateway, name):
    headers = {"X-Spool-File": name, "X-Sha256": hashlib.sha256(b"").hexdigest()}
    assert ask_socket(gateway, "PUT", f"/o/202611/{ID}", headers).status == 400


def test_a_file_that_is_not_there_is_no_empty_object(gateway):
    headers = {"X-Spool-File": "9999999999", "X-Sha256": hashlib.sha256(b"").hexdigest()}
    assert ask_socket(gateway, "PUT", f"/o/202611/{ID}", headers).status == 404


def test_what_is_sent_is_what_was_announced(gateway, stack):
    """The signature covers the digest, so the storage notices a file that has changed."""
    spooled = stack.plan.state / "spool" / "1234567890"
    spooled.write_bytes(b"something else")
    spooled.chmod(0o644)
    try:
        headers = {"X-Spool-File": spooled.name, "X-Sha256": hashlib.sha256(b"what was meant").hexdigest()}
        assert ask_socket(gateway, "PUT", f"/o/202611/{ID}", headers).status >= 400
        assert not stored(stack, ID)
    finally:
        spooled.unlink()


def stored(stack, image: str) -> list[Path]:
    """Files of the original with this id: the store cuts folders off the beginning of a key, which is its time."""
    return list((stack.plan.state / "store/imgfilter").rglob(image[8:]))


def test_an_upload_arrives_whole(stack, photo):
    task = upload(stack.url, photo).json()
    assert task["image"]["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    data = photo.read_bytes()
    (file,) = stored(stack, task["image"]["id"])
    assert file.read_bytes()[:len(data)] == data, "what the store knows of it follows"
