"""A switch turned, and many items that were there before: page by page, batch by batch."""

import pytest

from recstore import existing
from tests.access.test_listing_cost import listened
from tests.crowd import Crowd, on, switch, widen


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
