"""Which accounts are locked: a file for each lock in the agent's home, looked at before every opening.

    locks/all              whoever holds the keys locked every account
    locks/ACCOUNT          whoever holds the keys locked this one
    locks/ACCOUNT.asked    a client asked for it, on its admin's word; a client may also lift it

Files, so that a lock outlives the agent, and counts at the next opening without any word to it.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from keys.files import make_private_folder, write_private
from keys.protocol import Locked

_ALL: Final = "all"
_ASKED: Final = ".asked"


class Locks:
    """The locks in a folder. Any process of the agent's user may set and lift them."""

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self._folder = folder

    def lock(self, account_id: UUID | None, *, asked: bool = False) -> None:
        """Lock an account, or all: from the next opening on."""
        write_private(self._file(account_id, asked=asked), b"")

    def unlock(self, account_id: UUID | None, *, asked: bool = False) -> None:
        """Lift the one lock that `lock` with the same words would set. Others stay."""
        self._file(account_id, asked=asked).unlink(missing_ok=True)

    def is_locked(self, account_id: UUID) -> bool:
        """Say whether nothing of this account may be opened now."""
        return self.by_holder(account_id) or self.by_request(account_id)

    def by_holder(self, account_id: UUID) -> bool:
        """Say whether whoever holds the keys locked this account, or all of them."""
        return _is_there(self._file(None)) or _is_there(self._file(account_id))

    def by_request(self, account_id: UUID) -> bool:
        """Say whether a client asked for this account to be locked."""
        return _is_there(self._file(account_id, asked=True))

    def standing(self) -> Locked:
        """Give everything that is locked now."""
        return frozenset(self._standing())

    def _standing(self) -> Iterator[UUID | None]:
        for file in self._folder.iterdir():
            if file.name == _ALL:
                yield None
            else:
                with suppress(ValueError):  # half written, or somebody's own: no lock, and no end to the news
                    yield UUID(file.name.removesuffix(_ASKED))

    def _file(self, account_id: UUID | None, *, asked: bool = False) -> Path:
        return self._folder / ((str(account_id) if account_id else _ALL) + (_ASKED if asked else ""))


def _is_there(file: Path) -> bool:
    try:
        file.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # whoever cannot look must not open
    return True
