"""One name for each schema of the OpenAPI document. Pure.

The framework names a part after the document that it stands in (`Recording.State`, `Transcript.State`). Parts
that are the same get one short name; one that differs from another of that name keeps its long name.
"""

from collections.abc import Callable
from typing import Any

PLACE = "#/components/schemas/"


def name_once(spec: dict[str, Any]) -> dict[str, Any]:
    """Give `spec` with one name for each schema."""
    schemas = spec["components"]["schemas"]
    first: dict[str, Any] = {}
    names: dict[str, str] = {}
    # Whole documents come first: their names are short already.
    for name in sorted(schemas, key=lambda name: "." in name):
        plain = _point(schemas[name], _shorten)
        is_new = first.setdefault(_shorten(name), plain) == plain
        names[name] = _shorten(name) if is_new else name
    named: dict[str, Any] = _point(spec, names.__getitem__)
    named["components"]["schemas"] = {
        names[name]: schema for name, schema in named["components"]["schemas"].items()
    }
    return named


def _shorten(name: str) -> str:
    return name.rpartition(".")[2]


def _point(node: Any, rename: Callable[[str], str]) -> Any:
    """Give `node` with every reference to a schema renamed."""
    if isinstance(node, list):
        return [_point(each, rename) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: PLACE + rename(each.removeprefix(PLACE)) if key == "$ref" else _point(each, rename)
        for key, each in node.items()
    }
