"""The edge's cache: a crowd costs the store one request, what is there goes on without the store, and what was revoked goes."""

import json
import subprocess
from collections import Counter
from urllib.parse import urlsplit

import pytest

from client import curl
from pictures import RAIN
from stack.places import StackError
from stack.ready import wait_until
from stack.relay import Relay

CROWD = 48


@pytest.fixture
def relay(stack):
    running = Relay(stack.store_port)
    yield running
    running.close()


@pytest.fixture
def task(client):
    return client.finished("filters=invert", "filters=grayscale", image=RAIN)


def path(task: dict, result: int = 0) -> str:
    return urlsplit(task["results"][result]["url"]).path


def links(inspector, task: dict) -> list[tuple[str, str]]:
    """Id and object of each."""
    return inspector.rows("select id::text, object_key from imgfilter.link where task_id = %s order by n", task["id"])


def cached(stack, edge, key: str) -> bool:
    """Whether an edge has a copy of this object on its disk."""
    folder = stack.plan.state / f"cache-{edge.name}" / "results"
    return any(f"KEY: {key}\n".encode() in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_a_crowd_causes_one_request_to_the_store(relay, another_edge, task):
    edge = another_edge(S3_ENDPOINT=relay.url)
    crowd = [subprocess.Popen(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", edge.url + path(task)],
                              stdout=subprocess.PIPE, text=True) for _ in range(CROWD)]
    answered = Counter(each.communicate(timeout=60)[0] for each in crowd)
    assert answered == {f"200 {task['results'][0]['bytes']}": CROWD}
    assert relay.asked["GET"] == 1


def test_what_is_there_is_served_without_the_store(relay, another_edge, task):
    edge = another_edge(S3_ENDPOINT=relay.url)
    first = curl(edge.url + path(task))
    relay.cut = True
    assert curl(edge.url + path(task)).body == first.body
    assert curl("-r", "0-9", edge.url + path(task)).status == 206
    missing = curl(edge.url + path(task, 1))
    assert missing.status == 503 and missing.problem and "etag" not in missing.headers


def test_a_revoked_link_is_gone_at_every_edge_and_so_are_the_copies(stack, inspector, another_edge, task):
    edges = [another_edge(), another_edge(NGINX_WORKERS="3")]
    (link, key), (other, other_key) = links(inspector, task)
    for edge in edges:
        for _ in range(6):
            assert curl(edge.url + path(task)).status == curl(edge.url + path(task, 1)).status == 200
        assert cached(stack, edge, key) and cached(stack, edge, other_key)
    told = json.loads(stack.command("link", "revoke", link, "--yes", "--json"))
    assert told == {"done": True, "items": [{"id": link, "change": "revoked"}]}
    for edge in edges:
        wait_until("the end of the link", lambda: curl(edge.url + path(task)).status == 410, 30)
        wait_until("the end of the copy", lambda: not cached(stack, edge, key), 30)
        wait_until("that all workers know", lambda: {curl(edge.url + path(task)).status for _ in range(12)} == {410}, 30)
        assert curl(edge.url + path(task, 1)).status == 200 and cached(stack, edge, other_key)
    stack.command("cleanup")
    assert key not in inspector.objects() and other_key in inspector.objects()
    assert [row[0] for row in links(inspector, task)] == [other]


def test_the_memory_of_an_edge_is_short_whatever_it_is_told(inspector, another_edge, task):
    """Without the list of what was revoked, as where the database was away meanwhile."""
    edge = another_edge(LINK_MEMORY="1s")
    (link, _), _ = links(inspector, task)
    assert curl(edge.url + path(task)).status == 200
    inspector.rows("update imgfilter.link set revoked_at = now(), expires_at = now() where id = %s returning 1", link)
    wait_until("the end of the link", lambda: curl(edge.url + path(task)).status == 410, 30)


def test_links_are_listed_and_what_would_change_is_shown_first(stack, client, task, inspector):
    (link, _), (other, _) = links(inspector, task)
    listed = json.loads(stack.command("link", "list", "--task", task["id"], "--json"))
    assert {each["id"]: each["living"] for each in listed} == {link: True, other: True}
    assert link in stack.command("link", "list", "--task", task["id"])
    assert "would be revoked" in stack.command("link", "revoke", "--task", task["id"])
    assert curl(client.url + path(task)).status == 200
    assert "extended" in stack.command("link", "extend", link, "--by", "1 month", "--yes")
    (row,) = inspector.rows("select expires_at = created_at + interval '3 months' + interval '1 month' from imgfilter.link where id = %s", link)
    assert row == (True,)
    for words in (["extend", link, "--by", "2 years"], ["revoke", task["id"]]):
        with pytest.raises(StackError, match="too_long|unknown"):
            stack.command("link", *words, "--yes", "--json")


def test_which_keys_may_go(stack, task):
    given = stack.secrets["LINK_KEYS"].read_text().strip()
    number = int(given.split(":")[0])
    old, new = (number + 1, number + 2)
    key = given.split(":")[1]
    keys = f"{new}:{key},{given},{old}:{key}"
    told = {each["number"]: each for each in json.loads(stack.command("link", "keys", "--json", settings={"IMGFILTER_LINK_KEYS": keys}))}
    assert told[new]["signs"] and not told[new]["may_go"]
    assert not told[number]["may_go"] and told[number]["needed_until"] > task["created_at"]
    assert told[old]["may_go"] and told[old]["needed_until"] is None
    assert "may go" in stack.command("link", "keys", settings={"IMGFILTER_LINK_KEYS": keys})
