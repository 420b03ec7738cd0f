"""Note refused hand-overs in the journal: a recorder may not read the answer, the admin wants to know."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from recstore.catalog.database import Catalog
from recstore.clock import Clock
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Event


@contextmanager
def noting_refusals(catalog: Catalog, account_id: UUID, *, actor: Actor, clock: Clock) -> Iterator[None]:
    """Write an entry with the refusal's code, then let the refusal go on."""
    try:
        yield
    except BadInput as error:
        with catalog.change(account_id) as tx:
            log.append(tx, Event.HAND_OVER_REFUSED, actor=actor, at=clock(), detail={"code": error.code})
        raise
