"""Keep accounts' private keys, each wrapped in a file of its own, and open data keys with them.

    accounts/ACCOUNT/KEY.key    one wrapped private key (124 bytes under a root in a file)
    accounts/ACCOUNT/current    the id of the key that new data keys are sealed to

A private key is unwrapped for one opening and forgotten: a key file that was taken away opens nothing more.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from keys.custodians import Custodian
from keys.errors import AgentRefused, BadKey, DoesNotOpen, HomeUnfit, Refusal, RootRefused, RootUnavailable
from keys.files import make_private_folder, read_private, write_private
from keys.protocol import AccountKey, OpenRequest, OpenTextKeys
from keys.secret import Secret
from keys.unwrap import PrivateKey

_PURPOSE: Final = b"recstore/account-key/v1\x00"


def account_key_context(*, account_id: UUID, key_id: UUID) -> bytes:
    """Write what an account's private key belongs to: purpose ‖ account ‖ key, each of fixed length."""
    return _PURPOSE + account_id.bytes + key_id.bytes


class Vault:
    """The accounts' private keys in a folder, under a custodian. For one process, safe for its threads."""

    def __init__(self, folder: Path, *, custodian: Custodian) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._custodian = custodian
        self._creating = threading.Lock()

    def create_account(self, account_id: UUID) -> AccountKey:
        """Give the account's current key, made now if it has none. Raises AgentRefused if it is damaged."""
        with self._creating:
            key_id = self._current(account_id)
            if key_id is None:
                key_id = self._create_key(account_id)
        private = self._private_key(account_id=account_id, key_id=key_id)
        # Derived, never stored: whoever swapped a stored one could open all that is sealed later.
        return AccountKey(key_id=key_id, public_key=private.public_key().raw)

    def open_data_key(self, request: OpenRequest) -> Secret:
        """Open one data key under the context that the request states. Raises AgentRefused, saying why."""
        private = self._private_key(account_id=request.account_id, key_id=request.key_id)
        try:
            return private.open_data_key(
                request.sealed,
                account_id=request.account_id,
                item_id=request.item_id,
                generation=request.generation,
                data_key_id=request.data_key_id,
            )
        except DoesNotOpen as error:
            raise AgentRefused(Refusal.DOES_NOT_OPEN) from error

    def open_text_keys(self, request: OpenTextKeys) -> list[Secret]:
        """Open several text keys of an account, or none. Raises AgentRefused, saying why."""
        private = self._private_key(account_id=request.account_id, key_id=request.key_id)
        try:
            return [
                private.open_text_key(sealed, account_id=request.account_id, text_key_id=text_key_id)
                for text_key_id, sealed in zip(request.text_key_ids, request.sealed, strict=True)
            ]
        except DoesNotOpen as error:
            raise AgentRefused(Refusal.DOES_NOT_OPEN) from error

    def _create_key(self, account_id: UUID) -> UUID:
        key_id, private = uuid4(), PrivateKey.generate()
        context = account_key_context(account_id=account_id, key_id=key_id)
        with _root_asked():
            wrapped = self._custodian.wrap(private.secret(), context=context)
        folder = self._folder / str(account_id)
        make_private_folder(folder)
        write_private(folder / f"{key_id}.key", wrapped)
        # Last: a crash before this line leaves a key that nothing was sealed to.
        write_private(folder / "current", str(key_id).encode("ascii"))
        return key_id

    def _current(self, account_id: UUID) -> UUID | None:
        try:
            return UUID(read_private(self._folder / str(account_id) / "current").decode("ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, HomeUnfit) as error:
            raise AgentRefused(Refusal.KEY_DAMAGED) from error

    def _private_key(self, *, account_id: UUID, key_id: UUID) -> PrivateKey:
        folder = self._folder / str(account_id)
        if not folder.is_dir():
            raise AgentRefused(Refusal.UNKNOWN_ACCOUNT)
        try:
            wrapped = read_private(folder / f"{key_id}.key")
            context = account_key_context(account_id=account_id, key_id=key_id)
            with _root_asked():
                return PrivateKey(self._custodian.unwrap(wrapped, context=context))
        except FileNotFoundError as error:
            raise AgentRefused(Refusal.UNKNOWN_KEY) from error
        except (OSError, BadKey, DoesNotOpen, HomeUnfit) as error:
            raise AgentRefused(Refusal.KEY_DAMAGED) from error


@contextmanager
def _root_asked() -> Iterator[None]:
    try:
        yield
    except RootRefused as error:
        raise AgentRefused(Refusal.ROOT_REFUSED) from error
    except RootUnavailable as error:
        raise AgentRefused(Refusal.ROOT_UNAVAILABLE) from error
