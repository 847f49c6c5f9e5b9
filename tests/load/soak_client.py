"""Clients of the soak: most send good uploads and insist, some leave midway, some send nonsense."""

import json
import random
from collections.abc import Callable

from . import pictures
from .uploader import Tally, Upload, Uploader

SMALLEST, LARGEST = 1_000, 20_000_000
"""Bytes of an image; their logarithms are spread evenly."""


class SoakClient(Uploader):
    """A tenth of its uploads is left midway, a tenth is malformed."""

    def __init__(self, url: str, following: Callable[[], int | None], tally: Tally, seed: int, promised: Callable[[str], str | None]):
        super().__init__(url, following, tally)
        self.seed = seed
        self.promised = promised

    def work(self, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")
        size = int(SMALLEST * (LARGEST / SMALLEST) ** chance.random())
        picture = pictures.png(size, chance.choice([16, 32]))
        {0: self.give_up, 1: self.nonsense}.get(number % 10, self.keep_on)(number, chance, picture)

    def keep_on(self, number: int, chance: random.Random, picture: bytes) -> None:
        """A good upload, until it is accepted."""
        upload = Upload("PUT", "/images?filters=grayscale", picture, "image/png")
        if chance.random() < 0.5:
            upload = Upload("POST", "/images", pictures.form(picture, "grayscale"), pictures.FORM_TYPE)
        if task := self.insist(number, f"soak-{self.seed}-{number}", upload):
            if complaint := self.promised(task["id"]):
                self.tally.complain(f"upload {number}: {complaint}")
            self.tally.accept(task["id"])

    def give_up(self, _number: int, chance: random.Random, picture: bytes) -> None:
        """A good upload, but for its end."""
        form = pictures.form(picture, "grayscale")
        self.leave(Upload("POST", "/images", form, pictures.FORM_TYPE), chance.randrange(len(form) - 40))

    def nonsense(self, number: int, chance: random.Random, picture: bytes) -> None:
        """Something that must be refused; whoever is refused early may not get to read why."""
        form = pictures.form(picture, "grayscale")
        kind, target, body = chance.choice([
            (pictures.FORM_TYPE, "/images", form[:-30]),
            (pictures.FORM_TYPE, "/images", pictures.form(picture, "no_such_filter")),
            (pictures.FORM_TYPE, "/images", form.replace(b"\r\n", b"\n", 3)),
            (pictures.FORM_TYPE, "/images", pictures.form(chance.randbytes(len(picture)), "grayscale")),
            ("multipart/form-data", "/images", form),
            ("image/png", "/images?filters=blur(", picture),
        ])
        status, answer = self.ask("POST", target, body, {"Content-Type": kind})
        self.tally.add(f"malformed: {status or 'no answer'}")
        if status not in (0, 503) and (not 400 <= status < 500 or "code" not in json.loads(answer)):
            self.tally.complain(f"malformed upload {number}: {status} {answer[:300]!r}")
