"""The manifest of an item: its segments in order, as the catalog keeps them. It reads no sealed bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from recstore.errors import Damaged
from recstore.sealing.layout import sealed_length

_LABEL = b"recstore/manifest/v1\x00"


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of an item's manifest. Lengths are in bytes; `sha256` is that of the sealed bytes."""

    index: int
    blob: str
    sealed_length: int
    plain_length: int
    commitment: bytes
    sha256: bytes
    data_key_id: UUID


def check_manifest(segments: Sequence[Segment]) -> None:
    """Raise Damaged unless the rows are segments 0, 1, 2, … and each one's two lengths belong together."""
    if not segments:
        raise Damaged("The manifest has no segments.")
    for place, segment in enumerate(segments):
        if segment.index != place:
            raise Damaged(f"The manifest has segment {segment.index} in the place of segment {place}.")
        if segment.plain_length < 0 or segment.sealed_length != sealed_length(segment.plain_length):
            raise Damaged(f"The lengths of segment {place} in the manifest contradict each other.")


def manifest_hash(segments: Sequence[Segment]) -> bytes:
    """Return the SHA-256 of a manifest: every field of every row, in order, none ambiguous with another."""
    digest = hashlib.sha256(_LABEL + len(segments).to_bytes(4, "big"))
    for segment in segments:
        digest.update(_row(segment))
    return digest.digest()


def _row(segment: Segment) -> bytes:
    numbers = (segment.index, segment.sealed_length, segment.plain_length)
    fields = [number.to_bytes(8, "big") for number in numbers]
    fields += [segment.blob.encode(), segment.commitment, segment.sha256, segment.data_key_id.bytes]
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)
