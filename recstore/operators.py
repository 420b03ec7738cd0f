"""Operators as persons: created, signed in and out. A sign-in of theirs shows no content and no list."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from recstore.catalog import credentials, operators
from recstore.catalog.database import Catalog
from recstore.catalog.operators import Operator, OperatorSession
from recstore.clock import Clock
from recstore.errors import BadInput, SignInNeeded
from recstore.guessing import note_attempt, too_many
from recstore.passwords import hash_password, matches, refuse_slowly
from recstore.signin import SESSION_LENGTH


@dataclass(frozen=True, slots=True)
class KnownOperator:
    """The active operator behind a cookie."""

    id: UUID
    email: str
    session_id: UUID


@dataclass(frozen=True, slots=True)
class SignedInOperator:
    """A fresh sign-in: the cookie's token, until when it counts, and who it is."""

    token: str = field(repr=False)
    expires_at: datetime
    operator: KnownOperator


@dataclass(frozen=True, slots=True)
class Operators:
    """Knows who runs the service. What they then do in an account is in that account's journal."""

    catalog: Catalog
    clock: Clock

    def create(self, email: str, *, password: str | None) -> Operator:
        """Create an operator, or give one a first password.

        Raises BadInput: bad_email, password_too_short; Conflict: operator_exists.
        """
        hashed = hash_password(password) if password is not None else None
        with self.catalog.front_desk(write=True) as desk:
            return operators.add(desk, email, password_hash=hashed, at=self.clock())

    def find(self, email_or_id: str) -> Operator:
        """Find an operator by address or id. Raises BadInput (operator_unknown)."""
        with self.catalog.front_desk() as desk:
            try:
                found = operators.by_id(desk.session, UUID(email_or_id))
            except ValueError:
                found = operators.by_email(desk, email_or_id)
        if found is None or found.inactive_since is not None:
            raise BadInput(
                "There is no such operator; see `recstore operator create`.", code="operator_unknown"
            )
        return found

    def deactivate(self, email_or_id: str) -> Operator:
        """Deactivate an operator for good: every session ends, and what it streams, within a second.

        Raises BadInput (operator_unknown).
        """
        found = self.find(email_or_id)
        with self.catalog.front_desk(write=True) as desk:
            row = desk.session.get_one(Operator, found.id)
            row.inactive_since = self.clock()
        return found

    def sign_in(self, email: str, password: str, *, origin: str) -> SignedInOperator:
        """Start a session. Raises SignInNeeded with the same words whatever was wrong, and Throttled."""
        now = self.clock()
        noted = note_attempt(self.catalog, email, who="operator", origin=origin, now=now)
        if noted is None:
            raise too_many()
        with self.catalog.front_desk() as desk:
            found = operators.by_email(desk, email)
        if found is None or found.password_hash is None:
            refuse_slowly(password)
        elif matches(found.password_hash, password) and found.inactive_since is None:
            return self._start_session(found, noted, now=now)
        raise SignInNeeded("The address or the password is not right.", code="sign_in_refused")

    def session(self, token: str) -> KnownOperator | None:
        """Tell who a cookie belongs to, if its session still counts and the operator is active."""
        with self.catalog.front_desk() as desk:
            session = operators.live_session(desk, token, now=self.clock())
            found = operators.by_id(desk.session, session.operator_id) if session else None
        if session is None or found is None or found.inactive_since is not None:
            return None
        return KnownOperator(found.id, found.email, session.id)

    def sign_out(self, operator: KnownOperator) -> None:
        """End the session; what plays under it stops within a second."""
        with self.catalog.front_desk(write=True) as desk:
            session = desk.session.get(OperatorSession, operator.session_id)
            if session is not None and session.ended_at is None:
                session.ended_at = self.clock()

    def _start_session(self, found: Operator, noted: list[int], *, now: datetime) -> SignedInOperator:
        token, session_id = secrets.token_urlsafe(32), uuid.uuid4()
        with self.catalog.front_desk(write=True) as desk:
            desk.session.add(
                OperatorSession(
                    id=session_id,
                    token_hash=credentials.hash_token(token),
                    operator_id=found.id,
                    created_at=now,
                    expires_at=now + SESSION_LENGTH,
                    ended_at=None,
                )
            )
            credentials.forgive(desk.session, noted)
        known = KnownOperator(found.id, found.email, session_id)
        return SignedInOperator(token=token, expires_at=now + SESSION_LENGTH, operator=known)
