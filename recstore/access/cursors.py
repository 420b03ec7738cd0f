"""Seal the cursors of lists: a page may end at an item that its reader must not learn of.

AES-256-GCM under a key of this installation, bound to the viewer: nobody reads a cursor, makes one, or
goes on with somebody else's. Source: NIST SP 800-38D.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recstore.access.viewer import Viewer
from recstore.catalog.database import Transaction
from recstore.errors import BadInput

NONCE_LENGTH = 12


def seal_cursor(tx: Transaction, viewer: Viewer, text: str) -> str:
    """Seal where a page ended, as base64url without padding."""
    nonce = secrets.token_bytes(NONCE_LENGTH)
    sealed = _cipher(tx).encrypt(nonce, text.encode(), _reader(viewer))
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def open_cursor(tx: Transaction, viewer: Viewer, cursor: str) -> str:
    """Open a cursor that `seal_cursor` gave this viewer; raise BadInput (bad_cursor) for any other."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return _cipher(tx).decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], _reader(viewer)).decode()
    except (ValueError, InvalidTag) as error:
        raise BadInput(
            "This cursor is not one of ours; start again without it.", code="bad_cursor"
        ) from error


def _cipher(tx: Transaction) -> AESGCM:
    return AESGCM(hmac.digest(tx.secret, b"recstore cursor", hashlib.sha256))


def _reader(viewer: Viewer) -> bytes:
    return viewer.account_id.bytes + viewer.user_id.bytes
