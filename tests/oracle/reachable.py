"""All facts that can come about, and whether two policies answer alike on every one of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from uuid import UUID

from recstore.access.decision import Question
from recstore.access.facts import Facts, ItemFacts, MessageFacts, TieFacts, ViewerFacts, derive
from recstore.access.grammar import Effect, Rule
from recstore.access.policy import Policy
from recstore.model import Action, Kind, Relation

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS, OTHERS, USER = UUID(int=1), UUID(int=2), UUID(int=3)
BOTH = (False, True)
TIED = (Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.EXCLUDED)

VIEWERS = (
    ViewerFacts(None, None, active=False, admin=False),
    ViewerFacts(OURS, USER, active=False, admin=False),
    ViewerFacts(OTHERS, USER, active=True, admin=False),
    ViewerFacts(None, USER, active=True, admin=False, operator=True),
    ViewerFacts(None, USER, active=True, admin=False, operator=True, consented=True),
    ViewerFacts(OURS, USER, active=True, admin=False),
    ViewerFacts(OURS, USER, active=True, admin=True),
)


@cache
def reachable() -> tuple[Facts, ...]:
    """Derive them all: each kind of viewer × ties × states × kinds of message."""
    return tuple(
        dict.fromkeys(
            derive(viewer, item, ties, now=NOW, message=message)
            for item in _items()
            for viewer in VIEWERS
            for ties in _ties(viewer)
            for message in (_messages() if item.kind is Kind.TRANSCRIPT else (None,))
        )
    )


def _items() -> Iterator[ItemFacts]:
    for kind in (Kind.RECORDING, Kind.TRANSCRIPT):
        for shown, download, processing, held, restricted, expired, binned, destroyed in product(
            BOTH, repeat=8
        ):
            yield ItemFacts(
                account_id=OURS,
                kind=kind,
                has_responsible=True,
                account_auto_share=shown,
                vmr_auto_share=True,
                item_auto_share=True,
                download=download,
                processing=processing,
                binned_at=NOW if binned else None,
                destroyed_at=NOW if destroyed else None,
                held=held,
                restricted=restricted,
                expires_at=NOW if expired else NOW + timedelta(days=1),
            )


def _ties(viewer: ViewerFacts) -> Iterator[list[TieFacts]]:
    if viewer.account_id != OURS or not viewer.active:
        yield []  # strangers: no tie counts
        return
    for there in product(BOTH, repeat=len(TIED)):
        for download in BOTH:
            relations = [relation for relation, is_there in zip(TIED, there, strict=True) if is_there]
            yield [TieFacts(relation, None, download) for relation in relations]


def _messages() -> Iterator[MessageFacts | None]:
    yield None
    for direct, addressed in product(BOTH, repeat=2):
        yield MessageFacts(direct=direct, addressed=addressed, present=False)


def find_difference(one: Policy, other: Policy) -> Question | None:
    """Give a question that can come up and that one policy allows and the other does not, or None."""
    rules, others = ({rule.cells: rule for rule in policy.rules} for policy in (one, other))
    changed = [(rules | others)[cells] for cells in rules.keys() ^ others.keys()]
    for facts in reachable():
        # Only where a changed rule speaks can the answer have changed.
        for action in {action for rule in changed if fits(rule, facts) for action in rule.actions}:
            if _allows(one, facts, action) != _allows(other, facts, action):
                return Question(facts, action)
    return None


def fits(rule: Rule, facts: Facts) -> bool:
    """Say whether a rule speaks of these facts, for some action."""
    return rule.when <= facts.states and facts.kind in rule.kinds and rule.who.fits(facts.relations)


def _allows(policy: Policy, facts: Facts, action: Action) -> bool:
    effects = {rule.effect for rule in policy.rules if action in rule.actions and fits(rule, facts)}
    return effects == {Effect.ALLOW}
