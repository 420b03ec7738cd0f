"""Note what was tried and refused: a change that is rolled back leaves nothing behind by itself (R32).

The rules' own refusals are the gate's; these are of a change's own checks, such as that of a guessed id.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.errors import BadInput, RecstoreError
from recstore.journal import log
from recstore.journal.actor import Actor
from recstore.journal.entry import Scalar
from recstore.model import Event

# Mistyped, and about nobody: worth no entry. Every other code has one, also those that are still to come.
SLIPS = frozenset(
    {"bad_cursor", "bad_domain", "bad_note", "bad_title", "not_in_bin", "nothing_to_change", "until_in_past"}
)


@contextmanager
def noting_refusals(
    catalog: Catalog,
    viewer: Viewer,
    *,
    clock: Clock,
    action: str,
    item_id: UUID | None = None,
    errors: tuple[type[RecstoreError], ...] = (BadInput,),
) -> Iterator[None]:
    """Write an entry once the change is rolled back, then let the refusal go on.

    `action`: what was tried, in words of ours. Never nested, and never within a transaction.
    """
    try:
        yield
    except errors as error:
        if error.code not in SLIPS:
            detail = {"action": action, "code": error.code}
            note_refusal(catalog, viewer, clock=clock, item_id=item_id, detail=detail)
        raise


def note_refusal(
    catalog: Catalog,
    viewer: Viewer,
    *,
    clock: Clock,
    detail: Mapping[str, Scalar],
    item_id: UUID | None = None,
) -> None:
    """Commit the entry. Raises JournalUnavailable."""
    with catalog.change(viewer.account_id) as tx:
        detail = {**detail, "session": str(viewer.credential_id)}
        actor = Actor.of(viewer)
        log.append(tx, Event.REFUSED, actor=actor, at=clock(), item_id=item_id, detail=detail)
