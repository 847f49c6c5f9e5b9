"""A bad line: a proxy on a TCP port that cuts connections when the test has told it to."""

import socket
import threading


class Line:
    """Passes everything on to `port` of this machine; use it with `with`."""

    def __init__(self, port: int):
        self.port = port
        self.carried = 0
        """Bytes that clients have sent, over all connections."""
        self.cuts = 0
        self._cut_at: list[int] = []
        self._lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def cut_at(self, *counts: int) -> None:
        """Cuts the connection over which one of these bytes comes, counted from now on."""
        with self._lock:
            self._cut_at = [self.carried + count for count in counts]

    def __enter__(self) -> "Line":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:  # nginx is being started again
            return client.close()
        threading.Thread(target=self._pass, args=(server, client), daemon=True).start()
        self._pass(client, server, counted=True)

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool = False) -> None:
        try:
            while data := source.recv(65536):
                if counted and self._is_cut(len(data)):
                    break
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _is_cut(self, count: int) -> bool:
        with self._lock:
            self.carried += count
            if not self._cut_at or self.carried < self._cut_at[0]:
                return False
            self._cut_at.pop(0)
            self.cuts += 1
            return True
