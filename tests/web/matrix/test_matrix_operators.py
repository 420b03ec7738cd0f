"""Every page as operators ask for it: users' are shut to them, and theirs tell nothing without consent."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.web.matrix.matrix_pages import read_pages
from tests.web.matrix.matrix_routes import Route
from tests.web.matrix.matrix_world import ABSENT, COLLEAGUES, FOREIGN, IN_BIN, OTHER_KIND, OWN, MatrixWorld
from tests.web.matrix.test_matrix_pages import answer_to

EVERY = (ABSENT, OWN, COLLEAGUES, IN_BIN, FOREIGN, OTHER_KIND)


@pytest.fixture(scope="module")
def pages(matrix: MatrixWorld) -> list[Route]:
    return list(read_pages(matrix.world.app))


@pytest.fixture
def opened(pages: list[Route]) -> Route:
    [page] = [page for page in pages if page.path == "/support/opened" and page.query]
    return page


def test_attacker_comes_to_users_pages_as_an_operator(matrix: MatrixWorld, pages: list[Route]) -> None:
    before = matrix.world.count_rows()
    for page in (page for page in pages if not page.is_operators and page.path != "/sign-in"):
        expected = answer_to(matrix, "guest", page, OWN)[0]
        assert answer_to(matrix, "olga", page, OWN)[0] == expected in {302, 401}, page.name
    assert matrix.world.count_rows() == before


def test_attacker_is_an_operator_without_consent(matrix: MatrixWorld, pages: list[Route]) -> None:
    [asking] = [page for page in pages if page.name == "POST /support"]
    answer_to(matrix, "otis", asking, ABSENT)  # the first one notes where the operator has something to see
    for page in (page for page in pages if page.is_operators and page.slots):
        absent = answer_to(matrix, "otis", page, ABSENT)
        assert absent[0] == (404 if page.method == "GET" else 303)
        for which in EVERY:
            assert answer_to(matrix, "otis", page, which) == absent, (page.name, which)


def beyond_consent(matrix: MatrixWorld) -> Iterator[tuple[UUID, UUID]]:
    """Give pairs of a consent and an item that it does not name."""
    items = [item for found in matrix.items.values() for item in found.values()]
    foreign = {found[FOREIGN] for found in matrix.items.values()}
    yield from ((matrix.consents[OWN], item) for item in foreign)
    yield from ((matrix.consents[ABSENT], item) for item in items)
    yield from ((matrix.consents[FOREIGN], item) for item in items if item not in foreign)


def test_attacker_goes_beyond_a_consent(matrix: MatrixWorld, opened: Route) -> None:
    for consent, item in beyond_consent(matrix):
        nothing = {"consent": consent, "item": matrix.items[opened.kind][ABSENT]}
        absent = answer_to(matrix, "olga", opened, OWN, **nothing)
        assert answer_to(matrix, "olga", opened, OWN, **nothing | {"item": item}) == absent, (consent, item)


def test_the_check_itself_what_was_consented_to_opens(matrix: MatrixWorld, opened: Route) -> None:
    assert answer_to(matrix, "olga", opened, OWN)[0] == 200
