"""What a refusal says, to the letter: whoever edits policy.csv finds the line and the word by it."""

import logging

import pytest
from shipped_policy import MODEL, POLICY, RULES

from recstore.access.decision import Decider
from recstore.access.policy import load_policy
from recstore.errors import Misconfigured

SEE = "p, a, guest, any, see, available, allow\n"

REFUSED = {
    "no rule": ("# a comment\n", "policy.csv has no rule"),
    "the last line does not end": (
        SEE + "# a comment",
        "policy.csv line 2: expected a line feed at the end of the last line",
    ),
    "a rule in a comment": (
        f"#\n# {SEE}",
        (
            "policy.csv line 2: expected no rule in a comment (to drop it, delete the line),"
            " got '# p, a, guest, any, see, available, allow'"
        ),
    ),
    "a cell too few": (
        f"{SEE}p, b, guest, any, see, allow\n",
        (
            "policy.csv line 2: expected 7 cells as in 'p, rule-name, who, kind, action, when, effect',"
            " got 'p, b, guest, any, see, allow'"
        ),
    ),
    "a name twice": (
        f"#\n{SEE}p, a, admin, any, see, available, allow\n",
        "policy.csv line 3: has the name, or all the other cells, of line 2",
    ),
    "a rule that another always denies": (
        f"#\n{SEE}p, b, guest, any, see, available, deny\n",
        "policy.csv line 2: allows only what line 3 always denies",
    ),
    "an allowing rule for anyone": (
        "#\np, a, anyone, any, see, available, allow\n",
        "policy.csv line 2: expected one relation in a rule that allows: lists are found by relation",
    ),
    "states that exclude each other": (
        "#\np, a, guest, any, see, available and in-bin, deny\n",
        "policy.csv line 2: can never speak: an available item is neither in the bin nor destroyed",
    ),
    "a recording's recipient": (
        "#\np, a, recipient, recording, see, available, allow\n",
        "policy.csv line 2: expected kind message: only a message has a recipient or is direct",
    ),
}


@pytest.mark.parametrize(("rules", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refusal_says_where_and_what(rules: str, message: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        load_policy(model=MODEL, rules=rules)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("model", "got"),
    [
        pytest.param(MODEL.replace("e = some", "e = Some"), "got ['e = Some(", id="another line is quoted"),
        pytest.param("", "got 'other lines or another order'", id="nothing foreign, but not all of it"),
    ],
)
def test_refusal_of_a_model_quotes_what_is_foreign(model: str, got: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        load_policy(model=model, rules=RULES)
    assert got in refusal.value.message
    assert "[policy_effect]'" not in refusal.value.message.partition("; got ")[2]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(f"# one, two, three, four, five, six\n{SEE}", id="a comment with five commas"),
        pytest.param(
            "p, a, admin, any, see, available, allow\np, b, anyone-but admin, any, anything, always, deny\n",
            id="a denial that leaves out whom the other allows",
        ),
    ],
)
def test_what_only_looks_like_a_slip_is_taken(rules: str) -> None:
    assert load_policy(model=MODEL, rules=rules).rules


def test_the_engine_logs_nothing_however_grave() -> None:
    assert not Decider(POLICY)._enforcer.logger.isEnabledFor(logging.CRITICAL)
