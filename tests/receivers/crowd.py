"""Many receivers of webhooks in one thread, each at an address of its own, and each as good or bad as it is told to be."""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

LOOPBACK = ipaddress.ip_address("127.1.0.1")
BACKLOG = 256


@dataclass(frozen=True)
class Arrival:
    """A request that came in, at this time (seconds since 1970)."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


Behaviour = Callable[[Arrival, asyncio.StreamWriter], Awaitable[None]]


def answering(status: int, headers: str = "", body: str = "") -> Behaviour:
    """One that answers so, and closes."""
    text = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n{body}".encode()

    async def behave(_: Arrival, writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return behave


async def hanging(_: Arrival, _writer: asyncio.StreamWriter) -> None:
    """Says nothing for longer than anybody waits."""
    await asyncio.sleep(3600)


async def endless(_: Arrival, writer: asyncio.StreamWriter) -> None:
    """Agrees, and never comes to an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        await writer.drain()


async def dripping(_: Arrival, writer: asyncio.StreamWriter) -> None:
    """Agrees, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def closing(_: Arrival, writer: asyncio.StreamWriter) -> None:
    """Has heard all and says nothing."""
    writer.transport.abort()


async def closing_midway(_: Arrival, writer: asyncio.StreamWriter) -> None:
    """Ends in the middle of its answer's first line."""
    writer.write(b"HTTP/1.1 2")


def in_turn(*each: Behaviour) -> Behaviour:
    """One after the other, the last for ever."""
    left = list(each)

    async def behave(arrival: Arrival, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(arrival, writer)

    return behave


class Crowd:
    """Listens at as many addresses of the loopback network as there are behaviours; use it with `with`."""

    def __init__(self, behaviours: list[Behaviour]):
        self.behaviours = behaviours
        self.arrivals: list[list[Arrival]] = [[] for _ in behaviours]
        self.sockets = [self._socket(number) for number in range(len(behaviours))]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    @staticmethod
    def _socket(number: int) -> socket.socket:
        listening = socket.socket()
        listening.bind((str(LOOPBACK + number), 0))
        listening.listen(BACKLOG)
        return listening

    def url(self, number: int) -> str:
        address, port = self.sockets[number].getsockname()
        return f"http://{address}:{port}/told"

    def __enter__(self) -> "Crowd":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self.loop)
        self.thread.join(10)
        for each in self.sockets:
            each.close()

    def _run(self) -> None:
        async def listen() -> None:
            for number, each in enumerate(self.sockets):
                await asyncio.start_server(self._server(number), sock=each)

        self.loop.run_until_complete(listen())
        self.loop.run_forever()

    async def _end(self) -> None:
        """Nobody hangs any longer."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.loop.stop()

    def _server(self, number: int):
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                arrival = await read(reader)
                self.arrivals[number].append(arrival)
                await self.behaviours[number](arrival, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        return serve


async def read(reader: asyncio.StreamReader) -> Arrival:
    """A whole request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head[1:] if ":" in line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Arrival(head[0].split(" ")[1], headers, body, time.time())
