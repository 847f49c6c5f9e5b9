"""ImageMagick and GraphicsMagick as programs: `magick.py convert|gm CHAIN PICTURE ROUNDS SECONDS`. Their start counts, as it
does for their users. Exit status 3: they have no such filter."""

import resource
import subprocess
import sys

from measure import measure

SEPIA = "0.393 0.769 0.189 0.349 0.686 0.168 0.272 0.534 0.131"
PRODUCTS = ["-fx", "channel(u.r*u.g+0.2*u.b*u.b, max(u.r,u.g)*0.9, 0.5*u.b+0.5*u.g*u.r)"]
SHARED = {
    "invert": ["-negate"],
    "gamma(1.2)": ["-gamma", "1.2"],
    "saturation(25)": ["-modulate", "100,125"],
    "blur(3)": ["-blur", "0x3"],
    "blur(20)": ["-blur", "0x20"],
    "sharpen": ["-unsharp", "0x1+1+0"],
    "resize(width=800)": ["-filter", "Lanczos", "-resize", "800x"],
    "crop(800, 600)": ["-gravity", "center", "-crop", "800x600+0+0", "+repage"],
    "rotate(90)": ["-rotate", "90"],
    "flip": ["-flop"],
}
CONVERT = SHARED | {
    "grayscale": ["-colorspace", "Gray"],
    "sepia": ["-color-matrix", SEPIA],
    "brightness(10)": ["-brightness-contrast", "10x0"],
    "contrast(20)": ["-brightness-contrast", "0x20"],
    "hue(30)": ["-modulate", "100,100,116.7"],
    "median(2)": ["-statistic", "Median", "5x5"],
    "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = 0.5*b + 0.5*g*r)": PRODUCTS,
}
GM = SHARED | {
    "grayscale": ["-colorspace", "Gray"],
    "sepia": ["-recolor", SEPIA],
    "median(2)": ["-median", "2"],
}


def main(program, chain, picture, rounds, seconds):
    filters = {"convert": CONVERT, "gm": GM}[program]
    names = [chain] if chain.startswith("equation") else list(filter(None, chain.split("|")))
    if any(name not in filters for name in names):
        sys.exit(3)
    start = ["/usr/bin/convert"] if program == "convert" else ["/usr/bin/gm", "convert"]
    options = [word for name in names for word in filters[name]]
    form = picture.rsplit(".", 1)[1]
    command = [*start, picture, *options, "-quality", "75" if form == "png" else "80", f"{form}:-"]
    if form == "gif":
        command[len(start) + 1:len(start) + 1] = ["-coalesce"]
    run = lambda: len(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: E731
    measure(run, int(rounds), float(seconds), resource.RUSAGE_CHILDREN)


main(*sys.argv[1:6])
