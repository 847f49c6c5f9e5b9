"""A mailbox at a real SMTP server, aiosmtpd, that takes mail after STARTTLS only."""

import asyncio
import email
import email.policy
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Authority:
    """Somebody who issues certificates, whom only those trust who are told to."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.certificate = folder / "authority.crt"
        self._openssl("req", "-x509", *self._key("authority"), "-days", "2", "-subj", "/CN=authority of a test", "-out", self.certificate)

    def issue(self, name: str) -> ssl.SSLContext:
        """What a server for localhost and 127.0.0.1 needs."""
        request, certificate, extensions = (self.folder / f"{name}.{end}" for end in ("csr", "crt", "ext"))
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        self._openssl("req", *self._key(name), "-subj", "/CN=localhost", "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "authority.key",
                      "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, self.folder / f"{name}.key")
        return context

    def _key(self, name: str) -> list:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / f"{name}.key"]

    def _openssl(self, *words) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class MailServer:
    """Takes mail, and keeps it as Python's own `email` understands it; use it with `with`. `tls`: nothing is taken before
    STARTTLS."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.received: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.answers: list[str] = []
        """What is answered to the next ones; then they are taken."""
        self.on_arrival: Callable[[EmailMessage], None] = self.received.append
        self.tls = tls
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def _protocol(self) -> SMTP:
        return SMTP(self, hostname="localhost", tls_context=self.tls, require_starttls=self.tls is not None, loop=self.loop)

    async def handle_DATA(self, _server, session, envelope) -> str:
        """Called when a letter is whole."""
        if self.answers:
            return self.answers.pop(0)
        self.encrypted.append(session.ssl is not None)
        self.on_arrival(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 2.0.0 taken"

    def __enter__(self) -> "MailServer":
        self.thread.start()
        listening = self.loop.create_server(self._protocol, "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(10)
        return self

    def __exit__(self, *_) -> None:
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    @property
    def port(self) -> int:
        return self.server.sockets[0].getsockname()[1]

    def to(self, address: str) -> list[EmailMessage]:
        """What came for this address until now."""
        return [message for message in list(self.received) if message["to"].addresses[0].addr_spec == address]

    def wait(self, address: str, count: int = 1, seconds: float = 30) -> list[EmailMessage]:
        """What came for this address, when it is so much."""
        end = time.monotonic() + seconds
        while len(found := self.to(address)) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} letters came"
            time.sleep(0.05)
        return found
