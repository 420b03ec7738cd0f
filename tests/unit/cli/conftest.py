"""A data folder for the command line."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recstore.storage.seaweed import EmbeddedStore
from tests.unit.cli.shell import Shell


@pytest.fixture(scope="module")
def shell(seaweed: EmbeddedStore, core_agent: Path) -> Iterator[Shell]:
    """A data folder with parts that run already: a command then starts none of its own."""
    folder = Path(tempfile.mkdtemp(prefix="recstore-cli-"))
    credentials = folder / "s3.json"
    blobs = seaweed.blobs()
    credentials.write_text(json.dumps({"access_key": seaweed.access_key, "secret_key": seaweed.secret_key}))
    environment = {
        "RECSTORE_S3_ENDPOINT": seaweed.endpoint,
        "RECSTORE_S3_BUCKET": seaweed.bucket,
        "RECSTORE_S3_CREDENTIALS_FILE": str(credentials),
        "RECSTORE_KEYS_AGENT": str(core_agent),
    }
    blobs.check()
    shell = Shell(folder / "data", environment)
    shell.answer("init")
    yield shell
    shutil.rmtree(folder)
