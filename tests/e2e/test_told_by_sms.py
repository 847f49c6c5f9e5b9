"""Short messages by a provider over HTTP and by SNS, and topics: what comes there, and that nothing comes twice."""

import json
import re
import shlex
from urllib.parse import parse_qs

import pytest

from owner import Owner
from pictures import RAIN
from receivers import document
from stack.child import Child
from stack.listener import Call, Listener
from stack.places import CHECKOUT
from stack.ready import Notices, wait_until


BLOCKS = document.blocks(CHECKOUT / "docs" / "NOTIFICATIONS.md")


def settings(block: str) -> dict[str, str]:
    """The settings that the page for receivers shows."""
    pairs = (word.split("=", 1) for word in shlex.split(BLOCKS[block]))
    return {name.removeprefix("IMGFILTER_"): value for name, value in pairs}


def sender(stack, name: str, **settings: str) -> Child:
    """`imgfilter notify run` under further settings, started."""
    more = {f"IMGFILTER_{key}": value for key, value in settings.items()}
    with Notices(stack.sockets / f"{name}.notify") as notices:
        environment = stack.environment | more | {"NOTIFY_SOCKET": str(notices.path)}
        child = Child(name, [stack.plan.build.program, "notify", "run"], stack.logs / f"{name}.log", environment)
        child.start()
        wait_until(f"the start of {name}", notices.ready, 20, child)
    return child


@pytest.fixture
def sending(telling):
    """Has another process send, in place of the worker."""
    started = []

    def start(**settings: str) -> None:
        telling.children["worker"].stop()
        started.append(sender(telling, f"sender{len(started)}", **settings))

    yield start
    for child in started:
        assert child.stop(), "it had to be killed"
    telling.start_worker()


def code_in(text: str) -> str:
    return re.fullmatch(r"Your code is (\d{6})", text)[1]


def texts(listener: Listener, number: str) -> list[str]:
    forms = [parse_qs(call.body.decode()) for call in list(listener.calls)]
    return [form["text"][0] for form in forms if form["to"] == [number]]


def test_a_provider_gets_a_form_and_each_message_once(telling, everyone):
    owner = Owner(telling, "telephone")
    (target,) = owner.set({"channel": "sms", "address": "+4930111111"})
    owner.until(lambda deliveries: deliveries[0]["status"] == "delivered")
    (text,) = texts(everyone.phones, "+4930111111")
    assert owner.verify(target, code_in(text)).status == 200
    task = owner.order("filters=grayscale", image=RAIN)
    owner.until(lambda deliveries: deliveries[0]["status"] == "delivered" and len(deliveries) == 2)
    assert texts(everyone.phones, "+4930111111")[1:] == [f"Your image is ready: {task['results'][0]['url']}"]


def test_what_nobody_knows_of_is_not_said_again(telling, everyone):
    owner = Owner(telling, "unknown")
    (target,) = owner.set({"channel": "sms", "address": "+4930222222"})
    owner.until(lambda deliveries: deliveries[0]["status"] == "delivered")
    assert owner.verify(target, code_in(texts(everyone.phones, "+4930222222")[0])).status == 200
    everyone.phones.statuses[:] = [502, 200]
    owner.order("filters=grayscale", image=RAIN)
    delivery = owner.until(lambda deliveries: deliveries[0]["status"] not in ("pending", "sending") and len(deliveries) == 2)[0]
    assert delivery["status"] == "unknown" and [each["outcome"] for each in delivery["attempts"]] == ["unknown"]
    assert owner.ask("POST", f"/deliveries/{delivery['id']}/replay").problem["code"] == "not_replayable"
    assert len(texts(everyone.phones, "+4930222222")) == 2


def asked_by(owner: Owner, sending, block: str, number: str) -> tuple[Call, str]:
    """What a provider is asked under the settings of the page, but for its host; and the code that it is to send."""
    shown = settings(block)
    with Listener(201) as provider:
        shown["SMS_URL"] = re.sub(r"https://[^/]+", provider.url.removesuffix("/told"), shown["SMS_URL"])
        sending(**shown)
        (target,) = owner.set({"channel": "sms", "address": number})
        (call,) = provider.wait(1)
        (delivery,) = owner.until(lambda deliveries: deliveries[0]["status"] == "delivered")
    assert delivery["target"] == target["id"]
    return call, delivery["id"]


def test_twilio_is_asked_as_the_page_says(telling, sending):
    call, _ = asked_by(Owner(telling, "twilio"), sending, "twilio.env", "+4930444444")
    assert call.path == "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json"
    form = parse_qs(call.body.decode(), strict_parsing=True)
    assert form.keys() == {"To", "From", "Body"} and (form["To"], form["From"]) == (["+4930444444"], ["+15005550006"])
    assert code_in(form["Body"][0]) and call.headers["authorization"].startswith("Basic ")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_provider_is_asked_in_json_as_the_page_says(telling, sending):
    call, delivery = asked_by(Owner(telling, "json"), sending, "json.env", "+4930555555")
    assert call.path == "/v1/messages" and call.headers["authorization"] == "Bearer token"
    asked = json.loads(call.body)
    assert asked == {"to": "+4930555555", "text": asked["text"], "reference": delivery} and code_in(asked["text"])


def test_sns_reaches_telephones(telling, everyone, sending):
    sending(SMS="sns")
    owner = Owner(telling, "telephone-by-sns")
    (target,) = owner.set({"channel": "sms", "address": "+4930333333"})
    (text,) = everyone.sns.wait(lambda: everyone.sns.texts("+4930333333"))
    assert owner.verify(target, code_in(text)).status == 200
    assert owner.targets()[0]["status"] == "active"


def test_a_topic_gets_the_event(telling, everyone):
    """The topic of the page: its settings are those of the stack, but for a wildcard."""
    owner = Owner(telling, "topic")
    arn = everyone.sns.topic("images")
    owner.set({"channel": "topic", "address": arn})
    task = owner.order("filters=grayscale", image=RAIN)
    (event,) = everyone.sns.wait(lambda: everyone.sns.published(arn))
    assert arn in settings("topic.env")["SNS_TOPICS"].split(",")
    assert (event["type"], event["data"]) == ("task.done", task)


def test_a_topic_that_is_not_there_is_told_no_more(telling, everyone):
    owner = Owner(telling, "no-topic")
    arn = everyone.sns.topic("images").replace(":images", ":elsewhere")
    owner.set({"channel": "topic", "address": arn})
    owner.order("filters=grayscale", image=RAIN)
    owner.until(lambda _: owner.targets()[0]["status"] == "disabled")
    assert owner.targets()[0]["reason"] == "gone"
