"""Case 20 of the sharing rules: what has an end, ends at that very moment, by the one injected clock."""

from datetime import timedelta

import pytest
from apiflask import APIFlask

from recstore.model import Kind
from tests.core_fixtures import House, furnish
from tests.web.documented import documented
from tests.web.house_browser import browse
from web.app import create_app

INSTANT = timedelta(microseconds=1)


@pytest.fixture
def app(any_house: House) -> APIFlask:
    return documented(create_app(any_house.recstore))


def test_a_share_ends_to_the_microsecond_at_every_route(any_house: House, app: APIFlask) -> None:
    case, house = furnish(any_house), any_house
    dee = house.user(case.account_id, "dee")
    ann, guest_of_ann = browse(app, house, case.ann), browse(app, house, dee)
    item, end = f"/api/v1/recordings/{case.item_id}", house.clock() + timedelta(seconds=30)
    document = {"access": "shared", "until": end.isoformat(), "download": True}
    assert ann.send("PUT", f"{item}/shares/{dee.user_id}", json=document).status_code == 200
    paths = (item, f"{item}/media", f"{item}/media?download=1")
    house.clock.now = end - INSTANT
    assert [guest_of_ann.get(path).status_code for path in paths] == [200, 200, 200]
    assert len(guest_of_ann.get("/api/v1/recordings").json["items"]) == 1
    house.clock.now = end
    assert [guest_of_ann.get(path).status_code for path in paths] == [404, 404, 404]
    assert guest_of_ann.get("/api/v1/recordings").json["items"] == []
    told = {line["user"]["name"] for line in ann.get(f"{item}/access").json["people"]}
    assert told == {"Ann", "Bo", "Ada"}


def test_what_ends_now_cannot_be_given_any_more(any_house: House, app: APIFlask) -> None:
    case, house = furnish(any_house), any_house
    ann, path = browse(app, house, case.ann), f"/api/v1/recordings/{case.item_id}/shares/{case.bo.user_id}"
    for later, status in ((INSTANT, 200), (timedelta(), 400), (-INSTANT, 400)):
        document = {"access": "shared", "until": (house.clock() + later).isoformat()}
        assert ann.send("PUT", path, json=document).status_code == status


def test_retention_ends_to_the_microsecond(any_house: House, app: APIFlask) -> None:
    case, house = furnish(any_house), any_house
    end = house.clock() + timedelta(seconds=30)
    house.set_item(case.account_id, case.item_id, expires_at=end)
    bo, item = browse(app, house, case.bo), f"/api/v1/{Kind.RECORDING}s/{case.item_id}"
    house.clock.now = end - INSTANT
    assert bo.get(item).status_code == 200
    house.clock.now = end
    assert bo.get(item).status_code == 404


def test_a_session_ends_to_the_microsecond(any_house: House, app: APIFlask) -> None:
    case, house = furnish(any_house), any_house
    bo = browse(app, house, case.bo)
    end = house.clock() + timedelta(hours=12)
    house.clock.now = end - INSTANT
    assert bo.get("/api/v1/recordings").status_code == 200
    house.clock.now = end
    assert bo.get("/api/v1/recordings").status_code == 401
