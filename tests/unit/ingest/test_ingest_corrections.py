"""A call is one occurrence: no other one is ever taken for its correction (rules.md, cases 2 and 11)."""

from datetime import timedelta
from typing import Any

import pytest

from recstore.errors import Conflict
from tests.core_fixtures import JOURNAL, Case


def call(
    case: Case, start: float, end: float | None = None, occurrence: float | None = None
) -> dict[str, Any]:
    """Give what a call says of its times, in minutes from an hour before the house began."""

    def at(minutes: float) -> str:
        return (case.house.began + timedelta(minutes=minutes - 60)).isoformat()

    said = {"started_at": at(start), "ended_at": at(end) if end is not None else None}
    return said | ({"occurrence": at(occurrence)} if occurrence is not None else {})


WEEK = 7 * 24 * 60

# title → (the call's start, end and occurrence, those of the next hand-over under its ref)
OTHERS: dict[str, tuple[Any, Any]] = {
    "next week's, both named": ((0, 30, 0), (WEEK, WEEK + 30, WEEK)),
    "another occurrence at the same time": ((0, 30, 0), (0, 30, 1)),
    "next week's, neither named": ((0, 30), (WEEK, WEEK + 30)),
    "next week's, only the first named": ((0, 30, 0), (WEEK, WEEK + 30)),
    "next week's, only the second named": ((0, 30), (WEEK, WEEK + 30, WEEK)),
    "next week's, the first never ended": ((0,), (WEEK,)),
    "yesterday's, come late": ((0,), (-24 * 60, -24 * 60 + 30)),
    "the next half hour in the room": ((0, 30), (30, 60)),
    "a short call after a short call": ((0, 5), (10, 20)),
    "a short call before a short call": ((10, 20), (0, 5)),
    "a short call that began as the other ended": ((0, 5), (5, 10)),
    "a little more than the tolerance": ((0, 60), (15.1, 60)),
}


@pytest.mark.parametrize(("first", "second"), OTHERS.values(), ids=OTHERS)
def test_another_occurrence_under_a_known_ref_rewrites_nobodys_roster(
    case: Case, first: Any, second: Any
) -> None:
    house = case.house
    house.call(case.account_id, "weekly", **call(case, *first))
    cem = [house.line("p1", "ann"), house.line("p9", "cem")]
    before = house.snapshot(case.account_id, leave_out=JOURNAL)
    with pytest.raises(Conflict, match="another occurrence") as refused:
        house.call(case.account_id, "weekly", participants=cem, **call(case, *second))
    assert refused.value.code == "call_changed"
    assert house.snapshot(case.account_id, leave_out=JOURNAL) == before
    assert house.events(case.account_id)[-1] == "hand-over-refused"


SAME: dict[str, tuple[Any, Any]] = {
    "the end is known now": ((0,), (0, 30)),
    "it began a little later": ((0, 30), (15, 30)),
    "it began a little earlier": ((10, 30), (0, 30)),
    "the occurrence is named, and the times were wrong": ((0, 30, 0), (120, 150, 0)),
    "the occurrence is named later": ((0, 30), (0, 30, 0)),
    "a call that was over at once": ((0, 0), (0, 1)),
}


@pytest.mark.parametrize(("first", "second"), SAME.values(), ids=SAME)
def test_the_same_occurrence_is_corrected(case: Case, first: Any, second: Any) -> None:
    known = case.house.call(case.account_id, "weekly", **call(case, *first))
    assert case.house.call(case.account_id, "weekly", **call(case, *second)).id == known.id
    assert case.house.events(case.account_id)[-1] == "call-corrected"
