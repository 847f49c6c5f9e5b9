"""IMGFILTER_DOWNLOADS=redirect: clients are sent to the store, by a URL that is good for a while."""

from urllib.parse import parse_qs, urlsplit

import pytest

from client import curl
from pictures import RAIN


@pytest.fixture(scope="module")
def task(client):
    return client.finished("filters=grayscale", image=RAIN)


@pytest.fixture
def link(task, another_edge):
    return another_edge(DOWNLOADS="redirect", PRESIGNED_LIFE="90s").url + urlsplit(task["results"][0]["url"]).path


def test_a_client_that_follows_gets_the_file(link, task, client, stack):
    sent = curl(link)
    assert sent.status == 302 and sent.headers["cache-control"] == "no-store"
    target = sent.headers["location"]
    assert target.startswith(stack.environment["IMGFILTER_S3_ENDPOINT"] + "/imgfilter/r/")
    assert task["id"] not in target, "it is the right to erase the task"
    asked = parse_qs(urlsplit(target).query)
    assert asked["X-Amz-Expires"] == ["90"] and asked["response-content-type"] == ["image/jpeg"]
    assert asked["response-content-disposition"][0].startswith("inline; filename=")
    followed = curl("-L", link)
    assert followed.status == 200 and followed.body == client.download(task["results"][0]["url"])
    assert followed.headers["content-type"] == "image/jpeg"
    assert followed.headers["content-disposition"] == asked["response-content-disposition"][0]
    assert followed.headers["cache-control"].endswith("s-maxage=60")
    saved = parse_qs(urlsplit(curl(link + "?download").headers["location"]).query)
    assert saved["response-content-disposition"][0].startswith("attachment; filename=")


def test_parts_and_head_go_by_the_same_way(link, client, task):
    part = curl("-L", "-r", "10-19", link)
    assert part.status == 206 and part.body == client.download(task["results"][0]["url"])[10:20]
    head = curl("-L", "-I", link)
    assert head.status == 200 and int(head.headers["content-length"]) == task["results"][0]["bytes"]


def test_the_url_is_for_this_file_and_this_method(link):
    target = curl(link).headers["location"]
    assert curl("-X", "DELETE", target).status == 403
    assert curl(target.replace("/imgfilter/r/", "/imgfilter/o/")).status == 403
    assert curl(target.replace("X-Amz-Expires=90", "X-Amz-Expires=9000")).status == 403


def test_the_url_ends_with_the_link(client, another_edge):
    edge = another_edge(DOWNLOADS="redirect")
    task = client.finished("expires_in=20", "filters=grayscale", image=RAIN)
    path = urlsplit(task["results"][0]["url"]).path
    life = parse_qs(urlsplit(curl(edge.url + path).headers["location"]).query)["X-Amz-Expires"]
    assert 1 <= int(life[0]) <= 20


def test_links_that_are_none_go_nowhere(link):
    token = link.split("/")[-2]
    assert curl(link.replace(token, token[:-4] + "AAAA")).status == 404
