"""A second, plain implementation of the sealed format to check ours against, and items sealed in memory."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.secret import Secret
from recstore.model import Kind
from recstore.sealing.layout import segment_context
from recstore.sealing.manifest import Segment
from recstore.sealing.opener import Opener
from recstore.sealing.sealer import Sealer
from recstore.storage.memory import MemoryBlobs

CHUNK = 16_384
SEALED_CHUNK = CHUNK + 16
HEADER = 56
ACCOUNT = UUID(bytes=b"T" * 16)
ITEM = UUID(bytes=b"O" * 16)


@dataclass(frozen=True)
class Suite:
    """One instantiation of chunked-encryption.md."""

    aead: type[AESGCM] | type[ChaCha20Poly1305]
    name: str
    key_length: int
    hash: Callable[[], hashes.HashAlgorithm]

    def derive(self, data_key: bytes, salt: bytes, context: bytes) -> tuple[Any, int, bytes]:
        if len(data_key) != self.key_length:
            raise ValueError("wrong length of key")
        info = b"c2sp.org/chunked-encryption@v1+" + self.name.encode() + b"\0" + salt + context
        length = self.key_length + 12 + 32
        okm = HKDFExpand(algorithm=self.hash(), length=length, info=info).derive(data_key)
        key, nonce, commitment = okm[:-44], okm[-44:-32], okm[-32:]
        return self.aead(key), int.from_bytes(nonce, "big"), commitment


COBBLESTONE_256 = Suite(AESGCM, "AEAD_AES_256_GCM", 32, hashes.SHA512)


def reference_seal(plain: bytes, *, data_key: bytes, salt: bytes, context: bytes) -> bytes:
    """Seal as the specification says, with a salt of the caller's choice (never do this outside a test)."""
    aead, base, commitment = COBBLESTONE_256.derive(data_key, salt, context)
    chunks = [plain[at : at + CHUNK] for at in range(0, len(plain) + 1, CHUNK)]
    sealed = [aead.encrypt((base ^ k).to_bytes(12, "big"), chunk, None) for k, chunk in enumerate(chunks)]
    return salt + commitment + b"".join(sealed)


def plaintext(length: int, seed: str = "") -> bytes:
    """Return bytes that look random and are the same every time."""
    return hashlib.shake_128(f"pt{length}{seed}".encode()).digest(length)


@dataclass(frozen=True)
class Place:
    """What a segment's context is made of, but for its index."""

    kind: Kind = Kind.RECORDING
    account_id: UUID = ACCOUNT
    item_id: UUID = ITEM
    generation: int = 7

    def context(self, index: int) -> bytes:
        return segment_context(
            kind=self.kind,
            account_id=self.account_id,
            item_id=self.item_id,
            generation=self.generation,
            index=index,
        )


@dataclass
class SealedItem:
    """An item as catalog and store hold it, and the plaintext that it should open to."""

    plain: bytes
    segments: list[Segment]
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    place: Place = field(default_factory=Place)
    data_key: Secret = field(default_factory=lambda: Secret(bytes(range(32))))

    def opener(self) -> Opener:
        return Opener(
            self.segments,
            data_key_for=lambda segment: self.data_key,
            context_for=lambda segment: self.place.context(segment.index),
            fetch=self.blobs.range,
        )

    def sealed(self, index: int) -> bytes:
        """Return the stored bytes of a segment."""
        name = self.segments[index].blob
        stat = self.blobs.stat(name)
        assert stat is not None
        with self.blobs.range(name, 0, stat.size) as stored:
            buffer = bytearray(stat.size)
            assert stored.readinto(memoryview(buffer)) == stat.size
        return bytes(buffer)

    def store(self, index: int, sealed: bytes) -> None:
        """Put other bytes in the place of a segment, as whoever holds the store can."""
        self.blobs.put(self.segments[index].blob, BytesIO(sealed))

    def row(self, index: int, **changes: Any) -> None:
        """Change a row of the manifest, as whoever holds the catalog can."""
        self.segments[index] = replace(self.segments[index], **changes)

    def length_row(self, index: int, plain_length: int) -> None:
        """Change both lengths of a row, so that they still belong together."""
        sealed_length = HEADER + plain_length + 16 * (plain_length // CHUNK + 1)
        self.row(index, plain_length=plain_length, sealed_length=sealed_length)


def seal_item(plains: Sequence[bytes], *, place: Place | None = None) -> SealedItem:
    """Seal one item, a segment for each of `plains`, with the product's own sealer."""
    item = SealedItem(b"".join(plains), [], place=place or Place())
    data_key_id = uuid4()
    for index, plain in enumerate(plains):
        sealer = Sealer(BytesIO(plain), data_key=item.data_key.reveal(), context=item.place.context(index))
        blob = str(uuid4())
        item.blobs.put(blob, sealer)
        item.segments.append(
            Segment(
                index=index,
                blob=blob,
                sealed_length=sealer.sealed_length,
                plain_length=sealer.plain_length,
                commitment=sealer.commitment,
                sha256=sealer.sealed_sha256,
                data_key_id=data_key_id,
            )
        )
    return item
