"""Who may change an account itself: its active admins. To others, what is asked for is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from recstore.access.refusals import noting_refusals
from recstore.access.rows import read_viewer
from recstore.access.viewer import Viewer
from recstore.catalog.database import Catalog, Transaction
from recstore.clock import Clock
from recstore.errors import BadInput, NotThere


def check_admin(tx: Transaction, viewer: Viewer, *, now: datetime) -> None:
    """Raise NotThere unless the viewer is an active admin of the account, in this very transaction."""
    facts = read_viewer(tx, viewer, now=now)
    if not (facts.active and facts.admin):
        raise NotThere


@contextmanager
def change_as_admin(catalog: Catalog, viewer: Viewer, *, clock: Clock, action: str) -> Iterator[Transaction]:
    """Change the account itself; whatever is refused leaves its entry, and nothing else.

    Raises NotThere for whoever is no admin. `action`: what is tried, in words of ours.
    """
    with noting_admin(catalog, viewer, clock=clock, action=action), catalog.change(viewer.account_id) as tx:
        check_admin(tx, viewer, now=clock())
        yield tx


@contextmanager
def noting_admin(catalog: Catalog, viewer: Viewer, *, clock: Clock, action: str) -> Iterator[None]:
    """Note what is refused of a change in several transactions: ids that are not there too."""
    errors = (BadInput, NotThere)
    with noting_refusals(catalog, viewer, clock=clock, action=action, errors=errors):
        yield
