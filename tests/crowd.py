"""A call with somebody of each relation, and the switches that are turned over its recording."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from recstore import existing
from recstore.access.rows import facts_of_all
from recstore.access.viewer import Viewer
from recstore.catalog import people, ties
from recstore.catalog.existing import Turned
from recstore.catalog.tables import Item
from recstore.existing import Preview
from recstore.model import Access, Kind, Switch
from recstore.switches import Change
from tests.core_fixtures import House

REC = Kind.RECORDING
THERE = ("ann", "bo", "eve", "flo", "gil", "hal", "ira")
NAMES = (*THERE, "ada", "cem", "dee")


@dataclass(frozen=True)
class Crowd:
    """Ann's recording of a call in her room with somebody of each relation.

    bo was there · eve too, and was taken out · flo too, and is shared with · gil too, an admin · hal too, and
    was shared with until now · ira too, and has left · cem was not there and is shared with · dee was not ·
    ada is an admin.
    """

    house: House
    account_id: UUID
    people: dict[str, Viewer]
    item_id: UUID
    vmr_id: UUID

    def turn(self, turned: Turned) -> None:
        """Turn the switch itself, which concerns new items only."""
        recstore, ada = self.house.recstore, self.people["ada"]
        if turned.vmr_id:
            recstore.rooms.change(ada, turned.vmr_id, auto_share=turned.on)
        else:
            recstore.switches.change(ada, Change(**{turned.switch.value: turned.on}))

    def look(self, turned: Turned, *, by: str = "ada", **page: Any) -> Preview:
        asked = {"cursor": None, "limit": 100} | page
        return self.house.recstore.existing.preview(self.people[by], turned, **asked)

    def close(self, turned: Turned) -> None:
        """Turn a switch off, for everything there is."""
        self.turn(replace(turned, on=False))
        self.apply(replace(turned, on=False))

    def apply(self, turned: Turned, confirmation: str | None = None, *, by: str = "ada") -> existing.Applied:
        return self.house.recstore.existing.apply(self.people[by], turned, confirmation)

    def may(self) -> dict[str, set[str]]:
        """Ask the gate what everybody may do with the item now."""
        gate = self.house.recstore.gate
        with gate.catalog.read(self.account_id) as tx:
            item, users = tx.get(Item, self.item_id), people.by_ids(tx, self.ids)
            assert item is not None
            facts = facts_of_all(users.values(), item, ties.of_item(tx, item.id), now=self.house.clock())
            return {user.name.lower(): set(gate.actions(facts[user.id])) for user in users.values()}

    @property
    def ids(self) -> list[UUID]:
        return [viewer.user_id for viewer in self.people.values()]

    def details(self, event: str) -> list[dict[str, Any]]:
        entries = [json.loads(line.text) for line in self.house.journal(self.account_id)]
        return [entry["detail"] for entry in entries if entry["event"] == event]


def gather(house: House) -> Crowd:
    account_id = house.account()
    people = {name: house.user(account_id, name, admin=name in {"ada", "gil"}) for name in NAMES}
    roster = [house.line(f"p{number}", name) for number, name in enumerate(THERE)]
    house.call(account_id, participants=roster)
    item_id = house.record(account_id)
    sharing, soon = house.recstore.sharing, house.clock() + timedelta(minutes=1)
    for name, access, until in (
        ("eve", Access.EXCLUDED, None), ("flo", Access.SHARED, None), ("hal", Access.SHARED, soon),
        ("cem", Access.SHARED, None),
    ):  # fmt: skip
        who = people[name].user_id
        sharing.put(people["ann"], REC, item_id, who, access=access, until=until, download=False)
    house.deactivate(people["ira"])
    house.clock.move(minutes=2)
    [room], _ = house.recstore.rooms.page(people["ada"], text="", cursor=None, limit=10)
    return Crowd(house, account_id, people, item_id, room.vmr.id)


@pytest.fixture
def crowd(house: House) -> Crowd:
    return gather(house)


def switch(crowd: Crowd, word: str, *, on: bool) -> Turned:
    if word == "room":
        return Turned(switch=Switch.AUTO_SHARE, on=on, vmr_id=crowd.vmr_id)
    return Turned(switch=Switch.DOWNLOAD if word == "download" else Switch.AUTO_SHARE, on=on)


def on(crowd: Crowd) -> Turned:
    return switch(crowd, "account", on=True)


def widen(crowd: Crowd, turned: Turned, *, by: str = "ada") -> existing.Applied:
    token = crowd.look(turned, by=by).confirmation
    assert token is not None
    return crowd.apply(turned, token, by=by)


Happens = Callable[[Crowd], Any]
IN_BIN: Happens = lambda crowd: crowd.house.recstore.sharing.bin(  # noqa: E731
    crowd.people["ann"], REC, crowd.item_id
)
