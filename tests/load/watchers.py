"""Many clients that watch tasks, in one thread: each a connection with a stream of events."""

import re
import resource
import selectors
import socket
import threading
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

EVENT = re.compile(rb"id: (\d+)\nevent: task\n")
AHEAD = 200
"""Streams that may be asked for before the first of them begins."""


class Stream:
    """One stream, and what has come of it."""

    def __init__(self, task: str, connection: socket.socket):
        self.task = task
        self.connection = connection
        self.unread = b""
        self.heard: dict[int, float] = {}
        """When each version came, by the monotonic clock."""
        self.is_over = False

    def read(self) -> bool:
        """Takes what is there; False when the stream has ended."""
        now, piece = time.monotonic(), self.connection.recv(65536)
        self.unread += piece
        end = 0
        for event in EVENT.finditer(self.unread):
            self.heard.setdefault(int(event[1]), now)
            end = event.end()
        self.is_over = self.is_over or b"event: end\n" in self.unread
        # an event's own words are shorter
        self.unread = self.unread[max(end, len(self.unread) - 64):]
        return bool(piece)


class Watchers(threading.Thread):
    """All streams together. Reads until it is told to stop."""

    def __init__(self, url: str):
        super().__init__(daemon=True)
        self.address = (urlsplit(url).hostname, urlsplit(url).port)
        self.selector = selectors.DefaultSelector()
        self.streams: dict[str, Stream] = {}
        self.closed = 0
        """Streams that have ended, for whatever reason."""
        self.stopping = False
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def watch(self, tasks: Iterable[str]) -> None:
        """Opens a stream for each, and returns when all have begun."""
        for number, task in enumerate(tasks):
            self._open(task)
            while number - self.begun() > AHEAD:
                time.sleep(0.005)
        while self.begun() < len(self.streams) and not self.closed:
            time.sleep(0.01)

    def begun(self) -> int:
        return sum(1 for stream in list(self.streams.values()) if stream.heard)

    def _open(self, task: str) -> None:
        connection = socket.create_connection(self.address, timeout=30)
        connection.sendall(f"GET /tasks/{task}/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n".encode())
        connection.setblocking(False)
        stream = self.streams[task] = Stream(task, connection)
        self.selector.register(connection, selectors.EVENT_READ, stream)

    def run(self) -> None:
        while not self.stopping:
            for key, _ in self.selector.select(0.1):
                try:
                    goes_on = key.data.read()
                except OSError:
                    goes_on = False
                if not goes_on:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
                    self.closed += 1

    def stop(self) -> None:
        self.stopping = True
        self.join()
        for stream in self.streams.values():
            stream.connection.close()
