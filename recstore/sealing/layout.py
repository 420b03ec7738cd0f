"""Where everything lies in a sealed segment, and how its keys are derived. It neither reads nor opens.

    segment = salt(24) ‖ commitment(32) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk

The format is Cobblestone-256 of C2SP chunked-encryption.md, version 1. Each chunk seals 16,384 bytes, the
last one always fewer (perhaps none), so that a shortened segment never passes for a whole one.
"""

from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from recstore.model import Kind

DATA_KEY = 32
SALT = 24
HEADER = 56
CHUNK = 16_384
TAG = 16
SEALED_CHUNK = CHUNK + TAG

_SUITE = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_CONTEXT = b"recstore/segment/v1\x00"
_KIND_BYTES = {Kind.RECORDING: b"\x01", Kind.TRANSCRIPT: b"\x02"}


@dataclass(frozen=True, slots=True, repr=False)
class SegmentKey:
    """What opens the chunks of one segment, and the commitment that ties the segment to exactly this key."""

    aead: AESGCM
    base_nonce: int
    commitment: bytes

    def nonce(self, chunk: int) -> bytes:
        """Return the 12-byte nonce of a chunk: base nonce XOR chunk number (chunked-encryption.md)."""
        # Safe although it counts: the key is fresh for every salt, and the salt is fresh for every segment.
        return (self.base_nonce ^ chunk).to_bytes(12, "big")


def derive_segment_key(data_key: bytes, *, salt: bytes, context: bytes) -> SegmentKey:
    """Derive a segment's key from a 32-byte data key, 24-byte salt and context (chunked-encryption.md)."""
    if len(data_key) != DATA_KEY:
        raise ValueError(f"a data key has {DATA_KEY} bytes, not {len(data_key)}")
    okm = HKDFExpand(algorithm=SHA512(), length=76, info=_SUITE + salt + context).derive(data_key)
    return SegmentKey(AESGCM(okm[:32]), int.from_bytes(okm[32:44], "big"), okm[44:])


def segment_context(*, kind: Kind, account_id: UUID, item_id: UUID, generation: int, index: int) -> bytes:
    """Say where a segment belongs, in 65 bytes: it opens nowhere else.

    Label ‖ 0x00 ‖ kind (1) ‖ account (16) ‖ item (16) ‖ generation (u64) ‖ segment index (u32), big endian.
    Raises ValueError for a kind that is not sealed on its own.
    """
    if kind not in _KIND_BYTES:
        raise ValueError(f"a {kind} is not sealed on its own")
    place = generation.to_bytes(8, "big") + index.to_bytes(4, "big")
    return _CONTEXT + _KIND_BYTES[kind] + account_id.bytes + item_id.bytes + place


def chunk_start(chunk: int) -> int:
    """Return the first byte of a sealed chunk within its segment."""
    return HEADER + SEALED_CHUNK * chunk


def last_chunk(plain_length: int) -> int:
    """Return the number of a segment's last chunk, which is short: empty at an exact multiple of a chunk."""
    return plain_length // CHUNK


def sealed_length(plain_length: int) -> int:
    """Return the length of the segment that seals `plain_length` bytes."""
    return HEADER + plain_length + TAG * (last_chunk(plain_length) + 1)
