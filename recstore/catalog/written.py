"""Text that people wrote, and names of people and rooms: sealed in its column, read and set as a `str`.

    class Item(Walled):
        title = written()                  # mapped: title_cell, the sealed bytes in the column `title`

`item.title` opens the cell when it is first asked for, and not before; setting it keeps the text beside the
row until the transaction writes it, sealed (`writing`). In SQL nothing can be compared or sorted by it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast, overload
from uuid import UUID

from sqlalchemy import Dialect, LargeBinary, event, inspect
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, Session, mapped_column, object_session
from sqlalchemy.types import TypeDecorator

from recstore.catalog.walled import Walled
from recstore.sealing.cell import SHORTEST, Place

T = TypeVar("T", bound=str | None)
Row = TypeVar("Row", bound="Worded")

# In the place of a cell until the transaction seals it.
UNSEALED = b""


class Reader(Protocol):
    """What opens the texts of the rows that one transaction loaded."""

    def meet(self, cells: Iterable[bytes]) -> None:
        """Learn of cells that may be opened soon."""

    def open(self, cell: bytes, place: Place) -> str:
        """Open a cell. Raises KeysUnavailable, JournalUnavailable, Damaged."""


class SealedText(TypeDecorator[bytes]):
    """The column of a sealed text. Takes nothing else: what was not sealed does not reach the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Raise ValueError for what cannot be a cell."""
        if value is None or (isinstance(value, bytes) and len(value) >= SHORTEST):
            return value
        raise ValueError("a text that was not sealed cannot be stored")


class Written(Generic[T]):
    """One such text of a row."""

    def __init__(self, *, nullable: bool, deferred: bool) -> None:
        self._nullable = nullable
        self._deferred = deferred

    def __set_name__(self, owner: type["Worded"], name: str) -> None:
        self.owner = owner
        self.name = name
        self.cell = f"{name}_cell"

    def column(self) -> MappedColumn[bytes]:
        """Give the column for the sealed bytes."""
        return mapped_column(self.name, SealedText, nullable=self._nullable, deferred=self._deferred)

    def mapped(self) -> InstrumentedAttribute[bytes]:
        """Give the mapped attribute of the sealed bytes, to select it or to load it."""
        return cast("InstrumentedAttribute[bytes]", getattr(self.owner, self.cell))

    def place(self, row: "Worded") -> Place:
        """Say where this text of a row stands."""
        return self.place_in(row.account_id, row.row_name())

    def place_in(self, account_id: UUID, row_name: bytes) -> Place:
        """Say where this text of the row of this name stands."""
        return Place(account_id, self.owner.__tablename__, self.name, row_name)

    @overload
    def __get__(self, row: None, owner: type["Worded"]) -> Self: ...
    @overload
    def __get__(self, row: "Worded", owner: type["Worded"]) -> T: ...
    def __get__(self, row: "Worded | None", owner: type["Worded"]) -> Self | T:
        if row is None:
            return self
        cell: bytes | None = getattr(row, self.cell)
        if cell is None:
            return cast("T", None)
        if row.said.get(self.name, (None, ""))[0] != cell:
            row.said[self.name] = cell, row.reader.open(cell, self.place(row))
        return cast("T", row.said[self.name][1])

    def __set__(self, row: "Worded", text: T) -> None:
        if text is not None:
            row.said[self.name] = UNSEALED, text
        setattr(row, self.cell, None if text is None else UNSEALED)


def written(*, deferred: bool = False) -> Written[str]:
    """Declare a text that every row has. `deferred`: read from the database when it is first asked for."""
    return Written(nullable=False, deferred=deferred)


def written_or_none() -> Written[str | None]:
    """Declare a text that a row may have."""
    return Written(nullable=True, deferred=False)


class Worded(Walled):
    """A walled table with texts. Its class attributes that are `Written` become columns.

    A row is named within its table by 16 bytes: its id, unless the table says otherwise.
    """

    __abstract__ = True
    texts: ClassVar[tuple[Written[Any], ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        cls.texts = tuple(value for value in vars(cls).values() if isinstance(value, Written))
        for text in cls.texts:
            setattr(cls, text.cell, text.column())
        super().__init_subclass__(**options)
        event.listen(cls, "load", lambda row, context: _meet(row, context.session))
        event.listen(cls, "refresh", lambda row, *_: _meet(row, object_session(row)))

    def row_name(self) -> bytes:
        """Name this row within its table, in 16 bytes."""
        name: bytes = self.id.bytes  # type: ignore[attr-defined]
        return name

    @property
    def said(self) -> dict[str, tuple[bytes, str]]:
        """Give the texts that are known here, each with the cell that it was read from."""
        known: dict[str, tuple[bytes, str]] = vars(self).setdefault("_said", {})
        return known

    @property
    def reader(self) -> Reader:
        """Give the reader of the transaction that this row was loaded in."""
        return cast("Reader", vars(self)["_reader"])

    @property
    def cells(self) -> Mapping[str, bytes]:
        """Give the sealed texts that are loaded, by the name of the text."""
        loaded = vars(self)
        return {text.name: cell for text in self.texts if (cell := loaded.get(text.cell))}


def copy_row(row: Row, changed: Mapping[str, object]) -> Row:
    """Copy a row as it would be, changed so. The copy belongs to no session: it is never written."""
    columns = {each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs}
    copied = type(row)(**columns | dict(changed))
    vars(copied)["_said"] = row.said | copied.said
    if "_reader" in vars(row):
        vars(copied)["_reader"] = row.reader
    return copied


def _meet(row: Worded, session: Session | None) -> None:
    """Let the session's reader know of a row's cells: what is needed is then opened together."""
    if session is None:
        raise ValueError("a row without a session was read")
    reader: Reader = session.info["reader"]
    vars(row)["_reader"] = reader
    reader.meet(row.cells.values())
