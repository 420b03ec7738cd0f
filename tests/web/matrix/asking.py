"""Ask one route, as somebody, with one kind of id; and what was declared of routes by hand."""

import re
from typing import Any
from uuid import UUID

from tests.web.matrix.matrix_routes import Route
from tests.web.matrix.matrix_world import ABSENT, OWN, MatrixWorld

# Routes that are not about one item, not an admin's and not a recorder's: who gets in.
ANYBODY, SIGNED_IN = "anybody", "whoever is signed in"
ELSEWHERE = {
    "POST /api/v1/session": ANYBODY,
    "POST /api/v1/support/session": ANYBODY,
    "GET /api/v1/session": SIGNED_IN,
    "DELETE /api/v1/session": SIGNED_IN,
    "GET /api/v1/explain": SIGNED_IN,
    "GET /api/v1/directory": SIGNED_IN,
    "GET /api/v1/access-requests": SIGNED_IN,
    "GET /api/v1/recordings": SIGNED_IN,
    "GET /api/v1/transcripts": SIGNED_IN,
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": ANYBODY,
}
ITEM = re.compile(r"/api/v1/(recordings|transcripts)/\{item_id\}")
# Answered to everybody with the same words, whatever the id: not a refusal, and tells nothing.
SAME_FOR_ALL = {
    "GET /api/v1/explain",
    "POST /api/v1/recordings/{item_id}/access-requests",
    "POST /api/v1/transcripts/{item_id}/access-requests",
}
# Of those who see an item, what only the responsible person and admins are told; `access-requests` go to
# admins where nobody is responsible.
KEPT = {"access": {"ann", "cy", "otto", "ada", "olaf"}, "access-requests": {"ann", "cy", "otto"}}
KEPT["reviews"] = KEPT["access"]
# Routes of an item whose body says which action they ask for: the body's field, and the action of each value.
BY_BODY = {
    "what-if": (
        "change",
        dict.fromkeys(("share", "take-out", "take-back"), "share")
        | {word: word for word in ("edit", "bin", "restore", "appoint")},
    )
}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def fingerprint(answer: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """Give all of an answer that somebody could compare."""
    return (
        answer.status_code,
        sorted(item for item in answer.headers.items() if item[0] != "Date"),
        answer.data,
    )


def ids_of(matrix: MatrixWorld, route: Route, which: str) -> dict[str, UUID]:
    """Give this kind of id for every slot; where there is none of that kind, of what is not there."""
    of = {
        "items": matrix.items[route.kind],
        "users": matrix.users,
        "domains": matrix.domains,
        "vmrs": matrix.vmrs,
        "consents": matrix.consents,
        "requests": matrix.requests,
    }
    return {name: of[what].get(which, of[what][ABSENT]) for name, what in route.slots.items()}


def ask(matrix: MatrixWorld, who: str, route: Route, which: str = OWN, method: str | None = None) -> Any:
    path, options = route.fill(ids_of(matrix, route, which))
    return matrix.send(who, method or route.method, path, **options)


def is_about_an_item(route: Route) -> bool:
    return "items" in route.slots.values()
