"""Every route of an item: as much work for what is not the viewer's as for what is not there."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping

import pytest

from tests.statements import statements
from tests.web.matrix.asking import ITEM, ask, is_about_an_item
from tests.web.matrix.matrix_routes import Route
from tests.web.matrix.matrix_world import ABSENT, COLLEAGUES, IN_BIN, OWN, SEEN, MatrixWorld


@pytest.mark.parametrize("who", ["cy", "eve", "bo"])
def test_attacker_measures_the_work_behind_a_refusal(
    matrix: MatrixWorld, routes: list[Route], who: str
) -> None:
    """Counted in statements, not by the clock: the same for what is not theirs and for what is not there."""
    wrong = []
    for route in (route for route in routes if is_about_an_item(route) and ITEM.match(route.path)):
        nothing = statements_of(matrix, who, route, ABSENT)
        wrong += [
            f"{route.name}: other statements for {which} than for nothing"
            for which in {OWN, COLLEAGUES, IN_BIN} - SEEN.get(who, set())
            if statements_of(matrix, who, route, which) != nothing
        ]
    assert wrong == []


def statements_of(matrix: MatrixWorld, who: str, route: Route, which: str) -> list[str]:
    """Give the SQL that a request runs."""
    with statements(matrix.world.recstore.catalog.engine) as ran:
        ask(matrix, who, route, which)
    return ran


def test_time_of_not_yours_and_of_not_there_is_recorded(
    matrix: MatrixWorld, routes: list[Route], record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Not a bound, which a busy machine would break: the medians stand in the report."""
    for route in (route for route in routes if route.method == "GET" and is_about_an_item(route)):
        took: Mapping[str, list[float]] = {OWN: [], ABSENT: []}
        for _ in range(7):
            for which, times in took.items():
                began = time.perf_counter()
                ask(matrix, "cy", route, which)
                times.append(time.perf_counter() - began)
        medians = {which: round(statistics.median(times) * 1000, 2) for which, times in took.items()}
        told = f"not yours {medians[OWN]} ms, not there {medians[ABSENT]} ms"
        record_testsuite_property(route.name, told)
        sys.stdout.write(f"{route.name}: {told}\n")


def test_other_work_would_be_noticed(matrix: MatrixWorld, routes: list[Route]) -> None:
    """The check itself: what one may see is more work than what is not there."""
    [details] = [route for route in routes if route.name == "GET /api/v1/recordings/{item_id}"]
    assert statements_of(matrix, "bo", details, OWN) != statements_of(matrix, "bo", details, ABSENT)
