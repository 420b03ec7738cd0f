"""The pairing file: all that the service needs to ask a customer's own agent, in one JSON document.

It carries the private key by which the agent knows the service: whoever has the file may ask as the service
does, and is logged. It travels like a password. It carries no key that opens anything.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from keys.errors import BadKey
from keys.protocol import AccountKey
from keys.public_keys import read_public_key, write_public_key
from keys.secret import Secret

_VERSION: Final = "recstore/pairing/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Where the agent is, what it must show, what the service shows, and the account's public key.

    `address`: tls://HOST:PORT. `ca`, `certificate`, `private`: PEM.
    """

    account_id: UUID
    key: AccountKey
    address: str
    ca: bytes
    certificate: bytes
    private: Secret = field(repr=False)

    @property
    def name(self) -> str:
        """Name the identity by its certificate: 16 hex digits."""
        return hashlib.sha256(self.certificate).hexdigest()[:16]


def write_pairing(pairing: Pairing) -> str:
    """Write a pairing as JSON."""
    fields = json.loads(write_public_key(pairing.account_id, pairing.key))
    texts = {
        "ca": pairing.ca,
        "certificate": pairing.certificate,
        "private": pairing.private.reveal(),
    }
    encoded = {name: base64.b64encode(text).decode("ascii") for name, text in texts.items()}
    return json.dumps({"pairing": _VERSION, "address": pairing.address} | fields | encoded, indent=1) + "\n"


def read_pairing(text: str, *, account_id: UUID) -> Pairing:
    """Read a pairing for this account. Raises BadKey, without quoting what was read."""
    try:
        fields = json.loads(text)
        known = fields["pairing"] == _VERSION and fields["address"].startswith("tls://")
        ca, certificate, private = (
            base64.b64decode(fields[name], validate=True) for name in ("ca", "certificate", "private")
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        raise BadKey("This is no pairing file of a key agent.") from None
    if not known:
        raise BadKey("This is a pairing file of another version, or without an address.")
    return Pairing(
        account_id=account_id,
        key=read_public_key(text, account_id=account_id),
        address=str(fields["address"]),
        ca=ca,
        certificate=certificate,
        private=Secret(private),
    )
