"""Play every story through the first door: facts and decision, in memory."""

import pytest
from simulated_world import World
from story import NO_RULE, POLICIES, Story, load_stories

from recstore.access.decision import Allowed, Decider, Question
from recstore.access.policy import load_policy
from recstore.model import Action

STORIES = load_stories()
DECIDER = Decider(
    load_policy(
        model=(POLICIES / "model.conf").read_bytes().decode(),
        rules=(POLICIES / "policy.csv").read_bytes().decode(),
    )
)


def play(story: Story, decider: Decider) -> list[str]:
    """Give every difference between what the story tells and what is decided."""
    world = World(story)
    decided = {
        (name, action): decider.decide(Question(world.facts_of(name), action))
        for name in world.people
        for action in Action
    }
    may = {asked for asked, decision in decided.items() if isinstance(decision, Allowed)}
    wrong = []
    for name, claim in story.claims.items():
        got = {action for who, action in may if who == name}
        if got != claim.may:
            wrong.append(f"{name} may {sorted(got)}, told {sorted(claim.may)}")
        for action, rule in claim.because.items():
            decision = decided[name, action]
            reason = decision.rule.name if decision.rule else NO_RULE
            if reason != rule:
                wrong.append(f"{name} {action}: because {reason}, told {rule}")
    for action, people in story.who_can.items():
        able = {who for who, done in may if done is action}
        if able != people:
            wrong.append(f"who can {action}: {sorted(able)}, told {sorted(people)}")
    return wrong


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.name}, {story.kind}")
def test_story(story: Story) -> None:
    assert play(story, DECIDER) == []
