"""Whom a user may find in their account (requirement R24).

Two users of one e-mail domain see each other. A user of another domain is seen once an admin has proven and
enabled that domain. An address at a domain where anybody gets one (`mail_domains`) finds nobody and is found
by nobody. What this hides is hidden everywhere: who is not seen looks like somebody who is not there.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest
from uuid import UUID

from recstore.access.admins import check_admin
from recstore.access.viewer import Viewer
from recstore.catalog import calls, domains, people, requests, ties
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.listed import AnyItem
from recstore.catalog.tables import User
from recstore.clock import Clock
from recstore.mail_domains import domain_of, is_public

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Sight:
    """Whom one user sees: people of their own domain and of enabled ones, and the `known`; or everybody.

    By the domains' keyed hashes: to open an address only where there is somebody would tell that there is.
    """

    user_id: UUID
    domain_keys: frozenset[bytes]
    known: frozenset[UUID] = frozenset()
    everybody: bool = False

    def covers(self, other: User) -> bool:
        """Say whether the user sees this one, active or not. Nobody is their own colleague."""
        if other.id == self.user_id:
            return False
        return self.everybody or other.id in self.known or other.domain_key in self.domain_keys

    def covers_or_is(self, other: User) -> bool:
        """Say whether this is the user, or somebody whom they see."""
        return other.id == self.user_id or self.covers(other)


@dataclass(frozen=True, slots=True)
class Directory:
    """Searches names and addresses in memory: the catalog cannot compare what people wrote."""

    catalog: Catalog
    clock: Clock

    def search(self, viewer: Viewer, text: str) -> list[User]:
        """Find active colleagues whose name or address contains the text, by name, at most 20."""
        with self.catalog.read(viewer.account_id) as tx:
            own = people.by_id(tx, viewer.user_id)
            if own is None or not own.active:
                return []
            return _find(tx, viewer, text, sight_of(tx, viewer.user_id).domain_keys)

    def search_everybody(self, viewer: Viewer, text: str) -> list[User]:
        """Find active users of whatever domain, at most 20. Raises NotThere for whoever is no admin."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            return _find(tx, viewer, text, None)


def sight_of(tx: Transaction, user_id: UUID) -> Sight:
    """Read whom a user sees in the directory."""
    own = people.by_id(tx, user_id)
    found = domains.enabled(tx) | ({domain_of(own.email)} if own else set())
    named = {domain for domain in found if domain and not is_public(domain)}
    seen = named if own and domain_of(own.email) in named else ()
    return Sight(user_id, frozenset(tx.lookup(domain) for domain in seen))


def sight_at(tx: Transaction, user_id: UUID, item: AnyItem, *, now: datetime) -> Sight:
    """Read with whom the person responsible for an item may share it: colleagues, and the item's people.

    Whoever was there by the call's roster or a tie to the item is no secret to them; nor is whoever asked
    for it, while the request stands.
    """
    tied = {tie.viewer_id for tie in ties.of_item(tx, item.id)}
    lines = calls.participants(tx, item.call_id)
    present = {line.user_id for line in lines if line.user_id and line.was_present}
    asked = requests.askers(tx, item.id, now=now)
    return replace(sight_of(tx, user_id), known=frozenset(tied | present | asked))


def hearing_at(tx: Transaction, user_id: UUID, item: AnyItem, *, now: datetime) -> Sight:
    """Read of whom somebody who answers for an item is told how they stand to it.

    An admin: of everybody. The responsible person: also of the account's admins, who may all review it.
    """
    sight, own = sight_at(tx, user_id, item, now=now), people.by_id(tx, user_id)
    admins = {user.id for user in people.active_admins(tx)}
    return replace(sight, known=sight.known | admins, everybody=own is not None and own.admin)


def find_at(sight: Sight, tx: Transaction, user_id: UUID | None) -> User | None:
    """Find a user by id, if they are seen.

    The sight is read before: whoever is asked for, the catalog is asked the same, so that neither answer nor
    time tells the hidden from those who are not there.
    """
    user = people.by_id(tx, user_id) if user_id else None
    return user if user is not None and sight.covers(user) else None


def _find(tx: Transaction, viewer: Viewer, text: str, domain_keys: Collection[bytes] | None) -> list[User]:
    """Search in single columns: to make whole users of thousands takes ten times as long."""
    wanted = text.strip().casefold()
    rows = people.spelled(tx, domain_keys=domain_keys)
    found = [row for row in rows if wanted in f"{row.name}\n{row.email}".casefold()]
    others = (row for row in found if row.id != viewer.user_id)
    first = nsmallest(MOST_FOUND, others, key=lambda row: row.name.casefold())
    users = people.by_ids(tx, {row.id for row in first})
    return [users[row.id] for row in first]
