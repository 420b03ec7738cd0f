"""Play every story through the second door: the real intake, real rows, and the gate.

Who is a guest or an operator has no way to ask the gate, so nothing is asked for them here.
"""

import pytest

from recstore.access.messages import message_filter
from recstore.catalog import calls
from recstore.errors import NotThere, Refused
from recstore.model import Action, Kind
from tests.core_fixtures import House
from tests.stories.lived_world import LivedWorld
from tests.stories.story import NO_RULE, Story, load_stories

# A transcript's rules are a recording's; those of its messages are told apart.
STORIES = [story for story in load_stories() if story.kind is not Kind.TRANSCRIPT]
Told = tuple[bool, str | None]  # whether it may be done, and by which rule, where the gate says so


def ask(world: LivedWorld, name: str, action: Action) -> Told:
    if world.story.message is not None:
        return may_read(world, name, action), None
    viewer, gate = world.viewers[name], world.house.recstore.gate
    kind = Kind.RECORDING
    try:
        verdict = gate.look(viewer, action, kind=kind, item_id=world.items[kind])
    except Refused as refused:
        return False, refused.rule or NO_RULE
    except NotThere:
        return False, rule_told_of(world, name, action)
    return True, verdict.rule


def rule_told_of(world: LivedWorld, name: str, action: Action) -> str | None:
    """Give the rule by which the explainer says that somebody may not; None where it tells nobody."""
    if not world.is_of_the_owner(name):
        return None
    of, item = world.viewers[name].user_id, world.row(Kind.RECORDING)
    with world.house.catalog.read(world.owner) as tx:
        told = world.house.recstore.explainer.explain_other(tx, of=of, action=action, item=item)
    assert not told.allowed
    return told.rule or NO_RULE


def may_read(world: LivedWorld, name: str, action: Action) -> bool:
    viewer, gate, message = world.viewers[name], world.house.recstore.gate, world.story.message
    assert message is not None
    item = world.row(Kind.TRANSCRIPT)
    with world.house.catalog.read(world.owner) as tx:
        reader = gate.reader(tx, viewer)
        lines = calls.participants_of_user(tx, [item.call_id], viewer.user_id)
        is_readable = message_filter(gate, reader, item, lines, action=action)
    to_everyone = message["to"] == "everyone"
    return is_readable(to_everyone, {message["sender"], *([] if to_everyone else message["to"])})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.name}, {story.kind}")
def test_story(story: Story, story_house: House) -> None:
    world = LivedWorld(story, story_house)
    asked = {name: {action: ask(world, name, action) for action in Action} for name in world.viewers}
    wrong = []
    for name, claim in story.claims.items():
        if name not in asked:
            continue
        got = {action for action, (may, _) in asked[name].items() if may}
        if got != claim.may:
            wrong.append(f"{name} may {sorted(got)}, told {sorted(claim.may)}")
        for action, rule in claim.because.items():
            _, reason = asked[name][action]
            if reason not in (None, rule):
                wrong.append(f"{name} {action}: because {reason}, told {rule}")
    for action, expected in story.who_can.items():
        able = {name for name, told in asked.items() if told[action][0]}
        if able != expected & asked.keys():
            wrong.append(f"who can {action}: {sorted(able)}, told {sorted(expected)}")
    assert wrong == []
