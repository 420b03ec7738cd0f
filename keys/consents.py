"""Judge an operator's consent, and count what is opened under it. What is trusted stands in the agent's home.

    approvers/ACCOUNT/KEY            the public key of somebody who consents for the account, as text
    consents/ACCOUNT/NONCE.used      what was opened under a consent: a line ["DECISION", "ITEM"] for each
    consents/ACCOUNT/NONCE.withdrawn there once the consent was withdrawn; its time

Read anew for every request, so that whatever changes there counts at once.
"""

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from keys.errors import AgentRefused, BadConsent, HomeUnfit, Refusal
from keys.files import make_private_folder, read_private, write_private
from keys.grants import (
    MOST_OPENINGS,
    NONCE_LENGTH,
    ApproverKey,
    Consent,
    SignedConsent,
    is_signed_by,
    read_approver_key,
    read_signed,
)
from keys.protocol import MAX_WORDS, OpenRequest

_MOST_BYTES: Final = MOST_OPENINGS * (MAX_WORDS * 12 + 60)


class Approvers:
    """The public keys that may consent for each account. Only the agent's own user writes them."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "approvers"

    def add(self, account_id: UUID, key: ApproverKey) -> None:
        """Trust a key for an account from now on."""
        for folder in (self._folder, self._folder / str(account_id)):
            make_private_folder(folder)
        write_private(self._path(account_id, key.id), f"{key}\n".encode("ascii"))

    def remove(self, account_id: UUID, key_id: str) -> None:
        """Trust a key no more: its consents end at once. Raises BadConsent if it was not trusted."""
        if key_id not in {key.id for key in self.of(account_id)}:
            raise BadConsent("There is no such key; see `approver list`.")
        self._path(account_id, key_id).unlink()

    def of(self, account_id: UUID) -> list[ApproverKey]:
        """Give the keys that are trusted for an account. Raises HomeUnfit, BadConsent."""
        folder = self._folder / str(account_id)
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [
            read_approver_key(read_private(path).decode("ascii")) for path in paths if path.name[0] != "."
        ]

    def _path(self, account_id: UUID, key_id: str) -> Path:
        return self._folder / str(account_id) / key_id


class Consents:
    """Judges requests of operators by the consent that they carry. For one process, safe for its threads."""

    def __init__(self, home: Path) -> None:
        self.approvers = Approvers(home)
        self._folder = home / "consents"
        self._counting = threading.Lock()

    def judge(self, request: OpenRequest, *, now: datetime) -> Consent:
        """Give the consent that a request carries, if it covers it. Raises AgentRefused, saying why not."""
        signed = _read(request.consent)
        consent = signed.consent
        self._check_signature(signed)
        check_scope(consent, request, now=now)
        self._check_not_withdrawn(consent)
        return consent

    def used(self, account_id: UUID, document: bytes, *, now: datetime) -> int:
        """Say how many openings a consent has used that may still open something, now or later.

        Raises AgentRefused, saying why it may not. Counts nothing.
        """
        signed = _read(document)
        consent = signed.consent
        if consent.account_id != account_id:
            raise AgentRefused(Refusal.OTHER_ACCOUNT)
        self._check_signature(signed)
        if now >= consent.not_after:
            raise AgentRefused(Refusal.EXPIRED)
        self._check_not_withdrawn(consent)
        return len(self._openings(consent))

    def count(self, consent: Consent, request: OpenRequest) -> None:
        """Count an opening, on the disk. Raises AgentRefused if there were as many as were agreed to.

        One decision of the journal about one item is one opening, however often its key is asked for.
        """
        opening = json.dumps(
            [request.decision, str(request.item_id)]
        )  # one line, whatever the decision is called
        with self._counting:
            used = self._openings(consent)
            if opening not in used:
                if len(used) >= consent.openings:
                    raise AgentRefused(Refusal.USED_UP)
                path = self._path(consent.account_id, consent.nonce, "used")
                write_private(path, "".join(f"{line}\n" for line in [*used, opening]).encode())

    def withdraw(self, *, account_id: UUID, nonce: bytes, now: datetime) -> None:
        """Let nothing be opened under a consent from now on, whether it was used already or not."""
        if len(nonce) != NONCE_LENGTH:
            raise AgentRefused(Refusal.MALFORMED)
        # A file of its own: the command in the home and the agent need not wait for each other.
        write_private(self._path(account_id, nonce, "withdrawn"), now.isoformat().encode("ascii"))

    def _openings(self, consent: Consent) -> list[str]:
        path = self._path(consent.account_id, consent.nonce, "used")
        content = read_private(path, limit=_MOST_BYTES) if os.path.lexists(path) else b""
        return content.decode().splitlines()

    def _check_not_withdrawn(self, consent: Consent) -> None:
        if os.path.lexists(self._path(consent.account_id, consent.nonce, "withdrawn")):
            raise AgentRefused(Refusal.WITHDRAWN)

    def _check_signature(self, signed: SignedConsent) -> None:
        try:
            trusted = {key.id: key for key in self.approvers.of(signed.consent.account_id)}
        except (OSError, ValueError, BadConsent, HomeUnfit) as error:
            raise AgentRefused(Refusal.UNKNOWN_APPROVER) from error
        key = trusted.get(signed.consent.approver)
        if key is None:
            raise AgentRefused(Refusal.UNKNOWN_APPROVER)
        if not is_signed_by(key, signed):
            raise AgentRefused(Refusal.BAD_SIGNATURE)

    def _path(self, account_id: UUID, nonce: bytes, what: str) -> Path:
        folder = self._folder / str(account_id)
        for each in (self._folder, folder):
            make_private_folder(each)
        return folder / f"{nonce.hex()}.{what}"


def check_scope(consent: Consent, request: OpenRequest, *, now: datetime) -> None:
    """Compare a consent with what is asked under it. Raises AgentRefused, with a code for each difference."""
    differs = {
        Refusal.OTHER_ACCOUNT: consent.account_id != request.account_id,
        Refusal.OTHER_ITEM: not consent.covers(request.item_id),
        Refusal.OTHER_OPERATOR: str(consent.operator_id) != request.actor,
        Refusal.OTHER_PURPOSE: consent.purpose.value != request.purpose,
        Refusal.EARLY: now < consent.not_before,
        Refusal.EXPIRED: now >= consent.not_after,
    }
    for code, is_so in differs.items():
        if is_so:
            raise AgentRefused(code)


def _read(consent: bytes | None) -> SignedConsent:
    if consent is None:
        raise AgentRefused(Refusal.NO_CONSENT)
    try:
        return read_signed(consent)
    except BadConsent as error:
        raise AgentRefused(Refusal.NO_CONSENT) from error
