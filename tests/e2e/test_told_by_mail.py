"""E-mail as it comes to a real server and as Python's own parser understands it."""

import io
import re

import PIL.Image
import pytest

from client import curl
from owner import Owner
from pictures import RAIN
from stack.service import DATABASE

ANN = "ann.reads@example.org"
"""Nobody else's: the mailbox is that of all tests, and docs/NOTIFICATIONS.md has letters sent to ann@example.org."""


def code_in(message) -> str:
    (code,) = set(re.findall(r"\b\d{6}\b", message["subject"]))
    return code


@pytest.fixture(scope="module")
def ann(telling, everyone):
    """An owner whose address is confirmed."""
    owner = Owner(telling, "ann")
    (target,) = owner.set({"channel": "email", "address": ANN})
    assert target["status"] == "unverified"
    assert owner.verify(target, "000000").status in (200, 422), "one in a million is right"
    (message,) = everyone.mail.wait(ANN)
    answer = owner.verify(target, code_in(message))
    assert answer.status == 200, answer
    (target,) = owner.targets()
    assert target["status"] == "active"
    return owner


def test_a_letter_is_read_by_another_parser(ann, everyone):
    task = ann.order("filters=resize(width=640)", image=RAIN)
    message = everyone.mail.wait(ANN, 2)[-1]
    assert all(everyone.mail.encrypted), "nothing came before STARTTLS"
    assert message.defects == [] and all(part.defects == [] for part in message.walk())
    assert message["from"].addresses[0].addr_spec == "images@example.com"
    assert message["auto-submitted"] == "auto-generated" and message["date"].datetime
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", message["message-id"])
    (url,) = (result["url"] for result in task["results"])
    for kind in ("plain", "html"):
        text = message.get_body((kind,)).get_content()
        assert url in text and task["status_url"] in text, text
    (linked,) = re.findall(r'href="([^"]*/d/[^"]*)"', message.get_body(("html",)).get_content())
    answer = curl(linked)
    assert answer.status == 200 and PIL.Image.open(io.BytesIO(answer.body)).size == (640, 400)


def test_a_picture_in_a_letter_can_be_shown(ann, everyone):
    """The first result, where a worker sends: the notifier by itself has none."""
    count = len(everyone.mail.to(ANN))
    ann.order("filters=sepia", image=RAIN)
    message = everyone.mail.wait(ANN, count + 1)[-1]
    shown = re.findall(r'src="cid:([^"]+)"', message.get_body(("html",)).get_content())
    pictures = {part["content-id"].strip("<>"): part for part in message.walk() if part.get_content_maintype() == "image"}
    assert len(pictures) == 1 and shown == list(pictures)
    for part in pictures.values():
        picture = PIL.Image.open(io.BytesIO(part.get_content()))
        picture.load()
        assert picture.format == "JPEG" and max(picture.size) <= 320


def test_the_same_letter_when_it_is_sent_again(ann, telling, everyone):
    count = len(everyone.mail.to(ANN))
    everyone.mail.answers.append("451 4.3.0 come back later")
    ann.order("filters=grayscale", image=RAIN)
    ann.until(lambda deliveries: deliveries[0]["attempts"] != [])
    telling.cluster.sql("update imgfilter.queue set run_at = now() where worker_id is null", DATABASE)
    everyone.mail.wait(ANN, count + 1)
    delivery = ann.until(lambda deliveries: deliveries[0]["status"] == "delivered")[0]
    assert [each["outcome"] for each in delivery["attempts"]] == ["retry", "delivered"]
    assert everyone.mail.to(ANN)[-1]["message-id"].startswith(f"<{delivery['id'].replace('-', '')}@")


def test_a_mailbox_that_is_not_there_is_told_no_more(telling, everyone):
    owner = Owner(telling, "moved-away")
    (target,) = owner.set({"channel": "email", "address": "gone@example.org"})
    (message,) = everyone.mail.wait("gone@example.org")
    assert owner.verify(target, code_in(message)).status == 200
    everyone.mail.answers.append("550 5.1.1 there is nobody of that name")
    owner.order("filters=grayscale", image=RAIN)
    owner.until(lambda _: owner.targets()[0]["status"] == "disabled")
    assert owner.targets()[0]["reason"] == "gone"


def test_nobody_is_told_who_has_not_confirmed(telling, everyone):
    owner = Owner(telling, "spammer")
    (target,) = owner.set({"channel": "email", "address": "bob@example.org"})
    (message,) = everyone.mail.wait("bob@example.org")
    answer = owner.client.upload("filters=grayscale", "email=bob@example.org", image=RAIN, more=owner.header)
    assert (answer.status, answer.problem["code"], answer.problem["field"]) == (422, "unverified_target", "email")
    owner.order("filters=grayscale", image=RAIN)
    wrong = f"{(int(code_in(message)) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert owner.verify(target, wrong).problem["code"] == "invalid_code"
    assert owner.verify(target, code_in(message)).problem["code"] == "code_expired", "five tries are all there are"
    answer = owner.ask("POST", f"/me/notifications/{target['id']}/code")
    assert answer.status == 202 and answer.json()["until"]
    _, message = everyone.mail.wait("bob@example.org", 2)
    assert owner.verify(target, code_in(message)).status == 200
    assert [each["event"] for each in owner.deliveries()] == ["target.verify", "target.verify"]
