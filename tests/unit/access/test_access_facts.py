"""What rows become in the words of the policy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recstore.access.facts import Facts, ItemFacts, MessageFacts, TieFacts, ViewerFacts, derive
from recstore.model import Kind, Relation, State

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
ACME, ZETA, BO = UUID(int=1), UUID(int=2), UUID(int=3)

USER = ViewerFacts(account_id=ACME, user_id=BO, active=True, admin=False)
GUEST = ViewerFacts(account_id=None, user_id=None, active=False, admin=False)
OPERATOR = ViewerFacts(account_id=None, user_id=BO, active=True, admin=False, operator=True)
ITEM = ItemFacts(
    account_id=ACME,
    kind=Kind.RECORDING,
    has_responsible=True,
    account_auto_share=True,
    vmr_auto_share=True,
    item_auto_share=True,
    download=False,
    processing=False,
    binned_at=None,
    destroyed_at=None,
    held=False,
    restricted=False,
    expires_at=None,
)


def tie(word: str, *, until: datetime | None = None, download: bool = False) -> TieFacts:
    return TieFacts(Relation(word), until, download)


EVERY_TIE = [tie(word) for word in ("responsible", "participant", "shared-with")]


def found(viewer: ViewerFacts, ties: list[TieFacts], item: ItemFacts = ITEM) -> set[str]:
    return {relation.value for relation in derive(viewer, item, ties, now=NOW).relations}


@pytest.mark.parametrize(
    ("viewer", "ties", "expected"),
    [
        pytest.param(USER, [], {"colleague"}, id="a user without ties is a colleague"),
        pytest.param(USER, [tie("participant")], {"participant"}, id="who was there"),
        pytest.param(
            USER, [tie("responsible"), tie("participant")], {"responsible", "participant"}, id="both"
        ),
        pytest.param(USER, [tie("shared-with")], {"shared-with"}, id="who was added"),
        pytest.param(replace(USER, admin=True), [], {"admin"}, id="an admin is no mere colleague"),
        pytest.param(
            replace(USER, admin=True),
            [tie("participant")],
            {"admin", "participant"},
            id="an admin who was there",
        ),
        pytest.param(USER, [*EVERY_TIE, tie("excluded")], {"excluded"}, id="taken out cancels every tie"),
        pytest.param(
            replace(USER, admin=True),
            [tie("participant"), tie("excluded")],
            {"admin", "excluded"},
            id="admin out",
        ),
        pytest.param(
            USER, [tie("shared-with", until=NOW + MOMENT)], {"shared-with"}, id="a moment before its end"
        ),
        pytest.param(USER, [tie("shared-with", until=NOW)], {"colleague"}, id="at its end a share is over"),
        pytest.param(
            USER,
            [tie("shared-with"), tie("excluded", until=NOW)],
            {"shared-with"},
            id="an exclusion that ended cancels nothing",
        ),
        pytest.param(GUEST, EVERY_TIE, {"guest"}, id="a guest is only that"),
        pytest.param(replace(USER, user_id=None), EVERY_TIE, {"guest"}, id="an account alone makes no user"),
        pytest.param(
            replace(USER, active=False, admin=True), EVERY_TIE, {"inactive"}, id="inactive keeps nothing"
        ),
        pytest.param(
            replace(USER, account_id=ZETA, admin=True), EVERY_TIE, {"outsider"}, id="another account"
        ),
        pytest.param(
            replace(USER, account_id=None), EVERY_TIE, {"outsider"}, id="no account is not this account"
        ),
        pytest.param(OPERATOR, EVERY_TIE, {"operator"}, id="an operator has no ties"),
        pytest.param(replace(OPERATOR, user_id=None), [], {"operator"}, id="an operator without a user"),
        pytest.param(
            replace(OPERATOR, consented=True), EVERY_TIE, {"consented"}, id="an operator with a grant"
        ),
        pytest.param(
            replace(OPERATOR, consented=True, active=False), [], {"inactive"}, id="an operator who left"
        ),
        pytest.param(replace(OPERATOR, account_id=ACME, admin=True), EVERY_TIE, {"operator"}, id="two hats"),
    ],
)
def test_relations(viewer: ViewerFacts, ties: list[TieFacts], expected: set[str]) -> None:
    assert found(viewer, ties) == expected


@pytest.mark.parametrize("word", ["admin", "consented", "recipient", "operator", "guest"])
def test_attacker_who_writes_a_row_into_ties_becomes_no_more_than_a_colleague(word: str) -> None:
    assert found(USER, [tie(word)]) == {"colleague"}


def test_attacker_without_operator_account_cannot_use_a_grant() -> None:
    assert found(replace(USER, consented=True), []) == {"colleague"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, {"available", "auto-shared"}, id="fresh"),
        pytest.param({"download": True}, {"available", "auto-shared", "downloadable"}, id="download allowed"),
        pytest.param({"account_auto_share": False}, {"available"}, id="the account says no"),
        pytest.param({"vmr_auto_share": False}, {"available"}, id="the VMR says no"),
        pytest.param({"item_auto_share": False}, {"available"}, id="the item says no"),
        pytest.param({"has_responsible": False}, {"available"}, id="nobody is responsible"),
        pytest.param({"processing": True}, {"available", "auto-shared", "processing"}, id="being prepared"),
        pytest.param({"binned_at": NOW}, {"in-bin", "auto-shared"}, id="in the bin"),
        pytest.param({"destroyed_at": NOW}, {"destroyed", "auto-shared"}, id="destroyed"),
        pytest.param({"held": True}, {"available", "auto-shared", "held"}, id="held"),
        pytest.param({"restricted": True}, {"available", "auto-shared", "restricted"}, id="restricted"),
        pytest.param({"expires_at": NOW + MOMENT}, {"available", "auto-shared"}, id="a moment before expiry"),
        pytest.param({"expires_at": NOW}, {"available", "auto-shared", "expired"}, id="expired"),
    ],
)
def test_states(changes: dict[str, Any], expected: set[str]) -> None:
    facts = derive(USER, replace(ITEM, **changes), [], now=NOW)
    assert {state.value for state in facts.states} == expected


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        pytest.param([tie("shared-with", download=True)], True, id="the share says so"),
        pytest.param([tie("shared-with")], False, id="the share says no"),
        pytest.param([tie("shared-with", download=True, until=NOW)], False, id="the share is over"),
        pytest.param([tie("shared-with", download=True), tie("excluded")], False, id="taken out"),
        pytest.param([tie("participant", download=True)], False, id="only a share can say so"),
        pytest.param([tie("participant", download=True), tie("shared-with")], False, id="not of another tie"),
    ],
)
def test_share_downloadable(ties: list[TieFacts], expected: bool) -> None:
    assert (State.SHARE_DOWNLOADABLE in derive(USER, ITEM, ties, now=NOW).states) is expected


@pytest.mark.parametrize(
    ("message", "recipient"),
    [
        pytest.param(MessageFacts(direct=True, addressed=True, present=True), True, id="addressed directly"),
        pytest.param(MessageFacts(direct=True, addressed=False, present=True), False, id="direct to others"),
        pytest.param(
            MessageFacts(direct=False, addressed=False, present=True), True, id="to everyone, present"
        ),
        pytest.param(
            MessageFacts(direct=False, addressed=False, present=False), False, id="to everyone, away"
        ),
        pytest.param(
            MessageFacts(direct=False, addressed=True, present=False), True, id="sent before leaving"
        ),
    ],
)
def test_messages(message: MessageFacts, recipient: bool) -> None:
    facts = derive(USER, replace(ITEM, kind=Kind.TRANSCRIPT), [], now=NOW, message=message)
    assert facts.kind is Kind.MESSAGE
    assert facts.relations == {Relation.RECIPIENT if recipient else Relation.COLLEAGUE}
    assert (State.DIRECT in facts.states) is message.direct


def test_attacker_of_another_account_is_no_recipient() -> None:
    message = MessageFacts(direct=True, addressed=True, present=True)
    facts = derive(replace(USER, account_id=ZETA), ITEM, EVERY_TIE, now=NOW, message=message)
    assert facts.relations == {Relation.OUTSIDER}


@st.composite
def any_facts(draw: st.DrawFn) -> tuple[ViewerFacts, Facts]:
    times = st.sampled_from([None, NOW - MOMENT, NOW, NOW + MOMENT])
    viewer = draw(
        st.builds(
            ViewerFacts, account_id=st.sampled_from([None, ACME, ZETA]), user_id=st.sampled_from([None, BO])
        )
    )
    item = draw(
        st.builds(
            ItemFacts,
            account_id=st.just(ACME),
            kind=st.sampled_from([Kind.RECORDING, Kind.TRANSCRIPT]),
            binned_at=times,
            destroyed_at=times,
            expires_at=times,
        )
    )
    ties = draw(st.lists(st.builds(TieFacts, relation=st.sampled_from(Relation), until=times), max_size=5))
    message = draw(st.none() | st.builds(MessageFacts))
    return viewer, derive(viewer, item, ties, now=NOW, message=message)


@given(any_facts())
def test_strangers_have_one_relation_and_everybody_has_some(drawn: tuple[ViewerFacts, Facts]) -> None:
    viewer, facts = drawn
    strangers = {Relation.GUEST, Relation.INACTIVE, Relation.OUTSIDER, Relation.OPERATOR, Relation.CONSENTED}
    assert facts.relations
    assert facts.relations.isdisjoint(strangers) or len(facts.relations) == 1
    assert facts.relations <= strangers or (viewer.active and viewer.account_id == ACME)
    assert Relation.COLLEAGUE not in facts.relations or len(facts.relations) == 1


@pytest.mark.parametrize("kind", [Kind.RECORDING, Kind.TRANSCRIPT])
def test_an_item_is_of_its_own_kind(kind: Kind) -> None:
    assert derive(USER, replace(ITEM, kind=kind), [], now=NOW).kind is kind
