"""Note in the journal that somebody known came to a door that is not theirs, whatever lies behind it."""

from uuid import UUID

from recstore.access.gate import Gate
from recstore.journal import log
from recstore.journal.actor import Actor
from recstore.model import Event


def note_turned_away(gate: Gate, account_id: UUID, *, actor: Actor, code: str) -> None:
    """Write the entry; raises JournalUnavailable. `code`: why, in the word that the answer carries."""
    with gate.catalog.change(account_id) as tx:
        log.append(tx, Event.REFUSED, actor=actor, at=gate.clock(), detail={"code": code})
