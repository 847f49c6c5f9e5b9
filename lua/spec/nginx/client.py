"""HTTP for the tests: by a library where that is enough, by hand where the bytes matter."""

import http.client
import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def problem(self) -> dict:
        """The error of an answer that must be one."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        problem = self.json()
        assert problem["status"] == self.status and problem["type"] == "/problems/" + problem["code"], problem
        return problem


def ask(url: str, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=70)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask_socket(path: str, method: str, target: str, headers: dict | None = None) -> Answer:
    """One request over a unix socket."""
    connection = http.client.HTTPConnection("gateway", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    try:
        connection.request(method, target, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def raw(url: str, request: bytes, seconds: float = 10) -> bytes:
    """Sends these bytes and reads until nginx closes the connection or says nothing for so long."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=seconds) as connection:
        connection.sendall(request)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except TimeoutError:
            pass
        return received


def upload(url: str, photo, query: str = "") -> Answer:
    """PUT of the bare bytes."""
    return ask(url, "PUT", "/images" + query, photo.read_bytes())
