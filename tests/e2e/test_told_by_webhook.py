"""Webhooks to an owner's targets: genuine by other people's libraries, also while a secret is changed."""

import json
import subprocess

from owner import Owner
from pictures import RAIN
from receivers import borrowed
from stack.listener import Call, Listener

PYTHON = """
import json, sys
from standardwebhooks import Webhook
given = json.load(sys.stdin)
print(json.dumps(Webhook(given["secret"]).verify(given["body"], given["headers"])))
"""
NODE = """
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)))
"""


def judged(call: Call, secret: str, body: str | None = None) -> list[dict | None]:
    """What each library takes the call for: its event, or None if it is not genuine."""
    given = json.dumps({"secret": secret, "headers": call.headers, "body": body or call.body.decode()})
    folder = borrowed.node()
    commands = [[borrowed.python(), "-c", PYTHON], ["node", "--input-type=module", "-e", NODE]]
    found = []
    for command in commands:
        done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder, timeout=60)
        assert done.returncode == 0 or "WebhookVerificationError" in done.stderr, done.stderr
        found.append(json.loads(done.stdout) if done.returncode == 0 else None)
    return found


def test_other_libraries_take_it_for_genuine(telling):
    owner = Owner(telling, "webhooks")
    with Listener() as listener:
        (target,) = owner.set({"channel": "webhook", "address": listener.url})
        task = owner.order("filters=grayscale", image=RAIN)
        (call,) = listener.wait(1)
        events = judged(call, target["secret"])
        assert [event["data"] for event in events] == [task, task]
        assert judged(call, "whsec_" + "A" * 43 + "=") == [None, None]
        assert judged(call, target["secret"], call.body.decode().replace("done", "gone")) == [None, None]


def test_two_secrets_sign_while_one_takes_the_place_of_the_other(telling):
    owner = Owner(telling, "rotating")
    with Listener() as listener:
        (before,) = owner.set({"channel": "webhook", "address": listener.url})
        answer = owner.ask("POST", f"/me/notifications/{before['id']}/rotate")
        assert answer.status == 200
        after = answer.json()
        assert after["secret"] != before["secret"] and after["id"] == before["id"]
        owner.order("filters=grayscale", image=RAIN)
        (call,) = listener.wait(1)
    assert len(call.headers["webhook-signature"].split()) == 2
    for secret in (before["secret"], after["secret"]):
        assert None not in judged(call, secret)


def test_an_address_that_is_a_target_and_named_in_the_order_is_told_once(telling):
    owner = Owner(telling, "once")
    with Listener() as listener, Listener() as other:
        owner.set({"channel": "webhook", "address": listener.url})
        owner.order("filters=grayscale", f"webhook={listener.url}", image=RAIN)
        owner.order("filters=grayscale", f"webhook={other.url}", "mute=webhook", image=RAIN)
        other.wait(1)
        owner.until(lambda deliveries: len(deliveries) == 2 and all(each["status"] == "delivered" for each in deliveries))
        assert (len(listener.calls), len(other.calls)) == (1, 1)


def test_who_wants_no_more_is_disabled_and_the_others_hear_of_it(telling):
    owner = Owner(telling, "disabled")
    with Listener(410) as ended, Listener() as other:
        owner.set({"channel": "webhook", "address": ended.url},
                  {"channel": "webhook", "address": other.url, "events": ["link.expiring"]})
        owner.order("filters=grayscale", image=RAIN)
        (call,) = other.wait(1)
        event = call.json()
        assert event["type"] == "target.disabled"
        assert event["data"] == {"channel": "webhook", "address": ended.url, "reason": "gone"}
        first, _ = owner.targets()
        assert (first["status"], first["reason"]) == ("disabled", "gone")

        ended.statuses[:] = [204]
        answer = owner.ask("POST", f"/me/notifications/{first['id']}/enable")
        assert answer.status == 200 and answer.json()["status"] == "active"
        owner.order("filters=grayscale", image=RAIN)
        ended.wait(2)


def test_what_was_told_can_be_told_again(telling):
    owner = Owner(telling, "replaying")
    with Listener() as listener:
        owner.set({"channel": "webhook", "address": listener.url})
        owner.order("filters=grayscale", image=RAIN)
        (delivery,) = owner.until(lambda deliveries: [each["status"] for each in deliveries] == ["delivered"])
        answer = owner.ask("POST", f"/deliveries/{delivery['id']}/replay")
        assert answer.status == 202
        first, second = listener.wait(2)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    stranger = Owner(telling, "stranger")
    assert stranger.ask("POST", f"/deliveries/{delivery['id']}/replay").status == 404
    assert stranger.deliveries() == []
