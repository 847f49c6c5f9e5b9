"""A way to the store that counts what is asked there, and can be cut."""

import asyncio
import re
import threading
from collections import Counter

REQUEST = re.compile(rb"(GET|HEAD|PUT|DELETE|POST) (/[^ ]*) HTTP/1\.1\r\n")


class Relay:
    """Listens on a loopback port and passes on to another, in a thread of its own."""

    def __init__(self, target: int):
        self.target = target
        self.asked: Counter = Counter()
        """How often each method was asked for."""
        self.paths: list[bytes] = []
        """What was asked for, in order."""
        self.cut = False
        """While it is, connections end as soon as they are made."""
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def _run(self, started: threading.Event) -> None:
        async def listen() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        self.loop.run_until_complete(listen())
        self.loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, up_writer, self._count), self._pass(up_reader, writer, lambda _: None))

    def _count(self, data: bytes) -> None:
        for method, path in REQUEST.findall(data):
            self.asked[method.decode()] += 1
            self.paths.append(path)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look) -> None:
        try:
            while data := await reader.read(1 << 18):
                look(data)
                if self.cut:
                    break
                writer.write(data)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
