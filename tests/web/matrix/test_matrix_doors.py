"""Every route × everybody who is turned away at the door, walked from the served OpenAPI document.

A new route is taken up by itself: what lies under an item, under /admin or under /calls is held to what holds
there. A route elsewhere, or with an id of a new kind, fails until `asking` says who gets in.
"""

import re

import pytest

from tests.web.matrix.asking import (
    ANYBODY,
    BY_BODY,
    CHANGING,
    ELSEWHERE,
    ITEM,
    SAME_FOR_ALL,
    ask,
    fingerprint,
)
from tests.web.matrix.matrix_routes import REFS, SLOTS, Route, read_routes
from tests.web.matrix.matrix_world import ADMINS, ROLES, MatrixWorld


def undeclared(routes: list[Route]) -> list[str]:
    """Name the routes of which nobody said here who gets in, or whose ids are of a kind unknown here."""
    return [
        route.name
        for route in routes
        if not (route.name in ELSEWHERE or is_of_few(route) or is_known_of_item(route))
        or route.parameters - SLOTS.keys() - REFS
    ]


def is_of_few(route: Route) -> bool:
    """Say whether one knows by its place who gets in."""
    return route.is_admins or route.is_recorders or route.is_operators


def is_known_of_item(route: Route) -> bool:
    """Say whether this is a route of an item, and known by which action it is judged."""
    is_judged = route.asks or route.name in SAME_FOR_ALL or route.path.rpartition("/")[2] in BY_BODY
    return bool(ITEM.match(route.path) and is_judged)


def test_of_every_route_it_is_said_who_gets_in(routes: list[Route]) -> None:
    assert undeclared(routes) == []
    assert ELSEWHERE.keys() <= {route.name for route in routes}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/secrets", id="elsewhere"),
        pytest.param("/api/v1/recordings/{item_id}/frames/{frame_id}", id="with an id of a new kind"),
        pytest.param("/api/v1/recordings/{item_id}/poster", id="of an item, and asking for no action"),
    ],
)
def test_a_route_of_which_nothing_is_said_is_found(path: str) -> None:
    named = [{"name": name, "in": "path"} for name in re.findall(r"\{(\w+)\}", path)]
    [new] = read_routes({"paths": {path: {"get": {"parameters": named}}}})
    assert undeclared([new]) == [f"GET {path}"]


def test_every_served_route_is_in_the_document(matrix: MatrixWorld, routes: list[Route]) -> None:
    served = {
        (re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule), method)
        for rule in matrix.world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api_")
    }
    assert served - {(route.path, route.method) for route in routes} == set()


def test_attacker_at_every_door(matrix: MatrixWorld, routes: list[Route]) -> None:
    """Guest, deactivated user, recorder, and whoever is no admin, with valid bodies and real ids."""
    before, wrong = matrix.world.count_rows(), []
    for route in routes:
        for who, expected in expected_at_the_door(route).items():
            got = ask(matrix, who, route).status_code
            if got != expected:
                wrong.append(f"{who}: {route.name} answered {got}, expected {expected}")
    assert wrong == []
    assert matrix.world.count_rows() == before


def expected_at_the_door(route: Route) -> dict[str, int]:
    """Give the status for whoever is turned away before any item is looked for."""
    if ELSEWHERE.get(route.name) == ANYBODY:
        return {}
    strangers = {"guest": 401, "ira": 401}
    people = set(ROLES) - strangers.keys() - {"token:recorder"}
    if route.is_operators:
        return dict.fromkeys(ROLES, 401)  # whoever they are elsewhere, they are no operator
    if route.is_recorders:
        return strangers | dict.fromkeys(people, 403)
    turned_away = strangers | {"token:recorder": 403}
    if route.is_admins:
        return turned_away | dict.fromkeys(people - ADMINS, 404)
    readers = {who for who in people if who.startswith("token:")}
    return turned_away | (dict.fromkeys(readers, 403) if route.method in CHANGING else {})


def test_attacker_learns_nothing_about_what_admins_have(matrix: MatrixWorld, routes: list[Route]) -> None:
    """To whoever is no admin, a route of theirs is answered as one that does not exist."""
    for who in ("otto", "cy", "eve", "bo", "ann", "token:bo"):
        for route in (route for route in routes if route.is_admins):
            nothing = matrix.send(who, route.method, "/api/v1/no-such-thing")
            assert fingerprint(ask(matrix, who, route)) == fingerprint(nothing), (who, route.name)
