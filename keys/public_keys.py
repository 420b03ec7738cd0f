"""An account's public key as a file for whoever holds another one, and as words that two people compare."""

import base64
import hashlib
import json
from typing import Final
from uuid import UUID

from keys.errors import BadKey
from keys.protocol import AccountKey
from keys.wrap import PublicKey

_LABEL: Final = b"recstore/fingerprint/v1\x00"


def write_public_key(account_id: UUID, key: AccountKey) -> str:
    """Write an account's public key down as JSON: `account`, `key_id`, `public_key`."""
    encoded = base64.b64encode(key.public_key).decode("ascii")
    return json.dumps({"account": str(account_id), "key_id": str(key.key_id), "public_key": encoded})


def read_public_key(text: str, *, account_id: UUID) -> AccountKey:
    """Read what `write_public_key` wrote, alone or among more. Raises BadKey, for another account's too."""
    try:
        fields = json.loads(text)
        encoded, its_account = fields["public_key"], UUID(fields["account"])
        key = AccountKey(key_id=UUID(fields["key_id"]), public_key=base64.b64decode(encoded, validate=True))
        PublicKey(key.public_key)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadKey("This file holds no account's public key.") from error
    if its_account != account_id:
        raise BadKey("This file holds the public key of another account.")
    return key


def fingerprint(key: AccountKey) -> str:
    """Write what two people compare: 32 hex digits of SHA-256(label ‖ key id ‖ public key)."""
    digest = hashlib.sha256(_LABEL + key.key_id.bytes + key.public_key).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 32, 4))
