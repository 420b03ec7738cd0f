"""The domains that an account proves to be its own, and enables for its directory (requirement R24).

A proof is a text in DNS that only whoever runs the domain can publish. Its token is random and belongs to one
account, so what another account published proves nothing here.
"""

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access.admins import change_as_admin, check_admin, noting_admin
from recstore.access.viewer import Viewer
from recstore.catalog import domains, people
from recstore.catalog.account_tables import Domain
from recstore.catalog.database import Catalog, Transaction
from recstore.clock import Clock
from recstore.errors import BadInput, Conflict, NotThere
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.mail_domains import spell_own
from recstore.model import Event
from recstore.resolver import Resolver

LABEL = "_recstore-challenge"
MOST = 100
LONGEST = 253 - len(LABEL) - 1  # the name that carries the proof must fit into DNS as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A domain as its admins see it. `people`: how many active users have an address there."""

    id: UUID
    domain: str
    token: str
    proven_at: datetime | None
    enabled: bool
    people: int

    @property
    def record_name(self) -> str:
        """Give the name under which the proof is published."""
        return f"{LABEL}.{self.domain}"

    @property
    def record_text(self) -> str:
        """Give the text that proves it."""
        return f"recstore-domain={self.token}"


@dataclass(frozen=True, slots=True)
class Domains:
    """Adds, proves, enables and removes domains, each change with its journal entry. For admins.

    Every method raises NotThere for whoever is no admin, and for a domain that is not the account's.
    """

    catalog: Catalog
    resolver: Resolver
    clock: Clock

    def read(self, viewer: Viewer) -> list[Claimed]:
        """Give the account's domains, by name."""
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            count = people.count_by_domain(tx)
            return [_show(row, count) for row in domains.every(tx)]

    def add(self, viewer: Viewer, text: str) -> Claimed:
        """Add a domain, which then waits for its proof.

        Raises BadInput: bad_domain, domain_public, too_many_domains; Conflict: domain_exists.
        """
        with self._change(viewer, "add a domain") as tx:
            row = claim(tx, text)
            self._note(tx, Event.DOMAIN_ADDED, viewer, row)
            return _show(row, people.count_by_domain(tx))

    def check(self, viewer: Viewer, domain_id: UUID) -> Claimed:
        """Look for the proof in DNS. Found, it is proven from now on; not found, not (any more).

        Raises DnsUnavailable, and changes nothing, where DNS does not say.
        """
        with noting_admin(self.catalog, viewer, clock=self.clock, action="check a domain"):
            return self._check(viewer, domain_id)

    def _check(self, viewer: Viewer, domain_id: UUID) -> Claimed:
        asked_at = self.clock()
        with self.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=asked_at)
            asked = _show(_find(tx, domain_id), Counter())
        # Outside of a transaction: a slow DNS server must not hold up the account.
        proven = asked.record_text in self.resolver.texts(asked.record_name)
        now = self.clock()
        with self.catalog.change(viewer.account_id) as tx:
            check_admin(tx, viewer, now=now)
            row = _find(tx, domain_id)
            if row.checked_at is None or row.checked_at <= asked_at:  # a slow old answer counts no more
                row.checked_at = asked_at
                self._settle(tx, viewer, row, proven=proven, now=now)
            return _show(row, people.count_by_domain(tx))

    def _settle(self, tx: Transaction, viewer: Viewer, row: Domain, *, proven: bool, now: datetime) -> None:
        if proven:
            row.proven_at = now
            self._note(tx, Event.DOMAIN_PROVEN, viewer, row)
        elif row.proven_at is not None:
            # Whoever has lost the domain must not keep its people visible through an old proof.
            row.proven_at, row.enabled = None, False
            self._note(tx, Event.DOMAIN_UNPROVEN, viewer, row)

    def enable(self, viewer: Viewer, domain_id: UUID, *, enabled: bool) -> Claimed:
        """Let everybody of the account find the people of a proven domain, or hide them again.

        Raises Conflict (domain_unproven).
        """
        with self._change(viewer, "enable a domain" if enabled else "disable a domain") as tx:
            row = _find(tx, domain_id)
            if enabled and row.proven_at is None:
                raise Conflict(
                    "This domain is not proven yet: publish its record and check it first.",
                    code="domain_unproven",
                )
            if row.enabled != enabled:
                row.enabled = enabled
                event = Event.DOMAIN_ENABLED if enabled else Event.DOMAIN_DISABLED
                self._note(tx, event, viewer, row)
            return _show(row, people.count_by_domain(tx))

    def remove(self, viewer: Viewer, domain_id: UUID) -> None:
        """Forget a domain. Added again, it needs a proof with another token."""
        with self._change(viewer, "remove a domain") as tx:
            row = _find(tx, domain_id)
            self._note(tx, Event.DOMAIN_REMOVED, viewer, row)
            tx.session.delete(row)

    def _change(self, viewer: Viewer, action: str) -> AbstractContextManager[Transaction]:
        return change_as_admin(self.catalog, viewer, clock=self.clock, action=action)

    def _note(self, tx: Transaction, event: Event, viewer: Viewer, row: Domain) -> None:
        note(tx, event, actor=Actor.user(viewer.user_id), at=self.clock(), row=row)


def claim(tx: Transaction, text: str) -> Domain:
    """Add a domain to the account, unproven; see Domains.add for what is raised."""
    spelled = spell_own(text)
    if len(spelled) > LONGEST:
        raise BadInput(f"A domain has at most {LONGEST} characters here.", code="bad_domain")
    if domains.by_name(tx, spelled):
        raise Conflict("This domain is in the list already.", code="domain_exists")
    if len(domains.every(tx)) >= MOST:
        raise BadInput(f"An account has at most {MOST} domains; remove one first.", code="too_many_domains")
    return domains.add(tx, spelled)


def note(tx: Transaction, event: Event, *, actor: Actor, at: datetime, row: Domain) -> None:
    """Tell the journal. The name is beside the entry, where it can be erased: it may be a person's."""
    log.append(tx, event, actor=actor, at=at, detail={"domain": str(row.id)}, private={"domain": row.domain})


def _find(tx: Transaction, domain_id: UUID) -> Domain:
    row = domains.by_id(tx, domain_id)
    if row is None:
        raise NotThere
    return row


def _show(row: Domain, count: Counter[bytes | None]) -> Claimed:
    return Claimed(
        id=row.id,
        domain=row.domain,
        token=row.token,
        proven_at=row.proven_at,
        enabled=row.enabled,
        people=count[row.domain_key],
    )
