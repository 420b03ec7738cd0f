"""Seal opened keys to the one request that asked for it, so that they answer no other question.

HPKE (RFC 9180) as in keys.wrap, hybrid and all, to a key pair that lives for one attempt: whoever records
answers on a network today gains nothing from a quantum computer later.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from keys.errors import BadKey, Malformed, WrongAnswer
from keys.protocol import OpenRequest, OpenTextKeys
from keys.secret import Secret
from keys.wrap import DATA_KEY_LENGTH, SUITE, PublicKey

_DATA_KEY: Final = b"recstore/key-reply/v1\x00"
_TEXT_KEYS: Final = b"recstore/text-keys-reply/v1\x00"

Request = OpenRequest | OpenTextKeys


def reply_context(request: Request, *, attempt: int) -> bytes:
    """Write what an answer belongs to, in parts of fixed length: request, attempt, all that was asked."""
    if isinstance(request, OpenTextKeys):
        each = (request.id, request.account_id, request.key_id, *request.text_key_ids)
        return _TEXT_KEYS + attempt.to_bytes(1, "big") + b"".join(one.bytes for one in each)
    ids = (request.id, request.account_id, request.item_id, request.key_id, request.data_key_id)
    numbers = attempt.to_bytes(1, "big") + request.generation.to_bytes(8, "big")
    return _DATA_KEY + numbers + b"".join(each.bytes for each in ids)


def seal_reply(opened: list[Secret], request: Request, *, attempt: int, reply_to: bytes) -> bytes:
    """Seal keys to the request's ephemeral key (1216 bytes). Raises Malformed if that is unfit."""
    try:
        public = PublicKey(reply_to).hpke
        keys = b"".join(key.reveal() for key in opened)
        return SUITE.encrypt(keys, public, info=reply_context(request, attempt=attempt))
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

    def open(self, sealed: bytes, request: Request, *, attempt: int) -> list[Secret]:
        """Open the answer to this very attempt. Raises WrongAnswer for the answer to any other."""
        private = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)
        try:
            opened = SUITE.decrypt(sealed, private, info=reply_context(request, attempt=attempt))
        except (InvalidTag, ValueError) as error:
            raise WrongAnswer("The key agent's answer does not belong to this request.") from error
        asked = len(request.text_key_ids) if isinstance(request, OpenTextKeys) else 1
        if len(opened) != asked * DATA_KEY_LENGTH:
            raise WrongAnswer("The key agent's answer has another number of keys than were asked for.")
        starts = range(0, len(opened), DATA_KEY_LENGTH)
        return [Secret(opened[start : start + DATA_KEY_LENGTH]) for start in starts]
