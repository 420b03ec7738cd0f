"""A customer's consent: what an operator may open, for what, how often, how long. Written and read. Pure.

A consent is a line of canonical JSON; a signed consent is that, with the kind of key and its signature beside
it. Every doubt refuses: who verifies writes the consent anew from what was read, and checks the signature of
that.

    {"consent": {…}, "kind": "ed25519", "signature": "BASE64"}     signed: LABEL ‖ canonical JSON of consent
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from re import fullmatch
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys.errors import BadConsent

LABEL: Final = b"recstore/consent/v1\x00"
VERSION: Final = 1
LONGEST: Final = timedelta(hours=4)
MOST_ITEMS: Final = 16
MOST_OPENINGS: Final = 100
MOST_BYTES: Final = 2048  # of a signed consent; it travels in one message to the agent
NONCE_LENGTH: Final = 16
# Operators' own references to a case: no sentence fits, so nothing that people said gets in here.
TICKET: Final = r"[A-Za-z0-9][A-Za-z0-9#._/-]{0,39}"


@unique
class Purpose(StrEnum):
    """What an operator opens content for: a closed set, so that a consent cannot be read in two ways."""

    DAMAGE = "damage"
    PLAYBACK = "playback"
    RECOVERY = "recovery"
    SECURITY = "security"


@unique
class Kind(StrEnum):
    """What kind of key signed. More may come (passkeys); an agent refuses those that it does not know."""

    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the customer agrees to. `items`: their ids, or None for all of the account.

    `operator_id` is a person's. `approver` names the key that signs. Times are whole seconds, in UTC.
    """

    account_id: UUID
    operator_id: UUID
    items: tuple[UUID, ...] | None
    purpose: Purpose
    ticket: str
    not_before: datetime
    not_after: datetime
    openings: int
    nonce: bytes
    approver: str

    def covers(self, item_id: UUID) -> bool:
        """Say whether an item is among those agreed to."""
        return self.items is None or item_id in self.items


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedConsent:
    """A consent with its signature, not yet verified: whose key it is only the agent knows."""

    consent: Consent
    kind: Kind
    signature: bytes


@dataclass(frozen=True, slots=True)
class ApproverKey:
    """The public half of an approver's key, as text "KIND:BASE64"."""

    kind: Kind
    raw: bytes

    @property
    def id(self) -> str:
        """Name the key by its own bytes: 32 hexadecimal digits."""
        return sha256(str(self).encode("ascii")).hexdigest()[:32]

    def __str__(self) -> str:
        return f"{self.kind}:{base64.b64encode(self.raw).decode('ascii')}"


def read_approver_key(text: str) -> ApproverKey:
    """Read a public key. Raises BadConsent for anything but a kind that is known, and a key of its form."""
    kind, _, encoded = text.strip().partition(":")
    try:
        key = ApproverKey(Kind(kind), base64.b64decode(encoded, validate=True))
        Ed25519PublicKey.from_public_bytes(key.raw)
    except ValueError as error:
        raise BadConsent("An approver's public key looks like ed25519:BASE64.") from error
    return key


def signed_bytes(consent: Consent) -> bytes:
    """Give what is signed: the label and the consent's one spelling."""
    return LABEL + _canonical(_write(consent))


def write_signed(signed: SignedConsent) -> bytes:
    """Write a signed consent as one line of JSON, to be handed over. Raises BadConsent if it is too long."""
    signature = base64.b64encode(signed.signature).decode("ascii")
    fields = {"consent": _write(signed.consent), "kind": signed.kind.value, "signature": signature}
    written = _canonical(fields)
    if len(written) > MOST_BYTES:
        raise BadConsent(f"A signed consent has at most {MOST_BYTES} bytes.")
    return written


def read_signed(text: bytes) -> SignedConsent:
    """Read a signed consent. Raises BadConsent for any doubt about its form; verifies nothing."""
    if len(text) > MOST_BYTES:
        raise BadConsent(f"A signed consent has at most {MOST_BYTES} bytes.")
    try:
        fields = json.loads(text)
        signed = SignedConsent(
            consent=check_form(_read(fields["consent"])),
            kind=Kind(fields["kind"]),
            signature=base64.b64decode(fields["signature"]),
        )
        # One spelling and nothing beside, down to the unused bits of base64: it can be read in one way only.
        is_so_written = write_signed(signed) == text.strip()
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise BadConsent("This is no signed consent.") from error
    if not is_so_written:
        raise BadConsent("This is no signed consent.")
    return signed


def check_form(consent: Consent) -> Consent:
    """Give the consent back if what it says is within bounds. Raises BadConsent, saying what is not."""
    if not timedelta() < consent.not_after - consent.not_before <= LONGEST:
        raise BadConsent(
            f"A consent lasts longer than nothing, and {LONGEST // timedelta(hours=1)} hours at most."
        )
    if not 1 <= consent.openings <= MOST_OPENINGS:
        raise BadConsent(f"A consent is for 1 to {MOST_OPENINGS} openings.")
    if consent.items is not None and not 1 <= len(set(consent.items)) == len(consent.items) <= MOST_ITEMS:
        raise BadConsent(f"A consent names 1 to {MOST_ITEMS} items, each once, or is for all.")
    if len(consent.nonce) != NONCE_LENGTH or not fullmatch(r"[0-9a-f]{32}", consent.approver):
        raise BadConsent("This is no signed consent.")
    if not fullmatch(TICKET, consent.ticket):
        raise BadConsent("A ticket has up to 40 letters, digits and # . _ / - and no spaces.")
    return consent


def is_signed_by(key: ApproverKey, signed: SignedConsent) -> bool:
    """Say whether this very key signed this very consent."""
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signed.signature, signed_bytes(signed.consent))
    except InvalidSignature:
        return False
    return signed.kind is key.kind


def _write(consent: Consent) -> dict[str, Any]:
    return {
        "version": VERSION,
        "account": str(consent.account_id),
        "operator": str(consent.operator_id),
        "items": "all" if consent.items is None else [str(item_id) for item_id in consent.items],
        "purpose": consent.purpose.value,
        "ticket": consent.ticket,
        "not_before": _write_time(consent.not_before),
        "not_after": _write_time(consent.not_after),
        "openings": consent.openings,
        "nonce": consent.nonce.hex(),
        "approver": consent.approver,
    }


def _read(fields: Mapping[str, Any]) -> Consent:
    items = fields["items"]
    return Consent(
        account_id=UUID(fields["account"]),
        operator_id=UUID(fields["operator"]),
        items=None if items == "all" else tuple(UUID(item_id) for item_id in items),
        purpose=Purpose(fields["purpose"]),
        ticket=fields["ticket"],
        not_before=datetime.fromisoformat(fields["not_before"]),
        not_after=datetime.fromisoformat(fields["not_after"]),
        openings=int(fields["openings"]),
        nonce=bytes.fromhex(fields["nonce"]),
        approver=fields["approver"],
    )


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
