"""An account's private key, and opening with it. Only the vault imports this."""

from typing import Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from keys.errors import BadKey, DoesNotOpen
from keys.secret import Secret
from keys.wrap import DATA_KEY_LENGTH, SUITE, PublicKey, data_key_context, text_key_context

MLKEM_SEED_LENGTH = 64
PRIVATE_KEY_LENGTH = MLKEM_SEED_LENGTH + 32


class PrivateKey:
    """An account's private key, from 96 bytes: ML-KEM-768 seed (64, FIPS 203) ‖ X25519 (32, RFC 7748)."""

    __slots__ = ("_mlkem", "_x25519")

    def __init__(self, raw: Secret, /) -> None:
        if len(raw) != PRIVATE_KEY_LENGTH:
            raise BadKey(f"A private key has {PRIVATE_KEY_LENGTH} bytes, not {len(raw)}.")
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(raw.reveal()[:MLKEM_SEED_LENGTH])
        self._x25519 = X25519PrivateKey.from_private_bytes(raw.reveal()[MLKEM_SEED_LENGTH:])

    @classmethod
    def generate(cls) -> Self:
        """Make a fresh key pair from the system's randomness."""
        mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
        return cls(Secret(mlkem.private_bytes_raw() + x25519.private_bytes_raw()))

    def secret(self) -> Secret:
        """Give the 96 bytes that make this key again, for a custodian to wrap."""
        return Secret(self._mlkem.private_bytes_raw() + self._x25519.private_bytes_raw())

    def public_key(self) -> PublicKey:
        """Derive the public half."""
        mlkem, x25519 = self._mlkem.public_key(), self._x25519.public_key()
        return PublicKey(mlkem.public_bytes_raw() + x25519.public_bytes_raw())

    def open_data_key(
        self, sealed: bytes, *, account_id: UUID, item_id: UUID, generation: int, data_key_id: UUID
    ) -> Secret:
        """Open what `wrap_data_key` sealed under the same context. Raises DoesNotOpen for anything else."""
        context = data_key_context(
            account_id=account_id, item_id=item_id, generation=generation, data_key_id=data_key_id
        )
        return self._open(sealed, context=context)

    def open_text_key(self, sealed: bytes, *, account_id: UUID, text_key_id: UUID) -> Secret:
        """Open what `wrap_text_key` sealed under the same context. Raises DoesNotOpen for anything else."""
        return self._open(sealed, context=text_key_context(account_id=account_id, text_key_id=text_key_id))

    def rewrap(self, sealed: bytes, to: PublicKey, *, context: bytes) -> bytes:
        """Seal to another public key what is sealed to this one, under the same context.

        Raises DoesNotOpen for what is not sealed so, BadKey for what cannot be sealed to.
        """
        opened = self._open(sealed, context=context)
        try:
            return SUITE.encrypt(opened.reveal(), to.hpke, info=context)
        except ValueError as error:
            raise BadKey("The public key is not a point or a lattice that can be sealed to.") from error

    def _open(self, sealed: bytes, *, context: bytes) -> Secret:
        try:
            opened = SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(self._mlkem, self._x25519), info=context)
        except (InvalidTag, ValueError) as error:
            raise DoesNotOpen("This sealed key does not open under the stated context.") from error
        if len(opened) != DATA_KEY_LENGTH:
            raise DoesNotOpen("What was sealed is not a key.")
        return Secret(opened)
