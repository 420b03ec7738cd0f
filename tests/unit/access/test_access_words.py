"""Every decision has its words, and they speak of the right thing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_policy import MODEL, POLICY, RULES

from recstore.access.decision import Decider, Question
from recstore.access.facts import Facts
from recstore.access.policy import load_policy
from recstore.access.words import OF_RULES, deciding_relation, explain, explain_other
from recstore.model import Action, Kind, Relation, State

DECIDER = Decider(POLICY)
OPEN = frozenset({State.AVAILABLE, State.AUTO_SHARED})
BINNED = frozenset({State.IN_BIN})


def tell(
    relations: set[Relation], action: Action, states: frozenset[State] = OPEN, kind: Kind = Kind.RECORDING
) -> str:
    return explain(DECIDER.decide(Question(Facts(kind, frozenset(relations), states), action)))


def test_every_rule_has_words_and_no_words_are_spare() -> None:
    assert set(OF_RULES) == {rule.name for rule in POLICY.rules}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(tell({Relation.PARTICIPANT}, Action.OPEN), "You were in this call", id="who was there"),
        pytest.param(
            tell({Relation.SHARED_WITH}, Action.OPEN, kind=Kind.TRANSCRIPT),
            "The responsible person shared this transcript with you.",
            id="the kind is named",
        ),
        pytest.param(
            tell({Relation.COLLEAGUE}, Action.OPEN),
            "You were not in this call, and nobody shared its recording with you. Ask the responsible",
            id="a colleague is told whom to ask",
        ),
        pytest.param(
            tell({Relation.EXCLUDED}, Action.SEE), "took you out. Ask the responsible", id="taken out, see"
        ),
        pytest.param(
            tell({Relation.EXCLUDED}, Action.OPEN), "took you out. Ask the responsible", id="taken out, open"
        ),
        pytest.param(
            tell({Relation.PARTICIPANT}, Action.OPEN, frozenset({State.AVAILABLE})),
            "not shared with everybody who was. Ask the responsible person, or an admin if",
            id="auto-share off",
        ),
        pytest.param(tell({Relation.PARTICIPANT}, Action.DOWNLOAD), "downloads are off", id="download"),
        pytest.param(
            tell({Relation.SHARED_WITH}, Action.DOWNLOAD),
            "shared with you without that",
            id="no download given",
        ),
        pytest.param(
            tell({Relation.PARTICIPANT, Relation.ADMIN}, Action.DOWNLOAD),
            "downloads are off",
            id="admin there",
        ),
        pytest.param(
            tell({Relation.PARTICIPANT}, Action.DOWNLOAD, frozenset({State.AVAILABLE})),
            "not shared with everybody",
            id="download, auto-share off",
        ),
        pytest.param(
            tell({Relation.PARTICIPANT}, Action.HOLD), "Ask an admin", id="an admin's, of a participant"
        ),
        pytest.param(
            tell({Relation.PARTICIPANT}, Action.BIN), "Only the responsible person or an admin", id="bin"
        ),
        pytest.param(
            tell({Relation.SHARED_WITH}, Action.OPEN, BINNED), "in the bin. Ask the resp", id="in the bin"
        ),
        pytest.param(
            tell({Relation.PARTICIPANT}, Action.SHARE), "Only the responsible person changes", id="share"
        ),
        pytest.param(
            tell({Relation.RESPONSIBLE}, Action.OPEN, BINNED), "Restore it first", id="own, in the bin"
        ),
        pytest.param(
            tell({Relation.RESPONSIBLE}, Action.RESTORE), "is not in the bin", id="nothing to restore"
        ),
        pytest.param(tell({Relation.RESPONSIBLE}, Action.EXPORT), "Only an admin", id="an admin's task"),
        pytest.param(
            tell({Relation.ADMIN}, Action.OPEN), "Use review, and give the reason", id="admin, open"
        ),
        pytest.param(tell({Relation.ADMIN}, Action.SHARE), "Name a responsible person", id="admin, share"),
        pytest.param(tell({Relation.ADMIN}, Action.DESTROY), "Move it to the bin first", id="admin, destroy"),
        pytest.param(tell({Relation.ADMIN}, Action.SUPPORT), "Only an operator", id="admin, support"),
        pytest.param(tell({Relation.GUEST}, Action.OPEN), "register you", id="guest"),
        pytest.param(tell({Relation.OUTSIDER}, Action.OPEN), "belongs to another account", id="outsider"),
        pytest.param(
            tell({Relation.CONSENTED}, Action.OPEN), "consented to support, and", id="operator, open"
        ),
    ],
)
def test_words(told: str, expected: str) -> None:
    assert expected in told


def test_words_about_somebody_else_go_on_after_their_name() -> None:
    question = Question(Facts(Kind.RECORDING, frozenset({Relation.PARTICIPANT}), OPEN), Action.OPEN)
    assert explain_other(DECIDER.decide(question)) == "was in the call"


@pytest.mark.parametrize(
    ("relations", "states", "through"),
    [
        pytest.param(
            {Relation.PARTICIPANT, Relation.ADMIN}, OPEN, Relation.PARTICIPANT, id="the strongest tie"
        ),
        pytest.param(
            {Relation.PARTICIPANT, Relation.ADMIN},
            frozenset({State.AVAILABLE}),
            Relation.ADMIN,
            id="the tie that counts, where a stronger one does not",
        ),
        pytest.param(
            {Relation.EXCLUDED, Relation.ADMIN}, OPEN, Relation.ADMIN, id="an admin who was taken out"
        ),
        pytest.param({Relation.EXCLUDED}, OPEN, Relation.EXCLUDED, id="taken out"),
        pytest.param({Relation.GUEST}, OPEN, Relation.GUEST, id="a rule that denies names its own"),
        pytest.param(
            {Relation.PARTICIPANT},
            frozenset({State.RESTRICTED}),
            Relation.PARTICIPANT,
            id="a rule about everybody names nobody's tie",
        ),
    ],
)
def test_the_tie_that_decides(relations: set[Relation], states: frozenset[State], through: Relation) -> None:
    question = Question(Facts(Kind.RECORDING, frozenset(relations), states), Action.SEE)
    assert deciding_relation(DECIDER.decide(question)) is through


def test_rule_of_a_changed_policy_is_explained_in_general() -> None:
    own = Decider(load_policy(model=MODEL, rules=RULES.replace("guest-never", "no-guests")))
    question = Question(Facts(Kind.RECORDING, frozenset({Relation.GUEST}), OPEN), Action.OPEN)
    assert explain(own.decide(question)).startswith("A rule of this service's own policy")


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Facts,
        kind=st.sampled_from(Kind),
        relations=st.frozensets(st.sampled_from(Relation), max_size=3),
        states=st.frozensets(st.sampled_from(State), max_size=4),
    ),
    st.sampled_from(Action),
)
def test_everything_can_be_explained(facts: Facts, action: Action) -> None:
    decision = DECIDER.decide(Question(facts, action))
    assert re.fullmatch(r"[A-Z][^{}]+\.( [^{}]+\.)?", explain(decision))
    assert re.fullmatch(r"[a-z][^{}.]+", explain_other(decision))
