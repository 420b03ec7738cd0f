"""Give sealed content its place, once: item, manifest, data key, ties and entry, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.catalog import accounts, calls, custodies, items
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.sealed_tables import DataKey, SegmentRow
from recstore.catalog.tables import Call, Item, Vmr
from recstore.clock import Clock
from recstore.errors import BadInput, Conflict
from recstore.ingest.calls import Received
from recstore.ingest.content import Sealed, SealedStore
from recstore.ingest.documents import check_ref
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import Actor
from recstore.model import Event, Kind
from recstore.sealing.manifest import manifest_hash
from recstore.tying import tie_item


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of an item beside its bytes. Without a `title` it is called what its call is."""

    kind: Kind
    ref: str
    title: str | None
    started_at: datetime
    duration_s: float | None
    media_type: str
    message_counts: str | None
    responsible_id: UUID | None


@dataclass(frozen=True, slots=True)
class ItemIntake:
    """What handing over recordings and transcripts has in common."""

    catalog: Catalog
    store: SealedStore
    clock: Clock

    def _place(
        self,
        account_id: UUID,
        call_ref: str,
        sealed: Sealed,
        describe: Callable[[Transaction, Call], About],
        *,
        actor: Actor,
    ) -> Received:
        """Place sealed content in its call, unless there is an item of its ref by now."""
        with self.catalog.change(account_id) as tx:
            call = find_call(tx, call_ref)
            about = describe(tx, call)
            known = items.by_ref(tx, call_id=call.id, kind=about.kind, ref=about.ref)
            if known is None:
                item = place_item(tx, call, sealed, about, actor=actor, at=self.clock())
                return Received(item.id, "available", is_new=True)
        # Handed over before, or by somebody else while these bytes arrived: theirs stands.
        self.store.discard(sealed)
        return same_again(known, sealed.sha256)


EXISTS = {Kind.RECORDING: "recording_exists", Kind.TRANSCRIPT: "transcript_exists"}


def same_again(known: Item, sha256: bytes) -> Received:
    """Answer a hand-over of what is there already; raise Conflict if its bytes are others."""
    if known.sha256 != sha256:
        raise Conflict(
            f"There is another {known.kind} under this ref; the first one stands. Use a new ref.",
            code=EXISTS[known.what],
        )
    return Received(known.id, "available", is_new=False)


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
    ref_key = tx.lookup(started_by)
    line = next((line for line in calls.lines(tx, call.id) if line.ref_key == ref_key), None)
    if line is None:
        raise BadInput("started_by is not the ref of a participant of this call.", code="participant_unknown")
    return line.user_id if call.vmr_id is None else call.responsible_id


def place_item(
    tx: Transaction, call: Call, sealed: Sealed, about: About, *, actor: Actor, at: datetime
) -> Item:
    """Write all rows of a new item and its journal entry. It is visible when the transaction commits."""
    item = _new_item(tx, call, sealed, about, at=at)
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


def _new_item(tx: Transaction, call: Call, sealed: Sealed, about: About, *, at: datetime) -> Item:
    """Give the row of an item, under the switches of this moment: later ones reach it if an admin says so."""
    settings = accounts.settings(tx)
    vmr = tx.get(Vmr, call.vmr_id) if call.vmr_id else None
    return Item(
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


def _write_manifest(tx: Transaction, item: Item, sealed: Sealed) -> None:
    segment = sealed.segment
    custodies.check_open(tx, sealed.key_id)
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
