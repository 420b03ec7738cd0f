"""Decisions: the reason given, deny wins, order means nothing, strangers get nothing, threads and reload."""

import logging
import random
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_policy import MODEL, POLICY, RULES

from recstore.access.decision import Allowed, Decider, Denied, Question
from recstore.access.facts import Facts
from recstore.access.policy import Policy, load_policy
from recstore.errors import Misconfigured, RecstoreError
from recstore.model import Action, Kind, Relation, State

DECIDER = Decider(POLICY)

OPEN_STATES = frozenset({State.AVAILABLE, State.AUTO_SHARED})


def ask(
    *relations: Relation, action: Action = Action.OPEN, states: frozenset[State] = OPEN_STATES
) -> Question:
    return Question(Facts(Kind.RECORDING, frozenset(relations), states), action)


def reason(decision: Allowed | Denied) -> tuple[bool, str | None]:
    return isinstance(decision, Allowed), decision.rule.name if decision.rule else None


questions = st.builds(
    Question,
    facts=st.builds(
        Facts,
        kind=st.sampled_from(Kind),
        relations=st.frozensets(st.sampled_from(Relation), min_size=1, max_size=4),
        states=st.frozensets(st.sampled_from(State), max_size=5),
    ),
    action=st.sampled_from(Action),
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(ask(Relation.PARTICIPANT), (True, "participant-opens"), id="a rule allows"),
        pytest.param(ask(Relation.COLLEAGUE), (False, None), id="no rule allows"),
        pytest.param(ask(Relation.GUEST), (False, "guest-never"), id="a rule denies"),
        pytest.param(
            ask(Relation.EXCLUDED, Relation.PARTICIPANT), (False, "excluded-never-opens"), id="deny wins"
        ),
        pytest.param(
            ask(Relation.ADMIN, Relation.PARTICIPANT, Relation.SHARED_WITH),
            (True, "participant-opens"),
            id="the strongest tie is named",
        ),
        pytest.param(
            ask(Relation.ADMIN, Relation.RESPONSIBLE, action=Action.SEE),
            (True, "responsible-uses"),
            id="one's own item before being an admin",
        ),
        pytest.param(
            ask(Relation.OUTSIDER, states=OPEN_STATES | {State.RESTRICTED, State.PROCESSING}),
            (False, "outsider-never"),
            id="who one is before what the item is",
        ),
        pytest.param(
            Question(Facts(Kind.RECORDING, frozenset(), frozenset()), Action.SEE), (False, None), id="nothing"
        ),
    ],
)
def test_decision(question: Question, expected: tuple[bool, str | None]) -> None:
    assert reason(DECIDER.decide(question)) == expected


def test_decision_carries_facts_action_and_line() -> None:
    question = ask(Relation.PARTICIPANT)
    decision = DECIDER.decide(question)
    assert (decision.facts, decision.action) == (question.facts, question.action)
    assert decision.rule is not None
    assert RULES.splitlines()[decision.rule.line - 1].startswith("p, participant-opens, ")


@settings(max_examples=60, deadline=None)
@given(questions, st.randoms(use_true_random=False))
def test_order_of_the_rows_never_matters(question: Question, chance: random.Random) -> None:
    lines = RULES.splitlines(keepends=True)
    chance.shuffle(lines)
    shuffled = Decider(load_policy(model=MODEL, rules="".join(lines)))
    assert reason(shuffled.decide(question)) == reason(DECIDER.decide(question))


@settings(max_examples=60, deadline=None)
@given(questions)
def test_an_allowing_rule_more_never_takes_a_denial_away(question: Question) -> None:
    extra = "".join(
        f"p, extra-{relation}, {relation}, any, see and open and download and share, held, allow\n"
        for relation in (Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.RESPONSIBLE, Relation.ADMIN)
    )
    before, after = (
        reason(decider.decide(question))
        for decider in (DECIDER, Decider(load_policy(model=MODEL, rules=RULES + extra)))
    )
    if before[1] is not None and not before[0]:
        assert after == before


@settings(max_examples=200, deadline=None)
@given(questions)
def test_excluded_never_opens(question: Question) -> None:
    facts = Facts(question.facts.kind, question.facts.relations | {Relation.EXCLUDED}, question.facts.states)
    for action in (Action.OPEN, Action.DOWNLOAD):
        assert isinstance(DECIDER.decide(Question(facts, action)), Denied)


@pytest.mark.parametrize(
    "stranger", [Relation.GUEST, Relation.OUTSIDER, Relation.INACTIVE, Relation.OPERATOR]
)
@settings(max_examples=50, deadline=None)
@given(question=questions)
def test_strangers_never_get_anything_whatever_else_they_are(stranger: Relation, question: Question) -> None:
    facts = Facts(question.facts.kind, question.facts.relations | {stranger}, question.facts.states)
    assert isinstance(DECIDER.decide(Question(facts, question.action)), Denied)


@settings(max_examples=200, deadline=None)
@given(questions)
def test_relations_for_lists_miss_nobody(question: Question) -> None:
    decision = DECIDER.decide(question)
    if isinstance(decision, Allowed):
        assert question.facts.relations & POLICY.relations_for(question.facts.kind, question.action)


@settings(max_examples=100, deadline=None)
@given(questions)
def test_remembered_equals_fresh(question: Question) -> None:
    first = DECIDER.decide(question)
    assert DECIDER.decide(question) is first
    assert Decider(POLICY).decide(question) == first


def test_eight_threads_with_policies_swapped_between_never_err() -> None:
    other = load_policy(model=MODEL, rules=RULES.replace("p, excluded-never-opens", "p, taken-out"))
    asked = [
        Question(Facts(kind, frozenset(pair), states), action)
        for kind in (Kind.RECORDING, Kind.MESSAGE)
        for pair in pairwise(Relation)
        for states in (OPEN_STATES, OPEN_STATES | {State.HELD, State.DIRECT})
        for action in Action
    ]
    right = {
        policy.version: {one: reason(Decider(policy).decide(one)) for one in asked[::7]}
        for policy in (POLICY, other)
    }
    held = [Decider(POLICY)]
    wrong: list[object] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(2500):
                decider = held[0]
                question = chance.choice(asked[::7])
                got = reason(decider.decide(question))
                if got != right[decider.policy.version][question]:
                    wrong.append((question, got))
        except Exception as error:  # noqa: BLE001 - an error in a thread must fail the test
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        held[0] = Decider(other if turn % 2 else POLICY)
    for thread in threads:
        thread.join()
    assert wrong == []


def test_several_engines_in_several_threads_evaluate_one_at_a_time() -> None:
    asked = [ask(relation, action=action) for relation in Relation for action in Action]
    failed: list[BaseException] = []

    def evaluate() -> None:
        try:
            for decider in (Decider(POLICY), Decider(POLICY)):
                for question in asked:
                    decider.decide(question)
        except BaseException as error:  # noqa: BLE001 - an error in a thread must fail the test
            failed.append(error)

    threads = [threading.Thread(target=evaluate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_attacker_reading_the_log_learns_nothing_from_refusals(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("casbin.enforcer", "casbin.policy", "casbin.role"):
        logging.getLogger(name).disabled = False  # as another library's logging set-up would
    with caplog.at_level(logging.DEBUG):
        decider = Decider(POLICY)
        caplog.clear()  # the engine tells of its model when it is built, which is no secret
        decider.decide(ask(Relation.GUEST))
        decider.decide(ask(Relation.PARTICIPANT))
    assert caplog.records == []


def test_engine_that_gives_a_foreign_reason_is_not_believed() -> None:
    decider = Decider(POLICY)
    decider._enforcer.add_policy("backdoor", "anyone", "any", "anything", "always", "allow")
    with pytest.raises(RecstoreError, match="a reason that the policy does not contain"):
        decider.decide(ask(Relation.COLLEAGUE))


def test_engine_that_answers_against_its_reason_is_not_believed() -> None:
    decider = Decider(POLICY)
    rule = next(rule for rule in POLICY.rules if rule.name == "guest-never")
    decider._enforcer.enforce_ex = lambda *_: (True, list(rule.cells))
    with pytest.raises(RecstoreError):
        decider.decide(ask(Relation.GUEST))


def test_engine_that_allows_without_a_reason_is_not_believed() -> None:
    decider = Decider(POLICY)
    decider._enforcer.enabled = False  # casbin then allows everything
    with pytest.raises(RecstoreError):
        decider.decide(ask(Relation.GUEST))


def test_engine_that_drops_a_rule_refuses_to_start() -> None:
    twice = Policy(model=MODEL, rules=(*POLICY.rules, POLICY.rules[0]), version="")
    with pytest.raises(Misconfigured, match="does not hold the rules"):
        Decider(twice)
