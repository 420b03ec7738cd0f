"""Open content for a Grant: recordings as ranges of bytes, transcripts as messages.

Rights are asked again at least every second while bytes flow, and data keys before every mebibyte (custody
answers within their minute). When either is refused, the stream ends with an error and the connection breaks:
a stream that ended early never looks like one that ended.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from keys.secret import Secret
from recstore.access.gate import Gate
from recstore.access.grant import Grant
from recstore.access.messages import MayRead, message_filter
from recstore.catalog import calls, items
from recstore.catalog.sealed_tables import DataKey
from recstore.catalog.tables import Item
from recstore.clock import Clock
from recstore.custody import Custody
from recstore.errors import Damaged, KeyReplaced, NotThere
from recstore.sealing.layout import segment_context
from recstore.sealing.manifest import Segment
from recstore.sealing.opener import Opener
from recstore.sealing.segment import CheckedEnds
from recstore.storage.blobs import Blobs

ASK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Content:
    """An item that may be opened, with all that opening needs. Holds no plaintext and no open key yet."""

    grant: Grant
    item: Item
    opener: Opener
    gate: Gate
    custody: Custody
    clock: Clock

    @property
    def length(self) -> int:
        """Give the length of the plaintext in bytes."""
        return self.opener.length

    @property
    def title(self) -> str:
        """Give the title that the item is shown under."""
        with self.gate.catalog.read(self.item.account_id) as tx:
            return items.titles(tx, [self.item])[self.item.id]

    @property
    def etag(self) -> str:
        """Give a strong validator (RFC 9110, section 8.8.3): content never changes within a generation."""
        return f"{self.item.id.hex}-{self.item.generation}"

    def check_again(self) -> None:
        """Raise as soon as this may not go on: no grant would be given now, or the keys are locked."""
        self.gate.still_holds(self.grant)
        self.custody.check_unlocked(self.grant.viewer.account_id)

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from `start` to `stop - 1`, all verified, asking again whether this still may.

        Between two pieces nothing is asked: whoever hands them to slow receivers watches those itself.
        """
        asked = self.clock()
        for piece in self.opener.read(start, stop):
            now = self.clock()
            if now - asked >= ASK_AGAIN:
                self.check_again()
                asked = now
            yield piece


@dataclass(frozen=True, slots=True)
class Playback:
    """Opens what the gate granted, and nothing else."""

    gate: Gate
    custody: Custody
    blobs: Blobs
    clock: Clock
    checked: CheckedEnds = field(default_factory=CheckedEnds)

    def content(self, grant: Grant) -> Content:
        """Prepare to open an item. Raises NotThere if it changed since it was granted."""
        with self.gate.catalog.read(grant.viewer.account_id) as tx:
            item = items.by_id(tx, grant.item_id)
            if item is None or item.generation != grant.generation:
                raise NotThere
            segments, sealed_keys = items.manifest(tx, item)

        def data_key_for(segment: Segment) -> Secret:
            try:
                return self.custody.data_key(grant, sealed_keys[segment.data_key_id])
            except KeyReplaced:
                # The account's key was rotated since this stream began: the same data key, sealed anew.
                sealed_keys.update(self._sealed_again(grant))
                return self.custody.data_key(grant, sealed_keys[segment.data_key_id])

        def context_for(segment: Segment) -> bytes:
            return segment_context(
                kind=grant.kind,
                account_id=grant.viewer.account_id,
                item_id=grant.item_id,
                generation=grant.generation,
                index=segment.index,
            )

        opener = Opener(
            segments,
            data_key_for=data_key_for,
            context_for=context_for,
            fetch=self.blobs.range,
            checked=self.checked,
        )
        if opener.length != item.size:
            # Every segment may be sound, and one of them missing all the same.
            raise Damaged("The manifest does not add up to the item's size.")
        return Content(grant, item, opener, self.gate, self.custody, self.clock)

    def _sealed_again(self, grant: Grant) -> dict[UUID, DataKey]:
        with self.gate.catalog.read(grant.viewer.account_id) as tx:
            item = items.by_id(tx, grant.item_id)
            return items.manifest(tx, item)[1] if item else {}

    def messages(self, grant: Grant) -> Iterator[dict[str, Any]]:
        """Give the messages of a transcript that the viewer may read, in order, each judged by the rules."""
        content = self.content(grant)
        with self.gate.catalog.read(grant.viewer.account_id) as tx:
            reader = self.gate.reader(tx, grant.viewer)
            roster = calls.participants_of_user(tx, [content.item.call_id], grant.viewer.user_id)
            may_read = message_filter(self.gate, reader, content.item, roster, action=grant.action)
        lines = _lines(content.read(0, content.length))
        readable = [message for line in lines if _is_readable(message := json.loads(line), may_read)]
        refs = {message["ref"] for message in readable}
        for message in readable:
            # An answer to what the viewer may not read does not tell that it was there.
            yield message if message["reply_to"] in refs else message | {"reply_to": None}


def _is_readable(message: dict[str, Any], may_read: MayRead) -> bool:
    everyone = message["to"] == "everyone"
    return may_read(everyone, {message["sender"], *(() if everyone else message["to"])})


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
