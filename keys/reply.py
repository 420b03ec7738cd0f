"""Seal an opened data key to the one request that asked for it, so that it answers no other question.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM, to a key pair that lives for one attempt.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from keys.errors import Malformed, WrongAnswer
from keys.protocol import OpenRequest
from keys.secret import Secret

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LABEL: Final = b"recstore/key-reply/v1\x00"


def reply_context(request: OpenRequest, *, attempt: int) -> bytes:
    """Write what an answer belongs to, in a fixed length: request, attempt and everything that was asked."""
    ids = (request.id, request.account_id, request.item_id, request.key_id, request.data_key_id)
    numbers = attempt.to_bytes(1, "big") + request.generation.to_bytes(8, "big")
    return _LABEL + numbers + b"".join(each.bytes for each in ids)


def seal_reply(data_key: Secret, request: OpenRequest, *, attempt: int, reply_to: bytes) -> bytes:
    """Seal a data key to the request's ephemeral X25519 key (32 bytes). Raises Malformed if that is unfit."""
    try:
        public = X25519PublicKey.from_public_bytes(reply_to)
        return SUITE.encrypt(data_key.reveal(), public, info=reply_context(request, attempt=attempt))
    except ValueError as error:
        raise Malformed("The request's ephemeral key cannot be sealed to.") from error


class ReplyKey:
    """The key pair of one attempt: its public half travels in the request, its private half never leaves."""

    __slots__ = ("_private",)

    def __init__(self) -> None:
        self._private = X25519PrivateKey.generate()

    def public(self) -> bytes:
        """Give the 32 bytes that go into the request."""
        return self._private.public_key().public_bytes_raw()

    def open(self, sealed: bytes, request: OpenRequest, *, attempt: int) -> Secret:
        """Open the answer to this very attempt. Raises WrongAnswer for the answer to any other."""
        try:
            return Secret(SUITE.decrypt(sealed, self._private, info=reply_context(request, attempt=attempt)))
        except (InvalidTag, ValueError) as error:
            raise WrongAnswer("The key agent's answer does not belong to this request.") from error
