"""The OpenAPI document, made from the views and their shapes."""

import re
from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, jsonify

from web import guard
from web.api.described import PROBLEM_SCHEMA, PROBLEMS, SECURITY_SCHEMES, handed_over
from web.guard import Asks, Who, declared

document = APIBlueprint("api_document", __name__, enable_openapi=False)

SAFE = {"get", "head"}


@document.get("/openapi.json")
@guard.public
def get_document() -> Response:
    """Give the OpenAPI document."""
    return jsonify(current_app.spec)  # type: ignore[attr-defined]  # the application is an APIFlask


def describe(app: APIFlask) -> None:
    """Have the document say what all views have in common."""
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_OPERATION_ID=True,
        SECURITY_SCHEMES=SECURITY_SCHEMES,
    )

    @app.spec_processor
    def add_problems(spec: Any) -> Any:
        spec["components"].setdefault("schemas", {}).update({"Problem": PROBLEM_SCHEMA, **handed_over()})
        asked = _asked(app)
        for path, operations in spec["paths"].items():
            for method, operation in operations.items():
                _complete(operation, asked[path, method], method)
        return spec


def _asked(app: APIFlask) -> dict[tuple[str, str], Asks]:
    """Find what each operation of the document asks."""
    found = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule)
        asks = declared(app.view_functions[rule.endpoint])
        for method in rule.methods or ():
            if asks is not None:
                found[path, method.lower()] = asks
    return found


def _complete(operation: dict[str, Any], asks: Asks, method: str) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, words in PROBLEMS.items():
        operation["responses"].setdefault(status, {"description": words, "content": problem})
    operation["security"] = _security(asks, method)
    if asks.action is not None:
        operation["x-asks"] = asks.action.value


def _security(asks: Asks, method: str) -> list[dict[str, list[str]]]:
    if asks.who is Who.ANYBODY:
        return [{}]
    if asks.who is Who.RECORDER:
        return [{"token": []}]
    return [{"session": []}, {"token": []}] if method in SAFE else [{"session": [], "csrf": []}]
