"""What the OpenAPI document says beside the shapes: security, ranges, bodies that are streams."""

from typing import Any

from recstore.ingest.documents import CallDocument, TranscriptDocument

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457). `code` is stable; `rule` names the rule that refused.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "rule": {"type": ["string", "null"]},
    },
}
SECURITY_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "recstore_session"},
    "operator": {"type": "apiKey", "in": "cookie", "name": "recstore_operator"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "token": {"type": "http", "scheme": "bearer"},
}

_BYTES = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


def _header(description: str, name: str | None = None) -> dict[str, Any]:
    where = {"in": "header", "name": name} if name else {}
    return {**where, "description": description, "schema": {"type": "string"}}


def gives(description: str, media_type: str = "application/json") -> dict[int, Any]:
    """Describe an answer that has no shape of its own."""
    schema = {"type": "string" if media_type.startswith("text/") else "object"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


_OF_CONTENT = {
    "Accept-Ranges": _header("Always `bytes`."),
    "Content-Disposition": _header("`attachment` with a name for the file, if `download` was asked for."),
    "ETag": _header("A strong validator: other bytes would have another."),
}
_CONTENT_RANGE = {"Content-Range": _header("Which bytes of how many.")}
MEDIA_RESPONSES: dict[int, Any] = {
    200: {"description": "All bytes.", "headers": _OF_CONTENT, **_BYTES},
    206: {"description": "The range that was asked for.", "headers": _OF_CONTENT | _CONTENT_RANGE, **_BYTES},
    304: {
        "description": "The bytes behind the ETag that was sent are still the same.",
        "headers": _OF_CONTENT,
    },
}
MESSAGES_RESPONSES: dict[int, Any] = {
    200: {"headers": {"Content-Disposition": _OF_CONTENT["Content-Disposition"]}},
}
_CONDITIONS = [
    _header("One range (RFC 9110, 14.2); several are answered with all bytes.", "Range"),
    _header("ETags: answered by 412 unless one of them is still that one.", "If-Match"),
    _header("An ETag: the range counts only while it is still that one.", "If-Range"),
    _header("ETags: answered by 304 while one of them is still that one.", "If-None-Match"),
]

# Ranges are for GET alone (RFC 9110, section 14.2).
_OF_RANGES = {"206", "416"}


def add_ranges(operations: dict[str, Any]) -> None:
    """Describe the ranges of a path that gives bytes, and its HEAD."""
    get = operations["get"]
    get["parameters"] += _CONDITIONS
    bodiless = {
        status: {part: said for part, said in response.items() if part != "content"}
        for status, response in get["responses"].items()
        if status not in _OF_RANGES
    }
    asked = [each for each in get["parameters"] if each.get("name") not in {"Range", "If-Range"}]
    operations["head"] = get | {
        "responses": bodiless,
        "parameters": asked,
        "operationId": f"head_{get['operationId']}",
    }


_DEFINED = "#/components/schemas/{model}"


def takes(document: str) -> dict[str, Any]:
    """Describe a body that the view reads itself: a document that recorders hand over."""
    schema = {"$ref": _DEFINED.format(model=document)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def handed_over() -> dict[str, Any]:
    """Give the schemas of the documents that recorders hand over, by name; parts carry their document's."""
    found: dict[str, Any] = {}
    for model in (CallDocument, TranscriptDocument):
        name = model.__name__
        schema = model.model_json_schema(ref_template=_DEFINED.format(model=f"{name}.{{model}}"))
        parts = schema.pop("$defs")
        found |= {name: schema, **{f"{name}.{part}": each for part, each in parts.items()}}
    return found


_RECEIVED = {"content": {"application/json": {"schema": {"$ref": _DEFINED.format(model="Received")}}}}
RECEIVED_RESPONSES: dict[int, Any] = {
    200: {"description": "The same again, or a correction."},
    201: {"description": "Taken.", **_RECEIVED},
}

_FIELDS = ("title", "filename", "filetype", "started_by", "started_at", "duration_s", "size", "sha256")
RECORDING_BODY: dict[str, Any] = {
    "requestBody": {"required": True, **_BYTES},
    "parameters": [
        *({"in": "query", "name": name, "schema": {"type": "string"}} for name in _FIELDS),
        {
            "in": "header",
            "name": "Upload-Metadata",
            "description": "The same fields as pairs of key and base64 value (tus 1.0.0).",
            "schema": {"type": "string"},
        },
    ],
}
