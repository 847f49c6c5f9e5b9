"""Keys for the tests, and what the database makes of their uploads."""

import json
import time


def make(stack, owner: str, *more: str) -> dict:
    """A new key. Quotas begin anew at midnight of UTC, so it is let pass if it is near."""
    left = 86_400 - time.time() % 86_400
    if left < 20:
        time.sleep(left + 1)
    return json.loads(stack.command("key", "create", "--json", "--owner", owner, *more))


def refused(answer, status: int, code: str) -> dict:
    assert answer.status == status and answer.problem["code"] == code, answer
    return answer.problem


def value(stack, query: str) -> str:
    return stack.cluster.sql(query, "imgfilter")
