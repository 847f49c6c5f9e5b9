"""Download links: how long they serve, and to whom not. What they serve is test_downloads.py's."""

import time

import pytest

from client import curl
from pictures import RAIN
from stack import edges


@pytest.fixture(scope="module")
def url(client):
    return client.finished("filters=grayscale", image=RAIN)["results"][0]["url"]


def forgeries(url: str) -> list[str]:
    """The link with something else in its token."""
    place, token, name = url.rsplit("/", 2)
    def changed(at: int) -> str:
        other = "A" if token[at] != "A" else "B"
        return token[:at] + other + token[at + 1:]

    tokens = [changed(at) for at in (0, 1, len(token) // 3, len(token) // 2, len(token) - 3)]
    return [f"{place}/{each}/{name}" for each in (*tokens, token[:-1], token + "A", "A" * len(token), "%ff" * len(token), "%2e%2e", "a%2fb")]


def test_a_forged_link_is_not_found(url):
    for each in forgeries(url):
        answer = curl("--path-as-is", each)
        assert answer.status == 404, each
        assert "image" not in answer.headers["content-type"]


def test_no_log_has_a_link(stack, url):
    """Not even beside what went wrong: here the database is away."""
    access_log = stack.logs / "access-blind.log"
    edge = edges.edge(stack, "blind", EDGE_DATABASE_URL="host=/nowhere user=x dbname=x", ACCESS_LOG=str(access_log))
    edge.start()
    try:
        path = url.removeprefix(stack.url)
        answer = curl("-H", f"Referer: {url}", f"{edge.url}{path}?download")
        assert answer.status == 503 and answer.problem["code"] == "database_unavailable"
    finally:
        edge.child.stop()
        stack.children.pop(edge.child.name)
    told, token = edge.child.log.read_text(), url.split("/")[-2]
    assert 'database: link_view' in told and ', request: "GET /d"' in told
    assert '"GET /d/- HTTP/1.1" 503' in access_log.read_text()
    for log in (told, access_log.read_text(), (stack.logs / "nginx.log").read_text()):
        assert token not in log


def test_an_ended_link_is_gone_and_so_is_its_object(client, stack, inspector):
    before = inspector.objects()
    task = client.finished("expires_in=2", "filters=grayscale", image=RAIN)
    (result,) = task["results"]
    assert curl(result["url"]).status == 200
    (key,) = inspector.rows("select object_key from imgfilter.link where task_id = %s", task["id"])[0]
    time.sleep(3)
    answer = curl(result["url"])
    assert answer.status == 410 and answer.problem["code"], "the cache of links must not outlive the link"
    assert key in inspector.objects()
    stack.command("cleanup")
    assert key not in inspector.objects()
    assert curl(result["url"]).status == 410
    assert client.wait(task, 0)["status"] == "expired"
    assert inspector.objects() - before, "the original stays until its own life ends"


def test_a_link_lives_three_calendar_months(client, inspector):
    task = client.finished("filters=grayscale", image=RAIN)
    query = "select expires_at = (created_at at time zone 'UTC' + interval '3 months') at time zone 'UTC' from imgfilter.link where task_id = %s"
    assert inspector.rows(query, task["id"]) == [(True,)]


def test_the_address_of_the_service_is_the_configured_one(client):
    answer = client.upload("filters=resize(width=10)", image=RAIN, more=("-H", "Host: evil.example"))
    task = client.wait(answer.json())
    assert task["status_url"].startswith(client.url)
    assert task["results"][0]["url"].startswith(client.url)
