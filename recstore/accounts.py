"""Create accounts, registered users and tokens."""

import secrets
import uuid
from dataclasses import dataclass, field
from uuid import UUID

from recstore.agents import Agents
from recstore.catalog import accounts, credentials, custodies, people
from recstore.catalog.database import Catalog, FrontDesk, Transaction
from recstore.catalog.desk import Account, Credential, Token
from recstore.catalog.tables import User
from recstore.clock import Clock
from recstore.custody import answered
from recstore.domains import claim, note
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.log import SYSTEM
from recstore.mail_domains import spell_own
from recstore.model import Event, Holder, Scope
from recstore.passwords import hash_password


@dataclass(frozen=True, slots=True)
class NewToken:
    """A bearer token, given once. `id` names it from then on: in the journal, in lists, to revoke it."""

    id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Set up customers. The key agent makes an account's key pair; only the public half comes here."""

    catalog: Catalog
    agents: Agents
    clock: Clock

    def create(self, name: str, *, domains: list[str]) -> Account:
        """Create an account with everything on, a key pair and an empty journal.

        The domains wait for their proof, as if an admin had added them.

        Raises BadInput: bad_name, bad_domain, domain_public; Conflict: account_exists.
        """
        if not name.strip():
            raise BadInput("An account needs a name.", code="bad_name")
        spelled = sorted({spell_own(domain) for domain in domains})
        account_id, now = uuid.uuid4(), self.clock()
        with self.catalog.front_desk() as desk:
            accounts.check_free(desk, name.strip())  # before the agent makes keys that nobody would need
        with answered():
            key = self.agents.service.create_account(account_id)
        with self.catalog.change(account_id) as tx:
            account = accounts.add(self._desk(tx), account_id=account_id, name=name.strip(), at=now)
            tx.session.flush()
            accounts.furnish(tx)
            custodies.add_key(tx, key, holder=Holder.SERVICE, at=now)
            log.begin(tx)
            log.append(tx, Event.ACCOUNT_CREATED, actor=SYSTEM, at=now, detail={"key": str(key.key_id)})
            for domain in spelled:
                note(tx, Event.DOMAIN_ADDED, actor=SYSTEM, at=now, row=claim(tx, domain))
        return account

    def find(self, name_or_id: str) -> Account:
        """Find an account by name or id; raise BadInput if there is none."""
        with self.catalog.front_desk() as desk:
            return accounts.find(desk, name_or_id)

    def all_ids(self) -> list[UUID]:
        """Give the ids of all accounts."""
        with self.catalog.front_desk() as desk:
            return accounts.all_ids(desk)

    def only(self) -> Account:
        """Give the installation's only account; raise BadInput if there are none or several."""
        with self.catalog.front_desk() as desk:
            return accounts.only(desk)

    def create_user(
        self, account_id: UUID, *, email: str, name: str, admin: bool, password: str | None
    ) -> User:
        """Register a user; without a password they cannot sign in yet, and may be given one later.

        Raises Conflict (user_exists) for somebody who is registered and can sign in already.
        """
        now = self.clock()
        hashed = hash_password(password) if password is not None else None
        with self.catalog.change(account_id) as tx:
            user = people.by_email(tx, email)
            waits = user is not None and hashed is not None and tx.session.get(Credential, user.id) is None
            if user is None or not waits:
                user = people.add(tx, email=email, name=name, admin=admin, at=now)
            if hashed is not None:
                key = self._desk(tx).lookup(user.email)
                tx.session.add(
                    Credential(user_id=user.id, account_id=account_id, email_key=key, password_hash=hashed)
                )
            log.append(
                tx,
                Event.USER_CREATED,
                actor=SYSTEM,
                at=now,
                detail={"user": str(user.id), "admin": user.admin},
            )
        return user

    def create_token(self, account_id: UUID, *, scope: Scope, user_email: str | None) -> NewToken:
        """Create a bearer token and give it: it cannot be shown again.

        A `read` token stands for a user; an `ingest` token stands for a recorder and reads nothing.
        """
        if (scope is Scope.READ) != (user_email is not None):
            raise BadInput("A read token needs a user, an ingest token none.", code="bad_token_user")
        token, now = secrets.token_urlsafe(32), self.clock()
        with self.catalog.change(account_id) as tx:
            user = people.by_email(tx, user_email) if user_email else None
            if user_email and user is None:
                raise BadInput("There is no such user in this account.", code="user_unknown")
            row = Token(
                id=uuid.uuid4(),
                token_hash=credentials.hash_token(token),
                account_id=account_id,
                scope=scope.value,
                user_id=user.id if user else None,
                created_at=now,
                revoked_at=None,
            )
            tx.session.add(row)
            log.append(
                tx,
                Event.TOKEN_CREATED,
                actor=SYSTEM,
                at=now,
                detail={"token": str(row.id), "scope": scope.value, "user": str(user.id) if user else None},
            )
        return NewToken(row.id, token)

    def tokens(self, account_id: UUID) -> list[Token]:
        """Give an account's tokens, revoked ones too, oldest first."""
        with self.catalog.front_desk() as desk:
            return credentials.tokens_of(desk, account_id)

    def revoke_token(self, account_id: UUID, token_id: UUID) -> None:
        """End a token at once; raise BadInput if the account has none of this id. Again changes nothing."""
        now = self.clock()
        with self.catalog.change(account_id) as tx:
            row = tx.session.get(Token, token_id)
            if row is None or row.account_id != account_id:
                raise BadInput("There is no such token; see `recstore token list`.", code="token_unknown")
            if row.revoked_at is None:
                row.revoked_at = now
                detail = {"token": str(token_id)}
                log.append(tx, Event.TOKEN_REVOKED, actor=SYSTEM, at=now, detail=detail)

    def _desk(self, tx: Transaction) -> FrontDesk:
        return FrontDesk(tx.session, tx.secret)
