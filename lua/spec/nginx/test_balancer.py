"""Several edges behind one load balancer."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from client import ask, upload
from stack import edges
from stack.ready import answers, free_port, wait_until
from test_uploads import begin, head, patch, path_of


@dataclass
class Balanced:
    """A load balancer's address, and the edges behind it by their names."""

    url: str
    edges: dict[str, edges.Edge]


@pytest.fixture(scope="module")
def balanced(stack):
    """Two edges that trust the balancer before them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    both = [edges.edge(stack, name, PUBLIC_URL=url, TRUSTED_PROXIES="127.0.0.1", ADDRESS_RATE="0") for name in ("a", "b")]
    balancer = edges.balancer(stack, port, both)
    for each in both:
        each.start()
    balancer.start()
    wait_until("the balancer", lambda: answers(f"{url}/healthz") == 200, 20, balancer)
    yield Balanced(url, {each.name: each for each in both})
    for child in (balancer, *(each.child for each in both)):
        child.stop()
        stack.children.pop(child.name)


def test_what_an_edge_says_the_balancer_says(balanced, photo):
    accepted = upload(balanced.url, photo, "?filters=sepia")
    assert accepted.status == 202
    assert accepted.headers["Location"].startswith(balanced.url)
    assert ask(balanced.url, "GET", urlsplit(accepted.headers["Location"]).path).json()["id"] == accepted.json()["id"]
    assert upload(balanced.url, photo, "?filters=sepai").problem["code"] == "invalid_filters"
    assert ask(balanced.url, "GET", "/readyz").status == 200


def test_an_upload_in_pieces_stays_at_its_edge(balanced, photo):
    data = photo.read_bytes()
    names = set()
    for _ in range(6):
        path = path_of(begin(balanced.url, len(data)))
        names.add(path.split("/")[2].split("-")[0])
        for at in range(0, len(data), 300):
            answer = patch(balanced.url, path, at, data[at:at + 300])
            assert answer.status == 204, answer
        assert answer.headers["Imgfilter-Task"]
    assert names == set(balanced.edges), "both had their share"
    other = path_of(begin(balanced.edges["a"].url, 1000))
    assert other.startswith("/uploads/a-")
    assert head(balanced.url, other).status == 200
    assert head(balanced.edges["b"].url, other).status == 404


def test_clients_cannot_say_who_they_are(stack, balanced, photo):
    """The balancer's word on the address is the client's real one, whatever came in."""
    task = ask(balanced.url, "PUT", "/images", photo.read_bytes(), {"X-Forwarded-For": "192.0.2.77", "Idempotency-Key": "who"}).json()["id"]
    account = stack.cluster.sql(f"select account from imgfilter.idempotency where task_id = '{task}'", "imgfilter")
    assert "127.0.0.1" in account and "192.0.2.77" not in account


def test_a_dead_edge_is_passed_over(balanced, photo):
    balanced.edges["b"].child.kill()
    # the balancer may still have been about to use a connection that it had kept
    wait_until("the other edge", lambda: all(upload(balanced.url, photo).status == 202 for _ in range(6)), 10)
    lost = ask(balanced.url, "HEAD", "/uploads/b-0123456789abcdef0123456789abcdef", headers={"Tus-Resumable": "1.0.0"})
    assert (lost.status, lost.headers["Retry-After"]) == (423, "5")
    begun = ask(balanced.url, "PATCH", "/uploads/b-0123456789abcdef0123456789abcdef", b"x", {"Tus-Resumable": "1.0.0"})
    assert begun.problem["code"] == "upload_locked"
