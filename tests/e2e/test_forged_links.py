"""Tokens that are none of ours: no file, no question to the database, and no harm to those who have a good one."""

import base64
import re
import socket
import subprocess
import time
from collections import Counter
from urllib.parse import urlsplit

import pytest

import tokens
from client import curl
from pictures import RAIN
from stack.ready import wait_until

COUNT = 100_000
BATCH = 250


@pytest.fixture(scope="module")
def url(client):
    return client.finished("filters=grayscale", image=RAIN)["results"][0]["url"]


@pytest.fixture(scope="module", autouse=True)
def counted(stack):
    """The database counts the questions for links. Not its scans of an index: it reads the whole of a small table instead as
    soon as it knows that it is small, and forgets its counts in a crash, such as the tests of failures bring about."""
    stack.cluster.sql("alter system set track_functions = 'pl'")
    stack.cluster.sql("select pg_reload_conf()")
    yield
    stack.cluster.sql("alter system reset track_functions")
    stack.cluster.sql("select pg_reload_conf()")


def asked(inspector) -> int:
    """How often the database has looked up a link by its id."""
    return inspector.rows("select coalesce(sum(calls), 0)::bigint from pg_stat_user_functions where funcname = 'link_view'")[0][0]


def settled(inspector) -> int:
    """The same once the database's processes have reported what they did."""
    last, since = asked(inspector), time.monotonic()
    while time.monotonic() - since < 3:
        time.sleep(0.2)
        if (now := asked(inspector)) != last:
            last, since = now, time.monotonic()
    return last


def statuses(url: str, paths: list[str]) -> Counter:
    """How each of these is answered, asked one behind the other over one connection after another."""
    parts, found = urlsplit(url), Counter()
    for start in range(0, len(paths), BATCH):
        batch = paths[start:start + BATCH]
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
            heads = [f"GET {path} HTTP/1.1\r\nHost: x\r\n" for path in batch]
            heads[-1] += "Connection: close\r\n"
            connection.sendall("\r\n".join(heads).encode() + b"\r\n")
            received = b""
            while piece := connection.recv(1 << 20):
                received += piece
        answered = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
        assert len(answered) == len(batch)
        found.update(answered)
    return found


def test_none_of_a_hundred_thousand_leads_anywhere(url, inspector, another_edge):
    edge = another_edge(LINK_MISSES="0")
    _, token, name = urlsplit(url).path.rsplit("/", 2)
    paths = [f"/d/{each}/{name}" for each in tokens.forged(token, COUNT, seed=1)]
    before = settled(inspector)
    assert statuses(edge.url, paths) == {404: COUNT}
    assert settled(inspector) == before
    assert statuses(edge.url, [urlsplit(url).path]) == {200: 1}
    wait_until("the question that is counted", lambda: asked(inspector) > before, 10)


def test_a_revoked_link_that_is_tried_again_and_again_asks_nothing_either(client, stack, inspector, another_edge):
    edge = another_edge()
    task = client.finished("filters=invert", image=RAIN)
    path = urlsplit(task["results"][0]["url"]).path
    stack.command("link", "revoke", "--task", task["id"], "--yes")
    # the edge hears of it, and is asked for once after that
    before = settled(inspector)
    assert statuses(edge.url, [path]) == {410: 1}
    wait_until("the question that is counted", lambda: asked(inspector) > before, 10)
    before = settled(inspector)
    assert statuses(edge.url, [path] * 5000) == {410: 5000}
    assert settled(inspector) == before


def test_tokens_are_made_as_these_tests_make_them(url, stack):
    """Otherwise those of other services would prove nothing."""
    number, key = stack.secrets["LINK_KEYS"].read_text().strip().split(",")[0].split(":")
    token = url.rsplit("/", 2)[1]
    assert tokens.mint(base64.b64decode(key), int(number), tokens.link_in(token)) == token


def test_whoever_guesses_is_told_to_wait_and_good_links_go_on(url, another_edge):
    edge = another_edge(LINK_MISSES="5")
    path, token = urlsplit(url).path, url.rsplit("/", 2)[1]
    paths = [path.replace(token, each) for each in tokens.forged(token, 8, seed=2)]
    assert [curl(edge.url + each).status for each in paths] == [404] * 5 + [429] * 3
    refused = curl(edge.url + paths[0])
    assert refused.problem["code"] == "too_many_requests" and refused.problem["limit"] == 5
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert curl(edge.url + path).status == 200


def test_many_at_once_ask_the_database_once(client, inspector, another_edge):
    edge = another_edge(NGINX_WORKERS="1")
    path = urlsplit(client.finished("filters=invert", image=RAIN)["results"][0]["url"]).path
    before = settled(inspector)
    asking = [subprocess.Popen(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", edge.url + path], stdout=subprocess.PIPE) for _ in range(24)]
    assert {each.communicate(timeout=60)[0] for each in asking} == {b"200"}
    assert settled(inspector) == before + 1
