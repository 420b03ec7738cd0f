"""Say why somebody may or may not do something with an item: the rule, the facts, and plain words."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from recstore.access import fact_words, words
from recstore.access.decision import Allowed, Decision
from recstore.access.facts import Facts
from recstore.access.gate import Gate
from recstore.access.refusals import note_refusal
from recstore.access.rows import FactsReader, read_standing, user_facts
from recstore.access.viewer import Viewer
from recstore.catalog import accounts, items, people
from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem
from recstore.directory import find_at, hearing_at
from recstore.errors import BadInput
from recstore.model import Action, Kind, Relation

# Said of what is not there and of what is not for the viewer: the two must not differ.
NOTHING_HERE = (
    "There is nothing here for you. If you were in this call, ask its organizer, or an admin of your account."
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, told. `rule` and facts are empty where the viewer must not learn that the item is there.

    `line`: the rule's, in policy.csv. `ask`: what the one who asked, or was asked about, can do about it.
    `told`: the facts in sentences. What is allowed lasts as `lasts` says, and no longer than `until`. These
    three speak to the viewer, and say nothing of anybody else.
    """

    allowed: bool
    rule: str | None
    relations: list[str]
    states: list[str]
    words: str
    line: int | None = None
    ask: str | None = None
    told: list[str] = field(default_factory=list)
    lasts: str | None = None
    until: datetime | None = None


HIDDEN = Explanation(allowed=False, rule=None, relations=[], states=[], words=NOTHING_HERE)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains decisions. Opens and changes nothing; who guesses at people leaves an entry."""

    gate: Gate

    def explain(self, asker: Viewer, *, of: UUID | str, action: Action, item_id: UUID) -> Explanation:
        """Explain to `asker` what user `of` may do; about others, only if responsible or an admin.

        `of` is a user's id or address.
        """
        with self.gate.catalog.read(asker.account_id) as tx:
            item, reader = read_standing(tx, asker, item_id, now=self.gate.clock())
            if item is None:
                self.gate.decide(reader.of_absent(Kind.RECORDING), Action.SEE)  # as long as for one
                return HIDDEN
            own = self.gate.decide(reader.of_item(item), Action.SEE)
            if not isinstance(own, Allowed):
                return HIDDEN
            user_id = _find_user(tx, of)
            if user_id == asker.user_id:
                return self.tell_viewer(own.facts, action, until=reader.share_ends(item))
            if own.facts.is_keeper:
                found = find_at(hearing_at(tx, asker.user_id, item, now=self.gate.clock()), tx, user_id)
                told = self.explain_other(tx, of=found.id if found else None, action=action, item=item)
                if found is not None:
                    return told
        if own.facts.is_keeper:  # somebody hidden, or nobody: told the same, and noted the same
            detail = {"action": "explain", "code": "user_unknown"}
            note_refusal(self.gate.catalog, asker, clock=self.gate.clock, item_id=item_id, detail=detail)
            return told
        words = "Only the responsible person and admins may ask about somebody else."
        raise self.gate.refusal(asker, Action.SEE, item_id, words, code="keepers_only")

    def tell_viewer(self, facts: Facts, action: Action, *, until: datetime | None) -> Explanation:
        """Explain to a viewer who may see the item what they may do. `until`: when a share with them ends."""
        decision = self.gate.decide(facts, action)
        shared = Relation.SHARED_WITH in facts.relations and isinstance(decision, Allowed)
        return replace(
            tell(decision),
            told=fact_words.tell_facts(facts),
            lasts=fact_words.how_long(decision),
            until=until if shared and Relation.RESPONSIBLE not in facts.relations else None,
        )

    def explain_other(
        self, tx: Transaction, *, of: UUID | None, action: Action, item: AnyItem
    ) -> Explanation:
        """Explain, to somebody who may know everything about the item, what user `of` may do."""
        user = people.by_id(tx, of) if of else None
        if user is None:
            return Explanation(
                allowed=False,
                rule=None,
                relations=[],
                states=[],
                words="This is no registered user of the account: nothing is ever open to them.",
            )
        facts = FactsReader(tx, user_facts(user), self.gate.clock()).of_item(item)
        decision = self.gate.decide(facts, action)
        return replace(tell(decision), words=words.explain_other(decision))

    def explain_to_operator(self, viewer: str, action: Action, item_id: UUID) -> Explanation:
        """Explain for whoever runs the installation: facts and rule, no title and no name.

        `viewer` is a user's address or id. An item that is nowhere raises BadInput.
        """
        with self.gate.catalog.front_desk() as desk:
            account_ids = accounts.all_ids(desk)
        for account_id in account_ids:
            with self.gate.catalog.read(account_id) as tx:
                item = items.by_id(tx, item_id)
                if item is not None:
                    return self.explain_other(tx, of=_find_user(tx, viewer), action=action, item=item)
        raise BadInput("There is no such item.", code="item_unknown")


def tell(decision: Decision) -> Explanation:
    """Write a decision out in full."""
    return Explanation(
        allowed=isinstance(decision, Allowed),
        rule=decision.rule.name if decision.rule else None,
        relations=[relation.value for relation in Relation if relation in decision.facts.relations],
        states=sorted(state.value for state in decision.facts.states),
        words=words.explain(decision),
        line=decision.rule.line if decision.rule else None,
        ask=words.whom_to_ask(decision),
    )


def _find_user(tx: Transaction, viewer: UUID | str) -> UUID | None:
    if isinstance(viewer, UUID):
        return viewer
    try:
        return UUID(viewer)
    except ValueError:
        user = people.by_email(tx, viewer)
        return user.id if user else None
