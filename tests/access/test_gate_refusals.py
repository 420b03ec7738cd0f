"""What is refused leaves its entry and takes as much work whatever is there; and reasons run out."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from recstore.access import openings
from recstore.access.viewer import Viewer
from recstore.errors import NotThere, Refused
from recstore.model import Action, Kind
from tests.core_fixtures import Case

REC = Kind.RECORDING


def last_entry(case: Case) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(case.house.journal(case.account_id)[-1].text)
    return entry


Attempt = Callable[[Case], Any]
REFUSALS: dict[str, tuple[str, str, Attempt]] = {
    "a review without a reason": (
        "ada", "reason_needed",
        lambda case: case.house.recstore.review.start(case.ada, REC, case.item_id, ""),
    ),
    "going on with a review that is none": (
        "ada", "reason_needed", lambda case: case.house.recstore.review.go_on(case.ada, REC, case.item_id),
    ),
    "who has access, asked by a participant": (
        "bo", "keepers_only", lambda case: case.house.recstore.sharing.access(case.bo, REC, case.item_id),
    ),
    "who reviewed, asked by a participant": (
        "bo", "keepers_only", lambda case: case.house.recstore.review.traces(case.bo, REC, case.item_id),
    ),
    "why somebody else may, asked by a participant": (
        "bo", "keepers_only", lambda case: case.house.recstore.explainer.explain(
            case.bo, of=case.ann.user_id, action=Action.OPEN, item_id=case.item_id
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("who", "code", "attempt"), REFUSALS.values(), ids=REFUSALS.keys())
def test_every_refusal_leaves_one_entry(case: Case, who: str, code: str, attempt: Attempt) -> None:
    before = len(case.house.journal(case.account_id))
    with pytest.raises(Refused) as refused:
        attempt(case)
    assert refused.value.code == code
    assert len(case.house.journal(case.account_id)) == before + 1
    entry = last_entry(case)
    viewer: Viewer = getattr(case, who)
    assert (entry["event"], entry["actor"], entry["item"]) == (
        "refused", str(viewer.user_id), str(case.item_id),
    )  # fmt: skip
    assert entry["detail"]["code"] == code


class TestReviewing:
    def test_a_blank_reason_does_not_pass_under_a_review_that_runs(self, case: Case) -> None:
        review = case.house.recstore.review
        review.start(case.ada, REC, case.item_id, "complaint 7")
        with pytest.raises(Refused):
            review.start(case.ada, REC, case.item_id, "  ")

    def test_attacker_keeps_a_review_open_by_asking_again_and_again(self, case: Case) -> None:
        review = case.house.recstore.review
        first = review.start(case.ada, REC, case.item_id, "complaint 7")
        for _ in range(59):
            case.house.clock.move(minutes=1)
            assert review.go_on(case.ada, REC, case.item_id).decision == first.decision
        case.house.clock.move(minutes=1)
        with pytest.raises(Refused) as refused:
            review.go_on(case.ada, REC, case.item_id)
        assert refused.value.code == "reason_needed"

    def test_a_long_playback_has_an_entry_every_twelve_hours(
        self, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert openings.LONGEST[Action.OPEN] == timedelta(hours=12)
        monkeypatch.setitem(openings.LONGEST, Action.OPEN, timedelta(minutes=18))
        decisions = []
        for _ in range(3):
            granted = case.house.recstore.gate.open(case.ann, Action.OPEN, kind=REC, item_id=case.item_id)
            decisions.append(granted.decision)
            case.house.clock.move(minutes=9)
        assert len(set(decisions)) == 2

    def test_asking_whether_one_runs_writes_nothing(self, case: Case) -> None:
        review, before = case.house.recstore.review, case.house.snapshot(case.account_id)
        with case.house.catalog.change(case.account_id):  # nor does it wait for whoever writes
            assert not review.is_running(case.ada, REC, case.item_id)
        assert case.house.snapshot(case.account_id) == before
        review.start(case.ada, REC, case.item_id, "complaint 7")
        assert review.is_running(case.ada, REC, case.item_id)


@contextmanager
def statements(case: Case) -> Iterator[list[str]]:
    """Collect the SQL that runs."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(case.house.catalog.engine, "before_cursor_execute", note)
    yield found
    event.remove(case.house.catalog.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("action", [Action.SEE, Action.OPEN, Action.SHARE])
def test_attacker_measures_whether_an_id_is_there(case: Case, action: Action) -> None:
    """Counted in statements, not by the clock: the same work for "not yours" and for "not there"."""
    dee = case.house.user(case.account_id, "dee")
    worked = []
    for item_id, kind in ((case.item_id, REC), (uuid.uuid4(), REC), (case.item_id, Kind.TRANSCRIPT)):
        with statements(case) as found, pytest.raises(NotThere):
            case.house.recstore.gate.look(dee, action, kind=kind, item_id=item_id)
        worked.append(found)
    assert worked[0] == worked[1] == worked[2]


def test_attacker_measures_whether_an_id_is_there_by_an_explanation(case: Case) -> None:
    dee = case.house.user(case.account_id, "dee")
    worked = []
    for item_id in (case.item_id, uuid.uuid4()):
        with statements(case) as found:
            case.house.recstore.explainer.explain(dee, of=dee.user_id, action=Action.SEE, item_id=item_id)
        worked.append(found)
    assert worked[0] == worked[1]
