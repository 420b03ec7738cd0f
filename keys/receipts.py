"""Receipts: what an agent says it destroyed, signed, so that anybody can check it years later, offline.

A receipt is one JSON object: `statement` (what, of which account, when), `key` and `signature` (Ed25519,
RFC 8032). Signed is the label ‖ the statement as canonical JSON: sorted names, no spaces, ASCII.
"""

import base64
import json
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keys.errors import BadReceipt

_LABEL: Final = b"recstore/receipt/v1\x00"

Statement = Mapping[str, str | int]


def sign_receipt(statement: Statement, key: Ed25519PrivateKey) -> str:
    """Write a receipt as one line of JSON."""
    public = key.public_key().public_bytes_raw()
    signed = {"key": _text(public), "signature": _text(key.sign(_signed(statement)))}
    return _canonical({"statement": dict(statement)} | signed)


def read_receipt(receipt: str, *, key: bytes) -> dict[str, str | int]:
    """Give the statement of a receipt signed with this public key (32 bytes). Raises BadReceipt if not."""
    try:
        found = json.loads(receipt)
        statement: dict[str, str | int] = found["statement"]
        signature = base64.b64decode(found["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _signed(statement))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadReceipt("This is no receipt, or the key is none.") from error
    except InvalidSignature as error:
        raise BadReceipt("This receipt was altered, or another agent signed it.") from error
    return statement


def receipt_key(receipt: str) -> bytes:
    """Give the public key that a receipt names. It proves nothing until the holder confirms that key."""
    try:
        return base64.b64decode(json.loads(receipt)["key"], validate=True)
    except (ValueError, LookupError, TypeError) as error:
        raise BadReceipt("This is no receipt.") from error


def _signed(statement: Statement) -> bytes:
    return _LABEL + _canonical(dict(statement)).encode("ascii")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
