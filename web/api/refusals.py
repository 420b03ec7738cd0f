"""Which problems an operation can answer with: from what its view asks and takes, and what it says.

A view says the codes that its service has of its own (`@refuses`); those of its doors are known here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from recstore.model import Action
from web.forgery import HARMLESS
from web.guard import Asks, Who

View = TypeVar("View", bound=Callable[..., Any])

WORDS = {
    400: "What was sent cannot be taken; the detail says what to change.",
    401: "Nobody is signed in, or what was sent proves nobody.",
    403: "Whoever asks may know of it, but not do this.",
    404: "Not there, or not for this viewer: the two look the same.",
    409: "It contradicts what is there already.",
    412: "If-Match names another state than is there, or one of what has no ETag.",
    413: "More bytes than the limit.",
    416: "The range lies outside the bytes that there are.",
    429: "Too much of it; Retry-After says when to try again.",
    500: "Something went wrong here; `damaged` means that stored bytes are not what they were.",
    503: "Another part does not answer; nothing was lost, Retry-After says when to try again.",
}

# The actions that open content, and with it reach the store and the key agent.
OPENING = {Action.OPEN, Action.DOWNLOAD}
OPENS = ((500, "damaged"), (503, "keys_unavailable"), (503, "store_unavailable"))

_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
_HEADERS = {
    401: {"WWW-Authenticate": {"description": "Always `Bearer`.", "schema": {"type": "string"}}},
    416: {"Content-Range": {"description": "How many bytes there are.", "schema": {"type": "string"}}},
    429: _RETRY,
    503: _RETRY,
}


def refuses(status: int, *codes: str) -> Callable[[View], View]:
    """Say of a view that it answers `status` with each of `codes`, beside what its doors answer."""

    def declare(view: View) -> View:
        said = (*getattr(view, "refuses", ()), *((status, code) for code in codes))
        view.refuses = said  # type: ignore[attr-defined]  # functools.wraps carries it through later decorators
        return view

    return declare


def opens(view: View) -> View:
    """Say of a view that it opens content, where its action does not tell."""
    for status, code in OPENS:
        view = refuses(status, code)(view)
    return view


def ranges(view: View) -> View:
    """Say of a view that it gives ranges of bytes that have an ETag."""
    return refuses(412, "precondition_failed")(refuses(416, "range_outside")(view))


def problems(view: Callable[..., Any], asked: Asks, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Give an operation's responses that are problems, each with the codes that it can have."""
    codes = defaultdict(set)
    for status, code in (*_at_the_doors(asked, method), *_within(asked, operation), *_said(view)):
        codes[status].add(code)
    return {str(status): _describe(status, sorted(codes[status])) for status in sorted(codes)}


def _said(view: Callable[..., Any]) -> tuple[tuple[int, str], ...]:
    return getattr(view, "refuses", ())


def _at_the_doors(asked: Asks, method: str) -> Iterator[tuple[int, str]]:
    """Yield what the guard and the check against forgery answer; both may find the catalog away."""
    yield 500, "internal"
    yield 503, "catalog_unavailable"
    changes = method.upper() not in HARMLESS
    if changes:
        yield 403, "cross_site"
        yield 412, "precondition_failed"
        yield 413, "too_large"  # read before the view, whether it wants a body or not
    if asked.who is Who.ANYBODY:
        return
    yield 401, "sign_in_needed"
    yield 503, "journal_unavailable"  # whoever is turned away is noted
    if asked.who is Who.OPERATOR:
        if changes:
            yield 403, "csrf"
        return
    if asked.who is not Who.RECORDER:
        # Titles and names are sealed too; hand-over reads none.
        yield 500, "damaged"
        yield 503, "keys_unavailable"
    yield 403, "recorder_only" if asked.who is Who.RECORDER else "ingest_only"
    if changes:
        yield 403, "csrf"
        if asked.who is not Who.RECORDER:
            yield 403, "read_only"
    if asked.who is Who.ADMIN:
        yield 404, "not_found"


def _within(asked: Asks, operation: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield what the gate and the reading of input answer. Recorders' views read theirs by themselves."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    if asked.action is not None or (asked.who is not Who.RECORDER and "path" in places):
        yield 404, "not_found"
    if asked.action not in {None, Action.SEE}:
        yield 403, "refused"
    if asked.action in OPENING:
        yield from OPENS
    if asked.who is Who.RECORDER:
        return
    if "query" in places:
        yield 400, "bad_query"
    if "requestBody" in operation:
        yield 400, "not_json"
        yield 400, "bad_document"


def _describe(status: int, codes: list[str]) -> dict[str, Any]:
    of_code = {"properties": {"code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, of_code]}
    described = {"description": WORDS[status], "content": {"application/problem+json": {"schema": schema}}}
    return described | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
