"""A world for the whole matrix, and the routes as they are served."""

from collections.abc import Iterator

import pytest

from recstore import texts
from tests.web.acme import World
from tests.web.conftest import copy_of
from tests.web.matrix.matrix_routes import Route, read_routes
from tests.web.matrix.matrix_world import MatrixWorld, furnish_matrix


@pytest.fixture(scope="module")
def matrix(template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MatrixWorld]:
    with (
        copy_of(template, tmp_path_factory.mktemp("matrix") / "data") as world,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Work is compared here: it must not depend on whose turn it is to have a text key opened again.
        patch.setattr(texts, "HOLD", 3600.0)
        matrix = furnish_matrix(world)
        for admin in ("ada", "olaf"):
            assert matrix.send(admin, "GET", "/api/v1/admin/journal?limit=1").status_code == 200
            assert matrix.send(admin, "GET", "/api/v1/session").json["user"]["name"]
        yield matrix


@pytest.fixture(scope="module")
def routes(matrix: MatrixWorld) -> list[Route]:
    return list(read_routes(matrix.send("guest", "GET", "/api/v1/openapi.json").json))
