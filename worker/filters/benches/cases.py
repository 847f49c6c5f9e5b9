"""What is measured: pictures, chains, and who takes part."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

PHOTOS = Path("/usr/share/backgrounds/mate")

FIVE = "brightness(10)|contrast(20)|saturation(25)|gamma(1.2)|sepia"
TEN = f"{FIVE}|hue(20)|invert|contrast(-10)|saturation(-20)|brightness(-5)"
EQUATION = "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = 0.5*b + 0.5*g*r)"
POWERS = "equation(r = r^(0.5 + luma), g = g*exp(-2*x), b = sin(b*3*y))"
NAMES = {"": "copy", FIVE: "five filters", TEN: "ten filters", EQUATION: "equation, products", POWERS: "equation, powers"}

SHORT = ["", "grayscale", "sepia", FIVE, EQUATION, "blur(3)", "sharpen", "resize(width=800)"]
LONG = [
    "", "grayscale", "sepia", "invert", "brightness(10)", "contrast(20)", "saturation(25)", "gamma(1.2)", "hue(30)", FIVE, TEN,
    EQUATION, POWERS, "blur(3)", "blur(20)", "sharpen", "resize(width=800)", "crop(800, 600)", "rotate(90)", "flip",
    "median(2)",
]


@dataclass(frozen=True)
class Picture:
    """An input file and the chains that are run on it; the result has the input's format."""

    name: str
    source: str
    extension: str
    chains: list[str]
    size: str | None = None  # the photograph and its mirror images side by side, cut to this size
    extra: tuple[str, ...] = ()

    def make(self, folder: Path) -> Path:
        """The file, made by ImageMagick where it is not a photograph as it comes."""
        path = folder / f"{self.name.replace(' ', '-')}.{self.extension}"
        if not path.exists():
            source = PHOTOS / self.source
            if not source.exists():
                raise SystemExit(f"{source} is missing: install Debian's mate-backgrounds")
            # Mirrored, so that there is as much to see in each pixel as in the photograph itself; scaled up there would
            # be less, and decoding and encoding would be too cheap.
            viewport = ["-set", "option:distort:viewport", self.size] if self.size else []
            mirrored = ["-virtual-pixel", "mirror", "-filter", "point", *viewport, "-distort", "SRT", "0"]
            command = ["/usr/bin/convert", source, *(mirrored if self.size else []), *self.extra, "-strip", path]
            subprocess.run(command, check=True)
        return path


def turning(source: str) -> tuple[str, ...]:
    """Options that make an animation of twenty frames: a window that wanders over the photograph."""
    frames = [["-clone", "0", "-crop", f"480x300+{40 * step}+{20 * step}", "+repage"] for step in range(20)]
    listed = [word for frame in frames for word in ("(", *frame, ")")]
    return (*listed, "-delete", "0", "-set", "delay", "5", "-loop", "0")


Q80 = ("-quality", "80", "-sampling-factor", "4:2:0")
# 1 bit a pixel in JPEG, as cameras' pictures have at this quality; the other photographs at hand have half of it.
DUNE = "nature/Dune.jpg"
PICTURES = [
    Picture("JPEG 2 MP", DUNE, "jpg", LONG, "1920x1200", Q80),
    Picture("JPEG 8 MP", DUNE, "jpg", SHORT, "3840x2160", Q80),
    Picture("JPEG 24 MP", DUNE, "jpg", SHORT, "6000x4000", Q80),
    Picture("PNG 2 MP", "abstract/Gulp.png", "png", SHORT),
    Picture("WebP 2 MP", DUNE, "webp", SHORT, "1920x1200", ("-quality", "80")),
    Picture("GIF 20 frames", "nature/RainDrops.jpg", "gif", ["", "grayscale", "sepia"], extra=turning("")),
]
