"""What is refused leaves its entry and takes as much work whatever is there; and reasons run out."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recstore.access import openings
from recstore.access.viewer import Viewer
from recstore.catalog.existing import Turned
from recstore.choices import Edit, Put
from recstore.errors import BadInput, NotThere, RecstoreError, Refused
from recstore.model import Access, Action, Kind, Switch
from tests.core_fixtures import Case
from tests.statements import statements

REC = Kind.RECORDING


def last_entry(case: Case) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(case.house.journal(case.account_id)[-1].text)
    return entry


def outsider(case: Case) -> uuid.UUID:
    """A user of another account: in this one an id like any that was made up."""
    return case.house.user(case.house.account(), "zoe").user_id


def share(case: Case, user_id: uuid.UUID, *, try_only: bool) -> None:
    """Share as Ann, or ask what it would do."""
    put = Put(user_id=user_id, access=Access.SHARED)
    if try_only:
        case.house.recstore.what_if.preview(case.ann, REC, case.item_id, put)
    else:
        case.house.recstore.sharing.put(
            case.ann, REC, case.item_id, user_id, access=put.access, until=None, download=False
        )


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
# How what is said of each begins.
BEGINS = {
    "reason_needed": "A review needs a reason",
    "keepers_only": "Only the responsible person and admins",
}


@pytest.mark.parametrize(("who", "code", "attempt"), REFUSALS.values(), ids=REFUSALS.keys())
def test_every_refusal_leaves_one_entry(case: Case, who: str, code: str, attempt: Attempt) -> None:
    before = len(case.house.journal(case.account_id))
    with pytest.raises(Refused) as refused:
        attempt(case)
    assert refused.value.code == code
    assert refused.value.message.startswith(BEGINS[code])
    assert len(case.house.journal(case.account_id)) == before + 1
    entry = last_entry(case)
    viewer: Viewer = getattr(case, who)
    assert (entry["event"], entry["actor"], entry["item"]) == (
        "refused", str(viewer.user_id), str(case.item_id),
    )  # fmt: skip
    action = {"reason_needed": Action.REVIEW, "keepers_only": Action.SEE}[code]
    told = {"action": action.value, "rule": None, "code": code, "session": str(viewer.credential_id)}
    assert entry["detail"] == told


ROLLED_BACK: dict[str, tuple[str, str, str, Attempt]] = {
    "sharing with an id that was guessed": (
        "ann", "share", "user_unknown", lambda case: share(case, uuid.uuid4(), try_only=False),
    ),
    "sharing with an id of another account": (
        "ann", "share", "user_unknown", lambda case: share(case, outsider(case), try_only=False),
    ),
    "trying what it would do to share with a guess": (
        "ann", "share", "user_unknown", lambda case: share(case, outsider(case), try_only=True),
    ),
    "making a guess responsible": (
        "ada", "appoint", "user_unknown",
        lambda case: case.house.recstore.review.appoint(case.ada, REC, case.item_id, outsider(case)),
    ),
    "declining what was not asked for": (
        "ann", "share", "request_unknown",
        lambda case: case.house.recstore.access_requests.decline(case.ann, REC, case.item_id, uuid.uuid4()),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("who", "action", "code", "attempt"), ROLLED_BACK.values(), ids=ROLLED_BACK.keys())
def test_attacker_guesses_at_people_and_the_journal_has_every_try(
    any_case: Case, who: str, action: str, code: str, attempt: Attempt
) -> None:
    """The change is rolled back, whatever it was; that somebody tried is not."""
    with any_case.house.only_noted(any_case.account_id, code), pytest.raises(BadInput):
        attempt(any_case)
    entry, viewer = last_entry(any_case), getattr(any_case, who)
    assert (entry["actor"], entry["item"]) == (str(viewer.user_id), str(any_case.item_id))
    assert entry["detail"] == {"action": action, "code": code, "session": str(viewer.credential_id)}


def test_attacker_tries_addresses_to_learn_who_is_registered_and_the_journal_tells(any_case: Case) -> None:
    explain, hidden = any_case.house.recstore.explainer.explain, "tom@sub.example"
    any_case.house.recstore.accounts.create_user(
        any_case.account_id, email=hidden, name="Tom", admin=False, password=None
    )
    for named in (hidden, "nobody@sub.example", uuid.uuid4()):
        with any_case.house.only_noted(any_case.account_id, "user_unknown"):
            explain(any_case.ann, of=named, action=Action.OPEN, item_id=any_case.item_id)
        assert "sub.example" not in any_case.house.journal(any_case.account_id)[-1].text
    with any_case.house.only_noted(any_case.account_id):
        explain(any_case.ann, of="bo@acme.example", action=Action.OPEN, item_id=any_case.item_id)


ADMINS: dict[str, tuple[str, str, Attempt]] = {
    "a domain that was guessed": (
        "remove a domain", "not_found",
        lambda case: case.house.recstore.domains.remove(case.ada, uuid.uuid4()),
    ),
    "a public domain": (
        "add a domain", "domain_public", lambda case: case.house.recstore.domains.add(case.ada, "gmail.com"),
    ),
    "a user of another account": (
        "change a user", "not_found",
        lambda case: case.house.recstore.membership.set_active(case.ada, outsider(case), active=False),
    ),
    "oneself": (
        "change a user", "deactivate_self",
        lambda case: case.house.recstore.membership.set_active(case.ada, case.ada.user_id, active=False),
    ),
    "a room that was guessed": (
        "change a room", "not_found",
        lambda case: case.house.recstore.rooms.change(case.ada, uuid.uuid4(), auto_share=False),
    ),
    "existing items, with a confirmation that was made up": (
        "apply a switch", "bad_confirmation",
        lambda case: case.house.recstore.existing.apply(
            case.ada, Turned(switch=Switch.AUTO_SHARE, on=True), "x" * 80
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("action", "code", "attempt"), ADMINS.values(), ids=ADMINS.keys())
def test_attacker_who_is_an_admin_leaves_every_refused_change(
    any_case: Case, action: str, code: str, attempt: Attempt
) -> None:
    with any_case.house.only_noted(any_case.account_id, code), pytest.raises(RecstoreError):
        attempt(any_case)
    entry = last_entry(any_case)
    assert entry["detail"] == {
        "action": action, "code": code, "session": str(any_case.ada.credential_id),
    }  # fmt: skip
    assert entry["actor"] == str(any_case.ada.user_id)


def test_a_slip_about_nobody_leaves_no_entry(case: Case) -> None:
    sharing = case.house.recstore.sharing
    for edit in (Edit(), Edit(title=" ")):
        with case.house.only_noted(case.account_id), pytest.raises(BadInput):
            sharing.edit(case.ann, REC, case.item_id, edit)


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


@pytest.mark.parametrize("action", [Action.SEE, Action.OPEN, Action.SHARE])
def test_attacker_measures_whether_an_id_is_there(case: Case, action: Action) -> None:
    """Counted in statements, not by the clock: the same work for "not yours" and for "not there"."""
    dee = case.house.user(case.account_id, "dee")
    worked = []
    for item_id, kind in ((case.item_id, REC), (uuid.uuid4(), REC), (case.item_id, Kind.TRANSCRIPT)):
        with statements(case.house.catalog.engine) as found, pytest.raises(NotThere):
            case.house.recstore.gate.look(dee, action, kind=kind, item_id=item_id)
        worked.append(found)
    assert worked[0] == worked[1] == worked[2]


def test_attacker_measures_whether_an_id_is_there_by_an_explanation(case: Case) -> None:
    dee = case.house.user(case.account_id, "dee")
    worked = []
    for item_id in (case.item_id, uuid.uuid4()):
        with statements(case.house.catalog.engine) as found:
            case.house.recstore.explainer.explain(dee, of=dee.user_id, action=Action.SEE, item_id=item_id)
        worked.append(found)
    assert worked[0] == worked[1]
