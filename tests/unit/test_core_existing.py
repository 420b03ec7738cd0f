"""A switch turned, and the items that were there before (R19; rules.md, case 13)."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from recstore import existing
from recstore.access.rows import facts_of_all
from recstore.access.viewer import Viewer
from recstore.catalog import existing as catalog
from recstore.catalog import people, ties
from recstore.catalog.existing import Turned
from recstore.catalog.tables import Item
from recstore.errors import BadInput, Conflict, NotThere, RecstoreError
from recstore.existing import Preview
from recstore.model import Access, Kind, Switch
from recstore.sharing import Edit
from recstore.switches import Change
from tests.access.test_listing_cost import listened, plans
from tests.core_fixtures import JOURNAL, Case, House

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


# switch → what each relation gains by turning it on, and loses by turning it off; nobody else does. Ira, who
# has left, does when she is taken back
OPENING = {"Bo": ["see", "open"], "Gil": ["open"], "Ira": ["see", "open"]}
DOWNLOADING = {"Bo": ["download"], "Flo": ["download"], "Gil": ["download"], "Ira": ["download"]}
EFFECTS = {"account": OPENING, "room": OPENING, "download": DOWNLOADING}


@pytest.mark.parametrize("word", EFFECTS)
def test_who_gains_and_who_loses_is_told_exactly(crowd: Crowd, word: str) -> None:
    off, on = switch(crowd, word, on=False), switch(crowd, word, on=True)
    if word == "download":
        crowd.turn(on)
        widen(crowd, on)
    crowd.turn(off)
    [affected] = crowd.look(off).items
    assert {one.user.name: one.loses for one in affected.people} == EFFECTS[word]
    crowd.apply(off)
    crowd.turn(on)
    [affected] = crowd.look(on).items
    assert {one.user.name: one.gains for one in affected.people} == EFFECTS[word]
    assert [one.user.name for one in affected.people if one.if_taken_back] == ["Ira"]


@pytest.mark.parametrize("word", EFFECTS)
def test_what_was_told_is_what_happens(crowd: Crowd, word: str) -> None:
    crowd.close(switch(crowd, word, on=True))
    for on in (True, False):
        turned = switch(crowd, word, on=on)
        before = crowd.may()
        crowd.turn(turned)
        assert crowd.may() == before, "a switch concerns new items only"
        [affected] = crowd.look(turned).items
        told = {
            one.user.name.lower(): (set(one.gains), set(one.loses))
            for one in affected.people
            if not one.if_taken_back
        }
        if on:
            widen(crowd, turned)
        else:
            crowd.apply(turned)
        after = crowd.may()
        assert told == {
            name: (after[name] - before[name], before[name] - after[name])
            for name in after
            if after[name] != before[name]
        }


@pytest.mark.parametrize("word", EFFECTS)
def test_somebody_who_left_gains_by_their_return_what_was_listed_and_confirmed_before(
    crowd: Crowd, word: str
) -> None:
    turned = switch(crowd, word, on=True)
    crowd.close(turned)
    crowd.turn(turned)
    [of_ira] = [one for one in crowd.look(turned).items[0].people if one.if_taken_back]
    widen(crowd, turned)
    assert crowd.may()["ira"] == set()
    crowd.house.take_back(crowd.people["ira"])
    opened = crowd.may()["ira"]
    crowd.close(turned)
    assert opened - crowd.may()["ira"] == set(of_ira.gains)


def test_an_admin_who_left_is_asked_about_too(crowd: Crowd) -> None:
    """Gil was in the call and is an admin: the list names him as it did while he was active."""
    off = switch(crowd, "account", on=False)
    crowd.turn(off)
    crowd.house.deactivate(crowd.people["gil"])
    assert [one.user.name for one in crowd.look(off).items[0].people if one.if_taken_back] == ["Gil", "Ira"]


def test_a_page_of_the_list_ends_where_too_many_people_would_be_asked_about(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2, 6):
        crowd.house.record(crowd.account_id, ref=f"rec-{number}", media=bytes([number]))
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    whole = [one.item.id for one in crowd.look(on(crowd)).items]
    # Each item has eight ties, of all that were THERE and of its responsible person, and two admins are asked
    # about; the first has four of choices besides.
    monkeypatch.setattr(existing, "MOST_QUESTIONS", 24)
    pages, cursor = [], None
    while True:
        page = crowd.look(on(crowd), cursor=cursor)
        pages.append([one.item.id for one in page.items])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [item_id for page in pages for item_id in page] == whole
    monkeypatch.setattr(existing, "MOST_QUESTIONS", 1)
    assert len(crowd.look(on(crowd)).items) == 1, "an item is never divided, and never left out"
    assert widen(crowd, on(crowd)) == existing.Applied(1, 4)


def test_the_rules_are_asked_once_for_all_who_stand_alike(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, asked = crowd.house.recstore.gate, []
    actions = type(gate).actions
    monkeypatch.setattr(
        type(gate), "actions", lambda gate, facts: asked.append(facts) or actions(gate, facts)
    )
    for number in range(2, 6):
        crowd.house.record(crowd.account_id, ref=f"rec-{number}", media=bytes([number]))
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    asked.clear()
    assert len(crowd.look(on(crowd)).items) == 5
    assert len(asked) == len(set(asked))


def widen(crowd: Crowd, turned: Turned, *, by: str = "ada") -> existing.Applied:
    token = crowd.look(turned, by=by).confirmation
    assert token is not None
    return crowd.apply(turned, token, by=by)


def own_choice(crowd: Crowd, **chosen: bool) -> None:
    crowd.house.recstore.sharing.edit(crowd.people["ann"], REC, crowd.item_id, Edit(**chosen))


Happens = Callable[[Crowd], Any]
IN_BIN: Happens = lambda crowd: crowd.house.recstore.sharing.bin(  # noqa: E731
    crowd.people["ann"], REC, crowd.item_id
)


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


def another_switch(crowd: Crowd) -> Turned:
    """A change as wide as the one that was confirmed, ready to be applied."""
    crowd.close(switch(crowd, "room", on=True))
    crowd.turn(switch(crowd, "room", on=True))
    return switch(crowd, "room", on=True)


def correct_roster(crowd: Crowd) -> None:
    lines = [crowd.house.line(f"p{number}", name) for number, name in enumerate((*THERE, "dee"))]
    crowd.house.call(crowd.account_id, participants=lines)


Spoil = Callable[[Crowd, str], tuple[str, Turned, str]]


def on(crowd: Crowd) -> Turned:
    return switch(crowd, "account", on=True)


def happening(what: Happens) -> Spoil:
    def spoil(crowd: Crowd, token: str) -> tuple[str, Turned, str]:
        what(crowd)
        return "ada", on(crowd), token

    return spoil


def readmit(crowd: Crowd) -> None:
    crowd.house.recstore.sharing.withdraw(
        crowd.people["ann"], REC, crowd.item_id, crowd.people["eve"].user_id
    )


# title → (what the attacker does after the admin ada was given a confirmation, the refusal)
ATTACKS: dict[str, tuple[Spoil, type[RecstoreError], str]] = {
    "for another change": (
        lambda crowd, token: ("ada", another_switch(crowd), token), BadInput, "bad_confirmation",
    ),
    "by another admin": (lambda crowd, token: ("gil", on(crowd), token), BadInput, "bad_confirmation"),
    "by no admin": (lambda crowd, token: ("bo", on(crowd), token), NotThere, "not_found"),
    "altered": (lambda crowd, token: ("ada", on(crowd), token[:-4] + "AAAA"), BadInput, "bad_confirmation"),
    "made up": (lambda crowd, _: ("ada", on(crowd), "é"), BadInput, "bad_confirmation"),
    "after another person came to the call": (happening(correct_roster), Conflict, "confirmation_stale"),
    "after somebody was readmitted": (happening(readmit), Conflict, "confirmation_stale"),
    "after somebody who left was taken back": (
        happening(lambda crowd: crowd.house.take_back(crowd.people["ira"])),
        Conflict, "confirmation_stale",
    ),
    "after somebody left": (
        happening(lambda crowd: crowd.house.deactivate(crowd.people["bo"])), Conflict, "confirmation_stale",
    ),
    "after an item came to it": (
        happening(lambda crowd: crowd.house.set_item(crowd.account_id, hide_another(crowd), binned_at=None)),
        Conflict, "confirmation_stale",
    ),
    "after an item was taken out of it": (happening(IN_BIN), Conflict, "confirmation_stale"),
    "ten minutes later": (
        happening(lambda crowd: crowd.house.clock.move(minutes=10)), Conflict, "confirmation_stale",
    ),
    "after the switch was turned back": (
        happening(lambda crowd: crowd.turn(switch(crowd, "account", on=False))), Conflict, "switch_differs",
    ),
}  # fmt: skip


def hide_another(crowd: Crowd) -> UUID:
    """Another recording of the call, closed as the first, and in the bin."""
    item_id = crowd.house.record(crowd.account_id, ref="rec-2", media=b"x")
    crowd.house.set_item(crowd.account_id, item_id, binned_at=crowd.house.clock(), account_auto_share=False)
    return item_id


@pytest.mark.parametrize(("spoil", "error", "code"), ATTACKS.values(), ids=ATTACKS)
def test_attacker_cannot_use_a_confirmation(
    crowd: Crowd, spoil: Spoil, error: type[RecstoreError], code: str
) -> None:
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    token = crowd.look(on(crowd)).confirmation
    assert token is not None
    by, turned, sent = spoil(crowd, token)
    with crowd.house.only_noted(crowd.account_id, code), pytest.raises(error) as refused:
        crowd.apply(turned, sent, by=by)
    assert refused.value.code == code


def test_a_confirmation_is_for_once(crowd: Crowd) -> None:
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    token = crowd.look(on(crowd)).confirmation
    assert token is not None
    assert crowd.apply(on(crowd), token).changed == 1
    with pytest.raises(Conflict, match="have changed"):
        crowd.apply(on(crowd), token)


def test_nothing_is_opened_without_a_confirmation(crowd: Crowd) -> None:
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    noted = crowd.house.only_noted(crowd.account_id, "confirmation_needed")
    with noted, pytest.raises(Conflict, match="Look at the list first"):
        crowd.apply(on(crowd))


def test_attacker_who_is_no_admin_or_of_another_account_gets_nothing(crowd: Crowd) -> None:
    recstore, house = crowd.house.recstore, crowd.house
    foreign = house.user(house.account(), "zoe", admin=True)
    off = switch(crowd, "room", on=False)
    crowd.turn(off)
    for viewer in (crowd.people["ann"], foreign):  # the room's own organizer; an admin elsewhere
        # Two attempts to change something; the entries of the foreign admin are in their own account.
        noted = ["not_found"] * 2
        of_crowd = house.only_noted(crowd.account_id, *(noted if viewer is not foreign else []))
        with of_crowd, house.only_noted(viewer.account_id, *noted):
            with pytest.raises(NotThere):
                recstore.existing.preview(viewer, off, cursor=None, limit=1)
            with pytest.raises(NotThere):
                recstore.existing.apply(viewer, off, None)
            with pytest.raises(NotThere):
                recstore.rooms.change(viewer, crowd.vmr_id, auto_share=True)
            with pytest.raises(NotThere):
                recstore.rooms.find(viewer, crowd.vmr_id)
    with house.only_noted(crowd.account_id):
        assert recstore.rooms.page(foreign, text="", cursor=None, limit=10) == ([], None)
        with pytest.raises(NotThere):
            recstore.rooms.page(crowd.people["ann"], text="", cursor=None, limit=10)


def test_many_items_are_turned_off_in_batches_and_going_on_finishes(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing, "BATCH", 2)
    monkeypatch.setattr(existing, "MOST_AT_ONCE", 4)
    for number in range(2, 6):
        crowd.house.record(crowd.account_id, ref=f"rec-{number}", media=bytes([number]))
    off = switch(crowd, "account", on=False)
    crowd.turn(off)
    assert crowd.apply(off) == existing.Applied(4, 1)
    assert crowd.apply(off) == existing.Applied(1, 0)
    assert crowd.apply(off) == existing.Applied(0, 0)
    assert [detail["items"] for detail in crowd.details("switch-applied")] == [2, 2, 1]
    assert len(crowd.details("item-switched")) == 5


def test_turning_off_looks_for_items_once_a_request_and_not_once_a_batch(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing, "BATCH", 1)
    for number in range(2, 6):
        crowd.house.record(crowd.account_id, ref=f"rec-{number}", media=bytes([number]))
    off = switch(crowd, "account", on=False)
    crowd.turn(off)
    with listened(crowd.house.catalog.engine) as heard:
        assert crowd.apply(off) == existing.Applied(5, 0)
    searches = [statement for statement, _ in heard if "items.account_auto_share IS 1" in statement]
    assert len(searches) == 2, "the search, and the count of what remains"


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


def test_each_page_of_the_list_is_confirmed_for_itself(crowd: Crowd) -> None:
    for number in range(2, 6):
        crowd.house.record(crowd.account_id, ref=f"rec-{number}", media=bytes([number]))
    crowd.house.chat(crowd.account_id, [crowd.house.message("m1", "p1", "everyone")])
    crowd.close(on(crowd))
    crowd.turn(on(crowd))
    whole = crowd.look(on(crowd))
    first = crowd.look(on(crowd), limit=4)
    second = crowd.look(on(crowd), limit=4, cursor=first.next_cursor)
    assert (whole.total, first.total, second.next_cursor) == (6, 6, None)
    listed = [one.item.id for page in (first, second) for one in page.items]
    assert listed == [one.item.id for one in whole.items]
    assert second.confirmation is not None
    assert crowd.apply(on(crowd), second.confirmation) == existing.Applied(2, 4)
    assert [one.item.id for one in crowd.look(on(crowd)).items] == listed[:4]


def test_the_journal_tells_who_applied_what_and_on_which_list(crowd: Crowd) -> None:
    off, again = switch(crowd, "room", on=False), switch(crowd, "room", on=True)
    crowd.close(again)
    crowd.turn(again)
    widen(crowd, again)
    named = {"switch": "auto_share", "vmr": str(crowd.vmr_id)}
    assert [detail["auto_share"] for detail in crowd.details("room-changed")] == [False, True]
    closing, opening = crowd.details("switch-applied")
    assert closing == named | {"on": False, "items": 1, "confirmed_list": None}
    assert len(opening.pop("confirmed_list")) == 64
    assert opening == named | {"on": True, "items": 1}
    happened = crowd.house.recstore.history.of_item(crowd.people["ada"], REC, crowd.item_id, limit=2)
    told = "applied the room's switch to it: turned sharing with everybody who was there"
    assert [one.what for one in happened] == [f"{told} on", f"{told} off"]
    assert off.on is False


def test_looking_changes_nothing(crowd: Crowd) -> None:
    crowd.turn(switch(crowd, "account", on=False))
    before = crowd.house.snapshot(crowd.account_id)
    assert crowd.look(switch(crowd, "account", on=False)).items[0].people
    assert crowd.house.snapshot(crowd.account_id) == before


def test_rooms_are_listed_by_title_page_by_page(case: Case) -> None:
    for number, title in enumerate(["beta", "Alpha", "gamma"], 2):
        vmr = {"ref": f"room-{number}", "title": title, "organizer": "bo@acme.example"}
        case.house.call(case.account_id, f"call-{number}", vmr=vmr)
    rooms, cursor, seen = case.house.recstore.rooms, None, []
    while True:
        page, cursor = rooms.page(case.ada, text="", cursor=cursor, limit=3)
        seen += [(room.vmr.title, room.organizer.name if room.organizer else None) for room in page]
        if cursor is None:
            break
    assert seen == [("Alpha", "Bo"), ("beta", "Bo"), ("gamma", "Bo"), ("Weekly", "Ann")]
    found, _ = rooms.page(case.ada, text="ROOM-3", cursor=None, limit=3)
    assert [room.vmr.title for room in found] == ["Alpha"]
    with pytest.raises(BadInput) as refused:
        rooms.page(case.ada, text="", cursor=str(uuid.uuid4()), limit=3)
    assert refused.value.code == "bad_cursor"


def test_it_works_on_each_database(any_house: House) -> None:
    crowd = gather(any_house)
    crowd.close(on(crowd))
    assert "open" not in crowd.may()["bo"]
    crowd.turn(on(crowd))
    page = crowd.look(on(crowd), limit=1)
    assert (page.total, page.next_cursor) == (1, None)
    assert widen(crowd, on(crowd)) == existing.Applied(1, 0)
    assert "open" in crowd.may()["bo"]
    before = any_house.snapshot(crowd.account_id, leave_out=JOURNAL)
    assert crowd.look(on(crowd)).items == []
    assert any_house.snapshot(crowd.account_id, leave_out=JOURNAL) == before
    room = switch(crowd, "room", on=True)
    crowd.close(room)
    crowd.turn(room)
    assert [one.item.id for one in crowd.look(room).items] == [crowd.item_id]
    assert widen(crowd, room) == existing.Applied(1, 0)
    assert "open" in crowd.may()["bo"]
