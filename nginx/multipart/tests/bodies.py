"""Forms as clients may send them: legal, and as odd as the standards allow (RFC 2046, RFC 7578, RFC 8187).

What two readers take differently by design is not made here:

- bare LF or CR at the ends of header lines and boundaries: ours refuses it, others take it;
- control characters in header lines: ours refuses them;
- a delimiter within content, even one that goes on as something else: the standard forbids it, ours refuses it;
- a backslash before a quote or at the end of a name: Python's email takes `\\\\"` for an escaped quote.
"""

import random
import urllib.parse
from dataclasses import dataclass, field

BOUNDARY_CHARACTERS = "0123456789ABCXYZabcxyz'()+_,-./:=?"
WORDS = ["image", "filters", "a", "b c", "x[]", "ключ", "画像", "naïve", "Ünï", "emoji 🖼", "a;b", "a=b", "x; filename=evil",
         "100%", "%41%0a", "%", "a'b", "a,b", "--", "(x)", "tab\tbed", " lead", "trail ", "C:\\photos\\p.png", "a/b\\c"]
TYPES = ["image/png", "image/jpeg", "application/octet-stream", "text/plain; charset=utf-8", "x/y;a=\"b;c\"", ""]


@dataclass
class Part:
    """What a part says, as its reader should understand it."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


@dataclass
class Body:
    """One form, and which readers can be asked about it."""

    content_type: bytes
    boundary: bytes
    data: bytes
    piece: int
    parts: list[Part] = field(default_factory=list)
    plain: bool = True
    """Without preamble, white space after boundaries and folded lines, which python-multipart does not read."""
    lines_hold_delimiter: bool = False
    """Content has a line that Python's email takes for a delimiter, since it takes any line end for CR LF, and the end of
    the header for the line end that belongs to a delimiter."""


class Maker:
    """Makes one body after the other; the same seed makes the same ones."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def body(self) -> Body:
        choose = self.random.choice
        boundary = self.boundary()
        quoted = any(character in boundary for character in "'()+,/:=? ") or self.chance(0.3)
        shown = f'"{boundary}"' if quoted else boundary
        content_type = choose(["multipart/form-data; boundary={}", "Multipart/Form-Data;BOUNDARY={}",
                               "multipart/form-data; charset=utf-8; boundary={}", "multipart/form-data ; boundary={} ; a=b"])
        body = Body(content_type.format(shown).encode(), boundary.encode(), b"", choose([1, 2, 3, 7, 64, 1000, 4096, 1 << 20]))
        delimiter = b"--" + body.boundary
        out = [self.preamble(body)]
        for _ in range(choose([0, 1, 1, 1, 2, 2, 3, 5, 8, 20])):
            out += [delimiter, self.padding(body), b"\r\n", *self.part(body), b"\r\n"]
        out += [delimiter, b"--", self.epilogue(body)]
        body.data = b"".join(out)
        body.plain = body.plain and bool(body.parts)
        return body

    def boundary(self) -> str:
        if self.chance(0.4):
            return self.random.choice(["----WebKitFormBoundary7MA4YWxk", "-" * 24 + "d74496d66958873e", "0", "-", "B" * 70])
        inner = "".join(self.random.choices(BOUNDARY_CHARACTERS + " ", k=self.random.randrange(70)))
        return inner.strip() + self.random.choice(BOUNDARY_CHARACTERS)

    def preamble(self, body: Body) -> bytes:
        if self.chance(0.85):
            return b""
        body.plain = False
        return self.random.choice([b"\r\n", b"This is a form.\r\n", b"\r\n\r\n--\r\n", b"-- " + body.boundary + b"\r\n",
                                   b"x--" + body.boundary + b"\r\n"])

    def padding(self, body: Body) -> bytes:
        if self.chance(0.97):
            return b""
        body.plain = False
        return self.random.choice([b" ", b"\t", b" \t  "])

    def epilogue(self, body: Body) -> bytes:
        end = b"--" + body.boundary
        return self.random.choice([b"\r\n", b"\r\n", b"", b"\r\n\r\n", b"\r\nepilogue", b"\r\n" + end + b"\r\nA: 1\r\n\r\nx\r\n" + end + b"--"])

    def part(self, body: Body) -> list[bytes]:
        part = Part("", None, "", self.content(body))
        lines = [self.disposition(body, part)] if self.chance(0.97) else []
        if self.chance(0.5):
            part.content_type = self.random.choice(TYPES)
            lines.append(self.header(b"Content-Type", part.content_type.encode()))
        if self.chance(0.2):
            lines.append(self.header(b"X-Other", b'form-data; name="no"; filename="no"'))
        self.random.shuffle(lines)
        body.parts.append(part)
        return [*(line + b"\r\n" for line in lines), b"\r\n", part.content]

    def header(self, name: bytes, value: bytes) -> bytes:
        name = self.random.choice([name, name, name.lower(), name.upper()])
        return name + self.random.choice([b": ", b": ", b":", b":  "]) + value + self.random.choice([b"", b"", b" "])

    def disposition(self, body: Body, part: Part) -> bytes:
        """Content-Disposition; what it says is written into `part`."""
        parameters = []
        if self.chance(0.95):
            part.name, written = self.text()
            parameters.append(b"name=" + written)
        if self.chance(0.5):
            part.filename, written = self.text()
            if self.chance(0.1):
                part.filename, written = "", b'""'
            parameters.append(self.random.choice([b"filename=", b"filename=", b"FileName="]) + written)
        if self.chance(0.15):
            part.filename = self.random.choice([word for word in WORDS if "%22" not in word])
            parameters.append(b"filename*=" + self.extended(part.filename))
        self.random.shuffle(parameters)
        gap = self.random.choice([b"; ", b"; ", b";", b" ; "])
        if self.chance(0.05):
            gap = self.random.choice([b";\r\n ", b";\r\n\t"])
            body.plain = False
        kind = self.random.choice([b"form-data", b"form-data", b"form-data", b"Form-Data", b"attachment"])
        return self.header(b"Content-Disposition", gap.join([kind, *parameters]))

    def text(self) -> tuple[str, bytes]:
        """A name, and how a client writes it."""
        word = self.random.choice(WORDS)
        if self.chance(0.3):
            word += self.random.choice(WORDS)
        style = self.random.choice(["browser", "curl", "curl", "token", "latin-1"])
        if style == "token":
            word = "".join(c for c in word if c.isascii() and c.isalnum()) or "t"
            return word, word.encode()
        if style == "latin-1":
            word = "".join(self.random.choices("aé\u00ff\u00a0ü", k=4)) + "é"
            return word, b'"' + word.encode("latin-1") + b'"'
        if self.chance(0.3):
            word = self.random.choice(['"', 'say "hi"', 'a"; filename="evil']) + word
        if style == "browser":
            return word, b'"' + word.replace('"', "%22").encode() + b'"'
        return word, b'"' + word.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'

    def extended(self, text: str) -> bytes:
        charset = "utf-8"
        if all(ord(character) < 256 for character in text) and self.chance(0.3):
            charset = "iso-8859-1"
        shown = self.random.choice([charset, charset.upper()]) + self.random.choice(["''", "'en'"])
        return shown.encode() + urllib.parse.quote(text.encode(charset), safe="").encode()

    def content(self, body: Body) -> bytes:
        """Bytes full of what a delimiter is made of, but for one."""
        near = b"\r\n--" + body.boundary
        pieces = [b"\r\n", b"\r", b"\n", b"-", b"--", b"\r\n--", near[:-1], b"x" + near[2:], b"\r\n-" + near[2:],
                  b"\r\n --" + body.boundary, near[:5].upper(), b"\0", b"text", b"\xff\xfe"]
        if self.chance(0.1):
            pieces += [near[2:], b"\n" + near[2:], b"\r" + near[2:]]
        made = b""
        for _ in range(self.random.choice([0, 0, 1, 2, 4, 10])):
            made += self.random.choice(pieces) if self.chance(0.6) else self.random.randbytes(self.random.choice([1, 30, 300]))
        if self.chance(0.02):
            made += self.random.randbytes(self.random.randrange(50_000))
        while near in made + b"\r\n":
            made = made.replace(near, b"")
        for line in (b"\r" + near[2:], b"\n" + near[2:]):
            body.lines_hold_delimiter |= line in b"\n" + made
        return made
