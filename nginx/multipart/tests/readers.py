"""Forms as other people's parsers read them, put into the words of our account."""

import email
import email.message
import hashlib
import urllib.parse

from multipart.multipart import MultipartParser, parse_options_header

from bodies import Body, Part

Account = tuple[list[tuple[str, str]], list[tuple[str, str, str, int, str]]]
"""Fields with names and values; files with names, file names, types, sizes and digests."""


def account(parts: list[Part]) -> Account:
    """Parts in the words of our account: an empty file name is none, a path is no part of a name."""
    fields, files = [], []
    for part in parts:
        if part.filename:
            digest = hashlib.sha256(part.content).hexdigest()
            files.append((part.name, base_name(part.filename), part.content_type, len(part.content), digest))
        else:
            fields.append((part.name, part.content.decode(errors="replace")))
    return fields, files


def base_name(path: str) -> str:
    """The last component of a path of any system, without control characters."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join("_" if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in name)


def ours(line: dict) -> Account:
    """An account as our parser writes it."""
    assert not line["bare"] and not line["dropped"]
    fields = [(each["name"], each["value"]) for each in line["fields"]]
    return fields, [tuple(each[key] for key in ("name", "filename", "content_type", "size", "sha256")) for each in line["files"]]


def text(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("latin-1")


def form_text(written: bytes | None) -> str | None:
    """A name as browsers write one: neither parser knows of their %22."""
    return None if written is None else text(written).replace("%22", '"')


def by_email(body: Body) -> list[Part]:
    """Python's own parser of mail."""
    message = email.message_from_bytes(b"Content-Type: " + body.content_type + b"\r\n\r\n" + body.data)
    assert message.get_boundary().encode() == body.boundary
    payload = message.get_payload()
    # Without a part it takes the form for one text.
    return [read_message(part) for part in payload] if isinstance(payload, list) else []


def read_message(message: email.message.Message) -> Part:
    headers = {name.lower(): value.encode("ascii", "surrogateescape").replace(b"\r\n", b"").strip()
               for name, value in message.raw_items()}
    part = Part("", None, text(headers.get("content-type", b"")), message.get_payload(decode=True))
    # Its headers are text; Latin-1 keeps every byte.
    plain = email.message.Message()
    plain["Content-Disposition"] = headers.get("content-disposition", b"").decode("latin-1")
    for name, value in plain.get_params([], "content-disposition")[1:]:
        if isinstance(value, tuple):
            charset, _, escaped = value
            part.filename = escaped.encode("latin-1").decode(charset)
        elif name.lower() == "name":
            part.name = form_text(value.encode("latin-1"))
        elif name.lower() == "filename":
            part.filename = form_text(value.encode("latin-1"))
    return part


def by_python_multipart(body: Body) -> list[Part]:
    """The parser of Starlette and FastAPI."""
    parts, name, value = [], bytearray(), bytearray()
    headers: dict[bytes, bytes] = {}

    def header_end() -> None:
        headers[bytes(name).lower()] = bytes(value).strip()
        name.clear()
        value.clear()

    def headers_finished() -> None:
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        filename = form_text(options.get(b"filename"))
        if extended := options.get(b"filename*"):
            charset, _, escaped = extended.decode().split("'", 2)
            filename = urllib.parse.unquote(escaped, charset)
        parts.append(Part(form_text(options.get(b"name", b"")), filename, text(headers.get(b"content-type", b"")), b""))
        headers.clear()

    contents: list[bytearray] = []
    parser = MultipartParser(body.boundary, {
        "on_part_begin": lambda: contents.append(bytearray()),
        "on_part_data": lambda data, start, end: contents[-1].extend(data[start:end]),
        "on_header_field": lambda data, start, end: name.extend(data[start:end]),
        "on_header_value": lambda data, start, end: value.extend(data[start:end]),
        "on_header_end": header_end,
        "on_headers_finished": headers_finished,
    })
    parser.logger.disabled = True
    parser.write(body.data)
    parser.finalize()
    for part, content in zip(parts, contents, strict=True):
        part.content = bytes(content)
    return parts
