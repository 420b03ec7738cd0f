"""The key that an agent signs receipts with: wrapped under the root, and unwrapped for each use."""

import threading
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.custodians import Custodian
from keys.errors import AgentRefused, DoesNotOpen, HomeUnfit, Refusal
from keys.files import read_private, write_private
from keys.receipts import Statement, sign_receipt
from keys.root import root_asked
from keys.secret import Secret

RECEIPT_KEY_CONTEXT: Final = b"recstore/receipt-key/v1\x00"


class ReceiptKey:
    """The receipt key in a file, made when it is first needed. Safe for threads."""

    def __init__(self, path: Path, *, custodian: Custodian) -> None:
        self._path = path
        self._custodian = custodian
        self._creating = threading.Lock()

    def sign(self, statement: Statement) -> str:
        """Write a receipt. Raises AgentRefused if the key cannot be used."""
        return sign_receipt(statement, self._key())

    def public(self) -> bytes:
        """Give the 32 bytes that whoever checks receipts has to know."""
        return self._key().public_key().public_bytes_raw()

    def _key(self) -> Ed25519PrivateKey:
        with self._creating, root_asked():
            if not self._path.exists():
                fresh = Secret(Ed25519PrivateKey.generate().private_bytes_raw())
                write_private(self._path, self._custodian.wrap(fresh, context=RECEIPT_KEY_CONTEXT))
            try:
                wrapped = read_private(self._path)
                raw = self._custodian.unwrap(wrapped, context=RECEIPT_KEY_CONTEXT)
            except (OSError, DoesNotOpen, HomeUnfit) as error:
                raise AgentRefused(Refusal.KEY_DAMAGED) from error
        return Ed25519PrivateKey.from_private_bytes(raw.reveal())
