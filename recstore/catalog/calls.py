"""Calls, their rooms and participants."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import undefer

from recstore.catalog.database import Transaction
from recstore.catalog.tables import Call, Participant, Vmr


def by_ref(tx: Transaction, ref: str) -> Call | None:
    """Find a call by its recorder's own reference."""
    return tx.session.scalars(tx.select(Call).where(Call.ref_key == tx.lookup(ref))).one_or_none()


def vmr_by_ref(tx: Transaction, ref: str) -> Vmr | None:
    """Find a room by its recorder's own reference."""
    return tx.session.scalars(tx.select(Vmr).where(Vmr.ref_key == tx.lookup(ref))).one_or_none()


def with_rooms(tx: Transaction, call_ids: Collection[UUID]) -> dict[UUID, tuple[Call, Vmr | None]]:
    """Find several calls at once, each with its room if it has one."""
    found = tx.get_all(Call, call_ids)
    rooms = tx.get_all(Vmr, {call.vmr_id for call in found.values() if call.vmr_id})
    return {call.id: (call, rooms[call.vmr_id] if call.vmr_id else None) for call in found.values()}


def has_later(tx: Transaction, *, vmr_id: UUID, than: datetime) -> bool:
    """Say whether a room had a call that began after this moment."""
    query = tx.select(Call).where(Call.vmr_id == vmr_id, Call.started_at > than).limit(1)
    return tx.session.scalars(query).one_or_none() is not None


def all_lines(tx: Transaction, call_id: UUID) -> dict[bytes, Participant]:
    """Give every line that a call's roster ever had, by the hash of its ref: also those that were dropped."""
    rows = tx.session.scalars(tx.select(Participant).where(Participant.call_id == call_id))
    return {row.ref_key: row for row in rows}


def lines(tx: Transaction, call_id: UUID) -> list[Participant]:
    """Give everybody who was in a call, registered or not, in no order: nothing written is read."""
    query = tx.select(Participant).where(Participant.call_id == call_id, Participant.removed.is_(False))
    return list(tx.session.scalars(query))


def participants(tx: Transaction, call_id: UUID) -> list[Participant]:
    """Give everybody who was in a call, registered or not, in the order of their refs."""
    return sorted(lines(tx, call_id), key=lambda participant: participant.ref)


def invitees(tx: Transaction, call_id: UUID) -> list[str]:
    """Give the addresses that a call's room says were invited, as handed over; whoever they belong to."""
    query = tx.select(Call).where(Call.id == call_id).options(undefer(Call.document.mapped()))
    room = json.loads(tx.session.scalars(query).one().document).get("vmr") or {}
    found: list[str] = room.get("invitees") or []
    return found


def participants_of_user(tx: Transaction, call_ids: Collection[UUID], user_id: UUID) -> list[Participant]:
    """Give a registered user's own lines in the rosters of these calls."""
    query = tx.select(Participant).where(
        Participant.call_id.in_(call_ids), Participant.user_id == user_id, Participant.removed.is_(False)
    )
    return list(tx.session.scalars(query))
