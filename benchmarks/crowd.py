"""A large account, made up: people, calls, recordings and ties, the same on every run.

Rows only; `bulk` puts them into databases. Nothing of it is sealed, and nothing can be opened.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.model import Kind, Relation

# The newest recording's start. A moment like any other; all else lies before it.
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
LATER = NEWEST + timedelta(days=3650)
APART = timedelta(seconds=30)
ROOM_OF = 10  # people
# People with a part of their own come first; all others are ordinary.
PARTS = ("admin", "heavy", "taken-out", "ended", "ordinary")
SPECIAL = PARTS.index("ordinary")

Row = dict[str, Any]


@dataclass(frozen=True)
class Crowd:
    """How large the account is. Everybody ordinary has about 900 ties, however large it is."""

    recordings: int

    @property
    def people(self) -> int:
        return self.recordings // 200

    @property
    def heavy_ties(self) -> int:
        return min(50_000, self.recordings // 2)

    @property
    def taken_away(self) -> int:
        """Tell how many of the newest things of `taken-out` and of `ended` were taken from them."""
        return min(8_000, self.recordings // 10)

    def viewers(self, part: str) -> list[Viewer]:
        """Return the person with a part, signed in; of the ordinary, twenty."""
        first = PARTS.index(part)
        numbers = range(first, first + 20) if part == "ordinary" else [first]
        return [Viewer(ACCOUNT, UUID(person(each)), UUID(made_id("session", each))) for each in numbers]


def made_id(what: str, number: int) -> str:
    """Return an id as scattered as a random one, as 32 hexadecimal digits."""
    return hashlib.blake2b(f"{what}{number}".encode(), digest_size=16).hexdigest()


ACCOUNT = UUID(made_id("account", 0))


@cache
def person(number: int) -> str:
    return made_id("person", number)


@cache
def item(number: int) -> str:
    return made_id("item", number)


def tables(crowd: Crowd) -> Iterator[tuple[str, Iterator[Row]]]:
    """Give every table with its rows, in an order that foreign keys allow."""
    account = {"id": ACCOUNT.hex, "name": "Crowd", "name_key": b"crowd", "created_at": at(NEWEST)}
    yield "accounts", iter([account])
    yield "users", (user(number) for number in range(crowd.people))
    yield "sessions", (session(number) for number in range(crowd.people))
    yield "vmrs", (room(number) for number in range(crowd.people // ROOM_OF))
    yield "calls", (call(crowd, number) for number in range(crowd.recordings))
    yield "items", (recording(crowd, number) for number in range(crowd.recordings))
    yield "ties", ties(crowd)


def at(moment: datetime) -> str:
    """Write a moment as SQLAlchemy does on SQLite."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def began(number: int) -> datetime:
    """Tell when a recording began: the newest has number 0."""
    return NEWEST - APART * number


@cache
def began_at(number: int) -> str:
    return at(began(number))


def user(number: int) -> Row:
    email = f"person{number}@crowd.example"
    return {
        "account_id": ACCOUNT.hex,
        "id": person(number),
        "email": email,
        "email_key": email.encode(),
        "name": f"Person {number}",
        "admin": number == 0,
        "created_at": at(NEWEST - timedelta(days=3650)),
        "inactive_since": None,
    }


def session(number: int) -> Row:
    return {
        "id": made_id("session", number),
        "token_hash": b"%d" % number,
        "account_id": ACCOUNT.hex,
        "user_id": person(number),
        "created_at": at(NEWEST),
        "expires_at": at(LATER),
        "ended_at": None,
    }


def room(number: int) -> Row:
    return {
        "account_id": ACCOUNT.hex,
        "id": made_id("room", number),
        "ref": f"room-{number}",
        "ref_key": b"%d" % number,
        "title": f"Room {number}, weekly",
        "link": None,
        "organizer_id": person(number * ROOM_OF),
        "auto_share": True,
    }


def call(crowd: Crowd, number: int) -> Row:
    """Describe a call in one of the rooms; every tenth is a direct one."""
    is_direct, in_room = number % 10 == 9, number * 7919 % (crowd.people // ROOM_OF)
    return {
        "account_id": ACCOUNT.hex,
        "id": made_id("call", number),
        "ref": f"call-{number}",
        "ref_key": b"%d" % number,
        "vmr_id": None if is_direct else made_id("room", in_room),
        "started_at": began_at(number),
        "ended_at": at(began(number) + timedelta(minutes=30)),
        "responsible_id": person(present(crowd, number)[0]),
        "room_title": None if is_direct else f"Room {in_room}, weekly",
        "notice": None,
        "document": "{}",
        "document_key": b"",
        "occurrence": None,
        "organizer_key": None,
        "recorded_by_key": None,
        "handed_over_at": at(began(number) + timedelta(minutes=31)),
        "handed_over_by": "token:crowd",
    }


def recording(crowd: Crowd, number: int) -> Row:
    """Describe one. Of 100, three are not auto-shared, two in the bin, one is restricted, one expired."""
    turn = number * 31 % 100
    return {
        "account_id": ACCOUNT.hex,
        "id": item(number),
        "kind": Kind.RECORDING.value,
        "call_id": made_id("call", number),
        "ref": "rec-1",
        "ref_key": b"rec-1",
        "title": f"Recording {number} of a weekly meeting",
        "responsible_id": person(present(crowd, number)[0]),
        "started_at": began_at(number),
        "duration_s": 1800.0,
        "media_type": "video/mp4",
        "size": 100_000_000 + number,
        "sha256": bytes(32),
        "generation": 1,
        "message_counts": None,
        "handed_over_at": at(began(number) + timedelta(minutes=31)),
        "account_auto_share": True,
        "vmr_auto_share": True,
        "auto_share": turn > 2,
        "download": turn % 2 == 0,
        "download_chosen": False,
        "processing": False,
        "held": turn == 10,
        "restricted": turn == 11,
        "binned_at": at(NEWEST) if turn in (12, 13) else None,
        "expires_at": at(NEWEST) if turn == 14 else at(LATER) if turn % 2 else None,
        "destroyed_at": None,
    }


def present(crowd: Crowd, number: int) -> list[int]:
    """Return which ordinary people were in a call: three or four; the first one is responsible."""
    first, step = (int(made_id("present", number)[part], 16) for part in (slice(16), slice(16, 32)))
    ordinary = crowd.people - SPECIAL
    # Steps shorter than a quarter of the circle meet nobody twice.
    step = 1 + step % (ordinary // 4 - 1)
    return [SPECIAL + (first + step * turn) % ordinary for turn in range(3 + number % 2)]


def ties(crowd: Crowd) -> Iterator[Row]:
    """Give every tie in the order of the table's key, which is quickest to write."""
    for viewer, what, relation, number, until in sorted(unsorted_ties(crowd)):
        yield {
            "account_id": ACCOUNT.hex,
            "viewer_id": viewer,
            "item_id": what,
            "relation": relation,
            "kind": Kind.RECORDING.value,
            "started_at": began_at(number),
            "until": until or None,
            "download": False,
        }


def unsorted_ties(crowd: Crowd) -> Iterator[tuple[str, str, str, int, str]]:
    """Give viewer, item, relation, the item's number and, where a share ended, when."""
    _, heavy, taken_out, ended = map(person, range(SPECIAL))
    ago = at(NEWEST)
    for number in range(crowd.recordings):
        what = item(number)
        people = [person(one) for one in present(crowd, number)]
        yield people[0], what, Relation.RESPONSIBLE, number, ""
        for one in people[:-1]:
            yield one, what, Relation.PARTICIPANT, number, ""
        # The last of each fifth call was not there, but is shared with.
        yield people[-1], what, Relation.PARTICIPANT if number % 5 else Relation.SHARED_WITH, number, ""
        apart = crowd.recordings // crowd.heavy_ties
        if number % apart == number // apart % apart:  # not always the same turn of `recording`
            yield heavy, what, Relation.PARTICIPANT, number, ""
        if number < crowd.taken_away + 1000:
            is_taken = number < crowd.taken_away
            yield taken_out, what, Relation.PARTICIPANT, number, ""
            yield ended, what, Relation.SHARED_WITH, number, ago if is_taken else ""
            if is_taken:
                yield taken_out, what, Relation.EXCLUDED, number, ""
