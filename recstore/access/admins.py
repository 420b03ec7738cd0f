"""Who may change an account itself: its active admins. To others, what is asked for is not there."""

from datetime import datetime

from recstore.access.rows import read_viewer
from recstore.access.viewer import Viewer
from recstore.catalog.database import Transaction
from recstore.errors import NotThere


def check_admin(tx: Transaction, viewer: Viewer, *, now: datetime) -> None:
    """Raise NotThere unless the viewer is an active admin of the account, in this very transaction."""
    facts = read_viewer(tx, viewer, now=now)
    if not (facts.active and facts.admin):
        raise NotThere
