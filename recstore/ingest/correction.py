"""What a correction of a call may change. Pure.

A call is one occurrence: what another occurrence says would rewrite who was in this one, and so who sees it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from recstore.errors import Conflict
from recstore.ingest.documents import CallDocument
from recstore.ingest.roster import Earlier, find_changed_identity

# How far a call that names no occurrence may move: a recorder's clock or its idea of a beginning is off by
# less, and the next meeting of a room is further away.
MOST_MOVED = timedelta(minutes=15)


def check_correction(before: CallDocument, after: CallDocument, earlier: Mapping[str, Earlier]) -> None:
    """Raise Conflict (call_changed) if `after` is no correction of the call that `before` describes."""
    if (before.vmr.ref if before.vmr else None) != (after.vmr.ref if after.vmr else None):
        raise _changed("This call was handed over for another room; use another ref for another call.")
    if not _is_same_occurrence(before, after):
        raise _changed(
            "This ref stands for another occurrence, at another time; hand over each occurrence under its"
            " own ref. If the first one's times were wrong, hand the call over anew under a new ref."
        )
    for word, was, now in (
        ("organizer", before.vmr and before.vmr.organizer, after.vmr and after.vmr.organizer),
        ("recorded_by", before.recorded_by, after.recorded_by),
    ):
        if was is not None and was != now:
            raise _changed(
                f"{word} says who is responsible, so it cannot be corrected; an admin can appoint somebody."
            )
    ref = find_changed_identity(after, earlier)
    if ref is not None:
        raise _changed(
            f"The ref {ref} stood for another identity in this call, or for a guest; use a new ref."
        )


def _is_same_occurrence(before: CallDocument, after: CallDocument) -> bool:
    if before.occurrence is not None and after.occurrence is not None:
        return before.occurrence == after.occurrence
    if abs(after.started_at - before.started_at) > MOST_MOVED:
        return False
    # Two short calls within the tolerance: one was over before the other began.
    return not _is_over_before(before, after.started_at) and not _is_over_before(after, before.started_at)


def _is_over_before(document: CallDocument, at: datetime) -> bool:
    return document.ended_at is not None and document.started_at < at and document.ended_at <= at


def _changed(words: str) -> Conflict:
    return Conflict(words, code="call_changed")
