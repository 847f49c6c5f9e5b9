"""Idempotency-Key, in a real nginx."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from callers import make, refused, value
from client import Answer, ask


def send(stack, body: bytes, key: str, query: str = "", owner_key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key}
    if owner_key:
        headers["Authorization"] = f"Bearer {owner_key}"
    return ask(stack.url, "PUT", "/images" + query, body, headers)


@pytest.fixture
def body(photo) -> bytes:
    return photo.read_bytes()


def originals(stack) -> int:
    return len([file for file in (stack.plan.state / "store").rglob("*") if file.is_file()])


def test_the_same_again_is_the_same_task(stack, body):
    first = send(stack, body, "same", "?filters=invert")
    assert first.status == 202 and first.headers["Idempotent-Replayed"] is None
    before = originals(stack)
    again = send(stack, body, "same", "?filters=invert")
    assert again.status == 202 and again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json() and again.headers["Location"] == first.headers["Location"]
    assert originals(stack) == before, "it is not stored again"


@pytest.mark.parametrize("change", ["options", "image"])
def test_something_else_is_refused(stack, body, change):
    assert send(stack, body, f"else-{change}", "?filters=invert").status == 202
    other = (body + b"x", "?filters=invert") if change == "image" else (body, "?filters=sepia")
    refused(send(stack, other[0], f"else-{change}", other[1]), 422, "idempotency_key_reused")


def test_keys_belong_to_owners(stack, body):
    mine, another = make(stack, "idem-mine")["key"], make(stack, "idem-another")["key"]
    ids = [send(stack, body, "shared", owner_key=key).json()["id"] for key in (mine, another, None, mine)]
    assert len(set(ids)) == 3 and ids[0] == ids[3]


def test_a_quota_that_is_used_up_does_not_stand_against_what_was_taken(stack, body):
    key = make(stack, "idem-quota", "--requests", "1")["key"]
    task = send(stack, body, "taken", owner_key=key).json()
    for _ in range(2):
        refused(send(stack, body, "late", owner_key=key), 429, "requests_quota_exceeded")
    assert send(stack, body, "taken", owner_key=key).json() == task


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e4"])
def test_a_key_that_is_none(stack, body, key):
    refused(send(stack, body, key), 400, "invalid_idempotency_key")


def test_at_once_there_is_one_task(stack, body):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(stack, body, "at-once"), range(8)))
    assert {answer.status for answer in answers} <= {202, 409}
    for answer in answers:
        if answer.status == 409:
            refused(answer, 409, "idempotency_key_in_use")
            assert answer.headers["Retry-After"] == "1"
    (task,) = {answer.json()["id"] for answer in answers if answer.status == 202}
    assert value(stack, "select count(*) from imgfilter.idempotency where key = 'at-once'") == "1"
    assert send(stack, body, "at-once").json()["id"] == task
