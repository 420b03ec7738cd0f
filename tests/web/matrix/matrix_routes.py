"""The routes of the API as its OpenAPI document tells them, each with a request that passes validation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from recstore.model import Kind

Json = dict[str, Any]
# What names something by an id, in a path, a query or a body.
SLOTS = {
    "item_id": "items", "item": "items", "user_id": "users", "user": "users",
    "domain_id": "domains", "vmr_id": "vmrs",
    "consent_id": "consents", "consent": "consents", "request_id": "requests",
}  # fmt: skip
# What recorders choose themselves: a foreign one is just another name.
REFS = {"call_ref", "recording_ref", "transcript_ref"}
BYTES = b"a few bytes"


@dataclass(frozen=True)
class Route:
    """A path and method, with a body and a query that are made up from its schemas."""

    method: str
    path: str
    asks: str | None
    parameters: frozenset[str]
    query: Mapping[str, str]
    body: Json | bytes | None
    sends: str = "json"  # how the test client names what a body is written in

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> Kind:
        """Give the kind of item that it is about."""
        return Kind.TRANSCRIPT if "/transcripts" in self.path else Kind.RECORDING

    @property
    def is_admins(self) -> bool:
        return self.path.removeprefix("/api/v1").startswith("/admin")

    @property
    def is_operators(self) -> bool:
        return self.path.removeprefix("/api/v1").startswith("/support")

    @property
    def is_recorders(self) -> bool:
        return self.path.startswith("/api/v1/calls/")

    @property
    def slots(self) -> dict[str, str]:
        """Give the ids that the request carries: parameter → what they name."""
        of_body = self.body.keys() if isinstance(self.body, dict) else ()
        return {name: SLOTS[name] for name in (*self.parameters, *self.query, *of_body) if name in SLOTS}

    def fill(self, ids: Mapping[str, UUID | str]) -> tuple[str, Json]:
        """Give path and options of the request that carries these ids."""
        path = self.path
        for name in self.parameters:
            path = path.replace(f"{{{name}}}", str(ids.get(name, "call-1")))
        options: Json = {}
        if self.query:
            options["query_string"] = {name: str(ids.get(name, value)) for name, value in self.query.items()}
        if isinstance(self.body, bytes):
            options["data"] = self.body
        elif self.body is not None:
            options[self.sends] = {
                name: str(ids[name]) if name in ids else value for name, value in self.body.items()
            }
        return path, options


def read_routes(document: Json) -> Iterator[Route]:
    """Give every operation of the document."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = [resolve(one, document) for one in operation.get("parameters", [])]
            required = [one for one in parameters if one["in"] == "query" and one.get("required")]
            yield Route(
                method=method.upper(),
                path=path,
                asks=operation.get("x-asks"),
                parameters=frozenset(one["name"] for one in parameters if one["in"] == "path"),
                query={one["name"]: str(make(one["schema"], document)) for one in required},
                body=make_body(operation.get("requestBody", {}).get("content", {}), document),
            )


def make_body(content: Json, document: Json) -> Json | bytes | None:
    if "application/json" in content:
        made: Json = make(content["application/json"]["schema"], document)
        return made
    return BYTES if content else None


def make(schema: Json, document: Json) -> Any:
    """Make up what a schema describes: the first of each choice, and every field."""
    schema = resolve(schema, document)
    if schema.get("examples"):
        return schema["examples"][0]
    for fixed in ("example", "const"):
        if fixed in schema:
            return schema[fixed]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return make(schema[choice][0], document)
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in make(part, document).items()}
    return make_of_type(schema, document)


def make_of_type(schema: Json, document: Json) -> Any:
    match schema.get("type"):
        case "object":
            return {name: make(part, document) for name, part in schema.get("properties", {}).items()}
        case "array":
            parts = schema.get("prefixItems") or [schema["items"]] * max(1, schema.get("minItems", 1))
            return [make(part, document) for part in parts]
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "string":
            return FORMATS.get(schema.get("format", ""), "some words")
        case _:
            return None


FORMATS = {"uuid": str(uuid4()), "date-time": "2999-01-01T00:00:00Z", "date": "2999-01-01"}


def resolve(schema: Json, document: Json) -> Json:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema
