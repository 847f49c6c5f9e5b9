"""Clients that send what they are told, byte for byte."""

import dataclasses
import json
import os
import socket
import subprocess

import h2.config
import h2.connection
import h2.events

BOUNDARY = "BB"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FRAME = 16384
END = f"--{BOUNDARY}--\r\n".encode()


def part(disposition, data=b"xyz", headers=""):
    """A part of a form."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n"
    return head.encode("latin-1") + data + b"\r\n"


def file(data, name="f", filename="a.bin"):
    """A file part."""
    return part(f'name="{name}"; filename="{filename}"', data, "Content-Type: application/x-test\r\n")


def field(name, value, boundary=BOUNDARY):
    """A field of the rewritten body, as text."""
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def chunked(body, sizes):
    """A body in HTTP/1.1 chunks of these sizes, again and again."""
    out, at, turn = bytearray(), 0, 0
    while at < len(body):
        piece = body[at : at + sizes[turn % len(sizes)]]
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
        at += len(piece)
        turn += 1
    return bytes(out) + b"0\r\n\r\n"


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes
    head: bytes = b""

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def parts(self):
        return json.loads(self.json["parts"])


class Http1:
    """One HTTP/1.1 connection."""

    def __init__(self, nginx, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(nginx.h1))
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, piece=None):
        for at in range(0, len(data), piece or max(len(data), 1)):
            self.socket.sendall(data[at : at + (piece or len(data))])

    def head(self, path, length=None, content_type=FORM, method="POST", extra=""):
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{kind}{extra}{framing}\r\n\r\n".encode("latin-1"))

    def _receive_until(self, condition):
        while not condition(self.received):
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError(f"closed after {self.received!r}")
            self.received += data

    def answer(self):
        """The next answer; the connection stays open."""
        self._receive_until(lambda data: b"\r\n\r\n" in data)
        head, rest = self.received.split(b"\r\n\r\n", 1)
        status = int(head.split(b" ", 2)[1])
        self.received = rest
        if status == 100:
            return Answer(status, b"", head)
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b""
            while True:
                self._receive_until(lambda data: b"\r\n" in data)
                size, self.received = self.received.split(b"\r\n", 1)
                size = int(size, 16)
                self._receive_until(lambda data, size=size: len(data) >= size + 2)
                body, self.received = body + self.received[:size], self.received[size + 2 :]
                if size == 0:
                    return Answer(status, body, head)
        length = int(headers.get(b"content-length", 0))
        self._receive_until(lambda data: len(data) >= length)
        body, self.received = self.received[:length], self.received[length:]
        return Answer(status, body, head)


def post(nginx, path, body, piece=None, chunks=None, **head):
    """Sends one request over HTTP/1.1, in chunks of these sizes or with its length, and returns the answer."""
    with Http1(nginx) as client:
        client.head(path, None if chunks else len(body), **head)
        try:
            client.send(chunked(body, chunks) if chunks else body, piece)
        except OSError:
            pass  # nginx may refuse it before it is through: the answer says why
        return client.answer()


def curl(nginx, *arguments, path, version=1):
    """Runs curl, and returns the answer."""
    sockets = {1: ["--unix-socket", str(nginx.h1)], 2: ["--http2-prior-knowledge", "--unix-socket", str(nginx.h2)]}
    command = ["curl", "-sS", "-m", "60", *sockets[version], "-w", "\n%{http_code}", *arguments, f"http://x{path}"]
    run = subprocess.run(command, capture_output=True, timeout=90, check=False)
    body, _, status = run.stdout.rpartition(b"\n")
    assert status.isdigit() and status != b"000", run.stderr
    return Answer(int(status), body)


class Http2:
    """One HTTP/2 connection with many uploads at once."""

    def __init__(self, nginx, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(nginx.h2))
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.state.initiate_connection()
        self.pending = {}
        self.answers = {}
        self.ended = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def begin(self, path, body, length=True, reset_at=None, **extra):
        """Begins an upload, to be reset after so many bytes if wanted; returns its stream."""
        stream = self.state.get_next_available_stream_id()
        headers = {":method": "POST", ":path": path, ":scheme": "http", ":authority": "x", "content-type": FORM}
        if length:
            headers["content-length"] = str(len(body))
        self.state.send_headers(stream, list((headers | extra).items()), end_stream=False)
        self.pending[stream] = [body, 0, reset_at]
        self.answers[stream] = Answer(0, b"")
        return stream

    def send(self, stream, size):
        """Sends so many bytes of an upload at once; run() sends the rest."""
        upload = self.pending[stream]
        end = upload[1] + size
        for at in range(upload[1], end, FRAME):
            self.state.send_data(stream, upload[0][at : min(at + FRAME, end)])
        upload[1] = end
        self.socket.sendall(self.state.data_to_send())

    def reset(self, stream):
        """Takes an upload back."""
        self.state.reset_stream(stream, 8)
        self.socket.sendall(self.state.data_to_send())
        del self.pending[stream], self.answers[stream]

    def _send_some(self):
        progress = False
        for stream, (body, at, reset_at) in list(self.pending.items()):
            if reset_at is not None and at >= reset_at:
                self.state.reset_stream(stream, 8)
                self.ended.add(stream)
                del self.pending[stream]
                continue
            window = min(self.state.local_flow_control_window(stream), FRAME)
            size = min(window, (len(body) if reset_at is None else reset_at) - at)
            last = at + size == len(body)
            if size > 0 or last:
                self.state.send_data(stream, body[at : at + size], end_stream=last)
                self.pending[stream][1] += size
                progress = True
            if last:
                del self.pending[stream]
        return progress

    def run(self):
        """Sends everything, waits for every answer, and returns the answers by stream."""
        while len(self.ended) < len(self.answers):
            progress = self._send_some()
            self.socket.sendall(self.state.data_to_send())
            self.socket.settimeout(0.001 if progress else 30)
            try:
                data = self.socket.recv(1 << 20)
            except (TimeoutError, BlockingIOError):
                assert progress, "nothing came for 30 seconds"
                continue
            finally:
                self.socket.settimeout(30)
            assert data, "connection closed"
            for event in self.state.receive_data(data):
                self._take(event)
        self.socket.sendall(self.state.data_to_send())
        return self.answers

    def _take(self, event):
        stream = getattr(event, "stream_id", None)
        if isinstance(event, h2.events.ResponseReceived):
            self.answers[stream].status = int(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.DataReceived):
            self.answers[stream].body += event.data
            self.state.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            self.ended.add(stream)
            self.pending.pop(stream, None)


def noise(size):
    """Bytes that are different every time."""
    return os.urandom(size)
