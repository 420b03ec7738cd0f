"""Draw the policy as a picture for people: who × action, each cell says when.

Pure but for `main`, which reads the policy's two files and prints the text of policies/matrix.md.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from recstore.access.grammar import Effect, Rule
from recstore.access.policy import Policy, load_policy
from recstore.model import Action, Relation

HEAD = """\
# Who may do what

Drawn from policy.csv by `python -m recstore.access.matrix policies > policies/matrix.md`; a test fails when
it is stale. A cell says when; `·` says never.
"""

MIDDLE = """
## Whatever the table says

Each of these lines beats every cell above.
"""


def draw_matrix(policy: Policy) -> str:
    """Give the whole of matrix.md for a policy."""
    allowing = [rule for rule in policy.rules if rule.effect is Effect.ALLOW]
    denying = [rule for rule in policy.rules if rule.effect is Effect.DENY]
    viewers = [who for who in Relation if any(who in rule.who.named for rule in allowing)]
    table = [
        _row("", viewers),
        _row("---", ["---"] * len(viewers)),
        *(_row(f"**{action}**", [_cell(allowing, who, action) for who in viewers]) for action in Action),
    ]
    against = [
        _row("who", ["may not", "of kind", "when", "rule"]),
        _row("---", ["---"] * 4),
        *(
            _row(who, [action, kind, when, name])
            for name, who, kind, action, when, _ in (r.cells for r in denying)
        ),
    ]
    return "\n".join([HEAD, *table, MIDDLE, *against, ""])


def _row(title: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([title, *cells])} |"


def _cell(allowing: list[Rule], who: Relation, action: Action) -> str:
    conditions = [_condition(rule) for rule in allowing if who in rule.who.named and action in rule.actions]
    return " or ".join(conditions) or "·"


def _condition(rule: Rule) -> str:
    _, _, kind, _, when, _ = rule.cells
    return when if kind == "any" else f"{when} ({kind})"


def main() -> None:
    """Print the matrix of the policy in the folder named on the command line."""
    model, rules = ((Path(sys.argv[1]) / name).read_bytes().decode() for name in ("model.conf", "policy.csv"))
    sys.stdout.write(draw_matrix(load_policy(model=model, rules=rules)))


if __name__ == "__main__":
    main()
