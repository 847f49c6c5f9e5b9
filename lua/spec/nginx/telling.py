"""What the tests of notifications have in common: keys, lists of targets, and what the database has of them."""

import json

from callers import make, value
from client import Answer, ask
from stack.service import Stack

CHANNELS = ("webhook", "email", "push", "sms", "topic")
HOOK = {"channel": "webhook", "address": "https://hooks.example.com/told"}
MAIL = {"channel": "email", "address": "told@example.com"}
PHONE = {"channel": "sms", "address": "+4930123456"}
TOPIC = {"channel": "topic", "address": "arn:aws:sns:eu-central-1:123456789012:told"}
KEYS = {"p256dh": "BA" + "A" * 85, "auth": "A" * 22}
BROWSER = {"channel": "push", "address": "https://push.example.com/1", "keys": KEYS}
# One target in each channel.
ALL = [HOOK, MAIL, BROWSER, PHONE, TOPIC]
UNKNOWN = "01930000-0000-7000-8000-000000000000"


def key(stack: Stack, owner: str, *scopes: str) -> str:
    """A new key with these scopes, or with all that have to do with telling."""
    wanted = scopes or ("upload", "notify", *CHANNELS)
    return make(stack, owner, *(word for scope in wanted for word in ("--scope", scope)))["key"]


def send(url: str, method: str, path: str, key: str | None, body: object = None, **headers: str) -> Answer:
    """A request with a key, and JSON in its body if there is any."""
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    if key:
        more["Authorization"] = f"Bearer {key}"
    if body is not None:
        more.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(url, method, path, body, more)


def put(url: str, key: str, *targets: dict) -> Answer:
    return send(url, "PUT", "/me/notifications", key, {"targets": targets})


def set_targets(url: str, key: str, *targets: dict) -> list[dict]:
    """Replaces the list: the targets as they are shown then."""
    answer = put(url, key, *targets)
    assert answer.status == 200, answer
    return answer.json()["targets"]


def code(stack: Stack, target: str) -> str:
    """The code that a target was sent last."""
    sent = (f"select details ->> 'code' from imgfilter.delivery where target_id = '{target}' and event = 'target.verify' "
            "order by created_at desc limit 1")
    return value(stack, sent)


def verified(stack: Stack, url: str, key: str, target: dict) -> dict:
    """The same, after its code was said."""
    answer = send(url, "POST", f"/me/notifications/{target['id']}/verify", key, {"code": code(stack, target["id"])})
    assert answer.status == 200 and answer.json() == {"verified": True}, answer
    return target
