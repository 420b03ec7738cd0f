"""A switch turned: which of the items that were there before it reaches, and which it leaves alone."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from recstore.catalog import existing as catalog
from recstore.sharing import Edit
from tests.access.test_listing_cost import listened, plans
from tests.crowd import IN_BIN, REC, Crowd, Happens, switch, widen


def own_choice(crowd: Crowd, **chosen: bool) -> None:
    crowd.house.recstore.sharing.edit(crowd.people["ann"], REC, crowd.item_id, Edit(**chosen))


def set_state(**columns: Any) -> Happens:
    return lambda crowd: crowd.house.set_item(crowd.account_id, crowd.item_id, **columns)


# title → (switch, what has happened to the item, whether turning on, and turning off, reaches it)
CHOICES: dict[str, tuple[str, Happens, bool, bool]] = {
    "an item as it was handed over": ("account", lambda _: None, True, True),
    "one that its responsible person closed": (
        "account", lambda crowd: own_choice(crowd, auto_share=False), False, True,
    ),
    "and a room's switch": ("room", lambda crowd: own_choice(crowd, auto_share=False), False, True),
    "one whose download nobody chose": ("download", lambda _: None, True, True),
    "one whose download was chosen": (
        "download", lambda crowd: own_choice(crowd, download=False), False, True,
    ),
    "in the bin": ("account", IN_BIN, False, True),
    "with nobody responsible": ("account", set_state(responsible_id=None), False, True),
    "restricted": ("account", set_state(restricted=True), False, True),
    "being prepared": ("account", set_state(processing=True), False, True),
    "held": ("account", set_state(held=True), True, True),
}  # fmt: skip


@pytest.mark.parametrize(("word", "happens", "opens", "closes"), CHOICES.values(), ids=CHOICES)
def test_turning_on_leaves_alone_what_was_decided_and_what_would_open_unasked(
    crowd: Crowd, word: str, happens: Happens, opens: bool, closes: bool
) -> None:
    on, off = switch(crowd, word, on=True), switch(crowd, word, on=False)
    crowd.close(on)
    happens(crowd)
    crowd.turn(on)
    assert crowd.look(on).total == len(crowd.look(on).items) == opens
    stand = {on.column: True}
    crowd.house.set_item(crowd.account_id, crowd.item_id, **stand)
    crowd.turn(off)
    assert crowd.look(off).total == closes
    assert crowd.apply(off).changed == closes


@pytest.mark.parametrize("state", ["expired", "destroyed"])
def test_what_is_past_its_retention_is_not_opened_and_what_is_destroyed_is_left(
    crowd: Crowd, state: str
) -> None:
    crowd.close(switch(crowd, "account", on=True))
    crowd.turn(switch(crowd, "account", on=True))
    column = {"expired": "expires_at", "destroyed": "destroyed_at"}[state]
    crowd.house.set_item(crowd.account_id, crowd.item_id, **{column: crowd.house.clock()})
    assert crowd.look(switch(crowd, "account", on=True)).total == 0


def test_items_closed_by_two_switches_open_when_both_were_applied(crowd: Crowd) -> None:
    account, room = switch(crowd, "account", on=True), switch(crowd, "room", on=True)
    crowd.close(account)
    crowd.close(room)
    crowd.turn(account)
    assert [one.people for one in crowd.look(account).items] == [[]], "the room is closed yet"
    widen(crowd, account)
    assert "open" not in crowd.may()["bo"]
    crowd.turn(room)
    widen(crowd, room)
    assert "open" in crowd.may()["bo"]


def test_another_room_and_a_direct_call_are_left(crowd: Crowd) -> None:
    other = {"ref": "room-2", "title": "Other", "organizer": "ann@acme.example"}
    for ref, vmr in (("call-2", other), ("call-3", None)):
        crowd.house.call(crowd.account_id, ref, vmr=vmr, recorded_by="p1")
        crowd.house.record(crowd.account_id, ref)
    crowd.turn(switch(crowd, "room", on=False))
    assert [one.item.id for one in crowd.look(switch(crowd, "room", on=False)).items] == [crowd.item_id]
    crowd.turn(switch(crowd, "account", on=False))
    assert crowd.look(switch(crowd, "account", on=False)).total == 3


def test_what_was_closed_or_destroyed_meanwhile_is_left(crowd: Crowd) -> None:
    """Found before the account's lock is taken, items are looked at again under it."""
    off = switch(crowd, "account", on=False)
    other = crowd.house.record(crowd.account_id, ref="rec-2", media=b"x")
    with crowd.house.catalog.read(crowd.account_id) as tx:
        assert {item.id for item in catalog.still_on(tx, off, [crowd.item_id, other])} == {
            crowd.item_id,
            other,
        }
    crowd.house.set_item(crowd.account_id, crowd.item_id, account_auto_share=False)
    crowd.house.set_item(crowd.account_id, other, destroyed_at=crowd.house.clock())
    with crowd.house.catalog.read(crowd.account_id) as tx:
        assert catalog.still_on(tx, off, [crowd.item_id, other, uuid.uuid4()]) == []


@pytest.mark.parametrize("word", ["look", "count", "apply"])
def test_a_rooms_items_are_found_by_its_calls_and_not_among_all_of_the_account(
    crowd: Crowd, word: str
) -> None:
    off = switch(crowd, "room", on=False)
    crowd.turn(off)
    asks: dict[str, Callable[[], Any]] = {
        "look": lambda: crowd.look(off),
        "count": lambda: crowd.house.recstore.existing.count(crowd.people["ada"], off),
        "apply": lambda: crowd.apply(off),
    }
    engine = crowd.house.catalog.engine
    with listened(engine) as heard:
        asks[word]()
    read = [plan for plan in plans(engine, heard) if plan.split()[1] == "items"]
    assert read
    assert all("call_id=?" in plan or "(id=?" in plan for plan in read)
