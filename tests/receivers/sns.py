"""Amazon SNS, as moto plays it."""

import json
import time
import urllib.request
from pathlib import Path

import boto3

from stack.child import Child
from stack.ready import accepts, free_port, wait_until

from . import borrowed

ACCOUNT = {"aws_access_key_id": "access", "aws_secret_access_key": "secretsecret", "region_name": "eu-central-1"}


class Sns:
    """A server with topics and telephones; use it with `with`."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.child = Child("moto", [borrowed.python("moto_server"), "-H", "127.0.0.1", "-p", self.port], folder / "moto.log",
                           {"PATH": "/usr/bin:/bin", "HOME": str(folder)})

    def __enter__(self) -> "Sns":
        self.child.start()
        wait_until("the start of moto", lambda: accepts(self.port), 60, self.child)
        return self

    def __exit__(self, *_) -> None:
        self.child.stop()

    def topic(self, name: str) -> str:
        """Makes a topic, and returns its ARN."""
        return boto3.client("sns", endpoint_url=self.url, **ACCOUNT).create_topic(Name=name)["TopicArn"]

    def _kept(self) -> dict:
        with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=10) as answer:
            # There is nothing before anything has come.
            return json.load(answer).get("sns", {"SMS": [], "Topic": []})

    def published(self, arn: str) -> list[dict]:
        """The events that came to a topic."""
        topics = [topic for topic in self._kept()["Topic"] if topic["arn"] == arn]
        return [json.loads(sent[1]) for topic in topics for sent in topic["sent_notifications"]]

    def texts(self, number: str) -> list[str]:
        """The messages that came to a telephone."""
        return [text["message"] for text in self._kept()["SMS"] if text["phone_number"] == number]

    def wait(self, found, seconds: float = 30):
        """What `found` finds, as soon as it finds anything."""
        end = time.monotonic() + seconds
        while not (those := found()):
            assert time.monotonic() < end, "nothing came to SNS"
            time.sleep(0.1)
        return those
