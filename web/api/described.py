"""What the OpenAPI document says beside the shapes: problems, security, bodies that are streams."""

from typing import Any

from pydantic.json_schema import models_json_schema

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
PROBLEMS = {
    "400": "What was sent cannot be taken; the detail says what to change.",
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "The viewer may know of the item, but not do this.",
    "404": "Not there, or not for this viewer: the two look the same.",
    "409": "It contradicts what is there already.",
    "413": "More bytes than the limit.",
    "429": "Too many failed sign-ins; Retry-After says when to try again.",
    "500": "Something went wrong here; `damaged` means that stored bytes are not what they were.",
    "503": "Another part does not answer; nothing was lost, Retry-After says when to try again.",
}
SECURITY_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "recstore_session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "token": {"type": "http", "scheme": "bearer"},
}

_BYTES = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
MEDIA_RESPONSES: dict[int, Any] = {
    200: {"description": "All bytes.", **_BYTES},
    206: {"description": "The range that was asked for.", **_BYTES},
    304: {"description": "The bytes behind the ETag that was sent are still the same."},
    416: {"description": "The range lies outside; Content-Range gives the length."},
}

_DEFINED = "#/components/schemas/{model}"


def takes(document: str) -> dict[str, Any]:
    """Describe a body that the view reads itself: a document that recorders hand over."""
    schema = {"$ref": _DEFINED.format(model=document)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def handed_over() -> dict[str, Any]:
    """Give the schemas of the documents that recorders hand over, by name."""
    models = [(model, "validation") for model in (CallDocument, TranscriptDocument)]
    _, schema = models_json_schema(models, ref_template=_DEFINED)  # type: ignore[arg-type]
    found: dict[str, Any] = schema["$defs"]
    return found


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
