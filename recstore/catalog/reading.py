"""Open what a transaction loaded: each text when it is first asked for, the keys of many at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast
from uuid import UUID

from keys.secret import Secret
from recstore.catalog.writing import Writer
from recstore.catalog.written import T, Written
from recstore.errors import KeysUnavailable
from recstore.journal.entry import Scalar
from recstore.model import Event
from recstore.sealing.cell import KEY_ID, Place, key_of, open_text

if TYPE_CHECKING:
    from recstore.catalog.transaction import Transaction


# An entry of the journal: what happened, and its detail.
Noted = tuple[Event, Mapping[str, Scalar]]


class TextKeys(Protocol):
    """What gives open text keys: `recstore.texts`, over the key agent and the journal."""

    def key(
        self, account_id: UUID, key_id: UUID, *, soon: Iterable[UUID], within: "Transaction | None"
    ) -> Secret:
        """Open a text key. Raises KeysUnavailable, JournalUnavailable, Damaged.

        `soon`: others that will be asked for. `within`: the change that is being made, which holds the
        account's lock, so that its journal is written there.
        """

    def note_failed(self, account_id: UUID, noted: Sequence[Noted]) -> None:
        """Write again what a change noted of its openings: it came to nothing, the openings did not."""


class NoKeys:
    """In the place of text keys where a process has no way to the key agent: it writes, and reads nothing."""

    def key(
        self,
        account_id: UUID,  # noqa: ARG002 - the protocol's
        key_id: UUID,  # noqa: ARG002
        *,
        soon: Iterable[UUID],  # noqa: ARG002
        within: "Transaction | None",  # noqa: ARG002
    ) -> Secret:
        """Raise KeysUnavailable."""
        raise KeysUnavailable("This process has no way to the key agent.")

    def note_failed(self, account_id: UUID, noted: Sequence[Noted]) -> None:
        """Do nothing: nothing was opened."""


class TextReader:
    """Opens the texts of the rows of one transaction; also later, when it is over."""

    def __init__(self, account_id: UUID, keys: TextKeys, writer: Writer) -> None:
        self._account_id = account_id
        self._keys = keys
        self._writer = writer
        self._met: dict[bytes, None] = {}  # the ids of text keys, in the order in which they were met
        self.within: Transaction | None = None

    def meet(self, cells: Iterable[bytes]) -> None:
        """Learn of cells that may be opened soon."""
        for cell in cells:
            self._met[cell[:KEY_ID]] = None

    def open(self, cell: bytes, place: Place) -> str:
        """Open a cell. Raises KeysUnavailable, JournalUnavailable, Damaged."""
        return open_text(cell, place, key=self.key(key_of(cell)))

    def read(self, text: Written[T], row_id: UUID, cell: bytes | None) -> T:
        """Open a text of a row that was read as columns. Raises as `open` does."""
        if cell is None:
            return cast("T", None)
        return cast("T", self.open(cell, text.place_in(self._account_id, row_id.bytes)))

    def key(self, key_id: UUID) -> Secret:
        """Give an open text key of the account."""
        if self._writer.key is not None and key_id == self._writer.key_id:
            return self._writer.key
        soon = (UUID(bytes=met) for met in self._met if len(met) == KEY_ID)
        return self._keys.key(self._account_id, key_id, soon=soon, within=self.within)
