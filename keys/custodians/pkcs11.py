"""The root as an AES-256 key in a hardware token, reached over PKCS#11. It is made there and cannot leave.

What is wrapped: nonce (12) ‖ sealed ‖ tag (16), AES-256-GCM (CKM_AES_GCM) with the context as AAD.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass, exceptions
from pkcs11.types import SecretKey, Session

from keys.custodians.deadline import SECONDS, Deadline
from keys.errors import DoesNotOpen, HomeUnfit, KeysError, RootRefused, RootUnavailable
from keys.files import read_private
from keys.secret import Secret

_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16
_REFUSED_PIN: Final = (
    exceptions.PinExpired,
    exceptions.PinIncorrect,
    exceptions.PinInvalid,
    exceptions.PinLenRange,
    exceptions.PinLocked,
)
# One caller in the whole process: a library initialised without arguments takes no two (PKCS #11 v3.1,
# 5.4), and starting it anew under a call that hangs would crash us.
_IN_TURN: Final = Deadline(width=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the root is: the vendor's PKCS#11 library, the token's label, the key's label, the PIN's file."""

    module: Path
    token: str
    key: str
    pin_file: Path


class Pkcs11Custodian:
    """Wrap with a key that stays in its token. Safe for threads: they take turns."""

    def __init__(self, place: Place, *, create: bool = False, seconds: float = SECONDS) -> None:
        """Open the token now, so that a wrong setting shows at once. `create` makes a key that is missing."""
        self._place = place
        self._key: SecretKey | None = None
        self._pid = 0
        self._pin_refused = False
        self._seconds = seconds
        self._in_turn(lambda: self._open(create=create))

    def wrap(self, secret: Secret, *, context: bytes) -> bytes:
        """Wrap a secret, bound to its context."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._in_turn(lambda: self._do(lambda key: _seal(key, secret, nonce, context)))

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        """Unwrap what `wrap` gave under the same context and root. Raises DoesNotOpen for anything else."""
        if len(wrapped) < _NONCE_LENGTH + _TAG_LENGTH:
            raise DoesNotOpen("This is too short to be a wrapped key.")
        nonce, sealed = wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:]
        return self._in_turn(lambda: self._unwrap(sealed, nonce, context))

    def _in_turn(self, work: Callable[[], T]) -> T:
        return _IN_TURN.call(work, seconds=self._seconds)

    def _unwrap(self, sealed: bytes, nonce: bytes, context: bytes) -> Secret:
        try:
            return self._do(lambda key: _open_sealed(key, sealed, nonce, context))
        except RootUnavailable:
            # Of a wrong tag, tokens say what they say when they are ill ("general error"). One that still
            # opens what it just sealed is well, so it is the wrapped key that does not open.
            self._do(_prove)
            raise DoesNotOpen("This key was wrapped under another root or context, or was altered.") from None

    def _do(self, work: Callable[[SecretKey], T]) -> T:
        """Work in the session there is; if the token has forgotten it, or we are a fork, in a fresh one."""
        if self._key is not None and self._pid == os.getpid():
            try:
                return work(self._key)
            except exceptions.PKCS11Error:
                self._key = None
        try:
            return work(self._open())
        except exceptions.PKCS11Error as error:
            self._key = None
            raise _unavailable(error) from error

    def _open(self, *, create: bool = False) -> SecretKey:
        if self._pin_refused:
            # Each further try would bring the token nearer to locking itself for good.
            raise RootRefused(
                "The token refused its PIN; it is not tried again before the agent starts anew."
            )
        try:
            self._key = _usable(self._find(self._log_in(writing=create), create=create))
        except _REFUSED_PIN as error:
            self._pin_refused = True
            raise RootRefused(f"The token refuses its PIN: {type(error).__name__}.") from error
        except RuntimeError as error:  # PKCS11Error, or a library that does not load
            raise _unavailable(error) from error
        self._pid = os.getpid()
        return self._key

    def _log_in(self, *, writing: bool) -> Session:
        library = pkcs11.lib(os.fspath(self._place.module))
        # Anew each time: after a fork, and after a token was pulled, nothing of the old state holds.
        library.reinitialize()
        token = library.get_token(token_label=self._place.token)
        return token.open(rw=writing, user_pin=self._pin())

    def _pin(self) -> str:
        try:
            return read_private(self._place.pin_file).decode("ascii").strip()
        except (OSError, ValueError, HomeUnfit) as error:
            # Without its cause, which may quote the file.
            raise RootRefused(f"No PIN in {self._place.pin_file}: {type(error).__name__}.") from None

    def _find(self, session: Session, *, create: bool) -> SecretKey:
        named = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.LABEL: self._place.key,
        }
        found = list(session.get_objects(named))
        if len(found) == 1 and isinstance(found[0], SecretKey):
            return found[0]
        if found or not create:
            raise RootRefused(f"The token has {len(found)} keys called {self._place.key!r}, not one.")
        return session.generate_key(
            KeyType.AES,
            256,
            label=self._place.key,
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )


def _usable(key: SecretKey) -> SecretKey:
    if not (key[Attribute.ENCRYPT] and key[Attribute.DECRYPT]):
        raise RootRefused("The token's key is disabled: it may not encrypt and decrypt.")
    if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
        raise RootRefused("The token's key may leave the token: it is no root. Let the agent make one.")
    return key


def _seal(key: Any, secret: Secret, nonce: bytes, context: bytes) -> bytes:
    return bytes(key.encrypt(secret.reveal(), **_gcm(nonce, context)))


def _open_sealed(key: Any, sealed: bytes, nonce: bytes, context: bytes) -> Secret:
    return Secret(key.decrypt(sealed, **_gcm(nonce, context)))


def _prove(key: SecretKey) -> None:
    nonce = os.urandom(_NONCE_LENGTH)
    _open_sealed(key, _seal(key, Secret(b""), nonce, b""), nonce, b"")


def _gcm(nonce: bytes, context: bytes) -> dict[str, Any]:
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, context, 8 * _TAG_LENGTH)}


def _unavailable(error: Exception) -> KeysError:
    return RootUnavailable(f"The token does not answer as it should: {type(error).__name__}.")
