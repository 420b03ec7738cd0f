"""What a correction of a call may change. Pure.

A call is one occurrence: what another occurrence says would rewrite who was in this one, and so who sees it.
Of what was written before only keyed hashes are compared: hand-over cannot read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from recstore.errors import Conflict
from recstore.ingest.documents import CallDocument
from recstore.ingest.roster import Earlier, find_changed_identity

# How far a call that names no occurrence may move: a recorder's clock or its idea of a beginning is off by
# less, and the next meeting of a room is further away.
MOST_MOVED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """A call without its words: its times, and keyed hashes of its room's ref and of who answers for it."""

    occurrence: datetime | None
    started_at: datetime
    ended_at: datetime | None
    room_key: bytes | None
    organizer_key: bytes | None
    recorded_by_key: bytes | None

    @property
    def names_nobody(self) -> bool:
        """Say whether it leaves open who is responsible."""
        return (self.organizer_key if self.room_key else self.recorded_by_key) is None


def find_gist(document: CallDocument, key: Callable[[str], bytes]) -> Gist:
    """Take the gist of a call document; `key` hashes a text for a look-up in the account."""

    def key_of(text: str | None) -> bytes | None:
        return key(text) if text is not None else None

    return Gist(
        occurrence=document.occurrence,
        started_at=document.started_at,
        ended_at=document.ended_at,
        room_key=key_of(document.vmr.ref if document.vmr else None),
        organizer_key=key_of(document.vmr.organizer if document.vmr else None),
        recorded_by_key=key_of(document.recorded_by),
    )


def check_correction(before: Gist, after: Gist) -> None:
    """Raise Conflict (call_changed) if `after` is no correction of the call that `before` tells of."""
    if before.room_key != after.room_key:
        raise _changed("This call was handed over for another room; use another ref for another call.")
    if not _is_same_occurrence(before, after):
        raise _changed(
            "This ref stands for another occurrence, at another time; hand over each occurrence under its"
            " own ref. If the first one's times were wrong, hand the call over anew under a new ref."
        )
    for word, was, now in (
        ("organizer", before.organizer_key, after.organizer_key),
        ("recorded_by", before.recorded_by_key, after.recorded_by_key),
    ):
        if was is not None and was != now:
            raise _changed(
                f"{word} says who is responsible, so it cannot be corrected; an admin can appoint somebody."
            )


def check_identities(document: CallDocument, earlier: Mapping[str, Earlier]) -> None:
    """Raise Conflict (call_changed) if a ref would become somebody else's."""
    ref = find_changed_identity(document, earlier)
    if ref is not None:
        raise _changed(
            f"The ref {ref} stood for another identity in this call, or for a guest; use a new ref."
        )


def _is_same_occurrence(before: Gist, after: Gist) -> bool:
    if before.occurrence is not None and after.occurrence is not None:
        return before.occurrence == after.occurrence
    if abs(after.started_at - before.started_at) > MOST_MOVED:
        return False
    # Two short calls within the tolerance: one was over before the other began.
    return not _is_over_before(before, after.started_at) and not _is_over_before(after, before.started_at)


def _is_over_before(call: Gist, at: datetime) -> bool:
    return call.ended_at is not None and call.started_at < at and call.ended_at <= at


def _changed(words: str) -> Conflict:
    return Conflict(words, code="call_changed")
