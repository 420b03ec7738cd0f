"""The form of an entry is frozen, and whatever is done to a list of entries afterwards is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from recstore.journal.entry import BEFORE_FIRST, Entry, Line, find_fault, leaf_hash, write_line
from recstore.model import Event

ACCOUNT = UUID("00000000-0000-4000-8000-000000000001")
ITEM = UUID("00000000-0000-4000-8000-000000000002")
AT = datetime(2026, 11, 20, 9, 0, 0, 5, tzinfo=UTC)
SALT = bytes(range(16))

# Written down once; a journal of years ago must still verify. Never change these.
GOLDEN = (
    '{"account":"00000000-0000-4000-8000-000000000001","actor":"ann","at":"2026-11-20T09:00:00.000005+00:00",'
    '"detail":{"action":"review","count":3,"rule":null,"shown":true},"event":"reviewed","index":0,'
    '"item":"00000000-0000-4000-8000-000000000002","previous":"' + "00" * 32 + '",'
    '"private":"PRIVATE","v":1}'
)


def entry(index: int = 0, **more: object) -> Entry:
    fields: dict[str, object] = {
        "account_id": ACCOUNT,
        "index": index,
        "at": AT,
        "event": Event.REVIEWED,
        "actor": "ann",
        "item_id": ITEM,
        "detail": {"rule": None, "count": 3, "action": "review", "shown": True},
    }
    return Entry(**(fields | more))  # type: ignore[arg-type]


def three() -> list[Line]:
    lines: list[Line] = []
    for index in range(3):
        previous = lines[-1].leaf_hash if lines else BEFORE_FIRST
        lines.append(write_line(entry(index), previous=previous, private={"reason": "why"}, salt=SALT))
    return lines


def test_an_entry_is_these_bytes() -> None:
    line = write_line(entry(), previous=BEFORE_FIRST, private={"reason": "a complaint"}, salt=SALT)
    assert line.private == '{"reason":"a complaint"}'
    commitment = "ec20b2e3bfb50979e7e5da88852a4f499b3d37ecbc47906903ebef8608ef5bf6"
    assert line.text == GOLDEN.replace("PRIVATE", commitment)
    assert line.leaf_hash.hex() == "bf0e9a423017bb5fa3ef87cb188794e51e06d3565aef28f227a0af7c443b3bc2"


def test_what_people_wrote_stands_beside_the_entry_and_not_in_it() -> None:
    line = write_line(entry(), previous=BEFORE_FIRST, private={"reason": "a complaint"}, salt=SALT)
    assert "complaint" not in line.text


def test_the_same_moment_in_another_zone_is_the_same_entry() -> None:
    moved = AT.astimezone(timezone(timedelta(hours=5)))
    first, second = (
        write_line(entry(at=at), previous=BEFORE_FIRST, private={}, salt=SALT) for at in (AT, moved)
    )
    assert first == second


def rewritten(line: Line, old: str, new: str) -> Line:
    """Alter the text and its hash with it, as somebody with the whole database would."""
    text = line.text.replace(old, new)
    assert text != line.text
    return replace(line, text=text, leaf_hash=leaf_hash(text))


Attack = Callable[..., list[Line]]
ALTERED, PRIVATE_ALTERED = "entry 1 was altered", "the private part of entry 1 was altered"
UNLINKED = "entry {} does not follow the one before it"

FAULTS: dict[str, tuple[Attack, str | None]] = {
    "nothing was done": (lambda *lines: [*lines], None),
    "no entries at all": (lambda first, second, third: [], None),
    "a reason was erased": (
        lambda first, second, third: [first, replace(second, private=None, salt=None), third],
        None,
    ),
    "a reason was erased and its salt kept": (
        lambda first, second, third: [first, replace(second, private=None), third],
        None,
    ),
    "text altered": (
        lambda first, second, third: [first, replace(second, text=second.text + " "), third],
        ALTERED,
    ),
    "text replaced by what is no JSON": (
        lambda first, second, third: [first, replace(second, text="gone"), third],
        ALTERED,
    ),
    "hash altered": (
        lambda first, second, third: [first, replace(second, leaf_hash=bytes(32)), third],
        ALTERED,
    ),
    "text and hash altered": (
        lambda first, second, third: [first, rewritten(second, '"ann"', '"bob"'), third],
        UNLINKED.format(2),
    ),
    "first removed": (lambda _, *rest: [*rest], UNLINKED.format(0)),
    "one in the middle removed": (
        lambda first, second, third: [first, third],
        UNLINKED.format(1),
    ),
    "one inserted": (
        lambda first, second, third: [first, first, second, third],
        UNLINKED.format(1),
    ),
    "two exchanged": (
        lambda first, second, third: [first, third, second],
        UNLINKED.format(1),
    ),
    "a reason altered": (
        lambda first, second, third: [first, replace(second, private='{"reason":"none"}'), third],
        PRIVATE_ALTERED,
    ),
    "salt altered": (
        lambda first, second, third: [first, replace(second, salt=bytes(16)), third],
        PRIVATE_ALTERED,
    ),
    "a reason altered and its salt taken away": (
        lambda first, second, third: [first, replace(second, private='{"reason":"none"}', salt=None), third],
        PRIVATE_ALTERED,
    ),
    "a reason emptied": (
        lambda first, second, third: [first, replace(second, private=""), third],
        PRIVATE_ALTERED,
    ),
}


@pytest.mark.parametrize(("attack", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_attacker_rewrites_the_journal(attack: Attack, fault: str | None) -> None:
    assert find_fault(attack(*three())) == fault


def test_attacker_adds_a_reason_where_there_was_none() -> None:
    line = write_line(entry(), previous=BEFORE_FIRST, private={}, salt=SALT)
    assert (line.private, line.salt) == (None, None)
    for salt in (SALT, None):
        forged = replace(line, private='{"reason":"invented"}', salt=salt)
        assert find_fault([forged]) == "the private part of entry 0 was altered"
