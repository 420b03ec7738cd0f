"""Give sealed content its rows: item, manifest, data key, ties and journal entry, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.catalog import accounts, calls
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Call, DataKey, Item, SegmentRow, Vmr
from recstore.errors import BadInput
from recstore.ingest.content import Sealed
from recstore.ingest.documents import check_ref
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event, Kind
from recstore.sealing.manifest import manifest_hash
from recstore.tying import tie_item


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of an item beside its bytes."""

    kind: Kind
    ref: str
    title: str
    started_at: datetime
    duration_s: float | None
    media_type: str
    message_counts: str | None
    responsible_id: UUID | None


def find_call(tx: Transaction, ref: str) -> Call:
    """Find the call that an item belongs to, or raise BadInput."""
    call = calls.by_ref(tx, check_ref(ref))
    if call is None:
        raise BadInput("There is no such call; hand over its call document first.", code="call_unknown")
    return call


def responsible_for(tx: Transaction, call: Call, *, started_by: str | None) -> UUID | None:
    """Name who is responsible for an item: the room's organizer, or who chose to record a direct call."""
    if started_by is None:
        return call.responsible_id
    line = next((line for line in calls.participants(tx, call.id) if line.ref == started_by), None)
    if line is None:
        raise BadInput("started_by is not the ref of a participant of this call.", code="participant_unknown")
    return line.user_id if call.vmr_id is None else call.responsible_id


def default_title(call: Call) -> str:
    """Name an item that came without a title after its room as it was then, or after what it is."""
    return call.room_title or "Direct call"


def place_item(
    tx: Transaction, call: Call, sealed: Sealed, about: About, *, actor: Actor, at: datetime
) -> Item:
    """Write all rows of a new item and its journal entry. It is visible when the transaction commits."""
    settings = accounts.settings(tx)
    vmr = tx.get(Vmr, call.vmr_id) if call.vmr_id else None
    item = Item(
        account_id=tx.account_id,
        id=sealed.item_id,
        kind=about.kind.value,
        call_id=call.id,
        ref=about.ref,
        ref_key=tx.lookup(about.ref),
        title=about.title,
        responsible_id=about.responsible_id,
        started_at=about.started_at,
        duration_s=about.duration_s,
        media_type=about.media_type,
        size=sealed.size,
        sha256=sealed.sha256,
        generation=sealed.generation,
        message_counts=about.message_counts,
        handed_over_at=at,
        account_auto_share=settings.auto_share,
        vmr_auto_share=vmr.auto_share if vmr else True,
        auto_share=True,
        download=settings.download,
        download_chosen=False,
        processing=False,
        held=False,
        restricted=False,
        binned_at=None,
        expires_at=None,
        destroyed_at=None,
    )
    tx.add(item)
    tx.session.flush()
    _write_manifest(tx, item, sealed)
    changed = tie_item(tx, item)
    detail: dict[str, Scalar] = {
        "kind": item.kind,
        "generation": item.generation,
        "manifest": manifest_hash([sealed.segment]).hex(),
        "tied": len(changed.tied),
    }
    log.append(tx, Event.ITEM_SEALED, actor=actor, at=at, item_id=item.id, detail=detail)
    return item


def _write_manifest(tx: Transaction, item: Item, sealed: Sealed) -> None:
    segment = sealed.segment
    tx.add(
        DataKey(
            account_id=tx.account_id,
            id=segment.data_key_id,
            item_id=item.id,
            generation=sealed.generation,
            key_id=sealed.key_id,
            sealed=sealed.wrapped_key,
        )
    )
    tx.add(
        SegmentRow(
            account_id=tx.account_id,
            item_id=item.id,
            generation=sealed.generation,
            index=segment.index,
            blob=segment.blob,
            sealed_length=segment.sealed_length,
            plain_length=segment.plain_length,
            commitment=segment.commitment,
            sha256=segment.sha256,
            data_key_id=segment.data_key_id,
        )
    )
