"""Replace, re-wrap, shred and destroy keys. Nothing is opened for anybody here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from keys.errors import AgentRefused, BadKey, DoesNotOpen, Malformed, Refusal
from keys.unwrap import PrivateKey
from keys.vault import Vault
from keys.wrap import PublicKey, data_key_context, text_key_context

UPKEEP: Final = {"destroy-account", "destroy-key", "read-receipt-key", "rewrap", "rotate-key", "shred"}
Answer = tuple[str, dict[str, Any]]


class Upkeep:
    """Carry out the messages named in UPKEEP. Safe for threads."""

    def __init__(self, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._clock = clock

    def do(self, says: str, fields: Mapping[str, Any]) -> Answer:
        """Carry out one message. Raises AgentRefused, saying why not."""
        account_id: UUID = fields["account_id"]
        match says:
            case "rotate-key":
                key = self._vault.rotate(account_id, replaces=fields["replaces"])
                return "account", {"key_id": key.key_id, "public_key": key.public_key}
            case "rewrap":
                return "rewrapped", self._rewrap(account_id, fields)
            case "destroy-key":
                return "receipt", {"receipt": self._destroy(account_id, fields["key_id"])}
            case "destroy-account":
                statement = self._statement("account", account_id)
                return "receipt", {"receipt": self._vault.destroy_account(account_id, statement)}
            case "shred":
                return "receipt", {"receipt": self._shred(account_id, fields)}
            case _:
                return "receipt-key", {"public_key": self._vault.receipts.public()}

    def _rewrap(self, account_id: UUID, fields: Mapping[str, Any]) -> dict[str, Any]:
        rows = [fields[name] for name in ("ids", "item_ids", "generations", "sealed")]
        if len({len(row) for row in rows}) != 1:
            raise Malformed("The lists are not of one length.")
        target = self._vault.rewrap_target(account_id, fields["to"], expected=fields["fingerprint"])
        private = self._vault.key_to_rewrap(account_id, fields["key_id"])
        results = [self._rewrap_one(private, target, account_id, *row) for row in zip(*rows, strict=True)]
        return {
            "sealed": [each if isinstance(each, bytes) else None for each in results],
            "codes": [each if isinstance(each, Refusal) else None for each in results],
        }

    def _rewrap_one(
        self,
        private: PrivateKey,
        target: PublicKey,
        account_id: UUID,
        id_: UUID,
        item_id: UUID | None,
        generation: int,
        sealed: bytes,
    ) -> bytes | Refusal:
        """Re-wrap one data key, or one text key where there is no item; its context stays the same."""
        if item_id is None:
            context = text_key_context(account_id=account_id, text_key_id=id_)
        elif self._vault.shredded.has(account_id, id_):
            return Refusal.SHREDDED
        else:
            context = data_key_context(
                account_id=account_id, item_id=item_id, generation=generation, data_key_id=id_
            )
        try:
            return private.rewrap(sealed, target, context=context)
        except (DoesNotOpen, BadKey):
            # One damaged row must not keep all the others under an old key.
            return Refusal.DOES_NOT_OPEN

    def _destroy(self, account_id: UUID, key_id: UUID) -> str:
        statement = self._statement("account-key", account_id) | {"key": str(key_id)}
        return self._vault.destroy_key(account_id, key_id, statement)

    def _shred(self, account_id: UUID, fields: Mapping[str, Any]) -> str:
        if not self._vault.knows(account_id):
            raise AgentRefused(Refusal.UNKNOWN_ACCOUNT)
        self._vault.shredded.add(account_id, fields["data_key_id"])
        return self._vault.receipts.sign(
            self._statement("data-key", account_id)
            | {
                "item": str(fields["item_id"]),
                "generation": fields["generation"],
                "data_key": str(fields["data_key_id"]),
                "sealed_sha256": fields["sha256"].hex(),
            }
        )

    def _statement(self, destroyed: str, account_id: UUID) -> dict[str, str | int]:
        return {"destroyed": destroyed, "account": str(account_id), "at": self._clock().isoformat()}
