"""What the account's admins see and do about operators: who asks, what was consented to, and taking it back.

A consent is signed on the customer's own machine and only handed in here. What is kept and shown here helps
people; what opens is the signature, which the key agent verifies for itself.
"""

import contextlib
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from keys.errors import BadConsent
from keys.grants import Consent as Agreement
from keys.grants import Purpose, SignedConsent, read_signed, write_signed
from recstore.access.admins import change_as_admin, check_admin, noting_admin
from recstore.access.viewer import Viewer
from recstore.catalog import consents, items, operators
from recstore.catalog.consents import ConsentRow, SupportRequest
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.tables import Item
from recstore.clock import Clock
from recstore.consent_agent import ConsentAgent, Word
from recstore.errors import BadInput, Conflict, KeysUnavailable, NotThere
from recstore.journal import log
from recstore.journal.entry import Scalar
from recstore.journal.log import SYSTEM, Actor
from recstore.model import Event

__all__ = [
    "Agreement",
    "Asked",
    "Consents",
    "Given",
    "Purpose",
    "Standing",
    "command_for",
    "describe_request",
    "note_ends",
]


class Standing(StrEnum):
    """Where a consent stands."""

    EARLY = "early"
    STANDS = "stands"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Given:
    """A consent with the operator's address.

    `word`: the key agent's, of one that stands; None where it does not answer.
    """

    id: UUID
    consent: Agreement
    document: bytes
    operator: str
    standing: Standing
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits. `item` and `title` are None where the account has none of that id."""

    request: SupportRequest
    operator: str
    item: Item | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Consents:
    """Shows and takes consents. Every method for a viewer raises NotThere for whoever is no admin."""

    catalog: Catalog
    agent: ConsentAgent
    clock: Clock

    def waiting(self, viewer: Viewer) -> list[Asked]:
        """Give the requests that wait for an answer, oldest first."""
        note_ends(self.catalog, viewer.account_id, now=self.clock())
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            rows = consents.waiting(tx, now=self.clock())
            found = tx.get_all(Item, {row.item_id for row in rows})
            titles = items.titles(tx, found.values())
            names = _addresses(tx, (row.operator_id for row in rows))
            return [
                Asked(row, names[row.operator_id], found.get(row.item_id), titles.get(row.item_id))
                for row in rows
            ]

    def read(self, viewer: Viewer) -> list[Given]:
        """Give the account's consents, the latest first, those that are over too."""
        note_ends(self.catalog, viewer.account_id, now=self.clock())
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            given = self._show(tx)
        return self._ask_agent(viewer.account_id, given)

    def read_as_system(self, account_id: UUID) -> list[Given]:
        """Give them to whoever runs the installation's commands."""
        note_ends(self.catalog, account_id, now=self.clock())
        with self.catalog.read(account_id) as tx:
            given = self._show(tx)
        return self._ask_agent(account_id, given)

    def hand_in(self, viewer: Viewer, document: str) -> ConsentRow:
        """Take a signed consent from an admin, if the key agent will open under it.

        Raises BadInput (bad_consent, operator_unknown), Conflict (consent_exists), KeysUnavailable.
        """
        with noting_admin(self.catalog, viewer, clock=self.clock, action="hand in a consent"):
            with self.catalog.read(viewer.account_id) as tx:
                check_admin(tx, viewer, now=self.clock())
            signed = self._check(viewer.account_id, document)
            with self.catalog.change(viewer.account_id) as tx:
                check_admin(tx, viewer, now=self.clock())
                return self._take(tx, signed, actor=Actor.user(viewer.user_id))

    def hand_in_as_system(self, account_id: UUID, document: str) -> ConsentRow:
        """Take a signed consent by command. Raises as `hand_in`."""
        signed = self._check(account_id, document)
        with self.catalog.change(account_id) as tx:
            return self._take(tx, signed, actor=SYSTEM)

    def refuse(self, viewer: Viewer, request_id: UUID) -> None:
        """Refuse a request. Raises NotThere if none of this id waits."""
        with change_as_admin(self.catalog, viewer, clock=self.clock, action="refuse an operator") as tx:
            now = self.clock()
            row = _waiting(tx, request_id, now=now)
            row.answer = "refused"
            _note(tx, Event.CONSENT_REFUSED, row, actor=Actor.user(viewer.user_id), at=now)

    def withdraw(self, viewer: Viewer, consent_id: UUID) -> None:
        """Take a consent back, here at once and then at the key agent. Again tells the agent again.

        Raises KeysUnavailable if the agent could not be told: what streams has ended all the same.
        """
        with (
            noting_admin(self.catalog, viewer, clock=self.clock, action="withdraw a consent"),
            self.catalog.change(viewer.account_id) as tx,
        ):
            check_admin(tx, viewer, now=self.clock())
            nonce = self._take_back(tx, consent_id, actor=Actor.user(viewer.user_id))
        self.agent.withdraw(viewer.account_id, nonce)

    def withdraw_as_system(self, account_id: UUID, consent_id: UUID) -> None:
        """Take a consent back by command. Raises NotThere, KeysUnavailable."""
        with self.catalog.change(account_id) as tx:
            nonce = self._take_back(tx, consent_id, actor=SYSTEM)
        self.agent.withdraw(account_id, nonce)

    def _show(self, tx: Transaction) -> list[Given]:
        rows = consents.newest(tx)
        names, now = _addresses(tx, (row.operator_id for row in rows)), self.clock()
        return [
            Given(row.id, row.consent, row.document, names[row.operator_id], standing_of(row, now=now))
            for row in rows
        ]

    def _ask_agent(self, account_id: UUID, given: list[Given]) -> list[Given]:
        """Add the key agent's word to the consents that stand, as far as it answers."""
        words: dict[UUID, Word] = {}
        # Whoever shows it says that no word came. One silence is enough: more would be waited for in vain.
        with contextlib.suppress(KeysUnavailable):
            for one in given:
                if one.standing is Standing.STANDS:
                    words[one.id] = self.agent.judge(account_id, one.document)
        return [replace(one, word=words.get(one.id)) for one in given]

    def _check(self, account_id: UUID, document: str) -> SignedConsent:
        """Read a consent, and have the key agent check who signed it."""
        try:
            signed = read_signed(document.encode())
        except BadConsent as error:
            raise BadInput(str(error), code="bad_consent") from error
        if signed.consent.account_id != account_id:
            raise BadInput("This consent is for another account.", code="bad_consent")
        if signed.consent.not_after <= self.clock():
            raise BadInput("The time of this consent is over already.", code="bad_consent")
        self.agent.check(account_id, write_signed(signed))
        return signed

    def _take(self, tx: Transaction, signed: SignedConsent, *, actor: Actor) -> ConsentRow:
        now, consent = self.clock(), signed.consent
        if operators.by_id(tx.session, consent.operator_id) is None:
            raise BadInput("There is no operator of this id.", code="operator_unknown")
        if consents.is_known(tx, consent.nonce):
            raise Conflict("This consent was handed in already.", code="consent_exists")
        row = consents.add(tx, signed, at=now)
        operators.note_account(tx.session, consent.operator_id, tx.account_id)
        for asked in consents.waiting(tx, now=now, operator_id=consent.operator_id):
            if consent.covers(asked.item_id) and consent.ticket == asked.ticket:
                asked.answer = "granted"
        log.append(tx, Event.CONSENT_GIVEN, actor=actor, at=now, detail=describe(row))
        return row

    def _take_back(self, tx: Transaction, consent_id: UUID, *, actor: Actor) -> bytes:
        row, now = consents.by_id(tx, consent_id), self.clock()
        if row is None:
            raise NotThere
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            log.append(tx, Event.CONSENT_WITHDRAWN, actor=actor, at=now, detail=describe(row))
        return row.nonce


def note_ends(catalog: Catalog, account_id: UUID, *, now: datetime) -> None:
    """Tell the journal which consents expired and which requests lapsed, as soon as anybody looks."""
    with catalog.read(account_id) as tx:
        is_due = bool(consents.expired(tx, now=now) or consents.lapsed(tx, now=now))
    if not is_due:
        return
    with catalog.change(account_id) as tx:
        for row in consents.expired(tx, now=now):
            row.expiry_noted = True
            log.append(tx, Event.CONSENT_EXPIRED, actor=SYSTEM, at=now, detail=describe(row))
        for asked in consents.lapsed(tx, now=now):
            asked.answer = "lapsed"
            _note(tx, Event.CONSENT_LAPSED, asked, actor=SYSTEM, at=now)


def command_for(row: SupportRequest) -> str:
    """Give the command with which an approver consents to a request: one opening within an hour."""
    words = ["recstore", "consent", "grant", "--account", row.account_id, "--operator", row.operator_id]
    words += ["--item", row.item_id, "--purpose", row.purpose, "--ticket", row.ticket]
    return shlex.join(map(str, [*words, "--hours", 1, "--openings", 1, "--key", "approver.key"]))


def standing_of(row: ConsentRow, *, now: datetime) -> Standing:
    """Say where a consent stands at this moment."""
    if row.withdrawn_at is not None:
        return Standing.WITHDRAWN
    if now >= row.not_after:
        return Standing.EXPIRED
    return Standing.EARLY if now < row.consent.not_before else Standing.STANDS


def describe(row: ConsentRow) -> dict[str, Scalar]:
    """Describe a consent for the journal: what was signed; of the items, how many."""
    consent = row.consent
    return {
        "consent": str(row.id),
        "nonce": consent.nonce.hex(),
        "operator": str(consent.operator_id),
        "items": len(consent.items) if consent.items is not None else "all",
        "purpose": consent.purpose.value,
        "ticket": consent.ticket,
        "until": consent.not_after.isoformat(),
        "openings": consent.openings,
        "approver": consent.approver,
    }


def _note(tx: Transaction, event: Event, row: SupportRequest, *, actor: Actor, at: datetime) -> None:
    detail = describe_request(row)
    log.append(tx, event, actor=actor, at=at, item_id=row.item_id, detail=detail)


def describe_request(row: SupportRequest) -> dict[str, Scalar]:
    """Describe a request for the journal."""
    operator = str(row.operator_id)
    return {"request": str(row.id), "operator": operator, "purpose": row.purpose, "ticket": row.ticket}


def _waiting(tx: Transaction, request_id: UUID, *, now: datetime) -> SupportRequest:
    row = consents.request(tx, request_id)
    if row is None or row.answer is not None or row.until <= now:
        raise NotThere
    return row


def _addresses(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, str]:
    found = {each: operators.by_id(tx.session, each) for each in set(ids)}
    return {each: row.email for each, row in found.items() if row is not None}
