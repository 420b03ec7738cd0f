"""Every route × every kind of id × everybody: "not yours" is the very answer of "not there"."""

from collections.abc import Iterator

import pytest

from recstore.access.gate import Gate
from recstore.errors import NotThere, Refused
from tests.web.matrix.asking import ITEM, SAME_FOR_ALL, ask, fingerprint, ids_of, is_about_an_item
from tests.web.matrix.matrix_routes import SLOTS, Route
from tests.web.matrix.matrix_world import (
    ABSENT,
    COLLEAGUES,
    FOREIGN,
    IN_BIN,
    OTHER_KIND,
    OWN,
    ROLES,
    SEEN,
    MatrixWorld,
)


def hidden_from(who: str, route: Route) -> Iterator[str]:
    """Give the kinds of id that this person is to find as empty as an id of nothing."""
    seen = SEEN.get(who, set())
    if "items" in route.slots.values():
        # Where the path does not tell the kind, an item of the other kind is just an item.
        told = {OTHER_KIND} if ITEM.search(route.path.replace("/admin", "")) else set()
        yield from ({OWN, COLLEAGUES, IN_BIN, FOREIGN} | told) - seen
    elif route.slots:
        yield OWN if who == "olaf" else FOREIGN


def told_apart(matrix: MatrixWorld, routes: list[Route], who: str) -> Iterator[str]:
    """Name each route at which this person can tell an id that is not theirs from one of nothing."""
    for route in (route for route in routes if route.slots):
        for method in {route.method, "HEAD"} if route.method == "GET" else {route.method}:
            absent = fingerprint(ask(matrix, who, route, ABSENT, method))
            if absent[0] < 300 and route.name not in SAME_FOR_ALL and is_about_an_item(route):
                yield f"{method} {route.path}: {absent[0]} for nothing"
            for which in hidden_from(who, route):
                if fingerprint(ask(matrix, who, route, which, method)) != absent:
                    yield f"{method} {route.path}: {which} is told from nothing"


@pytest.mark.parametrize("who", ROLES)
def test_attacker_cannot_tell_not_yours_from_not_there(
    matrix: MatrixWorld, routes: list[Route], who: str
) -> None:
    assert list(told_apart(matrix, routes, who)) == []


def test_a_gate_that_says_more_of_what_is_there_is_found(
    matrix: MatrixWorld, routes: list[Route], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself: with a gate that refuses what it should not know, every route is named."""
    monkeypatch.setattr(Gate, "_refusal", lambda _, verdict: Refused("No.") if verdict else NotThere())
    of_items = [route for route in routes if ITEM.match(route.path) and route.name not in SAME_FOR_ALL]
    found = "\n".join(told_apart(matrix, of_items, "eve"))
    assert [route.name for route in of_items if f"{route.name}:" not in found] == []


def test_attacker_shares_or_changes_with_ids_of_users_of_another_account(
    matrix: MatrixWorld, routes: list[Route]
) -> None:
    """With an item that is theirs, a foreign user's id is like nobody's."""
    for route in (route for route in routes if {"items", "users"} <= set(route.slots.values())):
        who = "ada" if route.is_admins else "ann"
        answers = []
        for which in (FOREIGN, ABSENT):
            ids = ids_of(matrix, route, OWN) | {"user_id": matrix.users[which]}
            path, options = route.fill(ids)
            answers.append(fingerprint(matrix.send(who, route.method, path, **options)))
        assert answers[0] == answers[1], route.name
        assert route.method == "DELETE" or answers[0][0] in {400, 404}, route.name


def test_an_id_that_is_none_is_answered_like_a_path_that_is_none(
    matrix: MatrixWorld, routes: list[Route]
) -> None:
    for who in ROLES:
        for route in (route for route in routes if route.parameters & SLOTS.keys()):
            unknown = matrix.send(who, route.method, "/api/v1/no-such-thing")
            path, options = route.fill(dict.fromkeys(route.parameters & SLOTS.keys(), "1-or-2"))
            answer = matrix.send(who, route.method, path, **options)
            assert (answer.status_code, answer.data) == (404, unknown.data), (who, route.name)
