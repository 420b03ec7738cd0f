"""Read the facts of one viewer about items from the catalog's rows. Decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from keys.grants import Consent
from recstore.access.facts import Facts, ItemFacts, MessageFacts, TieFacts, ViewerFacts, derive
from recstore.access.viewer import Support, Viewer
from recstore.catalog import consents, credentials, operators, standing, ties
from recstore.catalog.credentials import UserRow
from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem, ItemRow
from recstore.catalog.tables import Tie, User
from recstore.catalog.ties import TieRow
from recstore.model import Kind, Relation


@dataclass(frozen=True, slots=True)
class FactsReader:
    """The facts of one viewer, within one transaction: one snapshot for the question and for the list.

    Ties are read once an item; after changing them, take a new reader.
    """

    tx: Transaction
    viewer: ViewerFacts
    now: datetime
    _known: dict[UUID, list[TieFacts]] = field(default_factory=dict)
    consent: Consent | None = None

    def of_items(self, items: Iterable[AnyItem]) -> dict[UUID, Facts]:
        """Derive the facts of several items with one query for the ties."""
        items = list(items)
        self._read_ties([item.id for item in items])
        return {item.id: self._derive(item) for item in items}

    def of_item(self, item: AnyItem, *, message: MessageFacts | None = None) -> Facts:
        """Derive the facts of one item, or of one of its messages."""
        if item.id not in self._known:
            self._read_ties([item.id])
        return self._derive(item, message)

    def share_ends(self, item: AnyItem) -> datetime | None:
        """Tell when a share with the viewer ends, if there is one and it does."""
        shares = (tie for tie in self._known[item.id] if tie.relation is Relation.SHARED_WITH)
        return next((share.until for share in shares), None)

    def of_absent(self, kind: Kind) -> Facts:
        """Do for an id that is not there what is done for one that is: the time must not tell them apart."""
        return derive(self.viewer, _stand_in(self.viewer, kind), (), now=self.now)

    def _read_ties(self, item_ids: list[UUID]) -> None:
        if self.viewer.user_id is None:
            self._known.update({item_id: [] for item_id in item_ids})
        else:
            found = ties.of_viewer(self.tx, viewer_id=self.viewer.user_id, item_ids=item_ids)
            self._known.update(
                {item_id: [_tie_facts(tie) for tie in rows] for item_id, rows in found.items()}
            )

    def _derive(self, item: AnyItem, message: MessageFacts | None = None) -> Facts:
        viewer = self.viewer
        if self.consent is not None:
            viewer = replace(viewer, consented=self.consent.covers(item.id))
        return derive(viewer, item_facts(item), self._known[item.id], now=self.now, message=message)


def read_viewer(tx: Transaction, viewer: Viewer, *, now: datetime) -> ViewerFacts:
    """Look up who asks."""
    if viewer.support is not None:
        return _operator_facts(tx, viewer, viewer.support, now=now)
    user = credentials.signed_in_user(tx, user_id=viewer.user_id, credential_id=viewer.credential_id, now=now)
    return _viewer_facts(viewer, user)


def read_standing(
    tx: Transaction, viewer: Viewer, item_id: UUID, *, now: datetime
) -> tuple[ItemRow | None, FactsReader]:
    """Look up an item of the account, who asks for it, and how they are tied, all at once."""
    found = standing.read(
        tx, user_id=viewer.user_id, credential_id=viewer.credential_id, item_id=item_id, now=now
    )
    known = {item_id: [_tie_facts(tie) for tie in found.ties]}
    if viewer.support is None:
        return found.item, FactsReader(tx, _viewer_facts(viewer, found.user), now, known)
    facts = _operator_facts(tx, viewer, viewer.support, now=now)
    return found.item, FactsReader(tx, facts, now, known, read_consent(tx, viewer, now=now))


def _operator_facts(tx: Transaction, viewer: Viewer, support: Support, *, now: datetime) -> ViewerFacts:
    active = operators.is_signed_in(
        tx.session, operator_id=viewer.user_id, session_id=support.session_id, now=now
    )
    return ViewerFacts(None, viewer.user_id, active=active, admin=False, operator=True)


def _viewer_facts(viewer: Viewer, user: UserRow | None) -> ViewerFacts:
    """Say of who asks what the rules want to know. A session or token that ended makes them inactive."""
    if user is None:
        return ViewerFacts(viewer.account_id, viewer.user_id, active=False, admin=False)
    active = user.inactive_since is None
    return ViewerFacts(viewer.account_id, viewer.user_id, active=active, admin=user.admin)


def read_consent(tx: Transaction, viewer: Viewer, *, now: datetime) -> Consent | None:
    """Look up the consent under which an operator comes; None for everybody else."""
    if viewer.support is None:
        return None
    return consents.standing(tx, viewer.credential_id, operator_id=viewer.user_id, now=now)


def user_facts(user: User) -> ViewerFacts:
    """Say of a registered user what the rules want to know."""
    return ViewerFacts(user.account_id, user.id, active=user.active, admin=user.admin)


def facts_of_all(
    users: Iterable[User], item: AnyItem, tied: Iterable[Tie], *, now: datetime
) -> dict[UUID, Facts]:
    """Derive the facts of several users about one item, from everybody's ties to it."""
    rows: dict[UUID, list[TieFacts]] = {}
    for tie in tied:
        rows.setdefault(tie.viewer_id, []).append(_tie_facts(tie))
    facts = item_facts(item)
    return {user.id: derive(user_facts(user), facts, rows.get(user.id, ()), now=now) for user in users}


def _tie_facts(row: Tie | TieRow) -> TieFacts:
    return TieFacts(relation=Relation(row.relation), until=row.until, download=row.download)


def _stand_in(viewer: ViewerFacts, kind: Kind) -> ItemFacts:
    return ItemFacts(
        account_id=viewer.account_id or UUID(int=0),
        kind=kind,
        has_responsible=False,
        account_auto_share=False,
        vmr_auto_share=False,
        item_auto_share=False,
        download=False,
        processing=False,
        binned_at=None,
        destroyed_at=None,
        held=False,
        restricted=False,
        expires_at=None,
    )


def item_facts(item: AnyItem) -> ItemFacts:
    """Say of an item's row what the rules want to know."""
    return ItemFacts(
        account_id=item.account_id,
        kind=item.what,
        has_responsible=item.responsible_id is not None,
        account_auto_share=item.account_auto_share,
        vmr_auto_share=item.vmr_auto_share,
        item_auto_share=item.auto_share,
        download=item.download,
        processing=item.processing,
        binned_at=item.binned_at,
        destroyed_at=item.destroyed_at,
        held=item.held,
        restricted=item.restricted,
        expires_at=item.expires_at,
    )
