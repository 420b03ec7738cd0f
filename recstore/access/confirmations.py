"""Confirm what one was shown: a list is given with a token that says what stood on it and until when.

HMAC-SHA256 under a key of this installation, bound to the viewer: nobody makes a confirmation, or uses one
that somebody else was given. What it says is no secret. Source: RFC 2104.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from recstore.access.viewer import Viewer
from recstore.catalog.database import Transaction
from recstore.errors import BadInput, Conflict

LASTS = timedelta(minutes=10)
MAC_LENGTH = 32


def give_confirmation(tx: Transaction, viewer: Viewer, shown: dict[str, Any], *, now: datetime) -> str:
    """Write down what this viewer was shown just now, as base64url without padding."""
    text = json.dumps({**shown, "until": (now + LASTS).isoformat()}).encode()
    return base64.urlsafe_b64encode(_mac(tx, viewer, text) + text).decode().rstrip("=")


def read_confirmation(tx: Transaction, viewer: Viewer, token: str, *, now: datetime) -> dict[str, Any]:
    """Give what this viewer was shown. Raises BadInput (bad_confirmation), Conflict (confirmation_stale)."""
    try:
        sent = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        sent = b""
    mac, text = sent[:MAC_LENGTH], sent[MAC_LENGTH:]
    if not hmac.compare_digest(mac, _mac(tx, viewer, text)):
        raise BadInput(
            "This confirmation was not given to you; look at the list again.", code="bad_confirmation"
        )
    shown: dict[str, Any] = json.loads(text)
    if datetime.fromisoformat(shown.pop("until")) <= now:
        raise Conflict("This confirmation is too old; look at the list again.", code="confirmation_stale")
    return shown


def _mac(tx: Transaction, viewer: Viewer, text: bytes) -> bytes:
    key = hmac.digest(tx.secret, b"recstore confirmation", hashlib.sha256)
    return hmac.digest(key, viewer.account_id.bytes + viewer.user_id.bytes + text, hashlib.sha256)
