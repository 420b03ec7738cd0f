"""Colleagues that a user may find: those of the same e-mail domain (requirement R24).

A domain where anybody gets an address (public_domains.txt) makes nobody colleagues.
"""

from dataclasses import dataclass
from pathlib import Path

from recstore.access.viewer import Viewer
from recstore.catalog import people
from recstore.catalog.database import Catalog
from recstore.catalog.tables import User

MOST_FOUND = 20
PUBLIC_DOMAINS = frozenset(Path(__file__).with_name("public_domains.txt").read_text().split())


@dataclass(frozen=True, slots=True)
class Directory:
    """Searches names and addresses in memory: the catalog cannot compare what people wrote."""

    catalog: Catalog

    def search(self, viewer: Viewer, text: str) -> list[User]:
        """Find active colleagues whose name or address contains the text, by name, at most 20."""
        wanted = text.strip().casefold()
        with self.catalog.read(viewer.account_id) as tx:
            own = people.by_id(tx, viewer.user_id)
            if own is None or not own.active or _domain(own) in PUBLIC_DOMAINS:
                return []
            found = [
                user
                for user in people.all_active(tx)
                if _domain(user) == _domain(own)
                and user.id != own.id
                and wanted in f"{user.name}\n{user.email}".casefold()
            ]
        return sorted(found, key=lambda user: user.name.casefold())[:MOST_FOUND]


def _domain(user: User) -> str:
    return user.email.rpartition("@")[2]
