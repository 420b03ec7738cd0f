"""Every route of an item × everybody who sees it: what the rules let them do is done, all else refused."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from recstore.model import Kind
from tests.web.matrix.asking import BY_BODY, CHANGING, ITEM, KEPT, ask
from tests.web.matrix.matrix_routes import Route
from tests.web.matrix.matrix_world import ADMINS, ROLES, SEEN, MatrixWorld


def test_nobody_does_what_the_rules_do_not_let_them(matrix: MatrixWorld, routes: list[Route]) -> None:
    """Of an item that one sees: 403 for every action that is not among one's own, and no change."""
    wrong, before = [], matrix.world.count_rows()
    for who, route, which in seen_items(routes):
        if route.asks not in my_actions(matrix, who, route.kind, which) and is_open_to(who, route):
            answer = ask(matrix, who, route, which)
            if answer.status_code != 403:
                wrong.append(f"{who}, {which}: {route.name} answered {answer.status_code}")
    assert wrong == []
    assert {**matrix.world.count_rows(), "openings": 0} == {**before, "openings": 0}


def test_everybody_does_what_the_rules_let_them(matrix: MatrixWorld, routes: list[Route]) -> None:
    """The bodies are good enough: what is refused elsewhere is not refused for its form."""
    wrong = []
    for who, route, which in seen_items(routes):
        if route.asks in my_actions(matrix, who, route.kind, which) and is_open_to(who, route):
            answer = ask(matrix, who, route, which)
            if who not in KEPT.get(route.path.rpartition("/")[2], SEEN):
                fits = answer.status_code == 403 and answer.json["code"] == "keepers_only"
            else:
                fits = answer.status_code not in {401, 403, 404} and not is_unread(answer)
            if not fits:
                wrong.append(f"{who}, {which}: {route.name} answered {answer.status_code} {answer.text}")
            matrix.put_back(route.kind, which)
    assert wrong == []


def test_a_body_that_names_an_action_is_judged_by_it(matrix: MatrixWorld, routes: list[Route]) -> None:
    """Asking what a change would do takes the right to make it; and nothing is changed by asking."""
    wrong, before = [], matrix.world.count_rows()
    for who, route, which, word, action in named_actions(routes):
        status = ask(matrix, who, replace(route, body={**route.body, **word}), which).status_code
        if (status == 403) is (action in my_actions(matrix, who, route.kind, which)) or status in {401, 404}:
            wrong.append(f"{who}, {which}: {route.name} {word} answered {status}")
    assert wrong == []
    assert matrix.world.count_rows() == before


def named_actions(routes: list[Route]) -> Iterator[tuple[str, Route, str, dict[str, str], str]]:
    for route in routes:
        field, actions = BY_BODY.get(route.path.rpartition("/")[2], ("", {}))
        for who in SEEN.keys() - {who for who in SEEN if who.startswith("token:")}:
            for which in sorted(SEEN[who]):
                yield from ((who, route, which, {field: word}, action) for word, action in actions.items())


def is_unread(answer: Any) -> bool:
    return answer.status_code == 400 and answer.json["code"] in {"bad_document", "bad_query", "not_json"}


def seen_items(routes: list[Route]) -> Iterator[tuple[str, Route, str]]:
    for who, kinds in SEEN.items():
        for route in routes:
            if ITEM.match(route.path) and route.asks:
                yield from ((who, route, which) for which in sorted(kinds))


def is_open_to(who: str, route: Route) -> bool:
    """Say whether this person gets past the door: a token reads only."""
    return not (who.startswith("token:") and route.method in CHANGING)


def my_actions(matrix: MatrixWorld, who: str, kind: Kind, which: str) -> set[str]:
    return set(matrix.send(who, "GET", f"/api/v1/{kind}s/{matrix.items[kind][which]}").json["my"]["actions"])


def test_lists_have_what_one_sees_and_nothing_else(matrix: MatrixWorld, routes: list[Route]) -> None:
    for route in (route for route in routes if re.fullmatch(r".*/(recordings|transcripts)", route.path)):
        for who in SEEN.keys() & (ADMINS if route.is_admins else set(ROLES)):
            seen = {str(matrix.items[route.kind][which]) for which in SEEN[who]}
            assert {item["id"] for item in ask(matrix, who, route).json["items"]} == seen, (who, route.name)
        if not route.is_admins:
            assert ask(matrix, "eve", route).json["items"] == []
