"""Check the two policy texts to the last character and make a `Policy` of them, or refuse to start.

Pure: takes texts, not paths. Strict because the engine is not: it drops, without a word, a deny rule with a
capital, a trailing comment, quotes, a misspelt word or a byte order mark. Nothing reaches it unchecked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from recstore.access import grammar
from recstore.access.grammar import Effect, Rule
from recstore.errors import Misconfigured
from recstore.model import Action, Kind, Relation, State

CELLS = ("p", "rule-name", "who", "kind", "action", "when", "effect")
HEADING = f"# {', '.join(CELLS)}"

# The engine's model says how rules combine. It is data for the reader's sake; another one is never accepted.
MODEL = (
    "[request_definition]",
    "r = relations, kind, action, states",
    "[policy_definition]",
    "p = rule, who, kind, action, when, eft",
    "[policy_effect]",
    "e = some(where (p.eft == allow)) && !some(where (p.eft == deny))",
    "[matchers]",
    (
        "m = who_fits(r.relations, p.who) && kind_fits(r.kind, p.kind)"
        " && action_fits(r.action, p.action) && when_fits(r.states, p.when)"
    ),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The checked rules, in the order of the file. `version` is the SHA-256 of both texts, in hex."""

    model: str
    rules: tuple[Rule, ...]
    version: str

    def relations_for(self, kind: Kind, action: Action) -> frozenset[Relation]:
        """Name the relations that some rule allows this action: nobody without one of them may do it."""
        return frozenset(
            relation
            for rule in self.rules
            if rule.effect is Effect.ALLOW and kind in rule.kinds and action in rule.actions
            for relation in rule.who.named
        )


def load_policy(*, model: str, rules: str) -> Policy:
    """Check the texts of model.conf and policy.csv. Misconfigured names the file, the line and the cell.

    Read the files as bytes and decode them as UTF-8: reading as text would hide foreign line endings.
    """
    _check_model(model)
    checked = tuple(_read_rule(number, line) for number, line in _rule_lines(rules))
    if not checked:
        raise Misconfigured("policy.csv has no rule")
    _check_together(checked)
    version = sha256(model.encode() + b"\0" + rules.encode()).hexdigest()
    return Policy(model=model, rules=checked, version=version)


def _check_model(text: str) -> None:
    lines = tuple(line for line in text.split("\n") if line and not line.startswith("#"))
    if lines != MODEL:
        got = [line for line in lines if line not in MODEL] or "other lines or another order"
        raise Misconfigured(f"model.conf: expected, comments apart, exactly {MODEL}; got {got!r}")


def _rule_lines(text: str) -> Iterator[tuple[int, str]]:
    *lines, rest = text.split("\n")
    if rest:
        _refuse(len(lines) + 1, "expected a line feed at the end of the last line")
    for number, line in enumerate(lines, start=1):
        if not line.isprintable():
            _refuse(number, f"expected visible characters and plain spaces only, got {line!r}")
        if not line.startswith("#"):
            yield number, line
        elif line.count(", ") >= len(CELLS) - 1 and line != HEADING:
            # A line feed lost, or one "#" too many, would otherwise drop a rule without a word.
            _refuse(number, f"expected no rule in a comment (to drop it, delete the line), got {line!r}")


def _read_rule(number: int, line: str) -> Rule:
    cells = line.split(", ")
    if len(cells) != len(CELLS) or cells[0] != CELLS[0]:
        _refuse(number, f"expected {len(CELLS)} cells as in {', '.join(CELLS)!r}, got {line!r}")
    _, name, who, kind, action, when, effect = cells
    try:
        return Rule(
            name=grammar.read_name(name),
            line=number,
            who=grammar.read_who(who),
            kinds=grammar.read_kinds(kind),
            actions=grammar.read_actions(action),
            when=grammar.read_when(when),
            effect=grammar.read_effect(effect),
            cells=tuple(cells[1:]),
        )
    except ValueError as error:
        _refuse(number, str(error))


def _check_together(rules: tuple[Rule, ...]) -> None:
    seen: dict[str | tuple[str, ...], int] = {}
    for rule in rules:
        _check_possible(rule)
        for spelling in (rule.name, rule.cells[1:]):
            if spelling in seen:
                _refuse(rule.line, f"has the name, or all the other cells, of line {seen[spelling]}")
            seen[spelling] = rule.line
    for allow in rules:
        for deny in rules:
            if allow.effect is Effect.ALLOW and deny.effect is Effect.DENY and _always_beats(deny, allow):
                _refuse(allow.line, f"allows only what line {deny.line} always denies")


def _check_possible(rule: Rule) -> None:
    if rule.effect is Effect.ALLOW and rule.who.everyone:
        _refuse(rule.line, "expected one relation in a rule that allows: lists are found by relation")
    if State.AVAILABLE in rule.when and rule.when & {State.IN_BIN, State.DESTROYED}:
        _refuse(rule.line, "can never speak: an available item is neither in the bin nor destroyed")
    of_messages = Relation.RECIPIENT in rule.who.named or State.DIRECT in rule.when
    if of_messages and rule.kinds != {Kind.MESSAGE}:
        _refuse(rule.line, "expected kind message: only a message has a recipient or is direct")


def _always_beats(deny: Rule, allow: Rule) -> bool:
    everyone_meant = deny.who.everyone and not deny.who.named
    return (
        (everyone_meant or (not deny.who.everyone and allow.who.named <= deny.who.named))
        and allow.kinds <= deny.kinds
        and allow.actions <= deny.actions
        and deny.when <= allow.when
    )


def _refuse(line: int, problem: str) -> NoReturn:
    raise Misconfigured(f"policy.csv line {line}: {problem}")
