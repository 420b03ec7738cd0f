"""Seal data keys and text keys to an account's public key. Nothing here opens: recorders need no more.

HPKE (RFC 9180) with the hybrid MLKEM768-X25519, HKDF-SHA256 and AES-256-GCM: whoever wants to open a key that
is stored today needs to break both the lattice and the curve.
"""

from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

from keys.errors import BadKey

SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
DATA_KEY_LENGTH: Final = 32
MLKEM_PUBLIC_LENGTH: Final = 1184
PUBLIC_KEY_LENGTH: Final = MLKEM_PUBLIC_LENGTH + 32
_DATA_KEY: Final = b"recstore/data-key/v1\x00"
_TEXT_KEY: Final = b"recstore/text-key/v1\x00"


class PublicKey:
    """An account's public key, read from 1216 bytes: ML-KEM-768 (1184, FIPS 203) ‖ X25519 (32, RFC 7748)."""

    __slots__ = ("hpke", "raw")

    def __init__(self, raw: bytes, /) -> None:
        if len(raw) != PUBLIC_KEY_LENGTH:
            raise BadKey(f"A public key has {PUBLIC_KEY_LENGTH} bytes, not {len(raw)}.")
        self.raw = bytes(raw)
        self.hpke = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC_LENGTH]),
            X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC_LENGTH:]),
        )


def data_key_context(*, account_id: UUID, item_id: UUID, generation: int, data_key_id: UUID) -> bytes:
    """Write what a data key belongs to, as 77 bytes.

    That is label ‖ account ‖ item ‖ generation (u64, big-endian) ‖ data key. Every part has a fixed length,
    so no two contexts share a spelling.
    """
    return _DATA_KEY + account_id.bytes + item_id.bytes + generation.to_bytes(8, "big") + data_key_id.bytes


def wrap_data_key(
    public_key: PublicKey,
    data_key: bytes | bytearray,
    *,
    account_id: UUID,
    item_id: UUID,
    generation: int,
    data_key_id: UUID,
) -> bytes:
    """Seal a data key of 32 bytes to an account, bound to its item by HPKE's `info` (RFC 9180 section 5.1).

    Gives 1168 bytes: encapsulated secret (1120) ‖ sealed key (32) ‖ tag (16). Raises BadKey for unfit keys.
    """
    context = data_key_context(
        account_id=account_id, item_id=item_id, generation=generation, data_key_id=data_key_id
    )
    return _wrap(public_key, data_key, context=context)


def text_key_context(*, account_id: UUID, text_key_id: UUID) -> bytes:
    """Write what a text key belongs to, as 53 bytes: label ‖ account ‖ text key.

    The label is its own: a text key never opens as a data key, nor the other way round.
    """
    return _TEXT_KEY + account_id.bytes + text_key_id.bytes


def wrap_text_key(
    public_key: PublicKey, text_key: bytes | bytearray, *, account_id: UUID, text_key_id: UUID
) -> bytes:
    """Seal a text key of 32 bytes to an account; see `wrap_data_key`."""
    context = text_key_context(account_id=account_id, text_key_id=text_key_id)
    return _wrap(public_key, text_key, context=context)


def _wrap(public_key: PublicKey, key: bytes | bytearray, *, context: bytes) -> bytes:
    if len(key) != DATA_KEY_LENGTH:
        raise BadKey(f"A key to seal has {DATA_KEY_LENGTH} bytes, not {len(key)}.")
    try:
        return SUITE.encrypt(key, public_key.hpke, info=context)
    except ValueError as error:
        raise BadKey("The public key is not a point or a lattice that can be sealed to.") from error
