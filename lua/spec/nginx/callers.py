"""Keys for the tests, and what the database makes of their uploads."""

import json


def make(stack, owner: str, *more: str) -> dict:
    """A new key."""
    return json.loads(stack.command("key", "create", "--json", "--owner", owner, *more))


def refused(answer, status: int, code: str) -> dict:
    assert answer.status == status and answer.problem["code"] == code, answer
    return answer.problem


def value(stack, query: str) -> str:
    return stack.cluster.sql(query, "imgfilter")
