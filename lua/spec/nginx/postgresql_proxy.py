"""A PostgreSQL that loses answers: everything goes through, but what comes back is cut off when the test says so."""

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
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        os.chmod(folder / ".s.PGSQL.5432", 0o777)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, name: bytes, times: int) -> None:
        """From now on the answers of statements prepared with this text are lost, so many times."""
        self.losing, self.times, self.lost = name, times, 0

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            threading.Thread(target=self._serve, args=(client, server), daemon=True).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """Statements are prepared first (Parse), with their text, and executed by what follows (Bind)."""
        prepared: set[bytes] = set()
        doomed = threading.Event()
        threading.Thread(target=self._answer, args=(client, server, doomed), daemon=True).start()
        while data := receive(client):
            if b"select imgfilter." in data:
                prepared.add(data.split(b"select imgfilter.")[1].split(b"(")[0])
            elif self.losing in prepared and data[:1] == b"B" and self.lost < self.times:
                self.lost += 1
                doomed.set()
            server.sendall(data)
        end(server)

    def _answer(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        while data := receive(server):
            if doomed.is_set():
                break
            client.sendall(data)
        end(client)

    def close(self) -> None:
        self.listener.close()


def end(connection: socket.socket) -> None:
    """Both ends notice at once, also where another thread still reads."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""
