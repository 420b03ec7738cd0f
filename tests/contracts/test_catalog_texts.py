"""What people wrote stands sealed in the catalog, on SQLite and on PostgreSQL alike."""

import json
import random
import secrets
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text, update

from keys.client import Agent, Locked, OpenTextKeys
from keys.errors import AgentUnavailable
from keys.secret import Secret
from recstore.catalog import calls, domains, items, people
from recstore.catalog.database import Catalog
from recstore.catalog.journal_tables import JournalEntry
from recstore.catalog.reading import NoKeys
from recstore.catalog.tables import Call, Item, Participant, User, Vmr
from recstore.catalog.text_tables import TextKey
from recstore.errors import Damaged, KeysUnavailable
from recstore.journal import log
from recstore.library import Filters
from recstore.lock_watch import LockWatch
from recstore.model import Action, Kind
from recstore.settling import Settling
from recstore.texts import TextKeys
from tests.core_fixtures import Case, House

WORDS = ["Weekly", "room-1", "call-1", "rec-1", "ann@acme.example", "bo@acme.example", "Ann", "acme.example"]


class Counted(Agent):
    """The way to the real agent, counting what it is asked; away whenever a test says so."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.asked: list[OpenTextKeys] = []
        self.away = False

    def open_text_keys(self, request: OpenTextKeys) -> list[Secret]:
        if self.away:
            raise AgentUnavailable("away")
        self.asked.append(request)
        return self._agent.open_text_keys(request)

    def watch(self) -> Iterator[Locked]:
        return self._agent.watch()


@pytest.fixture
def agent(any_case: Case) -> Iterator[Counted]:
    """Read through a process that has opened nothing yet."""
    house = any_case.house
    before = house.catalog.text_keys
    agent = Counted(house.recstore.agents.service)
    house.catalog.text_keys = TextKeys(house.catalog, lambda *_: agent, house.clock, LockWatch())
    yield agent
    house.catalog.text_keys = before


def everything(house: House, account_id: UUID) -> str:
    """Give all columns of all rows of an account, as the database has them."""
    return repr(house.snapshot(account_id))


def test_nothing_that_people_wrote_is_in_clear(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    found = everything(house, account_id)
    assert [word for word in WORDS if word in found] == []
    assert str(any_case.item_id) in found.replace("UUID('", "")  # the search does see what is there


def test_everything_reads_as_it_was_written(any_case: Case) -> None:
    with any_case.house.catalog.read(any_case.account_id) as tx:
        item = items.by_id(tx, any_case.item_id)
        call = calls.by_ref(tx, "call-1")
        room = calls.vmr_by_ref(tx, "room-1")
        assert item
        assert call
        assert room
        assert (item.ref, call.ref, room.ref, room.title) == ("rec-1", "call-1", "room-1", "Weekly")
        assert json.loads(call.document)["vmr"]["title"] == "Weekly"
        assert room.link is None
        assert {user.email for user in people.all_active(tx)} >= {"ann@acme.example", "ada@acme.example"}
        assert {row.domain for row in domains.every(tx)} == {"acme.example"}


def test_a_row_reads_on_when_its_transaction_is_over(any_case: Case) -> None:
    with any_case.house.catalog.read(any_case.account_id) as tx:
        user = people.by_id(tx, any_case.ann.user_id)
    assert user
    assert user.name == "Ann"


def test_what_was_not_sealed_does_not_reach_the_database(any_case: Case) -> None:
    in_clear = update(User).where(User.id == any_case.ann.user_id)
    for forged in ("Ann", b"Ann", b""):
        with (
            any_case.house.catalog.change(any_case.account_id) as tx,
            pytest.raises(Exception, match="not sealed"),
        ):
            tx.session.execute(in_clear.values({User.name.mapped(): forged}))


# --- what the agent is asked --------------------------------------------------------------------------------


def many_calls(case: Case, how_many: int) -> None:
    for number in range(how_many):
        case.house.call(case.account_id, f"call-{number + 2}")
        case.house.record(case.account_id, f"call-{number + 2}", f"rec-{number + 2}")


def show(case: Case) -> list[str | None]:
    page, _ = case.house.recstore.library.page(case.ada, Kind.RECORDING, Filters(), cursor=None, limit=50)
    for shown in page:
        assert shown.vmr
        assert shown.responsible
        assert (shown.vmr.ref, shown.responsible.name) == ("room-1", "Ann")
    return [shown.call.room_title for shown in page]


def journal_size(case: Case) -> int:
    with case.house.catalog.read(case.account_id) as tx:
        return log.read_end(tx)[0]


def test_a_page_of_fifty_asks_the_agent_once(any_case: Case, agent: Counted) -> None:
    many_calls(any_case, 49)
    before = journal_size(any_case)
    assert show(any_case) == ["Weekly"] * 50
    assert len(agent.asked) == 1
    assert 100 < len(agent.asked[0].text_key_ids) <= 128
    show(any_case)
    assert len(agent.asked) == 1
    assert journal_size(any_case) == before + 1
    told = json.loads(any_case.house.journal(any_case.account_id)[before].text)
    assert (told["event"], told["detail"]["request"]) == ("catalog-opened", str(agent.asked[0].id))
    assert told["detail"]["keys"] == len(agent.asked[0].text_key_ids)
    assert agent.asked[0].decision == str(told["index"])


def test_a_settled_page_needs_one_key(any_case: Case, agent: Counted) -> None:
    many_calls(any_case, 20)
    house = any_case.house
    before = everything(house, any_case.account_id)
    assert Settling(house.catalog, house.clock).settle(any_case.account_id) > 40
    assert everything(house, any_case.account_id) != before
    agent.asked.clear()
    assert isinstance(house.catalog.text_keys, TextKeys)
    house.catalog.text_keys.forget()
    assert show(any_case) == ["Weekly"] * 21
    assert [len(request.text_key_ids) for request in agent.asked] == [1]


def test_nothing_is_asked_for_what_nobody_reads(any_case: Case, agent: Counted) -> None:
    any_case.house.recstore.library.page(any_case.ada, Kind.RECORDING, Filters(), cursor=None, limit=50)
    any_case.house.recstore.gate.look(any_case.bo, Action.SEE, kind=Kind.RECORDING, item_id=any_case.item_id)
    assert agent.asked == []


def test_many_threads_ask_once(any_case: Case, agent: Counted) -> None:
    together = threading.Barrier(8)
    found: list[Any] = []

    def read() -> None:
        together.wait()
        found.append(show(any_case))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["Weekly"]] * 8
    assert len(agent.asked) == 1


def test_while_the_agent_is_away_writing_goes_on_and_reading_is_told(any_case: Case, agent: Counted) -> None:
    agent.away = True
    many_calls(any_case, 1)
    with pytest.raises(KeysUnavailable):
        show(any_case)
    agent.away = False
    assert show(any_case) == ["Weekly"] * 2


def test_what_the_agent_did_not_give_is_noted(any_case: Case, agent: Counted) -> None:
    agent.away = True
    with pytest.raises(KeysUnavailable):
        show(any_case)
    asked, failed = any_case.house.journal(any_case.account_id)[-2:]
    told = [json.loads(line.text) for line in (asked, failed)]
    assert [entry["event"] for entry in told] == ["catalog-opened", "key-not-given"]
    assert told[0]["detail"]["request"] == told[1]["detail"]["request"]
    assert told[1]["detail"]["code"] == "no-answer"


def test_a_process_without_a_way_to_the_agent_writes_and_reads_nothing(
    any_case: Case, agent: Counted
) -> None:
    any_case.house.catalog.text_keys = NoKeys()
    many_calls(any_case, 1)
    with pytest.raises(KeysUnavailable):
        show(any_case)


def test_an_opening_of_a_change_that_fails_stays_in_the_journal(any_case: Case, agent: Counted) -> None:
    house, size = any_case.house, journal_size(any_case)

    def fail() -> None:
        with house.catalog.change(any_case.account_id) as tx:
            user = people.by_id(tx, any_case.ann.user_id)
            assert user
            assert user.name == "Ann"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert journal_size(any_case) == size + 1
    line = house.journal(any_case.account_id)[size]
    assert json.loads(line.text)["detail"]["request"] == str(agent.asked[0].id)


def test_held_keys_are_of_their_account_alone(any_case: Case, agent: Counted) -> None:
    """CVE-2026-6550 is a cache that left a part of its context out."""
    show(any_case)
    stranger = any_case.house.account()
    keys = any_case.house.catalog.text_keys
    for opened in agent.asked[0].text_key_ids:
        with pytest.raises(Damaged):
            keys.key(stranger, opened, soon=(), within=None)
    assert len(agent.asked) == 1


def test_held_keys_are_dropped_within_the_minute_however_much_they_are_used(
    any_case: Case, agent: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recstore import texts

    assert texts.HOLD + texts.SWEEP_SECONDS < 60
    now = [1000.0]
    monkeypatch.setattr(texts, "monotonic", lambda: now[0])
    for _ in range(60):
        show(any_case)
        now[0] += 1
    assert len(agent.asked) == 2
    keys: Any = any_case.house.catalog.text_keys
    now[0] += texts.HOLD
    keys._sweep()
    assert keys._held == {}


# --- attackers ----------------------------------------------------------------------------------------------


def test_attacker_with_the_database_swaps_two_titles(any_case: Case) -> None:
    many_calls(any_case, 1)
    with any_case.house.catalog.change(any_case.account_id) as tx:
        first, second = tx.session.scalars(tx.select(Call)).all()
        one, other = (getattr(call, Call.ref.cell) for call in (first, second))
        tx.session.execute(update(Call).where(Call.id == first.id).values({Call.ref.mapped(): other}))
        tx.session.execute(update(Call).where(Call.id == second.id).values({Call.ref.mapped(): one}))
    with any_case.house.catalog.read(any_case.account_id) as tx:
        for call in tx.session.scalars(tx.select(Call)):
            with pytest.raises(Damaged):
                assert call.ref is None


def test_attacker_with_the_database_damages_one_key_and_the_rest_still_opens(
    any_case: Case, agent: Counted
) -> None:
    many_calls(any_case, 2)
    with any_case.house.catalog.change(any_case.account_id) as tx:
        call = calls.by_ref(tx, "call-2")
        assert call
        key_id = UUID(bytes=getattr(call, Call.ref.cell)[:16])
        tx.session.execute(
            update(TextKey).where(TextKey.id == key_id).values(sealed=secrets.token_bytes(1168))
        )
    with any_case.house.catalog.read(any_case.account_id) as tx:
        found = {call.id: call for call in tx.session.scalars(tx.select(Call))}
        damaged = found.pop(call.id)
        assert {other.ref for other in found.values()} == {"call-1", "call-3"}
        with pytest.raises(Damaged):
            assert damaged.ref is None


# --- settling -----------------------------------------------------------------------------------------------


def unsettled(house: House, account_id: UUID) -> int:
    with house.catalog.read(account_id) as tx:
        keys = tx.session.scalars(tx.select(TextKey)).all()
    return sum(not key.lasting and key.settled_at is None for key in keys)


def key_ids(catalog: Catalog, account_id: UUID) -> set[bytes]:
    """Give the ids of all text keys that some cell of the account is sealed under."""
    found = set()
    with catalog.read(account_id) as tx:
        for table in (User, Vmr, Call, Participant, Item, JournalEntry):
            for written in table.texts:
                cells = tx.session.scalars(select(written.mapped()).where(table.account_id == account_id))
                found |= {cell[:16] for cell in cells if cell}
    return found


def test_settling_brings_everything_under_one_key_and_is_done_once(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    settling = Settling(house.catalog, house.clock)
    assert len(key_ids(house.catalog, account_id)) > 1
    assert settling.settle(account_id) > 0
    assert len(key_ids(house.catalog, account_id)) == 1
    assert settling.settle(account_id) == 0
    assert show(any_case) == ["Weekly"]


def test_settled_keys_go_when_nobody_can_need_them_any_more(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    settling = Settling(house.catalog, house.clock)
    settling.settle(account_id)
    house.clock.move(minutes=50)
    settling.settle(account_id)
    with house.catalog.read(account_id) as tx:
        assert len(tx.session.scalars(tx.select(TextKey)).all()) > 1
    house.clock.move(minutes=11)
    settling.settle(account_id)
    with house.catalog.read(account_id) as tx:
        [left] = tx.session.scalars(tx.select(TextKey)).all()
    assert left.lasting
    assert show(any_case) == ["Weekly"]


def test_a_row_that_was_read_before_it_was_settled_still_opens(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    with house.catalog.read(account_id) as tx:
        user = people.by_id(tx, any_case.ann.user_id)
    Settling(house.catalog, house.clock).settle(account_id)
    assert user
    assert user.name == "Ann"


class Killed(BaseException):
    """What nobody catches."""


def test_settling_in_small_steps_that_are_killed_in_the_middle_goes_on(
    any_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recstore import settling

    house, account_id = any_case.house, any_case.account_id
    many_calls(any_case, 3)
    monkeypatch.setattr(settling, "MOST_ROWS", 2)
    chance, killed = random.Random(7), 0

    def die(_: object) -> None:
        if chance.random() < 0.2:
            raise Killed

    while unsettled(house, account_id):
        event.listen(house.catalog.engine, "commit", die)
        try:
            Settling(house.catalog, house.clock).settle(account_id)
        except Killed:
            killed += 1
        finally:
            event.remove(house.catalog.engine, "commit", die)
        assert show(any_case) == ["Weekly"] * 4
    assert killed > 3
    assert len(key_ids(house.catalog, account_id)) == 1


def test_what_is_written_while_settling_is_not_lost(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    stop = threading.Event()

    def settle() -> None:
        while not stop.is_set():
            Settling(house.catalog, house.clock).settle(account_id)

    settler = threading.Thread(target=settle)
    settler.start()
    try:
        for number in range(30):
            with house.catalog.change(account_id) as tx:
                user = people.by_id(tx, any_case.ann.user_id)
                assert user
                user.name = f"Ann {number}"
            with house.catalog.read(account_id) as tx:
                user = people.by_id(tx, any_case.ann.user_id)
            assert user
            assert user.name == f"Ann {number}"
    finally:
        stop.set()
        settler.join()


def test_one_damaged_text_does_not_stop_settling(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    with house.catalog.change(account_id) as tx:
        user = people.by_id(tx, any_case.ann.user_id)
        assert user
        cell = getattr(user, User.name.cell)
        forged = cell[:-1] + bytes([cell[-1] ^ 1])
        tx.session.execute(update(User).where(User.id == user.id).values({User.name.mapped(): forged}))
    settling = Settling(house.catalog, house.clock)
    assert settling.settle(account_id) > 0
    assert settling.settle(account_id) == 0
    house.clock.move(hours=2)
    settling.settle(account_id)
    with house.catalog.read(account_id) as tx:
        left = tx.session.scalars(tx.select(TextKey)).all()
        assert sorted(key.lasting for key in left) == [False, True]
        user = people.by_id(tx, any_case.ann.user_id)
        assert user
        with pytest.raises(Damaged):
            assert user.name is None
        assert user.email == "ann@acme.example"


def test_a_key_that_is_not_there_is_told(any_case: Case, agent: Counted) -> None:
    with pytest.raises(Damaged):
        any_case.house.catalog.text_keys.key(any_case.account_id, uuid4(), soon=(), within=None)
    assert agent.asked == []


def test_the_lasting_key_is_one_however_many_settle_at_once(any_case: Case) -> None:
    house, account_id = any_case.house, any_case.account_id
    together = threading.Barrier(4)

    def settle() -> None:
        together.wait()
        Settling(house.catalog, house.clock).settle(account_id)

    threads = [threading.Thread(target=settle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.catalog.read(account_id) as tx:
        lasting = tx.session.execute(text("SELECT count(*) FROM text_keys WHERE lasting")).scalar()
        if tx.session.get_bind().dialect.name == "postgresql":
            assert lasting == 1
    assert len(key_ids(house.catalog, account_id)) == 1
