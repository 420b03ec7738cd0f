"""The agent's folder, and who may use it: one agent at a time.

root.key     the root, with the file custodian
accounts/    the accounts' wrapped private keys (keys.vault)
log.jsonl    what was asked and answered (keys.log)
lock         held by the running agent
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keys.agent import KeyAgent
from keys.custodians.file import FileCustodian
from keys.errors import HomeUnfit
from keys.files import make_private_folder
from keys.log import Log
from keys.vault import Vault


@contextmanager
def open_home(home: Path) -> Iterator[KeyAgent]:
    """Give the agent that lives in a folder, laid out now if it is empty. Raises HomeUnfit if it is unfit."""
    make_private_folder(home)
    with _locked(home):
        custodian = _custodian(home)
        log = Log(home / "log.jsonl")
        try:
            yield KeyAgent(Vault(home / "accounts", custodian=custodian), log)
        finally:
            log.close()


def _custodian(home: Path) -> FileCustodian:
    root, accounts = home / "root.key", home / "accounts"
    if root.exists():
        return FileCustodian.load(root)
    if accounts.exists() and any(accounts.iterdir()):
        # A fresh root would start well and open nothing, and hide that the old one is missing.
        raise HomeUnfit(f"{root} is missing, but accounts have keys under it: restore it from its backup.")
    return FileCustodian.create(root)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeUnfit(f"Another key agent runs on {home}: end it first.") from error
        yield
