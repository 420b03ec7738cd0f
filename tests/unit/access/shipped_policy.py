"""The policy as shipped: the two texts and what the loader makes of them."""

from pathlib import Path

from recstore.access.policy import load_policy

POLICIES = Path(__file__).parents[3] / "policies"
MODEL = (POLICIES / "model.conf").read_bytes().decode()
RULES = (POLICIES / "policy.csv").read_bytes().decode()
POLICY = load_policy(model=MODEL, rules=RULES)
