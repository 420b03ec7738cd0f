"""The root as a key in AWS KMS, which never gives it out: each wrapping and unwrapping is a call.

What is wrapped: key mark (16) ‖ what KMS gave. The context goes along as KMS's encryption context: it is
authenticated, and stands in clear in CloudTrail, where it tells which account's key was opened when.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from keys.custodians.deadline import SECONDS, Deadline
from keys.errors import DoesNotOpen, HomeUnfit, RootRefused, RootUnavailable
from keys.secret import Secret

_CALLS_AT_ONCE: Final = 8
_MARK_LENGTH: Final = 16
_FORM: Final = b"\x01"  # ahead of the secret: KMS encrypts nothing empty, and a later form can be told apart
_NOT_OURS: Final = {"InvalidCiphertextException", "IncorrectKeyException"}
_REFUSED: Final = {
    "AccessDeniedException",
    "DisabledException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidKeyUsageException",
    "InvalidSignatureException",
    "KMSInvalidStateException",  # waiting for its deletion, among others
    "NotFoundException",
    "UnrecognizedClientException",
}

# At DEBUG, botocore writes whole requests and answers to the log, and with them accounts' private keys.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An access key of AWS. Without one, boto3 looks where it does (the machine's role, among others)."""

    access_key: str
    secret_key: Secret


class KmsCustodian:
    """Wrap with a key that stays in KMS. Safe for threads. A network away: put a cache in front of it."""

    def __init__(
        self,
        key: str,
        *,
        endpoint: str | None = None,
        credentials: Credentials | None = None,
        seconds: float = SECONDS,
    ) -> None:
        """Take a key by its full ARN, which names the region too. Raises HomeUnfit for another spelling."""
        self._key = key
        region, key_id = _read_arn(key)
        self._key_id = key_id.encode()
        self._client = _client(region, _encrypted(endpoint), credentials, patience=seconds / 3)
        self._deadline = Deadline(width=_CALLS_AT_ONCE)
        self._seconds = seconds
        self._asking = 0
        self._counting = Lock()

    def wrap(self, secret: Secret, *, context: bytes) -> bytes:
        """Wrap a secret, bound to its context."""
        answer = self._ask("encrypt", Plaintext=_FORM + secret.reveal(), EncryptionContext=_spell(context))
        return self._mark(answer["CiphertextBlob"]) + bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        """Unwrap what `wrap` gave under the same context and root. Raises DoesNotOpen for anything else."""
        mark, sealed = wrapped[:_MARK_LENGTH], wrapped[_MARK_LENGTH:]
        if not sealed or mark != self._mark(sealed):
            raise DoesNotOpen("This key was wrapped under another root, or was altered.")
        answer = self._ask("decrypt", CiphertextBlob=sealed, EncryptionContext=_spell(context))
        if answer["KeyId"] != self._key or not answer["Plaintext"].startswith(_FORM):
            raise DoesNotOpen("KMS opened this with another key than the root, or it is no wrapped key.")
        return Secret(answer["Plaintext"][len(_FORM) :])

    def _mark(self, sealed: bytes) -> bytes:
        """Tell damage and another root's work without a call, to which KMS may answer just "access denied".

        No secret goes in: whoever alters what is sealed can make a new mark, but not what KMS opens.
        """
        return hashlib.sha256(self._key_id + sealed).digest()[:_MARK_LENGTH]

    def _ask(self, operation: str, **fields: Any) -> Mapping[str, Any]:
        return self._deadline.call(lambda: self._connected(operation, fields), seconds=self._seconds)

    def _connected(self, operation: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask, and hang up when nobody else is asking: no connection to KMS stays open between questions."""
        with self._counting:
            self._asking += 1
        try:
            return self._twice(operation, fields)
        finally:
            with self._counting:
                self._asking -= 1
                if self._asking == 0:
                    self._client.close()

    def _twice(self, operation: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._once(operation, fields)
        except RootUnavailable:
            return self._once(operation, fields)

    def _once(self, operation: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        # `from None` throughout: a cause would carry the request, or what a server made up, into a traceback.
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(KeyId=self._key, **fields)
        except ClientError as error:
            raise _translate(error.response.get("Error", {}).get("Code", "")) from None
        except BotoCoreError as error:
            raise RootUnavailable(f"KMS does not answer: {type(error).__name__}.") from None
        if not {"KeyId", "CiphertextBlob" if operation == "encrypt" else "Plaintext"} <= answer.keys():
            raise RootUnavailable("KMS gave an answer without what was asked for.")
        return answer


def _translate(code: str) -> DoesNotOpen | RootRefused | RootUnavailable:
    if code in _NOT_OURS:
        return DoesNotOpen("This key was wrapped under another root or context, or was altered.")
    if code in _REFUSED:
        return RootRefused(f"KMS refuses the root: {code}.")
    return RootUnavailable("KMS could not answer now.")


def _read_arn(key: str) -> tuple[str, str]:
    # Not an alias and not a bare id: both mean another key once somebody repoints them or changes the region.
    parts = key.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "kms" or not parts[5].startswith("key/"):
        raise HomeUnfit("The key in KMS is named by its full ARN: arn:aws:kms:REGION:ACCOUNT:key/ID.")
    return parts[3], parts[5].removeprefix("key/")


def _encrypted(endpoint: str | None) -> str | None:
    where = urlsplit(endpoint or "https:")
    if where.scheme != "https" and where.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise HomeUnfit("The endpoint of KMS must be https: accounts' private keys travel to it.")
    return endpoint


def _spell(context: bytes) -> dict[str, str]:
    return {"recstore": f"0x{context.hex()}"}


def _client(region: str, endpoint: str | None, credentials: Credentials | None, *, patience: float) -> Any:
    once = {
        "total_max_attempts": 1,
        "mode": "standard",
    }  # we try again ourselves, without botocore's long pauses
    config = Config(connect_timeout=patience, read_timeout=patience, retries=once)
    return boto3.client(
        "kms",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=credentials and credentials.access_key,
        aws_secret_access_key=credentials and credentials.secret_key.reveal().decode(),
        config=config,
    )
