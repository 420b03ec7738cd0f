"""The account's rooms, listed."""

import uuid

import pytest

from recstore.errors import BadInput
from tests.core_fixtures import Case


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
