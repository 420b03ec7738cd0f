"""Let an account's keys go to another holder: the one thing that only whoever has the agent's home can say.

    accounts/ACCOUNT/released    JSON {"account", "key_id", "public_key"}: to whom the agent may re-wrap

Without it nobody gets anything re-wrapped to a key that is not the agent's own, however they ask: else an
operator would have a customer's agent hand over everything to a key of the operator's.
"""

import base64
import hashlib
import json
from pathlib import Path
from uuid import UUID

from keys.errors import HomeUnfit
from keys.files import read_private, write_private
from keys.protocol import AccountKey
from keys.wrap import PublicKey

NAME = "released"


def write_released(accounts: Path, account_id: UUID, to: AccountKey) -> None:
    """Let the agent re-wrap all that is sealed to an account's keys to this public key. Counts at once.

    Raises HomeUnfit if the agent holds no keys of the account.
    """
    folder = accounts / str(account_id)
    if not (folder / "current").exists():
        raise HomeUnfit(f"There are no keys of account {account_id} here.")
    write_private(folder / NAME, write_public_key(account_id, to).encode())


def read_released(accounts: Path, account_id: UUID) -> AccountKey | None:
    """Give the key that the account was released to, if it was. Raises HomeUnfit if that cannot be read."""
    path = accounts / str(account_id) / NAME
    try:
        return read_public_key(read_private(path).decode(), account_id=account_id)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise HomeUnfit(f"{path} cannot be read.") from error


def write_public_key(account_id: UUID, key: AccountKey) -> str:
    """Write an account's public key down, for the holder of another one."""
    encoded = base64.b64encode(key.public_key).decode("ascii")
    return json.dumps({"account": str(account_id), "key_id": str(key.key_id), "public_key": encoded})


def read_public_key(text: str, *, account_id: UUID) -> AccountKey:
    """Read what `write_public_key` wrote, alone or among more. Raises HomeUnfit for another account's."""
    try:
        fields = json.loads(text)
        key = AccountKey(
            key_id=UUID(fields["key_id"]), public_key=base64.b64decode(fields["public_key"], validate=True)
        )
        PublicKey(key.public_key)
        its_account = UUID(fields["account"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise HomeUnfit("This file holds no account's public key.") from error
    if its_account != account_id:
        raise HomeUnfit("This file holds the public key of another account.")
    return key


def fingerprint(key: AccountKey) -> str:
    """Write what two people compare over the telephone: 32 hex digits of the SHA-256, in groups of four."""
    digest = hashlib.sha256(b"recstore/fingerprint/v1\x00" + key.key_id.bytes + key.public_key).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 32, 4))
