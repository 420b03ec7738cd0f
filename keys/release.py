"""Let an account's keys go to another holder: the one thing that only whoever has the agent's home can say.

    accounts/ACCOUNT/released    the public key that the agent may re-wrap to (keys.public_keys)

Without it nobody gets anything re-wrapped to a key that is not the agent's own, however they ask: else an
operator would have a customer's agent hand over everything to a key of the operator's.
"""

from pathlib import Path
from typing import Final
from uuid import UUID

from keys.errors import BadKey, HomeUnfit
from keys.files import read_private, write_private
from keys.protocol import AccountKey
from keys.public_keys import read_public_key, write_public_key

NAME: Final = "released"


def write_released(accounts: Path, account_id: UUID, to: AccountKey) -> None:
    """Let the agent re-wrap all that is sealed to an account's keys to this public key. Counts at once.

    Raises HomeUnfit if the agent holds no keys of the account.
    """
    folder = accounts / str(account_id)
    if not any(folder.glob("*.key")):
        raise HomeUnfit(f"There are no keys of account {account_id} here.")
    write_private(folder / NAME, write_public_key(account_id, to).encode())


def read_released(accounts: Path, account_id: UUID) -> AccountKey | None:
    """Give the key that the account was released to, if it was. Raises HomeUnfit if that cannot be read."""
    path = accounts / str(account_id) / NAME
    try:
        return read_public_key(read_private(path).decode(), account_id=account_id)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, BadKey) as error:
        raise HomeUnfit(f"{path} cannot be read.") from error
