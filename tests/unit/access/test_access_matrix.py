"""The drawn matrix is the policy, and the file in policies/ is not stale."""

import runpy
import sys

import pytest
from shipped_policy import MODEL, POLICIES, POLICY

from recstore.access.matrix import draw_matrix
from recstore.access.policy import load_policy
from recstore.model import Action, Relation


def test_matrix_is_not_stale() -> None:
    stored = (POLICIES / "matrix.md").read_bytes().decode()
    assert stored == draw_matrix(POLICY), (
        "run: python -m recstore.access.matrix policies > policies/matrix.md"
    )


def test_matrix_names_every_action_and_every_denying_rule() -> None:
    drawn = draw_matrix(POLICY)
    assert [action for action in Action if f"| **{action}** |" not in drawn] == []
    assert [
        rule.name for rule in POLICY.rules if rule.effect == "deny" and f"| {rule.name} |" not in drawn
    ] == []


def test_rule_for_one_kind_says_so() -> None:
    policy = load_policy(model=MODEL, rules="p, message-seen, recipient, message, see, available, allow\n")
    assert f"|  | {Relation.RECIPIENT} |\n" in draw_matrix(policy)
    assert "| **see** | available (message) |\n" in draw_matrix(policy)


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_command_prints_the_matrix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["matrix", str(POLICIES)])
    runpy.run_module("recstore.access.matrix", run_name="__main__")
    assert capsys.readouterr().out == draw_matrix(POLICY)
