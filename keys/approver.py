"""An approver's own key, on the customer's side: made, kept in a private file, and used to sign consents.

FILE    the 32 bytes of an Ed25519 private key (RFC 8032): under a passphrase, or plain with mode 0600
"""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import passphrase_file
from keys.errors import HomeUnfit
from keys.files import read_private, write_private
from keys.grants import ApproverKey, Consent, Kind, SignedConsent, check_form, signed_bytes
from keys.passphrase import Ask
from keys.passphrase_file import Cost, What
from keys.secret import Secret

_APPROVER: Final = What("approver's key", b"recstore/approver/v1\x00")
_LENGTH: Final = 32


class Approver:
    """Somebody who consents for an account: holds the private key for as long as it takes to sign."""

    def __init__(self, secret: Secret, /) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret.reveal())

    @classmethod
    def create(cls, path: Path, ask: Ask | None, *, cost: Cost | None = None) -> "Approver":
        """Make a key in a new file; without `ask`, not under a passphrase. Raises HomeUnfit if it exists."""
        if path.exists():
            raise HomeUnfit(f"{path} exists: choose another file for a new approver's key.")
        secret = Secret(Ed25519PrivateKey.generate().private_bytes_raw())
        if ask is None:
            write_private(path, secret.reveal())
        else:
            passphrase_file.write(path, secret, _APPROVER, ask, cost=cost)
        return cls(secret)

    @classmethod
    def load(cls, path: Path, ask: Ask) -> "Approver":
        """Open a key's file; `ask` is asked only where it is under a passphrase. Raises HomeUnfit."""
        try:
            content = read_private(path)
        except OSError as error:
            raise HomeUnfit(f"The approver's key {path} cannot be read: {error.strerror}.") from error
        if len(content) == _LENGTH:
            return cls(Secret(content))
        return cls(passphrase_file.read(path, _APPROVER, ask))

    @property
    def public(self) -> ApproverKey:
        """Give the public half, which the agent's home is told."""
        return ApproverKey(Kind.ED25519, self._key.public_key().public_bytes_raw())

    def sign(self, consent: Consent) -> SignedConsent:
        """Sign a consent that names this key. Raises BadConsent if it is out of bounds."""
        signature = self._key.sign(signed_bytes(check_form(consent)))
        return SignedConsent(consent=consent, kind=Kind.ED25519, signature=signature)
