"""The secrets of a stack: made once, kept in files that only their owner reads."""

import base64
import os
import secrets
from pathlib import Path


def make(folder: Path) -> dict[str, Path]:
    """The file of each secret, by the name of its setting."""
    folder.mkdir(mode=0o700, exist_ok=True)
    makers = {
        "IMGFILTER_LINK_KEYS": lambda: "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "IMGFILTER_S3_ACCESS_KEY": lambda: "imgfilter" + secrets.token_hex(6),
        "IMGFILTER_S3_SECRET_KEY": lambda: secrets.token_urlsafe(32),
        "IMGFILTER_WEBHOOK_SECRET": lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    files = {}
    for name, maker in makers.items():
        file = folder / name.removeprefix("IMGFILTER_").lower()
        if not file.exists():
            write_private(file, maker() + "\n")
        files[name] = file
    return files


def write_private(file: Path, text: str) -> None:
    """Writes a file that was never readable by others, not even for a moment."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
