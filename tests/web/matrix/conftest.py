"""A world for the whole matrix, and the routes as they are served."""

from collections.abc import Iterator

import pytest

from tests.web.acme import World
from tests.web.conftest import copy_of
from tests.web.matrix.matrix_routes import Route, read_routes
from tests.web.matrix.matrix_world import MatrixWorld, furnish_matrix


@pytest.fixture(scope="module")
def matrix(template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MatrixWorld]:
    with copy_of(template, tmp_path_factory.mktemp("matrix") / "data") as world:
        yield furnish_matrix(world)


@pytest.fixture(scope="module")
def routes(matrix: MatrixWorld) -> list[Route]:
    return list(read_routes(matrix.send("guest", "GET", "/api/v1/openapi.json").json))
