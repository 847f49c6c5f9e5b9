"""Photographs, made-up images, and what filters should do to them, computed by other people's code."""

import io
import struct
import subprocess
import zlib
from pathlib import Path

import numpy
from PIL import Image

MATE = Path("/usr/share/backgrounds/mate")
RAIN = MATE / "nature/RainDrops.jpg"  # 1920 × 1200
STORM = MATE / "nature/Storm.jpg"  # 1920 × 1280
MEADOW = MATE / "nature/GreenMeadow.jpg"  # 1280 × 1024
ELEPHANTS = MATE / "abstract/Elephants_5640x3172.jpg"  # 17.9 megapixels
TRANSPARENT = MATE / "abstract/Arc-Colors-Transparent-Wallpaper.png"

# The sepia matrix of the W3C's Filter Effects at full strength, and the equation that says the same.
SEPIA = numpy.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
EQUATION = ("equation(r = 0.393*r + 0.769*g + 0.189*b, g = 0.349*r + 0.686*g + 0.168*b, "
            "b = 0.272*r + 0.534*g + 0.131*b)")


def pixels(image: bytes | Path) -> numpy.ndarray:
    """Height × width × RGB, 0–255, as floats."""
    opened = Image.open(io.BytesIO(image) if isinstance(image, bytes) else image)
    return numpy.asarray(opened.convert("RGB"), dtype=float)


def matrix(rgb: numpy.ndarray, rows: numpy.ndarray) -> numpy.ndarray:
    """A colour matrix in plain numpy, clamped, not rounded."""
    return numpy.clip(rgb @ rows.T, 0, 255)


def magick(source: Path, *operations: str) -> bytes:
    """A PNG made by ImageMagick."""
    return subprocess.run(["/usr/bin/convert-im6.q16", source, *operations, "png:-"], check=True, capture_output=True).stdout


def difference(one: numpy.ndarray, other: numpy.ndarray, border: int = 0) -> tuple[float, float, float]:
    """Mean, 99.9 % and greatest distance in levels of 255; `border` pixels at each edge are left out."""
    assert one.shape == other.shape, (one.shape, other.shape)
    apart = numpy.abs(one - other)
    if border:
        apart = apart[border:-border, border:-border]
    return float(apart.mean()), float(numpy.quantile(apart, 0.999)), float(apart.max())


def shown_size(image: bytes) -> tuple[str, int, int]:
    """Format, width and height as the file says."""
    opened = Image.open(io.BytesIO(image))
    return opened.format, *opened.size


def small(folder: Path, source: Path = RAIN, width: int = 320, name: str = "small.png") -> Path:
    """A small lossless copy of a photograph."""
    photo = Image.open(source).convert("RGB")
    copy = folder / name
    photo.resize((width, photo.height * width // photo.width)).save(copy)
    return copy


def animation(folder: Path) -> tuple[Path, list[int]]:
    """An animated GIF cut from a photograph, with delays that differ, and the delays in milliseconds."""
    photo = Image.open(STORM).convert("RGB").resize((480, 320))
    frames = [photo.crop((20 * i, 10 * i, 20 * i + 320, 10 * i + 240)).quantize(128) for i in range(6)]
    delays = [40, 80, 120, 200, 50, 1000]
    file = folder / "moving.gif"
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=delays, loop=0, disposal=2)
    return file, delays


def frames(gif: bytes) -> tuple[list[numpy.ndarray], list[int]]:
    """The frames of an animation as shown, and their delays in milliseconds."""
    opened = Image.open(io.BytesIO(gif))
    shown, delays = [], []
    for index in range(opened.n_frames):
        opened.seek(index)
        shown.append(numpy.asarray(opened.convert("RGB"), dtype=float))
        delays.append(opened.info["duration"])
    return shown, delays


def heavy(folder: Path) -> Path:
    """A valid PNG of 60 MB: 20 megapixels of a photograph, not compressed."""
    photo = Image.open(ELEPHANTS).convert("RGB").crop((0, 0, 5600, 3172)).resize((5500, 3640))
    file = folder / "heavy.png"
    photo.save(file, compress_level=0)
    assert file.stat().st_size > 60_000_000
    return file


def png_header(folder: Path, width: int, height: int) -> Path:
    """A PNG that claims a size and holds next to nothing."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    file = folder / "huge.png"
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b""))
    return file
