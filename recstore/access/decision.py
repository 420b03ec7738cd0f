"""Decide one question by the policy: `Allowed` or `Denied`, with the deciding rule. The only home of casbin.

No I/O. A `Decider` never changes: to reload, build another from the new policy and assign it where the old
one was held. Questions already being decided finish under the policy with which they began.
"""

import logging
from dataclasses import dataclass
from functools import cache
from threading import Lock

import casbin

from recstore.access import grammar
from recstore.access.facts import Facts
from recstore.access.grammar import Effect, Rule
from recstore.access.policy import Policy
from recstore.errors import Misconfigured, RecstoreError
from recstore.model import Action, Kind, Relation, State


@dataclass(frozen=True, slots=True)
class Question:
    """Ask whether a viewer with these facts may do this."""

    facts: Facts
    action: Action


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes: `rule` allows it and no rule denies it."""

    rule: Rule
    facts: Facts
    action: Action


@dataclass(frozen=True, slots=True)
class Denied:
    """No: `rule` denies it, or, when None, no rule allows it."""

    rule: Rule | None
    facts: Facts
    action: Action


Decision = Allowed | Denied

# casbin parses its matcher at every evaluation, and Python 3.11's parser fails when two threads are in it. So
# the lock is one for the process: while a policy is swapped, the old and the new engine are both at work.
ONE_AT_A_TIME = Lock()


class Decider:
    """Answer questions by one policy, from as many threads as like."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._rules = {rule.cells: rule for rule in policy.rules}
        self._enforcer = _build_enforcer(policy)
        # Few combinations of the finite words occur: this stays small.
        self._decided: dict[Question, Decision] = {}

    def decide(self, question: Question) -> Decision:
        """Answer `question`. The same question always has the same answer."""
        decided = self._decided.get(question)
        if decided is None:
            with ONE_AT_A_TIME:
                decided = self._decided[question] = self._ask(question)
        return decided

    def _ask(self, question: Question) -> Decision:
        facts, action = question.facts, question.action
        allowed, cells = self._enforcer.enforce_ex(facts.relations, facts.kind, action, facts.states)
        if not cells and not allowed:
            return Denied(rule=None, facts=facts, action=action)
        rule = self._rules.get(tuple(cells))
        if rule is None or (rule.effect is Effect.ALLOW) is not allowed:
            raise RecstoreError("the policy engine gave a reason that the policy does not contain")
        return (Allowed if allowed else Denied)(rule, facts, action)


def _build_enforcer(policy: Policy) -> casbin.Enforcer:
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=policy.model))
    # casbin logs the values of every refused question; a logger that is registered nowhere writes nothing.
    enforcer.logger = logging.Logger("casbin, silent", level=logging.CRITICAL + 1)
    for matcher in (who_fits, kind_fits, action_fits, when_fits):
        enforcer.add_function(matcher.__name__, matcher)
    rows = [list(rule.cells) for rule in sorted(policy.rules, key=_precedence)]
    enforcer.add_policies(rows)
    if enforcer.get_policy() != rows:
        raise Misconfigured("the policy engine does not hold the rules that policy.csv states")
    return enforcer


def _precedence(rule: Rule) -> tuple[bool, bool, int, str]:
    """Order rules for the engine, so that its choice of the deciding rule does not hang on the file's order.

    Of several that fit, casbin names the first that denies, else the last that allows. So the denying come in
    the order of explanations (a viewer's own relation first), the allowing in the reverse: the strongest tie
    is named.
    """
    strength = min((list(Relation).index(relation) for relation in rule.who.named), default=len(Relation))
    denies = rule.effect is Effect.DENY
    return denies, rule.who.everyone, strength if denies else -strength, rule.name


def who_fits(relations: frozenset[Relation], cell: str) -> bool:
    """Say whether the rule speaks of a viewer with these relations."""
    return _read_who(cell).fits(relations)


def kind_fits(kind: Kind, cell: str) -> bool:
    """Say whether the rule speaks of this kind."""
    return kind in _read_kinds(cell)


def action_fits(action: Action, cell: str) -> bool:
    """Say whether the rule speaks of this action."""
    return action in _read_actions(cell)


def when_fits(states: frozenset[State], cell: str) -> bool:
    """Say whether all that the rule needs to be true is true."""
    return _read_when(cell) <= states


# The cells of checked rules are few; each is read once.
_read_who = cache(grammar.read_who)
_read_kinds = cache(grammar.read_kinds)
_read_actions = cache(grammar.read_actions)
_read_when = cache(grammar.read_when)
