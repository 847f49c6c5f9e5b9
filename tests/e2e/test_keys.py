"""A key's whole life: made on the command line, used, held to its quota, revoked."""

import http.client
import json
import time
from urllib.parse import urlsplit

from client import Answer, Client, curl
from pictures import RAIN

# Within so many seconds a revoked key must be refused everywhere.
REVOKED_WITHIN = 30


def upload(client: Client, key: str) -> Answer:
    return client.upload("filters=resize(width=64)", image=RAIN, more=("-H", f"Authorization: Bearer {key}"))


def stay_within_a_day() -> None:
    """Quotas begin anew at midnight of UTC: lets it pass if it is near."""
    left = 86_400 - time.time() % 86_400
    if left < 60:
        time.sleep(left + 1)


def test_a_key_is_made_used_up_and_revoked(client, stack):
    stay_within_a_day()
    made = json.loads(stack.command("key", "create", "--owner", "e2e", "--name", "whole life", "--requests", "2", "--json"))
    for _ in range(2):
        answer = upload(client, made["key"])
        assert answer.status == 202
        task = client.wait(answer.json())
        assert task["status"] == "done" and client.download(task["results"][0]["url"])
    answer = upload(client, made["key"])
    assert answer.status == 429 and answer.problem["code"] == "requests_quota_exceeded" and answer.problem["limit"] == 2
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    (listed,) = json.loads(stack.command("key", "list", "--owner", "e2e", "--json"))
    assert listed["used"] == {"requests": 2, "bytes": 2 * RAIN.stat().st_size, "megapixels": 4.608, "open_tasks": 0}
    assert made["key"] not in json.dumps(listed)

    stack.command("key", "revoke", made["id"])
    revoked = time.monotonic()
    while (answer := upload(client, made["key"])).status != 401:
        assert time.monotonic() - revoked < REVOKED_WITHIN, answer
        time.sleep(1)
    assert answer.problem["code"] == "invalid_key" and answer.headers["www-authenticate"].startswith("Bearer")
    # what was uploaded with it is there for as long as it would have been
    assert curl(task["results"][0]["url"]).status == 200


def test_a_key_may_give_links_a_life_of_their_own(client, stack, inspector):
    keys = {name: json.loads(stack.command("key", "create", "--owner", "long", "--json", *words))["key"]
            for name, words in {"plain": [], "short": ["--link-life", "1 month"], "lasting": ["--scope", "upload", "--scope", "lasting"]}.items()}

    def life(key: str, *more: str) -> str:
        answer = client.upload("filters=resize(width=64)", *more, image=RAIN, more=("-H", f"Authorization: Bearer {keys[key]}"))
        if answer.status != 202:
            return answer.problem["code"]
        task = client.wait(answer.json())
        ((start, end),) = inspector.rows("select created_at at time zone 'UTC', expires_at at time zone 'UTC' from imgfilter.link where task_id = %s", task["id"])
        for name, months in (("three months", 3), ("a month", 1)):
            if inspector.rows("select %s + %s * interval '1 month' = %s", start, months, end) == [(True,)]:
                return name
        return f"{(end - start).total_seconds():.0f} s"

    assert life("plain") == "three months" and life("short") == "a month" and life("lasting") == "three months"
    assert life("plain", "expires_in=60") == life("short", "expires_in=60") == life("lasting", "expires_in=60") == "60 s"
    assert life("lasting", "expires_in=20000000") == "20000000 s"
    assert life("plain", "expires_in=20000000") == life("short", "expires_in=5000000") == "invalid_expires_in"
    assert life("lasting", "expires_in=40000000") == "invalid_expires_in"


def test_an_upload_that_began_before_its_key_was_revoked_is_refused(client, stack):
    made = json.loads(stack.command("key", "create", "--owner", "slow", "--json"))
    body = RAIN.read_bytes()
    edge = urlsplit(client.url)
    connection = http.client.HTTPConnection(edge.hostname, edge.port, timeout=REVOKED_WITHIN)
    connection.putrequest("PUT", edge.path + "/images?filters=resize(width=64)")
    connection.putheader("Authorization", f"Bearer {made['key']}")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:1000])
    assert upload(client, made["key"]).status == 202

    stack.command("key", "revoke", made["id"])
    revoked = time.monotonic()
    while upload(client, made["key"]).status != 401:
        assert time.monotonic() - revoked < REVOKED_WITHIN
        time.sleep(1)
    connection.send(body[1000:])
    answer = connection.getresponse()
    assert answer.status == 401 and json.load(answer)["code"] == "invalid_key"
