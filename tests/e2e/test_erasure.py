"""What is erased is nowhere any more: not in the database, not in the store, not behind a link."""

import json
import subprocess

import pytest

from client import Answer, curl
from pictures import RAIN, small
from stack.ready import wait_until

REVOKED_WITHIN = 60
"""Seconds within which every edge answers 410."""


def erase(client, task: dict, *more: str) -> Answer:
    return curl("-X", "DELETE", *more, f"{client.url}/tasks/{task['id']}")


def bearer(key: str) -> tuple:
    return "-H", f"Authorization: Bearer {key}"


@pytest.fixture
def key(stack):
    def make(owner: str) -> str:
        return json.loads(stack.command("key", "create", "--owner", owner, "--json"))["key"]
    return make


def keys_of(inspector, task: dict) -> set[str]:
    """The objects of a task."""
    query = """select object_key from imgfilter.link where task_id = %s
               union select i.object_key from imgfilter.image i join imgfilter.task t on t.image_id = i.id where t.id = %s"""
    return {key for key, in inspector.rows(query, task["id"], task["id"])}


def gone(inspector, task: dict, keys: set[str]) -> None:
    """Nothing of the task is left: no row that speaks of it, and soon none of these objects."""
    wait_until("the end of its objects", lambda: not keys & inspector.objects(), 30)
    left = """select count(*) from imgfilter.task t where t.id = %s union all select count(*) from imgfilter.link where task_id = %s
              union all select count(*) from imgfilter.delivery where task_id = %s
              union all select count(*) from imgfilter.image where id = %s
              union all select count(*) from imgfilter.queue where ref = %s"""
    assert inspector.rows(left, task["id"], task["id"], task["id"], task["image"]["id"], task["id"]) == [(0,)] * 5
    wait_until("the end of what was left to delete", lambda: inspector.rows("select count(*) from imgfilter.erased_object") == [(0,)], 30)


def test_a_task_is_erased_by_whoever_has_its_id(client, inspector, tmp_path):
    task = client.finished("filters=grayscale", "filters=invert", image=small(tmp_path))
    urls = [result["url"] for result in task["results"]]
    assert [curl(url).status for url in urls] == [200, 200], "they are cached now"
    keys = keys_of(inspector, task)
    assert len(keys) == 3 and keys <= inspector.objects()

    answer = erase(client, task)
    assert answer.status == 200 and answer.json() == {"removed": {"originals": 1, "results": 2, "links": 2}}
    shown = curl(f"{client.url}/tasks/{task['id']}")
    assert shown.status == 410 and shown.problem["code"] == "gone"
    again = erase(client, task)
    assert again.status == 410 and again.problem["code"] == "gone"
    for url in urls:
        wait_until("the end of its link", lambda: curl(url).status == 410, REVOKED_WITHIN)
    gone(inspector, task, keys)
    assert client.again(task["image"]["id"], filters="sepia").status == 404


def test_what_never_was_cannot_be_erased(client):
    assert erase(client, {"id": "01930000-0000-7000-8000-000000000000"}).status == 404
    assert erase(client, {"id": "nothing"}).status == 404


def test_what_an_owner_has_is_erased_with_a_key_of_that_owner(client, inspector, key, tmp_path):
    owner, other = key("erases"), key("envies")
    task = client.wait(client.upload("filters=invert", image=small(tmp_path), more=bearer(owner)).json())
    keys = keys_of(inspector, task)
    answer = erase(client, task)
    assert answer.status == 401 and answer.problem["code"] == "key_required" and answer.headers["www-authenticate"] == "Bearer"
    answer = erase(client, task, *bearer(other))
    assert answer.status == 403 and answer.problem["code"] == "forbidden"
    assert erase(client, task, *bearer("imgf_wrong")).status == 401
    assert client.wait(task, 0)["status"] == "done"
    assert erase(client, task, *bearer(owner)).status == 200
    assert erase(client, task, *bearer(owner)).status == 410
    gone(inspector, task, keys)


def test_a_task_at_work_is_stopped(client, inspector, tmp_path):
    """Two results: the first is stored while the second is made."""
    before = inspector.objects()
    task = client.accepted("filters=invert", "filters=oil(10)|oil(10)|oil(10)|oil(10)", image=RAIN)
    wait_until("a worker that has it", lambda: client.wait(task, 0)["status"] == "processing", 30)
    keys = keys_of(inspector, task)
    assert erase(client, task).json() == {"removed": {"originals": 1, "results": 0, "links": 0}}
    gone(inspector, task, keys)
    wait_until("the end of results that no row knows of", lambda: inspector.objects() <= before, 30)
    assert client.finished("filters=invert", image=small(tmp_path)), "the worker goes on"


def test_an_original_stays_until_its_last_task_is_erased(client, inspector, tmp_path):
    first = client.finished("filters=invert", image=small(tmp_path))
    second = client.wait(client.again(first["image"]["id"], filters="sepia").json())
    original, = (key for key in keys_of(inspector, first) if key.startswith("o/"))
    assert erase(client, first).json()["removed"] == {"originals": 0, "results": 1, "links": 1}
    third = client.wait(client.again(first["image"]["id"], filters="grayscale").json())
    assert third["status"] == "done" and original in inspector.objects()
    assert erase(client, second).json()["removed"]["originals"] == 0
    assert erase(client, third).json()["removed"] == {"originals": 1, "results": 1, "links": 1}
    gone(inspector, third, {original})


def test_a_person_is_forgotten(client, stack, inspector, key, tmp_path):
    """`imgfilter erase --owner`, on request."""
    owner = key("person")
    tasks = [client.wait(client.upload(f"filters={chain}", image=small(tmp_path), more=bearer(owner)).json())
             for chain in ("invert", "sepia", "grayscale")]
    other = client.finished("filters=invert", image=small(tmp_path))
    keys = set().union(*(keys_of(inspector, task) for task in tasks))
    counted = {"tasks": 3, "originals": 3, "results": 3, "links": 3, "targets": 0}
    foreseen = json.loads(stack.command("erase", "--owner", "person", "--json"))
    assert foreseen == {"done": False, **counted, "objects": 0, "refused": 0, "left": 0}
    assert keys <= inspector.objects(), "nothing happens before it is agreed to"
    told = stack.command("erase", "--owner", "person", "--yes")
    assert told.startswith("erased 3 tasks, 3 originals, 3 results, 3 links;")
    for task in tasks:
        gone(inspector, task, keys)
        wait_until("the end of its link", lambda: curl(task["results"][0]["url"]).status == 410, REVOKED_WITHIN)
    assert inspector.rows("select count(*) from imgfilter.task where owner = 'person'") == [(0,)]
    assert client.download(other["results"][0]["url"])
    assert json.loads(stack.command("erase", "--task", other["id"], "--json", "--yes"))["links"] == 1
    command = [str(stack.plan.build.program), "erase", "--task", other["id"], "--yes"]
    assert subprocess.run(command, env=stack.environment, capture_output=True).returncode == 1, "there is none any more"
