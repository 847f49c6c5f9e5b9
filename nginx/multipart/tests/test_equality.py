"""Ten thousand forms, read by our parser, by Python's email and by python-multipart: all tell the same fields and files.

The suite `forms` of tests/run builds examples/account.rs, names it in ACCOUNT, and runs this.
"""

import json
import os
import struct
import subprocess

import pytest

import readers
from bodies import Body, Maker

BATCHES = 20
BODIES = 500


def accounts(bodies: list[Body], spool) -> list[dict]:
    """What our parser makes of them, in one run."""
    sent = b"".join(
        struct.pack(">I", len(body.content_type)) + body.content_type
        + struct.pack(">II", body.piece, len(body.data)) + body.data for body in bodies)
    done = subprocess.run([os.environ["ACCOUNT"], str(spool)], input=sent, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("seed", range(BATCHES))
def test_all_parsers_agree(seed, tmp_path):
    maker = Maker(seed)
    bodies = [maker.body() for _ in range(BODIES)]
    asked = {"email": 0, "python-multipart": 0}
    for number, (body, line) in enumerate(zip(bodies, accounts(bodies, tmp_path), strict=True)):
        about = f"body {number} of seed {seed}, in pieces of {body.piece}: {body.content_type!r}\n{body.data!r}"
        assert "error" not in line, f"{line['error']}\n{about}"
        wanted = readers.account(body.parts)
        assert readers.ours(line) == wanted, about
        if not body.lines_hold_delimiter:
            asked["email"] += 1
            assert readers.account(readers.by_email(body)) == wanted, f"email: {about}"
        if body.plain:
            asked["python-multipart"] += 1
            assert readers.account(readers.by_python_multipart(body)) == wanted, f"python-multipart: {about}"
    assert min(asked.values()) > BODIES / 2, asked
    assert not list(tmp_path.iterdir()), "files stayed behind"
