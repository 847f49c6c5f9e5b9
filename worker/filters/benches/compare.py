#!/usr/bin/python3
"""Times the filter engine beside libvips, photon-rs and libjpeg-turbo, on one photograph and one thread.

Every contestant reads the same JPEG bytes and makes JPEG bytes of quality 80, in a process of its own, so that its
processor time and its peak memory are its own. The best of several rounds counts, in two passes over all of them.
Prints a table and writes target/bench/filters.json.
"""

import json
import os
import resource
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCH = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"
PHOTO = Path("/usr/share/backgrounds/mate/nature/RainDrops.jpg")  # 1920 x 1200, 1.2 MB
REQUIREMENTS = ["pyvips==3.2.0", "cffi==2.1.1", "pycparser==3.12"]
PASSES = 2
ROUNDS = 15
SECONDS = 6.0  # for one contestant and chain; at least two rounds are made

FIVE = "brightness(10)|contrast(20)|saturation(25)|gamma(1.2)|sepia"
EQUATION = "equation(r = r*g + 0.2*b*b, g = max(r, g)*0.9, b = 0.5*b + 0.5*g*r)"
CHAINS = [
    "", "grayscale", "sepia", "invert", "brightness(10)", "contrast(20)", "saturation(25)", "gamma(1.2)", "hue(30)",
    FIVE, EQUATION, "blur(3)", "blur(20)", "sharpen", "resize(width=800)", "crop(800, 600)", "rotate(90)", "flip",
    "halftone", "oil(2)",
]
NAMES = {"": "copy", FIVE: "the five together", EQUATION: "equation, not linear"}
NOT_IN_VIPS = {"halftone", "oil(2)"}
NOT_IN_PHOTON = {EQUATION, "blur(20)"}


def vips_filter(image, name):
    """What in libvips comes nearest to a filter of ours; colours are 8 bits again after each, as its users have it."""
    import pyvips

    luma = [0.2126, 0.7152, 0.0722]

    def matrix(rows):
        return image.recomb(pyvips.Image.new_from_array(rows)).cast("uchar")

    def towards_luma(amount):
        return [[amount * (i == j) + (1 - amount) * luma[j] for j in range(3)] for i in range(3)]

    if name == "equation(r":  # the whole of EQUATION, which is split nowhere else
        r, g, b = (image / 255).bandsplit()
        greater = (r > g).ifthenelse(r, g)
        out = (r * g + 0.2 * b * b).bandjoin([greater * 0.9, 0.5 * b + 0.5 * g * r])
        return (out * 255).cast("uchar").copy(interpretation="srgb")
    filters = {
        "grayscale": lambda: matrix([luma, luma, luma]),
        "sepia": lambda: matrix([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]),
        "invert": lambda: image.invert(),
        "brightness(10)": lambda: image.linear(1, 25.5, uchar=True),
        "contrast(20)": lambda: image.linear(1.2, -25.5, uchar=True),
        "saturation(25)": lambda: matrix(towards_luma(1.25)),
        "gamma(1.2)": lambda: image.gamma(exponent=1 / 1.2),
        "hue(30)": lambda: matrix([[0.7, 0.6, -0.3], [0.05, 0.95, 0.0], [0.4, -0.35, 0.95]]),
        "blur(3)": lambda: image.gaussblur(3),
        "blur(20)": lambda: image.gaussblur(20),
        "sharpen": lambda: image.sharpen(sigma=1),
        "resize(width=800)": lambda: image.resize(800 / image.width),
        "crop(800, 600)": lambda: image.crop((image.width - 800) // 2, (image.height - 600) // 2, 800, 600),
        "rotate(90)": lambda: image.rot90(),
        "flip": lambda: image.fliphor(),
    }
    return filters[name]()


def vips_once(data, chain):
    """The number of bytes that libvips makes of the photograph."""
    import pyvips

    access = "random" if chain == "rotate(90)" else "sequential"
    image = pyvips.Image.new_from_buffer(data, "", access=access)
    if chain == EQUATION:
        image = vips_filter(image, "equation(r")
    else:
        for name in filter(None, chain.split("|")):
            image = vips_filter(image, name)
    return len(image.write_to_buffer(".jpg", Q=80))


def vips_contestant(chain, photo):
    """The part that runs in the process of libvips; prints the same line as the Rust contestant."""
    import pyvips

    pyvips.cache_set_max(0)
    data = Path(photo).read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, best_wall, best_cpu, rounds, size = time.monotonic(), float("inf"), float("inf"), 0, 0
    while rounds < ROUNDS and (rounds < 2 or time.monotonic() - start < SECONDS):
        wall, cpu = time.perf_counter(), time.process_time()
        size = vips_once(data, chain)
        best_wall = min(best_wall, time.perf_counter() - wall)
        best_cpu = min(best_cpu, time.process_time() - cpu)
        rounds += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({
        "wall_ms": best_wall * 1e3, "cpu_ms": best_cpu * 1e3, "peak_mib": peak, "grown_mib": peak - before,
        "bytes": size, "rounds": rounds,
    }))


def prepare_vips():
    """The Python that has pyvips, from a virtual environment of the bench's own."""
    python = BENCH / "venv" / "bin" / "python"
    stamp = BENCH / "venv" / "requirements"
    wanted = "\n".join(REQUIREMENTS)
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(BENCH / "venv", with_pip=True, clear=True)
        # pyvips' own C part is not needed: in its ABI mode it speaks with Debian's libvips.
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    return str(python)


def prepare_rust():
    """The contestant's program, built for release."""
    command = ["cargo", "build", "--release", "-p", "imgfilter-filters", "--example", "contestant"]
    built = subprocess.run(
        [*command, "--message-format=json-render-diagnostics"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    programs = [json.loads(line).get("executable") for line in built.stdout.splitlines()]
    return next(program for program in programs if program and Path(program).name == "contestant")


def contest(command):
    """What one contestant says of itself."""
    environment = {**os.environ, "VIPS_CONCURRENCY": "1", "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"this contestant failed: {' '.join(command)}")
    return json.loads(done.stdout)


def better(first, second):
    """The best times and the least memory of two passes."""
    if first is None:
        return second
    return {key: min(value, second[key]) for key, value in first.items()}


def measure(python, program, photo):
    """Figures by chain and contestant."""
    figures = {chain: {} for chain in CHAINS}
    limits = [str(ROUNDS), str(SECONDS)]
    for number in range(PASSES):
        for chain in CHAINS:
            commands = {"ours": [program, "ours", chain, photo, *limits]}
            if chain == "":
                commands["floor"] = [program, "floor", "", photo, *limits]
            if chain not in NOT_IN_VIPS:
                commands["vips"] = [python, __file__, "--vips", chain, photo]
            if chain not in NOT_IN_PHOTON:
                commands["photon"] = [program, "photon", chain, photo, *limits]
            for who, command in commands.items():
                print(f"\rpass {number + 1}: {who} {NAMES.get(chain, chain)}".ljust(60), end="", file=sys.stderr)
                figures[chain][who] = better(figures[chain].get(who), contest(command))
    print("\r".ljust(61), file=sys.stderr)
    return figures


def table(figures):
    """The figures as lines for people."""
    copy = figures[""]["ours"]["wall_ms"]
    floor = figures[""]["floor"]["wall_ms"]
    head = f"{'':22}|{'imgfilter':^34}|{'libvips':^26}|{'photon-rs':^26}|"
    yield head + " times our   | times    | libvips | photon"
    columns = f"{'chain':22}|{'wall ms':>9}{'cpu ms':>8}{'MiB':>8}{'grown':>8} |"
    columns += 2 * f"{'wall ms':>9}{'cpu ms':>9}{'MiB':>7} |"
    yield columns + " own copy    | turbo    | / ours  | / ours"
    for chain, who in figures.items():
        ours = who["ours"]
        line = f"{NAMES.get(chain, chain):22}|{ours['wall_ms']:9.1f}{ours['cpu_ms']:8.1f}"
        line += f"{ours['peak_mib']:8.0f}{ours['grown_mib']:8.0f} |"
        for other in (who.get("vips"), who.get("photon")):
            if other:
                line += f"{other['wall_ms']:9.1f}{other['cpu_ms']:9.1f}{other['peak_mib']:7.0f} |"
            else:
                line += f"{'-':>9}{'-':>9}{'-':>7} |"
        line += f"{ours['wall_ms'] / copy:9.2f}    |{ours['wall_ms'] / floor:7.2f}   |"
        for other in (who.get("vips"), who.get("photon")):
            line += f"{other['wall_ms'] / ours['wall_ms']:7.2f}  |" if other else f"{'-':>7}  |"
        yield line.rstrip("|")
    turbo = figures[""]["floor"]
    yield f"libjpeg-turbo, decoding and encoding alone: {turbo['wall_ms']:.1f} ms wall, {turbo['cpu_ms']:.1f} ms cpu"


def main():
    if not PHOTO.exists():
        sys.exit(f"{PHOTO} is missing: install Debian's mate-backgrounds")
    BENCH.mkdir(parents=True, exist_ok=True)
    python, program = prepare_vips(), prepare_rust()
    figures = measure(python, program, str(PHOTO))
    print(f"{PHOTO.name}, JPEG to JPEG of quality 80, one thread, best of {PASSES * ROUNDS} rounds")
    for line in table(figures):
        print(line)
    named = {NAMES.get(chain, chain): who for chain, who in figures.items()}
    (BENCH / "filters.json").write_text(json.dumps(named, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--vips"]:
        vips_contestant(*sys.argv[2:4])
    else:
        main()
