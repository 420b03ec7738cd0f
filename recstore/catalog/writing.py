"""Seal what a transaction writes: under one fresh text key, which is sealed to the account and dropped.

Nothing here opens anything; an account's public key is enough. So a hand-over goes on while the key agent is
away. The text key's row keeps a list of what was sealed under it, for settling.
"""

import json
import secrets
import uuid
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from keys.secret import Secret
from keys.wrap import DATA_KEY_LENGTH, PublicKey, wrap_text_key
from recstore.catalog.sealed_tables import AccountKey
from recstore.catalog.text_tables import TextKey
from recstore.catalog.written import UNSEALED, Worded
from recstore.sealing.cell import NONCE, seal_text

Rows = Mapping[str, Collection[str]]  # by table, the names of rows in hexadecimal


class Writer:
    """Seals the texts of one transaction of one account. Makes a key only if there is a text."""

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.key_id = uuid.uuid4()
        self.key: Secret | None = None
        self._rows: dict[str, set[str]] = {}

    def seal(self, row: Worded) -> None:
        """Seal the texts of a row that were set and not sealed yet."""
        unsealed = [text for text in row.texts if vars(row).get(text.cell) == UNSEALED]
        for text in unsealed:
            if row.account_id != self.account_id:
                raise ValueError("a text of another account was handed to this transaction")
            _, said = row.said[text.name]
            cell = seal_text(
                said,
                text.place(row),
                key_id=self.key_id,
                key=self._made_key(),
                nonce=secrets.token_bytes(NONCE),
            )
            setattr(row, text.cell, cell)
            row.said[text.name] = cell, said
        if unsealed:
            self._rows.setdefault(row.__tablename__, set()).add(row.row_name().hex())

    def finish(self, session: Session) -> None:
        """Keep the text key, sealed, if there was a text; to be called when everything else is written."""
        session.flush()
        if self.key is None:
            return
        session.add(wrap(session, self.key, self.key_id, self.account_id, lasting=False, rows=self._rows))
        session.flush()

    def _made_key(self) -> Secret:
        if self.key is None:
            self.key = Secret(secrets.token_bytes(DATA_KEY_LENGTH))
        return self.key


def wrap(
    session: Session, key: Secret, key_id: UUID, account_id: UUID, *, lasting: bool, rows: Rows
) -> TextKey:
    """Give the row of a text key, sealed to the account's present public key."""
    current = select(AccountKey.key_id, AccountKey.public_key).where(
        AccountKey.account_id == account_id, AccountKey.retired_at.is_(None)
    )
    account_key = session.execute(current).one()
    return TextKey(
        account_id=account_id,
        id=key_id,
        key_id=account_key.key_id,
        sealed=wrap_text_key(
            PublicKey(account_key.public_key), key.reveal(), account_id=account_id, text_key_id=key_id
        ),
        lasting=lasting,
        rows=json.dumps({table: sorted(names) for table, names in rows.items()}),
        settled_at=None,
    )


class WritingSession(Session):
    """A session that seals texts whenever it writes rows; `info["writer"]` is who does it."""


@event.listens_for(WritingSession, "before_flush")
def _seal_texts(session: Session, *_: object) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, Worded):
            session.info["writer"].seal(row)
