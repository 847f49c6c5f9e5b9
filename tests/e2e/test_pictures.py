"""What the filters do to pixels, beside numpy and ImageMagick. Results are asked for as PNG, so that only the filter counts."""

import io
import subprocess

import numpy
import pytest
from PIL import Image

from pictures import (EQUATION, RAIN, SEPIA, TRANSPARENT, animation, difference, frames, magick, matrix, pixels, shown_size,
                      small)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photograph without loss: what goes in is known to the last bit."""
    return small(tmp_path_factory.mktemp("photo"), width=640)


def one(client, chain: str, photo, *forms: str) -> numpy.ndarray:
    (file,) = client.results(f"filters={chain}", "format=png", *forms, image=photo)
    return pixels(file)


def apply(stack, chain: str, photo, output, *more: str) -> numpy.ndarray:
    stack.command("apply", str(photo), "-f", chain, "-o", str(output), *more)
    return pixels(output)


def test_the_equation_is_the_sepia_matrix(client, photo):
    expected = matrix(pixels(photo), SEPIA)
    assert difference(one(client, EQUATION, photo), expected)[2] <= 1
    assert difference(one(client, "sepia", photo), expected)[2] <= 1


def test_the_equation_on_a_local_file(stack, photo, tmp_path):
    assert difference(apply(stack, EQUATION, photo, tmp_path / "out.png"), matrix(pixels(photo), SEPIA))[2] <= 1


def test_service_and_local_program_agree(client, stack, photo, tmp_path):
    chain = "brightness(10)|contrast(20)|saturation(-30)|gamma(1.4)|sepia(0.5)|blur(2)"
    assert difference(one(client, chain, photo), apply(stack, chain, photo, tmp_path / "out.png"))[2] == 0


def test_blur_is_a_gaussian(client, photo):
    expected = pixels(magick(photo, "-blur", "0x3"))
    assert difference(one(client, "blur(3)", photo), expected, border=12)[2] <= 2


def test_invert(client, photo):
    assert difference(one(client, "invert", photo), 255 - pixels(photo))[2] == 0


def test_flip_and_rotate_move_pixels_and_change_none(client, photo):
    plain = pixels(photo)
    assert difference(one(client, "flip(horizontal)", photo), plain[:, ::-1])[2] == 0
    assert difference(one(client, "rotate(90)", photo), numpy.rot90(plain, -1))[2] == 0


def test_crop(client, photo):
    assert difference(one(client, "crop(x=10, y=20, width=300, height=200)", photo), pixels(photo)[20:220, 10:310])[2] == 0


def test_resize_is_close_to_lanczos(client, photo):
    expected = pixels(magick(photo, "-filter", "Lanczos", "-resize", "320x200!"))
    mean, most, _ = difference(one(client, "resize(width=320)", photo), expected)
    assert mean < 1 and most < 12, (mean, most)


def test_an_animation_stays_one(client, tmp_path):
    file, delays = animation(tmp_path)
    task = client.finished("filters=grayscale", image=file)
    assert task["image"]["frames"] == len(delays)
    result = client.download(task["results"][0]["url"])
    assert shown_size(result) == ("GIF", 320, 240)
    shown, got = frames(result)
    assert got == delays
    originals, _ = frames(file.read_bytes())
    for frame, original in zip(shown, originals, strict=True):
        assert numpy.ptp(frame, axis=2).max() == 0, "a pixel is not grey"
        grey = original @ [0.2126, 0.7152, 0.0722]
        assert numpy.abs(frame[..., 0] - grey).mean() < 3


def test_transparency_goes_through(client):
    (file,) = client.results("filters=invert", image=TRANSPARENT)
    before, after = (numpy.asarray(Image.open(each).convert("RGBA"), dtype=int) for each in (TRANSPARENT, io.BytesIO(file)))
    assert numpy.abs(before[..., 3] - after[..., 3]).max() == 0
    seen = before[..., 3] > 0
    assert numpy.abs(255 - before[..., :3] - after[..., :3])[seen].max() <= 1


def test_transparency_goes_over_white_in_a_jpeg(client):
    (file,) = client.results("format=jpeg", "quality=95", image=TRANSPARENT)
    rgba = Image.open(TRANSPARENT).convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    white.alpha_composite(rgba)
    mean, _, _ = difference(pixels(file), numpy.asarray(white.convert("RGB"), dtype=float))
    assert mean < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_metadata_dropped(client, tmp_path, orientation):
    image = Image.open(RAIN).resize((160, 100))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "a secret place"
    file = tmp_path / "turned.jpg"
    image.save(file, quality=95, exif=exif)
    upright = magick(file, "-auto-orient")
    (result,) = client.results("format=png", image=file)
    assert difference(pixels(result), pixels(upright))[0] < 2
    (jpeg,) = client.results(image=file)
    assert b"a secret place" not in jpeg and not Image.open(io.BytesIO(jpeg)).getexif()


def test_the_local_program_explains_a_mistake(stack, photo, tmp_path):
    program = str(stack.plan.build.program)
    done = subprocess.run([program, "apply", photo, "-f", "grayscael", "-o", tmp_path / "out.png"], capture_output=True, text=True)
    assert done.returncode != 0 and "grayscale" in done.stderr
    assert not (tmp_path / "out.png").exists()
