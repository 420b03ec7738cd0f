"""What whoever holds the store, the catalog or other keys can try. No damaged byte ever comes out."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from keys.secret import Secret
from recstore.errors import Damaged
from recstore.model import Kind
from tests.vectors.sealed_items import (
    CHUNK,
    HEADER,
    SEALED_CHUNK,
    Place,
    SealedItem,
    plaintext,
    reference_seal,
    seal_item,
)

ONE_RUN = 16 * CHUNK  # plaintext of the first run: what may come out before damage in the second is met
TWO_RUNS = ONE_RUN + 64 * CHUNK
FIRST = 100 * CHUNK + 7
SECOND = 2 * CHUNK
LENGTHS = (FIRST, SECOND, 500)


@pytest.fixture(scope="module")
def untouched() -> SealedItem:
    """Three runs in the first segment, an empty last chunk in the second, one short chunk in the third."""
    return seal_item([plaintext(length) for length in LENGTHS])


@pytest.fixture
def item(untouched: SealedItem) -> SealedItem:
    return replace(untouched, segments=list(untouched.segments), blobs=deepcopy(untouched.blobs))


def chunks_of(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + SEALED_CHUNK] for at in range(HEADER, len(sealed), SEALED_CHUNK)]


def flip(at: int, index: int = 0) -> Callable[[SealedItem], None]:
    """Flip a bit at byte `at` of a segment; negative counts from its end."""

    def attack(item: SealedItem) -> None:
        sealed = bytearray(item.sealed(index))
        sealed[at] ^= 1
        item.store(index, bytes(sealed))

    return attack


def rearrange(
    change: Callable[[list[bytes]], list[bytes]], *, plain_length: int = FIRST
) -> Callable[[SealedItem], None]:
    """Rearrange the chunks of the first segment, and let the catalog go along with the new length."""

    def attack(item: SealedItem) -> None:
        sealed = item.sealed(0)
        item.store(0, sealed[:HEADER] + b"".join(change(chunks_of(sealed))))
        item.length_row(0, plain_length)

    return attack


def swap(one: int, other: int) -> Callable[[list[bytes]], list[bytes]]:
    def change(chunks: list[bytes]) -> list[bytes]:
        chunks[one], chunks[other] = chunks[other], chunks[one]
        return chunks

    return change


def cut(length: int) -> Callable[[SealedItem], None]:
    return lambda item: item.store(0, item.sealed(0)[:length])


def moved(**changes: Any) -> Callable[[SealedItem], None]:
    """Ask for the item as if it were in another place."""

    def attack(item: SealedItem) -> None:
        item.place = replace(item.place, **changes)

    return attack


def row(index: int, **changes: Any) -> Callable[[SealedItem], None]:
    return lambda item: item.row(index, **changes)


def other_key(item: SealedItem) -> None:
    item.data_key = Secret(bytes(32))


def another_item_in_its_place(item: SealedItem) -> None:
    other = seal_item([plaintext(FIRST, "other")], place=replace(item.place, item_id=UUID(bytes=b"P" * 16)))
    item.store(0, other.sealed(0))


def another_item_with_its_row(item: SealedItem) -> None:
    another_item_in_its_place(item)
    item.row(0, commitment=item.sealed(0)[24:HEADER])


def older_object_of_the_same_key(item: SealedItem) -> None:
    older = reference_seal(
        plaintext(FIRST, "older"),
        data_key=item.data_key.reveal(),
        salt=bytes(24),
        context=item.place.context(0),
    )
    item.store(0, older)


def older_generation_with_its_row(item: SealedItem) -> None:
    older = seal_item([plaintext(FIRST, "older")], place=replace(item.place, generation=6))
    item.store(0, older.sealed(0))
    item.row(0, commitment=older.segments[0].commitment)


def blobs_swapped(item: SealedItem) -> None:
    first, second = item.sealed(0), item.sealed(1)
    item.store(0, second + first)  # long enough for what the catalog says
    item.store(1, first)


def drop(index: int, *, renumber: bool) -> Callable[[SealedItem], None]:
    def attack(item: SealedItem) -> None:
        del item.segments[index]
        if renumber:
            item.segments = [replace(segment, index=n) for n, segment in enumerate(item.segments)]

    return attack


def repeat(*, renumber: bool) -> Callable[[SealedItem], None]:
    def attack(item: SealedItem) -> None:
        item.segments.insert(1, item.segments[0])
        if renumber:
            item.segments = [replace(segment, index=n) for n, segment in enumerate(item.segments)]

    return attack


def reorder(*, renumber: bool) -> Callable[[SealedItem], None]:
    def attack(item: SealedItem) -> None:
        item.segments[1], item.segments[2] = item.segments[2], item.segments[1]
        if renumber:
            item.segments = [replace(segment, index=n) for n, segment in enumerate(item.segments)]

    return attack


@dataclass(frozen=True)
class Attack:
    do: Callable[[SealedItem], None]
    released: int = 0  # plaintext bytes, all of them true, that come out before the damage is met


ATTACKS = {
    "a bit of the salt flipped": Attack(flip(0)),
    "a bit of the commitment flipped": Attack(flip(24)),
    "a bit of the first chunk flipped": Attack(flip(HEADER)),
    "a bit of the first chunk's tag flipped": Attack(flip(HEADER + CHUNK)),
    "a bit of a chunk in the middle flipped": Attack(flip(HEADER + 70 * SEALED_CHUNK + 9), released=ONE_RUN),
    "a bit of a tag in the middle flipped": Attack(flip(HEADER + 71 * SEALED_CHUNK - 1), released=ONE_RUN),
    "a bit of a chunk near the end flipped": Attack(flip(HEADER + 90 * SEALED_CHUNK), released=TWO_RUNS),
    "a bit of the last chunk flipped": Attack(flip(-17)),
    "a bit of the last chunk's tag flipped": Attack(flip(-1)),
    "a bit of an empty last chunk's tag flipped": Attack(flip(-1, index=1), released=FIRST),
    "a bit of the only chunk flipped": Attack(flip(HEADER, index=2), released=FIRST + SECOND),
    "two neighbouring chunks swapped": Attack(rearrange(swap(0, 1))),
    "two chunks of different runs swapped": Attack(rearrange(swap(15, 16))),
    "two chunks of the second run swapped": Attack(rearrange(swap(70, 71)), released=ONE_RUN),
    "a chunk put in the place of another": Attack(rearrange(lambda c: [*c[:2], c[1], *c[3:]])),
    "a chunk repeated, catalog lengthened": Attack(
        rearrange(lambda c: [*c[:2], *c[1:]], plain_length=FIRST + CHUNK)
    ),
    "a chunk dropped, catalog as it was": Attack(rearrange(lambda c: [*c[:70], *c[71:]])),
    "a chunk dropped, catalog shortened": Attack(
        rearrange(lambda c: [*c[:70], *c[71:]], plain_length=FIRST - CHUNK)
    ),
    "the last chunk dropped, catalog shortened": Attack(
        rearrange(lambda c: c[:-1], plain_length=99 * CHUNK + CHUNK - 1)
    ),
    "all but the last chunk dropped, catalog shortened": Attack(rearrange(lambda c: c[-1:], plain_length=7)),
    "cut by one byte": Attack(cut(-1)),
    "cut at the edge of a chunk": Attack(cut(HEADER + 100 * SEALED_CHUNK)),
    "cut to its header": Attack(cut(HEADER)),
    "cut within its header": Attack(cut(40)),
    "cut to nothing": Attack(cut(0)),
    "one byte appended, catalog lengthened": Attack(rearrange(lambda c: [*c, b"\0"], plain_length=FIRST + 1)),
    "a chunk appended, catalog lengthened": Attack(
        rearrange(lambda c: [*c[:-1], *c[-2:]], plain_length=FIRST + CHUNK)
    ),
    "object gone": Attack(lambda item: item.blobs.delete(item.segments[0].blob)),
    "opened with another key": Attack(other_key),
    "opened for another account": Attack(moved(account_id=UUID(bytes=b"U" * 16))),
    "opened as another item": Attack(moved(item_id=UUID(bytes=b"P" * 16))),
    "opened as another kind": Attack(moved(kind=Kind.TRANSCRIPT)),
    "opened as another generation": Attack(moved(generation=8)),
    "another item's object": Attack(another_item_in_its_place),
    "another item's object with its commitment": Attack(another_item_with_its_row),
    "an older valid object under the same key": Attack(older_object_of_the_same_key),
    "an object of an older generation with its commitment": Attack(older_generation_with_its_row),
    "objects of two segments swapped": Attack(blobs_swapped),
    "a segment dropped": Attack(drop(1, renumber=False)),
    "a segment dropped, the rest renumbered": Attack(drop(1, renumber=True), released=FIRST),
    "the first segment dropped, the rest renumbered": Attack(drop(0, renumber=True)),
    "a segment repeated": Attack(repeat(renumber=False)),
    "a segment repeated, the rest renumbered": Attack(repeat(renumber=True), released=FIRST),
    "segments reordered": Attack(reorder(renumber=False)),
    "segments reordered and renumbered": Attack(reorder(renumber=True), released=FIRST),
    "all segments dropped": Attack(lambda item: item.segments.clear()),
    "another commitment in the catalog": Attack(row(0, commitment=bytes(32))),
    "an empty commitment in the catalog": Attack(row(0, commitment=b"")),
    "another sealed length in the catalog": Attack(row(0, sealed_length=FIRST)),
    "another plaintext length in the catalog": Attack(row(0, plain_length=FIRST - 1)),
    "a negative length in the catalog": Attack(row(0, plain_length=-16, sealed_length=HEADER - 16)),
    "a shorter length of both kinds in the catalog": Attack(lambda item: item.length_row(0, FIRST - 1)),
    "a length of nothing in the catalog": Attack(lambda item: item.length_row(0, 0)),
}


def released_before_damage(item: SealedItem) -> bytes:
    """Read the whole item and return what came out before Damaged was raised."""
    released = bytearray()
    with pytest.raises(Damaged):
        read_all(item, released)
    return bytes(released)


def read_all(item: SealedItem, released: bytearray) -> None:
    opener = item.opener()
    for piece in opener.read(0, opener.length):
        released += piece


def test_the_untouched_item_opens(item: SealedItem) -> None:
    opener = item.opener()
    assert b"".join(opener.read(0, opener.length)) == item.plain


@pytest.mark.parametrize("attack", [pytest.param(attack, id=title) for title, attack in ATTACKS.items()])
def test_attacker_gets_no_damaged_byte_out(item: SealedItem, attack: Attack) -> None:
    attack.do(item)
    assert released_before_damage(item) == item.plain[: attack.released]


@pytest.mark.parametrize(
    "title", ["a bit of the last chunk flipped", "a chunk dropped, catalog shortened", "cut by one byte"]
)
def test_attacker_who_shortens_the_end_spoils_ranges_at_the_front_too(item: SealedItem, title: str) -> None:
    ATTACKS[title].do(item)
    with pytest.raises(Damaged):
        next(item.opener().read(0, 1))


class TestAttackerOnAnEmptyItem:
    """No bytes to release is no reason to believe the store."""

    @pytest.fixture
    def empty(self) -> SealedItem:
        return seal_item([b""])

    def test_untouched_it_opens_to_nothing(self, empty: SealedItem) -> None:
        assert list(empty.opener().read(0, 0)) == []

    @pytest.mark.parametrize("at", [0, 24, HEADER, -1], ids=["salt", "commitment", "tag", "end of tag"])
    def test_a_flipped_bit_shows(self, empty: SealedItem, at: int) -> None:
        flip(at)(empty)
        assert released_before_damage(empty) == b""

    def test_another_items_empty_object_shows(self, empty: SealedItem) -> None:
        empty.store(0, seal_item([b""], place=Place(generation=8)).sealed(0))
        assert released_before_damage(empty) == b""

    def test_an_empty_segment_between_others_is_checked_in_passing(self) -> None:
        item = seal_item([b"before", b"", b"after"])
        assert b"".join(item.opener().read(0, 11)) == b"beforeafter"
        flip(-1, index=1)(item)
        assert released_before_damage(item) == b"before"


def test_attacker_appending_to_an_object_changes_nothing_that_is_read(item: SealedItem) -> None:
    """The authenticated length ends before what was appended; a scrub sees it by length and SHA-256."""
    item.store(0, item.sealed(0) + bytes(SEALED_CHUNK))
    opener = item.opener()
    assert b"".join(opener.read(0, opener.length)) == item.plain
