"""Which messages of a transcript a viewer may read: each is judged by the same rules as everything else."""

from collections.abc import Callable, Collection

from recstore.access.decision import Allowed
from recstore.access.facts import MessageFacts
from recstore.access.gate import Gate
from recstore.access.rows import FactsReader
from recstore.catalog.listed import AnyItem
from recstore.catalog.tables import Participant
from recstore.model import Action

MayRead = Callable[[bool, Collection[str]], bool]


def message_filter(
    gate: Gate, reader: FactsReader, item: AnyItem, roster: Collection[Participant], *, action: Action
) -> MayRead:
    """Give the question to ask of each message: (to everyone?, refs of sender and recipients) → may be read.

    `roster` has the viewer's own lines in the call's roster.
    """
    own_refs = frozenset(line.ref for line in roster)
    present = any(line.was_present for line in roster)

    # Four kinds of message exist for one viewer: judged once each, not once per message.
    allowed = {
        (direct, addressed): isinstance(
            gate.decide(
                reader.of_item(
                    item, message=MessageFacts(direct=direct, addressed=addressed, present=present)
                ),
                action,
            ),
            Allowed,
        )
        for direct in (True, False)
        for addressed in (True, False)
    }

    def may_read(to_everyone: bool, refs: Collection[str]) -> bool:
        return allowed[not to_everyone, not own_refs.isdisjoint(refs)]

    return may_read
