"""The houses that stories are played in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core_fixtures import House, build_house, copy_catalog


@pytest.fixture(scope="module")
def story_house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, core_agent: Path
) -> Iterator[House]:
    """One house for all stories of a door: each has accounts of its own."""
    folder = tmp_path_factory.mktemp("stories")
    catalog = copy_catalog(migrated_sqlite, folder)
    yield build_house(folder, catalog, core_agent)
    catalog.engine.dispose()
