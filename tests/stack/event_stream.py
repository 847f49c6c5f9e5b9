"""Server-Sent Events, read as the HTML standard says."""

import http.client
import json
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Event:
    """One event; also one without data, which a browser keeps to itself."""

    kind: str
    """Its name; `comment` for a block that holds nothing else, `retry` for one that says when to come again."""
    data: str
    id: str | None

    def json(self):
        return json.loads(self.data)


def parse(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream, each as soon as its last line is there."""
    kind, data, number, fields = "message", [], None, []
    for line in lines:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if name or line.strip():
            fields.append(name)
            match name:
                case "event":
                    kind = value
                case "data":
                    data.append(value)
                case "id":
                    number = value
            continue
        if fields and not data:
            kind = "retry" if "retry" in fields else "comment"
        if fields:
            yield Event(kind, "\n".join(data), number)
        kind, data, number, fields = "message", [], None, []


class EventStream:
    """A stream that is open; use it with `with`. Nothing may be silent for longer than `seconds`."""

    def __init__(self, url: str, seen: object = None, seconds: float = 30, method: str = "GET"):
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.netloc, timeout=seconds)
        headers = {"Accept": "text/event-stream"} | ({} if seen is None else {"Last-Event-ID": str(seen)})
        self.connection.request(method, address.path, headers=headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers
        self.events = parse(self.response)

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *_) -> None:
        self.response.close()
        self.connection.close()

    def next(self, *kinds: str) -> Event:
        """The next event of these kinds (of all that browsers hear of, where none is named)."""
        wanted = kinds or ("task", "gone", "end")
        return next(event for event in self.events if event.kind in wanted)

    def rest(self) -> list[Event]:
        """What browsers hear of until the stream ends."""
        return [event for event in self.events if event.kind not in ("comment", "retry")]

    def break_off(self) -> None:
        """Ends it as a machine that vanishes does: by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.response.close()
        self.connection.close()
        self.socket.close()
