"""Read stories: what is in policies/cast.yaml and policies/stories/*.yaml, checked key by key.

A story describes a world, not relations, so that one file can be played through every door.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recstore.model import Action, Kind

POLICIES = Path(__file__).parents[2] / "policies"
NO_RULE = "no-rule"


@dataclass(frozen=True)
class Claim:
    """What a story says of one person: all that they may, and the deciding rule of some actions."""

    may: frozenset[Action]
    because: dict[Action, str]


@dataclass(frozen=True)
class Story:
    """One story about one kind. `world`: the cast with the story's differences; `since`: events in order."""

    name: str
    title: str
    case: int | None
    kind: Kind
    world: dict[str, Any]
    since: list[dict[str, Any]]
    message: dict[str, Any] | None
    claims: dict[str, Claim]
    who_can: dict[Action, frozenset[str]]


def load_stories() -> list[Story]:
    """Read every story, once for each kind it speaks of."""
    cast = yaml.safe_load((POLICIES / "cast.yaml").read_text())
    return [
        story
        for path in sorted((POLICIES / "stories").glob("*.yaml"))
        for story in _read(path.stem, yaml.safe_load(path.read_text()), cast)
    ]


def _read(name: str, told: dict[str, Any], cast: dict[str, Any]) -> list[Story]:
    _expect_keys(name, told, {"title", "case", "world", "since", "message", "people", "who_can"})
    world = {**cast, **told.get("world", {})}
    _expect_keys(name, world, set(cast))
    for part in ("people", "call", "switches"):
        world[part] = {**cast[part], **world[part]}
    message = told.get("message")
    return [
        Story(
            name=name,
            title=told["title"],
            case=told.get("case"),
            kind=kind,
            world=world,
            since=[{event: True} if isinstance(event, str) else event for event in told.get("since", [])],
            message=message,
            claims={person: _read_claim(name, claim) for person, claim in told["people"].items()},
            who_can={Action(action): frozenset(who) for action, who in told["who_can"].items()},
        )
        for kind in ((Kind.MESSAGE,) if message else (Kind.RECORDING, Kind.TRANSCRIPT))
    ]


def _read_claim(name: str, claim: dict[str, Any]) -> Claim:
    _expect_keys(name, claim, {"may", "because"})
    because = claim.get("because", {})
    if isinstance(because, str):
        because = dict.fromkeys(Action, because)
    return Claim(
        may=frozenset(map(Action, claim["may"])),
        because={Action(action): rule for action, rule in because.items()},
    )


def _expect_keys(name: str, got: dict[str, Any], expected: set[str]) -> None:
    assert got.keys() <= expected, f"{name}: expected only {sorted(expected)}, got {sorted(got)}"
