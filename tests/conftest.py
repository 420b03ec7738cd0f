"""Parts that several suites share: one real object store for the whole run."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from recstore.storage.s3 import S3Blobs
from recstore.storage.seaweed import EmbeddedStore

# Named here and not on the command line, where they would be imported before coverage is measured.
pytest_plugins = ["tests.postgres_fixture", "tests.core_fixtures", "tests.crowd", "tests.dns_fixture"]

# A machine that runs many tests at once is late now and then; what depends on this bound states its own.
os.environ.setdefault("RECSTORE_KEYS_PATIENCE_MS", "5000")


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A running SeaweedFS: endpoint, access_key, secret_key, bucket."""
    folder = tmp_path_factory.mktemp("seaweed")
    with EmbeddedStore(folder / "data", folder / "log") as store:
        yield store


@pytest.fixture
def s3_blobs(seaweed: EmbeddedStore) -> S3Blobs:
    """An empty place in that store."""
    return seaweed.blobs(prefix=f"test-{uuid4()}/")
