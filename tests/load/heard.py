"""Receivers of all channels that note what they hear, and fail now and then at the first try of a message."""

import asyncio
import base64
import random
import uuid
from collections import Counter, defaultdict
from contextlib import ExitStack

from receivers import crowd
from receivers.crowd import Arrival, Crowd
from receivers.mail import MailServer
from receivers.push import Browser

CHANNELS = ("webhook", "email", "push", "sms")
FAULT = 0.02
"""The share of messages that a receiver fails to take at first."""
SLOWEST = 0.05
"""The longest time to an answer, in seconds."""
FAULTS = {
    "webhook": [crowd.answering(503), crowd.closing],
    "push": [crowd.answering(503), crowd.closing],
    "sms": [crowd.answering(502), crowd.closing, crowd.answering(429)],
}
NOT_SENT = 2
"""Which of the faults of SMS says that nothing was sent."""


class Heard:
    """All that was heard, by channel and id of the delivery; use it with `with`."""

    def __init__(self, seed: int):
        self.chance = random.Random(f"{seed} heard")
        self.count: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        """SMS that were refused before they were sent, by id."""
        self.lost: set[str] = set()
        """SMS that were heard, and whose sender never learnt of it, by id."""
        self.bodies: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
        self.faults: Counter[str] = Counter()
        self.crowd = Crowd([self._receiver("webhook", 204), self._receiver("push", 201), self._receiver("sms", 200)])
        self.mail = MailServer()
        self.mail.on_arrival = self._letter
        self.open = ExitStack()

    def __enter__(self) -> "Heard":
        self.open.enter_context(self.crowd)
        self.open.enter_context(self.mail)
        return self

    def __exit__(self, *_) -> None:
        self.open.close()

    def _receiver(self, channel: str, status: int) -> crowd.Behaviour:
        good = crowd.answering(status)

        async def behave(arrival: Arrival, writer) -> None:
            delivery = identity(channel, arrival)
            first = not self.count[channel, delivery] and not self.refused[delivery]
            faults = FAULTS[channel]
            which = self.chance.randrange(len(faults)) if first and self.chance.random() < FAULT else None
            if channel == "sms" and which == NOT_SENT:
                self.refused[delivery] += 1
            else:
                self.count[channel, delivery] += 1
            if channel == "webhook":
                self.bodies[channel, delivery].add(arrival.body)
            # Whoever sends may be killed meanwhile.
            await asyncio.sleep(self.chance.uniform(0, SLOWEST))
            if which is None:
                await good(arrival, writer)
            else:
                self.faults[channel] += 1
                if channel == "sms" and which != NOT_SENT:
                    self.lost.add(delivery)
                await faults[which](arrival, writer)

        return behave

    def _letter(self, message) -> None:
        delivery = str(uuid.UUID(message["message-id"].strip("<>").split("@")[0]))
        self.count["email", delivery] += 1
        self.bodies["email", delivery].add(message.as_bytes())

    def targets(self, number: int) -> list[dict]:
        """The targets of an owner."""
        webhook, push, _ = (self.crowd.url(each) for each in range(3))
        return [
            {"channel": "webhook", "address": f"{webhook}/{number}", "events": ["task.done"]},
            {"channel": "email", "address": f"owner{number}@example.org", "events": ["task.done"]},
            {"channel": "push", "address": f"{push}/{number}", "keys": Browser().keys, "events": ["task.done"]},
            {"channel": "sms", "address": f"+4930{number:06}", "events": ["task.done"]},
        ]

    def settings(self, vapid: tuple[str, str]) -> dict[str, str]:
        """Of those who tell."""
        return {
            "WEBHOOK_INSECURE": "true", "SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}?tls=none", "MAIL_FROM": "images@example.com",
            "VAPID_KEY": vapid[0], "VAPID_PUBLIC_KEY": vapid[1], "VAPID_SUBJECT": "mailto:images@example.com",
            "PUSH_HOSTS": "127.1.0.2", "SMS": "http", "SMS_URL": self.crowd.url(2), "SMS_BODY": "id={id}&to={to}&text={text}",
        }


def identity(channel: str, arrival: Arrival) -> str:
    """The id of the delivery that a message is of."""
    if channel == "webhook":
        return str(uuid.UUID(arrival.headers["webhook-id"].removeprefix("msg_")))
    if channel == "push":
        topic = arrival.headers["topic"]
        return str(uuid.UUID(bytes=base64.urlsafe_b64decode(topic + "=" * (-len(topic) % 4))))
    return arrival.body.decode().split("&")[0].removeprefix("id=")
