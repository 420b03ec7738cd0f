"""Seal a text of the catalog so that it opens in one place: that column of that row of that account. Pure.

    cell = text key id (16) ‖ nonce (12) ‖ AES-256-GCM(text ‖ 0x80 ‖ zeros up to a multiple of 32) ‖ tag (16)

The id says which text key opens it, and is bound to it with the place: see `Place.context`.
"""

from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.secret import Secret
from recstore.errors import Damaged

KEY_ID = 16
NONCE = 12
TAG = 16
STEP = 32
SHORTEST = KEY_ID + NONCE + STEP + TAG

_CONTEXT = b"recstore/text/v1\x00"
_END = b"\x80"  # ISO/IEC 7816-4: the padding is one such byte, then zeros


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands. `row`: 16 bytes that name the row within its table."""

    account_id: UUID
    table: str
    column: str
    row: bytes

    def context(self, key_id: bytes) -> bytes:
        """Write where a cell opens: label ‖ 0x00 ‖ account ‖ row ‖ text key id ‖ table ‖ 0x00 ‖ column."""
        words = f"{self.table}\0{self.column}".encode()
        return _CONTEXT + self.account_id.bytes + self.row + key_id + words


def seal_text(text: str, place: Place, *, key_id: UUID, key: Secret, nonce: bytes) -> bytes:
    """Seal a text under a text key of 32 bytes; `nonce`: 12 fresh random bytes (NIST SP 800-38D, 8.2.2).

    What the cell's length tells is the text's in UTF-8, rounded up to the next 32 bytes.
    """
    plain = text.encode() + _END
    plain += bytes(-len(plain) % STEP)
    sealed = AESGCM(key.reveal()).encrypt(nonce, plain, place.context(key_id.bytes))
    return key_id.bytes + nonce + sealed


def key_of(cell: bytes) -> UUID:
    """Say which text key opens a cell. Raises Damaged for what is too short to be one."""
    if len(cell) < SHORTEST:
        raise Damaged("A text in the catalog is no sealed text.")
    return UUID(bytes=cell[:KEY_ID])


def open_text(cell: bytes, place: Place, *, key: Secret) -> str:
    """Open a cell in its place. Raises Damaged if it was altered, or stands where it was not sealed for."""
    key_id, nonce, sealed = cell[:KEY_ID], cell[KEY_ID : KEY_ID + NONCE], cell[KEY_ID + NONCE :]
    try:
        padded = AESGCM(key.reveal()).decrypt(nonce, sealed, place.context(key_id))
    except (InvalidTag, ValueError) as error:
        raise Damaged("A text in the catalog was altered, or moved from its place.") from error
    return padded.rstrip(b"\0").removesuffix(_END).decode()
