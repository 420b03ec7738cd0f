"""Whomever a refusal names can do what was asked, or give it, by the policy."""

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest
from shipped_policy import POLICY

from recstore.access.decision import Allowed, Decider, Denied, Question
from recstore.access.facts import Facts
from recstore.access.words import whom_to_ask
from recstore.model import Action, Kind, Relation, State

DECIDER = Decider(POLICY)
TIES = (Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.EXCLUDED, Relation.RESPONSIBLE, Relation.ADMIN)
SWITCHES = (State.AUTO_SHARED, State.DOWNLOADABLE, State.SHARE_DOWNLOADABLE, State.HELD, State.RESTRICTED)

# What an admin does about these is no action on an item: they register and activate people, and answer for
# restrictions and retention.
OF_THE_ACCOUNT = {"guest-never", "inactive-never", "operator-never", "restricted-item", "expired-item"}
# What the viewer is told to do themselves.
OWN_STEPS = {
    "Restore it first.": Action.RESTORE,
    "Move it to the bin first.": Action.BIN,
    "Use review, and give the reason.": Action.REVIEW,
    "Name a responsible person; it may be you.": Action.APPOINT,
}
# What sends nobody to anybody who would have to be able to do it.
NO_PARTY = {
    "Ask its sender.",
    "Try again in a while.",
    "Nobody can change that; ask the people who were in the call.",
}


def may(relations: frozenset[Relation], states: frozenset[State], action: Action) -> bool:
    return isinstance(DECIDER.decide(Question(Facts(Kind.RECORDING, relations, states), action)), Allowed)


def made_by(who: Relation, states: frozenset[State]) -> Iterator[frozenset[State]]:
    """Give the states that somebody can bring an item into: their hold lifted, restored, or binned."""
    relations = frozenset({who})
    if State.HELD in states and may(relations, states, Action.HOLD):
        states -= {State.HELD}
    yield states
    if may(relations, states, Action.RESTORE):
        yield states - {State.IN_BIN} | {State.AVAILABLE}
    if may(relations, states, Action.BIN):
        yield states - {State.AVAILABLE} | {State.IN_BIN}


def can_help(who: Relation, viewer: frozenset[Relation], states: frozenset[State], action: Action) -> bool:
    """Say whether they may do it, bring the viewer to it, share it so, or name somebody who can help."""
    relations, shared = frozenset({who}), frozenset({Relation.SHARED_WITH})
    return any(
        may(relations, made, action)
        or may(viewer, made, action)
        or (may(relations, made, Action.SHARE) and may(shared, made | {State.SHARE_DOWNLOADABLE}, action))
        or (may(relations, made, Action.APPOINT) and can_help(Relation.RESPONSIBLE, viewer, made, action))
        for made in made_by(who, states)
    )


def every_facts() -> Iterator[Facts]:
    ties = chain(([relation] for relation in Relation), combinations(TIES, 2), combinations(TIES, 3))
    for relations, place, *on in product(
        list(ties), (State.AVAILABLE, State.IN_BIN), *[(False, True)] * len(SWITCHES)
    ):
        states = {state for state, is_on in zip(SWITCHES, on, strict=True) if is_on}
        yield Facts(Kind.RECORDING, frozenset(relations), frozenset(states | {place}))


def missteps(decision: Denied) -> Iterator[str]:
    """Give what is wrong with whom a refusal sends to. A restriction in the way has words of its own."""
    facts, ask = decision.facts, whom_to_ask(decision)
    states = facts.states - {State.RESTRICTED}
    if ask is None or ask in NO_PARTY:
        return
    if ask in OWN_STEPS:
        if not may(facts.relations, facts.states, OWN_STEPS[ask]):
            yield f"they may not {OWN_STEPS[ask]}"
        return
    named = [
        who
        for who, words in ((Relation.RESPONSIBLE, "the responsible"), (Relation.ADMIN, "an admin"))
        if words in ask
    ]
    if not named:
        yield f"nobody is named: {ask}"
    if decision.rule is None or decision.rule.name not in OF_THE_ACCOUNT:
        helped = {who for who in named if can_help(who, facts.relations, states, decision.action)}
        yield from (f"{who} cannot help" for who in named if who not in helped)


@pytest.mark.parametrize("action", Action)
def test_whoever_a_refusal_names_can_do_it_or_give_it(action: Action) -> None:
    wrong = set()
    for facts in every_facts():
        decision = DECIDER.decide(Question(facts, action))
        if isinstance(decision, Denied):
            told = f"{sorted(facts.relations)} {sorted(facts.states)}: {whom_to_ask(decision)}"
            wrong |= {f"{told} {step}" for step in missteps(decision)}
    assert sorted(wrong) == []
