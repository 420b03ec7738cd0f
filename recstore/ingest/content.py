"""Seal content under a fresh data key and store it: bytes first, then the rows that point to them.

The data key lives here for the length of one hand-over and is then overwritten; it leaves only sealed to the
account's public key.
"""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from keys.passing import PassingSecret
from keys.wrap import DATA_KEY_LENGTH, PublicKey, wrap_data_key
from recstore.catalog import custodies
from recstore.catalog.database import Catalog
from recstore.errors import BadInput, StoreUnavailable
from recstore.model import Kind
from recstore.sealing.layout import segment_context
from recstore.sealing.manifest import Segment
from recstore.sealing.sealer import Sealer, Source
from recstore.storage.blobs import Blobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Content that lies sealed in the store, before any row points to it."""

    item_id: UUID
    generation: int
    key_id: UUID
    wrapped_key: bytes
    segment: Segment
    sha256: bytes

    @property
    def size(self) -> int:
        """Give the length of the content in bytes."""
        return self.segment.plain_length


@dataclass(frozen=True, slots=True)
class SealedStore:
    """Seals content into the store. Has public keys only: it can open nothing, not even its own."""

    catalog: Catalog
    blobs: Blobs

    @contextmanager
    def sealed(self, account_id: UUID, kind: Kind, source: Source) -> Iterator[Sealed]:
        """Seal and store all that `source` gives; if the block then refuses it, the blob is removed again."""
        sealed = self._seal(account_id, kind, source)
        try:
            yield sealed
        except BadInput:
            # Only where it is certain that no row points to it. After any other fault the rows may have been
            # committed all the same: a blob without a row can be swept, a row without a blob is a loss.
            self.discard(sealed)
            raise

    def discard(self, sealed: Sealed) -> None:
        """Remove sealed content to which no row points."""
        # The answer that the recorder is due counts, not the store's fault: a sweep can find the blob.
        with suppress(StoreUnavailable):
            self.blobs.delete(sealed.segment.blob)

    def _seal(self, account_id: UUID, kind: Kind, source: Source) -> Sealed:
        with self.catalog.read(account_id) as tx:
            custodies.refuse_destroyed(tx)  # before the upload, which may take hours
        item_id, data_key_id, generation = uuid.uuid4(), uuid.uuid4(), 1
        context = segment_context(
            kind=kind, account_id=account_id, item_id=item_id, generation=generation, index=0
        )
        with PassingSecret(DATA_KEY_LENGTH) as data_key:
            sealer = Sealer(source, data_key=data_key.reveal(), context=context)
            segment, sha256 = self._store(sealer, account_id, data_key_id)
            # Last: an upload takes hours, in which the account's key may be rotated and the old one go.
            with self.catalog.read(account_id) as tx:
                key = custodies.current_key(tx)
            wrapped = wrap_data_key(
                PublicKey(key.public_key),
                data_key.reveal(),
                account_id=account_id,
                item_id=item_id,
                generation=generation,
                data_key_id=data_key_id,
            )
        return Sealed(
            item_id=item_id,
            generation=generation,
            key_id=key.key_id,
            wrapped_key=wrapped,
            segment=segment,
            sha256=sha256,
        )

    def _store(self, sealer: Sealer, account_id: UUID, data_key_id: UUID) -> tuple[Segment, bytes]:
        """Store what the sealer gives; give where it lies, and the content's own SHA-256."""
        # The name is random: nobody who lists the store learns which blobs belong together.
        blob = f"{account_id.hex}/{secrets.token_hex(16)}"
        if self.blobs.put(blob, sealer) != sealer.sealed_length:
            raise StoreUnavailable("The object store took another number of bytes than it was given.")
        segment = Segment(
            index=0,
            blob=blob,
            sealed_length=sealer.sealed_length,
            plain_length=sealer.plain_length,
            commitment=sealer.commitment,
            sha256=sealer.sealed_sha256,
            data_key_id=data_key_id,
        )
        return segment, sealer.plain_sha256
