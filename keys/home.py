"""The agent's folder, and who may use it: one agent at a time.

custodian.toml   who holds the root (keys.custodians.choice); without it, a plain file does
root.key         the root, with the custodian file; root.sealed with the custodian passphrase
root.check       a random secret under the root: if it opens, this is the root of this home
accounts/        the accounts' wrapped private keys (keys.vault)
approvers/       whose consent counts for each account; consents/: what was opened under one (keys.consents)
log.jsonl        what was asked and answered (keys.log)
lock             held by the running agent
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from keys import root_rotation
from keys.agent import KeyAgent
from keys.consents import Consents
from keys.custodians import Custodian
from keys.custodians.choice import choose
from keys.errors import DoesNotOpen, HomeUnfit
from keys.files import make_private_folder, read_private, write_private
from keys.log import Log
from keys.receipt_key import ReceiptKey
from keys.secret import Secret
from keys.vault import Vault

_CHECK_CONTEXT: Final = b"recstore/root-check/v1\x00"


@contextmanager
def open_home(home: Path, *, passphrase_from: int | None = None) -> Iterator[KeyAgent]:
    """Give the agent that lives in a folder, laid out now if it is empty.

    A passphrase, where the custodian needs one, comes from the descriptor `passphrase_from` if given. Raises
    HomeUnfit if the folder is unfit, RootRefused or RootUnavailable if its root cannot be used now.
    """
    make_private_folder(home)
    with _locked(home):
        root_rotation.finish(home)
        custodian = _custodian(home, passphrase_from=passphrase_from)
        log = Log(home / "log.jsonl")
        try:
            yield KeyAgent(Vault(home / "accounts", custodian=custodian), log, Consents(home))
        finally:
            log.close()


def rotate_root(
    home: Path, *, settings: Path | None, passphrase_from: int | None, new_passphrase_from: int | None
) -> None:
    """Put everything in a home under a fresh root, or under another custodian by its settings file.

    Raises HomeUnfit, RootRefused or RootUnavailable; then the old root stays. The agent must not run.
    """
    if not (home / "root.check").exists():
        raise HomeUnfit(f"{home} is not the home of a key agent, or never was started.")
    if settings is None and not any((home / name).exists() for name in ("root.key", "root.sealed")):
        raise HomeUnfit("Name the new key of a token or of KMS in a settings file: --custodian FILE.")
    with _locked(home):
        root_rotation.finish(home)
        old = _custodian(home, passphrase_from=passphrase_from)
        root_rotation.stage(
            home,
            old,
            lambda folder: _custodian(folder, passphrase_from=new_passphrase_from),
            settings=settings,
        )
        root_rotation.finish(home)


def read_receipt_key(home: Path, *, passphrase_from: int | None) -> bytes:
    """Give the public half of what a home signs receipts with, 32 bytes. Also while its agent runs.

    Raises HomeUnfit, RootRefused or RootUnavailable.
    """
    path = home / "receipts.key"
    if not path.exists():
        raise HomeUnfit(f"No receipt was ever signed in {home}.")  # making the key is the agent's own
    return ReceiptKey(path, custodian=_custodian(home, passphrase_from=passphrase_from)).public()


def _custodian(home: Path, *, passphrase_from: int | None) -> Custodian:
    accounts, check = home / "accounts", home / "root.check"
    has_accounts = accounts.exists() and any(accounts.iterdir())
    custodian = choose(home, fresh=not (has_accounts or check.exists()), passphrase_from=passphrase_from)
    if check.exists():
        _prove(custodian, check)
    elif has_accounts and not (home / "root.key").exists():
        raise HomeUnfit(f"{check} is missing, but accounts have keys: restore it from its backup.")
    else:
        # Also for homes from before there was a check: they have root.key.
        secret = Secret(os.urandom(32))
        write_private(check, custodian.wrap(secret, context=_CHECK_CONTEXT))
    return custodian


def _prove(custodian: Custodian, check: Path) -> None:
    try:
        custodian.unwrap(read_private(check), context=_CHECK_CONTEXT)
    except DoesNotOpen as error:
        raise HomeUnfit(
            f"{check} does not open: this is not the root that the accounts' keys are under."
        ) from error


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeUnfit(f"Another key agent runs on {home}: end it first.") from error
        yield
