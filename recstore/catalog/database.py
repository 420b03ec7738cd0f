"""Open the catalog: engine, transactions, and the three walls that a query stands behind.

A `Transaction` belongs to one account: `select` starts every query with that account, `add` refuses rows of
another, and on PostgreSQL the database itself shows no other rows (row-level security, see the migrations).

`change` takes the account's journal head first. So the changes of one account follow one another, and the
order of the journal is the order in which things became true: a decision that the journal records was made
on facts that nobody changed in between.
"""

import hashlib
import hmac
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Result, Select, bindparam, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from recstore.catalog.journal_tables import JournalHead
from recstore.catalog.walled import Walled
from recstore.errors import CatalogUnavailable, Misconfigured

Row = TypeVar("Row", bound=Walled)
Columns = TypeVarTuple("Columns")

BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Transaction:
    """The catalog as one account sees it, for the length of one `with` block."""

    session: Session
    account_id: UUID
    secret: bytes

    def select(self, table: type[Row]) -> Select[Row]:
        """Start a query over the account's rows of `table`."""
        return select(table).where(table.account_id == self.account_id)

    def get(self, table: type[Row], key: Any) -> Row | None:
        """Give the row with this primary key, if it is the account's."""
        row = self.session.get(table, key)
        return row if row is not None and row.account_id == self.account_id else None

    def rows(self, query: Select[*Columns], values: Mapping[str, object]) -> Result[*Columns]:
        """Run a query of single columns that was built once: the quick way, for what every decision asks."""
        return self.session.connection().execute(query, dict(values))

    def get_all(self, table: type[Row], ids: Collection[UUID]) -> dict[UUID, Row]:
        """Give the rows with these ids that are the account's, by id.

        The account is compared here: SQLite keeps no statistics, and asked for both it would read every row
        of the account to find a few.
        """
        rows = self.session.scalars(_by_ids(table), {"ids": list(ids)})
        return {row.id: row for row in rows if row.account_id == self.account_id}

    def add(self, row: Walled) -> None:
        """Insert a row of this account; a row of another account is a fault of the caller."""
        if row.account_id != self.account_id:
            raise ValueError("a row of another account was handed to this transaction")
        self.session.add(row)

    def lookup(self, text: str) -> bytes:
        """Hash a ref or an address for a look-up within this account, 32 bytes."""
        return lookup_hash(self.secret, text, account_id=self.account_id)


@cache  # building a statement takes longer than running it
def _by_ids(table: type[Row]) -> Select[Row]:
    return select(table).where(table.__table__.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """The few tables that are read before the account is known."""

    session: Session
    secret: bytes

    def lookup(self, text: str) -> bytes:
        """Hash a name or an address for a look-up across accounts, 32 bytes."""
        return lookup_hash(self.secret, text, account_id=None)

    def enter(self, account_id: UUID) -> Transaction:
        """Go on in the same transaction as one account sees the catalog."""
        _wall(self.session, account_id)
        return Transaction(self.session, account_id, self.secret)


class Catalog:
    """The catalog of one installation, on SQLite or PostgreSQL.

    `secret` is the key of the look-up hashes: without it, a stolen database does not even tell whether an
    address stands in it.
    """

    def __init__(self, url: str, *, secret: bytes) -> None:
        self.engine = open_engine(url)
        self._secret = secret
        self._writing = threading.Lock()

    @contextmanager
    def read(self, account_id: UUID) -> Iterator[Transaction]:
        """Look at one consistent snapshot of an account."""
        with self._begin(write=False) as session:
            _wall(session, account_id)
            yield Transaction(session, account_id, self._secret)

    @contextmanager
    def change(self, account_id: UUID) -> Iterator[Transaction]:
        """Change an account, one change at a time; all of it is committed at the end, or nothing."""
        with self._begin(write=True) as session:
            _wall(session, account_id)
            # Taken before anything is read: see the module's docstring.
            session.execute(
                select(JournalHead.size).where(JournalHead.account_id == account_id).with_for_update()
            )
            yield Transaction(session, account_id, self._secret)

    @contextmanager
    def front_desk(self, *, write: bool = False) -> Iterator[FrontDesk]:
        """Look at, or change, what belongs to no account yet."""
        with self._begin(write=write) as session:
            yield FrontDesk(session, self._secret)

    def check(self) -> None:
        """Raise CatalogUnavailable unless the database answers."""
        with self._begin(write=False) as session:
            session.execute(text("SELECT 1"))

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[Session]:
        options: dict[str, Any] = {"recstore_write": write}
        if self.engine.dialect.name == "postgresql":
            options["isolation_level"] = "READ COMMITTED" if write else "REPEATABLE READ"
        try:
            with (
                self._turn(write=write),
                self.engine.connect().execution_options(**options) as connection,
                connection.begin(),
                Session(bind=connection, expire_on_commit=False) as session,
            ):
                yield session
                session.flush()
        except (OperationalError, PoolTimeout) as error:
            raise CatalogUnavailable("The catalog does not answer; try again shortly.") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise CatalogUnavailable("The catalog went away; try again shortly.") from error
            raise

    @contextmanager
    def _turn(self, *, write: bool) -> Iterator[None]:
        """Let our threads write to SQLite in turn; it would have them sleep and try, and some starve."""
        if not write or self.engine.dialect.name != "sqlite":
            yield
        elif self._writing.acquire(timeout=BUSY_SECONDS):
            try:
                yield
            finally:
                self._writing.release()
        else:
            raise CatalogUnavailable("Too many changes wait for the catalog; try again shortly.")


def _wall(session: Session, account_id: UUID) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # No jit: compiling a page's query takes many times as long as running it.
        session.execute(
            text(
                "SELECT set_config('recstore.account', :id, true), set_config('lock_timeout', :ms, true),"
                " set_config('jit', 'off', true)"
            ),
            {"id": str(account_id), "ms": str(BUSY_SECONDS * 1000)},
        )


def lookup_hash(secret: bytes, text: str, *, account_id: UUID | None) -> bytes:
    """Compute the keyed hash under which a ref or an address is found: HMAC-SHA256, bound to the account."""
    scope = account_id.bytes if account_id else bytes(16)
    return hmac.digest(secret, scope + unicodedata.normalize("NFC", text).encode(), hashlib.sha256)


def open_engine(url: str) -> Engine:
    """Make the engine for a database URL (`sqlite:///…` or `postgresql://…`)."""
    try:
        if url.startswith("sqlite"):
            engine = create_engine(
                url,
                hide_parameters=True,  # errors quote no values: they end up in logs
                pool_size=16,
                pool_timeout=BUSY_SECONDS,
                connect_args={"timeout": BUSY_SECONDS},
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=16,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={"connect_timeout": 3},
        )
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise Misconfigured(
            "The database URL cannot be used; it starts with sqlite:/// or postgresql://"
        ) from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling begins too late for a snapshot; ours begins in _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_wal(cursor)
    # FULL: the journal is on disk before the first byte leaves, even if the power goes.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Have the file written through a log beside it. For this one change SQLite itself waits for nobody."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)  # another process is starting on the same new file
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("recstore_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
