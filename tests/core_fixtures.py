"""A house to test the core in: real catalog, key agent and rules; blobs in memory; a clock that is set.

Fixtures: `house` (on SQLite), `any_house` (on SQLite, then on PostgreSQL), `catalog_url` (an empty database
of either), `core_agent` (a running key agent). A house is filled through the product's own code.
"""

import io
import json
import secrets
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from recstore.access.viewer import Viewer
from recstore.catalog import credentials, people
from recstore.catalog.base import Base
from recstore.catalog.database import Catalog
from recstore.catalog.desk import Session
from recstore.catalog.migrate import migrate
from recstore.catalog.tables import Item
from recstore.embedded import EmbeddedAgent
from recstore.ingest.calls import Received
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.installation import prepare
from recstore.journal import log
from recstore.journal.entry import Line
from recstore.journal.log import SYSTEM
from recstore.model import Event, Kind
from recstore.settings import Settings
from recstore.storage.memory import MemoryBlobs
from recstore.texts import TextKeys
from recstore.wiring import Recstore, build
from tests.films import FTYP, film_of
from tests.published import Published

LOOKUP_SECRET = bytes(range(32))
MEDIA = film_of(b"moving pictures " * 100)


@dataclass
class SetClock:
    """A clock that stands still until it is moved. It begins now: the key agent compares."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class House:
    """An installation, and short ways to fill it and to look at everything in it."""

    recstore: Recstore
    blobs: MemoryBlobs
    clock: SetClock
    began: datetime
    cookies: dict[UUID, str] = field(default_factory=dict)  # of the sessions here, by the session's id

    @property
    def catalog(self) -> Catalog:
        return self.recstore.catalog

    def account(self) -> UUID:
        """Set up an account of a fresh name: houses on PostgreSQL share one database."""
        name = f"Account {secrets.token_hex(6)}"
        return self.recstore.accounts.create(name, domains=["acme.example"]).id

    def user(self, account_id: UUID, name: str, *, admin: bool = False) -> Viewer:
        """Register somebody, signed in."""
        user = self.recstore.accounts.create_user(
            account_id, email=f"{name}@acme.example", name=name.title(), admin=admin, password=None
        )
        return self.session(account_id, user.id)

    def session(self, account_id: UUID, user_id: UUID) -> Viewer:
        """Sign a user in, without a password."""
        token = secrets.token_urlsafe(8)
        row = Session(
            id=uuid.uuid4(),
            token_hash=credentials.hash_token(token),
            account_id=account_id,
            user_id=user_id,
            created_at=self.clock(),
            expires_at=self.clock() + timedelta(hours=12),
            ended_at=None,
        )
        with self.catalog.front_desk(write=True) as desk:
            desk.session.add(row)
        self.cookies[row.id] = token
        return Viewer(account_id, user_id, row.id)

    def deactivate(self, viewer: Viewer) -> None:
        self._set_inactive(viewer, self.clock())

    def take_back(self, viewer: Viewer) -> None:
        self._set_inactive(viewer, None)

    def _set_inactive(self, viewer: Viewer, since: datetime | None) -> None:
        with self.catalog.change(viewer.account_id) as tx:
            user = people.by_id(tx, viewer.user_id)
            assert user is not None
            user.inactive_since = since

    def call(self, account_id: UUID, ref: str = "call-1", **document: Any) -> Received:
        body = json.dumps(self.call_document(**document)).encode()
        return self.recstore.calls.put(account_id, ref, body, actor=SYSTEM)

    def call_document(self, **document: Any) -> dict[str, Any]:
        """Describe a call in Ann's room with Ann and Bo, unless told otherwise. It began an hour ago."""
        at = self.began - timedelta(hours=1)
        usual = {
            "started_at": at.isoformat(),
            "vmr": {"ref": "room-1", "title": "Weekly", "organizer": "ann@acme.example"},
            "participants": [self.line("p1", "ann"), self.line("p2", "bo")],
        }
        return usual | document

    def line(self, ref: str, name: str | None, **more: Any) -> dict[str, Any]:
        """Describe a participant who was there all the time; without a name, a guest."""
        at = self.began - timedelta(hours=1)
        asserted = f"{name}@acme.example" if name else None
        stay = [[at.isoformat(), (at + timedelta(minutes=30)).isoformat()]]
        return {"ref": ref, "name": name or "Guest", "authenticated": asserted, "intervals": stay} | more

    def record(
        self,
        account_id: UUID,
        call_ref: str = "call-1",
        ref: str = "rec-1",
        media: bytes = MEDIA,
        **described: Any,
    ) -> UUID:
        """Hand over a recording; what is no MP4 yet becomes the film of one."""
        film = media if media.startswith(FTYP) else film_of(media)
        body = Body(io.BytesIO(film), limit=1 << 20)
        received = self.recstore.recordings.put(
            account_id, call_ref, ref, body, Described(**described), actor=SYSTEM
        )
        return received.id

    def chat(
        self, account_id: UUID, messages: list[dict[str, Any]], call_ref: str = "call-1", ref: str = "chat-1"
    ) -> UUID:
        body = json.dumps({"messages": messages}).encode()
        return self.recstore.transcripts.put(account_id, call_ref, ref, body, actor=SYSTEM).id

    def message(self, ref: str, sender: str, to: str | list[str], body: str = "hello") -> dict[str, Any]:
        return {"ref": ref, "at": self.began.isoformat(), "sender": sender, "to": to, "body": body}

    def set_item(self, account_id: UUID, item_id: UUID, **columns: Any) -> None:
        """Put an item into a state that a later feature brings about."""
        with self.catalog.change(account_id) as tx:
            item = tx.get(Item, item_id)
            assert item is not None
            for name, value in columns.items():
                setattr(item, name, value)

    def open_texts(self, account_id: UUID) -> None:
        """Have the account's text keys opened, so that what follows finds them open."""
        keys = self.catalog.text_keys
        assert isinstance(keys, TextKeys)
        keys.forget(account_id)  # opened anew, with whatever was written since
        with self.catalog.read(account_id) as tx:
            assert all(user.name for user in people.all_active(tx))

    def journal(self, account_id: UUID) -> list[Line]:
        with self.catalog.read(account_id) as tx:
            return list(log.read_lines(tx))

    def events(self, account_id: UUID) -> list[str]:
        """Name what was journalled, but for the openings of texts: whoever reads first causes those."""
        events = [json.loads(line.text)["event"] for line in self.journal(account_id)]
        return [event for event in events if event != Event.CATALOG_OPENED]

    def snapshot(self, account_id: UUID, *, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Give every row of the account and every blob, to compare before and after."""
        rows: dict[str, Any] = {}
        with self.catalog.read(account_id) as tx:
            for mapper in Base.registry.mappers:
                table = mapper.local_table
                if "account_id" in table.columns and table.name not in leave_out:
                    found = tx.session.execute(table.select().where(table.c.account_id == account_id))
                    rows[table.name] = sorted(map(repr, found))
        return rows | {"blobs": sorted(stat.name for stat in self.blobs.list(""))}

    @contextmanager
    def only_noted(self, account_id: UUID, *codes: str) -> Iterator[None]:
        """Check that nothing changes but the journal, which says the code of each refusal."""
        before, size = self.snapshot(account_id, leave_out=JOURNAL), len(self.journal(account_id))
        yield
        assert self.snapshot(account_id, leave_out=JOURNAL) == before
        entries = [json.loads(line.text) for line in self.journal(account_id)[size:]]
        entries = [entry for entry in entries if entry["event"] != Event.CATALOG_OPENED]
        assert [entry["event"] for entry in entries] == ["refused"] * len(codes)
        assert [entry["detail"]["code"] for entry in entries] == list(codes)


# With the keys that its private parts are sealed under.
JOURNAL = frozenset({"journal_entries", "journal_heads", "text_keys"})


@dataclass(frozen=True)
class Case:
    """What most tests begin with: Ann's recording of a call with Bo, and Ada, who is an admin."""

    house: House
    account_id: UUID
    ann: Viewer
    bo: Viewer
    ada: Viewer
    item_id: UUID
    kind: Kind = Kind.RECORDING


def furnish(house: House) -> Case:
    account_id = house.account()
    ann, bo = house.user(account_id, "ann"), house.user(account_id, "bo")
    ada = house.user(account_id, "ada", admin=True)
    house.call(account_id)
    return Case(house, account_id, ann, bo, ada, house.record(account_id))


@pytest.fixture(scope="session")
def core_agent() -> Iterator[Path]:
    """A running key agent; gives its socket. Its folder's path is short: a socket's has a limit."""
    folder = Path(tempfile.mkdtemp(prefix="recstore-agent-"))
    agent = EmbeddedAgent(folder / "keys", folder / "keys.sock", folder / "keys.log")
    agent.start()
    try:
        yield folder / "keys.sock"
    finally:
        agent.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite catalog with its schema and no rows, to copy."""
    path = tmp_path_factory.mktemp("catalog") / "catalog.db"
    catalog = Catalog(f"sqlite:///{path}", secret=LOOKUP_SECRET)
    migrate(catalog.engine)
    catalog.engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_database: Callable[[], str]) -> Iterator[Catalog]:
    """A catalog on PostgreSQL that all tests of the session share."""
    catalog = Catalog(postgres_database(), secret=LOOKUP_SECRET)
    migrate(catalog.engine)
    yield catalog
    catalog.engine.dispose()


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path, core_agent: Path) -> Iterator[House]:
    """A house on SQLite."""
    catalog = copy_catalog(migrated_sqlite, tmp_path)
    yield build_house(tmp_path, catalog, core_agent)
    catalog.engine.dispose()


def copy_catalog(migrated: Path, folder: Path) -> Catalog:
    """Open a catalog without rows; it need not survive a power cut, so its tests do not wait for the disk."""
    shutil.copy(migrated, folder / "catalog.db")
    catalog = Catalog(f"sqlite:///{folder / 'catalog.db'}", secret=LOOKUP_SECRET)
    event.listen(catalog.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    return catalog


@pytest.fixture(params=["sqlite", "postgres"])
def any_house(request: pytest.FixtureRequest, tmp_path: Path, core_agent: Path) -> House:
    """A house on each database."""
    if request.param == "sqlite":
        sqlite_house: House = request.getfixturevalue("house")
        return sqlite_house
    return build_house(tmp_path, request.getfixturevalue("migrated_postgres"), core_agent)


@pytest.fixture
def case(house: House) -> Case:
    return furnish(house)


@pytest.fixture
def any_case(any_house: House) -> Case:
    return furnish(any_house)


@pytest.fixture(params=["sqlite", "postgres"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    make: Callable[[], str] = request.getfixturevalue("postgres_database")
    return make()


def build_house(folder: Path, catalog: Catalog, agent: Path) -> House:
    clock, blobs = SetClock(), MemoryBlobs()
    settings = Settings(data=folder / "house", keys_agent=str(agent))
    prepare(settings)
    recstore = build(settings, clock=clock, blobs=blobs, catalog=catalog, resolver=Published())
    return House(recstore, blobs, clock, began=clock.now)
