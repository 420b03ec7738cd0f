"""All keys of an account are destroyed: nothing of it opens again, whatever is put back from a backup."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keys.receipts import read_receipt
from recstore.catalog.base import Base
from recstore.catalog.sealed_tables import AccountKey, DataKey
from recstore.embedded import EmbeddedAgent
from recstore.errors import BadInput, Conflict, KeysUnavailable, NotThere
from recstore.settings import Settings
from recstore.wiring import build
from tests.core_fixtures import JOURNAL, MEDIA, Case, furnish
from tests.unit.test_core_moving import Customer, customer, move, pair
from tests.unit.test_core_rewrapping import data_keys, details, play, rotate, versions

__all__ = ["customer"]  # a fixture


def account_name(case: Case) -> str:
    return case.house.recstore.accounts.find(str(case.account_id)).name


def destroy(case: Case) -> int:
    return case.house.recstore.destroying.destroy(case.account_id, name=account_name(case))


def rows(case: Case, table: type[Base]) -> list[dict[str, Any]]:
    """Keep rows as a backup does."""
    with case.house.catalog.read(case.account_id) as tx:
        found = tx.session.scalars(tx.select(table)).all()  # type: ignore[type-var]
        names = [column.key for column in table.__table__.columns]
        return [{name: getattr(row, name) for name in names} for row in found]


@pytest.fixture
def put_back(any_case: Case) -> Callable[[], None]:
    """Give what puts keys and items back as they were before."""
    kept = {table: rows(any_case, table) for table in (AccountKey, DataKey)}

    def restore() -> None:
        with any_case.house.catalog.change(any_case.account_id) as tx:
            for table, before in kept.items():
                for columns in before:
                    tx.session.merge(table(**columns))
        any_case.house.set_item(any_case.account_id, any_case.item_id, destroyed_at=None)

    return restore


def test_reads_answer_as_for_what_was_destroyed(any_case: Case) -> None:
    case = any_case
    case.house.record(case.account_id, ref="rec-2")
    assert destroy(case) == 1
    with pytest.raises(NotThere):  # as after shredding this one
        play(case)
    assert data_keys(case) == {}
    (noted,) = details(case, "account-keys-destroyed")
    assert noted["versions"] == 1
    assert noted["sealed"] > 2  # data keys, and those of the catalog's texts
    standing = case.house.recstore.coverage.standing(case.account_id)
    assert standing.current.destroyed_at == case.house.clock()


def test_a_data_key_that_is_held_is_of_no_use_and_once_is_enough(any_case: Case) -> None:
    recstore, case = any_case.house.recstore, any_case
    assert play(case) == MEDIA  # its data key is held
    destroy(case)
    with pytest.raises(NotThere):
        play(case)
    assert recstore.destroying.destroy(case.account_id, name=account_name(case)) == 0


def test_the_journal_has_the_entry_first_and_the_agents_receipt(any_case: Case) -> None:
    case = any_case
    destroy(case)
    told = [event for event in case.house.events(case.account_id) if "key" in event]
    assert told == ["account-keys-destroyed", "key-destroyed"]
    (confirmed,) = details(case, "key-destroyed")
    agent = case.house.recstore.agents.service
    public = agent.ask("read-receipt-key", {"account_id": case.account_id}, expects="receipt-key")
    statement = read_receipt(confirmed["receipt"], key=public["public_key"])
    assert (statement["destroyed"], statement["account"]) == ("account", str(case.account_id))


HAND_OVERS: dict[str, Callable[[Case], object]] = {
    "a call": lambda case: case.house.call(case.account_id, ref="call-2"),
    "a call that is there": lambda case: case.house.call(case.account_id),
    "a recording": lambda case: case.house.record(case.account_id, ref="rec-2"),
    "a chat": lambda case: case.house.chat(case.account_id, [case.house.message("m-1", "p1", "everyone")]),
}


@pytest.mark.parametrize("hand_over", HAND_OVERS.values(), ids=HAND_OVERS.keys())
def test_handing_over_is_refused_clearly(any_case: Case, hand_over: Callable[[Case], object]) -> None:
    house, account_id = any_case.house, any_case.account_id
    destroy(any_case)
    before = house.snapshot(account_id, leave_out=JOURNAL)
    with pytest.raises(Conflict) as refused:
        hand_over(any_case)
    assert refused.value.code == "keys_destroyed"
    assert house.snapshot(account_id, leave_out=JOURNAL) == before


def test_attacker_puts_keys_and_items_back_from_a_backup(
    any_case: Case, put_back: Callable[[], None]
) -> None:
    destroy(any_case)
    put_back()
    any_case.house.clock.move(seconds=60)
    with pytest.raises(NotThere):
        play(any_case)
    assert any_case.house.recstore.destroying.destroy(any_case.account_id, name=account_name(any_case)) == 1


def test_attacker_has_what_they_put_back_rotated(any_case: Case, put_back: Callable[[], None]) -> None:
    destroy(any_case)
    put_back()
    with pytest.raises(KeysUnavailable, match="destroyed"):
        rotate(any_case)


def test_rotating_and_moving_are_refused_afterwards(case: Case) -> None:
    destroy(case)
    with pytest.raises(Conflict) as refused:
        rotate(case)
    assert refused.value.code == "keys_destroyed"
    with pytest.raises(Conflict):
        case.house.recstore.moving.take_back(case.account_id)


@pytest.mark.parametrize("name", ["", "Acme", "account"])
def test_another_name_destroys_nothing(any_case: Case, name: str) -> None:
    before = any_case.house.snapshot(any_case.account_id)
    with pytest.raises(BadInput) as refused:
        any_case.house.recstore.destroying.destroy(any_case.account_id, name=name)
    assert refused.value.code == "wrong_name"
    assert any_case.house.snapshot(any_case.account_id) == before


def test_attacker_cannot_destroy_by_the_name_of_their_own_account(any_case: Case) -> None:
    own = furnish(any_case.house)
    with pytest.raises(BadInput):
        any_case.house.recstore.destroying.destroy(any_case.account_id, name=account_name(own))
    destroy(own)
    assert play(any_case) == MEDIA


def test_while_the_agent_is_away_nothing_is_destroyed(case: Case, tmp_path: Path) -> None:
    away = Settings(data=tmp_path / "house", keys_agent=str(tmp_path / "nobody"))
    recstore = build(away, clock=case.house.clock, blobs=case.house.blobs, catalog=case.house.catalog)
    before = case.house.snapshot(case.account_id)
    with pytest.raises(KeysUnavailable, match="nothing was destroyed"):
        recstore.destroying.destroy(case.account_id, name=account_name(case))
    assert case.house.snapshot(case.account_id) == before
    assert play(case) == MEDIA


class TestCustomerCustody:
    def test_the_customers_agent_destroys_and_signs(self, case: Case, customer: Customer) -> None:
        move(case, customer)
        assert destroy(case) == 1
        last = customer.log()[-1]
        assert (last["asked"], last["outcome"]) == ("destroy-account", "receipt")
        folder = customer.home / "accounts" / str(case.account_id)
        assert list(folder.glob("*.key")) == []
        receipt = json.loads(details(case, "key-destroyed")[-1]["receipt"])
        assert receipt["statement"]["destroyed"] == "account"

    def test_in_the_middle_of_a_move_both_agents_destroy_theirs(self, case: Case, customer: Customer) -> None:
        pair(case, customer)
        case.house.record(case.account_id, ref="rec-2")
        assert destroy(case) == 2
        assert {row.destroyed_at for row in versions(case)} == {case.house.clock()}

    def test_with_one_of_two_agents_away_nothing_is_destroyed(self, case: Case, customer: Customer) -> None:
        pair(case, customer)
        customer.stop()
        before = case.house.snapshot(case.account_id)
        with pytest.raises(KeysUnavailable, match="nothing was destroyed"):
            destroy(case)
        assert case.house.snapshot(case.account_id) == before
        assert play(case) == MEDIA  # still with the service's agent


@pytest.fixture
def own_agent(tmp_path: Path, case: Case) -> Iterator[Path]:
    """An agent of this test's own, whose home it may change."""
    agent = EmbeddedAgent(tmp_path / "k", tmp_path / "k.sock", tmp_path / "k.log")
    agent.start()
    yield tmp_path / "k"
    agent.stop()


def test_attacker_puts_key_files_back_into_the_agents_home(
    case: Case, own_agent: Path, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path / "house", keys_agent=str(tmp_path / "k.sock"))
    recstore = build(settings, clock=case.house.clock, blobs=case.house.blobs, catalog=case.house.catalog)
    account = recstore.accounts.create("Umbra", domains=[])
    folder = own_agent / "accounts" / str(account.id)
    shutil.copytree(folder, tmp_path / "backup")
    assert recstore.destroying.destroy(account.id, name="Umbra") == 1
    assert [path.name for path in folder.iterdir()] == ["destroyed"]
    shutil.copytree(tmp_path / "backup", folder, dirs_exist_ok=True)
    with pytest.raises(Exception, match="destroyed"):
        recstore.agents.service.create_account(account.id)
