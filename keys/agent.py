"""Answer requests: read, judge, open, log, and only then answer. Knows nothing of sockets."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from keys.consents import Consents
from keys.errors import AgentRefused, Malformed, Refusal
from keys.freshness import Freshness
from keys.locks import Locks
from keys.log import Log
from keys.protocol import (
    ANSWERS,
    REQUESTS,
    AccountKey,
    OpenRequest,
    OpenTextKeys,
    read_message,
    write_fields,
    write_message,
)
from keys.reasons import Reason
from keys.reply import seal_reply
from keys.upkeep import UPKEEP, Upkeep
from keys.vault import Vault

# They open and change nothing, and are asked all the time.
_UNLOGGED_QUESTIONS: Final = {"check", "read-lock"}
_UNLOGGED: Final = {"sealed", "reply_to"}  # of no use to a reader, and the nearest thing to key material


def system_clock() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


class KeyAgent:
    """What the agent does, question by question. Safe for threads."""

    def __init__(
        self, vault: Vault, log: Log, consents: Consents, *, clock: Callable[[], datetime] = system_clock
    ) -> None:
        self._vault = vault
        self._consents = consents
        self._log = log
        self._clock = clock
        self._freshness = Freshness()
        self._upkeep = Upkeep(vault, clock=clock)

    def answer(self, body: bytes, **caller: int | str) -> bytes:
        """Answer one message. Raises OSError if it cannot be logged: nothing leaves.

        `caller` is who asks, as the listener knows and logs it: a process's `pid`, a certificate's `client`.
        """
        entry: dict[str, Any] = {"at": self._clock().isoformat(), **caller}
        says = ""
        fields: dict[str, Any] = {"id": None}
        try:
            says, fields = read_message(body, kinds=REQUESTS)
            entry |= {"asked": says, "request": _for_log(says, fields)}
            outcome, answer = self._do(says, fields)
        except Malformed:
            outcome, answer = "refused", {"code": Refusal.MALFORMED}
        except AgentRefused as refused:
            outcome, answer = "refused", {"code": refused.code}
        if says not in _UNLOGGED_QUESTIONS:
            code = {"code": answer["code"]} if outcome == "refused" else {}
            self._log.append(entry | {"outcome": outcome} | code)
        return write_message(outcome, {"id": fields.get("id")} | answer, kinds=ANSWERS)

    def account_key(self, account_id: UUID) -> AccountKey:
        """Give an account's current key, made now if it has none: for whoever is at the home itself."""
        return self._vault.create_account(account_id)

    @property
    def locks(self) -> Locks:
        """Give the locks that every opening obeys."""
        return self._vault.locks

    def note_watcher(self, **caller: int | str) -> None:
        """Log that somebody watches for locks from now on."""
        entry = {"at": self._clock().isoformat(), **caller}
        self._log.append(entry | {"asked": "watch", "request": {}, "outcome": "watching"})

    def refuse_stranger(self, **caller: int | str) -> None:
        """Log that somebody came who may not ask: another user's process, a client that is not listed."""
        entry = {"at": self._clock().isoformat(), **caller}
        self._log.append(entry | {"outcome": "refused", "code": Refusal.STRANGER})

    def _do(self, says: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        match says:
            case "open-data-key":
                return "opened", {"sealed": self._open(fields)}
            case "open-text-keys":
                return "opened", {"sealed": self._open_text_keys(fields)}
            case _ if says in UPKEEP:
                return self._upkeep.do(says, fields)
            case "create-account":
                key = self._vault.create_account(fields["account_id"])
                return "account", {"key_id": key.key_id, "public_key": key.public_key}
            case "set-lock":
                change = self.locks.lock if fields["locked"] else self.locks.unlock
                change(fields["account_id"], asked=True)
                return "lock", self._read_lock(fields)
            case "read-lock":
                return "lock", self._read_lock(fields)
            case "check-consent" | "withdraw-consent":
                return self._answer_about_consent(says, fields)
            case "check":
                return "ready", {}
            case _:
                raise Malformed("Watching is not a question: the listener hands it on.")

    def _answer_about_consent(self, says: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        account_id, now = fields["account_id"], self._clock()
        if says == "check-consent":
            return "consent", {"used": self._consents.used(account_id, fields["consent"], now=now)}
        self._consents.withdraw(account_id=account_id, nonce=fields["nonce"], now=now)
        return "withdrawn", {}

    def _read_lock(self, fields: Mapping[str, Any]) -> dict[str, bool]:
        account_id = fields["account_id"]
        by_holder, by_request = self.locks.by_holder(account_id), self.locks.by_request(account_id)
        return {"by_holder": by_holder, "by_request": by_request}

    def _open(self, fields: Mapping[str, Any]) -> bytes:
        attempt = fields["attempt"]
        self._freshness.take(fields["id"], attempt=attempt, at=fields["at"], now=self._clock())
        request = OpenRequest(
            **{name: fields[name] for name in OpenRequest.__slots__} | {"reason": _reason(fields)}
        )
        is_support = request.reason is Reason.OPERATOR_SUPPORT
        consent = self._consents.judge(request, now=self._clock()) if is_support else None
        data_key = self._vault.open_data_key(request)
        if consent is not None:
            self._consents.count(consent, request)  # last: what did not open has used nothing up
        return seal_reply([data_key], request, attempt=attempt, reply_to=fields["reply_to"])

    def _open_text_keys(self, fields: Mapping[str, Any]) -> bytes:
        attempt = fields["attempt"]
        self._freshness.take(fields["id"], attempt=attempt, at=fields["at"], now=self._clock())
        if len(fields["sealed"]) != len(fields["text_key_ids"]):
            raise Malformed("Not as many sealed keys as ids.")
        request = OpenTextKeys(
            **{name: fields[name] for name in OpenTextKeys.__slots__} | {"reason": _reason(fields)}
        )
        if request.reason is Reason.OPERATOR_SUPPORT:
            raise AgentRefused(Refusal.NO_CONSENT)  # consents are for items, and name no text
        text_keys = self._vault.open_text_keys(request)
        return seal_reply(text_keys, request, attempt=attempt, reply_to=fields["reply_to"])


def _reason(fields: Mapping[str, Any]) -> Reason:
    try:
        return Reason(fields["reason"])
    except ValueError as error:
        raise AgentRefused(Refusal.UNKNOWN_REASON) from error


def _for_log(says: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    written = write_fields(says, fields, kinds=REQUESTS)
    return {name: value for name, value in written.items() if name not in _UNLOGGED}
