"""Three months pass: the database's notion of now, from which edges have theirs, is moved on."""


import pytest

from client import curl
from pictures import RAIN
from stack.ready import wait_until
from stack.service import DATABASE



@pytest.fixture
def clock(stack):
    """Moves the time that links know; it is back afterwards."""
    def set_to(what: str) -> None:
        function = f"create or replace function imgfilter.clock() returns timestamptz language sql stable parallel safe as $$ select {what} $$"
        stack.cluster.sql(function, DATABASE)

    yield set_to
    set_to("now()")


def test_a_link_lives_three_months_and_leaves_nothing(stack, client, inspector, clock, another_edge):
    edge = another_edge(LINK_MEMORY="1s")
    # made at the end of a November, it ends with the leap day of the February after
    clock("timestamptz '2027-11-30 12:00:00Z'")
    task = client.finished("filters=sepia", image=RAIN)
    (result,) = task["results"]
    assert result["expires_at"] == "2028-02-29T12:00:00Z"
    (key,) = inspector.rows("select object_key from imgfilter.link where task_id = %s", task["id"])[0]
    path = result["url"].removeprefix(client.url)
    assert curl(edge.url + path).status == 200

    clock("timestamptz '2028-02-29 11:59:30Z'")
    wait_until("what is said of the last half minute", lambda: "max-age=30, s-maxage=30" in curl(edge.url + path).headers["cache-control"], 10)
    stack.command("cleanup")
    assert curl(edge.url + path).status == 200 and key in inspector.objects()

    clock("timestamptz '2028-02-29 12:00:00Z'")
    wait_until("the end of the link", lambda: curl(edge.url + path).status == 410, 10)
    assert client.wait(task, 0)["status"] == "expired"
    stack.command("cleanup")
    assert key not in inspector.objects()
    assert inspector.rows("select 1 from imgfilter.link where task_id = %s", task["id"]) == []
    assert curl(edge.url + path).status == 410 and client.wait(task, 0)["status"] == "expired"
