"""What makes a service broken in one place: a clock that is wrong, a mail server that lets nobody in, a module for another
nginx."""

import base64
import http.client
import re
import socketserver
import threading
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Serving:
    """A server in a thread, for as long as `with` lasts."""

    def __init__(self, server: socketserver.TCPServer):
        self.server = server
        self.port = server.server_address[1]

    def __enter__(self) -> "Serving":
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


def store_in_another_time(port: int, ahead: timedelta) -> Serving:
    """The store of this port, with answers dated by a clock that is ahead."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("date", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Date", format_datetime(datetime.now(timezone.utc) + ahead, usegmt=True))
            if answer.getheader("Content-Length") is None and answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            upstream.close()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on

        def log_message(self, *_) -> None:
            pass

    return Serving(ThreadingHTTPServer(("127.0.0.1", 0), Proxy))


def mail_server(password: str) -> Serving:
    """A server for mail that lets in who knows the password, by AUTH PLAIN, and takes NOOP."""

    class Session(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 mail.example ESMTP")
            for line in self.rfile:
                verb, _, rest = line.decode().strip().partition(" ")
                if verb == "EHLO":
                    self.say("250-mail.example")
                    self.say("250 AUTH PLAIN")
                elif verb == "AUTH":
                    given = base64.b64decode(rest.split()[1]).decode().split("\0")[2]
                    self.say("235 2.7.0 welcome" if given == password else "535 5.7.8 who are you")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.daemon_threads = True
    return Serving(server)


# How a module says which features the nginx has that it was built for: digits that stand for yes and no.
SIGNATURE = re.compile(rb"8,4,8,[01]{30,}")


def module_for_another_nginx(module: Path, into: Path) -> Path:
    """The same module with another signature."""
    code = module.read_bytes()
    found = SIGNATURE.search(code)
    assert found, "the module has no signature"
    signature = found.group()
    other = signature[:-1] + (b"0" if signature.endswith(b"1") else b"1")
    into.write_bytes(code.replace(signature, other))
    into.chmod(0o644)
    return into
