"""No word is idle: every relation, state, action, rule and event is used by a story, or the build fails."""

import re
from collections.abc import Collection

import pytest

from recstore.access.policy import load_policy
from recstore.model import Action, Relation, State
from tests.stories.simulated_world import World
from tests.stories.story import NO_RULE, POLICIES, Story, load_stories

STORIES = load_stories()
POLICY = load_policy(
    model=(POLICIES / "model.conf").read_bytes().decode(),
    rules=(POLICIES / "policy.csv").read_bytes().decode(),
)


def words_of(story: Story) -> set[str]:
    """Give the words that a story uses: each is named with what it is a word for."""
    world = World(story)
    facts = [world.facts_of(name) for name in world.people]
    reasons = [claim.because for claim in story.claims.values()]
    return {
        *(f"relation {relation}" for one in facts for relation in one.relations),
        *(f"state {state}" for one in facts for state in one.states),
        *(f"action {action}" for because in reasons for action in because),
        *(f"rule {rule}" for because in reasons for rule in because.values()),
        *(f"event {next(iter(event))}" for event in story.since),
        f"kind {story.kind}",
    }


def events_explained() -> set[str]:
    """Give the events that the README explains: the first word in each pair of backticks of its table."""
    table = (POLICIES / "README.md").read_text().partition("| in `since` | means |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    return {word for row in rows for word in re.findall(r"`(\w+)", row)} - {"until", "download"}


VOCABULARY = {
    *(f"relation {relation}" for relation in Relation),
    *(f"state {state}" for state in State),
    *(f"action {action}" for action in Action),
    *(f"rule {rule}" for rule in [*(rule.name for rule in POLICY.rules), NO_RULE]),
    *(f"event {word}" for word in events_explained()),
    *(f"kind {kind}" for kind in ("recording", "transcript", "message")),
}
USED = {(story.name, story.kind): words_of(story) for story in STORIES}


def find_idle(used: Collection[set[str]]) -> set[str]:
    return VOCABULARY - set().union(*used)


def test_every_word_is_used_by_a_story() -> None:
    assert find_idle(USED.values()) == set()


def test_every_word_that_a_story_uses_is_explained() -> None:
    assert set().union(*USED.values()) - VOCABULARY == set()


@pytest.mark.parametrize("word", sorted(VOCABULARY))
def test_a_word_whose_stories_were_lost_is_found_idle(word: str) -> None:
    """The check itself: without the stories that use it, it is named."""
    assert word in find_idle([words for words in USED.values() if word not in words])


def test_a_rule_that_no_story_tells_of_is_found_idle() -> None:
    spare = "p, spare-rule, colleague, any, see, held, allow\n"
    rules = (POLICIES / "policy.csv").read_text() + spare
    policy = load_policy(model=(POLICIES / "model.conf").read_text(), rules=rules)
    named = {f"rule {rule.name}" for rule in policy.rules}
    assert named - set().union(*USED.values()) == {"rule spare-rule"}


def test_every_story_says_who_can_see_and_open() -> None:
    assert [story.name for story in STORIES if not {Action.SEE, Action.OPEN} <= story.who_can.keys()] == []
