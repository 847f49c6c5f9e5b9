"""The policies of the page about stores, enforced by moto: the whole service works with them, and each action is needed."""

import copy
import shutil
import tempfile
from pathlib import Path

import pytest
from e2e.client import Client, curl
from e2e.pictures import small
from pages import actions, policies

from receivers.aws import BUCKET, REGION, Aws
from stack.places import Build, StackError
from stack.ready import free_port, wait_until
from stack.service import Plan, Stack

POLICIES = policies()


@pytest.fixture(scope="module")
def folder():
    path = Path(tempfile.mkdtemp(prefix="imgfilter-policies-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def aws(folder):
    with Aws(folder) as account:
        yield account


@pytest.fixture(scope="module")
def keys(aws):
    """The settings of each part with a key pair that may do what the page says."""
    where = {"IMGFILTER_S3_ENDPOINT": aws.url, "IMGFILTER_S3_BUCKET": BUCKET, "IMGFILTER_S3_REGION": REGION}
    return {"edge": where | aws.user("edge", POLICIES["Edge"]), "worker": where | aws.user("worker", POLICIES["Worker"]),
            "setup": where | aws.user("setup", POLICIES["Worker"], POLICIES["Setup"])}


@pytest.fixture(scope="module")
def stack(folder, keys):
    settings = {"IMGFILTER_CLEANUP_EVERY": "0", "IMGFILTER_POLL": "100ms", "IMGFILTER_ORPHAN_AGE": "1s", "IMGFILTER_ORPHAN_AGE_UNSAFE": "true"}
    running = Stack(Plan(Build.of("debug"), folder / "stack", free_port(), lasting=False, settings=settings))
    running.environment |= keys["edge"]
    start_worker = running.start_worker
    running.start_worker = lambda: start_worker(settings=keys["worker"])
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def client(stack):
    return Client(stack.url)


def by_the_worker(stack, keys, *words: str) -> str:
    return stack.command(*words, settings=keys["worker"])


def expire_links(stack) -> None:
    stack.cluster.sql("update imgfilter.link set expires_at = now() - interval '1 s'", "imgfilter")


def test_the_service_needs_nothing_else(aws, stack, client, keys, tmp_path):
    task = client.finished("filters=grayscale", "filters=invert", image=small(tmp_path))
    for result in task["results"]:
        assert client.download(result["url"])
        assert curl("-r", "0-9", result["url"]).status == 206
    again = client.wait(client.again(task["image"]["id"], filters=["sepia(1)"]).json())
    assert again["status"] == "done"
    assert "0 not as they should be" in by_the_worker(stack, keys, "store", "verify")
    by_the_worker(stack, keys, "doctor", "--only", "store")
    by_the_worker(stack, keys, "erase", "--task", again["id"], "--yes")
    expire_links(stack)
    assert "removed 2 links" in by_the_worker(stack, keys, "cleanup")
    assert "results (r/)" in stack.command("store", "setup", settings=keys["setup"])
    assert aws.denied() == []


def refused_upload(stack, client, keys, folder):
    answer = client.upload("filters=grayscale", image=small(folder))
    assert answer.status == 503 and answer.problem["code"] == "storage_unavailable"


def refused_download(stack, client, keys, folder):
    task = client.finished("filters=grayscale", image=small(folder))
    assert curl(task["results"][0]["url"]).status != 200


def not_ready(stack, client, keys, folder):
    assert curl(f"{client.url}/readyz").json()["storage"] == "unavailable"


def waiting_task(stack, client, keys, folder):
    """It is tried again and again, and done when the key may do it again: see the end of the test."""
    task = client.accepted("filters=grayscale", image=small(folder))
    query = f"select count(*) from imgfilter.queue where ref = '{task['id']}' and attempts >= 1 and run_at > now()"
    wait_until("a try that fails", lambda: stack.cluster.sql(query, "imgfilter") == "1", 20)
    return task


def refused_cleanup(stack, client, keys, folder):
    client.finished("filters=grayscale", image=small(folder))
    expire_links(stack)
    with pytest.raises(StackError, match="ended with"):
        by_the_worker(stack, keys, "cleanup")


def refused_setup(stack, client, keys, folder):
    with pytest.raises(StackError, match="ended with"):
        stack.command("store", "setup", settings=keys["setup"])


NEEDED = {
    ("Edge", "s3:PutObject"): refused_upload,
    ("Edge", "s3:GetObject"): refused_download,
    ("Edge", "s3:ListBucket"): not_ready,
    ("Worker", "s3:GetObject"): waiting_task,
    ("Worker", "s3:PutObject"): waiting_task,
    ("Worker", "s3:DeleteObject"): refused_cleanup,
    ("Worker", "s3:ListBucket"): refused_cleanup,
    ("Setup", "s3:GetLifecycleConfiguration"): refused_setup,
    ("Setup", "s3:PutLifecycleConfiguration"): refused_setup,
    ("Setup", "s3:ListBucketMultipartUploads"): refused_setup,
    ("Setup", "s3:AbortMultipartUpload"): None,
}


def test_every_action_has_its_reason_here():
    assert {(who, action) for who, policy in POLICIES.items() for action in actions(policy)} == set(NEEDED)


def without(policy: dict, action: str) -> dict:
    left = copy.deepcopy(policy)
    for statement in left["Statement"]:
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [each for each in listed if each != action]
    left["Statement"] = [each for each in left["Statement"] if each["Action"]]
    return left


@pytest.mark.parametrize("who, action", [needed for needed, fails in NEEDED.items() if fails])
def test_nothing_can_be_left_out(aws, stack, client, keys, tmp_path, who, action):
    base = [POLICIES["Worker"]] if who == "Setup" else []
    aws.allow(who.lower(), *base, without(POLICIES[who], action))
    try:
        task = NEEDED[who, action](stack, client, keys, tmp_path)
    finally:
        aws.allow(who.lower(), *base, POLICIES[who])
    if task:
        assert client.wait(task)["status"] == "done"
