"""The secrets of a stack: made once, kept in files that only their owner reads."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[], str]] = {
    "LINK_KEYS": lambda: "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "S3_SECRET_KEY": lambda: secrets.token_urlsafe(32),
    "WEBHOOK_SECRET": lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
}


def make(folder: Path) -> dict[str, Path]:
    """The file of each secret, by the name of its setting."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files = {name: folder / name.lower() for name in MAKERS}
    for name, file in files.items():
        if not file.exists():
            write_private(file, MAKERS[name]() + "\n")
    return files


def write_private(file: Path, text: str) -> None:
    """Writes a file that was never readable by others, not even for a moment."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
