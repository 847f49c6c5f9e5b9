"""The embedded store as other people's tools see it: the AWS command line."""

import filecmp
import json
import os
import random
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

import pytest

from stack.child import Child
from stack.places import CHECKOUT, Build
from stack.ready import accepts, free_port, wait_until

REQUIREMENT = "awscli==1.46.3"
HOME = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target")) / REQUIREMENT
KEYS = {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secretsecret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def program():
    """`aws`, from PyPI, in an environment of its own that is kept."""
    if not (HOME / "ready").exists():
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([HOME / "bin/pip", "install", "--quiet", REQUIREMENT], check=True, timeout=300)
        (HOME / "ready").touch()
    return HOME / "bin/aws"


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="imgfilter-store-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def aws(program, folder):
    """Calls `aws` with the store as its S3."""
    port = free_port()
    settings = {"IMGFILTER_S3_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "IMGFILTER_S3_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    command = [Build.of("debug").program, "store", "--root", folder / "store", "--listen", f"127.0.0.1:{port}"]
    child = Child("store", command, folder / "store.log", settings)
    child.start()
    wait_until("the start of the store", lambda: accepts(port), 20, child)

    def call(*words: object) -> str:
        command = [program, "--endpoint-url", f"http://127.0.0.1:{port}", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=KEYS | {"PATH": os.environ["PATH"], "HOME": str(folder)}, timeout=60)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    yield call
    assert child.stop()


def noise(path: Path, size: int) -> Path:
    path.write_bytes(random.Random(size).randbytes(size))
    return path


def test_files_go_there_and_come_back(aws, folder):
    aws("s3", "mb", "s3://photos")
    assert "photos" in aws("s3", "ls") and "imgfilter" in aws("s3", "ls")
    small = noise(folder / "ä small.png", 1000)
    # Large enough that the tool sends, copies and fetches it in parts.
    large = noise(folder / "large.bin", 20_000_000)
    aws("s3", "cp", small, "s3://photos/a/ä small.png", "--metadata", "note=mine")
    aws("s3", "cp", large, "s3://photos/a/large.bin")
    head = json.loads(aws("s3api", "head-object", "--bucket", "photos", "--key", "a/ä small.png"))
    assert (head["ContentLength"], head["ContentType"], head["Metadata"]) == (1000, "image/png", {"note": "mine"})
    aws("s3", "mv", "s3://photos/a/large.bin", "s3://photos/b/large.bin")
    aws("s3", "cp", "s3://photos/b/large.bin", folder / "again.bin")
    assert filecmp.cmp(large, folder / "again.bin", shallow=False)
    listed = json.loads(aws("s3api", "list-objects-v2", "--bucket", "photos", "--delimiter", "/"))
    assert [each["Prefix"] for each in listed["CommonPrefixes"]] == ["a/", "b/"]


def test_a_folder_is_kept_in_step(aws, folder):
    source, copy = folder / "source", folder / "copy"
    source.mkdir()
    for number in range(25):
        noise(source / f"{number}.png", 100 + number)
    aws("s3", "sync", source, "s3://imgfilter/kept")
    assert aws("s3", "sync", source, "s3://imgfilter/kept") == "", "there was nothing to do any more"
    paged = aws("s3api", "list-objects-v2", "--bucket", "imgfilter", "--page-size", 7, "--query", "length(Contents)")
    assert json.loads(paged) == 25
    aws("s3", "sync", "s3://imgfilter/kept", copy)
    names = sorted(path.name for path in source.iterdir())
    assert filecmp.cmpfiles(source, copy, names, shallow=False) == (names, [], [])
    aws("s3", "rm", "s3://imgfilter", "--recursive")
    assert list((folder / "store/imgfilter").iterdir()) == [], "deleting leaves nothing behind"
