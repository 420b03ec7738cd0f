"""Ask the oracle and the product the same questions, and count: decisions, lists, counts, messages."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from recstore.access.decision import Allowed
from recstore.access.facts import ViewerFacts
from recstore.access.messages import message_filter
from recstore.access.rows import FactsReader, read_viewer
from recstore.access.viewer import Viewer
from recstore.catalog import calls
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Item
from recstore.errors import NotThere, Refused
from recstore.library import Filters
from recstore.model import Action, Kind
from tests.oracle.oracle import Oracle
from tests.oracle.past import account_of
from tests.oracle.product import Product
from tests.oracle.worlds import GUEST, OPERATORS

LISTED = (Kind.RECORDING, Kind.TRANSCRIPT)


@dataclass
class Comparison:
    """Two answers to each question about one moment of a world; `differences` tells where they part."""

    oracle: Oracle
    product: Product
    count: int = 0
    differences: list[str] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)  # those that decided something

    def same(self, told: object, got: object, *question: object) -> None:
        self.count += 1
        if told != got:
            asked = " ".join(map(str, question))
            self.differences.append(f"at {self.oracle.now}, {asked}: oracle {told}, product {got}")

    def decisions(self) -> None:
        """Compare every viewer × item × action, and every message."""
        for viewer in [*self.oracle.left, GUEST, *OPERATORS]:
            for account, account_id in self.product.account_ids.items():
                names = self.items_of(account)
                with self.product.catalog.read(account_id) as tx:
                    ids = [self.product.item_ids[name] for name in names]
                    rows = {
                        row.id: row for row in tx.session.scalars(tx.select(Item).where(Item.id.in_(ids)))
                    }
                    # An operator's consent is for one item: so a reader of their own for each.
                    for part in [[name] for name in names] if viewer in OPERATORS else [names]:
                        self._decide(tx, viewer, {name: rows[self.product.item_ids[name]] for name in part})

    def _decide(self, tx: Transaction, viewer: str, named: dict[str, Item]) -> None:
        if named:
            reader = FactsReader(tx, self.facts_of(viewer, next(iter(named))), self.product.clock())
            reader.of_items(named.values())
            for name, item in named.items():
                self._decide_one(reader, viewer, name, item)

    def _decide_one(self, reader: FactsReader, viewer: str, name: str, item: Item) -> None:
        product, may = self.product, self.oracle.may(viewer, name)
        relations = self.oracle.relations(viewer, name)
        facts = reader.of_item(item)
        self.same(relations, {relation.value for relation in facts.relations}, viewer, "is to", name)
        for action in Action:
            decision = product.gate.decide(facts, action)
            allowed = isinstance(decision, Allowed)
            self.same(action in may, allowed, viewer, action, name)
            if decision.rule:
                self.rules.add(decision.rule.name)
            if allowed and decision.rule:
                self.same(True, not relations.isdisjoint(decision.rule.who.named), viewer, decision.rule.name)
        messages = self.oracle.items[name]["messages"]
        if messages:
            own = calls.participants_of_user(reader.tx, [item.call_id], product.user_ids.get(viewer, item.id))
            for action in Action:
                may_read = message_filter(product.gate, reader, item, own, action=action)
                for message in messages:
                    told = action in self.oracle.reads(viewer, name, message)
                    sender, to = message
                    got = may_read(to is None, [sender, *(to or [])])
                    self.same(told, got, viewer, action, name, message)

    def facts_of(self, viewer: str, name: str) -> ViewerFacts:
        """Give who asks, read in their own account as at every request; guests and operators have no rows."""
        if viewer == GUEST:
            return ViewerFacts(None, None, active=False, admin=False)
        if viewer in OPERATORS:
            until = self.product.grants.get((viewer, name))
            consented = until is not None and self.product.clock() < until
            return ViewerFacts(
                None, UUID(int=7), active=True, admin=False, operator=True, consented=consented
            )
        signed_in = self.product.viewer(viewer)
        with self.product.catalog.read(signed_in.account_id) as tx:
            return read_viewer(tx, signed_in, now=self.product.clock())

    def counts(self, viewers: Collection[str]) -> None:
        """Compare what a page shows of each item: what may be done, and how many messages."""
        for viewer in viewers:
            signed_in = self.product.viewer(viewer)
            for kind in LISTED:
                shown, _ = self.product.library.page(signed_in, kind, Filters(), cursor=None, limit=100)
                for one in shown:
                    name = self.name_of(one.item.id)
                    self.same(self.oracle.may(viewer, name), {a.value for a in one.actions}, viewer, name)
                    self.same(self.oracle.counts(viewer, name), one.message_count, viewer, "counts", name)

    def gate(self, viewers: Collection[str]) -> None:
        """Knock at the gate itself, with a live session and with one that has ended."""
        for viewer in viewers:
            ended = self.product.sign_in(viewer, until=self.product.clock())
            for name in self.oracle.items:
                told = self.oracle.may(viewer, name)
                for action in (Action.SEE, Action.OPEN, Action.REVIEW, Action.BIN):
                    answer = "yes" if action in told else "no" if "see" in told else "not there"
                    got = self._knock(self.product.viewer(viewer), action, name)
                    self.same(answer, got, viewer, "asks to", action, name)
                self.same("not there", self._knock(ended, Action.SEE, name), viewer, "signed out", name)

    def _knock(self, viewer: Viewer, action: Action, name: str) -> str:
        kind, item_id = self.product.kind_of(name), self.product.item_ids[name]
        try:
            self.product.gate.look(viewer, action, kind=kind, item_id=item_id)
        except NotThere:
            return "not there"
        except Refused:
            return "no"
        return "yes"

    def items_of(self, account: str) -> list[str]:
        return [name for name in self.oracle.items if account_of(name) == account]

    def users_of(self, account: str) -> list[str]:
        return [user for user in self.oracle.left if account_of(user) == account]

    def name_of(self, item_id: UUID) -> str:
        return next(name for name, known in self.product.item_ids.items() if known == item_id)
