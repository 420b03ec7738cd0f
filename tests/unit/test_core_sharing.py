"""What the responsible person and the admins decide, and what everybody is told about it."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recstore.access.viewer import Viewer
from recstore.catalog import items
from recstore.errors import BadInput, NotThere, RecstoreError, Refused
from recstore.explain import HIDDEN
from recstore.model import Access, Action, Kind
from recstore.sharing import Edit
from tests.core_fixtures import JOURNAL, Case, furnish

REC = Kind.RECORDING


def put(
    case: Case,
    user_id: uuid.UUID,
    access: Access = Access.SHARED,
    *,
    by: Viewer | None = None,
    minutes: float | None = None,
) -> None:
    until = None if minutes is None else case.house.clock() + timedelta(minutes=minutes)
    case.house.recstore.sharing.put(
        by or case.ann, REC, case.item_id, user_id, access=access, until=until, download=False
    )


def deactivated(case: Case) -> uuid.UUID:
    cem = case.house.user(case.account_id, "cem")
    case.house.deactivate(cem)
    return cem.user_id


def outsider(case: Case) -> uuid.UUID:
    return case.house.user(case.house.account(), "zoe").user_id


Attempt = Callable[[Case], Any]
REFUSALS: dict[str, tuple[str, Attempt]] = {
    "with oneself": ("share_with_self", lambda case: put(case, case.ann.user_id)),
    "oneself out": ("exclude_self", lambda case: put(case, case.ann.user_id, Access.EXCLUDED)),
    "with nobody": ("user_unknown", lambda case: put(case, uuid.uuid4())),
    "with an outsider": ("user_unknown", lambda case: put(case, outsider(case))),
    "with somebody deactivated": ("user_inactive", lambda case: put(case, deactivated(case))),
    "until the past": ("until_in_past", lambda case: put(case, case.bo.user_id, minutes=-1)),
    "until now": ("until_in_past", lambda case: put(case, case.bo.user_id, minutes=0)),
    "without a title": (
        "bad_title",
        lambda case: case.house.recstore.sharing.edit(case.ann, REC, case.item_id, Edit(title="  ")),
    ),
    "with nothing to change": (
        "nothing_to_change",
        lambda case: case.house.recstore.sharing.edit(case.ann, REC, case.item_id, Edit()),
    ),
    "with NUL in its title": (
        "bad_title",
        lambda case: case.house.recstore.sharing.edit(case.ann, REC, case.item_id, Edit(title="a\0b")),
    ),
    "by appointing an outsider": (
        "user_unknown",
        lambda case: case.house.recstore.review.appoint(case.ada, REC, case.item_id, outsider(case)),
    ),
    "by appointing somebody deactivated": (
        "user_unknown",
        lambda case: case.house.recstore.review.appoint(case.ada, REC, case.item_id, deactivated(case)),
    ),
    "by restoring what is not in the bin": (
        "not_in_bin",
        lambda case: case.house.recstore.sharing.restore(case.ada, REC, case.item_id),
    ),
    "by reviewing for a reason without end": (
        "reason_too_long",
        lambda case: case.house.recstore.review.start(case.ada, REC, case.item_id, "x" * 1001),
    ),
    "by a participant": ("refused", lambda case: put(case, case.ada.user_id, by=case.bo)),
    "by an admin": ("refused", lambda case: put(case, case.bo.user_id, by=case.ada)),
    "by editing as a participant": (
        "refused",
        lambda case: case.house.recstore.sharing.edit(case.bo, REC, case.item_id, Edit(download=True)),
    ),
    "by a colleague who may not even see": (
        "not_found",
        lambda case: put(case, case.bo.user_id, by=case.house.user(case.account_id, "dee")),
    ),
}


@pytest.mark.parametrize(("code", "attempt"), REFUSALS.values(), ids=REFUSALS.keys())
def test_sharing_is_refused_and_nothing_changed(case: Case, code: str, attempt: Attempt) -> None:
    leave_out = JOURNAL | {"users", "sessions"}  # the attempt may first need somebody
    before = case.house.snapshot(case.account_id, leave_out=leave_out)
    with pytest.raises(RecstoreError) as refused:
        attempt(case)
    assert refused.value.code == code
    assert case.house.snapshot(case.account_id, leave_out=leave_out) == before


def test_case_10_the_later_choice_stands(any_case: Case) -> None:
    gate, sharing = any_case.house.recstore.gate, any_case.house.recstore.sharing
    for _ in range(2):
        put(any_case, any_case.bo.user_id, Access.EXCLUDED)
        with pytest.raises(NotThere):
            gate.look(any_case.bo, Action.SEE, kind=REC, item_id=any_case.item_id)
    put(any_case, any_case.bo.user_id, minutes=5)
    assert gate.look(any_case.bo, Action.OPEN, kind=REC, item_id=any_case.item_id)
    [share] = sharing.shares(any_case.ann, REC, any_case.item_id)
    assert (share.user.id, share.access) == (any_case.bo.user_id, Access.SHARED)
    sharing.withdraw(any_case.ann, REC, any_case.item_id, any_case.bo.user_id)
    assert sharing.shares(any_case.ann, REC, any_case.item_id) == []
    told = [
        event for event in any_case.house.events(any_case.account_id) if "clu" in event or "share" in event
    ]
    assert told == ["excluded", "excluded", "shared", "unshared"]


class TestUntil:
    """An end date is the later choice: whatever the call says of somebody, after it they are out."""

    def sees(self, case: Case) -> bool:
        try:
            case.house.recstore.gate.look(case.bo, Action.OPEN, kind=REC, item_id=case.item_id)
        except NotThere:
            return False
        return True

    def test_a_participants_access_ends_with_their_share(self, any_case: Case) -> None:
        put(any_case, any_case.bo.user_id, minutes=5)
        assert self.sees(any_case)
        any_case.house.clock.move(minutes=5)
        assert not self.sees(any_case)

    def test_attacker_waits_for_the_end_of_a_share_to_undo_being_taken_out(self, case: Case) -> None:
        put(case, case.bo.user_id, Access.EXCLUDED)
        put(case, case.bo.user_id, minutes=5)
        assert self.sees(case)
        case.house.clock.move(minutes=5)
        assert not self.sees(case)

    def test_a_correction_that_adds_them_later_does_not_either(self, case: Case) -> None:
        house = case.house
        house.call(case.account_id, participants=[house.line("p1", "ann")])
        put(case, case.bo.user_id, minutes=5)
        house.clock.move(minutes=5)
        house.call(case.account_id)
        assert not self.sees(case)

    def test_taking_the_share_back_leaves_what_the_call_says(self, case: Case) -> None:
        put(case, case.bo.user_id, minutes=5)
        case.house.clock.move(minutes=5)
        case.house.recstore.sharing.withdraw(case.ann, REC, case.item_id, case.bo.user_id)
        assert self.sees(case)

    def test_the_responsible_person_keeps_everything(self, case: Case) -> None:
        put(case, case.bo.user_id, minutes=5)
        case.house.recstore.review.appoint(case.ada, REC, case.item_id, case.bo.user_id)
        case.house.clock.move(minutes=5)
        assert self.sees(case)


def details(case: Case, event: str) -> list[dict[str, Any]]:
    entries = [json.loads(line.text) for line in case.house.journal(case.account_id)]
    return [entry["detail"] for entry in entries if entry["event"] == event]


def test_being_taken_out_has_no_end_and_no_download(case: Case) -> None:
    past = case.house.clock() - timedelta(minutes=1)
    share = case.house.recstore.sharing.put(
        case.ann, REC, case.item_id, case.bo.user_id, access=Access.EXCLUDED, until=past, download=True
    )
    assert (share.until, share.download) == (None, False)
    [detail] = details(case, "excluded")
    assert (detail["until"], detail["download"]) == (None, False)


def test_the_journal_tells_only_what_changed(case: Case) -> None:
    sharing = case.house.recstore.sharing
    title = case.house.recstore.library.item(case.ann, REC, case.item_id).title
    sharing.edit(case.ann, REC, case.item_id, Edit(title=f" {title} ", auto_share=True))
    assert details(case, "edited") == []
    sharing.edit(case.ann, REC, case.item_id, Edit(title="new", download=True, auto_share=True))
    assert details(case, "edited") == [{"title": True, "download": True}]
    sharing.edit(case.ann, REC, case.item_id, Edit(title="new", download=True))
    assert len(details(case, "edited")) == 1


def test_a_first_word_on_download_is_a_choice_even_if_it_confirms_what_was_so(case: Case) -> None:
    for _ in range(2):
        case.house.recstore.sharing.edit(case.ann, REC, case.item_id, Edit(download=False))
    assert details(case, "edited") == [{"download": False}]
    with case.house.catalog.read(case.account_id) as tx:
        item = items.by_id(tx, case.item_id)
    assert item is not None
    assert item.download_chosen


def test_the_bin_and_back_keeps_every_share(case: Case) -> None:
    sharing = case.house.recstore.sharing
    put(case, case.ada.user_id)
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    sharing.bin(case.ann, REC, case.item_id)
    with pytest.raises(NotThere):
        case.house.recstore.gate.open(case.bo, Action.OPEN, kind=REC, item_id=case.item_id)
    sharing.restore(case.ann, REC, case.item_id)
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
    assert case.house.events(case.account_id)[-3:] == ["binned", "refused", "restored"]


def test_access_tells_who_can_see_and_by_which_rule(case: Case) -> None:
    put(case, case.house.user(case.account_id, "cem").user_id)
    put(case, case.bo.user_id, Access.EXCLUDED)
    case.house.user(case.account_id, "dee")
    told = case.house.recstore.sharing.access(case.ann, REC, case.item_id)
    assert [(one.user.name, one.decision.rule.name if one.decision.rule else None) for one in told] == [
        ("Ada", "admin-reviews"),
        ("Ann", "responsible-uses"),
        ("Cem", "shared-with-opens"),
    ]
    with pytest.raises(NotThere):
        case.house.recstore.sharing.access(case.bo, REC, case.item_id)


def test_access_is_not_told_to_participants(case: Case) -> None:
    for ask in (case.house.recstore.sharing.access, case.house.recstore.review.traces):
        with pytest.raises(Refused):
            ask(case.bo, REC, case.item_id)  # type: ignore[operator]


class TestExplaining:
    def test_oneself(self, case: Case) -> None:
        told = case.house.recstore.explainer.explain(
            case.bo, of=case.bo.user_id, action=Action.OPEN, item_id=case.item_id
        )
        assert (told.allowed, told.rule, told.relations) == (True, "participant-opens", ["participant"])

    def test_attacker_asks_about_what_they_may_not_see(self, case: Case) -> None:
        cem = case.house.user(case.account_id, "cem")
        zoe = case.house.user(case.house.account(), "zoe", admin=True)
        for asker, item_id in ((cem, case.item_id), (zoe, case.item_id), (case.ann, uuid.uuid4())):
            for of in (asker.user_id, case.ann.user_id):
                told = case.house.recstore.explainer.explain(asker, of=of, action=Action.SEE, item_id=item_id)
                assert told == HIDDEN

    def test_others_only_for_the_responsible_person_and_admins(self, case: Case) -> None:
        explain = case.house.recstore.explainer.explain
        for asker in (case.ann, case.ada):
            told = explain(asker, of=case.bo.user_id, action=Action.DOWNLOAD, item_id=case.item_id)
            assert (told.allowed, told.rule) == (False, None)
        with pytest.raises(Refused):
            explain(case.bo, of=case.ann.user_id, action=Action.OPEN, item_id=case.item_id)
        unknown = explain(case.ann, of=uuid.uuid4(), action=Action.OPEN, item_id=case.item_id)
        assert not unknown.allowed

    def test_the_operator_by_address_and_by_id(self, case: Case) -> None:
        explain = case.house.recstore.explainer.explain_to_operator
        by_address = explain("Bo@acme.example", Action.OPEN, case.item_id)
        assert by_address == explain(str(case.bo.user_id), Action.OPEN, case.item_id)
        assert by_address.rule == "participant-opens"
        policy = (case.house.recstore.settings.policies / "policy.csv").read_text().splitlines()
        assert by_address.line is not None
        assert "participant-opens" in policy[by_address.line - 1]
        put(case, case.bo.user_id, Access.EXCLUDED)
        refused = explain("bo@acme.example", Action.OPEN, case.item_id)
        assert refused.ask == "Ask the responsible person, or an admin if there is no active one."
        with pytest.raises(BadInput):
            explain("bo@acme.example", Action.OPEN, uuid.uuid4())


def test_colleagues_are_found_by_name_and_address_within_their_domain(case: Case) -> None:
    house = case.house
    house.recstore.accounts.create_user(
        case.account_id, email="bob@sub.example", name="Bob", admin=False, password=None
    )
    house.deactivate(house.user(case.account_id, "bonnie"))
    furnish(house)  # another account with people of the same names
    search = house.recstore.directory.search
    assert [user.id for user in search(case.ann, " BO")] == [case.bo.user_id]
    assert [user.name for user in search(case.ann, "acme")] == ["Ada", "Bo"]
    house.deactivate(case.ann)
    assert search(case.ann, "bo") == []


def test_attacker_looks_for_people_of_the_same_public_mail_domain(case: Case) -> None:
    for name in ("pat", "pam"):
        address = f"{name}@gmail.com"
        user = case.house.recstore.accounts.create_user(
            case.account_id, email=address, name=name, admin=False, password=None
        )
    pam = case.house.session(case.account_id, user.id)
    assert case.house.recstore.directory.search(pam, "p") == []
