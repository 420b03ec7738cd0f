"""Seal an opened data key to the one request that asked for it, so that it answers no other question.

HPKE (RFC 9180) as in keys.wrap, hybrid and all, to a key pair that lives for one attempt: whoever records
answers on a network today gains nothing from a quantum computer later.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from keys.errors import BadKey, Malformed, WrongAnswer
from keys.protocol import OpenRequest
from keys.secret import Secret
from keys.wrap import SUITE, PublicKey

_LABEL: Final = b"recstore/key-reply/v1\x00"


def reply_context(request: OpenRequest, *, attempt: int) -> bytes:
    """Write what an answer belongs to, in a fixed length: request, attempt and everything that was asked."""
    ids = (request.id, request.account_id, request.item_id, request.key_id, request.data_key_id)
    numbers = attempt.to_bytes(1, "big") + request.generation.to_bytes(8, "big")
    return _LABEL + numbers + b"".join(each.bytes for each in ids)


def seal_reply(data_key: Secret, request: OpenRequest, *, attempt: int, reply_to: bytes) -> bytes:
    """Seal a data key to the request's ephemeral key (1216 bytes). Raises Malformed if that is unfit."""
    try:
        public = PublicKey(reply_to).hpke
        return SUITE.encrypt(data_key.reveal(), public, info=reply_context(request, attempt=attempt))
    except (BadKey, ValueError) as error:
        raise Malformed("The request's ephemeral key cannot be sealed to.") from error


class ReplyKey:
    """The key pair of one attempt: its public half travels in the request, its private half never leaves."""

    __slots__ = ("_mlkem", "_x25519")

    def __init__(self) -> None:
        self._mlkem, self._x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()

    def public(self) -> bytes:
        """Give the 1216 bytes that go into the request: ML-KEM-768 (1184) ‖ X25519 (32)."""
        mlkem, x25519 = self._mlkem.public_key(), self._x25519.public_key()
        return mlkem.public_bytes_raw() + x25519.public_bytes_raw()

    def open(self, sealed: bytes, request: OpenRequest, *, attempt: int) -> Secret:
        """Open the answer to this very attempt. Raises WrongAnswer for the answer to any other."""
        private = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)
        try:
            return Secret(SUITE.decrypt(sealed, private, info=reply_context(request, attempt=attempt)))
        except (InvalidTag, ValueError) as error:
            raise WrongAnswer("The key agent's answer does not belong to this request.") from error
