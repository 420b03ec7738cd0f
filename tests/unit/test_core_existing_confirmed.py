"""A switch turned on for what was there before: only what was listed and confirmed."""

from collections.abc import Callable
from uuid import UUID

import pytest

from recstore.catalog.existing import Turned
from recstore.errors import BadInput, Conflict, NotThere, RecstoreError
from tests.crowd import IN_BIN, REC, THERE, Crowd, Happens, on, switch, widen


def another_switch(crowd: Crowd) -> Turned:
    """A change as wide as the one that was confirmed, ready to be applied."""
    crowd.close(switch(crowd, "room", on=True))
    crowd.turn(switch(crowd, "room", on=True))
    return switch(crowd, "room", on=True)


def correct_roster(crowd: Crowd) -> None:
    lines = [crowd.house.line(f"p{number}", name) for number, name in enumerate((*THERE, "dee"))]
    crowd.house.call(crowd.account_id, participants=lines)


Spoil = Callable[[Crowd, str], tuple[str, Turned, str]]


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
