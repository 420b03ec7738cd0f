"""Every fact has its sentence, and a right is said to last as long as what gives it."""

import re

import pytest
from shipped_policy import POLICY

from recstore.access import fact_words
from recstore.access.decision import Decider, Question
from recstore.access.facts import Facts
from recstore.model import Action, Kind, Relation, State

DECIDER = Decider(POLICY)
OPEN = frozenset({State.AVAILABLE, State.AUTO_SHARED})


@pytest.mark.parametrize("kind", Kind)
def test_every_word_of_the_vocabulary_has_its_sentence(kind: Kind) -> None:
    everything = Facts(kind, frozenset(Relation), frozenset(State))
    told = fact_words.tell_facts(everything)
    assert len(told) == len(set(told)) == len(Relation) + len(State)
    assert all(re.fullmatch(r"[A-Z][^{}]+\.", sentence) for sentence in told)
    assert set(fact_words.ACTIONS) == set(Action)


def test_ties_come_first_then_states_each_in_the_order_of_the_vocabulary() -> None:
    facts = Facts(Kind.RECORDING, frozenset({Relation.ADMIN, Relation.PARTICIPANT}), OPEN)
    assert fact_words.tell_facts(facts) == [
        "You were in this call, signed in as a user of this account.",
        "You are an active admin of the account.",
        "The recording is available: neither in the bin nor destroyed.",
        "The recording is shared with everybody of the account who was in the call.",
    ]


@pytest.mark.parametrize(
    ("relations", "action", "lasts"),
    [
        pytest.param({Relation.RESPONSIBLE}, Action.SEE, "As long as you are responsible", id="responsible"),
        pytest.param({Relation.PARTICIPANT}, Action.OPEN, "As long as it is shared with", id="was there"),
        pytest.param({Relation.SHARED_WITH}, Action.OPEN, "Until the responsible", id="shared with"),
        pytest.param({Relation.ADMIN}, Action.REVIEW, "As long as you are an admin", id="admin"),
        pytest.param({Relation.ADMIN, Relation.PARTICIPANT}, Action.OPEN, "As long as it is", id="both"),
        pytest.param({Relation.CONSENTED}, Action.SUPPORT, "As long as what stands", id="by another rule"),
        pytest.param({Relation.ADMIN}, Action.OPEN, None, id="what is not allowed lasts not at all"),
        pytest.param({Relation.COLLEAGUE}, Action.SEE, None, id="nor what was never given"),
    ],
)
def test_how_long_a_right_lasts(relations: set[Relation], action: Action, lasts: str | None) -> None:
    facts = Facts(Kind.RECORDING, frozenset(relations), OPEN)
    told = fact_words.how_long(DECIDER.decide(Question(facts, action)))
    assert told == lasts if lasts is None else str(told).startswith(lasts)
