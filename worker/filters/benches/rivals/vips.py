"""libvips through pyvips: `vips.py CHAIN PICTURE ROUNDS SECONDS`. Colours are 8 bits again after each filter, as its
users have it. Exit status 3: it has no such filter."""

import sys
from pathlib import Path

import pyvips
from measure import measure

LUMA = [0.2126, 0.7152, 0.0722]


def matrix(image, rows):
    return image.recomb(pyvips.Image.new_from_array(rows)).cast("uchar")


def towards_luma(amount):
    return [[amount * (i == j) + (1 - amount) * LUMA[j] for j in range(3)] for i in range(3)]


def products(image):
    r, g, b = (image / 255).bandsplit()
    greater = (r > g).ifthenelse(r, g)
    out = (r * g + 0.2 * b * b).bandjoin([greater * 0.9, 0.5 * b + 0.5 * g * r])
    return (out * 255).cast("uchar").copy(interpretation="srgb")


FILTERS = {
    "grayscale": lambda image: matrix(image, [LUMA, LUMA, LUMA]),
    "sepia": lambda image: matrix(image, [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]),
    "invert": lambda image: image.invert(),
    "brightness(10)": lambda image: image.linear(1, 25.5, uchar=True),
    "brightness(-5)": lambda image: image.linear(1, -12.75, uchar=True),
    "contrast(20)": lambda image: image.linear(1.2, -25.5, uchar=True),
    "contrast(-10)": lambda image: image.linear(0.9, 12.75, uchar=True),
    "saturation(25)": lambda image: matrix(image, towards_luma(1.25)),
    "saturation(-20)": lambda image: matrix(image, towards_luma(0.8)),
    "gamma(1.2)": lambda image: image.gamma(exponent=1 / 1.2),
    "hue(30)": lambda image: matrix(image, [[0.7, 0.6, -0.3], [0.05, 0.95, 0.0], [0.4, -0.35, 0.95]]),
    "hue(20)": lambda image: matrix(image, [[0.8, 0.4, -0.2], [0.03, 0.97, 0.0], [0.3, -0.25, 0.95]]),
    "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = 0.5*b + 0.5*g*r)": products,
    "blur(3)": lambda image: image.gaussblur(3),
    "blur(20)": lambda image: image.gaussblur(20),
    "sharpen": lambda image: image.sharpen(sigma=1),
    "median(2)": lambda image: image.median(5),
    "resize(width=800)": lambda image: image.resize(800 / image.width),
    "crop(800, 600)": lambda image: image.crop((image.width - 800) // 2, (image.height - 600) // 2, 800, 600),
    "rotate(90)": lambda image: image.rot90(),
    "flip": lambda image: image.fliphor(),
}


def once(data, chain, extension):
    animated = extension == ".gif"
    access = "random" if chain == "rotate(90)" or animated else "sequential"
    image = pyvips.Image.new_from_buffer(data, "n=-1" if animated else "", access=access)
    alpha = image[3] if image.bands == 4 else None
    image = image[0:3] if alpha is not None else image
    for name in filter(None, [chain] if chain.startswith("equation") else chain.split("|")):
        image = FILTERS[name](image)
    if alpha is not None and alpha.width == image.width:
        image = image.bandjoin(alpha)
    return len(image.write_to_buffer(extension, **({} if extension in (".png", ".gif") else {"Q": 80})))


def main(chain, picture, rounds, seconds):
    names = [chain] if chain.startswith("equation") else chain.split("|")
    if any(name and name not in FILTERS for name in names):
        sys.exit(3)
    pyvips.cache_set_max(0)
    data, extension = Path(picture).read_bytes(), Path(picture).suffix
    measure(lambda: once(data, chain, extension), int(rounds), float(seconds))


main(*sys.argv[1:5])
