"""Schemas of openapi.json, as lists of fields."""

import json

from page import code, slug, text

# What the words of a schema mean for a reader; `{}` is its value.
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "default": "{} unless said otherwise",
}
# What is said elsewhere in the line, or is for programs alone.
ELSEWHERE = {"type", "format", "description", "properties", "required", "items", "oneOf", "enum", "const", "$ref", "readOnly",
             "additionalProperties", "pattern", "contentMediaType"}


class UnknownWord(Exception):
    """A schema says something that these pages do not know how to show."""


def reference(address: str) -> str:
    """A link to a named schema."""
    name = address.removeprefix("#/components/schemas/")
    return f'<a href="#{anchor(name)}">{name}</a>'


def anchor(name: str) -> str:
    return f"schema-{slug(name)}"


def kind(schema: dict) -> str:
    """What a value is: its type, or the schema that says so."""
    if "$ref" in schema:
        return reference(schema["$ref"])
    if "oneOf" in schema:
        return " or ".join(kind(each) for each in schema["oneOf"])
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "items" in schema:
        return f"array of {kind(schema['items'])}"
    if "contentMediaType" in schema:
        return f"bytes, {code(schema['contentMediaType'])}"
    types = schema.get("type", "string" if "enum" in schema else "any value")
    words = " or ".join(types) if isinstance(types, list) else types
    return f"{words}, {schema['format']}" if "format" in schema else words


def limits(schema: dict) -> str:
    """What a value may be, in words; empty where anything goes."""
    unknown = schema.keys() - LIMITS.keys() - ELSEWHERE
    if unknown:
        raise UnknownWord(f"{', '.join(sorted(unknown))} in {schema}")
    # What items may be is said of them.
    said = [words.format(code(json.dumps(schema[word]))) for word, words in LIMITS.items() if word in schema]
    if "pattern" in schema:
        said.append(f"as {code(schema['pattern'])}")
    if schema.get("readOnly"):
        said.append("read only")
    if "items" in schema and (of_items := limits(schema["items"])):
        said.append(f"each {of_items}")
    if "enum" in schema:
        said.append("one of " + " ".join(code(each) for each in schema["enum"]))
    return ", ".join(said)


def field(name: str, schema: dict, required: bool, about: str = "", where: str = "") -> str:
    """A line of a list of fields, and what belongs to it beneath."""
    marks = [kind(schema), *([f"in the {where}"] if where else []), *(["<b>required</b>"] if required else [])]
    about = about or schema.get("description", "")
    lines = [text(about)] if about else []
    if said := limits(schema):
        lines.append(f'<span class="limits">{said}</span>')
    inner = schema.get("items", schema)
    below = fields(inner) if "properties" in inner else ""
    return (f'<dt>{code(name)} <span class="kind">{" · ".join(marks)}</span></dt>'
            f'<dd>{"<br>".join(lines)}{below}</dd>\n')


def fields(schema: dict) -> str:
    """The properties of an object."""
    required = schema.get("required", ())
    lines = [field(name, each, name in required) for name, each in schema["properties"].items()]
    return f'<dl class="fields">\n{"".join(lines)}</dl>\n'


def shape(schema: dict) -> str:
    """A schema that stands alone, as markup of its own."""
    if "properties" in schema:
        return fields(schema)
    said = limits(schema)
    return f"<p>{kind(schema)}{': ' if said else ''}{said}</p>\n"
