"""The account's journal, as its admins read it: page by page, oldest or newest first."""

from dataclasses import dataclass

from recstore.access.admins import check_admin
from recstore.access.viewer import Viewer
from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.entry import Line


@dataclass(frozen=True, slots=True)
class History:
    """Reads the journal. Changes nothing, not even the journal."""

    catalog: Catalog
    clock: Clock

    def page(
        self, viewer: Viewer, *, cursor: str | None, limit: int, newest_first: bool
    ) -> tuple[list[Line], str | None]:
        """Give a page of entries and the cursor of the next. Raises NotThere for whoever is no admin."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
            raise BadInput("This cursor is not one of ours; start again without it.", code="bad_cursor")
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            after = int(cursor) if cursor else None
            found = log.read_page(tx, after=after, limit=limit + 1, newest_first=newest_first)
        rows = found[:limit]
        return [line for _, line in rows], str(rows[-1][0]) if len(found) > limit else None
