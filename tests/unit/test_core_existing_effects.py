"""A switch turned: who gains and who loses by it what was there before (R19; rules.md, case 13)."""

import pytest

from recstore import existing
from tests.core_fixtures import JOURNAL, House
from tests.crowd import Crowd, gather, on, switch, widen

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
    for way in (True, False):
        turned = switch(crowd, word, on=way)
        before = crowd.may()
        crowd.turn(turned)
        assert crowd.may() == before, "a switch concerns new items only"
        [affected] = crowd.look(turned).items
        told = {
            one.user.name.lower(): (set(one.gains), set(one.loses))
            for one in affected.people
            if not one.if_taken_back
        }
        if way:
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
