"""The agent's log beside the journal: the same openings, told the same way, or the difference by name."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keys.client import Agent
from recstore.errors import KeysUnavailable
from recstore.model import Action
from recstore.reconciling import reconcile
from tests.core_fixtures import Case

ACCOUNT = str(uuid4())
TOLD = {"id": "r1", "account_id": ACCOUNT, "item_id": "i", "generation": 1, "key_id": "k", "data_key_id": "d"}
TOLD |= {"actor": "ann", "reason": "playback", "decision": "7"}
LINE: dict[str, Any] = {"asked": "open-data-key", "outcome": "opened", "request": TOLD}
DETAIL = {"request": "r1", "generation": 1, "key": "k", "data_key": "d", "reason": "playback", "decision": 7}
NINE = "2026-11-20T09:00:00.000000+00:00"
ENTRY: dict[str, Any] = {"event": "key-asked", "at": NINE, "actor": "ann", "item": "i", "detail": DETAIL}
FAILED: dict[str, Any] = {"event": "key-not-given", "actor": "ann", "item": "i", "detail": {"request": "r1"}}


def line(**changes: Any) -> dict[str, Any]:
    return LINE | {"request": TOLD | changes}


DIFFERENCES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "opened without an entry": ([LINE], []),
    "opened for somebody else": ([line(actor="mallory")], [ENTRY]),
    "opened another item": ([line(item_id="j")], [ENTRY]),
    "opened another generation": ([line(generation=2)], [ENTRY]),
    "opened another data key": ([line(data_key_id="e")], [ENTRY]),
    "opened for another reason": ([line(reason="export")], [ENTRY]),
    "opened under another decision": ([line(decision="8")], [ENTRY]),
    "opened, though the journal says it came to nothing": ([line(id="r2")], [FAILED]),
}


@pytest.mark.parametrize(("logged", "journal"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_attacker_who_used_a_key_otherwise_than_the_journal_says_is_found(
    logged: list[dict[str, Any]], journal: list[dict[str, Any]]
) -> None:
    found = reconcile(ACCOUNT, logged=logged, journal=journal)
    assert len(found.differences) == 1
    assert logged[0]["request"]["id"] in found.differences[0]


def test_what_agrees_is_counted_once_though_it_was_attempted_twice_and_shared() -> None:
    shared = ENTRY | {"actor": "bo"}
    found = reconcile(ACCOUNT, logged=[LINE, LINE], journal=[shared, ENTRY])
    assert (found.openings, found.differences, found.unanswered) == (1, [], [])


def test_what_never_reached_the_agent_is_named_unless_somebody_noted_it() -> None:
    assert reconcile(ACCOUNT, logged=[], journal=[ENTRY]).unanswered == ["r1"]
    assert reconcile(ACCOUNT, logged=[], journal=[ENTRY, FAILED]).unanswered == []


def asked(request: str, process: str, at: str) -> dict[str, Any]:
    return ENTRY | {"at": at, "detail": DETAIL | {"request": request, "process": process}}


AFTERWARDS: dict[str, tuple[dict[str, Any], int]] = {
    "the process said nothing more": (asked("r1", "second", "2026-11-20T12:00:00.000000+00:00"), 0),
    "it asked for another at the same moment": (asked("r1", "first", "2026-11-20T09:01:00.000000+00:00"), 0),
    "it went on asking": (asked("r1", "first", "2026-11-20T09:01:00.000001+00:00"), 1),
}


@pytest.mark.parametrize(("entry", "count"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_only_a_killed_process_leaves_a_request_without_an_answer(entry: dict[str, Any], count: int) -> None:
    found = reconcile(ACCOUNT, logged=[LINE], journal=[asked("r0", "first", NINE), entry])
    assert found.unanswered == ["r0"]
    assert len(found.differences) == count


def test_other_accounts_and_refusals_are_no_openings() -> None:
    logged = [line(account_id=str(uuid4())), LINE | {"outcome": "refused"}, {"asked": "watch", "request": {}}]
    assert reconcile(ACCOUNT, logged=logged, journal=[ENTRY]).differences == []


def read(case: Case) -> None:
    house = case.house
    grant = house.recstore.gate.open(case.ann, Action.OPEN, kind=case.kind, item_id=case.item_id)
    assert b"".join(house.recstore.playback.content(grant).read(0, 1))


def journal(case: Case) -> list[dict[str, Any]]:
    return [json.loads(line.text) for line in case.house.journal(case.account_id)]


def test_each_use_of_a_key_stands_in_the_journal_before_the_agent_hears_of_it(
    case: Case, core_agent: Path
) -> None:
    for _ in range(3):
        read(case)
        case.house.clock.move(seconds=40)
    logged = [
        json.loads(line) for line in (core_agent.parent / "keys" / "log.jsonl").read_text().splitlines()
    ]
    found = reconcile(str(case.account_id), logged=logged, journal=journal(case))
    assert (found.openings, found.differences, found.unanswered) == (3, [], [])


def test_a_key_that_was_not_given_has_one_entry_that_says_why(case: Case, core_agent: Path) -> None:
    agent = Agent(core_agent, timeout=5)
    agent.set_lock(case.account_id, locked=True, actor="test")
    with pytest.raises(KeysUnavailable):
        read(case)
    tail = [(entry["event"], entry["detail"].get("code")) for entry in journal(case)[-3:]]
    assert tail == [("opened", None), ("key-asked", None), ("key-not-given", "locked")]
