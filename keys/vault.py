"""Keep accounts' private keys, each wrapped in a file of its own, and open data keys with them.

    accounts/ACCOUNT/KEY.key    one wrapped private key (124 bytes under a root in a file)
    accounts/ACCOUNT/current    the id of the key that new data keys are sealed to
    accounts/ACCOUNT/released   to whom all that is sealed to this account may be re-wrapped (keys.release)
    accounts/ACCOUNT/KEY.gone   the receipt for a key that was destroyed
    accounts/ACCOUNT/destroyed  the receipt for all of them: nothing of this account is made or opened

A private key is unwrapped for one opening and forgotten: a key file that was taken away opens nothing more.
"""

import threading
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from keys.custodians import Custodian
from keys.errors import AgentRefused, BadKey, DoesNotOpen, HomeUnfit, Refusal
from keys.files import make_private_folder, read_private, remove, write_private
from keys.locks import Locks
from keys.protocol import AccountKey, OpenRequest, OpenTextKeys
from keys.public_keys import fingerprint
from keys.receipt_key import ReceiptKey
from keys.receipts import Statement
from keys.release import NAME as RELEASED
from keys.release import read_released
from keys.root import root_asked
from keys.secret import Secret
from keys.shredded import Shredded
from keys.unwrap import PrivateKey
from keys.wrap import PublicKey

_DESTROYED: Final = "destroyed"
_PURPOSE: Final = b"recstore/account-key/v1\x00"


def account_key_context(*, account_id: UUID, key_id: UUID) -> bytes:
    """Write what an account's private key belongs to: purpose ‖ account ‖ key, each of fixed length."""
    return _PURPOSE + account_id.bytes + key_id.bytes


class Vault:
    """The accounts' private keys in a folder, under a custodian. For one process, safe for its threads.

    Their locks (keys.locks) lie beside the folder; nothing of a locked account is opened.
    """

    def __init__(self, folder: Path, *, custodian: Custodian) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._custodian = custodian
        self.locks = Locks(folder.parent / "locks")
        self._creating = threading.Lock()
        self.shredded = Shredded(folder.parent / "shredded")
        self.receipts = ReceiptKey(folder.parent / "receipts.key", custodian=custodian)

    def create_account(self, account_id: UUID) -> AccountKey:
        """Give the account's current key, made now if it has none. Raises AgentRefused if it is damaged."""
        with self._creating:
            key_id = self._current(account_id)
            if key_id is None:
                key_id = self._create_key(account_id)
        return self._account_key(account_id, key_id)

    def rotate(self, account_id: UUID, *, replaces: UUID) -> AccountKey:
        """Make a new current key in place of the named one. Asked again, it gives the one that it made."""
        with self._creating:
            key_id = self._current(account_id)
            if key_id is None:
                raise AgentRefused(Refusal.UNKNOWN_ACCOUNT)
            if key_id == replaces:
                key_id = self._create_key(account_id)
        return self._account_key(account_id, key_id)

    def knows(self, account_id: UUID) -> bool:
        """Say whether there are, or were, keys of this account."""
        return (self._folder / str(account_id)).is_dir()

    def rewrap_target(self, account_id: UUID, key_id: UUID, *, expected: str) -> PublicKey:
        """Give the public key to re-wrap to: the account's current one here, or the one it was released to.

        Never one that came with the request: see keys.release. `expected` is its fingerprint, as whoever
        asks knows it: what is sealed to another key under the same id, nobody could open.
        """
        is_current = key_id == self._current(account_id)
        found = self._account_key(account_id, key_id) if is_current else self._released(account_id)
        if found is None or fingerprint(found) != expected:  # which covers the id
            raise AgentRefused(Refusal.NOT_RELEASED)
        return PublicKey(found.public_key)

    def key_to_rewrap(self, account_id: UUID, key_id: UUID) -> PrivateKey:
        """Give a private key of the account, to re-wrap with what is sealed to it."""
        return self._unlocked_key(account_id=account_id, key_id=key_id)

    def destroy_key(self, account_id: UUID, key_id: UUID, statement: Statement) -> str:
        """Destroy a private key that is not current, or whose account was released; give the signed receipt.

        Asked again, it gives the receipt of the first time.
        """
        folder = self._folder / str(account_id)
        with self._creating:
            current = self._current(account_id)
            if key_id == current and self._released(account_id) is None:
                raise AgentRefused(Refusal.NOT_RELEASED)
            receipt = self._key_receipt(folder, key_id, statement)
            remove(folder / f"{key_id}.key")
            if key_id == current:
                remove(folder / "current")
            if not any(folder.glob("*.key")):
                # Last: asking again still ends here, and older keys may follow the current one.
                remove(folder / RELEASED)
        return receipt

    def destroy_account(self, account_id: UUID, statement: Statement) -> str:
        """Destroy all private keys of an account, and make none for it ever again; give the signed receipt.

        Asked again, it gives the receipt of the first time.
        """
        folder = self._folder / str(account_id)
        if not folder.is_dir():
            raise AgentRefused(Refusal.UNKNOWN_ACCOUNT)
        with self._creating:
            receipt = self._receipt(folder / _DESTROYED, statement)
            for name in [*folder.glob("*.key"), folder / "current", folder / RELEASED]:
                remove(name)
        return receipt

    def _key_receipt(self, folder: Path, key_id: UUID, statement: Statement) -> str:
        gone = folder / f"{key_id}.gone"
        if not gone.exists() and not (folder / f"{key_id}.key").exists():
            raise AgentRefused(Refusal.UNKNOWN_KEY)
        return self._receipt(gone, statement)

    def _receipt(self, path: Path, statement: Statement) -> str:
        if not path.exists():
            # Written before a key goes, so that a crash in between loses neither; given only afterwards.
            write_private(path, self.receipts.sign(statement).encode("ascii"))
        return read_private(path).decode("ascii")

    def _released(self, account_id: UUID) -> AccountKey | None:
        try:
            return read_released(self._folder, account_id)
        except HomeUnfit as error:
            raise AgentRefused(Refusal.NOT_RELEASED) from error

    def _account_key(self, account_id: UUID, key_id: UUID) -> AccountKey:
        private = self._private_key(account_id=account_id, key_id=key_id)
        # Derived, never stored: whoever swapped a stored one could open all that is sealed later.
        return AccountKey(key_id=key_id, public_key=private.public_key().raw)

    def open_data_key(self, request: OpenRequest) -> Secret:
        """Open one data key under the context that the request states. Raises AgentRefused, saying why."""
        if self.shredded.has(request.account_id, request.data_key_id):
            raise AgentRefused(Refusal.SHREDDED)
        private = self._unlocked_key(account_id=request.account_id, key_id=request.key_id)
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
        private = self._unlocked_key(account_id=request.account_id, key_id=request.key_id)
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
        with root_asked():
            wrapped = self._custodian.wrap(private.secret(), context=context)
        folder = self._folder / str(account_id)
        make_private_folder(folder)
        remove(folder / RELEASED)  # it was said of the keys of its day
        write_private(folder / f"{key_id}.key", wrapped)
        # Last: a crash before this line leaves a key that nothing was sealed to.
        write_private(folder / "current", str(key_id).encode("ascii"))
        return key_id

    def _current(self, account_id: UUID) -> UUID | None:
        self._refuse_destroyed(account_id)
        try:
            return UUID(read_private(self._folder / str(account_id) / "current").decode("ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, HomeUnfit) as error:
            raise AgentRefused(Refusal.KEY_DAMAGED) from error

    def _unlocked_key(self, *, account_id: UUID, key_id: UUID) -> PrivateKey:
        """Give the key to open with: every opening takes it from here."""
        if self.locks.is_locked(account_id):
            raise AgentRefused(Refusal.LOCKED)
        return self._private_key(account_id=account_id, key_id=key_id)

    def _private_key(self, *, account_id: UUID, key_id: UUID) -> PrivateKey:
        folder = self._folder / str(account_id)
        if not folder.is_dir():
            raise AgentRefused(Refusal.UNKNOWN_ACCOUNT)
        self._refuse_destroyed(account_id)
        if (folder / f"{key_id}.gone").exists():
            # Destroyed, or about to be; or its file came back from a backup.
            raise AgentRefused(Refusal.UNKNOWN_KEY)
        try:
            wrapped = read_private(folder / f"{key_id}.key")
            context = account_key_context(account_id=account_id, key_id=key_id)
            with root_asked():
                return PrivateKey(self._custodian.unwrap(wrapped, context=context))
        except FileNotFoundError as error:
            raise AgentRefused(Refusal.UNKNOWN_KEY) from error
        except (OSError, BadKey, DoesNotOpen, HomeUnfit) as error:
            raise AgentRefused(Refusal.KEY_DAMAGED) from error

    def _refuse_destroyed(self, account_id: UUID) -> None:
        # Looked at each time: it also counts for key files that came back from a backup.
        if (self._folder / str(account_id) / _DESTROYED).exists():
            raise AgentRefused(Refusal.DESTROYED)
