"""Reads a push message as its browser would, by the library http-ece: private key and secret in JSON on standard input."""

import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.serialization import load_pem_private_key

given = json.load(sys.stdin)
key = load_pem_private_key(given["key"].encode(), None)
opened = http_ece.decrypt(base64.b64decode(given["body"]), private_key=key, auth_secret=base64.b64decode(given["auth"]),
                          version="aes128gcm")
sys.stdout.buffer.write(opened)
