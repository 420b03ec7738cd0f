"""What client and agent say to each other: one JSON object a message, every field checked, nothing more.

A message on the wire is its length (u32, big-endian) and then that many bytes of JSON (RFC 8259). Its `says`
names its kind; the tables below name the fields of each kind. Bytes travel as base64 (RFC 4648), times as UTC
in ISO 8601.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from keys.errors import Malformed, Refusal
from keys.reasons import Reason

MOST_TEXT_KEYS: Final = 128  # of one request
MAX_MESSAGE: Final = 256 * 1024  # the longest honest message, so many text keys, has about 210 KiB
MAX_WORDS: Final = 200
MAX_RECEIPT: Final = 2048
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Ask for one data key: for which item, on whose account, by whom and why. `at` is an aware time.

    `purpose` and `consent` (signed, as keys.grants writes it) are an operator's, and nobody else's.
    """

    id: UUID
    account_id: UUID
    item_id: UUID
    generation: int
    key_id: UUID
    data_key_id: UUID
    sealed: bytes
    actor: str
    on_behalf_of: str | None
    reason: Reason
    decision: str
    at: datetime
    purpose: str | None = None
    consent: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTextKeys:
    """Ask for several text keys of one account at once. `sealed`: in the order of `text_key_ids`."""

    id: UUID
    account_id: UUID
    key_id: UUID
    text_key_ids: list[UUID]
    sealed: list[bytes]
    actor: str
    reason: Reason
    decision: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """An account's current key as the outside may know it: its version and its public half (1216 bytes)."""

    key_id: UUID
    public_key: bytes


# What is locked; None stands for every account.
Locked = frozenset[UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """Whether an account is locked: by whoever holds the keys, or because a client asked for it."""

    by_holder: bool
    by_request: bool


class Codec(NamedTuple):
    """How one field is written to JSON and read back. `read` raises ValueError or TypeError when unfit."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _read_id(value: Any) -> UUID:
    parsed = UUID(_text(value))
    if str(parsed) != value:
        raise ValueError("an id has one spelling: lower case with dashes")
    return parsed


def _read_bytes(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _read_words(value: Any) -> str:
    if not 0 < len(_text(value)) <= MAX_WORDS:
        raise ValueError("empty or too long")
    return _text(value)


def _read_receipt(value: Any) -> str:
    if not 0 < len(_text(value)) <= MAX_RECEIPT:
        raise ValueError("empty or too long")
    return _text(value)


def _read_time(value: Any) -> datetime:
    parsed = datetime.fromisoformat(_text(value))
    if parsed.utcoffset() != timedelta(0):
        raise ValueError("a time is in UTC and says so")
    return parsed


def _read_yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _read_number(value: Any, *, least: int = 0, below: int) -> int:
    if type(value) is not int or not least <= value < below:  # JSON's true is an int to Python
        raise ValueError("not a number in range")
    return value


_ID = Codec(str, _read_id)
_BYTES = Codec(lambda value: base64.b64encode(value).decode("ascii"), _read_bytes)
_WORDS = Codec(str, _read_words)
_TIME = Codec(lambda value: value.astimezone(UTC).isoformat(), _read_time)
_U64 = Codec(_same, lambda value: _read_number(value, below=2**64))
_ATTEMPT = Codec(_same, lambda value: _read_number(value, least=1, below=3))
_REFUSAL = Codec(str, Refusal)
_RECEIPT = Codec(str, _read_receipt)
_YES = Codec(_same, _read_yes)


def _maybe(codec: Codec) -> Codec:
    return Codec(
        lambda value: None if value is None else codec.write(value),
        lambda value: None if value is None else codec.read(value),
    )


def _some(codec: Codec) -> Codec:
    return Codec(
        lambda values: [codec.write(value) for value in values],
        lambda values: [codec.read(value) for value in _read_some(values)],
    )


def _read_some(values: Any) -> list[Any]:
    if not isinstance(values, list) or not 0 < len(values) <= MOST_TEXT_KEYS:
        raise ValueError("not a list, empty or too long")
    return values


Kinds = Mapping[str, Mapping[str, Codec]]

REQUESTS: Final[Kinds] = {
    "check": {"id": _ID},
    "check-consent": {"id": _ID, "account_id": _ID, "consent": _BYTES},
    "create-account": {"id": _ID, "account_id": _ID},
    "open-data-key": {
        "id": _ID,
        "attempt": _ATTEMPT,
        "account_id": _ID,
        "item_id": _ID,
        "generation": _U64,
        "key_id": _ID,
        "data_key_id": _ID,
        "sealed": _BYTES,
        "actor": _WORDS,
        "on_behalf_of": _maybe(_WORDS),
        "reason": _WORDS,  # any word here: the agent refuses and logs an unknown one under a code of its own
        "decision": _WORDS,
        "at": _TIME,
        "purpose": _maybe(_WORDS),
        "consent": _maybe(_BYTES),
        "reply_to": _BYTES,
    },
    # keys.upkeep. In `rewrap`, a text key has no item, and generation 0.
    "destroy-account": {"id": _ID, "account_id": _ID},
    "destroy-key": {"id": _ID, "account_id": _ID, "key_id": _ID},
    "read-receipt-key": {"id": _ID, "account_id": _ID},
    "rewrap": {
        "id": _ID,
        "account_id": _ID,
        "key_id": _ID,
        "to": _ID,
        "fingerprint": _WORDS,  # of `to`, as keys.public_keys writes it
        "ids": _some(_ID),
        "item_ids": _some(_maybe(_ID)),
        "generations": _some(_U64),
        "sealed": _some(_BYTES),
    },
    "rotate-key": {"id": _ID, "account_id": _ID, "replaces": _ID},
    "shred": {
        "id": _ID,
        "account_id": _ID,
        "item_id": _ID,
        "generation": _U64,
        "data_key_id": _ID,
        "sha256": _BYTES,
    },
    "open-text-keys": {
        "id": _ID,
        "attempt": _ATTEMPT,
        "account_id": _ID,
        "key_id": _ID,
        "text_key_ids": _some(_ID),
        "sealed": _some(_BYTES),
        "actor": _WORDS,
        "reason": _WORDS,
        "decision": _WORDS,
        "at": _TIME,
        "reply_to": _BYTES,
    },
    "read-lock": {"id": _ID, "account_id": _ID},
    "set-lock": {"id": _ID, "account_id": _ID, "locked": _YES, "actor": _WORDS},
    "watch": {},
    "withdraw-consent": {"id": _ID, "account_id": _ID, "nonce": _BYTES},
}
ANSWERS: Final[Kinds] = {
    "ready": {"id": _ID},
    "account": {"id": _ID, "key_id": _ID, "public_key": _BYTES},
    "opened": {"id": _ID, "sealed": _BYTES},
    "receipt": {"id": _ID, "receipt": _RECEIPT},
    "receipt-key": {"id": _ID, "public_key": _BYTES},
    "rewrapped": {"id": _ID, "sealed": _some(_maybe(_BYTES)), "codes": _some(_maybe(_REFUSAL))},
    "lock": {"id": _ID, "by_holder": _YES, "by_request": _YES},
    # To a watcher, unasked: whether an account (null: every account) is locked; the end of such news.
    "standing": {"account_id": _maybe(_ID), "locked": _YES},
    "all-told": {},
    "consent": {"id": _ID, "used": _U64},
    "withdrawn": {"id": _ID},
    "refused": {"id": _maybe(_ID), "code": _REFUSAL},
}


def write_fields(says: str, fields: Mapping[str, Any], *, kinds: Kinds) -> dict[str, Any]:
    """Turn the fields of one kind of message into what JSON can hold."""
    return {name: codec.write(fields[name]) for name, codec in kinds[says].items()}


def write_message(says: str, fields: Mapping[str, Any], *, kinds: Kinds) -> bytes:
    """Write one message, without its length."""
    body = {"version": VERSION, "says": says} | write_fields(says, fields, kinds=kinds)
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def read_message(body: bytes, *, kinds: Kinds) -> tuple[str, dict[str, Any]]:
    """Read one message: its kind, and its fields with their types. Raises Malformed for any doubt."""
    try:
        message = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
        return _read_fields(message, kinds=kinds)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        # The cause is dropped on purpose: it would quote what was sent.
        raise Malformed(f"A message that the protocol does not allow: {type(error).__name__}.") from None


def _read_fields(message: Any, *, kinds: Kinds) -> tuple[str, dict[str, Any]]:
    if not isinstance(message, dict) or message.pop("version", None) != VERSION:
        raise ValueError("not an object of this version")
    says = _text(message.pop("says", None))
    if message.keys() != kinds[says].keys():
        raise ValueError("missing or unknown fields")
    return says, {name: codec.read(message[name]) for name, codec in kinds[says].items()}


# From here on a connection is the herald's (keys.herald): no other question comes over it.
WATCH: Final = write_message("watch", {}, kinds=REQUESTS)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of a repeated name may each believe another value.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
