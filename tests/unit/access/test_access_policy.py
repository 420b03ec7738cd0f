"""The loader takes the policy to the last character, or refuses to start."""

from collections.abc import Callable, Iterator

import pytest
from shipped_policy import MODEL, POLICY, RULES

from recstore.access.policy import load_policy
from recstore.errors import Misconfigured
from recstore.model import Action, Kind, Relation

GUEST = "p, guest-never, guest, any, anything, always, deny\n"
SHARED = "p, shared-with-opens, shared-with, any, see and open, available, allow\n"


def put(new: str, *, instead_of: str = GUEST) -> Callable[[], str]:
    assert instead_of in RULES
    return lambda: RULES.replace(instead_of, new)


SLIPS = {
    "nothing at all": (lambda: "", "no rule"),
    "comments only": (lambda: "# nothing\n", "no rule"),
    "a byte order mark": (lambda: "\ufeff" + RULES, "line 1:.*visible characters and plain spaces"),
    "foreign line endings": (
        lambda: RULES.replace("\n", "\r\n"),
        "line 1:.*visible characters and plain spaces",
    ),
    "a tab": (put(GUEST.replace(", ", ",\t")), "visible characters and plain spaces"),
    "a space that only looks like one": (
        put(GUEST.replace(" any", "\u00a0any")),
        "visible characters and plain spaces",
    ),
    "no line feed at the end": (lambda: RULES.removesuffix("\n"), "line feed at the end"),
    "an empty line": (put("\n"), "expected 7 cells"),
    "a space at the end of a line": (
        put(GUEST.replace("deny", "deny ")),
        "effect: expected one of allow, deny",
    ),
    "a space at the start of a line": (put(" " + GUEST), "expected 7 cells"),
    "two spaces after a comma": (put(GUEST.replace(" guest,", "  guest,")), "relation: .* got ' guest'"),
    "no space after a comma": (put(GUEST.replace(", any", ",any")), "expected 7 cells"),
    "a trailing comment": (put(GUEST.replace("deny", "deny # always")), "effect: .* got 'deny # always'"),
    "a rule in a comment": (put("#" + GUEST), "no rule in a comment"),
    "a lost line feed after a comment": (
        lambda: RULES.replace("\np, guest", " p, guest"),
        "no rule in a comment",
    ),
    "quotes round a cell": (put(GUEST.replace("deny", '"deny"')), "effect: expected"),
    "a capital effect": (
        put(GUEST.replace("deny", "Deny")),
        "effect: expected one of allow, deny; got 'Deny'",
    ),
    "a misspelt effect": (put(GUEST.replace("deny", "denny")), "effect: expected"),
    "a capital relation": (put(GUEST.replace(" guest,", " Guest,")), "relation: expected"),
    "an unknown relation": (put(GUEST.replace(" guest,", " guests,")), "relation: expected"),
    "an unknown relation excepted": (
        put(GUEST.replace(" guest,", " anyone-but admins,")),
        "relation: expected some of",
    ),
    "nobody excepted": (put(GUEST.replace(" guest,", " anyone-but ,")), "relation: expected some of"),
    "an unknown kind": (put(GUEST.replace("any,", "anything,")), "kind: expected"),
    "an unknown action": (put(GUEST.replace("anything", "look")), "action: expected"),
    "an unknown action excepted": (put(GUEST.replace("anything", "anything-but look")), "action: expected"),
    "an unknown state": (put(GUEST.replace("always", "sometimes")), "state: expected"),
    "always and a state": (put(GUEST.replace("always", "always and held")), "state: expected"),
    "an action twice": (
        put(SHARED.replace("see and", "see and see and"), instead_of=SHARED),
        "action: .* once",
    ),
    "actions in another order": (
        put(SHARED.replace("see and open", "open and see"), instead_of=SHARED),
        "action: .* in this order",
    ),
    "a comma in a list": (put(SHARED.replace("see and", "see,"), instead_of=SHARED), "expected 7 cells"),
    "another section, p2": (put(GUEST.replace("p,", "p2,")), "expected 7 cells"),
    "a capital P": (put(GUEST.replace("p,", "P,")), "expected 7 cells"),
    "a cell too many": (put(GUEST.replace("deny", "deny, deny")), "expected 7 cells"),
    "a cell too few": (put(GUEST.replace(", always", "")), "expected 7 cells"),
    "a name with a capital": (put(GUEST.replace("guest-never", "Guest-never")), "rule-name: expected"),
    "no name": (put(GUEST.replace("guest-never", "")), "rule-name: expected"),
    "a name twice": (put(GUEST + SHARED.replace("shared-with-opens", "guest-never")), "has the name"),
    "a rule twice under two names": (
        put(GUEST + GUEST.replace("guest-never", "no-guest")),
        "all the other cells",
    ),
    "an allowing rule for anyone": (
        put(SHARED.replace(" shared-with,", " anyone,"), instead_of=SHARED),
        "expected one relation in a rule that allows",
    ),
    "an allowing rule for all but one": (
        put(SHARED.replace(" shared-with,", " anyone-but guest,"), instead_of=SHARED),
        "expected one relation in a rule that allows",
    ),
    "states that exclude each other": (
        put(GUEST.replace("always", "available and in-bin")),
        "can never speak",
    ),
    "a direct recording": (put(GUEST.replace("always", "direct")), "expected kind message"),
    "the recipient of a recording": (put(GUEST.replace(" guest,", " recipient,")), "expected kind message"),
    "an allowing rule that is always denied": (
        put(SHARED.replace(" shared-with,", " guest,"), instead_of=SHARED),
        "allows only what line .* always denies",
    ),
    "an allowing rule for a state that forbids everything": (
        put(SHARED.replace("available", "destroyed"), instead_of=SHARED),
        "allows only what line .* always denies",
    ),
}


@pytest.mark.parametrize(("rules", "message"), SLIPS.values(), ids=SLIPS.keys())
def test_slip_refuses_to_load(rules: Callable[[], str], message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        load_policy(model=MODEL, rules=rules())


def test_refusal_names_line_cell_expected_and_got() -> None:
    line = RULES[: RULES.index(GUEST)].count("\n") + 1
    with pytest.raises(Misconfigured) as refusal:
        load_policy(model=MODEL, rules=put(GUEST.replace("deny", "Deny"))())
    assert refusal.value.message == f"policy.csv line {line}: effect: expected one of allow, deny; got 'Deny'"


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(MODEL.replace("&& !some", "|| !some"), id="deny no longer wins"),
        pytest.param(MODEL.replace(" && !some(where (p.eft == deny))", ""), id="deny means nothing"),
        pytest.param(MODEL.replace("p.eft == deny", "p.eft == Deny"), id="a capital"),
        pytest.param(MODEL.replace(" && when_fits(r.states, p.when)", ""), id="states mean nothing"),
        pytest.param(MODEL.replace("\n", "\r\n"), id="foreign line endings"),
        pytest.param(MODEL + "[role_definition]\ng = _, _\n", id="roles"),
        pytest.param("\ufeff" + MODEL, id="a byte order mark"),
        pytest.param("", id="empty"),
    ],
)
def test_changed_model_refuses_to_load(model: str) -> None:
    with pytest.raises(Misconfigured, match=r"model\.conf"):
        load_policy(model=model, rules=RULES)


def test_comments_of_the_model_may_change() -> None:
    assert load_policy(model="# Translated.\n" + MODEL, rules=RULES).rules == POLICY.rules


def read_meaning(rules: str) -> list[tuple[str, ...]] | None:
    try:
        return [rule.cells[1:] for rule in load_policy(model=MODEL, rules=rules).rules]
    except Misconfigured:
        return None


def slip_once(rules: str) -> Iterator[str]:
    for place, character in enumerate(rules):
        for slip in {"", character * 2, character.swapcase(), "#" + character, character + " ", ","} - {
            character
        }:
            yield rules[:place] + slip + rules[place + 1 :]


# Three lines at a time: a slip reaches its own line and, by a lost line feed, its neighbour.
NEIGHBOURS = [
    "".join(lines) for lines in zip(*(RULES.splitlines(keepends=True)[i:] for i in range(3)), strict=False)
]


@pytest.mark.parametrize(
    "rules", list(filter(read_meaning, NEIGHBOURS)), ids=lambda rules: rules.splitlines()[0][:40]
)
def test_no_slip_of_one_character_changes_a_meaning_without_refusal(rules: str) -> None:
    meanings = (None, read_meaning(rules))
    assert [slipped for slipped in slip_once(rules) if read_meaning(slipped) not in meanings] == []


def test_rules_know_their_lines() -> None:
    lines = RULES.splitlines()
    assert [lines[rule.line - 1] for rule in POLICY.rules] == [
        f"p, {', '.join(r.cells)}" for r in POLICY.rules
    ]


def test_policy_is_short_enough_to_be_read() -> None:
    assert 20 <= len(POLICY.rules) <= 40


def test_version_changes_with_either_text() -> None:
    versions = {
        POLICY.version,
        load_policy(model="# x\n" + MODEL, rules=RULES).version,
        load_policy(model=MODEL, rules="# x\n" + RULES).version,
    }
    assert len(versions) == 3


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(Action.SEE, {"responsible", "participant", "shared-with", "admin"}, id="see"),
        pytest.param(Action.OPEN, {"responsible", "participant", "shared-with"}, id="open"),
        pytest.param(Action.SHARE, {"responsible"}, id="share"),
        pytest.param(Action.SUPPORT, {"consented"}, id="support"),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_relations_that_can_be_allowed(kind: Kind, action: Action, expected: set[Relation]) -> None:
    assert POLICY.relations_for(kind, action) == expected


def test_relations_of_a_rule_for_one_kind_count_for_that_kind_only() -> None:
    rules = "p, message-seen, recipient, message, see, available, allow\n"
    policy = load_policy(model=MODEL, rules=rules)
    assert policy.relations_for(Kind.MESSAGE, Action.SEE) == {Relation.RECIPIENT}
    assert policy.relations_for(Kind.RECORDING, Action.SEE) == frozenset()
