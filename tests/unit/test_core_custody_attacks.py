"""Moves and rotations that meet something else half-way: nothing is lost, nothing opens that should not."""

import base64
import json
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.client import AccountKey, Agent
from keys.unwrap import PrivateKey
from recstore import moving, rewrapping
from recstore.catalog import custodies
from recstore.catalog.sealed_tables import DataKey
from recstore.errors import Conflict, KeysLocked, KeysUnavailable, NotThere
from recstore.journal.log import SYSTEM
from recstore.lock_watch import LockWatch
from recstore.model import Holder
from recstore.succession import succeed
from tests.core_fixtures import MEDIA, Case
from tests.unit.test_core_moving import Customer, customer, pair, release
from tests.unit.test_core_rewrapping import data_keys, details, play, rotate, versions
from tests.unit.test_core_shredding import put_back, shred

__all__ = ["customer"]


def damage(case: Case, data_key_id: UUID, sealed: bytes) -> bytes:
    """Put other bytes in a sealed key's place; give those that were there."""
    with case.house.catalog.change(case.account_id) as tx:
        row = tx.get(DataKey, data_key_id)
        assert row is not None
        before, row.sealed = row.sealed, sealed
    return before


def test_a_batch_that_comes_back_late_is_not_sealed_to_a_key_that_was_closed(
    case: Case, monkeypatch: Any
) -> None:
    """Two rotations and a move at once: one of them closes what another is still re-wrapping to."""
    ask = rewrapping._ask

    def ask_and_close(agent: Agent, old: Any, new: Any, batch: Any) -> dict[str, Any]:
        answer = ask(agent, old, new, batch)
        third = AccountKey(key_id=uuid4(), public_key=PrivateKey.generate().public_key().raw)
        with case.house.catalog.change(case.account_id) as tx:
            closing = custodies.current_key(tx)
            succeed(tx, third, holder=Holder.SERVICE, at=case.house.clock())
            closing.closed_at = case.house.clock()
        return answer

    monkeypatch.setattr(rewrapping, "_ask", ask_and_close)
    with pytest.raises(KeysUnavailable):
        rotate(case)
    old, *_ = versions(case)
    assert set(data_keys(case).values()) == {old.key_id}
    assert play(case) == MEDIA


def test_of_two_agents_that_are_paired_at_once_one_is_refused(
    case: Case, customer: Customer, tmp_path: Path, monkeypatch: Any
) -> None:
    """Else one account would have two customers' keys and the way to one of them alone."""
    other = Customer(tmp_path / "other", customer.port)
    other.folder.mkdir(mode=0o700)
    other.pair(case.account_id)
    prove = moving.prove

    def prove_while_another_pairs(*given: Any, **more: Any) -> None:
        monkeypatch.undo()
        pair(case, customer)
        customer.stop()
        other.start()
        prove(*given, **more)

    monkeypatch.setattr(moving, "prove", prove_while_another_pairs)
    try:
        with pytest.raises(Conflict) as refused:
            case.house.recstore.moving.pair(case.account_id, other.pairing.read_text())
    finally:
        other.stop()
    assert refused.value.code == "custody_other_key"
    assert [row.holder for row in versions(case)] == ["service", "customer"]
    customer.start()
    assert play(case, case.house.record(case.account_id, ref="rec-2")) == MEDIA


def test_a_key_that_the_customer_paired_while_another_was_made_stays_current(
    case: Case, customer: Customer, monkeypatch: Any
) -> None:
    """Else a rotation that began before would take the account back, unseen."""
    ask = Agent.ask

    def ask_while_another_pairs(self: Agent, says: str, *given: Any, **more: Any) -> dict[str, Any]:
        answer = ask(self, says, *given, **more)
        if says == "rotate-key":
            monkeypatch.undo()
            pair(case, customer)
        return answer

    monkeypatch.setattr(Agent, "ask", ask_while_another_pairs)
    with pytest.raises(Conflict) as refused:
        rotate(case)
    assert refused.value.code == "not_released"
    assert [row.holder for row in versions(case)] == ["service", "customer"]
    release(case, customer.pairing)
    assert rotate(case) == []
    assert play(case) == MEDIA


def test_a_release_to_a_swapped_key_loses_nothing(case: Case, customer: Customer, tmp_path: Path) -> None:
    """Somebody on the way puts their own public key under the id of the customer's."""
    pair(case, customer)
    swapped = json.loads(customer.pairing.read_text())
    theirs = PrivateKey.generate()
    swapped["public_key"] = base64.b64encode(theirs.public_key().raw).decode()
    (tmp_path / "swapped.json").write_text(json.dumps(swapped))
    release(case, tmp_path / "swapped.json")
    with pytest.raises(Conflict) as refused:
        rotate(case)
    assert refused.value.code == "not_released"
    assert details(case, "key-destroyed") == []
    assert play(case) == MEDIA
    release(case, customer.pairing)
    assert rotate(case) == []
    assert play(case) == MEDIA


def test_the_old_key_stays_until_the_new_one_has_opened_something(case: Case, customer: Customer) -> None:
    """The customer's machine is lost between pairing and the end of the move."""
    pair(case, customer)
    release(case, customer.pairing)
    customer.stop()
    with pytest.raises(KeysUnavailable):
        rotate(case)
    assert details(case, "key-destroyed") == details(case, "key-closed") == []
    customer.start()
    assert rotate(case) == []
    assert play(case) == MEDIA


def test_an_admin_locks_both_holders_while_the_account_moves(case: Case, customer: Customer) -> None:
    pair(case, customer)
    new_item = case.house.record(case.account_id, ref="rec-2")
    locks = case.house.recstore.key_locks
    assert locks.put(case.ada, locked=True).by_admin
    try:
        for item_id in (case.item_id, new_item):
            with pytest.raises(KeysLocked):
                play(case, item_id)
    finally:
        assert not locks.put(case.ada, locked=False).locked
    assert play(case) == play(case, new_item) == MEDIA


def test_an_admin_locks_the_holder_that_answers(case: Case, customer: Customer) -> None:
    """The other one is away: the admin is told so, and what can be locked is locked."""
    pair(case, customer)
    customer.stop()
    locks, service = case.house.recstore.key_locks, case.house.recstore.agents.service
    with pytest.raises(KeysUnavailable):
        locks.put(case.ada, locked=True)
    assert service.read_lock(case.account_id).by_request
    service.set_lock(case.account_id, locked=False, actor="test")


def test_a_lock_at_either_holder_is_heard_at_once(case: Case, customer: Customer) -> None:
    pair(case, customer)
    agents, watch, heard = case.house.recstore.agents, LockWatch(), threading.Event()
    watch.tell(lambda account_id: heard.set())
    current = agents.of(case.account_id)
    watch.follow(current, case.account_id)
    watch.follow(agents.service, case.account_id)
    customer.run("lock", "--home", str(customer.home), "--account", str(case.account_id))
    assert heard.wait(2)
    assert watch.is_locked(case.account_id)
    customer.run("unlock", "--home", str(customer.home), "--account", str(case.account_id))


def test_attacker_puts_back_what_was_shredded_while_the_account_moves(case: Case, customer: Customer) -> None:
    """The row is from before: sealed to the service's key, which lives until the move is over."""
    with case.house.catalog.read(case.account_id) as tx:
        (before,) = tx.session.scalars(tx.select(DataKey)).all()
    second = case.house.record(case.account_id, ref="rec-2")
    second_key = next(id_ for id_ in data_keys(case) if id_ != before.id)
    sealed = damage(case, second_key, bytes(1168))  # so that the service's key stays
    pair(case, customer)
    release(case, customer.pairing)
    assert len(rotate(case)) == 1
    assert shred(case).key_id != before.key_id
    put_back(case, before)
    case.house.clock.move(seconds=60)
    with pytest.raises(NotThere):
        play(case)
    damage(case, second_key, sealed)
    assert play(case, second) == MEDIA


def test_receipts_are_outstanding_while_one_of_two_holders_is_away(case: Case, customer: Customer) -> None:
    pair(case, customer)
    customer.stop()
    shredding = case.house.recstore.shredding
    assert shredding.shred(case.account_id, case.item_id, generation=1, actor=SYSTEM) == 1
    assert shredding.confirm(case.account_id) == 1
    customer.start()
    assert shredding.confirm(case.account_id) == 0
    assert len(details(case, "shred-confirmed")) == 2  # one of each holder
