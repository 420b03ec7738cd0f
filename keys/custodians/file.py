"""The root in a key file: 32 random bytes that only the agent's user can read."""

import os
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import DoesNotOpen, HomeUnfit
from keys.files import read_private, write_private
from keys.secret import Secret

ROOT_LENGTH: Final = 32
_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16


class FileCustodian:
    """Wrap with AES-256-GCM (NIST SP 800-38D): nonce (12) ‖ sealed ‖ tag (16), context as AAD."""

    def __init__(self, root: Secret, /) -> None:
        self._aead = AESGCM(root.reveal())

    @classmethod
    def create(cls, path: Path) -> Self:
        """Write a fresh root to a file that does not exist yet. Raises HomeUnfit if it does."""
        if path.exists():
            raise HomeUnfit(f"{path} exists: a new root in its place would lose every account's key.")
        write_private(path, os.urandom(ROOT_LENGTH))
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the root. Raises HomeUnfit when it is missing, of another length, or open to other users."""
        try:
            root = Secret(read_private(path))
        except OSError as error:
            raise HomeUnfit(f"The root {path} cannot be read: {error.strerror}.") from error
        if len(root) != ROOT_LENGTH:
            raise HomeUnfit(f"The root {path} has {len(root)} bytes, not {ROOT_LENGTH}: restore it.")
        return cls(root)

    def wrap(self, secret: Secret, *, context: bytes) -> bytes:
        """Wrap a secret, bound to its context."""
        # Random nonces are safe for 2^32 wraps under one root; an agent makes one for each account key.
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._aead.encrypt(nonce, secret.reveal(), context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        """Unwrap what `wrap` gave under the same context and root. Raises DoesNotOpen for anything else."""
        if len(wrapped) < _NONCE_LENGTH + _TAG_LENGTH:
            raise DoesNotOpen("This is too short to be a wrapped key.")
        nonce, sealed = wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:]
        try:
            return Secret(self._aead.decrypt(nonce, sealed, context))
        except InvalidTag as error:
            raise DoesNotOpen(
                "This key was wrapped under another root or context, or was altered."
            ) from error
