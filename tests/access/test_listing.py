"""What a list shows is what `see` allows: every page size, filter and order, in worlds made at random."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recstore.access import listing
from recstore.access.decision import Allowed
from recstore.access.listing import Place
from recstore.access.viewer import Viewer
from recstore.catalog import items
from recstore.catalog.tables import Item, Tie
from recstore.errors import BadInput, NotThere
from recstore.library import THROUGH, Filters
from recstore.model import Action, Kind, Relation
from tests.core_fixtures import Case, House, furnish

RELATIONS = ["responsible", "participant", "shared-with", "excluded"]


def pages(house: House, viewer: Viewer, filters: Filters, *, limit: int) -> list[UUID]:
    """Turn page after page; give all items in the order in which they came."""
    found: list[UUID] = []
    cursor: str | None = None
    for _ in range(1000):
        shown, cursor = house.recstore.library.page(
            viewer, Kind.RECORDING, filters, cursor=cursor, limit=limit
        )
        assert len(shown) <= limit
        found += [one.item.id for one in shown]
        if cursor is None:
            return found
    pytest.fail("the pages never end")


def by_see(house: House, viewer: Viewer, filters: Filters) -> list[UUID]:
    """Ask `see` of every item of the account by itself."""
    with house.catalog.read(viewer.account_id) as tx:
        reader = house.recstore.gate.reader(tx, viewer)
        everything = tx.session.scalars(tx.select(Item).where(Item.kind == "recording")).all()
        seen = []
        for item in everything:
            facts = reader.of_item(item)
            through = THROUGH[filters.shared] if filters.shared else None
            if (
                isinstance(house.recstore.gate.decide(facts, Action.SEE), Allowed)
                and (through is None or facts.relations & through)
                and (filters.in_bin is None or (item.binned_at is not None) is filters.in_bin)
                and (filters.text is None or filters.text in items.titles(tx, [item])[item.id])
                and (filters.start is None or item.started_at >= filters.start)
                and (filters.end is None or item.started_at < filters.end)
            ):
                seen.append(item)
    seen.sort(key=lambda item: (item.started_at, item.id.hex), reverse=True)
    return [item.id for item in seen]


def add_item(house: House, like: UUID, account_id: UUID, told: dict[str, Any], people: list[Viewer]) -> None:
    with house.catalog.change(account_id) as tx:
        model = tx.get(Item, like)
        assert model is not None
        values = {column.name: getattr(model, column.name) for column in Item.__table__.columns}
        at = house.began - timedelta(minutes=told["age"])
        values |= {"id": uuid4(), "ref": "x", "ref_key": uuid4().bytes, "started_at": at, "size": 1}
        values |= {"title": told["title"], "auto_share": told["auto_share"], "held": False}
        values |= {name: at if name in told["states"] else None for name in ("binned_at", "destroyed_at")}
        values |= {name: name in told["states"] for name in ("processing", "restricted")}
        item = Item(**values)
        tx.add(item)
        tx.session.flush()
        for person, relation, minutes in told["ties"]:
            until = None if minutes is None else house.began + timedelta(minutes=minutes)
            tx.session.merge(
                Tie(
                    account_id=account_id,
                    viewer_id=people[person].user_id,
                    item_id=item.id,
                    relation=relation,
                    kind="recording",
                    started_at=at,
                    until=until,
                    download=False,
                )
            )


TIES = st.tuples(st.integers(0, 2), st.sampled_from(RELATIONS), st.sampled_from([None, None, -1, 0, 1]))
ITEMS = st.fixed_dictionaries(
    {
        "age": st.integers(0, 3),  # few moments: many items that began at once
        "title": st.sampled_from(["standup", "retro"]),
        "auto_share": st.booleans(),
        "states": st.sets(
            st.sampled_from(["binned_at", "destroyed_at", "processing", "restricted"]), max_size=1
        ),
        "ties": st.lists(TIES, max_size=4),
    }
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=st.lists(ITEMS, max_size=9))
def test_the_list_is_what_see_allows(house: House, world: list[dict[str, Any]]) -> None:
    case = furnish(house)
    people = [case.ann, case.bo, case.ada]
    for told in world:
        add_item(house, case.item_id, case.account_id, told, people)
    several = [
        Filters(),
        Filters(in_bin=True),
        Filters(in_bin=False, text="retro"),
        Filters(start=house.began - timedelta(minutes=2), end=house.began),
        *(Filters(shared=word) for word in THROUGH),
    ]
    for viewer in people:
        for filters in several:
            expected = by_see(house, viewer, filters)
            for limit in (1, 3, 50):
                assert pages(house, viewer, filters, limit=limit) == expected


def test_pages_are_the_same_on_both_databases(any_house: House) -> None:
    case = furnish(any_house)
    for number in range(7):
        told = {"age": number // 3, "title": "standup", "auto_share": True, "states": set()}
        ties = [(0, "participant", None), (0, "responsible", None), (1, "shared-with", None)]
        add_item(any_house, case.item_id, case.account_id, told | {"ties": ties}, [case.ann, case.bo])
    for viewer in (case.ann, case.bo, case.ada):
        expected = by_see(any_house, viewer, Filters())
        assert len(expected) == 8
        assert [pages(any_house, viewer, Filters(), limit=limit) for limit in (1, 2, 8)] == [expected] * 3


def test_what_is_added_while_pages_are_turned_is_neither_repeated_nor_in_the_way(case: Case) -> None:
    house = case.house
    told = {"title": "standup", "auto_share": True, "states": set(), "ties": [(0, "responsible", None)]}
    for age in (5, 6, 7):
        add_item(house, case.item_id, case.account_id, told | {"age": age}, [case.ann])
    first, cursor = house.recstore.library.page(case.ann, Kind.RECORDING, Filters(), cursor=None, limit=2)
    add_item(house, case.item_id, case.account_id, told | {"age": 0}, [case.ann])
    house.set_item(case.account_id, first[0].item.id, restricted=True)
    rest, cursor = house.recstore.library.page(case.ann, Kind.RECORDING, Filters(), cursor=cursor, limit=2)
    assert cursor is None
    assert len({one.item.id for one in first + rest}) == 4


def test_a_filter_that_matches_little_gives_short_pages_and_goes_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_CANDIDATES", 2)
    told = {"auto_share": True, "states": set(), "ties": [(0, "responsible", None)]}
    for age in range(6):
        title = "retro" if age == 5 else "standup"
        add_item(case.house, case.item_id, case.account_id, told | {"age": age, "title": title}, [case.ann])
    assert len(pages(case.house, case.ann, Filters(text="retro"), limit=1)) == 1


def test_nothing_of_another_account_is_listed(any_house: House) -> None:
    case = furnish(any_house)
    zoe = any_house.user(any_house.account(), "zoe", admin=True)
    assert pages(any_house, zoe, Filters(), limit=50) == []
    borrowed = Viewer(case.account_id, zoe.user_id, zoe.credential_id)
    assert pages(any_house, borrowed, Filters(), limit=50) == []


def test_a_share_that_ended_is_not_with_an_admin_any_more(case: Case) -> None:
    share = {"age": 1, "title": "x", "auto_share": True, "states": set()}
    add_item(
        case.house, case.item_id, case.account_id, share | {"ties": [(0, "shared-with", -1)]}, [case.ada]
    )
    assert pages(case.house, case.ada, Filters(shared="with-me"), limit=50) == []
    assert len(pages(case.house, case.ada, Filters(), limit=50)) == 2


def test_a_chat_is_listed_as_a_chat(case: Case) -> None:
    case.house.chat(case.account_id, [case.house.message("m1", "p1", "everyone")])
    assert pages(case.house, case.ann, Filters(), limit=50) == [case.item_id]
    beside = case.house.recstore.library.of_same_call(
        case.ann,
        case.house.recstore.library.item(case.ann, Kind.RECORDING, case.item_id).item,
        Kind.TRANSCRIPT,
    )
    assert [one.message_count for one in beside] == [1]


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


CURSORS = {
    "no base64": "%%%",
    "of another writing": "курсор",
    "no JSON": base64.urlsafe_b64encode(b"hello").decode(),
    "not two things": cursor_of(["2026-11-20T09:00:00+00:00"]),
    "numbers": cursor_of([1, 2]),
    "no moment": cursor_of(["yesterday", uuid4().hex]),
    "no id": cursor_of(["2026-11-20T09:00:00+00:00", "x"]),
    "a moment before the calendar": cursor_of(["0001-01-01T00:00:00+14:00", uuid4().hex]),
    "brackets without end": base64.urlsafe_b64encode(b"[" * 50_000).decode(),
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS.keys())
def test_a_cursor_of_ones_own_making_is_refused(cursor: str) -> None:
    with pytest.raises(BadInput) as refused:
        Place.read(cursor)
    assert refused.value.code == "bad_cursor"


def test_a_cursor_comes_back_as_it_was(house: House) -> None:
    place = Place(house.began, uuid4())
    assert Place.read(place.write()) == place


def test_attacker_makes_a_cursor_or_takes_somebody_elses(case: Case) -> None:
    told = {"age": 5, "title": "standup", "auto_share": True, "states": set()}
    ties = [(0, "responsible", None), (1, "participant", None)]
    add_item(case.house, case.item_id, case.account_id, told | {"ties": ties}, [case.ann, case.bo])
    page = case.house.recstore.library.page
    _, anns = page(case.ann, Kind.RECORDING, Filters(), cursor=None, limit=1)
    made = Place(case.house.clock() + timedelta(days=1), case.item_id).write()
    for cursor in (anns, made, "A", "курсор"):
        with pytest.raises(BadInput) as refused:
            page(case.bo, Kind.RECORDING, Filters(), cursor=cursor, limit=1)
        assert refused.value.code == "bad_cursor"
    cem = case.house.user(case.account_id, "cem")
    with pytest.raises(NotThere):
        case.house.recstore.library.roster(cem, Kind.RECORDING, case.item_id)


def test_attacker_reads_in_a_cursor_what_they_may_not_see(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page ends at a hidden item: neither its id nor its moment stands in the cursor."""
    monkeypatch.setattr(listing, "MOST_CANDIDATES", 1)
    hidden = {
        "age": 5,
        "title": "x",
        "auto_share": False,
        "states": set(),
        "ties": [(0, "participant", None)],
    }
    for _ in range(4):
        add_item(case.house, case.item_id, case.account_id, hidden, [case.bo])
    _, cursor = case.house.recstore.library.page(case.bo, Kind.RECORDING, Filters(), cursor=None, limit=1)
    assert cursor is not None
    with pytest.raises(BadInput):
        Place.read(cursor)
    assert pages(case.house, case.bo, Filters(), limit=1) == [case.item_id]


def test_every_relation_of_the_list_has_ties() -> None:
    assert set(listing.TIED) == {Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH}
