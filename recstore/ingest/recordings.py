"""Take a recording in one streaming request: sealed as it arrives, visible only when all of it is there."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from recstore.catalog import accounts, calls, items
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Call, Item
from recstore.errors import BadInput
from recstore.ingest.calls import Received
from recstore.ingest.containers import HEAD, find_type
from recstore.ingest.described import Described
from recstore.ingest.documents import check_ref
from recstore.ingest.placing import (
    About,
    ItemIntake,
    find_call,
    responsible_for,
    same_again,
)
from recstore.ingest.receiving import Body, hash_all
from recstore.ingest.refusals import noting_refusals
from recstore.journal.log import Actor
from recstore.model import Kind


@dataclass(frozen=True, slots=True)
class RecordingIntake(ItemIntake):
    """Hands over recordings. Idempotent on (call, recording ref): the same bytes again change nothing."""

    def put(
        self, account_id: UUID, call_ref: str, ref: str, body: Body, described: Described, *, actor: Actor
    ) -> Received:
        """Take a recording of a call that was handed over before.

        Raises BadInput (call_unknown, recording_off, participant_unknown, not_media, bad_metadata, cut_short,
        size_mismatch, sha256_mismatch, empty_body), TooLarge, and Conflict (recording_exists) for other
        bytes under the same ref. Whatever is raised, nothing of the recording can be seen.
        """
        with noting_refusals(self.catalog, account_id, actor=actor, clock=self.clock):
            check_ref(ref)
            with self.catalog.read(account_id) as tx:
                call = find_call(tx, call_ref)
                responsible_for(tx, call, started_by=described.started_by)
                _check_switch(tx, call, described)
                known = items.by_ref(tx, call_id=call.id, kind=Kind.RECORDING, ref=ref)
            if known is not None:
                return _answer_again(known, body, described)
            media_type = find_type(body.peek(HEAD), stated=described.stated_type)
            with self.store.sealed(account_id, Kind.RECORDING, body) as sealed:
                _check_received(sealed.size, sealed.sha256, described)
                return self._place(
                    account_id,
                    call_ref,
                    sealed,
                    lambda tx, call: _describe(tx, call, ref, described, media_type),
                    actor=actor,
                )

    def check(self, account_id: UUID, call_ref: str, ref: str, body: Body, described: Described) -> None:
        """Raise what `put` would for these bytes, or for others under their refs; note and keep nothing."""
        check_ref(ref)
        with self.catalog.read(account_id) as tx:
            call = calls.by_ref(tx, check_ref(call_ref))
            known = items.by_ref(tx, call_id=call.id, kind=Kind.RECORDING, ref=ref) if call else None
        if known is not None:
            _answer_again(known, body, described)
        else:
            find_type(body.peek(HEAD), stated=described.stated_type)


def _describe(tx: Transaction, call: Call, ref: str, described: Described, media_type: str) -> About:
    return About(
        kind=Kind.RECORDING,
        ref=ref,
        # A room's title cannot be read here: without one of its own, the item is shown under its call's.
        title=described.title or (None if call.vmr_id else _stem(described.filename)),
        started_at=_started_at(call, described),
        duration_s=described.duration_s,
        media_type=media_type,
        message_counts=None,
        responsible_id=responsible_for(tx, call, started_by=described.started_by),
    )


def _started_at(call: Call, described: Described) -> datetime:
    return described.started_at or call.started_at


def _check_switch(tx: Transaction, call: Call, described: Described) -> None:
    # What had begun before the switch went off is still taken (rules.md, case 12): call and recording both.
    if accounts.was_off(tx, Kind.RECORDING, at=max(call.started_at, _started_at(call, described))):
        raise BadInput(
            "This account had switched recording off when this began; nothing was kept.", code="recording_off"
        )


def _answer_again(known: Item, body: Body, described: Described) -> Received:
    sha256 = hash_all(body)
    _check_received(body.received, sha256, described)
    return same_again(known, sha256)


def _check_received(size: int, sha256: bytes, described: Described) -> None:
    if described.size is not None and described.size != size:
        raise BadInput("The body is not of the declared size; nothing was kept.", code="size_mismatch")
    if described.sha256 is not None and bytes.fromhex(described.sha256) != sha256:
        raise BadInput(
            "The body does not have the declared SHA-256; nothing was kept.", code="sha256_mismatch"
        )


def _stem(filename: str | None) -> str | None:
    return PurePath(filename).stem or None if filename else None
