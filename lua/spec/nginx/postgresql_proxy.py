"""A PostgreSQL that loses answers, refuses or hangs when the test says so; otherwise everything goes through."""

import os
import socket
import threading
from pathlib import Path


class Proxy:
    """Listens in `folder` under PostgreSQL's own socket name and passes on to `target`, a folder of the same kind."""

    def __init__(self, folder: Path, target: Path):
        self.target = str(target / ".s.PGSQL.5432")
        self.losing: bytes | None = None
        self.times = 0
        self.lost = 0
        self.trouble: str | None = None
        self.seen = 0
        """Connections, and pieces of what came over them: whatever is asked makes it rise."""
        self.open: list[socket.socket] = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        os.chmod(folder / ".s.PGSQL.5432", 0o777)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, name: bytes, times: int) -> None:
        """From now on the answers of statements prepared with this text are lost, so many times."""
        self.losing, self.times, self.lost = name, times, 0

    def refuse(self) -> None:
        """From now on connections end soon after they were made."""
        self._begin("refuse")

    def hang(self) -> None:
        """From now on nothing is answered, and connections stay."""
        self.trouble = "hang"

    def recover(self) -> None:
        """All is well again; what hung is cut off."""
        self._begin(None)

    def _begin(self, trouble: str | None) -> None:
        self.trouble = trouble
        while self.open:
            end(self.open.pop())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.seen += 1
            self.open.append(client)
            if self.trouble == "refuse":
                threading.Timer(0.3, end, (client,)).start()
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                end(client)
                continue
            threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """Statements are prepared first (Parse), with their text, and executed by what follows (Bind)."""
        prepared: set[bytes] = set()
        doomed = threading.Event()
        threading.Thread(target=self._answer, args=(client, server, doomed), daemon=True).start()
        while data := receive(client):
            self.seen += 1
            if self.trouble:
                continue
            if b"select imgfilter." in data:
                prepared.add(data.split(b"select imgfilter.")[1].split(b"(")[0])
            elif self.losing in prepared and data[:1] == b"B" and self.lost < self.times:
                self.lost += 1
                doomed.set()
            send(server, data)
        end(server)

    def _answer(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        while data := receive(server):
            if doomed.is_set():
                break
            send(client, data)
        end(client)

    def close(self) -> None:
        self.listener.close()


def end(connection: socket.socket) -> None:
    """Both ends notice at once, also where another thread still reads."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def send(connection: socket.socket, data: bytes) -> None:
    """Whoever reads notices that the other end is gone."""
    try:
        connection.sendall(data)
    except OSError:
        pass


def receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""
