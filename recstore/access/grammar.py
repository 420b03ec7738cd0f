"""The grammar of one policy line: what each cell may say, and what it means.

Pure. Small on purpose: words from the vocabulary, joined by " and " or " or ", each at most once and in the
vocabulary's order, so that a meaning has one spelling and a slip of one character has none.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from recstore.model import Action, Kind, Relation, State

Word = TypeVar("Word", bound=StrEnum)


class Effect(StrEnum):
    """What a rule says when it speaks."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a rule speaks of: those with the one named relation, or everyone but those with a named one."""

    named: frozenset[Relation]
    everyone: bool

    def fits(self, relations: frozenset[Relation]) -> bool:
        """Say whether a viewer with these relations is meant."""
        return self.named.isdisjoint(relations) if self.everyone else not self.named.isdisjoint(relations)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of policy.csv, checked. `cells` are its six cells as written, after the leading `p`."""

    name: str
    line: int
    who: Who
    kinds: frozenset[Kind]
    actions: frozenset[Action]
    when: frozenset[State]
    effect: Effect
    cells: tuple[str, ...]


def read_name(cell: str) -> str:
    """Read a rule's name: lower-case words joined by hyphens; ValueError says what was expected."""
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", cell):
        raise ValueError(f"rule-name: expected lower-case words joined by hyphens, got {cell!r}")
    return cell


def read_who(cell: str) -> Who:
    """Read `relation`, `anyone`, `anyone-but relation` or `anyone-but relation or relation`."""
    if cell == "anyone":
        return Who(named=frozenset(), everyone=True)
    if cell.startswith("anyone-but "):
        return Who(named=_read_words(cell.removeprefix("anyone-but "), Relation, " or "), everyone=True)
    return Who(named=frozenset({_read_word(cell, Relation)}), everyone=False)


def read_kinds(cell: str) -> frozenset[Kind]:
    """Read `any` or one kind."""
    return frozenset(Kind) if cell == "any" else frozenset({_read_word(cell, Kind)})


def read_actions(cell: str) -> frozenset[Action]:
    """Read `anything`, `anything-but action` or actions joined by `and`."""
    if cell == "anything":
        return frozenset(Action)
    if cell.startswith("anything-but "):
        return frozenset(Action) - {_read_word(cell.removeprefix("anything-but "), Action)}
    return _read_words(cell, Action, " and ")


def read_when(cell: str) -> frozenset[State]:
    """Read `always` (no state needed) or states joined by `and` (all of them needed)."""
    return frozenset() if cell == "always" else _read_words(cell, State, " and ")


def read_effect(cell: str) -> Effect:
    """Read `allow` or `deny`."""
    return _read_word(cell, Effect)


def _read_word(cell: str, vocabulary: type[Word]) -> Word:
    if cell not in set(vocabulary):
        raise ValueError(
            f"{vocabulary.__name__.lower()}: expected one of {', '.join(vocabulary)}; got {cell!r}"
        )
    return vocabulary(cell)


def _read_words(cell: str, vocabulary: type[Word], joint: str) -> frozenset[Word]:
    got = cell.split(joint)
    if got != [word for word in vocabulary if word in got]:
        raise ValueError(
            f"{vocabulary.__name__.lower()}: expected some of {', '.join(vocabulary)}, "
            f"each once, in this order, joined by {joint!r}; got {cell!r}"
        )
    return frozenset(map(vocabulary, got))
