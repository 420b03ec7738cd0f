"""Hold every answer that a test gets to the OpenAPI document: its status, content type, code and shape."""

import json
import re
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

_DOCUMENTS: dict[frozenset[str], "Document"] = {}


class DocumentedClient(FlaskClient):
    """A client that fails on an answer which the document does not tell of."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        answer = super().open(*arguments, **options)
        method, path = answer.request.method, answer.request.path
        body = b"" if answer.is_streamed else answer.data
        check(self.application, method, path, answer.status_code, answer.mimetype, body)
        return answer


def documented(app: APIFlask) -> APIFlask:
    """Have all clients of `app` hold its answers to its document."""
    app.test_client_class = DocumentedClient
    app.extensions["document"] = document_of(app)
    return app


def check(app: Any, method: str, path: str, status: int, mimetype: str, body: bytes) -> None:
    """Raise AssertionError if the document of `app` does not tell of this answer. Pages are not in it."""
    document = app.extensions["document"]
    operation = document.operation(app, method, path)
    if operation is None:
        return
    where = f"{method} {path} → {status}"
    assert str(status) in operation["responses"], f"{where}: the document has no such status"
    content = operation["responses"][str(status)].get("content", {})
    if not body or method == "HEAD":
        return
    told = content.get(mimetype) or content.get("*/*")
    assert told is not None, f"{where}: the document has no {mimetype} there"
    if mimetype.endswith("json"):
        faults = [each.message for each in document.validator(told["schema"]).iter_errors(json.loads(body))]
        assert faults == [], (
            f"{where}: not as the document says (@refuses names a view's codes): {body[:500]!r}"
        )


def document_of(app: APIFlask) -> "Document":
    """Give the document of `app`; made once for all that serve the same routes."""
    routes = frozenset(f"{rule.methods} {rule.rule}" for rule in app.url_map.iter_rules())
    if routes not in _DOCUMENTS:
        _DOCUMENTS[routes] = Document(app.spec)
    return _DOCUMENTS[routes]


class Document:
    """An OpenAPI document, to look answers up in."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec
        self._validators: dict[str, Any] = {}

    def operation(self, app: Any, method: str, path: str) -> dict[str, Any] | None:
        """Give the operation that answers, if it is one of the API's."""
        try:
            rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
        except HTTPException:
            return None  # no such route, or not of this method
        told = self.spec["paths"].get(re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule), {})
        found: dict[str, Any] | None = told.get(method.lower(), told.get("get") if method == "HEAD" else None)
        return found

    def validator(self, schema: dict[str, Any]) -> Any:
        """Give what checks a document against a schema of this one."""
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = OAS31Validator({**schema, "components": self.spec["components"]})
        return self._validators[key]
