"""Append without gaps and in the order of the effects, from many threads; nothing happens unrecorded."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from recstore.errors import JournalUnavailable
from recstore.journal import log
from recstore.journal.entry import BEFORE_FIRST, find_fault
from recstore.journal.log import SYSTEM
from recstore.model import Access, Action, Event, Kind
from recstore.sharing import Edit
from tests.core_fixtures import Case, House, furnish

THREADS, EACH = 8, 6


def test_eight_threads_append_without_a_gap(any_house: House) -> None:
    account_id = any_house.account()
    begun = len(any_house.journal(account_id))

    def write(thread: int) -> None:
        for turn in range(EACH):
            with any_house.catalog.change(account_id) as tx:
                detail = {"thread": thread, "turn": turn}
                log.append(tx, Event.EDITED, actor=SYSTEM, at=any_house.clock(), detail=detail)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, range(THREADS)))
    lines = any_house.journal(account_id)
    assert find_fault(lines) is None
    assert len(lines) == begun + THREADS * EACH
    told = [json.loads(line.text)["detail"] for line in lines[begun:]]
    for thread in range(THREADS):
        assert [one["turn"] for one in told if one["thread"] == thread] == list(range(EACH))


def test_a_change_that_fails_leaves_no_entry(any_house: House) -> None:
    account_id = any_house.account()
    before = any_house.snapshot(account_id)

    def fail_after_the_entry() -> None:
        with any_house.catalog.change(account_id) as tx:
            log.append(tx, Event.EDITED, actor=SYSTEM, at=any_house.clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_the_entry()
    assert any_house.snapshot(account_id) == before


def test_entries_for_several_items_follow_one_another(any_case: Case) -> None:
    house, item_ids = any_case.house, [any_case.item_id, None]
    before = len(house.journal(any_case.account_id))
    with house.catalog.change(any_case.account_id) as tx:
        last = log.append_each(tx, Event.EDITED, item_ids, actor=SYSTEM, at=house.clock())
    lines = house.journal(any_case.account_id)
    assert find_fault(lines) is None
    assert last == before + 1
    assert [json.loads(line.text)["item"] for line in lines[before:]] == [str(any_case.item_id), None]


def test_the_head_says_how_the_journal_ends(any_house: House) -> None:
    account_id = any_house.account()
    lines = any_house.journal(account_id)
    with any_house.catalog.read(account_id) as tx:
        assert log.read_end(tx) == (len(lines), lines[-1].leaf_hash)
    assert lines[-1].leaf_hash != BEFORE_FIRST


def test_two_accounts_have_two_journals(any_house: House) -> None:
    first, second = any_house.account(), any_house.account()
    begun = any_house.events(second)
    any_house.call(first)
    assert any_house.events(first) == [*begun, "call-handed-over"]
    assert any_house.events(second) == begun


Effect = Callable[[Case], Any]
EFFECTS: dict[str, Effect] = {
    "opening": lambda case: case.house.recstore.gate.open(
        case.bo, Action.OPEN, kind=case.kind, item_id=case.item_id
    ),
    "reviewing": lambda case: case.house.recstore.review.start(
        case.ada, case.kind, case.item_id, "complaint"
    ),
    "sharing": lambda case: case.house.recstore.sharing.put(
        case.ann,
        case.kind,
        case.item_id,
        case.ada.user_id,
        access=Access.SHARED,
        until=None,
        download=False,
    ),
    "taking out": lambda case: case.house.recstore.sharing.put(
        case.ann,
        case.kind,
        case.item_id,
        case.bo.user_id,
        access=Access.EXCLUDED,
        until=None,
        download=False,
    ),
    "editing": lambda case: case.house.recstore.sharing.edit(
        case.ann, case.kind, case.item_id, Edit(title="New")
    ),
    "binning": lambda case: case.house.recstore.sharing.bin(case.ann, case.kind, case.item_id),
    "appointing": lambda case: case.house.recstore.review.appoint(
        case.ada, case.kind, case.item_id, case.bo.user_id
    ),
    "handing over a call": lambda case: case.house.call(case.account_id, "call-2"),
    "correcting a call": lambda case: case.house.call(case.account_id, ended_at=case.house.began.isoformat()),
    "registering": lambda case: case.house.user(case.account_id, "cem"),
    "signing out": lambda case: case.house.recstore.signin.sign_out(case.bo),
}


def break_journal(case: Case) -> None:
    """Make the database refuse every further entry."""
    with case.house.catalog.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER journal_full BEFORE INSERT ON journal_entries"
                " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS.keys())
def test_nothing_happens_that_the_journal_cannot_record(case: Case, effect: Effect) -> None:
    break_journal(case)
    before = case.house.snapshot(case.account_id)
    with pytest.raises(JournalUnavailable):
        effect(case)
    assert case.house.snapshot(case.account_id) == before


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS.keys())
def test_with_a_journal_the_same_effect_leaves_one_more_entry(case: Case, effect: Effect) -> None:
    before = len(case.house.events(case.account_id))
    effect(case)
    assert len(case.house.events(case.account_id)) == before + 1
    assert find_fault(case.house.journal(case.account_id)) is None


def test_a_hand_over_that_the_journal_cannot_record_is_not_visible(case: Case) -> None:
    break_journal(case)
    before = case.house.snapshot(case.account_id, leave_out=frozenset())
    with pytest.raises(JournalUnavailable):
        case.house.record(case.account_id, ref="rec-2")
    after = case.house.snapshot(case.account_id)
    # The sealed bytes stay, to be swept: only then is it certain that no row lost its blob.
    assert len(after.pop("blobs")) == len(before.pop("blobs")) + 1
    assert after == before


def test_a_sign_in_that_the_journal_cannot_record_starts_no_session(house: House) -> None:
    case = furnish(house)
    house.recstore.accounts.create_user(
        case.account_id, email="pat@acme.example", name="Pat", admin=False, password="long enough"
    )
    break_journal(case)
    before = house.snapshot(case.account_id)
    with pytest.raises(JournalUnavailable):
        house.recstore.signin.sign_in("pat@acme.example", "long enough", origin="192.0.2.1")
    assert house.snapshot(case.account_id) == before


def test_a_refusal_that_cannot_be_recorded_is_still_no_permission(case: Case) -> None:
    case.house.set_item(case.account_id, case.item_id, auto_share=False)
    break_journal(case)
    with pytest.raises(JournalUnavailable):
        case.house.recstore.gate.open(case.bo, Action.OPEN, kind=Kind.RECORDING, item_id=case.item_id)
