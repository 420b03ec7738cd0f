"""Turn what the catalog's rows say into the words that the policy speaks: relations and states.

Pure: rows and clock are arguments. Nothing is decided here. Where rules.md leaves a doubt, the facts say less
of what permits and more of what forbids. Source: the design's rules, "Facts".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.model import Kind, Relation, State

# A row of the ties table can say one of these; who is an admin or has a grant is never read from it.
TIES = {Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.EXCLUDED}

# What being taken out cancels. The responsible person cannot be taken out; rows that say so give less.
CANCELLED_BY_EXCLUSION = {Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH}


@dataclass(frozen=True, slots=True)
class ViewerFacts:
    """Who asks. `user_id` is None when nobody is signed in; `consented`: a valid grant for this very item."""

    account_id: UUID | None
    user_id: UUID | None
    active: bool
    admin: bool
    operator: bool = False
    consented: bool = False


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the item, its VMR and its account say. A direct call has no VMR: that switch is on.

    `has_responsible`: somebody is named responsible, active or not.
    """

    account_id: UUID
    kind: Kind
    has_responsible: bool
    account_auto_share: bool
    vmr_auto_share: bool
    item_auto_share: bool
    download: bool
    processing: bool
    binned_at: datetime | None
    destroyed_at: datetime | None
    held: bool
    restricted: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TieFacts:
    """One row of the ties table, of this viewer and this item. `download` counts on a share only."""

    relation: Relation
    until: datetime | None
    download: bool


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message and this viewer. `addressed`: sender or named recipient; `present`: was in the call."""

    direct: bool
    addressed: bool
    present: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the policy may know."""

    kind: Kind
    relations: frozenset[Relation]
    states: frozenset[State]

    @property
    def is_keeper(self) -> bool:
        """Say whether the viewer answers for the item, and is told who else may: responsible, or an admin."""
        return not self.relations.isdisjoint({Relation.RESPONSIBLE, Relation.ADMIN})


def derive(
    viewer: ViewerFacts,
    item: ItemFacts,
    ties: Iterable[TieFacts],
    *,
    now: datetime,
    message: MessageFacts | None = None,
) -> Facts:
    """Derive relations and states of one viewer and one item, or one message of it, at the moment `now`."""
    ties = list(ties)
    in_force = [tie for tie in ties if tie.until is None or now < tie.until]
    tied = TIES & {tie.relation for tie in in_force}
    if _was_shared_until_now(ties, tied):
        tied = tied | {Relation.EXCLUDED}
    relations = _relations(viewer, item, tied, message)
    states = _item_states(item, now=now)
    if Relation.SHARED_WITH in relations and any(
        tie.download for tie in in_force if tie.relation is Relation.SHARED_WITH
    ):
        states.add(State.SHARE_DOWNLOADABLE)
    if message is not None and message.direct:
        states.add(State.DIRECT)
    kind = item.kind if message is None else Kind.MESSAGE
    return Facts(kind=kind, relations=frozenset(relations), states=frozenset(states))


def _was_shared_until_now(ties: Iterable[TieFacts], tied: set[Relation]) -> bool:
    """Say whether a share that ended takes out somebody whom the call would let in.

    "Until Friday" is the responsible person's later choice (rules.md, case 10): after Friday, having been in
    the call gives nothing. To whoever was not there, or is responsible, its end does nothing more.
    """
    shared = any(tie.relation is Relation.SHARED_WITH for tie in ties)
    ended = shared and Relation.SHARED_WITH not in tied
    return ended and Relation.PARTICIPANT in tied and Relation.RESPONSIBLE not in tied


def _relations(
    viewer: ViewerFacts, item: ItemFacts, tied: set[Relation], message: MessageFacts | None
) -> set[Relation]:
    stranger = _stranger(viewer, item)
    if stranger is not None:
        return {stranger}  # and nothing else, whatever rows there are
    relations = tied - CANCELLED_BY_EXCLUSION if Relation.EXCLUDED in tied else tied
    if message is not None and (message.addressed or (message.present and not message.direct)):
        relations = relations | {Relation.RECIPIENT}
    if viewer.admin:
        relations = relations | {Relation.ADMIN}
    return relations or {Relation.COLLEAGUE}


def _stranger(viewer: ViewerFacts, item: ItemFacts) -> Relation | None:
    """Name the relation that rules out every other one, if there is one."""
    if viewer.user_id is None and not viewer.operator:
        return Relation.GUEST
    if not viewer.active:
        return Relation.INACTIVE
    if viewer.operator:
        return Relation.CONSENTED if viewer.consented else Relation.OPERATOR
    if viewer.account_id != item.account_id:
        return Relation.OUTSIDER
    return None


def _item_states(item: ItemFacts, *, now: datetime) -> set[State]:
    held_true = {
        State.AVAILABLE: item.binned_at is None and item.destroyed_at is None,
        State.PROCESSING: item.processing,
        State.AUTO_SHARED: _is_auto_shared(item),
        State.DOWNLOADABLE: item.download,
        State.IN_BIN: item.binned_at is not None,
        State.HELD: item.held,
        State.RESTRICTED: item.restricted,
        State.EXPIRED: item.expires_at is not None and item.expires_at <= now,
        State.DESTROYED: item.destroyed_at is not None,
    }
    return {state for state, is_true in held_true.items() if is_true}


def _is_auto_shared(item: ItemFacts) -> bool:
    # Auto-share is the responsible person's choice: without one, admins only (rules.md, case 5).
    return item.has_responsible and item.account_auto_share and item.vmr_auto_share and item.item_auto_share
