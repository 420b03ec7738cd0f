"""The OpenAPI document, made from the views and their shapes."""

import re
from typing import Any, NamedTuple

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, jsonify

from web import guard
from web.api.described import PROBLEM_SCHEMA, SECURITY_SCHEMES, add_ranges, gives, handed_over
from web.api.naming import name_once
from web.api.refusals import problems
from web.forgery import HARMLESS
from web.guard import Asks, Who, declared

document = APIBlueprint("api_document", __name__, tag="Document")


@document.get("/openapi.json")
@guard.public
@document.doc(responses=gives("OpenAPI 3.1."))
def get_document() -> Response:
    """Give this document."""
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
    def complete(spec: Any) -> Any:
        spec["components"].setdefault("schemas", {}).update({"Problem": PROBLEM_SCHEMA, **handed_over()})
        routes = _routes(app)
        for path, operations in spec["paths"].items():
            for method, operation in operations.items():
                _complete(operation, routes[path, method], method)
            if "206" in operations.get("get", {"responses": ()})["responses"]:
                add_ranges(operations)
        return name_once(spec)


class Route(NamedTuple):
    """What stands behind an operation of the document."""

    rule: str
    view: Any
    asks: Asks


def _routes(app: APIFlask) -> dict[tuple[str, str], Route]:
    found = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule)
        view = app.view_functions[rule.endpoint]
        asks = declared(view)
        for method in rule.methods or ():
            if asks is not None:
                found[path, method.lower()] = Route(rule.rule, view, asks)
    return found


def _complete(operation: dict[str, Any], route: Route, method: str) -> None:
    for parameter in operation.get("parameters", ()):
        if f"<uuid:{parameter['name']}>" in route.rule:
            parameter["schema"]["format"] = "uuid"
    operation["responses"] |= problems(route.view, route.asks, method, operation)
    operation["security"] = _security(route.asks, method)
    if route.asks.action is not None:
        operation["x-asks"] = route.asks.action.value


def _security(asks: Asks, method: str) -> list[dict[str, list[str]]]:
    if asks.who is Who.ANYBODY:
        return [{}]
    if asks.who is Who.RECORDER:
        return [{"token": []}]
    if asks.who is Who.OPERATOR:
        return [{"operator": []} if method.upper() in HARMLESS else {"operator": [], "csrf": []}]
    return [{"session": []}, {"token": []}] if method.upper() in HARMLESS else [{"session": [], "csrf": []}]
