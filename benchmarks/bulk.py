"""Put a made-up account into databases in bulk: a million hand-overs would take a day.

What is written into SQLite is kept between runs, outside the repository, for as long as tables and rows are
made the same way; PostgreSQL gets a copy of it.
"""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Index

from benchmarks import crowd
from benchmarks.crowd import Crowd, Row
from keys.secret import Secret
from recstore.catalog import desk
from recstore.catalog.base import Base
from recstore.catalog.database import Catalog
from recstore.catalog.migrate import migrate
from recstore.catalog.reading import NoKeys
from recstore.catalog.tables import Call, Item, Tie, User, Vmr
from recstore.catalog.written import Worded
from recstore.sealing.cell import NONCE, seal_text
from tests.postgres_fixture import ROLE, Postgres

SECRET = bytes(32)
# Made when the rows are there, which is quicker.
LATER = [index for table in (Item, Tie) for index in Base.metadata.tables[table.__tablename__].indexes]
WORDED: dict[str, type[Worded]] = {table.__tablename__: table for table in (User, Vmr, Call, Item)}
TEXT_KEY, TEXT_KEY_ID = Secret(bytes(32)), UUID(int=1)
MIGRATIONS = Path(desk.__file__).parent / "migrations" / "versions"


class OneKey(NoKeys):
    """Gives the one text key of the account, as if it were always held open."""

    def key(self, *_: object, **__: object) -> Secret:
        return TEXT_KEY


def open_sqlite(of: Crowd) -> tuple[Catalog, Path]:
    """Open the account on SQLite; write it first, if it is not there from an earlier run."""
    path = kept_folder() / f"{of.recordings}.db"
    if not path.exists():
        print(f"writing {of.recordings:,} recordings …", flush=True)
        being_written = path.with_suffix(".part")
        being_written.unlink(missing_ok=True)
        write_sqlite(of, being_written)
        being_written.rename(path)
    return open_catalog(f"sqlite:///{path}"), path


def open_catalog(url: str) -> Catalog:
    """Open a catalog whose texts open without a key agent."""
    catalog = Catalog(url, secret=SECRET)
    catalog.text_keys = OneKey()
    return catalog


def kept_folder() -> Path:
    """Return where databases are kept: its name tells how tables and rows were made."""
    made_by = [Path(__file__), Path(crowd.__file__), *sorted(MIGRATIONS.glob("*.py"))]
    name = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:16]
    kept = Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir())
    folder = kept / f"recstore-bench-{os.getuid()}" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_sqlite(of: Crowd, path: Path) -> None:
    """Write the account into a new database with recstore's own tables."""
    catalog = Catalog(f"sqlite:///{path}", secret=SECRET)
    migrate(catalog.engine)
    catalog.engine.dispose()
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000"):
        connection.execute(f"PRAGMA {setting}")
    for index in LATER:
        connection.execute(f"DROP INDEX {index.name}")
    connection.execute("BEGIN")
    for table, rows in crowd.tables(of):
        insert(connection, table, rows)
    for index in LATER:
        connection.execute(create_sql(index))
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def create_sql(index: Index) -> str:
    columns = ", ".join(column.name for column in index.columns)
    return f"CREATE INDEX {index.name} ON {index.table} ({columns})"


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Insert rows; a column of which they say nothing is NULL or 0."""
    names = list(blank(table))
    into = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    empty = blank(table)
    sealed = (empty | seal(table, row) for row in rows)
    connection.executemany(f"INSERT INTO {table} ({into}) VALUES ({values})", sealed)


def seal(table: str, row: Row) -> Row:
    """Seal the texts of a row as settling leaves them: all under one key."""
    if table not in WORDED:
        return row
    account_id, name = UUID(hex=row["account_id"]), UUID(hex=row["id"]).bytes
    said = {text: row[text.name] for text in WORDED[table].texts if row[text.name] is not None}
    return row | {
        text.name: seal_text(
            words,
            text.place_in(account_id, name),
            key_id=TEXT_KEY_ID,
            key=TEXT_KEY,
            nonce=os.urandom(NONCE),
        )
        for text, words in said.items()
    }


@cache
def blank(table: str) -> Row:
    """Return a row of a table in which nothing is said."""
    columns = Base.metadata.tables[table].columns
    return {column.name: None if column.nullable else 0 for column in columns}


def copy_to(cluster: Postgres, sqlite: Path) -> Catalog:
    """Copy the account into a database of its own, and gather the statistics that its planner asks for."""
    url = cluster.create_database()
    catalog = open_catalog(url)
    migrate(catalog.engine)
    source = sqlite3.connect(sqlite)
    superuser = url.replace(f"//{ROLE}@", "//postgres@")
    with psycopg.connect(superuser, autocommit=True) as target:
        target.execute("SET timezone = 'UTC'")
        target.execute("SET session_replication_role = replica")  # foreign keys are known to hold
        for index in LATER:
            target.execute(f"DROP INDEX {index.name}".encode())
        for table, _ in crowd.tables(Crowd(0)):
            copy_table(source, target, table)
        for index in LATER:
            target.execute(create_sql(index).encode())
        target.execute("VACUUM ANALYZE")
    source.close()
    return catalog


def copy_table(source: sqlite3.Connection, target: psycopg.Connection[Any], table: str) -> None:
    rows = source.execute(f"SELECT * FROM {table}")
    names = ", ".join(f'"{column[0]}"' for column in rows.description)
    with target.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy:
        while some := rows.fetchmany(2000):
            copy.write("".join("\t".join(map(as_copied, row)) + "\n" for row in some))


def as_copied(value: object) -> str:
    """Write a value as COPY's text format takes it; no text of ours has a tab or a backslash."""
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)
