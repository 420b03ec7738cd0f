"""Take a call document: who was there, in which room, and who is responsible."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.catalog import calls, custodies, items, people
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.tables import Call, Participant, Vmr
from recstore.clock import Clock
from recstore.errors import Conflict
from recstore.ingest.correction import Gist, check_correction, check_identities, find_gist
from recstore.ingest.documents import CallDocument, Room, check_ref, read_call, write_canonical
from recstore.ingest.refusals import noting_refusals
from recstore.ingest.roster import (
    Earlier,
    Line,
    Registered,
    asserted_addresses,
    find_responsible,
    resolve,
)
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM, Actor
from recstore.model import Event, Kind
from recstore.tying import tie_item


@dataclass(frozen=True, slots=True)
class Received:
    """What a hand-over came to: `is_new` is False when the same was there already."""

    id: UUID
    state: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class CallIntake:
    """Hands over calls. Idempotent on the recorder's own reference."""

    catalog: Catalog
    clock: Clock

    def put(self, account_id: UUID, ref: str, body: bytes, *, actor: Actor) -> Received:
        """Take a call, or a correction of one.

        A correction may change the roster, times and events; never the room, the occurrence, who is
        responsible, nor whose a participant's ref is. Raises BadInput (not_json, bad_document), TooLarge, and
        Conflict (call_changed, not_your_call, keys_destroyed).
        """
        with noting_refusals(self.catalog, account_id, actor=actor, clock=self.clock):
            document = read_call(body)
            with self.catalog.change(account_id) as tx:
                custodies.refuse_destroyed(tx)
                call = calls.by_ref(tx, check_ref(ref))
                if call is None:
                    return self._add(tx, ref, document, body, actor=actor)
                return self._correct(tx, call, document, body, actor=actor)

    def _add(
        self, tx: Transaction, ref: str, document: CallDocument, body: bytes, *, actor: Actor
    ) -> Received:
        now = self.clock()
        users = _registered(tx, document, by=now)
        lines = resolve(document, users, {})
        call = Call(
            account_id=tx.account_id,
            id=uuid.uuid4(),
            ref=ref,
            ref_key=tx.lookup(ref),
            vmr_id=_put_room(tx, document, document.vmr, users).id if document.vmr else None,
            responsible_id=find_responsible(document, users, lines, started_by=None),
            handed_over_at=now,
            handed_over_by=actor.name,
        )
        _write_down(tx, call, document, body)
        tx.add(call)
        tx.session.flush()
        _write_roster(tx, call, lines)
        detail: dict[str, Scalar] = {"call": str(call.id), "participants": len(lines)}
        log.append(tx, Event.CALL_HANDED_OVER, actor=actor, at=now, detail=detail)
        return Received(call.id, "available", is_new=True)

    def _correct(
        self, tx: Transaction, call: Call, document: CallDocument, body: bytes, *, actor: Actor
    ) -> Received:
        if call.document_key == tx.lookup(write_canonical(document)):
            return Received(call.id, "available", is_new=False)
        before, earlier = _find_kept(tx, call), _find_earlier(tx, call, document)
        _check_owner(call, actor)
        check_correction(before, find_gist(document, tx.lookup))
        check_identities(document, earlier)
        users = _registered(tx, document, by=call.handed_over_at)
        lines = resolve(document, users, earlier)
        if call.responsible_id is None and before.names_nobody:
            call.responsible_id = find_responsible(document, users, lines, started_by=None)
        _write_down(tx, call, document, body)
        _write_roster(tx, call, lines)
        tied, untied = _retie(tx, call, actor=actor, at=self.clock())
        detail: dict[str, Scalar] = {"call": str(call.id), "tied": tied, "untied": untied}
        log.append(tx, Event.CALL_CORRECTED, actor=actor, at=self.clock(), detail=detail)
        return Received(call.id, "available", is_new=False)


def _write_down(tx: Transaction, call: Call, document: CallDocument, body: bytes) -> None:
    """Write what a document says of the call itself; and its gist, which alone is read at a correction."""
    gist = find_gist(document, tx.lookup)
    call.occurrence, call.started_at, call.ended_at = gist.occurrence, gist.started_at, gist.ended_at
    call.organizer_key, call.recorded_by_key = gist.organizer_key, gist.recorded_by_key
    call.document, call.document_key = body.decode(), tx.lookup(write_canonical(document))
    call.room_title = document.vmr.title if document.vmr else None
    call.notice = json.dumps(document.notice) if document.notice else None


def _find_kept(tx: Transaction, call: Call) -> Gist:
    room = tx.get(Vmr, call.vmr_id) if call.vmr_id else None
    return Gist(
        occurrence=call.occurrence,
        started_at=call.started_at,
        ended_at=call.ended_at,
        room_key=room.ref_key if room else None,
        organizer_key=call.organizer_key,
        recorded_by_key=call.recorded_by_key,
    )


def _find_earlier(tx: Transaction, call: Call, document: CallDocument) -> dict[str, Earlier]:
    """Give the lines of earlier hand-overs whose refs the document has, by ref."""
    kept = calls.all_lines(tx, call.id)
    return {
        line.ref: Earlier(row.identity_key == _identity_key(tx, line.authenticated), row.user_id, row.removed)
        for line in document.participants
        if (row := kept.get(tx.lookup(line.ref)))
    }


def _identity_key(tx: Transaction, authenticated: str | None) -> bytes | None:
    """Hash an asserted identity, in whatever spelling; also one that is no address."""
    return tx.lookup(authenticated.strip().lower()) if authenticated is not None else None


def _registered(tx: Transaction, document: CallDocument, *, by: datetime) -> dict[str, Registered]:
    """Look up whom the document asserts. Whoever registered after `by` is nobody in this call."""
    return {
        address: Registered(user.id, user.inactive_since)
        for address, user in people.by_emails(tx, asserted_addresses(document)).items()
        if user.created_at <= by
    }


def _put_room(tx: Transaction, document: CallDocument, room: Room, users: dict[str, Registered]) -> Vmr:
    """Add a room, or bring it up to date. Calls and items keep the title and organizer of their own time."""
    vmr = calls.vmr_by_ref(tx, room.ref)
    if vmr is not None and calls.has_later(tx, vmr_id=vmr.id, than=document.started_at):
        return vmr  # an old call that comes late says nothing about the room of today
    organizer = users.get(room.organizer) if room.organizer else None
    if vmr is None:
        vmr = Vmr(
            account_id=tx.account_id,
            id=uuid.uuid4(),
            ref=room.ref,
            ref_key=tx.lookup(room.ref),
            auto_share=True,
        )
    vmr.title, vmr.link = room.title, room.link
    vmr.organizer_id = organizer.user_id if organizer else None
    tx.add(vmr)
    tx.session.flush()
    return vmr


def _write_roster(tx: Transaction, call: Call, lines: list[Line]) -> None:
    dropped = calls.all_lines(tx, call.id)
    for line in lines:
        key = tx.lookup(line.ref)
        row = dropped.pop(key, None) or Participant(
            account_id=tx.account_id, id=uuid.uuid4(), call_id=call.id, ref=line.ref, ref_key=key
        )
        row.name, row.user_id = line.name, line.user_id
        row.authenticated, row.identity_key = line.authenticated, _identity_key(tx, line.authenticated)
        row.was_present, row.seconds, row.removed = line.was_present, line.seconds, False
        tx.add(row)
    for row in dropped.values():
        # Kept, so that the ref never comes to be another's who would then read its messages.
        row.user_id, row.was_present, row.removed = None, False, True
    tx.session.flush()


def _retie(tx: Transaction, call: Call, *, actor: Actor, at: datetime) -> tuple[int, int]:
    """Tie all items of a call anew, each change with its entry; count whom that tied and untied."""
    counts = {Event.TIED: 0, Event.UNTIED: 0}
    for item in items.of_call(tx, call.id):
        # A direct call's recording is of whoever chose to record it: perhaps not of whom the call names.
        if item.responsible_id is None and (call.vmr_id or item.what is Kind.TRANSCRIPT):
            item.responsible_id = call.responsible_id
        changed = tie_item(tx, item)
        for event, user_ids in ((Event.TIED, changed.tied), (Event.UNTIED, changed.untied)):
            for user_id in user_ids:
                detail = {"user": str(user_id)}
                log.append(tx, event, actor=actor, at=at, item_id=item.id, detail=detail)
            counts[event] += len(user_ids)
    return counts[Event.TIED], counts[Event.UNTIED]


def _check_owner(call: Call, actor: Actor) -> None:
    if actor != SYSTEM and actor.name != call.handed_over_by:
        raise Conflict(
            "Another token handed this call over; only that one, or the command line, corrects it.",
            code="not_your_call",
        )
