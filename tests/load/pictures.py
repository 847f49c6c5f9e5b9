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


def form(picture: bytes, filters: str, boundary: str = "imgfilter-load") -> bytes:
    """An upload as a form."""
    return (f"--{boundary}\r\nContent-Disposition: form-data; name=\"filters\"\r\n\r\n{filters}\r\n"
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n"
            f"Content-Type: image/png\r\n\r\n").encode() + picture + f"\r\n--{boundary}--\r\n".encode()


FORM_TYPE = "multipart/form-data; boundary=imgfilter-load"
