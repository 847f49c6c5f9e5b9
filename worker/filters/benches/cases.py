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
    size: str | None = None  # what ImageMagick scales it to
    extra: tuple[str, ...] = ()

    def make(self, folder: Path) -> Path:
        """The file, made by ImageMagick where it is not a photograph as it comes."""
        path = folder / f"{self.name.replace(' ', '-')}.{self.extension}"
        if not path.exists():
            source = PHOTOS / self.source
            if not source.exists():
                raise SystemExit(f"{source} is missing: install Debian's mate-backgrounds")
            scale = ["-resize", self.size] if self.size else []
            subprocess.run(["/usr/bin/convert", source, *scale, *self.extra, "-strip", path], check=True)
        return path


def turning(source: str) -> tuple[str, ...]:
    """Options that make an animation of twenty frames: a window that wanders over the photograph."""
    frames = [["-clone", "0", "-crop", f"480x300+{40 * step}+{20 * step}", "+repage"] for step in range(20)]
    listed = [word for frame in frames for word in ("(", *frame, ")")]
    return (*listed, "-delete", "0", "-set", "delay", "5", "-loop", "0")


Q80 = ("-quality", "80", "-sampling-factor", "4:2:0")
PICTURES = [
    Picture("JPEG 2 MP", "nature/RainDrops.jpg", "jpg", LONG, extra=Q80),
    Picture("JPEG 8 MP", "nature/Elephants_3840x2160.jpg", "jpg", SHORT, extra=Q80),
    Picture("JPEG 18 MP", "nature/Elephants_5640x3172.jpg", "jpg", SHORT, extra=Q80),
    Picture("PNG 2 MP", "abstract/Gulp.png", "png", SHORT),
    Picture("WebP 2 MP", "nature/RainDrops.jpg", "webp", SHORT, extra=("-quality", "80")),
    Picture("GIF 20 frames", "nature/RainDrops.jpg", "gif", ["", "grayscale", "sepia"], extra=turning("")),
]
