"""Sign in and out, and tell whose a cookie or a bearer token is."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog import credentials, people
from recstore.catalog.database import Catalog, FrontDesk
from recstore.catalog.desk import Credential, Session
from recstore.catalog.tables import User
from recstore.clock import Clock
from recstore.errors import SignInNeeded
from recstore.guessing import WINDOW, note_attempt, too_many
from recstore.journal import log
from recstore.journal.log import GUEST, Actor
from recstore.model import Event
from recstore.passwords import matches, refuse_slowly

SESSION_LENGTH = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in: the cookie's token, until when it counts, and who it is."""

    token: str
    expires_at: datetime
    user: User
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class Known:
    """The active user behind a cookie or a bearer token."""

    viewer: Viewer
    user: User


@dataclass(frozen=True, slots=True)
class Recorder:
    """A machine that hands over calls of one account. It is no viewer: it can ask the gate nothing."""

    account_id: UUID
    token_id: UUID


@dataclass(frozen=True, slots=True)
class SignIn:
    """Server-side sessions: a cookie is a random token, kept here as a hash, and can be ended at once."""

    catalog: Catalog
    clock: Clock

    def sign_in(self, email: str, password: str, *, origin: str) -> SignedIn:
        """Start a session. `origin` is the network address, counted against guessing.

        Raises SignInNeeded with the same words whatever was wrong, Throttled after too many failures.
        """
        now = self.clock()
        with self.catalog.front_desk() as desk:
            known = credentials.by_email(desk, email)
        # Noted before the password is looked at: of many guesses at once, each finds those before it counted.
        noted = note_attempt(self.catalog, email, who="address", origin=origin, now=now)
        if noted is None:
            self._journal_refusal(known, code="too_many_attempts", now=now)
            raise too_many()
        for credential in [c for c in known if matches(c.password_hash, password)]:
            signed_in = self._start_session(credential, noted, now=now)
            if signed_in:
                return signed_in
        if not known:
            refuse_slowly(password)
        self._journal_refusal(known, code="sign_in_refused", now=now)
        raise SignInNeeded("The address or the password is not right.", code="sign_in_refused")

    def session(self, token: str) -> Known | None:
        """Tell who a cookie belongs to, if its session still counts and the user is active."""
        with self.catalog.front_desk() as desk:
            session = credentials.live_session(desk, token, now=self.clock())
            return _know(desk, session.account_id, session.user_id, session.id) if session else None

    def bearer(self, token: str) -> Known | Recorder | None:
        """Tell who a bearer token stands for, if it was not revoked."""
        with self.catalog.front_desk() as desk:
            row = credentials.live_token(desk, token)
            if row is None:
                return None
            if row.is_ingest or row.user_id is None:
                return Recorder(row.account_id, row.id)
            return _know(desk, row.account_id, row.user_id, row.id)

    def sign_out(self, viewer: Viewer) -> None:
        """End the viewer's session; playback under it stops within a second."""
        now = self.clock()
        with self.catalog.change(viewer.account_id) as tx:
            session = tx.session.get(Session, viewer.credential_id)
            if session is not None and session.ended_at is None:
                session.ended_at = now
                log.append(tx, Event.SIGNED_OUT, actor=Actor.user(viewer.user_id), at=now)

    def _start_session(self, credential: Credential, noted: list[int], *, now: datetime) -> SignedIn | None:
        token = secrets.token_urlsafe(32)
        with self.catalog.change(credential.account_id) as tx:
            user = people.by_id(tx, credential.user_id)
            if user is None or not user.active:
                return None
            session = Session(
                id=uuid.uuid4(),
                token_hash=credentials.hash_token(token),
                account_id=credential.account_id,
                user_id=user.id,
                created_at=now,
                expires_at=now + SESSION_LENGTH,
                ended_at=None,
            )
            tx.session.add(session)
            credentials.forgive(tx.session, noted)
            actor = Actor.user(user.id)
            log.append(tx, Event.SIGNED_IN, actor=actor, at=now, detail={"session": str(session.id)})
        viewer = Viewer(credential.account_id, user.id, session.id)
        return SignedIn(token=token, expires_at=session.expires_at, user=user, viewer=viewer)

    def _journal_refusal(self, known: list[Credential], *, code: str, now: datetime) -> None:
        if not known:
            # As many commits as for an address that is registered once: the time must not tell.
            with self.catalog.front_desk(write=True) as desk:
                credentials.add_failures(desk, [desk.lookup("nobody")], at=now, forget_before=now - WINDOW)
        for credential in known:
            with self.catalog.change(credential.account_id) as tx:
                detail = {"user": str(credential.user_id), "code": code}
                log.append(tx, Event.SIGN_IN_REFUSED, actor=GUEST, at=now, detail=detail)


def _know(desk: FrontDesk, account_id: UUID, user_id: UUID, credential_id: UUID) -> Known | None:
    user = people.by_id(desk.enter(account_id), user_id)
    return Known(Viewer(account_id, user_id, credential_id), user) if user and user.active else None
