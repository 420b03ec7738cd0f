"""Play every story through the third door: the HTTP API, with sessions, by really trying each action.

An operator has a session of their own, for support alone; a guest has none and is turned away at once.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from apiflask import APIFlask

from recstore.model import Action, Kind
from tests.core_fixtures import House
from tests.stories.http_door import NO_ROUTE, TRIES, Door, is_let_in
from tests.stories.lived_world import LivedWorld
from tests.stories.story import NO_RULE, Story, load_stories
from tests.web.documented import documented
from web.app import create_app

# One world for the tellings of one story: about the recording and about the transcript, or about a message.
STORIES = [list(told) for _, told in groupby(load_stories(), key=lambda story: story.name)]


@pytest.fixture(scope="module")
def app(story_house: House) -> Iterator[APIFlask]:
    return documented(create_app(story_house.recstore))


@pytest.mark.parametrize("tellings", STORIES, ids=lambda tellings: tellings[0].name)
def test_story(tellings: list[Story], story_house: House, app: APIFlask) -> None:
    door = Door(LivedWorld(tellings[0], story_house), app)
    wrong = []
    for story in tellings:
        compare = compare_message if story.message else compare_item
        wrong += [f"{story.kind}: {words}" for words in compare(story, door)]
    assert wrong == []


def compare_item(story: Story, door: Door) -> Iterator[str]:
    """Give every difference between what a story tells of an item and what the API answers."""
    kind = story.kind
    mine = {name: my_actions(door, name, kind) for name in door.browsers}
    for name, claim in story.claims.items():
        if name not in mine:
            continue
        if mine[name] != claim.may:
            yield f"{name}: my.actions {sorted(mine[name])}, told {sorted(claim.may)}"
        for action in TRIES:
            yield from compare_try(door, name, kind, action, may=claim.may)
        yield from compare_reasons(story, door, name)
    yield from compare_people(story, door, mine)
    yield from compare_access(story, door)


def compare_people(story: Story, door: Door, mine: dict[str, set[Action]]) -> Iterator[str]:
    """Compare who can with what each person of the cast is told, is listed, and gets when they try."""
    kind = story.kind
    for action, expected in story.who_can.items():
        able = {name for name, actions in mine.items() if action in actions}
        if able != expected & mine.keys():
            yield f"who can {action}: {sorted(able)}, told {sorted(expected)}"
        if action is Action.OPEN:
            tried = {name for name in mine if is_let_in(action, door.try_out(name, kind, action))}
            if tried != able:
                yield f"who can {action}: {sorted(tried)} when tried, {sorted(able)} by my.actions"
    listed = {name for name in mine if door.is_listed(name, kind)}
    if listed != story.who_can[Action.SEE] & mine.keys():
        yield f"listed to {sorted(listed)}, told {sorted(story.who_can[Action.SEE])}"


def my_actions(door: Door, name: str, kind: Kind) -> set[Action]:
    if name in door.world.operators:
        may = is_let_in(Action.SUPPORT, door.try_out(name, kind, Action.SUPPORT))
        return {Action.SUPPORT} if may else set()
    answer = door.details(name, kind)
    if answer.status_code == 200:
        return {Action(action) for action in answer.json["my"]["actions"]}
    assert answer.status_code == (404 if door.is_known(name, Action.SEE) else 401)
    return set()


def compare_try(
    door: Door, name: str, kind: Kind, action: Action, *, may: frozenset[Action]
) -> Iterator[str]:
    """Give a difference when doing it is not answered as the rules say: with the very status."""
    answer = door.try_out(name, kind, action)
    if is_let_in(action, answer) != (action in may):
        yield f"{name} {action}: answered {answer.status_code}, told {sorted(may)}"
    elif action not in may:
        # Whoever may not see the item, or the admins' part, is told that nothing is there.
        hidden = Action.SEE not in may or action in {Action.REVIEW, Action.APPOINT}
        expected = 401 if not door.is_known(name, action) else 404 if hidden else 403
        if answer.status_code != expected:
            yield f"{name} {action}: refused with {answer.status_code}, expected {expected}"


def compare_reasons(story: Story, door: Door, name: str) -> Iterator[str]:
    """Ask as the admin why somebody of the account may or may not. Of a destroyed item nothing is told."""
    tells = door.world.is_of_the_owner(name) and "ada" in story.who_can[Action.SEE]
    if not tells or story.kind is not Kind.RECORDING:  # of a transcript the same is told, with the same words
        return
    about = f"viewer={door.world.viewers[name].user_id}&item={door.world.items[story.kind]}"
    for action, rule in story.claims[name].because.items():
        told = door.browsers["ada"].send("GET", f"/explain?action={action}&{about}").json
        if told["allowed"] != (action in story.claims[name].may) or (told["rule"] or NO_RULE) != rule:
            yield f"{name} {action}: explained by {told['rule']}, told {rule}"


def compare_access(story: Story, door: Door) -> Iterator[str]:
    """Compare the page of who can see it, as the admin gets it, with the exact lists of the story."""
    world = door.world
    answer = door.browsers["ada"].send("GET", door.path(story.kind, "/access"))
    if "ada" not in story.who_can[Action.SEE]:
        assert answer.status_code == 404
        return
    assert answer.status_code == 200, answer.text
    names = {str(viewer.user_id): name for name, viewer in world.users_of_the_owner().items()}
    shown = {names[line["user"]["id"]]: set(line["actions"]) for line in answer.json["people"]}
    for action, expected in story.who_can.items():
        able = {name for name, actions in shown.items() if action in actions}
        if able != expected & set(names.values()):
            yield f"access: {action} {sorted(able)}, told {sorted(expected)}"


def compare_message(story: Story, door: Door) -> Iterator[str]:
    """Give every difference between what a story tells of a message and how the API shows the transcript."""
    for action in MESSAGE_TRIES:
        able = {name for name in door.browsers if MESSAGE_TRIES[action](door, name)}
        for name, claim in story.claims.items():
            if (name in able) != (action in claim.may):
                yield f"{name} {action}: {name in able}, told {sorted(claim.may)}"
        if action in story.who_can and able != story.who_can[action] & door.browsers.keys():
            yield f"who can {action}: {sorted(able)}, told {sorted(story.who_can[action])}"


def counts_it(door: Door, name: str) -> bool:
    answer = door.details(name, Kind.TRANSCRIPT)
    return answer.status_code == 200 and bool(answer.json["message_count"])


def reads_it(door: Door, name: str) -> bool:
    return has_message(TRIES[Action.OPEN](door, name, Kind.TRANSCRIPT))


def reviews_it(door: Door, name: str) -> bool:
    return has_message(TRIES[Action.REVIEW](door, name, Kind.TRANSCRIPT))


def has_message(answer: Any) -> bool:
    assert answer.status_code in {200, 401, 403, 404}
    return answer.status_code == 200 and [one["ref"] for one in answer.json["items"]] == ["m1"]


# All else that may be done with a message is done with its transcript. To see it is to find it counted.
MESSAGE_TRIES = {Action.SEE: counts_it, Action.OPEN: reads_it, Action.REVIEW: reviews_it}


BREACHES = {
    "somebody who may more": {"may": frozenset({Action.SEE, Action.OPEN, Action.DOWNLOAD})},
    "somebody who may less": {"may": frozenset()},
    "another reason": {"because": {Action.OPEN: "admin-reviews"}},
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES)
def test_a_story_that_is_not_so_is_found(breach: dict[str, Any], story_house: House, app: APIFlask) -> None:
    story = next(one for one in load_stories() if one.name == "rule-usual-call")
    false = replace(story, claims={**story.claims, "bo": replace(story.claims["bo"], **breach)})
    assert list(compare_item(false, Door(LivedWorld(false, story_house), app)))


def test_a_list_of_people_that_is_not_exact_is_found(story_house: House, app: APIFlask) -> None:
    story = next(one for one in load_stories() if one.name == "rule-usual-call")
    for who in (frozenset({"ann", "bo"}), frozenset({"ann", "bo", "cem", "dee"})):
        false = replace(story, who_can=story.who_can | {Action.OPEN: who})
        found = list(compare_item(false, Door(LivedWorld(false, story_house), app)))
        assert {words.partition(":")[0] for words in found} >= {"who can open", "access"}


def test_every_action_is_tried_or_has_no_route_yet(app: APIFlask) -> None:
    assert TRIES.keys() | NO_ROUTE.keys() == set(Action)
    assert TRIES.keys() & NO_ROUTE.keys() == set()
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    served = {part for path in paths for part in path.split("/")}
    came = {action: words & served for action, words in NO_ROUTE.items() if words & served}
    assert came == {}, "a route came for an action: try it in http_door.TRIES"
    asked = {
        operation["x-asks"] for path in paths.values() for operation in path.values() if "x-asks" in operation
    }
    assert asked & {action.value for action in NO_ROUTE} == set()
