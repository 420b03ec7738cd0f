from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from keys.errors import AgentRefused, Refusal
from keys.freshness import Freshness

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("off", "taken"),
    [
        pytest.param(timedelta(0), True, id="now"),
        pytest.param(-2 * MINUTE, True, id="two minutes old"),
        pytest.param(2 * MINUTE, True, id="two minutes ahead"),
        pytest.param(-2 * MINUTE - SECOND, False, id="older than two minutes"),
        pytest.param(2 * MINUTE + SECOND, False, id="more than two minutes ahead"),
        pytest.param(timedelta(days=-365), False, id="last year's"),
        pytest.param(datetime.max.replace(tzinfo=UTC) - NOON, False, id="at the end of time"),
    ],
)
def test_a_request_is_taken_near_its_time_alone(off: timedelta, taken: bool) -> None:
    freshness = Freshness()
    if taken:
        freshness.take(uuid4(), attempt=1, at=NOON + off, now=NOON)
    else:
        with pytest.raises(AgentRefused) as refused:
            freshness.take(uuid4(), attempt=1, at=NOON + off, now=NOON)
        assert refused.value.code == Refusal.CLOCK_OFF


@pytest.mark.parametrize("later", [timedelta(0), MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE])
def test_attacker_cannot_repeat_a_request_while_it_is_new(later: timedelta) -> None:
    freshness, request_id, at = Freshness(), uuid4(), NOON + 2 * MINUTE
    freshness.take(request_id, attempt=1, at=at, now=NOON)
    with pytest.raises(AgentRefused) as refused:
        freshness.take(request_id, attempt=1, at=at, now=NOON + later)
    assert refused.value.code == Refusal.REPLAYED


def test_attacker_cannot_repeat_a_request_once_it_is_forgotten() -> None:
    freshness, request_id = Freshness(), uuid4()
    freshness.take(request_id, attempt=1, at=NOON + 2 * MINUTE, now=NOON)
    with pytest.raises(AgentRefused) as refused:
        freshness.take(request_id, attempt=1, at=NOON + 2 * MINUTE, now=NOON + 4 * MINUTE + SECOND)
    assert refused.value.code == Refusal.CLOCK_OFF


def test_a_second_attempt_is_not_a_repetition() -> None:
    freshness, request_id = Freshness(), uuid4()
    freshness.take(request_id, attempt=1, at=NOON, now=NOON)
    freshness.take(request_id, attempt=2, at=NOON, now=NOON)
    with pytest.raises(AgentRefused) as refused:
        freshness.take(request_id, attempt=2, at=NOON, now=NOON)
    assert refused.value.code == Refusal.REPLAYED


def test_attacker_cannot_make_it_forget_by_flooding() -> None:
    freshness, first = Freshness(capacity=2), uuid4()
    freshness.take(first, attempt=1, at=NOON, now=NOON)
    freshness.take(uuid4(), attempt=1, at=NOON, now=NOON)
    for request_id, code in ((uuid4(), Refusal.BUSY), (first, Refusal.REPLAYED)):
        with pytest.raises(AgentRefused) as refused:
            freshness.take(request_id, attempt=1, at=NOON, now=NOON)
        assert refused.value.code == code


def test_memory_is_given_back_in_time() -> None:
    freshness = Freshness(capacity=1)
    freshness.take(uuid4(), attempt=1, at=NOON, now=NOON)
    with pytest.raises(AgentRefused) as refused:
        freshness.take(uuid4(), attempt=1, at=NOON, now=NOON)
    assert refused.value.code == Refusal.BUSY
    later = NOON + 4 * MINUTE + SECOND
    freshness.take(uuid4(), attempt=1, at=later, now=later)
