"""An account moves to its customer's own key agent and back; old content too, and the key it left is gone."""

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from keys.client import Agent
from keys.errors import AgentRefused, KeysError
from keys.unwrap import PrivateKey
from recstore.catalog.sealed_tables import DataKey
from recstore.errors import BadInput, Conflict, KeysUnavailable
from recstore.journal.log import SYSTEM
from recstore.reconciling import reconcile
from tests.core_fixtures import JOURNAL, MEDIA, Case, furnish
from tests.unit.test_core_rewrapping import data_keys, details, play, rotate, versions


@dataclass
class Customer:
    """A customer's host: a home for their own agent, used through its commands alone."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def home(self) -> Path:
        return self.folder / "keys"

    @property
    def pairing(self) -> Path:
        return self.folder / "pairing.json"

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "keys", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def pair(self, account_id: UUID) -> str:
        listen = f"127.0.0.1:{self.port}"
        place = ("--home", str(self.home), "--account", str(account_id))
        return self.run("pair", *place, "--listen", listen, "--to", str(self.pairing))

    def start(self) -> None:
        agent = self.folder / "s"
        words = ("serve", "--home", str(self.home), "--socket", str(agent))
        self.process = subprocess.Popen([sys.executable, "-m", "keys", *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not answers(agent):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.home / "log.jsonl").read_text().splitlines()]


def answers(path: Path) -> bool:
    try:
        Agent(path).check()
    except KeysError:
        return False
    return True


@pytest.fixture
def customer(tmp_path: Path) -> Iterator[Customer]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder = tmp_path / "customer"
    folder.mkdir(mode=0o700)
    one = Customer(folder, port)
    yield one
    one.stop()


def release(case: Case, to: Path, home: Path | None = None) -> None:
    home = home or Path(case.house.recstore.settings.agent_address).parent / "keys"
    command = [*(sys.executable, "-m", "keys", "release"), *("--home", str(home))]
    subprocess.run([*command, "--account", str(case.account_id), "--to", str(to)], check=True, timeout=60)


def pair(case: Case, customer: Customer) -> str:
    told = customer.pair(case.account_id)
    customer.start()
    fingerprint = case.house.recstore.moving.pair(case.account_id, customer.pairing.read_text())
    assert fingerprint in told  # both sides see the same words
    return fingerprint


def move(case: Case, customer: Customer) -> None:
    pair(case, customer)
    release(case, customer.pairing)
    assert rotate(case) == []


def test_the_customer_moves_to_their_own_custody_old_content_too(case: Case, customer: Customer) -> None:
    pair(case, customer)
    new_item = case.house.record(case.account_id, ref="rec-2")
    old, new = versions(case)
    assert (old.holder, new.holder) == ("service", "customer")
    assert sorted(data_keys(case).values()) == sorted([old.key_id, new.key_id])
    assert play(case) == play(case, new_item) == MEDIA  # each by its own agent
    release(case, customer.pairing)
    assert rotate(case) == []
    assert set(data_keys(case).values()) == {new.key_id}
    assert len(details(case, "key-destroyed")) == 1
    case.house.clock.move(seconds=60)
    assert play(case) == play(case, new_item) == MEDIA
    opened = [line for line in customer.log() if line.get("outcome") == "opened"]
    assert len(opened) == 5  # two proofs; the new item before and after; the old item after
    entries = [json.loads(line.text) for line in case.house.journal(case.account_id)]
    compared = reconcile(str(case.account_id), logged=customer.log(), journal=entries)
    assert (compared.openings, compared.differences) == (5, [])
    customer.stop()
    case.house.clock.move(seconds=60)
    with pytest.raises(KeysUnavailable):
        play(case)
    third = case.house.record(case.account_id, ref="rec-3")  # handing over goes on without any agent
    customer.start()
    assert play(case, third) == MEDIA


def test_attacker_opens_nothing_with_a_catalog_from_before_the_move(case: Case, customer: Customer) -> None:
    """The operator keeps an old image of catalog and store: what it is sealed to is gone."""
    with case.house.catalog.read(case.account_id) as tx:
        (before,) = tx.session.scalars(tx.select(DataKey)).all()
    move(case, customer)
    with case.house.catalog.change(case.account_id) as tx:
        row = tx.get(DataKey, before.id)
        assert row is not None
        row.key_id, row.sealed = before.key_id, before.sealed
    case.house.clock.move(seconds=60)
    with pytest.raises(KeysUnavailable):
        play(case)


def test_nothing_is_rewrapped_before_it_is_released(case: Case, customer: Customer) -> None:
    pair(case, customer)
    with pytest.raises(Conflict) as refused:
        rotate(case)
    assert refused.value.code == "not_released"
    assert play(case) == MEDIA


def test_attacker_cannot_have_the_customers_agent_rewrap_to_the_operators_key(
    case: Case, customer: Customer
) -> None:
    move(case, customer)
    case.house.recstore.moving.take_back(case.account_id)
    with pytest.raises(Conflict) as refused:
        rotate(case)
    assert refused.value.code == "not_released"
    last = customer.log()[-1]
    assert (last["asked"], last["outcome"], last["code"]) == ("rewrap", "refused", "not-released")


def test_the_customer_gives_their_account_back(case: Case, customer: Customer, tmp_path: Path) -> None:
    move(case, customer)
    ours = tmp_path / "service.json"
    ours.write_text(case.house.recstore.moving.take_back(case.account_id))
    release(case, ours, customer.home)
    assert rotate(case) == []
    customer.stop()
    case.house.clock.move(seconds=60)
    assert play(case) == MEDIA
    assert [row.holder for row in versions(case) if row.destroyed_at is None] == ["service"]
    assert case.house.recstore.coverage.standing(case.account_id).address is None


def test_the_customer_rotates_by_the_services_command(case: Case, customer: Customer) -> None:
    move(case, customer)
    assert rotate(case) == []
    assert [row.holder for row in versions(case)] == ["service", "customer", "customer"]
    case.house.clock.move(seconds=60)
    assert play(case) == MEDIA


def test_paired_again_only_the_way_is_renewed(case: Case, customer: Customer) -> None:
    move(case, customer)
    customer.stop()
    pair(case, customer)
    assert len(versions(case)) == 2
    case.house.clock.move(seconds=60)
    assert play(case) == MEDIA


def test_attacker_swaps_the_public_key_on_the_way(case: Case, customer: Customer) -> None:
    """Another key than the agent's does not prove itself: nothing is ever sealed to it."""
    customer.pair(case.account_id)
    customer.start()
    document = json.loads(customer.pairing.read_text())
    other = PrivateKey.generate().public_key().raw
    document["public_key"] = base64.b64encode(other).decode()
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    with pytest.raises(KeysUnavailable, match="does not prove itself"):
        case.house.recstore.moving.pair(case.account_id, json.dumps(document))
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
    assert case.house.events(case.account_id)[-1] == "key-asked"


BAD = {"no JSON": "pairing", "a list": "[]", "nothing": "{}"}


@pytest.mark.parametrize("document", BAD.values(), ids=BAD.keys())
def test_what_is_no_pairing_changes_nothing(case: Case, document: str) -> None:
    before = case.house.snapshot(case.account_id)
    with pytest.raises(BadInput) as refused:
        case.house.recstore.moving.pair(case.account_id, document)
    assert refused.value.code == "bad_pairing"
    assert case.house.snapshot(case.account_id) == before


def test_a_pairing_file_is_private_and_does_not_print_its_secret(case: Case, customer: Customer) -> None:
    customer.pair(case.account_id)
    assert customer.pairing.stat().st_mode & 0o777 == 0o600
    for path in (path for path in (customer.home / "tls").rglob("*") if path.is_file()):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_stranger_is_not_answered(case: Case, customer: Customer) -> None:
    """A client that another home's pairing vouches for is no client of this one."""
    pair(case, customer)
    other = Customer(customer.folder / "other", customer.port)
    other.folder.mkdir(mode=0o700)
    other.pair(case.account_id)
    with pytest.raises((Conflict, KeysUnavailable, AgentRefused)):
        case.house.recstore.moving.pair(case.account_id, other.pairing.read_text())
    assert play(case) == MEDIA


class TestTwoAccountsAtOneHome:
    """The second pairing leaves the first one's certificates alone."""

    def test_both_are_played_from_there(self, case: Case, customer: Customer) -> None:
        other = furnish(case.house)
        move(case, customer)
        customer.stop()
        move(other, customer)
        case.house.clock.move(seconds=60)
        assert play(case) == play(other) == MEDIA
        assert {row.holder for row in versions(case) if not row.destroyed_at} == {"customer"}

    def test_paired_again_only_that_accounts_client_is_replaced(self, case: Case, customer: Customer) -> None:
        other = furnish(case.house)
        move(case, customer)
        first = customer.pairing.read_text()
        customer.stop()
        move(other, customer)
        customer.stop()
        pair(case, customer)
        case.house.clock.move(seconds=60)
        assert play(case) == play(other) == MEDIA
        with pytest.raises(KeysUnavailable):  # the earlier file's client is nobody now
            case.house.recstore.moving.pair(case.account_id, first)

    def test_another_address_is_refused_and_the_first_goes_on(self, case: Case, customer: Customer) -> None:
        other = furnish(case.house)
        move(case, customer)
        customer.stop()
        elsewhere = Customer(customer.folder, customer.port + 1)
        with pytest.raises(subprocess.CalledProcessError) as refused:
            elsewhere.pair(other.account_id)
        assert "another address" in refused.value.stderr
        customer.start()
        case.house.clock.move(seconds=60)
        assert play(case) == MEDIA


class TestReceiptsOfTheCustomersAgent:
    """What it shredded it signs for before its key goes and the way to it is forgotten."""

    @pytest.fixture
    def owing(self, case: Case, customer: Customer, tmp_path: Path) -> Case:
        """An account on its way back, whose customer's agent was away when an item was shredded."""
        case.house.record(case.account_id, ref="rec-2")
        move(case, customer)
        customer.stop()
        case.house.recstore.shredding.shred(case.account_id, case.item_id, generation=1, actor=SYSTEM)
        assert details(case, "shred-confirmed") == []
        customer.start()
        ours = tmp_path / "service.json"
        ours.write_text(case.house.recstore.moving.take_back(case.account_id))
        release(case, ours, customer.home)
        return case

    def test_the_key_stays_until_they_are_there(self, owing: Case) -> None:
        with pytest.raises(Conflict) as refused:
            rotate(owing)
        assert refused.value.code == "receipts_outstanding"
        assert [row.holder for row in versions(owing) if not row.destroyed_at] == ["customer", "service"]
        assert owing.house.recstore.shredding.confirm(owing.account_id) == 0
        assert rotate(owing) == []
        assert len(details(owing, "shred-confirmed")) == 2  # the service's agent signs, too
        assert [row.holder for row in versions(owing) if not row.destroyed_at] == ["service"]
