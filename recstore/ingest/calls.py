"""Take a call document: who was there, in which room, and who is responsible."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete

from recstore.catalog import calls, items, people
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.tables import Call, Participant, Vmr
from recstore.clock import Clock
from recstore.errors import BadInput, Conflict
from recstore.ingest.documents import CallDocument, Room, check_ref, read_call
from recstore.ingest.refusals import noting_refusals
from recstore.ingest.roster import Earlier, Line, Registered, asserted_addresses, find_responsible, resolve
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event, Kind
from recstore.tying import Changed, tie_item


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

        A correction may change the roster, times and events; never the room, nor who is responsible.
        """
        with noting_refusals(self.catalog, account_id, actor=actor, clock=self.clock):
            document = read_call(body)
            with self.catalog.change(account_id) as tx:
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
            vmr_id=_put_room(tx, document.vmr, users).id if document.vmr else None,
            started_at=document.started_at,
            ended_at=document.ended_at,
            responsible_id=find_responsible(document, users, lines, started_by=None),
            document=body.decode(),
            handed_over_at=now,
        )
        tx.add(call)
        tx.session.flush()
        _write_roster(tx, call, lines)
        detail: dict[str, Scalar] = {"call": str(call.id), "participants": len(lines)}
        log.append(tx, Event.CALL_HANDED_OVER, actor=actor, at=now, detail=detail)
        return Received(call.id, "available", is_new=True)

    def _correct(
        self, tx: Transaction, call: Call, document: CallDocument, body: bytes, *, actor: Actor
    ) -> Received:
        before = read_call(call.document.encode())
        if before == document:
            return Received(call.id, "available", is_new=False)
        _check_correction(before, document)
        users = _registered(tx, document, by=call.handed_over_at)
        earlier = {
            line.ref: Earlier(_asserted(before, line.ref), line.user_id)
            for line in calls.participants(tx, call.id)
        }
        lines = resolve(document, users, earlier)
        if call.responsible_id is None and _names_nobody(before):
            call.responsible_id = find_responsible(document, users, lines, started_by=None)
        call.started_at, call.ended_at, call.document = document.started_at, document.ended_at, body.decode()
        _write_roster(tx, call, lines)
        changed = _retie(tx, call)
        detail: dict[str, Scalar] = {"call": str(call.id), "tied": changed.tied, "untied": changed.untied}
        log.append(tx, Event.CALL_CORRECTED, actor=actor, at=self.clock(), detail=detail)
        return Received(call.id, "available", is_new=False)


def _registered(tx: Transaction, document: CallDocument, *, by: datetime) -> dict[str, Registered]:
    """Look up whom the document asserts. Whoever registered after `by` is nobody in this call."""
    found = {}
    for address in asserted_addresses(document):
        try:
            user = people.by_email(tx, address)
        except BadInput:
            # An identity that is no address (a local sign-in, say) is nobody registered here.
            continue
        if user is not None and user.created_at <= by:
            found[address] = Registered(user.id, user.inactive_since)
    return found


def _put_room(tx: Transaction, room: Room, users: dict[str, Registered]) -> Vmr:
    """Add a room, or bring it up to date. Calls and items keep the organizer of their own time."""
    vmr = calls.vmr_by_ref(tx, room.ref)
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
    tx.session.execute(
        delete(Participant).where(Participant.account_id == tx.account_id, Participant.call_id == call.id)
    )
    for line in lines:
        tx.add(
            Participant(
                account_id=tx.account_id,
                id=uuid.uuid4(),
                call_id=call.id,
                ref=line.ref,
                name=line.name,
                user_id=line.user_id,
                was_present=line.was_present,
            )
        )
    tx.session.flush()


def _retie(tx: Transaction, call: Call) -> Changed:
    tied = untied = 0
    for item in items.of_call(tx, call.id):
        # A direct call's recording is of whoever chose to record it: perhaps not of whom the call names.
        if item.responsible_id is None and (call.vmr_id or item.what is Kind.TRANSCRIPT):
            item.responsible_id = call.responsible_id
        changed = tie_item(tx, item)
        tied, untied = tied + changed.tied, untied + changed.untied
    return Changed(tied, untied)


def _check_correction(before: CallDocument, after: CallDocument) -> None:
    if (before.vmr.ref if before.vmr else None) != (after.vmr.ref if after.vmr else None):
        raise Conflict(
            "This call was handed over for another room; use another ref for another call.",
            code="call_changed",
        )
    for word, was, now in (
        ("organizer", before.vmr and before.vmr.organizer, after.vmr and after.vmr.organizer),
        ("recorded_by", before.recorded_by, after.recorded_by),
    ):
        if was is not None and was != now:
            raise Conflict(
                f"{word} says who is responsible, so it cannot be corrected; an admin can appoint somebody.",
                code="call_changed",
            )


def _names_nobody(document: CallDocument) -> bool:
    return (document.vmr.organizer if document.vmr else document.recorded_by) is None


def _asserted(document: CallDocument, ref: str) -> str | None:
    return next((line.authenticated for line in document.participants if line.ref == ref), None)
