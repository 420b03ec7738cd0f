"""The form of a journal entry, and what links one to the next. Pure: no clock, no database.

An entry is one line of canonical JSON (RFC 8785). Its leaf hash is that of RFC 6962, section 2.1, so that a
Merkle tree can be laid over the entries as they are; each entry also names the leaf hash before it. What may
have to be erased one day (a reason that somebody typed) is not in the entry but beside it: the entry carries
only a salted commitment.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import rfc8785

from recstore.model import Event

VERSION = 1
BEFORE_FIRST = bytes(32)

Scalar = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened, in UTC. `actor`: a user's id, `token:<id>`, `operator:<id>`, `guest` or `system`."""

    account_id: UUID
    index: int
    at: datetime
    event: Event
    actor: str
    item_id: UUID | None
    detail: Mapping[str, Scalar]


class Line(Protocol):
    """An entry as it is kept: its bytes, its hash, and the erasable part with the salt that commits to it.

    `private` may have to be opened first: ask for it only where it is needed.
    """

    @property
    def text(self) -> str: ...  # noqa: D102 - see the class
    @property
    def leaf_hash(self) -> bytes: ...  # noqa: D102
    @property
    def private(self) -> str | None: ...  # noqa: D102
    @property
    def salt(self) -> bytes | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that was just written."""

    text: str
    leaf_hash: bytes
    private: str | None
    salt: bytes | None


def write_line(entry: Entry, *, previous: bytes, private: Mapping[str, Scalar], salt: bytes) -> NewLine:
    """Write an entry down. `previous` is the leaf hash before it, `salt` 16 fresh random bytes."""
    kept = _canonical(private) if private else None
    fields: dict[str, object] = {
        "v": VERSION,
        "account": str(entry.account_id),
        "index": entry.index,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": entry.event.value,
        "actor": entry.actor,
        "item": str(entry.item_id) if entry.item_id else None,
        "detail": dict(entry.detail),
        "private": commit(kept, salt=salt).hex() if kept else None,
        "previous": previous.hex(),
    }
    text = _canonical(fields)
    return NewLine(text=text, leaf_hash=leaf_hash(text), private=kept, salt=salt if kept else None)


def leaf_hash(text: str) -> bytes:
    """Hash an entry's text: SHA-256(0x00 ‖ text), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def commit(private: str, *, salt: bytes) -> bytes:
    """Commit to the erasable part: SHA-256(salt ‖ text)."""
    return hashlib.sha256(salt + private.encode()).digest()


def find_fault(lines: Iterable[Line]) -> str | None:
    """Check lines from the first one on, and say what is wrong with which, or None.

    Finds an altered, removed, inserted or reordered entry. Cannot see that entries are missing at the end:
    compare the last hash with one that was noted elsewhere.
    """
    previous = BEFORE_FIRST
    for index, line in enumerate(lines):
        if leaf_hash(line.text) != line.leaf_hash:
            return f"entry {index} was altered"
        fields = json.loads(line.text)
        if fields["index"] != index or fields["previous"] != previous.hex():
            return f"entry {index} does not follow the one before it"
        if not _private_part_holds(line, fields["private"]):
            return f"the private part of entry {index} was altered"
        previous = line.leaf_hash
    return None


def _private_part_holds(line: Line, commitment: str | None) -> bool:
    if line.private is None:
        return True  # erased, or never there: the commitment stays
    # Without its salt a text proves nothing: taking the salt away must not make room for another text.
    return line.salt is not None and commit(line.private, salt=line.salt).hex() == commitment


def _canonical(fields: Mapping[str, object]) -> str:
    return rfc8785.dumps(dict(fields)).decode()  # type: ignore[arg-type]  # its type wants a closed union of JSON types
