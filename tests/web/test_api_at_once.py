"""Case 17 of the sharing rules: two clicks at once. Whoever committed first wins, on both databases.

The journal's order is the order in which things became true; so what happened is judged by it.
"""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from apiflask import APIFlask

from tests.core_fixtures import Case, House, furnish
from tests.web.acme import Browser
from tests.web.documented import documented
from tests.web.house_browser import browse
from web.app import create_app

ROUNDS = 8


@pytest.fixture
def app(any_house: House) -> APIFlask:
    return documented(create_app(any_house.recstore))


def at_once(*clicks: Callable[[], Any]) -> list[Any]:
    """Do everything at the same moment, each in a thread; gives the answers in the order of the clicks."""
    barrier = threading.Barrier(len(clicks))

    def wait_and_do(one: Callable[[], Any]) -> Any:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(clicks)) as threads:
        return list(threads.map(wait_and_do, clicks))


def entries(case: Case) -> list[dict[str, Any]]:
    return [json.loads(line.text) for line in case.house.journal(case.account_id)]


def events(case: Case, *wanted: str) -> list[str]:
    return [entry["event"] for entry in entries(case) if entry["event"] in wanted]


def item(case: Case, rest: str = "") -> str:
    return f"/api/v1/recordings/{case.item_id}{rest}"


def click(browser: Browser, method: str, path: str, **document: Any) -> Callable[[], Any]:
    return lambda: browser.send(method, path, json=document or None)


def decide(browser: Browser, case: Case, access: str) -> Callable[[], Any]:
    return click(browser, "PUT", item(case, f"/shares/{case.bo.user_id}"), access=access)


def test_share_and_bin(any_house: House, app: APIFlask) -> None:
    for _ in range(ROUNDS):
        case = furnish(any_house)
        one, other = (browse(app, any_house, case.ann) for _ in range(2))
        shared, binned = at_once(decide(one, case, "shared"), click(other, "DELETE", item(case)))
        assert binned.status_code == 204
        assert shared.status_code in {200, 403}
        told = ["shared", "binned"] if shared.status_code == 200 else ["binned"]
        assert events(case, "shared", "binned") == told
        bo = browse(app, any_house, case.bo)
        assert bo.get(item(case)).status_code == 404


def test_share_and_take_out(any_house: House, app: APIFlask) -> None:
    for _ in range(ROUNDS):
        case = furnish(any_house)
        one, other = (browse(app, any_house, case.ann) for _ in range(2))
        answers = at_once(decide(one, case, "shared"), decide(other, case, "excluded"))
        assert [answer.status_code for answer in answers] == [200, 200]
        last = events(case, "shared", "excluded")[-1]
        assert browse(app, any_house, case.bo).get(item(case)).status_code == (
            200 if last == "shared" else 404
        )
        [share] = one.get(item(case, "/shares")).json["items"]
        assert share["access"] == last


def test_bin_and_bin(any_house: House, app: APIFlask) -> None:
    for _ in range(ROUNDS):
        case = furnish(any_house)
        browsers = [browse(app, any_house, viewer) for viewer in (case.ann, case.ann, case.ada)]
        answers = at_once(*(click(browser, "DELETE", item(case)) for browser in browsers))
        assert {answer.status_code for answer in answers} <= {204, 403}
        assert events(case, "binned") == ["binned"]


def test_attacker_opens_while_being_taken_out(any_house: House, app: APIFlask) -> None:
    """Nobody gets in once it is committed that they are out; an opening before it stands before it."""
    for _ in range(ROUNDS):
        case = furnish(any_house)
        ann = browse(app, any_house, case.ann)
        bos = [browse(app, any_house, case.bo) for _ in range(4)]
        opened = at_once(
            decide(ann, case, "excluded"),
            *(click(bo, "GET", item(case, "/media")) for bo in bos),
        )[1:]
        assert {answer.status_code for answer in opened} <= {200, 404}
        told = events(case, "opened", "excluded")
        assert told.count("opened") == sum(answer.status_code == 200 for answer in opened)
        assert told[-1] == "excluded"
        assert all(bo.get(item(case, "/media")).status_code == 404 for bo in bos)


def test_attacker_shares_while_another_is_appointed(any_house: House, app: APIFlask) -> None:
    for _ in range(ROUNDS):
        case = furnish(any_house)
        ann, ada = (browse(app, any_house, viewer) for viewer in (case.ann, case.ada))
        responsible = f"/api/v1/admin/recordings/{case.item_id}/responsible"
        shared, appointed = at_once(
            decide(ann, case, "excluded"),
            click(ada, "PUT", responsible, user_id=str(case.ada.user_id)),
        )
        assert appointed.status_code == 204
        told = events(case, "excluded", "appointed")
        assert told == (["excluded", "appointed"] if shared.status_code == 200 else ["appointed"])
        assert shared.status_code in {200, 403}


def test_attacker_acts_while_being_deactivated(any_house: House, app: APIFlask) -> None:
    for _ in range(ROUNDS):
        case = furnish(any_house)
        ann, ada = (browse(app, any_house, viewer) for viewer in (case.ann, case.ada))
        user = f"/api/v1/admin/users/{case.ann.user_id}"
        shared, deactivated = at_once(decide(ann, case, "excluded"), click(ada, "PATCH", user, active=False))
        assert deactivated.status_code == 200
        assert shared.status_code in {200, 401, 404}
        told = events(case, "excluded", "user-changed")
        assert told == (["excluded", "user-changed"] if shared.status_code == 200 else ["user-changed"])
