"""Held data keys: each serves one key, place and session, for less than a minute, and no more than that."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from keys.secret import Secret
from recstore import held_keys
from recstore.errors import KeysUnavailable
from recstore.held_keys import HOLD, MOST_HELD, HeldKeys, Place
from recstore.model import Action
from tests.core_fixtures import SetClock

PLACE = Place(
    *(uuid.uuid4() for _ in range(2)), 1, *(uuid.uuid4() for _ in range(2)), Action.OPEN, uuid.uuid4()
)


@dataclass
class Asking:
    """Asks the cache; what gets through to the agent is counted and opened, or refused."""

    held: HeldKeys
    asked: list[uuid.UUID] = field(default_factory=list)
    noted: list[uuid.UUID] = field(default_factory=list)
    refuses: bool = False
    may_answer: threading.Event = field(default_factory=threading.Event)

    def key(self, place: Place = PLACE) -> Secret:
        return self.held.find(place) or self.held.fetch(
            place, note=self.noted.append, ask=lambda request_id: self.open(place, request_id)
        )

    def open(self, place: Place, request_id: uuid.UUID) -> Secret:
        self.asked.append(request_id)
        assert self.may_answer.wait(10)
        if self.refuses:
            raise KeysUnavailable("no")
        return Secret(place.data_key_id.bytes * 2)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def asking(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.setattr(held_keys, "SWEEP_SECONDS", 0.05)
    asking = Asking(HeldKeys(clock))
    asking.may_answer.set()
    return asking


OTHERS: dict[str, Place] = {
    "another account": PLACE._replace(account_id=uuid.uuid4()),
    "another session": PLACE._replace(session=uuid.uuid4()),
    "another item": PLACE._replace(item_id=uuid.uuid4()),
    "another generation": PLACE._replace(generation=2),
    "another action": PLACE._replace(action=Action.DOWNLOAD),
    "another account key": PLACE._replace(key_id=uuid.uuid4()),
    "another data key": PLACE._replace(data_key_id=uuid.uuid4()),
}


@pytest.mark.parametrize("place", [pytest.param(place, id=title) for title, place in OTHERS.items()])
def test_attacker_gets_no_key_that_was_held_for(asking: Asking, place: Place) -> None:
    asking.key()
    asking.key(place)
    assert len(set(asking.asked)) == 2


def test_every_part_of_a_place_has_its_attacker() -> None:
    changed = {
        name
        for place in OTHERS.values()
        for name in Place._fields
        if getattr(place, name) != getattr(PLACE, name)
    }
    assert changed == set(Place._fields)


def test_a_held_key_saves_the_next_range_the_way(asking: Asking) -> None:
    assert asking.key() is asking.key()
    assert len(asking.asked) == len(asking.noted) == 1


def test_a_key_is_held_for_forty_seconds_from_before_it_was_asked_for(
    asking: Asking, clock: SetClock
) -> None:
    assert HOLD.total_seconds() == 40
    asking.key()
    clock.move(seconds=20)
    asking.key()  # being asked for does not make it younger
    clock.move(seconds=20, microseconds=-1)
    asking.key()
    assert len(asking.asked) == 1
    clock.move(microseconds=1)
    asking.key()
    assert len(asking.asked) == 2


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never came true")


def test_old_keys_are_forgotten_though_nobody_asks(asking: Asking, clock: SetClock) -> None:
    asking.key()
    clock.move(seconds=40)
    wait_until(lambda: not asking.held._held)
    wait_until(lambda: asking.held._sweeper is None)


def test_where_many_are_held_the_longest_unused_goes(
    asking: Asking, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_HELD == 1024
    monkeypatch.setattr(held_keys, "MOST_HELD", 5)
    places = [PLACE._replace(data_key_id=uuid.uuid4()) for _ in range(6)]
    for place in places[:5]:
        asking.key(place)
    asking.key(places[0])
    asking.key(places[5])
    assert [asking.held.find(place) is None for place in places] == [False, True, False, False, False, False]
    clock.move(seconds=40)
    wait_until(lambda: asking.held._sweeper is None)


def test_a_refusal_is_not_held(asking: Asking) -> None:
    asking.refuses = True
    with pytest.raises(KeysUnavailable):
        asking.key()
    asking.refuses = False
    assert asking.key()
    assert len(asking.asked) == 2


def crowd(asking: Asking, places: list[Place]) -> list[Secret | BaseException]:
    """Have everybody ask at once; let the agent answer only when all of them wait."""
    asking.may_answer.clear()

    def ask(place: Place) -> Secret | BaseException:
        try:
            return asking.key(place)
        except KeysUnavailable as error:
            return error

    with ThreadPoolExecutor(len(places)) as threads:
        answers = [threads.submit(ask, place) for place in places]
        wait_until(lambda: len(asking.noted) == len(places))
        asking.may_answer.set()
        return [answer.result(20) for answer in answers]


def test_two_hundred_viewers_who_come_at_once_make_one_request_and_a_note_each(asking: Asking) -> None:
    places = [PLACE._replace(session=uuid.uuid4()) for _ in range(200)]
    assert crowd(asking, places) == [Secret(PLACE.data_key_id.bytes * 2)] * 200
    assert len(asking.asked) == 1
    assert asking.noted == asking.asked * 200
    asking.key(PLACE)
    assert len(asking.asked) == 2, "who comes later was not among them"


def test_two_hundred_viewers_share_the_error_too(asking: Asking) -> None:
    asking.refuses = True
    answers = crowd(asking, [PLACE] * 200)
    assert {type(answer) for answer in answers} == {KeysUnavailable}
    assert len(asking.asked) == 1


def test_operators_who_come_at_once_make_a_request_each(asking: Asking) -> None:
    places = [PLACE._replace(session=uuid.uuid4(), action=Action.SUPPORT) for _ in range(5)]
    crowd(asking, places)
    assert len(set(asking.asked)) == 5


def test_nobody_is_asked_while_the_journal_does_not_take_the_note(asking: Asking) -> None:
    def fail(_: uuid.UUID) -> None:
        raise KeysUnavailable("the journal is away")

    with pytest.raises(KeysUnavailable):
        asking.held.fetch(PLACE, note=fail, ask=lambda request_id: asking.open(PLACE, request_id))
    assert asking.asked == []
    assert asking.key()


def test_whoever_shares_a_request_that_was_never_made_does_not_note_it(asking: Asking) -> None:
    leads, may_fail = threading.Event(), threading.Event()

    def fail(_: uuid.UUID) -> None:
        leads.set()
        assert may_fail.wait(10)
        raise KeysUnavailable("the journal is away")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(asking.held.fetch, PLACE, note=fail, ask=lambda _: Secret(bytes(32)))
        assert leads.wait(10)
        second = threads.submit(asking.key)
        may_fail.set()
        errors = [answer.exception(10) for answer in (first, second)]
    # Whoever came so late that nobody was asking any more has asked alone.
    assert isinstance(errors[0], KeysUnavailable)
    assert asking.noted == asking.asked
    assert asking.noted if errors[1] is None else isinstance(errors[1], KeysUnavailable)


def test_forgetting_an_account_leaves_the_others(asking: Asking) -> None:
    other = OTHERS["another account"]
    asking.key(), asking.key(other)
    asking.held.forget(PLACE.account_id)
    assert asking.held.find(PLACE) is None
    assert asking.held.find(other) is not None


def test_a_key_that_was_on_its_way_when_its_account_was_locked_is_not_held(asking: Asking) -> None:
    asking.may_answer.clear()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(asking.key)
        wait_until(lambda: len(asking.asked) == 1)
        asking.held.forget(PLACE.account_id)
        asking.may_answer.set()
        assert answer.result(10)
    assert asking.held.find(PLACE) is None


def test_whoever_comes_after_the_lock_shares_no_request_from_before_it(asking: Asking) -> None:
    asking.may_answer.clear()
    with ThreadPoolExecutor(2) as threads:
        before = threads.submit(asking.key)
        wait_until(lambda: len(asking.asked) == 1)
        asking.held.forget(PLACE.account_id)
        after = threads.submit(asking.key)
        wait_until(lambda: len(asking.noted) == 2)
        asking.may_answer.set()
        assert before.result(10) == after.result(10)
    assert len(set(asking.asked)) == 2
    asking.key()
    assert len(asking.asked) == 2, "the later answer is held: the agent gave it since the lock"


def test_eight_threads_each_get_the_key_they_asked_for(asking: Asking, clock: SetClock) -> None:
    wanted = [uuid.uuid4() for _ in range(20)]

    def ask(turn: int) -> bool:
        data_key_id = wanted[turn % len(wanted)]
        return asking.key(PLACE._replace(data_key_id=data_key_id)).reveal() == data_key_id.bytes * 2

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(800)))
    clock.move(seconds=40)
    wait_until(lambda: asking.held._sweeper is None)
