"""The rules of policy.csv in Cedar's language, so that Cedar answers recstore's questions.

Every rule becomes one policy: who, kind and states are compared in its condition, the actions in its head. In
Cedar too a `forbid` beats every `permit`, and what no policy permits is refused.
"""

from collections.abc import Iterable

import cedarpy

from recstore.access.decision import Question
from recstore.access.grammar import Effect, Rule
from recstore.access.policy import Policy

SOMEBODY = {"type": "User", "id": "somebody"}
SOMETHING = {"type": "Item", "id": "something"}
Asked = dict[str, object]


class Cedar:
    """Answer questions by the translated rules; parsed once, as Cedar's own users do."""

    def __init__(self, policy: Policy) -> None:
        self.policies = cedarpy.PolicySet.from_str("\n".join(map(translate, policy.rules)))
        self.entities = cedarpy.Entities.from_json_str("[]")

    def allows(self, asked: Asked) -> bool:
        """Answer what `ask` made."""
        answer = cedarpy.is_authorized(asked, self.policies, self.entities)
        if answer.diagnostics.errors:
            raise RuntimeError(f"Cedar could not judge: {answer.diagnostics.errors}")
        return answer.allowed


def translate(rule: Rule) -> str:
    """Write a rule as a Cedar policy."""
    effect = "permit" if rule.effect is Effect.ALLOW else "forbid"
    actions = ", ".join(f'Action::"{action}"' for action in sorted(rule.actions))
    named = f"context.relations.containsAny({words(rule.who.named)})"
    conditions = [
        f"!{named}" if rule.who.everyone else named,
        f"{words(rule.kinds)}.contains(context.kind)",
        f"context.states.containsAll({words(rule.when)})",
    ]
    return f"{effect} (principal, action in [{actions}], resource) when {{ {' && '.join(conditions)} }};"


def words(found: Iterable[str]) -> str:
    """Write words as a set of Cedar's."""
    return "[" + ", ".join(f'"{word}"' for word in sorted(found)) + "]"


def ask(question: Question) -> Asked:
    """Write a question as Cedar takes it."""
    facts = question.facts
    return {
        "principal": SOMEBODY,
        "action": {"type": "Action", "id": question.action.value},
        "resource": SOMETHING,
        "context": {
            "relations": sorted(facts.relations),
            "kind": facts.kind.value,
            "states": sorted(facts.states),
        },
    }
