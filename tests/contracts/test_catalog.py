"""What a catalog promises, on SQLite and on PostgreSQL alike."""

import multiprocessing
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import StatementError

from recstore.catalog import database, people
from recstore.catalog.base import Base
from recstore.catalog.database import Catalog, open_engine
from recstore.catalog.desk import Account
from recstore.catalog.migrate import migrate
from recstore.catalog.tables import Item, User
from recstore.errors import CatalogUnavailable, Misconfigured
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.model import Event
from tests.core_fixtures import LOOKUP_SECRET, Case, House

SOON = 3.0  # seconds, with a patience of one


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the patience of five seconds to one, for catalogs that are opened after this."""
    assert database.BUSY_SECONDS == 5
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    catalog = Catalog(catalog_url, secret=LOOKUP_SECRET)
    yield catalog
    catalog.engine.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_code(catalog: Catalog) -> None:
    migrate(catalog.engine)
    with catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(catalog: Catalog) -> None:
    migrate(catalog.engine)
    migrate(catalog.engine)
    catalog.check()


def open_catalog(url: str) -> list[str]:
    """Open a catalog in a process of its own, and give the names of its tables."""
    catalog = Catalog(url, secret=LOOKUP_SECRET)
    migrate(catalog.engine)
    names = inspect(catalog.engine).get_table_names()
    catalog.engine.dispose()
    return names


def test_several_processes_may_open_an_empty_catalog_at_once(catalog_url: str) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        one, other = pool.map(open_catalog, [catalog_url] * 2)
    assert set(one) == set(other) == {*Base.metadata.tables, "alembic_version"}


MOMENTS = {
    "to the microsecond": datetime(2026, 11, 20, 9, 0, 0, 1, tzinfo=UTC),
    "without a fraction": datetime(2026, 11, 20, 9, tzinfo=UTC),
    "of another zone": datetime(
        2026, 11, 20, 1, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=-7, minutes=-30))
    ),
    "long ago": datetime(1, 1, 2, tzinfo=UTC),
    "far ahead": datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_a_moment_comes_back_as_it_was_in_utc(any_house: House, moment: datetime) -> None:
    account_id = any_house.account()
    with any_house.catalog.change(account_id) as tx:
        user = people.add(tx, email="ann@acme.example", name="Ann", admin=False, at=moment)
    with any_house.catalog.read(account_id) as tx:
        found = people.by_id(tx, user.id)
    assert found is not None
    assert found.created_at == moment
    assert found.created_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(any_house: House) -> None:
    account_id = any_house.account()
    before = any_house.snapshot(account_id)
    with pytest.raises(StatementError, match="without a zone"):
        register(any_house, account_id, at=datetime(2026, 11, 20, 9))  # noqa: DTZ001 - what is refused
    assert any_house.snapshot(account_id) == before


def register(house: House, account_id: uuid.UUID, *, at: datetime) -> None:
    with house.catalog.change(account_id) as tx:
        people.add(tx, email="ann@acme.example", name="Ann", admin=False, at=at)


COLUMNS: dict[str, dict[str, Any]] = {
    "a size beyond 2 GiB": {"size": 1 << 43},
    "every byte": {"sha256": bytes(range(256))},
    "no bytes": {"sha256": b""},
    "text of many writings": {"title": "Ünïcode — 会議 🎥 'quoted\" \\ % _ ; --"},
    "a fraction": {"duration_s": 0.1 + 0.2},
    "nothing": {"duration_s": None, "message_counts": None, "binned_at": None},
    "switches": {"held": True, "restricted": True, "auto_share": False},
}


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=COLUMNS.keys())
def test_a_value_comes_back_as_it_was(any_case: Case, columns: dict[str, Any]) -> None:
    any_case.house.set_item(any_case.account_id, any_case.item_id, **columns)
    with any_case.house.catalog.read(any_case.account_id) as tx:
        item = tx.get(Item, any_case.item_id)
    assert {name: getattr(item, name) for name in columns} == columns


def test_a_look_up_differs_by_account_and_by_installation(any_house: House) -> None:
    first, second = any_house.account(), any_house.account()
    with any_house.catalog.read(first) as one, any_house.catalog.read(second) as other:
        assert one.lookup("ann@acme.example") != other.lookup("ann@acme.example")
        assert one.lookup("é") == one.lookup("é")


def test_changes_of_one_account_follow_one_another(any_house: House) -> None:
    """Two threads read a number, wait, and write it back raised: nothing is lost, and the journal agrees."""
    account_id = any_house.account()
    any_house.user(account_id, "ann")
    order: list[int] = []

    def change(number: int) -> None:
        for _ in range(5):
            with any_house.catalog.change(account_id) as tx:
                user = people.by_email(tx, "ann@acme.example")
                assert user is not None
                counted = int(user.name) if user.name.isdigit() else 0
                time.sleep(0.002)
                user.name = str(counted + 1)
                log.append(tx, Event.EDITED, actor=SYSTEM, at=any_house.clock(), detail={"n": counted})
                order.append(number)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, range(2)))
    with any_house.catalog.read(account_id) as tx:
        user = people.by_email(tx, "ann@acme.example")
    assert user is not None
    assert user.name == "10"
    told = [line.text for line in any_house.journal(account_id) if '"edited"' in line.text]
    assert all(f'"n":{number}' in text for number, text in enumerate(told))
    assert len(told) == len(order) == 10


def test_a_reader_sees_one_moment_however_long_it_looks(any_house: House) -> None:
    account_id = any_house.account()
    with any_house.catalog.read(account_id) as tx:
        assert people.all_active(tx) == []
        writer = threading.Thread(target=lambda: any_house.user(account_id, "ann"))
        writer.start()
        writer.join()
        assert people.all_active(tx) == []
    with any_house.catalog.read(account_id) as tx:
        assert len(people.all_active(tx)) == 1


def test_a_change_that_fails_leaves_nothing(any_house: House) -> None:
    account_id = any_house.account()
    before = any_house.snapshot(account_id)

    def fail() -> None:
        with any_house.catalog.change(account_id) as tx:
            people.add(tx, email="ann@acme.example", name="Ann", admin=False, at=any_house.clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert any_house.snapshot(account_id) == before


def test_a_row_of_another_account_cannot_be_added(any_house: House) -> None:
    mine, other = any_house.account(), any_house.account()
    row = User(
        account_id=other,
        id=uuid.uuid4(),
        email="x",
        email_key=b"x",
        name="x",
        admin=True,
        created_at=any_house.clock(),
        inactive_since=None,
    )
    with any_house.catalog.change(mine) as tx, pytest.raises(ValueError, match="another account"):
        tx.add(row)


# --- away --------------------------------------------------------------------------------------------------


def take_away(url: str) -> Callable[[], None]:
    """Make the database stop answering; give the way back."""
    if url.startswith("sqlite"):
        blocker = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        blocker.execute("BEGIN EXCLUSIVE")
        return blocker.close
    name = url.partition("@/")[2].partition("?")[0]
    admin = psycopg.connect(url.replace("recstore@/" + name, "postgres@/postgres"), autocommit=True)

    def allow(yes: str) -> None:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {yes}".encode())

    allow("false")
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

    def bring_back() -> None:
        allow("true")
        admin.close()

    return bring_back


def test_a_database_that_is_away_is_told_soon_and_forgotten_when_it_is_back(
    impatient: None, catalog: Catalog, catalog_url: str
) -> None:
    migrate(catalog.engine)
    catalog.check()
    bring_back = take_away(catalog_url)
    began = time.monotonic()
    with pytest.raises(CatalogUnavailable):
        add_account(catalog)
    assert time.monotonic() - began < SOON
    bring_back()
    add_account(catalog)


def add_account(catalog: Catalog) -> None:
    with catalog.front_desk(write=True) as desk:
        now = datetime.now(UTC)
        desk.session.add(Account(id=uuid.uuid4(), name="A", name_key=desk.lookup("A"), created_at=now))


def test_migrating_a_database_that_is_away_says_so(
    impatient: None, catalog: Catalog, catalog_url: str
) -> None:
    catalog.check()
    bring_back = take_away(catalog_url)
    with pytest.raises(CatalogUnavailable):
        migrate(catalog.engine)
    bring_back()


def test_an_account_that_is_locked_for_long_is_told_soon(impatient: None, any_house: House) -> None:
    account_id = any_house.account()
    began = time.monotonic()
    with (
        any_house.catalog.change(account_id),
        pytest.raises(CatalogUnavailable),
        any_house.catalog.change(account_id),
    ):
        pytest.fail("two writers at once")
    assert time.monotonic() - began < SOON


def test_when_all_connections_are_taken_the_answer_is_unavailable(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool: Any = catalog.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    taken = [catalog.engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    with pytest.raises(CatalogUnavailable):
        catalog.check()
    for connection in taken:
        connection.close()
    catalog.check()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "postgresql+unknown://x/y"])
def test_a_database_of_another_make_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        open_engine(url)


def test_a_sqlite_catalog_survives_a_power_cut_and_keeps_its_references(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
