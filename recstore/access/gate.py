"""The gate: the one door to items. Reads the facts, asks the rules, writes the journal, gives a Grant.

Whatever opens content takes a Grant, never a viewer and an id. The order is always: facts, decision, journal,
commit, Grant. So there is no grant without an entry, and a journal that cannot be written lets nobody in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from recstore.access import openings, words
from recstore.access.decision import Allowed, Decider, Decision, Denied, Question
from recstore.access.facts import Facts
from recstore.access.grant import GATE_SEAL, Grant
from recstore.access.refusals import note_refusal, noting_refusals
from recstore.access.rows import FactsReader, read_consent, read_standing, read_viewer
from recstore.access.viewer import Viewer
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.listed import ItemRow
from recstore.catalog.tables import Item
from recstore.clock import Clock
from recstore.errors import NotThere, RecstoreError, Refused
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Action, Event, Kind

EVENTS = {Action.REVIEW: Event.REVIEWED, Action.SUPPORT: Event.SUPPORTED}
REASON_NEEDED = "A review needs a reason; say why you look at this."


@dataclass(frozen=True, slots=True)
class Verdict:
    """An item that is in the viewer's account, with the decision about it."""

    item: ItemRow
    decision: Decision

    @property
    def rule(self) -> str | None:
        """Name the deciding rule."""
        return self.decision.rule.name if self.decision.rule else None


class Gate:
    """Answers one question at a time, and keeps no answer: every question is asked anew."""

    def __init__(self, catalog: Catalog, decider: Decider, clock: Clock) -> None:
        self.catalog = catalog
        self.decider = decider
        self.clock = clock

    def open(
        self, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID, reason: str | None = None
    ) -> Grant:
        """Ask to open content; the entry is committed before this returns.

        A range of an opening that runs already is decided anew, but belongs to that opening's entry.
        Raises NotThere, Refused, JournalUnavailable.
        """
        with self.catalog.read(viewer.account_id) as tx:
            verdict = self._judge(tx, viewer, action, kind=kind, item_id=item_id)
            if verdict and isinstance(verdict.decision, Allowed) and not reason:
                now = self.clock()
                running = openings.find(tx, viewer, action, verdict.item, now=now)
                if running and openings.is_fresh(running, now=now):
                    return _grant(viewer, action, verdict, decision=running.decision)
        return self._open_anew(viewer, action, kind=kind, item_id=item_id, reason=reason)

    def _open_anew(
        self, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID, reason: str | None
    ) -> Grant:
        with self._allowed(viewer, action, kind=kind, item_id=item_id) as (tx, verdict):
            now = self.clock()
            running = openings.find(tx, viewer, action, verdict.item, now=now)
            if running and not reason:  # a reason is always written down, also the second of one session
                running.seen_at = now
                return _grant(viewer, action, verdict, decision=running.decision)
            if reason or action is not Action.REVIEW:
                decision = log.append(
                    tx,
                    EVENTS.get(action, Event.OPENED),
                    actor=Actor.of(viewer),
                    at=now,
                    item_id=item_id,
                    detail=_detail(viewer, action, verdict),
                    private={"reason": reason} if reason else log.NOTHING,
                )
                openings.start(tx, viewer, action, verdict.item, decision=decision, now=now)
                return _grant(viewer, action, verdict, decision=decision)
        raise self.refusal(viewer, action, item_id, REASON_NEEDED, code="reason_needed")

    @contextmanager
    def change(
        self, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID
    ) -> Iterator[tuple[Transaction, Item]]:
        """Ask to change an item; gives the transaction in which to do it and to write its entry.

        Raises NotThere or Refused, and whatever BadInput the change itself raises; the refusal is journalled,
        and nothing else happens.
        """
        with (
            noting_refusals(self.catalog, viewer, clock=self.clock, action=action.value, item_id=item_id),
            self._allowed(viewer, action, kind=kind, item_id=item_id) as (tx, _),
        ):
            # As an object that can be changed; it is there, for it was judged within this transaction.
            yield tx, tx.get_all(Item, [item_id])[item_id]

    def look(self, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID) -> Verdict:
        """Ask for what opens no content, such as an item's details. Only a refusal is journalled."""
        with self.catalog.read(viewer.account_id) as tx:
            verdict = self._judge(tx, viewer, action, kind=kind, item_id=item_id)
        if verdict and isinstance(verdict.decision, Allowed):
            return verdict
        with self._allowed(viewer, action, kind=kind, item_id=item_id) as (_, verdict):
            return verdict

    def look_as_keeper(self, viewer: Viewer, *, kind: Kind, item_id: UUID, words: str) -> Verdict:
        """Ask for what only the responsible person and admins are told; others are refused in these words."""
        verdict = self.look(viewer, Action.SEE, kind=kind, item_id=item_id)
        if not verdict.decision.facts.is_keeper:
            raise self.refusal(viewer, Action.SEE, item_id, words, code="keepers_only")
        return verdict

    def refusal(self, viewer: Viewer, action: Action, item_id: UUID, words: str, *, code: str) -> Refused:
        """Give the error for what the rules allow but something else forbids; its entry is committed."""
        detail = {"action": action.value, "rule": None, "code": code}
        note_refusal(self.catalog, viewer, clock=self.clock, item_id=item_id, detail=detail)
        return Refused(words, code=code)

    def still_holds(self, grant: Grant) -> None:
        """Ask again for a grant in use; raise NotThere or Refused as soon as it would not be given now."""
        with self.catalog.read(grant.viewer.account_id) as tx:
            verdict = self._judge(tx, grant.viewer, grant.action, kind=grant.kind, item_id=grant.item_id)
        if verdict is None or isinstance(verdict.decision, Denied):
            raise self._refusal(verdict)
        if verdict.item.generation != grant.generation:
            raise NotThere

    def decide(self, facts: Facts, action: Action) -> Decision:
        """Ask the rules alone, without effect: for lists, explanations and single messages."""
        return self.decider.decide(Question(facts, action))

    def actions(self, facts: Facts) -> list[Action]:
        """Give everything that these facts allow, in the order of the vocabulary."""
        return [action for action in Action if isinstance(self.decide(facts, action), Allowed)]

    def reader(self, tx: Transaction, viewer: Viewer) -> FactsReader:
        """Give the reader of this viewer's facts within a transaction."""
        now = self.clock()
        consent = read_consent(tx, viewer, now=now)
        return FactsReader(tx, read_viewer(tx, viewer, now=now), now, consent=consent)

    @contextmanager
    def _allowed(
        self, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID
    ) -> Iterator[tuple[Transaction, Verdict]]:
        with self.catalog.change(viewer.account_id) as tx:
            verdict = self._judge(tx, viewer, action, kind=kind, item_id=item_id)
            if verdict and isinstance(verdict.decision, Allowed):
                yield tx, verdict
                return
            log.append(
                tx,
                Event.REFUSED,
                actor=Actor.of(viewer),
                at=self.clock(),
                item_id=item_id,
                detail=_detail(viewer, action, verdict),
            )
        # Raised only now: the entry about the refusal must be committed, not rolled back with it.
        raise self._refusal(verdict)

    def _judge(
        self, tx: Transaction, viewer: Viewer, action: Action, *, kind: Kind, item_id: UUID
    ) -> Verdict | None:
        item, reader = read_standing(tx, viewer, item_id, now=self.clock())
        if item is None or item.what is not kind:
            # Thrown away: a refusal takes as long for what is not there as for what is not the viewer's.
            self.decide(reader.of_absent(kind), action)
            return None
        return Verdict(item, self.decide(reader.of_item(item), action))

    def _refusal(self, verdict: Verdict | None) -> RecstoreError:
        # Whoever may not see the item must not learn that it is there: the two cases are one error.
        if verdict is None or isinstance(self.decide(verdict.decision.facts, Action.SEE), Denied):
            return NotThere()
        return Refused(words.explain(verdict.decision), rule=verdict.rule)


def _detail(viewer: Viewer, action: Action, verdict: Verdict | None) -> dict[str, str | None]:
    return {
        "action": action.value,
        "rule": verdict.rule if verdict else None,
        "session": str(viewer.credential_id),
    }


def _grant(viewer: Viewer, action: Action, verdict: Verdict, *, decision: int) -> Grant:
    return Grant(
        viewer=viewer,
        item_id=verdict.item.id,
        kind=verdict.item.what,
        generation=verdict.item.generation,
        action=action,
        rule=verdict.rule or "",
        decision=decision,
        seal=GATE_SEAL,
    )
