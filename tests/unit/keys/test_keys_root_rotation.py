"""A root is replaced, also by another custodian's; killed at any step, everything still opens."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.errors import HomeUnfit
from keys.home import open_home, rotate_root
from keys.protocol import AccountKey

PASSPHRASE = b"a passphrase that is long enough"

# Rotates the root, and kills itself in place of the given rename: every write and every move is one.
CHILD = """
import os, signal, sys
from pathlib import Path
from keys.home import rotate_root

left, rename = [int(sys.argv[2])], Path.rename

def kill(self, to):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, to)

Path.rename = kill
rotate_root(Path(sys.argv[1]), settings=None, passphrase_from=None, new_passphrase_from=None)
"""
# Written: root, check, two keys, the receipt key, the list. Then the first five are moved.
STEPS = 11


@pytest.fixture
def home(tmp_path: Path) -> tuple[Path, dict[UUID, AccountKey]]:
    """A home with two accounts, and the public keys that it had."""
    folder = tmp_path / "home"
    with open_home(folder) as agent:
        keys = {account_id: agent.account_key(account_id) for account_id in (uuid4(), uuid4())}
        agent.account_key(next(iter(keys)))
        agent._vault.receipts.public()
    return folder, keys


def keys_of(folder: Path, keys: dict[UUID, AccountKey], passphrase_from: int | None = None) -> Any:
    with open_home(folder, passphrase_from=passphrase_from) as agent:
        return {account_id: agent.account_key(account_id) for account_id in keys}


def rotate(folder: Path, **how: Any) -> None:
    usual = {"settings": None, "passphrase_from": None, "new_passphrase_from": None}
    rotate_root(folder, **usual | how)


def passphrase() -> int:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE + b"\n")
    os.close(writing)
    return reading


def test_everything_is_under_the_new_root(home: Any) -> None:
    folder, keys = home
    old = (folder / "root.key").read_bytes()
    wrapped = {path: path.read_bytes() for path in folder.glob("accounts/*/*.key")}
    rotate(folder)
    assert (folder / "root.key").read_bytes() != old
    assert all(path.read_bytes() != before for path, before in wrapped.items())
    assert keys_of(folder, keys) == keys
    assert not (folder / "next").exists()


def test_attacker_opens_nothing_with_the_old_root(home: Any) -> None:
    folder, keys = home
    old = (folder / "root.key").read_bytes()
    rotate(folder)
    (folder / "root.key").write_bytes(old)
    with pytest.raises(HomeUnfit, match="not the root"):
        keys_of(folder, keys)


def test_the_root_goes_from_a_file_under_a_passphrase_and_back(home: Any, tmp_path: Path) -> None:
    folder, keys = home
    settings = tmp_path / "custodian.toml"
    settings.write_text('custodian = "passphrase"\n')
    rotate(folder, settings=settings, new_passphrase_from=passphrase())
    assert not (folder / "root.key").exists()
    assert keys_of(folder, keys, passphrase()) == keys
    settings.write_text('custodian = "file"\n')
    rotate(folder, settings=settings, passphrase_from=passphrase())
    assert not (folder / "root.sealed").exists()
    assert keys_of(folder, keys) == keys


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_any_step_everything_still_opens(home: Any, step: int) -> None:
    folder, keys = home
    child = [sys.executable, "-c", CHILD, str(folder), str(step)]
    assert subprocess.run(child, check=False, timeout=60).returncode == -9
    assert keys_of(folder, keys) == keys
    assert not (folder / "next").exists()
    rotate(folder)
    assert keys_of(folder, keys) == keys


def test_there_are_no_more_steps_than_were_tried(home: Any) -> None:
    child = [sys.executable, "-c", CHILD, str(home[0]), str(STEPS + 1)]
    assert subprocess.run(child, check=False, timeout=60).returncode == 0


def test_a_new_root_that_cannot_be_made_leaves_the_old_one(home: Any, tmp_path: Path) -> None:
    folder, keys = home
    settings = tmp_path / "custodian.toml"
    settings.write_text('custodian = "nobody"\n')
    with pytest.raises(HomeUnfit):
        rotate(folder, settings=settings)
    assert keys_of(folder, keys) == keys


def test_a_running_agent_is_in_the_way(home: Any) -> None:
    folder, _ = home
    with open_home(folder), pytest.raises(HomeUnfit, match="Another key agent"):
        rotate(folder)


def test_a_folder_without_an_agent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeUnfit):
        rotate(tmp_path)
    assert list(tmp_path.iterdir()) == []
