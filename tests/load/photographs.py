"""Photographs for measurements: as many pixels and as much to see as a camera's."""

import io
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageOps

WALLPAPERS = Path("/usr/share/backgrounds/mate/nature")
# Those with most to see: the others have half as many bits a pixel as cameras write.
SOURCES = ["Dune.jpg", "RainDrops.jpg", "Blinds.jpg", "GreenMeadow.jpg"]
SIZES = [(1280, 960), (1600, 1200), (1920, 1200), (2048, 1464)]
"""From 1.2 to 3 megapixels."""


def photograph(number: int) -> bytes:
    """A JPEG of quality 90: the photograph and its mirror images side by side, cut to a size. Scaled up there would be less
    to see in each pixel, and its codecs would be too cheap."""
    source = Image.open(WALLPAPERS / SOURCES[number % len(SOURCES)]).convert("RGB")
    size = SIZES[(number + number // len(SOURCES)) % len(SIZES)]
    canvas = Image.new("RGB", (2 * source.width, 2 * source.height))
    for column in range(2):
        for row in range(2):
            piece = ImageOps.mirror(source) if column else source
            canvas.paste(ImageOps.flip(piece) if row else piece, (column * source.width, row * source.height))
    left, top = (canvas.width - size[0]) // 2, (canvas.height - size[1]) // 2
    buffer = io.BytesIO()
    canvas.crop((left, top, left + size[0], top + size[1])).save(buffer, "JPEG", quality=90, subsampling="4:2:0")
    return buffer.getvalue()


def flat(size: tuple[int, int] = (3000, 2000)) -> bytes:
    """A PNG of many pixels and few bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (120, 90, 60)).save(buffer, "PNG")
    return buffer.getvalue()


def target(*chains: str) -> str:
    """The target of a request that uploads bare bytes for these chains."""
    return "/images?" + "&".join(f"filters={quote(chain, safe='')}" for chain in chains)
