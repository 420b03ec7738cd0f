"""Case 9 of the sharing rules: what is refused, each with its code and words, and nothing changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from recstore.catalog import calls, items
from recstore.model import Kind
from tests.core_fixtures import JOURNAL, Case, House, furnish
from tests.web.documented import documented
from tests.web.house_browser import browse
from web.app import create_app

SHARED, EXCLUDED = {"access": "shared"}, {"access": "excluded"}


def guest(case: Case) -> UUID:
    """Take part as a guest; gives the id of the guest's line, the only id that a guest has."""
    roster = [case.house.line("p1", "ann"), case.house.line("p2", "bo"), case.house.line("p9", None)]
    case.house.call(case.account_id, participants=roster)
    with case.house.catalog.read(case.account_id) as tx:
        item = items.by_id(tx, case.item_id)
        assert item is not None
        return next(line.id for line in calls.participants(tx, item.call_id) if line.ref == "p9")


def outsider(case: Case) -> UUID:
    return case.house.user(case.house.account(), "zoe").user_id


def inactive(case: Case) -> UUID:
    cem = case.house.user(case.account_id, "cem")
    case.house.deactivate(cem)
    return cem.user_id


def until(case: Case, **ago: float) -> dict[str, Any]:
    return {"until": (case.house.clock() - timedelta(**ago)).isoformat()}


Attempt = Callable[[Case], tuple[UUID, dict[str, Any]]]
REFUSED: dict[str, tuple[Attempt, str]] = {
    "sharing with a guest": (lambda case: (guest(case), SHARED), "user_unknown"),
    "sharing with an outsider": (lambda case: (outsider(case), SHARED), "user_unknown"),
    "sharing with somebody unknown": (lambda case: (uuid4(), SHARED), "user_unknown"),
    "sharing with an inactive user": (lambda case: (inactive(case), SHARED), "user_inactive"),
    "sharing with oneself": (lambda case: (case.ann.user_id, SHARED), "share_with_self"),
    "taking a guest out": (lambda case: (guest(case), EXCLUDED), "user_unknown"),
    "taking an outsider out": (lambda case: (outsider(case), EXCLUDED), "user_unknown"),
    "taking somebody unknown out": (lambda case: (uuid4(), EXCLUDED), "user_unknown"),
    "taking oneself out": (lambda case: (case.ann.user_id, EXCLUDED), "exclude_self"),
    "an end date in the past": (
        lambda case: (case.bo.user_id, SHARED | until(case, days=1)),
        "until_in_past",
    ),
    "an end date at this very moment": (
        lambda case: (case.bo.user_id, SHARED | until(case)),
        "until_in_past",
    ),
}


@pytest.mark.parametrize("kind", [Kind.RECORDING, Kind.TRANSCRIPT])
@pytest.mark.parametrize(("attempt", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_code_and_nothing_changed(
    case: Case, kind: Kind, attempt: Attempt, code: str
) -> None:
    item_id = case.item_id if kind is Kind.RECORDING else chat(case)
    user_id, document = attempt(case)
    ann = browse(documented(create_app(case.house.recstore)), case.house, case.ann)
    noted = [] if code == "until_in_past" else [code]  # a slip about nobody; see recstore.access.refusals
    with case.house.only_noted(case.account_id, *noted):
        answer = ann.send("PUT", f"/api/v1/{kind}s/{item_id}/shares/{user_id}", json=document)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def chat(case: Case) -> UUID:
    return case.house.chat(case.account_id, [case.house.message("m1", "p1", "everyone")])


def test_each_refusal_has_words_of_its_own(any_house: House) -> None:
    """One code, one text: who is told a code by a program and who reads the page learn the same."""
    told: dict[str, set[str]] = {}
    for attempt, code in REFUSED.values():
        case = furnish(any_house)
        user_id, document = attempt(case)
        ann = browse(documented(create_app(any_house.recstore)), any_house, case.ann)
        path = f"/api/v1/recordings/{case.item_id}/shares/{user_id}"
        told.setdefault(code, set()).add(ann.send("PUT", path, json=document).json["detail"])
    assert {code: len(texts) for code, texts in told.items()} == dict.fromkeys(told, 1)
    assert len(set().union(*told.values())) == len(told)


def test_attacker_learns_of_no_user_elsewhere_by_trying_to_share(case: Case) -> None:
    """A guest's id, another account's and nobody's are one answer, to the last header."""
    ann = browse(documented(create_app(case.house.recstore)), case.house, case.ann)
    answers = [
        ann.send("PUT", f"/api/v1/recordings/{case.item_id}/shares/{user_id}", json=SHARED)
        for user_id in (guest(case), outsider(case), uuid4())
    ]
    assert len({answer.data for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_an_address_is_no_id(case: Case) -> None:
    """People are named by id: an address in its place, known or not, is a path that is not there."""
    ann = browse(documented(create_app(case.house.recstore)), case.house, case.ann)
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    for address in ("bo@acme.example", "nobody@nowhere.example"):
        answer = ann.send("PUT", f"/api/v1/recordings/{case.item_id}/shares/{address}", json=SHARED)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
