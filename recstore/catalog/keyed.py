"""Hold a catalog to the look-up key that it began with.

Under another key nothing that is there would be found: content would be stored twice, nobody could sign in.
"""

import hashlib
import hmac
from contextlib import suppress

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recstore.catalog.database import Catalog, FrontDesk
from recstore.catalog.desk import Installation
from recstore.errors import Misconfigured

LABEL = b"recstore look-up key, check value 1"
ONLY = 1


def is_keyed(engine: Engine) -> bool:
    """Say whether the catalog has begun under a key already, so that a fresh one would be a wrong one."""
    with Session(engine.execution_options(recstore_write=False)) as session:
        return session.get(Installation, ONLY) is not None


def hold_to_key(catalog: Catalog) -> None:
    """Keep a check value of the first key; raise Misconfigured for any other one later."""
    with catalog.front_desk() as desk:
        known = _check_value(desk)
    if known is None:
        # Another process may begin at the same moment; whoever was first, the key is compared below.
        with suppress(IntegrityError), catalog.front_desk(write=True) as desk:
            desk.session.add(Installation(id=ONLY, key_check=_expected(desk)))
    with catalog.front_desk() as desk:
        if not hmac.compare_digest(_check_value(desk) or b"", _expected(desk)):
            raise Misconfigured(
                "lookup.key is not the one that this catalog began with; restore it from the backup,"
                " or copy it from another host of this installation."
            )


def _check_value(desk: FrontDesk) -> bytes | None:
    return desk.session.scalar(select(Installation.key_check))


def _expected(desk: FrontDesk) -> bytes:
    return hmac.digest(desk.secret, LABEL, hashlib.sha256)
