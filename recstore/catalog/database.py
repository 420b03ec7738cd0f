"""Open the catalog: engine, transactions, and the three walls that a query stands behind.

A `Transaction` belongs to one account: `select` starts every query with that account, `add` refuses rows of
another, and on PostgreSQL the database itself shows no other rows (row-level security, see the migrations).

`change` takes the account's journal head first. So the changes of one account follow one another, and the
order of the journal is the order in which things became true: a decision that the journal records was made
on facts that nobody changed in between.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from recstore.catalog.journal_tables import JournalHead
from recstore.catalog.reading import NoKeys, Noted, TextKeys, TextReader
from recstore.catalog.transaction import FrontDesk, Transaction
from recstore.catalog.writing import Writer, WritingSession
from recstore.errors import CatalogUnavailable, Misconfigured

__all__ = ["BUSY_SECONDS", "Catalog", "FrontDesk", "Transaction", "open_engine"]

BUSY_SECONDS = 5


class Catalog:
    """The catalog of one installation, on SQLite or PostgreSQL.

    `secret` is the key of the look-up hashes: without it, a stolen database does not even tell whether an
    address stands in it.
    """

    def __init__(self, url: str, *, secret: bytes) -> None:
        self.engine = open_engine(url)
        self._secret = secret
        self._writing = threading.Lock()
        self.text_keys: TextKeys = NoKeys()

    def unread(self) -> "Catalog":
        """Give the same catalog without a way to its texts: hand-over writes them and reads none."""
        same = copy(self)
        same.text_keys = NoKeys()
        return same

    @contextmanager
    def read(self, account_id: UUID) -> Iterator[Transaction]:
        """Look at one consistent snapshot of an account."""
        with self._begin(write=False) as session:
            yield self._enter(session, account_id)

    @contextmanager
    def change(self, account_id: UUID) -> Iterator[Transaction]:
        """Change an account, one change at a time; all of it is committed at the end, or nothing."""
        noted: list[Noted] = []
        try:
            with self._change(account_id) as tx:
                noted = tx.noted
                yield tx
        except BaseException:
            if noted:
                self.text_keys.note_failed(account_id, noted)
            raise

    @contextmanager
    def _change(self, account_id: UUID) -> Iterator[Transaction]:
        with self._begin(write=True) as session:
            tx = self._enter(session, account_id)
            # Taken before anything is read: see the module's docstring.
            session.execute(
                select(JournalHead.size).where(JournalHead.account_id == account_id).with_for_update()
            )
            reader: TextReader = session.info["reader"]
            reader.within = tx
            try:
                yield tx
                session.info["writer"].finish(session)
            finally:
                reader.within = None

    @contextmanager
    def front_desk(self, *, write: bool = False) -> Iterator[FrontDesk]:
        """Look at, or change, what belongs to no account yet."""
        with self._begin(write=write) as session:
            yield FrontDesk(session, self._secret)

    def _enter(self, session: Session, account_id: UUID) -> Transaction:
        """Go behind the wall of an account, with what seals and opens its texts."""
        _wall(session, account_id)
        writer = Writer(account_id)
        session.info["writer"] = writer
        session.info["reader"] = TextReader(account_id, self.text_keys, writer)
        return Transaction(session, account_id, self._secret)

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
                WritingSession(bind=connection, expire_on_commit=False) as session,
            ):
                session.info["enter"] = partial(self._enter, session)
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
