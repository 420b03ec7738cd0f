"""What whoever holds the keys does in the agent's home, whether the agent runs or not: lock and unlock."""

from pathlib import Path
from uuid import UUID

from keys.errors import HomeUnfit
from keys.locks import Locks
from keys.log import note


def set_lock(home: Path, account_id: UUID | None, *, locked: bool) -> None:
    """Lock an account, or all of them, from the next opening on; or lift that lock. It stands in the log.

    Raises HomeUnfit for a folder where no agent lives, and for an account without a key there.
    """
    accounts = home / "accounts"
    if not accounts.is_dir():
        raise HomeUnfit(f"{home} is not the home of a key agent.")
    if account_id and not (accounts / str(account_id)).is_dir():
        raise HomeUnfit(f"There is no account {account_id} in {home}.")
    locks = Locks(home / "locks")
    if locked:
        locks.lock(account_id)  # first: a log that cannot be written must not keep anything open
        note(home, "lock", account_id, outcome="lock")
    else:
        note(home, "unlock", account_id, outcome="lock")
        locks.unlock(account_id)
