"""Who is served, and how much: rates, proxies, pages of other sites."""

from callers import make
from client import ask, upload

ORIGIN = "https://app.example"


def preflight(url: str, origin: str, path: str = "/images"):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return ask(url, "OPTIONS", path, headers=headers)


def test_an_address_has_a_rate(another_edge, photo):
    url = another_edge(ADDRESS_RATE="1", ADDRESS_BURST="2")
    answers = [upload(url, photo, "?filters=sepia") for _ in range(6)]
    accepted = [answer.status for answer in answers].count(202)
    assert 3 <= accepted < 6, [answer.status for answer in answers]
    refused = next(answer for answer in answers if answer.status != 202)
    assert refused.problem["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) > 0
    assert ask(url, "GET", "/filters").status == 200, "only what makes work is counted"


def test_a_key_has_a_rate_of_its_own(stack, another_edge, photo):
    """The key is what is counted: another one from the same address goes on."""
    keys = [make(stack, "rated")["key"] for _ in range(2)]
    url = another_edge(ADDRESS_RATE="0", KEY_RATE="1", KEY_BURST="1")

    def put(key):
        return ask(url, "PUT", "/images", photo.read_bytes(), {"Authorization": f"Bearer {key}"}).status

    assert 429 in [put(keys[0]) for _ in range(4)]
    assert put(keys[1]) == 202


def test_the_address_behind_a_trusted_proxy_counts(another_edge, photo):
    url = another_edge(ADDRESS_RATE="1", ADDRESS_BURST="1", TRUSTED_PROXIES="127.0.0.0/8, ::1")

    def put(address):
        return ask(url, "PUT", "/images", photo.read_bytes(), {"X-Forwarded-For": address}).status

    assert 429 in [put("192.0.2.1") for _ in range(4)]
    assert put("192.0.2.2") == 202
    # of IPv6 the network counts, however its addresses are written
    assert 429 in [put(f"2001:db8::{number}:0:0:1") for number in range(1, 5)]
    assert put("2001:db8:0:1::1") == 202


def test_nobody_is_believed_about_addresses_unless_told(another_edge, photo):
    url = another_edge(ADDRESS_RATE="1", ADDRESS_BURST="1")
    statuses = [ask(url, "PUT", "/images", photo.read_bytes(), {"X-Forwarded-For": f"192.0.2.{number}"}).status for number in range(4)]
    assert 429 in statuses


def test_pages_of_named_origins_may_call(another_edge, photo):
    url = another_edge(CORS_ORIGINS=f"{ORIGIN}, http://localhost:3000")
    asked = preflight(url, ORIGIN)
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in asked.headers["Access-Control-Allow-Methods"] and "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    for answer in (ask(url, "PUT", "/images", photo.read_bytes(), {"Origin": ORIGIN}), ask(url, "GET", "/nowhere", headers={"Origin": ORIGIN})):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, answer
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Access-Control-Allow-Methods"] is None, "that is said to questions only"


def test_pages_of_other_origins_may_not(another_edge):
    url = another_edge(CORS_ORIGINS=ORIGIN)
    for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
        asked = preflight(url, origin)
        assert asked.status == 405, origin
        assert asked.headers["Access-Control-Allow-Origin"] is None, origin


def test_pages_may_not_call_unless_told(stack):
    assert ask(stack.url, "GET", "/filters", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] is None


def test_all_pages_may_call_where_all_are_allowed(another_edge):
    url = another_edge(CORS_ORIGINS="*")
    assert preflight(url, "https://any.example").headers["Access-Control-Allow-Origin"] == "*"


def test_every_answer_is_what_it_says_and_tells_no_page(stack):
    for path in ("/filters", "/openapi.json", "/healthz", "/nowhere", "/d/x/y"):
        answer = ask(stack.url, "GET", path)
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"], path
        assert answer.headers.get_all("Referrer-Policy") == ["no-referrer"], path
        assert answer.headers["Server"] == "nginx", "no version"
