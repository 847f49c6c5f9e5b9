"""/me/notifications: whom an owner has told, in a real nginx."""

import base64
import hashlib
import hmac
import json

import pytest

from callers import refused, value
from client import ask, raw
from telling import (ALL, BROWSER, HOOK, KEYS, MAIL, PHONE, TOPIC, UNKNOWN, code, key, put, send, set_targets, verified)

ACTIONS = ("verify", "code", "rotate", "enable")


def the_secret(stack, target: str, number: int) -> str:
    """Of a target: derived from the service's own, its id and a number."""
    master = base64.b64decode(stack.secrets["WEBHOOK_SECRET"].read_text().strip().removeprefix("whsec_"))
    derived = hmac.digest(master, f"imgfilter webhook target {target} {number}".encode(), hashlib.sha256)
    return "whsec_" + base64.b64encode(derived).decode()


@pytest.mark.parametrize("method, path", [
    ("GET", "/me/notifications"), ("PUT", "/me/notifications"), ("GET", "/deliveries"),
    ("POST", f"/deliveries/{UNKNOWN}/replay"), *(("POST", f"/me/notifications/{UNKNOWN}/{action}") for action in ACTIONS),
])
def test_a_key_of_the_scope_is_needed(stack, method, path):
    """Also where uploads need none."""
    answer = ask(stack.url, method, path)
    refused(answer, 401, "key_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    refused(send(stack.url, method, path, "imgf_x"), 401, "invalid_key")
    answer = send(stack.url, method, path, key(stack, "told-without", "upload", "webhook"))
    refused(answer, 403, "scope_missing")
    assert 'scope="notify"' in answer.headers["WWW-Authenticate"]


def test_without_a_key_the_body_is_not_read(stack):
    head = (b"PUT /me/notifications HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n"
            b"Expect: 100-continue\r\n\r\n")
    assert raw(stack.url, head, 2).startswith(b"HTTP/1.1 401 ")


def test_who_has_set_nothing_sees_what_can_be_set(stack, telling_edge):
    mine = key(stack, "told-nothing")
    answer = send(stack.url, "GET", "/me/notifications", mine)
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    events = ["task.done", "task.failed", "link.expiring"]
    assert answer.json() == {"targets": [], "channels": ["webhook"], "events": events, "max_targets": 20}
    shown = send(telling_edge, "GET", "/me/notifications", mine).json()
    assert shown["channels"] == ["webhook", "email", "push", "sms", "topic"]
    assert shown["push_key"] == ask(telling_edge, "GET", "/push-key").json()["key"]
    assert send(stack.url, "HEAD", "/me/notifications", mine).body == b""


def test_the_list_is_replaced_as_a_whole(stack, telling_edge):
    mine = key(stack, "told-list")
    first = set_targets(telling_edge, mine, *ALL)
    assert [(one["channel"], one["address"]) for one in first] == [(one["channel"], one["address"]) for one in ALL]
    assert [one["status"] for one in first] == ["active", "unverified", "active", "unverified", "active"]
    assert all(one["events"] == ["task.done", "task.failed"] for one in first)
    assert first[0]["secret"] == the_secret(stack, first[0]["id"], 1)
    assert not any("secret" in one or "secret_number" in one or "keys" in one for one in first[1:])
    # as it is shown, with a change
    first[0]["events"] = ["link.expiring"]
    second = set_targets(telling_edge, mine, *first[:2])
    assert second == first[:2]
    assert send(telling_edge, "GET", "/me/notifications", mine).json()["targets"] == second
    third = set_targets(telling_edge, mine, MAIL, BROWSER)
    assert third[0] == second[1] and third[1]["id"] != first[2]["id"], "what comes back is new"
    assert set_targets(telling_edge, mine) == []


def test_two_owners_may_name_the_same_address(stack, telling_edge):
    mine, another = key(stack, "told-mine"), key(stack, "told-another")
    one, other = set_targets(telling_edge, mine, HOOK)[0], set_targets(telling_edge, another, HOOK)[0]
    assert one["id"] != other["id"] and one["secret"] != other["secret"]
    for action in ("rotate", "enable", "code"):
        refused(send(telling_edge, "POST", f"/me/notifications/{one['id']}/{action}", another), 404, "not_found")
    answer = send(telling_edge, "POST", f"/me/notifications/{one['id']}/verify", another, {"code": "123456"})
    refused(answer, 404, "not_found")
    assert set_targets(telling_edge, another) == []
    assert send(telling_edge, "GET", "/me/notifications", mine).json()["targets"] == [one]


@pytest.mark.parametrize("targets, code, field", [
    ([HOOK | {"channel": "fax"}], "invalid_target", "targets[0].channel"),
    ([HOOK | {"address": "http://hooks.example.com/"}], "invalid_target", "targets[0].address"),
    ([HOOK | {"address": "https://127.0.0.1/"}], "invalid_target", "targets[0].address"),
    ([HOOK | {"address": "https://u:p@hooks.example.com/"}], "invalid_target", "targets[0].address"),
    ([HOOK | {"address": "https://hooks.example.com/" + "a" * 2048}], "invalid_target", "targets[0].address"),
    ([HOOK | {"events": []}], "invalid_target", "targets[0].events"),
    ([HOOK | {"events": ["target.verify"]}], "invalid_target", "targets[0].events"),
    ([HOOK | {"keys": KEYS}], "invalid_target", "targets[0].keys"),
    ([HOOK, HOOK | {"address": "https://HOOKS.example.com:443/told"}], "invalid_target", "targets[1].address"),
    ([MAIL | {"address": "told@example.com\r\nBcc: all@example.com"}], "invalid_target", "targets[0].address"),
    ([MAIL | {"address": "Told <told@example.com>"}], "invalid_target", "targets[0].address"),
    ([PHONE | {"address": "030123456"}], "invalid_target", "targets[0].address"),
    ([BROWSER | {"address": "https://evil.example/1"}], "invalid_target", "targets[0].address"),
    ([BROWSER | {"keys": KEYS | {"auth": "AAAA"}}], "invalid_target", "targets[0].keys"),
    ([{"channel": "push", "address": "https://push.example.com/unknown"}], "invalid_target", "targets[0].keys"),
    ([TOPIC | {"address": "arn:aws:sns:eu-central-1:210987654321:told"}], "invalid_target", "targets[0].address"),
    ([HOOK | {"colour": "red"}], "malformed_request", None),
    ([HOOK | {"address": None}], "malformed_request", None),
    (["https://hooks.example.com/"], "malformed_request", None),
    ({"0": HOOK}, "malformed_request", None),
    (None, "malformed_request", None),
])
def test_a_list_with_a_mistake_changes_nothing(stack, telling_edge, targets, code, field):
    mine = key(stack, "told-mistake")
    before = set_targets(telling_edge, mine, HOOK | {"address": "https://hooks.example.com/stays"})
    problem = refused(send(telling_edge, "PUT", "/me/notifications", mine, {"targets": targets}), 400, code)
    assert problem.get("field") == field
    assert send(telling_edge, "GET", "/me/notifications", mine).json()["targets"] == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"targets":[],"targets":[]}', b'{"targets":[]}{}'])
def test_bodies_that_are_no_lists(stack, body):
    mine = key(stack, "told-body")
    refused(send(stack.url, "PUT", "/me/notifications", mine, body, Content_Type="application/json"), 400, "malformed_request")


def test_a_body_is_json_and_no_query_goes_with_it(stack):
    mine = key(stack, "told-type")
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        answer = send(stack.url, "PUT", "/me/notifications", mine, {"targets": []}, Content_Type=content_type)
        refused(answer, 415, "unsupported_media_type")
    refused(send(stack.url, "PUT", "/me/notifications?targets=1", mine, {"targets": []}), 400, "unexpected_query")


def test_a_body_that_is_too_large(stack):
    mine = key(stack, "told-large")
    problem = refused(send(stack.url, "PUT", "/me/notifications", mine, {"targets": ["a" * 65536]}), 413, "body_too_large")
    assert problem["limit"] == 65536
    body = b'{"targets":[]}'
    largest = send(stack.url, "PUT", "/me/notifications", mine, body + b" " * (65536 - len(body)))
    assert largest.status == 200
    answer = send(stack.url, "POST", f"/me/notifications/{UNKNOWN}/verify", mine, {"code": "1" * 65536})
    assert refused(answer, 413, "body_too_large")["limit"] == 65536


def test_each_channel_has_a_scope(stack, telling_edge):
    one_by_one = {one["channel"]: key(stack, "told-scope", "notify", one["channel"]) for one in ALL}
    for name, mine in one_by_one.items():
        for target in ALL:
            answer = put(telling_edge, mine, target)
            if target["channel"] == name:
                assert answer.status == 200, answer
            else:
                problem = refused(answer, 403, "channel_not_allowed")
                assert problem["field"] == "targets[0].channel"
        assert put(telling_edge, mine).status == 200


def test_what_another_key_has_set_may_stay(stack, telling_edge):
    everything, webhooks = key(stack, "told-stays"), key(stack, "told-stays", "notify", "webhook")
    before = set_targets(telling_edge, everything, *ALL)
    assert set_targets(telling_edge, webhooks, *before) == before
    after = set_targets(stack.url, webhooks, *before[1:], HOOK | {"address": "https://hooks.example.com/more"})
    assert [one["id"] for one in after[:-1]] == [one["id"] for one in before[1:]], "and where its channel is off"


def test_a_channel_that_is_off_is_refused(stack):
    mine = key(stack, "told-off")
    for target in (MAIL, BROWSER, PHONE, TOPIC):
        assert refused(put(stack.url, mine, target), 422, "channel_off")["field"] == "targets[0].channel"


def test_an_owner_has_so_many_targets(stack, another_edge):
    mine = key(stack, "told-many")
    many = [HOOK | {"address": f"https://hooks.example.com/{n}"} for n in range(21)]
    problem = refused(put(stack.url, mine, *many), 422, "too_many_targets")
    assert (problem["limit"], problem["field"]) == (20, "targets")
    assert len(set_targets(stack.url, mine, *many[1:])) == 20
    url = another_edge(MAX_TARGETS="2")
    assert refused(put(url, mine, *many[:3]), 422, "too_many_targets")["limit"] == 2
    assert len(set_targets(url, mine, *many[:2])) == 2


def test_a_mailbox_is_told_once_its_code_was_said(stack, telling_edge):
    mine = key(stack, "told-verify")
    mail, phone = set_targets(telling_edge, mine, MAIL, PHONE)
    first = code(stack, mail["id"])
    assert len(first) == 6 and first.isdigit()
    path = f"/me/notifications/{mail['id']}/verify"
    wrong = f"{(int(first) + 1) % 1_000_000:06}"
    refused(send(telling_edge, "POST", path, mine, {"code": wrong}), 422, "invalid_code")
    refused(send(telling_edge, "POST", path, mine, {"code": code(stack, phone["id"]) + "0"}), 422, "invalid_code")
    for body in (b"", b"{}", b'{"code":123456}', b'{"code":"123456","more":1}'):
        refused(send(telling_edge, "POST", path, mine, body), 400, "malformed_request")
    refused(send(telling_edge, "POST", path, mine, {"code": first}, Content_Type="text/plain"), 415, "unsupported_media_type")
    verified(stack, telling_edge, mine, mail)
    shown = send(telling_edge, "GET", "/me/notifications", mine).json()["targets"]
    assert [one["status"] for one in shown] == ["active", "unverified"] and shown[0]["verified_at"]
    assert send(telling_edge, "POST", path, mine, {"code": first}).status == 200, "its answer may have been lost"
    refused(send(telling_edge, "POST", f"/me/notifications/{mail['id']}/code", mine), 422, "target_state")


def test_a_code_dies_of_guesses_and_of_age(stack, telling_edge):
    mine = key(stack, "told-guess")
    mail, = set_targets(telling_edge, mine, MAIL)
    path = f"/me/notifications/{mail['id']}"
    first = code(stack, mail["id"])
    for guess in range(5):
        refused(send(telling_edge, "POST", f"{path}/verify", mine, {"code": f"{(int(first) + 1 + guess) % 1_000_000:06}"}), 422, "invalid_code")
    refused(send(telling_edge, "POST", f"{path}/verify", mine, {"code": first}), 422, "code_expired")
    answer = send(telling_edge, "POST", f"{path}/code", mine)
    assert answer.status == 202 and list(answer.json()) == ["until"]
    second = code(stack, mail["id"])
    stack.cluster.sql(f"update imgfilter.target set code_until = now() where id = '{mail['id']}'", "imgfilter")
    refused(send(telling_edge, "POST", f"{path}/verify", mine, {"code": second}), 422, "code_expired")
    assert send(telling_edge, "POST", f"{path}/code", mine).status == 202
    verified(stack, telling_edge, mine, mail)


def test_nobody_is_flooded_with_codes(stack, telling_edge):
    mine = key(stack, "told-flood")
    mail, = set_targets(telling_edge, mine, MAIL)
    for _ in range(4):
        assert send(telling_edge, "POST", f"/me/notifications/{mail['id']}/code", mine).status == 202
    answer = send(telling_edge, "POST", f"/me/notifications/{mail['id']}/code", mine)
    assert refused(answer, 429, "too_many_codes")["limit"] == 5
    assert int(answer.headers["Retry-After"]) > 0
    set_targets(telling_edge, mine)
    refused(put(telling_edge, mine, MAIL), 429, "too_many_codes")
    others = [MAIL | {"address": f"told{n}@example.com"} for n in range(16)]
    assert refused(put(telling_edge, mine, *others), 429, "too_many_codes")["limit"] == 20
    assert send(telling_edge, "GET", "/me/notifications", mine).json()["targets"] == []
    assert len(set_targets(telling_edge, mine, *others[:15])) == 15


def test_a_webhook_gets_another_secret(stack, telling_edge):
    mine = key(stack, "told-rotate")
    hook, mail = set_targets(telling_edge, mine, HOOK, MAIL)
    answer = send(telling_edge, "POST", f"/me/notifications/{hook['id']}/rotate", mine)
    assert answer.status == 200 and answer.json() == hook | {"secret": the_secret(stack, hook["id"], 2)}
    assert send(telling_edge, "POST", f"/me/notifications/{hook['id'].upper()}/rotate", mine).json() == answer.json(), "once within seconds"
    refused(send(telling_edge, "POST", f"/me/notifications/{mail['id']}/rotate", mine), 422, "target_state")


def test_what_was_disabled_is_enabled(stack, telling_edge):
    mine = key(stack, "told-enable")
    hook, mail = set_targets(telling_edge, mine, HOOK, MAIL)
    disable = "update imgfilter.target set status = 'disabled', reason = 'gone', disabled_at = now() where owner = 'told-enable'"
    stack.cluster.sql(disable, "imgfilter")
    shown = set_targets(telling_edge, mine, hook, mail)
    assert [(one["status"], one["reason"]) for one in shown] == [("disabled", "gone")] * 2, "setting it again changes nothing"
    refused(send(telling_edge, "POST", f"/me/notifications/{mail['id']}/code", mine), 422, "target_state")
    answer = send(telling_edge, "POST", f"/me/notifications/{mail['id']}/verify", mine, {"code": "123456"})
    refused(answer, 422, "target_state")
    assert send(telling_edge, "POST", f"/me/notifications/{hook['id']}/enable", mine).json() == hook
    assert send(telling_edge, "POST", f"/me/notifications/{mail['id']}/enable", mine).json() == mail


@pytest.mark.parametrize("path", ["/me/notifications/", "/me/notifications/x/verify", f"/me/notifications/{UNKNOWN}",
                                  f"/me/notifications/{UNKNOWN}/", f"/me/notifications/{UNKNOWN}/remove",
                                  f"/me/notifications/{UNKNOWN}/verify/x", f"/me/notifications/{UNKNOWN}/rotate",
                                  "/deliveries/", "/deliveries/x/replay", f"/deliveries/{UNKNOWN}",
                                  f"/deliveries/{UNKNOWN}/replay/", f"/deliveries/{UNKNOWN}/replay"])
def test_what_is_not_there_is_not_found(stack, path):
    refused(send(stack.url, "POST", path, key(stack, "told-nowhere")), 404, "not_found")


def test_the_push_key_is_for_every_page(stack, telling_edge):
    refused(ask(stack.url, "GET", "/push-key"), 404, "not_found")
    answer = ask(telling_edge, "GET", "/push-key")
    assert answer.status == 200 and len(base64.urlsafe_b64decode(answer.json()["key"] + "==")) == 65
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_pages_may_ask_for_it(another_edge):
    url = another_edge(CORS_ORIGINS="https://page.example")
    for method in ("PUT", "POST", "GET"):
        answer = ask(url, "OPTIONS", "/me/notifications", headers={
            "Origin": "https://page.example", "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type"})
        assert answer.status == 204 and method in answer.headers["Access-Control-Allow-Methods"]
        assert {"Authorization", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))


def test_without_the_database_nothing_is_promised(stack, telling_edge):
    mine = key(stack, "told-away")
    hook, = set_targets(telling_edge, mine, HOOK)
    stack.cluster.child.stop()
    try:
        for answer in (send(telling_edge, "GET", "/me/notifications", mine), put(telling_edge, mine, HOOK),
                       send(telling_edge, "POST", f"/me/notifications/{hook['id']}/rotate", mine), send(telling_edge, "GET", "/deliveries", mine)):
            refused(answer, 503, "database_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
    finally:
        stack.cluster.start()


def test_no_log_has_an_address(stack, access_log):
    mine = key(stack, "told-log")
    set_targets(stack.url, mine, HOOK | {"address": "https://secret.example.com/quiet"})
    refused(put(stack.url, mine, HOOK | {"address": "http://secret.example.com/quiet"}), 400, "invalid_target")
    assert "secret.example.com" not in access_log.read_text() + (stack.logs / "nginx.log").read_text()


def test_owners_are_kept_apart_by_the_database_too(stack):
    """No function of these takes an owner from the body."""
    mine = key(stack, "told-inject")
    owner = HOOK | {"owner": "told-other"}
    refused(put(stack.url, mine, owner), 400, "malformed_request")
    quoted = HOOK | {"address": "https://hooks.example.com/';drop table imgfilter.target;--\\u0000"}
    assert set_targets(stack.url, mine, quoted)[0]["address"].startswith("https://hooks.example.com/")
    assert json.loads(value(stack, "select count(*) from imgfilter.target where owner = 'told-inject'")) == 1
