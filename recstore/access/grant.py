"""The permission to do one thing with one item, now. Only the gate makes one; opening takes nothing else."""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.model import Action, Kind

# Held by gate.py alone; a house test keeps it so.
GATE_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the gate allowed: by which rule, and under which journal entry (`decision`)."""

    viewer: Viewer
    item_id: UUID
    kind: Kind
    generation: int
    action: Action
    rule: str
    decision: int
    seal: object

    def __post_init__(self) -> None:
        """Refuse to exist unless the gate made it."""
        if self.seal is not GATE_SEAL:
            raise TypeError("only the gate makes a Grant")
