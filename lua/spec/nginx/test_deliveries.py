"""/deliveries: what an owner was told, in a real nginx. Nobody sends here, so the tests say how it went."""

import pytest

from callers import refused, value
from telling import HOOK, MAIL, PHONE, UNKNOWN, key, send, set_targets, verified


def listed(url: str, mine: str, query: str = "") -> dict:
    answer = send(url, "GET", "/deliveries" + query, mine)
    assert answer.status == 200, answer
    return answer.json()


def end(stack, delivery: str, status: str) -> None:
    """As if it had been sent, and this had come of it."""
    stack.cluster.sql(f"""
        with ended as (update imgfilter.delivery d set status = '{status}', finished_at = now(), queue_id = null
                         from imgfilter.delivery o where o.id = d.id and d.id = '{delivery}' returning o.queue_id)
        delete from imgfilter.queue where id = (select queue_id from ended)""", "imgfilter")


@pytest.fixture(scope="module")
def told(stack, telling_edge):
    """An owner with three deliveries, codes all of them: the key, and the targets."""
    mine, wanted = key(stack, "deliveries"), [MAIL, PHONE, MAIL | {"address": "other@example.com"}]
    for count in (1, 2, 3):
        targets = set_targets(telling_edge, mine, *wanted[:count])
    return mine, targets


def test_the_last_is_first(telling_edge, told):
    mine, targets = told
    page = listed(telling_edge, mine)
    assert [one["target"] for one in page["deliveries"]] == [one["id"] for one in reversed(targets)] and "next" not in page
    one = page["deliveries"][-1]
    assert list(one) == ["id", "event", "channel", "address", "target", "status", "created_at", "next_at", "attempts"]
    assert (one["event"], one["channel"], one["address"]) == ("target.verify", "email", "told@example.com")
    assert one["status"] == "pending" and one["attempts"] == []
    assert send(telling_edge, "HEAD", "/deliveries", mine).body == b""


def test_page_by_page(telling_edge, told):
    mine, _ = told
    seen, query = [], "?limit=1"
    for _ in range(5):
        page = listed(telling_edge, mine, query)
        seen += page["deliveries"]
        if "next" not in page:
            break
        query = f"?limit=1&before={page['next']}"
    assert seen == listed(telling_edge, mine)["deliveries"]


@pytest.mark.parametrize("query, code, field", [
    ("status=dead", "invalid_parameter", "status"), ("status=", "invalid_parameter", "status"),
    ("task=x", "invalid_parameter", "task"), ("before=x", "invalid_parameter", "before"),
    (f"before={UNKNOWN}", "invalid_parameter", "before"), ("before=9-%27", "invalid_parameter", "before"),
    ("limit=0", "invalid_parameter", "limit"), ("limit=101", "invalid_parameter", "limit"), ("limit=a", "invalid_parameter", "limit"),
    ("limit=1&limit=1", "duplicate_field", "limit"), ("owner=deliveries", "unknown_field", "owner"),
    ("status=%ff", "malformed_request", None), ("%00=1", "unknown_field", "\x00"),
])
def test_a_query_that_makes_no_sense(telling_edge, told, query, code, field):
    assert refused(send(telling_edge, "GET", "/deliveries?" + query, told[0]), 400, code).get("field") == field


def test_each_owner_sees_his_own(stack, telling_edge, told):
    assert listed(telling_edge, key(stack, "deliveries-another")) == {"deliveries": []}
    other = listed(telling_edge, told[0])["deliveries"][0]["id"]
    refused(send(telling_edge, "POST", f"/deliveries/{other}/replay", key(stack, "deliveries-another")), 404, "not_found")


def test_tries_are_told_but_not_what_was_answered(stack, telling_edge):
    mine = key(stack, "deliveries-tries")
    set_targets(telling_edge, mine, PHONE)
    one = listed(telling_edge, mine)["deliveries"][0]["id"]
    stack.cluster.sql(f"""
        insert into imgfilter.attempt (delivery_id, lease, at, ms, outcome, status, detail, reply)
        values ('{one}', 1, now() - interval '1 min', 12, 'retry', 503, 'not taken', 'the inner secret'),
               ('{one}', 2, now(), 34, 'unknown', null, 'no answer', '')""", "imgfilter")
    end(stack, one, "unknown")
    answer = send(telling_edge, "GET", "/deliveries?status=unknown", mine)
    shown, = answer.json()["deliveries"]
    assert [{name: one[name] for name in one if name != "at"} for one in shown["attempts"]] == [
        {"ms": 12, "outcome": "retry", "status": 503, "detail": "not taken"},
        {"ms": 34, "outcome": "unknown", "detail": "no answer"}]
    assert "finished_at" in shown and "next_at" not in shown
    assert b"inner secret" not in answer.body
    assert listed(telling_edge, mine, "?status=pending") == {"deliveries": []}
    assert listed(telling_edge, mine, f"?task={UNKNOWN}") == {"deliveries": []}
    refused(send(telling_edge, "POST", f"/deliveries/{one}/replay", mine), 422, "not_replayable")


def disabled_notice(stack, owner: str, target: str) -> str:
    """A delivery of this owner to this target that can be told again: the notice that another one was disabled."""
    return value(stack, f"""
        insert into imgfilter.delivery (owner, channel, event, target, target_id, status, details, finished_at)
        select owner, channel, 'target.disabled', address, id, 'failed', '{{}}', now() from imgfilter.target
         where id = '{target}' and owner = '{owner}' returning id""").split()[0]


def test_what_has_failed_is_told_again(stack, telling_edge):
    mine = key(stack, "deliveries-again")
    hook, = set_targets(telling_edge, mine, HOOK)
    one = disabled_notice(stack, "deliveries-again", hook["id"])
    path = f"/deliveries/{one}/replay"
    answer = send(telling_edge, "POST", path, mine)
    assert answer.status == 202 and answer.json() == {"queued": True}
    assert [shown["status"] for shown in listed(telling_edge, mine)["deliveries"]] == ["pending"]
    assert send(telling_edge, "POST", path.replace(one, one.upper()), mine).status == 202, "it waits, and does so no longer"
    stack.cluster.sql(f"update imgfilter.queue set worker_id = 1, lease_until = now() where ref = '{one}'", "imgfilter")
    answer = send(telling_edge, "POST", path, mine)
    refused(answer, 409, "delivery_busy")
    assert int(answer.headers["Retry-After"]) > 0
    end(stack, one, "failed")
    set_targets(telling_edge, mine)
    refused(send(telling_edge, "POST", path, mine), 422, "target_state")


def test_what_was_tried_often_is_left_for_a_day_and_not_shown_in_full(stack, telling_edge):
    mine = key(stack, "deliveries-often")
    hook, = set_targets(telling_edge, mine, HOOK)
    one = disabled_notice(stack, "deliveries-often", hook["id"])
    stack.cluster.sql(f"""
        insert into imgfilter.attempt (delivery_id, lease, at, ms, outcome, detail, reply)
        select '{one}', n, now() - (100 - n) * interval '1 min', n, 'retry', '', '' from generate_series(1, 25) as n""", "imgfilter")
    shown, = listed(telling_edge, mine)["deliveries"]
    assert [each["ms"] for each in shown["attempts"]] == list(range(6, 26))
    answer = send(telling_edge, "POST", f"/deliveries/{one}/replay", mine)
    assert refused(answer, 429, "too_many_requests")["limit"] == 20 and int(answer.headers["Retry-After"]) > 0
    stack.cluster.sql(f"update imgfilter.attempt set at = at - interval '1 day' where delivery_id = '{one}'", "imgfilter")
    assert send(telling_edge, "POST", f"/deliveries/{one}/replay", mine).status == 202


def test_a_code_is_not_told_again(stack, telling_edge):
    mine = key(stack, "deliveries-code")
    mail, = set_targets(telling_edge, mine, MAIL)
    verified(stack, telling_edge, mine, mail)
    one = listed(telling_edge, mine)["deliveries"][0]["id"]
    refused(send(telling_edge, "POST", f"/deliveries/{one}/replay", mine), 422, "not_replayable")
