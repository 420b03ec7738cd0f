"""What was shredded never opens again: not from a backup of the catalog, not after a rotation."""

import hashlib
from pathlib import Path

import pytest

from keys.receipts import read_receipt
from recstore.catalog.sealed_tables import DataKey
from recstore.errors import Damaged, NotThere, Refused
from recstore.journal.log import SYSTEM
from recstore.settings import Settings
from recstore.wiring import build
from tests.core_fixtures import MEDIA, Case
from tests.unit.test_core_rewrapping import data_keys, details, play, rotate


def shred(case: Case) -> DataKey:
    """Shred Ann's recording; give the row that is gone."""
    with case.house.catalog.read(case.account_id) as tx:
        query = tx.select(DataKey).where(DataKey.item_id == case.item_id)
        row = tx.session.scalars(query).one()
    shredding = case.house.recstore.shredding
    assert shredding.shred(case.account_id, case.item_id, generation=1, actor=SYSTEM) == 1
    return row


def put_back(case: Case, row: DataKey) -> None:
    """Restore what the operator's backup has: the sealed key, and the item as it was."""
    with case.house.catalog.change(case.account_id) as tx:
        columns = {column.key: getattr(row, column.key) for column in DataKey.__table__.columns}
        tx.add(DataKey(**columns))
    case.house.set_item(case.account_id, case.item_id, destroyed_at=None)


def test_it_is_gone_at_once_and_nobody_opens_it(any_case: Case) -> None:
    case = any_case
    row = shred(case)
    assert row.id not in data_keys(case)
    with pytest.raises((NotThere, Refused)):
        play(case)
    (noted,) = details(case, "key-shredded")
    assert noted["data_key"] == str(row.id)
    assert noted["sealed_sha256"] == hashlib.sha256(row.sealed).hexdigest()


def test_the_journal_has_the_agents_receipt(any_case: Case) -> None:
    case = any_case
    row = shred(case)
    (confirmed,) = details(case, "shred-confirmed")
    agent = case.house.recstore.agents.service
    public = agent.ask("read-receipt-key", {"account_id": case.account_id}, expects="receipt-key")
    statement = read_receipt(confirmed["receipt"], key=public["public_key"])
    assert statement["data_key"] == str(row.id)
    assert statement["item"] == str(case.item_id)
    assert statement["sealed_sha256"] == hashlib.sha256(row.sealed).hexdigest()


def test_attacker_puts_the_row_back_from_a_backup(any_case: Case) -> None:
    row = shred(any_case)
    put_back(any_case, row)
    any_case.house.clock.move(seconds=60)
    with pytest.raises(NotThere):
        play(any_case)


def test_attacker_puts_the_row_back_and_has_it_rotated(any_case: Case) -> None:
    """The agent does not re-wrap it, and the row goes again: it keeps no old key alive."""
    row = shred(any_case)
    put_back(any_case, row)
    assert rotate(any_case) == []
    assert data_keys(any_case) == {}
    any_case.house.clock.move(seconds=60)
    with pytest.raises(Damaged):
        play(any_case)


def test_other_items_play_on(any_case: Case) -> None:
    second = any_case.house.record(any_case.account_id, ref="rec-2")
    shred(any_case)
    assert play(any_case, second) == MEDIA


def test_shredding_goes_on_while_the_agent_is_away(case: Case, tmp_path: Path) -> None:
    away = Settings(data=tmp_path / "house", keys_agent=str(tmp_path / "nobody"))
    recstore = build(away, clock=case.house.clock, blobs=case.house.blobs, catalog=case.house.catalog)
    assert recstore.shredding.shred(case.account_id, case.item_id, generation=1, actor=SYSTEM) == 1
    assert data_keys(case) == {}
    assert len(details(case, "key-shredded")) == 1
    assert details(case, "shred-confirmed") == []
    assert recstore.shredding.confirm(case.account_id) == 1  # still away
    assert case.house.recstore.shredding.confirm(case.account_id) == 0
    assert case.house.recstore.shredding.confirm(case.account_id) == 0  # and asked for once
    assert len(details(case, "shred-confirmed")) == 1


def test_shredding_again_changes_nothing(case: Case) -> None:
    shred(case)
    before = case.house.snapshot(case.account_id)
    shredding = case.house.recstore.shredding
    assert shredding.shred(case.account_id, case.item_id, generation=1, actor=SYSTEM) == 0
    assert case.house.snapshot(case.account_id) == before


def test_attacker_cannot_shred_across_accounts(case: Case) -> None:
    other = case.house.account()
    before = case.house.snapshot(case.account_id)
    with pytest.raises(NotThere):
        case.house.recstore.shredding.shred(other, case.item_id, generation=1, actor=SYSTEM)
    assert case.house.snapshot(case.account_id) == before
    assert play(case) == MEDIA
