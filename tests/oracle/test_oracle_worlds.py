"""The generated worlds hold what matters: every relation, action and state comes about in them."""

from collections import Counter
from functools import cache

import pytest

from tests.oracle.oracle import EVERYTHING, Oracle
from tests.oracle.worlds import GUEST, OPERATORS, Teller

WORLDS = 15
RELATIONS = {
    "responsible", "participant", "shared-with", "excluded", "admin", "consented", "colleague",
    "inactive", "outsider", "guest", "operator",
}  # fmt: skip
EVENTS = (
    "share", "exclude", "withdraw", "appoint", "edit", "bin", "restore", "switch", "room", "apply", "call",
    "record", "chat",
)  # fmt: skip
STATES = {"closed", "binned", "destroyed", "held", "restricted", "processing", "download"}


@cache
def seen() -> Counter[str]:
    """Count, after every event of some worlds, what is so; and how many events were done and refused."""
    counted: Counter[str] = Counter()
    for seed in range(WORLDS):
        oracle = Oracle()
        for event in Teller(seed).tell(80):
            counted[f"{event['do']} {'done' if oracle.apply(event) else 'refused'}"] += 1
        for name, item in oracle.items.items():
            counted.update(state for state in STATES if item[state])
            counted["expired"] += item["expires"] is not None and item["expires"] <= oracle.now
            for viewer in [*oracle.left, GUEST, *OPERATORS]:
                counted.update(f"is {relation}" for relation in oracle.relations(viewer, name))
                counted.update(f"may {action}" for action in oracle.may(viewer, name))
    return counted


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_relation_comes_about(relation: str) -> None:
    assert seen()[f"is {relation}"] > 0


@pytest.mark.parametrize("action", sorted(EVERYTHING))
def test_action_is_allowed_to_somebody(action: str) -> None:
    assert seen()[f"may {action}"] > 0


@pytest.mark.parametrize("state", sorted(STATES | {"expired"}))
def test_state_comes_about(state: str) -> None:
    assert seen()[state] > 0


@pytest.mark.parametrize("event", EVENTS)
def test_event_is_done_and_also_refused(event: str) -> None:
    assert seen()[f"{event} done"] > 0
    assert seen()[f"{event} refused"] > 0
