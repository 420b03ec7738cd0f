"""How a viewer stands to an item: all that one decision wants to know of the rows, in one statement.

It is the same statement, and the same work, whether the item is the viewer's, another's, or not there at all.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, literal, select

from recstore.catalog.credentials import SIGNED_IN, USER, UserRow
from recstore.catalog.database import Transaction
from recstore.catalog.listed import ITEM, ItemRow
from recstore.catalog.tables import Item, Tie, User
from recstore.catalog.ties import TIE, TieRow


class Standing(NamedTuple):
    """`user`: None without a session or token that counts. `item`: None if the account has no such item."""

    user: UserRow | None
    item: ItemRow | None
    ties: list[TieRow]


# Outer joins to a row that is always there: what is missing comes back as NULL, and hides nothing else.
STANDING = select(*USER, *TIE, *ITEM).select_from(
    select(literal(1).label("asked"))
    .subquery("asked")
    .outerjoin(User, (User.account_id == bindparam("account")) & (User.id == bindparam("user")) & SIGNED_IN)
    .outerjoin(Item, (Item.account_id == bindparam("account")) & (Item.id == bindparam("item")))
    .outerjoin(
        Tie,
        (Tie.account_id == bindparam("account"))
        & (Tie.viewer_id == bindparam("user"))
        & (Tie.item_id == bindparam("item")),
    )
)


def read(tx: Transaction, *, user_id: UUID, credential_id: UUID, item_id: UUID, now: datetime) -> Standing:
    """Read how a user with this session or token stands to an item."""
    values = {
        "account": tx.account_id,
        "user": user_id,
        "credential": credential_id,
        "item": item_id,
        "now": now,
    }
    rows = tx.rows(STANDING, values).all()
    first, user, tie = rows[0], len(USER), len(USER + TIE)
    return Standing(
        user=UserRow._make(first[:user]) if first.admin is not None else None,
        item=ItemRow._make((*first[tie:], tx.reader)) if first.id is not None else None,
        ties=[TieRow._make(row[user:tie]) for row in rows if row.relation is not None],
    )
