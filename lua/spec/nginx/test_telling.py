"""The options of an order that say whom to tell, in all the ways in which an order is given."""

import base64
import json

import pytest

from callers import refused, value
from client import Answer, ask
from telling import BROWSER, KEYS, MAIL, PHONE, key, send, set_targets, verified

PUSH = {"endpoint": BROWSER["address"], "keys": KEYS, "expirationTime": None}
BOUNDARY = "boundary"


def form(url: str, photo, mine: str | None, options: dict) -> Answer:
    parts = "".join(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in options.items())
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    body = parts.encode() + head.encode() + photo.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
    return send(url, "POST", "/images", mine, body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")


def query(url: str, photo, mine: str | None, options: dict) -> Answer:
    escaped = "&".join(f"{name}=" + "".join(f"%{byte:02X}" for byte in text.encode()) for name, text in options.items())
    return send(url, "PUT", "/images?" + escaped, mine, photo.read_bytes(), Content_Type="image/jpeg")


def order(url: str, photo, mine: str | None, options: dict) -> Answer:
    image = query(url, photo, mine, {}).json()["image"]["id"]
    return send(url, "POST", "/tasks", mine, {"image": image} | options)


def pieces(url: str, photo, mine: str | None, options: dict) -> Answer:
    """An upload in one piece of several: the answer to its beginning, if that is a refusal, or the task."""
    metadata = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in options.items())
    size = str(photo.stat().st_size)
    begun = send(url, "POST", "/uploads", mine, Tus_Resumable="1.0.0", Upload_Length=size, Upload_Metadata=metadata)
    if begun.status != 201:
        return begun
    path = "/uploads/" + begun.headers["Location"].rsplit("/", 1)[1]
    answer = send(url, "PATCH", path, mine, photo.read_bytes(), Tus_Resumable="1.0.0", Upload_Offset="0",
                  Content_Type="application/offset+octet-stream")
    return ask(url, "GET", "/tasks/" + answer.headers["Imgfilter-Task"].rsplit("/", 1)[1]) if answer.status == 204 else answer


WAYS = pytest.mark.parametrize("give", [form, query, order, pieces])


def spec_of(stack, answer: Answer) -> dict:
    assert answer.status in (200, 202), answer
    return json.loads(value(stack, f"select spec from imgfilter.task where id = '{answer.json()['id']}'"))


@pytest.fixture(scope="module")
def known(stack, telling_edge) -> str:
    """The key of an owner with a mailbox and a telephone that were verified."""
    mine = key(stack, "telling")
    for target in set_targets(telling_edge, mine, MAIL, PHONE):
        verified(stack, telling_edge, mine, target)
    return mine


@WAYS
def test_each_way_of_telling_is_kept_with_the_task(stack, telling_edge, photo, known, give):
    options = {"email": "told@EXAMPLE.com", "sms": PHONE["address"], "push": json.dumps(PUSH), "mute": "push,webhook"}
    spec = spec_of(stack, give(telling_edge, photo, known, options))
    assert spec["email"] == MAIL["address"] and spec["sms"] == PHONE["address"]
    assert spec["push"] == {"endpoint": BROWSER["address"], "keys": KEYS}
    assert spec["mute"] == ["webhook", "push"]


@WAYS
@pytest.mark.parametrize("name, text, code", [
    ("email", "told", "invalid_email"), ("sms", "030123456", "invalid_sms"), ("push", "{}", "invalid_push"),
    ("push", json.dumps(PUSH | {"endpoint": "https://evil.example/"}), "invalid_push"), ("mute", "fax", "invalid_mute"),
])
def test_what_cannot_be_meant(telling_edge, photo, known, give, name, text, code):
    assert refused(give(telling_edge, photo, known, {name: text}), 400, code)["field"] == name


@WAYS
@pytest.mark.parametrize("name, text", [("email", "other@example.com"), ("sms", "+4930654321")])
def test_nobody_is_told_who_has_not_said_so(stack, telling_edge, photo, known, give, name, text):
    assert refused(give(telling_edge, photo, known, {name: text}), 422, "unverified_target")["field"] == name


@pytest.mark.parametrize("give", [form, query])
def test_what_is_refused_fills_no_store(stack, telling_edge, photo, known, give):
    folder = stack.plan.state / "store"

    def objects():
        return sorted(path for path in folder.rglob("*") if path.is_file())

    before = objects()
    refused(give(telling_edge, photo, known, {"email": "other@example.com"}), 422, "unverified_target")
    assert objects() == before


def test_another_owners_address_is_none_of_his(stack, telling_edge, photo):
    mine = key(stack, "telling-another")
    refused(query(telling_edge, photo, mine, {"email": MAIL["address"]}), 422, "unverified_target")
    set_targets(telling_edge, mine, MAIL)
    refused(query(telling_edge, photo, mine, {"email": MAIL["address"]}), 422, "unverified_target")


@WAYS
def test_a_channel_needs_its_scope(stack, telling_edge, photo, give):
    mine = key(stack, "telling", "upload", "notify")
    for name, text in (("email", MAIL["address"]), ("sms", PHONE["address"])):
        for caller in (mine, None):
            assert refused(give(telling_edge, photo, caller, {name: text}), 403, "channel_not_allowed")["field"] == name
        only = key(stack, "telling", "upload", name)
        assert spec_of(stack, give(telling_edge, photo, only, {name: text}))[name] == text
    refused(give(telling_edge, photo, mine, {"webhook": "https://hooks.example.com/"}), 403, "webhook_not_allowed")


@WAYS
def test_anybody_may_name_his_own_browser(stack, telling_edge, photo, give):
    for caller in (None, key(stack, "telling-push", "upload")):
        assert spec_of(stack, give(telling_edge, photo, caller, {"push": json.dumps(PUSH), "mute": "all"}))["push"]["keys"] == KEYS


@WAYS
def test_a_channel_that_is_off(stack, photo, known, give):
    for name, text in (("email", MAIL["address"]), ("sms", PHONE["address"]), ("push", json.dumps(PUSH))):
        assert refused(give(stack.url, photo, known, {name: text}), 422, "channel_off")["field"] == name


def test_an_order_may_hold_json(stack, telling_edge, photo, known):
    spec = spec_of(stack, order(telling_edge, photo, known, {"push": PUSH, "mute": ["sms", "email"]}))
    assert spec["push"]["endpoint"] == PUSH["endpoint"] and spec["mute"] == ["email", "sms"]
    for options in ({"mute": ["all", 1]}, {"mute": {}}, {"mute": []}):
        refused(order(telling_edge, photo, known, options), 400, "invalid_mute")


def test_who_is_told_makes_an_order_another(stack, telling_edge, photo, known):
    def again(**options: str) -> Answer:
        return send(telling_edge, "PUT", f"/images?email={MAIL['address']}&" + "&".join(f"{n}={t}" for n, t in options.items()), known,
                    photo.read_bytes(), Content_Type="image/jpeg", Idempotency_Key="telling")
    first = again()
    assert again().json()["id"] == first.json()["id"]
    refused(again(mute="all"), 422, "idempotency_key_reused")
