"""What operators do with customers' content: ask for it, and open it under a consent. Nothing else.

They see ids, never titles, names or lists of items. Their acts stand in the journal of the account concerned.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from re import fullmatch
from uuid import UUID

from keys.grants import TICKET, Consent, Purpose
from recstore.access.gate import Gate
from recstore.access.viewer import Support, Viewer
from recstore.catalog import accounts, consents, items, operators
from recstore.catalog.consents import SupportRequest
from recstore.clock import Clock
from recstore.consent_agent import refusal_of
from recstore.consents import describe_request, note_ends
from recstore.errors import BadInput, KeysUnavailable, NotThere, Refused, Throttled
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Action, Event, Kind
from recstore.operators import KnownOperator
from recstore.playback import Content, Playback

# Of one operator in one account: more would bury what an admin has to read.
MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class Usable:
    """A consent that stands, as its operator sees it."""

    id: UUID
    account_id: UUID
    account: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Supporting:
    """Takes operators' requests, and opens for them what the customer consented to."""

    gate: Gate
    playback: Playback
    clock: Clock

    def ask(
        self, operator: KnownOperator, account: str | None, item_id: UUID, *, purpose: str, ticket: str
    ) -> SupportRequest:
        """Ask an account's admins for consent to open an item. Tells nothing of whether it is there.

        `account` is a name or id; None where there is but one. Raises BadInput (account_needed,
        account_unknown, bad_purpose, bad_ticket), Throttled.
        """
        if purpose not in set(Purpose):
            raise BadInput(f"A purpose is one of {', '.join(Purpose)}.", code="bad_purpose")
        if not fullmatch(TICKET, ticket):
            words = "A ticket has up to 40 letters, digits and # . _ / - and no spaces."
            raise BadInput(words, code="bad_ticket")
        with self.gate.catalog.front_desk() as desk:
            account_id = (accounts.find(desk, account) if account else accounts.only(desk)).id
        now = self.clock()
        note_ends(self.gate.catalog, account_id, now=now)
        with self.gate.catalog.change(account_id) as tx:
            if len(consents.waiting(tx, now=now, operator_id=operator.id)) >= MOST_WAITING:
                raise Throttled(
                    "So many requests of yours wait there; an admin has to answer first.", retry_after=3600
                )
            operators.note_account(tx.session, operator.id, account_id)
            row = consents.ask(
                tx, operator_id=operator.id, item_id=item_id, purpose=purpose, ticket=ticket, at=now
            )
            actor, detail = Actor.operator(operator.id), describe_request(row)
            log.append(tx, Event.CONSENT_ASKED, actor=actor, at=now, item_id=item_id, detail=detail)
        return row

    def waiting(self, operator: KnownOperator) -> list[tuple[str, SupportRequest]]:
        """Give the operator's own requests that wait, each with the account's name."""
        found = []
        for account_id, name in self._accounts(operator):
            with self.gate.catalog.read(account_id) as tx:
                rows = consents.waiting(tx, now=self.clock(), operator_id=operator.id)
            found += [(name, row) for row in rows]
        return found

    def usable(self, operator: KnownOperator) -> list[Usable]:
        """Give the consents to this operator that stand now."""
        found = []
        for account_id, name in self._accounts(operator):
            with self.gate.catalog.read(account_id) as tx:
                rows = consents.newest(tx, operator_id=operator.id)
                standing = [
                    (row.id, consents.standing(tx, row.id, operator_id=operator.id, now=self.clock()))
                    for row in rows
                ]
            found += [Usable(row_id, account_id, name, consent) for row_id, consent in standing if consent]
        return found

    def covering(self, operator: KnownOperator, item_id: UUID) -> UUID:
        """Choose a consent that stands and covers an item: the latest. Raises NotThere."""
        for one in self.usable(operator):
            if one.consent.covers(item_id):
                return one.id
        raise NotThere

    def kind_of(self, operator: KnownOperator, consent_id: UUID, item_id: UUID) -> Kind:
        """Say of what kind an item is that a consent covers. Raises NotThere."""
        viewer, consent = self._viewer(operator, consent_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            item = items.by_id(tx, item_id)
        if item is None or not consent.covers(item_id):
            raise NotThere
        return item.what

    def open(self, operator: KnownOperator, consent_id: UUID, kind: Kind, item_id: UUID) -> Content:
        """Open an item under a consent; the journal's entry, and the agent's word, come before any byte.

        Raises NotThere, KeysUnavailable; Refused (consent_refused) where the key agent finds the consent
        wanting, which is journalled too.
        """
        viewer, _ = self._viewer(operator, consent_id)
        grant = self.gate.open(viewer, Action.SUPPORT, kind=kind, item_id=item_id)
        content = self.playback.content(grant)
        try:
            # One byte, which is thrown away: a consent that does not hold is told now, not in mid-stream.
            next(content.read(0, min(1, content.length)), b"")
        except KeysUnavailable as error:
            raise _told(error) from error
        return content

    def write_messages(self, content: Content) -> Iterator[bytes]:
        """Write a chat's messages, one a line, as they were handed over."""
        for message in self.playback.messages(content.grant):
            yield json.dumps(message, ensure_ascii=False).encode() + b"\n"

    def _viewer(self, operator: KnownOperator, consent_id: UUID) -> tuple[Viewer, Consent]:
        """Find an operator's own consent, whether it stands or not: that is the gate's to judge."""
        for account_id, _ in self._accounts(operator):
            with self.gate.catalog.read(account_id) as tx:
                row = consents.by_id(tx, consent_id)
            if row is not None and row.operator_id == operator.id:
                support = Support(operator.session_id, row.consent.purpose.value, row.document)
                return Viewer(account_id, operator.id, row.id, support), row.consent
        raise NotThere

    def _accounts(self, operator: KnownOperator) -> list[tuple[UUID, str]]:
        with self.gate.catalog.front_desk() as desk:
            ids = operators.accounts_of(desk, operator.id)
            return [(account_id, accounts.find(desk, str(account_id)).name) for account_id in ids]


def _told(error: KeysUnavailable) -> Refused | KeysUnavailable:
    """Say what the key agent found wanting in a consent; its word is in the journal (`key-not-given`)."""
    refused = refusal_of(error)
    if refused is None:
        return error
    words = f"The key agent does not open this under the customer's consent: {refused}."
    return Refused(words, code="consent_refused")
