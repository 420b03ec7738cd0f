"""Hand-overs that break off, collide, or meet a failing store or catalog: nothing half there or lost."""

import io
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event

from recstore.catalog import database, items
from recstore.errors import CatalogUnavailable, Conflict, RecstoreError, StoreUnavailable
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.library import Filters
from recstore.model import Action, Kind
from recstore.storage.blobs import Readable
from recstore.storage.memory import MemoryBlobs
from recstore.storage.s3 import S3Blobs
from recstore.wiring import build
from tests.core_fixtures import JOURNAL, MEDIA, Case, House, furnish
from tests.films import film_of


class FailingBlobs(MemoryBlobs):
    """A store that stops answering: after some bytes, or after the last one."""

    fails_after: int | None = None
    loses = 0

    def put(self, name: str, source: Readable) -> int:
        if self.loses:
            return super().put(name, source) - self.loses
        if self.fails_after is None:
            return super().put(name, source)
        taken = 0
        while taken < self.fails_after and (piece := source.read(1024)):
            taken += len(piece)
        raise StoreUnavailable("The store went away.")


@pytest.fixture
def failing(house: House) -> FailingBlobs:
    return FailingBlobs()


@pytest.fixture
def case(house: House, failing: FailingBlobs) -> Case:
    house.recstore = build(house.recstore.settings, clock=house.clock, blobs=failing, catalog=house.catalog)
    house.blobs = failing
    return furnish(house)


def listed(case: Case) -> list[UUID]:
    shown, _ = case.house.recstore.library.page(case.ann, Kind.RECORDING, Filters(), cursor=None, limit=50)
    return [one.item.id for one in shown]


def test_a_store_that_kept_fewer_bytes_than_it_was_given_is_not_believed(
    case: Case, failing: FailingBlobs
) -> None:
    case.house.call(case.account_id, "lost")
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    failing.loses = 1
    with pytest.raises(StoreUnavailable):
        case.house.record(case.account_id, "lost", media=film_of(b"other pictures"))
    after = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    assert {name: rows for name, rows in after.items() if name != "blobs"} == {
        name: rows for name, rows in before.items() if name != "blobs"
    }  # the blob itself can be swept


@pytest.mark.parametrize("after", [0, 1500, 1 << 30], ids=["at once", "in the middle", "at the end"])
def test_the_store_fails(case: Case, failing: FailingBlobs, after: int) -> None:
    before = case.house.snapshot(case.account_id)
    failing.fails_after = after
    with pytest.raises(StoreUnavailable):
        case.house.record(case.account_id, ref="rec-2")
    failing.fails_after = None
    assert case.house.snapshot(case.account_id) == before
    assert listed(case) == [case.item_id]
    assert case.house.record(case.account_id, ref="rec-2") in listed(case)


class BreakingSource:
    """A body whose sender goes away."""

    def __init__(self, error: Exception) -> None:
        self._left = [MEDIA[:100]]
        self._error = error

    def read(self, size: int, /) -> bytes:
        if self._left:
            return self._left.pop()
        raise self._error


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), EOFError()])
def test_the_sender_goes_away(case: Case, error: Exception) -> None:
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    body = Body(BreakingSource(error), limit=1 << 20)
    with pytest.raises(RecstoreError) as refused:
        case.house.recstore.recordings.put(
            case.account_id, "call-1", "rec-2", body, Described(), actor=SYSTEM
        )
    assert refused.value.code == "cut_short"
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before


def test_the_catalog_fails_at_commit_and_the_blob_stays(case: Case) -> None:
    """Whether a commit arrived cannot be known: a blob without a row can be swept, the other is a loss."""
    before = case.house.snapshot(case.account_id)
    engine = case.house.catalog.engine

    def fail(connection: Connection) -> None:
        if connection.get_execution_options()["recstore_write"]:
            raise CatalogUnavailable("The database went away while it committed.")

    event.listen(engine, "commit", fail)
    try:
        with pytest.raises(CatalogUnavailable):
            case.house.record(case.account_id, ref="rec-2")
    finally:
        event.remove(engine, "commit", fail)
    after = case.house.snapshot(case.account_id)
    assert len(after.pop("blobs")) == len(before.pop("blobs")) + 1
    assert after == before
    assert case.house.record(case.account_id, ref="rec-2") in listed(case)


def test_a_locked_catalog_is_told_and_the_hand_over_can_be_repeated(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = database.open_engine(str(case.house.catalog.engine.url))
    monkeypatch.setattr(case.house.catalog, "engine", engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=100"))
    blocker = sqlite3.connect(Path(str(engine.url.database)), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(CatalogUnavailable):
        case.house.record(case.account_id, ref="rec-2")
    blocker.close()
    assert case.house.record(case.account_id, ref="rec-2") in listed(case)
    engine.dispose()


class Meeting:
    """A source that lets its bytes go only when the other upload too has begun."""

    def __init__(self, content: bytes, barrier: threading.Barrier) -> None:
        self._source = io.BytesIO(content)
        self._barrier: threading.Barrier | None = barrier

    def read(self, size: int, /) -> bytes:
        if self._barrier:
            self._barrier.wait(10)
            self._barrier = None
        return self._source.read(size)


def race(case: Case, contents: list[bytes]) -> list[object]:
    """Hand over different contents under one ref at the same time; give what each came to."""
    barrier = threading.Barrier(len(contents))

    def put(content: bytes) -> object:
        body = Body(Meeting(content, barrier), limit=1 << 20)
        try:
            return case.house.recstore.recordings.put(
                case.account_id, "call-1", "raced", body, Described(), actor=SYSTEM
            )
        except RecstoreError as error:
            return error

    with ThreadPoolExecutor(len(contents)) as pool:
        return list(pool.map(put, contents))


def test_two_uploads_of_the_same_bytes_at_once_are_one_recording(any_house: House) -> None:
    case = furnish(any_house)
    blobs = len(list(any_house.blobs.list("")))
    outcomes: list[Any] = race(case, [MEDIA, MEDIA])
    assert sorted(outcome.is_new for outcome in outcomes) == [False, True]
    assert len({outcome.id for outcome in outcomes}) == 1
    assert len(list(any_house.blobs.list(""))) == blobs + 1


def test_two_uploads_of_other_bytes_at_once_leave_the_first(any_house: House) -> None:
    case = furnish(any_house)
    blobs = len(list(any_house.blobs.list("")))
    outcomes: list[Any] = race(case, [film_of(b"one" * 100), film_of(b"two" * 100)])
    [refused] = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    [taken] = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
    assert refused.code == "recording_exists"
    assert taken.is_new
    assert len(list(any_house.blobs.list(""))) == blobs + 1


def test_a_call_handed_over_twice_at_once_is_one_call(any_house: House) -> None:
    account_id = any_house.account()
    with ThreadPoolExecutor(4) as pool:
        received = list(pool.map(lambda _: any_house.call(account_id), range(4)))
    assert len({one.id for one in received}) == 1
    assert sorted(one.is_new for one in received) == [False, False, False, True]


def test_a_missing_blob_is_damage_and_not_an_end(case: Case) -> None:
    with case.house.catalog.read(case.account_id) as tx:
        item = items.by_id(tx, case.item_id)
        assert item is not None
        [segment], _ = items.manifest(tx, item)
    case.house.blobs.delete(segment.blob)
    grant = case.house.recstore.gate.open(case.ann, Action.OPEN, kind=Kind.RECORDING, item_id=case.item_id)
    content = case.house.recstore.playback.content(grant)
    with pytest.raises(RecstoreError) as damaged:
        list(content.read(0, content.length))
    assert damaged.value.code == "damaged"


@pytest.fixture
def s3_case(house: House, s3_blobs: S3Blobs) -> Case:
    house.recstore = build(house.recstore.settings, clock=house.clock, blobs=s3_blobs, catalog=house.catalog)
    return furnish(house)


def test_a_recording_goes_through_a_real_store_and_comes_back(s3_case: Case, s3_blobs: S3Blobs) -> None:
    gate, playback = s3_case.house.recstore.gate, s3_case.house.recstore.playback
    grant = gate.open(s3_case.bo, Action.OPEN, kind=Kind.RECORDING, item_id=s3_case.item_id)
    content = playback.content(grant)
    assert b"".join(content.read(0, content.length)) == MEDIA
    assert b"".join(content.read(7, 20)) == MEDIA[7:20]


def test_a_refused_hand_over_leaves_nothing_in_a_real_store(s3_case: Case, s3_blobs: S3Blobs) -> None:
    before = {stat.name for stat in s3_blobs.list("")}
    for described in (Described(sha256="ab" * 32), Described(size=1)):
        body = Body(io.BytesIO(MEDIA), limit=1 << 20)
        with pytest.raises(RecstoreError):
            s3_case.house.recstore.recordings.put(
                s3_case.account_id, "call-1", "rec-2", body, described, actor=SYSTEM
            )
    assert {stat.name for stat in s3_blobs.list("")} == before
