"""A small world: an agent in a temporary folder, one account with a sealed data key, a clock that is set."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.agent import KeyAgent
from keys.consents import Consents
from keys.custodians.file import FileCustodian
from keys.log import Log
from keys.protocol import ANSWERS, REQUESTS, AccountKey, OpenRequest, read_message, write_message
from keys.reasons import Reason
from keys.reply import ReplyKey
from keys.vault import Vault
from keys.wrap import PublicKey, wrap_data_key

DATA_KEY = bytes(range(32))


@dataclass
class World:
    home: Path
    vault: Vault
    agent: KeyAgent
    now: datetime
    account_id: UUID
    account_key: AccountKey
    reply_key: ReplyKey

    def request(self, **changes: Any) -> OpenRequest:
        """A request that is answered, but for the changes."""
        item_id, data_key_id = uuid4(), uuid4()
        sealed = wrap_data_key(
            PublicKey(self.account_key.public_key),
            DATA_KEY,
            account_id=self.account_id,
            item_id=item_id,
            generation=7,
            data_key_id=data_key_id,
        )
        honest = OpenRequest(
            id=uuid4(),
            account_id=self.account_id,
            item_id=item_id,
            generation=7,
            key_id=self.account_key.key_id,
            data_key_id=data_key_id,
            sealed=sealed,
            actor="user-1",
            on_behalf_of=None,
            reason=Reason.PLAYBACK,
            decision="decision-1",
            at=self.now,
        )
        return replace(honest, **changes)

    def body(self, request: OpenRequest, *, attempt: int = 1, reply_to: bytes | None = None) -> bytes:
        fields = {name: getattr(request, name) for name in OpenRequest.__slots__}
        fields |= {"attempt": attempt, "reply_to": reply_to or self.reply_key.public()}
        return write_message("open-data-key", fields, kinds=REQUESTS)

    def ask(self, request: OpenRequest, **how: Any) -> tuple[str, dict[str, Any]]:
        return self.answer(self.body(request, **how))

    def answer(self, body: bytes) -> tuple[str, dict[str, Any]]:
        return read_message(self.agent.answer(body, pid=1), kinds=ANSWERS)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "log.jsonl").read_text().splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    tmp_path.chmod(0o700)
    vault = Vault(tmp_path / "accounts", custodian=FileCustodian.create(tmp_path / "root.key"))
    log = Log(tmp_path / "log.jsonl")
    account_id = uuid4()
    world = World(
        home=tmp_path,
        vault=vault,
        agent=KeyAgent(vault, log, Consents(tmp_path), clock=lambda: world.now),
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
        account_id=account_id,
        account_key=vault.create_account(account_id),
        reply_key=ReplyKey(),
    )
    yield world
    log.close()
