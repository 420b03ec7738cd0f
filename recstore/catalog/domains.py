"""E-mail domains that an account calls its own; names come in their one spelling (`mail_domains`)."""

import secrets
import uuid
from uuid import UUID

from recstore.catalog.account_tables import Domain
from recstore.catalog.database import Transaction


def add(tx: Transaction, domain: str) -> Domain:
    """Add a domain with a fresh token; nothing follows from it until it is proven and enabled."""
    row = Domain(
        account_id=tx.account_id,
        id=uuid.uuid4(),
        domain=domain,
        domain_key=tx.lookup(domain),
        token=secrets.token_urlsafe(32),
        checked_at=None,
        proven_at=None,
        enabled=False,
    )
    tx.add(row)
    tx.session.flush()
    return row


def by_name(tx: Transaction, domain: str) -> Domain | None:
    """Find a domain of the account by its name."""
    return tx.session.scalars(tx.select(Domain).where(Domain.domain_key == tx.lookup(domain))).one_or_none()


def by_id(tx: Transaction, domain_id: UUID) -> Domain | None:
    """Find a domain of the account by id."""
    return tx.get(Domain, domain_id)


def every(tx: Transaction) -> list[Domain]:
    """Give all domains of the account, by name."""
    return sorted(tx.session.scalars(tx.select(Domain)), key=lambda row: row.domain)


def enabled(tx: Transaction) -> set[str]:
    """Give the names of those that count: proven and enabled."""
    query = tx.select(Domain).where(Domain.enabled, Domain.proven_at.is_not(None))
    return {row.domain for row in tx.session.scalars(query)}
