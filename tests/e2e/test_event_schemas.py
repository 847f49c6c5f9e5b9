"""What is told keeps to the schemas that receivers are given."""

import json
import urllib.request

import jsonschema
import pytest

from client import curl
from owner import Owner
from pictures import RAIN
from receivers import push
from stack.listener import Listener
from stack.places import CHECKOUT
from stack.ready import wait_until
from stack.service import DATABASE

FOLDER = CHECKOUT / "nginx" / "www" / "schemas"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(f"{FOLDER.as_uri()}/{name}.json", schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def conforms(event: dict, name: str) -> None:
    validator(name).validate(event)
    for wrong in (event | {"type": "other"}, {key: value for key, value in event.items() if key != "type"}):
        assert not validator(name).is_valid(wrong), wrong


@pytest.fixture(scope="module")
def heard(telling):
    """An owner and a listener that is told of everything."""
    owner = Owner(telling, "schemas")
    with Listener() as listener:
        everything = ["task.done", "task.failed", "link.expiring"]
        owner.set({"channel": "webhook", "address": listener.url, "events": everything})
        yield owner, listener


def first(listener: Listener, event: str) -> dict:
    """The first event of this kind, when it has come."""
    wait_until(event, lambda: any(call.json()["type"] == event for call in list(listener.calls)), 30)
    return next(call.json() for call in listener.calls if call.json()["type"] == event)


def test_a_task_that_is_done(heard):
    owner, listener = heard
    owner.order("filters=grayscale", "filters=sepia", image=RAIN)
    conforms(first(listener, "task.done"), "task.done")


def test_a_task_that_has_failed(heard, tmp_path):
    owner, listener = heard
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(RAIN.read_bytes()[:100_000])
    task = owner.order("filters=grayscale", image=broken)
    assert task["status"] == "failed"
    conforms(first(listener, "task.failed"), "task.failed")


@pytest.fixture
def in_85_days(telling):
    """Moves the time that links know, when it is called; it is back afterwards."""
    def move(what: str = "now() + interval '85 days'") -> None:
        function = f"create or replace function imgfilter.clock() returns timestamptz language sql stable parallel safe as $$ select {what} $$"
        telling.cluster.sql(function, DATABASE)

    yield move
    move("now()")


def test_links_that_end_soon(heard, telling, in_85_days):
    owner, listener = heard
    task = owner.order("filters=grayscale", image=RAIN)
    in_85_days()
    # A notifier looks for them when it starts, and then every few minutes.
    telling.children["worker"].stop()
    telling.start_worker()
    expiring = lambda: [call.json() for call in list(listener.calls) if call.json()["type"] == "link.expiring"]  # noqa: E731
    wait_until("what is told of it", lambda: task["id"] in [event["data"]["id"] for event in expiring()], 30)
    events = expiring()
    for event in events:
        conforms(event, "link.expiring")


def test_a_notice(telling):
    owner = Owner(telling, "notices")
    with Listener(410) as ended, Listener() as other:
        owner.set({"channel": "webhook", "address": ended.url}, {"channel": "webhook", "address": other.url})
        owner.order("filters=grayscale", image=RAIN)
        conforms(first(other, "target.disabled"), "target.disabled")


def test_a_code(telling):
    """It goes to people, and is forgotten when it has; as an event it is what is kept until then."""
    telling.children["worker"].stop()
    Owner(telling, "coded").set({"channel": "email", "address": "coded@example.org"})
    made = telling.cluster.sql("select details from imgfilter.delivery where owner = 'coded'", DATABASE)
    telling.start_worker()
    conforms({"type": "target.verify", "timestamp": "2026-11-23T10:00:00Z", "data": json.loads(made)}, "target.verify")


def test_what_a_browser_reads(telling, everyone):
    browser, owner = push.Browser(), Owner(telling, "note")
    owner.set({"channel": "push", "address": everyone.push.endpoint("schema"), "keys": browser.keys})
    owner.order("filters=grayscale", image=RAIN)
    owner.until(lambda deliveries: deliveries[0]["status"] == "delivered")
    conforms(browser.open(everyone.push.to("schema")[0].body), "push")


def test_the_service_hands_the_schemas_out(telling):
    for file in FOLDER.iterdir():
        with urllib.request.urlopen(f"{telling.url}/schemas/{file.name}", timeout=10) as answer:
            assert answer.headers["content-type"] == "application/json" and answer.read() == file.read_bytes()
    assert curl(f"{telling.url}/schemas/other.json").status == 404


def test_a_task_is_described_as_in_the_description_of_the_service():
    """But for the codes of errors, of which there may be more one day."""
    described = json.loads((CHECKOUT / "nginx/www/openapi.json").read_text())["components"]["schemas"]
    ours = json.loads((FOLDER / "task.json").read_text())
    for name, schema in {"Task": ours, **ours["$defs"]}.items():
        text = json.dumps(described[name]).replace("#/components/schemas/ProblemCode", "code").replace("#/components/schemas/", "#/$defs/")
        text = text.replace('{"$ref": "code"}', '{"type": "string"}')
        assert json.loads(text)["properties"] == schema["properties"] and described[name]["required"] == schema["required"], name
