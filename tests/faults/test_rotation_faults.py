"""A rotation is killed before each of its commits and goes on: nothing is lost, the old key destroyed."""

import subprocess
import sys

import pytest

from tests.core_fixtures import MEDIA, House, furnish
from tests.unit.test_core_rewrapping import data_keys, details, play, versions

# Rotates the only account, and kills itself where the given change would be committed.
CHILD = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from recstore.catalog.database import Catalog
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.wiring import build

url, data, socket, commit = sys.argv[1:]
catalog = Catalog(url, secret=bytes(range(32)))
left = [int(commit)]

def kill(connection):
    if connection.get_execution_options().get("recstore_write"):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

event.listen(catalog.engine, "commit", kill)
recstore = build(Settings(data=Path(data), keys_agent=socket), catalog=catalog, blobs=MemoryBlobs())
(account_id,) = recstore.accounts.all_ids()
assert recstore.rewrapping.rotate(account_id, lambda _: None) == []
"""
# A new version; data keys; text keys; the new version asked for a proof; the old one closed; its receipt.
COMMITS = 6


def rotate_in_a_process(house: House, *, killed_at: int) -> int:
    settings = house.recstore.settings
    command = [
        *(sys.executable, "-c", CHILD, house.catalog.engine.url.render_as_string(hide_password=False)),
        *(str(settings.data), str(settings.agent_address), str(killed_at)),
    ]
    return subprocess.run(command, check=False, timeout=60).returncode


@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
def test_killed_before_any_commit_it_goes_on(house: House, commit: int) -> None:
    case = furnish(house)
    second = house.record(case.account_id, ref="rec-2")
    assert rotate_in_a_process(house, killed_at=commit) == -9
    assert play(case) == play(case, second) == MEDIA
    assert rotate_in_a_process(house, killed_at=COMMITS + 1) == 0
    old, new = versions(case)
    assert set(data_keys(case).values()) == {new.key_id}
    assert old.destroyed_at is not None
    assert len(details(case, "key-destroyed")) == 1
    assert play(case) == play(case, second) == MEDIA
