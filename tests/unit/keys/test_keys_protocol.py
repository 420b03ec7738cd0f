import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from keys.errors import Malformed
from keys.protocol import ANSWERS, MAX_MESSAGE, REQUESTS, read_message, write_message

ID = "6f1c2a52-6f0e-4c1d-9d0e-0a1b2c3d4e5f"
OPEN: dict[str, Any] = {
    "version": 1,
    "says": "open-data-key",
    "id": ID,
    "attempt": 1,
    "account_id": ID,
    "item_id": ID,
    "generation": 7,
    "key_id": ID,
    "data_key_id": ID,
    "sealed": "AAEC",
    "actor": "user-1",
    "on_behalf_of": None,
    "reason": "playback",
    "decision": "decision-1",
    "at": "2026-11-21T12:00:00+00:00",
    "purpose": None,
    "consent": None,
    "reply_to": "AAEC",
}


def test_what_was_written_reads_the_same() -> None:
    says, fields = read_message(json.dumps(OPEN).encode(), kinds=REQUESTS)
    assert says == "open-data-key"
    assert json.loads(write_message(says, fields, kinds=REQUESTS)) == OPEN


def test_a_time_is_written_in_utc() -> None:
    _, fields = read_message(json.dumps(OPEN).encode(), kinds=REQUESTS)
    fields["at"] = datetime(2026, 11, 21, 14, tzinfo=timezone(timedelta(hours=2)))
    assert json.loads(write_message("open-data-key", fields, kinds=REQUESTS)) == OPEN


WRONG_FIELDS: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "version as text": {"version": "1"},
    "unknown kind": {"says": "export-private-key"},
    "kind that is no text": {"says": ["check"]},
    "a field too many": {"extra": 1},
    "id that is a number": {"id": 5},
    "id in capitals": {"id": ID.upper()},
    "id in braces": {"id": "{" + ID + "}"},
    "id that climbs out of the folder": {"account_id": "../../root"},
    "generation below zero": {"generation": -1},
    "generation beyond 64 bits": {"generation": 2**64},
    "generation with a fraction": {"generation": 7.0},
    "generation that is true": {"generation": True},
    "attempt zero": {"attempt": 0},
    "attempt three": {"attempt": 3},
    "bytes that are not base64": {"sealed": "AA*EC"},
    "bytes cut": {"sealed": "AAE"},
    "bytes that are null": {"reply_to": None},
    "actor empty": {"actor": ""},
    "actor too long": {"actor": "a" * 201},
    "actor missing": {"actor": None},
    "on behalf of nobody": {"on_behalf_of": ""},
    "time without zone": {"at": "2026-11-21T12:00:00"},
    "time in another zone": {"at": "2026-11-21T14:00:00+02:00"},
    "time as a number": {"at": 1795262400},
}


@pytest.mark.parametrize("change", [pytest.param(c, id=title) for title, c in WRONG_FIELDS.items()])
def test_a_wrong_field_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_message(json.dumps(OPEN | change).encode(), kinds=REQUESTS)


@pytest.mark.parametrize("name", OPEN)
def test_a_missing_field_is_refused(name: str) -> None:
    message = {each: value for each, value in OPEN.items() if each != name}
    with pytest.raises(Malformed):
        read_message(json.dumps(message).encode(), kinds=REQUESTS)


GARBAGE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "not JSON": lambda: b"GET / HTTP/1.1",
    "not UTF-8": lambda: b'{"says": "\xff\xfe"}',
    "a pickle": lambda: b"\x80\x04N.",
    "a list": lambda: b"[]",
    "null": lambda: b"null",
    "two objects": lambda: b"{}{}",
    "nested beyond the stack": lambda: b"[" * MAX_MESSAGE,
    "a number without end": lambda: b"9" * MAX_MESSAGE,
    "not a number": lambda: b'{"version": NaN}',
    "a name twice": lambda: b'{"version":1,"says":"check","id":"%b","id":"%b"}' % (ID.encode(), ID.encode()),
}


@pytest.mark.parametrize("kinds", [pytest.param(REQUESTS, id="request"), pytest.param(ANSWERS, id="answer")])
@pytest.mark.parametrize("make", [pytest.param(make, id=title) for title, make in GARBAGE.items()])
def test_garbage_is_refused(make: Callable[[], bytes], kinds: Any) -> None:
    with pytest.raises(Malformed):
        read_message(make(), kinds=kinds)


def test_a_refusal_does_not_quote_what_was_sent() -> None:
    with pytest.raises(Malformed) as error:
        read_message(json.dumps(OPEN | {"id": "swordfish"}).encode(), kinds=REQUESTS)
    assert "swordfish" not in str(error.value)
    assert error.value.__cause__ is None
