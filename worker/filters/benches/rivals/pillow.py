"""Pillow: `pillow.py CHAIN PICTURE ROUNDS SECONDS`. Exit status 3: it has no such filter."""

import io
import sys
from pathlib import Path

from measure import measure
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageSequence

SEPIA = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)


def gamma(image, value):
    return image.point([round(255 * (level / 255) ** (1 / value)) for level in range(256)] * 3)


FILTERS = {
    "grayscale": lambda image: image.convert("L"),
    "sepia": lambda image: image.convert("RGB", SEPIA),
    "invert": lambda image: ImageChops.invert(image),
    "brightness(10)": lambda image: image.point([min(255, level + 26) for level in range(256)] * 3),
    "brightness(-5)": lambda image: image.point([max(0, level - 13) for level in range(256)] * 3),
    "contrast(20)": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "contrast(-10)": lambda image: ImageEnhance.Contrast(image).enhance(0.9),
    "saturation(25)": lambda image: ImageEnhance.Color(image).enhance(1.25),
    "saturation(-20)": lambda image: ImageEnhance.Color(image).enhance(0.8),
    "gamma(1.2)": lambda image: gamma(image, 1.2),
    "blur(3)": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "blur(20)": lambda image: image.filter(ImageFilter.GaussianBlur(20)),
    "sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(1, 100, 0)),
    "median(2)": lambda image: image.filter(ImageFilter.MedianFilter(5)),
    "resize(width=800)": lambda image: image.resize((800, image.height * 800 // image.width), Image.Resampling.LANCZOS),
    "crop(800, 600)": lambda image: image.crop((0, 0, 800, 600)),
    "rotate(90)": lambda image: image.transpose(Image.Transpose.ROTATE_270),
    "flip": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def once(data, names, extension):
    source, out = Image.open(io.BytesIO(data)), io.BytesIO()
    frames = []
    for frame in ImageSequence.Iterator(source):
        frame = frame.convert("RGB")
        for name in names:
            frame = FILTERS[name](frame)
        frames.append(frame)
    if extension == ".gif":
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    elif extension == ".png":
        frames[0].save(out, "PNG")
    else:
        frames[0].save(out, {".jpg": "JPEG", ".webp": "WEBP"}[extension], quality=80)
    return len(out.getvalue())


def main(chain, picture, rounds, seconds):
    names = list(filter(None, chain.split("|")))
    if any(name not in FILTERS for name in names):
        sys.exit(3)
    data, extension = Path(picture).read_bytes(), Path(picture).suffix
    measure(lambda: once(data, names, extension), int(rounds), float(seconds))


main(*sys.argv[1:5])
