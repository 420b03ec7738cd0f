"""What operators asked for, and what the account consented to, as signed: verified by the key agent alone."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from keys.errors import BadConsent
from keys.grants import Consent, SignedConsent, read_signed, write_signed
from recstore.catalog.database import Transaction
from recstore.catalog.operators import Operator
from recstore.catalog.walled import Walled

# A request that nobody answered lapses after this time.
STANDS = timedelta(hours=12)
MOST_SHOWN = 100


class ConsentRow(Walled):
    """A signed consent, whole. The row gives no right that its signature does not."""

    __tablename__ = "consents"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey(Operator.id))
    nonce: Mapped[bytes]
    document: Mapped[bytes]
    not_after: Mapped[datetime]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    expiry_noted: Mapped[bool]
    __table_args__ = (UniqueConstraint("account_id", "nonce"),)

    @property
    def consent(self) -> Consent:
        """Give what was signed; the queries here give no row that cannot be read."""
        return read_signed(self.document).consent

    @property
    def is_readable(self) -> bool:
        """Say whether this is a signed consent at all: whoever writes rows may write anything."""
        try:
            read_signed(self.document)
        except BadConsent:
            return False
        return True


class SupportRequest(Walled):
    """An operator asks to open an item. It need not be there: that is not theirs to learn."""

    __tablename__ = "support_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey(Operator.id))
    item_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(16))
    ticket: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(16))

    @property
    def until(self) -> datetime:
        """Say when it lapses."""
        return self.asked_at + STANDS


def add(tx: Transaction, signed: SignedConsent, *, at: datetime) -> ConsentRow:
    """Keep a signed consent."""
    consent = signed.consent
    row = ConsentRow(
        account_id=tx.account_id,
        id=uuid.uuid4(),
        operator_id=consent.operator_id,
        nonce=consent.nonce,
        document=write_signed(signed),
        not_after=consent.not_after,
        given_at=at,
        withdrawn_at=None,
        expiry_noted=False,
    )
    tx.add(row)
    tx.session.flush()
    return row


def is_known(tx: Transaction, nonce: bytes) -> bool:
    """Say whether a consent of this nonce was handed in before."""
    query = tx.select(ConsentRow).where(ConsentRow.nonce == nonce)
    return tx.session.scalars(query).one_or_none() is not None


def by_id(tx: Transaction, consent_id: UUID) -> ConsentRow | None:
    """Find a consent of the account."""
    row = tx.get(ConsentRow, consent_id)
    return row if row is not None and row.is_readable else None


def standing(tx: Transaction, consent_id: UUID, *, operator_id: UUID, now: datetime) -> Consent | None:
    """Give a consent to this operator, if its time runs and it was not withdrawn."""
    row = by_id(tx, consent_id)
    if row is None or row.withdrawn_at is not None or row.operator_id != operator_id:
        return None
    consent = row.consent
    is_whose = consent.operator_id == operator_id and consent.account_id == tx.account_id
    return consent if is_whose and consent.not_before <= now < consent.not_after else None


def newest(tx: Transaction, *, operator_id: UUID | None = None) -> Sequence[ConsentRow]:
    """Give the account's consents, those that were handed in last first; or those to one operator."""
    query = tx.select(ConsentRow).order_by(ConsentRow.given_at.desc(), ConsentRow.id).limit(MOST_SHOWN)
    if operator_id is not None:
        query = query.where(ConsentRow.operator_id == operator_id)
    return [row for row in tx.session.scalars(query) if row.is_readable]


def expired(tx: Transaction, *, now: datetime) -> Sequence[ConsentRow]:
    """Give the consents whose time is over and of whose end the journal does not know yet."""
    query = tx.select(ConsentRow).where(
        ConsentRow.not_after <= now, ConsentRow.expiry_noted.is_(False), ConsentRow.withdrawn_at.is_(None)
    )
    return [row for row in tx.session.scalars(query) if row.is_readable]


def ask(
    tx: Transaction, *, operator_id: UUID, item_id: UUID, purpose: str, ticket: str, at: datetime
) -> SupportRequest:
    """Keep a request."""
    row = SupportRequest(
        account_id=tx.account_id,
        id=uuid.uuid4(),
        operator_id=operator_id,
        item_id=item_id,
        purpose=purpose,
        ticket=ticket,
        asked_at=at,
        answer=None,
    )
    tx.add(row)
    tx.session.flush()
    return row


def request(tx: Transaction, request_id: UUID) -> SupportRequest | None:
    """Find a request of the account."""
    return tx.get(SupportRequest, request_id)


def waiting(tx: Transaction, *, now: datetime, operator_id: UUID | None = None) -> Sequence[SupportRequest]:
    """Give the requests that wait for an answer, oldest first; or those of one operator."""
    query = tx.select(SupportRequest).where(
        SupportRequest.answer.is_(None), SupportRequest.asked_at > now - STANDS
    )
    if operator_id is not None:
        query = query.where(SupportRequest.operator_id == operator_id)
    return tx.session.scalars(query.order_by(SupportRequest.asked_at, SupportRequest.id)).all()


def lapsed(tx: Transaction, *, now: datetime) -> Sequence[SupportRequest]:
    """Give the requests that nobody answered in time and of whose end the journal does not know yet."""
    query = tx.select(SupportRequest).where(
        SupportRequest.answer.is_(None), SupportRequest.asked_at <= now - STANDS
    )
    return tx.session.scalars(query).all()
