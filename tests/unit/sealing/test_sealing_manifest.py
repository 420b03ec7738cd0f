"""The manifest's hash notices every change of a row or of their order, and the check every contradiction."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from recstore.errors import Damaged
from recstore.sealing.layout import sealed_length
from recstore.sealing.manifest import Segment, check_manifest, manifest_hash

KNOWN_HASH = "0b74a1223c62d335050d67c6771553946b3537787205801e155eced5f1846144"


def segment(index: int) -> Segment:
    return Segment(
        index=index,
        blob=f"blob-{index}",
        sealed_length=sealed_length(1000 + index),
        plain_length=1000 + index,
        commitment=bytes([index]) * 32,
        sha256=bytes([index, 1]) * 16,
        data_key_id=UUID(int=index),
    )


ROWS = [segment(0), segment(1), segment(2)]


def first_row(**changes: object) -> Callable[[list[Segment]], list[Segment]]:
    return lambda rows: [replace(rows[0], **changes), *rows[1:]]  # type: ignore[arg-type]


CHANGES: dict[str, Callable[[list[Segment]], list[Segment]]] = {
    "the last segment dropped": lambda rows: rows[:-1],
    "the first segment dropped": lambda rows: rows[1:],
    "a segment repeated": lambda rows: [*rows, rows[-1]],
    "segments reordered": lambda rows: [rows[0], rows[2], rows[1]],
    "all segments dropped": lambda rows: [],
    "another index": first_row(index=9),
    "another blob": first_row(blob="blob-9"),
    "another sealed length": first_row(sealed_length=9),
    "another plaintext length": first_row(plain_length=9),
    "another commitment": first_row(commitment=b"\x09" * 32),
    "another hash": first_row(sha256=b"\x09" * 32),
    "another data key": first_row(data_key_id=UUID(int=9)),
    "a byte moved from one field to its neighbour": first_row(blob="blob-0\0", commitment=b"\0" * 31),
}


@pytest.mark.parametrize("change", [pytest.param(change, id=title) for title, change in CHANGES.items()])
def test_attacker_changing_the_manifest_changes_its_hash(
    change: Callable[[list[Segment]], list[Segment]],
) -> None:
    assert manifest_hash(change(list(ROWS))) != manifest_hash(ROWS)


def test_the_hash_stays_as_it_was_first_written_to_journals() -> None:
    assert manifest_hash(ROWS).hex() == KNOWN_HASH
    assert manifest_hash(tuple(ROWS)) == manifest_hash(ROWS)


def test_a_sound_manifest_passes() -> None:
    check_manifest(ROWS)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([], "no segments", id="no rows"),
        pytest.param(ROWS[1:], "segment 1 in the place of segment 0", id="first row missing"),
        pytest.param([ROWS[0], ROWS[2]], "segment 2 in the place of segment 1", id="middle row missing"),
        pytest.param([ROWS[0], ROWS[0]], "segment 0 in the place of segment 1", id="row twice"),
        pytest.param(
            [replace(ROWS[0], plain_length=1)], "lengths of segment 0", id="plaintext length changed"
        ),
        pytest.param([replace(ROWS[0], sealed_length=1)], "lengths of segment 0", id="sealed length changed"),
        pytest.param(
            [replace(ROWS[0], plain_length=-1, sealed_length=sealed_length(-1))],
            "lengths of segment 0",
            id="negative length",
        ),
    ],
)
def test_a_contradictory_manifest_is_damage(rows: list[Segment], words: str) -> None:
    with pytest.raises(Damaged, match=words):
        check_manifest(rows)
