"""A push service, and a browser that has subscribed there: what it reads is opened by http-ece."""

import base64
import json
import secrets
import subprocess

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stack.listener import Call, Listener

from . import borrowed


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class Browser:
    """The keys of a subscription, as a browser makes them."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = secrets.token_bytes(16)

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": base64url(point(self.key)), "auth": base64url(self.auth)}

    def subscription(self, endpoint: str) -> dict:
        """As `PushSubscription.toJSON()` has it."""
        return {"endpoint": endpoint, "expirationTime": None, "keys": self.keys}

    def open(self, body: bytes) -> dict:
        """What a message says."""
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        given = {"key": pem.decode(), "auth": base64.b64encode(self.auth).decode(), "body": base64.b64encode(body).decode()}
        opened = subprocess.run([borrowed.python(), borrowed.HERE / "python" / "opens.py"], input=json.dumps(given).encode(),
                                capture_output=True, check=True, timeout=60)
        return json.loads(opened.stdout)


def vapid_keys() -> tuple[str, str]:
    """A private and a public key by which a service shows itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64url(key.private_numbers().private_value.to_bytes(32, "big")), base64url(point(key))


def sender(call: Call, origin: str) -> dict:
    """Who has sent this, as a push service finds out: the claims of the token, whose signature is that of the key beside it."""
    scheme, rest = call.headers["authorization"].split(" ", 1)
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(parts["k"]))
    return jwt.decode(parts["t"], public, algorithms=["ES256"], audience=origin) | {"key": parts["k"]}


class PushService(Listener):
    """Takes messages for browsers: each has an address of its own."""

    def __init__(self, *statuses: int):
        super().__init__(*(statuses or (201,)))

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/told")

    def endpoint(self, name: str) -> str:
        return f"{self.origin}/push/{name}"

    def to(self, name: str) -> list[Call]:
        return [call for call in list(self.calls) if call.path == f"/push/{name}"]
