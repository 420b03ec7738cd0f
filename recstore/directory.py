"""Whom a user may find in their account (requirement R24).

Two users of one e-mail domain see each other. A user of another domain is seen once an admin has proven and
enabled that domain. An address at a domain where anybody gets one (`mail_domains`) finds nobody and is found
by nobody. What this hides is hidden everywhere: who is not seen looks like somebody who is not there.
"""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.admins import check_admin
from recstore.access.viewer import Viewer
from recstore.catalog import calls, domains, people, ties
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.tables import Item, User
from recstore.clock import Clock
from recstore.mail_domains import domain_of, is_public

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Sight:
    """The domains whose people one user sees: their own, and those that are enabled."""

    user_id: UUID
    domains: frozenset[str]

    def covers(self, other: User) -> bool:
        """Say whether the user sees this one, active or not. Nobody is their own colleague."""
        return other.id != self.user_id and domain_of(other.email) in self.domains


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
            sight = sight_of(tx, viewer.user_id)
            return _by_name(text, [user for user in people.all_active(tx) if sight.covers(user)])

    def search_everybody(self, viewer: Viewer, text: str) -> list[User]:
        """Find active users of whatever domain, at most 20. Raises NotThere for whoever is no admin."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            return _by_name(text, [user for user in people.all_active(tx) if user.id != viewer.user_id])


def sight_of(tx: Transaction, user_id: UUID) -> Sight:
    """Read whose people a user sees."""
    own = people.by_id(tx, user_id)
    found = domains.enabled(tx) | ({domain_of(own.email)} if own else set())
    named = {domain for domain in found if domain and not is_public(domain)}
    return Sight(user_id, frozenset(named if own and domain_of(own.email) in named else ()))


def knows(tx: Transaction, user_id: UUID, item: Item, other_id: UUID) -> bool:
    """Say whether the person responsible for an item may know of somebody: a colleague, or one of its people.

    Whoever has a line in the call's roster, or a tie to the item, is no secret to them. Asks the same of the
    catalog whoever `other_id` is: neither the answer nor the time tells the hidden from those not there.
    """
    sight, other = sight_of(tx, user_id), people.by_id(tx, other_id)
    tied = {tie.viewer_id for tie in ties.of_item(tx, item.id)}
    present = {line.user_id for line in calls.participants(tx, item.call_id)}
    return other is not None and (sight.covers(other) or other_id in tied | present)


def _by_name(text: str, users: list[User]) -> list[User]:
    wanted = text.strip().casefold()
    found = [user for user in users if wanted in f"{user.name}\n{user.email}".casefold()]
    return sorted(found, key=lambda user: user.name.casefold())[:MOST_FOUND]
