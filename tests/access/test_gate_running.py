"""A playback that runs already: its further ranges need no turn at writing, and are refused for a reason."""

import pytest

from recstore.access.gate import Gate
from recstore.access.grant import Grant
from recstore.errors import Refused
from recstore.model import Action, Kind
from tests.core_fixtures import Case


def open_item(case: Case) -> Grant:
    gate: Gate = case.house.recstore.gate
    return gate.open(case.ann, Action.OPEN, kind=Kind.RECORDING, item_id=case.item_id)


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(1, id="at once"), pytest.param(90, id="after the time at which it is marked anew")],
)
def test_a_further_range_is_granted_as_the_first_was(case: Case, seconds: int) -> None:
    first = open_item(case)
    case.house.clock.move(seconds=seconds)
    assert open_item(case) == first


def test_a_further_range_does_not_wait_for_whoever_writes(case: Case) -> None:
    first = open_item(case)
    with case.house.catalog.change(case.account_id):
        assert open_item(case) == first


def test_what_is_still_seen_is_refused_with_its_reason_and_not_as_missing(case: Case) -> None:
    grant = open_item(case)
    case.house.set_item(case.account_id, case.item_id, processing=True)
    with pytest.raises(Refused) as refusal:
        case.house.recstore.gate.still_holds(grant)
    assert refusal.value.rule == "unfinished-item-unopened"


def test_an_opening_without_a_reason_writes_nothing_that_could_be_erased(case: Case) -> None:
    open_item(case)
    assert "reason" not in (case.house.journal(case.account_id)[-1].private or "")


def test_looking_does_not_wait_for_whoever_writes(case: Case) -> None:
    gate = case.house.recstore.gate
    with case.house.catalog.change(case.account_id):
        seen = gate.look(case.ann, Action.SEE, kind=Kind.RECORDING, item_id=case.item_id)
    assert seen.item.id == case.item_id


def test_what_is_seen_but_not_allowed_is_refused_with_its_reason_when_looking(case: Case) -> None:
    with pytest.raises(Refused, match=r"^Only the responsible person changes"):
        case.house.recstore.gate.look(case.bo, Action.SHARE, kind=Kind.RECORDING, item_id=case.item_id)
