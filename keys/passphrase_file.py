"""A secret in a file that opens with a passphrase (argon2id, RFC 9106): the file alone opens nothing.

Sealed with AES-256-GCM (NIST SP 800-38D) under the derived key: nonce (12) ‖ sealed ‖ tag (16).
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys.errors import HomeUnfit
from keys.files import read_private, write_private
from keys.passphrase import Ask
from keys.secret import Secret

_SALT_LENGTH: Final = 16
_NONCE_LENGTH: Final = 12
_KEY_LENGTH: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess costs: memory in KiB, passes over it, lanes. Stored in the file, so that it may grow."""

    # About a second, once at the start. RFC 9106 section 4 has 64 MiB where memory is short, else 2 GiB.
    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class What:
    """What is kept: its noun for messages, and the label that binds a file to this use of it."""

    noun: str
    label: bytes


def write(path: Path, secret: Secret, what: What, ask: Ask, *, cost: Cost | None = None) -> None:
    """Write a secret under a new passphrase. The caller sees to it that the file is a new one."""
    salt, nonce, cost = os.urandom(_SALT_LENGTH), os.urandom(_NONCE_LENGTH), cost or Cost()
    stated = {"kdf": "argon2id", **asdict(cost), "salt": _text(salt)}
    aead = _under(ask(True), what, salt=salt, cost=cost)
    stated["wrapped"] = _text(nonce + aead.encrypt(nonce, secret.reveal(), _context(stated, what)))
    stated["sha256"] = _checksum(stated, what)
    write_private(path, json.dumps(stated, indent=1).encode("ascii") + b"\n")


def read(path: Path, what: What, ask: Ask) -> Secret:
    """Open the file. Raises HomeUnfit: it is missing or damaged, or the passphrase is wrong."""
    stated = _read(path, what)
    wrapped, salt = base64.b64decode(stated.pop("wrapped")), base64.b64decode(stated["salt"])
    cost = Cost(**{name: stated[name] for name in Cost.__slots__})
    aead = _under(ask(False), what, salt=salt, cost=cost)
    try:
        return Secret(aead.decrypt(wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:], _context(stated, what)))
    except InvalidTag:
        # The checksum held, so the disk is not to blame; who altered the file on purpose could mend it too.
        raise HomeUnfit(f"The passphrase for {path} is wrong, or the file was altered on purpose.") from None


def _read(path: Path, what: What) -> dict[str, Any]:
    damaged = HomeUnfit(f"The {what.noun} {path} is damaged: restore it from its backup.")
    try:
        stated: dict[str, Any] = json.loads(read_private(path))
        whole = stated.pop("sha256") == _checksum(stated, what)
    except OSError as error:
        raise HomeUnfit(f"The {what.noun} {path} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged from error
    if not whole:
        raise damaged
    return stated


def _under(passphrase: Secret, what: What, *, salt: bytes, cost: Cost) -> AESGCM:
    derive = Argon2id(
        salt=salt, length=_KEY_LENGTH, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    try:
        return AESGCM(derive.derive(passphrase.reveal()))
    except MemoryError as error:
        raise HomeUnfit(
            f"The {what.noun}'s passphrase needs {cost.memory_kib} KiB of memory to check."
        ) from error


def _context(stated: Mapping[str, Any], what: What) -> bytes:
    return what.label + json.dumps(stated, sort_keys=True, separators=(",", ":")).encode("ascii")


def _checksum(stated: Mapping[str, Any], what: What) -> str:
    """Tell a damaged file from a wrong passphrase. Of public bytes, and no protection against anybody."""
    return hashlib.sha256(_context(stated, what)).hexdigest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
