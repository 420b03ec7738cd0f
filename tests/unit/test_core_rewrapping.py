"""An account's key is replaced while content is opened and handed over; the old one is then gone for good."""

import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.receipts import read_receipt
from recstore.catalog import custodies, sealed_keys
from recstore.catalog.base import Base
from recstore.catalog.sealed_tables import AccountKey, DataKey
from recstore.errors import KeysUnavailable
from recstore.ingest import content
from recstore.model import Action
from tests.core_fixtures import MEDIA, Case, House


def data_keys(case: Case) -> dict[UUID, UUID]:
    """Give which version each data key of the account is sealed to."""
    with case.house.catalog.read(case.account_id) as tx:
        return {row.id: row.key_id for row in tx.session.scalars(tx.select(DataKey))}


def versions(case: Case) -> list[AccountKey]:
    with case.house.catalog.read(case.account_id) as tx:
        return custodies.versions(tx)


def rotate(case: Case) -> list[Any]:
    return case.house.recstore.rewrapping.rotate(case.account_id, lambda _: None)


def play(case: Case, item_id: UUID | None = None) -> bytes:
    recstore, viewer = case.house.recstore, case.house.session(case.account_id, case.ann.user_id)
    grant = recstore.gate.open(viewer, Action.OPEN, kind=case.kind, item_id=item_id or case.item_id)
    opened = recstore.playback.content(grant)
    return b"".join(opened.read(0, opened.length))


def details(case: Case, event: str) -> list[dict[str, Any]]:
    entries = [json.loads(line.text) for line in case.house.journal(case.account_id)]
    return [entry["detail"] for entry in entries if entry["event"] == event]


def test_everything_is_sealed_to_the_new_key_and_plays(any_case: Case) -> None:
    case = any_case
    second = case.house.record(case.account_id, ref="rec-2")
    assert rotate(case) == []
    old, new = versions(case)
    assert set(data_keys(case).values()) == {new.key_id}
    assert len(data_keys(case)) == 2
    assert (old.closed_at, old.destroyed_at) == (case.house.clock(), case.house.clock())
    assert play(case) == play(case, second) == MEDIA


def test_the_journal_tells_of_each_step_and_keeps_the_receipt(any_case: Case) -> None:
    case = any_case
    rotate(case)
    old, new = versions(case)
    assert details(case, "key-replaced") == [
        {"key": str(new.key_id), "replaces": str(old.key_id), "holder": "service"}
    ]
    (destroyed,) = details(case, "key-destroyed")
    agent = case.house.recstore.agents.service
    public = agent.ask("read-receipt-key", {"account_id": case.account_id}, expects="receipt-key")
    statement = read_receipt(destroyed["receipt"], key=public["public_key"])
    assert (statement["destroyed"], statement["key"]) == ("account-key", str(old.key_id))
    told = [event for event in case.house.events(case.account_id) if event.startswith("key-")]
    assert told == ["key-replaced", "key-asked", "key-closed", "key-destroyed"]


def test_attacker_opens_nothing_with_a_row_from_before_the_rotation(any_case: Case) -> None:
    """The operator's old backup of the catalog, put back: the key that it is sealed to is gone."""
    case = any_case
    with case.house.catalog.read(case.account_id) as tx:
        (before,) = tx.session.scalars(tx.select(DataKey)).all()
    rotate(case)
    with case.house.catalog.change(case.account_id) as tx:
        row = tx.get(DataKey, before.id)
        assert row is not None
        row.key_id, row.sealed = before.key_id, before.sealed
    with pytest.raises(KeysUnavailable):
        play(case)
    assert case.house.recstore.coverage.standing(case.account_id).lost == 1


def test_a_damaged_row_keeps_the_old_key_and_is_named(case: Case) -> None:
    damaged = case.house.record(case.account_id, ref="rec-2")
    with case.house.catalog.change(case.account_id) as tx:
        for row in tx.session.scalars(tx.select(DataKey).where(DataKey.item_id == damaged)):
            row.sealed, damaged_key = bytes(len(row.sealed)), row.id
    (left,) = rotate(case)
    assert (left.id, left.code) == (damaged_key, "does-not-open")
    old, _ = versions(case)
    assert (old.closed_at, old.destroyed_at) == (None, None)
    assert play(case) == MEDIA
    standing = case.house.recstore.coverage.standing(case.account_id)
    assert standing.total > 2  # data keys, and those of the catalog's texts
    assert standing.current.sealed == standing.total - 1
    assert standing.percent == 100 * standing.current.sealed // standing.total
    assert len(versions(case)) == 2  # called again, it goes on and makes no third key
    rotate(case)
    assert len(versions(case)) == 2


def test_rotating_again_makes_another_version(case: Case) -> None:
    rotate(case)
    rotate(case)
    assert [row.destroyed_at is None for row in versions(case)].count(True) == 1
    assert len(versions(case)) == 3
    assert play(case) == MEDIA


def test_other_accounts_are_left_alone(any_house: House) -> None:
    from tests.core_fixtures import furnish

    one, other = furnish(any_house), furnish(any_house)
    before = any_house.snapshot(other.account_id)
    rotate(one)
    assert any_house.snapshot(other.account_id) == before
    assert play(other) == MEDIA


def test_a_hand_over_that_was_sealed_to_a_closed_key_is_not_taken(case: Case, monkeypatch: Any) -> None:
    """Between sealing its data key and committing its row, the old key may have gone."""
    original = content.wrap_data_key

    def wrap_and_rotate(*given: Any, **more: Any) -> bytes:
        sealed = original(*given, **more)
        rotate(case)
        return sealed

    monkeypatch.setattr(content, "wrap_data_key", wrap_and_rotate)
    before = data_keys(case).keys()
    with pytest.raises(KeysUnavailable):
        case.house.record(case.account_id, ref="rec-2")
    monkeypatch.undo()
    assert data_keys(case).keys() == before
    assert play(case, case.house.record(case.account_id, ref="rec-2")) == MEDIA


def test_a_stream_that_began_before_goes_on_afterwards(case: Case) -> None:
    case.house.record(case.account_id, ref="rec-2")
    recstore = case.house.recstore
    grant = recstore.gate.open(case.ann, Action.OPEN, kind=case.kind, item_id=case.item_id)
    opened = recstore.playback.content(grant)
    half = opened.length // 2
    first = b"".join(opened.read(0, half))
    rotate(case)
    case.house.clock.move(seconds=41)  # the open data key is not held any more
    assert first + b"".join(opened.read(half, opened.length)) == MEDIA


def test_reading_and_handing_over_go_on_meanwhile(case: Case) -> None:
    stop, wrong = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            try:
                ref = f"rec-{uuid4().hex}"
                if play(case, case.house.record(case.account_id, ref=ref)) != MEDIA or play(case) != MEDIA:
                    wrong.append("other bytes")
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not happen
                wrong.append(repr(error))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(5):
        rotate(case)
    stop.set()
    for worker in workers:
        worker.join()
    assert wrong == []
    rotate(case)
    assert len(set(data_keys(case).values())) == 1
    assert case.house.recstore.coverage.standing(case.account_id).percent == 100


def test_no_table_of_sealed_keys_is_forgotten() -> None:
    """Else a rotation would destroy the key that its rows are sealed to."""
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    sealed = {table for table in tables if {"key_id", "sealed"} <= set(table.__table__.columns.keys())}
    assert sealed == set(sealed_keys.TABLES)
