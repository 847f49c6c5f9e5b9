"""Tokens of links, made as the service makes them and as somebody would who has not its keys."""

import base64
import hashlib
import hmac
import random

LENGTH = 46
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def mint(key: bytes, number: int, link: bytes) -> str:
    """The token of a link under a key."""
    signed = bytes([1, number]) + link
    tag = hmac.new(key, b"imgfilter link\0" + signed, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(signed + tag).rstrip(b"=").decode()


def link_in(token: str) -> bytes:
    """The link that a token names."""
    return base64.urlsafe_b64decode(token + "==")[2:18]


def forged(good: str, count: int, seed: int) -> list[str]:
    """Tokens that were never given out: random ones, some with one bit of a good one turned, some too short or too long, some
    of a service with other keys."""
    chance = random.Random(seed)
    raw = base64.urlsafe_b64decode(good + "==")
    tokens = []
    for number in range(count):
        match number % 4:
            case 0:
                token = "".join(chance.choices(ALPHABET, k=LENGTH))
            case 1:
                bit = chance.randrange(8 * len(raw))
                turned = bytearray(raw)
                turned[bit // 8] ^= 1 << bit % 8
                token = base64.urlsafe_b64encode(turned).rstrip(b"=").decode()
            case 2:
                token = good[:chance.randrange(1, LENGTH)] if chance.random() < 0.5 else good + chance.choice(ALPHABET)
            case _:
                token = mint(chance.randbytes(32), raw[1], link_in(good))
        tokens.append(token)
    return tokens
