"""The root in a file that opens with a passphrase: the file alone opens nothing."""

import os
from pathlib import Path
from typing import Final

from keys import passphrase_file
from keys.custodians.file import ROOT_LENGTH, FileCustodian
from keys.errors import HomeUnfit
from keys.passphrase import Ask
from keys.passphrase_file import Cost, What
from keys.secret import Secret

_ROOT: Final = What("root", b"recstore/root/v1\x00")


def create(path: Path, ask: Ask, *, cost: Cost | None = None) -> FileCustodian:
    """Write a fresh root under a new passphrase to a new file. Raises HomeUnfit if the file exists."""
    if path.exists():
        raise HomeUnfit(f"{path} exists: a new root in its place would lose every account's key.")
    root = Secret(os.urandom(ROOT_LENGTH))
    passphrase_file.write(path, root, _ROOT, ask, cost=cost)
    return FileCustodian(root)


def load(path: Path, ask: Ask) -> FileCustodian:
    """Open the root. Raises HomeUnfit: the file is missing or damaged, or the passphrase is wrong."""
    return FileCustodian(passphrase_file.read(path, _ROOT, ask))
