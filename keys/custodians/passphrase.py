"""The root in a file that opens with a passphrase (argon2id, RFC 9106): the file alone opens nothing."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys.custodians.file import ROOT_LENGTH, FileCustodian
from keys.errors import DoesNotOpen, HomeUnfit
from keys.files import read_private, write_private
from keys.passphrase import Ask
from keys.secret import Secret

_SALT_LENGTH: Final = 16
_LABEL: Final = b"recstore/root/v1\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess costs: memory in KiB, passes over it, lanes. Stored in the file, so that it may grow."""

    # About a second, once at the start. RFC 9106 section 4 has 64 MiB where memory is short, else 2 GiB.
    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


def create(path: Path, ask: Ask, *, cost: Cost | None = None) -> FileCustodian:
    """Write a fresh root under a new passphrase to a new file. Raises HomeUnfit if the file exists."""
    if path.exists():
        raise HomeUnfit(f"{path} exists: a new root in its place would lose every account's key.")
    root, salt, cost = Secret(os.urandom(ROOT_LENGTH)), os.urandom(_SALT_LENGTH), cost or Cost()
    stated = {"kdf": "argon2id", **asdict(cost), "salt": _text(salt)}
    wrapped = _under(ask(True), salt=salt, cost=cost).wrap(root, context=_context(stated))
    stated["wrapped"] = _text(wrapped)
    stated["sha256"] = _checksum(stated)
    write_private(path, json.dumps(stated, indent=1).encode("ascii") + b"\n")
    return FileCustodian(root)


def load(path: Path, ask: Ask) -> FileCustodian:
    """Open the root. Raises HomeUnfit: the file is missing or damaged, or the passphrase is wrong."""
    stated = _read(path)
    wrapped, salt = base64.b64decode(stated.pop("wrapped")), base64.b64decode(stated["salt"])
    cost = Cost(**{name: stated[name] for name in Cost.__slots__})
    under = _under(ask(False), salt=salt, cost=cost)
    try:
        return FileCustodian(under.unwrap(wrapped, context=_context(stated)))
    except DoesNotOpen:
        # The checksum held, so the disk is not to blame; who altered the file on purpose could mend it too.
        raise HomeUnfit(f"The passphrase for {path} is wrong, or the file was altered on purpose.") from None


def _read(path: Path) -> dict[str, Any]:
    damaged = HomeUnfit(f"The root {path} is damaged: restore it from its backup.")
    try:
        stated: dict[str, Any] = json.loads(read_private(path))
        whole = stated.pop("sha256") == _checksum(stated)
    except OSError as error:
        raise HomeUnfit(f"The root {path} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged from error
    if not whole:
        raise damaged
    return stated


def _under(passphrase: Secret, *, salt: bytes, cost: Cost) -> FileCustodian:
    """Give what wraps under a passphrase: the file custodian's AES-256-GCM, under the derived key."""
    derive = Argon2id(
        salt=salt, length=ROOT_LENGTH, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    try:
        return FileCustodian(Secret(derive.derive(passphrase.reveal())))
    except MemoryError as error:
        raise HomeUnfit(f"The root's passphrase needs {cost.memory_kib} KiB of memory to check.") from error


def _context(stated: Mapping[str, Any]) -> bytes:
    return _LABEL + json.dumps(stated, sort_keys=True, separators=(",", ":")).encode("ascii")


def _checksum(stated: Mapping[str, Any]) -> str:
    """Tell a damaged file from a wrong passphrase. Of public bytes, and no protection against anybody."""
    return hashlib.sha256(_context(stated)).hexdigest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
