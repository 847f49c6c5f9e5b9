"""Pictures that are cheap to filter and as many bytes as wanted."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LEAST = 200
"""Bytes of the smallest file that is made."""


def png(size: int, side: int = 16) -> bytes:
    """A grey PNG of exactly `size` bytes: what is missing is a chunk that decoders read past."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(range(side))) * side)
    picture = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)
    end = chunk(b"IEND", b"")
    filling = size - len(picture) - len(end) - 12
    if filling < 0:
        raise ValueError(f"a PNG of {size} bytes is too small")
    return picture + chunk(b"paDd", bytes(filling)) + end


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def form(picture: bytes, filters: str) -> bytes:
    """An upload of a PNG as a form."""
    return form_of([("filters", filters)], picture, "a.png", "image/png")


def form_of(fields: list[tuple[str, str]], picture: bytes, name: str, kind: str) -> bytes:
    """An upload as a form: fields, then the file of this name and type."""
    boundary = f"--{BOUNDARY}"
    parts = [f"{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n" for field, value in fields]
    parts.append(f"{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n")
    return "".join(parts).encode() + picture + f"\r\n{boundary}--\r\n".encode()


BOUNDARY = "imgfilter-load"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
