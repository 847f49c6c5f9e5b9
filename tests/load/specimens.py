"""What the chaos uploads: small pictures of every kind that end well, and poison that must end with a reason.

All are cut from Debian's wallpapers by a seed, so that a run can be repeated.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from . import pictures
from .uploader import Upload

WALLPAPERS = Path("/usr/share/backgrounds/mate/nature")
SMALLEST, LARGEST = 160, 720
"""Pixels of a side."""
CHAINS = [
    "", "grayscale", "sepia(0.8)|blur(3)", "resize(width=200)|sharpen(1)", "brightness(10)|contrast(20)|saturation(25)",
    "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = 0.5*b + 0.5*g*r)", "rotate(90)|invert", "median(2)", "blur(9)|hue(40)",
    "crop(100, 80)|gamma(1.4)", "oil(4)", "look(noir)",
]
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True)
class Specimen:
    """A picture and what is asked of it. `reasons`: the codes with which it may fail; none: it must be done."""

    name: str
    picture: bytes
    kind: str
    chains: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    reasons: frozenset[str] = field(default=frozenset())

    def upload(self, as_form: bool, webhook: str | None = None) -> Upload:
        """The request, as a form or with its options in the query."""
        fields = [*(("filters", chain) for chain in self.chains), *self.options]
        if webhook:
            fields.append(("webhook", webhook))
        if as_form:
            return Upload("POST", "/images", pictures.form_of(fields, self.picture, self.name, self.kind), pictures.FORM_TYPE)
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields)
        return Upload("PUT", f"/images?{query}", self.picture, self.kind)


def cut(chance: random.Random, side: int) -> Image.Image:
    """A piece of a photograph, `side` pixels at its longer side."""
    photo = Image.open(chance.choice(sorted(WALLPAPERS.glob("*.jpg")))).convert("RGB")
    size = (side, int(side * chance.uniform(0.5, 1)))
    left, top = (chance.randrange(whole - part) for whole, part in zip(photo.size, size))
    return photo.crop((left, top, left + size[0], top + size[1]))


def file_of(picture: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def good(seed: int, number: int) -> Specimen:
    """The specimen of this number."""
    chance = random.Random(f"{seed} specimen {number}")
    form = chance.choice(["JPEG", "JPEG", "PNG", "WEBP", "GIF"])
    picture = cut(chance, chance.randrange(SMALLEST, LARGEST))
    more = {}
    if form == "GIF" and chance.random() < 0.5:
        more = {"save_all": True, "append_images": [picture.rotate(90 * turn) for turn in (1, 2)], "duration": 80, "loop": 0}
    chains = tuple(chance.sample(CHAINS, chance.choice([1, 1, 2, 3])))
    options = () if more else chance.choice([(), (), (("format", "png"),), (("format", "webp"),), (("format", "jpeg"), ("quality", "70"))])
    return Specimen(f"specimen-{number}.{form.lower()}", file_of(picture, form, **more), KINDS[form], chains, options)


def broken_png(chance: random.Random) -> Specimen:
    """Its header and its checksums are right, and its pixels are no deflate stream."""
    side = 300
    chunk = pictures.chunk
    noise = zlib.compress(chance.randbytes((3 * side + 1) * side))
    noise = noise[:len(noise) // 2] + chance.randbytes(len(noise) // 2)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    picture = pictures.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", noise) + chunk(b"IEND", b"")
    return Specimen("broken.png", picture, "image/png", ("grayscale", "blur(2)"), reasons=frozenset({"broken_image"}))


def cut_jpeg(chance: random.Random) -> Specimen:
    """It breaks off in the middle of its pixels."""
    whole = file_of(cut(chance, 480), "JPEG", quality=90)
    return Specimen("cut.jpg", whole[:len(whole) // 2], "image/jpeg", ("sepia",), reasons=frozenset({"broken_image"}))


def broken_webp(chance: random.Random) -> Specimen:
    """Its head is right, and the rest is noise."""
    whole = file_of(cut(chance, 300), "WEBP", lossless=True)
    return Specimen("broken.webp", whole[:30] + chance.randbytes(len(whole) - 30), "image/webp", ("sepia",), reasons=frozenset({"broken_image"}))


def endless(chance: random.Random) -> Specimen:
    """Minutes of work on a file of some kilobytes: its deadline ends it, or workers die of it until it is given up."""
    picture = Image.new("L", (3000, 2000), chance.randrange(256))
    return Specimen("endless.png", file_of(picture, "PNG"), "image/png", ("|".join(["oil(10)"] * 60),),
                    reasons=frozenset({"deadline_exceeded", "worker_lost"}))


def glutton(chance: random.Random) -> Specimen:
    """Between its filters it has 384 MB, more than an engine of this run may have: each breaks off that tries."""
    chain = "resize(width=8000,height=8000)|blur(1)|crop(50,50)"
    return Specimen("glutton.png", file_of(cut(chance, 300).resize((300, 300)), "PNG"), "image/png", (chain,), reasons=frozenset({"engine_crashed", "worker_lost"}))


POISON: dict[str, Callable[[random.Random], Specimen]] = {each.__name__: each for each in (broken_png, cut_jpeg, broken_webp, endless, glutton)}
"""Each kind of poison, by its name."""
