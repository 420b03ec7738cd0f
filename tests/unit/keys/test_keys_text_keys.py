"""Text keys: many opened by one request, each bound to its account and id, none ever taken for a data key."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from keys.client import Agent
from keys.errors import AgentRefused, BadKey, DoesNotOpen, Malformed, Refusal, WrongAnswer
from keys.protocol import MAX_MESSAGE, MOST_TEXT_KEYS, REQUESTS, OpenTextKeys, read_message, write_message
from keys.reasons import Reason
from keys.reply import ReplyKey, seal_reply
from keys.secret import Secret
from keys.server import Server
from keys.unwrap import PrivateKey
from keys.wrap import PublicKey, data_key_context, text_key_context, wrap_data_key, wrap_text_key

PRIVATE = PrivateKey.generate()
ACCOUNT, ONE = UUID(bytes=b"A" * 16), UUID(bytes=b"K" * 16)
TEXT_KEY = bytes(range(32))
SEALED = wrap_text_key(PRIVATE.public_key(), TEXT_KEY, account_id=ACCOUNT, text_key_id=ONE)


def text_key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def ask_for(world: Any, how_many: int = 3, **changes: Any) -> OpenTextKeys:
    """Ask for text keys 0, 1, 2 … of the world's account; the agent answers, but for the changes."""
    ids = [uuid4() for _ in range(how_many)]
    public = PublicKey(world.account_key.public_key)
    honest = OpenTextKeys(
        id=uuid4(),
        account_id=world.account_id,
        key_id=world.account_key.key_id,
        text_key_ids=ids,
        sealed=[
            wrap_text_key(public, text_key(number), account_id=world.account_id, text_key_id=each)
            for number, each in enumerate(ids)
        ],
        actor="web",
        reason=Reason.CATALOG,
        decision="7",
        at=world.now,
    )
    return replace(honest, **changes)


def body(world: Any, request: OpenTextKeys, *, attempt: int = 1) -> bytes:
    fields = {name: getattr(request, name) for name in OpenTextKeys.__slots__}
    fields |= {"attempt": attempt, "reply_to": world.reply_key.public()}
    return write_message("open-text-keys", fields, kinds=REQUESTS)


def test_attacker_asks_for_text_keys_for_support(world: Any) -> None:
    """A consent is for items, and names no text: titles and names stay sealed to operators."""
    said, answer = world.answer(body(world, ask_for(world, reason=Reason.OPERATOR_SUPPORT)))
    assert (said, answer["code"]) == ("refused", Refusal.NO_CONSENT)
    assert world.logged()[-1]["code"] == Refusal.NO_CONSENT


@contextmanager
def serving(world: Any) -> Iterator[Agent]:
    world.now = datetime.now(UTC)
    path = Path(world.home / "socket")
    with Server(path, world.agent, owner=os.geteuid()) as server:
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        listening.start()
        try:
            yield Agent(path)
        finally:
            server.shutdown()
            listening.join()


def test_the_private_half_opens_a_text_key() -> None:
    assert PRIVATE.open_text_key(SEALED, account_id=ACCOUNT, text_key_id=ONE) == Secret(TEXT_KEY)


def test_the_context_is_spelt_as_documented() -> None:
    expected = b"recstore/text-key/v1\0" + b"A" * 16 + b"K" * 16
    assert text_key_context(account_id=ACCOUNT, text_key_id=ONE) == expected


@pytest.mark.parametrize(("account", "key"), [(uuid4(), ONE), (ACCOUNT, uuid4())])
def test_attacker_moves_a_text_key_to_another_account_or_id(account: UUID, key: UUID) -> None:
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_text_key(SEALED, account_id=account, text_key_id=key)


def test_attacker_passes_a_text_key_for_a_data_key_or_the_other_way_round() -> None:
    place = {"account_id": ACCOUNT, "item_id": ONE, "generation": 1, "data_key_id": ONE}
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_data_key(SEALED, **place)  # type: ignore[arg-type]
    data_key = wrap_data_key(PRIVATE.public_key(), TEXT_KEY, **place)  # type: ignore[arg-type]
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_text_key(data_key, account_id=ACCOUNT, text_key_id=ONE)
    data_context, text_context = (
        data_key_context(**place),  # type: ignore[arg-type]
        text_key_context(account_id=ACCOUNT, text_key_id=ONE),
    )
    assert not data_context.startswith(text_context)


def test_a_text_key_of_another_length_is_not_sealed() -> None:
    with pytest.raises(BadKey):
        wrap_text_key(PRIVATE.public_key(), b"short", account_id=ACCOUNT, text_key_id=ONE)


def test_one_request_opens_as_many_as_a_page_needs(world: Any) -> None:
    with serving(world) as agent:
        opened = agent.open_text_keys(ask_for(world, MOST_TEXT_KEYS))
    assert opened == [Secret(text_key(number)) for number in range(MOST_TEXT_KEYS)]


def test_the_largest_request_fits_into_a_message(world: Any) -> None:
    request = ask_for(world, MOST_TEXT_KEYS, actor="a" * 200, decision="d" * 200)
    assert MAX_MESSAGE * 0.75 < len(body(world, request)) < MAX_MESSAGE


def test_the_log_has_one_line_that_names_every_key_and_no_key_material(world: Any) -> None:
    request = ask_for(world)
    world.answer(body(world, request))
    [line] = world.logged()
    assert line["asked"] == "open-text-keys"
    assert line["outcome"] == "opened"
    assert line["request"] == {
        "id": str(request.id),
        "attempt": 1,
        "account_id": str(world.account_id),
        "key_id": str(world.account_key.key_id),
        "text_key_ids": [str(each) for each in request.text_key_ids],
        "actor": "web",
        "reason": "catalog",
        "decision": "7",
        "at": "2026-11-21T12:00:00+00:00",
    }


def test_a_request_is_taken_once_and_while_it_is_new(world: Any) -> None:
    request = ask_for(world)
    assert world.answer(body(world, request))[0] == "opened"
    assert world.answer(body(world, request))[1]["code"] == Refusal.REPLAYED
    late = ask_for(world, at=world.now - timedelta(minutes=3))
    assert world.answer(body(world, late))[1]["code"] == Refusal.CLOCK_OFF


def test_one_key_that_does_not_open_is_refused_with_the_rest(world: Any) -> None:
    request = ask_for(world)
    spoilt = replace(request, sealed=[request.sealed[0], request.sealed[0], request.sealed[2]])
    said, answer = world.answer(body(world, spoilt))
    assert (said, answer["code"]) == ("refused", Refusal.DOES_NOT_OPEN)


@pytest.mark.parametrize("how_many", [0, MOST_TEXT_KEYS + 1], ids=["none", "too many"])
def test_a_request_for_none_or_too_many_is_malformed(world: Any, how_many: int) -> None:
    with pytest.raises(Malformed):
        read_message(body(world, ask_for(world, how_many)), kinds=REQUESTS)


def test_attacker_names_more_keys_than_are_sealed(world: Any) -> None:
    request = ask_for(world)
    said, answer = world.answer(body(world, replace(request, sealed=request.sealed[:2])))
    assert (said, answer["code"]) == ("refused", Refusal.MALFORMED)
    assert world.logged()[0]["code"] == "malformed"


def test_an_unknown_reason_and_a_foreign_account_are_refused(world: Any) -> None:
    with serving(world) as agent:
        for change, code in (
            ({"reason": "curiosity"}, Refusal.UNKNOWN_REASON),
            ({"account_id": uuid4()}, Refusal.UNKNOWN_ACCOUNT),
            ({"key_id": uuid4()}, Refusal.UNKNOWN_KEY),
        ):
            with pytest.raises(AgentRefused) as refused:
                agent.open_text_keys(ask_for(world, **change))
            assert refused.value.code == code


def test_attacker_answers_with_the_keys_of_another_request_or_with_fewer(world: Any) -> None:
    request, mine = ask_for(world), ReplyKey()
    keys = [Secret(text_key(number)) for number in range(3)]
    sealed = seal_reply(keys, request, attempt=1, reply_to=mine.public())
    assert mine.open(sealed, request, attempt=1) == keys
    others = {
        "another request": replace(request, id=uuid4()),
        "another account": replace(request, account_id=uuid4()),
        "keys in another order": replace(request, text_key_ids=request.text_key_ids[::-1]),
        "fewer keys": replace(request, text_key_ids=request.text_key_ids[:2]),
    }
    for other in others.values():
        with pytest.raises(WrongAnswer):
            mine.open(sealed, other, attempt=1)
    short = seal_reply(keys[:2], request, attempt=1, reply_to=mine.public())
    with pytest.raises(WrongAnswer):
        mine.open(short, request, attempt=1)
