"""Slips of the pen in policy.csv, and whether each is noticed: refused by the loader, or by a story.

python -m tests.oracle.slips tries every slip there is and prints the figures; the suite tries a part.
"""

import string
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from recstore.access.decision import Allowed, Decider, Question
from recstore.access.policy import Policy, load_policy
from recstore.errors import Misconfigured
from recstore.model import Action, Kind, Relation, State
from tests.oracle.reachable import fits
from tests.stories.simulated_world import World
from tests.stories.story import NO_RULE, POLICIES, load_stories

MODEL = (POLICIES / "model.conf").read_bytes().decode()
RULES = (POLICIES / "policy.csv").read_bytes().decode()
SHIPPED = load_policy(model=MODEL, rules=RULES)
LINES = RULES.splitlines()

# Words that may stand in the cells who, kind, action, when, effect; and what joins them.
WORDS: tuple[tuple[str, ...], ...] = (
    ("anyone", *Relation),
    ("any", *Kind),
    ("anything", *Action),
    ("always", *State),
    ("allow", "deny"),
)
REPLACEMENTS = string.ascii_lowercase + "-, #"


@dataclass(frozen=True)
class Slip:
    """What slipped, in which line (from 1), and the policy that came of it."""

    kind: str
    line: int
    rules: str

    @property
    def text(self) -> str:
        return self.rules.splitlines()[self.line - 1] if self.rules.count("\n") >= self.line else ""


@dataclass(frozen=True)
class Told:
    """What the stories say of one question: the answer, and its reason where they name one."""

    allowed: bool | None
    reason: str | None


def slips() -> Iterator[Slip]:
    """Give every slip: of a character, of a word, of a line."""
    for number, line in enumerate(LINES):
        kinds = [*_slips_of_lines(line), *_slips_of_characters(line), *_slips_of_words(line)]
        for kind, slipped in kinds:
            changed = [*LINES[:number], *slipped, *LINES[number + 1 :]]
            yield Slip(kind, number + 1, "".join(f"{text}\n" for text in changed))


def _slips_of_lines(line: str) -> Iterator[tuple[str, list[str]]]:
    yield "line dropped", []
    yield "line doubled", [line, line]
    yield "a blank line", [line, ""]
    yield "a line in a comment", [f"# {line}"]
    yield "a trailing comment", [f"{line} # always"]
    yield "quotes", [line.replace(", ", ', "', 1) + '"']
    yield "a byte order mark", [f"\ufeff{line}"]
    yield "p2", [line.replace("p, ", "p2, ", 1)]


def _slips_of_characters(line: str) -> Iterator[tuple[str, list[str]]]:
    for place, character in enumerate(line):
        before, after = line[:place], line[place + 1 :]
        yield "character deleted", [before + after]
        yield "character doubled", [before + 2 * character + after]
        yield "case changed", [before + character.swapcase() + after]
        yield "line broken", [before, character + after]
        if after:
            yield "characters swapped", [before + after[0] + character + after[1:]]
        for other in REPLACEMENTS:
            yield "character replaced", [before + other + after]


def _slips_of_words(line: str) -> Iterator[tuple[str, list[str]]]:
    if line.startswith("#"):
        return
    head, cells = line.split(", ")[:2], line.split(", ")[2:]
    for place, vocabulary in enumerate(WORDS):
        for kind, cell in _slips_of_cell(cells[place], vocabulary):
            yield kind, [", ".join([*head, *cells[:place], cell, *cells[place + 1 :]])]


def _slips_of_cell(cell: str, vocabulary: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Another word for a word, a word less, a word more: in the order that the grammar asks for."""
    but = "anyone-but " if cell.startswith("anyone-but ") else "anything-but "
    prefix, joint = (but, " or ") if cell.startswith(but) else ("", " and ")
    words = cell.removeprefix(prefix).split(joint)
    for word in words:
        rest = [other for other in words if other != word]
        yield "word left out", prefix + joint.join(rest)
        for other in vocabulary:
            if other not in words:
                yield "word for word", prefix + joint.join(sorted([*rest, other], key=vocabulary.index))
    for other in vocabulary:
        if other not in words:
            yield "word added", prefix + joint.join(sorted([*words, other], key=vocabulary.index))
    if prefix:
        yield "exception lost", joint.join(words)
    for but in ("anyone-but ", "anything-but "):
        yield "exception made", but + cell


def read_told() -> dict[Question, Told]:
    """Ask the stories about every person and action in them."""
    told: dict[Question, Told] = {}
    for story in load_stories():
        world = World(story)
        for name in world.people:
            claim = story.claims.get(name)
            facts = world.facts_of(name)
            for action in Action:
                able = story.who_can.get(action)
                allowed = action in claim.may if claim else name in able if able is not None else None
                reason = claim.because.get(action) if claim else None
                question = Question(facts, action)
                known = told.get(question, Told(None, None))
                told[question] = Told(known.allowed if allowed is None else allowed, known.reason or reason)
    return told


TOLD = read_told()
NAMES = {rule.name for rule in SHIPPED.rules}


def judge(slip: Slip) -> str:
    """Say what becomes of a slip: refused, told (a story fails), same (a comment changed), missed."""
    try:
        policy = load_policy(model=MODEL, rules=slip.rules)
    except Misconfigured:
        return "refused"
    if {rule.cells for rule in policy.rules} == {rule.cells for rule in SHIPPED.rules}:
        return "same"
    if {rule.name for rule in policy.rules} != NAMES:
        return "told"  # every rule must decide a story, under its name
    return "told" if is_contradicted(policy) else "missed"


def is_contradicted(policy: Policy) -> bool:
    """Say whether some story tells another answer or reason than this policy gives.

    Only questions of which a changed rule speaks can have another answer; the rest need not be asked again.
    """
    old, new = ({rule.cells: rule for rule in one.rules} for one in (SHIPPED, policy))
    changed = [one[cells] for one in (old, new) for cells in old.keys() ^ new.keys() if cells in one]
    decider = Decider(policy)
    for question, told in TOLD.items():
        if any(question.action in rule.actions and fits(rule, question.facts) for rule in changed):
            decision = decider.decide(question)
            reason = decision.rule.name if decision.rule else NO_RULE
            if told.allowed not in {None, isinstance(decision, Allowed)} or told.reason not in {None, reason}:
                return True
    return False


def main() -> None:
    figures: Counter[tuple[str, str]] = Counter()
    for slip in slips():
        verdict = judge(slip)
        figures[slip.kind, verdict] += 1
        if verdict == "missed":
            sys.stdout.write(f"missed, {slip.kind}, line {slip.line}: {slip.text}\n")
    for (kind, verdict), number in sorted(figures.items()):
        sys.stdout.write(f"{kind:22} {verdict:8} {number:7,}\n")
    sys.stdout.write(f"{sum(figures.values()):,} slips\n")


if __name__ == "__main__":
    main()
