"""Serve one view for recordings and for transcripts: what holds for one holds for the other."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from apiflask import APIBlueprint
from pydantic import BaseModel

from recstore.model import Kind

View = TypeVar("View", bound=Callable[..., Any])

KINDS = (Kind.RECORDING, Kind.TRANSCRIPT)


def for_both(
    blueprint: APIBlueprint,
    method: str,
    rule: str,
    *,
    gives: Mapping[Kind, type[BaseModel]] | None = None,
) -> Callable[[View], View]:
    """Serve a view at /recordings… and /transcripts…; it is handed the kind as its first argument.

    `gives` names the document that it answers with, where the two kinds differ.
    """

    def register(view: View) -> View:
        for kind in KINDS:
            bound = _bind(view, kind)
            if gives is not None:
                bound = blueprint.output(gives[kind])(bound)
            name = f"{view.__name__}_{kind.value}"
            blueprint.route(f"/{kind.value}s{rule}", methods=[method], endpoint=name)(bound)
        return view

    return register


def _bind(view: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    @wraps(view)
    def bound(**arguments: Any) -> Any:
        return view(kind, **arguments)

    # What the view says of itself for the OpenAPI document: a copy, as each kind adds its own answer.
    bound._spec = dict(getattr(view, "_spec", {}))  # type: ignore[attr-defined]  # noqa: SLF001
    return bound
