"""openapi.json as a page."""

from page import code, frame, slug, text
from shapes import anchor, field, fields, kind, shape

# What addresses are for; the first that fits says it.
GROUPS = {
    "/images": "Uploads",
    "/uploads": "Uploads in pieces",
    "/tasks": "Tasks",
    "/d/": "Results",
    "/me/": "Notifications",
    "/deliveries": "Notifications",
    "/push-key": "Notifications",
    "/": "The service",
}


def page(description: dict) -> str:
    """The whole page."""
    reference = Reference(description)
    groups: dict[str, list[Operation]] = {}
    for path, operations in description["paths"].items():
        group = next(name for start, name in GROUPS.items() if path.startswith(start))
        groups.setdefault(group, []).extend(shown(path, operations))
    parts = [f"<p>{text(description['info']['description'])}</p>\n", reference.security()]
    contents = []
    for group, operations in groups.items():
        parts += [f'<h2 id="{slug(group)}">{group}</h2>\n', *(reference.operation(each) for each in operations)]
        contents.append(listed(group, [(each.anchor, f"{each.badge} {each.path}") for each in operations]))
    schemas = description["components"]["schemas"]
    parts += ['<h2 id="schemas">Schemas</h2>\n', *(schema(name, each) for name, each in schemas.items())]
    contents.append(listed("Schemas", [(anchor(name), name) for name in schemas]))
    return frame("docs", "API", "".join(contents), "".join(parts))


def listed(group: str, entries: list[tuple[str, str]]) -> str:
    """A part of the table of contents."""
    items = "".join(f'<li><a href="#{fragment}">{words}</a></li>' for fragment, words in entries)
    return f'<h2><a href="#{slug(group)}">{group}</a></h2>\n<ul>{items}</ul>\n'


def schema(name: str, content: dict) -> str:
    about = f"<p>{text(content['description'])}</p>\n" if "description" in content else ""
    return f'<section id="{anchor(name)}" data-search="{name}">\n<h3>{name}</h3>\n{about}{shape(content)}</section>\n'


class Operation:
    """One method of a path; and HEAD with it, where that answers like GET."""

    def __init__(self, method: str, path: str, content: dict, also: str = ""):
        self.method, self.path, self.content, self.also = method.upper(), path, content, also
        self.anchor = slug(f"{method} {path}")

    @property
    def badge(self) -> str:
        return f'<span class="method {self.method.lower()}">{self.method}</span>'


def shown(path: str, operations: dict) -> list[Operation]:
    """What of a path has a section of its own."""
    alike = "head" in operations and operations["head"]["summary"].startswith("As GET")
    return [Operation(method, path, content, "HEAD" if alike and method == "get" else "")
            for method, content in operations.items() if not (alike and method == "head")]


class Reference:
    """Makes markup of operations, and knows where what they refer to is."""

    def __init__(self, description: dict):
        self.description = description

    def find(self, content: dict) -> dict:
        """What a `$ref` to a parameter or response leads to."""
        if "$ref" not in content:
            return content
        found = self.description
        for name in content["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def security(self) -> str:
        schemes = self.description["components"]["securitySchemes"].values()
        return "".join(f"<p>{text(each['description'])}</p>\n" for each in schemes if "description" in each)

    def operation(self, operation: Operation) -> str:
        content = operation.content
        about = f"<p>{text(content['description'])}</p>\n" if "description" in content else ""
        also = f' <span class="kind">{operation.also} says the same without a body</span>' if operation.also else ""
        return (
            f'<section id="{operation.anchor}" data-search="{operation.method} {operation.path}">\n'
            f"<h3>{operation.badge} {code(operation.path)}</h3>\n<p><strong>{text(content['summary'])}</strong>{also}</p>\n{about}"
            f"{self.keys(content)}{self.parameters(content)}{self.body(content)}{self.responses(content)}</section>\n")

    def keys(self, content: dict) -> str:
        """Whether an API key is needed."""
        ways = content.get("security", [])
        if not any(ways):
            return ""
        words = "An API key, if the service asks for one." if {} in ways else "Needs an API key."
        return f'<p class="kind">{words}</p>\n'

    def parameters(self, content: dict) -> str:
        found = [self.find(each) for each in content.get("parameters", [])]
        lines = [field(each["name"], each["schema"], each.get("required", False), each.get("description", ""), each["in"])
                 for each in found]
        return f'<h4>Parameters</h4>\n<dl class="fields">\n{"".join(lines)}</dl>\n' if lines else ""

    def body(self, content: dict) -> str:
        body = content.get("requestBody")
        if not body:
            return ""
        about = f"<p>{text(body['description'])}</p>\n" if "description" in body else ""
        return f"<h4>Body</h4>\n{about}{''.join(self.media(*each) for each in body['content'].items())}"

    def media(self, name: str, content: dict) -> str:
        schema = content.get("schema", {})
        if "properties" in schema:
            return f"<p>{code(name)}</p>\n{fields(schema)}"
        return f"<p>{code(name)}: {kind(schema)}</p>\n"

    def responses(self, content: dict) -> str:
        """What is answered; errors are many, and folded up."""
        all_of_them = {status: self.find(each) for status, each in content["responses"].items()}
        good = "".join(self.response(*each) for each in all_of_them.items() if each[0] < "400")
        errors = "".join(self.response(*each) for each in sorted(all_of_them.items()) if each[0] >= "400")
        folded = f'<details><summary>Errors</summary>\n<dl class="fields">\n{errors}</dl>\n</details>\n' if errors else ""
        return f'<h4>Answers</h4>\n<dl class="fields">\n{good}</dl>\n{folded}'

    def response(self, status: str, content: dict) -> str:
        kinds = [f"{code(name)} {kind(each['schema'])}" if "schema" in each else code(name)
                 for name, each in content.get("content", {}).items()]
        headers = [field(name, each.get("schema", {}), False, each.get("description", ""))
                   for name, each in ((name, self.find(each)) for name, each in content.get("headers", {}).items())]
        below = f'<dl class="fields">\n{"".join(headers)}</dl>' if headers else ""
        marks = f' <span class="kind">{" · ".join(kinds)}</span>' if kinds else ""
        return f"<dt>{code(status)}{marks}</dt><dd>{text(content['description'])}{below}</dd>\n"
