"""A move to the customer's custody, and back, is killed before each of its commits and goes on."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from keys.public_keys import write_public_key
from tests.core_fixtures import MEDIA, Case, House, furnish
from tests.unit.test_core_moving import Customer, customer, move, release
from tests.unit.test_core_rewrapping import data_keys, details, play, versions

__all__ = ["customer"]  # a fixture

# Does one of the two commands and then re-wraps, and kills itself where the given change would be committed.
CHILD = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from sqlalchemy import event
from recstore.catalog.database import Catalog
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.wiring import build

url, data, socket, commit, command, file = sys.argv[1:]
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
if command == "pair":
    recstore.moving.pair(account_id, Path(file).read_text())
else:
    recstore.moving.take_back(account_id)
assert recstore.rewrapping.finish(account_id, lambda _: None) == []
"""
# A proof asked for; the new version; data keys; text keys; a proof; the old version closed; its receipt.
PAIRING = 7
# The new version; data keys; text keys; the proof; the old version closed; its receipt.
TAKING_BACK = 6


def run(house: House, command: str, file: Path, *, killed_at: int) -> int:
    settings = house.recstore.settings
    words = [
        *(sys.executable, "-c", CHILD, house.catalog.engine.url.render_as_string(hide_password=False)),
        *(str(settings.data), str(settings.agent_address), str(killed_at), command, str(file)),
    ]
    return subprocess.run(words, check=False, timeout=60).returncode


def check_moved(case: Case, second: UUID, *, holder: str, destroyed: int) -> None:
    """Everything is sealed to one key of this holder, and opens; the receipts are there, each once."""
    (current,) = [row for row in versions(case) if not row.destroyed_at]
    assert current.holder == holder
    assert set(data_keys(case).values()) == {current.key_id}
    assert len(data_keys(case)) == 2
    assert len(details(case, "key-destroyed")) == destroyed
    assert play(case) == play(case, second) == MEDIA


@pytest.mark.parametrize("commit", range(1, PAIRING + 1))
def test_a_pairing_killed_before_any_commit_goes_on(house: House, customer: Customer, commit: int) -> None:
    case = furnish(house)
    second = house.record(case.account_id, ref="rec-2")
    customer.pair(case.account_id)
    customer.start()
    release(case, customer.pairing)
    assert run(house, "pair", customer.pairing, killed_at=commit) == -9
    assert play(case) == play(case, second) == MEDIA
    assert run(house, "pair", customer.pairing, killed_at=PAIRING + 1) == 0
    check_moved(case, second, holder="customer", destroyed=1)


@pytest.mark.parametrize("commit", range(1, TAKING_BACK + 1))
def test_taking_back_killed_before_any_commit_goes_on(
    house: House, customer: Customer, tmp_path: Path, commit: int
) -> None:
    case = furnish(house)
    second = house.record(case.account_id, ref="rec-2")
    move(case, customer)
    ours = house.recstore.agents.service.create_account(case.account_id)  # what `take-back` will give
    to = tmp_path / "service.json"
    to.write_text(write_public_key(case.account_id, ours))
    release(case, to, customer.home)
    assert run(house, "take-back", to, killed_at=commit) == -9
    assert play(case) == play(case, second) == MEDIA
    assert run(house, "take-back", to, killed_at=TAKING_BACK + 1) == 0
    check_moved(case, second, holder="service", destroyed=2)
